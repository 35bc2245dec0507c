/* What lies below the points: the signal's picture, zones, names, railways and roads. Each layer redraws itself for a choice. */
(function () {
  "use strict";
  var element = IP.element, CLASSES = 6, NOTHING = 255;

  function rgb(colour) { return [1, 3, 5].map(function (at) { return parseInt(colour.substr(at, 2), 16); }); }

  /* Colours of the codes of a picture: margin class today times CLASSES, plus that with the plan; the last class was not computed. */
  function colours(signal, time) {
    var table = [];
    for (var code = 0; code < CLASSES * CLASSES; code++) {
      var today = Math.floor(code / CLASSES), after = code % CLASSES, none = CLASSES - 1, shown = time === "today" ? today : after;
      if (time !== "adds") table.push(shown === none ? null : rgb(signal.classes[shown]));
      else if (after === none) table.push(null);
      else if (today !== none && today >= signal.served) table.push(rgb(signal.before));
      else table.push(rgb(after < signal.served ? signal.classes[0] : signal.gain[Math.min(after - signal.served, signal.gain.length - 1)]));
    }
    return table;
  }

  /* One canvas in the map's projection, painted again for each choice; pictures are decoded when they are first asked for. */
  IP.signal = function (signal) {
    var canvas = element("canvas", "ip-signal"), layer = L.svgOverlay(canvas, signal.bounds, { pane: "ip-raster", interactive: false }), known = {}, wanted = 0;
    function decoded(key) {
      if (!known[key]) {
        var image = new Image();
        image.src = signal.pictures[key];
        known[key] = image.decode().then(function () {
          var own = element("canvas");
          own.width = image.naturalWidth;
          own.height = image.naturalHeight;
          var pen = own.getContext("2d", { willReadFrequently: true });
          pen.drawImage(image, 0, 0);
          return pen.getImageData(0, 0, own.width, own.height);
        });
      }
      return known[key];
    }
    layer.refresh = function (state) {
      var key = state.family + "|" + state.network, own = ++wanted;
      if (!(key in signal.pictures)) { canvas.width = canvas.height = 1; return Promise.resolve(); }
      return decoded(key).then(function (picture) {
        if (own !== wanted) return;
        var table = colours(signal, state.time), from = picture.data, out = new ImageData(picture.width, picture.height), to = out.data;
        for (var i = 0; i < from.length; i += 4) {
          var colour = from[i] === NOTHING ? null : table[from[i]];
          if (!colour) continue;
          to[i] = colour[0]; to[i + 1] = colour[1]; to[i + 2] = colour[2]; to[i + 3] = 255;
        }
        canvas.width = picture.width;
        canvas.height = picture.height;
        canvas.getContext("2d").putImageData(out, 0, 0);
      });
    };
    return layer;
  };

  /* The page's own zone on a white ground, hatched where the signal's picture leaves it free: there nothing was computed. */
  IP.ground = function (data) {
    var layer = L.geoJSON(data.zones, { pane: "ip-ground", interactive: false, style: { stroke: false, fillColor: "#fff", fillOpacity: 1 },
      filter: function (feature) { return feature.properties.ground; } });
    layer.refresh = function (state) { layer.setStyle({ fillColor: state.theme === "signal" ? "url(#ip-hatch)" : "#fff" }); };
    return layer;
  };

  function time(state) { return ["today", "after", "adds"].indexOf(state.time); }
  function value(properties, state) { return ((properties.values || {})[state.family + "|" + state.network] || [])[time(state)] || ["", "#d5dde5"]; }

  function zonePopup(properties) {
    var box = element("div", "ip-popup"), table = element("table");
    box.appendChild(element("b", "", properties.name));
    box.appendChild(element("span", "ip-kind", properties.kind));
    properties.rows.forEach(function (pair) {
      var row = element("tr");
      row.appendChild(element("th", "", pair[0]));
      row.appendChild(element("td", "", pair[1]));
      table.appendChild(row);
    });
    box.appendChild(table);
    return box;
  }
  IP.zonePopup = zonePopup;

  function clicks(feature, layer) {
    layer.on("click", function (event) {
      var map = layer._map || event.target._map;
      if (IP.hit(map, event.latlng)) return;  // the map's own handler answers with the point
      IP.answer(map, event.latlng, zonePopup(feature.properties));
    });
  }

  /* Shares as the colours of the finest zones. */
  IP.shares = function (data) {
    var layer = L.geoJSON(data.zones, { pane: "ip-zones", filter: function (feature) { return feature.properties.finest; }, onEachFeature: clicks,
      style: { color: data.colours.zone, weight: 0.4, opacity: 0.4, fillOpacity: 0.8, fillColor: "#fff" } });
    layer.refresh = function (state) { layer.setStyle(function (feature) { return { fillColor: value(feature.properties, state)[1] }; }); };
    return layer;
  };

  IP.outlines = function (data) {
    return L.geoJSON(data.zones, { pane: "ip-zones", onEachFeature: clicks, style: function (feature) {
      var rank = feature.properties.rank;
      return { color: data.colours.zone, weight: [0.7, 1.2, 2][rank], opacity: [0.6, 0.8, 0.9][rank], lineJoin: "round", fillColor: "#fff", fillOpacity: 0 };
    } });
  };

  /* Names of zones with their share, of towns from a scale on; a name that would lie on another is left out. */
  var TOWNS_FROM = 10.5;
  IP.labels = function (data) {
    var group = L.layerGroup([]), of = {}, all = [], now = null;
    data.zones.features.forEach(function (feature) { of[feature.properties.code] = feature.properties; });
    function marker(lat, lon, name, kind) {
      var box = element("div", kind);
      box.appendChild(element("span", "", name));
      box.appendChild(element("i", "", ""));
      return L.marker([lat, lon], { pane: "ip-labels", interactive: false, keyboard: false, icon: L.divIcon({ className: "ip-label-icon", html: box, iconSize: [0, 0] }) });
    }
    data.labels.forEach(function (label) { all.push({ least: 0, zone: of[label.zone], marker: marker(label.lat, label.lon, label.name, "ip-label") }); });
    data.towns.forEach(function (town) { all.push({ least: TOWNS_FROM, marker: marker(town.at[0], town.at[1], town.name, "ip-label ip-town") }); });
    function declutter() {
      if (!group._map) return;
      var taken = [], zoom = group._map.getZoom(), view = group._map.getBounds().pad(0.05);
      all.forEach(function (one) {
        var there = zoom >= one.least && view.contains(one.marker.getLatLng());
        if (there !== group.hasLayer(one.marker)) { if (there) group.addLayer(one.marker); else group.removeLayer(one.marker); }
        if (!there || !one.marker._icon) return;
        var box = one.marker._icon.firstChild, score = one.zone && now ? value(one.zone, now)[0] : "";
        box.lastChild.textContent = score;
        box.lastChild.style.display = score ? "" : "none";
        box.style.visibility = "visible";
        var r = box.getBoundingClientRect();
        var clash = taken.some(function (t) { return r.left < t.right + 3 && r.right > t.left - 3 && r.top < t.bottom + 1 && r.bottom > t.top - 1; });
        if (clash) box.style.visibility = "hidden"; else taken.push(r);
      });
    }
    group.on("add", function () { group._map.on("zoomend moveend", declutter); declutter(); });
    group.on("remove", function () { if (group._map) group._map.off("zoomend moveend", declutter); });
    group.refresh = function (state) { now = state; declutter(); };
    return group;
  };

  /* Railways as dark lines with white dashes, roads and other lines in their colours. */
  IP.lines = function (data, kind) {
    var group = L.featureGroup([]);
    data.lines.forEach(function (line) {
      if (line.layer !== kind) return;
      var paths = line.paths.map(function (flat) {
        var path = [];
        for (var i = 0; i < flat.length; i += 2) path.push([flat[i + 1] / 1e4, flat[i] / 1e4]);
        return path;
      });
      var style = { pane: "ip-lines", color: data.colours[kind], weight: kind === "railway" ? 3 : 2.2, interactive: true };
      var base = L.polyline(paths, style).addTo(group);
      if (kind === "railway") L.polyline(paths, { pane: "ip-lines", color: "#fff", weight: 1.4, dashArray: "7 7", interactive: false }).addTo(group);
      var box = element("div", "ip-popup");
      box.appendChild(element("b", "", line.name));
      box.appendChild(element("span", "ip-kind", line.kind));
      base.on("click", function (event) { L.DomEvent.stopPropagation(event); if (base._map) IP.answer(base._map, event.latlng, box); });
    });
    return group;
  };
})();
