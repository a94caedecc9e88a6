// Arrays as small tables, larger ones as heat maps; the value under the pointer is written out in full.

const TABLE = { rows: 16, columns: 6 };

// one array: a heading with its shape, its numbers, and a line for the number one looks at
function arrayView(
  name,
  grid,
  { tone = "", label = (row, column) => entry(name, row, column), onpick = null, vector = false } = {},
) {
  const shape = `(${grid.shape.join(", ")}${grid.shape.length === 1 ? "," : ""})`;
  const [caption, readout] = [
    h("span", { class: "caption" }, h("b", {}, named(name)), h("span", { class: "shape" }, shape)),
    h("span", { class: "readout" }),
  ];
  const tell = (row, column, value) => {
    caption.hidden = value !== undefined;
    readout.replaceChildren(...(value === undefined ? [] : [named(label(row, column)), ` = ${value}`].flat()));
  };
  const cells = vector ? [grid.row(state.sample)] : rowsOf(grid);
  const small = !grid.kept && cells.length <= TABLE.rows && cells[0].length <= TABLE.columns;
  const body =
    small || (vector && !grid.kept && cells[0].length <= 12)
      ? tableOf(cells, tell, onpick, vector, grid)
      : heatOf(grid, cells, tell, onpick, vector);
  const leave = () => tell(0, 0, undefined);
  return h(
    "figure",
    { class: `array ${tone}`, "data-name": name, onpointerleave: leave },
    h("figcaption", {}, caption, readout),
    body,
  );
}

const rowsOf = (grid) => (grid.heat || grid.kept ? [] : Array.from({ length: grid.rows }, (_, row) => grid.row(row)));

function tableOf(cells, tell, onpick, vector, grid) {
  const most = grid.largest;
  return h(
    "table",
    { class: vector ? "vector" : "" },
    cells.map((line, row) =>
      h(
        "tr",
        {},
        line.map((value, column) => {
          const look = { onpointerenter: () => tell(row, column, value), onfocus: () => tell(row, column, value) };
          const shown = { title: String(value), "data-value": String(value) };
          const inside = onpick
            ? h("button", { type: "button", ...shown, ...look, onclick: () => onpick(row, column) }, short(value))
            : h("span", { ...shown, ...look }, short(value));
          return tint(h("td", {}, inside), value, most);
        }),
      ),
    ),
  );
}

function heatOf(grid, cells, tell, onpick, vector) {
  let rows = cells;
  let note = "";
  if (grid.heat && !vector) {
    const { heat } = grid;
    rows = Array.from({ length: heat.rows }, (_, row) => heat.row(row));
    const [high, wide] = [grid.rows / heat.rows, grid.columns / heat.columns].map(Math.ceil);
    note = `Each cell is the largest of ${high} × ${wide} entries.`;
  }
  if (vector && grid.heat) rows = [grid.heat.values];
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
    const [r, c] = original(row, column);
    if (grid.heat && value !== undefined) tell(r, c, `… the largest near here is ${value}`);
    else tell(r, c, value);
  };
  let at = [0, 0];
  const move = (event) => {
    const box = canvas.getBoundingClientRect();
    at = [
      Math.floor(((event.clientY - box.top) / box.height) * rows.length),
      Math.floor(((event.clientX - box.left) / box.width) * width),
    ];
    look(...at);
  };
  const choose = () => onpick && !grid.heat && onpick(...original(...at));
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("click", (event) => (move(event), choose()));
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Enter") choose();
    if (!by) return;
    at = [Math.max(0, Math.min(rows.length - 1, at[0] + by[0])), Math.max(0, Math.min(width - 1, at[1] + by[1]))];
    look(...at);
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

function paint(canvas, rows, edge, most) {
  const context = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const colour = { 1: style.getPropertyValue("--positive"), [-1]: style.getPropertyValue("--negative") };
  rows.forEach((line, row) =>
    line.forEach((value, column) => {
      context.globalAlpha = 0.06 + 0.94 * strength(value, most);
      context.fillStyle = colour[value < 0 ? -1 : 1];
      context.fillRect(column * edge[0], row * edge[1], edge[0] - (edge[0] > 5), edge[1] - (edge[1] > 5));
    }),
  );
}
