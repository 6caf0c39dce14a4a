import Collecting

/// The page at `/`: links, the version and how the collectors stand.
struct LandingPage {
  let telemetryPath: String
  let version: String
  let states: [CollectorState]

  var html: String {
    let rows = states.map(row).joined(separator: "\n")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>wattprobe</title>
      <style>
      body { font-family: sans-serif; margin: 2em; }
      th, td { text-align: left; vertical-align: top; padding: 0.2em 1em 0.2em 0; }
      .off, .absent { color: #666; }
      .failed { color: #a00; }
      </style>
      </head>
      <body>
      <h1>wattprobe</h1>
      <p>Version \(Self.escape(version))</p>
      <ul>
      <li><a href="\(Self.escape(telemetryPath))">Metrics</a></li>
      <li><a href="\(Router.healthyPath)">Health</a></li>
      <li><a href="\(Router.readyPath)">Readiness</a></li>
      </ul>
      <table>
      <thead><tr><th>Collector</th><th>State</th><th>What it does</th><th>Why</th><th>What would help</th></tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      </body>
      </html>

      """
  }

  private func row(_ state: CollectorState) -> String {
    let (style, text) =
      switch state.failure?.reason {
      case nil: ("on", "on")
      case .disabled: ("off", "off")
      // what a machine does not have is no fault
      case .absent: ("absent", "not here")
      case .some(let reason): ("failed", "failed (\(reason.rawValue))")
      }
    let name = Self.escape(state.name)
    let link = "<a href=\"\(Self.escape(telemetryPath))?collect%5B%5D=\(name)\">\(name)</a>"
    let texts = [text, state.summary, state.failure?.message ?? "", state.failure?.cure ?? ""]
    return "<tr class=\"\(style)\">" + ([link] + texts.map(Self.escape)).map { "<td>\($0)</td>" }.joined() + "</tr>"
  }

  /// Text fit for an element or a quoted attribute.
  static func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
