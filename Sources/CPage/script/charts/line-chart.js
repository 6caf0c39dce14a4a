// Series over time, as lines from nothing up, or on top of each other. What was not measured is not drawn.

class LineChart {
  constructor({ unit, isStacked = false, height = 170 }) {
    this.unit = unit;
    this.isStacked = isStacked;
    this.plot = new Plot(height);
    this.plot.redraw = () => this.drawn && this.draw(...this.drawn);
    this.legend = element("ul", { class: "legend" });
    this.element = element("div", { class: "chart" }, this.plot.canvas, this.legend);
    this.colours = new Map();
  }

  // `series` as a SeriesHistory has them; `title` for those who do not see the chart.
  draw(title, series, range, gaps) {
    this.drawn = [title, series, range, gaps];
    this.assignColours(series);
    this.describe(title, series, range);
    const { plot } = this;
    if (!plot.begin(range)) return;
    const seen = series.map((one) => ({ ...one, points: one.points.filter((point) => point.time >= range.from) }));
    const lines = this.isStacked ? LineChart.stack(seen) : seen;
    const top = LineChart.top(Math.max(0, ...lines.flatMap((one) => one.points.map((point) => point.value))));
    for (let part = 0; part <= 4; part += 1) plot.level(part / 4, axisFigure((top * part) / 4, this.unit));
    plot.timeAxis();
    plot.clip(() => {
      plot.gaps(gaps);
      // the last of a stack covers all of it, those below are drawn over it
      for (const one of [...lines].reverse()) this.line(one, top);
    });
    plot.pointer();
    if (!seen.some((one) => one.points.length > 0)) plot.say("Figures come with the second answer.");
  }

  // The next number that can be divided by four in one's head.
  static top(most) {
    if (most === 0) return 1;
    const size = 10 ** Math.floor(Math.log10(most));
    return size * [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10].find((one) => one * size >= most * 1.02 || one === 10);
  }

  // Sums of all series up to each.
  static stack(series) {
    const sums = new Map();
    return series.map((one) => ({
      ...one,
      points: one.points.map((point) => {
        const sum = (sums.get(point.time) ?? 0) + point.value;
        sums.set(point.time, sum);
        return { ...point, value: sum };
      }),
    }));
  }

  line({ key, points }, top) {
    const { context } = this.plot;
    const colour = palette.series[this.colours.get(key) % seriesColours];
    const runs = [];
    for (const point of points) {
      const run = runs.at(-1);
      if (run && run.at(-1).time === point.from) run.push(point);
      else runs.push([point]);
    }
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    context.setLineDash(this.colours.get(key) >= seriesColours ? [5, 3] : []);
    for (const run of runs) {
      const at = (point) => [this.plot.x(point.time), this.plot.y(point.value / top)];
      context.beginPath();
      for (const point of run) context.lineTo(...at(point));
      if (run.length > 1) context.stroke();
      else context.fillRect(at(run[0])[0] - 1, at(run[0])[1] - 1, 2, 2);
      if (this.isStacked && run.length > 1) {
        context.lineTo(this.plot.x(run.at(-1).time), this.plot.bottom);
        context.lineTo(this.plot.x(run[0].time), this.plot.bottom);
        // opaque first, so that what lies below does not shine through
        context.fillStyle = palette.surface;
        context.fill();
        context.globalAlpha = 0.35;
        context.fillStyle = colour;
        context.fill();
        context.globalAlpha = 1;
      }
    }
    context.setLineDash([]);
  }

  // Each series keeps its colour as long as it is there.
  assignColours(series) {
    const keys = new Set(series.map((one) => one.key));
    for (const key of this.colours.keys()) if (!keys.has(key)) this.colours.delete(key);
    const used = new Set(this.colours.values());
    for (const key of keys) {
      if (this.colours.has(key)) continue;
      let index = 0;
      while (used.has(index)) index += 1;
      used.add(index);
      this.colours.set(key, index);
    }
  }

  describe(title, series, range) {
    const shown = series.map((one) => {
      const point = LineChart.at(one.points, this.plot.time(range));
      return { ...one, value: point ? point.value : null };
    });
    const text = shown.map((one) => `${one.label} ${figure(one.value, this.unit)}`).join(", ");
    setAttribute(this.plot.canvas, "aria-label", `${title}: ${text || "nothing yet"}`);
    while (this.legend.children.length > shown.length) this.legend.lastChild.remove();
    for (const [index, one] of shown.entries()) {
      const item = this.legend.children[index] ?? this.legend.appendChild(LineChart.legendItem());
      const colour = this.colours.get(one.key);
      const dash = colour >= seriesColours ? " dashed" : "";
      setAttribute(item.children[0], "class", `swatch series-${colour % seriesColours}${dash}`);
      setText(item.children[1], one.label);
      setAttribute(item.children[2], "value", one.value === null ? "" : String(one.value));
      setText(item.children[2], figure(one.value, this.unit));
    }
  }

  // The first point at or after a time that its answer speaks for.
  static at(points, time) {
    const point = points.find((one) => one.time >= time);
    return point && (point.time === time || (point.from !== null && point.from < time)) ? point : null;
  }

  static legendItem() {
    return element("li", {}, element("span"), element("span", { class: "name" }), element("data"));
  }
}
