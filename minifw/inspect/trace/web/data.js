"use strict";
// What the page knows, and how it is named. Every array is a grid: a batch has a row a sample, a kernel a row an input.

const DATA = JSON.parse(document.getElementById("data").textContent);
const HOPS = DATA.hops;
const OUTSIDE = HOPS.map((_, i) => i).filter((i) => !HOPS[i].inside);
const exact = DATA.dtype === "float32" ? Math.fround : Number;

class Grid {
  constructor({ shape, grid, values, heat, rows, columns }) {
    [this.shape, this.rows, this.columns] = [shape, ...grid];
    this.values = values.map((value) => exact(Number(value)));
    this.kept = rows ? [rows, columns] : null;
    this.heat = heat && new Grid({ shape: heat.grid, ...heat });
  }

  at(row, column) {
    if (!this.kept) return this.values[row * this.columns + column];
    const [r, c] = [this.kept[0].indexOf(row), this.kept[1].indexOf(column)];
    return r < 0 || c < 0 ? undefined : this.values[r * this.kept[1].length + c];
  }

  row(row) {
    return Array.from({ length: this.columns }, (_, column) => this.at(row, column));
  }

  get largest() {
    return (this.heat || this).values.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0);
  }
}

function grids(found) {
  if (found === null || typeof found !== "object") return found;
  if (found.grid) return new Grid(found);
  if (Array.isArray(found)) return found.map(grids);
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, grids(value)]));
}

const X = grids(DATA.x);
const Y = grids(DATA.y);
const FRAMES = DATA.frames.map(grids);
const state = { step: 0, frame: 0, sample: 0, picked: null };
const frame = () => FRAMES[state.frame];

// what went into a layer, and which message arrived there
const entered = (hop) => {
  const { source } = HOPS[hop];
  return source === null ? frame().hops[hop].in : source < 0 ? X : frame().hops[source].out;
};
const arrived = (hop) => {
  const { behind } = HOPS[hop];
  if (behind === null) return frame().hops[hop].arrived;
  return DATA.jumps[behind] < 0 ? frame().error : frame().hops[DATA.jumps[behind]].back;
};
const total = (hop, key) => frame().hops[hop].totals[key] || frame().hops[hop].grads[key];

// places: 0 is x, place p + 1 lies behind the p-th of the layers that are drawn
const PLACES = ["x", ...OUTSIDE.map((hop) => HOPS[hop].out)];
const valueAt = (place) => (place ? frame().hops[OUTSIDE[place - 1]].out : X);
const messageAt = (place) => (place ? arrived(OUTSIDE[place - 1]) : frame().hops[OUTSIDE[0]].back);

// the steps: forwards, the loss, and the jumps back
const STEPS = [
  { phase: "start" },
  ...HOPS.map((_, hop) => ({ phase: "forward", hop })),
  { phase: "loss" },
  ...DATA.jumps.map((hop, jump) => ({
    phase: "back",
    hop,
    jump,
    penalty: jump - (DATA.jumps.length - DATA.penalties.length),
  })),
  { phase: "end" },
];
const LOSS = STEPS.findIndex((step) => step.phase === "loss");
const forwardStep = (hop) => 1 + hop;
const backStep = (hop) => STEPS.findIndex((step) => step.phase === "back" && step.hop === hop);
const valueStep = (place) => (place ? forwardStep(OUTSIDE[place - 1]) : 0);
const messageStep = (place) => {
  if (!place) return backStep(OUTSIDE[0]);
  const { behind } = HOPS[OUTSIDE[place - 1]];
  return behind === null ? backStep(OUTSIDE[place - 1]) - 1 : LOSS + 1 + behind;
};

// names, as the tutorial has them
const BELOW = "₀₁₂₃₄₅₆₇₈₉";
const subscript = (index) => {
  const numbers = index.map((i) => String(i + 1));
  const joint = numbers.every((number) => number.length === 1) ? "" : ",";
  return numbers.join(joint).replace(/\d/g, (digit) => BELOW[digit]);
};
const entry = (place, ...index) =>
  /\/|out of |into /.test(place) ? `${place}[${index.join(", ")}]` : place + subscript(index);
const title = (hop) => {
  const last = HOPS[hop].name.split("/").pop();
  return last === "activation" ? HOPS[hop].class : last;
};
const symbol = (hop, key) => {
  const letter = { kernel: "W", bias: "B" }[key];
  return letter && HOPS[hop].number ? letter + HOPS[hop].number : `${HOPS[hop].name}/${key}`;
};
const upto = (place) =>
  place.startsWith("O_")
    ? `error_grad_upto_${place.slice(2)}`
    : place === "x"
      ? "error_grad_upto_x"
      : `error gradient at ${place}`;
const short = (value) => {
  if (value === undefined) return "";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const digits = (size < 0.1 ? 3 : 4) - (value < 0);
  if (value === 0 || (size >= 1e-3 && size < 1e5)) return String(Number(value.toPrecision(digits))).replace("-", "−");
  return value
    .toExponential(1)
    .replace("-", value < 0 ? "−" : "-")
    .replace("e+", "e");
};
