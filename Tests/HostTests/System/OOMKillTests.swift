import Host
import Testing

@Suite struct OOMKillTests {
  @Test(
    arguments: [
      ("nr_free_pages 1\noom_kill 0\n", 0), ("oom_kill 7", 7),
      ("drop_pagecache 1\noom_kill 18446744073709551615\n", .max),
    ] as [(String, UInt64)])
  func killsAreRead(text: String, kills: UInt64) throws {
    #expect(try OOMKills.count(parsing: Array(text.utf8).span) == kills)
  }

  @Test(arguments: ["", "oom_kills 3\n", "xoom_kill 3\n", "oom_kill x\n", "oom_kill 99999999999999999999\n"])
  func fileWithoutThemIsRefused(text: String) {
    #expect(throws: HostError.self) { try OOMKills.count(parsing: Array(text.utf8).span) }
  }
}
