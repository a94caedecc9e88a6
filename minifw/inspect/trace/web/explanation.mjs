// How a number is taken apart: the same terms that Python's `explain` finds, which owns the rule.
// A target is {what, hop, key, at}: a value, message, slope or gradient of a layer, an entry of x, y or a parameter, the loss.

import { backward, lossOf, moments, penaltyOf } from "./engine.mjs";
import { arrived, book, entered, total } from "./model.mjs";
import { entry, tuple, unravel } from "./names.mjs";

const nameAt = (place, grid, k) => {
  const size = grid.columns;
  const sample = book.data.samples[1] > 1 ? ` of sample ${Math.floor(k / size) + 1}` : "";
  return entry(place, unravel(k % size, grid.shape.slice(1))) + sample;
};
const last = (grid) => grid.shape[grid.shape.length - 1];
const ofParam = (pass, hop, key, at) => ({
  text: entry(book.hops[hop].symbols[key], unravel(at, pass.hops[hop].params[key].shape)),
  value: pass.hops[hop].params[key].get(at),
  target: { what: "param", hop, key, at },
});

// one entry of what went into a layer
function came(pass, hop, at) {
  const grid = entered(pass, hop);
  const { source } = book.hops[hop];
  const target = source === null ? null : source < 0 ? { what: "x", at } : { what: "value", hop: source, at };
  return { text: nameAt(book.hops[hop].in, grid, at), value: grid.get(at), target };
}

const ofLoss = (pass, at) => {
  const out = book.outside[book.outside.length - 1];
  const grid = pass.hops[out].out;
  const of = [{ text: nameAt(book.last, grid, at), value: grid.get(at), target: { what: "value", hop: out, at } }];
  if (String(pass.y.shape) === String(grid.shape))
    of.push({ text: nameAt("y", pass.y, at), value: pass.y.get(at), target: { what: "y", at } });
  return { text: `${book.data.loss.text} at ${nameAt(book.last, grid, at)}`, value: pass.error.get(at), of };
};

const slope = (pass, hop, at) => {
  const { factor } = pass.hops[hop];
  const text = `${book.hops[hop].text} at ${nameAt(book.hops[hop].in, factor, at)}`;
  return { text, value: factor.get(at), of: [came(pass, hop, at)], target: { what: "slope", hop, at } };
};

// the factors of one entry of the message that arrived at a layer
function arriving(pass, hop, at) {
  const { behind, upto } = book.hops[hop];
  if (behind === null) {
    const grid = arrived(pass, hop);
    return [{ text: nameAt(upto[1], grid, at), value: grid.get(at) }];
  }
  const before = book.data.jumps[behind];
  if (before < 0) return [{ ...ofLoss(pass, at), target: { what: "message", hop: -1, at } }];
  if (pass.hops[before].factor) return [...arriving(pass, before, at), slope(pass, before, at)];
  return [message(pass, before, at)];
}

const message = (pass, hop, at) => {
  const { back } = pass.hops[hop];
  return { text: nameAt(book.hops[hop].upto[0], back, at), value: back.get(at), target: { what: "message", hop, at } };
};

const ends = (node) => (typeof node === "number" ? node : node.hop);
const findNode = (nodes, hop) => {
  for (const node of nodes) {
    if (typeof node === "number") continue;
    const inner = node.hop === hop ? node : node.parts.map((part) => findNode(part, hop)).find(Boolean);
    if (inner) return inner;
  }
  return null;
};
// the parts of a container, each with the width of what comes out of it, and where that begins
function partsOf(pass, hop) {
  let begin = 0;
  return findNode(book.data.tree, hop).parts.map((part) => {
    const width = last(part.length ? pass.hops[ends(part[part.length - 1])].out : entered(pass, hop));
    begin += width;
    return { part, width, begin: begin - width };
  });
}
const isContainer = (hop) => book.hops[hop].joins && ["Residual", "Branches"].includes(book.hops[hop].class);

function joinedValues(pass, hop, at) {
  const [out, inside] = [last(pass.hops[hop].out), entered(pass, hop)];
  const shift = (width, begin) => Math.floor(at / out) * width + (at % out) - begin;
  const { part, width, begin } = partsOf(pass, hop).find((each) => at % out < each.begin + each.width);
  const end = part.length ? ends(part[part.length - 1]) : null;
  const k = shift(width, begin);
  const ending = () => ({
    text: nameAt(book.hops[end].out, pass.hops[end].out, k),
    value: pass.hops[end].out.get(k),
    target: { what: "value", hop: end, at: k },
  });
  const found = [[end === null ? came(pass, hop, shift(last(inside), begin)) : ending()]];
  return book.hops[hop].class === "Residual" ? [[came(pass, hop, at)], ...found] : found;
}

function joinedMessages(pass, hop, at) {
  const [out, inside] = [last(pass.hops[hop].out), last(entered(pass, hop))];
  const found = book.hops[hop].class === "Residual" ? [arriving(pass, hop, at)] : [];
  for (const { part, begin } of partsOf(pass, hop))
    found.push(part.length ? [message(pass, ends(part[0]), at)] : arriving(pass, hop, Math.floor(at / inside) * out + begin + (at % inside)));
  return found;
}

const counts = (n) => Array.from({ length: n }, (_, i) => i);
const known = (paths) => paths.filter((factors) => factors.every((factor) => factor.value !== undefined));
const NORMALIZATIONS = ["BatchNormalization", "LayerNormalization", "RMSNormalization"];
const asked = (pass, hop) => {
  const { config } = book.hops[hop];
  return config && !book.hops[hop].joins && !entered(pass, hop).kept && book.data.samples[0] === book.data.samples[1];
};

function ofValue(pass, hop, at) {
  const { class: kind, config } = book.hops[hop];
  const { params, out } = pass.hops[hop];
  if (kind === "Dense" && config) {
    const [inputs, units] = params.kernel.shape;
    const [row, unit] = [Math.floor(at / units), at % units];
    const paths = counts(inputs).map((i) => [
      came(pass, hop, row * inputs + i),
      ofParam(pass, hop, "kernel", i * units + unit),
    ]);
    const kept = known(paths);
    if (params.bias) kept.push([ofParam(pass, hop, "bias", unit)]);
    return { paths: kept, all: inputs + Boolean(params.bias) };
  }
  if (isContainer(hop)) return { paths: joinedValues(pass, hop, at) };
  if (NORMALIZATIONS.includes(kind) && asked(pass, hop)) {
    const found = moments(book.hops[hop], params, entered(pass, hop), at);
    const z = came(pass, hop, at);
    const plain = kind === "RMSNormalization";
    const of = [z, ...(plain ? [] : [{ text: "mean", value: found.mean }]), { text: "r", value: found.r }];
    const path = [{ text: `${plain ? "z" : "(z - mean)"} r at ${z.text}`, value: found.h, of }];
    const key = plain ? "scale" : "gamma";
    if (params[key]) path.push(ofParam(pass, hop, key, at % last(out)));
    return { paths: [path, ...(params.beta ? [[ofParam(pass, hop, "beta", at % last(out))]] : [])] };
  }
  const text = `${kind} at ${nameAt(book.hops[hop].in, out, at)}`;
  return { paths: [[{ text, value: out.get(at), of: pass.hops[hop].factor ? [came(pass, hop, at)] : [] }]], whole: true };
}

function ofMessage(pass, hop, at) {
  if (hop < 0) return { paths: [[ofLoss(pass, at)]] };
  if (pass.hops[hop].factor) return { paths: [[...arriving(pass, hop, at), slope(pass, hop, at)]] };
  if (book.hops[hop].class === "Dense" && book.hops[hop].config) {
    const [inputs, units] = pass.hops[hop].params.kernel.shape;
    const [row, i] = [Math.floor(at / inputs), at % inputs];
    const ways = counts(units).map((unit) => [
      ...arriving(pass, hop, row * units + unit),
      ofParam(pass, hop, "kernel", i * units + unit),
    ]);
    return { paths: known(ways), all: units };
  }
  if (isContainer(hop)) return { paths: joinedMessages(pass, hop, at) };
  return anyPaths(pass, hop, null, at);
}

function ofGradient(pass, hop, key, at) {
  const dense = book.hops[hop].class === "Dense" && book.hops[hop].config && ["kernel", "bias"].includes(key);
  const found = dense ? densePaths(pass, hop, key, at) : anyPaths(pass, hop, key, at);
  book.data.penalties.forEach((penalty, i) => {
    if (penalty.hop !== hop || penalty.key !== key || !found.paths) return;
    const of = [ofParam(pass, hop, key, at)];
    found.paths.push([{ text: penalty.text, value: pass.penalties[i].get(at), of }]);
  });
  return found;
}

function densePaths(pass, hop, key, at) {
  const { kernel } = pass.hops[hop].params;
  const [inputs, units] = kernel.shape;
  const [i, unit] = [Math.floor(at / units), at % units];
  const input = entered(pass, hop);
  const rows = (input.rows * input.columns) / inputs;
  const all = (rows / input.rows) * book.data.samples[1];
  const paths = counts(rows).map((row) => [
    ...arriving(pass, hop, row * units + unit),
    ...(key === "kernel" ? [came(pass, hop, row * inputs + i)] : []),
  ]);
  return { paths: known(paths), all, unit: "samples" };
}

// a path for each output that the number has an influence on, found by asking the layer
function anyPaths(pass, hop, key, at) {
  if (!asked(pass, hop)) return { paths: null };
  const grid = arrived(pass, hop);
  const probe = new Float64Array(grid.values.length);
  const x = entered(pass, hop);
  const inner =
    key === null ? nameAt(book.hops[hop].in, x, at) : entry(book.hops[hop].symbols[key], unravel(at, pass.hops[hop].params[key].shape));
  const paths = [];
  for (let k = 0; k < probe.length; k += 1) {
    probe[k] = 1;
    const found = backward(book.hops[hop], pass.hops[hop].params, x, pass.hops[hop].out.values, probe);
    const value = (key === null ? found.back : found.grads[key])[at];
    probe[k] = 0;
    if (value) paths.push([...arriving(pass, hop, k), { text: `∂ ${nameAt(book.hops[hop].out, grid, k)} / ∂ ${inner}`, value }]);
  }
  return { paths };
}

function terms(pass) {
  const out = book.outside[book.outside.length - 1];
  const prediction = pass.hops[out].out;
  const { loss, data: { penalties } } = book;
  if (!loss.config || prediction.kept || book.data.samples[0] < book.data.samples[1]) return { paths: null };
  const found = lossOf(loss, pass.y, prediction);
  const paths = Array.from(found.terms, (value, k) => {
    const row = entry(book.last, []) + (prediction.shape.length === 2 ? sampled(k) : `[${unravel(k, prediction.shape.slice(0, -1)).join(", ")}]`);
    const of = found.elementwise ? ofLoss(pass, k).of : [];
    return [{ text: `${loss.term} / n at ${found.elementwise ? nameAt(book.last, prediction, k) : row}`, value, of }];
  });
  penalties.forEach(({ hop, key, repr, config }) => {
    const text = `${repr} of ${book.hops[hop].symbols[key]}`;
    paths.push([{ text, value: penaltyOf(config, pass.hops[hop].params[key]) }]);
  });
  return { paths };
}
const sampled = (row) => (book.data.samples[1] > 1 ? ` of sample ${row + 1}` : "");

// the name of a number, its value, and what Python is to be asked
function about(pass, { what, hop, key, at }) {
  const python = (name, index) => `trace.explain("${name}", ${tuple(index)})`;
  const place = (name, grid) => ({
    name: nameAt(name, grid, at),
    value: grid.get(at),
    python: python(name, [Math.floor(at / grid.columns), ...unravel(at % grid.columns, grid.shape.slice(1))]),
  });
  if (what === "loss") return { name: "loss", value: pass.loss, python: `trace.explain("loss")` };
  if (what === "x" || what === "y") return { ...place(what, pass[what]), python: `trace.${what}` };
  if (what === "message" && hop < 0) return place(book.hops[book.outside[book.outside.length - 1]].upto[1], pass.error);
  const { name, out, upto, symbols } = book.hops[hop];
  if (what === "value") return place(out, pass.hops[hop].out);
  if (what === "message") return place(upto[0], pass.hops[hop].back);
  if (what === "slope") return place(`slope at ${book.hops[hop].in}`, pass.hops[hop].factor);
  const grid = what === "gradient" ? total(pass, hop, key) : pass.hops[hop].params[key];
  const index = unravel(at, grid.shape);
  const value = grid.get(at);
  const symbol = entry(symbols[key], index);
  const numpy = `${name}/${key}[${index.join(", ")}]`;
  if (what === "gradient") return { name: symbol, value, python: python(`${name}/${key}`, index), numpy, gradient: true };
  return { name: symbol, value, python: `net["${name}/${key}"]`, numpy };
}

const product = (factors) => factors.slice(1).reduce((found, { value }) => book.exact(found * value), factors[0].value);

export function explain(pass, target) {
  const { what, hop, key, at } = target;
  const find = {
    loss: () => terms(pass),
    value: () => ofValue(pass, hop, at),
    message: () => ofMessage(pass, hop, at),
    slope: () => ({ paths: [[{ ...slope(pass, hop, at), target: null }]], whole: true }),
    gradient: () => ofGradient(pass, hop, key, at),
  }[what];
  const found = { target, ...about(pass, target), ...(find ? find() : { paths: [], given: true }) };
  if (found.paths) {
    found.products = found.paths.map(product);
    found.sum = found.products.reduce((sum, value) => sum + value, 0);
  }
  return found;
}
