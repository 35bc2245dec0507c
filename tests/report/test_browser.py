"""The map in Debian's Chromium with the network off: no error, no request, pixels, search, popup, layers, names that stay text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from shapely import Point
from visits import Visit, open_map

from infraplan.report.maps import draw_map

pytestmark = pytest.mark.browser


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


PHONE = (390, 844)
DISPLAY = "e => getComputedStyle(e).display"
COVERED = """() => {
  const box = document.querySelector(".leaflet-popup-content-wrapper"), r = box.getBoundingClientRect(), out = [];
  const m = document.querySelector(".folium-map").getBoundingClientRect();
  if (r.left < m.left || r.right > m.right || r.top < m.top || r.bottom > m.bottom) out.push("outside the map");
  for (let i = 0; i <= 8; i++) for (let j = 0; j <= 8; j++) {
    const x = r.left + 2 + (r.width - 4) * i / 8, y = r.top + 2 + (r.height - 4) * j / 8;
    const on = document.elementFromPoint(x, y);
    if (!on || !on.closest(".leaflet-popup")) out.push(on ? on.className : "nothing");
  }
  return out;
}"""


def shown(visit: Visit, selector: str) -> bool:
    return bool(visit.page.locator(selector).first.is_visible())


def test_on_a_phone_the_layers_are_folded_and_the_sources_behind_an_i(browser: Any, site: Path) -> None:
    for path in (site / "map.html", site / "cities" / "990100-甲市" / "map.html"):
        visit = open_map(browser, path, *PHONE)
        page = visit.page
        assert not shown(visit, ".ip-panel fieldset") and shown(visit, ".ip-panel summary") and not shown(visit, ".ip-legend section")
        assert not shown(visit, ".ip-sources p") and page.locator(".ip-sources summary i").inner_text() == "i"
        assert page.locator(".leaflet-control-attribution").count() == 0
        free = page.evaluate("document.querySelector('.folium-map').getBoundingClientRect().height / innerHeight")
        assert free > 0.7 and page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator(".ip-panel summary").tap()
        assert shown(visit, ".ip-panel fieldset")
        panel = page.locator(".ip-panel").bounding_box()
        assert panel is not None and panel["x"] >= 0 and panel["x"] + panel["width"] <= PHONE[0]
        page.locator(".ip-sources summary").tap()
        assert "Leaflet 1.9.4" in page.locator(".ip-sources p").first.inner_text()
        assert visit.clean()
        visit.context.close()


def test_on_a_phone_nothing_covers_a_popup(browser: Any, site: Path, contexts) -> None:
    city = contexts[1][0]
    visit = open_map(browser, site / "cities" / "990100-甲市" / "map.html", *PHONE)
    box = city.outline.total_bounds
    for lon, lat in ((box[0], box[1]), (box[0], box[3]), (box[2], box[1]), (box[2], box[3])):  # the corners, where the controls are
        near = city.plan_sites.geometry.distance(Point(lon, lat)).argmin()
        visit.page.fill("#ip-search", city.plan_sites.iloc[int(near)]["name"])
        visit.page.press("#ip-search", "Enter")
        visit.page.wait_for_selector(".leaflet-popup .ip-popup")
        visit.page.wait_for_timeout(600)
        assert visit.page.evaluate(COVERED) == []
    zone = visit.page.evaluate("infraplanMap.getZoom()")
    assert zone >= 13 and visit.clean()
    visit.page.locator(".leaflet-popup-close-button").tap()
    visit.page.wait_for_timeout(400)
    assert shown(visit, ".ip-panel summary") and shown(visit, ".leaflet-control-zoom")
    visit.context.close()


def test_on_a_wide_screen_a_popup_keeps_clear_of_the_panels(browser: Any, site: Path, contexts) -> None:
    city = contexts[1][0]
    visit = open_map(browser, site / "cities" / "990100-甲市" / "map.html", 1440, 900)
    assert shown(visit, ".ip-panel fieldset") and shown(visit, ".ip-sources p")
    for x, y in ((1180, 200), (1150, 700), (60, 130)):
        visit.page.mouse.click(x, y)
        visit.page.wait_for_timeout(700)
        if visit.page.locator(".leaflet-popup").count():
            assert visit.page.evaluate(COVERED) == []
    visit.page.fill("#ip-search", city.plan_sites.iloc[0]["name"])
    visit.page.press("#ip-search", "Enter")
    visit.page.wait_for_selector(".leaflet-popup .ip-popup")
    visit.page.wait_for_timeout(600)
    assert visit.page.evaluate(COVERED) == [] and visit.clean()
    visit.context.close()


def test_on_a_phone_tables_are_cards(browser: Any, site: Path) -> None:
    for path in (site / "index.html", site / "report.html", site / "cities" / "990100-甲市" / "report.html"):
        visit = Visit(browser, path, *PHONE)
        page = visit.page
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for selector, fault in (
            (".scroll", "e.scrollWidth > e.clientWidth + 1"),
            ("thead", "e.offsetParent !== null"),
            ("tbody td:not([colspan])", "['none', 'normal'].includes(getComputedStyle(e, '::before').content) && e.textContent.trim()"),
        ):
            assert page.evaluate(f"[...document.querySelectorAll('{selector}')].filter(e => {fault}).length") == 0, selector
        card = page.locator("table tbody tr").first
        assert page.evaluate(DISPLAY, card.element_handle()) == "flex"
        assert visit.clean()
        visit.context.close()
        desk = Visit(browser, path, 1440, 900)
        assert desk.page.locator("thead").first.is_visible()
        assert desk.page.evaluate(DISPLAY, desk.page.locator("table tbody tr").first.element_handle()) == "table-row"
        desk.context.close()


def test_dates_and_mark_stand_on_every_printed_page(browser: Any, site: Path, tmp_path: Path) -> None:
    import shutil
    import subprocess

    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is absent: run tools/install_system_packages.sh")
    visit = Visit(browser, site / "cities" / "990100-甲市" / "report.html")
    visit.page.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
    text = subprocess.run(["pdftotext", "-raw", tmp_path / "print.pdf", "-"], capture_output=True, text=True, check=True).stdout
    pages = ["".join(page.split()) for page in text.split("\f")[:-1]]
    assert len(pages) > 2 and all("示例数据（合成），非真实网络项目未写明数据截止日·infraplan" in page for page in pages)
    visit.context.close()


def test_on_paper_the_map_fits_its_sheet_with_mark_and_dates(browser: Any, site: Path, tmp_path: Path) -> None:
    """One sheet; all of the zone between the title and the sources, points drawn; the view on the screen comes back."""
    import shutil
    import subprocess

    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is absent: run tools/install_system_packages.sh")
    visit = open_map(browser, site / "cities" / "990100-甲市" / "map.html")
    before = visit.page.evaluate("[infraplanMap.getZoom(), infraplanMap.getSize().y]")
    visit.page.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True, print_background=True)
    assert visit.page.evaluate("[infraplanMap.getZoom(), infraplanMap.getSize().y]") == before
    written = subprocess.run(["pdftotext", "-raw", tmp_path / "map.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert written.count("\f") == 1
    found = written.replace(" ", "").replace("\n", "")
    for part in ("甲市覆盖与规划地图", "示例数据（合成），非真实网络", "项目未写明数据截止日", "室外信号余量（dB）", "天地图"):
        assert part in found, part
    subprocess.run(["pdftoppm", "-r", "60", "-png", "-singlefile", tmp_path / "map.pdf", tmp_path / "map"], check=True)
    pixels = np.asarray(Image.open(tmp_path / "map.png").convert("RGB")).astype(int)
    pink = np.abs(pixels - (194, 24, 135)).max(axis=2) < 60  # suggested sites
    assert 20 < pink.sum() < 4000, "signs are drawn, and none as a blot"
    visit.context.close()
