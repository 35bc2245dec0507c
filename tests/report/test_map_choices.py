"""The interactive map in Chromium, network off: choices, layers, search, links to a place, print and pictures."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from visits import Visit, open_map

from infraplan.report.map_legends import legend_sections
from infraplan.report.maps import draw_map
from infraplan.report.page_context import PageContext
from infraplan.report.style import palette
from infraplan.report.words import Words
from infraplan.siting.capacity import CapacityInUse

pytestmark = pytest.mark.browser
CITY = "cities/990100-甲市/map.html"


def rgb(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def has(pixels: np.ndarray, colour: str, near: int = 2) -> int:
    """Pixels of a colour."""
    return int((np.abs(pixels.astype(int) - rgb(colour)).max(axis=2) <= near).sum())


def choose(visit: Visit, **chosen: str) -> None:
    for group, value in chosen.items():
        visit.page.locator(f'input[name="ip-{group}"][value="{value}"]').check()
    visit.page.wait_for_timeout(300)


def tick(visit: Visit, *keys: str, on: bool) -> None:
    for key in keys:
        visit.page.locator(f'.ip-overlays input[value="{key}"]').set_checked(on)
    visit.page.wait_for_timeout(300)


BARE = ("new", "sites", "gaps", "labels", "zones")


@pytest.fixture(scope="module")
def unmarked(contexts: tuple[PageContext, list[PageContext]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map of a city whose data are real, so that no mark lies on the colours; with shares after the plan."""
    city = contexts[1][0]
    people = city.population.assign(served_after=city.population["served"] + city.population["unserved"])
    path = tmp_path_factory.mktemp("unmarked") / "map.html"
    draw_map(replace(city, facts=replace(city.facts, synthetic=False), population=people)).save(path)
    return path


def test_signal_of_each_time_and_network_has_the_colours_of_the_legend(browser: Any, unmarked: Path) -> None:
    visit = open_map(browser, unmarked)
    tick(visit, *BARE, on=False)
    today = visit.pixels()
    for step in palette()["margin"]:
        assert has(today, step["colour"]) > 100, step
    choose(visit, network="ctcc+cucc")
    other = visit.pixels()
    assert has(other, palette()["margin"][0]["colour"]) > 1.2 * has(today, palette()["margin"][0]["colour"])
    choose(visit, network="any", time="after")
    assert has(visit.pixels(), palette()["margin"][3]["colour"]) > has(today, palette()["margin"][3]["colour"])
    choose(visit, time="adds")
    added = visit.pixels()
    assert has(added, palette()["gain"][1]["colour"]) > 1000 and has(added, palette()["margin"][1]["colour"]) < 200
    assert visit.page.locator(".ip-legend").inner_text().count("新增可用") == 3
    tick(visit, "gaps", on=True)
    assert has(visit.pixels(), palette()["village"]["gained"]) > has(added, palette()["village"]["gained"])
    assert "新增覆盖居民点" in visit.page.locator(".ip-legend").inner_text()
    assert visit.page.locator(".ip-overlays label", has_text="新增覆盖居民点").is_visible()
    assert visit.clean()
    visit.context.close()


def test_ground_that_was_not_computed_is_hatched_under_the_signal_alone(browser: Any, unmarked: Path) -> None:
    visit = open_map(browser, unmarked)
    fill = "() => [...infraplanMap.getPane('ip-ground').querySelectorAll('path')].map(one => one.getAttribute('fill'))"
    assert visit.page.evaluate(fill) == ["url(#ip-hatch)"]
    assert "未计算" in visit.page.locator(".ip-legend").inner_text()
    choose(visit, theme="people")
    assert visit.page.evaluate(fill) == ["#fff"] and "未计算" not in visit.page.locator(".ip-legend").inner_text()
    visit.context.close()


def test_shares_by_zone_of_each_time_on_the_labels(browser: Any, unmarked: Path) -> None:
    visit = open_map(browser, unmarked)
    choose(visit, theme="people")
    labels = visit.page.locator(".ip-label i")
    today = labels.all_inner_texts()
    choose(visit, time="after")
    assert any(text.endswith("%") for text in today) and labels.all_inner_texts() != today
    choose(visit, time="adds")
    assert any(text.startswith("+") for text in labels.all_inner_texts())
    assert "百分点" in visit.page.locator(".ip-legend").inner_text() and visit.clean()
    visit.context.close()


def test_settlements_by_status_and_what_the_plan_adds(browser: Any, unmarked: Path) -> None:
    colours = palette()["village"]
    visit = open_map(browser, unmarked)
    choose(visit, theme="villages")
    tick(visit, "new", "sites", "labels", "zones", on=False)
    shown = visit.pixels()
    assert all(has(shown, colours[status]) > 20 for status in ("served", "uncertain", "unserved"))
    choose(visit, time="adds")
    added = visit.pixels()
    assert has(added, colours["gained"]) > 20 and not has(added, colours["unserved"], 0)
    top, bottom = (has(half, colours["gained"]) for half in np.array_split(added[:, 300:], 2))  # without the legend
    assert top > 20 * max(bottom, 1), "the sample's plan serves the north"
    assert not visit.page.locator('.ip-overlays input[value="gaps"]').is_visible()
    assert visit.clean()
    visit.context.close()


def test_settlements_with_the_plan_say_that_capacity_is_not_counted(contexts: Any) -> None:
    city = contexts[1][0]
    capacity = CapacityInUse("nr", 13_000, 13_000, True, ())
    limited = replace(city, plan=replace(city.plan, capacity=capacity))
    alone = replace(city, plan=replace(city.plan, capacity=None))
    for context, said in ((alone, False), (limited, True)):
        titles = {
            time: part["title"]
            for part in legend_sections(context, Words("zh"))
            for time in part.get("times", ())
            if "居民点" in part["title"]
        }
        assert titles["today"] == "居民点" and ("容量" in titles["after"], "容量" in titles["adds"]) == (said, said)


def test_lines_and_places_are_layers_with_popups(browser: Any, unmarked: Path) -> None:
    visit = open_map(browser, unmarked)
    choose(visit, theme="villages", time="adds")
    tick(visit, "new", "sites", "labels", on=False)
    before = visit.pixels()
    tick(visit, "railway", "road", on=True)
    after = visit.pixels()
    for kind in ("railway", "road"):
        assert has(after, palette()["line"][kind]) > has(before, palette()["line"][kind]) + 100
    tick(visit, "places", on=True)
    visit.page.fill("#ip-search", "样例学校")
    visit.page.press("#ip-search", "Enter")
    visit.page.wait_for_selector(".leaflet-popup .ip-popup")
    assert "学校" in visit.page.locator(".ip-popup").inner_text() and visit.clean()
    visit.context.close()


def found(visit: Visit, wanted: str) -> list[str]:
    visit.page.fill("#ip-search", wanted)
    return visit.page.locator("#ip-results button").all_inner_texts()


def test_search_by_town_committee_and_code(browser: Any, site: Path, contexts: Any) -> None:
    city = contexts[1][0]
    visit = open_map(browser, site / CITY)
    assert sum("乡镇（街道）" in text for text in found(visit, "示范镇")) == 2, "one of each county"
    visit.page.press("#ip-search", "Enter")
    centre = visit.page.evaluate("[infraplanMap.getCenter().lat, infraplanMap.getCenter().lng]")
    own = city.villages[city.villages["county"] == city.children["adcode"].iloc[0]].geometry
    both = [city.villages[city.villages["county"] == code].geometry for code in city.children["adcode"]]
    assert min(abs(centre[0] - one.y.median()) for one in both) < 0.1 and len(own)
    assert any("行政村" in text for text in found(visit, "民主村"))
    for frame in (city.villages, city.plan_sites, city.sites):
        row = frame.iloc[5]
        (result,) = found(visit, row["id"])
        assert row["name"].split(" + ")[0] in result and row["id"] in result
        visit.page.press("#ip-search", "Enter")
        visit.page.wait_for_selector(".leaflet-popup .ip-popup")
        at = visit.page.evaluate("[infraplanMap._popup.getLatLng().lat, infraplanMap._popup.getLatLng().lng]")
        assert at == pytest.approx([row.geometry.y, row.geometry.x], abs=2e-5)
    assert found(visit, "没有这个地方") == [] and visit.clean()
    visit.context.close()


def test_codes_without_a_digit_are_found(browser: Any, contexts: Any, tmp_path: Path) -> None:
    city = contexts[1][0]
    ids = [f"mast-{'ab' * (number + 1)}" for number in range(len(city.sites))]
    draw_map(replace(city, sites=city.sites.assign(id=ids))).save(tmp_path / "map.html")
    visit = open_map(browser, tmp_path / "map.html")
    assert any(ids[3] in text for text in found(visit, ids[3])) and visit.clean()
    visit.context.close()


def test_popups_tell_reason_remedy_and_each_network(browser: Any, site: Path, contexts: Any) -> None:
    city = contexts[1][0]
    gap = city.gaps[city.gaps["family"] == "nr"].iloc[0]
    visit = open_map(browser, site / CITY)
    found(visit, gap["id"])
    visit.page.press("#ip-search", "Enter")
    visit.page.wait_for_selector(".leaflet-popup .ip-popup")
    text = visit.page.locator(".ip-popup").inner_text()
    for part in ("5G（室外）未覆盖原因", "最近站点", "S00012", "3.2 km", "N00001", "移动+广电", "电信+联通", gap["id"]):
        assert part in text, part
    row = city.plan_sites.iloc[0]
    found(visit, row["id"])
    visit.page.press("#ip-search", "Enter")
    text = visit.page.locator(".ip-popup", has_text=row["name"]).inner_text()
    for part in ("示范镇", "载体", "运营商", "费用", "万元", "选址理由", row["name"]):
        assert part in text, part
    assert visit.clean()
    visit.context.close()


def test_a_link_opens_its_place_and_layer_and_follows_the_view(browser: Any, site: Path, contexts: Any) -> None:
    row = contexts[1][0].plan_sites.iloc[2]
    path = site / CITY
    visit = Visit(browser, path, address=f"#{row.geometry.y:.5f},{row.geometry.x:.5f},14,people/nbiot/after/cbn+cmcc")
    visit.page.wait_for_function("window.infraplanMap && window.infraplanMap.ready")
    visit.page.wait_for_selector(".leaflet-popup .ip-popup")
    assert row["name"] in visit.page.locator(".ip-popup").inner_text()
    state = {"theme": "people", "family": "nbiot", "time": "after", "network": "cbn+cmcc"}
    assert visit.page.evaluate("infraplanState") == state and visit.page.evaluate("infraplanMap.getZoom()") == 14
    for group, value in state.items():
        assert visit.page.locator(f'input[name="ip-{group}"][value="{value}"]').is_checked()
    link = visit.page.locator(".ip-link").get_attribute("href")
    assert link == f"#{row.geometry.y:.5f},{row.geometry.x:.5f},14,people/nbiot/after/cbn+cmcc"
    visit.page.evaluate("infraplanMap.setView([24.1, 113.2], 12.5, {animate: false})")
    assert visit.page.evaluate("location.hash").startswith("#24.1")
    choose(visit, theme="signal")
    assert visit.page.evaluate("location.hash").endswith(",12.5,signal/nbiot/after/cbn+cmcc")
    visit.page.evaluate("location.hash = '#24.3,113.1,11,villages'")
    visit.page.wait_for_function("infraplanState.theme === 'villages' && infraplanMap.getZoom() === 11")
    for nonsense in ("#", "#x,y,z", "#999,999,3", "#24.2", "#24.2,113.2,-4,<b>,%3Cscript%3E", "#100%", "#24.2,113.2,9,%E0"):
        visit.page.evaluate("hash => { location.hash = hash; }", nonsense)
        visit.page.wait_for_timeout(60)
    assert visit.clean()
    visit.context.close()


def test_a_malformed_link_opens_the_map(browser: Any, site: Path) -> None:
    visit = Visit(browser, site / CITY, address="#100%")
    visit.page.wait_for_function("window.infraplanMap && window.infraplanMap.ready")
    assert visit.clean()
    visit.context.close()


def test_existing_sites_are_thinned_when_far_and_all_there_when_near(browser: Any, contexts: Any, tmp_path: Path) -> None:
    city = contexts[1][0]
    crowd = city.sites.iloc[[0] * 500].reset_index(drop=True)
    shifts = np.arange(500)
    crowd = crowd.assign(id=[f"S9{at:04d}" for at in shifts], mast=[f"M9{at:04d}" for at in shifts])
    x, y = crowd.geometry.x.to_numpy() + 1e-4 * (shifts % 25), crowd.geometry.y.to_numpy() + 1e-4 * (shifts // 25)
    crowd = crowd.set_geometry(gpd.points_from_xy(x, y, crs=4326))
    many = pd.concat([city.sites, crowd], ignore_index=True)
    path = tmp_path / "map.html"
    draw_map(replace(city, sites=many)).save(path)
    visit = open_map(browser, path)
    drawn = (
        "() => { const o = infraplanMap.ipOverlays.sites, s = o.source; let n = 0;"
        " const own = CanvasRenderingContext2D.prototype.drawImage;"
        " CanvasRenderingContext2D.prototype.drawImage = function (...a) { n++; return own.apply(this, a); }; o.redraw();"
        " CanvasRenderingContext2D.prototype.drawImage = own; return n; }"
    )
    assert visit.page.evaluate(drawn) < 100
    visit.page.evaluate(
        "([lat, lon]) => infraplanMap.setView([lat, lon], 14, {animate: false})", [crowd.geometry.iloc[250].y, crowd.geometry.iloc[250].x]
    )
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate(drawn) >= 500 and "每处只画一个" in visit.page.locator(".ip-legend").inner_text()
    visit.context.close()


def test_the_mark_of_synthetic_data_lies_across_the_map(browser: Any, site: Path, unmarked: Path) -> None:
    visit = open_map(browser, site / CITY)
    mark = visit.page.locator(".ip-mark")
    assert mark.count() == 1 and mark.locator("text").text_content() == "示例"
    home = [round(value) for value in visit.page.locator(".folium-map").bounding_box().values()]
    assert [round(value) for value in mark.bounding_box().values()] == home
    visit.page.evaluate("infraplanMap.panBy([120, 80], {animate: false})")
    assert [round(value) for value in mark.bounding_box().values()] == home and visit.clean()
    visit.context.close()
    visit = open_map(browser, unmarked)
    assert visit.page.locator(".ip-mark").count() == 0
    visit.context.close()


def saved(visit: Visit) -> tuple[str, np.ndarray]:
    with visit.page.expect_download() as download:
        visit.page.locator(".ip-save").click()
    path = Path(download.value.path())
    return download.value.suggested_filename, np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))


def test_the_view_is_saved_as_a_picture_with_title_block(browser: Any, unmarked: Path, site: Path) -> None:
    visit = open_map(browser, unmarked)
    tick(visit, "new", "sites", "gaps", on=False)
    choose(visit, time="after", network="cbn+cmcc")
    name, picture = saved(visit)
    assert name == "甲市覆盖与规划地图 信号 · 规划后 5G（室外） · 移动+广电.png"
    size = visit.page.evaluate("[infraplanMap.getSize().x, infraplanMap.getSize().y]")
    assert picture.shape[1] == 2 * (size[0] + 250) and picture.shape[0] >= 2 * size[1]
    own, screen = picture[: 2 * size[1] : 2, : 2 * size[0] : 2], visit.pixels()
    middle = np.s_[200:600, 350:850]  # clear of the panels
    assert (np.abs(own[middle].astype(int) - screen[middle]).max(axis=2) < 30).mean() > 0.9, "the picture shows what the screen shows"
    column = picture[:, 2 * size[0] :]
    for step in palette()["margin"]:
        assert has(column, step["colour"]) > 100
    assert (column[-200:].min(axis=2) < 120).sum() > 500, "scale and dates"
    marked = open_map(browser, site / CITY)
    tick(marked, "new", "sites", "gaps", on=False)
    choose(marked, time="after", network="cbn+cmcc")
    _, other = saved(marked)
    assert (np.abs(other[:, : 2 * size[0]].astype(int) - picture[:, : 2 * size[0]]).max(axis=2) > 5).mean() > 0.01, "the mark"
    assert visit.clean() and marked.clean()
    visit.context.close()
    marked.context.close()


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is absent: run tools/install_system_packages.sh")
def test_print_has_title_block_arrow_dates_and_the_view_of_the_screen(browser: Any, site: Path, tmp_path: Path) -> None:
    visit = open_map(browser, site / CITY)
    choose(visit, theme="people", time="today")
    visit.page.pdf(path=tmp_path / "all.pdf", prefer_css_page_size=True, print_background=True)
    text = "".join(
        subprocess.run(["pdftotext", "-raw", tmp_path / "all.pdf", "-"], capture_output=True, text=True, check=True).stdout.split()
    )
    for part in (
        "甲市覆盖与规划地图",
        "人口覆盖率·现状",
        "5G（室外）·任一运营商",
        "北",
        "项目未写明数据截止日",
        "审图号",
        "示例",
        "甲东县",
        "甲西县",
    ):
        assert part in text, part
    for part in ("保存为图片", "搜索"):
        assert part not in text
    visit.page.fill("#ip-search", "甲东县")
    visit.page.press("#ip-search", "Enter")
    visit.page.pdf(path=tmp_path / "one.pdf", prefer_css_page_size=True, print_background=True)
    seen = visit.page.evaluate("[infraplanMap.getZoom(), infraplanMap.getSize().y]")
    assert seen[0] > 9
    visit.context.close()
    pictures = []
    for name in ("all", "one"):
        subprocess.run(["pdftoppm", "-r", "40", "-png", "-singlefile", tmp_path / f"{name}.pdf", tmp_path / name], check=True)
        pictures.append(np.asarray(Image.open(tmp_path / f"{name}.png").convert("RGB")).astype(int))
    assert (np.abs(pictures[0] - pictures[1]).max(axis=2) > 40).mean() > 0.05, "the second sheet shows the county alone"


def test_an_online_base_map_is_off_until_it_is_ticked(browser: Any, contexts: Any, tmp_path: Path) -> None:
    city = contexts[1][0]
    path = tmp_path / "map.html"
    draw_map(
        replace(city, detail=replace(city.detail, basemap="https://tiles.invalid/{z}/{x}/{y}.png", basemap_credit="Tiles of <b>"))
    ).save(path)
    visit = open_map(browser, path)
    box = visit.page.locator('.ip-overlays input[value="basemap"]')
    credit = visit.page.locator(".ip-sources", has_text="Tiles of <b>")
    assert not box.is_checked() and visit.clean() and not visit.page.locator(".ip-online").is_visible()
    box.check()
    visit.page.wait_for_timeout(300)
    assert credit.count() == 1 and visit.page.locator(".ip-online").is_visible(), "the owners are named while their map is shown"
    box.uncheck()
    assert not visit.page.locator(".ip-online").is_visible()
    assert any("tiles.invalid" in url for url in visit.requests)
    visit.context.close()
    plain = open_map(browser, path.parent / "map.html")
    assert plain.page.locator('.ip-overlays input[value="basemap"]').count() == 1
    plain.context.close()


def test_a_map_without_plan_or_networks_offers_no_such_choice(browser: Any, contexts: Any, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    draw_map(replace(contexts[1][0], detail=None)).save(path)
    visit = open_map(browser, path)
    assert visit.page.locator('input[name="ip-time"]').count() == 0
    assert (
        visit.page.locator('input[name="ip-theme"]').count() == 3 and visit.page.locator('.ip-overlays input[value="railway"]').count() == 0
    )
    choose(visit, theme="villages")
    assert visit.clean()
    visit.context.close()
