// What lies before a seat: boxes that stand where the model's rules would put them, and what is said with them.

import { DATA, LANG, el, number, t } from "./page.js";

export const say = (key, values) => t(`room.${key}`, values);
export const seatName = (seat) => DATA.names[seat] ?? seat;
export const nameOf = (row) => (row < 0 ? say("science") : DATA.names[`organisation-${row}`] ?? say("start_up", { row }));

const text = (item) => say(`item.${item.kind}`, {
  need: item.need, value: number(item.value, 1), owner: nameOf(item.owner), lead: nameOf(item.lead), covers: item.covers,
  grant: number(item.grant ?? 0, 1), purse: number(item.purse ?? 0, 1), members: (item.team ?? []).length + 1 });

/** Whether a box is ticked: as the rule says, unless the seat has said otherwise. */
const ticked = (key, rule, changed) => (changed.includes(`+${key}`) || rule) && !changed.includes(`-${key}`);

function box(key, rule, changed, words, more = null) {
  const input = el("input", { type: "checkbox", value: key, "data-rule": rule ? "1" : "0" });
  input.checked = ticked(key, rule, changed);
  return el("p", { class: "choice" }, el("label", {}, input, " ", words), more);
}

const rule = (item) => el("span", { class: "rule" }, say(item.rule ? "rule_yes" : "rule_no"));

/** Whom to invite: those whom the model would ask, in its order; then who can touch most; who can touch nothing is folded away. */
function invitations(item, changed) {
  const ask = (who) => `ask:${item.need}:${item.lead}:${who}`;
  const one = ([who, asked, covers]) => box(ask(who), Boolean(asked), changed,
    el("span", { class: "invited" }, el("span", {}, nameOf(who)), " ", el("span", { class: "covers" }, say("item.covers", { covers }))));
  const rest = item.others.filter(([, asked]) => !asked), far = rest.filter(([, , covers]) => !covers);
  const group = (key, some) => [el("h4", {}, say(key, { n: some.length })), el("div", { class: "many" }, ...some.map(one))];
  const own = far.some(([who]) => changed.includes(`+${ask(who)}`));
  const folded = far.length ? el("details", { open: own }, el("summary", {}, say("invite_far", { n: far.length })), el("div", { class: "many" }, ...far.map(one))) : null;
  const team = el("div", { class: "invite" }, el("p", { class: "help" }, say("invite")),
    ...group("invite_usual", item.others.filter(([, asked]) => asked)), ...group("invite_near", rest.filter(([, , covers]) => covers)), folded);
  team.prepend(...search(team, folded));
  return team;
}

/** A field that leaves only those in the list whose names hold what is typed. */
function search(team, folded) {
  const found = el("p", { class: "help", role: "status" });
  let opened = null; // whether the folded part was open before the search
  const field = el("input", { type: "search", autocomplete: "off", oninput: () => {
    const typed = field.value.trim().toLowerCase();
    const rows = [...team.querySelectorAll(".choice")];
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(typed);
    const shown = rows.filter((row) => !row.hidden).length;
    found.textContent = typed ? say("found", { n: shown, all: rows.length }) : "";
    if (!folded) return;
    opened ??= folded.open;
    folded.open = typed ? Boolean(folded.querySelector(".choice:not([hidden])")) : opened;
    if (!typed) opened = null;
  } });
  return [el("label", { class: "find" }, say("find"), " ", field), found];
}

function bid(item, changed) {
  const first = box(item.key, item.rule, changed, say("item.bid_do"), rule(item));
  const input = first.querySelector("input"), team = invitations(item, changed);
  const follow = () => {
    team.hidden = !input.checked;
    for (const one of team.querySelectorAll("input")) one.disabled = !input.checked;
  };
  input.addEventListener("change", follow);
  follow();
  return el("fieldset", {}, el("legend", {}, text(item)), first, team);
}

/** Elements for all items; the best first. */
export function choices(items, changed) {
  const order = [...items].sort((one, other) => Number(other.rule) - Number(one.rule) || other.value - one.value);
  return order.map((item) => (item.kind === "bid" ? bid(item, changed) : box(item.key, item.rule, changed, text(item), rule(item))));
}

const boxes = (place) => [...place.querySelectorAll('input[type="checkbox"]')];

/** Keys that are said yes to; invitations to a bid that is not made stay as the rule has them. */
export const saidYes = (place) => boxes(place)
  .filter((one) => (one.disabled ? one.dataset.rule === "1" : one.checked)).map((one) => one.value);

/** How many boxes are ticked, in words. */
export function counted(place) {
  const open = boxes(place).filter((one) => !one.disabled), yes = open.filter((one) => one.checked);
  const of = (some, kind) => some.filter((one) => one.value.startsWith(`${kind}:`)).length;
  const bids = of(open, "bid");
  return bids ? say("count_bids", { bids: of(yes, "bid"), invited: of(yes, "ask") }) : say("count", { n: yes.length, all: open.length });
}

/** Decisions in words, from "+kind:need:lead:who" that differ in nothing but who. */
export function decision(same) {
  const [kind, need, lead] = same[0].slice(1).split(":");
  const who = same.map((one) => nameOf(Number(one.split(":")[3]))).join(LANG === "zh" ? "、" : ", ");
  return say(`said.${kind}.${same[0][0] === "+" ? "yes" : "no"}`, { need, lead: nameOf(Number(lead)), who });
}
