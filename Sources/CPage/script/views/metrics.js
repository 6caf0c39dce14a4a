// Any family of any collector: over time, and as it stands.

class FamilyCard extends Card {
  constructor(address) {
    super("Metrics", [], [], { isWide: true });
    this.address = address;
    this.collector = choice("Collector", [], "", (value) => {
      address.set("family", "");
      address.set("collector", value, "sched");
    });
    this.family = choice("Metric", [], "", (value) => address.set("family", value));
    this.filter = searchField("Labels with", "", (text) => address.set("filter", text));
    this.help = element("p", { class: "note" });
    this.history = new SeriesHistory();
    this.histogram = new HistogramHistory();
    this.map = new HeatMap({ height: 240 });
    this.charts = new Map();
    this.chartPlace = element("div");
    const columns = [
      { key: "labels", title: "Labels", isText: true },
      { key: "value", title: "Value", isExact: true },
      { key: "rate", title: "A second", unit: "", note: "since the answer before" },
    ];
    this.table = new Table("Series", columns, (sort) => address.set("order", sort, "labels"));
    const controls = [this.collector.element, this.family.element, this.filter.element];
    const line = element("div", { class: "controls" }, ...controls);
    this.body.append(line, this.help, this.chartPlace, this.table.element);
  }

  get chosen() {
    return this.address.get("collector", "sched");
  }

  // The families of the collector, without those of the program itself that come with each; only these for "wattprobe".
  listed(scrape) {
    const own =
      /^(process_|wattprobe_(build|collector_|scrape_|bpf_(program_(run|attached)|lost|map_)|overhead_|web_))/;
    const all = [...scrape.families.values()].filter((family) => family.samples.length > 0);
    const isOwn = (family) => own.test(family.name);
    const energy = /^wattprobe_(energy_|power_watts$)/;
    if (this.chosen === "wattprobe") return all.filter(isOwn);
    return all.filter((family) => !isOwn(family) && energy.test(family.name) === (this.chosen === "energy"));
  }

  name(scrape) {
    return this.address.get("family") || this.listed(scrape)[0]?.name || "";
  }

  text(labels) {
    return [...labels].map(([name, value]) => `${name}="${value}"`).join(" ") || "(no labels)";
  }

  samples(family) {
    const suffix = { counter: "_total", info: "_info" }[family.type] ?? "";
    return family.type === "histogram" || family.type === "summary" ? family.of("_count") : family.of(suffix);
  }

  record(scrape) {
    const name = this.name(scrape);
    if (name !== this.recorded) {
      this.history.clear();
      this.histogram.clear();
      this.recorded = name;
    }
    const family = scrape.families.get(name);
    if (family?.type === "histogram") this.histogram.add(scrape, name);
    else if (family) {
      for (const sample of this.samples(family)) {
        const value = family.type === "counter" ? scrape.rate(sample.id) : Number(sample.value);
        this.history.add(sample.id, this.text(sample.labels), scrape, value);
      }
    }
    this.history.prune(scrape.time);
    this.histogram.prune(scrape.time);
  }

  draw({ scrape, collectors, range, gaps }) {
    if (this.recorded !== this.name(scrape)) this.record(scrape);
    const name = this.name(scrape);
    const filter = this.address.get("filter");
    if (this.filter.input.value !== filter) this.filter.input.value = filter;
    const names = ["wattprobe", ...collectors.names];
    const options = names.map((one) => [one, one === "wattprobe" ? "wattprobe itself" : one]);
    fillChoice(this.collector.select, options, this.chosen);
    const families = this.listed(scrape).map((one) => [one.name, one.name]);
    fillChoice(this.family.select, families, name);
    const family = scrape.families.get(name);
    this.chartPlace.hidden = this.table.element.hidden = family === undefined;
    if (!family) {
      const why = this.chosen === "wattprobe" ? null : collectors.absence([this.chosen], scrape);
      setText(this.help, why ?? `Nothing yet: the exporter sends no ${name || "metrics of this collector"}.`);
      return;
    }
    setText(this.help, `${family.type}${family.unit ? ` in ${family.unit}` : ""}: ${family.help}`);
    const wanted = filter.trim().toLowerCase();
    const fits = (text) => text.toLowerCase().includes(wanted);
    this.drawChart(family, fits, range, gaps);
    const rows = this.samples(family).map((sample) => ({
      key: sample.id,
      cells: {
        labels: this.text(sample.labels),
        value: sample.value,
        rate: ["counter", "histogram", "summary"].includes(family.type) ? scrape.rate(sample.id) : null,
      },
    }));
    this.table.draw(rows, { sort: this.address.get("order", "labels"), filter });
  }

  drawChart(family, fits, range, gaps) {
    if (family.type === "histogram") {
      this.chartPlace.replaceChildren(this.map.element);
      return this.map.draw(family.name, this.matching(fits), "", range, gaps);
    }
    const unit = family.type === "counter" ? rateUnit(unitOf(family)) : unitOf(family);
    if (!this.charts.has(unit)) this.charts.set(unit, new LineChart({ unit, height: 240 }));
    const chart = this.charts.get(unit);
    if (this.chartPlace.firstChild !== chart.element) this.chartPlace.replaceChildren(chart.element);
    const series = [...this.history.series.values()].filter((one) => fits(one.label));
    const last = (one) => one.points.at(-1).value;
    const highest = [...series].sort((one, other) => last(other) - last(one)).slice(0, 16);
    return chart.draw(family.name, highest, range, gaps);
  }

  // The histogram with the label sets that fit only.
  matching(fits) {
    const columns = this.histogram.columns.map((column) => ({
      ...column,
      increases: new Map([...column.increases].filter(([key]) => fits(key))),
    }));
    return { bounds: this.histogram.bounds, columns, counts: this.histogram.counts };
  }
}

class MetricsView extends View {
  constructor(address) {
    super("metrics", "Metrics", [new FamilyCard(address)]);
  }

  get collectors() {
    const { chosen } = this.cards[0];
    return chosen === "wattprobe" ? [] : [chosen];
  }
}
