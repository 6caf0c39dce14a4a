// Elements of the page. Whatever is shown is set as text: nothing here reads markup.

// `properties` are attributes, but for `text` and functions, which are listeners.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "text") made.textContent = value;
    else if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function setText(one, text) {
  if (one.textContent !== text) one.textContent = text;
}

function setAttribute(one, name, value) {
  if (one.getAttribute(name) !== value) one.setAttribute(name, value);
}

// A labelled choice. Options are pairs of a value and its text.
function choice(label, options, value, chosen) {
  const select = element("select", { change: () => chosen(select.value) });
  fillChoice(select, options, value);
  return { element: element("label", {}, `${label} `, select), select };
}

function fillChoice(select, options, value) {
  // what the address says may have gone
  const all = options.some(([one]) => one === value) ? options : [...options, [value, value]];
  const wanted = JSON.stringify(all);
  if (select.dataset.options !== wanted) {
    select.replaceChildren(...all.map(([one, text]) => element("option", { value: one, text })));
    select.dataset.options = wanted;
  }
  if (select.value !== value) select.value = value;
}

function searchField(label, value, changed) {
  const input = element("input", { type: "search", value, autocomplete: "off", spellcheck: "false" });
  input.addEventListener("input", () => changed(input.value));
  return { element: element("label", {}, `${label} `, input), input };
}
