"""A folium page with everything inside: browser files are inlined from an installed package, an unknown address is refused."""

from __future__ import annotations

import base64
import re
from functools import cache
from html import escape
from importlib import metadata
from importlib.resources import files
from itertools import count
from pathlib import PurePosixPath
from typing import Any

import folium
from branca.element import Element, Figure, Link

from infraplan.errors import InfraplanError
from infraplan.messages import both

PACKAGE = "js_lib_leaflet"
DISTRIBUTION = "django-js-lib-leaflet"
LEAFLET_JS = "leaflet.js"
LEAFLET_CSS = "leaflet.css"
SCRIPTS = [("leaflet", LEAFLET_JS)]
SHEETS = [("leaflet_css", LEAFLET_CSS)]
REMOTE = re.compile(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?\s*(?:https?:)?//|@import""", re.IGNORECASE)


class Verbatim(Element):  # type: ignore[misc]
    """Text that is not changed: it is never read as a template, whatever a name contains."""

    def __init__(self, content: str):
        super().__init__()
        self._name = "Verbatim"
        self.content = content

    def render(self, **_: Any) -> str:
        """The text."""
        return self.content


class OfflineMap(folium.Map):  # type: ignore[misc]
    """folium's map without its other defaults: Leaflet alone."""

    default_js = SCRIPTS
    default_css = SHEETS


@cache
def _static(name: str) -> bytes:
    return files(PACKAGE).joinpath("static", PACKAGE, *name.split("/")).read_bytes()


@cache
def leaflet_notice() -> str:
    """Leaflet's licence from its package, or where to find it."""
    for entry in metadata.files(DISTRIBUTION) or ():
        if entry.name == "LICENSE":
            return str(entry.read_text())
    return "Leaflet 1.9.4, BSD-2-Clause, (c) 2010-2023 Vladimir Agafonkin, (c) 2010-2011 CloudMade"


@cache
def browser_file(name: str) -> str:
    """The markup that replaces a link to `name`: a script or a style sheet with its pictures inside.

    Raises
    ------
    InfraplanError
        The name is none of the known files; nothing is ever fetched.
    """
    if name == LEAFLET_JS:
        code = _static(LEAFLET_JS).decode("utf-8").replace("</script", "<\\/script")
        code = re.sub(r"//# sourceMappingURL=\S*", "", code)
        return f"<script>/*! {leaflet_notice().replace('*/', '* /')} */\n{code}</script>"
    if name == LEAFLET_CSS:
        css = re.sub(r"url\(([^)]+)\)", _picture, _static(LEAFLET_CSS).decode("utf-8"))
        return f"<style>{css}</style>"
    raise InfraplanError(both("report.unknown_browser_file", name=name))


def _picture(match: re.Match[str]) -> str:
    name = match.group(1).strip("\"'")
    if name.startswith(("#", "data:")):
        return match.group(0)
    return f"url(data:image/png;base64,{base64.b64encode(_static(name)).decode('ascii')})"


def inline(figure: Figure, title: str, lang: str = "zh") -> str:
    """The page of a folium figure as one text that loads nothing from the network, the same at every run.

    Raises
    ------
    InfraplanError
        The page links an unknown file, or still names a remote address.
    """
    _number(figure)
    for child in list(figure._children.values()):
        child.render()
    for key, child in list(figure.header._children.items()):
        if isinstance(child, Link):
            figure.header._children[key] = Verbatim(browser_file(PurePosixPath(str(child.url)).name))
    figure.title = escape(title)
    page: str = figure._template.render(this=figure, kwargs={})
    page = page.replace("<html>", f'<html lang="{"zh-CN" if lang != "en" else "en"}">', 1)
    outside = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    if found := REMOTE.search(outside):
        raise InfraplanError(both("report.remote_address", found=outside[found.start() : found.start() + 80]))
    return page


def _number(figure: Figure) -> None:
    """Numbers instead of random ids, so that a page's bytes do not change."""
    numbers = count(1)

    def walk(element: Any) -> None:
        element._id = f"{next(numbers):04d}"
        for child in element._children.values():
            walk(child)

    walk(figure)
    for part in (figure.header, figure.html, figure.script):
        walk(part)
