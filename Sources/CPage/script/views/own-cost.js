// What the program costs, and what this page does.

const ownFigures = [
  ["CPU, eBPF programs included", (scrape) => scrape.number("wattprobe_overhead_ratio"), "CPUs"],
  ["CPU of the process itself", (scrape) => scrape.rate("process_cpu_seconds_total"), "CPUs"],
  ["Resident memory", (scrape) => scrape.number("process_resident_memory_bytes"), "B"],
  ["Kernel memory of eBPF maps", (scrape) => sumOf(scrape.samples("wattprobe_bpf_map_bytes")), "B"],
  ["Open files", (scrape) => scrape.number("process_open_fds"), ""],
  ["Collectors shed by the budget", (scrape) => scrape.number("wattprobe_overhead_level"), ""],
];

function sumOf(samples) {
  return samples.length > 0 ? samples.reduce((sum, { value }) => sum + Number(value), 0) : null;
}

class OwnFiguresCard extends Card {
  constructor() {
    super("What wattprobe costs", [], []);
    this.list = new FigureList(ownFigures.map(([name, , unit]) => [name, unit]));
    this.body.append(this.list.element);
  }

  draw({ scrape }) {
    this.list.draw(ownFigures.map(([, of]) => of(scrape)));
  }
}

class PageFiguresCard extends Card {
  constructor() {
    const kept = duration(longestWindow);
    const note = `It keeps what it draws for ${kept}; the exporter keeps nothing for it.`;
    super("What this page costs", [], [], { note });
    this.list = new FigureList([["Answers so far", ""], ["Last answer", "B"], ["Time to get and read it", "s"]]);
    this.asked = element("p", { class: "note" });
    this.body.append(this.list.element, this.asked);
  }

  draw({ scraper }) {
    this.list.draw([scraper.count, scraper.bytes, scraper.milliseconds / 1000]);
    setText(this.asked, `Asks ${scraper.url} every ${scraper.seconds} s.`);
  }
}

// By collector: what its eBPF programs take, which are measured now and then, and how long reading it takes.
class CollectorCostCard extends Card {
  constructor(address) {
    super("By collector", [], []);
    this.address = address;
    const columns = [
      { key: "collector", title: "Collector", isText: true },
      { key: "run", title: "An event", unit: "s", note: "mean run of its eBPF programs, while they were measured" },
      { key: "runs", title: "Events", unit: "", note: "runs of its eBPF programs, while they were measured" },
      { key: "read", title: "Reading it", unit: "s", note: "in the last answer, of collectors that were asked for" },
    ];
    this.table = new Table("Cost by collector", columns, (sort) => address.set("costs", sort, "-runs"));
    this.body.append(this.table.element);
  }

  draw({ scrape }) {
    const rows = new Map();
    const add = (family, suffix, key, of) => {
      for (const sample of scrape.samples(family, suffix)) {
        const collector = sample.labels.get("collector");
        if (!rows.has(collector)) rows.set(collector, { key: collector, cells: { collector } });
        const { cells } = rows.get(collector);
        cells[key] = (cells[key] ?? 0) + of(sample);
      }
    };
    const number = ({ value }) => Number(value);
    add("wattprobe_bpf_program_run_seconds", "_total", "seconds", number);
    add("wattprobe_bpf_program_runs", "_total", "runs", number);
    add("wattprobe_scrape_collector_duration_seconds", "", "read", number);
    for (const { cells } of rows.values()) if (cells.runs > 0) cells.run = cells.seconds / cells.runs;
    this.table.draw([...rows.values()], { sort: this.address.get("costs", "-runs") });
  }
}

function costChart() {
  const series = (scrape) => [
    { key: "all", label: "with eBPF programs", value: scrape.number("wattprobe_overhead_ratio") },
    { key: "process", label: "the process itself", value: scrape.rate("process_cpu_seconds_total") },
  ];
  return new SeriesCard("CPU that wattprobe takes", [], [], series, { unit: "CPUs" });
}

// Names and figures.
class FigureList {
  constructor(names) {
    this.units = names.map(([, unit]) => unit);
    this.figures = names.map(() => element("data"));
    this.names = names.map(([name]) => element("dt", { text: name }));
    const pairs = this.names.map((name, index) => element("div", {}, name, element("dd", {}, this.figures[index])));
    this.element = element("dl", { class: "figures" }, ...pairs);
  }

  draw(values) {
    for (const [index, value] of values.entries()) {
      setAttribute(this.figures[index], "value", value === null ? "" : String(value));
      setText(this.figures[index], figure(value, this.units[index]));
    }
  }
}
