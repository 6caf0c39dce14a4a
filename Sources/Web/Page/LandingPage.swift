internal import ByteText
internal import CPage
import Collecting
import NIOCore

/// The document at `/`: links, the version and how the collectors stand. It says that without JavaScript; with it, the script
/// shows figures on top.
struct LandingPage {
  let telemetryPath: String
  let version: String
  let states: [CollectorState]

  /// The template with what is asked for in its `{{NAME}}`s.
  var html: ByteBuffer {
    let parts = PageAsset.text(of: page_html()).split(at: "{", omittingEmptySubsequences: false)
    var html = ByteBuffer(substring: parts[0])
    for part in parts.dropFirst() where !part.isEmpty {
      let ends = part.split(at: "}", maxSplits: 2, omittingEmptySubsequences: false)
      html.writeString(value(String(ends[0])))
      html.writeSubstring(ends.last!)
    }
    return html
  }

  private func value(_ name: String) -> String {
    switch name {
    case "version": Self.escape(version)
    case "metrics": Self.escape(telemetryPath)
    case "healthy": Router.healthyPath
    case "ready": Router.readyPath
    case "style": PageAsset.stylePath
    case "script": PageAsset.scriptPath
    case "icon": PageAsset.iconPath
    case "collectors": states.map(row).joined(separator: "\n")
    default: preconditionFailure("page.html has {{\(name)}}, which nothing fills in")
    }
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
    let cells = texts.map { "<td>\(Self.escape($0))</td>" }.joined()
    return "<tr class=\"\(style)\"><th scope=\"row\">\(link)</th>\(cells)</tr>"
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
