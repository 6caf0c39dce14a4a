// Rates of networks and disks.

const labelled = (...names) => (labels) => names.map((name) => labels.get(name)).join(" ");

function networkBytesCard() {
  return new SeriesCard("Network, bytes", ["net"], ["wattprobe_network_bytes"],
    rates("wattprobe_network_bytes", labelled("device", "direction")), { unit: "B/s" });
}

function diskBytesCard() {
  return new SeriesCard("Disks, bytes", ["block"], ["wattprobe_block_io_bytes"],
    rates("wattprobe_block_io_bytes", labelled("device", "operation")), { unit: "B/s" });
}

function trafficView() {
  const card = (title, collector, family, ...labels) =>
    new SeriesCard(title, [collector], [`wattprobe_${family}`], rates(`wattprobe_${family}`, labelled(...labels)), {
      unit: "/s",
    });
  return new View("traffic", "Network and disks", [
    networkBytesCard(),
    card("Network, packets", "net", "network_packets", "device", "direction"),
    card("Packets dropped", "net", "network_drops", "reason"),
    card("TCP connections", "tcp", "tcp_connections", "family", "result"),
    card("TCP segments sent again", "tcp", "tcp_retransmits", "kind"),
    card("TCP resets", "tcp", "tcp_resets", "direction"),
    diskBytesCard(),
    card("Disks, requests", "block", "block_ios", "device", "operation"),
    new SeriesCard("Disks, requests under way", ["block"], ["wattprobe_block_inflight_ios"],
      values("wattprobe_block_inflight_ios", labelled("device")), { unit: "" }),
  ]);
}
