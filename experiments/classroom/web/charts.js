// Breakthroughs over time, pairs of a comparison, bars of contributions, tiles of regions.

import { $, LANG, SCENE, el, number, svg, t } from "./page.js";

const BOX = { width: 560, height: 250, left: 40, right: 14, top: 12, bottom: 38 };
const COUNTS = ["solved", "technical", "industrial", "major"];

const inner = (box) => [box.width - box.left - box.right, box.height - box.top - box.bottom];

function niceTop(value) {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  return steps.find((step) => value <= step * 5) * Math.ceil(value / steps.find((step) => value <= step * 5)) || 1;
}

function axes(box, top, last, policy) {
  const [width, height] = inner(box);
  const parts = [];
  const step = [1, 2, 5, 10, 20, 50, 100].find((one) => top / one <= 5);
  for (let value = 0; value <= top; value += step) {
    const y = box.top + height * (1 - value / top);
    parts.push(svg("line", { class: "grid", x1: box.left, x2: box.left + width, y1: y, y2: y }),
      svg("text", { class: "tick", x: box.left - 6, y: y + 4, "text-anchor": "end" }, String(value)));
  }
  for (let quarter = 0; quarter <= last; quarter += 20) {
    const x = box.left + (width * quarter) / last;
    parts.push(svg("text", { class: "tick", x, y: box.top + height + 17, "text-anchor": "middle" }, String(quarter)));
  }
  const end = box.left + (width * policy) / last;
  parts.push(svg("line", { class: "mark", x1: end, x2: end, y1: box.top, y2: box.top + height }),
    svg("text", { class: "tick", x: box.left + width / 2, y: box.height - 4, "text-anchor": "middle" }, t("axis.quarter")));
  return parts;
}

/** Cumulative counts of this run, and the chosen one of the run compared with. */
export function lineChart(picture, other, outcome, quarter) {
  const chart = $("chart");
  const [width, height] = inner(BOX);
  const last = picture.steps.length;
  const chosen = COUNTS.includes(outcome) ? outcome : "solved";
  const column = (name) => picture.series.indexOf(name);
  const series = COUNTS.map((name) => ({ name, values: picture.steps.map((step) => step.n[column(name)]) }));
  const against = other ? other.map((row) => row[column(chosen)]) : [];
  const top = niceTop(Math.max(1, ...series.flatMap((one) => one.values), ...against));
  const at = (value, k) => `${BOX.left + (width * (k + 1)) / last},${BOX.top + height * (1 - value / top)}`;
  const line = (values, upTo) => values.slice(0, upTo).map(at).join(" ");
  chart.setAttribute("viewBox", `0 0 ${BOX.width} ${BOX.height}`);
  chart.replaceChildren(
    ...axes(BOX, top, last, picture.policy),
    ...series.map((one) => svg("polyline", { class: `faint ${one.name}`, points: line(one.values, last) })),
    svg("polyline", { class: "against", points: line(against, last) }),
    ...series.map((one) => svg("polyline", { class: `count ${one.name}${one.name === chosen ? " chosen" : ""}`, points: line(one.values, quarter) })),
    svg("line", { class: "now", x1: BOX.left + (width * quarter) / last, x2: BOX.left + (width * quarter) / last, y1: BOX.top, y2: BOX.top + height }),
  );
  const swatch = (kind) => svg("svg", { viewBox: "0 0 30 12", "aria-hidden": "true" }, svg("line", { class: kind, x1: 1, x2: 29, y1: 6, y2: 6 }));
  $("chart-legend").replaceChildren(
    ...COUNTS.map((name) => el("li", {}, swatch(`count ${name}${name === chosen ? " chosen" : ""}`), t(`measure.${name}`))),
    el("li", {}, swatch("against"), `${t("legend.other")} (${t(`measure.${chosen}`)})`));
}

/** A dot for each pair, this regime minus the other; the interval below. */
export function pairChart(answer) {
  const box = { ...BOX, height: 150, left: 20, right: 20 };
  const values = answer.pairs.map(([mine, other]) => mine - other);
  const most = Math.max(1e-9, ...values.map(Math.abs), Math.abs(answer.low ?? 0), Math.abs(answer.high ?? 0));
  const [width] = inner(box);
  const x = (value) => box.left + (width * (value / most + 1)) / 2;
  const stacks = new Map();
  const dots = values.map((value) => {
    const place = Math.round(x(value) / 8);
    const level = stacks.get(place) ?? 0;
    stacks.set(place, level + 1);
    return svg("circle", { class: "pair-dot", cx: place * 8, cy: 92 - level * 8, r: 3.6 });
  });
  const bar = answer.low === null ? [] : [
    svg("line", { class: "interval", x1: x(answer.low), x2: x(answer.high), y1: 108, y2: 108 }),
    svg("circle", { class: "mean", cx: x(answer.difference), cy: 108, r: 5 })];
  const ticks = [-most, 0, most].map((value) => svg("text", { class: "tick", x: x(value), y: 128, "text-anchor": value < 0 ? "start" : value > 0 ? "end" : "middle" }, number(value, 1)));
  return svg("svg", { viewBox: `0 0 ${box.width} ${box.height}`, role: "img", "aria-label": t("axis.pairs"), class: "pairs" },
    svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 4, y2: 114 }), ...dots, ...bar, ...ticks,
    svg("text", { class: "tick", x: box.width / 2, y: 146, "text-anchor": "middle" }, t("axis.pairs")));
}

/** Contributions as a table whose last column is a bar with its interval. */
export function contributionTable(bars) {
  const most = Math.max(1e-9, ...bars.flatMap((one) => [Math.abs(one.value), Math.abs(one.low ?? 0), Math.abs(one.high ?? 0)]));
  const x = (value) => 100 + (95 * value) / most;
  const picture = (one) => svg("svg", { viewBox: "0 0 200 22", "aria-hidden": "true", class: "bar" },
    svg("line", { class: "zero", x1: 100, x2: 100, y1: 0, y2: 22 }),
    svg("rect", { class: one.told ? "told" : "untold", x: Math.min(100, x(one.value)), width: Math.abs(x(one.value) - 100), y: 4, height: 14 }),
    ...(one.low === null ? [] : [svg("line", { class: "interval", x1: x(one.low), x2: x(one.high), y1: 11, y2: 11 })]));
  return el("table", {}, el("caption", {}, t("why_bars")),
    el("tbody", {}, ...bars.map((one) => el("tr", {}, el("th", { scope: "row" }, one.label), el("td", { class: "number" }, one.text), el("td", {}, picture(one))))));
}

/** Tiles of regions as on the map, shaded by consortia at work; the words stand beside. */
export function tiles(replay) {
  const picture = $("tiles");
  const columns = Math.max(...SCENE.regions.map((one) => one.column)) + 1;
  const rows = Math.max(...SCENE.regions.map((one) => one.row)) + 1;
  picture.setAttribute("viewBox", `0 0 ${columns * 150} ${rows * 96}`);
  const active = SCENE.regions.map((_, k) => replay.active.filter((one) => replay.regionOf(one.lead) === k).length);
  const most = Math.max(4, ...active);
  picture.replaceChildren(...SCENE.regions.map((one, k) => {
    const [x, y] = [one.column * 150, one.row * 96];
    return svg("g", { class: "tile" },
      svg("rect", { x: x + 3, y: y + 3, width: 144, height: 90, rx: 6, class: `shade-${Math.round((4 * active[k]) / most)}` }),
      svg("text", { x: x + 75, y: y + 30, class: "tile-name" }, one.name),
      svg("text", { x: x + 75, y: y + 54 }, t("axis.tile", { active: active[k] })),
      svg("text", { x: x + 75, y: y + 76 }, t("axis.tile_solved", { solved: replay.solved[k] })));
  }));
  const money = replay.step?.m ?? SCENE.regions.map(() => 0);
  $("map-summary").replaceChildren(...SCENE.regions.map((one, k) =>
    el("li", {}, t("summary.region", { name: one.name, active: active[k], solved: replay.solved[k], money: number(money[k], 1) }))));
}
