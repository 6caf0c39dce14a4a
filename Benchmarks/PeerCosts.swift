import CBench
import Glibc

/// What a scrape, memory and the start cost beside Debian's prometheus-node-exporter, by turns in one run.
///
/// It takes the executable that `PEER` names, or the one of the installed package; where there is neither, it says so.
enum PeerCosts {
  private static let package = "/usr/bin/prometheus-node-exporter"
  private static let scrapes = 40
  private static let starts = 7

  static func run() throws {
    print("== Beside prometheus-node-exporter, medians of \(scrapes) scrapes and \(starts) starts by turns ==")
    let named = getenv("PEER").map { String(cString: $0) } ?? ""
    let peer = named.isEmpty ? package : named
    guard access(peer, X_OK) == 0 else {
      print("skipped: there is no \(peer); to have it without installing it,")
      print("  apt-get download prometheus-node-exporter && dpkg-deb -x prometheus-node-exporter_*.deb peer")
      print("  make bench PARTS=peer PEER=$PWD/peer/usr/bin/prometheus-node-exporter")
      return
    }
    try measureStarts(peer)
    // the peer first: its row is what the others are compared with
    var peerServer = try Server.start(peer, waitingFor: "/")
    var server = try Server.start()
    let children = Children(100, busyNanoseconds: 40_000_000)
    sleep(8)
    print("both with \(children.count) processes that have used 40 ms of CPU each")
    try measureScrapes(&peerServer, &server)
    try measureMemory(&peerServer, &server)
  }

  /// From before fork(2) until it answers 200, in milliseconds.
  private static func measureStarts(_ peer: String) throws {
    var peers: [Double] = []
    var own: [Double] = []
    for _ in 0..<starts {
      peers.append(try Server.start(peer, waitingFor: "/").startMilliseconds)
      own.append(try Server.start().startMilliseconds)
    }
    var table = Table("start until it answers 200", "ms", "least")
    table.add("prometheus-node-exporter, /", peers.median.text(0), peers.quantile(0).text(0))
    table.add("wattprobe, /-/ready", own.median.text(0), own.quantile(0).text(0))
    table.print()
    print("ratio: \((own.median / peers.median).text(1))")
  }

  private static func measureScrapes(_ peer: inout Server, _ own: inout Server) throws {
    let peerSeries = try series(&peer)
    let ownSeries = try series(&own)
    var table = Table("scrape", "series", "bytes sent", "ms", "ms/1,000 series", "of the peer's")
    for gzip in [false, true] {
      var costs: (peer: [Double], own: [Double]) = ([], [])
      var sent = (peer: 0, own: 0)
      for _ in 0..<scrapes {
        let (peerCost, peerSent) = try cost(&peer, gzip: gzip)
        let (ownCost, ownSent) = try cost(&own, gzip: gzip)
        costs.peer.append(peerCost)
        costs.own.append(ownCost)
        sent = (peerSent, ownSent)
      }
      let name = gzip ? "text, gzip" : "text"
      let peerEach = costs.peer.median / Double(peerSeries) * 1000
      let ownEach = costs.own.median / Double(ownSeries) * 1000
      table.add(
        "prometheus-node-exporter, \(name)", "\(peerSeries)", "\(sent.peer)", costs.peer.median.text(2),
        peerEach.text(2),
        "1")
      table.add(
        "wattprobe, \(name)", "\(ownSeries)", "\(sent.own)", costs.own.median.text(2), ownEach.text(3),
        "1/\((peerEach / ownEach).text(1))")
    }
    table.print()
  }

  /// CPU of all threads in milliseconds, and the bytes of the body. Scrapes are far enough apart that each goes over all
  /// processes anew.
  private static func cost(_ server: inout Server, gzip: Bool) throws -> (Double, Int) {
    usleep(60_000)
    let before = server.cpuNanoseconds()
    let sent = try server.scrape(.prometheus, gzip: gzip).count
    // what the server does after its answer belongs to it
    usleep(5_000)
    return (Double(server.cpuNanoseconds() - before) / 1e6, sent)
  }

  private static func series(_ server: inout Server) throws -> Int {
    try server.scrape(.prometheus, gzip: false).split(separator: UInt8(ascii: "\n")).count {
      $0.first != UInt8(ascii: "#")
    }
  }

  private static func measureMemory(_ peer: inout Server, _ own: inout Server) throws {
    var table = Table("MB after scrapes", "peer", "peak", "wattprobe", "peak", "resident, of the peer's")
    var done = 0
    for mark in [100, 1_000, 10_000] {
      while done < mark {
        _ = try peer.scrape(.prometheus, gzip: done % 2 == 0)
        _ = try own.scrape(.prometheus, gzip: done % 2 == 0)
        done += 1
      }
      let (peerResident, ownResident) = (peer.memory("VmRSS"), own.memory("VmRSS"))
      table.add(
        "\(mark)", peerResident.text(1), peer.memory("VmHWM").text(1), ownResident.text(1), own.memory("VmHWM").text(1),
        (ownResident / peerResident).text(2))
    }
    table.print()
  }
}
