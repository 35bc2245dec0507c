"""Studies whose zones lack a level, lie in two provinces, or come from another country: the same numbers as any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from square_study import build_square
from zoned_study import COUNTRIES, change, coarse, of_country, two_provinces, with_levels

from infraplan.errors import DataError, collected
from infraplan.run import run_study
from infraplan.run.steps import assess, make_plan
from infraplan.study import Study

PEOPLE = ["population", "served", "uncertain", "unserved"]


def outcome(folder: Path) -> dict[str, Any]:
    """People by level and code, the plan's totals and where its sites stand."""
    findings = assess(Study.open(coarse(folder)))
    plan = make_plan(findings)
    rows = findings.by_zone[findings.by_zone["network"] == "any"]
    return {
        "people": {(row["level"], row["adcode"]): tuple(row[name] for name in PEOPLE) for row in rows.to_dict("records")},
        "gaps": sorted(findings.gaps["id"]),
        "plan": (len(plan.sites), plan.cost, plan.population, plan.served_after),
        "points": sorted(shapely.get_coordinates(plan.sites.geometry.to_numpy()).round(6).tolist()),
        "card": json.loads(findings.card.drop(columns="evidence").to_json(orient="split")),
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return outcome(build_square(tmp_path_factory.mktemp("whole") / "study"))


@pytest.mark.parametrize("levels", [("city", "county"), ("county",), ("city",), ("province", "county"), ("province",)], ids="+".join)
def test_missing_levels_change_no_number(tmp_path: Path, whole: dict[str, Any], levels: tuple[str, ...]) -> None:
    with collected() as warned:
        found = outcome(with_levels(tmp_path / "study", levels))
    assert "zones_made" in [fault.rule for fault in warned]
    assert found["plan"] == whole["plan"] and found["points"] == whole["points"] and found["gaps"] == whole["gaps"]
    everybody = whole["people"]["province", "690000"]
    for level in ("province", "city", "county"):
        parts = [people for (name, _), people in found["people"].items() if name == level]
        assert tuple(map(sum, zip(*parts, strict=True))) == everybody
    shared = found["people"].keys() & {key for key in whole["people"] if key[0] in levels}
    assert shared and all(found["people"][key] == whole["people"][key] for key in shared)


@pytest.mark.parametrize("country", COUNTRIES)
def test_codes_of_any_country_change_no_number(tmp_path: Path, whole: dict[str, Any], country: str) -> None:
    codes = COUNTRIES[country]
    found = outcome(of_country(tmp_path / "study", codes))
    assert found["people"] == {(level, codes[code]): people for (level, code), people in whole["people"].items()}
    card = pd.DataFrame(**found["card"])
    asked = card[card["network"] == "any"].set_index(["id", "zone"])["achieved"].to_dict()
    west = whole["people"]["city", "690100"]
    assert asked["nr-west", codes["690100"]] == pytest.approx(west[1] / west[0]) and ("nr-west", codes["690200"]) not in asked


def test_rows_in_another_order_give_the_same_study(tmp_path: Path, whole: dict[str, Any]) -> None:
    def mixed(table: pd.DataFrame) -> pd.DataFrame:
        return table.sample(frac=1, random_state=5)

    assert outcome(change(build_square(tmp_path / "study"), zones=mixed, villages=mixed, sites=mixed)) == whole


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return coarse(two_provinces(tmp_path_factory.mktemp("twins") / "study"))


def test_two_provinces_each_count_their_own(twins: Path) -> None:
    study = Study.open(twins)
    outcome = run_study(study, jobs=1, overwrite=True, formats=("html",))
    assert outcome.summary is not None and not outcome.failed
    villages = pd.read_csv(twins / "villages.csv")
    by_hand = villages.groupby(villages["id"].str[:2] + "0000")["population"].sum().to_dict()
    zones = {zone["adcode"]: zone["population"] for zone in outcome.summary["zones"] if zone["level"] == "province"}
    assert zones == by_hand
    assert outcome.summary["plan"]["population"] == sum(by_hand.values()) == outcome.summary["population"]["total"]
    page = (outcome.output / "report.html").read_text(encoding="utf-8")
    assert f"{sum(by_hand.values()):,}" in page and "P：" in page and "Q：" in page
    assert sorted(path.name for path in (outcome.output / "cities").iterdir()) == ["690100-C0", "690200-C1", "700100-C0", "700200-C1"]
    with pytest.raises(Exception, match="690100, 700100"):
        run_study(study, cities=("C0",), jobs=1)


VERBS = """
import sys
from infraplan.cli import main
for verb in ("coverage", "plan"):
    sys.argv = ["infraplan", verb, sys.argv[-2], "--json"]
    try:
        main()
    except SystemExit as end:
        assert not end.code, verb
"""


def test_the_hash_seed_decides_nothing(twins: Path) -> None:
    def said(seed: str) -> str:
        words = [sys.executable, "-c", VERBS, str(twins), "--json"]
        return subprocess.run(words, capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": seed}, check=True).stdout

    first = said("1")
    assert '"served_after"' in first and first == said("2")


@pytest.mark.parametrize("cut", [True, False], ids=["cut as RFC 7946 asks", "drawn across"])
def test_an_outline_across_180_degrees_is_refused(tmp_path: Path, cut: bool) -> None:
    def across(zones: pd.DataFrame) -> pd.DataFrame:
        east, west = shapely.box(-180, -90, 180, 90), shapely.box(180, -90, 540, 90)

        def halves(shape: Any) -> Any:
            far = shapely.transform(shape.intersection(west), lambda xy: xy - (360, 0))
            return shapely.union_all([part for part in (shape.intersection(east), far) if part.area > 0])

        moved = [shapely.transform(shape, lambda xy: xy + (180, 0)) for shape in zones.geometry]
        shapes = [halves(shape) for shape in moved] if cut else [shapely.transform(shape, wrapped) for shape in moved]
        return gpd.GeoDataFrame(zones.drop(columns="geometry"), geometry=shapes, crs=4326)

    def wrapped(xy: Any) -> Any:
        xy = xy.copy()
        xy[:, 0] = (xy[:, 0] + 180) % 360 - 180
        return xy

    study = Study.open(change(build_square(tmp_path / "study"), zones=across))
    with pytest.raises(DataError) as refused:
        study.read_all()
    assert [fault.rule for fault in refused.value.fault_list] == ["crosses_180"] and refused.value.exit_code == 3


def test_a_study_that_touches_180_degrees_counts_as_any_other(tmp_path: Path, whole: dict[str, Any]) -> None:
    folder = build_square(tmp_path / "study", west=179.0)
    found = outcome(folder)
    assert found["people"] == whole["people"] and found["plan"] == whole["plan"]
    done = run_study(Study.open(folder), jobs=1, formats=("map", "kmz"))
    assert not done.failed and (done.output / "map.html").is_file()
