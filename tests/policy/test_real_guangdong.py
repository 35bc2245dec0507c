"""A test of the plumbing: real counties with their census people spread evenly over few points, real townships, hospitals, universities."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pytest import approx
from scipy.spatial import cKDTree

from infraplan.coverage.networks import networks
from infraplan.coverage.prediction import Coverage, Layer
from infraplan.geo.grids import Grid
from infraplan.policy.gap_lists import find_gaps
from infraplan.policy.scorecards import absent_layers, scorecard
from infraplan.policy.targets import read_policy
from infraplan.radio.budgets import services

RESIDENTS = 126_012_510
DELTA = {"440100", "440300", "440400", "440600", "440700", "441200", "441300", "441900", "442000"}


@pytest.fixture(scope="module")
def data(shared_dir: Path) -> Path:
    return shared_dir / "data" / "guangdong"


@pytest.fixture(scope="module")
def zones(data: Path) -> Any:
    parts = []
    for level, stem, parent in (("province", "province", None), ("city", "city", "province_adcode"), ("county", "district", "city_adcode")):
        read = gpd.read_file(data / f"gd_{stem}_tianditu.geojson")
        above = "" if parent is None else read[parent].astype(str)
        parts.append(
            read[["geometry"]].assign(level=level, adcode=read[f"{stem}_adcode"].astype(str), name=read[f"{stem}_name"], parent=above)
        )
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=4326)


@pytest.fixture(scope="module")
def places(data: Path) -> Any:
    hospitals = pd.read_csv(data / "gd_hospitals_3a.csv").rename(columns={"longitude_wgs84": "lon", "latitude_wgs84": "lat"})
    schools = pd.read_csv(data / "gd_universities_baidu_wgs84.csv", usecols=["name", "lon", "lat"])
    towns = pd.read_csv(data / "gd_township_points_merged.csv", dtype={"county_adcode": str})
    towns = towns.assign(
        county=towns["county_adcode"],
        kind=np.where(towns["name"].str.endswith("街道"), "街道", np.where(towns["name"].str.endswith("乡"), "乡", "镇")),
    )
    rows = pd.concat([
        hospitals.assign(place_class="hospital"), schools.assign(place_class="school"),
        towns.assign(place_class="township", position_error_m=3000.0),
    ], ignore_index=True)  # fmt: skip
    rows = rows.assign(
        id=[f"p{number}" for number in range(len(rows))],
        county=rows["county"].fillna(""),
        position_error_m=rows["position_error_m"].fillna(50.0),
    )
    points = gpd.points_from_xy(rows["lon"], rows["lat"])
    geometry = [None if missing else point for point, missing in zip(points, rows["lon"].isna(), strict=True)]
    return gpd.GeoDataFrame(rows[["id", "name", "place_class", "kind", "county", "position_error_m"]], geometry=geometry, crs=4326)


@pytest.fixture(scope="module")
def villages(data: Path, zones: Any) -> Any:
    """The people of each county on ten points inside it, the remainder on the first."""
    census = pd.read_csv(data / "gd_census2020_county.csv", dtype={"adcode": str}).set_index("adcode")
    counties = zones[zones["level"] == "county"].set_index("adcode")
    rng = np.random.default_rng(7)
    rows = []
    for code, one in counties.iterrows():
        people = int(census.at[code, "pop2020"])
        points = gpd.GeoSeries([one.geometry], crs=4326).sample_points(10, rng=rng).explode(index_parts=False)
        for number, point in enumerate(points):
            rows.append((f"{code}-{number}", people // 10 + (people % 10 if number == 0 else 0), point))
    frame = gpd.GeoDataFrame(rows, columns=["id", "population", "geometry"], geometry="geometry", crs=4326)
    return frame.assign(name=frame["id"], kind="village", households=frame["population"] // 3, urban=False, position_error_m=0.0)


@pytest.fixture(scope="module")
def cover(zones: Any, places: Any) -> Coverage:
    """Served near the hospitals: the nearer, the better."""
    grid = Grid.over(zones, 2000.0)
    hospitals = places[places["place_class"] == "hospital"]
    col, row = np.meshgrid(np.arange(grid.width), np.arange(grid.height))
    centres = np.column_stack([part.ravel() for part in grid.centre_of(row, col)])
    distance_m = cKDTree(np.column_stack(grid.place(hospitals))).query(centres)[0].reshape(grid.shape)
    layer = Layer((20 - distance_m / 500).astype(np.float32), np.zeros(grid.shape, np.int32))
    presets = services("nr-n28", "nbiot-900")
    layers = {(family, network): layer for family in ("nr", "nbiot") for network in networks()}
    names = np.array(["nr-n28"], object)
    return Coverage(grid, presets, layers, np.array(["s/nr-n28/1"], object), names, "statistical", ("distance",), 0.95, 30.0, 0)


@pytest.fixture(scope="module")
def card(zones: Any, villages: Any, places: Any, cover: Coverage) -> pd.DataFrame:
    targets = read_policy("guangdong-2020", "guangdong-2018")
    return scorecard(targets, cover, zones=zones, villages=villages, places=places, as_of=datetime.date(2026, 11, 22))


def one(card: pd.DataFrame, id: str, part: str, zone: str = "440000", level: str = "province") -> pd.Series[Any]:
    found = card[
        (card["id"] == id)
        & (card["part"] == part)
        & (card["zone"] == zone)
        & (card["zone_level"] == level)
        & card["network"].isin(["", "any"])
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_every_clause_has_a_row_for_every_zone_it_concerns(card: pd.DataFrame) -> None:
    targets = read_policy("guangdong-2020", "guangdong-2018")
    counts = card[card["network"].isin(["", "any"]) & (card["zone"] != "")].groupby(["id", "part"]).size()
    for row in targets:
        cities = 21 if row.provincial else len(row.cities)
        assert counts[row.id, row.part] >= 1 + cities
        if row.provincial:
            assert counts[row.id, row.part] == 1 + 21 + 124


def test_all_residents_decide_to_the_person(card: pd.DataFrame) -> None:
    whole = one(card, "nr-pop90", "all_residents")
    outside = card[(card["id"] == "nr-pop90") & (card["part"] == "all_residents") & (card["network"] == "any") & (card["zone"] == "")]
    assert whole["denominator"] + outside.loc[outside["zone_level"] == "province", "denominator"].sum() == RESIDENTS
    for level in ("city", "county"):
        rows = card[
            (card["id"] == "nr-pop90") & (card["part"] == "all_residents") & (card["network"] == "any") & (card["zone_level"] == level)
        ]
        assert rows["denominator"].sum() == RESIDENTS and rows["numerator"].sum() == whole["numerator"]
    assert whole["required"] == 0.9 and whole["shortfall"] == np.ceil(0.9 * whole["denominator"]) - whole["numerator"]


def test_dongguan_is_a_city_and_a_county(card: pd.DataFrame) -> None:
    city, county = (one(card, "nr-pop90", "all_residents", "441900", level) for level in ("city", "county"))
    assert city["denominator"] == county["denominator"] == 10_466_625


def test_the_hospitals_in_the_file_cannot_reach_the_hundred(card: pd.DataFrame) -> None:
    hospitals = one(card, "nr-hospitals", "main")
    assert hospitals["denominator"] == 99 and hospitals["status"] == "layer_incomplete" and "仅室外" in hospitals["evidence"]


def test_townships_without_a_point_are_unknown(card: pd.DataFrame, places: Any) -> None:
    towns = one(card, "nr-prd-townships", "towns")
    mine = places[(places["place_class"] == "township") & places["kind"].isin(["镇", "乡"]) & (places["county"].str[:4] + "00").isin(DELTA)]
    assert towns["denominator"] == len(mine) and towns["unknown"] == mine.geometry.isna().sum()


def test_what_is_absent_is_named(card: pd.DataFrame) -> None:
    named = absent_layers(card)
    assert {"park", "venue", "railway", "sites", "county_seat"} <= set(named) and "hospital" not in named


def test_gaps_of_real_places(zones: Any, villages: Any, places: Any, cover: Coverage, card: pd.DataFrame) -> None:
    table = find_gaps(read_policy("guangdong-2020").only("nr-schools"), cover, zones=zones, villages=villages, places=places)
    schools = card[(card["id"] == "nr-schools") & (card["network"] == "any") & (card["zone_level"] == "province")]
    assert 0 < len(table) == (schools["denominator"] - schools["numerator"]).sum()
    assert (table["status"] != "served").all() and (table["city_name"] != "").mean() > 0.95


def test_delta_share_of_area(card: pd.DataFrame, zones: Any) -> None:
    area = one(card, "nr-cluster", "area_outdoors")
    cities = zones[(zones["level"] == "city") & zones["adcode"].isin(DELTA)]
    assert area["denominator"] == approx(cities.to_crs("+proj=cea +datum=WGS84").area.sum() / 1e6, rel=1e-3)
