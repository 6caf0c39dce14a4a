import Fixtures
import Foundation
import Glibc
import Testing

/// A headless Chromium with one page, led by the DevTools protocol over two pipes: https://chromedevtools.github.io/devtools-protocol/
final class Browser {
  private let folder: TemporaryTree
  private let pid: pid_t
  private let commands: Int32
  private let messages: Int32
  private var unread: [UInt8] = []
  private var number = 0
  private var session: String?
  /// What the page wrote to the console, exceptions and violations of its policy.
  private(set) var complaints: [String] = []
  private var isLoaded = false

  /// How long an answer may take before the test fails.
  private static let patience: Int32 = 60_000

  init() throws {
    folder = try TemporaryTree()
    let path = try Executable.tool("/usr/bin/chromium", package: "chromium")
    let (theirCommands, commands) = try Self.pipe()
    let (messages, theirMessages) = try Self.pipe()
    self.commands = commands
    self.messages = messages
    pid = try Self.start(
      [
        // the tests are root, which its sandbox refuses; the only pages it sees are the exporter's
        path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
        "--disable-background-networking", "--disable-component-update", "--no-first-run", "--force-color-profile=srgb",
        "--user-data-dir=\(folder.root)/profile",
      ], home: folder.root, reading: theirCommands, writing: theirMessages)
    close(theirCommands)
    close(theirMessages)
    let target = try call("Target.createTarget", ["url": "about:blank"])["targetId"] ?? ""
    session = try call("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"] as? String
    for domain in ["Page", "Runtime", "Log", "Network"] { try call("\(domain).enable") }
  }

  deinit {
    close(commands)
    close(messages)
    kill(-pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  // MARK: Doing

  /// Returns once the document and its script are loaded.
  func open(_ url: String) async throws {
    isLoaded = false
    let result = try call("Page.navigate", ["url": url])
    if let error = result["errorText"] as? String { throw Executable.Missing(description: "\(url): \(error)") }
    try await eventually("the page to be loaded") {
      try call("Page.getFrameTree")
      return isLoaded ? () : nil
    }
  }

  /// A window of this size.
  func resize(_ width: Int, _ height: Int, isDark: Bool = false) throws {
    try call(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600])
    let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
    try call("Emulation.setEmulatedMedia", ["features": [scheme]])
  }

  /// As somebody who closes the browser's own question for a user and a password.
  func cancelLogins() throws { try call("Fetch.enable", ["handleAuthRequests": true]) }

  func press(_ key: String, text: String? = nil) throws {
    for type in ["keyDown", "keyUp"] {
      var event: [String: Any] = ["type": type, "key": key, "code": key]
      event["windowsVirtualKeyCode"] = ["Enter": 13, "Tab": 9, " ": 32][key]
      if type == "keyDown" { event["text"] = text }
      try call("Input.dispatchKeyEvent", event)
    }
  }

  /// The value of an expression of JavaScript.
  @discardableResult
  func evaluate<Value: Decodable>(_ expression: String, as type: Value.Type = Value.self) throws -> Value {
    let answer = try call(
      "Runtime.evaluate", ["expression": "(async () => JSON.stringify([\(expression)]))()", "awaitPromise": true])
    guard let result = answer["result"] as? [String: Any], let text = result["value"] as? String else {
      throw Executable.Missing(description: "\(expression): \(answer["exceptionDetails"] ?? answer)")
    }
    return try JSONDecoder().decode([Value].self, from: Data(text.utf8))[0]
  }

  func run(_ statement: String) throws {
    let answer = try call("Runtime.evaluate", ["expression": statement, "awaitPromise": true])
    if let problem = answer["exceptionDetails"] { throw Executable.Missing(description: "\(statement): \(problem)") }
  }

  /// Into the folder that `WATTPROBE_SCREENSHOTS` names, if it does.
  func keepScreenshot(_ name: String) throws {
    guard let folder = ProcessInfo.processInfo.environment["WATTPROBE_SCREENSHOTS"] else { return }
    let data = try call("Page.captureScreenshot", ["format": "png"])["data"] as? String
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try #require(Data(base64Encoded: data ?? "")).write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
  }

  // MARK: The protocol

  @discardableResult
  func call(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    let own = try command(method, parameters)
    while true {
      let answer = try receive()
      guard answer["id"] as? Int == own else {
        try notice(answer)
        continue
      }
      if let error = answer["error"] { throw Executable.Missing(description: "\(method): \(error)") }
      return answer["result"] as? [String: Any] ?? [:]
    }
  }

  /// Without waiting for the answer; returns its number.
  @discardableResult
  private func command(_ method: String, _ parameters: [String: Any]) throws -> Int {
    number += 1
    var message: [String: Any] = ["id": number, "method": method, "params": parameters]
    message["sessionId"] = session
    try send(JSONSerialization.data(withJSONObject: message))
    return number
  }

  private func notice(_ event: [String: Any]) throws {
    let parameters = event["params"] as? [String: Any] ?? [:]
    switch event["method"] as? String {
    case "Page.loadEventFired": isLoaded = true
    case "Fetch.requestPaused":
      try command("Fetch.continueRequest", ["requestId": parameters["requestId"] ?? ""])
    case "Fetch.authRequired":
      let response = ["response": "CancelAuth"]
      try command(
        "Fetch.continueWithAuth", ["requestId": parameters["requestId"] ?? "", "authChallengeResponse": response])
    case "Runtime.exceptionThrown", "Runtime.consoleAPICalled": complaints.append("\(parameters)")
    case "Log.entryAdded": complaints.append("\(parameters["entry"] ?? parameters)")
    default: break
    }
  }

  private func send(_ message: Data) throws {
    var rest = [UInt8](message) + [0]
    while !rest.isEmpty {
      let count = write(commands, rest, rest.count)
      guard count > 0 else { throw Executable.Missing(description: "the browser ended: errno \(errno)") }
      rest.removeFirst(count)
    }
  }

  private func receive() throws -> [String: Any] {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let end = unread.firstIndex(of: 0) {
        let message = Data(unread[..<end])
        unread.removeFirst(end + 1)
        return try JSONSerialization.jsonObject(with: message) as? [String: Any] ?? [:]
      }
      var waiting = pollfd(fd: messages, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, Self.patience) == 1 else {
        throw Executable.Missing(description: "the browser does not answer")
      }
      let count = read(messages, &piece, piece.count)
      guard count > 0 else { throw Executable.Missing(description: "the browser ended") }
      unread += piece[..<count]
    }
  }

  // MARK: Starting

  /// Ends to read from and to write to, with numbers that are in nobody's way, which no other child gets.
  private static func pipe() throws -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw Executable.Missing(description: "no pipe: errno \(errno)") }
    let high = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 100) }
    ends.forEach { _ = close($0) }
    return (high[0], high[1])
  }

  /// In a process group of its own, with the descriptors 3 and 4 that it expects.
  private static func start(_ line: [String], home: String, reading: Int32, writing: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in 0...2 as ClosedRange<Int32> {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, reading, 3)
    posix_spawn_file_actions_adddup2(&actions, writing, 4)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let variables = ProcessInfo.processInfo.environment.merging(["HOME": home]) { $1 }
    var arguments = line.map { strdup($0) } + [nil]
    var environment = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, line[0], &actions, &attributes, &arguments, &environment)
    guard result == 0 else { throw Executable.Missing(description: "\(line[0]): errno \(result)") }
    return pid
  }
}
