// What to look at first, and what may stay open on a second screen.

class NowCard extends Card {
  constructor() {
    super("Now", ["energy", "cpu", "sched", "net", "block"], [], { isWide: true });
    this.list = new FigureList([["Power", "W"], ["CPUs busy", "CPUs"], ["99 % of CPU waits within", "s"],
      ["Network", "B/s"], ["Disks", "B/s"], ["wattprobe itself", "CPUs"]]);
    this.waits = new HistogramHistory();
    this.element.classList.add("now");
    this.heading.classList.add("hidden");
    this.body.append(this.list.element);
  }

  record(scrape) {
    this.waits.add(scrape, "wattprobe_sched_runqueue_latency_seconds");
    this.waits.columns.splice(0, this.waits.columns.length - 1);
  }

  draw({ scrape }) {
    const column = this.waits.columns.at(-1);
    const isModel = scrape.samples("wattprobe_power_watts").some(({ labels }) => labels.get("source") === "model");
    setText(this.list.names[0], isModel ? "Power, by a model" : "Power");
    const isNew = column?.time === scrape.time;
    this.list.draw([
      wholeWatts(scrape),
      rateOf(scrape, "wattprobe_cpu_seconds", (labels) => labels.get("mode") !== "idle"),
      isNew ? summary(this.waits.counts(column, ""), this.waits.bounds).most : null,
      rateOf(scrape, "wattprobe_network_bytes"),
      rateOf(scrape, "wattprobe_block_io_bytes"),
      scrape.number("wattprobe_overhead_ratio"),
    ]);
  }
}

// Of all zones that are neither part of another nor measure one again; null where there is none.
function wholeWatts(scrape) {
  return sumOf(scrape.samples("wattprobe_power_watts").filter(({ labels }) => isWholeZone(labels)));
}

// The sum of a counter's rates; null where none is known.
function rateOf(scrape, family, fits = () => true) {
  const known = scrape.samples(family, "_total").filter(({ labels }) => fits(labels)).map(({ id }) => scrape.rate(id));
  const rated = known.filter((rate) => rate !== null);
  return rated.length > 0 ? rated.reduce((sum, rate) => sum + rate, 0) : null;
}

function cpuCard() {
  const mode = (labels) => (labels.get("mode") === "idle" ? null : labels.get("mode"));
  return new SeriesCard("CPUs busy", ["cpu"], ["wattprobe_cpu_seconds"], rates("wattprobe_cpu_seconds", mode), {
    unit: "CPUs",
    isStacked: true,
  });
}

const processFamilies = ["wattprobe_process_cpu_seconds"];
const groupFamilies = ["wattprobe_cgroup_cpu_seconds"];

function overview(address, processes, groups) {
  const brief = (columns, ...keys) => keys.map((key) => columns.find((column) => column.key === key));
  return new View("overview", "Overview", [
    new NowCard(),
    zonesCard(),
    attributionCard(),
    new BusiestCard("Busiest processes", ["process"], processFamilies, processes,
      brief(processColumns, "name", "pid", "watts", "joules", "cpu"), address, true),
    cpuCard(),
    new HeatCard("Waiting for a CPU", ["sched"], "wattprobe_sched_runqueue_latency_seconds"),
    new BusiestCard("Busiest control groups", ["cgroup"], groupFamilies, groups,
      brief(groupColumns, "path", "container", "watts", "joules", "cpu"), address),
    networkBytesCard(),
    diskBytesCard(),
  ]);
}
