// What happens at a step, in words and in numbers; before a jump, a question.

import { arrayView } from "./arrays.mjs";
import { $, acts, h, lettered, lettersOf, meaning, named } from "./dom.mjs";
import { now } from "./lab.mjs";
import { arrived, backStep, book, entered, forwardStep, state, total, uptoAt, valueAt } from "./model.mjs";
import { digits, entry, short } from "./names.mjs";
import { questionsOf } from "./questions.mjs";

export const heading = (kicker, title, ...rest) => [
  h("p", { class: "kicker" }, kicker),
  h("h2", { tabindex: -1, "data-focus": "step-title" }, named(title)),
  rest,
];
export const formula = (text) => h("p", { class: "formula" }, lettered(text));
export const say = (text) => h("p", {}, named(text));

const asking = (what, hop, key) => ({
  target: (at) => ({ what, hop, key, at }),
  pick: (at) => acts.pick({ what, hop, key, at }),
  on: (at) => ({
    onclick: () => acts.pick({ what, hop, key, at }),
    onpointerdown: book.live && ["x", "y", "param"].includes(what) ? (event) => acts.drag(event, { what, hop, key, at }) : null,
  }),
});
const vector = (title, name, grid, tone, ask) => grid && arrayView(title, name, grid, { tone, vector: true, ask });
const inputs = (pass, hop, tone = "forward") => {
  const { source, in: name } = book.hops[hop];
  return vector(name, name, entered(pass, hop), tone, source === null ? null : source < 0 ? asking("x") : asking("value", source));
};
const outputs = (pass, hop, tone = "forward fresh", title = book.hops[hop].out) =>
  vector(title, book.hops[hop].out, pass.hops[hop].out, tone, asking("value", hop));
const arrivals = (pass, hop) => {
  const { behind, upto } = book.hops[hop];
  const ask = behind === null ? null : asking("message", book.data.jumps[behind]);
  return vector(upto[1], upto[1], arrived(pass, hop), "back", ask);
};
const sent = (pass, hop) => vector(book.hops[hop].upto[0], book.hops[hop].upto[0], pass.hops[hop].back, "back fresh", asking("message", hop));
export const parameters = (pass, hop, what, tone, keys = Object.keys(pass.hops[hop][what === "param" ? "params" : "grads"])) =>
  keys.map((key) => {
    const grid = what === "param" ? pass.hops[hop].params[key] : total(pass, hop, key);
    const symbol = book.hops[hop].symbols[key];
    return arrayView(what === "param" ? symbol : `gradient of ${symbol}`, symbol, grid, { tone, ask: asking(what, hop, key) });
  });

export const trainable = (pass) =>
  pass.hops.reduce((sum, { grads }) => sum + Object.values(grads).reduce((each, { shape }) => each + shape.reduce((a, b) => a * b, 1), 0), 0);

// the entry of the prediction that is furthest from the truth
export function worst(pass) {
  const grid = valueAt(pass, book.places.length - 1);
  let found = state.sample * grid.columns;
  for (let k = found; k < (state.sample + 1) * grid.columns; k += 1)
    if (Math.abs(pass.error.get(k) || 0) > Math.abs(pass.error.get(found) || 0)) found = k;
  const unit = found % grid.columns;
  const same = String(pass.y.shape) === String(grid.shape);
  const truth = same ? `the truth is ${digits(pass.y.get(found), 4)}` : `the truth is class ${digits(pass.y.get(state.sample), 4)}`;
  return { name: entry(book.last, [unit]), guess: digits(grid.get(found), 4), truth };
}

function atStart(pass) {
  const { guess, truth } = worst(pass);
  const many = trainable(pass);
  const asks = Number.isFinite(pass.loss)
    ? `It says ${guess}, ${truth}. Which way should each of its ${many} numbers turn?`
    : "The loss is no number. Step forward: which is the first number that is none?";
  return [
    heading("The question", asks),
    say(
      "Trying them one by one would take as many passes as there are numbers. Backpropagation answers for all of them in one walk: " +
        "forward from x to y, to see how wrong it is, then back from y to x, jump by jump, collecting one factor at each jump.",
    ),
    h("p", { class: "hint" }, "Step with the buttons or the ", h("kbd", {}, "←"), " ", h("kbd", {}, "→"), " keys. Click any number: it says what it is made of."),
    vector("x", "x", pass.x, "forward", asking("x")),
    vector("y", "y", pass.y, "", asking("y")),
    firstMet(),
  ];
}

// the letters of each step's formula, so that each is explained where it is met first
const FORMULAS = {
  Dense: ({ in: from, out, symbols }) => `${out} = ${from} @ ${symbols.kernel}${symbols.bias ? ` + ${symbols.bias}` : ""}`,
  Residual: ({ in: from, out }) => `${out} = ${from} + what its layers make of it`,
  Branches: ({ out }) => `${out} = what its branches give, side by side`,
};

function formulaOf(step) {
  const { phase, hop, penalty } = book.steps[step];
  const { loss, penalties } = book.data;
  if (phase === "start") return "x, y, ŷ";
  if (phase === "end") return "W -= learning_rate × gradient";
  if (phase === "loss") return `loss = the sum of ${loss.term} / n, n = ${loss.n}`;
  if (penalty >= 0) return penalties[penalty].text;
  if (hop < 0) return `${uptoAt(book.places.length - 1)} = ${loss.text}`;
  const it = book.hops[hop];
  if (phase === "forward") return (FORMULAS[it.class] || (({ in: from, out, class: kind }) => `${out} = ${kind}(${from})`))(it);
  if (it.dense) return `${it.upto[0]} = ${it.upto[1]} @ ${it.symbols.kernel}ᵀ`;
  return now().hops[hop].factor ? `${it.upto[0]} = ${it.upto[1]} ⊙ slope` : it.text;
}

function firstMet() {
  const before = new Set();
  for (let step = 0; step < state.step; step += 1) lettersOf(formulaOf(step)).forEach((letter) => before.add(letter));
  const { phase, hop } = book.steps[state.step];
  const slope = phase === "back" && hop >= 0 && now().hops[hop].factor ? ` ${book.hops[hop].text}` : "";
  const newly = [...lettersOf(formulaOf(state.step) + slope)].filter((letter) => !before.has(letter) && meaning(letter));
  return newly.length ? h("p", { class: "note" }, newly.map((letter, i) => [i ? h("br") : null, h("b", {}, letter), `: ${meaning(letter)}`])) : null;
}

function goForward(pass, { hop }) {
  const it = book.hops[hop];
  const count = `Forward, ${forwardStep(hop)} of ${book.hops.length}`;
  const remembers =
    it.kind === "weights"
      ? `It remembers ${it.in}: on the way back that is what lies at the other end of its weights.`
      : it.kind === "activation"
        ? "It remembers what went in: on the way back that decides the slope."
        : "It remembers what its own way back will need.";
  return [
    heading(count, it.name, formula(formulaOf(state.step)), firstMet()),
    it.kind === "weights" ? null : h("p", {}, h("code", {}, it.repr)),
    say(remembers),
    inputs(pass, hop),
    parameters(pass, hop, "param", ""),
    outputs(pass, hop),
  ];
}

function atLoss(pass) {
  const out = book.last;
  const hop = book.outside[book.outside.length - 1];
  const click = { type: "button", class: "plain exact", "data-focus": "loss", onclick: () => acts.pick({ what: "loss" }) };
  return [
    heading("The loss line", `${book.data.loss.name} = ${short(pass.loss)}`),
    h("p", {}, h("button", click, String(pass.loss))),
    formula(formulaOf(state.step)),
    firstMet(),
    say(
      "How far the prediction is from the truth, as one number. From here on we jump back, and ask of everything we pass: " +
        "by how much would the loss change if this changed a little?",
    ),
    vector(`ŷ = ${out}`, out, pass.hops[hop].out, "forward", asking("value", hop)),
    vector("y", "y", pass.y, "", asking("y")),
  ];
}

const remembered = (hop) => `Here is used again what forward step ${forwardStep(hop)} remembered.`;

function jumpBack(pass, { hop, jump, penalty }) {
  const count = `Jump ${jump + 1} of ${book.data.jumps.length}`;
  if (penalty >= 0) return overPenalty(pass, count, penalty);
  if (hop < 0) {
    const place = book.last;
    const upto = uptoAt(book.places.length - 1);
    const end = book.outside[book.outside.length - 1];
    return [
      heading(count, "Over the loss line", formula(formulaOf(state.step)), firstMet()),
      say(`The first factor. We hold ${upto}, and stand at ${place}.`),
      vector(`ŷ = ${place}`, place, pass.hops[end].out, "forward", asking("value", end)),
      vector("y", "y", pass.y, "", asking("y")),
      vector(upto, upto, pass.error, "back fresh", asking("message", -1)),
    ];
  }
  const it = book.hops[hop];
  const found = pass.hops[hop];
  const batch = book.data.samples[1] > 1 ? ", summed over the batch," : "";
  if (it.kind === "weights" && it.dense) {
    const { kernel: w, bias: b } = it.symbols;
    return [
      heading(count, `Over the weights of ${it.name}`, formula(formulaOf(state.step)), firstMet()),
      h(
        "ol",
        { class: "moves" },
        b && h("li", {}, "What we hold", batch, " is the gradient of ", h("b", {}, b), "."),
        h("li", {}, "What lies at the other end, turned, times what we hold is the gradient of ", h("b", {}, w), ": ", lettered(`${it.in}ᵀ @ g`), "."),
        h("li", {}, "Over the weights we hold ", named(it.upto[0]), "."),
      ),
      h("p", { class: "note" }, remembered(hop)),
      arrivals(pass, hop),
      inputs(pass, hop),
      parameters(pass, hop, "gradient", "back fresh"),
      parameters(pass, hop, "param", "factor", ["kernel"]),
      sent(pass, hop),
    ];
  }
  const slope = found.factor && vector(`slope at ${it.in}`, `slope at ${it.in}`, found.factor, "factor", asking("slope", hop));
  return [
    heading(
      count,
      `${it.kind === "activation" ? "Over the activation line " : "Over "}${it.name}`,
      formula(formulaOf(state.step)),
    ),
    found.factor ? h("p", {}, "slope = ", lettered(it.text), ", z = ", named(it.in)) : null,
    firstMet(),
    h("p", { class: "note" }, remembered(hop), " ", h("code", {}, it.repr)),
    arrivals(pass, hop),
    inputs(pass, hop),
    slope,
    parameters(pass, hop, "gradient", "back fresh"),
    sent(pass, hop),
  ];
}

function overPenalty(pass, count, penalty) {
  const { hop, key, text } = book.data.penalties[penalty];
  const name = book.hops[hop].symbols[key];
  return [
    heading(count, `Over the penalty of ${name}`, formula(text)),
    say("A penalty speaks to its parameter directly, so no message comes along: what it wants is added to the gradient."),
    arrayView(`from the penalty on ${name}`, name, pass.penalties[penalty], { tone: "back fresh" }),
    parameters(pass, hop, "gradient", "back fresh", [key]),
  ];
}

// the game: what is asked at a step, and what was answered
export const game = { answers: {}, hits: 0, asked: 0 };
export const pending = () => {
  if (!state.quiz || state.chapter !== null || book.steps[state.step].phase !== "back") return null;
  const at = game.answers[state.step] || 0;
  const questions = questionsOf(now(), state.step, state.sample);
  return at < questions.length ? { ...questions[at], at, of: questions.length } : null;
};
export function skip() {
  game.answers[state.step] = Infinity;
  acts.render();
}

function question({ text, choices, because, at, of }) {
  const jump = book.steps[state.step].jump + 1;
  const told = h("p", { class: "told", role: "status" });
  const next = h("button", { type: "button", class: "go", hidden: true, "data-focus": "quiz-next" }, at + 1 < of ? "Next question" : "Look");
  next.addEventListener("click", () => {
    game.answers[state.step] = at + 1;
    acts.render();
  });
  const buttons = choices.map(({ text: choice, right }, i) =>
    h("button", { type: "button", class: "choice", "data-focus": `choice${i}`, onclick: (event) => give(event.currentTarget, right) }, h("kbd", {}, String(i + 1)), ` ${choice}`),
  );
  function give(button, right) {
    game.asked += 1;
    game.hits += Number(right);
    buttons.forEach((each, i) => {
      each.disabled = true;
      if (choices[i].right) each.classList.add("right");
    });
    if (!right) button.classList.add("wrong");
    told.replaceChildren(right ? "Yes. " : "Not quite. ", ...named(because));
    next.hidden = false;
    next.focus();
    score();
  }
  return [
    heading(`Jump ${jump} of ${book.data.jumps.length}: your guess`, text),
    h("div", { class: "choices" }, buttons),
    told,
    h("div", { class: "row" }, next, h("button", { type: "button", class: "plain", "data-focus": "quiz-skip", onclick: skip }, "Just show me")),
  ];
}

export function score() {
  $("score").textContent = game.asked ? `${game.hits} of ${game.asked}` : "";
}

export function panel(open, atEnd) {
  const step = book.steps[state.step];
  const pages = { start: atStart, forward: goForward, loss: atLoss, back: jumpBack, end: atEnd };
  const content = open ? question(open) : pages[step.phase](now(), step);
  $("told").replaceChildren(...content.flat(Infinity).filter(Boolean), ...(open ? [] : [letters()]));
  $("panel").className = `panel ${step.phase}`;
}

// the notation, folded away
let lettersOpen = false;
function letters() {
  const list = Object.entries({ ...book.data.glossary, n: `${book.data.loss.n}; it counts ${book.data.loss.counts}` });
  const details = h(
    "details",
    { class: "letters", open: lettersOpen },
    h("summary", { "data-focus": "letters" }, "What the letters mean"),
    h("dl", {}, list.map(([letter, text]) => [h("dt", {}, letter), h("dd", {}, text)])),
    h("p", { class: "note" }, book.data.counting),
  );
  details.addEventListener("toggle", () => (lettersOpen = details.open));
  return details;
}

// what has been remembered on the way forward, and what has been collected on the way back
export function purse(shown) {
  const back = shown > book.lossStep;
  const phase = back ? "back" : "forward";
  const steps = book.steps
    .map((step, i) => ({ ...step, i }))
    .filter(({ i, hop, penalty, phase: own }) => i <= shown && !(penalty >= 0) && own === phase && (hop < 0 || !book.hops[hop].inside));
  const word = ({ hop }) => {
    const it = book.hops[hop];
    if (!back) return it.in;
    if (hop < 0) return book.data.loss.text;
    if (it.dense) return `${it.symbols.kernel}ᵀ`;
    return now().hops[hop].factor ? it.text : it.title;
  };
  const sign = ({ hop }) => (book.hops[hop].dense ? "@" : now().hops[hop].factor ? "⊙" : "→");
  const coin = (step) =>
    h(
      "button",
      { type: "button", class: "coin", title: step.hop < 0 ? book.data.loss.name : book.hops[step.hop].name, "data-focus": `coin${step.i}`, onclick: () => acts.go(step.i) },
      named(word(step)),
    );
  const coins = steps.flatMap((step, i) => [back && i ? h("span", { class: "times" }, sign(step)) : null, coin(step)]);
  const last = steps[steps.length - 1];
  const held = back && last && (last.hop < 0 || now().hops[last.hop].back);
  const end = held && h("span", { class: "times" }, "= ", named(last.hop < 0 ? uptoAt(book.places.length - 1) : book.hops[last.hop].upto[0]));
  const title = h("span", { class: "kicker" }, back ? "Collected" : "Remembered");
  $("purse").replaceChildren(...(steps.length ? [title, ...coins, end].filter(Boolean) : []));
  requestAnimationFrame(() => ($("purse").scrollLeft = $("purse").scrollWidth));
}

export const jumpedOver = (hop) => state.step >= backStep(hop);
