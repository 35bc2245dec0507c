/* Elements with text, never markup; words of the page; numbers as the page writes them. */
let words = {};
export const lang = document.documentElement.lang === "en" ? "en" : "zh";

export function useWords(found) {
  words = found;
  document.querySelectorAll("[data-word]").forEach((node) => { node.textContent = say(node.dataset.word); });
  document.querySelectorAll("[data-label]").forEach((node) => node.setAttribute("aria-label", say(node.dataset.label)));
}

/* A sentence of the page, its places filled. */
export function say(key, values = {}) {
  const text = words[key];
  return text === undefined ? key : text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/* An element: `content` is text, a node, or a list of these. Attributes that begin with "on" are listeners. */
export function make(tag, attributes = {}, content = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected" || name === "hidden" || name === "disabled") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const part of [content].flat()) if (part !== null && part !== undefined && part !== "") node.append(part);
  return node;
}

export function put(id, ...content) {
  const node = document.getElementById(id);
  node.replaceChildren(...content.flat().filter((part) => part !== null && part !== undefined));
  return node;
}

/* A part that opens and closes and remembers that it was open. */
const open = {};
export function part(key, title, content, opened = true) {
  if (!(key in open)) open[key] = opened;
  return make("details", { open: open[key], class: "part", ontoggle: (event) => { open[key] = event.target.open; } }, [make("summary", {}, title), ...[content].flat()]);
}

export function openPart(key) { open[key] = true; }

const number = (digits) => new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const WHOLE = number(0), TENTH = number(1);
const signed = (text) => text.replace("-", "\u2212");
export const NONE = "\u2014";
export const isMissing = (value) => value === null || value === undefined || value === "";
export const whole = (value) => (isMissing(value) ? NONE : signed(WHOLE.format(value)));
export const tenth = (value) => (isMissing(value) ? NONE : signed(TENTH.format(value)));
export const change = (value, write = whole) => (isMissing(value) ? NONE : value > 0 ? "+" + write(value) : write(value));
/* Shares are cut, not rounded: 97.96 % is not 98 %. */
export const percent = (share) => (isMissing(share) ? NONE : TENTH.format(Math.floor(share * 1000 + 1e-7) / 10) + "%");
/* A difference of shares in points, as precise as is needed to see it. */
export function points(difference) {
  if (isMissing(difference)) return NONE;
  const value = difference * 100, digits = value === 0 || Math.abs(value) >= 0.1 ? 1 : Math.abs(value) >= 0.01 ? 2 : 3;
  const written = signed(value.toFixed(digits));
  return value > 0 ? "+" + written : written;
}
export function money(value, currency) {
  if (isMissing(value)) return NONE;
  if (lang === "zh") {
    const unit = currency === "CNY" ? "元" : " " + currency;
    return Math.abs(value) >= 9999.5 ? TENTH.format(value / 1e4) + " 万" + unit.trimStart() : WHOLE.format(value) + (currency === "CNY" ? " 元" : unit);
  }
  return currency + " " + (Math.abs(value) >= 1e6 ? number(2).format(value / 1e6) + " million" : WHOLE.format(value));
}

/* A table: headings, then rows of cells; a cell is text or { text, class, node }. */
export function table(headings, rows, caption) {
  const cell = (tag, content, at) => {
    const known = content !== null && typeof content === "object" && !(content instanceof Node) ? content : { text: content };
    return make(tag, { class: [known.class, at ? "number" : ""].filter(Boolean).join(" ") || null, scope: tag === "th" ? (known.row ? "row" : "col") : null, title: known.title, colspan: known.span ? String(known.span) : null }, known.text);
  };
  return make("table", {}, [
    caption ? make("caption", {}, caption) : null,
    make("thead", {}, make("tr", {}, headings.map((text, at) => cell("th", text, at)))),
    make("tbody", {}, rows.map((row) => make("tr", { class: row.class }, (row.cells || row).map((content, at) => cell("td", content, at))))),
  ]);
}

export function button(text, act, attributes = {}) { return make("button", { type: "button", onclick: act, ...attributes }, text); }

/* Rows of a frame as objects. */
export function records(frame) {
  return frame.rows.map((row) => Object.fromEntries(frame.columns.map((name, at) => [name, row[at]])));
}

let forgets = null;
/* A line below the header that readers of the screen hear; an error stays until it is closed. */
export function notice(text, isError = false) {
  clearTimeout(forgets);
  const node = put("notice", make("span", {}, text), button("\u00d7", () => { node.hidden = true; }, { "aria-label": say("close") }));
  node.className = isError ? "error" : "";
  node.hidden = !text;
  if (text && !isError) forgets = setTimeout(() => { node.hidden = true; }, 6000);
}

/* The name of a zone; the whole study may have none but its code. */
export const zoneName = (row) => (!row.name || row.name === row.adcode ? say("whole_area") : row.name);

/* What replaces a site of a plan that cannot be had: ids, or a word where there are none. */
export function substituteName(code) {
  if (isMissing(code)) return say("substitute_needless");
  return ["none", "not_found", "not_computed"].includes(code) ? say("substitute_" + code) : code;
}
