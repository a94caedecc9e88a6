// The end of the walk: the update in numbers, training on the page, and how strong the message was on its way.

import { paint } from "./arrays.mjs";
import { acts, h, named, s } from "./dom.mjs";
import { asPython, lab, landscape, now, optimizers, replay, reset, stepped, train, undo, way } from "./lab.mjs";
import { book, messageAt, state, total, uptoAt } from "./model.mjs";
import { digits, entry, fixed, short, unravel } from "./names.mjs";
import { formula, heading, parameters, say } from "./panel.mjs";

export const training = { optimizer: "sgd", rate: 0.1, running: null };

// the weight that the update is shown on: the one that was asked for, or the one with the largest gradient
function chosen(pass) {
  const { picked } = state;
  if (picked && (picked.what === "gradient" || picked.what === "param") && total(pass, picked.hop, picked.key)) return picked;
  let found = null;
  pass.hops.forEach(({ grads }, hop) =>
    Object.keys(grads).forEach((key) => {
      const grid = total(pass, hop, key);
      if (grid.kept || (found && found.key === "kernel" && key !== "kernel")) return;
      grid.values.forEach((value, at) => {
        if (!found || (key === "kernel" && found.key !== key) || Math.abs(value) > Math.abs(found.value)) found = { hop, key, at, value };
      });
    }),
  );
  return found;
}

export function atEnd(pass) {
  const content = [heading("The update", "Every number turns against its gradient")];
  const it = chosen(pass);
  if (it) {
    const [w, g] = [pass.hops[it.hop].params[it.key].get(it.at), total(pass, it.hop, it.key).get(it.at)];
    const name = entry(book.hops[it.hop].symbols[it.key], unravel(it.at, pass.hops[it.hop].params[it.key].shape));
    const { rate } = training;
    content.push(
      formula("W -= learning_rate × gradient"),
      h("p", { class: "sums" }, h("b", {}, name), ` = ${digits(w, 4)} − ${rate} × ${digits(g, 4)} = `, h("b", {}, digits(w - rate * g, 4))),
    );
  }
  if (book.live) {
    const { before, after } = stepped(training.rate);
    const way = after < before ? "It has learned." : after > before ? "The step was too long." : "";
    content.push(
      h("p", {}, "All numbers at once, then forward again: "),
      h("p", { class: "sums", id: "update" }, `loss ${fixed(before)} → `, h("b", {}, fixed(after)), ` ${way}`),
      box(),
    );
  } else content.push(say("Then forward again: the loss is a little smaller, and the walk begins anew."), h("p", { class: "note" }, `The page shows what Python recorded, and does not train: ${book.obstacle}.`));
  const hops = book.hops.map((_, hop) => hop).reverse();
  return [content, strengths(pass), h("h3", {}, "All gradients"), say("This is what an optimizer is given. Choose an entry to see the way it came."), hops.map((hop) => parameters(pass, hop, "gradient", "back"))];
}

function box() {
  const select = h(
    "select",
    { "aria-label": "Optimizer", "data-focus": "optimizer", onchange: (event) => ((training.optimizer = event.target.value), acts.render()) },
    Object.entries(optimizers).map(([value, text]) => h("option", { value, selected: value === training.optimizer }, text)),
  );
  const rate = h("input", { type: "number", min: 0, step: "any", value: training.rate, "aria-label": "Learning rate", "data-focus": "rate" });
  rate.addEventListener("change", () => {
    const value = Number(rate.value);
    if (Number.isFinite(value) && value > 0) training.rate = value;
    acts.render();
  });
  const times = (factor) => {
    training.rate = Number((training.rate * factor).toPrecision(3));
    acts.render();
  };
  const press = (text, focus, act, more = {}) => h("button", { type: "button", "data-focus": focus, onclick: act, ...more }, text);
  const go = (steps) => () => (train(training.optimizer, training.rate, steps), acts.render());
  return h(
    "section",
    { class: "lab", "aria-label": "Training" },
    h("h3", {}, "Train it here"),
    h("div", { class: "row" }, select, h("label", {}, "rate ", rate), press("÷ 3", "slower", () => times(1 / 3)), press("× 3", "faster", () => times(3))),
    h(
      "div",
      { class: "row" },
      press("1 step", "one", go(1)),
      press("100 steps", "hundred", go(100)),
      press(training.running ? "Pause" : "Play", "play", play, { class: "go", id: "play" }),
    ),
    h("div", { id: "curve-box" }, lab.losses.length && lab.actions.length ? curve() : null),
    h("p", { class: "note", id: "steps-text" }, stepsText()),
    map(),
  );
}

// the loss over the two weights with the largest gradients, and the way of training through it; drawn when it is opened
let mapOpen = false;
function map() {
  const details = h("details", { class: "letters", open: mapOpen }, h("summary", { "data-focus": "map" }, "The loss over two weights"));
  const fill = () => mapOpen && details.childElementCount === 1 && details.append(...mapOf());
  details.addEventListener("toggle", () => ((mapOpen = details.open), fill()));
  fill();
  return details;
}

function mapOf() {
  const pass = now();
  const all = pass.hops.flatMap(({ grads }, hop) =>
    grads.kernel ? Array.from(grads.kernel.values, (value, at) => ({ hop, key: "kernel", at, size: Math.abs(value) })) : [],
  );
  const pair = all.sort((a, b) => b.size - a.size).slice(0, 2);
  if (pair.length < 2) return [];
  const points = way(pair);
  const here = points[points.length - 1];
  const reach = Math.max(1, ...points.flatMap((point) => point.map((value, i) => 1.2 * Math.abs(value - here[i]))));
  const logs = landscape(pair, reach).map((row) => row.map((loss) => Math.log10(Math.max(loss, 1e-30))));
  const high = Math.max(...logs.flat());
  const low = Math.max(high - 3, Math.min(...logs.flat()));
  const canvas = h("canvas", { width: 205, height: 205, role: "img", "aria-label": "The loss over two weights" });
  paint(canvas, logs.map((row) => row.map((value) => (Math.max(0, value - low) / (high - low || 1)) ** 2)), [5, 5], 1);
  const place = (point) => point.map((value, i) => (102.5 + (i ? -1 : 1) * ((value - here[i]) / reach) * 100).toFixed(1)).join(" ");
  const path = s("path", { d: `M${points.map(place).join(" L")}` });
  const [across, up] = pair.map(({ hop, at }) => entry(book.hops[hop].symbols.kernel, unravel(at, pass.hops[hop].params.kernel.shape)));
  return [
    h("div", { class: "map" }, canvas, s("svg", { viewBox: "0 0 205 205", "aria-hidden": "true" }, path, s("circle", { cx: 102.5, cy: 102.5, r: 4 }))),
    h("p", { class: "note" }, `Across ${across}, up ${up}, each ${digits(reach, 2)} to either side of where it is (the ring); the stronger the colour, the larger the loss. The line is the way that training took.`),
  ];
}

const stepsText = () => {
  const steps = lab.actions.reduce((sum, { steps: some }) => sum + (some || 0), 0);
  const { loss } = now();
  const gone = Number.isFinite(loss) && loss < 1e6 * (lab.losses[0] || 1) ? "" : " It has diverged: a smaller learning rate keeps it.";
  return steps ? `After ${steps} steps the loss is ${digits(loss, 4)}.${gone}` : "No step yet.";
};

// the losses of training on a logarithmic scale; none where there is no finite one
function curve() {
  const losses = lab.actions.length ? [...lab.losses, now().loss] : [now().loss];
  const step = Math.max(1, Math.ceil(losses.length / 300));
  const kept = losses.filter((_, i) => i % step === 0 || i === losses.length - 1).map((loss) => Math.log10(Math.max(loss, 1e-300)));
  const finite = kept.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite, 0.5), Math.max(...finite, -0.5)];
  const [lowest, highest] = finite.length ? [Math.min(...finite), Math.max(...finite)] : [low, high];
  const y = (loss) => (highest > lowest ? 8 + (64 * (highest - loss)) / (highest - lowest) : 40);
  const points = kept.map((loss, i) => (Number.isFinite(loss) ? `${((300 * i) / Math.max(1, kept.length - 1)).toFixed(1)} ${y(loss).toFixed(1)}` : null));
  const d = points.filter(Boolean).map((point, i) => `${i ? "L" : "M"}${point}`).join(" ");
  return s(
    "svg",
    { class: "curve", viewBox: "0 0 300 80", preserveAspectRatio: "none", role: "img", "aria-label": "The loss over the steps of training, on a logarithmic scale" },
    s("path", { d: d || "M0 40", "vector-effect": "non-scaling-stroke" }),
  );
}

export function stop() {
  cancelAnimationFrame(training.running);
  training.running = null;
}

// train while it plays: a step a frame, and the stage follows
export function play() {
  if (training.running) {
    stop();
    acts.render();
    return;
  }
  const tick = () => {
    training.running = requestAnimationFrame(tick);
    train(training.optimizer, training.rate, 1);
    acts.redraw();
    const [place, text] = [document.getElementById("curve-box"), document.getElementById("steps-text")];
    if (!place || !Number.isFinite(now().loss)) {
      stop();
      acts.render();
      return;
    }
    place.replaceChildren(curve());
    text.textContent = stepsText();
  };
  training.running = requestAnimationFrame(tick);
  acts.render();
}

// a bar a place: how large the message is there, on a logarithmic scale, and what made it so
function strengths(pass) {
  const rows = [];
  for (let place = book.places.length - 1; place >= 0; place -= 1) {
    const grid = messageAt(pass, place);
    if (!grid) continue;
    const size = grid.largest;
    const hop = book.outside[place];
    const cause = hop === undefined ? "the loss" : causeOf(pass, hop);
    rows.push({ name: uptoAt(place), size, cause });
  }
  const logs = rows.map(({ size }) => Math.log10(size)).filter(Number.isFinite);
  if (!logs.length) return null;
  const [low, high] = [Math.min(...logs) - 1, Math.max(...logs)];
  const width = (size) => (size > 0 && Number.isFinite(size) ? (100 * (Math.log10(size) - low)) / (high - low) : size > 0 ? 100 : 0);
  const falls = rows.length > 1 ? rows[rows.length - 1].size / rows[0].size : 1;
  const word = falls < 1e-3 ? "It vanishes: what reaches the first layers is too small to teach them." : falls > 1e3 ? "It explodes: the first layers get far more than the last." : "It stays of one order: every layer gets its share.";
  return [
    h("h3", {}, "How strong the message was"),
    h("p", { class: "note" }, "The largest entry at each place, from y back to x; each bar on a logarithmic scale. ", word),
    h(
      "table",
      { class: "strengths" },
      rows.map(({ name, size, cause }) => {
        const bar = h("span", { class: "bar" });
        bar.style.setProperty("--width", `${Math.max(1, width(size)).toFixed(1)}%`);
        return h("tr", {}, h("th", { scope: "row" }, named(name.replace("error_grad_upto_", "upto ").replace("error gradient at ", "at "))), h("td", { class: "number" }, short(size)), h("td", { class: "wide" }, bar), h("td", { class: "cause" }, cause));
      }),
    ),
  ];
}

function causeOf(pass, hop) {
  const { factor, params } = pass.hops[hop];
  const mean = (grid) => grid.values.reduce((sum, value) => sum + Math.abs(value), 0) / grid.values.length;
  if (factor) return `slope about ${short(mean(factor))}`;
  if (book.hops[hop].kind === "weights" && params.kernel) return `weights about ${short(mean(params.kernel))}`;
  return book.hops[hop].title;
}

// what is done with changes: taken back, saved, copied
export const changes = {
  undo: () => (undo(), acts.render()),
  reset: () => (stop(), reset(), acts.render()),
  python: asPython,
  again: replay,
};
