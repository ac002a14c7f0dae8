// Who works with whom: fixed places, a shape for each kind, lines from the lead to its members.

import { $, LANG, SCENE, nameOf, svg, t } from "./page.js";

const SIZE = { lead_firm: 11, sme: 7, university: 10, institute: 9 };

function shape(kind, x, y, size) {
  if (kind === "lead_firm") return svg("rect", { x: x - size, y: y - size, width: 2 * size, height: 2 * size });
  if (kind === "university") {
    return svg("polygon", { points: `${x},${y - size * 1.2} ${x + size * 1.15},${y + size * 0.9} ${x - size * 1.15},${y + size * 0.9}` });
  }
  if (kind === "institute") {
    const s = size * 1.25;
    return svg("polygon", { points: `${x},${y - s} ${x + s},${y} ${x},${y + s} ${x - s},${y}` });
  }
  return svg("circle", { cx: x, cy: y, r: size });
}

/** A line from one to another; where the sheet bends lines it passes above those who stand between. */
function between(from, to) {
  const bend = Math.sign(to.x - from.x || 1) * SCENE.bend;
  const x = (from.x + to.x) / 2 + (to.y - from.y) * bend, y = (from.y + to.y) / 2 - (to.x - from.x) * bend;
  return `M${from.x} ${from.y}Q${x} ${y} ${to.x} ${to.y}`;
}

function lines(name) {
  if (LANG === "zh") return name.match(new RegExp(`.{1,${SCENE.letters}}`, "gu"));
  const out = [""];
  for (const word of name.split(" ")) {
    const longer = `${out.at(-1)} ${word}`.trim();
    if (longer.length > SCENE.letters) out.push(word);
    else out[out.length - 1] = longer;
  }
  return out;
}

function placeOf(row, replay) {
  const given = SCENE.organisations[row];
  if (given) return given;
  const entrant = replay.entrants.get(row);
  if (!entrant) return null;
  const region = SCENE.regions[entrant.region];
  const mine = [...replay.entrants].filter(([, one]) => one.region === entrant.region).map(([key]) => key);
  const place = Math.min(mine.indexOf(row), SCENE.most_entrants - 1);
  return { x: region.x + 20 + place * 19, y: region.y + region.height - 14, kind: entrant.kind };
}

export class Network {
  constructor(choose) {
    this.choose = choose;
    this.picture = $("net");
    this.picture.setAttribute("viewBox", `0 0 ${SCENE.width} ${SCENE.height}`);
    this.edges = svg("g", { class: "edges" });
    this.entrants = svg("g", { class: "entrants" });
    this.nodes = SCENE.organisations.map((one, row) => this.node(one, row));
    this.picture.append(this.fields(), this.edges, this.entrants, this.titles(), ...this.nodes);
    this.nodes[0].setAttribute("tabindex", "0");
  }

  fields() {
    return svg("g", { class: "field" }, ...SCENE.regions.map((one) =>
      svg("rect", { x: one.x + 4, y: one.y + 4, width: one.width - 8, height: one.height - 8, rx: 8 })));
  }

  titles() {
    return svg("g", { class: "field" }, ...SCENE.regions.map((one) =>
      svg("text", { x: one.x + 16, y: one.y + 6 + 20 * SCENE.scale }, one.name)));
  }

  node(one, row) {
    const label = svg("text", { class: "name", x: one.x, y: one.y + SCENE.first });
    lines(one.name).forEach((line, k) =>
      label.append(svg("tspan", { x: one.x, dy: k ? SCENE.line : 0 }, line)));
    const said = `${one.name}, ${t(`story.kind.${one.kind}`)}`;
    return svg("g", {
      class: `node ${one.kind}`, role: "button", tabindex: "-1", "aria-label": said, "data-row": row,
      onclick: () => this.choose(row), onkeydown: (event) => this.key(event, row),
    }, svg("title", {}, said), svg("path", { class: "hit", d: `M${one.x - 30} ${one.y - 12}h60v${SCENE.first + 21}h-60z` }),
      shape(one.kind, one.x, one.y, SIZE[one.kind] * SCENE.scale), label);
  }

  key(event, row) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.choose(row);
      return;
    }
    const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    const next = this.neighbour(row, way);
    if (next === null) return;
    this.nodes[row].setAttribute("tabindex", "-1");
    this.nodes[next].setAttribute("tabindex", "0");
    this.nodes[next].focus();
  }

  neighbour(row, [right, down]) {
    const here = SCENE.organisations[row];
    let best = null;
    let nearest = Infinity;
    SCENE.organisations.forEach((one, other) => {
      const along = (one.x - here.x) * right + (one.y - here.y) * down;
      const aside = Math.abs((one.x - here.x) * down) + Math.abs((one.y - here.y) * right);
      if (along > 0 && along + 2 * aside < nearest) [best, nearest] = [other, along + 2 * aside];
    });
    return best;
  }

  show(replay, chosen) {
    this.drawEdges(replay);
    this.drawEntrants(replay);
    const leads = new Set(replay.active.map((one) => one.lead));
    this.nodes.forEach((node, row) => {
      node.classList.toggle("closed", replay.closed.has(row));
      node.classList.toggle("leads", leads.has(row));
      node.classList.toggle("chosen", chosen?.what === "organisation" && chosen.row === row);
    });
  }

  drawEdges(replay) {
    const drawn = [];
    for (const one of replay.consortia.values()) {
      const from = placeOf(one.lead, replay);
      for (const member of one.members) {
        const to = member === one.lead ? null : placeOf(member, replay);
        if (from && to) {
          drawn.push(svg("path", { d: between(from, to),
            class: one.state === 0 ? "bidding" : one.programme ? "active" : "active private" }));
        }
      }
    }
    this.edges.replaceChildren(...drawn);
  }

  drawEntrants(replay) {
    const drawn = [...replay.entrants.keys()].map((row) => {
      const place = placeOf(row, replay);
      return svg("g", { class: "node sme entrant", "data-row": row, onclick: () => this.choose(row) },
        svg("title", {}, nameOf(row)), shape("sme", place.x, place.y, 6));
    });
    this.entrants.replaceChildren(...drawn);
  }

  legend(list) {
    const item = (kind, text) =>
      ["li", svg("svg", { viewBox: "0 0 26 26", class: `node ${kind}`, "aria-hidden": "true" }, shape(kind, 13, 13, 9)), text];
    const line = (kind, text) =>
      ["li", svg("svg", { viewBox: "0 0 26 26", "aria-hidden": "true" }, svg("g", { class: "edges" }, svg("line", { x1: 1, y1: 13, x2: 25, y2: 13, class: kind }))), text];
    const parts = [
      ...["lead_firm", "sme", "university", "institute"].map((kind) => item(kind, t(`story.kind.${kind}`))),
      line("active", `${t("legend.active")}, ${t("inspect.programme")}`),
      line("active private", `${t("legend.active")}, ${t("inspect.private")}`), line("bidding", t("legend.bidding")),
    ];
    list.replaceChildren(...parts.map(([tag, picture, text]) => {
      const element = document.createElement(tag);
      element.append(picture, LANG === "zh" ? text.replace(", ", "，") : text);
      return element;
    }));
  }

  /** The picture by itself, with its colours, for a file. */
  file() {
    const copy = this.picture.cloneNode(true);
    const style = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
      .filter((rule) => /net|node|edges|field|name|:root/.test(rule.selectorText ?? "")).map((rule) => rule.cssText).join("\n");
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.prepend(svg("style", {}, style));
    return new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
  }
}
