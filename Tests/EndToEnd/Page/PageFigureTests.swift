import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// What the page shows is what the exporter said.
  @Suite struct PageFigureTests {
    /// With an idle floor that need not be learned.
    private static let model = ["--energy.model", "skylake", "--energy.idle-watts", "1"]

    /// A busy process that calls itself so; it ends with the object.
    private static func busy(_ name: String) throws -> (program: RunningProgram, folder: TemporaryTree) {
      let folder = try TemporaryTree()
      let path = folder.path(name)
      try FileManager.default.copyItem(atPath: "/usr/bin/dash", toPath: path)
      return (try RunningProgram(path, ["-c", "while :; do :; done"]), folder)
    }

    private static func labels(_ row: LivePage.Row) -> [String: String] {
      let pid = row["PID"].text
      return pid == "other" ? ["pid": pid] : ["pid": pid, "comm": row["Process"].text]
    }

    @Test func processesHaveTheFiguresOfTheLastAnswer() async throws {
      let name = "<script>x"
      let busy = try Self.busy(name)
      defer { busy.program.signal(SIGKILL) }
      let exporter = try await Exporter(Self.model)
      let page = try await LivePage(exporter, "#view=processes&every=1")
      try await eventually("watts of the busy process") {
        try page.rows("Processes").contains {
          $0["PID"].text == "\(busy.program.pid)" && ($0["Watts"].value ?? "") > "0"
        }
          ? () : nil
      }
      try await page.answers(3)
      let (before, last) = try await page.hold()
      let (old, new) = (Scrape(before.text), Scrape(last.text))
      let seconds = (last.time - before.time) / 1000

      // the page takes the answer in at once, yet after the request is over
      let joules = new.of("wattprobe_process_energy_joules_total")
      try await eventually("the last answer to be shown") {
        let row = try page.rows("Processes").first { $0["PID"].text == "other" }
        let value = joules.first { $0.labels["pid"] == "other" }?.value
        return row?["Joules"].value == value ? () : nil
      }
      let rows = try page.rows("Processes")
      let processes = new.samples.filter { $0.name.hasPrefix("wattprobe_process_") }
      #expect(rows.count == Set(processes.map { [$0.labels["pid"], $0.labels["comm"]] }).count)
      for row in rows {
        let labels = Self.labels(row)
        #expect(row["Joules"].value == new.of("wattprobe_process_energy_joules_total", labels).first?.value ?? "")
        #expect(row["Watts"].value == new.of("wattprobe_process_power_watts", labels).first?.value ?? "")
        #expect(row["Memory"].value == new.of("wattprobe_process_resident_bytes", labels).first?.value ?? "")
        // a rate of two answers, by the page's clock
        let modes = new.of("wattprobe_process_cpu_seconds_total", labels)
        let known = modes.compactMap { mode in
          old.of("wattprobe_process_cpu_seconds_total", mode.labels).first.map { mode.number - $0.number }
        }
        if let shown = Double(row["CPUs"].value ?? "") {
          #expect(abs(shown - known.reduce(0, +) / seconds) < 0.01 * max(1, shown), "\(labels)")
        } else {
          #expect(known.isEmpty, "\(labels)")
        }
      }

      // markup in a name is text
      let hostile = try #require(rows.first { $0["PID"].text == "\(busy.program.pid)" })
      #expect(hostile["Process"].text == name)
      #expect(try page.browser.evaluate("document.querySelectorAll('#live script').length", as: Int.self) == 0)
      #expect(page.browser.complaints == [])
      try page.release()
      #expect(try await exporter.stop().status == 0)
    }

    @Test func tablesAreSortedFilteredAndPickedByTheAddress() async throws {
      let busy = try Self.busy("<b>&amp;")
      defer { busy.program.signal(SIGKILL) }
      let exporter = try await Exporter(Self.model)
      let page = try await LivePage(exporter, "#view=processes&every=1")
      try await eventually("the busy process") {
        try page.rows("Processes").contains { $0["Process"].text == "<b>&amp;" } ? () : nil
      }
      try await page.answers(3)
      _ = try await page.hold()
      func numbers(_ column: String) throws -> [Double] {
        try page.rows("Processes").compactMap { Double($0[column].value ?? "") }
      }
      for column in ["Joules", "Memory", "Threads"] {
        try page.click("th button", column)
        #expect(try numbers(column) == numbers(column).sorted(by: >))
        #expect(try page.text("th[aria-sort=descending]") == column)
        try page.click("th button", column)
        #expect(try numbers(column) == numbers(column).sorted())
        #expect(try page.text("th[aria-sort=ascending]") == column)
      }
      try page.click("th button", "Process")
      let names = try page.rows("Processes").map { $0["Process"].text.lowercased() }
      #expect(names.first! <= names.last!)

      try page.fill("input[type=search]", "<B>&")
      let filtered = try page.rows("Processes")
      #expect(filtered.map { $0["PID"].text } == ["\(busy.program.pid)"])
      try page.browser.run("document.querySelector('#live td input[type=checkbox]').click()")
      try page.fill("#live select", "cpu", event: "change")
      let parameters = try page.parameters()
      #expect(parameters["filter"] == ["<B>&"])
      #expect(parameters["sort"] == ["name"])
      #expect(parameters["pick"] == ["\(busy.program.pid) <b>&amp;"])
      #expect(parameters["chart"] == ["cpu"])

      // whoever is sent the address sees the same
      let address = try page.browser.evaluate("location.hash", as: String.self)
      let other = try await LivePage(exporter, address)
      try await eventually("the shared page") {
        let rows = try other.rows("Processes").map { $0["PID"].text }
        return rows == ["\(busy.program.pid)"] ? () : nil
      }
      #expect(try other.browser.evaluate("document.querySelector('#live input[type=search]').value") == "<B>&")
      #expect(try other.browser.evaluate("document.querySelector('#live td input').checked", as: Bool.self))
      try await eventually("the chart of the process picked") {
        try other.text(".legend .name") == "<b>&amp; (\(busy.program.pid))" ? () : nil
      }
      #expect(page.browser.complaints + other.browser.complaints == [])
      try page.release()
      #expect(try await exporter.stop().status == 0)
    }

    @Test func zonesAndGroupsHaveTheFiguresOfTheLastAnswer() async throws {
      let exporter = try await Exporter(Self.model)
      let page = try await LivePage(exporter, "#every=1")
      try await page.answers(8)
      let (_, last) = try await page.hold()
      let scrape = Scrape(last.text)
      let watts = try #require(scrape.of("wattprobe_power_watts").first)
      try await eventually("the last answer to be shown") {
        try page.browser.evaluate("document.querySelector('.now data').value") == watts.value ? () : nil
      }
      #expect(try page.browser.evaluate("document.querySelector('.legend data').value") == watts.value)
      #expect(try page.text(".legend .name").contains("package-0"))
      #expect(try page.text(".now dt").contains("model"))
      let rows = try page.rows("Busiest control groups")
      #expect(!rows.isEmpty)
      for row in rows {
        let path = row["Control group"].text == "all other groups" ? "other" : row["Control group"].text
        let joules = scrape.of("wattprobe_cgroup_energy_joules_total", ["cgroup": path]).first
        #expect(row["Joules"].value == joules?.value)
      }
      // only what the view needs was asked for
      #expect(last.target.contains("collect%5B%5D=process") || last.target.contains("collect[]=process"))
      #expect(scrape.of("wattprobe_syscalls_total").isEmpty)
      #expect(page.browser.complaints == [])
      try page.release()
      #expect(try await exporter.stop().status == 0)
    }

    @Test func anyMetricCanBeChosen() async throws {
      let exporter = try await Exporter(Self.model)
      let page = try await LivePage(
        exporter, "#view=metrics&collector=cpu&family=wattprobe_cpu_seconds&filter=idle&every=1")
      try await page.answers(3)
      let (_, last) = try await page.hold()
      let idle = Scrape(last.text).of("wattprobe_cpu_seconds_total", ["mode": "idle"])
      try await eventually("the last answer to be shown") {
        Set(try page.rows("Series").map { $0["Value"].value }) == Set(idle.map(\.value)) ? () : nil
      }
      #expect(Set(try page.rows("Series").map { $0["Value"].text }) == Set(idle.map(\.value)))
      try page.release()

      // a histogram becomes a heat map, and another choice is another address
      try page.fill("#live select", "syscalls", event: "change")
      #expect(try page.parameters()["collector"] == ["syscalls"])
      #expect(try page.parameters()["family"] == nil)
      try await eventually("families of syscalls") {
        try page.browser.evaluate(
          "[...document.querySelectorAll('#live option')].some((one) => one.value === 'wattprobe_syscall_errors')")
          ? () : nil
      }
      #expect(page.browser.complaints == [])
      #expect(try await exporter.stop().status == 0)
    }
  }
}
