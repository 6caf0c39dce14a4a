// Where time goes by: heat maps, of which any can be left out.

const latencies = [
  ["sched", "sched_runqueue_latency_seconds", "Waiting for a CPU"],
  ["sched", "sched_offcpu_seconds", "Off the CPU"],
  ["block", "block_io_duration_seconds", "Disk requests"],
  ["block", "block_io_queue_seconds", "Disk requests, queued"],
  ["syscalls", "syscall_duration_seconds", "System calls"],
  ["tcp", "tcp_connect_duration_seconds", "TCP connecting"],
  ["tcp", "tcp_rtt_seconds", "TCP round trips"],
  ["irq", "softirq_latency_seconds", "Software interrupts, waiting"],
  ["irq", "softirq_duration_seconds", "Software interrupts"],
  ["irq", "hardirq_duration_seconds", "Device interrupts"],
];

class LatencyView extends View {
  constructor(address) {
    const cards = latencies.map(
      ([collector, family, title]) => new HeatCard(title, [collector], `wattprobe_${family}`, { address }),
    );
    const boxes = [...new Set(latencies.map(([collector]) => collector))].map((name) => {
      const box = element("input", { type: "checkbox", value: name });
      box.addEventListener("change", () => this.store());
      return { box, label: element("label", {}, box, ` ${name}`) };
    });
    const legend = element("legend", { text: "Collectors" });
    super("latency", "Latency", cards, [element("fieldset", {}, legend, ...boxes.map(({ label }) => label))]);
    this.address = address;
    this.boxes = boxes.map(({ box }) => box);
  }

  store() {
    this.address.setAll("without", this.boxes.filter((box) => !box.checked).map((box) => box.value));
  }

  choose() {
    const without = new Set(this.address.all("without"));
    for (const box of this.boxes) box.checked = !without.has(box.value);
    for (const card of this.cards) card.element.hidden = card.collectors.some((name) => without.has(name));
  }
}
