/* Requests to the server of this page, and to no other. */
import { lang, say } from "./dom.js";

const bytes = crypto.getRandomValues(new Uint8Array(12));
export const windowId = Array.from(bytes, (value) => value.toString(16).padStart(2, "0")).join("");

export class Refused extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

async function answered(answer) {
  if (answer.ok) return answer;
  let message = say("no_answer");
  try {
    const text = await answer.text();
    message = text.startsWith("{") ? JSON.parse(text).error[lang] : text.trim();
  } catch { /* the status alone is known */ }
  throw new Refused(answer.status, message);
}

async function asked(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, say("gone"));
  }
  return answered(answer);
}

const address = (path, query) => (query ? path + "?" + new URLSearchParams(query) : path);
export const get = async (path, query, signal) => (await asked(address(path, query), { signal })).json();
export const picture = async (query, signal) => (await asked(address("/picture", query), { signal })).blob();
export async function send(method, path, content = {}, more = {}) {
  const headers = { "content-type": "application/json", "x-infraplan-window": windowId };
  return (await asked(path, { method, headers, body: JSON.stringify(content), ...more })).json();
}

/* Events of the server: targets, plan, edits of another window, the end. */
export function listen(handlers) {
  const source = new EventSource("/events");
  for (const [kind, handle] of Object.entries(handlers)) source.addEventListener(kind, (event) => handle(JSON.parse(event.data), source));
  return source;
}
