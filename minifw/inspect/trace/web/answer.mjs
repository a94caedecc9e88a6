// The answer to a click on a number: the terms it is made of, as deep as asked, and a slider where it may be changed.

import { $, acts, h, named } from "./dom.mjs";
import { explain } from "./explanation.mjs";
import { change, lab, now, nudged, valueOf, whereOf } from "./lab.mjs";
import { backStep, book, state } from "./model.mjs";
import { digits, short } from "./names.mjs";

const PATHS = 12;
const KINDS = {
  value: "A value",
  message: "An error gradient",
  slope: "A slope",
  gradient: "A gradient",
  param: "A parameter",
  x: "An input",
  y: "A target",
  loss: "The loss",
};

export function answer() {
  const { picked } = state;
  const box = $("why");
  box.hidden = !picked;
  if (!picked) return box.replaceChildren();
  const found = explain(now(), picked);
  const close = h(
    "button",
    { type: "button", class: "close", "aria-label": "Close the answer", "data-focus": "close", onclick: () => acts.pick(null) },
    "×",
  );
  const name = picked.what === "gradient" ? ["gradient of ", h("b", {}, named(found.name))] : h("b", {}, named(found.name));
  const heading = h("h2", { id: "why-title", tabindex: -1, "data-focus": "why" }, name, " = ", h("output", { id: "why-value" }, found.value === undefined ? "not on this page" : String(found.value)));
  const python = h("p", { class: "note python" }, "In Python: ", h("code", {}, found.python));
  box.replaceChildren(
    ...[close, h("p", { class: "kicker" }, KINDS[picked.what]), heading, termsOf(found), hands(picked), python].flat().filter(Boolean),
  );
  return undefined;
}

const given = {
  x: "It is given: an input of the network.",
  y: "It is given: what the network ought to say.",
};

function termsOf(found) {
  const { what, hop, key, at } = found.target;
  if (what === "param") {
    const known = Object.hasOwn(now().hops[hop].grads, key);
    if (!known) return h("p", {}, "It is kept by the layer, and never trained.");
    const why = h("button", { type: "button", class: "plain", "data-focus": "why-gradient", onclick: () => acts.pick({ what: "gradient", hop, key, at }) }, "Why is its gradient what it is?");
    return state.step >= backStep(hop) ? why : h("p", {}, "A parameter: the network found it by training, or by chance. Its gradient comes with the jump over it.");
  }
  if (found.given) return h("p", {}, given[what]);
  if (!found.paths)
    return h("p", {}, `The page has no formula for this layer. ${what === "message" || what === "gradient" ? "Python asks the layer for its derivatives:" : ""}`);
  if (found.whole) return h("div", { class: "paths whole" }, found.paths.map((factors) => ofOne(factors[0])));
  return sums(found, found.paths.length > 1);
}

// a number that is no sum: what it is calculated from
function ofOne(factor) {
  const below = h("div", { class: "below" });
  return h(
    "div",
    { class: "path" },
    h("p", { class: "line" }, named(factor.text)),
    (factor.of || []).length ? h("div", { class: "line" }, h("span", { class: "sign" }, "of"), factor.of.map((each) => chip(each, below))) : null,
    below,
  );
}

// the paths of a sum, the largest of many
function sums({ paths, products, sum, value, all, unit }, total) {
  const order = paths.map((_, i) => i);
  if (paths.length > PATHS) order.sort((a, b) => Math.abs(products[b]) - Math.abs(products[a])).splice(PATHS);
  const lines = order.map((i, k) => pathLine(paths[i], products[i], k ? "+" : "="));
  const shownSum = order.reduce((before, i) => before + products[i], 0);
  const missing = (all || paths.length) - order.length;
  const rest = missing > 0 ? [restLine(missing, unit || "ways", order.length < paths.length ? sum - shownSum : undefined, value - shownSum)] : [];
  const end = total || missing > 0 ? [h("p", { class: "sum" }, `= ${value}`)] : [];
  return h("div", { class: "paths" }, lines, rest, end);
}

const restLine = (missing, unit, apart, left) => {
  const off = book.data.samples[1] > book.data.samples[0] && unit === "samples";
  return h("p", { class: "note", "data-rest": off ? null : apart === undefined ? left : apart }, off ? `… and ${missing} more samples, which are not on this page.` : `… and ${missing} smaller ${unit}, together ${short(apart === undefined ? left : apart)}`);
};

// one way: its factors as chips, and their product
function pathLine(factors, result, sign) {
  const below = h("div", { class: "below" });
  const samples = new Set(factors.map(({ text }) => (text.match(/ of (sample \d+)$/) || [])[1]).filter(Boolean));
  const whose = samples.size === 1 ? h("span", { class: "whose" }, [...samples][0]) : null;
  const brief = (factor) => (whose ? { ...factor, text: factor.text.replace(/ of sample \d+$/, "") } : factor);
  const chips = factors.map((factor, i) => h("span", { class: "term" }, i > 0 && h("span", { class: "times" }, "×"), chip(brief(factor), below)));
  const end = factors.length > 1 && h("span", { class: "term" }, h("span", { class: "times" }, "="), h("span", { class: "product", title: String(result), "data-value": String(result) }, digits(result, 6)));
  return h("div", { class: "path" }, h("div", { class: "line" }, h("span", { class: "sign" }, sign), whose, chips, end), below);
}

// a number with its name; it opens below if it has terms of its own
function chip({ text, value, of, target }, below) {
  const inside = [
    h("span", { class: "what" }, named(text)),
    h("span", { class: "number", title: String(value), "data-value": String(value) }, value === undefined ? "not on this page" : digits(value, 6)),
  ];
  const opens = (target && !["x", "y", "param"].includes(target.what)) || (of && of.length);
  if (!opens) return h("span", { class: "chip" }, inside);
  const button = h("button", { type: "button", class: "chip opens", "aria-expanded": "false" }, inside, h("span", { class: "more", "aria-hidden": "true" }, "▾"));
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "true";
    const others = [...below.parentElement.querySelectorAll(":scope > .line .opens")];
    others.forEach((each) => each.setAttribute("aria-expanded", String(each === button && !open)));
    below.replaceChildren(...(open ? [] : opened({ text, value, of, target }).filter(Boolean)));
  });
  return button;
}

function opened({ text, value, of, target }) {
  if (!target || target.what === "slope" || (of && of.length)) return [ofOne({ text, value, of: of || explain(now(), target).paths[0][0].of })];
  const found = explain(now(), target);
  if (!found.paths) return [h("p", { class: "note" }, `Python: `, h("code", {}, found.python))];
  if (found.whole) return found.paths.map((factors) => ofOne(factors[0]));
  const many = found.paths.length > 1;
  const intro = many ? h("p", { class: "note" }, named(text), ` is the sum over ${found.all || found.paths.length} ways:`) : null;
  return [intro, sums(found, many)];
}

// a slider, a field, and the nudge: what the gradient predicts beside what happens
function hands(target) {
  const where = whereOf(target);
  if (!where) {
    if (["x", "y", "param", "gradient"].includes(target.what) && !book.live)
      return h("p", { class: "note" }, `A recording: ${book.obstacle}.`);
    return null;
  }
  const { at } = target;
  const value = valueOf(where, at);
  const start = lab.actions.length ? value : Number(value);
  const reach = Math.max(1, Math.abs(start) * 2);
  const range = h("input", { type: "range", min: -reach, max: reach, step: reach / 200, value, "aria-label": "Change it", "data-focus": "slider" });
  const field = h("input", { type: "number", step: "any", value: String(Number(value.toPrecision(6))), "aria-label": "Its value", "data-focus": "field" });
  const set = (text) => text !== "" && Number.isFinite(Number(text)) && (change(where, at, Number(text)), acts.render());
  range.addEventListener("input", () => set(range.value));
  field.addEventListener("change", () => set(field.value));
  const told = h("p", { class: "told", role: "status" });
  const nudge = (by) => {
    const { before, after, predicted } = nudged(where, at, by);
    const happened = after - before;
    const guess = predicted === null ? "" : `the gradient predicts ${digits(predicted, 3)}, and `;
    told.replaceChildren(`${by > 0 ? "+" : "−"}${Math.abs(by)}: ${guess}the loss changes by ${digits(happened, 3)}`);
  };
  const push = (by, text) => h("button", { type: "button", "data-focus": `nudge${by}`, onclick: () => nudge(by) }, text);
  const what = target.what === "gradient" ? `Change ${explain(now(), target).name} itself` : "Change it";
  return h(
    "div",
    { class: "hands" },
    h("p", { class: "label" }, what),
    h("div", { class: "row" }, range, field),
    h("div", { class: "row" }, h("span", { class: "label" }, "Nudge it"), push(-0.01, "−0.01"), push(0.01, "+0.01")),
    told,
  );
}
