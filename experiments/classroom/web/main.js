// The page: settings on one side, pictures on the other, and the address between them.

import { address, query, read } from "./address.js";
import { Refused, ended, get, stop, stream } from "./api.js";
import { contributionTable, lineChart, pairChart, tiles } from "./charts.js";
import { Network } from "./network.js";
import { $, LANG, MENU, SCENE, calm, el, join, nameOf, number, regimeTitle, save, sentences, t } from "./page.js";
import { Replay } from "./replay.js";

const WAIT = { slow: 2000, normal: 500, fast: 125 }; // milliseconds a quarter
const SLIDER_PAUSE = 60; // milliseconds without a move before the server is asked
const TRIED = "classroom-tried"; // in the tab's own storage
const NARROW = matchMedia("(max-width: 699px)"); // as in the style sheet
const page = { choices: read(), replay: null, picture: null, other: null, chosen: null, timer: null, depth: history.state?.depth ?? 0, deepest: history.state?.depth ?? 0 };
const network = new Network((row) => choose("organisation", row));

// ------------------------------------------------------------ settings

function option(value, text) {
  return el("option", { value }, text);
}

function build() {
  $("lesson").append(option("", "–"), ...MENU.lessons.map((one) => option(one.name, one.title)));
  $("regime").append(...MENU.regimes.map((one) => option(one.name, one.title)));
  $("against").append(option("unchanged", t("choose.unchanged")), ...MENU.regimes.map((one) => option(one.name, one.title)));
  $("outcome").append(...MENU.outcomes.map((name) => option(name, t(`measure.${name}`))));
  $("seed").max = MENU.most_seed;
  for (const one of MENU.sliders) $(one.lever ? "levers" : "world").append(slider(one));
  $("organisation").append(option("", t("choose.nobody")), ...SCENE.organisations.map((one, row) => option(row, one.name)));
  $("compare-help").textContent = t("compare_help", { n: MENU.replicates });
  $("compare-start").textContent = t("button.compare", { n: MENU.replicates });
  network.legend($("legend"));
  arrange();
}

/** On a phone the picture and the answers come before the settings, to the eye and to the Tab key. */
function arrange() {
  if (NARROW.matches) $("answers").after($("settings"));
  else $("left").append($("settings"));
}

function slider(one) {
  const id = `slider-${one.name}`;
  const input = el("input", { type: "range", id, min: one.low, max: one.high, step: one.step, "data-name": one.name });
  const value = el("output", { for: id });
  let pause;
  input.addEventListener("input", () => {
    const moved = input.value;
    value.textContent = moved;
    clearTimeout(pause);
    input.dataset.waiting = ""; // an answer to something earlier must not move it back
    pause = setTimeout(() => {
      delete input.dataset.waiting;
      change({ settings: { ...page.choices.settings, [one.name]: moved } }, true);
    }, SLIDER_PAUSE);
  });
  input.addEventListener("change", () => history.replaceState({ ...history.state, settled: true }, ""));
  return el("div", { class: "slider" }, el("label", { for: id }, t(`slider.${one.name}`)), input, value);
}

function showSettings() {
  const { choices } = page;
  for (const name of ["lesson", "regime", "against", "outcome", "seed"]) $(name).value = choices[name];
  const lesson = MENU.lessons.find((one) => one.name === choices.lesson);
  $("question").textContent = lesson?.question ?? "";
  $("assumption").hidden = !lesson;
  $("assumption").textContent = lesson ? t("button.assumption", { change: changeOf(lesson) }) : "";
  $("other-language").href = `${address(choices)}`.replace(`lang=${LANG}`, `lang=${LANG === "zh" ? "en" : "zh"}`);
  $("export-data").href = `/export/run.csv?${query(choices)}`;
  $("export-settings").href = `/export/settings.yaml?${query(choices)}`;
  $("undo").disabled = page.depth === 0;
  $("redo").disabled = page.depth >= page.deepest;
}

function showSliders() {
  const levers = MENU.regimes.find((one) => one.name === page.choices.regime)?.levers;
  for (const input of document.querySelectorAll("[data-name]")) {
    const value = page.picture.sliders[input.dataset.name];
    const one = MENU.sliders.find((each) => each.name === input.dataset.name);
    input.disabled = one.lever && !levers;
    if ("waiting" in input.dataset) continue;
    if (document.activeElement !== input || value !== null) input.value = value ?? one.low;
    input.nextElementSibling.textContent = value === null ? "–" : String(value);
  }
}

// ------------------------------------------------------------ change, undo

/** Other choices: a new address, a new picture. Moves of one slider in a row are one change. */
function change(some, sliding = false) {
  page.choices = { ...page.choices, ...some };
  const state = { depth: page.depth, sliding: false, settled: false };
  if (sliding && history.state?.sliding && !history.state.settled) {
    history.replaceState({ ...history.state }, "", address(page.choices));
  } else {
    page.depth += 1;
    page.deepest = page.depth;
    history.pushState({ ...state, depth: page.depth, sliding }, "", address(page.choices));
  }
  load();
}

function chooseLesson(name) {
  const one = MENU.lessons.find((each) => each.name === name);
  if (!one) change({ lesson: "" });
  else change({ lesson: name, regime: one.regime, against: one.against, outcome: one.outcome, settings: { ...one.settings }, quarter: "" });
}

/** The changed assumption of a lesson in words. */
function changeOf(lesson) {
  return join(Object.entries(lesson.changed).map(([name, value]) => `${t(`slider.${name}`)} = ${value}`));
}

function changeAssumption() {
  const lesson = MENU.lessons.find((one) => one.name === page.choices.lesson);
  change({ settings: { ...page.choices.settings, ...lesson.changed } });
}

function chooseRegime(name) {
  const world = Object.entries(page.choices.settings).filter(([key]) => !MENU.sliders.find((one) => one.name === key)?.lever);
  change({ regime: name, settings: Object.fromEntries(world) });
}

function remember() {
  const tried = JSON.parse(sessionStorage.getItem(TRIED) ?? "[]");
  const here = address({ ...page.choices, quarter: "" });
  const outcome = ["solved", "technical", "industrial", "major"].includes(page.choices.outcome) ? page.choices.outcome : "solved";
  const moved = Object.entries(page.choices.settings).map(([name, value]) => `${t(`slider.${name}`)} ${value}`);
  const text = [t("history_entry", { regime: regimeTitle(page.choices.regime), outcome: t(`measure.${outcome}`), count: page.picture.counts[outcome] }), ...moved].join(" · ");
  if (tried.every((one) => one.here !== here)) tried.push({ here, text });
  sessionStorage.setItem(TRIED, JSON.stringify(tried.slice(-20)));
  $("history").replaceChildren(...tried.slice(-20).reverse().map((one) => el("li", {}, el("a", { href: one.here }, one.text))));
}

// ------------------------------------------------------------ one run

async function load() {
  clearAnswers();
  showSettings();
  $("busy").textContent = t("loading");
  try {
    const picture = await get("picture", `/api/picture?${query(page.choices)}`);
    page.picture = picture;
    page.replay = new Replay(picture);
    page.other = null;
    fail(null);
    showSliders();
    $("quarter").max = picture.steps.length;
    goTo(page.choices.quarter === "" ? picture.policy : Number(page.choices.quarter), page.choices.quarter !== "");
    remember();
    page.other = await get("line", `/api/line?${query(page.choices)}`);
    show();
  } catch (error) {
    if (ended(error)) return;
    fail(error);
  }
  $("busy").textContent = "";
}

function fail(error) {
  $("error").hidden = !error;
  $("error").textContent = error ? `${t("error.title")}: ${error.message}` : "";
  if (error && !(error instanceof Refused)) console.error(error);
}

/** Where nobody has touched the clock the picture is that of the last quarter of policy, when there is most to see. */
function goTo(quarter, touched = true) {
  page.replay.goTo(quarter);
  page.choices.quarter = touched ? String(page.replay.quarter) : "";
  $("quarter").value = page.replay.quarter;
  show();
}

function when() {
  const { quarter } = page.replay;
  const { policy } = page.picture;
  if (quarter === 0) return t("start");
  return quarter <= policy ? t("quarter", { quarter, all: policy }) : t("run_out", { quarter: quarter - policy });
}

function show() {
  const { replay, picture } = page;
  if (!replay) return;
  network.show(replay, page.chosen);
  lineChart(picture, page.other, page.choices.outcome, replay.quarter);
  tiles(replay);
  $("when").textContent = when();
  $("quarter").setAttribute("aria-valuetext", when());
  $("network-summary").textContent = sentences([t("summary.network", { when: when(), active: replay.active.length, bidding: replay.bidding.length, organisations: replay.organisations }), thisQuarter()]);
  $("line-summary").textContent = sentences([soFar(), page.other ? atTheEnd() : ""]);
  showConsortia();
}

function thisQuarter() {
  if (!page.replay.step) return "";
  const counts = Object.entries(page.replay.step.k ?? {});
  return counts.length ? t("summary.quarter", { list: join(counts.map(([name, n]) => t(`event.${name}`, { n }))) }) : t("summary.quiet");
}

function soFar() {
  const row = page.replay.step?.n ?? page.picture.series.map(() => 0);
  const value = (name) => row[page.picture.series.indexOf(name)];
  return t("summary.line", { solved: value("solved"), technical: value("technical"), industrial: value("industrial"), major: value("major"), money: number(value("public_spent"), 1) });
}

function atTheEnd() {
  const name = ["solved", "technical", "industrial", "major"].includes(page.choices.outcome) ? page.choices.outcome : "solved";
  const column = page.picture.series.indexOf(name);
  return t("summary.end", { regime: regimeTitle(page.choices.regime), mine: page.picture.counts[name], against: regimeTitle(page.choices.against), other: page.other.at(-1)[column], outcome: t(`measure.${name}`) });
}

// ------------------------------------------------------------ the clock

/** Run and step begin at 0 from the end, and from the picture that the page has opened with. */
const fromTheStart = () => page.choices.quarter === "" || page.replay.quarter >= page.replay.last;

function play() {
  if (page.timer) return pause();
  if (fromTheStart()) goTo(0);
  $("run").textContent = t("button.pause");
  document.body.classList.toggle("playing", !calm.matches);
  $("network-summary").setAttribute("aria-live", "off"); // twice a second is too much to hear
  const tick = () => {
    goTo(page.replay.quarter + 1);
    if (page.replay.quarter >= page.replay.last) return pause();
    page.timer = setTimeout(tick, WAIT[$("speed").value]);
  };
  page.timer = setTimeout(tick, 0);
}

function pause() {
  clearTimeout(page.timer);
  page.timer = null;
  document.body.classList.remove("playing");
  $("run").textContent = t("button.run");
  $("network-summary").setAttribute("aria-live", "polite");
  keepQuarter();
}

function keepQuarter() {
  history.replaceState(history.state, "", address(page.choices));
  showSettings();
  if (page.chosen) inspect();
}

// ------------------------------------------------------------ inspector

function choose(what, row) {
  page.chosen = { what, row };
  $("organisation").value = what === "organisation" ? row : "";
  show();
  inspect();
}

function showConsortia() {
  const rows = [...page.replay.consortia.values()].sort((a, b) => a.row - b.row);
  const chosen = page.chosen?.what === "consortium" ? String(page.chosen.row) : "";
  $("consortium").replaceChildren(option("", t("choose.nobody")), ...rows.map((one) => option(one.row, `${one.row} · ${nameOf(one.lead)}`)));
  $("consortium").value = chosen;
}

async function inspect() {
  const { what, row } = page.chosen;
  try {
    const told = await get("inspect", `/api/inspect?${query(page.choices, { what, row, quarter: page.replay.quarter })}`);
    $("inspected").replaceChildren(el("h3", {}, told.title), el("p", { class: "help" }, when()),
      el("dl", {}, ...told.rows.flatMap(([label, text]) => [el("dt", {}, label), el("dd", {}, text)])));
  } catch (error) {
    if (!ended(error)) $("inspected").replaceChildren(el("p", { class: "error" }, error.message));
  }
}

// ------------------------------------------------------------ thirty pairs, and why

function clearAnswers() {
  for (const kind of ["compare", "why"]) {
    stop(kind);
    $(`${kind}-answer`).replaceChildren();
    $(`${kind}-progress`).hidden = true;
    $(`${kind}-count`).textContent = "";
    $(`${kind}-start`).disabled = false;
  }
}

async function background(kind, write) {
  const bar = $(`${kind}-progress`);
  $(`${kind}-start`).disabled = true;
  bar.hidden = false;
  bar.value = 0;
  $(`${kind}-answer`).replaceChildren();
  try {
    const answer = await stream(kind, `/api/${kind}?${query(page.choices)}`, (done, all) => {
      bar.max = all;
      bar.value = done;
      $(`${kind}-count`).textContent = t("progress", { done: number(done), all: number(all) });
    });
    $(`${kind}-answer`).replaceChildren(...write(answer));
  } catch (error) {
    if (!ended(error)) $(`${kind}-answer`).replaceChildren(el("p", { class: "error" }, error.message));
  }
  bar.hidden = true;
  $(`${kind}-start`).disabled = false;
}

function verdict(answer) {
  const head = ["outcome", "difference", "interval", "verdict"].map((name) => el("th", { scope: "col" }, t(`table.${name}`)));
  const rows = answer.table.map((one) => el("tr", {}, el("th", { scope: "row" }, one.title), el("td", { class: "number" }, one.difference), el("td", { class: "number" }, one.interval), el("td", {}, one.verdict)));
  return [el("p", { class: "verdict", "data-verdict": answer.verdict }, answer.sentences[0]), el("p", {}, answer.sentences[1]), pairChart(answer),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("panel.compare") }, el("table", {}, el("caption", {}, t("table.caption")), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)))];
}

function explained(answer) {
  return [el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("panel.why") }, contributionTable(answer.bars)), ...answer.sentences.map((one) => el("p", {}, one))];
}

// ------------------------------------------------------------ wiring

function wire() {
  NARROW.addEventListener("change", arrange);
  $("settings").addEventListener("submit", (event) => event.preventDefault());
  $("lesson").addEventListener("change", (event) => chooseLesson(event.target.value));
  $("regime").addEventListener("change", (event) => chooseRegime(event.target.value));
  for (const name of ["against", "outcome", "seed"]) $(name).addEventListener("change", (event) => change({ [name]: event.target.value }));
  $("new-luck").addEventListener("click", () => change({ seed: String((Number(page.choices.seed) + 1) % (MENU.most_seed + 1)) }));
  $("assumption").addEventListener("click", changeAssumption);
  $("undo").addEventListener("click", () => history.back());
  $("redo").addEventListener("click", () => history.forward());
  $("run").addEventListener("click", play);
  $("step").addEventListener("click", () => { pause(); goTo(fromTheStart() ? 0 : page.replay.quarter + 1); keepQuarter(); });
  $("reset").addEventListener("click", () => { pause(); goTo(0); keepQuarter(); });
  $("quarter").addEventListener("input", (event) => { if (page.timer) pause(); goTo(Number(event.target.value)); });
  $("quarter").addEventListener("change", keepQuarter);
  $("organisation").addEventListener("change", (event) => event.target.value !== "" && choose("organisation", Number(event.target.value)));
  $("consortium").addEventListener("change", (event) => event.target.value !== "" && choose("consortium", Number(event.target.value)));
  $("compare-start").addEventListener("click", () => background("compare", verdict));
  $("why-start").addEventListener("click", () => background("why", explained));
  $("export-picture").addEventListener("click", () => save(network.file(), "picture.svg"));
  addEventListener("popstate", (event) => {
    if (event.state === null && location.hash) return; // a jump inside the page changes nothing
    page.depth = event.state?.depth ?? 0;
    page.choices = read();
    load();
  });
}

build();
wire();
history.replaceState({ depth: page.depth, sliding: false }, "", location.search ? location.href : address(page.choices));
load();
