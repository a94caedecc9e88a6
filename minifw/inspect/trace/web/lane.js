// The lane below the drawing, on which one walks forwards and jumps back.

function drawLane(now) {
  const { floor } = layout;
  const end = PLACES.length;
  const lane = s(
    "g",
    { class: "lane" },
    s("line", { class: "ground", x1: centre(0) - 14, x2: centre(end) + 14, y1: floor, y2: floor }),
  );
  for (let place = 0; place <= end; place += 1)
    lane.append(s("circle", { class: "stop", cx: centre(place), cy: floor, r: 3 }));
  for (let place = end - 1; place >= 0; place -= 1) {
    if (state.step < messageStep(place) || !messageAt(place)) continue;
    const [from, to] = [centre(place + 1), centre(place)];
    const up = Math.min(30, 12 + (from - to) * 0.14);
    lane.append(s("path", { class: now.held === place ? "jump fresh" : "jump", d: arc(from, to, floor, up) }));
    lane.append(s("text", { class: "factor", x: (from + to) / 2, y: floor - up - 6 }, factorName(place)));
    lane.append(
      s(
        "text",
        {
          class: now.held === place ? "landed fresh" : "landed",
          x: to,
          y: floor + (landsLow(place) ? 33 : 18),
        },
        heldName(place),
      ),
    );
  }
  lane.append(drawPlayer(now));
  return lane;
}

const landsLow = (place) => {
  const { places } = columnOf(place);
  return places.length > 1 && places.indexOf(place) % 2 === 0;
};
const arc = (from, to, y, up) => `M${from} ${y} Q${(from + to) / 2} ${y - 2 * up} ${to} ${y}`;
const factorName = (place) => {
  if (place === PLACES.length - 1) return "loss′";
  const hop = OUTSIDE[place];
  if (HOPS[hop].kind === "weights") return HOPS[hop].number ? `× W${HOPS[hop].number}ᵀ` : "× Wᵀ";
  return frame().hops[hop].factor ? "× slope" : title(hop);
};
const heldName = (place) => {
  const name = PLACES[place];
  const above = OUTSIDE[place - 1];
  if (name.startsWith("I_") && HOPS[above].number) return `gradient of B${HOPS[above].number}`;
  return name.includes(" ") ? "" : upto(name);
};

let stood = null;
function drawPlayer(now) {
  const { phase } = STEPS[state.step];
  const back = state.step > LOSS;
  let place = PLACES.length;
  if (back) for (let each = PLACES.length - 1; each >= 0; each -= 1) if (state.step >= messageStep(each)) place = each;
  if (!back) {
    place = 0;
    for (let each = 1; each < PLACES.length; each += 1) if (state.step >= valueStep(each)) place = each;
    if (phase === "loss") place = PLACES.length;
  }
  const [x, y] = [centre(place), layout.floor];
  const player = s("g", { class: back || phase === "loss" ? "player back" : "player" }, s("circle", { cx: x, cy: y, r: 7 }));
  const from = stood === null ? x : stood;
  stood = x;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (from !== x && !calm && player.animate) {
    const up = back ? Math.min(30, 12 + Math.abs(from - x) * 0.14) : 0;
    const path = Array.from({ length: 13 }, (_, i) => {
      const t = i / 12;
      return { transform: `translate(${(from - x) * (1 - t)}px, ${-4 * up * t * (1 - t)}px)` };
    });
    player.animate(path, { duration: 320, easing: "ease-in-out" });
  }
  return player;
}
