// Processes and control groups: who uses what. A source turns a scrape into rows { key, label, cells }.

// Processes, each by pid and name.
function processSource() {
  return (scrape) => {
    const rows = new Map();
    const row = (labels) => {
      const [pid, name] = [labels.get("pid"), labels.get("comm") ?? ""];
      const key = name ? `${pid} ${name}` : pid;
      if (!rows.has(key)) {
        const label = name ? `${name} (${pid})` : "all other processes";
        rows.set(key, { key, label, cells: { pid, name: name || label, group: labels.get("cgroup") ?? "" } });
      }
      return rows.get(key).cells;
    };
    const add = (cells, column, value) => {
      if (value !== null) cells[column] = Number(cells[column] ?? 0) + value;
    };
    const each = (family, suffix, fill) => {
      for (const sample of scrape.samples(`wattprobe_process_${family}`, suffix)) fill(row(sample.labels), sample);
    };
    each("power_watts", "", (cells, { value }) => (cells.watts = value));
    each("energy_joules", "_total", (cells, { value }) => (cells.joules = value));
    each("cpu_seconds", "_total", (cells, { id }) => add(cells, "cpu", scrape.rate(id)));
    each("runqueue_seconds", "_total", (cells, { id }) => add(cells, "wait", scrape.rate(id)));
    each("io_bytes", "_total", (cells, { id }) => add(cells, "io", scrape.rate(id)));
    each("resident_bytes", "", (cells, { value }) => (cells.memory = value));
    each("threads", "", (cells, { value }) => (cells.threads = value));
    return [...rows.values()];
  };
}

const processColumns = [
  { key: "name", title: "Process", isText: true },
  { key: "pid", title: "PID", isText: true },
  { key: "watts", title: "Watts", unit: "W", note: "mean of the last window" },
  { key: "joules", title: "Joules", unit: "J", note: "since it has series of its own" },
  { key: "cpu", title: "CPUs", unit: "CPUs", isBare: true, note: "in use since the answer before" },
  { key: "wait", title: "Waits", unit: "s/s", isBare: true, note: "seconds a second that threads waited for a CPU" },
  { key: "memory", title: "Memory", unit: "B", note: "resident" },
  { key: "io", title: "I/O", unit: "B/s", note: "read from and written to disks" },
  { key: "threads", title: "Threads", unit: "" },
  { key: "group", title: "Control group", isText: true, isPath: true },
];

// Control groups, each by its path.
function groupSource() {
  const counters = new SteppedCounters();
  return (scrape) => {
    const rows = new Map();
    const row = (labels) => {
      const key = labels.get("cgroup");
      if (!rows.has(key)) {
        const container = labels.get("container") ?? "";
        const path = key === "other" ? "all other groups" : key;
        const cells = { path, container, pod: labels.get("pod_uid") ?? "" };
        rows.set(key, { key, label: container ? container.slice(0, 12) : path, cells });
      }
      return rows.get(key).cells;
    };
    for (const sample of scrape.samples("wattprobe_cgroup_energy_joules", "_total")) {
      const cells = row(sample.labels);
      cells.joules = sample.value;
      cells.watts = counters.rate(sample, scrape);
    }
    counters.prune(scrape);
    for (const sample of scrape.samples("wattprobe_cgroup_cpu_seconds", "_total")) {
      const cells = row(sample.labels);
      cells.cpu = scrape.rate(sample.id);
      cells.seconds = sample.value;
    }
    return [...rows.values()];
  };
}

const groupColumns = [
  { key: "path", title: "Control group", isText: true, isPath: true },
  { key: "container", title: "Container", isText: true, isOptional: true },
  { key: "pod", title: "Pod", isText: true, isOptional: true },
  { key: "watts", title: "Watts", unit: "W", note: `mean of the last ${meanSeconds} s` },
  { key: "joules", title: "Joules", unit: "J", note: "since it has series of its own" },
  { key: "cpu", title: "CPUs", unit: "CPUs", isBare: true, note: "in use since the answer before" },
  { key: "seconds", title: "CPU time", unit: "s", note: "since it has series of its own" },
];

// Whether it is divided among them: watts come later than joules.
function hasEnergy(rows) {
  return rows.some((row) => row.cells.joules !== undefined);
}

// The busiest, without choices.
class BusiestCard extends Card {
  constructor(title, collectors, families, source, columns, address, isTall = false) {
    super(title, collectors, families, { isTall });
    this.most = isTall ? 14 : 6;
    this.source = source;
    this.table = new Table(title, columns, (sort) => address.set(this.parameter, sort, "-watts"));
    this.parameter = `top.${collectors[0]}`;
    this.address = address;
    this.body.append(this.table.element);
  }

  record(scrape) {
    this.rows = this.source(scrape);
  }

  draw() {
    const byDefault = hasEnergy(this.rows) ? "-watts" : "-cpu";
    this.table.draw(this.rows, { sort: this.address.get(this.parameter, byDefault), most: this.most });
  }
}

// All of them: a chart of those that were picked, or else of the first of the table, and the table.
class ConsumersCard extends Card {
  constructor(title, collectors, families, source, columns, address) {
    super(title, collectors, families, { isWide: true });
    this.source = source;
    this.address = address;
    this.columns = columns.filter((column) => !column.isText && column.key !== "joules" && column.key !== "seconds");
    this.histories = new Map(this.columns.map(({ key }) => [key, new SeriesHistory()]));
    this.charts = new Map(this.columns.map(({ key, unit }) => [key, new LineChart({ unit, height: 200 })]));
    const options = this.columns.map(({ key, title: name }) => [key, name]);
    this.choice = choice("Chart of", options, "watts", (value) => address.set("chart", value));
    this.filter = searchField("Filter", "", (text) => address.set("filter", text));
    this.clear = element("button", { type: "button", text: "Pick none", click: () => address.setAll("pick", []) });
    const sorted = (sort) => address.set("sort", sort);
    this.table = new Table(title, columns, sorted, (key, isPicked) => this.pick(key, isPicked));
    const controls = element("div", { class: "controls" }, this.filter.element, this.choice.element, this.clear);
    this.body.append(controls, ...[...this.charts.values()].map((chart) => chart.element), this.table.element);
  }

  pick(key, isPicked) {
    const others = this.address.all("pick").filter((one) => one !== key);
    this.address.setAll("pick", isPicked ? [...others, key] : others);
  }

  record(scrape) {
    this.rows = this.source(scrape);
    for (const [column, history] of this.histories) {
      for (const { key, label, cells } of this.rows) {
        const value = cells[column] ?? null;
        history.add(key, label, scrape, value === null ? null : Number(value));
      }
      history.prune(scrape.time);
    }
  }

  draw({ range, gaps }) {
    const column = this.address.get("chart", hasEnergy(this.rows) ? "watts" : "cpu");
    const filter = this.address.get("filter");
    const picks = this.address.all("pick");
    if (this.filter.input.value !== filter) this.filter.input.value = filter;
    this.choice.select.value = column;
    this.clear.hidden = picks.length === 0;
    const sort = this.address.get("sort", hasEnergy(this.rows) ? "-watts" : "-cpu");
    const shown = this.table.draw(this.rows, { sort, filter, picks });
    const drawn = picks.length > 0 ? picks : shown.slice(0, 6).map((row) => row.key);
    for (const [key, chart] of this.charts) chart.element.hidden = key !== column;
    const history = this.histories.get(column);
    const series = drawn.map((key) => history?.series.get(key)).filter((one) => one !== undefined);
    this.charts.get(column)?.draw(`${this.title}, ${column}`, series, range, gaps);
  }
}
