// The cases that Python wrote, each a page's data and what is true of it.

import fs from "node:fs";

export const cases = JSON.parse(fs.readFileSync(process.env.MINIFW_CASES, "utf8"));

export const close = (found, wanted, relative, size = Math.abs(wanted)) =>
  Object.is(found, wanted) || found === wanted || Math.abs(found - wanted) <= relative * Math.max(size, 1e-300);

// a number that stands somewhere as text, however short, is Python's
export const told = (text) => Number(text.replace("−", "-").replace("∞", "Infinity"));
