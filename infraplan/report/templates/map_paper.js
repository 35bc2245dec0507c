/* What a map carries on paper and in a saved picture: the mark of synthetic data, title block, north arrow, scale, legend. */
(function () {
  "use strict";
  var element = IP.element, SVG = "http://www.w3.org/2000/svg", MARK = "#45378a", INK = "#1d2733", MUTED = "#5d6b79", BACK = "#e4eaef";

  function drawing(markup) {
    var holder = element("div");
    holder.innerHTML = markup;
    return holder.firstChild;
  }

  /* The pattern of ground where nothing was computed, and the words across the map of synthetic data; they take no clicks. */
  IP.marked = function (map, data) {
    var hatch = data.signal ? data.signal.hatch : "#b9c2cb";
    map.getContainer().appendChild(drawing('<svg xmlns="' + SVG + '" width="0" height="0" style="position:absolute"><defs><pattern id="ip-hatch" width="8" height="8" ' +
      'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" fill="#fff"/><rect width="1.6" height="8" fill="' + hatch + '"/></pattern></defs></svg>'));
    if (!data.mark) return;
    var svg = drawing('<svg xmlns="' + SVG + '" class="ip-mark" aria-hidden="true"><defs><pattern id="ip-mark" width="380" height="230" patternUnits="userSpaceOnUse" ' +
      'patternTransform="rotate(-24)"><text x="40" y="90" font-size="64" font-weight="700" fill="' + MARK + '" fill-opacity="0.13"></text></pattern></defs>' +
      '<rect width="100%" height="100%" fill="url(#ip-mark)"/></svg>');
    svg.querySelector("text").textContent = data.mark;
    var pane = map.createPane("ip-mark");
    pane.style.zIndex = 450;  // above all layers, below popups
    pane.appendChild(svg);
    function place() {
      var size = map.getSize();
      svg.style.width = size.x + "px";
      svg.style.height = size.y + "px";
      L.DomUtil.setPosition(svg, map.containerPointToLayerPoint([0, 0]));
    }
    map.on("move zoomend viewreset resize", place);
    place();
  };

  /* What is drawn, in words: theme and time, family and network, on two lines. */
  IP.showing = function (data, state) {
    var words = data.choices.map(function (group) {
      return group.items.filter(function (item) { return item.key === state[group.key]; }).map(function (item) { return item.label; })[0] || "";
    });
    return [words.slice(0, 2), words.slice(2)].map(function (pair) { return pair.filter(Boolean).join(" · "); }).join("\n");
  };

  var ARROW = '<svg xmlns="' + SVG + '" class="ip-north" width="26" height="44" viewBox="0 0 26 44"><path d="M13 14 L4 42 L13 35 Z" fill="#1d2733" stroke="#1d2733"/>' +
    '<path d="M13 14 L22 42 L13 35 Z" fill="#fff" stroke="#1d2733"/><text x="13" y="11" text-anchor="middle" font-size="12" font-weight="700" fill="#1d2733"></text></svg>';

  /* The title block, shown on paper alone. */
  IP.block = function (map, data, state) {
    var control = L.control({ position: "topright" }), what;
    control.onAdd = function () {
      var box = element("div", "ip-block"), arrow = drawing(ARROW);
      arrow.querySelector("text").textContent = data.words.north;
      box.appendChild(arrow);
      box.appendChild(element("b", "", data.block.title));
      what = box.appendChild(element("p", "ip-showing"));
      if (data.block.synthetic) box.appendChild(element("p", "ip-banner", data.block.synthetic));
      data.block.lines.concat([data.block.approval]).forEach(function (line) { if (line) box.appendChild(element("p", "", line)); });
      return box;
    };
    control.follow = function () { what.textContent = IP.showing(data, state); };
    control.addTo(map);
    return control;
  };

  /* On paper: the view that is on the screen (at first the whole zone), fitted to the sheet as the style sheet's .ip-paper sets it. */
  IP.printed = function (map, data) {
    var before = null, first = map.getBounds();
    function paper(on) {
      if (on === (before !== null)) return;
      document.body.classList.toggle("ip-paper", on);
      var view = before, bounds = map.getBounds();
      if (on) before = { at: map.getCenter(), zoom: map.getZoom() }; else before = null;
      map.invalidateSize({ animate: false });
      if (on) {
        map.closePopup();
        map.fitBounds(bounds.equals(first, 1e-3) ? data.bounds : bounds, { paddingTopLeft: [12, 12], paddingBottomRight: [250, 12], animate: false });
      } else map.setView(view.at, view.zoom, { animate: false });
    }
    window.addEventListener("beforeprint", function () { paper(true); });
    window.addEventListener("afterprint", function () { paper(false); });
  };

  function paths(pen, svg, offset, hatch) {
    svg.querySelectorAll("path").forEach(function (path) {
      var shape = new Path2D(path.getAttribute("d")), fill = path.getAttribute("fill"), stroke = path.getAttribute("stroke");
      pen.save();
      pen.translate(offset.x, offset.y);
      if (fill && fill !== "none") {
        pen.globalAlpha = Number(path.getAttribute("fill-opacity") || 1);
        pen.fillStyle = fill.indexOf("url") === 0 ? hatch : fill;
        pen.fill(shape, "evenodd");
      }
      if (stroke && stroke !== "none") {
        pen.globalAlpha = Number(path.getAttribute("stroke-opacity") || 1);
        pen.strokeStyle = stroke;
        pen.lineWidth = Number(path.getAttribute("stroke-width") || 1);
        pen.lineJoin = "round";
        pen.setLineDash((path.getAttribute("stroke-dasharray") || "").split(/[ ,]+/).filter(Boolean).map(Number));
        pen.stroke(shape);
      }
      pen.restore();
    });
  }

  function hatchOf(pen, colour) {
    var tile = element("canvas"), own;
    tile.width = tile.height = 11;
    own = tile.getContext("2d");
    own.fillStyle = "#fff";
    own.fillRect(0, 0, 11, 11);
    own.strokeStyle = colour;
    own.lineWidth = 1.5;
    own.beginPath();
    [-11, 0, 11].forEach(function (at) { own.moveTo(at, 11); own.lineTo(at + 11, 0); });
    own.stroke();
    return pen.createPattern(tile, "repeat");
  }

  function font(size, bold) { return (bold ? "700 " : "") + size + "px " + getComputedStyle(document.body).fontFamily; }

  function wrapped(pen, text, width) {
    var lines = [""];
    (text.match(/[!-~]+\s?|\s|[^]/g) || []).forEach(function (piece) {
      if (pen.measureText(lines[lines.length - 1] + piece).width > width && lines[lines.length - 1]) lines.push(piece.trim()); else lines[lines.length - 1] += piece;
    });
    return lines;
  }

  function swatch(pen, item, x, y, hatch) {
    pen.save();
    pen.translate(x, y);
    pen.fillStyle = item.shape === "hatch" ? hatch : item.colour;
    pen.strokeStyle = "rgba(29,39,51,.35)";
    if (item.shape === "square" || item.shape === "hatch") { pen.fillRect(0, -6, 16, 11); pen.strokeRect(0, -6, 16, 11); }
    else if (item.shape === "railway" || item.shape === "road" || item.shape === "other" || /fibre|^site_/.test(item.shape)) { pen.fillRect(0, -2, 16, 3); }
    else { var sign = IP.sprite(item.shape, item.colour, 5.5, 2); pen.drawImage(sign, 8 - sign.width / 4, -0.5 - sign.height / 4, sign.width / 2, sign.height / 2); }
    pen.restore();
  }

  /* The current view with its title block as a canvas: what is on the screen, without panels, popups and the online base map. */
  IP.picture = function (map, data, state, overlays) {
    var size = map.getSize(), column = 250, ratio = 2, canvas = element("canvas"), pen = canvas.getContext("2d"), home = map.getContainer().getBoundingClientRect();
    var height = Math.max(size.y, 560);
    canvas.width = (size.x + column) * ratio;
    canvas.height = height * ratio;
    pen.scale(ratio, ratio);
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, size.x + column, height);
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, size.x, size.y);
    pen.clip();
    pen.fillStyle = BACK;
    pen.fillRect(0, 0, size.x, size.y);
    var hatch = hatchOf(pen, data.signal ? data.signal.hatch : "#b9c2cb"), offset = map.layerPointToContainerPoint([0, 0]);
    IP.PANES.forEach(function (name) {
      var pane = map.getPane(name);
      pane.querySelectorAll("canvas").forEach(function (one) {
        var r = one.getBoundingClientRect();
        if (one.width > 1) { pen.imageSmoothingEnabled = name !== "ip-raster"; pen.drawImage(one, r.left - home.left, r.top - home.top, r.width, r.height); }
      });
      pane.querySelectorAll("svg").forEach(function (svg) { paths(pen, svg, offset, hatch); });
      pane.querySelectorAll(".ip-label").forEach(function (box) {
        if (box.style.visibility === "hidden") return;
        var town = box.classList.contains("ip-town"), r = box.getBoundingClientRect(), y = r.top - home.top + (town ? 8 : 9);
        pen.textAlign = "center";
        pen.textBaseline = "middle";
        box.childNodes.forEach(function (line, at) {
          if (!line.textContent) return;
          pen.font = font(at ? 11.5 : town ? 11 : 12.5, at > 0);
          pen.strokeStyle = "rgba(255,255,255,.85)";
          pen.lineWidth = 3;
          pen.strokeText(line.textContent, r.left - home.left + r.width / 2, y + at * 15);
          pen.fillStyle = INK;
          pen.fillText(line.textContent, r.left - home.left + r.width / 2, y + at * 15);
        });
      });
    });
    if (data.mark) {
      pen.fillStyle = MARK;
      pen.globalAlpha = 0.13;
      pen.font = font(64, true);
      pen.textAlign = "left";
      pen.rotate(-24 * Math.PI / 180);
      for (var x = -size.y; x < size.x + size.y; x += 380) for (var y = 0; y < size.x + size.y; y += 230) pen.fillText(data.mark, x, y);
    }
    pen.restore();
    frame(pen, map, data, state, overlays, size.x, height, column, hatch);
    return canvas;
  };

  /* The column at the right: title, what is drawn, legend, north arrow, scale, dates, approval. */
  function frame(pen, map, data, state, overlays, left, height, column, hatch) {
    var x = left + 14, width = column - 28, y = 24;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    function write(text, size, bold, colour) {
      pen.font = font(size, bold);
      pen.fillStyle = colour || INK;
      wrapped(pen, text, width).forEach(function (line) { pen.fillText(line, x, y); y += size * 1.4; });
    }
    write(data.block.title, 16, true);
    y += 3;
    IP.showing(data, state).split("\n").forEach(function (line) { write(line, 12, false, MUTED); });
    if (data.block.synthetic) { y += 3; write(data.block.synthetic, 12, true, MARK); }
    y += 8;
    IP.legendParts(map, data, state, overlays).forEach(function (part) {
      if (part.title) { write(part.title, 12, true); }
      part.items.forEach(function (item) {
        swatch(pen, item, x, y, hatch);
        pen.font = font(12);
        pen.fillStyle = INK;
        pen.fillText(item.label, x + 24, y, width - 24);
        y += 17;
      });
      y += 5;
    });
    var bar = scale(map), foot = height - 14, lines = data.block.lines.concat([data.block.approval]).filter(Boolean);
    pen.font = font(10.5);
    var written = [].concat.apply([], lines.map(function (line) { return wrapped(pen, line, width); }));
    pen.fillStyle = MUTED;
    written.reverse().forEach(function (line) { pen.fillText(line, x, foot); foot -= 14; });
    foot -= 12;
    pen.fillStyle = INK;
    pen.fillRect(x + 40, foot, bar.px / 2, 4);
    pen.lineWidth = 1;
    pen.strokeStyle = INK;
    pen.strokeRect(x + 40, foot, bar.px, 4);
    pen.font = font(11);
    pen.fillText(bar.label, x + 46 + bar.px, foot + 2);
    pen.save();
    pen.translate(x, foot - 34);
    [[4, "#1d2733"], [22, "#fff"]].forEach(function (half) {
      pen.beginPath();
      pen.moveTo(13, 10); pen.lineTo(half[0], 38); pen.lineTo(13, 31); pen.closePath();
      pen.fillStyle = half[1];
      pen.fill();
      pen.stroke();
    });
    pen.fillStyle = INK;
    pen.textAlign = "center";
    pen.font = font(12, true);
    pen.fillText(data.words.north, 13, 3);
    pen.restore();
  }

  /* A round length of at most 120 pixels at the middle of the view. */
  function scale(map) {
    var y = map.getSize().y / 2, metres = map.containerPointToLatLng([0, y]).distanceTo(map.containerPointToLatLng([120, y]));
    var power = Math.pow(10, Math.floor(Math.log10(metres))), length = [5, 2, 1].filter(function (step) { return step * power <= metres; })[0] * power;
    return { px: 120 * length / metres, label: length >= 1000 ? length / 1000 + " km" : length + " m" };
  }

  IP.savePicture = function (map, data, state) {
    IP.picture(map, data, state, map.ipOverlays).toBlob(function (blob) {
      var link = element("a"), url = URL.createObjectURL(blob);
      link.href = url;
      link.download = (data.block.title + " " + IP.showing(data, state)).replace(/\s+/g, " ").replace(/[\\\/:*?"<>|]+/g, "-") + ".png";
      document.body.appendChild(link);
      link.click();
      link.remove();
      setTimeout(function () { URL.revokeObjectURL(url); }, 5000);
    }, "image/png");
  };
})();
