// The pages of a room: opening it, a seat, the teacher's. A seat's token stays in the address after # and is never sent in it.

import { DATA, LANG, $, el, number, t } from "./page.js";

const EVERY = 1500; // milliseconds between looks
const [code, token] = decodeURIComponent(location.hash.slice(1)).split(".");
const say = (key, values) => t(`room.${key}`, values);
const seatName = (seat) => DATA.names[seat] ?? seat;
const nameOf = (row) => (row < 0 ? say("science") : seatName(`organisation-${row}`) ?? row);
let shown = "";

function tell(error) {
  $("error").textContent = error?.message ?? "";
  $("error").hidden = !error;
}

async function ask(path, body) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  if (body) headers["content-type"] = "application/json";
  const response = await fetch(`/api/room${path}?lang=${LANG}`, { headers, method: body ? "POST" : "GET", body: body && JSON.stringify(body) });
  const told = await response.json();
  if (!response.ok) throw Object.assign(new Error(told.error), { kind: told.kind });
  return told;
}

const go = (page, hash) => {
  location.href = `/room/${page}?lang=${LANG}#${hash}`;
};
addEventListener("hashchange", () => location.reload()); // another key is another page

function onSubmit(form, act) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act().then(() => tell(null), tell);
  });
}

// ---------------------------------------------------------------- opening and joining

function openRoom() {
  onSubmit($("open"), async () => {
    const values = Object.fromEntries(["seed", "quarters", "seconds", "most"].map((id) => [id, Number($(id).value)]));
    const told = await ask("", { regime: $("regime").value, ...values });
    go("teacher", `${told.code}.${told.token}`);
  });
}

async function listSeats() {
  const wanted = $("code").value.trim();
  const taken = wanted.length === 6 ? (await ask(`/${encodeURIComponent(wanted)}`)).taken : [];
  const free = DATA.seats.filter((seat) => !taken.includes(seat));
  $("wanted").replaceChildren(el("option", { value: "" }, say("join.any")), ...free.map((seat) => el("option", { value: seat }, seatName(seat))));
}

function joinRoom() {
  $("code").value = code ?? "";
  $("code").addEventListener("change", () => listSeats().then(() => tell(null), tell));
  listSeats().catch(tell);
  onSubmit($("join"), async () => {
    const where = $("code").value.trim().toUpperCase();
    const told = await ask(`/${encodeURIComponent(where)}/join`, { name: $("name").value, seat: $("wanted").value });
    localStorage.setItem(`room-${where}`, told.token); // a closed laptop comes back to its seat
    go("seat", `${where}.${told.token}`);
  });
}

// ---------------------------------------------------------------- what is shown in a round

function table(caption, heads, rows) {
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)));
  const body = rows.map((row) => el("tr", {}, ...row.map((cell, k) => el(k ? "td" : "th", k ? {} : { scope: "row" }, String(cell)))));
  return el("table", {}, el("caption", {}, caption), el("thead", {}, head), el("tbody", {}, ...body));
}

function sums(told) {
  const last = (values) => values[values.length - 1] ?? told.series.map(() => 0);
  const room = last(told.room), model = last(told.model);
  const rows = told.series.map((name, k) => [say(`series.${name}`), number(room[k], 1), number(model[k], 1)]);
  return table(say("beside"), [say("what"), say("room"), say("model")], rows);
}

const itemText = (item) => say(`item.${item.kind}`, { need: item.need, value: number(item.value, 1), lead: nameOf(item.lead), who: nameOf(item.who), grant: number(item.grant, 2) })
  + (item.rule ? "" : say("unlikely"));

function choose(view) {
  const boxes = view.items.map((item) => {
    const box = el("input", { type: "checkbox", value: item.key });
    box.checked = !(view.refused ?? []).includes(item.key);
    return el("p", {}, el("label", {}, box, " ", itemText(item)));
  });
  const done = el("p", { class: "help", role: "status" }, view.refused ? say("decided") : say("undecided"));
  const button = el("button", { class: "main", type: "button", id: "decide", onclick: async () => {
    const refused = [...$("items").querySelectorAll("input:not(:checked)")].map((box) => box.value);
    try {
      await ask(`/${code}/decide`, { round: view.round, refused });
      done.textContent = say("decided");
      tell(null);
    } catch (error) { tell(error); }
  } }, say("decide"));
  if (!boxes.length) return [el("p", {}, say("nothing"))];
  return [el("p", {}, say("tick")), ...boxes, button, done];
}

const people = (view) => [table(say("people", { n: view.seats.length }), [say("seat"), say("name"), say("items"), say("answered")],
  view.seats.map((one) => [seatName(one.seat), one.name, one.items, one.decided ? "✓" : "–"]))];

async function look(page) {
  const view = await ask(`/${code}/${page}`);
  $("live").hidden = false;
  if (page === "seat") {
    $("join").hidden = true;
    $("who").textContent = say("you", { name: view.name, seat: seatName(view.seat) });
  } else $("who").textContent = say("round_title");
  $("clock").textContent = say(`state.${view.state}`, { round: view.round + 1, quarter: view.quarter + 1, all: view.policy, left: Math.ceil(view.left) });
  const now = page === "seat" ? `${view.round} ${view.state}` : JSON.stringify([view.round, view.state, view.seats]);
  if (now !== shown) {
    shown = now;
    $("numbers").replaceChildren(sums(view));
    const open = view.state === "running" || view.state === "paused";
    $("items").replaceChildren(...(page === "teacher" ? people(view) : open ? choose(view) : []));
    if (view.state === "ended") await debrief();
  }
  return view.state !== "ended";
}

async function debrief() {
  const told = await ask(`/${code}/debrief`);
  const names = Object.fromEntries(told.people.map((one) => [one.seat, one.name]));
  const refusals = (seat) => told.decisions.filter((one) => one.seat === seat).flatMap((one) =>
    one.refused.map((key) => say("refused_in", { round: one.round + 1, what: said(key) })));
  const rows = told.people.map(({ seat }) => {
    const { room, model } = told.seats[seat];
    return [`${names[seat]} · ${seatName(seat)}`, refusals(seat).join(" ") || say("none"),
      `${room.led} / ${model.led}`, `${room.solved} / ${model.solved}`, `${number(room.money, 1)} / ${number(model.money, 1)}`];
  });
  $("debrief").hidden = false;
  $("debrief").replaceChildren(el("h2", {}, say("debrief")), sums(told), el("p", { class: "caution" }, say("one_run")),
    table(say("debrief_caption"), [say("seat"), say("refusals"), say("led"), say("solved"), say("money")], rows));
}

function said(key) {
  const [kind, need, row] = key.split(":");
  return say(`said.${kind}`, { need, who: row === undefined ? "" : nameOf(Number(row)) });
}

async function keepLooking(page) {
  try {
    const on = await look(page);
    if (!on) return;
  } catch (error) {
    tell(error);
    if (error.kind) return;
  }
  setTimeout(() => keepLooking(page), EVERY);
}

function teach() {
  $("code-shown").textContent = code;
  $("where").textContent = `${location.origin}/room/seat`;
  $("qr").src = `/api/room/${code}/qr.svg?lang=${LANG}`;
  for (const order of ["start", "pause", "next", "end", "delete"]) {
    $(order).addEventListener("click", async () => {
      if (order === "delete" && !confirm(say("sure"))) return;
      try {
        await ask(`/${code}/control`, { do: order });
        if (order === "delete") go("open", "");
        else await look("teacher");
        tell(null);
      } catch (error) { tell(error); }
    });
  }
  keepLooking("teacher");
}

$("other-language").href += location.hash;
const back = code && localStorage.getItem(`room-${code}`);
if (DATA.page === "open") openRoom();
else if (DATA.page === "teacher") teach();
else if (token) keepLooking("seat");
else if (back) go("seat", `${code}.${back}`);
else joinRoom();
