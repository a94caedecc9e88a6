// Arrays as small tables, larger ones as heat maps; every number is a button that says what it is made of.

import { h, named, strength, tint } from "./dom.mjs";
import { book, state } from "./model.mjs";
import { entry, short, tuple, unravel } from "./names.mjs";

const TABLE = { rows: 16, columns: 6, vector: 12 };

// one array: a heading with its shape, its numbers, and a line for the number one looks at
// ask: what a click on the entry `at` asks for; vector: only the row of the chosen sample
export function arrayView(title, name, grid, { tone = "", ask = null, vector = false } = {}) {
  const batch = vector && book.data.samples[1] > 1;
  const shape = tuple(grid.shape);
  const caption = h(
    "span",
    { class: "caption" },
    h("b", {}, named(title), batch ? h("small", {}, ` row of sample ${state.sample + 1}`) : null),
    h("span", { class: "shape" }, shape),
  );
  const readout = h("span", { class: "readout" });
  const at = (row, column) => (vector ? state.sample : row) * grid.columns + column;
  const label = (k) => entry(name, vector ? unravel(k % grid.columns, grid.shape.slice(1)) : unravel(k, grid.shape));
  const tell = (k, value) => {
    caption.hidden = value !== undefined;
    readout.replaceChildren(...(value === undefined ? [] : [named(label(k)), ` = ${value}`].flat()));
  };
  const cells = vector ? [grid.row(state.sample)] : rowsOf(grid);
  const few = cells.length <= TABLE.rows && cells[0] && cells[0].length <= (vector ? TABLE.vector : TABLE.columns);
  const view = { grid, cells, at, label, tell, ask, vector, title };
  return h(
    "figure",
    { class: `array ${tone}`, "data-name": title, onpointerleave: () => tell(0, undefined) },
    h("figcaption", {}, caption, readout),
    few && !grid.kept ? tableOf(view) : heatOf(view),
  );
}

const rowsOf = (grid) => (grid.heat || grid.kept ? [] : Array.from({ length: grid.rows }, (_, row) => grid.row(row)));

function tableOf({ grid, cells, at, label, tell, ask, vector, title }) {
  const most = grid.largest;
  const cell = (value, row, column) => {
    const k = at(row, column);
    const look = { onpointerenter: () => tell(k, value), onfocus: () => tell(k, value) };
    const shown = { "data-value": String(value), "data-focus": `${title}:${row}:${column}` };
    if (!ask) return tint(h("td", {}, h("span", { ...shown, ...look }, short(value))), value, most);
    const about = { ...shown, ...look, "data-target": JSON.stringify(ask.target(k)), "aria-label": `${label(k)} = ${short(value)}` };
    return tint(h("td", {}, h("button", { type: "button", ...about, ...ask.on(k) }, short(value))), value, most);
  };
  return h(
    "div",
    { class: "scroll" },
    h("table", { class: vector ? "vector" : "" }, cells.map((line, row) => h("tr", {}, line.map((value, column) => cell(value, row, column))))),
  );
}

function heatOf({ grid, cells, at, tell, ask, vector, title }) {
  let rows = cells;
  let note = "";
  if (grid.heat && !vector) {
    const { heat } = grid;
    rows = Array.from({ length: heat.rows }, (_, row) => heat.row(row));
    const [high, wide] = [grid.rows / heat.rows, grid.columns / heat.columns].map(Math.ceil);
    note = `Each cell is the largest of ${high} by ${wide} entries.`;
  }
  if (vector && grid.heat) rows = [Array.from(grid.heat.values)];
  const line = rows.length === 1;
  if (line) rows = folded(rows[0]);
  const width = rows[0].length;
  const fit = [336 / width, 300 / rows.length].map((room) => Math.max(2, Math.min(18, Math.floor(room))));
  const edge = line ? [Math.min(...fit), Math.min(...fit)] : fit;
  const canvas = h("canvas", {
    width: width * edge[0],
    height: rows.length * edge[1],
    tabindex: 0,
    role: "img",
    "data-focus": `${title}:heat`,
    "aria-label": "heat map; arrow keys move over its cells",
  });
  paint(canvas, rows, edge, grid.largest);
  const original = (row, column) => {
    if (line) return [vector ? state.sample : 0, row * width + column];
    if (!grid.heat) return [row, column];
    return [Math.floor((row * grid.rows) / grid.heat.rows), Math.floor((column * grid.columns) / grid.heat.columns)];
  };
  const look = (row, column) => {
    const value = (rows[row] || [])[column];
    const k = at(...original(row, column));
    if (grid.heat && value !== undefined) tell(k, `… the largest near here is ${value}`);
    else tell(k, value);
  };
  let place = [0, 0];
  const move = (event) => {
    const box = canvas.getBoundingClientRect();
    place = [
      Math.floor(((event.clientY - box.top) / box.height) * rows.length),
      Math.floor(((event.clientX - box.left) / box.width) * width),
    ];
    look(...place);
  };
  const choose = () => ask && !grid.heat && (rows[place[0]] || [])[place[1]] !== undefined && ask.pick(at(...original(...place)));
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("click", (event) => (move(event), choose()));
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Enter") choose();
    if (!by) return;
    const bound = (value, most) => Math.max(0, Math.min(most - 1, value));
    place = [bound(place[0] + by[0], rows.length), bound(place[1] + by[1], width)];
    look(...place);
    event.preventDefault();
    event.stopPropagation();
  });
  return h("div", { class: "heat" }, canvas, note && h("p", { class: "note" }, note));
}

// a long vector in several lines
function folded(values) {
  const width = values.length <= 24 ? values.length : Math.min(64, Math.ceil(Math.sqrt(values.length * 3)));
  return Array.from({ length: Math.ceil(values.length / width) }, (_, i) => values.slice(i * width, (i + 1) * width));
}

// the colours of the style, read once for light and once for dark
const colours = {};
export function paint(canvas, rows, edge, most) {
  const context = canvas.getContext("2d");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const read = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  const colour = (colours[dark] ||= { 1: read("--positive"), [-1]: read("--negative") });
  rows.forEach((line, row) =>
    line.forEach((value, column) => {
      context.globalAlpha = 0.06 + 0.94 * strength(value, most);
      context.fillStyle = colour[value < 0 ? -1 : 1];
      context.fillRect(column * edge[0], row * edge[1], edge[0] - (edge[0] > 5), edge[1] - (edge[1] > 5));
    }),
  );
}
