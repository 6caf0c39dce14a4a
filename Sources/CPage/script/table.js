// A table that is sorted by any column and filtered by text, and that changes in place.

class Table {
  // Columns: { key, title, unit } of numbers, without the unit in each row where `isBare`, as it came where `isExact`;
  // { key, title, isText: true } of words, left out while there are none where `isOptional`, of which the end matters
  // most where `isPath`; `note` says more of one.
  // `chosen` gets what is to be sorted by, as "-watts".
  constructor(caption, columns, chosen, picked = null) {
    this.columns = columns;
    this.picked = picked;
    this.rows = new Map();
    this.heads = columns.map((column) => {
      const button = element("button", { type: "button", text: column.title, title: column.note });
      button.addEventListener("click", () => chosen(this.next(column)));
      return element("th", { scope: "col", class: column.isText ? "" : "number" }, button);
    });
    const boxes = picked ? [element("th", { scope: "col", text: "Chart" })] : [];
    const row = element("tr", {}, ...boxes, ...this.heads);
    this.body = element("tbody");
    this.count = element("p", { class: "caption" });
    const table = element("table", {}, element("caption", { text: caption }), element("thead", {}, row), this.body);
    const scroll = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, table);
    this.element = element("div", {}, scroll, this.count);
    this.sort = "";
  }

  next(column) {
    const falling = `-${column.key}`;
    if (column.isText) return this.sort === column.key ? falling : column.key;
    return this.sort === falling ? column.key : falling;
  }

  // `all` has { key, cells: by column, text or the number's own text or a number }; returns what is shown, in order.
  draw(all, { sort, filter = "", picks = [], most = Infinity }) {
    this.sort = sort;
    const wanted = filter.trim().toLowerCase();
    const words = this.columns.filter((column) => column.isText).map((column) => column.key);
    const fitting = all.filter(
      (row) => wanted === "" || words.some((key) => String(row.cells[key] ?? "").toLowerCase().includes(wanted)),
    );
    const shown = this.ordered(fitting).slice(0, most);
    for (const [index, column] of this.columns.entries()) {
      const isBy = sort === column.key || sort === `-${column.key}`;
      setAttribute(this.heads[index], "aria-sort", isBy ? (sort[0] === "-" ? "descending" : "ascending") : "none");
    }
    this.hidden = this.columns.map(({ key, isOptional }) => isOptional && !all.some((row) => row.cells[key]));
    for (const [index, isHidden] of this.hidden.entries()) this.heads[index].hidden = isHidden;
    this.place(shown, new Set(picks));
    const hidden = all.length - shown.length;
    setText(this.count, hidden > 0 ? `${shown.length} of ${all.length} shown.` : `${all.length} shown.`);
    return shown;
  }

  ordered(rows) {
    const isFalling = this.sort[0] === "-";
    const column = this.columns.find((one) => one.key === this.sort.replace("-", ""));
    if (!column) return rows;
    const of = (row) => {
      const value = row.cells[column.key] ?? null;
      return column.isText || value === null ? value : Number(value);
    };
    const sign = isFalling ? -1 : 1;
    return [...rows].sort((one, other) => {
      const [a, b] = [of(one), of(other)];
      // what is not known comes last either way
      if (a === null || b === null) return (a === null) - (b === null) || (one.key < other.key ? -1 : 1);
      const order = column.isText ? String(a).localeCompare(String(b), "en", { numeric: true }) : a - b;
      return sign * order || (one.key < other.key ? -1 : 1);
    });
  }

  place(shown, picks) {
    const focused = document.activeElement;
    const keys = new Set(shown.map((row) => row.key));
    for (const [key, row] of this.rows) {
      if (keys.has(key)) continue;
      row.remove();
      this.rows.delete(key);
    }
    for (const [index, one] of shown.entries()) {
      let row = this.rows.get(one.key);
      if (!row) this.rows.set(one.key, (row = this.row(one)));
      this.fill(row, one, picks.has(one.key));
      if (this.body.children[index] !== row) this.body.insertBefore(row, this.body.children[index] ?? null);
    }
    // a row that moves loses it
    if (focused !== document.activeElement && this.body.contains(focused)) focused.focus({ preventScroll: true });
  }

  row({ key }) {
    const row = element("tr");
    if (this.picked) {
      const box = element("input", { type: "checkbox" });
      box.addEventListener("change", () => this.picked(key, box.checked));
      row.append(element("td", {}, box));
    }
    for (const [index, column] of this.columns.entries()) {
      const text = column.isPath ? [element("bdi")] : [];
      const properties = { scope: index === 0 ? "row" : null, class: column.isPath ? "path" : null };
      if (column.isText) row.append(element(index === 0 ? "th" : "td", properties, ...text));
      else row.append(element("td", { class: "number" }, element("data")));
    }
    return row;
  }

  static figure(value, { unit, isBare, isExact }) {
    if (isExact) return String(value);
    const text = figure(Number(value), unit);
    return isBare ? text.split("\u00a0")[0] : text;
  }

  fill(row, { key, cells }, isPicked) {
    const shift = this.picked ? 1 : 0;
    if (this.picked) {
      const box = row.children[0].firstChild;
      box.checked = isPicked;
      setAttribute(box, "aria-label", `Show ${key} in the chart`);
    }
    for (const [index, column] of this.columns.entries()) {
      const cell = row.children[index + shift];
      const value = cells[column.key] ?? null;
      cell.hidden = this.hidden[index];
      if (column.isText) {
        setText(column.isPath ? cell.firstChild : cell, value ?? "");
        setAttribute(cell, "title", value ?? "");
      } else {
        // the exact value stands in the element, its figure is what is read
        setAttribute(cell.firstChild, "value", value === null ? "" : String(value));
        setText(cell.firstChild, value === null ? "–" : Table.figure(value, column));
      }
    }
  }
}
