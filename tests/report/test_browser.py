"""The map in Debian's Chromium with the network off: no error, no request, pixels, search, popup, layers, names that stay text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from infraplan.report.maps import draw_map

pytestmark = pytest.mark.browser
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield opened
        opened.close()


class Visit:
    """A page opened offline, with everything that went wrong."""

    def __init__(self, browser: Any, path: Path):
        self.context = browser.new_context(offline=True, viewport={"width": 1280, "height": 860})
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("dialog", lambda dialog: (self.errors.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def clean(self) -> bool:
        outside = [url for url in self.requests[1:] if not url.startswith("data:")]
        assert self.errors == [] and outside == []
        return True

    def pixels(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.page.locator(".folium-map").screenshot())).convert("RGB"))


def open_map(browser: Any, path: Path) -> Visit:
    visit = Visit(browser, path)
    visit.page.wait_for_function("window.infraplanMap && window.infraplanMap.ready")
    visit.page.wait_for_timeout(400)
    return visit


def test_map_opens_offline_and_shows_something(browser: Any, site: Path) -> None:
    for path in (site / "map.html", site / "cities" / "990100-甲市" / "map.html"):
        visit = open_map(browser, path)
        assert visit.clean()
        assert len(np.unique(visit.pixels().reshape(-1, 3), axis=0)) > 50
        visit.context.close()


def test_search_finds_a_village_and_its_popup_opens(browser: Any, site: Path, contexts) -> None:
    city = contexts[1][0]
    village = city.villages.iloc[3]
    visit = open_map(browser, site / "cities" / "990100-甲市" / "map.html")
    visit.page.fill("#ip-search", village["name"])
    assert visit.page.locator("#ip-results button").count() >= 1
    visit.page.press("#ip-search", "Enter")
    visit.page.wait_for_selector(".leaflet-popup .ip-popup")
    text = visit.page.locator(".ip-popup").inner_text()
    assert village["name"] in text and "常住人口" in text and "5G（室外）余量" in text
    visit.page.fill("#ip-search", "甲东县")
    visit.page.press("#ip-search", "Enter")
    visit.page.wait_for_timeout(600)
    assert "甲东县" in visit.page.locator(".ip-popup").inner_text()
    assert visit.clean()
    visit.context.close()


def test_a_click_on_a_point_tells_its_numbers(browser: Any, site: Path, contexts) -> None:
    city = contexts[1][0]
    visit = open_map(browser, site / "cities" / "990100-甲市" / "map.html")
    site_row = city.plan_sites.iloc[0]
    at = visit.page.evaluate(
        "([lat, lon]) => { infraplanMap.setView([lat, lon], 14, {animate: false}); "
        "const p = infraplanMap.latLngToContainerPoint([lat, lon]);"
        " const r = infraplanMap.getContainer().getBoundingClientRect(); return [p.x + r.left, p.y + r.top]; }",
        [site_row.geometry.y, site_row.geometry.x],
    )
    visit.page.wait_for_timeout(500)
    visit.page.mouse.click(*at)
    visit.page.wait_for_selector(".ip-popup")
    text = visit.page.locator(".ip-popup").inner_text()
    assert site_row["name"] in text and "万元" in text and "选址理由" in text
    assert visit.clean()
    visit.context.close()


def test_layers_toggle(browser: Any, site: Path) -> None:
    visit = open_map(browser, site / "cities" / "990100-甲市" / "map.html")
    before = visit.pixels()
    boxes = visit.page.locator(".leaflet-control-layers-overlays input")
    count = boxes.count()
    assert count == 10
    for index in range(count):
        boxes.nth(index).click()
    visit.page.wait_for_timeout(500)
    flipped = visit.pixels()
    assert (before != flipped).any(axis=2).mean() > 0.05
    for index in range(count):
        if boxes.nth(index).is_checked():
            boxes.nth(index).click()
    visit.page.wait_for_timeout(400)
    bare = visit.pixels()[200:600, 250:700]
    assert len(np.unique(bare.reshape(-1, 3), axis=0)) <= 2
    assert visit.clean()
    visit.context.close()


def test_hostile_names_stay_text(browser: Any, hostile, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    draw_map(hostile).save(path)
    visit = open_map(browser, path)
    for name in hostile.villages["name"].iloc[:6]:
        visit.page.fill("#ip-search", name.replace("\u2028", ""))
        visit.page.press("#ip-search", "Enter")
        visit.page.wait_for_timeout(150)
    assert visit.page.locator("img[src=x]").count() == 0
    assert visit.clean()
    visit.context.close()


def test_pages_open_offline(browser: Any, site: Path) -> None:
    for path in (site / "index.html", site / "report.html", site / "cities" / "990200-乙市" / "report.html"):
        visit = Visit(browser, path)
        assert visit.clean() and visit.page.locator("h2").count() > 4
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        visit.context.close()
