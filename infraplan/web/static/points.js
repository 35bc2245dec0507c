/* Layers of points and lines on one canvas: outlines, lines, villages, sites; names of zones. */
import { get } from "./net.js";
import { make, percent, records, say, whole } from "./dom.js";
import { model } from "./model.js";

const MOST = 3000, SITES_FROM = 8, VILLAGES_FROM = 9, COUNTIES_FROM = 9, TOWNS_FROM = 11;
const STATUSES = ["served", "uncertain", "unserved"];

/* Triangles and diamonds beside Leaflet's circles. */
L.Canvas.include({
  _updateSign(layer) {
    if (!this._drawing || layer._empty()) return;
    const p = layer._point, r = Math.max(layer._radius, 1), pen = this._ctx;
    pen.beginPath();
    if (layer.options.sign === "triangle") { pen.moveTo(p.x, p.y - r); pen.lineTo(p.x + r * 0.95, p.y + r * 0.8); pen.lineTo(p.x - r * 0.95, p.y + r * 0.8); }
    else { pen.moveTo(p.x, p.y - r); pen.lineTo(p.x + r, p.y); pen.lineTo(p.x, p.y + r); pen.lineTo(p.x - r, p.y); }
    pen.closePath();
    this._fillStroke(pen, layer);
  },
});
const Sign = L.CircleMarker.extend({ _updatePath() { this._renderer._updateSign(this); } });

function rings(flat) {
  return flat.map((ring) => {
    const path = [];
    for (let at = 0; at < ring.length; at += 2) path.push([ring[at + 1] / 1e4, ring[at] / 1e4]);
    return path;
  });
}

export class Points {
  constructor(map, choose) {
    this.map = map;
    this.choose = choose;
    this.renderer = L.canvas({ padding: 0.3, tolerance: 3 });
    this.layers = { people: L.featureGroup(), zones: L.featureGroup(), lines: L.featureGroup(), villages: L.featureGroup(), sites: L.featureGroup(), names: L.layerGroup() };
    this.shown = { people: false, zones: true, lines: false, villages: true, sites: true, suggested: true, names: true };
    this.sites = [];
    this.villages = [];
    this.villagesAt = null;
    this.dots = [];
    this.signs = new Map();
    this.asks = {};
    this.zones = [];
    this.shares = new Map();
  }

  async start() {
    this.zones = await get("/outlines");
    const width = { province: 2, city: 1.3 }, colour = model.facts.colours.ink.zone;
    for (const zone of this.zones) {
      const style = { renderer: this.renderer, color: colour, weight: width[zone.level] || 0.7, opacity: zone.level === "county" ? 0.65 : 0.9, fill: false, interactive: false };
      L.polyline(rings(zone.rings), style).addTo(this.layers.zones);
    }
    for (const name of ["zones", "names"]) this.layers[name].addTo(this.map);
    this.label();
  }

  async show(name, on) {
    this.shown[name] = on;
    for (const one of ["lines", "people"]) if (name === one) this.map.getContainer().classList.toggle("with-" + one, on);
    if (name === "sites" || name === "suggested") { await this.drawSites(); return; }
    if (!on) { this.layers[name].remove(); return; }
    this.layers[name].addTo(this.map);
    if (name === "lines" && !this.layers.lines.getLayers().length) {
      const colours = model.facts.colours.line;
      for (const line of await get("/lines")) {
        const drawn = L.polyline(rings(line.rings), { renderer: this.renderer, color: colours[line.layer] || colours.other, weight: 2 });
        if (line.name) drawn.bindTooltip(make("span", {}, line.name), { sticky: true });
        drawn.addTo(this.layers.lines);
      }
    }
    await this.refresh();
  }

  /* What is asked for the view; an earlier question that is still open is given up. */
  async ask(name, query) {
    if (this.asks[name]) this.asks[name].abort();
    const asks = (this.asks[name] = new AbortController());
    const b = this.map.getBounds().pad(0.1);
    const degrees = (value, most) => Math.max(-most, Math.min(most, value)).toFixed(5);
    const box = { west: degrees(b.getWest(), 180), south: degrees(b.getSouth(), 85), east: degrees(b.getEast(), 180), north: degrees(b.getNorth(), 85), limit: MOST };
    try {
      const found = records(await get("/" + name, { ...box, ...query }, asks.signal));
      if (name === "villages") this.villagesAt = { ...box, ...query };
      return found;
    } catch (error) {
      if (error.name === "AbortError") return null;
      throw error;
    }
  }

  async refresh() {
    const zoom = this.map.getZoom();
    await Promise.all([
      this.shown.villages && zoom >= VILLAGES_FROM ? this.askVillages() : this.layers.villages.clearLayers(),
      this.askSites(),
    ]);
    const key = [model.family, model.network, model.version].join("|");
    if (this.shown.people && key !== this.peopleOf) { this.peopleOf = key; await this.drawPeople(); }
    this.label();
  }

  /* Counties (or the finest zones that are counted) in the colour of the share of their people that is served. */
  async drawPeople() {
    if (!this.shown.people) return;
    const rows = records(await get("/people", { family: model.family, network: model.network })), of = new Map(this.zones.map((zone) => [zone.level + zone.adcode, zone]));
    const classes = model.facts.colours.share.classes;
    this.layers.people.clearLayers();
    this.shares = new Map(rows.filter((row) => row.population).map((row) => [row.adcode, row.served / row.population]));
    for (const row of rows) {
      const zone = of.get(row.level + row.adcode);
      if (!zone || !row.population) continue;
      const share = row.served / row.population, colour = classes.filter((one) => share >= one.from).at(-1).colour;
      const drawn = L.polygon(rings(zone.rings), { renderer: this.renderer, stroke: false, fillColor: colour, fillOpacity: 0.9, fillRule: "evenodd", bubblingMouseEvents: true });
      drawn.bindTooltip(() => make("span", {}, `${row.name} \u00b7 ${percent(share)} \u00b7 ${whole(row.served)} / ${whole(row.population)}`), { sticky: true });
      drawn.addTo(this.layers.people).bringToBack();
    }
  }

  /* After an edit: the villages are the same, only their statuses are asked; a site that is no longer edited may have to be asked again. */
  async follow() {
    const edited = new Set(model.edits.map((edit) => edit.id));
    const stale = this.sites.some((row) => row.edit && !edited.has(row.id));
    await Promise.all([stale ? this.askSites() : this.followSites(), this.askStatuses(), this.drawPeople()]);
  }

  async askVillages() {
    const rows = await this.ask("villages", { family: model.family, network: model.network });
    if (!rows) return;
    this.villages = rows;
    this.drawVillages();
  }

  async askStatuses() {
    if (!this.villagesAt || !this.layers.villages.getLayers().length || this.villagesAt.family !== model.family || this.villagesAt.network !== model.network) return;
    const at = this.villagesAt, found = await get("/villages", { ...at, only_status: true });
    if (this.villagesAt !== at || found.now.length !== this.villages.length) return;
    this.villages.forEach((row, number) => {
      const before = STATUSES[found.before[number]], now = STATUSES[found.now[number]];
      if (row.before === before && row.now === now) return;
      Object.assign(row, { before, now });
      const style = this.villageStyle(row);
      this.dots[number].setStyle(style).setRadius(style.radius);
    });
  }

  villageStyle(row) {
    const colours = model.facts.colours.village, zoom = this.map.getZoom(), differs = row.before !== row.now;
    const radius = zoom >= 12 ? 5 : zoom >= 10.5 ? 3.6 : zoom >= 9.5 ? 2.6 : 2;
    return { renderer: this.renderer, radius: differs ? radius + 1.5 : radius, color: differs ? "#1d2733" : "#fff", weight: differs ? 2 : 0.7, fillColor: colours[row.now] || colours.unserved, fillOpacity: 1 };
  }

  drawVillages() {
    const group = this.layers.villages.clearLayers();
    this.dots = this.villages.map((row) => {
      const dot = L.circleMarker([row.latitude, row.longitude], this.villageStyle(row));
      dot.bindTooltip(() => make("span", {}, [row.name, " \u00b7 ", say("people_count", { people: whole(row.population) }), " \u00b7 ", row.before !== row.now ? say(row.before) + " \u2192 " + say(row.now) : say(row.now)]));
      return dot.addTo(group);
    });
    if (this.shown.villages) group.addTo(this.map);
    this.layers.sites.bringToFront();
  }

  async askSites() {
    const rows = await this.ask("sites", {});
    if (!rows) return;
    this.sites = rows;
    this.drawSites();
  }

  drawSites() {
    this.layers.sites.clearLayers();
    this.signs.clear();
    this.followSites();
    this.layers.sites.addTo(this.map);
  }

  /* Edited sites have signs of their own (`Marks`); the rows are kept also where they are not drawn, for the search. */
  followSites() {
    const colours = model.facts.colours.site, zoom = this.map.getZoom();
    const radius = zoom >= 12 ? 7 : zoom >= 10.5 ? 5 : zoom >= 9.5 ? 3.6 : 2.6, edited = new Set(model.edits.map((edit) => edit.id));
    for (const id of edited) {
      if (this.signs.has(id)) this.layers.sites.removeLayer(this.signs.get(id));
      this.signs.delete(id);
    }
    for (const row of this.sites) {
      const suggested = row.status === "suggested";
      if (this.signs.has(row.id) || edited.has(row.id) || row.edit || (suggested ? !this.shown.suggested : !this.shown.sites || zoom < SITES_FROM)) continue;
      const colour = suggested ? colours.new : row.status === "planned" ? colours.planned : row.status === "retired" ? "#9aa5b0" : colours.existing;
      const sign = new Sign([row.latitude, row.longitude], { renderer: this.renderer, sign: suggested ? "diamond" : "triangle", radius, color: "#fff", weight: radius > 3 ? 1 : 0.5, fillColor: colour, fillOpacity: 1, bubblingMouseEvents: false });
      sign.bindTooltip(() => make("span", {}, [row.name || row.id, " \u00b7 ", say("status_" + row.status)]));
      sign.on("click", () => this.choose(row));
      this.signs.set(row.id, sign.addTo(this.layers.sites));
    }
  }

  siteOf(id) { return this.sites.find((row) => row.id === id) || null; }

  /* Names of cities from afar, of counties near, of towns nearer; a name that would lie on another is left out. */
  label() {
    const group = this.layers.names.clearLayers(), zoom = this.map.getZoom(), view = this.map.getBounds(), taken = [];
    const levels = zoom < COUNTIES_FROM ? ["city"] : zoom < TOWNS_FROM ? ["county"] : ["county", "town"];
    for (const zone of levels.flatMap((level) => this.zones.filter((one) => one.level === level))) {
      if (!view.contains([zone.at[1], zone.at[0]])) continue;
      const p = this.map.latLngToContainerPoint([zone.at[1], zone.at[0]]), half = zone.name.length * (/[^\x00-\x7f]/.test(zone.name) ? 6.8 : 3.6) + 5;
      const box = { left: p.x - half, right: p.x + half, top: p.y - 10, bottom: p.y + 10 };
      if (taken.some((one) => box.left < one.right && box.right > one.left && box.top < one.bottom && box.bottom > one.top)) continue;
      taken.push(box);
      L.marker([zone.at[1], zone.at[0]], { pane: "names", interactive: false, keyboard: false, icon: L.divIcon({ className: "zone-name " + zone.level, html: make("span", {}, zone.name), iconSize: [0, 0] }) }).addTo(group);
    }
  }
}

