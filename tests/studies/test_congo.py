"""A city of Congo in English: what every verb says is what the tables say, counted here by other means."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import congo_study as made
import numpy as np
import pandas as pd
import pytest
from pages import CHINESE, texts_of, visible

import infraplan as ip
from infraplan.radio.antennas import pattern_db
from infraplan.radio.model_selection import default_plan, loss_curve
from infraplan.run import run_study
from infraplan.study import Study

Call = Callable[..., Any]
PLANNED = ("nr-n28", "nr-n78", "nbiot-900")
NETWORKS = {"MTN": {"MTN"}, "Airtel+Orange": {"Airtel", "Orange"}, "Africell": {"Africell"}}
TIE_DB = 0.1
"""A settlement whose margin is nearer to 0 than this may fall on either side: the map interpolates its curves."""
PEOPLE = np.array([s.people for s in made.SETTLEMENTS])
COMMUNE = np.array([s.commune for s in made.SETTLEMENTS])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build(tmp_path_factory.mktemp("congo") / "matadi")


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return Study.open(folder)


@pytest.fixture(scope="module")
def margins(study: Study) -> dict[tuple[str, str], np.ndarray]:
    """By family and network the best margin at the pixel of each settlement, from the published functions, one path at a time."""
    grid, services = study.grid, ip.services(*PLANNED, reliability=0.9)
    best = {(family, network): np.full(len(PEOPLE), -np.inf) for family in ("nr", "nbiot") for network in ("any", *NETWORKS)}
    x_m, y_m = grid.project([s.lon for s in made.SETTLEMENTS], [s.lat for s in made.SETTLEMENTS])
    at_x_m = grid.x0_m + ((x_m - grid.x0_m) // grid.resolution_m + 0.5) * grid.resolution_m
    at_y_m = grid.y0_m - ((grid.y0_m - y_m) // grid.resolution_m + 0.5) * grid.resolution_m
    for station in made.STATIONS:
        name = made.SERVICE.get((station.technology, station.band), "")
        if name not in PLANNED:
            continue
        service = services[name]
        site_x_m, site_y_m = (float(value) for value in grid.project(station.lon, station.lat))
        for row, (east_m, north_m) in enumerate(zip(at_x_m - site_x_m, at_y_m - site_y_m, strict=True)):
            distance_m = max(math.hypot(east_m, north_m), 10.0)
            if distance_m > 8000.0:
                continue
            loss = loss_curve(
                default_plan(service.family), service.frequency_mhz, station.height_m, "rural", service.rx_height_m, [distance_m]
            )
            up_deg = -math.degrees(math.atan2(station.height_m - service.rx_height_m, distance_m))
            bearing_deg = math.degrees(math.atan2(east_m, north_m))
            omni = station.azimuth == "omni"
            antenna = "omni" if omni else service.default_antenna
            for azimuth in [0.0] if omni else map(float, station.azimuth.split("/")):
                gain_db = float(pattern_db(antenna, bearing_deg - azimuth, up_deg, station.tilt))
                margin_db = service.max_path_loss_db + offset_db(service, antenna) + gain_db - float(loss.loss_db[0])
                for network in ("any", *(one for one, members in NETWORKS.items() if station.operator in members)):
                    best[service.family, network][row] = max(best[service.family, network][row], margin_db)
    return best


def offset_db(service: Any, antenna: str) -> float:
    from infraplan.radio.budgets import gain_offset_db

    return float(gain_offset_db(service, antenna))


def test_check_finds_no_error_and_asks_for_nothing(folder: Path, infraplan: Call) -> None:
    answer = infraplan("check", folder, "--json")
    assert answer.code == 0
    faults = json.loads(answer.out)
    assert [fault["value"] for fault in faults if fault["rule"] not in ("filled_in",)] == ["1800"]  # the 4G station is set aside
    assert {fault["column"] for fault in faults if fault["rule"] == "filled_in"} == {"environment", "host", "carrier_power_dbm", "antenna"}


def test_the_tables_are_read_as_they_are_meant(study: Study) -> None:
    west, south, east, north = study.zones.total_bounds
    assert (west, south) == pytest.approx((made.WEST, made.SOUTH)) and north < 0
    x_m, y_m = study.grid.project([west, east], [south, south])
    assert np.hypot(*(np.diff(x_m), np.diff(y_m)))[0] == pytest.approx(111_320 * math.cos(math.radians(south)) * 3 * made.WIDTH, rel=2e-3)
    assert dict(zip(study.zones["adcode"], study.zones["name"], strict=True)) == {
        made.PROVINCE: "Kongo Central", made.CITY: "Matadi", **made.COMMUNES,
    }  # fmt: skip
    assert dict(zip(study.villages["id"], study.villages["county"], strict=True)) == {s.id: s.commune for s in made.SETTLEMENTS}
    sites = study.sites.set_index("id")
    known = [s for s in made.STATIONS if (s.technology, s.band) in made.SERVICE]
    assert dict(sites["services"]) == {s.id: made.SERVICE[s.technology, s.band] for s in known}
    assert dict(sites["operators"]) == {s.id: s.operator for s in known}
    assert study.networks == ("any", *NETWORKS)
    assert list(sites["environment"].unique()) == ["rural"]  # what the count below takes


def test_people_served_by_commune_and_network(folder: Path, margins: dict[tuple[str, str], np.ndarray], infraplan: Call) -> None:
    answer = infraplan("coverage", folder, "--json")
    assert answer.code == 0, answer.err
    rows = {(row["adcode"], row["family"], row["network"]): row for row in json.loads(answer.out)}
    assert len(rows) == 5 * 2 * (4 + 1)  # any, three operators, and all three at once
    for (family, network), margin_db in margins.items():
        for code in (*made.COMMUNES, made.CITY, made.PROVINCE):
            here = np.char.startswith(COMMUNE, code)
            low, high = (int(PEOPLE[here & (margin_db >= side)].sum()) for side in (TIE_DB, -TIE_DB))
            row = rows[code, family, network]
            assert row["population"] == PEOPLE[here].sum() and low <= row["served"] <= high, (code, family, network)
    assert rows[made.CITY, "nr", "Africell"]["served"] == 0 < rows[made.CITY, "nr", "MTN"]["served"]
    assert 0 < rows[made.CITY, "nr", "any"]["served"] < PEOPLE.sum()


def test_the_goal_is_planned_and_counted(folder: Path, margins: dict[tuple[str, str], np.ndarray], infraplan: Call) -> None:
    card = json.loads(infraplan("scorecard", folder, "--json").out)
    rows = {(row["id"], row["network"]): row for row in card if row["zone"] == made.PROVINCE}
    assert {network for _, network in rows} == {"any", *NETWORKS}
    assert rows["nr-people", "any"]["denominator"] == PEOPLE.sum()
    assert (rows["schools", "any"]["numerator"], rows["schools", "any"]["denominator"]) == (1, 2)
    gaps = json.loads(infraplan("gaps", folder, "--json").out)
    assert {(gap["target"], gap["name"]) for gap in gaps} == {("schools", "School B")}
    plan = json.loads(infraplan("plan", folder, "--json").out)
    assert plan["check"]["feasible"] and plan["served_after"] >= 0.85 * PEOPLE.sum() > plan["served_before"]
    assert {site["operators"] for site in plan["list"]} == {"MTN"}
    assert plan["served_before"] == rows["nr-people", "any"]["numerator"]


def test_limits_that_leave_nothing_to_build(folder: Path, infraplan: Call) -> None:
    answer = infraplan("plan", folder, "--max-sites", "0", "--json")
    plan = json.loads(answer.out)
    assert answer.code == 0 and plan["sites"] == 0 and plan["cost"] == 0 and plan["list"] == []
    assert plan["served_after"] == plan["served_before"] and not plan["check"]["feasible"]


def test_english_pages_have_no_chinese_word(folder: Path) -> None:
    results = run_study(Study.open(folder), jobs=1, overwrite=True, lang="en", formats=("html", "map", "xlsx")).output
    for file, text in texts_of(results):
        found = CHINESE.search(text)
        assert found is None, (file, text[max(0, found.start() - 60) : found.end() + 60])
        assert not any(word in text for word in ("Guangdong", "Broadnet", "China Mobile", "measure 21")), file
    summary = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    served = summary["population"]["nr"]["served"]
    for page in ("index.html", "cities/CG1601-Matadi/report.html"):
        text = visible((results / page).read_text(encoding="utf-8"))
        assert f"{served:,}" in text and f"{PEOPLE.sum():,}" in text and "MTN Congo" in text and "Airtel + Orange" in text
    villages = pd.read_csv(results / "villages.csv")
    assert villages["population"].sum() == PEOPLE.sum() and villages.loc[villages["nr_status"] == "served", "population"].sum() == served


def test_one_city_of_the_study_says_the_same(folder: Path, infraplan: Call) -> None:
    whole, one = (json.loads(infraplan("coverage", folder, "--json", *more).out) for more in ((), ("--cities", "Matadi")))
    keys = ("adcode", "family", "network", "population", "served")
    assert [[row[key] for key in keys] for row in one] == [[row[key] for key in keys] for row in whole if row["level"] != "province"]
