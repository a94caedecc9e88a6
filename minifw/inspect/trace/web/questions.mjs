// What is asked before a jump: which sign, larger or smaller, then the number. Wrong answers are mistakes one really makes.

import { arrived, book, entered, total, uptoAt } from "./model.mjs";
import { digits, entry, unravel } from "./names.mjs";

// the place of the largest number of an array, among the entries of one sample
function largestAt(grid, sample) {
  let found = sample * grid.columns;
  for (let k = found; k < (sample + 1) * grid.columns; k += 1)
    if (Math.abs(grid.get(k) || 0) > Math.abs(grid.get(found) || 0)) found = k;
  return found;
}

const nameIn = (place, grid, k) => entry(place, unravel(k % grid.columns, grid.shape.slice(1)));
const signs = (value, positive, negative, none) =>
  [positive, negative, none].map((text, i) => ({ text, right: [value > 0, value < 0, value === 0][i] }));

// a number among others, all of which look different, in ascending order
function numbers(right, wrong) {
  const found = [{ value: right, right: true, text: digits(right, 4) }];
  for (const value of wrong)
    if (Number.isFinite(value) && !found.some(({ text }) => text === digits(value, 4)))
      found.push({ value, right: false, text: digits(value, 4) });
  return found.slice(0, 3).sort((a, b) => a.value - b.value);
}

function overLoss(pass, sample) {
  const grid = pass.hops[book.outside[book.outside.length - 1]].out;
  const k = largestAt(pass.error, sample);
  const [g, n, name] = [pass.error.get(k), book.data.loss.n, nameIn(book.last, grid, k)];
  const truth = String(pass.y.shape) === String(grid.shape) ? `, and its target is ${digits(pass.y.get(k))}` : "";
  return [
    {
      text: `The prediction ${name} is ${digits(grid.get(k))}${truth}. If it grew a little, what would the loss do?`,
      choices: signs(g, "grow", "shrink", "stay"),
      because: `The error gradient there is ${digits(g, 4)}: a positive one says that the loss grows with it.`,
    },
    {
      text: `${book.data.loss.text}, with n = ${n}: what is it for ${name}?`,
      choices: numbers(g, [-g, g * n, g / 2, g * 2]),
      because: `n counts ${book.data.loss.counts}; the sign is that of prediction minus target.`,
    },
  ];
}

function overSlope(pass, hop, sample) {
  const [grid, { factor, back }] = [arrived(pass, hop), pass.hops[hop]];
  const k = largestAt(grid, sample);
  const [g, slope, sent] = [grid, factor, back].map((each) => each.get(k));
  const [here, there] = [nameIn(book.hops[hop].upto[1], grid, k), nameIn(book.hops[hop].upto[0], back, k)];
  const input = `${nameIn(book.hops[hop].in, grid, k)} = ${digits(entered(pass, hop).get(k), 4)}`;
  const size = Math.abs(slope) - 1;
  return [
    {
      text: `${here} is ${digits(g, 4)}. At ${input} the slope is ${book.hops[hop].text}. Does the message get larger or smaller?`,
      choices: signs(size, "larger", "smaller", "it stays"),
      because: `The slope is ${digits(slope, 4)}, and the message is multiplied by it.`,
    },
    {
      text: `The slope is ${digits(slope, 4)}. What is ${there}?`,
      choices: numbers(sent, [g + slope, g, slope, -sent, 2 * sent]),
      because: `${digits(g, 4)} × ${digits(slope, 4)} = ${digits(sent, 4)}: factors are multiplied, never added.`,
    },
  ];
}

function overWeights(pass, hop, sample) {
  const grid = total(pass, hop, "kernel");
  const [messages, inputs] = [arrived(pass, hop), entered(pass, hop)];
  const [unit, from] = [largestAt(messages, sample) % messages.columns, largestAt(inputs, sample) % inputs.columns];
  const [value, g, input] = [grid.at(from, unit), messages.at(sample, unit), inputs.at(sample, from)];
  if ([value, g, input].includes(undefined)) return [];
  const name = entry(book.hops[hop].symbols.kernel, [from, unit]);
  const ends = `${nameIn(book.hops[hop].in, inputs, from)} = ${digits(input, 4)}, and ${digits(g, 4)} arrives behind it`;
  const one = book.data.samples[1] === 1;
  const found = [
    {
      text: `Before ${name} stands ${ends}${one ? "" : " for this sample"}. Which sign has ${one ? "its gradient" : "this sample's part of its gradient"}?`,
      choices: signs(g * input, "positive", "negative", "zero"),
      because: `It is their product: ${digits(input, 4)} × ${digits(g, 4)} = ${digits(g * input, 4)}.`,
    },
  ];
  if (one)
    found.push({
      text: `What is the gradient of ${name}?`,
      choices: numbers(value, [g + input, g, input, -value, g / input]),
      because: `What lies at one end times what arrives at the other; ${name} itself has no part in it.`,
    });
  return found;
}

function overOther(pass, hop) {
  const [before, after] = [arrived(pass, hop), pass.hops[hop].back];
  if (!before || !after) return [];
  const size = after.largest - before.largest;
  return [
    {
      text: `The largest entry of ${uptoAt(book.outside.indexOf(hop) + 1)} is ${digits(before.largest, 4)}. Is the largest behind ${book.hops[hop].title} larger or smaller?`,
      choices: signs(size, "larger", "smaller", "the same"),
      because: `It is ${digits(after.largest, 4)}.`,
    },
  ];
}

// the questions of a step; none where there is nothing to jump over, or nothing to choose from
export const questionsOf = (pass, step, sample) =>
  questionsAt(pass, step, sample).filter(({ choices }) => choices.length > 1 && choices.some(({ right }) => right));

function questionsAt(pass, step, sample) {
  const { phase, hop, penalty } = book.steps[step];
  if (phase !== "back" || penalty >= 0 || !Number.isFinite(pass.loss)) return [];
  if (hop < 0) return overLoss(pass, sample);
  if (book.hops[hop].inside) return [];
  if (pass.hops[hop].factor && pass.hops[hop].back) return overSlope(pass, hop, sample);
  return book.hops[hop].dense ? overWeights(pass, hop, sample) : overOther(pass, hop);
}
