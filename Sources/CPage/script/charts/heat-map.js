// A histogram over time: how many fell into each bucket, each shade ten times as many as the one before.

class HeatMap {
  constructor({ height = 170 } = {}) {
    this.plot = new Plot(height);
    this.plot.redraw = () => this.drawn && this.draw(...this.drawn);
    this.caption = element("p", { class: "caption" });
    this.element = element("div", { class: "chart" }, this.plot.canvas, this.caption);
  }

  // `key` is of a set of labels, or "" for all of them together.
  draw(title, histogram, key, range, gaps) {
    this.drawn = [title, histogram, key, range, gaps];
    const { bounds } = histogram;
    const columns = histogram.columns
      .filter((column) => column.time > range.from)
      .map((column) => ({ ...column, counts: histogram.counts(column, key) }));
    this.most = 0;
    this.plotColumns(columns, bounds, range, gaps);
    this.describe(title, columns, bounds, range);
  }

  plotColumns(columns, bounds, range, gaps) {
    const { plot } = this;
    if (!plot.begin(range)) return;
    plot.timeAxis();
    const used = bounds.map((_, index) => columns.some((column) => column.counts[index] > 0));
    const low = Math.max(0, used.indexOf(true) - 1);
    const high = Math.min(bounds.length - 1, used.lastIndexOf(true) + 1);
    plot.clip(() => plot.gaps(gaps));
    if (columns.length === 0) return plot.say("Figures come with the second answer.");
    if (!used.includes(true)) return plot.say("None in this time.");
    const rows = high - low + 1;
    this.timesAxis(bounds, low, rows);
    plot.clip(() => this.cells(columns, low, rows));
    plot.pointer();
  }

  // Powers of ten, where they lie among the buckets' ends.
  timesAxis(bounds, low, rows) {
    for (let power = -9; power <= 4; power += 1) {
      const time = 10 ** power;
      const above = bounds.findIndex((bound) => bound >= time * 0.95);
      if (above < low || above >= low + rows || bounds[above] === Infinity) continue;
      const ratio = above > 0 ? Math.log(bounds[above] / bounds[above - 1]) : 1;
      const part = (above + 1 - low - Math.log(bounds[above] / time) / ratio) / rows;
      if (part > 0.02 && part <= 1.01) this.plot.level(Math.min(part, 1), axisFigure(time, "s"), false);
    }
  }

  cells(columns, low, rows) {
    const { context } = this.plot;
    const rates = columns.map((column) => column.counts.map((count) => (count * 1000) / (column.time - column.from)));
    this.most = Math.max(...rates.map((one) => Math.max(...one)));
    const most = Math.log10(this.most);
    for (const [index, column] of columns.entries()) {
      const left = Math.floor(this.plot.x(column.from));
      const width = Math.max(1, Math.floor(this.plot.x(column.time)) - left);
      for (let row = 0; row < rows; row += 1) {
        const rate = rates[index][low + row];
        if (rate <= 0) continue;
        // six powers of ten at most
        const level = Math.max(0, palette.heat.length - 1 + Math.ceil(Math.log10(rate) - most));
        const top = Math.round(this.plot.y((row + 1) / rows));
        context.fillStyle = palette.heat[Math.min(level, palette.heat.length - 1)];
        context.fillRect(left, top, width, Math.round(this.plot.y(row / rows)) - top);
      }
    }
  }

  // Those of the last seconds, or under the pointer.
  meant(columns, range) {
    const time = this.plot.time(range);
    if (time < range.to) return columns.filter((column) => column.from < time && column.time >= time);
    return columns.filter((column) => column.from >= range.to - meanSeconds * 1000 - 500);
  }

  describe(title, columns, bounds, range) {
    const recent = this.meant(columns, range);
    const sum = new Float64Array(bounds.length);
    for (const column of recent) column.counts.forEach((count, index) => (sum[index] += count));
    const { total, median, most } = summary(sum, bounds);
    const seconds = recent.length > 0 ? (recent.at(-1).time - recent[0].from) / 1000 : 0;
    let text = "No figures of this time";
    if (total > 0) {
      const rate = figure(total / seconds, "/s");
      text = `${rate}, half within ${figure(median, "s")}, 99 % within ${figure(most, "s")}`;
      if (this.most > 0) text += `; strongest shade: ${figure(this.most, "/s")}`;
    } else if (seconds > 0) text = `None in ${Math.round(seconds)} s`;
    setText(this.caption, text);
    setAttribute(this.plot.canvas, "aria-label", `${title}: ${text}`);
  }
}
