/* Packed points on canvas tiles, zones, search, legend: what a folium page of infraplan needs beyond Leaflet. */
var InfraplanMap = (function () {
  "use strict";

  function bytes(text) {
    var raw = atob(text), out = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return out;
  }
  var unpack = {
    f4: function (t) { return new Float32Array(bytes(t).buffer); },
    i4: function (t) { return new Int32Array(bytes(t).buffer); },
    i2: function (t) { return new Int16Array(bytes(t).buffer); },
    u2: function (t) { return new Uint16Array(bytes(t).buffer); },
    u1: bytes
  };

  function element(tag, className, text) {
    var node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined && text !== null) node.textContent = text;
    return node;
  }

  function grouped(value, digits) {
    var parts = Math.abs(value).toFixed(digits).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",");
    return (value < 0 ? "\u2212" : "") + parts.join(".");
  }

  /* One table of points: coordinates, style columns and the texts of popups. Sorted into buckets once, so that a tile draws its own only. */
  function Source(packed) {
    var n = packed.n, lat = unpack.f4(packed.lat), lon = unpack.f4(packed.lon);
    this.n = n; this.lat = lat; this.lon = lon; this.names = packed.names; this.place = packed.place; this.title = packed.title;
    this.columns = packed.columns.map(function (column) {
      return { label: column.label, unit: column.unit, kind: column.kind, choices: column.choices, missing: column.missing,
               values: column.kind === "text" ? column.values : unpack[column.type](column.values) };
    });
    this.styles = {};
    for (var key in packed.styles) this.styles[key] = unpack.u1(packed.styles[key]);
    var x = this.x = new Float64Array(n), y = this.y = new Float64Array(n);
    var west = 1, east = 0, north = 1, south = 0, i;
    for (i = 0; i < n; i++) {
      var s = Math.sin(lat[i] * Math.PI / 180);
      x[i] = lon[i] / 360 + 0.5;
      y[i] = 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
      if (x[i] < west) west = x[i];
      if (x[i] > east) east = x[i];
      if (y[i] < north) north = y[i];
      if (y[i] > south) south = y[i];
    }
    var k = this.k = Math.max(1, Math.min(128, Math.ceil(Math.sqrt(n / 40))));
    this.west = west; this.north = north;
    this.dx = Math.max(east - west, 1e-9) / k * 1.000001; this.dy = Math.max(south - north, 1e-9) / k * 1.000001;
    var start = this.start = new Int32Array(k * k + 1), bucket = new Int32Array(n), order = this.order = new Int32Array(n);
    for (i = 0; i < n; i++) {
      bucket[i] = Math.floor((y[i] - north) / this.dy) * k + Math.floor((x[i] - west) / this.dx);
      start[bucket[i] + 1]++;
    }
    for (i = 0; i < k * k; i++) start[i + 1] += start[i];
    var next = start.slice();
    for (i = 0; i < n; i++) order[next[bucket[i]]++] = i;
  }
  Source.prototype.within = function (x0, y0, x1, y1, visit) {
    var k = this.k, clamp = function (v) { return Math.max(0, Math.min(k - 1, v)); };
    if (!this.n || x1 < this.west || y1 < this.north || x0 > this.west + k * this.dx || y0 > this.north + k * this.dy) return;
    var c0 = clamp(Math.floor((x0 - this.west) / this.dx)), c1 = clamp(Math.floor((x1 - this.west) / this.dx));
    var r0 = clamp(Math.floor((y0 - this.north) / this.dy)), r1 = clamp(Math.floor((y1 - this.north) / this.dy));
    for (var r = r0; r <= r1; r++) for (var j = this.start[r * k + c0]; j < this.start[r * k + c1 + 1]; j++) {
      var i = this.order[j];
      if (this.x[i] >= x0 && this.x[i] <= x1 && this.y[i] >= y0 && this.y[i] <= y1) visit(i);
    }
  };
  Source.prototype.value = function (column, i) {
    var raw = column.values[i];
    if (column.kind === "text") return raw || "";
    if (raw === column.missing) return "";
    if (column.kind === "choice") return column.choices[raw];
    return grouped(column.kind === "tenth" ? raw / 10 : raw, column.kind === "tenth" ? 1 : 0) + (column.unit ? " " + column.unit : "");
  };
  Source.prototype.where = function (i) { return this.place ? this.value(this.columns[this.place - 1], i) : ""; };
  Source.prototype.popup = function (i) {
    var box = element("div", "ip-popup"), table = element("table");
    box.appendChild(element("b", "", this.names[i]));
    box.appendChild(element("span", "ip-kind", this.title));
    for (var c = 0; c < this.columns.length; c++) {
      var value = this.value(this.columns[c], i);
      if (value === "") continue;
      var row = element("tr");
      row.appendChild(element("th", "", this.columns[c].label));
      row.appendChild(element("td", "", value));
      table.appendChild(row);
    }
    box.appendChild(table);
    return box;
  };

  function radius(zoom, options) { return Math.max(options.least, Math.min(options.radius, options.radius * Math.pow(1.4, zoom - 12))); }

  var sprites = {};
  function sprite(shape, colour, r, ratio) {
    var key = [shape, colour, r.toFixed(2), ratio].join(), size = Math.ceil((r + 1.5) * 2 * ratio);
    if (sprites[key]) return sprites[key];
    var canvas = element("canvas"), pen;
    canvas.width = canvas.height = size;
    pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.translate(size / ratio / 2, size / ratio / 2);
    pen.beginPath();
    if (shape === "triangle") { pen.moveTo(0, -r); pen.lineTo(r * 0.95, r * 0.8); pen.lineTo(-r * 0.95, r * 0.8); pen.closePath(); }
    else if (shape === "diamond") { pen.moveTo(0, -r); pen.lineTo(r, 0); pen.lineTo(0, r); pen.lineTo(-r, 0); pen.closePath(); }
    else pen.arc(0, 0, r, 0, 2 * Math.PI);
    pen.fillStyle = colour;
    pen.fill();
    if (r > 2.4) { pen.strokeStyle = "rgba(255,255,255,.9)"; pen.lineWidth = r > 4 ? 1.1 : 0.7; pen.stroke(); }
    sprites[key] = canvas;
    return canvas;
  }

  var Points = L.GridLayer.extend({
    initialize: function (source, options) { L.GridLayer.prototype.initialize.call(this, L.extend({ maxZoom: 18 }, options)); this.source = source; },
    createTile: function (coords) {
      var tile = element("canvas", "leaflet-tile"), size = this.getTileSize(), ratio = Math.min(2, window.devicePixelRatio || 1);
      tile.width = size.x * ratio; tile.height = size.y * ratio;
      var pen = tile.getContext("2d", { willReadFrequently: true }), world = 256 * Math.pow(2, coords.z), o = this.options, source = this.source;
      var left = coords.x * size.x, top = coords.y * size.y, r = radius(coords.z, o), pad = r + 2;
      var style = o.style ? source.styles[o.style] : null, ids = [[]], i;
      for (i = 1; i < o.colours.length; i++) ids.push([]);
      source.within((left - pad) / world, (top - pad) / world, (left + size.x + pad) / world, (top + size.y + pad) / world, function (j) {
        ids[style ? style[j] : 0].push(j);
      });
      for (var s = 0; s < ids.length; s++) {
        var group = ids[s], small = r <= 1.6 && o.shape === "circle", stamp = small ? null : sprite(o.shape, o.colours[s], r, ratio);
        var side = r * 1.8 * ratio, half = small ? side / 2 : stamp.width / 2;
        pen.fillStyle = o.colours[s];
        for (i = 0; i < group.length; i++) {
          var px = (source.x[group[i]] * world - left) * ratio - half, py = (source.y[group[i]] * world - top) * ratio - half;
          if (small) pen.fillRect(px, py, side, side); else pen.drawImage(stamp, px, py);
        }
      }
      return tile;
    },
    onAdd: function (map) { (map.ipPoints = map.ipPoints || []).push(this); L.GridLayer.prototype.onAdd.call(this, map); },
    onRemove: function (map) { map.ipPoints.splice(map.ipPoints.indexOf(this), 1); L.GridLayer.prototype.onRemove.call(this, map); },
    hit: function (map, latlng) {
      var at = map.project(latlng, 0).divideBy(256), world = 256 * Math.pow(2, map.getZoom());
      var reach = Math.max(7, radius(map.getZoom(), this.options) + 3) / world, best = -1, bound = reach * reach, source = this.source;
      source.within(at.x - reach, at.y - reach, at.x + reach, at.y + reach, function (i) {
        var d = Math.pow(source.x[i] - at.x, 2) + Math.pow(source.y[i] - at.y, 2);
        if (d <= bound) { bound = d; best = i; }
      });
      return best;
    }
  });

  function hit(map, latlng) {
    var layers = (map.ipPoints || []).slice().sort(function (a, b) { return b.options.rank - a.options.rank; });
    for (var i = 0; i < layers.length; i++) {
      var found = layers[i].hit(map, latlng);
      if (found >= 0) return { source: layers[i].source, index: found };
    }
    return null;
  }

  function show(map, source, i) {
    answer(map, [source.lat[i], source.lon[i]], source.popup(i));
  }

  function zonePopup(properties) {
    var box = element("div", "ip-popup"), table = element("table");
    box.appendChild(element("b", "", properties.name));
    properties.rows.forEach(function (pair) {
      var row = element("tr");
      row.appendChild(element("th", "", pair[0]));
      row.appendChild(element("td", "", pair[1]));
      table.appendChild(row);
    });
    box.appendChild(table);
    return box;
  }

  function zones(data, family, pane, colours) {
    return L.geoJSON(data.zones, {
      pane: pane,
      style: function (feature) {
        var rank = feature.properties.rank;
        return { color: colours.line, weight: family ? 0.4 : [0.7, 1.2, 2][rank], opacity: family ? 0.4 : [0.6, 0.8, 0.9][rank], lineJoin: "round",
                 fillColor: family ? feature.properties.fill[family] : "#fff", fillOpacity: family ? 0.78 : 0 };
      },
      filter: function (feature) { return !family || feature.properties.finest; },
      onEachFeature: function (feature, layer) {
        layer.on("click", function (event) {
          L.DomEvent.stop(event);
          var map = layer._map, found = hit(map, event.latlng);
          if (found) show(map, found.source, found.index);
          else answer(map, event.latlng, zonePopup(feature.properties));
        });
      }
    });
  }

  function labels(data, pane) {
    var group = L.layerGroup(data.labels.map(function (label) {
      var box = element("div", "ip-label" + (label.strong ? " strong" : ""));
      box.appendChild(element("span", "", label.name));
      if (label.score) box.appendChild(element("i", "", label.score));
      return L.marker([label.lat, label.lon], { pane: pane, interactive: false, keyboard: false, icon: L.divIcon({ className: "ip-label-icon", html: box, iconSize: [0, 0] }) });
    }));
    function declutter() {
      var taken = [];
      group.eachLayer(function (marker) {
        var icon = marker._icon;
        if (!icon) return;
        var box = icon.firstChild;
        box.style.visibility = "visible";
        var r = box.getBoundingClientRect();
        var clash = taken.some(function (t) { return r.left < t.right + 3 && r.right > t.left - 3 && r.top < t.bottom + 1 && r.bottom > t.top - 1; });
        if (clash) box.style.visibility = "hidden"; else taken.push(r);
      });
    }
    group.on("add", function () { group._map.on("zoomend moveend", declutter); setTimeout(declutter, 0); });
    group.on("remove", function () { if (group._map) group._map.off("zoomend moveend", declutter); });
    return group;
  }

  var NARROW = window.matchMedia("(max-width: 719.98px), (max-height: 479.98px)");

  /* A click's answer: no wider or higher than the map has room for; on a wide map clear of the panels at the right. */
  function answer(map, latlng, content) {
    var size = map.getSize(), narrow = NARROW.matches;
    return L.popup({ maxWidth: Math.min(340, size.x - 60), maxHeight: Math.max(120, size.y - (narrow ? 60 : 110)),
      autoPanPaddingTopLeft: narrow ? [8, 8] : [60, 12], autoPanPaddingBottomRight: narrow ? [8, 8] : [Math.min(300, size.x / 4), 50] })
      .setLatLng(latlng).setContent(content).openOn(map);
  }

  /* On a narrow screen the layer panel folds into its button, and the controls give way to an open popup. */
  function fitted(map, control, data) {
    function fold() {
      control.remove();
      control.options.collapsed = NARROW.matches;
      control.addTo(map);
      var button = control.getContainer().querySelector(".leaflet-control-layers-toggle");
      button.title = data.words.layers;
      button.setAttribute("aria-label", data.words.layers);
    }
    fold();
    NARROW.addEventListener("change", fold);
    map.on("popupopen", function () { if (NARROW.matches) control.collapse(); map.getContainer().classList.add("ip-answering"); });
    map.on("popupclose", function () { map.getContainer().classList.remove("ip-answering"); });
  }

  /* Who made what the map shows: a line below the map, on a narrow screen behind an "i". */
  function credits(map, data) {
    var box = element("details", "ip-sources"), head = element("summary");
    head.appendChild(element("i", "", "i"));
    head.appendChild(element("span", "", data.words.sources));
    head.setAttribute("aria-label", data.words.sources);
    box.appendChild(head);
    var note = element("p");
    note.innerHTML = data.attribution;
    box.appendChild(note);
    box.open = !NARROW.matches;
    NARROW.addEventListener("change", function () { box.open = !NARROW.matches; });
    box.addEventListener("toggle", function () { map.invalidateSize({ animate: false }); });
    map.getContainer().insertAdjacentElement("afterend", box);
  }

  function legend(map, data, shown) {
    var control = L.control({ position: "bottomright" });
    control.onAdd = function () {
      var box = element("details", "ip-legend");
      box.open = !NARROW.matches;
      box.appendChild(element("summary", "", data.words.legend));
      data.legend.forEach(function (part) {
        var section = element("section");
        section.appendChild(element("h4", "", part.title));
        part.items.forEach(function (item) {
          var line = element("div"), mark = element("i", item.shape);
          mark.style.setProperty("--c", item.colour);
          line.appendChild(mark);
          line.appendChild(element("span", "", item.label));
          section.appendChild(line);
        });
        box.appendChild(section);
        var refresh = function () {
          section.style.display = part.layers.some(function (key) { return shown[key] && map.hasLayer(shown[key]); }) ? "" : "none";
        };
        map.on("layeradd layerremove", refresh);
        refresh();
      });
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    control.addTo(map);
  }

  /* On paper the whole zone is shown at the size of the sheet, as the style sheet's .ip-paper sets it; the view comes back afterwards. */
  function printed(map, data) {
    var before = null;
    function paper(on) {
      if (on === (before !== null)) return;
      document.body.classList.toggle("ip-paper", on);
      var view = before;
      if (on) before = { at: map.getCenter(), zoom: map.getZoom() }; else before = null;
      map.invalidateSize({ animate: false });
      if (on) { map.closePopup(); map.fitBounds(data.bounds, { paddingTopLeft: [12, 12], paddingBottomRight: [230, 12], animate: false }); }
      else map.setView(view.at, view.zoom, { animate: false });
    }
    window.addEventListener("beforeprint", function () { paper(true); });
    window.addEventListener("afterprint", function () { paper(false); });
  }

  function search(map, data, sources) {
    var input = document.getElementById("ip-search"), list = document.getElementById("ip-results");
    function go(result) {
      list.hidden = true;
      if (result.bounds) {
        map.fitBounds(result.bounds, { animate: false });  // a popup pans the map from its present position
        answer(map, L.latLngBounds(result.bounds).getCenter(), zonePopup(result.properties));
      } else {
        map.setView([result.source.lat[result.index], result.source.lon[result.index]], Math.max(map.getZoom(), 13), { animate: false });
        show(map, result.source, result.index);
      }
    }
    function find() {
      var wanted = input.value.trim().toLowerCase(), found = [];
      list.textContent = "";
      list.hidden = !wanted;
      if (!wanted) return found;
      data.zones.features.forEach(function (feature) {
        if (feature.properties.name.toLowerCase().indexOf(wanted) >= 0)
          found.push({ name: feature.properties.name, where: feature.properties.kind, bounds: feature.properties.bounds, properties: feature.properties });
      });
      sources.forEach(function (source) {
        for (var i = 0; i < source.n && found.length < 60; i++) if (source.names[i].toLowerCase().indexOf(wanted) >= 0)
          found.push({ name: source.names[i], where: [source.title, source.where(i)].filter(Boolean).join(" · "), source: source, index: i });
      });
      found.sort(function (a, b) { return a.name.length - b.name.length; });
      found = found.slice(0, 15);
      found.forEach(function (result) {
        var line = element("button");
        line.type = "button";
        line.appendChild(element("span", "", result.name));
        line.appendChild(element("small", "", result.where));
        line.addEventListener("click", function () { go(result); });
        list.appendChild(line);
      });
      if (!found.length) list.appendChild(element("p", "", data.words.nothing));
      return found;
    }
    input.addEventListener("input", find);
    input.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { list.hidden = true; return; }
      if (event.key !== "Enter") return;
      var found = find();
      if (found.length) go(found[0]);
    });
    map.on("click", function () { list.hidden = true; });
  }

  return {
    source: function (packed) { return new Source(packed); },
    points: function (source, options) { return new Points(source, options); },
    zones: zones,
    labels: labels,
    panes: function (map, names) {
      names.forEach(function (name, i) {
        var pane = map.createPane(name);
        pane.style.zIndex = 310 + 10 * i;
        if (name !== "ip-zones") pane.style.pointerEvents = "none";
      });
    },
    finish: function (map, control, data, sources, shown) {
      L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
      credits(map, data);
      fitted(map, control, data);
      map.invalidateSize({ animate: false });
      map.on("click", function (event) { var found = hit(map, event.latlng); if (found) show(map, found.source, found.index); });
      var pending = false;
      map.on("mousemove", function (event) {
        if (pending) return;
        pending = true;
        requestAnimationFrame(function () { pending = false; map.getContainer().style.cursor = hit(map, event.latlng) ? "pointer" : ""; });
      });
      legend(map, data, shown);
      search(map, data, sources);
      L.geoJSON(data.zones, { pane: "ip-ground", interactive: false, style: { stroke: false, fillColor: "#fff", fillOpacity: 1 },
        filter: function (feature) { return feature.properties.ground; } }).addTo(map);
      var wide = map.getSize().x > 900;
      map.fitBounds(data.bounds, { paddingTopLeft: [wide ? 50 : 12, 12], paddingBottomRight: [wide ? 250 : 12, 26] });
      printed(map, data);
      map.ready = true;
      window.infraplanMap = map;
    }
  };
})();
