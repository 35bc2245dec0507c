"""One answer everywhere: after `inspect import` the tables, the map, the gaps and the plan say of a place what the scorecard says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import xlsxwriter
from arranged_study import build_arranged, sites_at, villages
from results import copy_of

from infraplan.run.steps import assess, planning_instance
from infraplan.study import Study

Call = Callable[..., Any]
PEOPLE = villages(4)
BAD, GOOD = -130.0, -80.0
"""Below and above what any service asks. [dBm]"""
LOST, FOUND = "440101-00", "440201-00"
"""A village that prediction serves and a measurement does not, and the other way round."""


def sheet(path: Path, *rows: tuple[str, float]) -> Path:
    table = pd.DataFrame(rows, columns=["id", "实测RSRP(dBm)"])
    table = table.assign(运营商="中国移动", 测试频段="n28", 测试位置="室外", 核查日期="2020-11-03", 核查人="张三")
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("缺口")
        for column, name in enumerate(table.columns):
            page.write(0, column, name)
            for row, value in enumerate(table[name], start=1):
                page.write(row, column, value)
    return path


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sites of 中国移动 beside the villages of the western city; one of these is measured as lost, one in the east as served."""
    folder = tmp_path_factory.mktemp("measured")
    return build_arranged(folder / "study", people=PEOPLE, network=sites_at(PEOPLE[PEOPLE["id"].str.startswith("4401")]))


@pytest.fixture(scope="module")
def before(measured: Path) -> dict[str, str]:
    found = assess(Study.open(measured)).villages
    return dict(zip(found["id"], found["nr_status"].astype(str), strict=True))


@pytest.fixture(scope="module")
def imported(measured: Path, before: dict[str, str]) -> Path:
    from infraplan.io.inspections import add_measured, read_inspection

    assert (before[LOST], before[FOUND]) == ("served", "unserved")
    add_measured(measured, read_inspection(sheet(measured.parent / "back.xlsx", (LOST, BAD), (FOUND, GOOD)), PEOPLE["id"]))
    return measured


def people(*ids: str) -> int:
    return int(PEOPLE.loc[PEOPLE["id"].isin(ids), "population"].sum())


def test_the_headline_equals_the_scorecard(imported: Path, before: dict[str, str], infraplan: Call) -> None:
    """Every figure of a run is recounted from villages.csv, which has the measured status."""
    assert infraplan("run", imported, "--jobs", "1", "--overwrite", "--formats", "html,map,xlsx").code == 0
    results = imported.parent / "results"
    table = pd.read_csv(results / "villages.csv", encoding="utf-8-sig").set_index("id")
    assert (table.at[LOST, "nr_status"], table.at[FOUND, "nr_status"]) == ("uncertain", "served")
    assert set(table.index[table["nr_measured"]]) == {LOST, FOUND}
    served = int(table.loc[table["nr_status"] == "served", "population"].sum())
    was = sum(people(name) for name, status in before.items() if status == "served")
    assert served == was - people(LOST) + people(FOUND)
    result = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    assert result["population"]["nr"]["served"] == served
    assert result["zones"][0]["nr"]["served"] == served
    card = [row for row in result["targets"] if row["part"] == "all_residents" and row["zone"] == "440000" and row["network"] == "any"]
    assert [row["numerator"] for row in card if row["id"] == "nr-pop90"] == [served]
    assert result["plan"]["served_before"] == served
    zones = gpd.read_file(results / "plan.gpkg", layer="zones").set_index("adcode")
    assert zones.at["440000", "nr_served"] == served
    share = f"{served / PEOPLE['population'].sum() * 100:.2f}%"
    assert share in (results / "index.html").read_text(encoding="utf-8")


def test_every_verb_says_the_same(imported: Path, infraplan: Call) -> None:
    rows = {(row["adcode"], row["family"], row["network"]): row for row in json.loads(infraplan("coverage", imported, "--json").out)}
    card = {
        (row["zone"], row["network"]): row
        for row in json.loads(infraplan("scorecard", imported, "--json").out)
        if row["id"] == "nr-pop90" and row["zone"] and row["part"] == "all_residents"
    }
    for (zone, network), row in card.items():
        assert rows[zone, "nr", network]["served"] == row["numerator"], (zone, network)
        assert rows[zone, "nr", network]["uncertain"] == row["uncertain"], (zone, network)
    gaps = json.loads(infraplan("gaps", imported, "--target", "nr-pop90", "--json").out)
    listed = {row["id"] for row in gaps}
    assert LOST in listed and FOUND not in listed
    part = json.loads(infraplan("coverage", imported, "--cities", "440100", "--json").out)
    assert {row["served"] for row in part if row["adcode"] == "440100" and (row["family"], row["network"]) == ("nr", "any")} == {
        rows["440100", "nr", "any"]["served"]
    }


def test_the_plan_serves_whom_a_measurement_denies(imported: Path) -> None:
    """The lost village is demand again, and only a candidate that serves its whole disc alone closes it; the found one is no demand."""
    study = Study.open(imported)
    instance = planning_instance(assess(study, gaps=False))
    open_rows = set(instance.rows.loc[instance.rows["kind"] != "closed", "id"])
    assert LOST in open_rows and FOUND not in open_rows


def test_the_check_agrees_with_the_plan(imported: Path, tmp_path: Path, infraplan: Call) -> None:
    """A new site beside the one whose signal was measured as too weak serves the village, though the old one still looks stronger."""
    folder = copy_of(imported, tmp_path)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text.replace("gap = 0.05", "gap = 0.05\nsite_spacing_m = 0"), encoding="utf-8")
    result = json.loads(infraplan("plan", folder, "--max-sites", "40", "--json").out)
    assert result["served_before"] + result["population_gained"] == result["served_after"] == result["check"]["served"]
    assert result["served_after"] == PEOPLE["population"].sum()
