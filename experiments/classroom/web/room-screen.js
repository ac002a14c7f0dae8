// What is projected for all: who has come; then who is ready and who works with whom; then what came of it. It knows no key.

import { $, SCENE, el, svg } from "./page.js";
import { Network } from "./network.js";
import { outcome, soFar } from "./room-debrief.js";
import { say, seatName } from "./room-items.js";

const STATES = ["thinking", "decided"];
let network = null;

/** What the network picture reads, made of the teams that are told. */
function replay(teams) {
  const consortia = new Map(teams.map(([lead, members, programme, active], row) => [row, { lead, members, programme, state: active }]));
  return { consortia, active: [...consortia.values()].filter((one) => one.state), entrants: new Map(), closed: new Set() };
}

const ring = (x, y) => svg("circle", { class: "ring", cx: x, cy: y, r: 20 });
const tick = (x, y) => svg("text", { class: "tick-mark", x: x + 22, y: y + 9 }, "✓");

/** The picture, with a place for a seat's state at each organisation and in the title of each region. */
function picture() {
  const made = new Network(() => {});
  $("net").setAttribute("preserveAspectRatio", "xMaxYMax"); // the legend lies in its corner
  SCENE.organisations.forEach(({ x, y }, row) => made.nodes[row].prepend(ring(x, y), tick(x, y)));
  const legend = $("legend");
  made.legend(legend);
  const mark = (state) => svg("svg", { viewBox: "-30 -30 66 60", class: `node seat-${state}`, "aria-hidden": "true" }, ring(0, 0), tick(0, 0));
  legend.append(...STATES.map((state) => el("li", {}, mark(state), say(`screen.${state}`).replace("✓", ""))));
  return made;
}

const stateOf = (seat) => (!seat ? "none" : !seat.items ? "idle" : seat.decided ? "decided" : "thinking");
const inWords = (seat) => `${seatName(seat.seat)} ${say(`screen.${stateOf(seat)}`)}`;

/** Who has what state: at organisations, regions, and the ministry, which stands nowhere. */
function states(seats) {
  const taken = new Map(seats.map((one) => [one.seat, one]));
  network.nodes.forEach((node, row) => {
    for (const state of ["none", "idle", ...STATES]) node.classList.toggle(`seat-${state}`, state === stateOf(taken.get(`organisation-${row}`)));
  });
  document.querySelectorAll("#net .field text").forEach((text, k) => {
    const seat = taken.get(`province-${k}`);
    text.textContent = seat ? inWords(seat) : SCENE.regions[k].name;
  });
  const ministry = taken.get("ministry");
  $("ministry").textContent = ministry ? inWords(ministry) : "";
}

export function drawScreen(view) {
  const waiting = view.state === "waiting", over = view.state === "ended";
  document.body.classList.toggle("waiting", waiting);
  network ??= picture();
  network.show(replay(view.teams), null);
  states(view.seats);
  $("net-summary").textContent = say("screen.network", { teams: view.teams.filter((one) => one[3]).length, bids: view.teams.filter((one) => !one[3]).length });
  $("numbers").replaceChildren(soFar(view));
  $("ready").replaceChildren(...view.seats.map((one) => (waiting ? el("li", {}, seatName(one.seat))
    : el("li", { class: `seat-${stateOf(one)}` }, seatName(one.seat), el("span", { class: "mark-of" }, ` ${say(`screen.${stateOf(one)}`)}`)))));
  for (const id of ["invite", "live", "picture"]) $(id).hidden = over;
  $("picture").hidden = over || waiting;
  $("debrief").hidden = !over;
  if (over) $("debrief").replaceChildren(...outcome(view.outcome, view.outcome.people, view.outcome.count));
}
