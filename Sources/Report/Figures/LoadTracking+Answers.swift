extension LoadTracking {
  /// What people ask of load tracking, and what a recording says to it, a line each class.
  struct Answer {
    let question: String
    let lines: [String]
  }

  /// What a class is called in a sentence.
  static func name(_ taskClass: String) -> String {
    switch taskClass {
    case "io_bound": "I/O-bound tasks"
    case "cpu_bound": "CPU-bound tasks"
    case "bursty": "bursty tasks"
    case "interactive": "interactive tasks"
    default: taskClass
    }
  }

  var answers: [Answer] {
    [
      Answer(
        question: "Is I/O-bound load overestimated or underestimated, and what of the other classes?",
        lines: Self.classes.map(errorLine)),
      Answer(
        question: "How far behind is the estimate in the first 50 to 100 ms of a burst?",
        lines: [
          "By its half-life of \(NumberText.duration(Self.halfLife)) the signal lacks "
            + "\(NumberText.percent(Self.remaining(after: 0.05))) of a step 50 ms after it, and "
            + "\(NumberText.percent(Self.remaining(after: 0.1))) after 100 ms. Seen here, of steps up:"
        ] + Self.classes.map(burstLine)),
      Answer(
        question: "How long does the estimate take to converge after a change of load?",
        lines: Self.classes.flatMap { name in ["up", "down"].map { convergenceLine(name, $0) } }),
    ]
  }

  private func sentence(_ taskClass: String) -> String {
    let name = Self.name(taskClass)
    return name.prefix(1).uppercased() + name.dropFirst()
  }

  private func errorLine(_ taskClass: String) -> String {
    let parts = Self.signals.compactMap { signal -> String? in
      guard let estimate = estimate(taskClass, signal), let error = estimate.error, estimate.windows > 0 else {
        return nil
      }
      let sure = estimate.standardError.map { " ± \(NumberText.percent($0))" } ?? ""
      return
        "\(signal) is \(NumberText.percent(error.magnitude))\(sure) \(error < 0 ? "below" : "above") what they ran "
        + "(\(estimate.windows) windows, half of them from \(NumberText.percent(estimate.quantile(0.25), isSigned: true)) to "
        + "\(NumberText.percent(estimate.quantile(0.75), isSigned: true)))\(few(estimate.windows))"
    }
    return "\(sentence(taskClass)): \(parts.isEmpty ? "none were seen." : parts.joined(separator: "; ") + ".")"
  }

  private func burstLine(_ taskClass: String) -> String {
    guard let steps = steps(taskClass, "up"), steps.count > 0 else {
      return "\(sentence(taskClass)): no steps were seen."
    }
    let shares = [-5, -4, -3].map { exponent in
      "\(NumberText.percent(steps.behind(after: exponent))) after \(NumberText.duration(Self.seconds(exponent)))"
    }
    return "\(sentence(taskClass)): of \(steps.count) steps, the signal was more than a tenth of the step away in "
      + shares.joined(separator: ", ") + few(steps.count) + "."
  }

  /// 2^exponent.
  private static func seconds(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }

  private func convergenceLine(_ taskClass: String, _ step: String) -> String {
    let what = "\(sentence(taskClass)), \(step)"
    guard let steps = steps(taskClass, step), steps.count > 0 else { return "\(what): no steps were seen." }
    let times = steps.convergence
    let there =
      times.count == 0
      ? ""
      : "\(NumberText.duration(times.mean)) on average, half within \(NumberText.duration(times.quantile(0.5))), "
        + "90 % within \(NumberText.duration(times.quantile(0.9))); "
    return "\(what): \(there)\(steps.unconverged.text) of \(steps.count) steps not within a second or before the next"
      + "\(few(steps.count))."
  }

  private func few(_ count: UInt64) -> String { count < Self.enough ? ", too few to be sure of" : "" }
}
