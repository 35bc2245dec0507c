"""Distances to roads, power lines and fibre: as brute force finds them, whatever the order of rows; what they add to the cost of a site."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, Point
from small_world import small_world

from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.siting.candidates import candidate_sites
from infraplan.siting.costs import usual_costs
from infraplan.siting.costs_schema import LEVELS, LINES
from infraplan.siting.line_distances import line_costs, line_distances_km
from infraplan.tables.reprojection import to_plane

WORLD, COSTS = small_world(), usual_costs()
FEW = settings(max_examples=25, deadline=None)


def layer(shapes: list[Any], grid: Grid) -> gpd.GeoDataFrame:
    """Shapes of the grid's plane, in degrees as a reader returns them."""
    return gpd.GeoDataFrame(geometry=to_plane(gpd.GeoSeries(shapes, crs=grid.crs), 4326))


def points(rng: np.random.Generator, count: int = 30) -> pd.DataFrame:
    return pd.DataFrame({"x": rng.uniform(-5e3, 5e3, count), "y": rng.uniform(-5e3, 5e3, count)})


@FEW
@given(seed=st.integers(0, 10_000))
def test_the_nearest_line_is_that_of_brute_force_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes: list[Any] = [LineString(rng.uniform(-6e3, 6e3, (rng.integers(2, 6), 2))) for _ in range(7)]
    shapes.append(MultiLineString([rng.uniform(-6e3, 6e3, (3, 2)), rng.uniform(-6e3, 6e3, (2, 2))]))
    table, roads = points(rng), layer(shapes, WORLD.grid)
    found = line_distances_km(table, {"roads": roads}, WORLD.grid)
    wanted = [min(shape.distance(Point(x, y)) for shape in shapes) / 1000 for x, y in table.to_numpy()]
    np.testing.assert_allclose(found["roads_km"], wanted, atol=1e-4)
    assert found[["power_lines_km", "fibre_km"]].isna().all().all()
    turned = rng.permutation(len(shapes))
    pd.testing.assert_frame_equal(line_distances_km(table, {"roads": roads.iloc[turned]}, WORLD.grid), found)
    order = rng.permutation(len(table))
    pd.testing.assert_frame_equal(line_distances_km(table.iloc[order], {"roads": roads}, WORLD.grid).loc[table.index], found)


def test_each_line_a_host_needs_is_priced_by_its_km() -> None:
    table = pd.DataFrame({"host": ["tower", "rooftop", "overlay", "summit"], "roads_km": 2.0, "power_lines_km": np.nan, "fibre_km": 3.0})
    for at, level in enumerate(LEVELS):
        road, fibre = 2 * 1.4 * (50e3, 120e3, 300e3)[at], 3 * 1.3 * (15e3, 25e3, 50e3)[at]
        assert line_costs(table, COSTS, level).tolist() == pytest.approx([road + fibre, fibre, 0, road + fibre])


def east_road(metres: float) -> gpd.GeoDataFrame:
    """A road along the eastern side of the world, so far outside it."""
    _, bottom, right, top = WORLD.zones.to_crs(WORLD.grid.crs).total_bounds
    return layer([LineString([(right + metres, bottom - 1e4), (right + metres, top + 1e4)])], WORLD.grid)


def made(**options: Any) -> Any:
    return candidate_sites(WORLD.zones, grid=WORLD.grid, demand=WORLD.villages, existing=WORLD.sites, spacing_m=4000, **options)


def test_candidates_cost_their_base_and_their_distance() -> None:
    plain, road = made(services=["nr-n28", "nbiot-800"]), made(services=["nr-n28", "nbiot-800"], lines={"roads": east_road(3000)})
    assert plain["id"].tolist() == road["id"].tolist() and plain["roads_km"].isna().all()
    towers = (road["host"] == "tower").to_numpy()
    assert towers.any() and not towers.all() and road.loc[~towers, "roads_km"].isna().all()
    x_m, _ = WORLD.grid.place(road)
    right = WORLD.zones.to_crs(WORLD.grid.crs).total_bounds[2]
    np.testing.assert_allclose(road.loc[towers, "roads_km"], (right + 3000 - x_m[towers]) / 1000, atol=0.01)
    for column, level in (("cost_low", "low"), ("cost", "typical"), ("cost_high", "high")):
        services = road["services"].str.count(";") + 1
        base = [COSTS.life_cost(host, count, level) for host, count in zip(road["host"], services, strict=True)]
        assert plain[column].tolist() == base
        added = np.nan_to_num(road["roads_km"]) * COSTS.line_cost_per_km("roads", level)
        np.testing.assert_allclose(road[column] - plain[column], added, atol=1)
    assert (road["cost_low"] <= road["cost"]).all() and (road["cost"] <= road["cost_high"]).all()
    whole = road["capex"] + (road["opex_per_year"] + road["power_per_year"]) * COSTS.present_value_years
    np.testing.assert_allclose(whole, road["cost"], atol=20)
    np.testing.assert_allclose(road["annuity"] * COSTS.present_value_years, road["cost"], atol=5)


def test_two_service_sets_of_a_place_cost_more_than_the_joint_one_with_lines_too() -> None:
    found = made(services=["nr-n28", "nbiot-800"], lines=dict.fromkeys(LINES, east_road(5000)))
    for _, place in found.groupby("place"):
        alone, joint = place.loc[~place["services"].str.contains(";")], place.loc[place["services"].str.contains(";")]
        for column in ("cost_low", "cost", "cost_high"):
            assert not len(joint) or alone[column].sum() > joint[column].iloc[0]


def test_unknown_lines_and_lines_without_a_crs_are_refused() -> None:
    with pytest.raises(UsageError, match="roads"):
        made(lines={"rods": east_road(0)})
    with pytest.raises(UsageError, match="read_cost_lines"):
        made(lines={"roads": gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])])})
