import Testing

@testable import Host

@Suite struct DropReasonTests {
  static let fields = """
    name: kfree_skb
    ID: 1500
    format:
    \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
    \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

    \tfield:void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;
    \tfield:enum skb_drop_reason reason;\toffset:28;\tsize:4;\tsigned:0;


    """

  private func names(_ printFormat: String) -> [Int: String] {
    let bytes = Array((Self.fields + "print fmt: " + printFormat + "\n").utf8)
    return DropReasons(parsingFormat: bytes.span).names
  }

  @Test func reasonsBeganAt0In5_17() {
    let format =
      #""skbaddr=%p protocol=%u location=%p reason: %s", REC->skbaddr, REC->protocol, REC->location, "#
      + #"__print_symbolic(REC->reason, { 0, "NOT_SPECIFIED" }, { 1, "NO_SOCKET" }, { 2, "PKT_TOO_SMALL" }, "#
      + #"{ 3, "TCP_CSUM" }, { 4, "SOCKET_FILTER" }, { 5, "UDP_CSUM" }, { 6, "MAX" })"#
    #expect(
      names(format) == [
        0: "NOT_SPECIFIED", 1: "NO_SOCKET", 2: "PKT_TOO_SMALL", 3: "TCP_CSUM", 4: "SOCKET_FILTER", 5: "UDP_CSUM",
      ])
  }

  @Test func reasonsBeganAt1In6_1() {
    let format =
      #""skbaddr=%p protocol=%u location=%p reason: %s", REC->skbaddr, REC->protocol, REC->location, "#
      + #"__print_symbolic(REC->reason, { 1, "NOT_SPECIFIED" }, { 2, "NO_SOCKET" }, { 3, "PKT_TOO_SMALL" }, "#
      + #"{ 4, "TCP_CSUM" }, { 71, "PKT_TOO_BIG" }, { 72, "MAX" })"#
    #expect(
      names(format) == [
        1: "NOT_SPECIFIED", 2: "NO_SOCKET", 3: "PKT_TOO_SMALL", 4: "TCP_CSUM", 71: "PKT_TOO_BIG",
      ])
  }

  @Test func reasonsBeginAt2In6_12() {
    let format =
      #""skbaddr=%p rx_sk=%p protocol=%u location=%pS reason: %s", REC->skbaddr, REC->rx_sk, REC->protocol, "#
      + #"REC->location, __print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, { 3, "NO_SOCKET" }, "#
      + #"{ 4, "PKT_TOO_SMALL" }, { 118, "MAX" })"#
    #expect(names(format) == [2: "NOT_SPECIFIED", 3: "NO_SOCKET", 4: "PKT_TOO_SMALL"])
  }

  @Test(arguments: [
    // before 5.17
    #""skbaddr=%p protocol=%u location=%p", REC->skbaddr, REC->protocol, REC->location"#,
    // 6.0
    #""skbaddr=%p protocol=%u location=%p reason: %s", REC->skbaddr, REC->protocol, drop_reasons[REC->reason]"#,
    // symbols the kernel could not resolve
    #""reason: %s", __print_symbolic(REC->reason, { SKB_DROP_REASON_NOT_SPECIFIED, "NOT_SPECIFIED" })"#,
    // braces in the format say nothing
    #""{ 2, x } reason: { 3, y }""#, #""{ 2, "#, "",
  ])
  func aFormatWithoutNumberedReasonsHasNone(format: String) {
    #expect(names(format).isEmpty)
  }

  @Test func brokenReasonsAreLeftOut() {
    let format =
      #""%s", __print_symbolic(REC->reason, { 2, "A" }, { 3 }, { , "B" }, { -4, "C" }, { 5, "" }, {6,"D"}, "#
      + #"{ 99999999999999999999, "E" }, { 7, "F"#
    #expect(names(format) == [2: "A", 6: "D"])
  }

  @Test func aFileWithoutAPrintFormatHasNone() {
    #expect(DropReasons(parsingFormat: Array(Self.fields.utf8).span).names.isEmpty)
    #expect(DropReasons(parsingFormat: [UInt8]().span).names.isEmpty)
  }

  @Test func tracefsInsideDebugfsIsFoundToo() throws {
    let tree = try TemporaryTree()
    #expect(systemFailure { () throws(SystemError) in try DropReasons(paths: tree.paths) } != nil)
    try tree.write(
      "kernel/debug/tracing/events/skb/kfree_skb/format", #"print fmt: "%s", __print_symbolic(1, { 1, "A" })"#)
    #expect(try DropReasons(paths: tree.paths).names == [1: "A"])
    try tree.write("kernel/tracing/events/skb/kfree_skb/format", #"print fmt: "%s", __print_symbolic(1, { 2, "B" })"#)
    #expect(try DropReasons(paths: tree.paths).names == [2: "B"])
  }

  @Test func theRunningKernelsReasonsAreNamed() {
    // readable by root alone, and from 5.17 on
    guard let reasons = try? DropReasons(paths: HostPaths()), !reasons.names.isEmpty else { return }
    #expect(reasons.names.values.contains("NO_SOCKET") && reasons.names.values.contains("NOT_SPECIFIED"))
    #expect(Set(reasons.names.values).count == reasons.names.count)
    #expect(!reasons.names.values.contains("MAX"))
  }
}
