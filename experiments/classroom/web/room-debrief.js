// After a room: what the two runs came to, in words and in a picture, and what came of each decision.

import { LANG, el, number, svg } from "./page.js";
import { decision, nameOf, say, seatName } from "./room-items.js";

const BOX = { width: 400, height: 220, left: 46, right: 14, top: 12, bottom: 44 }; // about as wide as it is shown
const ROOM = 20; // for the number of a round below its line
const PANELS = ["solved", "technical", "public_spent"];

const last = (values, told) => values[values.length - 1] ?? told.series.map(() => 0);
const at = (told, name) => told.series.indexOf(name);

export function table(caption, heads, rows) {
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)));
  const cell = (value) => (value instanceof Node ? value : String(value));
  const body = rows.map((row) => el("tr", {}, ...row.map((value, k) => el(k ? "td" : "th", k ? {} : { scope: "row" }, cell(value)))));
  return el("table", {}, el("caption", {}, caption), el("thead", {}, head), el("tbody", {}, ...body));
}

export function sums(told) {
  const room = last(told.room, told), model = last(told.model, told);
  const rows = told.series.map((name, k) => [say(`series.${name}`), number(room[k], 1), number(model[k], 1)]);
  return table(say("beside"), [say("what"), say("room"), say("model")], rows);
}

/** What stands on the figures, as of now. */
export function soFar(told) {
  const value = (rows, name) => number(last(rows, told)[at(told, name)] ?? 0, 1);
  return el("dl", {}, ...PANELS.flatMap((name) => [el("dt", {}, say(`series.${name}`)),
    el("dd", {}, say("screen.values", { room: value(told.room, name), model: value(told.model, name) }))]));
}

function panel(told, name) {
  const column = at(told, name);
  const lines = [["room", told.room], ["model", told.model]].map(([kind, rows]) => [kind, rows.map((row) => row[column])]);
  const length = Math.max(...lines.map(([, values]) => values.length));
  const most = Math.max(1, ...lines.flatMap(([, values]) => values));
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000].find((one) => most / one <= 5) ?? most;
  const top = step * Math.ceil(most / step);
  const [width, height] = [BOX.width - BOX.left - BOX.right, BOX.height - BOX.top - BOX.bottom];
  const x = (quarter) => BOX.left + (width * quarter) / length, y = (value) => BOX.top + height * (1 - value / top);
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, k) => k * step);
  const opened = new Map(told.windows.map(([round, , quarter]) => [quarter, round]));
  const rounds = [...new Map([...opened].map(([quarter, round]) => [round, quarter]))];
  const apart = (x(rounds.at(-1)?.[1] ?? 0) - x(rounds[0]?.[1] ?? 0)) / Math.max(1, rounds.length - 1);
  const every = Math.max(1, Math.ceil(ROOM / Math.max(1, apart)));
  return el("figure", {}, el("figcaption", {}, say(`series.${name}`)),
    svg("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img", "aria-label": ending(told, name) },
      ...ticks.flatMap((value) => [svg("line", { class: "grid", x1: BOX.left, x2: BOX.left + width, y1: y(value), y2: y(value) }),
        svg("text", { class: "tick", x: BOX.left - 6, y: y(value) + 4, "text-anchor": "end" }, number(value))]),
      ...rounds.flatMap(([round, quarter], k) => [svg("line", { class: "mark", x1: x(quarter), x2: x(quarter), y1: BOX.top, y2: BOX.top + height }),
        k % every ? "" : svg("text", { class: "tick", x: x(quarter), y: BOX.top + height + 16, "text-anchor": "middle" }, String(round + 1))]),
      svg("text", { class: "tick", x: BOX.left + width / 2, y: BOX.height - 4, "text-anchor": "middle" }, say("axis_rounds")),
      ...lines.map(([kind, values]) => svg("polyline", { class: `run-${kind}`, points: values.map((value, k) => `${x(k + 1)},${y(value)}`).join(" ") }))));
}

const ending = (told, name) => say("ending", { what: say(`series.${name}`),
  room: number(last(told.room, told)[at(told, name)], 1), model: number(last(told.model, told)[at(told, name)], 1) });

function legend() {
  const swatch = (kind) => svg("svg", { viewBox: "0 0 30 12", "aria-hidden": "true" }, svg("line", { class: `run-${kind}`, x1: 1, x2: 29, y1: 6, y2: 6 }));
  return el("ul", { class: "legend" }, ...["room", "model"].map((kind) => el("li", {}, swatch(kind), say(kind))));
}

/** What became of the need of a decision, here and in the model's run. */
function fate(told, changed) {
  const [kind, need, lead] = changed.slice(1).split(":");
  const solver = told.needs[need] ?? { room: -1, model: -1 };
  const solved = (who) => (who < 0 ? say("fate.unsolved") : say("fate.solved_by", { who: nameOf(who) }));
  const bid = told.bids[`${need}:${lead}`];
  const here = kind === "publish" || kind === "hand" ? solved(solver.room) : say(`fate.bid.${bid ?? "none"}`);
  return say("fate.both", { here, model: solved(solver.model) });
}

/** Decisions of a seat in words: one line for all that it said in a round about one bid or need. */
function deeds(told, seat) {
  const lines = new Map();
  for (const { turn, changed } of told.decisions.filter((one) => one.seat === seat)) {
    for (const one of changed) {
      const [kind, need, lead] = one.split(":");
      const about = `${turn} ${need} ${lead}`;
      if (!lines.has(about)) lines.set(about, { turn, first: one, kinds: new Map() });
      const kinds = lines.get(about).kinds; // those that differ only in who was asked are one
      kinds.set(kind, [...kinds.get(kind) ?? [], one]);
    }
  }
  return [...lines.values()].map(({ turn, first, kinds }) => el("li", {}, say("decided_in", { round: told.windows[turn][0] + 1,
    what: [...kinds.values()].map(decision).join(LANG === "zh" ? "；" : "; "), fate: fate(told, first) })));
}

/** How many decisions of a seat went against the rules. */
const against = (told, seat) => told.decisions.filter((one) => one.seat === seat).reduce((sum, one) => sum + one.changed.length, 0);

/** A seat: whose, numbers of both runs, and its decisions to be unfolded. */
function seatOf(told, { seat, name }, open) {
  const { room, model } = told.seats[seat];
  const count = against(told, seat);
  const both = (key, digits) => ` ${say(key)} ${number(room[key], digits)} / ${number(model[key], digits)}`;
  const line = [el("span", { class: "whose" }, `${name} · ${seatName(seat)}`), el("span", {}, ` ${count ? say("against", { n: count }) : say("none")}`),
    el("span", {}, both("led", 0)), el("span", {}, both("solved", 0)), el("span", {}, both("money", 1))];
  if (!count) return el("div", { class: "seat-line" }, ...line);
  return el("details", { open }, el("summary", { class: "seat-line" }, ...line), el("ul", { class: "deeds" }, ...deeds(told, seat)));
}

/** What a room came to, without names: words, figures, questions. */
export function outcome(told, people, count) {
  const rounds = new Set(told.windows.map(([round]) => round)).size;
  return [el("h2", {}, say("debrief")), el("p", {}, say("summary", { people, count, rounds })),
    el("ul", {}, ...PANELS.map((name) => el("li", {}, ending(told, name)))), el("p", { class: "one-run" }, say("one_run")),
    el("div", { class: "pair" }, ...PANELS.map((name) => panel(told, name))), legend(),
    el("h3", {}, say("questions")), el("ol", { class: "questions" }, ...["chose", "luck", "pairs"].map((key) => el("li", {}, say(`question.${key}`))))];
}

/** The parts of the debrief; the seat of whoever looks comes before the others. */
export function debriefing(told, own) {
  const mine = told.people.filter((one) => one.seat === own);
  const others = told.people.filter((one) => one.seat !== own);
  const order = [...others.filter((one) => against(told, one.seat)), ...others.filter((one) => !against(told, one.seat))];
  const section = (key, people, open) => (people.length
    ? [el("h3", {}, say(key)), el("div", { class: "seats" }, ...people.map((one) => seatOf(told, one, open)))] : []);
  const all = told.people.reduce((sum, one) => sum + against(told, one.seat), 0);
  return [...outcome(told, told.people.length, all), el("p", { class: "help" }, say("debrief_caption")),
    ...section("own", mine, true), ...section(own ? "others" : "seats", order, false), sums(told)];
}
