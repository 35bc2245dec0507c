/* Search by name, code, town and village committee; links to a place: #lat,lon,zoom,theme/family/time/network. */
(function () {
  "use strict";
  var element = IP.element, MOST = 15;

  function has(text, wanted) { return String(text).toLowerCase().indexOf(wanted) >= 0; }

  /* The village committees whose name holds the words, each with the bounds of its settlements. */
  function committees(source, wanted) {
    var name = null, where = null, found = {}, order = [];
    source.columns.forEach(function (column) { if (column.name === "committee") name = column; if (column.name === "where") where = column; });
    if (!name || name.kind !== "choice") return order;
    var wantedCodes = {}, any = false;
    name.choices.forEach(function (text, code) { if (has(text, wanted)) wantedCodes[code] = any = true; });
    if (!any) return order;
    for (var i = 0; i < source.n; i++) {
      var code = name.values[i];
      if (!wantedCodes[code]) continue;
      var key = code + "/" + (where ? where.values[i] : "");
      if (!found[key]) order.push(found[key] = { name: name.choices[code], where: where ? source.value(where, i) : "", bounds: L.latLngBounds([]), count: 0 });
      found[key].bounds.extend([source.lat[i], source.lon[i]]);
      found[key].count++;
    }
    return order;
  }

  /* Points whose name, code or, where the table says so, other columns hold the words. */
  function points(source, wanted, most, visit) {
    var columns = source.searched.map(function (at) {
      var column = source.columns[at];
      return { values: column.values, held: column.choices.map(function (text) { return has(text, wanted); }) };
    });
    var codeRow = function (k) { return source.owner ? source.owner[k] : k; }, seen = {}, i;
    function found(row, code) { if (!seen[row] && most-- > 0) { seen[row] = true; visit(row, code); } }
    for (i = 0; i < source.n && most > 0; i++) {
      if (has(source.names[i], wanted) || columns.some(function (column) { return column.held[column.values[i]]; })) found(i, "");
    }
    if (/\d/.test(wanted) || (source.codes.words && wanted.length > 2)) for (i = 0; i < source.codes.n && most > 0; i++) {
      var code = source.codes.at(i);
      if (has(code, wanted)) found(codeRow(i), code);
    }
  }

  IP.search = function (map, data, sources) {
    var input = document.getElementById("ip-search"), list = document.getElementById("ip-results");
    function go(result) {
      list.hidden = true;
      if (result.source) {
        map.setView([result.source.lat[result.index], result.source.lon[result.index]], Math.max(map.getZoom(), 13), { animate: false });
        IP.show(map, result.source, result.index);
        return;
      }
      map.fitBounds(result.bounds, { animate: false, maxZoom: 14, paddingTopLeft: [40, 40], paddingBottomRight: [40, 40] });
      if (result.properties) IP.answer(map, L.latLngBounds(result.bounds).getCenter(), IP.zonePopup(result.properties));
      else map.closePopup();
    }
    function find() {
      var wanted = input.value.trim().toLowerCase(), found = [];
      list.textContent = "";
      list.hidden = !wanted;
      if (!wanted) return found;
      data.zones.features.forEach(function (feature) {
        var own = feature.properties;
        if (has(own.name, wanted) || own.code === wanted) found.push({ rank: 0, name: own.name, where: own.kind, bounds: own.bounds, properties: own });
      });
      data.towns.forEach(function (town) {
        if (has(town.name, wanted)) found.push({ rank: 1, name: town.name, where: [data.words.town, town.where].filter(Boolean).join(" · "), bounds: town.bounds });
      });
      for (var key in sources) {
        var source = sources[key];
        if (key === "villages") committees(source, wanted).slice(0, MOST).forEach(function (one) {
          found.push({ rank: 2, name: one.name, where: [data.words.committee, one.where].filter(Boolean).join(" · "), bounds: one.bounds });
        });
        points(source, wanted, 60, function (row, code) {
          found.push({ rank: key === "new" ? 3 : 4, name: source.names[row], where: [source.title, source.where(row), code].filter(Boolean).join(" · "),
                       source: source, index: row });
        });
      }
      found.forEach(function (one, at) { one.at = at; one.far = one.name.toLowerCase() === wanted ? 0 : 1; });
      found.sort(function (a, b) { return a.far - b.far || a.rank - b.rank || a.name.length - b.name.length || a.at - b.at; });
      found = found.slice(0, MOST);
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
  };

  /* The address of a view, and a view from an address; null where it names no place. */
  var ORDER = ["theme", "family", "time", "network"];
  IP.addressOf = function (at, zoom, state) {
    return "#" + [at.lat.toFixed(5), at.lng.toFixed(5), Math.round(zoom * 100) / 100, ORDER.map(function (key) { return state[key]; }).join("/")].join(",");
  };
  function plain(hash) { try { return decodeURIComponent(hash); } catch (malformed) { return hash; } }
  IP.viewOf = function (hash, data) {
    var parts = plain(hash.replace(/^#/, "")).split(","), numbers = parts.slice(0, 3).map(Number), chosen = {};
    if (parts.length < 2 || !parts[0] || !parts[1] || !isFinite(numbers[0]) || !isFinite(numbers[1]) || Math.abs(numbers[0]) > 85 || Math.abs(numbers[1]) > 180) return null;
    var named = (parts[3] || "").split("/");
    data.choices.forEach(function (group) {
      var items = group.items.map(function (item) { return item.key; });
      named.forEach(function (name) { if (items.indexOf(name) >= 0) chosen[group.key] = name; });
    });
    return { lat: numbers[0], lon: numbers[1], zoom: numbers[2] > 0 && isFinite(numbers[2]) ? Math.max(4, Math.min(18, numbers[2])) : 13, chosen: chosen };
  };

  IP.linked = function (map, data, state, changed) {
    var own = "";
    function write() {
      own = IP.addressOf(map.getCenter(), map.getZoom(), state);
      try { history.replaceState(null, "", own); } catch (refused) { location.replace(own); }
    }
    function follow() {
      if (location.hash === own) return false;
      var view = IP.viewOf(location.hash, data);
      if (!view) return false;
      Object.assign(state, view.chosen);
      changed();
      map.setView([view.lat, view.lon], view.zoom, { animate: false });
      var found = IP.hit(map, L.latLng(view.lat, view.lon), 2);
      if (found) IP.show(map, found.source, found.index);
      return true;
    }
    window.addEventListener("hashchange", follow);
    return { follow: follow, write: write };
  };

  /* A popup's link to its place, copied where the browser allows it. */
  IP.placeLink = function (map, data, state, latlng) {
    var link = element("a", "ip-link", data.words.link);
    link.href = IP.addressOf(L.latLng(latlng), Math.max(map.getZoom(), 13), state);
    link.addEventListener("click", function () {
      var full = location.href.split("#")[0] + link.getAttribute("href");
      if (navigator.clipboard) navigator.clipboard.writeText(full).then(function () { link.textContent = data.words.copied; }, function () {});
    });
    return link;
  };
})();
