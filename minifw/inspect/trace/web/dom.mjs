// Elements are made of text and attributes, never of markup, so that a layer may be called what it likes.

import { book } from "./model.mjs";

export const $ = (id) => document.getElementById(id);

// what a click may do; main fills it in
export const acts = { go: null, pick: null, render: null, drag: null };

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// a text in which I_H2 and error_grad_upto_H2 are nameElement as names
const NAME = /(error_grad_upto_\w+[₀-₉,]*|\b[IO]_(?:H\d+|OL|x)[₀-₉,]*)/;
const nameElement = (part) => {
  if (part.startsWith("error")) return h("code", {}, part);
  const [, column, unit] = part.match(/_([A-Za-z]+\d*)(.*)/);
  return h("var", {}, part[0], h("sub", {}, column), unit && h("span", { class: "unit" }, unit));
};
export const named = (text) => text.split(NAME).map((part, i) => (i % 2 === 0 ? part : nameElement(part)));
export const drawnName = (text) =>
  NAME.test(text) && !text.startsWith("error") ? [text[0], s("tspan", { class: "sub", dy: 3 }, text.slice(2))] : [text];

// the same with every letter explained where the pointer or the focus stands on it
const LETTER = /([σΦφŷẑ⊙@ᵀ]|(?<![\w.])[nzgsxyWB]\d*(?![\w(₀-₉]))/;
export const meaning = (token) => {
  if (token === "n") return `n = ${book.data.loss.n}: it counts ${book.data.loss.counts}`;
  const { glossary } = book.data;
  return glossary[token] || glossary[token.startsWith("error") ? "error_grad_upto" : token[0]];
};

// the letters of a text, each as it stands in the glossary
export const lettersOf = (text) => {
  const names = text.split(NAME).flatMap((part, i) => (i % 2 ? [part] : part.split(LETTER).filter((_, k) => k % 2)));
  const plain = (token) => (token.startsWith("error") ? "error_grad_upto" : /^[IOWB]/.test(token) ? token[0] : token);
  return new Set([...names.map(plain), ...(text.includes("slope") ? ["slope"] : [])]);
};
const explained = (token, shown) =>
  meaning(token) ? h("span", { class: "letter", tabindex: 0, "data-meaning": `${token}: ${meaning(token)}` }, shown) : shown;
export const lettered = (text) =>
  text.split(NAME).map((part, i) =>
    i % 2
      ? explained(part, nameElement(part))
      : part.split(LETTER).map((piece, k) => (k % 2 ? explained(piece, piece) : piece)),
  );

// how strongly a value is tinted, 0 to 1, and which way
export const strength = (value, most) => (most && Number.isFinite(value) ? Math.sqrt(Math.min(1, Math.abs(value) / most)) : 0);
export const tint = (element, value, most) => {
  if (value === undefined) return element;
  element.classList.add(value < 0 ? "negative" : "positive");
  element.style.setProperty("--tint", (strength(value, most) * 0.26).toFixed(3));
  return element;
};

// do something that makes parts of the page anew, and keep the focus on what it was on, or on what stands in for it
export function keepingFocus(change) {
  const focused = document.activeElement;
  const key = focused && focused.dataset && focused.dataset.focus;
  change();
  if (focused && focused !== document.body && document.contains(focused) && !focused.closest("[hidden]")) return;
  const found = key && [...document.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === key && !each.closest("[hidden]"));
  if (found || focused !== document.body) (found || $("aside")).focus({ preventScroll: true });
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
