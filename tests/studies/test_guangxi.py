"""Three counties of Guangxi: what every verb says is what the tables say, counted here by other means."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import geopandas as gpd
import guangxi_study as made
import numpy as np
import pandas as pd
import pytest
import shapely
from pages import texts_of, visible

import infraplan as ip
from infraplan.errors import collected
from infraplan.run import run_study
from infraplan.study import Study
from infraplan.tables import check_sites

Call = Callable[..., Any]
CODE = {"移动": "cmcc", "广电": "cbn", "电信": "ctcc", "联通": "cucc"}
PLANNED = ("nr-n28", "nr-n41", "nbiot-900")
TIE_DB = 0.05
"""A village whose margin is nearer to 0 than this may fall on either side: kernels round."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build(tmp_path_factory.mktemp("guangxi") / "三县")


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return Study.open(folder)


def own_sites(stations: list[made.Station]) -> gpd.GeoDataFrame:
    """The stations of ours by the contract, written down by hand."""
    rows = [
        {
            "id": s.name, "services": made.SERVICE[s.technology, s.band], "environment": "rural", "height_m": s.height_m,
            "status": "existing",
            "operators": "+".join(sorted({CODE[s.operator]} | ({CODE[s.shared]} if s.shared in CODE else set()))),
            "azimuth_deg": "/".join(map(str, s.azimuths)), "tilt_deg": s.mechanical + s.electrical,
        }
        for s in stations
    ]  # fmt: skip
    points = gpd.points_from_xy([s.lon for s in stations], [s.lat for s in stations])
    with collected():
        return check_sites(gpd.GeoDataFrame(pd.DataFrame(rows), geometry=points, crs=4326))


@pytest.fixture(scope="module")
def margins(study: Study) -> dict[str, np.ndarray]:
    """By family the best margin at each village: a prediction for every station alone, the best of them."""
    services, grid = ip.services(*PLANNED, reliability=0.9), study.grid
    lon, lat = np.array([v.lon for v in made.VILLAGES]), np.array([v.lat for v in made.VILLAGES])
    x_m, y_m = grid.project(lon, lat)
    found: dict[str, list[np.ndarray]] = {"nr": [], "nbiot": []}
    for station in made.STATIONS:
        if made.SERVICE.get((station.technology, station.band)) not in PLANNED:
            continue
        sectors = ip.sectors_of(own_sites([station]), services)
        one = ip.predict_coverage(sectors, grid, services, terrain=study.terrain, max_radius_km=6.0)
        family = "nbiot" if station.technology == "NB-IoT" else "nr"
        found[family].append(one.at_positions(x_m, y_m, family).margin_db)
    return {family: reduce(np.fmax, parts) for family, parts in found.items()}


def test_check_finds_no_error(folder: Path, infraplan: Call) -> None:
    answer = infraplan("check", folder, "--json")
    faults = json.loads(answer.out)
    assert answer.code == 0 and not [fault for fault in faults if fault["severity"] == "error"]
    rules = Counter(fault["rule"] for fault in faults)
    assert rules["zones_made"] == 2 and "unused_columns" in rules
    assert not [fault for fault in faults if fault["file"] == "桂林.toml"]  # 学校 of the policy and of study.toml are one class
    assert "广东" not in answer.out and "Guangdong" not in answer.out


def test_the_tables_are_read_as_they_are_meant(study: Study) -> None:
    counties = study.zones[study.zones["level"] == "county"]
    assert dict(zip(counties["adcode"], counties["name"], strict=True)) == made.COUNTIES
    assert dict(zip(counties["adcode"], counties["population"], strict=True)) == made.CENSUS
    assert set(study.zones["adcode"]) == {*made.COUNTIES, "450300", "450000"}
    villages = study.villages
    assert sorted(zip(villages["name"], villages["county"], villages["population"], villages["households"], strict=True)) == sorted(
        (v.name, v.county, v.people, v.households) for v in made.VILLAGES
    )
    known = [station for station in made.STATIONS if (station.technology, station.band) in made.SERVICE]
    expected = own_sites(known)
    read = study.sites.set_index("name")
    assert set(read.index) == {station.name for station in known}
    for name in ("services", "operators", "tilt_deg", "height_m"):
        assert dict(read[name]) == dict(zip(expected["id"], expected[name], strict=True))
    assert dict(read["county"]) == {station.name: station.county for station in known}
    sectors = study.sectors  # those of the listed services
    azimuths = {(row.site_id, row.azimuth_deg) for row in sectors.itertuples()}
    names = dict(zip(study.sites["id"], study.sites["name"], strict=True))
    assert {(names[site], azimuth) for site, azimuth in azimuths} == {
        (s.name, float(a)) for s in known if made.SERVICE[s.technology, s.band] in PLANNED for a in s.azimuths
    }


def test_people_served_by_county(folder: Path, margins: dict[str, np.ndarray], infraplan: Call) -> None:
    answer = infraplan("coverage", folder, "--json")
    assert answer.code == 0, answer.err
    rows = {(row["adcode"], row["family"]): row for row in json.loads(answer.out) if row["network"] == "any"}
    people, county = np.array([v.people for v in made.VILLAGES]), np.array([v.county for v in made.VILLAGES])
    for family, margin_db in margins.items():
        for code in (*made.COUNTIES, "450300", "450000"):
            here = np.array([one.startswith(code.removesuffix("00").removesuffix("00")) for one in county])
            low, high = (int(people[here & (np.nan_to_num(margin_db, nan=-99.0) >= side)].sum()) for side in (TIE_DB, -TIE_DB))
            row = rows[code, family]
            assert row["population"] == people[here].sum() and low <= row["served"] <= high
            assert row["served"] + row["unserved"] + row["uncertain"] == row["population"]
    assert 0 < rows["450000", "nr"]["served"] < people.sum()


def test_clauses_and_gaps(folder: Path, margins: dict[str, np.ndarray], tmp_path: Path, infraplan: Call) -> None:
    answer = infraplan("scorecard", folder, "--json")
    assert answer.code == 0, answer.err
    card = {row["id"]: row for row in json.loads(answer.out) if row["zone_level"] == "province" and row["network"] == "any"}
    asked = {v.name: margin for v, margin in zip(made.VILLAGES, margins["nr"], strict=True) if v.households >= 20}
    assert not [name for name, margin in asked.items() if abs(margin) < TIE_DB]
    lacking = {name for name, margin in asked.items() if not margin >= 0}
    row = card["nr-villages"]
    assert (row["denominator"], row["numerator"]) == (len(asked), len(asked) - len(lacking))
    assert card["nr-people"]["denominator"] == sum(v.people for v in made.VILLAGES)
    assert card["schools"]["denominator"] == len(made.SCHOOLS)
    assert card["nr-stations"]["numerator"] == sum(s.technology == "5G" for s in made.STATIONS)
    infraplan("gaps", folder, "--target", "nr-villages", "-o", tmp_path / "gaps.csv")
    table = pd.read_csv(tmp_path / "gaps.csv")
    assert set(table["自然村"]) == lacking and table["常住人口"].sum() == sum(v.people for v in made.VILLAGES if v.name in lacking)
    answer = infraplan("scorecard", folder)
    assert "e+0" not in answer.out  # 19,039 people are no power of ten


def test_the_plan_reaches_its_goal_off_the_reserve(study: Study, folder: Path, margins: dict[str, np.ndarray], infraplan: Call) -> None:
    answer = infraplan("plan", folder, "--json")
    assert answer.code == 0, answer.err
    plan = json.loads(answer.out)
    total = sum(v.people for v in made.VILLAGES)
    assert plan["population"] == total and plan["check"]["feasible"]
    assert plan["served_after"] >= 0.8 * total > plan["served_before"]
    assert plan["cost"] == sum(site["cost"] for site in plan["list"]) and plan["cost_bound"] <= plan["cost"]
    assert {(site["operators"], site["services"]) for site in plan["list"]} == {("cbn+cmcc", "nr-n28")}
    text = infraplan("plan", folder).out
    assert all(made.COUNTIES[site["county"]] in text for site in plan["list"])  # counties by name


@pytest.fixture(scope="module")
def results(folder: Path) -> Path:
    return run_study(Study.open(folder), jobs=1, overwrite=True, formats=("html", "map", "xlsx")).output


def test_the_results_say_the_same(results: Path, margins: dict[str, np.ndarray]) -> None:
    summary = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    total = sum(v.people for v in made.VILLAGES)
    assert summary["population"]["total"] == total and summary["model"] == ["p1812"] and summary["synthetic"]
    served = summary["population"]["nr"]["served"]
    assert {path.name for path in (results / "cities/450300-450300").iterdir()} >= {"report.html", "map.html", "annex.xlsx", "plan.gpkg"}
    for page in ("index.html", "report.html", "cities/450300-450300/report.html"):
        text = visible((results / page).read_text(encoding="utf-8"))
        assert f"{served:,}" in text and f"{total:,}" in text and "示例" in text, page
        assert all(name in text for name in made.COUNTIES.values()), page
    villages = pd.read_csv(results / "villages.csv")
    margin_db = {v.name: margin for v, margin in zip(made.VILLAGES, margins["nr"], strict=True)}
    for row in villages.itertuples():
        assert row.nr_status == ("served" if margin_db[row.name] >= 0 else "unserved") or abs(margin_db[row.name]) < TIE_DB
    new = gpd.read_file(results / "plan.gpkg", layer="new_sites").to_crs(4326)
    assert len(new) == summary["plan"]["sites"] > 0 and not new.intersects(made.RESERVE).any()
    assert new.within(shapely.union_all([made.county_shape(code) for code in made.COUNTIES])).all()


def test_nothing_of_guangdong_is_reported(results: Path) -> None:
    for file, text in texts_of(results):
        assert "广东" not in text and "Guangdong" not in text and "措施21" not in text, file
