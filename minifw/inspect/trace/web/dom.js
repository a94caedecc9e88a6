// Elements are made of text and attributes, never of markup, so that a layer may be called what it likes.

const $ = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// a text in which I_H2 and error_grad_upto_H2 are written as names
const NAME = /(error_grad_upto_\w+[₀-₉,]*|\b[IO]_(?:H\d+|OL|x)[₀-₉,]*)/;
const named = (text) =>
  text.split(NAME).map((part, i) => {
    if (i % 2 === 0) return part;
    if (part.startsWith("error")) return h("code", {}, part);
    const [, column, unit] = part.match(/_([A-Za-z]+\d*)(.*)/);
    return h("var", {}, part[0], h("sub", {}, column, unit && h("span", { class: "unit" }, unit)));
  });
const drawnName = (text) =>
  NAME.test(text) && !text.startsWith("error") ? [text[0], s("tspan", { class: "sub", dy: 3 }, text.slice(2))] : [text];

// how strongly a value is tinted, 0 to 1, and which way
const strength = (value, most) => (most && Number.isFinite(value) ? Math.sqrt(Math.min(1, Math.abs(value) / most)) : 0);
const tint = (element, value, most) => {
  if (value === undefined) return element;
  element.classList.add(value < 0 ? "negative" : "positive");
  element.style.setProperty("--tint", (strength(value, most) * 0.42).toFixed(3));
  return element;
};
