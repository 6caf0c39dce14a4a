/// What a report shows of load tracking.
struct LoadSection {
  let load: LoadTracking
  let prefix: String

  var html: String {
    var html = "<h2>Load tracking against real use</h2>\n"
    html +=
      "<p>The scheduler's load tracking (PELT) tells of each task what part of a CPU it uses. Here its signals are held against "
      + "the time that tasks really ran, in windows; both are averaged over time. A figure with few observations says little."
    if let invariance = load.invariance { html += " Scaled by frequency or capacity: \(Markup.escaped(invariance))." }
    html += "</p>\n"
    for answer in load.answers {
      let lines = answer.lines.map { "<li>\(Markup.escaped($0))</li>" }.joined()
      html += "<h3>\(Markup.escaped(answer.question))</h3>\n<ul>\(lines)</ul>\n"
    }
    for signal in LoadTracking.signals {
      let estimates = load.estimates.filter { $0.signal == signal }
      html += ErrorPlot(id: prefix + "errors-" + signal, signal: signal, estimates: estimates).svg
    }
    html +=
      "<p class=\"faint\">Line: eight in ten windows. Box: half of them, with the median. Dot: all run time together. What lies outside is drawn at the edge.</p>\n"
    return html + estimates + steps
  }

  private var estimates: String {
    Markup.table(
      "Estimate and run time; ± is the standard error, from how parts of the recording differ",
      ["class, signal", "estimated s", "ran s", "error", "±", "windows", "25 %", "median", "75 %"],
      load.estimates.map { estimate in
        [
          Markup.escaped("\(estimate.taskClass), \(estimate.signal)"), NumberText.fixed(estimate.estimated.number, 3),
          NumberText.fixed(estimate.actual.number, 3), NumberText.percent(estimate.error, isSigned: true),
          NumberText.percent(estimate.standardError), "\(estimate.windows)",
        ] + [0.25, 0.5, 0.75].map { NumberText.percent(estimate.quantile($0), isSigned: true) }
      })
  }

  private var steps: String {
    Markup.table(
      "Steps of load, and the time until the signal was within a tenth of the step",
      ["class, step", "steps", "converged", "mean", "half within", "90 % within", "behind at 63 ms", "at 125 ms"],
      load.steps.map { steps in
        [
          Markup.escaped("\(steps.taskClass), \(steps.step)"), "\(steps.count)", "\(steps.convergence.count)",
          NumberText.duration(steps.convergence.mean), NumberText.duration(steps.convergence.quantile(0.5)),
          NumberText.duration(steps.convergence.quantile(0.9)), NumberText.percent(steps.behind(after: -4)),
          NumberText.percent(steps.behind(after: -3)),
        ]
      })
  }
}
