import Fixtures
import Exposition
import Testing

@Suite struct NegotiationTests {
  private func format(_ accept: String...) -> ExpositionFormat { ContentNegotiation.format(accept: accept) }
  private func gzip(_ acceptEncoding: String...) -> Bool {
    ContentNegotiation.acceptsGzip(acceptEncoding: acceptEncoding)
  }

  @Test(arguments: [
    // Prometheus 2.30 and before, 2.31 to 2.48, 2.49 to 2.55.
    "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
      + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
      + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    // Prometheus 3, as it comes and with native histograms.
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
      + "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
      + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
  ])
  func `every Prometheus gets OpenMetrics`(accept: String) { #expect(format(accept) == .openMetrics) }

  private static let protobuf =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

  @Test(arguments: [
    // Prometheus 2 and 3 with native histograms or created timestamps, and whoever knows nothing else.
    ";q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    ";escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
      + "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
      + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
    "", ",*/*", ";q=0.001",
  ])
  func `who prefers protobuf gets it`(rest: String) { #expect(format(Self.protobuf + rest) == .protobuf) }

  @Test func `protobuf that is refused, wanted less or of another kind is not sent`() {
    #expect(format(Self.protobuf + ";q=0") == .prometheus)
    #expect(format(Self.protobuf + ";q=0.4,application/openmetrics-text;q=0.5") == .openMetrics)
    #expect(format(Self.protobuf + ";q=0.4,text/plain;q=0.5") == .prometheus)
    #expect(format(Self.protobuf + ",application/openmetrics-text") == .openMetrics)
    #expect(format(Self.protobuf + ",text/plain") == .prometheus)
    #expect(format(Self.protobuf + ";q=0.1,*/*") == .prometheus)
    let name = "application/vnd.google.protobuf"
    let proto = ";proto=io.prometheus.client.MetricFamily"
    for kind in ["", proto, proto + ";encoding=text", ";encoding=delimited", ";proto=a.B;encoding=delimited"] {
      #expect(format(name + kind) == .prometheus)
    }
  }

  @Test(arguments: [
    "*/*", "", " ", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "text/plain",
    "text/*", "image/png", "application/json", "application/vnd.google.protobuf",
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
  ])
  func `curl, browsers and whoever does not know OpenMetrics get plain text`(accept: String) {
    #expect(format(accept) == .prometheus)
  }

  @Test func `no header at all is plain text`() { #expect(ContentNegotiation.format(accept: []) == .prometheus) }

  @Test func `the higher weight wins and OpenMetrics wins a draw where it is named`() {
    #expect(format("application/openmetrics-text;q=0.5,text/plain;q=0.6") == .prometheus)
    #expect(format("application/openmetrics-text;q=0.6,text/plain;q=0.5") == .openMetrics)
    #expect(format("text/plain,application/openmetrics-text") == .openMetrics)
    #expect(format("*/*,application/openmetrics-text") == .openMetrics)
    #expect(format("application/openmetrics-text;q=0.001,*/*;q=0.002") == .prometheus)
    #expect(format("application/*;q=0.5,text/*;q=0.5") == .prometheus)
    #expect(format("application/*;q=0.6,text/*;q=0.5") == .openMetrics)
  }

  @Test func `the closest range decides, not the highest weight`() {
    #expect(format("application/openmetrics-text;q=0.1,text/plain;q=0.5,*/*") == .prometheus)
    #expect(format("*/*;q=0.9,text/plain;q=0.1,application/openmetrics-text;q=0.2") == .openMetrics)
    #expect(
      format("application/openmetrics-text;version=1.0.0;q=0.2,application/openmetrics-text,text/plain;q=0.5")
        == .prometheus)
  }

  @Test func `a weight of zero refuses`() {
    #expect(format("application/openmetrics-text;q=0") == .prometheus)
    #expect(format("application/openmetrics-text;q=0,*/*") == .prometheus)
    #expect(format("application/openmetrics-text;q=0.000,text/plain;q=0") == .prometheus)
    #expect(format("text/plain;q=0,*/*;q=0.1") == .openMetrics)
  }

  @Test func `only versions that are written match`() {
    #expect(format("application/openmetrics-text;version=2.1.0") == .prometheus)
    #expect(format("application/openmetrics-text;version=0.0.1") == .openMetrics)
    #expect(format("application/openmetrics-text;version=\"1.0.0\"") == .openMetrics)
    #expect(format("application/openmetrics-text;version=2.1.0,application/openmetrics-text;q=0.1") == .openMetrics)
    #expect(format("text/plain;version=1.0.0,application/openmetrics-text;version=1.0.0;q=0.1") == .openMetrics)
    #expect(format("application/openmetrics-text;charset=UTF-8") == .openMetrics)
    #expect(format("application/openmetrics-text;charset=utf-16") == .prometheus)
  }

  @Test func `OpenMetrics 2 goes to whoever asks for it by name`() {
    let candidate = "application/openmetrics-text;version=2.0.0"
    #expect(format(candidate) == .openMetrics2)
    #expect(format(candidate + ",application/openmetrics-text;version=1.0.0,text/plain,*/*") == .openMetrics2)
    #expect(format(candidate + ";q=0.5,application/openmetrics-text;version=1.0.0;q=0.6") == .openMetrics)
    #expect(format(candidate + ";q=0.5,text/plain") == .prometheus)
    #expect(format(candidate + ";q=0") == .prometheus)
    #expect(format(candidate + ";charset=utf-16") == .prometheus)
    for accept in ["application/openmetrics-text", "application/*", "*/*", "application/openmetrics-text;version=2"] {
      #expect(format(accept) != .openMetrics2, "\(accept)")
    }
  }

  @Test func `case, white space, quotes and several lines do not matter`() {
    #expect(format("Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.5 \t,\ttext/plain;q=0.4") == .openMetrics)
    #expect(format("text/plain;q=0.5", "application/openmetrics-text") == .openMetrics)
    #expect(format("a/b;c=\"d,application/openmetrics-text\";q=0.1,text/plain") == .prometheus)
    #expect(format("a/b;c=\"\\\",\\\\\",application/openmetrics-text") == .openMetrics)
    #expect(format(",, ,application/openmetrics-text;;q=1,") == .openMetrics)
    #expect(format("application/openmetrics-text;q=0.5;extension;other=1,text/plain;q=0.4") == .openMetrics)
  }

  @Test(arguments: [
    "application/openmetrics-text;q=2", "application/openmetrics-text;q=1.001", "application/openmetrics-text;q=",
    "application/openmetrics-text;q=0.1234", "application/openmetrics-text;q=-1", "application/openmetrics-text;q=a",
    "application/openmetrics-text;q=NaN", "application/openmetrics-text;version", "application/openmetrics-text;=1",
    "application/openmetrics-text;version=\"1.0.0", "application/openmetrics-text;version=\"1.0.0\"x",
    "application openmetrics-text", "application/openmetrics-text;ver sion=1.0.0", "é/ü", "\"", "\\", ";", "=", "\"\\",
  ])
  func `malformed elements are left out and the others still count`(element: String) {
    #expect(format(element) == .prometheus)
    #expect(format(element, "application/openmetrics-text") == .openMetrics)
  }

  @Test func `any bytes are survived`() {
    var random = Generator(seed: 11)
    let alphabet = Array("aq/*;,=\"\\ 01.\t-é".unicodeScalars)
    for _ in 0..<2_000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...24, using: &random) {
        text.unicodeScalars.append(alphabet[Int.random(in: alphabet.indices, using: &random)])
      }
      #expect(format(text) == .prometheus)
      _ = gzip(text)
    }
  }

  @Test func `gzip is used where it is accepted by name or by anything`() {
    #expect(gzip("gzip"))
    #expect(gzip("gzip, deflate, br, zstd"))
    #expect(gzip("deflate", "GZIP;q=0.5"))
    #expect(gzip("x-gzip"))
    #expect(gzip("*"))
    #expect(gzip("gzip;q=0.001, *;q=0"))
    #expect(gzip("gzip;q=1.0, identity; q=0.5, *;q=0"))
  }

  @Test func `gzip is not used where it is not accepted or identity is preferred`() {
    #expect(!ContentNegotiation.acceptsGzip(acceptEncoding: []))
    #expect(!gzip(""))
    #expect(!gzip("identity"))
    #expect(!gzip("deflate, br"))
    #expect(!gzip("gzip;q=0"))
    #expect(!gzip("gzip;q=0, *"))
    #expect(!gzip("*;q=0"))
    #expect(!gzip("gzip;q=0.5, identity;q=0.8"))
    #expect(!gzip("identity, gzip;q=0.5"))
    #expect(!gzip("gzip;q=7"))
  }
}
