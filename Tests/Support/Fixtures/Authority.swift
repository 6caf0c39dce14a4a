internal import Foundation

/// A program's end and what it printed.
package struct Finished {
  package let status: Int32
  package let output: String
}

/// Runs a command line of the shell in a folder; what it prints on standard error comes with the rest. It is given nothing to
/// read. Waits without keeping a thread, of which tests have as many as there are CPUs.
package func shell(_ command: String, in folder: String) async throws -> Finished {
  let output = folder + "/output-\(UUID().uuidString)"
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/sh")
  process.arguments = ["-c", "exec >'\(output)' 2>&1; cd '\(folder)' && \(command)"]
  process.standardInput = FileHandle.nullDevice
  try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
    process.terminationHandler = { _ in continuation.resume() }
    do { try process.run() } catch { continuation.resume(throwing: error) }
  }
  let data = try Data(contentsOf: URL(fileURLWithPath: output))
  return Finished(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
}

/// A certificate authority of the `openssl` command, and what it signed: `NAME.pem` with `NAME.key` in its folder.
package struct Authority {
  package let tree: TemporaryTree
  package var folder: String { tree.root }

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  package enum Key: String {
    case ecdsa = "ec -pkeyopt ec_paramgen_curve:P-256"
    case rsa = "rsa:2048"
    case ed25519 = "ed25519"
  }

  /// With the authority `ca` and a server's certificate `server` for localhost.
  package init() async throws {
    tree = try TemporaryTree()
    try await selfSigned("ca", subject: "/CN=authority")
    try await sign("server", names: "DNS:localhost,IP:127.0.0.1", usage: "serverAuth")
  }

  package func selfSigned(_ name: String, subject: String, key: Key = .ecdsa, days: Int = 2) async throws {
    try await run(
      "openssl req -x509 -newkey \(key.rawValue) -nodes -days \(days) -subj '\(subject)' -keyout \(name).key -out \(name).pem"
    )
  }

  package func sign(
    _ name: String, names: String, usage: String = "clientAuth", by authority: String = "ca", key: Key = .ecdsa
  ) async throws {
    try tree.write("\(name).ext", "subjectAltName=\(names)\nextendedKeyUsage=\(usage)\n")
    try await run(
      "openssl req -newkey \(key.rawValue) -nodes -subj /CN=\(name) -keyout \(name).key -out \(name).csr && "
        + "openssl x509 -req -in \(name).csr -CA \(authority).pem -CAkey \(authority).key -CAcreateserial -days 2 "
        + "-extfile \(name).ext -out \(name).pem")
  }

  package func run(_ command: String) async throws {
    let finished = try await shell(command, in: folder)
    guard finished.status == 0 else { throw Failure(description: "\(command): \(finished.output)") }
  }

  /// Writes a web configuration file; by default with the server's certificate, followed by more lines of the section.
  @discardableResult
  package func configure(_ tls: String = "", certificate: String = "server", after more: String = "") throws -> String {
    let lines = tls.split(separator: "\n").map { "  \($0)\n" }.joined()
    return try tree.write(
      "web.yml",
      "tls_server_config:\n  cert_file: \(certificate).pem\n  key_file: \(certificate).key\n\(lines)\(more)\n")
  }

  /// The status that curl gets, or "000 (35)" with its exit status where there is no response.
  package func curl(_ port: Int, _ arguments: String = "", path: String = "/-/healthy") async throws -> String {
    let finished = try await shell(
      "curl -s -o body --max-time 30 --cacert ca.pem \(arguments) -w '%{http_code}' https://localhost:\(port)\(path)",
      in: folder)
    return finished.status == 0 ? finished.output : "\(finished.output) (\(finished.status))"
  }

  /// What `openssl s_client` prints of a connection with one request.
  package func client(_ port: Int, _ arguments: String = "") async throws -> String {
    try await shell(
      "printf 'GET /-/healthy HTTP/1.0\\r\\n\\r\\n' | timeout 30 openssl s_client -connect 127.0.0.1:\(port) -CAfile ca.pem "
        + "-ign_eof \(arguments)", in: folder
    ).output
  }
}
