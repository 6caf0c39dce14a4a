// What the page remembers: of each series the points of the last minutes, and where there are none.

const longestWindow = 15 * 60;
// At one a second; more than that is forgotten whatever its age.
const mostPoints = longestWindow;
// How long figures are means over, of counters that move in steps.
const meanSeconds = 10;

function forget(points, now) {
  const oldest = now - longestWindow * 1000;
  let count = Math.max(0, points.length - mostPoints);
  while (count < points.length && points[count].time < oldest) count += 1;
  if (count > 0) points.splice(0, count);
}

class SeriesHistory {
  constructor() {
    // by key: { key, label, points: of { time, from, value } }; a point continues the one at `from`
    this.series = new Map();
  }

  add(key, label, scrape, value) {
    if (value === null || Number.isNaN(value)) return;
    let one = this.series.get(key);
    if (!one) this.series.set(key, (one = { key, label, points: [] }));
    one.points.push({ time: scrape.time, from: scrape.from, value });
  }

  prune(now) {
    for (const [key, one] of this.series) {
      forget(one.points, now);
      if (one.points.length === 0) this.series.delete(key);
    }
  }

  // The value of the newest scrape, or null.
  latest(key, scrape) {
    const point = this.series.get(key)?.points.at(-1);
    return point && point.time === scrape.time ? point.value : null;
  }

  clear() {
    this.series.clear();
  }
}

// Counters that move once in a window of the energy collector: their rate as a mean over several windows.
class SteppedCounters {
  constructor() {
    this.readings = new Map();
  }

  // Watts, of a counter of joules; null until enough time has passed.
  rate(sample, scrape) {
    let readings = this.readings.get(sample.id);
    const last = readings?.at(-1);
    if (last && (last.time !== scrape.from || increase(last.value, sample.value) === null)) readings = undefined;
    if (!readings) this.readings.set(sample.id, (readings = []));
    readings.push({ time: scrape.time, value: sample.value });
    const window = scrape.number("wattprobe_energy_window_seconds") ?? 0;
    const needed = 1000 * Math.max(meanSeconds, 4 * window);
    while (readings.length > 2 && scrape.time - readings[1].time >= needed) readings.shift();
    const seconds = (scrape.time - readings[0].time) / 1000;
    return seconds * 1000 >= needed / 2 ? increase(readings[0].value, sample.value) / seconds : null;
  }

  prune(scrape) {
    for (const id of this.readings.keys()) if (!scrape.values.has(id)) this.readings.delete(id);
  }
}

// What histograms grew by between scrapes, by their labels.
class HistogramHistory {
  constructor() {
    this.clear();
  }

  clear() {
    // upper ends of the buckets, in order, and increases by the text of the labels
    this.bounds = [];
    this.columns = [];
    this.sets = new Map();
  }

  add(scrape, name) {
    const buckets = scrape.samples(name, "_bucket");
    const groups = new Map();
    if (buckets.length > 0) this.sets.clear();
    for (const sample of buckets) {
      const rest = [...sample.labels].filter(([label]) => label !== "le");
      const key = rest.map(([label, value]) => `${label}="${value}"`).join(" ");
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(sample);
      this.sets.set(key, rest.map(([, value]) => value).join(" "));
    }
    if (groups.size === 0 || !scrape.before) return;
    const bounds = [...groups.values()][0].map((sample) => Number(sample.labels.get("le")));
    if (bounds.join() !== this.bounds.join()) {
      this.columns = [];
      this.bounds = bounds;
    }
    const increases = new Map();
    for (const [key, samples] of groups) {
      const counts = Float64Array.from(samples, (sample) => scrape.increase(sample.id) ?? NaN);
      if (counts.length !== bounds.length || counts.some(Number.isNaN)) continue;
      for (let i = counts.length - 1; i > 0; i -= 1) counts[i] = Math.max(0, counts[i] - counts[i - 1]);
      increases.set(key, counts);
    }
    if (increases.size === 0) return;
    for (const [key, counts] of increases) if (!counts.some((count) => count > 0)) increases.delete(key);
    this.columns.push({ time: scrape.time, from: scrape.from, increases });
  }

  prune(now) {
    forget(this.columns, now);
  }

  // The column's increases of one set of labels, or of all together.
  counts(column, key) {
    const sum = new Float64Array(this.bounds.length);
    for (const [one, counts] of column.increases) {
      if (key === "" || one === key) for (let i = 0; i < sum.length; i += 1) sum[i] += counts[i];
    }
    return sum;
  }
}

// How many there were and within which times most of them were, of increases by bucket.
function summary(counts, bounds) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const within = (part) => {
    let sum = 0;
    return bounds[counts.findIndex((count) => (sum += count) >= part * total)];
  };
  return total > 0 ? { total, median: within(0.5), most: within(0.99) } : { total: 0, median: null, most: null };
}
