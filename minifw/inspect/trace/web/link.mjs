// All state as the part of the address behind #, and back. What makes no sense there is left out, never an error.

const number = (text, most) => {
  const found = Number(text);
  return /^\d+$/.test(text) && found <= most ? found : undefined;
};

// #12&frame=3&sample=1&ask=gradient:2:kernel:11&quiz=off&do=x,0,0.5;2/kernel,11,0.3;adam,0.01,100
export function written({ step, frame, sample, picked, quiz, chapter }, actions) {
  const parts = [String(step)];
  if (frame) parts.push(`frame=${frame}`);
  if (sample) parts.push(`sample=${sample}`);
  if (picked) parts.push(`ask=${[picked.what, picked.hop ?? "", picked.key ?? "", picked.at ?? ""].join(":")}`);
  if (!quiz) parts.push("quiz=off");
  if (chapter !== null) parts.push(`chapter=${chapter}`);
  if (actions.length)
    parts.push(
      `do=${actions.map((action) => (action.train ? [action.train, action.rate, action.steps] : [action.where, action.at, action.value]).join(",")).join(";")}`,
    );
  return `#${parts.map(encodeURI).join("&")}`;
}

function doing(text, book) {
  return text.split(";").flatMap((part) => {
    const [where = "", second = "", third = ""] = part.split(",");
    if (["sgd", "momentum", "adam"].includes(where)) {
      const [rate, steps] = [Number(second), number(third, 100000)];
      return Number.isFinite(rate) && steps ? [{ train: where, rate, steps }] : [];
    }
    const [hop, key] = where.split("/");
    const { x, y } = book;
    const known = where === "x" || where === "y" || Object.hasOwn(book.frames[0].hops[hop]?.grads || {}, key);
    if (!known) return [];
    const array = where === "x" ? x : where === "y" ? y : book.frames[0].hops[hop].params[key];
    const [at, value] = [number(second, array.values.length - 1), Number(third)];
    return at === undefined || !Number.isFinite(value) || third === "" ? [] : [{ where, at, value }];
  });
}

function targetIn(text, book) {
  const [what, hopText, key, atText] = text.split(":");
  if (what === "loss") return { what };
  if (what === "x" || what === "y") {
    const at = number(atText || "", book[what].rows * book[what].columns - 1);
    return at === undefined ? null : { what, at };
  }
  if (!["value", "message", "slope", "gradient", "param"].includes(what)) return null;
  const [frame] = book.frames;
  const hop = what === "message" && hopText === "-1" ? -1 : number(hopText || "", book.hops.length - 1);
  if (hop === undefined) return null;
  const array = {
    value: () => frame.hops[hop].out,
    message: () => (hop < 0 ? frame.error : frame.hops[hop].back),
    slope: () => frame.hops[hop].factor,
    gradient: () => Object.hasOwn(frame.hops[hop].grads, key) && frame.hops[hop].grads[key],
    param: () => Object.hasOwn(frame.hops[hop].params, key) && frame.hops[hop].params[key],
  }[what]();
  const at = array ? number(atText || "", array.rows * array.columns - 1) : undefined;
  if (at === undefined) return null;
  return ["gradient", "param"].includes(what) ? { what, hop, key, at } : { what, hop, at };
}

// #12:dense_1/kernel:2,1 asks for a gradient by its name, as Python does
function byName(name, at, book) {
  const hop = book.hops.findIndex(
    (each, i) => name.startsWith(`${each.name}/`) && Object.hasOwn(book.frames[0].hops[i].grads, name.slice(each.name.length + 1)),
  );
  if (hop < 0) return null;
  const key = name.slice(book.hops[hop].name.length + 1);
  const { shape } = book.frames[0].hops[hop].params[key];
  const index = at.split(",").map((text, i) => number(text, (shape[i] || 0) - 1));
  if (index.length !== shape.length || index.includes(undefined)) return null;
  return { what: "gradient", hop, key, at: index.reduce((k, i, axis) => k * shape[axis] + i, 0) };
}

// the state that an address means; only what it says and what exists
export function read(address, book) {
  let text = address.replace(/^#/, "");
  try {
    text = decodeURIComponent(text);
  } catch {
    return { state: {}, actions: [] };
  }
  const [first = "", ...others] = text.split("&");
  const [step, name = "", at = ""] = first.split(":");
  const state = {};
  const put = (key, value) => value !== undefined && value !== null && (state[key] = value);
  put("step", number(step, Infinity) === undefined ? undefined : Math.min(Number(step), book.steps.length - 1));
  put("picked", name ? byName(name, at, book) : undefined);
  let actions = [];
  for (const part of others) {
    const [key, value] = [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)];
    if (key === "frame") put("frame", number(value, book.frames.length - 1));
    if (key === "sample") put("sample", number(value, book.data.samples[0] - 1));
    if (key === "ask") put("picked", targetIn(value, book));
    if (key === "quiz") put("quiz", value !== "off");
    if (key === "chapter") put("chapter", number(value, 20));
    if (key === "do" && book.live) actions = doing(value, book);
  }
  return { state, actions };
}
