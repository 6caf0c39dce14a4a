internal import Exposition

/// Writes a recording as OpenMetrics text with timestamps, as `promtool tsdb create-blocks-from openmetrics` takes it.
package struct OpenMetricsExport {
  /// What was written, and what was not.
  package struct Outcome: Sendable, Hashable {
    /// Lines with a value: as many samples as Prometheus counts.
    package var samples = 0
    /// Collections at a time that had been before, as the clock was set back: Prometheus refuses all that come after such a one.
    package var repeated = 0
    /// Collections later than now: Prometheus would take all that it has itself for too old.
    package var future = 0
  }

  /// Bytes that are handed over at once.
  private static let chunk = 1 << 16

  /// Labels that every series gets, so that what is imported lies beside what a server has scraped and does not cover it.
  package let labels: [(name: String, value: String)]
  /// Milliseconds since the Unix epoch.
  package let now: Int64

  package init(labels: [(name: String, value: String)], now: Int64) {
    self.labels = labels
    self.now = now
  }

  package func write(
    _ recording: borrowing RecordingReader, to output: ([UInt8]) throws(RecordingError) -> Void
  ) throws(RecordingError) -> Outcome {
    var outcome = Outcome()
    let times = try usable(recording, &outcome)
    var encoder = TimedTextEncoder(labels: LabelText.text(labels))
    var bytes: [UInt8] = []
    var family: RecordedFamily?
    // what a series has from an index into `times` on
    var known: (series: RecordedSeries, id: Int64, value: RecordedValue, from: Int)?

    func flush(until end: Int) throws(RecordingError) {
      guard let (series, _, value, start) = known, start < end else { return }
      let number = value.text
      for time in times[start..<end] {
        guard let time else { continue }
        if case .histogram(let histogram) = value {
          outcome.samples += encoder.append(
            slots: histogram.slots, sum: histogram.sum, layout: series.layout, scale: series.scale, at: time, to: &bytes
          )
        } else {
          encoder.append(series.family.type == .info ? [UInt8(ascii: "1")] : number, at: time, to: &bytes)
          outcome.samples += 1
        }
        if bytes.count >= Self.chunk {
          try output(bytes)
          bytes.removeAll(keepingCapacity: true)
        }
      }
    }

    let rows = try recording.database.prepare(
      """
      SELECT place.rank, samples.series, samples.value FROM samples
      JOIN series ON series.id = samples.series
      JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS rank FROM times) AS place ON place.id = samples.time
      ORDER BY series.family, samples.series, samples.time
      """)
    while try rows.step() {
      let id = rows.integer(1)
      guard let series = recording.series[id], let place = Int(exactly: rows.integer(0)) else { continue }
      try flush(until: known?.id == id ? min(place, times.count) : times.count)
      if known?.id != id {
        if family != series.family {
          family = series.family
          encoder.begin(
            series.family.name, series.family.type, unit: series.family.unit, help: series.family.help, to: &bytes)
        }
        encoder.series(series.labels)
      }
      guard let value = try recording.value(rows, of: series, id) else {
        known = nil
        continue
      }
      known = (series, id, value, place)
    }
    try flush(until: times.count)
    encoder.end(&bytes)
    try output(bytes)
    return outcome
  }

  /// The milliseconds of each collection; nil: it is left out.
  private func usable(
    _ recording: borrowing RecordingReader, _ outcome: inout Outcome
  ) throws(RecordingError) -> [UInt64?] {
    let rows = try recording.database.prepare("SELECT realtime_ms FROM times ORDER BY id")
    var times: [UInt64?] = []
    var last = Int64.min
    while try rows.step() {
      let time = rows.integer(0)
      if time > now {
        outcome.future += 1
        times.append(nil)
      } else if time <= last {
        outcome.repeated += 1
        times.append(nil)
      } else {
        last = time
        times.append(UInt64(clamping: time))
      }
    }
    return times
  }
}
