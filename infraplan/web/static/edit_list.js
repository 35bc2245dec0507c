/* The list of edits: each can be chosen, and taken back. */
import { button, make, part, put, say } from "./dom.js";
import { described } from "./form.js";
import { commit, dropEdit, isSaved, model, undo } from "./model.js";

export function drawEdits(actions) {
  const rows = model.edits.map((edit) => make("li", { class: edit.do }, [
    button([make("b", {}, edit.name ? edit.name + " " : ""), make("span", {}, say("mark_" + edit.do, { id: edit.id })), make("small", {}, described(edit))], () => actions.choose(actions.rowOf(edit.id), true), { class: "choose" }),
    button("\u00d7", () => dropEdit(edit.id), { "aria-label": say("take_back", { id: edit.id }), title: say("take_back", { id: edit.id }), disabled: !model.mayEdit }),
  ]));
  put("edits", part("edits", say("edits", { count: model.edits.length }), [
    rows.length ? make("ol", {}, rows) : make("p", { class: "hint" }, say("edits_none")),
    rows.length ? button(say("take_back_all"), () => commit([]), { disabled: !model.mayEdit }) : null,
  ]));
  const back = document.getElementById("undo");
  back.disabled = !model.before || !model.mayEdit;
  back.onclick = undo;
  document.getElementById("scenario").textContent = model.scenario ? say(isSaved() ? "scenario_name" : "scenario_changed", { name: model.scenario }) : model.edits.length ? say("scenario_unsaved") : "";
}
