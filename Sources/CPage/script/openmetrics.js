// OpenMetrics 1.0 text. Values stay the text that came: a counter may be larger than numbers are exact.

const metadataLine = /^# (TYPE|HELP|UNIT) (\S+) ?([^]*)$/;
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[^"}]|"(?:[^"\\]|\\[^])*")*\})? (\S+)/;
const numberText = /^[+-]?(?:Inf|NaN|[\d.]+(?:[eE][+-]?\d+)?)$/;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[^])*)"/g;

class Family {
  constructor(name) {
    this.name = name;
    this.type = "unknown";
    this.unit = "";
    this.help = "";
    // of { id, suffix, labels, value }: the identity is the text before the value
    this.samples = [];
  }

  // Of these suffixes of the name, as "_total".
  of(suffix) {
    return this.samples.filter((sample) => sample.suffix === suffix);
  }
}

function unescaped(text) {
  return text.includes("\\") ? text.replace(/\\([^])/g, (_, letter) => (letter === "n" ? "\n" : letter)) : text;
}

function parseLabels(text) {
  const labels = new Map();
  for (const [, name, value] of text.matchAll(labelPair)) labels.set(name, unescaped(value));
  return labels;
}

// Returns { families: by name, isWhole: whether the end was there, skipped: lines that are not understood }.
// `seen` has labels by identity, of the scrape before: most are the same.
function parseOpenMetrics(text, seen = new Map()) {
  const families = new Map();
  let current = null;
  let isWhole = false;
  let skipped = 0;
  const named = (name) => {
    if (!families.has(name)) families.set(name, new Family(name));
    return families.get(name);
  };
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (line === "# EOF") {
      isWhole = true;
      break;
    }
    const metadata = metadataLine.exec(line);
    if (metadata) {
      current = named(metadata[2]);
      current[metadata[1].toLowerCase()] = unescaped(metadata[3]);
      continue;
    }
    const sample = sampleLine.exec(line);
    if (!sample || !numberText.test(sample[3])) {
      if (!line.startsWith("#")) skipped += 1;
      continue;
    }
    const [, name, labelText = "", value] = sample;
    const id = name + labelText;
    const isOfCurrent = current !== null && (name === current.name || name.startsWith(current.name + "_"));
    const family = isOfCurrent ? current : named(name);
    const labels = seen.get(id) ?? parseLabels(labelText);
    family.samples.push({ id, suffix: name.slice(family.name.length), labels, value });
  }
  return { families, isWhole, skipped };
}
