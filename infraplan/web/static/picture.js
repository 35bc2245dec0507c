/* The signal as a canvas over the map: pixels of the web map at one zoom level, patched where an edit changed them. */
import { picture } from "./net.js";
import { model } from "./model.js";

const SIDE = 2048, AROUND = 0.2, LEAST_ZOOM = 5;
const Overlay = L.SVGOverlay.extend({});

export class Signal {
  constructor(map) {
    this.map = map;
    this.canvas = null;
    this.overlay = null;
    this.at = null;
    this.key = "";
    this.asks = null;
    this.coming = null;
  }

  /* A zoom whose pixels are a quarter of the study's or smaller: finer ones would only repeat them. */
  zoom() {
    const metres = 156543 * Math.cos((model.facts.bounds[1] + model.facts.bounds[3]) / 2 * Math.PI / 180);
    const finest = Math.ceil(Math.log2(metres / (model.facts.resolution_m / 4)));
    return Math.max(LEAST_ZOOM, Math.min(18, Math.ceil(this.map.getZoom()), finest));
  }

  /* Whole pixels of a part of the earth at a zoom, within the study. */
  pixels(bounds, zoom) {
    const [west, south, east, north] = model.facts.bounds;
    const first = this.map.project([Math.min(bounds.getNorth(), north), Math.max(bounds.getWest(), west)], zoom).floor();
    const last = this.map.project([Math.max(bounds.getSouth(), south), Math.min(bounds.getEast(), east)], zoom).ceil();
    const box = { zoom, x: first.x, y: first.y, width: last.x - first.x, height: last.y - first.y };
    return box.width > 0 && box.height > 0 ? box : null;
  }

  async draw(box, signal) {
    const blob = await picture({ family: model.family, network: model.network, after: model.after, ...box }, signal);
    return createImageBitmap(blob);
  }

  /* The picture for the view; nothing is asked where the one that is there reaches far enough. */
  refresh(force = false) {
    const coming = this.ask(force).finally(() => { if (this.coming === coming) this.coming = null; });
    this.coming = coming;
    return coming;
  }

  async ask(force) {
    const view = this.map.getBounds(), key = [model.family, model.network, model.after].join("|");
    let zoom = this.zoom(), box = this.pixels(view.pad(AROUND), zoom);
    while (box && Math.max(box.width, box.height) > SIDE) box = this.pixels(view.pad(AROUND), --zoom);
    const needed = this.pixels(view, zoom);
    if (!force && this.at && this.key === key && needed && this.at.zoom === zoom && inside(needed, this.at)) return;
    if (this.asks) this.asks.abort();
    const asks = (this.asks = new AbortController());
    if (!box) { this.clear(); return; }
    try {
      const image = await this.draw(box, asks.signal);
      if (asks.signal.aborted) return;
      const canvas = document.createElement("canvas");
      canvas.width = box.width;
      canvas.height = box.height;
      canvas.getContext("2d").drawImage(image, 0, 0);
      const corner = (x, y) => this.map.unproject([x, y], zoom);
      const overlay = new Overlay(canvas, L.latLngBounds(corner(box.x, box.y + box.height), corner(box.x + box.width, box.y)), { pane: "signal", className: "signal" });
      overlay.addTo(this.map);
      this.clear();
      Object.assign(this, { canvas, overlay, at: box, key });
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  /* Only what lies within the bounds of a change is asked again, after a picture that was asked before the change. */
  async patch(bounds) {
    if (this.coming) await this.coming;
    if (!bounds || !this.at || model.after) return;
    const canvas = this.canvas, at = this.at, [west, south, east, north] = bounds;
    const changed = this.pixels(L.latLngBounds([south, west], [north, east]), at.zoom);
    const box = changed && meet(changed, at);
    if (!box) return;
    const image = await this.draw(box);
    const pen = canvas.getContext("2d"), x = box.x - at.x, y = box.y - at.y;
    pen.clearRect(x, y, box.width, box.height);
    pen.drawImage(image, x, y);
  }

  clear() {
    if (this.overlay) this.overlay.remove();
    Object.assign(this, { canvas: null, overlay: null, at: null, key: "" });
  }
}

function inside(small, large) {
  return small.x >= large.x && small.y >= large.y && small.x + small.width <= large.x + large.width && small.y + small.height <= large.y + large.height;
}

function meet(one, other) {
  const x = Math.max(one.x, other.x), y = Math.max(one.y, other.y);
  const width = Math.min(one.x + one.width, other.x + other.width) - x, height = Math.min(one.y + one.height, other.y + other.height) - y;
  return width > 0 && height > 0 ? { zoom: one.zoom, x, y, width, height } : null;
}
