// Colours of the style sheet, which knows whether the page is light or dark.

const seriesColours = 8;

const palette = {
  read() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.series = Array.from({ length: seriesColours }, (_, index) => colour(`series-${index}`));
    this.heat = Array.from({ length: 7 }, (_, index) => colour(`heat-${index}`));
    for (const name of ["muted", "grid", "gap", "surface"]) this[name] = colour(name);
  },
};

// Calls back when colours changed.
function followPalette(changed) {
  palette.read();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    palette.read();
    changed();
  });
}
