import Attacks
import CBench
import Glibc

/// How long a scrape takes, and how large the server becomes, while other clients are up to no good.
enum AttackCosts {
  private static let goalMilliseconds = 100.0
  private static let scrapes = 40
  /// Between two scrapes, in microseconds.
  private static let pause: UInt32 = 50_000
  /// From the beginning of an attack to the first scrape that counts.
  private static let warmUp: UInt32 = 1

  static func run() throws {
    print("== A scrape's time under attack, ms, \(scrapes) over a kept connection and \(scrapes) over new ones ==")
    let folder = try Folder()
    for (name, file) in [("plain HTTP", nil), ("TLS and a password", try folder.configure())] {
      var table = Table(name, "connections", "kept", "worst", "new", "worst", "failed", "peak MB")
      var worst = 0.0
      for attack in [nil] + Attack.allCases.map(Optional.some) {
        guard let row = try measure(attack, file) else { continue }
        worst = max(worst, row.kept.quantile(1), row.new.quantile(1))
        table.add(
          attack?.rawValue ?? "nobody else", "\(row.connections)", row.kept.median.text(1),
          row.kept.quantile(1).text(1),
          row.new.median.text(1), row.new.quantile(1).text(1), "\(row.failures)", row.peak.text(1))
      }
      table.print()
      print(
        "worst: \(worst.text(0)) ms (goal \(goalMilliseconds.text(0)): \(worst <= goalMilliseconds ? "reached" : "missed"))"
      )
    }
  }

  private struct Row {
    var connections = 0
    var kept: [Double] = []
    var new: [Double] = []
    var failures = 0
    var peak = 0.0
  }

  /// nil where there is nothing to attack.
  private static func measure(_ attack: Attack?, _ file: String?) throws -> Row? {
    let server = try AttackedServer.start(file)
    if let attack, !attack.concerns(server.target) { return nil }
    let kept = Scraper(server.target, keeps: true)
    let new = Scraper(server.target, keeps: false)
    try kept.scrape()
    let assault = attack.map { Assault($0, on: server.target) }
    sleep(warmUp)
    var row = Row()
    for _ in 0..<scrapes {
      for (scraper, times) in [(kept, \Row.kept), (new, \Row.new)] {
        usleep(pause)
        do { row[keyPath: times].append(try scraper.scrape() * 1000) } catch { row.failures += 1 }
      }
    }
    row.connections = assault?.end().connections ?? 0
    row.peak = Server.memory("VmHWM", of: server.pid)
    return row
  }
}

/// A wattprobe of its own for each attack, so that its peak is that attack's.
private struct AttackedServer: ~Copyable {
  let pid: Int32
  let target: Target

  /// Returns once it answers a scrape.
  ///
  /// - Parameter file: of its web configuration, with TLS and the user that the folder made; nil: none.
  static func start(_ file: String?) throws -> AttackedServer {
    let port = cbench_free_port()
    let pid = try Server.spawn(
      ["--web.listen-address=127.0.0.1:\(port)"] + (file.map { ["--web.config.file=\($0)", "--user=root"] } ?? []))
    let target = Target(
      port: UInt16(port), isSecured: file != nil, login: file == nil ? nil : (Folder.user, Folder.password))
    let server = AttackedServer(pid: pid, target: target)
    for _ in 0..<100 {
      usleep(100_000)
      if (try? Scraper(target, keeps: false).scrape()) != nil { return server }
    }
    throw BenchError("wattprobe does not answer")
  }

  deinit { cbench_server_stop(pid) }
}

/// A folder with a certificate that `openssl` made, removed with it.
private struct Folder: ~Copyable {
  static let user = "prometheus"
  static let password = "secret"
  /// Of the password, at the cost that tools give it by default.
  private static let hash = "$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u"

  private let path: String

  init() throws {
    var template = Array("/tmp/wattprobe-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchError("cannot make a folder in /tmp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Writes a web configuration file.
  func configure() throws -> String {
    let command =
      "cd \(path) && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
      + "-keyout key.pem -out cert.pem 2>/dev/null && printf '%s' 'tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"
      + "basic_auth_users: {\(Self.user): \(Self.hash)}\n' >web.yml"
    guard system(command) == 0 else { throw BenchError("openssl makes no certificate") }
    return path + "/web.yml"
  }

  deinit { system("rm -r \(path)") }
}
