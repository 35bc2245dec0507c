"""One toy province, its pages written once for all tests of the room."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from made_once import once
from sample import FORMULA, HOSTILE, sample_contexts
from visits import FLAGS

from infraplan.errors import InfraplanError
from infraplan.report import fonts
from infraplan.report.county_pages import write_county_pages
from infraplan.report.html_pages import write_city_pages, write_province_pages
from infraplan.report.page_context import PageContext

HOSTILE_NAMES = [
    HOSTILE,
    FORMULA,
    "#set text(red)",
    "{{ 7 * 7 }}{% raw %}",
    "</script><img src=x onerror=alert(2)>",
    "'\"`${alert(3)}\u2028村",
]


@pytest.fixture(scope="session")
def chinese_font() -> str:
    """A Chinese font, or a reason to skip."""
    try:
        return fonts.chinese_family()
    except InfraplanError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def contexts() -> tuple[PageContext, list[PageContext]]:
    """The province and its two cities; every table of the second city holds hostile names."""
    return sample_contexts()


@pytest.fixture(scope="session")
def hostile(contexts: tuple[PageContext, list[PageContext]]) -> PageContext:
    """A city whose villages, sites and gaps bear names that programs might run."""
    from dataclasses import replace

    city = contexts[1][0]

    def rename(frame: gpd.GeoDataFrame, *columns: str) -> gpd.GeoDataFrame:
        frame = frame.copy()
        for column in columns:
            values = frame[column].astype("object").tolist()
            values[: len(HOSTILE_NAMES)] = HOSTILE_NAMES[: len(values)]
            frame[column] = values
        return frame

    gaps = city.gaps.sort_values("population", ascending=False)
    return replace(
        city,
        villages=rename(city.villages, "name", "town", "committee"),
        sites=rename(city.sites, "name"),
        plan_sites=rename(city.plan_sites, "name", "reason"),
        gaps=rename(gaps, "name", "village", "town", "reason", "remedy"),
        zones=rename(city.zones, "name"),
    )


@pytest.fixture(scope="session")
def site(contexts: tuple[PageContext, list[PageContext]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pages of the province and of its cities; no test writes into it."""

    def make(folder: Path) -> None:
        province, cities = contexts
        write_province_pages(province, folder)
        for city in cities:
            own = folder / "cities" / f"{city.adcode}-{city.name}"
            write_city_pages(city, own)
            write_county_pages(city, own, formats=("html", "xlsx"))

    return once(tmp_path_factory, "site", make)
