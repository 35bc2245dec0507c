"""Nothing is fetched, an unknown address is refused, the same input gives the same page."""

from __future__ import annotations

import re
from dataclasses import replace

import folium
import pytest
from folium.plugins import HeatMap

from infraplan.errors import InfraplanError
from infraplan.report.maps import draw_map
from infraplan.report.offline import OfflineMap, browser_file, inline


def test_leaflet_comes_from_its_package_with_notice_and_pictures() -> None:
    script, sheet = browser_file("leaflet.js"), browser_file("leaflet.css")
    assert script.startswith("<script>/*!") and "Agafonkin" in script
    assert "L.map" in script or "t.map=" in script
    assert "data:image/png;base64," in sheet and not re.search(r"url\(\s*[\"']?images/", sheet)


def test_a_plugin_with_a_foreign_file_is_refused() -> None:
    page = OfflineMap(location=[24, 113], tiles=None)
    HeatMap([[24, 113]]).add_to(page)
    with pytest.raises(InfraplanError, match="leaflet_heat"):
        inline(page.get_root(), "x")


def test_plain_folium_is_refused() -> None:
    with pytest.raises(InfraplanError, match="jquery"):
        inline(folium.Map(location=[24, 113], tiles=None).get_root(), "x")


def test_a_remote_picture_is_refused() -> None:
    page = OfflineMap(location=[24, 113], tiles=None)
    page.get_root().html.add_child(folium.Element('<img src="https://example.invalid/a.png">'))
    with pytest.raises(InfraplanError, match=r"example\.invalid"):
        inline(page.get_root(), "x")


def test_same_input_same_bytes(contexts) -> None:
    assert draw_map(contexts[1][0]).html == draw_map(contexts[1][0]).html


def test_names_cannot_leave_their_script(hostile) -> None:
    html = draw_map(hostile).html
    assert "<script>alert(1)" not in html and "<img src=x" not in html
    assert "\\u003cscript\\u003ealert(1)" in html and "{{ 7 * 7 }}" in html


def test_a_zone_without_anything_still_draws(contexts) -> None:
    city = contexts[1][0]
    nothing = {"villages": city.villages.iloc[:0], "sites": city.sites.iloc[:0], "plan_sites": city.plan_sites.iloc[:0]}
    empty = replace(city, **nothing, margins={}, detail=None)
    assert "IP_SOURCES = {}" in draw_map(empty).html


def test_english_map(contexts) -> None:
    html = draw_map(contexts[1][0], "en").html
    assert "Search a village" in html and "图例" not in html
