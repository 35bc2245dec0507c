/* The page: panes, layers, choices; what a folium page of infraplan needs beyond Leaflet. */
(function () {
  "use strict";
  var PANES = IP.PANES = ["ip-ground", "ip-raster", "ip-zones", "ip-lines", "ip-points", "ip-sites", "ip-labels"], FREE = ["ip-zones", "ip-lines"];
  var NOT_DRAWN = 255, STATES = 3, GAINED = 3;

  /* A settlement's status today and with the plan. */
  function statuses(code) { return [code % STATES, Math.floor(code / STATES)]; }

  /* Which of the colours each settlement has: its status, or what the plan adds; `lacking`: only those without service. */
  function styleOf(source, state, lacking) {
    var codes = source.styles[state.family + "|" + state.network], out = new Uint8Array(source.n).fill(NOT_DRAWN);
    if (!codes) return out;
    for (var i = 0; i < source.n; i++) {
      var both = statuses(codes[i]), shown = both[state.time === "today" ? 0 : 1];
      if (state.time === "adds") { if (both[0] !== 0 && both[1] === 0) out[i] = GAINED; }
      else if (!lacking || shown !== 0) out[i] = shown;
    }
    return out;
  }

  /* The lines of a settlement's popup: its status by family and network, today and with the plan. */
  function networkLines(source, i, data) {
    var names = {};
    data.choices.forEach(function (group) { names[group.key] = group.items; });
    return names.family.map(function (family) {
      var parts = names.network.map(function (network) {
        var codes = source.styles[family.key + "|" + network.key];
        if (!codes) return "";
        var both = statuses(codes[i]), text = data.statuses[both[0]] + (data.planned && both[1] !== both[0] ? " → " + data.statuses[both[1]] : "");
        return names.network.length > 1 ? network.label + " " + text : text;
      });
      return [family.label, parts.filter(Boolean).join("\n")];
    });
  }

  IP.start = function (map, data, packed) {
    var sources = {}, overlays = map.ipOverlays = {}, state = {}, themes = {}, key;
    IP.words = data.words;
    for (key in packed) sources[key] = new IP.Source(packed[key]);
    data.choices.forEach(function (group) { state[group.key] = group.first; });
    PANES.forEach(function (name, i) {
      var pane = map.createPane(name);
      pane.style.zIndex = 310 + 10 * i;
      if (FREE.indexOf(name) < 0) pane.style.pointerEvents = "none";
    });
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    var credits = IP.credits(map, data);
    map.invalidateSize({ animate: false });

    IP.show = function (map, source, i) {
      var box = source.popup(i, source === sources.villages ? networkLines(source, i, data) : []);
      box.appendChild(IP.placeLink(map, data, state, [source.lat[i], source.lon[i]]));
      IP.answer(map, [source.lat[i], source.lon[i]], box);
    };
    function points(name, options) { return new IP.Points(sources[name], options); }
    var ground = IP.ground(data).addTo(map), colours = data.colours;
    if (data.signal) themes.signal = IP.signal(data.signal);
    themes.people = IP.shares(data);
    if (sources.villages) {
      var village = { pane: "ip-points", shape: "circle", radius: 5, least: 1, rank: 1, colours: colours.village };
      themes.villages = points("villages", village);
      overlays.gaps = points("villages", village);
    }
    if (sources.sites) overlays.sites = points("sites", { pane: "ip-sites", shape: "triangle", radius: 6.5, least: 3, rank: 2, colours: [colours.sites], thinBelow: 12, cell: 8 });
    if (sources.places) overlays.places = points("places", { pane: "ip-sites", shape: "box", radius: 5.5, least: 2.2, rank: 2, colours: [colours.places], thinBelow: 11, cell: 8 });
    if (sources.new) overlays.new = points("new", { pane: "ip-sites", shape: "diamond", radius: 8, least: 3.6, rank: 3, colours: [colours.new] });
    ["railway", "road", "other", "fibre", "fibre_today", "site_fibre", "site_microwave", "site_straight"].forEach(function (kind) { overlays[kind] = IP.lines(data, kind); });
    overlays.labels = IP.labels(data);
    overlays.zones = IP.outlines(data);
    if (data.basemap) overlays.basemap = L.tileLayer(data.basemap.url, { zIndex: 1, maxZoom: 18, className: "ip-basemap" });

    var address = null, painted = Promise.resolve();
    /* Everything drawn anew for the choice of the panel; `painted` ends when the signal's picture is there. */
    function changed() {
      var online = overlays.basemap && map.hasLayer(overlays.basemap);
      for (key in themes) if (key !== state.theme) themes[key].remove();
      if (themes[state.theme]) themes[state.theme].addTo(map);
      credits.online(online);
      if (online) ground.remove(); else ground.addTo(map);
      ground.refresh(state);
      if (state.theme === "signal" && themes.signal) {
        painted = themes.signal.refresh(state);
        themes.signal.setOpacity(online ? 0.65 : 1);
      }
      if (state.theme === "people") themes.people.refresh(state);
      if (state.theme === "villages" && themes.villages) themes.villages.restyle(styleOf(sources.villages, state, false));
      if (overlays.gaps) {
        overlays.gaps.restyle(state.theme === "villages" ? new Uint8Array(sources.villages.n).fill(NOT_DRAWN) : styleOf(sources.villages, state, true));
      }
      overlays.labels.refresh(state);
      [panel, legend, block].forEach(function (control) { control.follow(); });
      if (overlays.zones._map) overlays.zones.bringToFront();
      address.write();
    }
    var panel = IP.panel(map, data, state, overlays, changed);
    var block = IP.block(map, data, state);
    var legend = IP.legend(map, data, state, overlays);
    IP.marked(map, data);
    IP.search(map, data, sources);
    map.on("click", function (event) { var found = IP.hit(map, event.latlng); if (found) IP.show(map, found.source, found.index); });
    var pending = false;
    map.on("mousemove", function (event) {
      if (pending) return;
      pending = true;
      requestAnimationFrame(function () { pending = false; map.getContainer().style.cursor = IP.hit(map, event.latlng) ? "pointer" : ""; });
    });
    var wide = map.getSize().x > 900;
    map.fitBounds(data.bounds, { paddingTopLeft: [wide ? 255 : 12, 12], paddingBottomRight: [wide ? 270 : 12, 26], animate: false });
    data.overlays.forEach(function (item) { if (item.on) overlays[item.key].addTo(map); });
    IP.printed(map, data);
    address = IP.linked(map, data, state, changed);
    map.on("moveend", address.write);
    window.infraplanMap = map;
    window.infraplanState = state;
    if (!address.follow()) changed();
    painted.then(function () { map.ready = true; });
  };
})();
