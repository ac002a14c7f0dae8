// The page's state is its address: read it, write it, go back and forth in it.

import { LANG, MENU } from "./page.js";

const SINGLE = ["lesson", "regime", "against", "outcome", "seed"];

/** Choices from the address; what is missing comes from the first named question. */
export function read(search = location.search) {
  const given = new URLSearchParams(search);
  const lesson = MENU.lessons.find((one) => one.name === given.get("lesson")) ?? MENU.lessons[0];
  const fresh = !SINGLE.slice(1, 4).some((name) => given.has(name));
  const settings = fresh ? { ...lesson.settings } : {};
  for (const [name, value] of given) {
    if (!SINGLE.includes(name) && name !== "lang" && name !== "quarter") settings[name] = value;
  }
  return {
    lesson: given.get("lesson") ?? (fresh ? lesson.name : ""),
    regime: given.get("regime") ?? lesson.regime,
    against: given.get("against") ?? lesson.against,
    outcome: given.get("outcome") ?? lesson.outcome,
    seed: given.get("seed") ?? "7",
    settings,
    quarter: given.get("quarter") ?? "", // empty: nobody has touched the clock
  };
}

/** Everything the numbers depend on, and the language, as a query. */
export function query(choices, more = {}) {
  const out = new URLSearchParams({ lang: LANG });
  for (const name of SINGLE.slice(1)) out.set(name, choices[name]);
  for (const name of Object.keys(choices.settings).sort()) out.set(name, choices.settings[name]);
  for (const [name, value] of Object.entries(more)) out.set(name, value);
  return out.toString();
}

/** The address of a page. */
export function address(choices) {
  const more = {};
  if (choices.lesson) more.lesson = choices.lesson;
  if (choices.quarter !== "") more.quarter = choices.quarter;
  return `?${query(choices, more)}`;
}
