// Asks for the metrics again and again while the page can be seen, and says in words how that goes.

// Milliseconds.
const patience = 15000;
const shortest = 250;

// With a user and a password in the page's own address, a relative one would have them too, which fetch() refuses.
function onServer(path) {
  return new URL(path, location.origin);
}

class Scraper {
  // `told` gets each scrape, `said` how it stands: { kind: "live", "paused" or "failed", text }.
  constructor(path, told, said) {
    this.path = path;
    this.told = told;
    this.said = said;
    this.seconds = 2;
    this.collectors = [];
    this.last = null;
    this.count = 0;
    this.bytes = 0;
    this.milliseconds = 0;
    // times without scrapes: { from, to, why }, `to` being null while it lasts
    this.gaps = [];
    this.wake = () => {};
    document.addEventListener("visibilitychange", () => this.wake());
  }

  // Of these collectors from now on; at once where one is new.
  ask(collectors, seconds) {
    const isSooner = seconds < this.seconds || collectors.some((one) => !this.collectors.includes(one));
    this.collectors = collectors;
    this.seconds = seconds;
    if (isSooner) this.wake();
  }

  get url() {
    const query = this.collectors.map((name) => `collect[]=${encodeURIComponent(name)}`).join("&");
    return query ? `${this.path}?${query}` : this.path;
  }

  async run() {
    for (;;) {
      if (document.hidden) {
        this.interrupt("paused", "Paused while the page is hidden.");
        await this.sleep(null);
        continue;
      }
      const started = performance.now();
      await this.scrape();
      await this.sleep(this.seconds * 1000 - (performance.now() - started));
      // however often somebody chooses something else: rates of less time are noise
      await new Promise((resolve) => setTimeout(resolve, shortest - (performance.now() - started)));
    }
  }

  // Until then, or until woken.
  sleep(milliseconds) {
    return new Promise((resolve) => {
      const timer = milliseconds === null ? null : setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async scrape() {
    const asked = performance.now();
    let response;
    let text;
    let time;
    try {
      response = await fetch(onServer(this.url), {
        cache: "no-store",
        headers: { Accept: "application/openmetrics-text; version=1.0.0" },
        signal: AbortSignal.timeout(patience),
      });
      time = performance.now();
      text = await response.text();
    } catch (error) {
      const isLate = error.name === "TimeoutError";
      const what = isLate ? `did not answer within ${patience / 1000} s` : "cannot be reached";
      return this.fail(isLate ? "no answer in time" : "no connection", `The exporter ${what}.`);
    }
    if (!response.ok) return this.refuse(response.status, text);
    const { families, isWhole, skipped } = parseOpenMetrics(text, this.last?.labels);
    if (!isWhole) return this.fail("cut off", "The answer was cut off, or is not OpenMetrics text.");
    this.accept(families, skipped, time);
    this.count += 1;
    this.bytes = text.length;
    this.milliseconds = performance.now() - asked;
    try {
      this.told(this.last);
    } catch (error) {
      // the next answer may be drawn all the same
      reportError(error);
    }
  }

  accept(families, skipped, time) {
    const wall = Date.now();
    // a machine that slept, or a clock that was set: how long it was is not known
    const drift = this.last ? Math.abs(wall - this.wall - (time - this.last.time)) : 0;
    const isLate = this.last && time - this.last.time > 3000 * this.seconds + patience;
    if (this.last && (drift > 1000 || isLate)) this.interrupt("asleep");
    const open = this.gaps.at(-1)?.to === null;
    const scrape = new Scrape(time, families, open ? null : this.last);
    if (this.last && !open && !scrape.before) this.interrupt("restarted");
    if (this.gaps.at(-1)?.to === null) this.gaps.at(-1).to = time;
    while (this.gaps.length > 0 && this.gaps[0].to < time - longestWindow * 1000) this.gaps.shift();
    // no chain of all that ever came
    if (scrape.before) scrape.before.before = null;
    this.last = scrape;
    this.wall = wall;
    const left = skipped > 0 ? ` ${skipped} lines of the answer were not understood.` : "";
    this.said({ kind: "live", text: `Live, every ${this.seconds} s.${left}` });
  }

  refuse(status, text) {
    const reason = text.trim().slice(0, 200);
    const words = {
      401: "The exporter asks for a user and a password: reload the page to enter them.",
      429: "The exporter answers no more requests for now (429): its rate_limit is reached.",
      503: `The exporter is too busy (503): ${reason}.`,
    };
    this.fail(`status ${status}`, words[status] ?? `The exporter answers with status ${status}: ${reason}`);
  }

  fail(why, text) {
    const since = this.last && this.gaps.at(-1)?.to !== null ? new Date() : this.failingSince;
    this.failingSince = since;
    this.interrupt(why);
    const when = since ? ` Nothing since ${since.toLocaleTimeString()}.` : "";
    this.said({ kind: "failed", text: `${text}${when} It is asked again every ${this.seconds} s.` });
  }

  // From the last scrape on there is none; what was seen before it tells no rate.
  interrupt(why, text) {
    if (text) this.said({ kind: "paused", text });
    if (this.last && this.gaps.at(-1)?.to !== null) this.gaps.push({ from: this.last.time, to: null, why });
  }
}
