// After a room: what the two runs came to, in words and in a picture, and what came of each decision.

import { el, number, svg, t } from "./page.js";
import { decision, nameOf, say, seatName } from "./room-items.js";

const BOX = { width: 560, height: 240, left: 46, right: 14, top: 14, bottom: 40 };
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
  return el("figure", {}, el("figcaption", {}, say(`series.${name}`)),
    svg("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img", "aria-label": ending(told, name) },
      ...ticks.flatMap((value) => [svg("line", { class: "grid", x1: BOX.left, x2: BOX.left + width, y1: y(value), y2: y(value) }),
        svg("text", { class: "tick", x: BOX.left - 6, y: y(value) + 4, "text-anchor": "end" }, String(value))]),
      ...rounds.flatMap(([round, quarter]) => [svg("line", { class: "mark", x1: x(quarter), x2: x(quarter), y1: BOX.top, y2: BOX.top + height }),
        svg("text", { class: "tick", x: x(quarter), y: BOX.top + height + 16, "text-anchor": "middle" }, String(round + 1))]),
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

/** Decisions of a seat; those that differ only in who was asked are one. */
function deeds(told, seat) {
  const grouped = new Map();
  for (const { turn, changed } of told.decisions.filter((one) => one.seat === seat)) {
    for (const one of changed) {
      const about = `${turn} ${one.split(":").slice(0, 3)}`;
      grouped.set(about, { turn, same: [...grouped.get(about)?.same ?? [], one] });
    }
  }
  const lines = [...grouped.values()].map(({ turn, same }) =>
    el("li", {}, say("decided_in", { round: told.windows[turn][0] + 1, what: decision(same), fate: fate(told, same[0]) })));
  return lines.length ? el("ul", { class: "deeds" }, ...lines) : say("none");
}

/** The parts of the debrief. */
export function debriefing(told) {
  const count = told.decisions.reduce((sum, one) => sum + one.changed.length, 0);
  const rounds = new Set(told.windows.map(([round]) => round)).size;
  const rows = told.people.map(({ seat, name }) => {
    const { room, model } = told.seats[seat];
    return [`${name} · ${seatName(seat)}`, deeds(told, seat),
      `${room.led} / ${model.led}`, `${room.solved} / ${model.solved}`, `${number(room.money, 1)} / ${number(model.money, 1)}`];
  });
  return [el("h2", {}, say("debrief")),
    el("p", {}, say("summary", { people: told.people.length, count, rounds })), el("ul", {}, ...PANELS.map((name) => el("li", {}, ending(told, name)))),
    el("p", { class: "caution" }, say("one_run")),
    el("div", { class: "pair" }, ...PANELS.map((name) => panel(told, name))), legend(),
    el("h3", {}, say("questions")), el("ol", { class: "questions" }, ...["chose", "luck", "pairs"].map((key) => el("li", {}, say(`question.${key}`)))),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("room.debrief_caption") },
      table(say("debrief_caption"), [say("seat"), say("decisions"), say("led"), say("solved"), say("money")], rows)), sums(told)];
}
