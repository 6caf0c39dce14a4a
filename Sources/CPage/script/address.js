// What was chosen stands behind the # of the address, so that it can be shared; the server never sees it.

class Address {
  constructor(changed) {
    this.changed = changed;
    this.read();
    addEventListener("hashchange", () => {
      if (this.text === location.hash.slice(1)) return;
      this.read();
      this.changed();
    });
  }

  read() {
    this.parameters = new URLSearchParams(location.hash.slice(1));
  }

  get text() {
    return this.parameters.toString();
  }

  get(name, preset = "") {
    return this.parameters.get(name) ?? preset;
  }

  all(name) {
    return this.parameters.getAll(name);
  }

  // What equals `preset` is left out.
  set(name, value, preset = "") {
    if (value === preset) this.parameters.delete(name);
    else this.parameters.set(name, value);
    this.write();
  }

  setAll(name, values) {
    this.parameters.delete(name);
    for (const value of values) this.parameters.append(name, value);
    this.write();
  }

  write() {
    history.replaceState(null, "", this.text ? `#${this.text}` : location.pathname + location.search);
    this.changed();
  }
}
