"""A site dragged on the page over the real engine: the people of its county are those that a run with the saved scenario counts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="starlette is absent: pip install infraplan[web]")
pytest.importorskip("uvicorn", reason="uvicorn is absent: pip install infraplan[web]")

from opened_page import Page
from visitor import serve

pytestmark = pytest.mark.browser


def counted(study: Path, scenario: str) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Served, uncertain and unserved of each zone and family, any operator, as `infraplan coverage --scenario` counts them."""
    command = [sys.executable, "-W", "ignore", "-m", "infraplan", "coverage", str(study), "--scenario", scenario, "--json"]
    rows = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout)
    own = [row for row in rows if row["network"] == "any"]
    return {(row["name"], row["family"]): (row["served"], row["uncertain"], row["unserved"]) for row in own}


def test_a_dragged_site_serves_whom_the_run_counts(browser: Any, study: Path) -> None:
    with serve(study, login=False) as served:
        visit = Page(browser, served.url)
        page = visit.page
        page.fill("#find-site", "S0001")
        page.locator("#found button").first.click()
        page.wait_for_selector(".site-mark.chosen")
        page.wait_for_timeout(800)  # the map moves to the site
        box = page.locator(".site-mark.chosen").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 70, y + 40, steps=5)
        page.mouse.move(x + 140, y + 80, steps=5)
        page.mouse.up()
        visit.computed(1)
        page.evaluate("() => document.querySelectorAll('#people details').forEach((part) => { part.open = true; })")
        tables = page.locator("#people > details")
        shown = {}
        for at, family in ((0, "nr"), (1, "nbiot")):
            for cells in tables.nth(at).locator("details tbody tr").all():
                name, *numbers = cells.locator("td").all_inner_texts()
                shown[name.strip(), family] = tuple(int(number.replace(",", "")) for number in numbers)
        change = page.evaluate("() => fetch('/state').then((answer) => answer.json())")["change"]["shares"]
        page.click("#save")
        page.fill("#scenario-name", "dragged")
        page.press("#scenario-name", "Enter")
        page.wait_for_selector("dialog:not([open])", state="attached")
        visit.clean()
    expected = counted(study, "dragged")
    assert shown and shown == {key: expected[key] for key in shown}
    rows = [dict(zip(change["columns"], row, strict=True)) for row in change["rows"]]
    assert {"province", "city", "county"} <= {row["level"] for row in rows}
    assert any(row["served"] != row["served_before"] for row in rows)
