/* The map: signal, points, signs of edited sites, the legend, and what a click on it asks. */
import { make, say } from "./dom.js";
import { model } from "./model.js";
import { Marks } from "./marks.js";
import { Signal } from "./picture.js";
import { Points } from "./points.js";

export function drawMap(actions) {
  const [west, south, east, north] = model.facts.bounds;
  const map = L.map("map", { attributionControl: false, zoomControl: false, minZoom: 5, maxZoom: 17, zoomSnap: 0.5, maxBounds: [[south - 1, west - 1], [north + 1, east + 1]], maxBoundsViscosity: 0.6 });
  L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  for (const [name, z] of [["signal", 300], ["names", 630]]) {
    const pane = map.createPane(name);
    pane.style.zIndex = z;
    pane.style.pointerEvents = "none";
  }
  map.fitBounds([[south, west], [north, east]], { animate: false });
  const view = { map, signal: new Signal(map), points: null, marks: null, spot: null };
  view.points = new Points(map, (row) => actions.choose(row));
  view.marks = new Marks(map, view.points, (row) => actions.choose(row));
  map.on("click", (event) => actions.ask(event.latlng));
  let waits = null;
  map.on("moveend", () => {
    clearTimeout(waits);
    waits = setTimeout(() => { view.refresh(); }, 120);
  });
  view.refresh = async (force = false) => {
    await Promise.all([view.signal.refresh(force), view.points.refresh().then(() => view.marks.draw())]).catch(actions.failed);
  };
  /* A ring where a place was asked about. */
  view.ring = (latlng) => {
    if (view.spot) view.spot.remove();
    view.spot = latlng ? L.circleMarker(latlng, { radius: 7, color: "#1d2733", weight: 2, fill: false, interactive: false }).addTo(map) : null;
  };
  view.path = null;
  /* The line of the profile, from the server to the place. */
  view.line = (from, to) => {
    if (view.path) view.path.remove();
    view.path = from ? L.polyline([from, to], { color: "#1d2733", weight: 1.5, dashArray: "5 5", interactive: false }).addTo(map) : null;
  };
  legend().addTo(map);
  return view;
}

function legend() {
  const control = L.control({ position: "bottomleft" });
  control.onAdd = () => {
    const { signal, village, site, line: ofLines } = model.facts.colours;
    const line = (shape, colour, text) => {
      const swatch = make("i", { class: shape });
      swatch.style.setProperty("--c", colour);
      return make("div", {}, [swatch, text]);
    };
    const box = make("details", { class: "legend", open: window.innerWidth > 900 }, [
      make("summary", {}, say("legend")),
      make("b", {}, say("legend_signal")),
      ...signal.legend.map((item) => line(item.shape, item.colour, item.label)),
      make("div", { class: "of-people" }, [make("b", {}, say("legend_people")), ...model.facts.colours.share.legend.map((item) => line(item.shape, item.colour, item.label))]),
      make("b", {}, say("legend_villages")),
      ...["served", "uncertain", "unserved"].map((status) => line("circle", village[status], say(status))),
      line("circle ringed", "#fff", say("legend_changed")),
      make("b", {}, say("legend_sites")),
      line("triangle", site.existing, say("status_existing")),
      line("diamond", site.new, say("status_suggested")),
      line("edited", "#1d4e79", say("legend_edited")),
      make("div", { class: "of-lines" }, [
        make("b", {}, say("legend_lines")),
        ...["railway", "road", "fibre_today", "fibre", "site_microwave"].map((kind) => line("stroke", ofLines[kind], say("line_" + kind))),
      ]),
    ]);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  return control;
}
