import Glibc

/// What the server goes by at a time, of a web configuration file and the files it names.
struct WebSettings: Sendable {
  let file: WebConfigurationFile
  /// nil: plain HTTP.
  let tls: TLSIdentity?
  /// Counts the changes of `tls`: connections made under another one are closed.
  let tlsNumber: UInt64
  /// When it was put into use, in seconds since the Unix epoch.
  let applied = Int64(time(nil))
  /// Why what is in the files now is not in use; nil where it is.
  var failure: String?
}
