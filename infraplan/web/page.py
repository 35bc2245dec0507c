"""The page and its files: only names that are listed here are ever answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from infraplan.messages import catalogue
from infraplan.presets import load
from infraplan.report.map_legends import margin_legend, share_legend
from infraplan.report.margin_images import margin_edges
from infraplan.report.style import FONT_STACK
from infraplan.report.words import Words

OURS = (
    "page.css", "start.js", "net.js", "dom.js", "model.js", "map.js", "picture.js", "points.js", "marks.js", "form.js", "edit_list.js",
    "results.js", "place.js", "scenarios.js", "planner.js",
)  # fmt: skip
LEAFLET = ("leaflet.js", "leaflet.css")
FILES = (*OURS, *LEAFLET)
TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
OF_PAGE = "page_"
"""How the keys of the page's own words begin in `messages/web.toml`."""


@dataclass(frozen=True)
class StaticFile:
    """A file of the page."""

    content: bytes
    media_type: str


@cache
def static_file(name: str) -> StaticFile | None:
    """A file of the page by its name, None for any other name."""
    if name not in FILES:
        return None
    if name in LEAFLET:
        content = files("js_lib_leaflet").joinpath("static", "js_lib_leaflet", name).read_text(encoding="utf-8")
        content = content.replace("//# sourceMappingURL=leaflet.js.map", "")
    else:
        content = files("infraplan.web").joinpath("static", name).read_text(encoding="utf-8").replace("FONT_STACK", FONT_STACK)
    return StaticFile(content.encode(), TYPES[name.rpartition(".")[2]])


def html(lang: str, study: Any) -> str:
    """The page in a language; everything but its title is filled in by its scripts."""
    named = study.config.study.title_zh if lang == "zh" else study.config.study.title_en
    title = catalogue("web")["page_title"][lang].format(name=named)
    text = files("infraplan.web").joinpath("static", "page.html").read_text(encoding="utf-8")
    return text.replace("LANG", "zh-CN" if lang == "zh" else "en", 1).replace("TITLE", escape(title), 1)


def words(lang: str) -> dict[str, str]:
    """The page's words in a language, by key."""
    return {key.removeprefix(OF_PAGE): entry[lang] for key, entry in catalogue("web").items() if key.startswith(OF_PAGE)}


def colours(lang: str) -> dict[str, Any]:
    """Colours of the map and its legend."""
    palette = load("palette")
    signal = {"legend": margin_legend(Words(lang)), "edges": margin_edges()}
    return {
        "signal": signal,
        "share": {"legend": share_legend(), "classes": palette["share"]},
        **{name: palette[name] for name in ("village", "site", "line", "ink")},
    }
