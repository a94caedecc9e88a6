// Numbers and indices as text. Places, parameters and messages are named by Python; an entry of one is named here as there.

const BELOW = "₀₁₂₃₄₅₆₇₈₉";

// a place in an array as the tutorial writes it: counted from 1, and below the line
export const subscript = (index) => {
  const numbers = index.map((i) => String(i + 1));
  const joint = numbers.every((number) => number.length === 1) ? "" : ",";
  return numbers.join(joint).replace(/\d/g, (digit) => BELOW[digit]);
};

export const entry = (place, index) =>
  /\/|out of |into /.test(place) ? `${place}[${index.join(", ")}]` : place + subscript(index);

// the index that a place in a flat array has in one of a shape
export const unravel = (k, shape) => {
  const index = [];
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    index.unshift(k % shape[axis]);
    k = Math.floor(k / shape[axis]);
  }
  return index;
};

export const tuple = (index) => `(${index.join(", ")}${index.length === 1 ? "," : ""})`;

// a number as short as a node of the drawing has room for
export const short = (value) => {
  if (value === undefined || value === null) return "";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const digits = (size < 0.1 ? 3 : 4) - (value < 0);
  if (value === 0 || (size >= 1e-3 && size < 1e5)) return String(Number(value.toPrecision(digits))).replace("-", "−");
  const text = value.toExponential(1).replace("e+", "e");
  return (text.length > 7 ? value.toExponential(0).replace("e+", "e") : text).replace(/^-/, "−");
};

// a number with so many digits, and all of them even if the last ones are zeros
export const fixed = (value, many = 4) => (!Number.isFinite(value) ? short(value) : value.toPrecision(many).replace(/^-/, "−"));

// a number with so many digits, in a sentence
export const digits = (value, many = 5) =>
  !Number.isFinite(value) ? short(value) : plain(Number(value.toPrecision(many))).replace(/^-/, "−");
const plain = (value) => (value && Math.abs(value) < 1e-4 ? value.toExponential() : String(value));
