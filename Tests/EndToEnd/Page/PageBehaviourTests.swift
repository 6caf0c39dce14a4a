import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// How the page behaves where something is missing, and for whom.
  @Suite struct PageBehaviourTests {
    private static let views = ["overview", "processes", "groups", "latency", "traffic", "metrics", "collectors"]

    private static func status(_ page: LivePage, _ part: String) async throws {
      try await eventually("\"\(part)\" on the page") { try page.text("#status").contains(part) ? () : nil }
    }

    /// Cards that are seen, by whether they say that something is absent.
    private static func absences(_ page: LivePage) throws -> [String] {
      try page.browser.evaluate(
        "[...document.querySelectorAll('.absence')].filter((one) => one.checkVisibility()).map((one) => one.textContent)"
      )
    }

    @Test(arguments: [(1440, 1300, false), (1440, 1300, true), (390, 844, false)])
    func everyViewFitsAndIsDrawn(width: Int, height: Int, isDark: Bool) async throws {
      let exporter = try await Exporter(["--energy.model", "skylake"])
      let load = try RunningProgram("/bin/sh", ["-c", "while :; do cat /proc/meminfo >/dev/null; done"])
      defer { load.signal(SIGKILL) }
      let page = try await LivePage(exporter, "#every=1&window=120", width: width, height: height)
      try page.browser.resize(width, height, isDark: isDark)
      try await page.answers(4)
      for view in Self.views {
        try page.browser.run("location.hash = 'every=1&window=120&view=\(view)'")
        let seen = try page.browser.evaluate("answers.length", as: Int.self)
        try await page.answers(seen + 3)
        let room = try page.browser.evaluate("[innerWidth, document.documentElement.scrollWidth]", as: [Int].self)
        #expect(room[1] <= room[0], "\(view) is wider than the window")
        #expect(try page.browser.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == isDark)
        // something was drawn on each chart, and is said in words
        let charts = try page.browser.evaluate(
          """
          [...document.querySelectorAll("canvas")].filter((one) => one.checkVisibility()).map((one) => {
            const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
            return { isDrawn: data.some((part) => part > 0), label: one.getAttribute("aria-label") ?? "" };
          })
          """, as: [Chart].self)
        for chart in charts {
          #expect(chart.isDrawn && chart.label.contains(": "), "\(view): \(chart.label)")
        }
        #expect(try page.text("a[aria-current=page]") != "")
        try page.browser.keepScreenshot("\(view)-\(width)\(isDark ? "-dark" : "")")
      }
      #expect(page.browser.complaints == [])
      #expect(try await exporter.stop().status == 0)
    }

    private struct Chart: Decodable {
      let isDrawn: Bool
      let label: String
    }

    @Test func whatIsNotMeasuredIsSaidWithItsReason() async throws {
      let exporter = try await Exporter(["--no-collector.tcp"])
      let page = try await LivePage(exporter, "#every=1")
      try await page.answers(2)
      let reason = "the collector energy does not run"
      try await eventually("the reason") { try Self.absences(page).contains { $0.contains(reason) } ? () : nil }
      let energy = try #require(try Self.absences(page).first { $0.contains(reason) })
      #expect(energy.contains("What would help: ") && energy.contains("--energy.model"))
      // not nothing, but no figure
      #expect(try page.browser.evaluate("document.querySelector('.now data').value") == "")
      #expect(try page.text(".now dd") == "–")
      try page.browser.run("location.hash = 'every=1&view=latency'")
      try await eventually("the reason") {
        try Self.absences(page).contains {
          $0.contains("the collector tcp does not run") && $0.contains("--collector.tcp")
        }
          ? () : nil
      }
      #expect(page.browser.complaints == [])
      #expect(try await exporter.stop().status == 0)
    }

    @Test func lostConnectionIsSaidAndMadeAgain() async throws {
      let first = try await Exporter()
      let page = try await LivePage(first, "#every=1")
      try await page.answers(2)
      try await Self.status(page, "Live")
      #expect(try await first.stop().status == 0)
      try await Self.status(page, "cannot be reached")
      // the charts go on without figures
      let busy = "[...document.querySelectorAll('.card')].find((one) => one.textContent.includes('CPUs busytask'))"
      try await eventually("a gap") {
        try page.browser.evaluate("\(busy).querySelector('.legend data').textContent") == "–" ? () : nil
      }
      let second = try await Exporter(listening: ["--web.listen-address", "127.0.0.1:\(first.port)"])
      try await Self.status(page, "Live")
      #expect(try page.browser.evaluate("document.body.className") == "")
      try await eventually("figures") {
        try page.browser.evaluate("\(busy).querySelector('.legend data').textContent") != "–" ? () : nil
      }
      #expect(try await second.stop().status == 0)
    }

    @Test func passwordIsAskedForAndItsLossIsSaid() async throws {
      let tree = try TemporaryTree()
      func users(_ name: String) throws -> String {
        try tree.write("web.yml", "basic_auth_users:\n  \(name): \(SecuredServingTests.hash)\n")
      }
      let file = try users("prom")
      _ = try await Executable.run("/bin/chmod", ["-R", "a+rX", tree.root])
      let exporter = try await Exporter(["--web.config.file", file])
      let page = try await LivePage(exporter, "#every=1", user: "prom:secret@")
      try await page.answers(3)
      try await Self.status(page, "Live")
      #expect(page.browser.complaints == [])
      try page.browser.cancelLogins()
      _ = try users("other")
      try await Self.status(page, "user and a password")
      // as the page says, to enter them anew
      _ = try users("prom")
      try page.browser.call("Fetch.disable")
      try await page.browser.open("http://prom:secret@127.0.0.1:\(exporter.port)/")
      try await Self.status(page, "Live")
      #expect(try await exporter.stop().status == 0)
    }

    @Test func otherAnswersAreSaidInWords() async throws {
      let exporter = try await Exporter()
      let page = try await LivePage(exporter, "#every=1")
      try await page.answers(2)
      for (status, text, words) in [
        (503, "Too many scrapes wait", "too busy (503): Too many scrapes wait"), (429, "", "rate_limit"),
        (500, "<b>broken</b>", "status 500: <b>broken</b>"), (200, "a_total 1\n", "cut off"),
        (200, "<!DOCTYPE html><p>Log in</p>", "not OpenMetrics"),
      ] {
        try page.reply(status, text)
        try await Self.status(page, words)
        #expect(try page.browser.evaluate("document.body.className") == "stale")
      }
      // of a newer exporter: what the page knows is gone, what it does not know has come
      try page.reply(
        200,
        """
        # TYPE wattprobe_power_watts histogram
        wattprobe_power_watts_bucket{le="odd"} 1
        # TYPE wattprobe_process_cpu_seconds info
        wattprobe_process_cpu_seconds_info 1
        # TYPE wattprobe_new_thing newtype
        wattprobe_new_thing{x="\\\\"} 1e999
        # EOF

        """)
      try await Self.status(page, "Live")
      for view in Self.views {
        try page.browser.run("location.hash = 'every=1&view=\(view)'")
        #expect(try page.text("a[aria-current=page]") != "")
      }
      #expect(page.browser.complaints == [])
      try page.reply(nil)
      let count = try page.browser.evaluate("answers.length", as: Int.self)
      try await page.answers(count + 2)
      try await Self.status(page, "Live")
      #expect(try await exporter.stop().status == 0)
    }

    @Test func hiddenPageAsksForNothing() async throws {
      let exporter = try await Exporter()
      let page = try await LivePage(exporter, "#every=1")
      try await page.answers(2)
      func hide(_ isHidden: Bool) throws {
        try page.browser.run(
          """
          Object.defineProperty(document, "hidden", { value: \(isHidden), configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
          """)
      }
      try hide(true)
      try await Self.status(page, "Paused")
      let count = try page.browser.evaluate("answers.length", as: Int.self)
      // long enough for another, at one a second
      try await Task.sleep(for: .seconds(3))
      #expect(try page.browser.evaluate("answers.length", as: Int.self) == count)
      try hide(false)
      try await page.answers(count + 2)
      try await Self.status(page, "Live")
      #expect(page.browser.complaints == [])
      #expect(try await exporter.stop().status == 0)
    }

    @Test func withoutScriptsThereAreTheCollectors() async throws {
      let exporter = try await Exporter()
      let page = try await LivePage(exporter)
      try page.browser.call("Emulation.setScriptExecutionDisabled", ["value": true])
      try page.browser.call("Page.reload")
      try await eventually("the page without scripts") {
        try page.browser.evaluate("document.querySelector('noscript p') !== null && !document.querySelector('nav')")
          ? () : nil
      }
      #expect(try page.text("#collectors tbody th") == "sched")
      #expect(try page.text("#live") == "")
      #expect(try page.browser.evaluate("document.querySelector('#collectors').checkVisibility()", as: Bool.self))
      try page.browser.keepScreenshot("without-scripts")
      #expect(try await exporter.stop().status == 0)
    }

    @Test func keyboardReachesAllAndEverythingHasAName() async throws {
      let exporter = try await Exporter(["--energy.model", "skylake"])
      let page = try await LivePage(exporter, "#view=processes&every=1")
      try await page.answers(3)
      try await eventually("rows") { try page.rows("Processes").isEmpty ? nil : () }
      _ = try await page.hold()
      let nodes = try page.browser.call("Accessibility.getFullAXTree")["nodes"] as? [[String: Any]] ?? []
      func value(_ node: [String: Any], _ key: String) -> String {
        (node[key] as? [String: Any])?["value"] as? String ?? ""
      }
      let used = ["link", "button", "combobox", "searchbox", "checkbox", "image", "table", "region", "navigation"]
      let named = nodes.filter { used.contains(value($0, "role")) && $0["ignored"] as? Bool != true }
      #expect(Set(named.map { value($0, "role") }).isSuperset(of: ["link", "button", "combobox", "checkbox", "image"]))
      for node in named { #expect(value(node, "name") != "", "\(value(node, "role"))") }

      // by the tab key through all that can be used, with something to be seen of it
      let count = try page.browser.evaluate(
        "[...document.querySelectorAll('a[href], button, select, input')].filter((one) => one.checkVisibility()).length",
        as: Int.self)
      var reached: Set<String> = []
      for _ in 0..<(count + 4) {
        try page.browser.press("Tab")
        let focused = try page.browser.evaluate(
          """
          (() => {
            const one = document.activeElement;
            return [one.tagName, one.textContent.slice(0, 20), getComputedStyle(one).outlineStyle];
          })()
          """, as: [String].self)
        if focused[0] != "BODY" { #expect(focused[2] != "none", "\(focused)") }
        reached.insert(focused[0])
        if focused[1] == "Joules" {
          try page.browser.press("Enter", text: "\r")
          #expect(try page.text("th[aria-sort=descending]") == "Joules")
        }
      }
      #expect(reached.isSuperset(of: ["A", "BUTTON", "SELECT", "INPUT"]))
      #expect(try page.parameters()["sort"] == ["-joules"])
      try page.release()
      #expect(try await exporter.stop().status == 0)
    }
  }
}
