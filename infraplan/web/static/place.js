/* A place that was asked about: its servers, and the ground between the best of them and the place. */
import { button, change, make, put, records, say, table, tenth, whole } from "./dom.js";
import { model } from "./model.js";

const NS = "http://www.w3.org/2000/svg", W = 340, H = 150, LEFT = 40, BOTTOM = 24, TOP = 12;

function svg(tag, attributes, text) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

/* Ground, clutter on it and the straight ray between the antennas, heights above the sea. */
export function profilePlot(profile) {
  const { distance_km: along, ground_m: ground, clutter_m: clutter, sight_m: ray } = profile;
  const far = along[along.length - 1] || 1, top = ground.map((height, at) => height + (clutter?.[at] || 0));
  const low = Math.min(...ground), high = Math.max(...top, ...ray), span = Math.max(high - low, 20);
  const x = (km) => LEFT + (W - LEFT - 8) * (km / far), y = (height) => H - BOTTOM - (H - BOTTOM - TOP) * ((height - low) / span);
  const line = (heights) => heights.map((height, at) => x(along[at]).toFixed(1) + "," + y(height).toFixed(1)).join(" ");
  const area = (heights) => `${x(0)},${H - BOTTOM} ${line(heights)} ${x(far)},${H - BOTTOM}`;
  const clear = ray.every((height, at) => at === 0 || at === ray.length - 1 || height >= top[at]);
  const plot = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", class: "profile" });
  plot.append(svg("title", {}, say(clear ? "profile_clear" : "profile_blocked", { site: profile.site, km: tenth(far) })));
  plot.append(svg("polygon", { points: area(top), class: "clutter" }), svg("polygon", { points: area(ground), class: "ground" }), svg("polyline", { points: line(ray), class: clear ? "ray" : "ray blocked" }));
  plot.append(svg("line", { x1: LEFT, y1: H - BOTTOM, x2: W - 8, y2: H - BOTTOM, class: "axis" }), svg("line", { x1: LEFT, y1: TOP, x2: LEFT, y2: H - BOTTOM, class: "axis" }));
  for (const height of [low, low + span]) plot.append(svg("text", { x: LEFT - 4, y: y(height) + 4, "text-anchor": "end" }, whole(height)));
  plot.append(svg("text", { x: LEFT - 4, y: (TOP + H - BOTTOM) / 2 + 4, "text-anchor": "end" }, "m"));
  plot.append(svg("text", { x: LEFT, y: H - 7, "text-anchor": "start" }, profile.site), svg("text", { x: W - 8, y: H - 7, "text-anchor": "end" }, tenth(far) + " km"));
  return plot;
}

export function drawPlace(found, latlng, actions) {
  const at = say("place_at", { longitude: latlng.lng.toFixed(5), latitude: latlng.lat.toFixed(5) });
  const family = model.facts.families.find((one) => one.key === model.family)?.label || "";
  const network = (key) => [...model.facts.networks, ...model.facts.operators].find((one) => one.key === key)?.label || key;
  const service = (key) => model.facts.services.find((one) => one.key === key)?.label || key;
  const servers = (found.servers || []).slice(0, 6).map((row) => [
    { text: [button(row.site, () => actions.show(row.site, row), { class: "link" }), make("small", {}, " " + service(row.service) + " \u00b7 " + network(row.operators))], row: true },
    tenth(row.level_dbm), { text: change(row.margin_db, tenth), class: row.margin_db >= 0 ? "better" : "worse" }, tenth(row.distance_km),
  ]);
  const villages = Array.isArray(found.villages) ? found.villages : found.villages ? records(found.villages) : [];
  const node = put("place", ...[
    make("h2", { id: "place-title", tabindex: "-1" }, [at, button("\u00d7", () => actions.forget(), { "aria-label": say("close"), class: "closing" })]),
    servers.length ? [table([say("server", { family }), say("level"), say("margin"), say("distance")], servers), make("p", { class: "hint" }, say("level_hint"))] : make("p", { class: "hint" }, say("no_server", { family })),
    found.profile && found.profile.distance_km?.length > 1 ? make("figure", {}, [profilePlot(found.profile), make("figcaption", {}, say("profile_caption"))]) : null,
    villages.length ? make("p", { class: "hint" }, say("villages_near") + villages.slice(0, 5).map((row) => row.name + (row.population === undefined ? "" : " " + say("people_count", { people: whole(row.population) }))).join(say("comma"))) : null,
    make("div", { class: "buttons" }, [
      button(say("add_here"), () => actions.addHere(latlng), { disabled: !model.mayEdit, class: "first", id: "add-here" }),
      button(say("why_ask"), () => actions.askWhy(latlng), { disabled: !model.mayEdit, title: say("why_hint"), id: "ask-why" }),
    ]),
  ].flat());
  node.hidden = false;
}
