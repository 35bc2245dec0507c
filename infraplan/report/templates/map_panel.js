/* The panel of choices, the legend, popups, and the line of sources. */
(function () {
  "use strict";
  var element = IP.element;
  var NARROW = IP.narrow = window.matchMedia("(max-width: 719.98px), (max-height: 479.98px)");

  /* A click's answer: no wider or higher than the map has room for; on a wide map clear of the panels at the right. */
  IP.answer = function (map, latlng, content) {
    var size = map.getSize(), narrow = NARROW.matches;
    return L.popup({ maxWidth: Math.min(340, size.x - 60), maxHeight: Math.max(120, size.y - (narrow ? 60 : 110)),
      autoPanPaddingTopLeft: narrow ? [8, 8] : [60, 12], autoPanPaddingBottomRight: narrow ? [8, 8] : [Math.min(300, size.x / 4), 50] })
      .setLatLng(latlng).setContent(content).openOn(map);
  };

  /* Radio buttons of each group with more than one choice, boxes of the overlays; folded behind its head on a narrow screen. */
  IP.panel = function (map, data, state, overlays, changed) {
    var control = L.control({ position: "topright" }), inputs = {}, boxes = {}, labels = {};
    control.onAdd = function () {
      var box = element("details", "ip-panel"), head = element("summary", "", data.words.layers);
      box.open = !NARROW.matches;
      NARROW.addEventListener("change", function () { box.open = !NARROW.matches; });
      head.setAttribute("aria-label", data.words.layers);
      box.appendChild(head);
      data.choices.forEach(function (group) {
        if (group.items.length < 2) return;
        var set = element("fieldset");
        set.appendChild(element("legend", "", group.label));
        inputs[group.key] = {};
        group.items.forEach(function (item) {
          var label = element("label"), input = element("input");
          input.type = "radio";
          input.name = "ip-" + group.key;
          input.value = item.key;
          input.addEventListener("change", function () { if (input.checked) { state[group.key] = item.key; changed(); } });
          inputs[group.key][item.key] = input;
          label.appendChild(input);
          label.appendChild(element("span", "", item.label));
          set.appendChild(label);
        });
        box.appendChild(set);
      });
      var set = element("fieldset", "ip-overlays");
      set.appendChild(element("legend", "", data.words.view));
      data.overlays.forEach(function (item) {
        var label = element("label"), input = element("input");
        input.type = "checkbox";
        input.value = item.key;
        input.checked = item.on;
        input.addEventListener("change", function () { if (input.checked) overlays[item.key].addTo(map); else overlays[item.key].remove(); changed(); });
        boxes[item.key] = input;
        labels[item.key] = item.label;
        label.appendChild(input);
        label.appendChild(element("span", "", item.label));
        set.appendChild(label);
      });
      box.appendChild(set);
      var save = element("button", "ip-save", data.words.export);
      save.type = "button";
      save.addEventListener("click", function () { IP.savePicture(map, data, state); });
      box.appendChild(save);
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      control.box = box;
      return box;
    };
    control.addTo(map);
    control.follow = function () {
      for (var key in inputs) for (var name in inputs[key]) inputs[key][name].checked = state[key] === name;
      if (!boxes.gaps) return;
      boxes.gaps.parentNode.style.display = state.theme === "villages" ? "none" : "";
      boxes.gaps.nextSibling.textContent = state.time === "adds" ? data.words.gained : labels.gaps;
    };
    map.on("popupopen", function () { if (NARROW.matches) control.box.open = false; map.getContainer().classList.add("ip-answering"); });
    map.on("popupclose", function () { map.getContainer().classList.remove("ip-answering"); });
    return control;
  };

  /* Who made what the map shows: a line below the map, on a narrow screen behind an "i"; and the owners of the online base map while it is on. */
  IP.credits = function (map, data) {
    var box = element("details", "ip-sources"), head = element("summary");
    head.appendChild(element("i", "", "i"));
    head.appendChild(element("span", "", data.words.sources));
    head.setAttribute("aria-label", data.words.sources);
    box.appendChild(head);
    var note = element("p");
    note.innerHTML = data.attribution;
    box.appendChild(note);
    var online = box.appendChild(element("p", "ip-online", data.basemap ? data.basemap.credit : ""));
    online.hidden = true;
    box.open = !NARROW.matches;
    NARROW.addEventListener("change", function () { box.open = !NARROW.matches; });
    box.addEventListener("toggle", function () { map.invalidateSize({ animate: false }); });
    map.getContainer().insertAdjacentElement("afterend", box);
    return { online: function (on) {
      if (online.hidden === !(on && online.textContent)) return;
      online.hidden = !online.hidden;
      map.invalidateSize({ animate: false });
    } };
  };

  /* Whether a section of the legend belongs to what is drawn. */
  function belongs(part, map, state, overlays) {
    if (part.times && part.times.indexOf(state.time) < 0) return false;
    if (part.overlay === "gaps" && state.theme === "villages") return false;
    if (part.overlay) return !!overlays[part.overlay] && map.hasLayer(overlays[part.overlay]);
    return part.theme === state.theme && (!part.family || part.family === state.family);
  }
  IP.legendParts = function (map, data, state, overlays) {
    return data.legend.filter(function (part) { return belongs(part, map, state, overlays); });
  };

  IP.legend = function (map, data, state, overlays) {
    var control = L.control({ position: "bottomleft" }), body;
    control.onAdd = function () {
      var box = element("details", "ip-legend");
      box.open = !NARROW.matches;
      box.appendChild(element("summary", "", data.words.legend));
      body = box.appendChild(element("div", "ip-legend-body"));
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    control.follow = function () {
      body.textContent = "";
      IP.legendParts(map, data, state, overlays).forEach(function (part) {
        var section = element("section");
        if (part.title) section.appendChild(element("h4", "", part.title));
        part.items.forEach(function (item) {
          var line = element("div"), mark = element("i", item.shape);
          mark.style.setProperty("--c", item.colour);
          line.appendChild(mark);
          line.appendChild(element("span", "", item.label));
          section.appendChild(line);
        });
        body.appendChild(section);
      });
    };
    control.addTo(map);
    return control;
  };
})();
