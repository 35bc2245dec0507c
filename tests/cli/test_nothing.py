"""Nothing is an answer: no site, nobody, no gap, a goal that is met; every verb says so and ends with 0."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from arranged_study import build_arranged, sites, sites_at, villages, zones
from results import run_light

from infraplan.study import Study

Call = Callable[..., Any]
PEOPLE = villages(4)
WEST = PEOPLE["id"].str.startswith("4401")
NOBODY = PEOPLE.assign(population=0, households=0)
NONE = sites(PEOPLE).iloc[:0]
STUDIES: dict[str, dict[str, Any]] = {
    "no_site": {"network": NONE},
    "one_site": {"network": sites(PEOPLE).iloc[:1]},
    "one_village": {"people": PEOPLE.iloc[:1], "network": NONE},
    "nobody": {"people": NOBODY},
    "nobody_and_no_site": {"people": NOBODY, "network": NONE},
    "goal_met": {"network": sites_at(PEOPLE)},
    "half_served": {"network": sites_at(PEOPLE[WEST])},
    "empty_city": {"people": PEOPLE[WEST], "network": sites(PEOPLE)},
    "fibre": {"people": PEOPLE.assign(fibre=["是", "否", "", "否"] * 4)},
    "nothing_asked": {"change": lambda text: text.replace('["guangdong-2020"]', "[]").replace('"nr-pop90"', '""')},
    "no_places": {"places": pd.DataFrame(columns=["id", "name", "lon", "lat", "place_class"])},
}
VERBS: tuple[tuple[str, ...], ...] = (("check",), ("coverage", "--json"), ("gaps",))
PLANS: tuple[tuple[str, ...], ...] = (
    ("plan", "--json"),
    ("plan", "--budget", "0", "--pareto", "2"),
    ("explain", "--json"),
)
PAGES = ("report.html", "map.html", "annex.xlsx", "plan.kmz", "plan.gpkg", "coverage.tif", "villages.csv")


WRITTEN = ("nobody_and_no_site", "fibre", "nothing_asked")
"""Those whose pages are written too, as those of `met` are."""


QUICK = ("no_site", "one_village", "goal_met", "nobody_and_no_site")
"""Those that are not marked thorough."""


@pytest.fixture(scope="module", params=[pytest.param(name, marks=[] if name in QUICK else pytest.mark.thorough) for name in STUDIES])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_arranged(tmp_path_factory.mktemp(request.param) / "study", **({"people": PEOPLE} | STUDIES[request.param]))


@pytest.mark.slow
def test_every_verb_answers(study: Path, infraplan: Call, tmp_path: Path) -> None:
    plans = PLANS if Study.open(study).config.plan.target else ()
    for verb, *options in (*VERBS, *plans):
        answer = infraplan(verb, study, *options)
        assert answer.code == 0, (verb, options, answer.err)
        if "--json" in options:
            json.loads(answer.out)
    written = infraplan("gaps", study, "-o", tmp_path / "gaps.gpkg")
    assert written.code == 0, written.err


@pytest.mark.slow
@pytest.mark.parametrize("study", [WRITTEN[0], *(pytest.param(name, marks=pytest.mark.thorough) for name in WRITTEN[1:])], indirect=True)
def test_every_page_is_written(study: Path, infraplan: Call, tmp_path: Path) -> None:
    answer = infraplan("run", study, "--jobs", "1", "--overwrite", "--formats", "html,map,xlsx,kmz")
    assert answer.code == 0, answer.err
    assert_whole(study.parent / "results")
    compared = infraplan("compare", study.parent / "results", study.parent / "results", "-o", tmp_path / "compared")
    assert compared.code == 0, compared.err


def assert_whole(results: Path) -> None:
    """Every file is there, with its layers."""
    for folder in (results, *(results / "cities").iterdir()):
        assert all((folder / name).stat().st_size for name in PAGES), folder
        for layer in ("zones", "gaps", "existing_sites", "new_sites"):
            gpd.read_file(folder / "plan.gpkg", layer=layer)


@pytest.mark.parametrize("name", ["half_served", "empty_city"])
def test_a_city_that_needs_nothing(name: str, tmp_path: Path, infraplan: Call) -> None:
    """One city is planned for alone: everybody there is served, or nobody lives there."""
    folder = build_arranged(tmp_path / "study", **({"people": PEOPLE} | STUDIES[name]))
    city = "440100" if name == "half_served" else "440200"
    result = json.loads(infraplan("plan", folder, "--cities", city, "--json").out)
    assert (result["sites"], result["cost"], result["status"]) == (0, 0, "optimal")
    answer = infraplan("run", folder, "--jobs", "1", "--cities", city, "--formats", "html")
    assert answer.code == 0, answer.err
    page = next((folder.parent / "results" / "cities").glob(f"{city}-*")) / "report.html"
    assert "目标已经达到：新建站点 0 座，费用 0 元。" in page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_arranged(tmp_path_factory.mktemp("met") / "study", people=PEOPLE, network=sites_at(PEOPLE))


@pytest.fixture(scope="module")
def met_results(met: Path) -> Path:
    """Results in all formats."""
    return run_light(met, formats=("html", "map", "xlsx", "kmz", "pdf", "docx")).output


def test_every_page_of_a_goal_that_is_met(met_results: Path, infraplan: Call, tmp_path: Path) -> None:
    assert_whole(met_results)
    assert (met_results / "report.pdf").stat().st_size and (met_results / "report.docx").stat().st_size
    compared = infraplan("compare", met_results, met_results, "-o", tmp_path / "compared")
    assert compared.code == 0, compared.err


@pytest.mark.parametrize("options", [(), ("--budget", "0"), ("--max-sites", "0")], ids=" ".join)
def test_no_new_site_costs_nothing(met: Path, infraplan: Call, options: tuple[str, ...]) -> None:
    answer = infraplan("plan", met, *options, "--json")
    result = json.loads(answer.out)
    assert (answer.code, result["sites"], result["cost"], result["list"]) == (0, 0, 0, [])
    assert result["served_after"] == result["served_before"] == result["check"]["served"] == PEOPLE["population"].sum()
    assert result["check"]["feasible"]


@pytest.mark.parametrize("options", [("--budget", "0"), ("--budget", "300000"), ("--max-sites", "0")], ids=" ".join)
def test_limits_that_buy_no_site(tmp_path: Path, infraplan: Call, options: tuple[str, ...]) -> None:
    """A budget below one site is no fault: the plan is empty, and its check says that the goal is not met."""
    answer = infraplan("plan", build_arranged(tmp_path / "study", people=PEOPLE), *options, "--json")
    result = json.loads(answer.out)
    assert (answer.code, result["sites"], result["cost"]) == (0, 0, 0)
    assert result["served_after"] == result["served_before"] == result["check"]["served"] < 0.9 * PEOPLE["population"].sum()
    assert not result["check"]["feasible"]


def test_the_reader_is_reported_in_words(met: Path, met_results: Path, infraplan: Call) -> None:
    assert "0 new sites, CNY 0" in infraplan("plan", met).err
    results = met_results
    for page in (results / "index.html", results / "report.html"):
        assert "目标已经达到：新建站点 0 座，费用 0 元。" in page.read_text(encoding="utf-8")
    city = next((results / "cities").iterdir()) / "report.html"
    assert "新建站点 0 座，费用 0 元" in city.read_text(encoding="utf-8")


def test_coverage_lists_every_zone(tmp_path: Path, infraplan: Call) -> None:
    found = infraplan("coverage", build_arranged(tmp_path / "study", people=PEOPLE))
    assert found.code == 0, found.err
    lines = found.out.splitlines()
    for level, names in zones().groupby("level")["adcode"]:
        for name in names:
            assert sum(f" {name} " in line and f" {level} " in line for line in lines) == 2, name  # a line a family


def test_a_network_begins_with_a_heading_alone(tmp_path: Path, infraplan: Call) -> None:
    """Everybody lacks service, the plan serves them, and `check` says that no site stands yet."""
    folder = build_arranged(tmp_path / "study", people=PEOPLE, network=NONE)
    result = json.loads(infraplan("plan", folder, "--json").out)
    assert result["served_before"] == 0 and result["sites"] > 0 and result["check"]["feasible"]
    faults = json.loads(infraplan("check", folder, "--json").out)
    assert [(fault["file"], fault["rule"], fault["severity"]) for fault in faults if fault["rule"] == "none_yet"] == [
        ("sites.csv", "none_yet", "warning")
    ]
