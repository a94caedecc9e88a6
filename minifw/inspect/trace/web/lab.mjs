// What was changed by hand or by training: a list of actions, done again from Python's numbers whenever one is taken back.

import { calculate, update } from "./engine.mjs";
import { arrayOf, book, paramsOf, passOf, state } from "./model.mjs";

export const lab = { actions: [], params: null, x: null, y: null, memory: {}, pass: null, losses: [] };

// the pass that the page shows: what Python recorded until something is changed
export const now = () => (lab.actions.length ? lab.pass : book.frames[state.frame]);

export const optimizers = { sgd: "SGD", momentum: "SGD with momentum 0.9", adam: "Adam" };

function begin() {
  lab.params = paramsOf(book.frames[state.frame]);
  [lab.x, lab.y, lab.memory] = [arrayOf(book.x), arrayOf(book.y), {}];
  lab.losses = [];
}

function array(where) {
  if (where === "x" || where === "y") return lab[where];
  const [hop, key] = where.split("/");
  return lab.params[hop][key];
}

function learn({ train, rate }, steps) {
  for (let step = 0; step < steps; step += 1) {
    const pass = calculate(book.network, lab.params, lab.x, lab.y);
    lab.losses.push(pass.loss);
    update({ name: train, rate }, lab.memory, book.network, lab.params, pass);
  }
}

function look() {
  const found = calculate(book.network, lab.params, lab.x, lab.y);
  lab.pass = passOf(lab.params, lab.x, lab.y, found);
}

// do all actions again from Python's numbers
export function replay() {
  if (!book.live) lab.actions = [];
  if (!lab.actions.length) return;
  begin();
  let before = null;
  for (const action of lab.actions) {
    if (action.train) {
      if (!before || before.train !== action.train) lab.memory = {};
      learn(action, action.steps);
    } else array(action.where).values[action.at] = action.value;
    before = action;
  }
  look();
}

// where the number of a target may be changed, and how it is called there
export const whereOf = ({ what, hop, key }) => {
  if (!book.live) return null;
  if (what === "x") return "x";
  if (what === "y") return String(book.y.shape) === String(book.frames[0].error.shape) ? "y" : null;
  const known = (what === "param" || what === "gradient") && Object.hasOwn(book.frames[0].hops[hop].grads, key);
  return known ? `${hop}/${key}` : null;
};
export const valueOf = (where, at) => {
  const pass = now();
  if (where === "x" || where === "y") return pass[where].get(at);
  const [hop, key] = where.split("/");
  return pass.hops[hop].params[key].get(at);
};

export function change(where, at, value) {
  if (!Number.isFinite(value)) return;
  const last = lab.actions[lab.actions.length - 1];
  if (!lab.actions.length) begin();
  if (last && last.where === where && last.at === at) last.value = value;
  else lab.actions.push({ where, at, value });
  array(where).values[at] = value;
  look();
}

export function train(name, rate, steps) {
  const last = lab.actions[lab.actions.length - 1];
  if (!lab.actions.length) begin();
  if (!last || last.train !== name) lab.memory = {};
  if (last && last.train === name && last.rate === rate) last.steps += steps;
  else lab.actions.push({ train: name, rate, steps });
  learn({ train: name, rate }, steps);
  look();
}

export function undo() {
  lab.actions.pop();
  replay();
}

export function reset() {
  lab.actions = [];
}

// what the loss would be with one number changed, and what its gradient predicts
export function nudged(where, at, by) {
  const frame = now();
  const [params, x, y] = [paramsOf(frame), arrayOf(frame.x), arrayOf(frame.y)];
  const [hop, key] = where.split("/");
  const slope =
    where === "x"
      ? frame.hops[book.outside[0]].back.get(at)
      : where === "y"
        ? null
        : (frame.hops[hop].totals[key] || frame.hops[hop].grads[key]).get(at);
  const target = where === "x" ? x : where === "y" ? y : params[hop][key];
  target.values[at] += by;
  const after = calculate(book.network, params, x, y).loss;
  return { before: frame.loss, after, predicted: slope === null ? null : slope * by };
}

// one step of plain descent, and the loss before and after it
export function stepped(rate) {
  const frame = now();
  const params = paramsOf(frame);
  const [x, y] = [arrayOf(frame.x), arrayOf(frame.y)];
  update({ name: "sgd", rate }, {}, book.network, params, calculate(book.network, params, x, y));
  return { before: frame.loss, after: calculate(book.network, params, x, y).loss };
}

// the loss over two parameters, on a square of cells around where they are: a row for each value of the second, largest first
export function landscape([first, second], reach, cells = 41) {
  const frame = now();
  const params = paramsOf(frame);
  const [a, b] = [first, second].map(({ hop, key }) => params[hop][key].values);
  const [across, up] = [a[first.at], b[second.at]];
  const steps = Array.from({ length: cells }, (_, i) => reach * ((2 * i) / (cells - 1) - 1));
  return [...steps].reverse().map((high) =>
    steps.map((wide) => {
      a[first.at] = across + wide;
      b[second.at] = up + high;
      return calculate(book.network, params, frame.x, frame.y).loss;
    }),
  );
}

// the way that two parameters took from Python's numbers to where they are
export function way(numbers) {
  const kept = { ...lab };
  const points = [];
  const note = () => points.push(numbers.map(({ hop, key, at }) => lab.params[hop][key].values[at]));
  begin();
  note();
  for (const action of kept.actions) {
    if (!action.train) array(action.where).values[action.at] = action.value;
    for (let step = 0; step < (action.steps || 1); step += 1) {
      if (action.train) learn(action, 1);
      note();
    }
  }
  Object.assign(lab, kept);
  return points;
}

// the weights as Python: what gives a network these numbers
export function asPython() {
  const pass = now();
  const lines = ["import numpy as np", ""];
  const list = (values, shape) => {
    if (shape.length <= 1) return `[${[...values].map(pythonNumber).join(", ")}]`;
    const size = values.length / shape[0];
    const rows = Array.from({ length: shape[0] }, (_, i) => list(values.slice(i * size, (i + 1) * size), shape.slice(1)));
    return `[${rows.join(", ")}]`;
  };
  lines.push("params = {name: param for name, param, _ in net.named_parameters()}");
  book.hops.forEach(({ name }, i) =>
    Object.entries(pass.hops[i].params).forEach(([key, grid]) => {
      if (!Object.hasOwn(pass.hops[i].grads, key)) return;
      if (grid.kept) lines.push(`# ${name}/${key} is too large to stand on the page`);
      else lines.push(`params[${JSON.stringify(`${name}/${key}`)}][...] = np.array(${list(grid.values, grid.shape)})`);
    }),
  );
  return `${lines.join("\n")}\n`;
}
const pythonNumber = (value) =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "np.nan" : value > 0 ? "np.inf" : "-np.inf";
