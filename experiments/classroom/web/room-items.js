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

function invitations(item, changed) {
  const one = ([who, asked, covers]) =>
    box(`ask:${item.need}:${item.lead}:${who}`, Boolean(asked), changed, say("item.ask", { who: nameOf(who), covers }));
  const usual = item.others.filter(([, asked]) => asked), rest = item.others.filter(([, asked]) => !asked);
  const own = rest.some(([who]) => changed.includes(`+ask:${item.need}:${item.lead}:${who}`));
  return el("div", { class: "invite" }, el("p", { class: "help" }, say(usual.length ? "invite" : "invite_nobody")), ...usual.map(one),
    el("details", { open: own }, el("summary", {}, say("invite_others", { n: rest.length })), el("div", { class: "many" }, ...rest.map(one))));
}

function bid(item, changed) {
  const first = box(item.key, item.rule, changed, say("item.bid_do"), rule(item));
  const input = first.querySelector("input"), team = invitations(item, changed);
  const follow = () => { for (const one of team.querySelectorAll("input")) one.disabled = !input.checked; };
  input.addEventListener("change", follow);
  follow();
  return el("fieldset", {}, el("legend", {}, text(item)), first, team);
}

/** Elements for all items; the best first. */
export function choices(items, changed) {
  const order = [...items].sort((one, other) => Number(other.rule) - Number(one.rule) || other.value - one.value);
  return order.map((item) => (item.kind === "bid" ? bid(item, changed) : box(item.key, item.rule, changed, text(item), rule(item))));
}

/** Keys that are said yes to; invitations to a bid that is not made stay as the rule has them. */
export const saidYes = (place) => [...place.querySelectorAll('input[type="checkbox"]')]
  .filter((one) => (one.disabled ? one.dataset.rule === "1" : one.checked)).map((one) => one.value);

/** Decisions in words, from "+kind:need:lead:who" that differ in nothing but who. */
export function decision(same) {
  const [kind, need, lead] = same[0].slice(1).split(":");
  const who = same.map((one) => nameOf(Number(one.split(":")[3]))).join(LANG === "zh" ? "、" : ", ");
  return say(`said.${kind}.${same[0][0] === "+" ? "yes" : "no"}`, { need, lead: nameOf(Number(lead)), who });
}
