internal import ByteText
package import Exposition
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Asks another exporter for its metrics, one connection a question.
package final class ExporterClient: Sendable {
  package struct Answer: Sendable {
    package let body: [UInt8]
    package let format: TextFormat
  }

  /// In seconds: a scrape takes less, and who waits would rather be told.
  private static let patience: Int64 = 10

  private let address: ExporterAddress
  private let authorization: String?
  private let context: NIOSSLContext?
  private let group: MultiThreadedEventLoopGroup

  /// Throws where a file cannot be used. Makes a thread that takes the signals its maker takes.
  ///
  /// - Parameters:
  ///   - authorities: a file of certificates (PEM) of who may have signed the exporter's; nil: those the system trusts.
  ///   - credentials: a file that has `user:password` in its first line; nil: none.
  package init(
    _ address: ExporterAddress, authorities: String?, credentials: String?
  ) throws(ExporterClientError) {
    self.address = address
    authorization = try credentials.map { path throws(ExporterClientError) in try Self.authorization(path) }
    context = address.isSecure ? try Self.context(authorities) : nil
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  }

  private static func authorization(_ path: String) throws(ExporterClientError) -> String {
    let line = try read(path, "--from.credentials-file").prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
      throw ExporterClientError(
        "--from.credentials-file \(path.printable(characters: 256)): there is no colon in its first line",
        cure: "write user:password")
    }
    return BasicCredentials(user: Array(line[..<colon]), password: Array(line[(colon + 1)...])).field
  }

  private static func context(_ authorities: String?) throws(ExporterClientError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.applicationProtocols = ["http/1.1"]
    do {
      if let authorities {
        let certificates = try NIOSSLCertificate.fromPEMBytes(read(authorities, "--from.ca-file"))
        configuration.trustRoots = .certificates(certificates)
      }
      return try NIOSSLContext(configuration: configuration)
    } catch let error as ExporterClientError {
      throw error
    } catch {
      throw ExporterClientError(
        "--from.ca-file \((authorities ?? "").printable(characters: 256)): there is no certificate in it, or a damaged one",
        cure: "give a file of certificates in PEM")
    }
  }

  private static func read(_ path: String, _ option: String) throws(ExporterClientError) -> [UInt8] {
    do throws(WebConfigurationFileError) {
      return try RegularFile.read(path)
    } catch {
      throw ExporterClientError(
        "\(option) \(path.printable(characters: 256)): \(error.cause)", cure: "give a file that you may read")
    }
  }

  /// Asks once; `completion` is called once, on the client's own thread.
  package func fetch(_ completion: @escaping @Sendable (Result<Answer, ExporterClientError>) -> Void) {
    let loop = group.next()
    let answer = loop.makePromise(of: Answer.self)
    let deadline = loop.scheduleTask(in: .seconds(Self.patience)) {
      answer.fail(ChannelError.connectTimeout(.seconds(Self.patience)))
    }
    ClientBootstrap(group: loop)
      .connectTimeout(.seconds(Self.patience))
      .channelInitializer { [address, authorization, context] channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let context {
            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: address.serverName))
          }
          try pipeline.addHTTPClientHandlers()
          try pipeline.addHandler(ExchangeHandler(address, authorization: authorization, answer: answer))
        }
      }
      .connect(host: address.host, port: Int(address.place.port))
      .whenComplete { result in
        switch result {
        case .success(let channel): answer.futureResult.whenComplete { _ in channel.close(promise: nil) }
        case .failure(let error): answer.fail(error)
        }
      }
    answer.futureResult.whenComplete { [address] result in
      deadline.cancel()
      completion(result.mapError { ExporterClientError(address, $0) })
    }
  }
}
