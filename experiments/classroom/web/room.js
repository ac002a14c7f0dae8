// The pages of a room: opening it, a seat, the teacher's, the projected one. A key stays in the address after # and is never sent in it.

import { DATA, LANG, $, el, sentences } from "./page.js";
import { debriefing, soFar, sums, table } from "./room-debrief.js";
import { choices, counted, saidYes, say, seatName } from "./room-items.js";

const EVERY = 1500; // milliseconds between looks
const WINDOWS = ["publish", "invite", "answer", "fund"];
let [code, token] = decodeURIComponent(location.hash.slice(1)).split(".");
let shown = "";
let view = null;
let laid = null; // the step whose items are on the page

function tell(error) {
  $("error").textContent = error?.message ?? "";
  $("error").hidden = !error;
}

async function ask(path, body, more = "") {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  if (body) headers["content-type"] = "application/json";
  const response = await fetch(`/api/room${path}?lang=${LANG}${more}`, { headers, method: body ? "POST" : "GET", body: body && JSON.stringify(body) });
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

// ---------------------------------------------------------------- what is shown in a window

const inPlay = () => view.state === "running" || view.state === "paused";

function steps() {
  $("steps").replaceChildren(...WINDOWS.map((name) =>
    el("li", { "aria-current": inPlay() && name === view.window ? "step" : null }, say(`window.${name}`))));
}

/** 75.2 as "1:16". */
function minutes(seconds) {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function clock() {
  $("clock").textContent = say(`state.${view.state}`, { round: view.round + 1, quarter: view.quarter + 1, all: view.policy, left: minutes(view.left) });
  const seated = view.state === "waiting" && view.seats ? say("seated", { n: view.seats.length }) : "";
  $("waits").textContent = inPlay() ? say("waits", { decided: view.decided, asked: view.asked }) : seated;
}

function choose() {
  if (!view.items.length) return [el("p", {}, say("nothing"))];
  const list = el("div", {}, ...choices(view.items, view.changed ?? []));
  const done = el("p", { class: "help", role: "status" }, say(view.changed ? "decided" : "undecided"));
  const count = el("p", { id: "count", role: "status" }, counted(list));
  const turn = view.turn;
  let kept = Boolean(view.changed);
  list.addEventListener("change", () => {
    count.textContent = counted(list);
    if (kept) done.textContent = say("unsent");
  });
  const button = el("button", { class: "main", type: "button", id: "decide", onclick: async () => {
    try {
      await ask(`/${code}/decide`, { turn, yes: saidYes(list) });
      done.textContent = say("decided");
      kept = true;
      tell(null);
    } catch (error) { tell(error); }
  } }, say("decide"));
  return [el("h3", {}, say(`task.${view.window}`)), el("p", { class: "help" }, say("tick")), list,
    el("div", { class: "send" }, button, count, done)];
}

/** What lies before a seat stands until the step is over: a stopped clock takes no tick away. */
function layBefore() {
  const step = inPlay() ? view.turn : -1;
  if (step !== laid) $("items").replaceChildren(...(inPlay() ? choose() : []));
  laid = step;
}

/** Only buttons that do something can be pressed. */
function allow() {
  const states = { start: ["waiting", "paused"], pause: ["running"], next: ["running", "paused"], end: ["waiting", "running", "paused"] };
  for (const [order, where] of Object.entries(states)) $(order).disabled = !where.includes(view.state);
}

/** Who sits where; whoever is waited for comes first. */
function people() {
  const rank = (one) => (!one.items ? 2 : one.decided ? 1 : 0);
  const seats = inPlay() ? [...view.seats].sort((one, other) => rank(one) - rank(other)) : view.seats;
  const shown = table(say("people", { n: seats.length }), [say("seat"), say("name"), say("items"), say("answered")],
    seats.map((one) => [seatName(one.seat), one.name, one.items, one.items ? (one.decided ? "✓" : "–") : ""]));
  shown.querySelectorAll("tbody tr").forEach((row, k) => row.classList.toggle("thinks", inPlay() && !rank(seats[k])));
  return shown;
}

async function draw(page) {
  $("live").hidden = false;
  if (page === "seat") {
    $("who").textContent = say("you", { name: view.name, seat: seatName(view.seat) });
  }
  steps();
  const over = view.state === "ended";
  document.body.classList.toggle("over", over);
  $("steps").hidden = over;
  $("numbers").hidden = over || view.state === "waiting"; // the debrief has them; before the start they are nought
  if (page === "teacher") allow();
  if (page === "screen") return (await import("./room-screen.js")).drawScreen(view);
  $("numbers").replaceChildren(page === "teacher" ? soFar(view) : sums(view));
  if (page === "seat") layBefore();
  if (page === "teacher") $("items").replaceChildren(...(over ? [] : [people()]));
  if (over) $("debrief").replaceChildren(...debriefing(await ask(`/${code}/debrief`), view.seat));
  $("debrief").hidden = !over;
}

async function look(page) {
  view = { ...view, ...await ask(`/${code}/${page}`, null, page === "seat" && shown ? `&seen=${encodeURIComponent(shown)}` : "") };
  clock();
  const now = page === "seat" ? view.stamp : JSON.stringify([view.stamp, view.seats]);
  if (now !== shown) {
    await draw(page);
    shown = now;
  }
  return view.state !== "ended";
}

/** What this browser keeps for a room that is gone, or for a seat that its key does not open, it forgets. */
function forget(error) {
  localStorage.removeItem(`room-${code}`);
  [code, token] = error.kind === "code" ? [] : [code];
  history.replaceState(null, "", `?lang=${LANG}${code ? `#${code}` : ""}`); // a reload does not bring it back
  otherLanguage();
  tell(new Error(sentences([error.message, say("forgotten")])));
}

/** The room or the key is gone: nothing of it is shown any more, and a student may take a seat anew. */
function leave(page, error) {
  for (const id of ["fetching", "live", "debrief", "invite", "picture"]) if ($(id)) $(id).hidden = true;
  [view, shown, laid] = [null, "", null];
  if (page !== "seat") return $("error").append(" ", el("a", { href: `/room?lang=${LANG}` }, say("open.another")));
  const kept = localStorage.getItem(`room-${code}`);
  if (error.kind === "token" && kept && kept !== token) return go("seat", `${code}.${kept}`);
  forget(error);
  $("join").hidden = false;
  joinRoom();
}

/** From the first answer on the page shows the room, and what it shows instead of it is gone. */
async function keepLooking(page) {
  $("fetching").hidden = view !== null;
  if (page === "seat") $("join").hidden = true;
  try {
    const on = await look(page);
    tell(null);
    $("fetching").hidden = true;
    if (!on) return;
  } catch (error) {
    tell(error.kind ? error : new Error(say("gone")));
    if (error.kind && error.kind !== "rate") return leave(page, error);
  }
  setTimeout(() => keepLooking(page), EVERY);
}

function invitation() {
  $("code-shown").textContent = code;
  $("where").replaceChildren(location.origin, el("wbr"), "/room/seat");
  $("qr").src = `/api/room/${code}/qr.svg?lang=${LANG}`;
}

function teach() {
  invitation();
  $("projector").href = `/room/screen?lang=${LANG}#${code}`;
  for (const order of ["start", "pause", "next", "end", "delete"]) {
    $(order).addEventListener("click", async () => {
      if (order === "delete" && !confirm(say("sure"))) return;
      try {
        await ask(`/${code}/control`, { do: order, turn: order === "next" ? view.turn : null });
        if (order === "delete") go("open", "");
        else await look("teacher");
        tell(null);
      } catch (error) { tell(error); }
    });
  }
  keepLooking("teacher");
}

function otherLanguage() {
  const link = $("other-language");
  link.href = `${link.getAttribute("href").split("#")[0]}${location.hash}`;
}

otherLanguage();
const back = code && localStorage.getItem(`room-${code}`);
if (DATA.page === "open") openRoom();
else if (DATA.page === "teacher") teach();
else if (DATA.page === "screen") {
  invitation();
  keepLooking("screen");
} else if (token) keepLooking("seat");
else if (back) go("seat", `${code}.${back}`);
else joinRoom();
