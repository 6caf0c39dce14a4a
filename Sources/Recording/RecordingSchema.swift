/// How a recording is laid out: docs/recording.md explains it to people.
package enum RecordingSchema {
  /// `PRAGMA application_id`: "WPRB" in ASCII.
  static let application: Int64 = 0x5750_5242
  /// `PRAGMA user_version`: raised where an older reader would misread it.
  package static let version: Int64 = 1

  static let tables = ["about", "families", "series", "times", "samples"]

  /// Samples come in the order of time, so that an interval writes few pages, and only where they changed.
  package static let sql = """
    CREATE TABLE about (
      key TEXT PRIMARY KEY NOT NULL,
      value TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE families (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      type TEXT NOT NULL,
      unit TEXT,
      help TEXT NOT NULL
    );
    CREATE TABLE series (
      id INTEGER PRIMARY KEY,
      family INTEGER NOT NULL REFERENCES families,
      labels TEXT NOT NULL,
      digits INTEGER NOT NULL,
      lowest INTEGER,
      highest INTEGER,
      schema INTEGER,
      UNIQUE (family, labels)
    );
    CREATE TABLE times (
      id INTEGER PRIMARY KEY,
      realtime_ms INTEGER NOT NULL,
      monotonic_ns INTEGER NOT NULL,
      boottime_ns INTEGER NOT NULL,
      elapsed_ns INTEGER NOT NULL,
      suspended_ns INTEGER NOT NULL,
      step_ms INTEGER NOT NULL,
      missed INTEGER NOT NULL,
      gap TEXT
    );
    CREATE TABLE samples (
      time INTEGER NOT NULL REFERENCES times,
      series INTEGER NOT NULL REFERENCES series,
      value,
      PRIMARY KEY (time, series)
    ) WITHOUT ROWID;
    CREATE VIEW every_sample AS
      SELECT times.id AS time, times.realtime_ms,
        families.name || CASE families.type WHEN 'counter' THEN '_total' WHEN 'info' THEN '_info' ELSE '' END AS metric,
        series.labels, series.id AS series,
        CASE WHEN typeof(known.value) = 'integer' AND series.digits > 0
          THEN known.value / CAST('1e' || series.digits AS REAL) ELSE known.value END AS value
      FROM (
        SELECT time, series, value, lead(time) OVER (PARTITION BY series ORDER BY time) AS next FROM samples
      ) AS known
      JOIN times ON times.id >= known.time AND (known.next IS NULL OR times.id < known.next)
      JOIN series ON series.id = known.series
      JOIN families ON families.id = series.family
      WHERE known.value IS NOT NULL;
    CREATE VIEW every_slot AS
      SELECT sample.time, sample.realtime_ms, sample.metric, sample.labels, sample.series,
        json_extract(sample.value, '$[1]') + slot.key - 2 AS slot, slot.value AS count
      FROM every_sample AS sample
      JOIN series ON series.id = sample.series
      JOIN families ON families.id = series.family AND families.type = 'histogram', json_each(sample.value) AS slot
      WHERE slot.key >= 2;
    """
}
