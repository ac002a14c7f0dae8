// What every part of the page needs: the data it came with, words, elements. Text is never parsed as HTML.

export const DATA = JSON.parse(document.getElementById("data").textContent);
export const { words: WORDS, scene: SCENE, menu: MENU, lang: LANG } = DATA;
export const calm = matchMedia("(prefers-reduced-motion: reduce)");
const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

/** Words of a key with their {places} filled. */
export function t(key, values = {}) {
  const text = WORDS[`classroom.${key}`] ?? WORDS[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Parts of a sentence as a list in words. */
export const join = (parts) => parts.join(LANG === "zh" ? "，" : ", ");
export const sentences = (parts) => parts.filter(Boolean).join(LANG === "zh" ? "" : " ");

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** An HTML element; strings among the children become text. */
export const el = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

/** An SVG element. */
export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(LANG === "zh" ? "zh-CN" : "en", { maximumFractionDigits: digits }).format(value);

export const regimeTitle = (name) =>
  name === "unchanged" ? t("choose.unchanged") : MENU.regimes.find((one) => one.name === name)?.title ?? name;

export const nameOf = (row) => SCENE.organisations[row]?.name ?? `${t("legend.start_up")} ${row}`;

export function save(blob, name) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
