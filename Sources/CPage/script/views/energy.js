// Watts of zones, and what they go to.

function zoneLabel(labels) {
  const zone = labels.get("zone");
  const sources = labels.get("source") === "model" ? " (model)" : "";
  // zones of several packages may have one name
  const isNamed = zone.includes(labels.get("package")) || labels.get("package") === "machine";
  return (isNamed ? zone : `${zone} of package ${labels.get("package")}`) + sources;
}

// Of zones that are neither part of another nor measure one again.
function isWholeZone(labels) {
  const zone = labels.get("zone");
  return labels.get("package") !== "machine" && !/core|psys|-mmio|-die-/.test(zone);
}

function zonesCard(isWide) {
  return new SeriesCard(
    "Power by zone",
    ["energy"],
    ["wattprobe_power_watts"],
    values("wattprobe_power_watts", zoneLabel),
    { unit: "W", isWide, note: "Mean of each zone's last window." },
  );
}

function attributionCard() {
  const counters = new SteppedCounters();
  const order = ["processes", "kernel", "unattributed", "idle"];
  const series = (scrape) => {
    const sums = new Map(order.map((to) => [to, null]));
    for (const sample of scrape.samples("wattprobe_energy_attributed_joules", "_total")) {
      const watts = counters.rate(sample, scrape);
      const to = sample.labels.get("to");
      if (watts !== null) sums.set(to, (sums.get(to) ?? 0) + watts);
    }
    counters.prune(scrape);
    return [...sums].map(([to, value]) => ({ key: to, label: to, value }));
  };
  return new SeriesCard("What it goes to", ["energy"], ["wattprobe_energy_attributed_joules"], series, {
    unit: "W",
    isStacked: true,
    note: `Mean of the last ${meanSeconds} s.`,
  });
}
