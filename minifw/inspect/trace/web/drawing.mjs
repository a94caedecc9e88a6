// The network as the tutorial draws it: columns of nodes, lines for weights, activation lines and the loss line between.

import { $, acts, calm, drawnName, s, strength, tint } from "./dom.mjs";
import { now } from "./lab.mjs";
import { arrange, middle, nearest, places } from "./layout.mjs";
import { book, backStep, messageAt, messageStep, state, total, valueAt, valueStep } from "./model.mjs";
import { entry, short, unravel } from "./names.mjs";

export const stage = { plan: null, shown: 0 };

// what a step makes, and what it uses of what was there before
export function touched(step) {
  const { phase, hop, penalty } = book.steps[step];
  const count = book.places.length;
  if (phase === "loss") return { made: count, used: [count - 1], line: "loss" };
  if (phase === "back" && hop < 0) return penalty < 0 ? { held: count - 1, used: [count - 1], line: "loss" } : { used: [] };
  const i = book.outside.indexOf(hop);
  if (i < 0) {
    const around = book.outside.find((each) => hop >= 0 && book.hops[hop].name.startsWith(`${book.hops[each].name}/`));
    return { used: [], line: around };
  }
  if (phase === "forward") return { made: i + 1, used: [i], line: hop };
  return { held: i, used: [i, i + 1], line: hop };
}

let pen = null;
const widths = new Map();
export const measure = (text, size = 12) => {
  if (!pen) {
    pen = document.createElement("canvas").getContext("2d");
    pen.font = '12px system-ui, "DejaVu Sans", sans-serif';
  }
  if (!widths.has(text)) widths.set(text, pen.measureText(text).width / 12);
  return widths.get(text) * size;
};

// parts of the drawing that nothing has changed are used again
let parts = new Map();
let used = new Map();
const ids = new WeakMap();
let passes = 0;
const idOf = (pass) => ids.get(pass) || (ids.set(pass, (passes += 1)), passes);
function again(key, make) {
  const found = parts.get(key) || make();
  used.set(key, found);
  return found;
}

// shown: the step up to which messages may be seen, which lags behind while a question is open
export function draw(shown) {
  stage.shown = shown;
  const box = $("drawing");
  const columns = book.columns.map((column) => ({
    ...column,
    gap: column.target ? "loss" : column.hop !== null && book.hops[column.hop].kind === "weights" ? "weights" : "bridge",
  }));
  const room = { width: box.clientWidth - 2, height: Math.max(box.clientHeight - 4, 240) };
  let [plan, words] = [arrange(columns, room), []];
  for (let rows = 1; rows < 4; rows += 1) {
    plan = arrange(columns, room, rows);
    words = titlePlaces(plan, rows);
    if (words.every(({ text, full }) => text === full)) break;
  }
  stage.plan = plan;
  const steps = touched(state.step);
  const scene = { plan, words, steps, pass: now(), shown, key: [idOf(now()), state.sample, box.clientWidth, box.clientHeight].join() };
  const svg = s(
    "svg",
    { viewBox: `0 0 ${plan.width} ${plan.height}`, width: plan.width, height: plan.height, role: "img", "aria-label": described() },
    plan.columns.map((column, i) => i && drawGap(scene, plan.columns[i - 1], column)).filter(Boolean),
    plan.columns.map((column) => drawColumn(scene, column)),
    titles(scene),
  );
  svg.style.setProperty("--scale", plan.scale);
  [parts, used] = [used, new Map()];
  return { svg, scene };
}

const described = () =>
  `${book.data.title}: ${book.columns
    .slice(0, -1)
    .map((column) => (column.tile ? valueAt(now(), column.places[0]).shape.slice(1).join(" by ") : `${column.units} units`))
    .join(", ")}. Every number stands in the panel too.`;

// the names of layers and of the loss above the drawing, none over another
function titlePlaces(plan, rows) {
  const wanted = [];
  plan.columns.forEach((column, i) => {
    if (i) {
      const before = plan.columns[i - 1];
      const x = (before.x + before.width + column.x) / 2;
      const hop = column.target ? "loss" : column.hop;
      wanted.push({ x, hop, text: column.target ? book.data.loss.name : book.hops[hop].title });
    }
    column.lines.forEach((hop, k) => wanted.push({ x: column.x + (k + 1) * plan.cell, hop, text: book.hops[hop].title }));
  });
  return places(wanted, rows, (text) => measure(text, 12 * plan.scale) * 1.06 + 4, plan.width);
}

function titles({ plan, words, steps }) {
  const lowest = Math.max(0, ...words.map(({ row }) => row));
  return words.map(({ x, row, text, full, hop }) =>
    s(
      "text",
      {
        class: steps.line === hop ? "layer active" : "layer",
        x,
        y: (17 + 15 * (lowest - row)) * plan.scale,
        "data-hop": hop,
        onclick: () => hop === "loss" && acts.pick({ what: "loss" }),
      },
      text,
      text === full ? null : s("title", {}, full),
    ),
  );
}

// the lines between two columns
function drawGap(scene, before, column) {
  const { plan, steps, pass, shown, key } = scene;
  const [left, right] = [before.x + before.width, column.x];
  if (column.target) return drawLoss((left + right) / 2, scene);
  const { hop } = column;
  const { dense, number, symbols } = book.hops[hop];
  const active = steps.line === hop;
  const back = active && book.steps[state.step].phase === "back" && shown >= state.step;
  const picked = state.picked && state.picked.hop === hop && state.picked.key === "kernel" ? state.picked.at : -1;
  const heading = number
    ? s("text", { class: "weights-name", x: (left + right) / 2, y: plan.top - 12 * plan.scale }, symbols.kernel)
    : null;
  if (!dense || before.tile) {
    const y = (plan.top + plan.bottom) / 2;
    const arrow = `M${left + 12} ${y} H${right - 16} m-8 -7 l8 7 l-8 7`;
    return s("g", { class: active ? "bridge active" : "bridge" }, heading, s("path", { d: arrow }));
  }
  return again(`gap ${hop} ${key} ${active} ${back} ${picked} ${shown >= backStep(hop)}`, () => {
    const kernel = back ? total(pass, hop, "kernel") : pass.hops[hop].params.kernel;
    const { largest } = kernel;
    const found = [];
    before.nodes.forEach((from, i) =>
      column.nodes.forEach((to, j) => {
        const value = kernel.at(from, to);
        if (value === undefined) return;
        const at = from * kernel.columns + to;
        found.push({ x1: left, y1: middle(plan, before, i), x2: right, y2: middle(plan, column, j), value, at, from, to });
      }),
    );
    const thick = 2.4 * Math.min(1, 40 / found.length);
    const lines = found.map(({ value, at, from, to, ...ends }) => {
      const weight = (0.7 + thick * strength(value, largest) ** 2) * (at === picked ? 1.4 : 1);
      const sign = value < 0 ? "negative" : "positive";
      return s("line", { ...ends, class: `weight ${sign}${at === picked ? " picked" : ""}`, "stroke-width": weight });
    });
    return s("g", { class: `lines${active ? " active" : ""}` }, heading, lines, area(found, lines, hop, { left, right }, scene));
  });
}

// the pointer chooses the line that is nearest to it; where several meet, the next one with each click
function area(found, lines, hop, { left, right }, { plan, pass, shown }) {
  const title = s("title", {});
  const asks = shown >= backStep(hop) ? "gradient" : "param";
  let chosen = -1;
  const find = (event, before) => {
    const box = event.currentTarget.ownerSVGElement.getBoundingClientRect();
    const scale = plan.width / box.width;
    const near = nearest(found, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale, before);
    return near.distance < 9 ? near.i : -1;
  };
  const mark = (i) => {
    if (lines[chosen]) lines[chosen].classList.remove("near");
    chosen = i;
    if (!lines[i]) return title.replaceChildren();
    lines[i].classList.add("near");
    const { from, to } = found[i];
    const own = `${entry(book.hops[hop].symbols.kernel, [from, to])} = ${pass.hops[hop].params.kernel.at(from, to)}`;
    return title.replaceChildren(asks === "param" ? own : `${own}, gradient ${total(pass, hop, "kernel").at(from, to)}`);
  };
  return s(
    "rect",
    {
      class: "hit",
      x: left,
      y: plan.top - 4,
      width: right - left,
      height: plan.bottom - plan.top + 8,
      onpointermove: (event) => mark(find(event, -1)),
      onpointerleave: () => mark(-1),
      onclick: (event) => {
        const { picked } = state;
        const before = picked && picked.hop === hop ? found.findIndex(({ at }) => at === picked.at) : -1;
        const i = find(event, before);
        if (i >= 0) acts.pick({ what: asks, hop, key: "kernel", at: found[i].at });
      },
    },
    title,
  );
}

function drawLoss(x, { plan, steps }) {
  const [from, to] = [plan.top - 26 * plan.scale, plan.bottom + 10];
  const path = s("path", { d: `M${x - 2.5} ${from} V${to} M${x + 2.5} ${from} V${to}` });
  return s("g", { class: steps.line === "loss" ? "loss-line active" : "loss-line" }, path);
}

function drawColumn(scene, column) {
  const { plan, steps, shown, key } = scene;
  const own = column.target ? [book.places.length] : column.places;
  const marks = own.map((place) => [
    steps.made === place || steps.held === place,
    steps.used.includes(place),
    column.target || state.step >= valueStep(place),
    !column.target && shown >= messageStep(place),
  ]);
  const lines = column.lines.map((hop) => [steps.line === hop, shown >= backStep(hop)]);
  return again(`column ${own} ${key} ${JSON.stringify([marks, lines])} ${book.steps[state.step].phase === "back"}`, () => {
    const y = plan.top - 12 * plan.scale;
    const heading = (text, k) => s("text", { class: "place", x: column.x + (k + 0.5) * plan.cell, y }, drawnName(text));
    const names = column.target ? [heading("y", 0)] : own.flatMap((place, k) => (book.places[place].includes(" ") ? [] : [heading(book.places[place], k)]));
    const nodes = column.tile ? [drawTile(scene, column)] : column.nodes.map((unit, row) => drawNode(scene, column, unit, row));
    const drawn = column.units > column.nodes.length;
    const part = drawn ? partOf(column, `${column.nodes.length} of ${column.units} drawn`, plan) : null;
    return s("g", { class: "column" }, names, column.lines.map((hop, k) => drawLine(scene, column, hop, k)), nodes, column.lines.map((hop, k) => drawSlopes(scene, column, hop, k)), part);
  });
}

function partOf(column, text, { pitch, scale }) {
  const [x, y, width] = [column.x + column.width / 2, column.top + column.nodes.length * pitch, measure(text, 12 * scale) + 8];
  return [s("rect", { class: "plate", x: x - width / 2, y, width, height: 16 * scale }), s("text", { class: "part", x, y: y + 12 * scale }, text)];
}

function drawNode({ plan, steps, pass, shown }, column, unit, row) {
  const y = middle(plan, column, row) - plan.pill / 2;
  const box = { x: column.x, y, width: column.width, height: plan.pill, rx: 11 };
  const node = s("g", { class: "node" }, s("rect", { ...box, class: "body" }));
  const own = column.target ? [book.places.length] : column.places;
  own.forEach((place, k) => {
    const cell = { x: column.x + k * plan.cell + 3, y: y + 3, width: plan.cell - 6, height: plan.pill - 6, rx: 8 };
    const grid = column.target ? pass.y : valueAt(pass, place);
    const value = grid.at(state.sample, unit);
    const at = state.sample * grid.columns + unit;
    const there = column.target || state.step >= valueStep(place);
    const held = !column.target && shown >= messageStep(place) && messageAt(pass, place);
    const fresh = steps.made === place || (steps.held === place && held);
    const role = fresh ? " fresh" : steps.used.includes(place) ? " used" : "";
    node.append(
      there ? tint(s("rect", { ...cell, class: `cell${role}` }), value, grid.largest) : s("rect", { ...cell, class: "cell empty" }),
    );
    if (!there) return;
    const mid = y + plan.pill / 2;
    const x = cell.x + cell.width / 2;
    const name = entry(column.target ? "y" : book.places[place], unravel(unit, grid.shape.slice(1)));
    const target = column.target ? { what: "y", at } : place ? { what: "value", hop: book.outside[place - 1], at } : { what: "x", at };
    const half = held ? cell.height / 2 : cell.height;
    node.append(
      s("text", { class: "value", x, y: held ? mid - 3 * plan.scale : mid + 4.5 * plan.scale }, short(value)),
      spot({ ...cell, height: half }, target, `${name} = ${value}`, !place || column.target),
    );
    if (!held) return;
    const hop = place ? null : book.outside[0];
    const ask = place ? messageTarget(place, at) : { what: "message", hop, at };
    const message = held.at(state.sample, unit);
    node.append(
      s("text", { class: "message", x, y: mid + 11 * plan.scale }, short(message)),
      spot({ ...cell, y: cell.y + half, height: half }, ask, `error gradient there: ${message}`),
    );
  });
  return node;
}

// what a click on the message behind a place asks for: the layer that sent it
function messageTarget(place, at) {
  const { behind } = book.hops[book.outside[place - 1]];
  return behind === null ? null : { what: "message", hop: book.data.jumps[behind], at };
}

// a place to click, and where the number may be changed to drag
function spot(box, target, text, drags = false) {
  if (!target) return s("rect", { ...box, class: "spot" }, s("title", {}, text));
  return s(
    "rect",
    {
      ...box,
      class: drags && book.live ? "spot drags" : "spot",
      "data-target": JSON.stringify(target),
      onclick: () => acts.pick(target),
      onpointerdown: drags && book.live ? (event) => acts.drag(event, target) : null,
    },
    s("title", {}, text),
  );
}

function drawTile({ plan, steps, pass, shown }, column) {
  const [place] = column.places.filter((each) => state.step >= valueStep(each)).slice(-1);
  const size = column.width - 8;
  const y = (plan.top + plan.bottom - size) / 2;
  const shape = valueAt(pass, column.places[0]).shape.slice(1);
  const text = s("text", { class: "part", x: column.x + column.width / 2, y: y + size + 18 }, shape.join(" by "));
  const fresh = column.places.includes(steps.made) || (column.places.includes(steps.held) && shown >= state.step);
  const body = { x: column.x, y: y - 4, width: column.width, height: size + 8, rx: 11, class: fresh ? "body fresh" : "body" };
  if (place === undefined) return s("g", { class: "node" }, s("rect", body), text);
  const grid = valueAt(pass, place);
  const values = grid.heat ? grid.heat.values : grid.row(state.sample);
  const side = Math.max(1, Math.ceil(Math.sqrt(Math.min(values.length, 400))));
  const tiles = Array.from({ length: side * side }, (_, i) => values[Math.floor((i * values.length) / (side * side))]);
  const edge = size / side;
  const cells = tiles.map((value, i) => {
    const box = { x: column.x + 4 + (i % side) * edge, y: y + Math.floor(i / side) * edge, width: edge, height: edge };
    return tint(s("rect", { ...box, class: "pixel" }), value, grid.largest);
  });
  return s("g", { class: "node" }, s("rect", body), cells, text);
}

// a line through all nodes of a column
function drawLine({ plan, steps }, column, hop, k) {
  const x = column.x + (k + 1) * plan.cell;
  const kind = book.hops[hop].kind === "activation" ? "activation" : "other";
  const path = s("path", { d: `M${x} ${plan.top - 26 * plan.scale} V${plan.bottom + 10}` });
  return s("g", { class: `${kind}${steps.line === hop ? " active" : ""}` }, path);
}

// the slopes beside the line, once they have been collected
function drawSlopes({ plan, pass, shown }, column, hop, k) {
  const { factor } = pass.hops[hop];
  if (!factor || shown < backStep(hop) || column.tile || !plan.slopes) return null;
  const x = column.x + (k + 1) * plan.cell;
  return column.nodes.map((unit, row) => {
    const text = `× ${short(factor.at(state.sample, unit))}`;
    const [y, width] = [middle(plan, column, row) + plan.pill / 2 + 1, text.length * 7.4 * plan.scale + 6];
    const box = { x: x - width / 2, y, width, height: 14 * plan.scale };
    return [
      s("rect", { class: "plate", ...box }),
      s("text", { class: "slope", x, y: y + 11 * plan.scale }, text),
      spot(box, { what: "slope", hop, at: state.sample * factor.columns + unit }, `slope ${factor.at(state.sample, unit)}`),
    ];
  });
}

export const columnOf = (plan, place) => plan.columns.find((column) => column.places.includes(place));
export const centre = (plan, place) => {
  const column = place === book.places.length ? plan.columns[plan.columns.length - 1] : columnOf(plan, place);
  return column.x + (Math.max(0, column.places.indexOf(place)) + 0.5) * plan.cell;
};

// keep what happens in view where the drawing is larger than its frame
export function follow({ plan, steps }) {
  const box = $("drawing");
  if (box.scrollWidth <= box.clientWidth) return;
  const place = steps.made ?? steps.held ?? 0;
  const left = centre(plan, Math.min(place, book.places.length)) - box.clientWidth / 2;
  box.scrollTo({ left, behavior: calm() ? "auto" : "smooth" });
}
