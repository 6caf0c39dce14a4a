import Glibc

/// CPU time of the server per scrape, with processes that have series of their own.
enum ScrapeCosts {
  private static let scrapes = 40
  private static let processes = 100

  static func run() throws {
    print("== CPU per scrape of the server, medians of \(scrapes) scrapes, all threads ==")
    var server = try Server.start()
    let children = Children(processes, busyNanoseconds: 40_000_000)
    // until they have used their time and a pass has seen it
    sleep(8)
    var table = Table("format", "series", "bytes", "bytes sent", "ms/scrape", "least", "ms/1,000 series")
    var worst = 0.0
    for format in Server.Format.allCases {
      let text = try server.scrape(format, gzip: false)
      let series = text.split(separator: UInt8(ascii: "\n")).count { $0.first != UInt8(ascii: "#") }
      for gzip in [false, true] {
        let (costs, sent) = try measure(&server, format, gzip: gzip)
        let perThousand = costs.median / Double(series) * 1000
        worst = max(worst, perThousand)
        table.add(
          "\(format)\(gzip ? ", gzip" : "")", "\(series)", "\(text.count)", "\(sent)", costs.median.text(2),
          costs.quantile(0).text(2), perThousand.text(2))
      }
    }
    table.print()
    let before = server.cpuNanoseconds()
    sleep(5)
    let idle = Double(server.cpuNanoseconds() - before) / 5e6
    print("between scrapes: \(idle.text(2)) ms of CPU a second; processes with a load of their own: \(children.count)")
    print("dearest: \(worst.text(2)) ms per 1,000 series (goal 1: \(worst <= 1 ? "reached" : "missed"))")
  }

  /// Milliseconds of each scrape. They are far enough apart that each goes over all processes anew.
  private static func measure(
    _ server: inout Server, _ format: Server.Format, gzip: Bool
  ) throws -> (costs: [Double], sent: Int) {
    var costs: [Double] = []
    var sent = 0
    for _ in 0..<scrapes {
      usleep(110_000)
      let before = server.cpuNanoseconds()
      sent = try server.scrape(format, gzip: gzip).count
      // what the server does after its answer belongs to it
      usleep(5_000)
      costs.append(Double(server.cpuNanoseconds() - before) / 1e6)
    }
    return (costs, sent)
  }
}

/// Resident memory of the server after few and after many scrapes.
enum MemoryCosts {
  static func run() throws {
    print("== Resident memory of the server, MB ==")
    var server = try Server.start()
    let children = Children(100, busyNanoseconds: 40_000_000)
    sleep(8)
    var table = Table("after scrapes", "resident", "peak")
    var done = 0
    table.add("0", server.memory("VmRSS").text(1), server.memory("VmHWM").text(1))
    for mark in [100, 1_000, 10_000] {
      while done < mark {
        _ = try server.scrape(done % 2 == 0 ? .openMetrics : .prometheus, gzip: done % 4 < 2)
        done += 1
      }
      table.add("\(mark)", server.memory("VmRSS").text(1), server.memory("VmHWM").text(1))
    }
    table.print()
    let resident = server.memory("VmRSS")
    print(
      "with \(children.count) processes: \(resident.text(1)) MB (goal 20: \(resident <= 20 ? "reached" : "missed"));",
      "the peak is at the start, when libbpf holds the kernel's BTF")
  }
}
