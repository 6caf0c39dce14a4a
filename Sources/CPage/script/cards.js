// Parts of a view. Each remembers what it needs of every scrape, whether it is looked at or not, and draws when it is.

class Card {
  // `collectors` are those it needs, `families` those of which one at least has to be there.
  constructor(title, collectors, families, { isWide = false, isTall = false, note = "" } = {}) {
    this.title = title;
    this.collectors = collectors;
    this.families = families;
    this.heading = element("h2", { text: title });
    this.absence = element("p", { class: "absence", hidden: true });
    this.body = element("div");
    const notes = note ? [element("p", { class: "note", text: note })] : [];
    const kind = `card${isWide ? " wide" : ""}${isTall ? " tall" : ""}`;
    this.element = element("section", { class: kind }, this.heading, ...notes, this.absence, this.body);
  }

  record() {}

  draw() {}

  // Draws, or says why there is nothing to draw.
  show(page) {
    const why = this.whyAbsent(page);
    this.absence.hidden = why === null;
    this.body.hidden = why !== null;
    if (why !== null) setText(this.absence, why);
    else this.draw(page);
  }

  whyAbsent({ scrape, collectors }) {
    if (this.families.length === 0 || this.families.some((name) => scrape.has(name))) return null;
    const missing = this.families.join(", ");
    const isAsked = this.collectors.every((name) => scrape.collectors.has(name) || !collectors.names.includes(name));
    if (!isAsked) return "Asking for the first figures.";
    return collectors.absence(this.collectors, scrape) ?? `Nothing yet: the exporter sends no ${missing}.`;
  }
}

// A family's series over time: rates of counters, values of gauges.
class SeriesCard extends Card {
  // `series` gives of a scrape { key, label, value } of each.
  constructor(title, collectors, families, series, { unit, isStacked, isWide, note, most = 12 }) {
    super(title, collectors, families, { isWide, note });
    this.series = series;
    this.most = most;
    this.history = new SeriesHistory();
    this.chart = new LineChart({ unit, isStacked });
    this.body.append(this.chart.element);
  }

  record(scrape) {
    for (const { key, label, value } of this.series(scrape)) this.history.add(key, label, scrape, value);
    this.history.prune(scrape.time);
  }

  // Those with the highest values of late, in the order in which they came.
  draw({ range, gaps }) {
    const all = [...this.history.series.values()].filter((one) => one.points.at(-1).time > range.from);
    const high = (one) => Math.max(...one.points.slice(-30).map((point) => point.value));
    const busiest = new Set([...all].sort((one, other) => high(other) - high(one)).slice(0, this.most));
    this.chart.draw(this.title, all.filter((one) => busiest.has(one)), range, gaps);
  }
}

// Rates of a counter's series, added up by the label that `label` makes of each one's labels; null leaves one out.
function rates(family, label) {
  return (scrape) => {
    const sums = new Map();
    for (const sample of scrape.samples(family, "_total")) {
      const name = label(sample.labels);
      if (name === null) continue;
      const rate = scrape.rate(sample.id);
      sums.set(name, rate === null ? sums.get(name) ?? null : (sums.get(name) ?? 0) + rate);
    }
    return [...sums].map(([name, value]) => ({ key: name, label: name, value }));
  };
}

// Values of a gauge's series.
function values(family, label) {
  return (scrape) =>
    scrape.samples(family).map(({ id, labels, value }) => ({ key: id, label: label(labels), value: Number(value) }));
}

// A histogram over time, of all its label sets together or of one.
class HeatCard extends Card {
  constructor(title, collectors, family, { key = "", note = "", address = null } = {}) {
    super(title, collectors, [family], { note });
    this.family = family;
    this.address = address;
    this.parameter = `set.${family.replace(/^wattprobe_/, "").replace(/_seconds$/, "")}`;
    this.preset = key;
    this.history = new HistogramHistory();
    this.map = new HeatMap();
    if (address) {
      this.choice = choice("of", [], "", (value) => address.set(this.parameter, value));
      this.choice.select.setAttribute("aria-label", `${title} of`);
      this.body.append(this.choice.element);
    }
    this.body.append(this.map.element);
  }

  record(scrape) {
    this.history.add(scrape, this.family);
    this.history.prune(scrape.time);
  }

  draw({ range, gaps }) {
    const key = this.address ? this.address.get(this.parameter, this.preset) : this.preset;
    if (this.choice) {
      const sets = [...this.history.sets].sort(([, one], [, other]) => (one < other ? -1 : 1));
      this.choice.element.hidden = sets.length < 2 && key === "";
      fillChoice(this.choice.select, [["", "all"], ...sets.filter(([one]) => one !== "")], key);
    }
    this.map.draw(this.title, this.history, key, range, gaps);
  }
}
