/* The chosen site as a form: every change is an edit. Adding a site by its coordinates, at the map's centre, at a place or at a mast. */
import { button, make, money, notice, part, put, say, substituteName, tenth, whole } from "./dom.js";
import { addSite, changeSite, dropEdit, editOf, freshId, model, removeSite } from "./model.js";
import { rounded } from "./marks.js";
import { get } from "./net.js";

const START = { height_m: 30, azimuth_deg: [0, 120, 240], tilt_deg: 3 };
export const servicesOf = (row) => (Array.isArray(row.services) ? row.services : String(row.services || "").split(/[;,\s]+/).filter(Boolean));
export function azimuthsOf(row) {
  const value = row.azimuth_deg;
  if (Array.isArray(value)) return value;
  return String(value ?? "").split(/[/;,\s]+/).filter((text) => text !== "" && !isNaN(text)).map(Number);
}

/* A site as the form shows it: the engine's row with the page's edit over it. */
export function shown(row) {
  const edit = editOf(row.id);
  const merged = { ...row, ...(edit && edit.do !== "remove" ? edit : {}) };
  return { ...merged, services: servicesOf(merged), azimuth_deg: azimuthsOf(merged), edit: edit ? edit.do : "" };
}

function options(list, chosen, empty) {
  const known = list.some((item) => item.key === chosen) || !chosen ? list : [...list, { key: chosen, label: chosen }];
  return [empty === undefined ? null : make("option", { value: "" }, empty), ...known.map((item) => make("option", { value: item.key, selected: item.key === chosen }, item.label))];
}

export function operatorChoices() {
  const found = new Map();
  for (const item of [...model.facts.networks, ...model.facts.operators]) if (!["any", "every", ""].includes(item.key)) found.set(item.key, item);
  return [...found.values()];
}

/* What a new site has until the form changes it: services of the family shown, the network shown. */
export function startOf(longitude, latitude) {
  const operators = operatorChoices();
  const services = model.facts.services.filter((service) => service.family === model.family);
  const shared = operators.find((item) => item.key === model.network) || operators[0];
  const host = model.facts.hosts[0];
  return {
    id: freshId(), longitude: rounded(longitude), latitude: rounded(latitude), services: (services.length ? services : model.facts.services).slice(0, 1).map((service) => service.key),
    operators: shared ? shared.key : "", ...(host ? { host: host.key } : {}), ...START,
  };
}

export class Form {
  constructor(view, actions) { Object.assign(this, { view, actions, row: null }); }

  choose(row) {
    this.row = row;
    this.draw();
  }

  draw() {
    const closed = !model.mayEdit;
    put("site", this.row ? this.editing(shown(this.row), closed) : null, this.adding(closed));
  }

  addAt(longitude, latitude, more = {}) {
    const edit = { ...startOf(longitude, latitude), ...more };
    addSite(edit);
    this.actions.choose(edit);
    notice(say("added", { id: edit.id }));
  }

  adding(closed) {
    const place = make("input", { id: "new-place", autocomplete: "off", placeholder: say("place_example"), disabled: closed });
    const add = (event) => {
      event.preventDefault();
      const numbers = place.value.split(/[,，;\s]+/).filter(Boolean).map(Number);
      if (numbers.length !== 2 || numbers.some((value) => !isFinite(value))) { notice(say("place_wrong"), true); place.focus(); return; }
      this.addAt(numbers[0], numbers[1]);
    };
    const find = make("input", { id: "find-site", type: "search", autocomplete: "off", placeholder: say("find_example"), oninput: () => this.find(find.value, found) });
    const found = make("div", { id: "found", role: "group", "aria-label": say("find_found") });
    const centre = () => { const p = this.view.map.getCenter(); this.addAt(p.lng, p.lat); };
    return part("sites", say("sites"), [
      make("label", { for: "find-site" }, say("find")), find, found,
      make("form", { onsubmit: add, class: "line" }, [make("label", { for: "new-place" }, say("new_site")), place, make("button", { disabled: closed }, say("add"))]),
      button(say("add_centre"), centre, { disabled: closed, id: "add-centre" }),
      make("p", { class: "hint" }, say("add_hint")),
    ]);
  }

  find(text, found) {
    const wanted = text.trim().toLowerCase();
    const rows = wanted ? this.view.points.sites.filter((row) => (row.id + " " + (row.name || "")).toLowerCase().includes(wanted)).slice(0, 8) : [];
    found.replaceChildren(...(wanted && !rows.length ? [make("p", { class: "hint" }, say("find_none"))] : rows.map((row) => button([row.name || row.id, make("small", {}, " " + row.id + " \u00b7 " + say("status_" + row.status))], () => this.actions.choose(row, true)))));
  }

  editing(site, closed) {
    const removed = site.edit === "remove", suggested = !site.edit && site.status === "suggested", fixed = closed || removed || suggested;
    const limits = model.facts.limits;
    const save = (values) => changeSite(site.id, values);
    const numeric = (name, unit) => {
      const [low, high] = limits[name] || [null, null];
      const input = make("input", { id: "site-" + name, type: "number", step: "any", min: low, max: high, value: site[name] ?? "", disabled: fixed, onchange: () => {
        if (input.value === "" || !input.checkValidity()) { notice(say("number_wrong", { low, high }), true); input.value = site[name] ?? ""; return; }
        save({ [name]: Number(input.value) });
      } });
      return [make("label", { for: "site-" + name }, say(name)), make("span", {}, [input, " ", unit])];
    };
    const azimuths = make("input", { id: "site-azimuth_deg", value: site.azimuth_deg.join(", "), placeholder: say("omni"), disabled: fixed, autocomplete: "off", onchange: () => {
      const numbers = azimuths.value.split(/[,，/;\s]+/).filter(Boolean).map(Number);
      if (numbers.some((value) => !(value >= 0 && value < 360)) || numbers.length > 12) { notice(say("azimuth_wrong"), true); azimuths.value = site.azimuth_deg.join(", "); return; }
      save({ azimuth_deg: numbers });
    } });
    const placed = (name) => {
      const input = make("input", { id: "site-" + name, type: "number", step: "any", value: site[name], disabled: fixed, onchange: () => {
        const [lon, lat] = ["longitude", "latitude"].map((one) => document.getElementById("site-" + one));
        if (lon.value === "" || lat.value === "" || !isFinite(lon.value) || !isFinite(lat.value)) { notice(say("place_wrong"), true); return; }
        save({ longitude: rounded(Number(lon.value)), latitude: rounded(Number(lat.value)) });
      } });
      return [make("label", { for: "site-" + name }, say(name)), make("span", {}, [input, " \u00b0"])];
    };
    const services = make("fieldset", { disabled: fixed }, [make("legend", {}, say("services")), ...this.serviceBoxes(site, save)]);
    const operators = make("select", { id: "site-operators", disabled: fixed, onchange: (event) => save({ operators: event.target.value }) }, options(operatorChoices(), site.operators, site.operators ? undefined : say("choose")));
    const host = site.edit === "add" ? [make("label", { for: "site-host" }, say("host")), make("select", { id: "site-host", disabled: fixed, onchange: (event) => save({ host: event.target.value }) }, options(model.facts.hosts, site.host, site.host ? undefined : say("choose")))] : [];
    const name = site.edit === "add" ? [make("label", { for: "site-name" }, say("name")), make("input", { id: "site-name", value: site.name || "", maxlength: 80, disabled: fixed, autocomplete: "off", onchange: (event) => { if (event.target.value.trim()) save({ name: event.target.value.trim() }); } })] : [];
    const states = ["existing", "planned", "retired"].map((key) => ({ key, label: say("status_" + key) }));
    const state = removed || suggested ? [] : [make("label", { for: "site-status" }, say("state")), make("select", { id: "site-status", disabled: fixed, onchange: (event) => save({ status: event.target.value }) }, options(states, site.status || "existing"))];
    const kind = site.edit ? "mark_" + site.edit : "status_" + site.status;
    return make("section", { class: "part chosen-site", id: "site-form" }, [
      make("h3", { id: "site-title", tabindex: "-1" }, [site.name || site.id, make("small", {}, " " + (site.name ? site.id + " \u00b7 " : "") + say(kind, { id: "" }).trim())]),
      make("div", { class: "grid" }, [...name, ...placed("longitude"), ...placed("latitude"), ...host, ...numeric("height_m", "m"),
        make("label", { for: "site-azimuth_deg" }, say("azimuth_deg")), make("span", {}, [azimuths, " \u00b0"]), ...numeric("tilt_deg", "\u00b0"), ...numeric("carrier_power_dbm", "dBm"),
        make("label", { for: "site-operators" }, say("operators")), operators, ...state]),
      services,
      suggested && site.substitute !== undefined ? make("p", { class: "hint", id: "site-substitute" }, say("substitute_of", { instead: substituteName(site.substitute), cost: money(site.substitute_cost, model.facts.currency) })) : null,
      make("div", { class: "buttons" }, this.siteButtons(site, closed, suggested)),
    ]);
  }

  serviceBoxes(site, save) {
    const known = model.facts.services, all = [...known, ...site.services.filter((key) => !known.some((one) => one.key === key)).map((key) => ({ key, label: key }))];
    return all.map((service) => make("label", {}, [make("input", { type: "checkbox", value: service.key, checked: site.services.includes(service.key), onchange: (event) => {
      const chosen = all.map((one) => one.key).filter((key) => (key === service.key ? event.target.checked : site.services.includes(key)));
      if (!chosen.length) { notice(say("no_service"), true); event.target.checked = true; return; }
      save({ services: chosen });
    } }), " " + service.label]));
  }

  siteButtons(site, closed, suggested) {
    const found = [];
    if (suggested) found.push(button(say("adopt"), () => this.adopt(site), { disabled: closed, class: "first" }));
    else if (site.edit === "add") found.push(button(say("remove"), () => { this.actions.choose(null); dropEdit(site.id); }, { disabled: closed }));
    else if (site.edit === "remove") found.push(button(say("switch_on"), () => dropEdit(site.id), { disabled: closed }));
    else {
      found.push(button(say("switch_off"), () => removeSite(site.id), { disabled: closed }));
      found.push(button(say("copy_here"), () => this.addAt(site.longitude, site.latitude, { host: model.facts.hosts.some((host) => host.key === "existing_tower") ? "existing_tower" : startOf(0, 0).host, height_m: site.height_m ?? START.height_m }), { disabled: closed, title: say("copy_hint") }));
    }
    if (!suggested && site.edit !== "remove") found.push(button(say("to_top"), () => this.toTop(site).catch(this.actions.failed), { disabled: closed, title: say("to_top_hint"), id: "to-top" }));
    if (site.edit === "change") found.push(button(say("as_before"), () => dropEdit(site.id), { disabled: closed }));
    found.push(button(say("close"), () => this.actions.choose(null)));
    return found;
  }

  /* A site goes to the highest ground near it; a new one then stands on a summit, if the study prices summits. */
  async toTop(site) {
    const top = await get("/top", { longitude: site.longitude, latitude: site.latitude });
    if (!(top.above_m > 0)) { notice(say("is_top")); return; }
    const priced = site.edit === "add" && model.facts.hosts.some((host) => host.key === "summit");
    changeSite(site.id, { longitude: rounded(top.longitude), latitude: rounded(top.latitude), ...(priced ? { host: "summit" } : {}) });
    notice(say("moved_up", { id: site.id, ground: whole(top.ground_m), above: whole(top.above_m) }));
  }

  /* A site that the plan suggests becomes an added one with its values. */
  adopt(site) {
    const numbers = Object.fromEntries(["height_m", "tilt_deg", "carrier_power_dbm"].filter((name) => typeof site[name] === "number").map((name) => [name, site[name]]));
    const start = startOf(site.longitude, site.latitude);
    this.addAt(site.longitude, site.latitude, { ...numbers, id: start.id, services: site.services.length ? site.services : start.services, operators: site.operators || start.operators, ...(site.host ? { host: site.host } : {}), azimuth_deg: site.azimuth_deg });
  }
}

/* A short description of an edit. */
export function described(edit) {
  const parts = [];
  if (edit.do !== "add" && edit.latitude !== undefined) parts.push(say("edit_moved"));
  if (edit.height_m !== undefined) parts.push(tenth(edit.height_m).replace(/\.0$/, "") + " m");
  if (edit.azimuth_deg !== undefined) parts.push(edit.azimuth_deg.length ? edit.azimuth_deg.join("/") + "\u00b0" : say("omni"));
  if (edit.tilt_deg !== undefined && edit.do !== "add") parts.push(say("tilt_deg") + " " + edit.tilt_deg + "\u00b0");
  if (edit.carrier_power_dbm !== undefined) parts.push(edit.carrier_power_dbm + " dBm");
  if (edit.services !== undefined) parts.push(edit.services.map((key) => model.facts.services.find((one) => one.key === key)?.label || key).join(", "));
  if (edit.operators !== undefined && edit.do !== "add") parts.push(operatorChoices().find((one) => one.key === edit.operators)?.label || edit.operators);
  return parts.join(" \u00b7 ");
}
