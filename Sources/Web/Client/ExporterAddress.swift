internal import ByteText

/// Where another exporter answers, as on the command line: `http://host:10418`, `https://[::1]/metrics`.
package struct ExporterAddress: Sendable, Hashable, CustomStringConvertible {
  package let isSecure: Bool
  package let place: ListenAddress
  /// With its query, if any; begins with a slash.
  package let path: String

  /// Without a port that of the scheme is meant, without a path `/metrics`.
  package init(parsing text: String) throws(ExporterClientError) {
    func failure(_ problem: String, _ cure: String) -> ExporterClientError {
      ExporterClientError("the address \"\(text.printable())\" \(problem)", cure: cure)
    }
    let rest: Substring
    if text.begins(with: "http://") {
      (isSecure, rest) = (false, text.dropFirst(7))
    } else if text.begins(with: "https://") {
      (isSecure, rest) = (true, text.dropFirst(8))
    } else {
      throw failure("does not begin with http:// or https://", "write it as http://HOST:10418")
    }
    let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
    let authority = rest[..<(end ?? rest.endIndex)]
    let path = rest[(end ?? rest.endIndex)...]
    guard path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
      throw failure("has a path that cannot be asked for", "write it in ASCII, without spaces and #")
    }
    guard !authority.utf8.contains(UInt8(ascii: "@")) else {
      throw failure(
        "has a user in it, which others could read", "put user:password into a file: --from.credentials-file")
    }
    let colon = authority.utf8.lastIndex(of: UInt8(ascii: ":"))
    let bracket = authority.utf8.lastIndex(of: UInt8(ascii: "]"))
    let hasPort = colon.map { colon in bracket.map { $0 < colon } ?? true } ?? false
    do throws(ListenAddressError) {
      place = try ListenAddress(parsing: hasPort ? String(authority) : "\(authority):\(isSecure ? 443 : 80)")
    } catch {
      throw failure(error.problem, error.cure)
    }
    guard place.host != .any, place.port != 0 else {
      throw failure("names no host and port", "write it as http://HOST:10418")
    }
    self.path = path.isEmpty ? "/metrics" : path.begins(with: "?") ? "/metrics" + path : String(path)
  }

  /// The same, asking for these collectors only; one that asks for something already is left as it is.
  package func asking(for collectors: some Sequence<String>) -> ExporterAddress {
    if path.utf8.contains(UInt8(ascii: "?")) { return self }
    let query = collectors.sorted().map { "collect[]=" + $0 }.joined(separator: "&")
    return ExporterAddress(isSecure: isSecure, place: place, path: path + "?" + query)
  }

  private init(isSecure: Bool, place: ListenAddress, path: String) {
    self.isSecure = isSecure
    self.place = place
    self.path = path
  }

  /// Without the path.
  package var description: String { "\(isSecure ? "https" : "http")://\(place)" }

  /// The name or address to connect to.
  var host: String {
    switch place.host {
    case .any: ""
    case .ipv4(let host), .ipv6(let host), .name(let host): host
    }
  }

  /// What the certificate has to be for; nil: the address that is connected to.
  var serverName: String? { if case .name(let name) = place.host { name } else { nil } }
}
