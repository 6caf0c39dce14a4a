// The page: which view is seen, what is asked for, and what is drawn of each answer.

// A source asked twice of one scrape works once.
function once(source) {
  let last = null;
  let rows = [];
  return (scrape) => {
    if (scrape !== last) [last, rows] = [scrape, source(scrape)];
    return rows;
  };
}

class Page {
  constructor() {
    const section = document.getElementById("collectors");
    this.collectors = new Collectors(section.querySelector("table"));
    this.address = new Address(() => this.choose());
    this.views = this.makeViews(section);
    this.main = document.getElementById("live");
    this.status = element("p", { id: "status", role: "status", text: "Asking for the first figures." });
    this.makeControls();
    this.main.append(...this.views.map((view) => view.element));
    this.scraper = new Scraper(
      document.getElementById("metrics").getAttribute("href"),
      (scrape) => this.take(scrape),
      ({ kind, text }) => this.say(kind, text),
    );
    followPalette(() => this.draw());
    this.choose();
    this.scraper.run();
  }

  makeViews(section) {
    const { address } = this;
    const processes = once(processSource());
    const groups = once(groupSource());
    const costs = new View("collectors", "Collectors", [
      new OwnFiguresCard(), costChart(), new CollectorCostCard(address), new PageFiguresCard(),
    ]);
    // the table that came with the page, below what it costs
    costs.element.append(section);
    return [
      overview(address, processes, groups),
      new View("processes", "Processes", [
        new ConsumersCard("Processes", ["process"], processFamilies, processes, processColumns, address),
      ]),
      new View("groups", "Groups", [
        new ConsumersCard("Control groups and containers", ["cgroup"], groupFamilies, groups, groupColumns, address),
      ]),
      new LatencyView(address),
      trafficView(),
      new MetricsView(address),
      costs,
    ];
  }

  makeControls() {
    const { address } = this;
    this.links = this.views.map((view) => element("a", { text: view.title }));
    const times = (name, label, options, preset) =>
      choice(label, options.map((one) => [String(one), duration(one)]), address.get(name, preset), (value) =>
        address.set(name, value, preset));
    this.every = times("every", "Every", [1, 2, 5, 10], "2");
    this.window = times("window", "Show", [120, 300, 900], "300");
    const nav = element("nav", { "aria-label": "Views" }, ...this.links);
    const settings = element("div", { class: "controls" }, this.status, this.every.element, this.window.element);
    document.querySelector("header").append(nav, settings);
  }

  // One of the offered ones, whatever stands in the address.
  number(name, select, preset) {
    const value = this.address.get(name, preset);
    const isOffered = [...select.options].some((option) => option.value === value);
    select.value = isOffered ? value : preset;
    return Number(select.value);
  }

  // Brings all in line with the address.
  choose() {
    const wanted = this.address.get("view", "overview");
    const view = this.views.find((one) => one.name === wanted) ?? this.views[0];
    if (view !== this.view) scrollTo(0, 0);
    this.view = view;
    const seconds = this.number("every", this.every.select, "2");
    this.seconds = this.number("window", this.window.select, "300");
    for (const [index, one] of this.views.entries()) {
      one.element.hidden = one !== view;
      const shared = new URLSearchParams(one === this.views[0] ? {} : { view: one.name });
      for (const name of ["every", "window"]) if (this.address.get(name)) shared.set(name, this.address.get(name));
      setAttribute(this.links[index], "href", `#${shared}`);
      if (one === view) this.links[index].setAttribute("aria-current", "page");
      else this.links[index].removeAttribute("aria-current");
    }
    view.choose();
    // energy for the title; those that are not there any more, or never were, would be refused
    const asked = new Set(["energy", ...view.collectors].filter((name) => this.collectors.names.includes(name)));
    this.scraper.ask([...asked], seconds);
    this.draw();
  }

  take(scrape) {
    for (const view of this.views) view.record(scrape);
    this.collectors.follow(scrape, this.view.name === "collectors");
    const watts = wholeWatts(scrape);
    document.title = `${watts === null ? "" : `${figure(watts, "W")} – `}${location.host} – wattprobe`;
    this.draw();
  }

  // Up to the last answer, or up to now where none comes.
  draw() {
    const scrape = this.scraper.last;
    if (!scrape) return;
    const to = this.isFailing ? performance.now() : scrape.time;
    const range = { from: to - this.seconds * 1000, to };
    const { scraper, collectors } = this;
    this.view.show({ scrape, scraper, collectors, range, gaps: scraper.gaps });
  }

  say(kind, text) {
    setText(this.status, text);
    setAttribute(this.status, "class", kind);
    setAttribute(document.body, "class", kind === "failed" ? "stale" : "");
    this.isFailing = kind === "failed";
    if (this.isFailing) this.draw();
  }
}

new Page();
