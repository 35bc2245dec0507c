/* The edits of this page: one a site, the whole list is sent each time; one step back. */
import { get, send } from "./net.js";

export const model = { facts: null, edits: [], kept: [], before: null, version: 0, scenario: "", saved: "", mayEdit: false, waiting: false, family: "", network: "", after: false };
const listeners = { edits: [], change: [], refused: [], waiting: [] };
export const on = (kind, listener) => listeners[kind].push(listener);
const tell = (kind, content) => listeners[kind].forEach((listener) => listener(content));

/* Whether the edits are those of the scenario's file. */
export const isSaved = () => model.saved === JSON.stringify(model.edits);

export const editOf = (id) => model.edits.find((edit) => edit.id === id) || null;

/* The list with one site's edit put in the place of the one it had. */
function withEdit(edit) {
  const at = model.edits.findIndex((one) => one.id === edit.id);
  return at < 0 ? [...model.edits, edit] : model.edits.map((one, number) => (number === at ? edit : one));
}

export function freshId(start = 1) {
  let number = start;
  while (editOf("W" + number)) number += 1;
  return "W" + number;
}

/* Other values of a site: of an added one in its edit, of any other as a change beside the earlier ones. */
export function changeSite(id, values) {
  const known = editOf(id);
  const edit = known && known.do !== "remove" ? { ...known, ...values } : { do: "change", id, ...values };
  return commit(withEdit(edit));
}
export const addSite = (edit) => commit(withEdit({ do: "add", ...edit }));
export const addSites = (edits) => commit([...model.edits, ...edits]);
export const dropEdit = (id) => commit(model.edits.filter((edit) => edit.id !== id));
/* An added site goes, any other is switched off. */
export function removeSite(id) {
  const known = editOf(id);
  return known && known.do === "add" ? dropEdit(id) : commit(withEdit({ do: "remove", id }));
}
export function undo() { return model.before ? commit(model.before) : null; }

let flying = 0;
/* Send a list. The page shows it at once; a refused list gives way to the last one that was computed. */
export async function commit(edits, scenario = model.scenario, saved = false) {
  if (!model.mayEdit) return;
  if (saved) model.saved = JSON.stringify(edits);
  const earlier = model.kept, version = (model.version += 1);
  model.edits = edits;
  model.scenario = scenario;
  model.waiting = true;
  flying += 1;
  tell("edits");
  tell("waiting");
  try {
    const change = await send("POST", "/edits", { version, edits, scenario });
    if (version !== model.version) return;
    model.before = earlier;
    model.kept = edits;
    tell("change", change);
  } catch (error) {
    if (version !== model.version) return;
    model.edits = earlier;
    if (error.status === 409) await followServer();
    tell("edits");
    tell("refused", error);
  } finally {
    flying -= 1;
    if (!flying) { model.waiting = false; tell("waiting"); }
  }
}

/* The edits as the server has them: at the start, and when another window changed them. */
export async function followServer() {
  const state = await get("/state");
  Object.assign(model, { edits: state.edits, kept: state.edits, version: Math.max(state.version, model.version), scenario: state.scenario, saved: state.saved ? JSON.stringify(state.edits) : "" });
  tell("edits");
  if (state.change.shares) tell("change", state.change);
  return state;
}
