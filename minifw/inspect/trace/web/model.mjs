// What the page knows: arrays, the layers, the places between them, the steps. `load` fills `book` from the page's data.

import { calculate, obstacleOf } from "./engine.mjs";

// An array as a grid: a batch has a row a sample, a kernel a row an input. Of a large one only some entries are there.
export class Grid {
  constructor({ shape, grid, values, heat, rows, columns }, exact = Number) {
    [this.shape, this.rows, this.columns] = [shape, ...grid];
    this.values = Float64Array.from(values, (value) => exact(Number(value)));
    this.kept = rows ? [rows, columns] : null;
    this.heat = heat && new Grid({ shape: heat.grid, ...heat }, exact);
  }

  at(row, column) {
    if (!this.kept) return this.values[row * this.columns + column];
    const [r, c] = [this.kept[0].indexOf(row), this.kept[1].indexOf(column)];
    return r < 0 || c < 0 ? undefined : this.values[r * this.kept[1].length + c];
  }

  get(k) {
    return this.at(Math.floor(k / this.columns), k % this.columns);
  }

  row(row) {
    return Array.from({ length: this.columns }, (_, column) => this.at(row, column));
  }

  get largest() {
    if (this.most === undefined)
      this.most = (this.heat || this).values.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0);
    return this.most;
  }
}

// an array of the engine as a grid
const gridOf = ({ shape, values }, batch = true) => {
  const rows = batch ? shape[0] : values.length / shape[shape.length - 1];
  return new Grid({ shape, grid: [rows, values.length / rows], values });
};

function grids(found, exact) {
  if (found === null || typeof found !== "object") return found;
  if (found.grid) return new Grid(found, exact);
  if (Array.isArray(found)) return found.map((each) => grids(each, exact));
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, grids(value, exact)]));
}

export const book = {};
export const fresh = { step: 0, frame: 0, sample: 0, picked: null, quiz: true, chapter: null };
export const state = { ...fresh };

export function load(data) {
  const exact = data.dtype === "float32" ? Math.fround : Number;
  const frames = data.frames.map((frame) => ({ ...grids(frame, exact), loss: Number(frame.loss) }));
  const troubles = data.samples[0] < data.samples[1] ? [`only ${data.samples[0]} of ${data.samples[1]} samples are on the page`] : [];
  const known = (about, rank) => {
    const trouble = obstacleOf(about, rank);
    if (trouble) troubles.push(trouble);
    return trouble ? null : about.config;
  };
  const hops = data.hops.map((hop, i) => {
    const { out, params } = frames[0].hops[i];
    const most = Math.max(...[out, ...Object.values(params)].map(({ shape }) => shape.reduce((a, b) => a * b, 1)));
    if (most > data.limit) troubles.push(`an array of ${hop.name} has ${most} entries, and the page calculates up to ${data.limit}`);
    return { ...hop, shape: out.shape, config: known(hop, out.shape.length) };
  });
  const loss = { ...data.loss, config: known({ ...data.loss, class: data.loss.name }, frames[0].error.shape.length) };
  for (const { config, repr } of data.penalties) if (!config) troubles.push(`the page has no formula for ${repr}`);
  const outside = hops.map((_, i) => i).filter((i) => !hops[i].inside);
  const [x, y] = [grids(data.x, exact), grids(data.y, exact)];
  const behindJumps = data.jumps.length - data.penalties.length;
  const steps = [
    { phase: "start" },
    ...hops.map((_, hop) => ({ phase: "forward", hop })),
    { phase: "loss" },
    ...data.jumps.map((hop, jump) => ({ phase: "back", hop, jump, penalty: jump - behindJumps })),
    { phase: "end" },
  ];
  for (const frame of frames) Object.assign(frame, { x, y, recorded: true });
  Object.assign(book, { data, exact, frames, hops, outside, x, y, steps });
  book.places = ["x", ...outside.map((hop) => hops[hop].out)];
  book.last = book.places[book.places.length - 1];
  book.lossStep = 1 + hops.length;
  Object.assign(book, { loss, live: !troubles.length, obstacle: troubles[0] });
  book.network = { hops, tree: data.tree, loss, penalties: data.penalties };
  book.columns = columnsOf();
  return book;
}

// the parameters of a frame, as the engine wants them: copies that may change
export const paramsOf = (frame) =>
  frame.hops.map(({ params }) =>
    Object.fromEntries(Object.entries(params).map(([key, { shape, values }]) => [key, { shape, values: values.slice() }])),
  );
export const arrayOf = ({ shape, values }) => ({ shape, values: values.slice() });

// a pass of the engine, in the form that the frames of Python have
export function passOf(params, x, y, found = calculate(book.network, params, x, y)) {
  const group = (arrays) => Object.fromEntries(Object.entries(arrays).map(([key, array]) => [key, gridOf(array, false)]));
  const hops = found.hops.map((hop) => ({
    in: gridOf(hop.in),
    out: gridOf(hop.out),
    arrived: gridOf(hop.arrived),
    back: gridOf(hop.back),
    factor: hop.factor && gridOf(hop.factor),
    params: group(hop.params),
    grads: group(hop.grads),
    totals: group(hop.totals),
  }));
  const penalties = found.penalties.map((grad) => gridOf(grad, false));
  const { loss, error } = found;
  return { loss, hops, error: gridOf(error), penalties, x: gridOf(x), y: gridOf(y), recorded: false };
}

// what went into a layer, which message arrived there, and the whole gradient of a parameter
export const entered = (pass, hop) => {
  const { source } = book.hops[hop];
  return pass.hops[hop].in || (source < 0 ? pass.x : pass.hops[source].out);
};
export const arrived = (pass, hop) => {
  const { behind } = book.hops[hop];
  if (pass.hops[hop].arrived) return pass.hops[hop].arrived;
  if (behind === null) return undefined;
  return book.data.jumps[behind] < 0 ? pass.error : pass.hops[book.data.jumps[behind]].back;
};
export const total = (pass, hop, key) => pass.hops[hop].totals[key] || pass.hops[hop].grads[key];

// places: 0 is x, place p + 1 lies behind the p-th of the layers that are drawn
export const valueAt = (pass, place) => (place ? pass.hops[book.outside[place - 1]].out : pass.x);
export const messageAt = (pass, place) =>
  place ? arrived(pass, book.outside[place - 1]) : pass.hops[book.outside[0]].back;
export const uptoAt = (place) => (place ? book.hops[book.outside[place - 1]].upto[1] : book.hops[book.outside[0]].upto[0]);

export const forwardStep = (hop) => 1 + hop;
export const backStep = (hop) => book.steps.findIndex((step) => step.phase === "back" && step.hop === hop);
export const valueStep = (place) => (place ? forwardStep(book.outside[place - 1]) : 0);
export const messageStep = (place) => {
  if (!place) return backStep(book.outside[0]);
  const { behind } = book.hops[book.outside[place - 1]];
  return behind === null ? backStep(book.outside[place - 1]) - 1 : book.lossStep + 1 + behind;
};
export const lastStep = () => book.steps.length - 1;

// columns: places that follow each other unit by unit share the nodes of one column, with a line between
function columnsOf() {
  const { hops, outside, frames, data } = book;
  const [pass] = frames;
  const found = [{ places: [0], lines: [], hop: null }];
  outside.forEach((hop, i) => {
    const column = found[found.length - 1];
    const same = String(valueAt(pass, i).shape.slice(1)) === String(valueAt(pass, i + 1).shape.slice(1));
    if (hops[hop].kind !== "weights" && same) {
      column.places.push(i + 1);
      column.lines.push(hop);
    } else found.push({ places: [i + 1], lines: [], hop });
  });
  found.push({ places: [], lines: [], hop: null, target: true });
  for (const column of found) {
    const grid = column.target ? pass.y : valueAt(pass, column.places[0]);
    const size = grid.columns;
    column.units = column.target || grid.shape.length === 2 ? size : 0;
    const place = column.places[0];
    const drawn = column.target ? data.yUnits : place ? hops[outside[place - 1]].units : data.xUnits;
    column.nodes = column.units ? drawn : [0];
    column.cells = Math.max(1, column.places.length);
    column.tile = !column.units;
  }
  return found;
}
