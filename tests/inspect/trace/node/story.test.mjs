// Each chapter stands at a step that exists, asks for a number that is Python's, and says Python's numbers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { $, acts } from "../../../../minifw/inspect/trace/web/dom.mjs";
import { explain } from "../../../../minifw/inspect/trace/web/explanation.mjs";
import { now, reset } from "../../../../minifw/inspect/trace/web/lab.mjs";
import { book, fresh, load, state } from "../../../../minifw/inspect/trace/web/model.mjs";
import { digits } from "../../../../minifw/inspect/trace/web/names.mjs";
import { canTell, chapters, story, tell } from "../../../../minifw/inspect/trace/web/story.mjs";
import { cases } from "./opened.mjs";
import { open } from "./stub.mjs";

const begin = ({ data }) => {
  open();
  load(data);
  reset();
  Object.assign(state, fresh);
  acts.render = story;
};

for (const network of cases.pages)
  test(network.name, () => {
    begin(network);
    assert.equal(canTell(), Boolean(network.told));
    if (!network.told) return;
    const all = chapters();
    assert.deepEqual(Object.keys(network.told).filter((title) => !all.some((chapter) => chapter.title === title)), []);
    all.forEach(({ title, text, step, picked }, i) => {
      tell(i);
      assert.ok(step >= 0 && step < network.steps.length && state.step === step, title);
      assert.deepEqual(state.picked, picked, title);
      assert.equal($("story").querySelector("h2").textContent, title);
      const said = $("story").querySelectorAll("p")[1].textContent;
      assert.equal(said, text.replace(/\b([IO])_/g, "$1"), title);
      assert.ok(!/undefined|NaN/.test(said), said);
      const [numbers, value, name] = network.told[title] || [[], null, ""];
      for (const each of numbers) assert.ok(said.includes(digits(each, 4)), `${title}: ${each} in ${said}`);
      assert.ok(text.includes(name), `${title}: ${name}`);
      if (value !== null) assert.equal(explain(now(), picked).value, value, title);
    });
    $("story").querySelector(".close").click();
    assert.deepEqual([state.chapter, state.picked, $("story").hidden], [null, null, true]);
  });

test("the tutorial's chapters, from the first to the end and back", () => {
  begin(cases.pages[0]);
  tell(0);
  const titles = [];
  while (state.chapter !== null) {
    titles.push($("story").querySelector("h2").textContent);
    $("story").querySelectorAll(".go").at(-1).click();
  }
  assert.deepEqual(titles, [
    "One neuron", "A bend", "A network", "How wrong?", "Try it out", "The first jump", "Over the bend", "At the weights", "All the ways back", "The chain", "Turn them all",
  ]);
  assert.equal(chapters().at(-1).step, book.steps.length - 1);
});
