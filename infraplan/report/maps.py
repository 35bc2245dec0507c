"""map.html: Leaflet in a folium page, our packed layers and panel; it opens without a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from branca.element import MacroElement
from folium.template import Template

from infraplan.files import write_text
from infraplan.report import map_data, stamps
from infraplan.report.map_detail import detail_of
from infraplan.report.offline import OfflineMap, Verbatim, inline
from infraplan.report.packed_points import script_json
from infraplan.report.page_context import PageContext
from infraplan.report.style import FONT_STACK
from infraplan.report.words import Words

SCRIPTS = ("map_points.js", "map_layers.js", "map_panel.js", "map_search.js", "map_paper.js", "map.js")
"""In the order in which they need each other."""


class Start(MacroElement):  # type: ignore[misc]
    """Layers, panel, legend, search: `templates/map.js` makes them of the page's data."""

    _template = Template("{% macro script(this, kwargs) %}IP.start({{ this._parent.get_name() }}, IP_DATA, IP_SOURCES);{% endmacro %}")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"


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


def draw_map(context: PageContext, lang: str = "both", *, alone: bool = False) -> OfflinePage:
    """The interactive map of a zone: signal, shares, settlements, sites, lines and places. `alone`: no report lies beside it."""
    words, detail = Words.of(lang).about(context), detail_of(context)
    sources = map_data.point_sources(context, words, detail)
    data = map_data.page_data(context, words, detail, sources)
    (south, west), (north, east) = data["bounds"]
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
    Start().add_to(page)
    root: Any = page.get_root()
    root.html.add_child(Verbatim(_bar(context, words, data["title"], alone)), name="bar", index=0)
    root.header.add_child(Verbatim(f"<style>{_asset('map.css').replace('FONT_STACK', FONT_STACK)}</style>"), name="zz_style")
    scripts = "\n".join(_asset(name) for name in SCRIPTS)
    packed = script_json(sources)
    root.script.add_child(Verbatim(f"{scripts}\nvar IP_DATA = {script_json(data)};\nvar IP_SOURCES = {packed};"), name="aa_data", index=0)
    return OfflinePage(inline(root, data["title"], lang), data["title"])


def _asset(name: str) -> str:
    return files("infraplan.report").joinpath("templates", name).read_text(encoding="utf-8")


def _bar(context: PageContext, words: Words, title: str, alone: bool) -> str:
    report = "" if alone else f'<a href="report.html">{escape(words.t("to_report"))}</a>'
    parts = [("ip-banner", stamps.mark(context.facts, words)), ("ip-stamp", stamps.stamp(context.facts, words))]
    banner = "".join(f'<span class="{kind}">{escape(written)}</span>' for kind, written in parts if written)
    side = "" if not words.paired else f'<small lang="en">{escape(Words("en").t("map_title", name=context.name_en))}</small>'
    return (
        f'<header class="ip-bar"><h1>{escape(title)}{side}</h1>{banner}{report}'
        f'<div class="ip-find"><input id="ip-search" type="search" autocomplete="off" placeholder="{escape(words.t("search_hint"))}" '
        f'aria-label="{escape(words.t("search_hint"))}"><div id="ip-results" hidden></div></div></header>'
    )
