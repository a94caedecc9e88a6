// Forward, backward and one step of an optimizer, in double precision, as the layers of Python calculate them.
// An array is {shape, values}; its first axis is the batch, and every layer works along its last.

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;
const EPSILON = 1e-7;
const clip = (value, low, high) => (value < low ? low : value > high ? high : value);
const bent = (z, right, left) => (z > 0 ? [right * z, right] : [left * Math.expm1(z), left * Math.exp(z)]);
const share = (z) => {
  const e = Math.exp(Math.min(z, 709));
  return e / (1 + e);
};
const polynomial = (factors, a) => factors.reduce((sum, factor) => sum * a + factor, 0);

// activations: value and slope of one number
const ELEMENTWISE = {
  Activation: (z) => [z, 1],
  Rescaling: (z, c) => [z * c.scale + c.offset, c.scale],
  ReLU(z, c) {
    const threshold = c.threshold || 0;
    const low = c.negative_slope ? c.negative_slope * (z - threshold) : 0;
    const [value, slope] = z > threshold ? [z, 1] : [Number.isNaN(z) ? z : low, c.negative_slope || 0];
    if (c.max_value === null || c.max_value === undefined) return [value, slope];
    return [Math.min(value, c.max_value), value < c.max_value ? slope : 0];
  },
  LeakyReLU: (z, c) => (z > 0 ? [z, 1] : [c.negative_slope * z, c.negative_slope]),
  Sigmoid(z) {
    const e = Math.exp(Math.min(z, 709));
    return [e / (1 + e), e / (1 + e) / (1 + e)];
  },
  Tanh(z) {
    const value = Math.tanh(z);
    return [value, 1 - value * value];
  },
  Softplus: (z) => [Math.max(z, Math.log1p(Math.exp(Math.min(z, 709)))), share(z)],
  Softsign(z) {
    const a = 1 + Math.abs(z);
    return [z / a, 1 / a / a];
  },
  ELU: (z, c) => bent(z, 1, c.alpha),
  SELU: (z) => bent(z, SELU_SCALE, SELU_SCALE * SELU_ALPHA),
  GELU(z, c) {
    if (c.approximate) {
      const line = 2 * Math.sqrt(2 / Math.PI);
      const gate = share(line * (z + 0.044715 * z ** 3));
      return [z * gate, gate + z * gate * (1 - gate) * line * (1 + 3 * 0.044715 * z * z)];
    }
    const [limit, upper, lower] = c.tail;
    const near = clip(z, -limit, limit);
    const a = Math.abs(near);
    const bell = Math.exp((-near * near) / 2);
    const tail = (bell * (polynomial(upper, a) / polynomial(lower, a) + 0.4375)) / (a + 0.8);
    const below = near > 0 ? 1 - tail : tail;
    return [Math.max(z, 0) - a * tail, below + near * bell * 0.3989422804014327];
  },
  SiLU(z) {
    const gate = share(z);
    return [z * gate, gate * (1 + z * (1 - gate))];
  },
  Mish(z) {
    const gate = Math.tanh(Math.log1p(Math.exp(Math.min(z, 709))));
    return [z * gate, gate + z * (1 - gate * gate) * share(z)];
  },
};

const columns = (array) => array.shape[array.shape.length - 1];
const like = (array) => new Float64Array(array.values.length);

function normalized(hop, params, x) {
  const { values } = x;
  const last = columns(x);
  const rows = values.length / last;
  const batch = hop.class === "BatchNormalization";
  const [groups, size] = batch ? [last, rows] : [rows, last];
  const at = batch ? (group, i) => i * last + group : (group, i) => group * last + i;
  const [h, r, mean] = [like(x), new Float64Array(groups), new Float64Array(groups)];
  for (let group = 0; group < groups; group += 1) {
    if (hop.class !== "RMSNormalization") for (let pass = 0; pass < 2; pass += 1) {
      let rest = 0;
      for (let i = 0; i < size; i += 1) rest += values[at(group, i)] - mean[group];
      mean[group] += rest / size;
    }
    let square = 0;
    for (let i = 0; i < size; i += 1) square += (values[at(group, i)] - mean[group]) ** 2;
    r[group] = 1 / Math.sqrt(square / size + hop.config.epsilon);
    for (let i = 0; i < size; i += 1) h[at(group, i)] = (values[at(group, i)] - mean[group]) * r[group];
  }
  return { h, r, mean, groups, size, at, last };
}

const gain = (hop, params) => (hop.class === "RMSNormalization" ? params.scale : params.gamma);

// what a normalization makes of one entry: the entry with mean 0 and deviation 1, the mean and the inverse deviation
export function moments(hop, params, x, k) {
  const { h, r, mean, last } = normalized(hop, params, x);
  const group = hop.class === "BatchNormalization" ? k % last : Math.floor(k / last);
  return { h: h[k], r: r[group], mean: mean[group] };
}

const normalization = {
  forward(hop, params, x) {
    const { h, last } = normalized(hop, params, x);
    const [gamma, beta] = [gain(hop, params), params.beta];
    return h.map((value, k) => value * (gamma ? gamma.values[k % last] : 1) + (beta ? beta.values[k % last] : 0));
  },
  backward(hop, params, x, y, g) {
    const { h, r, groups, size, at, last } = normalized(hop, params, x);
    const gamma = gain(hop, params);
    const grads = {};
    if (gamma) {
      const grad = (grads[hop.class === "RMSNormalization" ? "scale" : "gamma"] = new Float64Array(last));
      g.forEach((value, k) => (grad[k % last] += value * h[k]));
    }
    if (params.beta) {
      grads.beta = new Float64Array(last);
      g.forEach((value, k) => (grads.beta[k % last] += value));
    }
    const back = like(x);
    const centred = hop.class !== "RMSNormalization";
    for (let group = 0; group < groups; group += 1) {
      let [sum, along] = [0, 0];
      const scaled = (k) => g[k] * (gamma ? gamma.values[k % last] : 1);
      for (let i = 0; i < size; i += 1) {
        const k = at(group, i);
        sum += scaled(k);
        along += scaled(k) * h[k];
      }
      for (let i = 0; i < size; i += 1) {
        const k = at(group, i);
        back[k] = r[group] * (scaled(k) - (centred ? sum / size : 0) - (h[k] * along) / size);
      }
    }
    return { back, grads };
  },
};

// what works on the rows of its last axis, one by one
const rowwise = (forward, backward) => ({
  forward(hop, params, x) {
    const [out, last] = [like(x), columns(x)];
    for (let row = 0; row < out.length; row += last) forward(x.values.subarray(row, row + last), out.subarray(row, row + last));
    return out;
  },
  backward(hop, params, x, y, g) {
    const [back, last] = [like(x), columns(x)];
    for (let row = 0; row < back.length; row += last) {
      const of = (values) => values.subarray(row, row + last);
      backward(of(y), of(g), of(back));
    }
    return { back, grads: {} };
  },
});

function exponentials(z, out) {
  const top = z.reduce((most, value) => Math.max(most, value), -Infinity);
  let sum = 0;
  for (let i = 0; i < z.length; i += 1) sum += out[i] = Math.exp(z[i] - top);
  return { top, sum };
}

const reshaping = {
  forward: (hop, params, x) => x.values,
  backward: (hop, params, x, y, g) => ({ back: g, grads: {} }),
};

const LAYERS = {
  BatchNormalization: normalization,
  LayerNormalization: normalization,
  RMSNormalization: normalization,
  Flatten: reshaping,
  Reshape: reshaping,
  Softmax: rowwise(
    (z, out) => {
      const { sum } = exponentials(z, out);
      for (let i = 0; i < z.length; i += 1) out[i] /= sum;
    },
    (s, g, back) => {
      let along = 0;
      for (let i = 0; i < s.length; i += 1) along += g[i] * s[i];
      for (let i = 0; i < s.length; i += 1) back[i] = s[i] * (g[i] - along);
    },
  ),
  LogSoftmax: rowwise(
    (z, out) => {
      const { top, sum } = exponentials(z, out);
      const rest = Math.log(sum);
      for (let i = 0; i < z.length; i += 1) out[i] = z[i] - top - rest;
    },
    (y, g, back) => {
      const sum = g.reduce((before, value) => before + value, 0);
      for (let i = 0; i < y.length; i += 1) back[i] = g[i] - Math.exp(y[i]) * sum;
    },
  ),
  Dense: {
    forward(hop, { kernel, bias }, x) {
      const [inputs, units] = kernel.shape;
      const rows = x.values.length / inputs;
      const out = new Float64Array(rows * units);
      for (let row = 0; row < rows; row += 1) {
        for (let i = 0; i < inputs; i += 1) {
          const value = x.values[row * inputs + i];
          for (let j = 0; j < units; j += 1) out[row * units + j] += value * kernel.values[i * units + j];
        }
        if (bias) for (let j = 0; j < units; j += 1) out[row * units + j] += bias.values[j];
      }
      return out;
    },
    backward(hop, { kernel, bias }, x, y, g) {
      const [inputs, units] = kernel.shape;
      const rows = x.values.length / inputs;
      const [back, grad] = [like(x), new Float64Array(inputs * units)];
      for (let row = 0; row < rows; row += 1)
        for (let i = 0; i < inputs; i += 1) {
          const value = x.values[row * inputs + i];
          let sum = 0;
          for (let j = 0; j < units; j += 1) {
            const message = g[row * units + j];
            grad[i * units + j] += value * message;
            sum += message * kernel.values[i * units + j];
          }
          back[row * inputs + i] = sum;
        }
      if (!bias) return { back, grads: { kernel: grad } };
      const sums = new Float64Array(units);
      for (let k = 0; k < g.length; k += 1) sums[k % units] += g[k];
      return { back, grads: { kernel: grad, bias: sums } };
    },
  },
  PReLU: {
    forward: (hop, { alpha }, x) => x.values.map((z, k) => (z > 0 ? z : z * alpha.values[k % alpha.values.length])),
    backward(hop, { alpha }, x, y, g) {
      const grad = new Float64Array(alpha.values.length);
      const back = g.map((value, k) => {
        const [z, slot] = [x.values[k], k % grad.length];
        grad[slot] += value * Math.min(z, 0);
        return value * (z > 0 ? 1 : alpha.values[slot]);
      });
      return { back, grads: { alpha: grad } };
    },
  },
};

// why a layer or a loss cannot be calculated here; nothing if it can
const AXIS = ["BatchNormalization", "LayerNormalization", "RMSNormalization", "Softmax", "LogSoftmax"];
export function obstacleOf({ class: kind, name, config, frozen }, rank) {
  const known = [ELEMENTWISE, LAYERS, LOSSES, CROSSENTROPIES].some((table) => Object.hasOwn(table, kind));
  if (!config || !(known || kind === "Residual" || kind === "Branches")) return `the page has no formula for ${kind}`;
  const lacks = (key) => !Object.hasOwn(config, key);
  if (lacks("axis") ? AXIS.includes(kind) : ![-1, rank - 1].includes(config.axis)) return `${name} works along another axis than the last`;
  if (kind === "BatchNormalization" && frozen) return `${name} is frozen and uses what it has seen in training`;
  if (kind === "PReLU" && config.shared_axes !== null) return `${name} shares its slopes`;
  if (Object.hasOwn(config, "ignore_class") && config.ignore_class !== null) return `${name} ignores a class`;
  return config.reduction === "none" || (Object.hasOwn(config, "reduction") && !config.reduction) ? `${name} does not add its values up` : "";
}

// the slopes of an elementwise layer
export function slopes(hop, params, x) {
  const f = ELEMENTWISE[hop.class];
  if (f) return x.values.map((z) => f(z, hop.config)[1]);
  return hop.class === "PReLU" ? LAYERS.PReLU.backward(hop, params, x, null, x.values.map(() => 1)).back : null;
}

export function forward(hop, params, x) {
  const f = ELEMENTWISE[hop.class];
  return f ? x.values.map((z) => f(z, hop.config)[0]) : LAYERS[hop.class].forward(hop, params, x);
}

export function backward(hop, params, x, y, g) {
  const f = ELEMENTWISE[hop.class];
  if (f) return { back: g.map((value, k) => value * f(x.values[k], hop.config)[1]), grads: {} };
  return LAYERS[hop.class].backward(hop, params, x, y, g);
}

const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

// losses of one target and one prediction: value and slope
const LOSSES = {
  MSELoss: (y, p) => [(p - y) ** 2, 2 * (p - y)],
  MAELoss: (y, p) => [Math.abs(p - y), Math.sign(p - y)],
  HuberLoss(y, p, c) {
    const cut = clip(p - y, -c.delta, c.delta);
    return [(p - y - 0.5 * cut) * cut, cut];
  },
  LogCoshLoss(y, p) {
    const size = Math.abs(p - y);
    return [size + Math.log1p(0.5 * Math.expm1(-2 * size)), Math.tanh(p - y)];
  },
  QuantileLoss: (y, p, c) => [
    Math.max(-c.quantile * (p - y), (1 - c.quantile) * (p - y)),
    0.5 + 0.5 * Math.sign(p - y) - c.quantile,
  ],
  PoissonLoss: (y, p) => [p - y * Math.log(p + EPSILON), 1 - y / (p + EPSILON)],
  KLDivergenceLoss(y, p) {
    const [truth, q] = [clip(y, EPSILON, 1), clip(p, EPSILON, 1)];
    return [truth * (Math.log(truth) - Math.log(q)), q === p ? -truth / q : 0];
  },
  HingeLoss: (y, p) => [Math.max(1 - y * p, 0), y * p < 1 ? -y : 0],
  BinaryCrossentropyLoss(y, p, c) {
    if (c.from_logits) return [softplus(p) - y * p, share(p) - y];
    const q = clip(p, EPSILON, 1 - EPSILON);
    return [-(y * Math.log(q) + (1 - y) * Math.log1p(-q)), q === p ? (q - y) / q / (1 - q) : 0];
  },
};

// losses of a row: its value, and its slopes written in
function crossentropy(c, truth, p, slope) {
  const weight = truth.reduce((sum, value) => sum + value, 0);
  if (c.from_logits) {
    const { top, sum } = exponentials(p, slope);
    let value = 0;
    for (let i = 0; i < p.length; i += 1) {
      if (truth[i]) value += truth[i] * (top + Math.log(sum) - p[i]);
      slope[i] = (weight * slope[i]) / sum - truth[i];
    }
    return value;
  }
  const sum = p.reduce((before, value) => before + value, 0);
  let [value, inside] = [0, 0];
  for (let i = 0; i < p.length; i += 1) {
    const q = clip(p[i] / sum, EPSILON, 1 - EPSILON);
    if (truth[i]) value -= truth[i] * Math.log(q);
    slope[i] = q === p[i] / sum ? truth[i] : 0;
    inside += slope[i];
    slope[i] /= -q * sum;
  }
  for (let i = 0; i < p.length; i += 1) slope[i] += inside / sum;
  return value;
}

const CROSSENTROPIES = { CategoricalCrossentropyLoss: crossentropy, SparseCategoricalCrossentropyLoss: crossentropy };

// the loss: the terms it is the sum of, each already divided by n, and its gradient
export function lossOf(loss, y, prediction) {
  const error = like(prediction);
  const { values } = prediction;
  const of = LOSSES[loss.name];
  if (of) {
    const terms = like(prediction);
    for (let k = 0; k < values.length; k += 1) {
      const [value, slope] = of(y.values[k], values[k], loss.config);
      terms[k] = value / loss.n;
      error[k] = slope / loss.n;
    }
    return { terms, error, elementwise: true };
  }
  const last = columns(prediction);
  const terms = new Float64Array(values.length / last);
  terms.forEach((_, row) => {
    const [begin, end] = [row * last, (row + 1) * last];
    const sparse = loss.name.startsWith("Sparse");
    const truth = sparse ? Array.from({ length: last }, (__, i) => Number(i === y.values[row])) : y.values.slice(begin, end);
    terms[row] = crossentropy(loss.config, truth, values.subarray(begin, end), error.subarray(begin, end)) / loss.n;
  });
  for (let k = 0; k < error.length; k += 1) error[k] /= loss.n;
  return { terms, error, elementwise: false };
}

export const penaltyOf = ({ l1, l2 }, w) => w.values.reduce((sum, value) => sum + l1 * Math.abs(value) + l2 * value * value, 0);

// both directions of one pass
export function calculate(network, params, x, y) {
  const hops = network.hops.map((_, i) => ({ params: params[i], grads: {}, totals: {} }));
  const wrap = (values, shape) => ({ values, shape });
  const shapeOf = (hop, values, came) => {
    if (hop.class === "Dense") return [...came.shape.slice(0, -1), params[network.hops.indexOf(hop)].kernel.shape[1]];
    return values.length === came.values.length && hop.class !== "Flatten" && hop.class !== "Reshape"
      ? came.shape
      : hop.shape;
  };

  function go(nodes, came) {
    for (const node of nodes) {
      const i = typeof node === "number" ? node : node.hop;
      const [hop, seen] = [network.hops[i], hops[i]];
      seen.in = came;
      if (typeof node === "number") {
        const values = forward(hop, params[i], came);
        seen.out = wrap(values, shapeOf(hop, values, came));
      } else {
        const parts = node.parts.map((part) => go(part, came));
        seen.out = hop.class === "Residual" ? added(came, parts[0]) : joined(parts);
      }
      came = seen.out;
    }
    return came;
  }

  function back(nodes, g) {
    for (const node of [...nodes].reverse()) {
      const i = typeof node === "number" ? node : node.hop;
      const [hop, seen] = [network.hops[i], hops[i]];
      seen.arrived = wrap(g, seen.out.shape);
      if (typeof node === "number") {
        const found = backward(hop, params[i], seen.in, seen.out.values, g);
        for (const [key, values] of Object.entries(found.grads)) seen.grads[key] = wrap(values, params[i][key].shape);
        const factor = slopes(hop, params[i], seen.in);
        if (factor) seen.factor = wrap(factor, seen.in.shape);
        g = found.back;
      } else if (hop.class === "Residual") {
        const inner = back(node.parts[0], g);
        g = g.map((value, k) => value + inner[k]);
      } else g = parted(node, seen, g);
      seen.back = wrap(g, seen.in.shape);
    }
    return g;
  }

  function parted(node, seen, g) {
    const last = columns(seen.out);
    const sum = like(seen.in);
    let begin = 0;
    for (const part of node.parts) {
      const width = part.length ? columns(hops[lastOf(part)].out) : columns(seen.in);
      const own = new Float64Array((g.length / last) * width);
      for (let k = 0; k < own.length; k += 1) own[k] = g[Math.floor(k / width) * last + begin + (k % width)];
      back(part, own).forEach((value, k) => (sum[k] += value));
      begin += width;
    }
    return sum;
  }

  const prediction = go(network.tree, x);
  const { terms, error, elementwise } = lossOf(network.loss, y, prediction);
  let loss = terms.reduce((sum, value) => sum + value, 0);
  back(network.tree, error);
  const penalties = network.penalties.map(({ hop, key, config }) => {
    const [w, grads] = [params[hop][key], hops[hop].grads[key]];
    loss += penaltyOf(config, w);
    const grad = wrap(w.values.map((value) => config.l1 * Math.sign(value) + 2 * config.l2 * value), w.shape);
    hops[hop].totals[key] = wrap(grad.values.map((value, k) => value + grads.values[k]), w.shape);
    return grad;
  });
  return { loss, terms, elementwise, x, y, hops, error: wrap(error, prediction.shape), penalties };
}

export const lastOf = (nodes) => {
  const node = nodes[nodes.length - 1];
  return typeof node === "number" ? node : node.hop;
};

const added = (a, b) => ({ shape: a.shape, values: a.values.map((value, k) => value + b.values[k]) });

function joined(parts) {
  const widths = parts.map(columns);
  const last = widths.reduce((sum, width) => sum + width, 0);
  const rows = parts[0].values.length / widths[0];
  const values = new Float64Array(rows * last);
  let begin = 0;
  parts.forEach((part, p) => {
    part.values.forEach((value, k) => (values[Math.floor(k / widths[p]) * last + begin + (k % widths[p])] = value));
    begin += widths[p];
  });
  return { shape: [...parts[0].shape.slice(0, -1), last], values };
}

// one step of an optimizer: the parameters change in place, and so does its memory
export function update(optimizer, memory, network, params, pass) {
  const { name, rate } = optimizer;
  memory.step = (memory.step || 0) + 1;
  const [b1, b2] = [0.9, 0.999];
  const size = (rate * Math.sqrt(1 - b2 ** memory.step)) / (1 - b1 ** memory.step);
  pass.hops.forEach((hop, i) => {
    if (network.hops[i].frozen) return;
    for (const key of Object.keys(hop.grads)) {
      const w = params[i][key].values;
      const g = (hop.totals[key] || hop.grads[key]).values;
      const slot = (memory[`${i}/${key}`] ||= [new Float64Array(w.length), new Float64Array(w.length)]);
      for (let k = 0; k < w.length; k += 1) {
        if (name === "sgd") w[k] -= rate * g[k];
        else if (name === "momentum") w[k] += slot[0][k] = 0.9 * slot[0][k] - rate * g[k];
        else {
          slot[0][k] += (1 - b1) * (g[k] - slot[0][k]);
          slot[1][k] += (1 - b2) * (g[k] * g[k] - slot[1][k]);
          w[k] -= (size * slot[0][k]) / (Math.sqrt(slot[1][k]) + EPSILON);
        }
      }
    }
  });
}
