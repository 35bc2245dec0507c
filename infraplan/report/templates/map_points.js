/* Packed points: tables, their popups, and canvas tiles that draw them. */
var IP = (function () {
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

  function unpacked(column) {
    return { name: column.name, label: column.label, unit: column.unit, kind: column.kind, choices: column.choices, missing: column.missing,
             values: column.kind === "text" ? column.values : unpack[column.type](column.values) };
  }

  function summed(first, steps) {
    var out = new Int32Array(steps.length);
    for (var i = 0, now = first; i < steps.length; i++) out[i] = now += steps[i];
    return out;
  }

  /* Identifiers: a function of the row, and how many there are. */
  function codes(packed) {
    if (packed.texts) return { n: packed.texts.length, words: true, at: function (i) { return packed.texts[i] || ""; } };
    var numbers = packed.numbers ? unpack.i4(packed.numbers) : summed(packed.first, unpack.i2(packed.steps)), prefix = packed.prefix ? unpack.u2(packed.prefix) : null;
    return { n: numbers.length, at: function (i) { return packed.prefixes[prefix ? prefix[i] : 0] + String(numbers[i]).padStart(packed.width, "0"); } };
  }

  /* One table of points: coordinates, style columns and the texts of popups. Sorted into buckets once, so that a tile draws its own only. */
  function Source(packed) {
    var n = packed.n, lat = unpack.f4(packed.lat), lon = unpack.f4(packed.lon);
    this.n = n; this.lat = lat; this.lon = lon; this.names = packed.names; this.place = packed.place; this.title = packed.title;
    this.columns = packed.columns.map(unpacked);
    this.details = (packed.details || []).map(function (part) {
      var at = {};
      unpack.i4(part.rows).forEach(function (row, k) { at[row] = k; });
      return { title: part.title, at: at, columns: part.columns.map(unpacked) };
    });
    this.searched = packed.searched || [];
    this.owner = packed.owner ? unpack.i4(packed.owner) : null;
    this.codes = codes(packed.codes || { texts: [] });
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
  Source.prototype.popup = function (i, more) {
    var box = element("div", "ip-popup"), table = element("table"), self = this;
    function line(label, value) {
      if (value === "") return;
      var row = element("tr");
      row.appendChild(element("th", "", label));
      row.appendChild(element("td", "", value));
      table.appendChild(row);
    }
    box.appendChild(element("b", "", this.names[i]));
    box.appendChild(element("span", "ip-kind", this.title));
    if (this.codes.n === this.n && this.codes.at(i)) line(IP.words.code, this.codes.at(i));
    this.columns.forEach(function (column) { line(column.label, self.value(column, i)); });
    (more || []).forEach(function (pair) { line(pair[0], pair[1]); });
    this.details.forEach(function (part) {
      if (!(i in part.at)) return;
      part.columns.forEach(function (column) { line(part.title + (/[\x00-\x7f]$/.test(part.title) ? " " : "") + column.label, self.value(column, part.at[i])); });
    });
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
    else if (shape === "box") pen.rect(-r * 0.8, -r * 0.8, r * 1.6, r * 1.6);
    else pen.arc(0, 0, r, 0, 2 * Math.PI);
    pen.fillStyle = colour;
    pen.fill();
    if (r > 2.4) { pen.strokeStyle = "rgba(255,255,255,.9)"; pen.lineWidth = r > 4 ? 1.1 : 0.7; pen.stroke(); }
    sprites[key] = canvas;
    return canvas;
  }

  var Points = L.GridLayer.extend({
    initialize: function (source, options) { L.GridLayer.prototype.initialize.call(this, L.extend({ maxZoom: 18, thinBelow: 0 }, options)); this.source = source; this.style = null; },
    restyle: function (style) { this.style = style; if (this._map) this.redraw(); },
    createTile: function (coords) {
      var tile = element("canvas", "leaflet-tile"), size = this.getTileSize(), ratio = Math.min(2, window.devicePixelRatio || 1);
      tile.width = size.x * ratio; tile.height = size.y * ratio;
      var pen = tile.getContext("2d", { willReadFrequently: true }), world = 256 * Math.pow(2, coords.z), o = this.options, source = this.source;
      var left = coords.x * size.x, top = coords.y * size.y, r = radius(coords.z, o), pad = r + 2;
      var style = this.style, ids = o.colours.map(function () { return []; }), cell = coords.z < o.thinBelow ? o.cell : 0, taken = {}, i;
      if (cell) pad = Math.ceil(pad / cell) * cell;
      source.within((left - pad) / world, (top - pad) / world, (left + size.x + pad) / world, (top + size.y + pad) / world, function (j) {
        if (style && style[j] === 255) return;
        if (cell) {  // one point a cell of the screen; cells begin at tile borders, so neighbouring tiles agree
          var key = Math.floor(source.x[j] * world / cell) + "," + Math.floor(source.y[j] * world / cell);
          if (taken[key]) return;
          taken[key] = true;
        }
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
    hit: function (map, latlng, near) {
      var at = map.project(latlng, 0).divideBy(256), world = 256 * Math.pow(2, map.getZoom());
      var reach = (near || Math.max(7, radius(map.getZoom(), this.options) + 3)) / world, best = -1, bound = reach * reach, source = this.source, style = this.style;
      source.within(at.x - reach, at.y - reach, at.x + reach, at.y + reach, function (i) {
        if (style && style[i] === 255) return;
        var d = Math.pow(source.x[i] - at.x, 2) + Math.pow(source.y[i] - at.y, 2);
        if (d <= bound) { bound = d; best = i; }
      });
      return best;
    }
  });

  function hit(map, latlng, near) {
    var layers = (map.ipPoints || []).slice().sort(function (a, b) { return b.options.rank - a.options.rank; });
    for (var i = 0; i < layers.length; i++) {
      var found = layers[i].hit(map, latlng, near);
      if (found >= 0) return { source: layers[i].source, index: found };
    }
    return null;
  }

  return { Source: Source, Points: Points, hit: hit, element: element, sprite: sprite };
})();
