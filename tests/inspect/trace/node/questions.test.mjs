// What is right before a jump is right by Python's numbers, for every network, jump and sample; and the page asks what
// Python's terminal asks: the same words, the same choices, the same one right.

import assert from "node:assert/strict";
import { test } from "node:test";

import { book, load } from "../../../../minifw/inspect/trace/web/model.mjs";
import { digits } from "../../../../minifw/inspect/trace/web/names.mjs";
import { questionsOf } from "../../../../minifw/inspect/trace/web/questions.mjs";
import { cases, told } from "./opened.mjs";

for (const { name, data, right, steps } of cases.pages)
  test(name, () => {
    load(data);
    let asked = 0;
    right.forEach((answers, sample) =>
      answers.forEach((wanted, jump) => {
        const found = questionsOf(book.frames[0], book.lossStep + 1 + jump, sample);
        if (found.length < wanted.length) assert.ok(found.length === 0 || wanted.length === 2, `jump ${jump}`);
        found.forEach(({ choices, text, because }, i) => {
          asked += 1;
          const [chosen, ...others] = choices.filter((choice) => choice.right);
          assert.equal(others.length, 0);
          assert.equal(chosen.text, typeof wanted[i] === "number" ? digits(wanted[i], 4) : wanted[i], text);
          if (typeof wanted[i] !== "number") return;
          assert.equal(chosen.value, wanted[i]);
          const values = choices.map((choice) => told(choice.text));
          assert.deepEqual(values, [...values].sort((a, b) => a - b));
          assert.ok(choices.every((choice) => choice.right || Math.abs(choice.value - wanted[i]) > 0), because);
        });
      }),
    );
    assert.ok(asked >= 2 * right.length, `${asked} questions`);
    steps.forEach(({ phase }, step) => phase === "back" || assert.deepEqual(questionsOf(book.frames[0], step, 0), []));
  });

test("the tutorial asks twice before each jump", () => {
  load(cases.pages[0].data);
  const counts = cases.pages[0].right[0].map((_, jump) => questionsOf(book.frames[0], book.lossStep + 1 + jump, 0).length);
  assert.deepEqual(counts, [2, 2, 2, 2, 2, 2, 2]);
});

for (const { name, data, questions } of cases.questions)
  test(`${name}: the questions of ${questions.length} jumps`, () => {
    load(data);
    const first = book.steps.findIndex(({ phase }) => phase === "back");
    questions.forEach((wanted, jump) => {
      const found = questionsOf(book.frames[0], first + jump, 0).map(({ text, choices, because }) => ({
        text,
        choices: choices.map((choice) => [choice.text, choice.right]),
        because,
      }));
      assert.deepEqual(found, wanted, `${name}, jump ${jump}`);
    });
  });
