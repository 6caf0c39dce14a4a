// What came of one request, and rates since the one before.

// The increase of a counter from one text to the next; null where it has fallen: it began anew, nobody knows when.
function increase(before, after) {
  const isLong = before.length > 15 || after.length > 15;
  const isWhole = /^\d+$/.test(before) && /^\d+$/.test(after);
  const difference =
    isLong && isWhole ? Number(BigInt(after) - BigInt(before)) : Number(after) - Number(before);
  return difference >= 0 ? difference : null;
}

class Scrape {
  // `before` is null where nothing may be told from the difference: the first one, after a gap, after a restart.
  constructor(time, families, before) {
    // milliseconds of the page's own clock, as the response began
    this.time = time;
    this.families = families;
    this.values = new Map();
    this.labels = new Map();
    for (const family of families.values()) {
      for (const sample of family.samples) {
        this.values.set(sample.id, sample.value);
        this.labels.set(sample.id, sample.labels);
      }
    }
    this.before = before && before.startedAt === this.startedAt ? before : null;
  }

  // When the exporter was started, as it says.
  get startedAt() {
    return this.values.get("process_start_time_seconds");
  }

  get from() {
    return this.before ? this.before.time : null;
  }

  get seconds() {
    return this.before ? (this.time - this.before.time) / 1000 : null;
  }

  samples(name, suffix = "") {
    return this.families.get(name)?.of(suffix) ?? [];
  }

  has(name) {
    return (this.families.get(name)?.samples.length ?? 0) > 0;
  }

  number(id) {
    const text = this.values.get(id);
    return text === undefined ? null : Number(text);
  }

  increase(id) {
    const old = this.before?.values.get(id);
    return old === undefined ? null : increase(old, this.values.get(id));
  }

  // A second; null where it cannot be told.
  rate(id) {
    const change = this.increase(id);
    return change === null ? null : change / this.seconds;
  }

  // By name: { isUp, reason }.
  get collectors() {
    const states = new Map();
    for (const { labels, value } of this.samples("wattprobe_collector_up")) {
      states.set(labels.get("collector"), { isUp: value === "1", reason: labels.get("reason") ?? "" });
    }
    return states;
  }
}
