// The stage fits its room, words never overlap, and the nearest of some lines is found.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrange, middle, nearest, places } from "../../../../minifw/inspect/trace/web/layout.mjs";

const column = (nodes, cells, gap) => ({ nodes: Array.from({ length: nodes }, (_, i) => i), units: nodes, cells, gap });
const tutorial = [column(5, 1), column(3, 2, "weights"), column(5, 2, "weights"), column(4, 2, "weights"), column(4, 1, "loss")];

test("the tutorial fits windows of every size, in their whole breadth and height", () => {
  for (const room of [{ width: 836, height: 580 }, { width: 1920, height: 1240 }, { width: 1240, height: 700 }]) {
    const plan = arrange(tutorial, room);
    assert.ok(plan.width <= room.width && plan.height <= room.height + 1, JSON.stringify(room));
    assert.ok(plan.columns[4].x + plan.columns[4].width > 0.9 * room.width);
    for (const each of plan.columns) assert.ok(each.top >= plan.top && each.top + each.nodes.length * plan.pitch <= plan.bottom + 1);
    plan.columns.slice(1).forEach((each, i) => assert.ok(each.x >= plan.columns[i].x + plan.columns[i].width + 50));
  }
});

test("in a small room nothing gets smaller than it can be read", () => {
  const plan = arrange(tutorial, { width: 360, height: 300 });
  assert.equal(plan.scale, 1);
  assert.ok(plan.width > 360 && plan.pitch >= 40 && plan.pill >= 34);
});

test("words meet no other and lie inside the room", () => {
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 300; round += 1) {
    const room = 300 + 900 * random();
    const wanted = Array.from({ length: 12 }, () => ({ x: room * random(), text: "w".repeat(1 + 30 * random() ** 2) })).sort((a, b) => a.x - b.x);
    const found = places(wanted, 2, (text) => 7 * text.length, room);
    found.forEach(({ x, row, text, full }, i) => {
      assert.ok(full.startsWith(text.replace("…", "")));
      found.slice(i + 1).forEach((other) => {
        if (other.row === row && text && other.text) assert.ok(other.x - x >= (7 * text.length + 7 * other.text.length) / 2 - 1e-9);
      });
    });
  }
});

test("each line is found on its own middle, and of lines that meet there each in its turn", () => {
  const plan = arrange(tutorial, { width: 836, height: 580 });
  plan.columns.slice(1, 4).forEach((right, c) => {
    const left = plan.columns[c];
    const lines = left.nodes.flatMap((_, i) =>
      right.nodes.map((__, j) => ({ x1: left.x + left.width, y1: middle(plan, left, i), x2: right.x, y2: middle(plan, right, j) })),
    );
    lines.forEach(({ x1, y1, x2, y2 }, wanted) => {
      const seen = new Set();
      let before = -1;
      for (let click = 0; click < 4; click += 1) seen.add((before = nearest(lines, (x1 + x2) / 2, (y1 + y2) / 2, before).i));
      assert.ok(seen.has(wanted));
    });
  });
});
