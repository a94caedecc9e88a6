// Where everything stands: columns of nodes from x to y, and between them room for weights and for the loss line.

const CELL = 60;
const GAP = { weights: 112, bridge: 92, loss: 84 };
const TOP = 62;
const LANE = 106;
const FLOOR = 62;

// columns: places that follow each other unit by unit share the nodes of one column, with a line between
const COLUMNS = [];
{
  const units = (place) => (valueAt(place).shape.length === 2 ? valueAt(place).columns : 0);
  COLUMNS.push({ places: [0], lines: [], hop: null });
  OUTSIDE.forEach((hop, i) => {
    const last = COLUMNS.at(-1);
    const same = String(valueAt(i).shape.slice(1)) === String(valueAt(i + 1).shape.slice(1));
    if (HOPS[hop].kind !== "weights" && same) {
      last.places.push(i + 1);
      last.lines.push(hop);
    } else COLUMNS.push({ places: [i + 1], lines: [], hop });
  });
  COLUMNS.push({ places: [], lines: [], hop: null, target: true });
  for (const column of COLUMNS) {
    column.units = column.target ? Y.columns : units(column.places[0]);
    column.nodes = !column.units ? [0] : spread(column.units);
    column.cells = Math.max(1, column.places.length);
    column.tile = !column.units;
  }
}

function spread(size) {
  const most = DATA.drawn;
  return Array.from({ length: Math.min(size, most) }, (_, i) =>
    size <= most ? i : Math.floor((i * (size - 1)) / (most - 1)),
  );
}

const layout = (() => {
  const rows = Math.max(...COLUMNS.map((column) => column.nodes.length));
  const pitch = rows > 6 ? 46 : 64;
  const height = Math.max(rows * pitch, 3 * pitch);
  let x = 36;
  COLUMNS.forEach((column, i) => {
    if (i) x += column.target ? GAP.loss : HOPS[column.hop].kind === "weights" ? GAP.weights : GAP.bridge;
    column.x = x;
    column.width = column.cells * CELL;
    column.top = TOP + (height - column.nodes.length * pitch) / 2;
    x += column.width;
  });
  return {
    width: x + 24,
    height: TOP + height + LANE,
    bottom: TOP + height,
    floor: TOP + height + FLOOR,
    pitch,
    pill: pitch > 50 ? 42 : 36,
  };
})();

const columnOf = (place) => COLUMNS.find((column) => column.places.includes(place));
const centre = (place) => {
  const column = place === PLACES.length ? COLUMNS.at(-1) : columnOf(place);
  return column.x + (Math.max(0, column.places.indexOf(place)) + 0.5) * CELL;
};
const middle = (column, row) => column.top + (row + 0.5) * layout.pitch;
