import Foundation
import Testing

/// The exporter's page in a browser, with what the exporter answered it.
final class LivePage {
  let browser: Browser
  let port: UInt16

  /// One answer as the page got it.
  struct Answer: Decodable {
    /// Milliseconds of the page's clock.
    let time: Double
    let text: String
    let target: String
  }

  /// A row of a table: its cells by the heads of their columns; of a figure `value`, which is exact, and its text.
  struct Row: Decodable {
    struct Cell: Decodable {
      let value: String?
      let text: String
    }

    let cells: [String: Cell]

    subscript(column: String) -> Cell { cells[column] ?? Cell(value: nil, text: "") }
  }

  /// Lets requests wait while `isHeld`, keeps what is answered, and answers itself by `reply`, where it is one.
  private static let watch = """
    window.answers = [];
    window.isHeld = false;
    window.underWay = 0;
    window.reply = null;
    const ask = window.fetch;
    window.fetch = async (...request) => {
      while (window.isHeld) await new Promise((resolve) => setTimeout(resolve, 20));
      if (window.reply) return new Response(window.reply.text, { status: window.reply.status });
      window.underWay += 1;
      try {
        const response = await ask(...request);
        const text = await response.clone().text();
        if (text.endsWith("# EOF\\n"))
          window.answers.push({ time: performance.now(), text, target: new URL(response.url).search });
        return response;
      } finally {
        window.underWay -= 1;
      }
    };
    """

  init(_ exporter: Exporter, _ address: String = "", user: String = "", width: Int = 1440, height: Int = 1000)
    async throws
  {
    browser = try Browser()
    port = exporter.port
    try browser.call("Page.addScriptToEvaluateOnNewDocument", ["source": Self.watch])
    try browser.resize(width, height)
    try await browser.open("http://\(user)127.0.0.1:\(port)/\(address)")
  }

  /// Waits for as many answers since the page was loaded.
  func answers(_ count: Int) async throws {
    try await eventually("\(count) answers") {
      try browser.evaluate("answers.length", as: Int.self) >= count ? () : nil
    }
  }

  /// Nothing more is asked for; returns the last answers, of which the very last is shown or about to be.
  func hold() async throws -> (before: Answer, last: Answer) {
    try browser.run("window.isHeld = true")
    try await eventually("the last answer") { try browser.evaluate("underWay", as: Int.self) == 0 ? () : nil }
    let answers = try browser.evaluate("answers.slice(-2)", as: [Answer].self)
    try #require(answers.count == 2)
    return (answers[0], answers[1])
  }

  /// Answers all that is asked for from here on; nil: the exporter does again.
  func reply(_ status: Int?, _ text: String = "") throws {
    try browser.run("window.reply = \(status.map { "{ status: \($0), text: \(Self.quoted(text)) }" } ?? "null")")
  }

  func release() throws { try browser.run("window.isHeld = false") }

  /// The rows of the table with this caption, in order.
  func rows(_ caption: String) throws -> [Row] {
    try browser.evaluate(
      """
      (() => {
        const table = [...document.querySelectorAll("table")]
          .find((one) => one.caption?.textContent === "\(caption)" && one.checkVisibility());
        const heads = [...table.tHead.rows[0].cells].map((one) => one.textContent);
        return [...table.tBodies[0].rows].map((row) => ({ cells: Object.fromEntries([...row.cells].map((cell, index) => {
          const data = cell.querySelector("data");
          return [heads[index], { value: data ? data.value : null, text: cell.textContent }];
        })) }));
      })()
      """)
  }

  /// The text of what a selector finds first of what is seen; empty where it finds nothing.
  func text(_ selector: String) throws -> String {
    try browser.evaluate(
      """
      [...document.querySelectorAll(\(Self.quoted(selector)))].find((one) => one.checkVisibility())?.textContent ?? ""
      """)
  }

  /// What stands behind the # of the address.
  func parameters() throws -> [String: [String]] {
    let pairs = try browser.evaluate("[...new URLSearchParams(location.hash.slice(1))]", as: [[String]].self)
    return Dictionary(grouping: pairs) { $0[0] }.mapValues { $0.map { $0[1] } }
  }

  /// As somebody who types it, with its events.
  func fill(_ selector: String, _ text: String, event: String = "input") throws {
    try browser.run(
      """
      (() => {
        const field = [...document.querySelectorAll(\(Self.quoted(selector)))].find((one) => one.checkVisibility());
        field.value = \(Self.quoted(text));
        field.dispatchEvent(new Event("\(event)", { bubbles: true }));
      })()
      """)
  }

  /// Clicks what is seen, is found by a selector and has this text.
  func click(_ selector: String, _ text: String) throws {
    try browser.run(
      """
      [...document.querySelectorAll(\(Self.quoted(selector)))]
        .find((one) => one.checkVisibility() && one.textContent === \(Self.quoted(text))).click()
      """)
  }

  static func quoted(_ text: String) -> String {
    String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
  }
}
