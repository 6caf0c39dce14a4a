// What all charts over time have in common: a canvas as sharp as the screen, a time axis, and gaps.

const plotMargin = { left: 62, right: 8, top: 8, bottom: 20 };

class Plot {
  constructor(height) {
    this.height = height;
    this.canvas = element("canvas", { role: "img" });
    this.canvas.style.height = `${height}px`;
    this.redraw = () => {};
    // the time under the pointer, in parts of the width; null without one
    this.pointed = null;
    const point = (part) => {
      this.pointed = part;
      this.redraw();
    };
    this.canvas.addEventListener("pointermove", (event) => {
      const part = (event.offsetX - plotMargin.left) / (this.width - plotMargin.left - plotMargin.right);
      point(part >= 0 && part <= 1 ? part : null);
    });
    this.canvas.addEventListener("pointerleave", () => point(null));
    this.width = 0;
    new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width === this.width || width === 0) return;
      this.width = width;
      this.redraw();
    }).observe(this.canvas);
  }

  // Times in milliseconds; `gaps` as the scraper has them. False where there is no room to draw in.
  begin(range) {
    if (this.width === 0) return false;
    const scale = devicePixelRatio || 1;
    const size = [Math.round(this.width * scale), Math.round(this.height * scale)];
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1]) [this.canvas.width, this.canvas.height] = size;
    const context = this.canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.font = `11px ${getComputedStyle(this.canvas).fontFamily}`;
    this.context = context;
    this.range = range;
    this.inner = {
      left: plotMargin.left,
      top: plotMargin.top,
      width: Math.max(1, this.width - plotMargin.left - plotMargin.right),
      height: this.height - plotMargin.top - plotMargin.bottom,
    };
    return true;
  }

  x(time) {
    const part = (time - this.range.from) / (this.range.to - this.range.from);
    return this.inner.left + part * this.inner.width;
  }

  // Parts of the height, from the bottom.
  y(part) {
    return this.inner.top + (1 - part) * this.inner.height;
  }

  get bottom() {
    return this.inner.top + this.inner.height;
  }

  // What lies before the beginning is not drawn.
  clip(draw) {
    this.context.save();
    this.context.beginPath();
    this.context.rect(this.inner.left, 0, this.inner.width, this.bottom + 1);
    this.context.clip();
    draw();
    this.context.restore();
  }

  timeAxis() {
    const { context, inner } = this;
    const seconds = (this.range.to - this.range.from) / 1000;
    const step = seconds / (inner.width < 330 ? 2 : seconds === 300 || seconds === 900 ? 5 : 4);
    context.fillStyle = palette.muted;
    context.textBaseline = "alphabetic";
    for (let ago = 0; ago <= seconds; ago += step) {
      const x = this.x(this.range.to - ago * 1000);
      context.textAlign = ago === 0 ? "right" : ago >= seconds - 1 ? "left" : "center";
      context.fillText(ago === 0 ? "now" : `−${duration(ago)}`, x, this.height - 5);
    }
  }

  // The time under the pointer, or the newest.
  time(range) {
    return this.pointed === null ? range.to : range.from + this.pointed * (range.to - range.from);
  }

  pointer() {
    if (this.pointed === null) return;
    const x = Math.round(this.x(this.time(this.range))) + 0.5;
    this.context.strokeStyle = palette.muted;
    this.context.lineWidth = 1;
    this.context.strokeRect(x, this.inner.top, 0, this.inner.height);
    this.context.fillStyle = palette.muted;
    this.context.textAlign = this.pointed < 0.5 ? "left" : "right";
    this.context.textBaseline = "top";
    const ago = Math.round((this.range.to - this.time(this.range)) / 1000);
    this.context.fillText(` −${ago} s `, x, this.inner.top);
  }

  // A line across at this part of the height, with what it means beside it.
  level(part, text, hasLine = true) {
    const { context, inner } = this;
    const y = Math.round(this.y(part)) + 0.5;
    if (hasLine) {
      context.strokeStyle = palette.grid;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(inner.left, y);
      context.lineTo(inner.left + inner.width, y);
      context.stroke();
    }
    context.fillStyle = palette.muted;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(text, inner.left - 6, y);
  }

  gaps(gaps) {
    const { context } = this;
    for (const gap of gaps) {
      const from = this.x(gap.from);
      const to = this.x(gap.to ?? this.range.to);
      context.fillStyle = palette.gap;
      context.fillRect(from, this.inner.top, to - from, this.inner.height);
      const label = context.measureText(gap.why).width;
      const left = Math.max(from, this.inner.left);
      if (to - left < label + 8) continue;
      context.fillStyle = palette.muted;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(gap.why, (left + to) / 2, this.inner.top + this.inner.height / 2);
    }
  }

  // In the middle, where there is nothing else.
  say(text) {
    const { context, inner } = this;
    context.fillStyle = palette.muted;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, inner.left + inner.width / 2, inner.top + inner.height / 2);
  }
}
