// The lane below the drawing, on which one walks forwards and jumps back.

import { calm, s } from "./dom.mjs";
import { centre, measure } from "./drawing.mjs";
import { places } from "./layout.mjs";
import { book, messageAt, messageStep, state, uptoAt, valueStep } from "./model.mjs";

export function drawLane({ plan, steps, pass, shown }) {
  const { floor, scale } = plan;
  const end = book.places.length;
  const ground = s("line", { class: "ground", x1: centre(plan, 0) - 14, x2: centre(plan, end) + 14, y1: floor, y2: floor });
  const lane = s("g", { class: "lane" }, ground);
  for (let place = 0; place <= end; place += 1)
    lane.append(s("circle", { class: "stop", cx: centre(plan, place), cy: floor, r: 3.5 }));
  const landed = [];
  for (let place = 0; place < end; place += 1) {
    if (shown < messageStep(place) || !messageAt(pass, place)) continue;
    const [from, to] = [centre(plan, place + 1), centre(plan, place)];
    const fresh = steps.held === place;
    const up = Math.min(22, 8 + (from - to) * 0.1) * scale;
    const word = factorName(pass, place);
    lane.append(s("path", { class: fresh ? "jump fresh" : "jump", d: arc(from, to, floor, up) }));
    if (measure(word, 12 * scale) <= from - to - 2)
      lane.append(s("text", { class: "factor", x: (from + to) / 2, y: floor - up - 5 }, word));
    if (plan.words && heldName(place)) landed.push({ x: to, text: heldName(place), fresh });
  }
  const size = 12 * scale;
  for (const { x, row, text, fresh } of places(landed, 2, (word) => measure(word, size) * (1.02 + 0.1), plan.width))
    lane.append(s("text", { class: fresh ? "landed fresh" : "landed", x, y: floor + (20 + 17 * row) * scale }, text));
  lane.append(drawPlayer(plan, steps, shown));
  return lane;
}

const arc = (from, to, y, up) => `M${from} ${y} Q${(from + to) / 2} ${y - 2 * up} ${to} ${y}`;
const factorName = (pass, place) => {
  if (place === book.places.length - 1) return "loss′";
  const hop = book.outside[place];
  if (book.hops[hop].dense) return `@ ${book.hops[hop].symbols.kernel}ᵀ`;
  return pass.hops[hop].factor ? "⊙ slope" : "";
};
const heldName = (place) => {
  const name = book.places[place];
  const above = book.outside[place - 1];
  if (name.startsWith("I_") && book.hops[above].symbols.bias) return `gradient of ${book.hops[above].symbols.bias}`;
  return name.includes(" ") ? "" : uptoAt(place);
};

let stood = null;
function drawPlayer(plan, steps, shown) {
  const { phase } = book.steps[state.step];
  const back = shown > book.lossStep;
  const end = book.places.length;
  let place = end;
  if (back) for (let each = end - 1; each >= 0; each -= 1) if (shown >= messageStep(each)) place = each;
  if (!back && phase !== "back" && phase !== "loss") {
    place = 0;
    for (let each = 1; each < end; each += 1) if (state.step >= valueStep(each)) place = each;
  }
  const [x, y] = [centre(plan, place), plan.floor];
  const player = s("g", { class: back || phase === "loss" || phase === "back" ? "player back" : "player" }, s("circle", { cx: x, cy: y, r: 7 }));
  const from = stood === null ? x : stood;
  stood = x;
  if (from !== x && !calm() && player.animate) {
    const up = back ? Math.min(30, 12 + Math.abs(from - x) * 0.14) : 0;
    const path = Array.from({ length: 13 }, (_, i) => {
      const t = i / 12;
      return { transform: `translate(${(from - x) * (1 - t)}px, ${-4 * up * t * (1 - t)}px)` };
    });
    player.animate(path, { duration: 320, easing: "ease-in-out" });
  }
  return player;
}
