// The steps, the film, the keys, the address, and what is saved.

import { answer } from "./answer.mjs";
import { $, acts, calm, h, keepingFocus, s } from "./dom.mjs";
import { draw, follow } from "./drawing.mjs";
import { change, lab, now, valueOf, whereOf } from "./lab.mjs";
import { drawLane } from "./lane.mjs";
import { read, written } from "./link.mjs";
import { book, fresh, load, lastStep, state } from "./model.mjs";
import { short } from "./names.mjs";
import { game, panel, pending, purse, score, skip } from "./panel.mjs";
import { canTell, chapters, story, tell } from "./story.mjs";
import { atEnd, changes, stop, training } from "./training.mjs";

function redraw() {
  const shown = pending() ? state.step - 1 : state.step;
  const { svg, scene } = draw(shown);
  svg.append(drawLane(scene));
  $("drawing").replaceChildren(svg);
  document.body.dataset.phase = state.step > book.lossStep ? "back" : "forward";
  $("network").textContent = `${book.data.title} · loss ${short(now().loss)}`;
  return scene;
}

function render() {
  keepingFocus(() => {
    const open = pending();
    const scene = redraw();
    story();
    answer();
    panel(open, atEnd);
    $("panel").hidden = state.chapter !== null && book.steps[state.step].phase !== "end";
    purse(open ? state.step - 1 : state.step);
    controls(open);
    follow(scene);
  });
  remember();
}

function go(step) {
  if (training.running) stop();
  state.step = Math.max(0, Math.min(lastStep(), step));
  if (state.chapter !== null) state.chapter = null;
  render();
  $("aside").scrollTop = 0;
}

// what the button and the arrow to the right do: answer is shown, or one step on
const next = () => (pending() ? skip() : state.chapter === null ? go(state.step + 1) : tell(state.chapter + 1 < chapters().length ? state.chapter + 1 : null));
const back = () => (state.chapter === null ? go(state.step - 1) : tell(Math.max(0, state.chapter - 1)));

function pick(target) {
  state.picked = target;
  render();
  if (!target) return;
  $("why-title").focus({ preventScroll: true });
  $("aside").scrollTop = state.chapter === null ? 0 : $("why").offsetTop - 8;
}

function controls(open) {
  const { step } = state;
  const off = (id, value) => $(id).setAttribute("aria-disabled", String(value));
  ["first", "back"].forEach((id) => off(id, step === 0 && state.chapter === null));
  ["next", "last"].forEach((id) => off(id, step === lastStep() && state.chapter === null));
  $("next").textContent = open ? "Show" : step >= book.lossStep && step < lastStep() ? "Jump →" : "Next →";
  $("step").value = step;
  $("step").setAttribute("aria-valuetext", `step ${step} of ${lastStep()}`);
  $("status").textContent = [...$("told").querySelectorAll(".kicker, h2")].map((line) => line.textContent).join(": ");
  $("quiz").setAttribute("aria-pressed", String(state.quiz));
  $("tell").setAttribute("aria-pressed", String(state.chapter !== null));
  score();
  $("changed").hidden = !lab.actions.length;
  const double = book.data.dtype === "float32" ? ", calculated in double precision" : "";
  $("changed-text").textContent = `Changed on this page${double}.`;
  if (book.frames.length > 1) {
    $("frame").value = state.frame;
    $("frame-text").textContent = `step ${book.frames[state.frame].step}`;
    $("frame").setAttribute("aria-valuetext", $("frame-text").textContent);
  }
}

// the address says it all, a moment after the last change
let waiting = 0;
function remember() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const address = written(state, lab.actions);
    if (location.protocol !== "about:") history.replaceState(null, "", address);
  }, 200);
}

let rolling = null;
function roll() {
  const end = () => {
    clearInterval(rolling);
    rolling = null;
    $("roll").textContent = "▶";
    $("roll").setAttribute("aria-label", "Play the film");
  };
  if (rolling) return end();
  if (state.frame === book.frames.length - 1) state.frame = -1;
  $("roll").textContent = "⏸";
  $("roll").setAttribute("aria-label", "Stop the film");
  rolling = setInterval(() => {
    state.frame += 1;
    changes.again();
    render();
    if (state.frame === book.frames.length - 1) end();
  }, Number($("speed").value));
  return undefined;
}

// the loss over training time, above the slider; gaps where it is no number
function filmCurve() {
  const losses = book.frames.map(({ loss }) => Math.log10(Math.max(loss, 1e-300)));
  const finite = losses.filter(Number.isFinite);
  const [low, high] = finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 0];
  const at = (loss, i) => `${((100 * i) / (losses.length - 1)).toFixed(2)} ${(22 - (20 * (loss - low)) / (high - low || 1)).toFixed(2)}`;
  const points = losses.map((loss, i) => (Number.isFinite(loss) ? at(loss, i) : null));
  const d = points.map((point, i) => point && `${i && points[i - 1] ? "L" : "M"}${point}`).filter(Boolean).join(" ");
  $("curve").setAttribute("viewBox", "0 0 100 24");
  if (d) $("curve").append(s("path", { d, "vector-effect": "non-scaling-stroke" }));
}

// a number on the stage follows the pointer, up for more
function drag(event, target) {
  const where = whereOf(target);
  if (!where) return;
  const [start, value] = [event.clientY, valueOf(where, target.at)];
  let moved = false;
  const move = (later) => {
    const by = start - later.clientY;
    if (!moved && Math.abs(by) < 4) return;
    moved = true;
    change(where, target.at, Number((value + by * 0.01).toPrecision(6)));
    render();
  };
  const end = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    if (moved) pick(target);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
  event.preventDefault();
}

// this page as a file, with all that was changed in it: the elements as they were before anything was filled in
let shell = [];
function keepShell() {
  const raw = (element) => {
    const type = element.type ? ` type="${element.type}"` : "";
    const name = element.localName;
    const id = element.id ? ` id="${element.id}"` : "";
    return [`<${name}${id}${type}>`, element.id === "data" ? null : element.textContent, `</${name}>`];
  };
  const plain = (element) => [new XMLSerializer().serializeToString(element)];
  const parts = (parent) => [...parent.children].flatMap((each) => (/^(STYLE|SCRIPT|NOSCRIPT)$/.test(each.tagName) ? raw(each) : plain(each)));
  shell = ['<!doctype html><html lang="en"><head>', ...parts(document.head), "</head><body>", ...parts(document.body), "</body></html>"];
}

function pageText() {
  const data = JSON.stringify({ ...book.data, start: written(state, lab.actions) }).replace(/</g, "\\u003c");
  return shell.map((part) => (part === null ? data : part)).join("");
}

function save() {
  const link = h("a", { href: URL.createObjectURL(new Blob([pageText()], { type: "text/html" })), download: `${book.data.title}.html` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function copy(text, what) {
  $("copied-text").value = text;
  $("copied-what").textContent = what;
  $("copied").showModal();
  $("copied-text").select();
  if (navigator.clipboard) navigator.clipboard.writeText(text).catch(() => {});
}

function meanings() {
  const tip = $("tip");
  const show = (event) => {
    const letter = event.target.closest && event.target.closest("[data-meaning]");
    tip.hidden = !letter;
    if (!letter) return;
    tip.textContent = letter.dataset.meaning;
    const box = letter.getBoundingClientRect();
    tip.style.setProperty("--left", `${Math.max(8, Math.min(innerWidth - tip.offsetWidth - 8, box.left))}px`);
    tip.style.setProperty("--top", `${box.bottom + 6 + tip.offsetHeight > innerHeight ? box.top - tip.offsetHeight - 6 : box.bottom + 6}px`);
  };
  document.addEventListener("pointerover", show);
  document.addEventListener("focusin", show);
}

function listen() {
  const on = (id, act, kind = "click") =>
    $(id).addEventListener(kind, () => $(id).getAttribute("aria-disabled") !== "true" && act());
  $("step").max = lastStep();
  $("step").style.setProperty("--turn", `${(100 * book.lossStep) / lastStep()}%`);
  on("step", () => go(Number($("step").value)), "input");
  on("first", () => go(0));
  on("back", back);
  on("next", next);
  on("last", () => go(lastStep()));
  on("quiz", () => ((state.quiz = !state.quiz), (game.answers = {}), render()));
  on("tell", () => tell(state.chapter === null ? 0 : null));
  on("undo", changes.undo);
  on("reset", changes.reset);
  on("share", () => copy(location.href.split("#")[0] + written(state, lab.actions), "The address of what you see"));
  on("save", save);
  on("python", () => copy(changes.python(), "The weights, as Python"));
  const [kept, all] = book.data.samples;
  $("samples").hidden = kept === 1;
  for (let i = 0; i < kept; i += 1) $("sample").append(h("option", { value: i }, `${i + 1} of ${all}`));
  on("sample", () => ((state.sample = Number($("sample").value)), render()), "change");
  if (book.frames.length > 1) {
    $("film").hidden = false;
    $("frame").max = book.frames.length - 1;
    on("frame", () => ((state.frame = Number($("frame").value)), changes.again(), render()), "input");
    on("roll", roll);
    filmCurve();
  }
  document.addEventListener("keydown", keys);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
  addEventListener("hashchange", () => (linked(location.hash), render()));
  new ResizeObserver(() => follow(redraw())).observe($("drawing"));
}

function linked(address) {
  const found = read(address, book);
  Object.assign(state, fresh, found.state);
  lab.actions = found.actions;
  changes.again();
  if (state.chapter !== null && (!canTell() || state.chapter >= chapters().length)) state.chapter = null;
  if (state.chapter !== null) {
    const { step, picked } = chapters()[state.chapter];
    Object.assign(state, { step, picked });
  }
  $("sample").value = state.sample;
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || $("copied").open) return;
  const choice = /^[1-9]$/.test(event.key) && document.querySelectorAll(".choice")[Number(event.key) - 1];
  if (choice) choice.click();
  if (event.key === "Escape") {
    if (!$("tip").hidden) $("tip").hidden = true;
    else if (state.picked) pick(null);
    else if (state.chapter !== null) tell(null);
  }
  const act = { ArrowRight: next, ArrowLeft: back, Home: () => go(0), End: () => go(lastStep()) }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function start() {
  keepShell();
  load(JSON.parse($("data").textContent));
  Object.assign(acts, { go, pick, render, redraw, drag });
  const drawn = book.columns.some((column) => column.units > column.nodes.length);
  $("legend").append(
    h("span", { class: "key positive" }, "positive"),
    h("span", { class: "key negative" }, "negative"),
    h("span", { class: "key held" }, "error gradient"),
    drawn ? `Of large layers ${book.data.drawn} units are drawn. ` : "",
    book.live ? "Click any number or weight; drag inputs, targets and parameters up or down." : `Click any number or weight. A recording: ${book.obstacle}.`,
  );
  $("tell").hidden = !canTell();
  listen();
  meanings();
  linked(location.hash || book.data.start);
  render();
  globalThis.lesson = { redraw, state, book, go, pick, now, lab, game, pending, text: pageText, calm };
}

start();
