// How collectors stand. Why one does not run and what would help is in the table that came with the page.

const refreshMilliseconds = 10000;

class Collectors {
  constructor(table) {
    this.table = table;
    this.states = "";
    this.time = 0;
    this.read(table);
  }

  read(table) {
    this.rows = new Map();
    for (const row of table.tBodies[0].rows) {
      const [name, state, summary, why, cure] = [...row.cells].map((cell) => cell.textContent);
      this.rows.set(name, { state, summary, why, cure });
    }
  }

  get names() {
    return [...this.rows.keys()];
  }

  // Fetches the table again where the states of the scrape are others than before, and now and then while it is seen: a
  // scrape has those of the collectors that it was asked for.
  async follow(scrape, isSeen) {
    const states = JSON.stringify([...scrape.collectors]);
    const isOld = isSeen && scrape.time - this.time > refreshMilliseconds;
    if (states === this.states && !isOld) return;
    this.states = states;
    this.time = scrape.time;
    try {
      const response = await fetch(onServer(location.pathname), {
        cache: "no-store",
        signal: AbortSignal.timeout(patience),
      });
      if (!response.ok) return;
      const document = new DOMParser().parseFromString(await response.text(), "text/html");
      const table = document.querySelector("#collectors table");
      this.read(table);
      this.show(table);
    } catch {
      // the connection is gone, which the next scrape finds and says
      this.states = " ";
    }
  }

  // Cell by cell, as text.
  show(table) {
    for (const [index, row] of [...table.tBodies[0].rows].entries()) {
      const own = this.table.tBodies[0].rows[index];
      setAttribute(own, "class", row.className);
      [...row.cells].slice(1).forEach((cell, column) => setText(own.cells[column + 1], cell.textContent));
    }
  }

  // Why figures of these collectors are not there, in words; null where all of them run.
  absence(names, scrape) {
    const down = names.filter((name) => scrape.collectors.get(name)?.isUp === false);
    if (down.length === 0) return null;
    return down
      .map((name) => {
        const row = this.rows.get(name);
        const reason = row?.why || scrape.collectors.get(name).reason;
        const cure = row?.cure ? ` What would help: ${row.cure}.` : "";
        return `Not measured here: the collector ${name} does not run (${reason}).${cure}`;
      })
      .join(" ");
  }
}
