// One of the pages of the page: cards, and which collectors they need.

class View {
  constructor(name, title, cards, controls = []) {
    this.name = name;
    this.title = title;
    this.cards = cards;
    this.element = element("div", { class: "view", hidden: true });
    if (controls.length > 0) this.element.append(element("div", { class: "controls" }, ...controls));
    this.grid = element("div", { class: "grid" }, ...cards.map((card) => card.element));
    this.element.append(this.grid);
  }

  // Those that the exporter is asked for while this is looked at.
  get collectors() {
    return this.cards.filter((card) => !card.element.hidden).flatMap((card) => card.collectors);
  }

  record(scrape) {
    for (const card of this.cards) card.record(scrape);
  }

  // Brings what can be chosen in line with the address.
  choose() {}

  show(page) {
    for (const card of this.cards) if (!card.element.hidden) card.show(page);
  }
}
