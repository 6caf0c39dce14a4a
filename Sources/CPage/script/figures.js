// Numbers as text: three digits and a prefix.

const prefixes = [
  ["T", 1e12],
  ["G", 1e9],
  ["M", 1e6],
  ["k", 1e3],
  ["", 1],
  ["m", 1e-3],
  ["µ", 1e-6],
  ["n", 1e-9],
];
// Of other units nobody says milli, and of seconds nobody says kilo.
const dividedUnits = new Set(["W", "J", "s"]);
// Parts of what there is, which have no prefixes at all.
const undividedUnits = new Set(["CPUs", "s/s"]);

function figure(value, unit = "") {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const rounded = Math.abs(Number(value.toPrecision(3)));
  const usable = prefixes.filter(([, size]) => {
    if (undividedUnits.has(unit)) return size === 1;
    return (size >= 1 || dividedUnits.has(unit)) && (size <= 1 || unit !== "s");
  });
  const [prefix, size] = (rounded > 0 && usable.find(([, one]) => rounded >= one)) || ["", 1];
  const number = value / size;
  let text = number.toPrecision(3);
  if (rounded === 0 || (unit === "" && Number.isInteger(number) && Math.abs(number) < 1000)) text = String(number);
  else if (Math.abs(number) >= 1000) text = String(Math.round(number));
  else if (text.includes("e")) text = number.toExponential(1);
  else if (size === 1 && rounded < 10 && undividedUnits.has(unit)) text = number.toFixed(rounded < 0.1 ? 4 : 3);
  const space = prefix || unit ? "\u00a0" : "";
  return text.replace("-", "−") + space + prefix + unit;
}

// The same without digits that say nothing, and without a unit that the title has, for axes.
function axisFigure(value, unit) {
  const text = undividedUnits.has(unit) ? figure(value, unit).split("\u00a0")[0] : figure(value, unit);
  return text.replace(/\.0+(?=\D|$)|(\.\d*[1-9])0+(?=\D|$)/, "$1");
}

// The letters of a unit as families name it.
function unitOf(family) {
  return { seconds: "s", bytes: "B", joules: "J", watts: "W", hertz: "Hz" }[family.unit] ?? "";
}

// Of what a second of a counter is: joules a second are watts, seconds a second have none.
function rateUnit(unit) {
  return { J: "W", s: "s/s" }[unit] ?? `${unit}/s`;
}

function duration(seconds) {
  return seconds < 60 ? `${seconds} s` : `${seconds / 60} min`;
}
