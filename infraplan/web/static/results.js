/* What the edits change: people by zone, villages, cost, targets. The page adds up nothing: each figure is one of the server's. */
import { button, change, isMissing, make, money, NONE, part, percent, points, put, records, say, table, tenth, whole, zoneName } from "./dom.js";
import { model, on } from "./model.js";

const LEVELS = ["province", "city", "county"];
const WORSE = "worse", BETTER = "better";
const tenthOrWhole = (value) => (Number.isInteger(value) ? whole(value) : tenth(value));
const trend = (value) => (value > 0 ? BETTER : value < 0 ? WORSE : "");

export class Results {
  constructor(view) {
    Object.assign(this, { view, last: null, targets: null, targetsOf: -1 });
    on("change", (found) => { this.last = found; this.draw(); });
    on("waiting", () => this.wait());
    this.wait();
  }

  wait() {
    document.getElementById("pending").hidden = !model.waiting;
    document.getElementById("results").classList.toggle("waiting", model.waiting);
    document.body.dataset.version = model.waiting ? "" : String(model.version);
  }

  draw() {
    const found = this.last;
    if (!found) { this.nothing(); return; }
    const shares = records(found.shares).filter((row) => row.network === model.network);
    const shownFirst = [...model.facts.families].sort((a, b) => (b.key === model.family) - (a.key === model.family));
    put("people", ...shownFirst.map((family) => this.people(family, shares.filter((row) => row.family === family.key))));
    this.summary(shares);
    this.villages(records(found.villages), records(found.moved));
    this.cost(found.cost);
    this.markTargets();
  }

  nothing() {
    document.getElementById("summary").textContent = say("nothing_yet");
    put("people");
    put("villages");
    put("cost");
    this.markTargets();
  }

  /* One sentence that is read aloud: what the last edits mean for the whole study. */
  summary(shares) {
    const all = shares.find((row) => row.level === "province" && row.family === model.family);
    const text = !model.edits.length ? say("nothing_yet") : !all || all.served === all.served_before ? say("no_share") : say("summary", { family: this.label(model.family), difference: change(all.served - all.served_before), share: percent(all.served / all.population) });
    document.getElementById("summary").textContent = text;
  }

  label(family) { return model.facts.families.find((one) => one.key === family)?.label || family; }

  people(family, rows) {
    if (!rows.length) return null;
    const ordered = [...rows].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || Math.abs(b.served - b.served_before) - Math.abs(a.served - a.served_before));
    const body = ordered.map((row) => {
      const share = row.served / row.population, before = row.served_before / row.population, gained = row.served - row.served_before;
      return { class: "level-" + row.level, cells: [
        { text: zoneName(row), row: true, title: say("people_title", { served: whole(row.served), uncertain: whole(row.uncertain), unserved: whole(row.unserved) }) },
        percent(before), percent(share), { text: points(share - before), class: trend(gained) }, { text: change(gained), class: trend(gained) },
      ] };
    });
    const counted = ordered.map((row) => ({ class: "level-" + row.level, cells: [{ text: zoneName(row), row: true }, whole(row.served), whole(row.uncertain), whole(row.unserved)] }));
    const network = model.facts.networks.find((one) => one.key === model.network)?.label || "";
    return part("people-" + family.key + (family.key === model.family), say("people", { family: family.label, network }), [
      table([say("zone"), say("before"), say("now"), say("points"), say("people_gained")], body),
      part("counts-" + family.key, say("counts"), table([say("zone"), say("served"), say("uncertain"), say("unserved")], counted), false),
    ], family.key === model.family);
  }

  villages(rows, counts) {
    const own = rows.filter((row) => row.family === model.family);
    const won = own.filter((row) => row.after === "served"), lost = own.filter((row) => row.after !== "served" && row.before === "served");
    const count = (isWon) => counts.find((row) => row.family === model.family && row.won === isWon) || { villages: 0, people: 0 };
    const listed = (key, list) => (list.length ? part("villages-" + key, say("villages_" + key, { count: whole(count(key === "won").villages), people: whole(count(key === "won").people) }), [make("ul", { class: "villages" }, list.map((row) => make("li", {}, [
      isMissing(row.longitude) ? make("span", {}, row.name) : button(row.name, () => this.view.map.setView([row.latitude, row.longitude], Math.max(12, this.view.map.getZoom())), { class: "link" }),
      make("small", {}, " " + [row.county_name || "", say("people_count", { people: whole(row.population) }), say(row.before) + " \u2192 " + say(row.after)].filter(Boolean).join(" \u00b7 ")),
    ]))), list.length < count(key === "won").villages ? make("p", { class: "hint" }, say("villages_more", { count: list.length })) : null], key === "lost" || list.length <= 12) : null);
    put("villages", listed("won", won), listed("lost", lost));
  }

  cost(cost) {
    const rows = Array.isArray(cost.sites) ? cost.sites : records(cost.sites);
    if (!rows.length) { put("cost"); return; }
    const host = (key) => model.facts.hosts.find((one) => one.key === key)?.label || key || NONE;
    const connected = rows.some((row) => typeof row.connection === "number");
    const range = (row) => (isMissing(row.cost) ? { text: say("cost_unknown"), class: "words" } : { text: money(row.cost, cost.currency), title: say("cost_range", { low: money(row.cost_low, cost.currency), high: money(row.cost_high, cost.currency) }) });
    const what = (row) => ({ text: row.host ? host(row.host) : say("cost_services", { count: row.added }), class: "words" });
    put("cost", part("cost", say("cost", { cost: money(cost.cost, cost.currency) }), [
      table([say("site"), { text: say("host"), class: "words" }, say("cost_site"), ...(connected ? [say("connection")] : [])], rows.map((row) => [{ text: row.id, row: true }, what(row), range(row), ...(connected ? [money(row.connection, cost.currency)] : [])])),
      make("p", { class: "hint" }, say("cost_hint")),
    ]));
  }

  /* Targets come seconds later; until then the earlier ones are shown as out of date. */
  takeTargets(found) {
    if (found.version !== model.version) return;
    this.targets = records(found);
    this.targetsOf = found.version;
    this.drawTargets();
  }

  /* Whether the targets that are shown are those of the present edits. */
  markTargets() {
    const current = this.targetsOf === model.version && !model.waiting, pending = document.querySelector("#targets .pending");
    document.getElementById("targets").classList.toggle("outdated", !current);
    document.body.dataset.targets = current ? String(model.version) : "";
    if (pending) pending.hidden = current;
    else this.drawTargets();
  }

  drawTargets() {
    const title = [say("targets"), make("span", { class: "pending" }, " " + say("pending"))];
    if (!this.targets) { put("targets", part("targets", title, make("p", { class: "hint" }, say("targets_wait")))); this.markTargets(); return; }
    const line = (row) => ({ class: "level-zone", cells: [
      { text: zoneName(row), row: true }, row.before, row.now, { text: row.is_share ? points(row.difference) : change(row.difference, tenthOrWhole), class: trend(row.difference) },
      { text: row.status === row.status_before ? row.status_words : [row.status_before_words + " \u2192 ", make("b", {}, row.status_words)], class: "words" },
    ] });
    /* The rows of a clause below its name. */
    const grouped = (rows) => rows.flatMap((row, at) => [...(at && rows[at - 1].title === row.title ? [] : [{ class: "title", cells: [{ text: row.title, span: 5 }] }]), line(row)]);
    const heads = [say("zone"), say("before"), say("now"), say("difference"), { text: say("status"), class: "words" }];
    const changed = this.targets.filter((row) => row.moved), same = this.targets.filter((row) => !row.moved);
    put("targets", part("targets", title, [
      changed.length ? table(heads, grouped(changed)) : make("p", { class: "hint" }, say("targets_same")),
      same.length ? part("targets-same", say("targets_unchanged", { count: same.length }), table(heads, grouped(same)), false) : null,
    ]));
    this.markTargets();
  }
}
