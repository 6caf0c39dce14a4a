import NIOCore
import NIOHTTP1
import NIOPosix

/// Decides by the web configuration file whether a request is answered. Lives on the event loop.
final class Admission {
  enum Outcome {
    /// To be answered, with these fields in the response.
    case admitted(ResponseHeaders)
    case refused(Response)
    /// TLS is another one than when the connection was made: to be closed, so that the client makes a new one.
    case outdated
  }

  let settings: LiveSettings
  private let authenticator: Authenticator
  private var limiter: (limit: RateLimit, bucket: RateLimiter)?

  /// - Parameters:
  ///   - files: one thread to read files on.
  ///   - hashes: one thread to compute hashes on.
  init(
    _ source: WebConfigurationSource, limits: WebLimits, files: NIOThreadPool, hashes: NIOThreadPool,
    eventLoop: any EventLoop
  ) {
    settings = LiveSettings(source, threads: files, eventLoop: eventLoop)
    authenticator = Authenticator(threads: hashes, eventLoop: eventLoop, mostWaiting: limits.waitingLogins)
  }

  /// - Parameters:
  ///   - client: who asks.
  ///   - patience: how long the client waits.
  ///   - tlsNumber: of the settings under which the connection was made.
  ///   - deliver: is called later, on the event loop, once.
  func admit(
    _ head: HTTPRequestHead, from client: ClientAddress, patience: Duration, tlsNumber: UInt64?,
    deliver: @escaping (Outcome) -> Void
  ) {
    settings.current { [self] settings in
      if settings.tlsNumber != tlsNumber { return deliver(.outdated) }
      // before anything that costs more: as the exporter toolkit has it, without the fields of the configuration
      guard isWithinRate(settings.file.rateLimit) else {
        return deliver(.refused(.text(.tooManyRequests, "Too Many Requests")))
      }
      let headers = settings.file.headers
      guard !settings.file.users.isEmpty else { return deliver(.admitted(headers)) }
      guard let field = head.headers.first(name: "authorization"), let credentials = BasicCredentials(field: field)
      else { return deliver(.refused(Self.unauthorized.adding(headers))) }
      authenticator.check(credentials, from: client, users: settings.file.users, patience: patience) { verdict in
        switch verdict {
        case .right: deliver(.admitted(headers))
        case .wrong: deliver(.refused(Self.unauthorized.adding(headers)))
        case .busy:
          let response = Response.text(
            .serviceUnavailable, "Too many logins wait to be checked", headers: ["Retry-After": "5"])
          deliver(.refused(response.adding(headers)))
        }
      }
    }
  }

  /// Calls back when neither a file is being read nor a hash being computed.
  func notifyWhenIdle(_ body: @escaping () -> Void) {
    authenticator.notifyWhenIdle { self.settings.notifyWhenIdle(body) }
  }

  private static var unauthorized: Response {
    .text(.unauthorized, "Unauthorized", headers: ["WWW-Authenticate": "Basic realm=\"wattprobe\""])
  }

  private func isWithinRate(_ limit: RateLimit?) -> Bool {
    guard let limit else {
      limiter = nil
      return true
    }
    let now = Duration.nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    if limiter?.limit != limit { limiter = (limit, RateLimiter(limit, now: now)) }
    return limiter?.bucket.takes(now: now) ?? true
  }
}
