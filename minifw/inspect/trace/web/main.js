// The steps, the film, the keys.

function render() {
  draw();
  panel();
  purse();
  why();
  controls();
}

function go(step) {
  state.step = Math.max(0, Math.min(STEPS.length - 1, step));
  render();
}

function controls() {
  const { step } = state;
  const last = STEPS.length - 1;
  $("first").disabled = $("back").disabled = step === 0;
  $("next").disabled = $("last").disabled = step === last;
  $("next").textContent = step >= LOSS && step < last ? "Jump →" : "Next →";
  $("step").value = step;
  $("step").setAttribute("aria-valuetext", `step ${step} of ${last}`);
  $("status").textContent = [...$("panel").querySelectorAll(".kicker, h2")].map((line) => line.textContent).join(": ");
  document.body.dataset.phase = step > LOSS ? "back" : "forward";
  $("network").textContent = `${DATA.title} · loss ${short(frame().loss)}`;
  if (FRAMES.length > 1) {
    $("frame").value = state.frame;
    $("frame-text").textContent = `step ${frame().step} · loss ${short(frame().loss)}`;
    $("frame").setAttribute("aria-valuetext", $("frame-text").textContent);
  }
}

let rolling = null;
function roll() {
  const stop = () => {
    clearInterval(rolling);
    rolling = null;
    $("roll").textContent = "▶";
    $("roll").setAttribute("aria-label", "Play the film");
  };
  if (rolling) return stop();
  if (state.frame === FRAMES.length - 1) state.frame = -1;
  $("roll").textContent = "⏸";
  $("roll").setAttribute("aria-label", "Stop the film");
  rolling = setInterval(() => {
    state.frame += 1;
    render();
    if (state.frame === FRAMES.length - 1) stop();
  }, 160);
}

// the loss over training time, behind the slider
function curve() {
  const losses = FRAMES.map((each) => each.loss).map((loss) => Math.log10(Math.max(Number(loss) || 0, 1e-300)));
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const at = (loss, i) =>
    `${((100 * i) / (losses.length - 1)).toFixed(2)} ${(22 - (20 * (loss - low)) / (high - low || 1)).toFixed(2)}`;
  $("curve").setAttribute("viewBox", "0 0 100 24");
  $("curve").append(s("path", { d: `M${losses.map(at).join(" L")}`, "vector-effect": "non-scaling-stroke" }));
}

function start() {
  const marks = $("step").parentElement.querySelectorAll(".marks span");
  marks[0].style.flexGrow = LOSS;
  marks[1].style.flexGrow = STEPS.length - 1 - LOSS;
  $("step").max = STEPS.length - 1;
  $("step").style.setProperty("--turn", `${(100 * LOSS) / (STEPS.length - 1)}%`);
  $("step").addEventListener("input", () => go(Number($("step").value)));
  $("first").addEventListener("click", () => go(0));
  $("back").addEventListener("click", () => go(state.step - 1));
  $("next").addEventListener("click", () => go(state.step + 1));
  $("last").addEventListener("click", () => go(STEPS.length - 1));
  const [kept, all] = DATA.samples;
  $("samples").hidden = kept === 1;
  for (let i = 0; i < kept; i += 1) $("sample").append(h("option", { value: i }, `${i + 1} of ${all}`));
  $("sample").addEventListener("change", () => ((state.sample = Number($("sample").value)), render()));
  if (FRAMES.length > 1) {
    $("film").hidden = false;
    $("frame").max = FRAMES.length - 1;
    $("frame").addEventListener("input", () => ((state.frame = Number($("frame").value)), render()));
    $("roll").addEventListener("click", roll);
    curve();
  }
  $("legend").append(
    h("span", { class: "key positive" }, "positive"),
    h("span", { class: "key negative" }, "negative"),
    h("span", { class: "key held" }, "error gradient"),
    COLUMNS.some((column) => column.units > column.nodes.length) ? `Of large layers ${DATA.drawn} units are drawn. ` : "",
    "Thick: large weights, at their jump large gradients. Click one to ask why.",
  );
  document.addEventListener("keydown", keys);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
  linked();
  render();
}

// page.html#11 opens at step 11, page.html#11:dense_1/kernel:2,1 explains a weight there as well
function linked() {
  const [step, name = "", at = ""] = decodeURIComponent(location.hash.slice(1)).split(":");
  const hop = HOPS.findIndex(
    (each, i) => name.startsWith(`${each.name}/`) && name.slice(each.name.length + 1) in FRAMES[0].hops[i].grads,
  );
  const [row, column] = [0, ...at.split(",").map(Number)].slice(-2);
  if (Number(step) >= 0) state.step = Math.min(Number(step), STEPS.length - 1);
  if (hop >= 0) state.picked = { hop, key: name.slice(HOPS[hop].name.length + 1), row, column };
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
  const step = { ArrowRight: state.step + 1, ArrowLeft: state.step - 1, Home: 0, End: STEPS.length - 1 }[event.key];
  if (event.key === "Escape" && state.picked) {
    state.picked = null;
    render();
  }
  if (step === undefined) return;
  event.preventDefault();
  go(step);
}

start();
