// The tutorial's lesson in chapters that drive the stage, from one neuron to the whole network, in this network's own numbers.

import { $, acts, h, named } from "./dom.mjs";
import { now } from "./lab.mjs";
import { arrived, backStep, book, entered, forwardStep, state, total, uptoAt, valueAt } from "./model.mjs";
import { digits, entry } from "./names.mjs";
import { worst } from "./panel.mjs";

// the weights that the story is told of: a first layer and a last one, with an activation behind
const denses = () => book.outside.filter((hop) => book.hops[hop].dense);
export const canTell = () => denses().length > 1 && !entered(now(), denses()[0]).kept && Number.isFinite(now().loss);

export function chapters() {
  const pass = now();
  const ones = denses();
  const [first, last] = [ones[0], ones[ones.length - 1]];
  const { in: from, out, symbols } = book.hops[first];
  const act = book.outside.find((hop) => hop > first && pass.hops[hop].factor);
  const end = book.steps.length - 1;
  const at = state.sample * pass.hops[first].out.columns;
  const value = pass.hops[first].out.get(at);
  const found = [
    {
      title: "One neuron",
      step: forwardStep(first),
      picked: { what: "value", hop: first, at },
      text: `Look at one unit only, ${entry(out, [0])}. Each number of ${from} is multiplied by the weight on its line, and all are added up${symbols.bias ? `, with the bias ${entry(symbols.bias, [0])}` : ""}: ${digits(value, 4)}. The answer below shows every product. A neuron does no more than that.`,
    },
  ];
  if (act !== undefined) {
    const z = entered(pass, act).get(state.sample * entered(pass, act).columns);
    found.push({
      title: "A bend",
      step: forwardStep(act),
      picked: { what: "value", hop: act, at: state.sample * pass.hops[act].out.columns },
      text: `Sums of sums are sums again: without something bent, many layers would be one. So each number goes through ${book.hops[act].class}: of ${digits(z, 4)} it makes ${digits(pass.hops[act].out.get(state.sample * pass.hops[act].out.columns), 4)}, on its own, whatever its neighbours are.`,
    });
  }
  found.push(
    {
      title: "A network",
      step: forwardStep(book.outside[book.outside.length - 1]),
      picked: null,
      text: `Side by side such neurons are a layer, one behind the other layers are a network: ${ones.length} times weights, from ${valueAt(pass, 0).columns} numbers at x to ${valueAt(pass, book.places.length - 1).columns} at the end. Nothing new happens on the way; everything that is calculated is remembered.`,
    },
    {
      title: "How wrong?",
      step: book.lossStep,
      picked: { what: "loss" },
      text: `It says ${worst(pass).guess}, ${worst(pass).truth}. The loss puts all such errors into one number, ${digits(pass.loss, 4)}. From now on there is one question: what has to change so that this number falls?`,
    },
    {
      live: true,
      title: "Try it out",
      step: book.lossStep,
      picked: { what: "param", hop: last, key: "kernel", at: 0 },
      text: `One could try. Below is one weight, ${entry(book.hops[last].symbols.kernel, [0, 0])}: drag it, or nudge it by 0.01, and watch the loss. But there are many weights, and each try costs a whole pass. Is there a way to know it for all of them at once?`,
    },
    {
      title: "The first jump",
      step: backStep(-1),
      picked: { what: "message", hop: -1, at: state.sample * pass.error.columns },
      text: `Stand at y and jump back over the loss line. At ${book.last} we can say how the loss answers: if a prediction grows by a little, the loss grows by ${uptoAt(book.places.length - 1)} times that little. Positive: it should be smaller. Negative: larger.`,
    },
  );
  const lastAct = [...book.outside].reverse().find((hop) => pass.hops[hop].factor && hop > last);
  if (lastAct !== undefined)
    found.push({
      title: "Over the bend",
      step: backStep(lastAct),
      picked: { what: "message", hop: lastAct, at: state.sample * pass.hops[lastAct].back.columns },
      text: `Next comes an activation line. A change of its input arrives at its output multiplied by the slope there, so the message is multiplied by the slope: ${book.hops[lastAct].text}. Where the curve is flat, little gets through.`,
    });
  const g = arrived(pass, last);
  found.push(
    {
      title: "At the weights",
      step: backStep(last),
      picked: { what: "gradient", hop: last, key: "kernel", at: 0 },
      text: `A weight sits between two numbers. It counts as much as the number before it: so its gradient is ${book.hops[last].in} at one end times the message at the other, here ${digits(entered(pass, last).get(state.sample * entered(pass, last).columns), 4)} × ${digits(g.get(state.sample * g.columns), 4)}. That was the question, answered for a whole layer.`,
    },
    {
      title: "All the ways back",
      step: backStep(last),
      picked: { what: "message", hop: last, at: state.sample * entered(pass, last).columns },
      text: `And on: a unit before the weights acts on every unit behind them. So its message is the sum over all ways back, each times the weight on the way. Then the same again: over a bend, over weights, until x.`,
    },
    {
      title: "The chain",
      step: backStep(first),
      picked: { what: "gradient", hop: first, key: "kernel", at: 0 },
      text: `The gradient of ${entry(symbols.kernel, [0, 0])}, ${digits(total(pass, first, "kernel").get(0), 4)}, is what was collected on the whole walk. Open the message in the answer, and the message in that, down to y: this is the chain rule, and all of backpropagation.`,
    },
    {
      live: true,
      title: "Turn them all",
      step: end,
      picked: null,
      text: `Every number moves a little against its gradient, and the next pass is a little less wrong. Press Play: walking forth and back like this, over and over, is training.`,
    },
  );
  return book.live ? found : found.filter(({ live }) => !live);
}

export function story() {
  const box = $("story");
  box.hidden = state.chapter === null;
  if (state.chapter === null) return box.replaceChildren();
  const all = chapters();
  const { title, text } = all[state.chapter];
  box.replaceChildren(
    h("button", { type: "button", class: "close", "aria-label": "Leave the story", "data-focus": "leave", onclick: () => tell(null) }, "×"),
    h("p", { class: "kicker" }, `Chapter ${state.chapter + 1} of ${all.length}`),
    h("h2", { tabindex: -1, "data-focus": "chapter" }, title),
    h("p", {}, named(text)),
    h(
      "div",
      { class: "row" },
      h("button", { type: "button", "data-focus": "chapter-back", onclick: () => tell(state.chapter - 1), hidden: state.chapter === 0 }, "Back"),
      h("button", { type: "button", class: "go", "data-focus": "chapter-on", onclick: () => tell(state.chapter + 1 < all.length ? state.chapter + 1 : null) }, state.chapter + 1 < all.length ? "Next chapter" : "The end"),
    ),
  );
  return undefined;
}

// go to a chapter, or leave the story
export function tell(chapter) {
  state.chapter = chapter;
  if (chapter !== null) {
    const { step, picked } = chapters()[chapter];
    Object.assign(state, { step, picked });
  } else state.picked = null;
  acts.render();
  $("aside").scrollTop = 0;
}
