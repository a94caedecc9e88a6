// Elements are made of text and attributes, letters say what they mean, and the focus is never lost.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { $, calm, drawnName, h, keepingFocus, lettered, lettersOf, meaning, named, s, strength, tint } from "../../../../minifw/inspect/trace/web/dom.mjs";
import { load } from "../../../../minifw/inspect/trace/web/model.mjs";
import { cases } from "./opened.mjs";
import { open, texts } from "./stub.mjs";

beforeEach(() => {
  open();
  load(cases.pages[0].data);
});

test("markup in a name stays text, and what is absent leaves no trace", () => {
  const pressed = [];
  const element = h("p", { class: "a", title: null, hidden: false, open: true, onclick: (event) => pressed.push(event.type) }, "<img src=x>", [["1"], null], false, h("b", {}, "&"));
  assert.deepEqual(element.attributes, { class: "a", open: "" });
  assert.equal(element.textContent, "<img src=x>1&");
  assert.equal(element.children.length, 1);
  element.click();
  assert.deepEqual(pressed, ["click"]);
  assert.equal(s("rect", { x: 1.5 }).attributes.x, "1.5");
});

test("places are written with their column below the line, and a text stays the same text", () => {
  for (const { name, upto } of cases.pages.flatMap(({ places }) => places)) {
    const found = h("p", {}, named(`It is ${name}, ${upto}, ${name}₁₂.`));
    assert.equal(found.textContent.replace(/_/g, ""), `It is ${name}, ${upto}, ${name}₁₂.`.replace(/_/g, ""));
    if (/^[IO]_/.test(name)) assert.equal(found.querySelector("var sub").textContent, name.slice(2));
    assert.equal(h("p", {}, drawnName(name)).textContent.length, /^[IO]_/.test(name) ? name.length - 1 : name.length);
  }
});

test("each letter of a formula has Python's meaning", () => {
  const { glossary, loss } = cases.pages[0].data;
  const formula = h("p", {}, lettered("error_grad_upto_H1 = I_H2 @ W3ᵀ ⊙ s / n"));
  const found = formula.querySelectorAll(".letter").map((letter) => letter.dataset.meaning);
  assert.deepEqual(found, [
    `error_grad_upto_H1: ${glossary.error_grad_upto}`, `I_H2: ${glossary.I}`, `@: ${glossary["@"]}`, `W3: ${glossary.W}`, `ᵀ: ${glossary["ᵀ"]}`, `⊙: ${glossary["⊙"]}`,
    `s: ${glossary.s}`, `n: n = ${loss.n}: it counts ${loss.counts}`,
  ].filter((text) => !text.endsWith("undefined")));
  assert.equal(formula.textContent, "error_grad_upto_H1 = IH2 @ W3ᵀ ⊙ s / n");
  assert.deepEqual([...lettersOf("O_H1 @ W2 + B2, a slope")], ["O", "@", "W", "B", "slope"]);
  assert.equal(meaning("q"), undefined);
});

test("a tint is stronger for larger numbers, and none for what is no number", () => {
  assert.deepEqual([strength(1, 4), strength(-9, 4), strength(NaN, 4), strength(1, 0)], [0.5, 1, 0, 0]);
  const [up, down, none] = [1, -4, undefined].map((value) => tint(h("td", {}), value, 4));
  assert.deepEqual([up.className, up.style.styles["--tint"], down.className, down.style.styles["--tint"], none.className], ["positive", "0.130", "negative", "0.260", ""]);
});

test("the focus goes to what stands in for what had it, else to the explanation", () => {
  const button = () => h("button", { "data-focus": "one" }, "1");
  $("told").append(button());
  $("told").children[0].focus();
  keepingFocus(() => $("told").replaceChildren(button()));
  assert.equal(document.activeElement, $("told").children[0]);
  keepingFocus(() => $("told").replaceChildren());
  assert.equal(document.activeElement.id, "aside");
  assert.equal(calm(), false);
  assert.deepEqual(texts([$("undo"), $("first")]), ["Undo", "«"]);
});
