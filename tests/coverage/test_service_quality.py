"""Who also has SINR and rate: counts add up, more is never asked for less, and the map agrees with the points."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest

from infraplan.coverage.population import population_coverage, service_status
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.quality_at_points import service_quality
from infraplan.coverage.quality_counts import population_quality, quality_map
from infraplan.coverage.sectors import sectors_of
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.radio.link_quality import QualityGoal

GOAL = QualityGoal(load=0.5, downlink_mbps=220.0, uplink_mbps=20.0)
KEYS = ["level", "adcode", "network", "receiver"]


@pytest.fixture(scope="module")
def sectors(sites: Any, presets: Any) -> Any:
    return sectors_of(sites, presets)


@pytest.fixture(scope="module")
def cover(sectors: Any, grid: Grid, presets: Any) -> Coverage:
    return predict_coverage(sectors, grid, presets, both_receivers=True)


@pytest.fixture(scope="module")
def table(villages: Any, cover: Coverage, zones: Any, sectors: Any) -> Any:
    return population_quality(villages, cover, zones, sectors, goal=GOAL)


def test_each_criterion_keeps_part_of_the_one_before(table: Any, villages: Any) -> None:
    for more, less in (("population", "served"), ("served", "sinr"), ("sinr", "rate"), ("rate", "shared")):
        assert (table[less] <= table[more]).all(), (more, less)
    province = table[table["level"] == "province"]
    assert set(province["receiver"]) == {"outdoor", "indoor"}
    assert (province["sinr"] > 0).any()
    assert (province["rate"] < province["served"]).any(), "the case tells nothing if everybody gets everything"
    assert set(table["family"]) == {"nr"}, "NB-IoT has no rate that people ask for"


def test_served_is_what_the_map_counts(table: Any, villages: Any, cover: Coverage, zones: Any) -> None:
    for network in cover.networks:
        expected = population_coverage(villages, cover, zones, ["nr"], network).set_index(["level", "adcode"])["served"]
        own = table[(table["network"] == network) & (table["receiver"] == "outdoor")].set_index(["level", "adcode"])["served"]
        assert own.to_dict() == expected.to_dict()


def test_zones_add_up_and_any_is_at_least_each(table: Any) -> None:
    for name in ("population", "served", "sinr", "rate", "shared"):
        sums = table.groupby(["network", "receiver", "level"])[name].sum().unstack()
        assert (sums["county"] == sums["city"]).all()
        assert (sums["province"] == sums["city"]).all()
    wide = table.set_index(KEYS)
    for name in ("served", "sinr", "rate"):
        anyone = wide.xs("any", level="network")[name]
        for network in set(table["network"]) - {"any"}:
            assert (anyone >= wide.xs(network, level="network")[name]).all()


def test_the_rows_of_villages_make_no_difference(table: Any, villages: Any, cover: Coverage, zones: Any, sectors: Any) -> None:
    turned = population_quality(villages.sample(frac=1.0, random_state=2), cover, zones, sectors, goal=GOAL, workers=1)
    assert turned.equals(table)


def test_points_and_map_agree(cover: Coverage, sectors: Any, villages: Any) -> None:
    planes = quality_map(cover, sectors, "nr", goal=GOAL)
    assert list(planes) == ["outdoor", "indoor"]
    rows, cols = np.nonzero(np.isfinite(planes["outdoor"].sinr_db))
    some = slice(None, None, max(1, len(rows) // 100))
    lon, lat = cover.grid.unproject(*cover.grid.centre_of(rows[some], cols[some]))
    points = gpd.GeoDataFrame({"id": range(len(lon))}, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    found = service_quality(points, cover, sectors, goal=GOAL)
    np.testing.assert_allclose(found["sinr_db"], planes["outdoor"].sinr_db[rows[some], cols[some]], atol=0.05)
    served = np.logical_or.reduce([cover["nr", name].margin_db >= 0.0 for name in cover.networks])
    assert (np.isfinite(planes["outdoor"].sinr_db) == served).mean() > 0.999


def test_less_load_is_never_worse(cover: Coverage, sectors: Any, villages: Any) -> None:
    quiet, busy = (service_quality(villages, cover, sectors, goal=QualityGoal(load=load)) for load in (0.1, 0.9))
    known = quiet["sinr_db"].notna()
    assert known.any()
    assert (quiet.loc[known, "sinr_db"] >= busy.loc[known, "sinr_db"] - 1e-4).all()
    assert (quiet.loc[known, "downlink_mbps"] >= busy.loc[known, "downlink_mbps"] - 1e-3).all()


def test_wrong_calls_name_what_is_there(cover: Coverage, sectors: Any, villages: Any, zones: Any) -> None:
    with pytest.raises(UsageError, match="nbiot"):
        service_quality(villages, cover, sectors, family="nbiot")
    with pytest.raises(UsageError, match="cbn"):
        service_quality(villages, cover, sectors, network="cbn+ctcc")
    with pytest.raises(UsageError, match="indoor"):
        service_quality(villages, cover, sectors, receiver="train")
    with pytest.raises(UsageError, match=f"{len(sectors):,}"):
        service_quality(villages, cover, sectors.iloc[1:])


def test_nobody_to_count(villages: Any, cover: Coverage, zones: Any, sectors: Any) -> None:
    none = population_quality(villages.iloc[:0], cover, zones, sectors)
    assert (none["population"] == 0).all()
    assert none["share"].isna().all()
    assert population_quality(villages, cover, zones, sectors, ["nbiot"]).empty


def test_rates_of_half_and_at_the_edge_are_quantiles_of_people(table: Any, villages: Any, cover: Coverage, sectors: Any) -> None:
    found = service_quality(villages, cover, sectors, goal=GOAL)
    served = service_status(villages, cover, ["nr"])["nr"] == "served"
    people = np.repeat(found["downlink_mbps"][served], villages["population"][served]).dropna().sort_values().to_numpy()
    row = table[(table["level"] == "province") & (table["network"] == "any") & (table["receiver"] == "outdoor")].iloc[0]
    for part, name in ((0.5, "downlink_mbps"), (0.05, "downlink_edge_mbps")):
        assert row[name] == pytest.approx(people[int(np.ceil(part * len(people))) - 1], abs=0.051)
    assert row["downlink_edge_mbps"] < row["downlink_mbps"]
