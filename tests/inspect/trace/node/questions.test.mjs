// Before each jump the page asks what Python's terminal asks: the same words, the same choices, the same one right.

import assert from "node:assert/strict";
import { test } from "node:test";

import { book, load } from "../../../../minifw/inspect/trace/web/model.mjs";
import { questionsOf } from "../../../../minifw/inspect/trace/web/questions.mjs";
import { cases } from "./opened.mjs";

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
