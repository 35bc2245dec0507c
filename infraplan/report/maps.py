"""map.html: folium's map, layer control and overlays, our packed points; it opens without a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
from branca.element import MacroElement
from folium.map import Layer
from folium.raster_layers import ImageOverlay
from folium.template import Template

from infraplan.files import write_text
from infraplan.report import map_data, stamps
from infraplan.report.margin_images import web_picture
from infraplan.report.offline import OfflineMap, Verbatim, inline
from infraplan.report.packed_points import script_json
from infraplan.report.page_context import PageContext
from infraplan.report.style import FONT_STACK, palette
from infraplan.report.words import Words

PANES = ("ip-ground", "ip-raster", "ip-zones", "ip-points", "ip-sites", "ip-labels")


class ScriptedLayer(Layer):  # type: ignore[misc]
    """A layer that an expression of templates/map.js makes."""

    _template = Template("{% macro script(this, kwargs) %}var {{ this.get_name() }} = {{ this.expression }};{% endmacro %}")

    def __init__(self, name: str, expression: str, key: str, show: bool = True):
        super().__init__(name=name, overlay=True, control=True, show=show)
        self._name = "ScriptedLayer"
        self.expression, self.key = expression, key


class Panes(MacroElement):  # type: ignore[misc]
    """The drawing order of the layers."""

    _template = Template(
        "{% macro script(this, kwargs) %}InfraplanMap.panes({{ this._parent.get_name() }}, {{ this.names|tojson }});{% endmacro %}"
    )

    def __init__(self, names: tuple[str, ...]):
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self.names = "Panes", list(names)


class Finish(MacroElement):  # type: ignore[misc]
    """Legend, search, clicks; last, because it uses the other layers."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "InfraplanMap.finish({{ this._parent.get_name() }}, {{ this.control.get_name() }}, IP_DATA, IP_SOURCES, { "
        "{% for key, layer in this.layers %}{{ key|tojson }}: {{ layer.get_name() }},{% endfor %}});{% endmacro %}"
    )

    def __init__(self, layers: list[tuple[str, Any]], control: Any):
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self.layers, self.control = "Finish", layers, control


@dataclass(frozen=True)
class OfflinePage:
    """A finished page. `save` writes it completely or not at all."""

    html: str
    title: str = ""
    files_inside: Mapping[str, str] = field(default_factory=dict)

    def save(self, path: str | Path) -> None:
        """Write the page as UTF-8."""
        write_text(path, self.html)

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape(self.html)}" style="width:100%;height:560px;border:0"></iframe>'


def draw_map(context: PageContext, lang: str = "zh", *, alone: bool = False) -> OfflinePage:
    """The interactive map of a zone: margins, zones with their score, villages, sites. `alone`: no report lies beside it."""
    words = Words(lang).about(context)
    sources = map_data.point_sources(context, words)
    west, south, east, north = _bounds(context)
    page = OfflineMap(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=8,
        max_zoom=18,
        min_zoom=4,
        max_bounds=False,
        zoom_snap=0.25,
        attribution_control=False,
    )
    Panes(PANES).add_to(page)
    layers: list[tuple[str, Any]] = []

    def add(key: str, layer: Any) -> None:
        layer.add_to(page)
        layers.append((key, layer))

    for index, family in enumerate(context.families):
        if family in context.margins:
            picture = web_picture(context.grid, context.margins[family], context.outline)
            add(
                f"margin-{family}",
                ImageOverlay(
                    picture.data_url,
                    picture.bounds,
                    name=words.t("layer_margin", family=words.family_in(context, family)),
                    show=index == 0 and context.level != "province",
                    pane="ip-raster",
                    opacity=0.95,
                ),
            )
    colours = palette()
    line = script_json({"line": colours["ink"]["zone"]})
    for index, family in enumerate(context.families):
        add(
            f"share-{family}",
            ScriptedLayer(
                words.t("layer_share", family=words.family_in(context, family)),
                f"InfraplanMap.zones(IP_DATA, {family!r}, 'ip-zones', {line})",
                f"share-{family}",
                show=index == 0 and context.level == "province",
            ),
        )
    add("zones", ScriptedLayer(words.t("layer_zones"), f"InfraplanMap.zones(IP_DATA, null, 'ip-zones', {line})", "zones"))
    village = script_json([colours["village"][status] for status in map_data.STATUSES])
    for index, family in enumerate(context.families):
        if "villages" in sources and family in sources["villages"]["styles"]:
            options = f"{{pane: 'ip-points', shape: 'circle', radius: 5, least: 0.8, rank: 1, style: {family!r}, colours: {village}}}"
            add(
                f"villages-{family}",
                ScriptedLayer(
                    words.t("layer_villages", family=words.family_in(context, family)),
                    f"InfraplanMap.points(IP_SOURCES[{_position(sources, 'villages')}], {options})",
                    f"villages-{family}",
                    show=index == 0 and context.level != "province",
                ),
            )
    for key, shape, radius, least, rank, colour in (
        ("sites", "triangle", 6.5, 3.0, 2, colours["site"]["existing"]),
        ("new", "diamond", 8.0, 4.4, 3, colours["site"]["new"]),
    ):
        if key in sources:
            options = f"{{pane: 'ip-sites', shape: {shape!r}, radius: {radius}, least: {least}, rank: {rank}, colours: [{colour!r}]}}"
            add(
                key,
                ScriptedLayer(
                    words.t(f"layer_{key}"),
                    f"InfraplanMap.points(IP_SOURCES[{_position(sources, key)}], {options})",
                    key,
                    show=key == "new" or context.level != "province",
                ),
            )
    add("labels", ScriptedLayer(words.t("layer_labels"), "InfraplanMap.labels(IP_DATA, 'ip-labels')", "labels"))
    control = folium.LayerControl(collapsed=False, position="topright")
    control.add_to(page)
    Finish(layers, control).add_to(page)
    title = words.t("map_title", name=context.title_name(lang))
    root: Any = page.get_root()
    data = map_data.page_data(context, words, layers=[key for key, _ in layers])
    root.html.add_child(Verbatim(_bar(context, words, title, alone)), name="bar", index=0)
    root.header.add_child(Verbatim(f"<style>{_asset('map.css').replace('FONT_STACK', FONT_STACK)}</style>"), name="zz_style")
    root.script.add_child(
        Verbatim(
            f"{_asset('map.js')}\nvar IP_DATA = {script_json(data)};\nvar IP_SOURCES = {script_json(list(sources.values()))}"
            ".map(InfraplanMap.source);"
        ),
        name="aa_data",
        index=0,
    )
    return OfflinePage(inline(root, title, lang), title)


def _position(sources: dict[str, Any], key: str) -> int:
    return list(sources).index(key)


def _asset(name: str) -> str:
    return files("infraplan.report").joinpath("templates", name).read_text(encoding="utf-8")


def _bounds(context: PageContext) -> tuple[float, float, float, float]:
    shown = context.outline if len(context.outline) else context.zones
    west, south, east, north = (float(value) for value in shown.total_bounds)
    return west, south, east, north


def _bar(context: PageContext, words: Words, title: str, alone: bool) -> str:
    report = "" if alone else f'<a href="report.html">{escape(words.t("to_report"))}</a>'
    parts = [("ip-banner", stamps.mark(context.facts, words)), ("ip-stamp", stamps.stamp(context.facts, words))]
    banner = "".join(f'<span class="{kind}">{escape(written)}</span>' for kind, written in parts if written)
    side = "" if words.lang == "en" else f'<small lang="en">{escape(Words("en").t("map_title", name=context.name_en))}</small>'
    return (
        f'<header class="ip-bar"><h1>{escape(title)}{side}</h1>{banner}{report}'
        f'<div class="ip-find"><input id="ip-search" type="search" autocomplete="off" placeholder="{escape(words.t("search_hint"))}" '
        f'aria-label="{escape(words.t("search_hint"))}"><div id="ip-results" hidden></div></div></header>'
    )
