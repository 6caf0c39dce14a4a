internal import ByteText
import Collecting
import NIOHTTP1

/// Decides what a request gets. Does no I/O but asking the source for its state, which must not block.
struct Router {
  static let healthyPath = "/-/healthy"
  static let readyPath = "/-/ready"
  /// Paths that the telemetry path cannot have.
  static let ownPaths = ["/", healthyPath, readyPath] + PageAsset.paths
  /// How many names of the query an error repeats.
  private static let shownNames = 8

  let telemetryPath: String
  let version: String
  let source: any SnapshotSource

  /// - Parameter configurationFailure: why the web configuration file is not in use as it is now.
  func answer(_ request: Request, configurationFailure: String? = nil) -> Answer {
    guard request.path == telemetryPath || Self.ownPaths.contains(request.path) else {
      return .response(.text(.notFound, "Not found: the metrics are at \(telemetryPath)"))
    }
    guard request.method != .other else {
      return .response(.text(.methodNotAllowed, "Only GET and HEAD work here", headers: ["Allow": "GET, HEAD"]))
    }
    switch request.path {
    case telemetryPath:
      return scrape(request)
    case Self.healthyPath:
      return .response(source.hang.map(Self.stuck) ?? .text(.ok, "healthy"))
    case Self.readyPath:
      return .response(readiness(configurationFailure))
    default:
      if let asset = PageAsset.at(request.path) {
        return .response(
          .asset(asset, gzip: request.acceptsGzip, isKnown: request.hasEntity(tagged: asset.entityTag)))
      }
      let page = LandingPage(telemetryPath: telemetryPath, version: version, states: source.states)
      return .response(.html(page.html, gzip: request.acceptsGzip))
    }
  }

  /// One collector that fails is no reason to scrape none of the others: it is named.
  private func readiness(_ configurationFailure: String?) -> Response {
    if let hang = source.hang { return Self.stuck(hang) }
    guard source.isReady else { return .text(.serviceUnavailable, "not ready: programs are being attached") }
    let failing = source.states.filter { $0.failure?.isFault == true }.map {
      "\($0.name) (\($0.failure!.reason.rawValue))"
    }
    let ready = failing.isEmpty ? "ready" : "ready, without \(failing.joined(separator: ", "))"
    return .text(.ok, ready + (configurationFailure.map { "; not in use: \($0)" } ?? ""))
  }

  /// Nothing can be read any more.
  private static func stuck(_ hang: Hang) -> Response {
    .text(
      .serviceUnavailable,
      "stuck: the collector \(hang.collector) has not been read after \(hang.seconds) s; see the kernel log for a driver "
        + "in trouble")
  }

  private func scrape(_ request: Request) -> Answer {
    if let hang = source.hang { return .response(Self.stuck(hang)) }
    var selection = CollectorSelection()
    for parameter in request.query {
      switch parameter.name {
      case "collect[]": selection.collect.insert(parameter.value)
      case "exclude[]": selection.exclude.insert(parameter.value)
      default: break  // as node_exporter does: others may be meant for a proxy on the way
      }
    }
    let asked = selection.collect.union(selection.exclude)
    if !asked.isEmpty {
      let known = source.states.map(\.name)
      let unknown = asked.subtracting(known).sorted()
      if !unknown.isEmpty { return .response(.text(.badRequest, Self.message(unknown: unknown, known: known))) }
    }
    return .scrape(
      ScrapeRequest(
        selection: selection, variant: .init(format: request.format, gzip: request.acceptsGzip),
        patience: request.patience))
  }

  private static func message(unknown: [String], known: [String]) -> String {
    let names = unknown.prefix(shownNames).map { "\"\($0.printable())\"" } + (unknown.count > shownNames ? ["..."] : [])
    return """
      Unknown collector\(unknown.count > 1 ? "s" : "") in collect[] or exclude[]: \(names.joined(separator: ", "))
      Known collectors: \(known.sorted().joined(separator: ", "))
      """
  }
}
