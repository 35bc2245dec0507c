/* "Complete this plan": a goal or a budget, places where nothing may be built, progress, and what comes back. */
import { button, lang, make, money, notice, openPart, part, percent, put, say, substituteName, table, tenth, whole } from "./dom.js";
import { send } from "./net.js";
import { addSites, editOf, freshId, model } from "./model.js";

const amountUnit = (currency) => (lang === "zh" ? (currency === "CNY" ? "\u4e07\u5143" : "\u4e07 " + currency) : "million " + currency);

export class Planner {
  constructor(view) { Object.assign(this, { view, forbidden: [], circles: [], why: [], step: null, asked: { city: "", kind: "goal", budget: lang === "zh" ? "1000" : "10", radius: "5" } }); }

  /* A step of the process, or null for none. */
  take(step) {
    this.step = step;
    if (step && step.kind === "failed") notice(step["message_" + lang] || say("plan_failed"), true);
    if (step && step.kind === "done") openPart("planning");
    this.draw();
  }

  draw() {
    const runs = this.step && this.step.kind === "progress", closed = !model.mayEdit, asked = this.asked;
    const kind = (key, input, unit) => make("p", { class: "line" }, [make("label", {}, [make("input", { type: "radio", name: "plan-kind", value: key, checked: asked.kind === key, disabled: runs, onchange: () => { asked.kind = key; } }), " " + say("plan_" + key)]), input, unit]);
    const number = (key) => make("input", { id: "plan-" + key, type: "number", step: "any", min: 0, value: asked[key], disabled: runs, "aria-label": say("plan_" + key), onchange: (event) => { asked[key] = event.target.value; } });
    const currency = model.facts.currency, cities = model.facts.zones.filter((zone) => zone.level === "city");
    const where = cities.length < 2 ? null : make("p", { class: "line" }, [make("label", { for: "plan-city" }, say("plan_where")), make("select", { id: "plan-city", disabled: runs, onchange: (event) => { asked.city = event.target.value; } }, [make("option", { value: "" }, say("whole_area")), ...cities.map((city) => make("option", { value: city.adcode, selected: city.adcode === asked.city }, city.name))])]);
    put("planning", part("planning", say("planning"), [[
      make("p", { class: "hint" }, say("plan_hint")),
      where,
      kind("goal", null, null),
      kind("budget", number("budget"), " " + amountUnit(currency)),
      make("p", { class: "line" }, [make("label", { for: "plan-radius" }, say("forbid")), number("radius"), " km ", button(say("forbid_centre"), () => this.forbid(), { disabled: runs })]),
      this.forbidden.length ? make("ul", { class: "names" }, this.forbidden.map((one, at) => make("li", {}, [`${one.longitude.toFixed(3)}, ${one.latitude.toFixed(3)} \u00b7 ${one.radius_km} km `, button("\u00d7", () => this.allow(at), { "aria-label": say("forbid_drop") })]))) : null,
      this.why.length ? [make("p", { class: "hint" }, say("why_places")), make("ul", { class: "names" }, this.why.map((one, at) => make("li", {}, [`${one.longitude.toFixed(3)}, ${one.latitude.toFixed(3)} `, button("\u00d7", () => { this.why.splice(at, 1); this.draw(); }, { "aria-label": say("why_drop") })])))] : null,
      make("div", { class: "buttons" }, [runs ? button(say("plan_cancel"), () => this.cancel(), { disabled: closed, id: "plan-cancel" }) : button(say("plan_start"), () => this.start(), { disabled: closed, id: "plan-start", class: "first" })]),
      make("div", { id: "plan-progress", "aria-live": "polite" }, this.said() || []),
    ]].flat(2), false));
  }

  said() {
    const step = this.step;
    if (!step) return null;
    if (step.kind === "ended") return make("p", { class: "hint" }, say(step.signal ? "plan_cancelled" : "plan_failed"));
    if (step.kind === "failed") return make("p", { class: "hint" }, say("plan_failed"));
    const facts = [];
    const row = (key, value) => facts.push(make("dt", {}, say(key)), make("dd", {}, value));
    if (step.sites !== undefined) row("plan_sites", whole(step.sites));
    if (typeof step.cost === "number") row("plan_cost", money(step.cost, model.facts.currency));
    if (typeof step.bound === "number" && this.asked.kind === "goal") row("plan_bound", money(step.bound, model.facts.currency));
    if (typeof step.gap === "number") row("plan_gap", (Math.ceil(step.gap * 1e4 - 1e-9) / 100).toFixed(2) + "%");
    if (typeof step.served === "number") row("plan_served", whole(step.served) + " (" + percent(step.served / step.population) + ")");
    const list = facts.length ? make("dl", {}, facts) : null;
    const part = typeof step.part === "number" ? " " + Math.floor(step.part * 100) + "%" : "";
    if (step.kind === "progress") return [make("p", { class: "pending" }, [step["step_" + lang] ? step["step_" + lang] + part + "\u2026 " : "", say("plan_runs")]), list && make("p", { class: "hint" }, say("plan_best")), list];
    const many = step.edits === null && step.sites > 0;
    return [make("p", {}, say(many ? "plan_many" : step.edits?.length ? "plan_done" : "plan_nothing")), list, step.edits?.length ? button(say("plan_take", { count: step.edits.length }), () => this.takeOver(step.edits), { disabled: !model.mayEdit, class: "first", id: "plan-take" }) : null, ...this.answers(step)];
  }

  /* What the finished plan says of the places that were asked, and of sites that cannot be had. */
  answers(step) {
    const where = (one) => `${one.longitude.toFixed(3)}, ${one.latitude.toFixed(3)}`;
    const why = (step.why_not || []).map((one) => make("div", { class: "why" }, [
      make("b", {}, say("why_at", { place: where(one) })),
      one.candidates.length ? make("ul", {}, one.candidates.map((row) => make("li", {}, [make("small", {}, say("why_candidate", { name: row.name || row.id, km: tenth(row.distance_km), cost: money(row.cost, model.facts.currency) })), row.why[lang]]))) : make("p", { class: "hint" }, say("why_none")),
    ]));
    const rows = (step.substitutes || []).map((row) => [{ text: row.id, row: true }, { text: substituteName(row.substitute), class: "words" }, money(row.substitute_cost, model.facts.currency)]);
    const refused = rows.length ? part("substitutes", say("substitutes"), table([say("site"), { text: say("substitute"), class: "words" }, say("plan_cost")], rows.slice(0, 200)), false) : null;
    return [...why, refused];
  }

  /* The next plan says why it builds nothing at a place. */
  ask(latlng) {
    if (this.why.length >= 5) { notice(say("why_most"), true); return; }
    this.why.push({ longitude: latlng.lng, latitude: latlng.lat });
    openPart("planning");
    this.draw();
    notice(say("why_asked"));
  }

  forbid() {
    const radius = Number(this.asked.radius), p = this.view.map.getCenter();
    if (!(radius > 0 && radius <= 50)) { notice(say("radius_wrong"), true); return; }
    this.forbidden.push({ longitude: p.lng, latitude: p.lat, radius_km: radius });
    this.circles.push(L.circle(p, { radius: radius * 1000, color: "#b42318", weight: 1.5, dashArray: "6 4", fillOpacity: 0.06, interactive: false }).addTo(this.view.map));
    this.draw();
  }

  allow(at) {
    this.forbidden.splice(at, 1);
    this.circles.splice(at, 1)[0].remove();
    this.draw();
  }

  async start() {
    const asked = this.asked, spends = asked.kind === "budget", value = Number(asked.budget);
    if (spends && !(value > 0)) { notice(say("plan_wrong"), true); return; }
    try {
      await send("POST", "/plan", { cities: asked.city ? [asked.city] : [], budget: spends ? value * (lang === "zh" ? 1e4 : 1e6) : null, forbidden: this.forbidden, why_not: this.why });
      this.take({ kind: "progress" });
    } catch (error) { notice(error.message, true); }
  }

  async cancel() {
    try { await send("DELETE", "/plan"); } catch (error) { notice(error.message, true); }
  }

  /* The new sites become edits under their ids of the plan; an id that was taken meanwhile gives way to one of this page. */
  takeOver(edits) {
    let number = 0;
    const fresh = () => { const id = freshId(number + 1); number = Number(id.slice(1)); return id; };
    const named = edits.map((edit) => ({ ...edit, do: "add", id: editOf(edit.id) ? fresh() : edit.id }));
    this.step = null;
    this.draw();
    addSites(named);
  }
}
