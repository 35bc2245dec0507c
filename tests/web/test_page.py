"""The page in Debian's Chromium: sites dragged and edited by mouse and keyboard alone, no request elsewhere, no error, text stays text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="starlette is absent: pip install infraplan[web]")
pytest.importorskip("uvicorn", reason="uvicorn is absent: pip install infraplan[web]")

from opened_page import Page
from toy_engine import HOSTILE, SOUTH, WEST, ToyEngine
from visitor import serving

from infraplan.study import scenarios
from infraplan.study.scenarios import Edit

pytestmark = pytest.mark.browser


@pytest.fixture
def toy(tmp_path: Path) -> ToyEngine:
    return ToyEngine(tmp_path)


@pytest.fixture
def server(toy: ToyEngine) -> Iterator[Any]:
    yield from serving(toy)


def share_of(toy: ToyEngine, adcode: str) -> tuple[float, int]:
    """The share and the people served of a zone, computed without the page."""
    shares = toy.apply(toy.edits).shares.set_index("adcode")
    return shares.loc[adcode, "served"] / shares.loc[adcode, "population"], int(
        shares.loc[adcode, "served"] - shares.loc[adcode, "served_before"]
    )


def cut(share: float) -> str:
    return f"{int(share * 1000 + 1e-7) / 10:.1f}%"


def test_a_dragged_site_changes_the_share_of_its_county(browser: Any, server: Any, toy: ToyEngine) -> None:
    visit = Page(browser, server.url)
    site = toy.base.iloc[1]
    visit.page.mouse.click(*visit.at(site.longitude, site.latitude))
    visit.page.wait_for_selector(".site-mark.chosen")
    assert "1号站" in visit.page.locator("#site-title").inner_text()
    start, end = visit.at(site.longitude, site.latitude), visit.at(WEST + 0.75, SOUTH + 0.2)
    visit.page.mouse.move(*start)
    visit.page.mouse.down()
    visit.page.mouse.move(end[0] - 5, end[1], steps=4)
    visit.page.mouse.move(*end, steps=4)
    visit.page.mouse.up()
    visit.computed(1)
    edit = toy.edits[0]
    assert (edit.do, edit.id) == ("change", "S01") and edit.longitude is not None and edit.latitude is not None
    assert abs(edit.longitude - (WEST + 0.75)) < 0.01 and abs(edit.latitude - (SOUTH + 0.2)) < 0.01
    changed = toy.apply(toy.edits).shares
    assert {"province", "city", "county"} == set(changed["level"])
    for zone in changed.itertuples():
        assert visit.shown_share(zone.name) == cut(share_of(toy, zone.adcode)[0])
    gained = share_of(toy, "99")[1]
    assert f"{gained:+,}".replace("-", "\u2212") in visit.page.locator("#summary").inner_text()
    visit.page.keyboard.press("Control+z")
    visit.computed(2)
    assert toy.edits == ()
    visit.clean()


def press_until(visit: Page, wanted: str, key: str = "Tab", most: int = 80) -> None:
    """Tab until the focus is on an element with this id."""
    for _ in range(most):
        visit.page.keyboard.press(key)
        if visit.page.evaluate("document.activeElement.id") == wanted:
            return
    raise AssertionError(f"{wanted} is not reached")


def test_everything_can_be_done_with_the_keyboard(browser: Any, server: Any, toy: ToyEngine) -> None:
    visit = Page(browser, server.url)
    keys = visit.page.keyboard
    press_until(visit, "new-place")
    keys.type("113.31, 24.22")
    keys.press("Enter")
    visit.computed(1)
    assert [(edit.do, edit.longitude, edit.latitude) for edit in toy.edits] == [("add", 113.31, 24.22)]
    assert visit.page.evaluate("document.activeElement.id") == "site-title"
    press_until(visit, "site-height_m")
    keys.press("Control+a")
    keys.type("45")
    keys.press("Enter")
    visit.computed(2)
    press_until(visit, "site-azimuth_deg")
    keys.press("Control+a")
    keys.type("30, 150")
    keys.press("Tab")
    visit.computed(3)
    assert (toy.edits[0].height_m, toy.edits[0].azimuth_deg) == (45.0, (30.0, 150.0))
    press_until(visit, "find-site")
    keys.type("3号")
    keys.press("Tab")
    keys.press("Enter")
    visit.page.wait_for_selector("#site-form")
    assert "3号站" in visit.page.locator("#site-title").inner_text()
    for _ in range(20):
        keys.press("Tab")
        if visit.page.evaluate("document.activeElement.textContent") == "关停":
            break
    keys.press("Enter")
    visit.computed(4)
    assert [edit.do for edit in toy.edits] == ["add", "remove"]
    press_until(visit, "ask-centre")
    keys.press("Enter")
    visit.page.wait_for_selector("#place svg.profile")
    press_until(visit, "save", "Shift+Tab")
    keys.press("Enter")
    visit.page.wait_for_selector("#scenario-name")
    keys.type("valley-1")
    keys.press("Enter")
    visit.page.wait_for_selector("dialog:not([open])", state="attached")
    press_until(visit, "undo", "Shift+Tab")
    keys.press("Enter")
    visit.computed(5)
    assert [edit.do for edit in toy.edits] == ["add"]
    kept = scenarios.read_scenario(toy.study.folder, "valley-1")
    assert [edit.do for edit in kept.edits] == ["add", "remove"]
    assert visit.page.locator("#summary").get_attribute("aria-live") == "polite"
    visit.clean()


def test_a_place_on_the_map_answers_and_takes_a_site(browser: Any, server: Any, toy: ToyEngine) -> None:
    visit = Page(browser, server.url)
    visit.page.mouse.click(*visit.at(WEST + 0.83, SOUTH + 0.13))
    visit.page.wait_for_selector("#place svg.profile")
    text = visit.page.locator("#place").inner_text()
    assert "S01" in text and "\u221291.2" in text and "+7.8" in text
    assert visit.page.locator("#place svg title").text_content().startswith("从 S01 到此处 8.0 km")
    visit.page.click("#add-here")
    visit.computed(1)
    assert abs(toy.edits[0].longitude - WEST - 0.83) < 0.01 and visit.page.locator("#cost").inner_text().count("W1") == 1
    visit.clean()


def test_a_new_site_goes_to_the_highest_ground_near_it_and_its_state_is_chosen(browser: Any, server: Any, toy: ToyEngine) -> None:
    visit = Page(browser, server.url)
    visit.page.mouse.click(*visit.at(WEST + 0.3, SOUTH + 0.6))
    visit.page.locator("#add-here").click()
    visit.computed(1)
    before = toy.edits[0]
    visit.page.locator("#to-top").click()
    visit.computed(2)
    after = toy.edits[0]
    assert after.longitude == pytest.approx(before.longitude + 0.004) and after.latitude == before.latitude and after.host == "summit"
    assert "812" in visit.page.locator("#notice").inner_text() and "240" in visit.page.locator("#notice").inner_text()
    visit.page.locator("#site-status").select_option("planned")
    visit.computed(3)
    assert toy.edits[0].status == "planned" and toy.edits[0].host == "summit"
    visit.clean()


def test_people_by_zone_follow_the_edits(browser: Any, server: Any, toy: ToyEngine) -> None:
    visit = Page(browser, server.url)
    shown = "() => infraplan.shares()"
    assert visit.page.evaluate(shown) == {}
    visit.page.check("input[value=people]")
    visit.page.wait_for_function("() => Object.keys(infraplan.shares()).length > 0")
    assert visit.page.locator(".legend .of-people").is_visible()

    def known() -> dict[str, float]:
        return {str(row.adcode): row.served / row.population for row in toy.zone_people("nr", "any").itertuples() if row.population}

    before = known()
    assert visit.page.evaluate(shown) == pytest.approx(before)
    visit.page.click("#add-centre")
    visit.computed(1)
    assert known() != before
    visit.page.wait_for_function(
        "(share) => Object.values(infraplan.shares()).some((one) => Math.abs(one - share) < 1e-9)", arg=max(known().values())
    )
    assert visit.page.evaluate(shown) == pytest.approx(known())
    visit.page.uncheck("input[value=people]")
    assert visit.page.locator(".legend .of-people").is_hidden()
    visit.clean()


def test_a_suggested_site_is_adopted(browser: Any, server: Any, toy: ToyEngine) -> None:
    visit = Page(browser, server.url)
    site = toy.base.iloc[11]
    visit.page.mouse.click(*visit.at(site.longitude, site.latitude))
    assert visit.page.locator("#site-substitute").inner_text() == "若此处不能建：C7；整个方案费用 90.0 万元"
    visit.page.get_by_role("button", name="采用这个建议站").click()
    visit.computed(1)
    assert (toy.edits[0].do, toy.edits[0].longitude, toy.edits[0].azimuth_deg) == ("add", site.longitude, ())
    visit.clean()


def test_two_scenarios_are_compared_and_one_is_opened(browser: Any, server: Any, toy: ToyEngine) -> None:
    for name, height in (("low", 20.0), ("high", 60.0)):
        edits = ({"do": "change", "id": "S01", "height_m": height},)
        scenarios.write_scenario(toy.study.folder, scenarios.Scenario(name=name, edits=edits, inputs=toy.study.inputs))
    visit = Page(browser, server.url)
    visit.page.click("#compare")
    visit.page.locator("#dialog-buttons button.first").click()
    cells = visit.page.locator("#compared tbody tr").first.locator("td")
    cells.first.wait_for()
    served = {
        height: toy.compare([Edit(do="change", id="S01", height_m=height)], [])["shares"]["served_first"].iloc[0] for height in (20, 60)
    }
    assert cells.nth(2).inner_text().startswith(f"{served[60]:,} (") and cells.nth(3).inner_text().startswith(f"{served[20]:,} (")
    visit.page.locator("#dialog-buttons button").last.click()
    visit.page.click("#open")
    visit.page.get_by_role("button", name="low", exact=True).click()
    visit.computed(1)
    assert [edit.height_m for edit in toy.edits] == [20] and visit.page.locator("#scenario").inner_text() == "方案：low"
    visit.page.click("#add-centre")
    visit.computed(2)
    assert visit.page.locator("#scenario").inner_text() == "方案：low（有未保存的改动）"
    visit.clean()


PLAN = """
import json, sys
request = json.load(sys.stdin)
print(json.dumps({"kind": "progress", "step": "run.searching", "sites": 3, "cost": 9e5, "bound": 8e5, "gap": 0.125}), flush=True)
why = {"zh": "费用高于它省下的", "en": "costs more than it saves"}
candidate = {"id": "C1", "name": "甲山", "host": "summit", "cost": 1e6, "distance_km": 1.25, "why": why}
asked = [place | {"candidates": [candidate]} for place in request["why_not"]]
edits = [{"do": "add", "id": "N1", "longitude": 113.6, "latitude": 24.6, "services": ["nr-n28"], "operators": "cmcc", "height_m": 40}]
instead = [{"id": "N1", "substitute": "C2", "substitute_cost": 7e5, "substitute_bound": 6e5}]
done = {"kind": "done", "status": "feasible", "sites": 1, "cost": 6e5, "bound": 6e5, "gap": 0.0, "served": 900, "population": 1000}
print(json.dumps(done | {"edits": edits, "why_not": asked, "substitutes": instead}), flush=True)
"""


def test_a_plan_is_completed_explained_and_taken_over(
    browser: Any, toy: ToyEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from infraplan.web import planner

    (tmp_path / "plan_of_page_test.py").write_text(PLAN, encoding="utf-8")
    monkeypatch.setattr(planner, "MODULE", "plan_of_page_test")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    for running in serving(toy):
        visit = Page(browser, running.url)
        visit.page.click("#ask-centre")
        visit.page.click("#ask-why")
        visit.page.click("#plan-start")
        visit.page.wait_for_selector("#plan-take")
        said = visit.page.locator("#plan-progress").inner_text()
        assert "费用高于它省下的" in said and "1.3 km" in said and "60.0 万元" in said and "900 (90.0%)" in said
        assert "C2" in (visit.page.locator("#plan-progress").text_content() or "")
        visit.page.click("#plan-take")
        visit.computed(1)
        assert [(edit.do, edit.id, edit.height_m) for edit in toy.edits] == [("add", "N1", 40)]
        visit.clean()


def test_names_stay_text(browser: Any, server: Any, toy: ToyEngine) -> None:
    village = toy.people.iloc[0]
    visit = Page(browser, server.url)
    visit.page.fill("#new-place", f"{village.longitude}, {village.latitude}")
    visit.page.press("#new-place", "Enter")
    visit.computed(1)
    visit.page.fill("#site-name", "<b>站</b>")
    visit.page.press("#site-name", "Enter")
    visit.computed(2)
    assert visit.page.locator("img[src=x]").count() == 0 and visit.page.locator("#site-title b, #edits b b").count() == 0
    assert HOSTILE in visit.page.locator("#villages").inner_text() and "<b>站</b>" in visit.page.locator("#site-title").inner_text()
    visit.clean()


def test_a_refused_edit_is_taken_back_and_said(browser: Any, server: Any, toy: ToyEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    from infraplan.errors import UsageError
    from infraplan.messages import both

    visit = Page(browser, server.url)

    def refuse(edits: Any) -> None:
        raise UsageError(both("web.too_busy"))

    with monkeypatch.context() as patch:
        patch.setattr(toy, "apply", refuse)
        visit.page.fill("#new-place", "113.2, 24.2")
        visit.page.press("#new-place", "Enter")
        visit.page.wait_for_selector("#notice.error")
    assert "等待的请求太多" in visit.page.locator("#notice").inner_text()
    assert visit.page.locator("#edits li").count() == 0
    assert [error for error in visit.errors if "422" not in error] == [] and visit.elsewhere == []  # Chromium notes the status itself
    visit.context.close()


def test_a_second_window_only_looks_until_the_first_is_closed(browser: Any, server: Any, toy: ToyEngine) -> None:
    first = Page(browser, server.url)
    second = first.context.new_page()
    second.goto(first.own)
    second.wait_for_selector("body.looks[data-ready='true']")
    assert "只能查看" in second.locator("#notice").inner_text() and second.locator("#add-centre").is_disabled()
    first.page.fill("#new-place", "113.2, 24.2")
    first.page.press("#new-place", "Enter")
    first.computed(1)
    second.wait_for_selector("#edits li")  # what the first does is seen
    first.page.close()
    second.wait_for_selector("body:not(.looks)", timeout=10_000)
    second.click("#add-centre")
    second.wait_for_selector("#edits li:nth-child(2)")
    assert len(toy.edits) == 2
    first.clean()


def test_unsaved_edits_are_offered_again(browser: Any, tmp_path: Path) -> None:
    for first in (True, False):
        toy = ToyEngine(tmp_path)
        for running in serving(toy):
            visit = Page(browser, running.url)
            if first:
                visit.page.click("#add-centre")
                visit.computed(1)
            else:
                visit.page.locator("#offer button.first").click()
                visit.computed(1)
                assert [edit.do for edit in toy.edits] == ["add"]
            visit.clean()


@pytest.mark.parametrize("path", ["/zh", "/en"])
def test_a_phone_shows_map_and_results_without_sideways_scrolling(browser: Any, server: Any, toy: ToyEngine, path: str) -> None:
    visit = Page(browser, server.url, 390, 844)
    visit.page.goto(visit.own + path)
    visit.page.wait_for_selector("body[data-ready='true']")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visit.page.locator("#map").bounding_box()["height"] > 350
    visit.page.tap("#ask-centre")
    visit.page.wait_for_selector("#place svg.profile")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    visit.clean()
