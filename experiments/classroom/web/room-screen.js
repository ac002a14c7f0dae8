// What is projected for all: code, clock, who is ready, and who works with whom. It knows no key.

import { $, el, number } from "./page.js";
import { Network } from "./network.js";
import { say, seatName } from "./room-items.js";

const KINDS = ["solved", "technical", "public_spent"];
let network = null;

/** What the network picture reads, made of the teams that are told. */
function replay(teams) {
  const consortia = new Map(teams.map(([lead, members, programme, active], row) => [row, { lead, members, programme, state: active }]));
  return { consortia, active: [...consortia.values()].filter((one) => one.state), entrants: new Map(), closed: new Set() };
}

export function drawScreen(view) {
  network ??= new Network(() => {});
  network.show(replay(view.teams), null);
  network.legend($("legend"));
  const room = view.room.at(-1), model = view.model.at(-1);
  const value = (row, name) => number(row?.[view.series.indexOf(name)] ?? 0, name === "public_spent" ? 1 : 0);
  $("numbers").replaceChildren(el("dl", {}, ...KINDS.flatMap((name) => [el("dt", {}, say(`series.${name}`)),
    el("dd", {}, say("screen.values", { room: value(room, name), model: value(model, name) }))])));
  $("net-summary").textContent = say("screen.network", { teams: view.teams.filter((one) => one[3]).length, bids: view.teams.filter((one) => !one[3]).length });
  $("ready").hidden = view.state === "ended";
  $("ready").replaceChildren(...view.seats.map((one) => {
    const state = !one.items ? "idle" : one.decided ? "decided" : "thinking";
    return el("li", { class: `seat-${state}` }, seatName(one.seat), el("span", { class: "mark-of" }, ` ${say(`screen.${state}`)}`));
  }));
}
