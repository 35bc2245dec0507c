/* Named scenarios: saved, opened, compared; the edits that an earlier server left unsaved. */
import { button, change, make, money, notice, percent, put, records, say, table, whole, zoneName } from "./dom.js";
import { get, send } from "./net.js";
import { commit, model } from "./model.js";

const dialog = document.getElementById("dialog");

function ask(title, body, buttons) {
  document.getElementById("dialog-title").textContent = title;
  put("dialog-body", body);
  put("dialog-buttons", ...buttons, button(say("close"), () => dialog.close()));
  if (!dialog.open) dialog.showModal();
}

/* What a button does, with its error in the line below the header. */
const tried = (act) => async () => { try { await act(); } catch (error) { dialog.close(); notice(error.message, true); } };

export const save = tried(async () => {
  const { names } = await get("/scenarios");
  const input = make("input", { id: "scenario-name", value: model.scenario, maxlength: 60, autocomplete: "off" });
  const write = tried(async () => {
    const saved = await send("POST", "/scenarios", { name: input.value.trim() });
    Object.assign(model, { scenario: saved.scenario, saved: JSON.stringify(model.edits) });
    document.getElementById("scenario").textContent = say("scenario_name", { name: saved.scenario });
    dialog.close();
    notice(say("saved", { name: saved.scenario }));
  });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); write(); } });
  ask(say("save_title"), [make("label", { for: "scenario-name" }, say("scenario_label")), input, make("p", { class: "hint" }, say("name_hint")), names.length ? make("p", { class: "hint" }, say("names_there") + names.join(say("comma"))) : null], [button(say("save"), write, { class: "first" })]);
  input.focus();
});

export const openOne = tried(async () => {
  const { names } = await get("/scenarios");
  const take = (name) => tried(async () => {
    const found = await get("/scenario", { name });
    dialog.close();
    await commit(found.edits, name, true);
  });
  ask(say("open_title"), names.length ? make("ul", { class: "names" }, names.map((name) => make("li", {}, button(name, take(name), { disabled: !model.mayEdit })))) : make("p", { class: "hint" }, say("no_scenarios")), []);
});

export const compareTwo = tried(async () => {
  const { names } = await get("/scenarios");
  if (names.length < 2) { ask(say("compare_title"), make("p", { class: "hint" }, say("compare_two")), []); return; }
  const select = (id, chosen) => make("select", { id, "aria-label": say(id) }, names.map((name) => make("option", { value: name, selected: name === chosen }, name)));
  const first = select("compare_first", names[0]), second = select("compare_second", names[1]), result = make("div", { id: "compared", "aria-live": "polite" });
  const go = tried(async () => {
    result.replaceChildren(make("p", { class: "pending" }, say("pending")));
    result.replaceChildren(compared(await get("/compare", { first: first.value, second: second.value }), first.value, second.value));
  });
  ask(say("compare_title"), [make("p", { class: "line" }, [first, " \u2194 ", second]), result], [button(say("compare"), go, { class: "first" })]);
});

/* People served by both, zone by zone, and what both cost. */
function compared(found, first, second) {
  const share = (row, which) => whole(row[which]) + " (" + percent(row[which] / row.population) + ")";
  const label = (key) => model.facts.families.find((one) => one.key === key)?.label || key;
  const rows = records(found.shares).map((row) => ({ class: "level-" + row.level, cells: [
    { text: [zoneName(row), make("small", {}, label(row.family))], row: true }, share(row, "served_before"), share(row, "served_first"), share(row, "served_second"),
    { text: change(row.served_second - row.served_first), class: row.served_second > row.served_first ? "better" : row.served_second < row.served_first ? "worse" : "" },
  ] }));
  const line = (key, values, last) => ({ class: "level-province", cells: [{ text: say(key), row: true }, "", values[0], values[1], last] });
  const costs = found.cost.map((cost) => money(cost, found.currency)), saved = found.cost[1] - found.cost[0];
  return table([say("zone"), say("before"), first, second, say("difference")], [
    ...rows, line("compare_cost", costs, saved ? (saved > 0 ? "+" : "\u2212") + money(Math.abs(saved), found.currency) : "0"), line("compare_edits", found.edits.map(whole), change(found.edits[1] - found.edits[0])),
  ]);
}

/* Edits that an earlier server had not saved. */
export function offer(offered) {
  const node = document.getElementById("offer");
  if (!offered) { node.hidden = true; return; }
  const done = tried(async () => { await send("DELETE", "/unsaved"); node.hidden = true; });
  const take = async () => { node.hidden = true; await commit(offered.edits, ""); };
  put("offer", make("span", {}, offered.reason ? say("offer_broken", { reason: offered.reason }) : say("offer", { count: offered.edits.length })),
    offered.reason ? null : button(say("offer_take"), take, { class: "first" }), button(say("offer_drop"), done));
  node.hidden = false;
}
