internal import Recording

/// A report as one page that needs nothing beside it and runs nothing.
package struct ReportPage {
  private let recordings: [Figures]

  package init(_ recordings: [Figures]) { self.recordings = recordings }

  package var html: String {
    let names = recordings.map(\.name).joined(separator: ", ")
    var body = ""
    if recordings.count > 1 {
      body += "<h1>Comparison of \(recordings.count) recordings</h1>\n" + contents + comparison
    }
    for (index, figures) in recordings.enumerated() {
      body += RecordingSection(figures: figures, prefix: recordings.count > 1 ? "r\(index + 1)-" : "").html
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="referrer" content="no-referrer">
      <title>\(Markup.escaped("wattprobe: \(names)"))</title>
      <style>
      \(Style.sheet)
      </style>
      </head>
      <body>
      <main>
      \(body)</main>
      </body>
      </html>

      """
  }

  private var contents: String {
    let links = recordings.enumerated().map { index, figures in
      "<li><a href=\"#r\(index + 1)-top\">\(Markup.isolated(figures.name))</a></li>"
    }
    return "<nav><ul>\(links.joined())</ul></nav>\n"
  }

  private var comparison: String {
    let rows = Comparison(recordings).rows
    return Markup.table(
      "Figures side by side; the change is that of the last against the first.",
      ["figure"] + recordings.map(\.name) + ["change"],
      rows.map { row in
        [Markup.isolated(row.title)] + row.values.map { Comparison.text($0, row.unit) }
          + [row.change == nil ? "" : NumberText.percent(row.change, isSigned: true)]
      })
  }
}
