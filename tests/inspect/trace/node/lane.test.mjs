// The lane has a stop for each place, and behind each jump the name and the factor that Python gives it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { centre, draw } from "../../../../minifw/inspect/trace/web/drawing.mjs";
import { reset } from "../../../../minifw/inspect/trace/web/lab.mjs";
import { drawLane } from "../../../../minifw/inspect/trace/web/lane.mjs";
import { fresh, load, state } from "../../../../minifw/inspect/trace/web/model.mjs";
import { cases } from "./opened.mjs";
import { open, texts } from "./stub.mjs";

const lanes = ({ data, steps }) => {
  open();
  load(data);
  reset();
  return steps.map((_, step) => {
    Object.assign(state, fresh, { step });
    const { scene } = draw(step);
    return { lane: drawLane(scene), plan: scene.plan };
  });
};

for (const network of cases.pages)
  test(network.name, () =>
    lanes(network).forEach(({ lane, plan }, step) => {
      const { places } = network;
      assert.equal(lane.querySelectorAll(".stop").length, places.length + 1);
      const jumped = places.filter(({ message, from }) => message && from <= step);
      assert.equal(lane.querySelectorAll("path.jump").length, jumped.length, `step ${step}`);
      const factors = texts(lane.querySelectorAll(".factor"));
      for (const text of factors.filter(Boolean)) assert.ok(jumped.some(({ jump }) => jump === text), text);
      const names = texts(lane.querySelectorAll(".landed"));
      for (const { name, upto } of jumped) if (!name.includes(" ") && !name.startsWith("I_")) assert.ok(names.includes(upto), `${upto} in ${names}`);
      const stands = Number(lane.querySelector(".player circle").attributes.cx);
      const walked = places.map(({ since }) => since <= step).lastIndexOf(true);
      const last = network.steps.findIndex(({ phase }) => phase === "loss");
      const place = step < last ? walked : jumped.length ? places.indexOf(jumped[0]) : places.length;
      assert.equal(stands, centre(plan, place), `step ${step}`);
    }));

test("the tutorial's jumps, by name", () => {
  const { lane } = lanes(cases.pages[0]).at(-1);
  assert.deepEqual(texts(lane.querySelectorAll(".factor")), cases.pages[0].places.map(({ jump }) => jump));
  assert.deepEqual(texts(lane.querySelectorAll(".landed")), [
    "error_grad_upto_x", "gradient of B1", "error_grad_upto_H1", "gradient of B2", "error_grad_upto_H2", "gradient of B3", "error_grad_upto_OL",
  ]);
});
