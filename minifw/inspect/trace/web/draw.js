// The network as the tutorial draws it: columns of nodes, lines for weights, activation lines and the loss line between.

// what a step makes, and what it uses of what was there before
function touched() {
  const { phase, hop, penalty } = STEPS[state.step];
  if (phase === "loss") return { made: PLACES.length, used: [PLACES.length - 1], line: "loss" };
  if (phase === "back" && hop < 0)
    return penalty < 0 ? { held: PLACES.length - 1, used: [PLACES.length - 1], line: "loss" } : { used: [] };
  const i = OUTSIDE.indexOf(hop);
  if (i < 0) return { used: [], line: OUTSIDE.find((each) => hop >= 0 && HOPS[hop].name.startsWith(`${HOPS[each].name}/`)) };
  if (phase === "forward") return { made: i + 1, used: [i], line: hop };
  return { held: i, used: [i, i + 1], line: hop };
}

function draw() {
  const now = touched();
  const svg = s(
    "svg",
    {
      viewBox: `0 0 ${layout.width} ${layout.height}`,
      width: layout.width,
      height: layout.height,
      role: "img",
      "aria-label": described(),
    },
    COLUMNS.map((column, i) => i && drawWeights(COLUMNS[i - 1], column, now)).filter(Boolean),
    COLUMNS.map((column) => drawColumn(column, now)),
    drawLane(now),
  );
  svg.style.minWidth = `${layout.width * 0.78}px`;
  svg.style.maxWidth = `${layout.width * 1.15}px`;
  $("drawing").replaceChildren(svg);
  follow(now);
}

const described = () =>
  `${DATA.title}: ` +
  COLUMNS.slice(0, -1)
    .map((column) => (column.tile ? valueAt(column.places[0]).shape.slice(1).join(" by ") : `${column.units} units`))
    .join(", ");

// the lines between two columns
function drawWeights(before, column, now) {
  const [left, right] = [before.x + before.width, column.x];
  if (column.target) return drawLoss((left + right) / 2, now);
  const { hop } = column;
  const active = now.line === hop;
  const heading = [
    s("text", { class: "layer", x: (left + right) / 2, y: 18 }, title(hop)),
    HOPS[hop].number && s("text", { class: "weights-name", x: (left + right) / 2, y: 36 }, `W${HOPS[hop].number}`),
  ];
  if (!HOPS[hop].dense || before.tile) {
    const y = (TOP + layout.bottom) / 2;
    const arrow = `M${left + 12} ${y} H${right - 16} m-8 -7 l8 7 l-8 7`;
    return s("g", { class: active ? "bridge active" : "bridge" }, heading, s("path", { d: arrow }));
  }
  const back = active && STEPS[state.step].phase === "back";
  const kernel = back ? total(hop, "kernel") : frame().hops[hop].params.kernel;
  const { largest } = kernel;
  const lines = [];
  const hits = [];
  before.nodes.forEach((from, i) =>
    column.nodes.forEach((to, j) => {
      const value = kernel.at(from, to);
      if (value === undefined) return;
      const ends = { x1: left, y1: middle(before, i), x2: right, y2: middle(column, j) };
      const picked = isPicked(hop, "kernel", from, to);
      const sign = value < 0 ? "negative" : "positive";
      const weight = 0.5 + 3 * strength(value, largest) ** 2;
      lines.push(
        s("line", {
          ...ends,
          class: `weight ${sign}${picked ? " picked" : ""}`,
          "stroke-width": picked ? weight + 1.5 : weight,
        }),
      );
      const name = entry(symbol(hop, "kernel"), from, to);
      const own = frame().hops[hop].params.kernel.at(from, to);
      const about = `${name} = ${own}, gradient ${total(hop, "kernel").at(from, to)}`;
      hits.push(s("line", { ...ends, class: "hit", onclick: () => pick(hop, "kernel", from, to) }, s("title", {}, about)));
    }),
  );
  return s("g", { class: `lines${active ? " active" : ""}${back ? " gradient" : ""}` }, heading, lines, hits);
}

function drawLoss(x, now) {
  return s(
    "g",
    { class: now.line === "loss" ? "loss-line active" : "loss-line" },
    s("text", { class: "layer", x, y: 18 }, DATA.loss.name),
    s("path", { d: `M${x - 2.5} 40 V${layout.bottom + 14} M${x + 2.5} 40 V${layout.bottom + 14}` }),
  );
}

function drawColumn(column, now) {
  const parts = [];
  column.places.forEach((place, k) => {
    if (!PLACES[place].includes(" "))
      parts.push(s("text", { class: "place", x: column.x + (k + 0.5) * CELL, y: 54 }, drawnName(PLACES[place])));
  });
  if (column.target) parts.push(s("text", { class: "place", x: column.x + CELL / 2, y: 54 }, "y"));
  column.nodes.forEach((unit, row) => parts.push(column.tile ? drawTile(column, now) : drawNode(column, unit, row, now)));
  column.lines.forEach((hop, k) => parts.push(drawLine(column, hop, k, now)));
  if (column.units > column.nodes.length) {
    const y = column.top + column.nodes.length * layout.pitch + 12;
    parts.push(
      s("text", { class: "part", x: column.x + column.width / 2, y }, `${column.nodes.length} of ${column.units} drawn`),
    );
  }
  return s("g", { class: "column" }, parts);
}

function drawNode(column, unit, row, now) {
  const y = middle(column, row) - layout.pill / 2;
  const box = { x: column.x, y, width: column.width, height: layout.pill, rx: 11 };
  const node = s("g", { class: "node" }, s("rect", { ...box, class: "body" }));
  const places = column.target ? [PLACES.length] : column.places;
  places.forEach((place, k) => {
    const cell = { x: column.x + k * CELL + 3, y: y + 3, width: CELL - 6, height: layout.pill - 6, rx: 8 };
    const value = column.target ? Y.at(state.sample, unit) : valueAt(place).at(state.sample, unit);
    const shown = column.target || state.step >= valueStep(place);
    const held = !column.target && state.step >= messageStep(place) && messageAt(place);
    const fresh = now.made === place || now.held === place;
    const role = fresh ? " fresh" : now.used.includes(place) ? " used" : "";
    const most = column.target ? Y.largest : valueAt(place).largest;
    node.append(
      shown ? tint(s("rect", { ...cell, class: `cell${role}` }), value, most) : s("rect", { ...cell, class: "cell empty" }),
    );
    const at = { x: cell.x + cell.width / 2, "text-anchor": "middle" };
    const mid = y + layout.pill / 2;
    if (shown) node.append(s("text", { ...at, y: held ? mid - 4 : mid + 4, class: "value" }, short(value)));
    if (held) node.append(s("text", { ...at, y: mid + 12, class: "message" }, short(held.at(state.sample, unit))));
    if (shown) node.append(s("title", {}, `${entry(column.target ? "y" : PLACES[place], unit)} = ${value}`));
  });
  return node;
}

function drawTile(column, now) {
  const [place] = column.places.filter((each) => state.step >= valueStep(each)).slice(-1);
  const size = column.width - 8;
  const y = (TOP + layout.bottom - size) / 2;
  const text = s(
    "text",
    { class: "part", x: column.x + column.width / 2, y: y + size + 16 },
    valueAt(column.places[0]).shape.slice(1).join(" × "),
  );
  const fresh = column.places.includes(now.made) || column.places.includes(now.held);
  const frameBox = s("rect", {
    x: column.x,
    y: y - 4,
    width: column.width,
    height: size + 8,
    rx: 11,
    class: fresh ? "body fresh" : "body",
  });
  if (place === undefined) return s("g", { class: "node" }, frameBox, text);
  const grid = valueAt(place);
  const values = grid.heat ? grid.heat.values : grid.row(state.sample);
  const side = Math.max(1, Math.ceil(Math.sqrt(Math.min(values.length, 400))));
  const tiles = Array.from({ length: side * side }, (_, i) => values[Math.floor((i * values.length) / (side * side))]);
  const edge = size / side;
  const cells = tiles.map((value, i) => {
    const box = { x: column.x + 4 + (i % side) * edge, y: y + Math.floor(i / side) * edge, width: edge, height: edge };
    return tint(s("rect", { ...box, class: "pixel" }), value, grid.largest);
  });
  return s("g", { class: "node" }, frameBox, cells, text);
}

// a line through all nodes of a column, and the slopes beside it once they have been collected
function drawLine(column, hop, k, now) {
  const x = column.x + (k + 1) * CELL;
  const active = now.line === hop;
  const { factor } = frame().hops[hop];
  const collected = factor && state.step >= backStep(hop) && !column.tile && layout.pitch > 50;
  const slopes = collected
    ? column.nodes.map((unit, row) => {
        const text = `× ${short(factor.at(state.sample, unit))}`;
        const [y, width] = [middle(column, row) + layout.pill / 2 + 13, text.length * 6.2 + 4];
        return [
          s("rect", { class: "plate", x: x - width / 2, y: y - 10, width, height: 13 }),
          s("text", { class: "slope", x, y }, text),
        ];
      })
    : [];
  return s(
    "g",
    { class: `${HOPS[hop].kind === "activation" ? "activation" : "other"}${active ? " active" : ""}` },
    s("path", { d: `M${x} 40 V${layout.bottom + 14}` }),
    s("text", { class: "layer", x, y: k % 2 ? 32 : 18 }, title(hop)),
    slopes,
  );
}

// keep what happens in view where the drawing is wider than the screen
function follow(now) {
  const box = $("drawing");
  if (box.scrollWidth <= box.clientWidth) return;
  const place = now.made ?? now.held ?? 0;
  const scale = box.firstChild.getBoundingClientRect().width / layout.width;
  box.scrollTo({ left: centre(Math.min(place, PLACES.length)) * scale - box.clientWidth / 2, behavior: "smooth" });
}
