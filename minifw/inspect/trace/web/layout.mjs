// Where everything stands, in pixels of the window: columns of nodes from x to y, between them room for weights and the loss.

const bounded = (value, low, high) => Math.max(low, Math.min(high, value));

// gaps grow with the window up to a most; what is left then is shared out at both ends
const LEAST = { weights: 78, bridge: 64, loss: 58 };
const MOST = { weights: 230, bridge: 150, loss: 120 };

// columns: {nodes, cells, target, gap} each; room: {width, height}
// titles: how many rows of words stand above the columns
export function arrange(columns, room, titles = 1) {
  const scale = bounded(Math.min(room.width / 1000, room.height / 560), 1, 1.6);
  const cell = Math.round(62 * scale);
  const low = room.height < 420;
  const more = columns.some(({ units, nodes }) => units > nodes.length) ? 14 * scale : 0;
  const [top, lane] = [(50 + 16 * titles) * scale, (low ? 58 : 96) * scale + more];
  const rows = Math.max(3, ...columns.map((column) => column.nodes.length));
  const pitch = bounded((room.height - top - lane) / rows, 40, 100 * scale);
  const height = Math.max(rows * pitch, room.height - top - lane);
  const gaps = columns.slice(1).map((column) => column.gap);
  const edges = 44;
  const cells = columns.reduce((sum, column) => sum + column.cells * cell, 0);
  const least = gaps.reduce((sum, gap) => sum + LEAST[gap] * scale, 0);
  const spare = Math.max(0, room.width - edges - cells - least);
  const wish = gaps.reduce((sum, gap) => sum + (MOST[gap] - LEAST[gap]) * scale, 0) || 1;
  const share = Math.min(1, spare / wish);
  const left = (spare - share * wish) / 2;
  let x = edges / 2 + Math.max(0, left);
  const placed = columns.map((column, i) => {
    const gap = i ? LEAST[gaps[i - 1]] + share * (MOST[gaps[i - 1]] - LEAST[gaps[i - 1]]) : 0;
    x += gap * scale;
    const found = { ...column, x, width: column.cells * cell, top: top + (height - column.nodes.length * pitch) / 2 };
    x += found.width;
    return found;
  });
  return {
    columns: placed,
    scale,
    cell,
    pitch,
    pill: Math.min(pitch - 6, 42 * scale),
    slopes: pitch >= 58,
    top,
    bottom: top + height,
    floor: top + height + 42 * scale + more,
    words: !low,
    width: Math.max(room.width, Math.floor(x + edges / 2 + 1e-6)),
    height: top + height + lane,
  };
}

// words on a line: each in the first of some rows where it meets no other, cut where it fits in none
// wanted: {x, text} each, in the order of x; measure: the width of a text; the answer has {x, row, text} each
export function places(wanted, rows, measure, room, between = 10) {
  const ends = Array.from({ length: rows }, () => -Infinity);
  return wanted.map(({ x, text, ...others }, i) => {
    const half = measure(text) / 2;
    const at = bounded(x, Math.min(half, room / 2), Math.max(room - half, room / 2));
    let row = ends.findIndex((end) => at - half >= end + between);
    let shown = text;
    if (row < 0) {
      row = ends.indexOf(Math.min(...ends));
      while (shown.length > 1 && at - measure(`${shown}…`) / 2 < ends[row] + between) shown = shown.slice(0, -1);
      shown = at - measure(`${shown}…`) / 2 < ends[row] + between ? "" : `${shown}…`;
    }
    if (shown) ends[row] = at + measure(shown) / 2;
    return { ...others, x: at, row, text: shown, full: text, i };
  });
}

// which of some lines is nearest to a point, and how far from it; of lines equally near the one after `before`
export function nearest(lines, x, y, before = -1) {
  const distances = lines.map(({ x1, y1, x2, y2 }) => {
    const [dx, dy] = [x2 - x1, y2 - y1];
    const t = bounded(((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1), 0, 1);
    return Math.hypot(x - x1 - t * dx, y - y1 - t * dy);
  });
  const least = Math.min(...distances);
  const near = distances.map((_, i) => i).filter((i) => distances[i] <= least + 1.5);
  return { i: near[(near.indexOf(before) + 1) % near.length], distance: least };
}

export const middle = (plan, column, row) => column.top + (row + 0.5) * plan.pitch;
