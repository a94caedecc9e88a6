// Why a gradient is what it is: the factors from y down to one weight, and the sums behind them, as deep as asked.

const isPicked = (hop, key, row, column) => {
  const { picked } = state;
  return picked && picked.hop === hop && picked.key === key && picked.row === row && picked.column === column;
};

function pick(hop, key, row, column) {
  state.picked = { hop, key, row, column };
  render();
  $("why").scrollIntoView({ behavior: "smooth", block: "nearest" });
}

// the factors of one entry of the message that arrived at a layer
function arriving(hop, sample, unit) {
  const { behind, out } = HOPS[hop];
  const value = arrived(hop).at(sample, unit);
  if (behind === null) return [{ text: entry(upto(out), unit), value }];
  const before = DATA.jumps[behind];
  if (before < 0) return [{ text: `${DATA.loss.text} at ${entry(PLACES.at(-1), unit)}`, value }];
  const { factor, back } = frame().hops[before];
  const place = HOPS[before].in;
  if (factor)
    return [
      ...arriving(before, sample, unit),
      { text: `${HOPS[before].text} at ${entry(place, unit)}`, value: factor.at(sample, unit) },
    ];
  return [
    {
      text: entry(upto(place), unit),
      value: back.at(sample, unit),
      open: HOPS[before].dense && (() => behindMessage(before, sample, unit)),
    },
  ];
}

// all ways that a message came over the weights of a layer
function behindMessage(hop, sample, unit) {
  const { kernel } = frame().hops[hop].params;
  const paths = Array.from({ length: kernel.columns }, (_, to) => [to, kernel.at(unit, to)])
    .filter(([, value]) => value !== undefined)
    .map(([to, value]) => [...arriving(hop, sample, to), { text: entry(symbol(hop, "kernel"), unit, to), value }]);
  return { paths, all: kernel.columns, sum: frame().hops[hop].back.at(sample, unit) };
}

const product = (factors) => factors.slice(1).reduce((found, factor) => exact(found * factor.value), factors[0].value);

function gradientPaths({ hop, key, row, column }) {
  return Array.from({ length: DATA.samples[0] }, (_, sample) => {
    const end = { text: entry(HOPS[hop].in, row), value: entered(hop).at(sample, row) };
    return [...arriving(hop, sample, column), ...(key === "kernel" ? [end] : [])];
  });
}

let answered = "";
function why() {
  const { picked } = state;
  $("why").hidden = !picked;
  const question = JSON.stringify([picked, state.frame]);
  if (!picked || question === answered) return;
  answered = question;
  const { hop, key, row, column } = picked;
  const grid = total(hop, key);
  const at = grid.shape.length === 1 ? [column] : [row, column];
  const name = entry(symbol(hop, key), ...at);
  const value = grid.at(row, column);
  const close = h(
    "button",
    {
      type: "button",
      class: "close",
      "aria-label": "Close the explanation",
      onclick: () => ((state.picked = null), render()),
    },
    "×",
  );
  const title = h(
    "h2",
    {},
    "Why is the gradient of ",
    h("b", {}, name),
    " ",
    h("output", { class: "exact", id: "why-value" }, String(value)),
    "?",
  );
  const python = h(
    "p",
    { class: "note" },
    "In Python: ",
    h("code", {}, `trace.explain("${HOPS[hop].name}/${key}", (${at.join(", ")}${at.length === 1 ? "," : ""}))`),
  );
  const content =
    HOPS[hop].dense && (key === "kernel" || key === "bias")
      ? explained(picked)
      : [h("p", {}, "This layer is explained in Python, where it can be asked for its derivatives.")];
  $("why").replaceChildren(close, title, ...content, python);
}

function explained(picked) {
  const paths = gradientPaths(picked);
  const penalties = DATA.penalties
    .map((penalty, i) => [penalty, i])
    .filter(([{ hop, key }]) => hop === picked.hop && key === picked.key);
  const lines = paths.map((factors, sample) => pathLine(factors, sample ? "+" : "=", paths.length > 1 ? sample : null));
  for (const [penalty, i] of penalties)
    lines.push(pathLine([{ text: penalty.text, value: frame().penalties[i].at(picked.row, picked.column) }], "+", null));
  const [kept, all] = DATA.samples;
  const rest =
    all > kept ? [h("p", { class: "note" }, `… and ${all - kept} more samples, which are not on this page.`)] : [];
  return [h("div", { class: "paths" }, lines), ...rest];
}

// one way: its factors as chips, and their product
function pathLine(factors, sign, sample) {
  const below = h("div", { class: "below" });
  const chips = factors.map((factor, i) =>
    h("span", { class: "term" }, i > 0 && h("span", { class: "times" }, "×"), chip(factor, below)),
  );
  const result =
    factors.length > 1 &&
    h(
      "span",
      { class: "term" },
      h("span", { class: "times" }, "="),
      h("span", { class: "product" }, String(product(factors))),
    );
  const whose = sample === null ? null : h("span", { class: "whose" }, `sample ${sample + 1}`);
  return h(
    "div",
    { class: "path" },
    h("div", { class: "line" }, h("span", { class: "sign" }, sign), whose, chips, result),
    below,
  );
}

function chip({ text, value, open }, below) {
  const inside = [
    h("span", { class: "what" }, named(text)),
    h("span", { class: "number" }, value === undefined ? "not on this page" : String(value)),
  ];
  if (!open) return h("span", { class: "chip" }, inside);
  const button = h(
    "button",
    { type: "button", class: "chip opens", "aria-expanded": "false" },
    inside,
    h("span", { class: "more", "aria-hidden": "true" }, "▾"),
  );
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!shown));
    below.replaceChildren(...(shown ? [] : sumLines(open(), text)));
  });
  return button;
}

function sumLines({ paths, all, sum }, text) {
  const lines = paths.map((factors, i) => pathLine(factors, i ? "+" : "=", null));
  const found = paths.reduce((before, factors) => before + product(factors), 0);
  const rest =
    all > paths.length
      ? h("p", { class: "note" }, `… and ${all - paths.length} more ways, together ${short(sum - found)}`)
      : null;
  const intro = h("p", { class: "note" }, named(text), ` is the sum over ${all} ways:`);
  return [intro, ...lines, rest, h("p", { class: "sum" }, `= ${sum}`)].filter(Boolean);
}
