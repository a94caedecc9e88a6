// What happens at a step, in words and in numbers.

function panel() {
  const step = STEPS[state.step];
  const content = { start: atStart, forward: goForward, loss: atLoss, back: jumpBack, end: atEnd }[step.phase](step);
  $("panel").replaceChildren(...content.flat(Infinity).filter(Boolean));
  $("panel").className = `panel ${step.phase}`;
}

const heading = (kicker, title, ...rest) => [h("p", { class: "kicker" }, kicker), h("h2", {}, named(title)), rest];
const formula = (...parts) =>
  h(
    "p",
    { class: "formula" },
    parts.map((part) => (typeof part === "string" ? named(part) : part)),
  );
const say = (text) => h("p", {}, named(text));
const vectorView = (name, grid, tone, place) =>
  grid && arrayView(name, grid, { tone, vector: true, label: (_, unit) => entry(place || name, unit) });

function paramViews(hop, found, tone, title, onpick) {
  return Object.entries(found).map(([key, grid]) =>
    arrayView(title(symbol(hop, key)), grid, {
      tone,
      label: (row, column) =>
        grid.shape.length === 1 ? entry(symbol(hop, key), column) : entry(symbol(hop, key), row, column),
      onpick: onpick && ((row, column) => pick(hop, key, row, column)),
    }),
  );
}

function atStart() {
  return [
    heading("Before the first step", "A sample waits at x"),
    say(
      "Go forward first: each layer makes its numbers and remembers what it will need. At y the loss is found. Then the " +
        "game begins: jump back from y to x, over the loss line, over the activation lines, over the weights, and collect " +
        "one factor at each jump.",
    ),
    h(
      "p",
      { class: "hint" },
      "Step with the buttons or the ",
      h("kbd", {}, "←"),
      " ",
      h("kbd", {}, "→"),
      " keys. A click on a weight says why its gradient is what it is.",
    ),
    vectorView("x", X, "forward"),
    vectorView("y", Y, ""),
  ];
}

function goForward({ hop }) {
  const it = HOPS[hop];
  const { params, out } = frame().hops[hop];
  const count = `Forward, ${forwardStep(hop)} of ${HOPS.length}`;
  if (it.kind === "weights" && it.number) {
    const [w, b] = [`W${it.number}`, params.bias ? ` + B${it.number}` : ""];
    return [
      heading(count, it.name, formula(`${it.out} = ${it.in} · `, h("b", {}, w), b && h("b", {}, b))),
      say(`It remembers ${it.in}: on the way back that is what lies at the other end of its weights.`),
      vectorView(it.in, entered(hop), "forward"),
      paramViews(hop, params, "", (name) => name),
      vectorView(it.out, out, "forward fresh"),
    ];
  }
  const remembers =
    it.kind === "activation"
      ? `It remembers what went in: on the way back that decides the slope.`
      : `It remembers what its own way back will need.`;
  return [
    heading(count, it.name, formula(`${it.out} = ${it.name.split("/").pop()}(${it.in})`)),
    h("p", {}, h("code", {}, it.repr)),
    say(remembers),
    vectorView(it.in, entered(hop), "forward"),
    paramViews(hop, params, "", (name) => name),
    vectorView(it.out, out, "forward fresh"),
  ];
}

function atLoss() {
  const out = PLACES.at(-1);
  return [
    heading("The loss line", `${DATA.loss.name} = ${short(frame().loss)}`),
    h("p", { class: "exact" }, String(frame().loss)),
    say(
      "How far the prediction is from the truth, as one number. From here on we jump back, and ask of everything we pass: " +
        "by how much would the loss change if this changed a little?",
    ),
    vectorView(`ŷ = ${out}`, valueAt(PLACES.length - 1), "forward", out),
    vectorView("y", Y, ""),
  ];
}

const remembered = (hop) => `Here is used again what forward step ${forwardStep(hop)} remembered.`;

function jumpBack({ hop, jump, penalty }) {
  const count = `Jump ${jump + 1} of ${DATA.jumps.length}`;
  if (penalty >= 0) return overPenalty(count, penalty);
  if (hop < 0) {
    const place = PLACES.at(-1);
    return [
      heading(count, "Over the loss line", formula(DATA.loss.text)),
      say(`The first factor. We hold ${upto(place)}, and stand at ${place}.`),
      vectorView(`ŷ = ${place}`, valueAt(PLACES.length - 1), "forward", place),
      vectorView("y", Y, ""),
      vectorView(upto(place), frame().error, "back fresh"),
    ];
  }
  const it = HOPS[hop];
  const found = frame().hops[hop];
  const held = arrived(hop);
  const batch = DATA.samples[1] > 1 ? ", summed over the batch," : "";
  if (it.kind === "weights" && it.number) {
    const [w, b] = [`W${it.number}`, `B${it.number}`];
    return [
      heading(count, `Over the weights of ${it.name}`, formula(`error gradient at ${it.out} `, h("b", {}, `× ${w}ᵀ`))),
      h(
        "ol",
        { class: "moves" },
        found.grads.bias && h("li", {}, "What we hold", batch, " is the gradient of ", h("b", {}, b), "."),
        h("li", {}, "Times what lies at the other end, ", named(it.in), ", it is the gradient of ", h("b", {}, w), "."),
        h("li", {}, "Over the weights, times ", h("b", {}, `${w}ᵀ`), ", we hold ", named(upto(it.in)), "."),
      ),
      h("p", { class: "note" }, remembered(hop)),
      vectorView(`error gradient at ${it.out}`, held, "back", upto(it.out)),
      vectorView(it.in, entered(hop), "forward"),
      paramViews(hop, found.grads, "back fresh", (name) => `gradient of ${name}`, true),
      paramViews(hop, { kernel: found.params.kernel }, "factor", (name) => name),
      found.back && vectorView(upto(it.in), found.back, "back fresh"),
    ];
  }
  const line = it.kind === "activation" ? "Over the activation line " : "Over ";
  return [
    heading(
      count,
      line + it.name,
      h("p", {}, h("code", {}, it.repr)),
      formula(found.factor ? `× ${it.text} at ${it.in}` : it.text),
    ),
    h("p", { class: "note" }, remembered(hop)),
    held && vectorView(upto(it.out), held, "back"),
    vectorView(it.in, entered(hop), "forward"),
    found.factor && vectorView(`slope at ${it.in}`, found.factor, "factor", `slope at ${it.in}`),
    paramViews(hop, found.grads, "back fresh", (name) => `gradient of ${name}`, true),
    found.back && vectorView(upto(it.in), found.back, "back fresh"),
  ];
}

function overPenalty(count, penalty) {
  const { hop, key, text } = DATA.penalties[penalty];
  const name = symbol(hop, key);
  return [
    heading(count, `Over the penalty of ${name}`, formula(text)),
    say("A penalty speaks to its parameter directly, so no message comes along: what it wants is added to the gradient."),
    arrayView(`from the penalty on ${name}`, frame().penalties[penalty], {
      tone: "back fresh",
      label: (row, column) => entry(name, row, column),
    }),
    arrayView(`gradient of ${name}`, total(hop, key), {
      tone: "back fresh",
      onpick: (row, column) => pick(hop, key, row, column),
      label: (row, column) => entry(name, row, column),
    }),
  ];
}

function atEnd() {
  const hops = HOPS.map((_, hop) => hop).reverse();
  return [
    heading("The end", "Every gradient is there"),
    say("This is what an optimizer is given. Choose an entry to see the way it came."),
    hops.map((hop) => {
      const totals = Object.fromEntries(Object.keys(frame().hops[hop].grads).map((key) => [key, total(hop, key)]));
      return paramViews(hop, totals, "back", (name) => `gradient of ${name}`, true);
    }),
  ];
}

// what has been remembered on the way forward, and what has been collected on the way back
function purse() {
  const steps = STEPS.map((step, i) => ({ ...step, i })).filter(({ i, hop, penalty, phase }) => {
    if (i > state.step || penalty >= 0 || phase !== (state.step > LOSS ? "back" : "forward")) return false;
    return hop < 0 || !HOPS[hop].inside;
  });
  const coin = ({ hop, i, phase }) => {
    const it = HOPS[hop];
    const text =
      phase === "forward"
        ? it.in
        : hop < 0
          ? DATA.loss.text
          : it.kind === "weights" && it.number
            ? `W${it.number}ᵀ`
            : it.text;
    return h(
      "button",
      { type: "button", class: "coin", title: hop < 0 ? DATA.loss.name : it.name, onclick: () => go(i) },
      named(text),
    );
  };
  const back = state.step > LOSS;
  const last = [...steps].pop();
  const title = back ? "Collected so far" : "Remembered so far";
  const coins = steps.flatMap((step, i) => [back && i ? h("span", { class: "times" }, "×") : null, coin(step)]);
  const held = back && last && (last.hop < 0 || frame().hops[last.hop].back);
  const sum =
    held && h("span", { class: "times" }, "= ", named(last.hop < 0 ? upto(PLACES.at(-1)) : upto(HOPS[last.hop].in)));
  $("purse").replaceChildren(
    ...(steps.length ? [h("span", { class: "kicker" }, title), ...coins, sum].filter(Boolean) : []),
  );
}
