import CBench
import Glibc
import Host

/// The wattprobe that was built beside this program, or another exporter, running, and one connection to it.
struct Server: ~Copyable {
  let pid: Int32
  /// From its start until it answered 200.
  let startMilliseconds: Double
  private let connection: Int32
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)

  enum Format: String, CaseIterable {
    case openMetrics = "application/openmetrics-text;version=1.0.0"
    case prometheus = "text/plain;version=0.0.4"
  }

  private init(pid: Int32, startMilliseconds: Double, connection: Int32) {
    self.pid = pid
    self.startMilliseconds = startMilliseconds
    self.connection = connection
  }

  /// Starts `program`, or wattprobe, and waits until it answers 200 to a request for `target`.
  static func start(_ program: String? = nil, waitingFor target: String = "/-/ready") throws -> Server {
    let path = program ?? self.path
    let port = cbench_free_port()
    let start = MonotonicClock.now
    let pid = try spawn(["--web.listen-address=127.0.0.1:\(port)"], of: program)
    for _ in 0..<5_000 {
      usleep(1_000)
      let connection = cbench_connect(port)
      if connection < 0 { continue }
      let isReady = isOK(connection, target)
      let milliseconds = Double(MonotonicClock.now - start) / 1e6
      close(connection)
      if !isReady { continue }
      let kept = cbench_connect(port)
      if kept >= 0 { return Server(pid: pid, startMilliseconds: milliseconds, connection: kept) }
    }
    cbench_server_stop(pid)
    throw BenchError("\(path) does not answer")
  }

  /// Starts `program`, or wattprobe, which the caller ends by `cbench_server_stop`.
  static func spawn(_ arguments: [String], of program: String? = nil) throws -> Int32 {
    let path = program ?? self.path
    // what is measured is to stay
    let arguments = arguments + (program == nil ? ["--budget.cpu=off"] : [])
    var pointers: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    let pid = cbench_server_start(path, &pointers)
    guard pid > 0 else { throw BenchError("cannot start \(path)") }
    return pid
  }

  private static func isOK(_ connection: Int32, _ target: String) -> Bool {
    let request = Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    guard write(connection, request, request.count) == request.count else { return false }
    let wanted = Array("HTTP/1.1 200 ".utf8)
    var answer = [UInt8](repeating: 0, count: wanted.count)
    // waits for all of it: the beginning of a response comes in one piece
    return recv(connection, &answer, answer.count, Int32(MSG_WAITALL)) == wanted.count && answer == wanted
  }

  deinit {
    close(connection)
    cbench_server_stop(pid)
  }

  private static var path: String {
    let own = (try? Self.text("/proc/self/cmdline"))?.split(separator: "\0").first.map(String.init) ?? "bench"
    let folder = own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return (folder.isEmpty ? ["."] : folder).joined(separator: "/") + "/wattprobe"
  }

  /// One scrape over the kept connection. Returns the body, as it came.
  mutating func scrape(_ format: Format, gzip: Bool) throws -> ArraySlice<UInt8> {
    let request =
      "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: \(format.rawValue)\r\n"
      + (gzip ? "Accept-Encoding: gzip\r\n" : "") + "\r\n"
    let bytes = Array(request.utf8)
    guard write(connection, bytes, bytes.count) == bytes.count else { throw BenchError("the server is gone") }
    var count = 0
    while true {
      let got = buffer.withUnsafeMutableBytes { read(connection, $0.baseAddress! + count, $0.count - count) }
      guard got > 0 else { throw BenchError("the server is gone") }
      count += got
      if let body = body(of: buffer[..<count]) { return body }
      if count == buffer.count { buffer.append(contentsOf: repeatElement(0, count: count)) }
    }
  }

  /// The body, once all of it is there.
  private func body(of response: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let end = Array("\r\n\r\n".utf8)
    guard let head = response.indices.first(where: { response[$0...].starts(with: end) }) else { return nil }
    let lines = String(decoding: response[..<head], as: UTF8.self).split(separator: "\r\n")
    if lines.contains(where: { $0.lowercased() == "transfer-encoding: chunked" }) {
      return joined(response[(head + 4)...])
    }
    let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
    guard let length, let count = Int(length.split(separator: " ").last ?? ""), response.count >= head + 4 + count
    else {
      return nil
    }
    return response[(head + 4)..<(head + 4 + count)]
  }

  /// The body of a response in chunks, once all of them are there.
  private func joined(_ chunks: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard chunks.suffix(5).elementsEqual("0\r\n\r\n".utf8) else { return nil }
    var body: [UInt8] = []
    var rest = chunks
    while let end = rest.firstIndex(of: UInt8(ascii: "\r")) {
      guard let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), count > 0 else { break }
      let first = end + 2
      guard first + count + 2 <= rest.endIndex else { return nil }
      body += rest[first..<(first + count)]
      rest = rest[(first + count + 2)...]
    }
    return body[...]
  }

  /// CPU time of all its threads in nanoseconds: `/proc/<pid>/task/*/schedstat`.
  func cpuNanoseconds() -> UInt64 {
    let folder = "/proc/\(pid)/task"
    guard let stream = opendir(folder) else { return 0 }
    defer { closedir(stream) }
    var total: UInt64 = 0
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) }
      guard name.first != ".", let text = try? Self.text("\(folder)/\(name)/schedstat") else { continue }
      total += text.split(separator: " ").first.flatMap { UInt64($0) } ?? 0
    }
    return total
  }

  /// `VmRSS` or `VmHWM` in megabytes.
  func memory(_ field: String) -> Double { Self.memory(field, of: pid) }

  static func memory(_ field: String, of pid: Int32) -> Double {
    let status = (try? Self.text("/proc/\(pid)/status")) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(field + ":") }
    return (line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) } ?? .nan)
      / 1024
  }

  static func text(_ path: String) throws -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw BenchError("cannot read \(path)") }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
  }
}

/// Processes that sleep, each after having used some CPU time.
struct Children: ~Copyable {
  private var pids: [pid_t]

  /// - Parameter periodNanoseconds: how often each wakes for a moment; 0: never.
  init(_ count: Int, busyNanoseconds: UInt64 = 0, periodNanoseconds: UInt64 = 0) {
    var pids = [pid_t](repeating: 0, count: count)
    let started = cbench_children_start(&pids, Int32(count), busyNanoseconds, periodNanoseconds)
    self.pids = Array(pids[..<Int(started)])
  }

  var count: Int { pids.count }

  deinit { cbench_children_stop(pids, Int32(pids.count)) }
}
