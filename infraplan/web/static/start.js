/* The page: what is shown, who is chosen, and how the parts hear of each other. */
import { button, lang, make, notice, part, put, records, say, useWords } from "./dom.js";
import { get, listen, Refused, send, windowId } from "./net.js";
import { commit, followServer, model, on, undo } from "./model.js";
import { drawMap } from "./map.js";
import { drawEdits } from "./edit_list.js";
import { Form } from "./form.js";
import { drawPlace } from "./place.js";
import { Planner } from "./planner.js";
import { Results } from "./results.js";
import { compareTwo, offer, openOne, save } from "./scenarios.js";

const HEARTBEAT_MS = 4000;
let view, form, results, planner, asks = null, ended = false;

const actions = {
  choose(row, go = false) {
    form.choose(row);
    view.marks.select(row);
    if (!row) return;
    const at = view.marks.place(row.id, model.edits.find((edit) => edit.id === row.id) || row);
    if (go && at) view.map.setView(at, Math.max(view.map.getZoom(), 11));
    const title = document.getElementById("site-title");
    if (title) title.focus({ preventScroll: false });
  },
  rowOf(id) { return view.points.siteOf(id) || view.marks.known?.get(id) || model.edits.find((edit) => edit.id === id); },
  async ask(latlng) {
    if (asks) asks.abort();
    asks = new AbortController();
    view.ring(latlng);
    view.line(null);
    put("place", make("p", { class: "pending" }, say("pending"))).hidden = false;
    try {
      const found = await get("/at", { longitude: latlng.lng.toFixed(6), latitude: latlng.lat.toFixed(6), family: model.family }, asks.signal);
      drawPlace(found, latlng, actions);
      document.getElementById("results").scrollTop = 0;
      const server = found.profile && found.servers[0];
      if (server?.latitude !== undefined) view.line([server.latitude, server.longitude], latlng);
    } catch (error) {
      if (error.name === "AbortError") return;
      actions.forget();
      actions.failed(error);
    }
  },
  /* A site by its id, wherever it is known from; one that the map has thinned out is asked at its place. */
  async show(id, at = null) {
    let row = actions.rowOf(id);
    if (!row && at?.longitude !== undefined) {
      const near = 0.002, box = { west: at.longitude - near, east: at.longitude + near, south: at.latitude - near, north: at.latitude + near, limit: 500 };
      row = records(await get("/sites", box)).find((one) => one.id === id);
      if (row) view.marks.remember([row]);
    }
    if (row) actions.choose(row, true);
  },
  forget() {
    document.getElementById("place").hidden = true;
    view.ring(null);
    view.line(null);
  },
  addHere(latlng) { actions.forget(); form.addAt(latlng.lng, latlng.lat); },
  askWhy(latlng) { planner.ask(latlng); },
  failed(error) {
    if (!(error instanceof Refused)) console.error(error);
    notice(error.message, true);
  },
};

/* Family, network and layers of the map. */
function drawChoices() {
  const choice = (name, items, chosen, act) => make("fieldset", {}, [make("legend", {}, say(name)), ...items.map((item) => make("label", {}, [make("input", { type: "radio", name, value: item.key, checked: item.key === chosen, onchange: () => act(item.key) }), " " + item.label]))]);
  const network = make("select", { id: "network", onchange: (event) => { model.network = event.target.value; changed(); } }, model.facts.networks.map((item) => make("option", { value: item.key, selected: item.key === model.network }, item.label)));
  const layers = ["signal", "people", "villages", "sites", ...(model.facts.planned ? ["suggested"] : []), "zones", "names", "lines"];
  const box = (name) => make("label", {}, [make("input", { type: "checkbox", value: name, checked: name === "signal" ? !hiddenSignal : view.points.shown[name], onchange: (event) => layer(name, event.target.checked) }), " " + say("layer_" + name)]);
  put("show", part("show", say("show"), [
    choice("family", model.facts.families, model.family, (key) => { model.family = key; changed(); }),
    make("p", { class: "line" }, [make("label", { for: "network" }, say("network")), network]),
    model.facts.after ? choice("signal_of", ["edits", "plan"].map((key) => ({ key, label: say("signal_of_" + key) })), model.after ? "plan" : "edits", (key) => { model.after = key === "plan"; view.signal.refresh().catch(actions.failed); }) : null,
    make("fieldset", { class: "layers" }, [make("legend", {}, say("layers")), ...layers.map(box)]),
    make("p", { class: "line" }, [button(say("ask_centre"), () => actions.ask(view.map.getCenter()), { id: "ask-centre" }), button(say("whole_study"), wholeStudy)]),
  ]));
}

let hiddenSignal = false;
function layer(name, on) {
  if (name === "signal") {
    hiddenSignal = !on;
    view.map.getPane("signal").style.display = on ? "" : "none";
  } else view.points.show(name, on).catch(actions.failed);
}

function wholeStudy() {
  const [west, south, east, north] = model.facts.bounds;
  view.map.fitBounds([[south, west], [north, east]]);
}

function changed() {
  view.refresh();
  results.draw();
  form.draw();
}

/* After each computed list: patch the picture, then ask statuses of villages and targets again. It is asked for before anything is drawn. */
function computed(change) {
  if (!view) return;
  const drawn = view.signal.patch(change.bounds).then(() => { document.body.dataset.picture = String(change.version); });
  drawn.then(() => Promise.all([view.points.follow(), get("/targets", { lang })])).catch(actions.failed);
}

/* This window says that it is there, and learns whether it may edit. */
async function heartbeat() {
  if (ended) return;
  try {
    const { edits } = await send("POST", "/window");
    if (edits !== model.mayEdit) {
      model.mayEdit = edits;
      document.body.classList.toggle("looks", !edits);
      for (const id of ["save", "open"]) document.getElementById(id).disabled = !edits;
      if (!edits) notice(say("only_looks"), true);
      else document.getElementById("notice").hidden = true;
      redraw();
    }
  } catch (error) {
    if (error.status === 0 || error.status === 401) over();
  }
}

function over() {
  if (ended) return;
  ended = true;
  model.mayEdit = false;
  document.body.classList.add("looks");
  redraw();
  notice(say("gone"), true);
}

function redraw() {
  form.draw();
  drawEdits(actions);
  planner.draw();
  view.marks.draw();
}

async function start() {
  model.facts = await get("/facts", { lang });
  useWords(model.facts.words);
  model.family = model.facts.families[0].key;
  model.network = model.facts.networks[0].key;
  document.getElementById("title").textContent = document.title;
  const mark = document.getElementById("mark");
  mark.textContent = model.facts.mark || "";
  mark.hidden = !model.facts.mark;
  const other = document.getElementById("language");
  Object.assign(other, { href: lang === "en" ? "/zh" : "/en", textContent: say("other_language"), lang: lang === "en" ? "zh-CN" : "en" });
  on("change", computed);
  view = drawMap(actions);
  form = new Form(view, actions);
  results = new Results(view);
  planner = new Planner(view);
  await send("POST", "/window").then(({ edits }) => { model.mayEdit = edits; });
  document.body.classList.toggle("looks", !model.mayEdit);
  const state = await followServer();
  on("edits", () => {
    const row = form.row, isAdded = row && (row.edit === "add" || row.status === undefined);
    if (isAdded && !model.edits.some((edit) => edit.id === row.id)) actions.choose(null);
    form.draw();
    drawEdits(actions);
  });
  on("change", () => drawEdits(actions));
  on("refused", (error) => notice(error.message, true));
  on("waiting", () => { for (const id of ["save", "open"]) document.getElementById(id).disabled = !model.mayEdit || model.waiting; });
  drawChoices();
  redraw();
  planner.take(state.plan);
  offer(model.mayEdit ? state.offered : null);
  if (state.change.shares) results.last = state.change;
  results.draw();
  if (!model.mayEdit) notice(say("only_looks"), true);
  document.getElementById("save").onclick = save;
  document.getElementById("open").onclick = openOne;
  document.getElementById("compare").onclick = compareTwo;
  listen({
    targets: (found) => { if (found.lang === lang) results.takeTargets(found); },
    plan: (step) => planner.take(step),
    edits: ({ version }) => { if (version > model.version) followServer().catch(actions.failed); },
    stopped: (_, source) => { source.close(); over(); },
  }).addEventListener("open", () => get("/targets", { lang }).catch(actions.failed), { once: true });
  setInterval(heartbeat, HEARTBEAT_MS);
  window.addEventListener("pagehide", () => { send("DELETE", "/window", {}, { keepalive: true }).catch(() => {}); });
  document.addEventListener("keydown", (event) => {
    const types = event.target.matches("input, select, textarea");
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !types && model.before) { event.preventDefault(); undo(); }
  });
  await Promise.all([view.points.start(), view.refresh()]);
  document.body.dataset.ready = "true";
}

/* For tests and benchmarks: what the page knows, and the choice of a site. */
window.infraplan = { model, commit, windowId, map: () => view.map, sites: () => view.points.sites, zones: () => view.points.zones, shares: () => Object.fromEntries(view.points.shares), choose: (id) => actions.choose(actions.rowOf(id)) };
start().catch(actions.failed);
