"""Status within the position error, against brute force; people add up to the person."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hilly_ground import hills
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infraplan.coverage.population import demand_margin, population_coverage, service_status
from infraplan.coverage.prediction import Coverage, Layer, predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.geo.grids import Grid


@pytest.fixture(scope="module")
def cover(sites: Any, grid: Grid, presets: Any) -> Coverage:
    return predict_coverage(sectors_of(sites, presets), grid, presets)


def made_cover(grid: Grid, presets: Any, margin_db: npt.NDArray[np.float32]) -> Coverage:
    layers = {("nr", "any"): Layer(margin_db, np.zeros(grid.shape, np.int32))}
    return Coverage(grid, presets, layers, np.array(["A"], object), np.array(["nr-n41"], object), "statistical", (), 0.9, 30.0, 0)


def test_status_against_brute_force(villages: Any, grid: Grid, presets: Any) -> None:
    """On a map of pixels alone: the point itself and six positions around it, or more rings, each by its pixel."""
    rng = np.random.default_rng(3)
    margin_db = (rng.normal(0, 4, grid.shape) + 6.0 * np.sin(np.arange(grid.width) / 9.0)).astype(np.float32)
    status = service_status(villages, made_cover(grid, presets, margin_db), ("nr",))["nr"]
    x_m, y_m = grid.place(villages)
    for i, error_m in enumerate(villages["position_error_m"]):
        if grid.pixel_of(x_m[i], y_m[i])[0][0] < 0:
            assert status.iloc[i] == "unserved"
            continue
        rings = 0 if error_m <= 50 else 1 if error_m <= 500 else 2
        places, total = [(x_m[i], y_m[i])], 1 + sum(6 * ring for ring in range(1, rings + 1))
        for ring in range(1, rings + 1):
            nearer = 1 + sum(6 * inner for inner in range(1, ring))
            far_m = error_m * math.sqrt((nearer + 0.5 * 6 * ring) / total)
            turn = 0.5 if ring % 2 else 0.0
            for k in range(6 * ring):
                angle = 2 * math.pi * (k + turn) / (6 * ring)
                places.append((x_m[i] + far_m * math.sin(angle), y_m[i] + far_m * math.cos(angle)))
        row, col = grid.pixel_of(*np.transpose(places))
        served = margin_db[row[row >= 0], col[row >= 0]] >= 0
        assert status.iloc[i] == ("served" if served.all() else "uncertain" if served.any() else "unserved")
    assert set(status) == {"served", "uncertain", "unserved"}


def test_a_village_at_a_pixels_centre_takes_its_margin(villages: Any, cover: Coverage) -> None:
    grid = cover.grid
    row, col = grid.pixel_of(*grid.place(villages))
    inside = row >= 0
    lon, lat = grid.unproject(*grid.centre_of(row[inside], col[inside]))
    exact = villages.loc[inside].assign(position_error_m=0.0).set_geometry(gpd.points_from_xy(lon, lat), crs=4326)
    margins = demand_margin(exact, cover, "nbiot")["margin_db"].to_numpy()
    np.testing.assert_allclose(margins, cover["nbiot"].margin_db[row, col][inside], atol=0.01)
    assert (service_status(exact, cover)["nbiot"] != "uncertain").all()


@pytest.mark.parametrize("kind", ["statistical", "p1812"])
def test_statuses_do_not_depend_on_the_pixels(sites: Any, villages: Any, zones: Any, presets: Any, kind: str) -> None:
    widest = Grid.over(zones, 1000)
    fine = Grid(widest.crs, widest.x0_m, widest.y0_m, 100.0, 10 * widest.height, 10 * widest.width)
    ground = hills(fine) if kind == "p1812" else None
    found, inside = [], np.ones(len(villages), bool)
    for resolution_m in (1000.0, 500.0, 250.0):
        grid = Grid.over(zones, resolution_m)
        inside &= grid.pixel_of(*grid.place(villages))[0] >= 0
        cover = predict_coverage(sectors_of(sites, presets), grid, presets, terrain=ground, max_radius_km=4.0)
        found.append(service_status(villages, cover))
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0].loc[inside], other.loc[inside])
    assert found[0]["nr"].nunique() == 3


@pytest.mark.parametrize("network", ["any", "cbn+cmcc", "ctcc+cucc"])
def test_people_add_up_at_every_level(villages: Any, cover: Coverage, zones: Any, network: str) -> None:
    rows = population_coverage(villages, cover, zones, network=network)
    total = int(villages["population"].sum())
    for (_, _), part in rows.groupby(["level", "family"]):
        assert part["population"].sum() == total
        assert (part[["served", "uncertain", "unserved"]].sum(axis=1) == part["population"]).all()
    outside = rows.loc[rows["adcode"] == "", "population"]
    assert len(outside) and (outside == villages.loc[villages["city"] == "", "population"].sum()).all()
    for column in ("served", "uncertain", "unserved"):
        counties = rows.loc[(rows["level"] == "county") & (rows["adcode"] != "")].groupby(["family", "parent"])[column].sum()
        cities = rows.loc[(rows["level"] == "city") & (rows["adcode"] != "")].set_index(["family", "adcode"])[column]
        assert (counties.sort_index().to_numpy() == cities.sort_index().to_numpy()).all()


def test_a_place_without_a_point_is_not_served(villages: Any, cover: Coverage) -> None:
    lost = villages.copy()
    lost.loc[lost.index[0], "geometry"] = None
    assert service_status(lost, cover)["nr"].iloc[0] == "unserved"


def test_a_position_error_below_half_a_pixel_counts(grid: Grid, presets: Any) -> None:
    """100 m on pixels of 250 m: a village 60 m from the rim of the served pixels is not certain, one 110 m inside is."""
    margin_db = np.full(grid.shape, -5.0, np.float32)
    margin_db[:, :20] = 5.0
    rim_m = grid.x0_m + 20 * grid.resolution_m
    cover = made_cover(grid, presets, margin_db)
    x_m = rim_m + np.array([-110.0, -60.0, 60.0, 110.0])
    lon, lat = grid.unproject(x_m, np.full(4, grid.y0_m - 20.5 * grid.resolution_m))
    table = gpd.GeoDataFrame({"position_error_m": np.full(4, 100.0)}, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    assert list(service_status(table, cover, ("nr",))["nr"]) == ["served", "uncertain", "uncertain", "unserved"]
    exact = table.assign(position_error_m=0.0)
    assert list(service_status(exact, cover, ("nr",))["nr"]) == ["served", "served", "unserved", "unserved"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([0.0, 30.0, 125.0, 400.0, 1500.0]))
def test_rows_do_not_depend_on_each_other(grid: Grid, presets: Any, seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    cover = made_cover(grid, presets, rng.normal(0, 5, grid.shape).astype(np.float32))
    left, bottom, right, top = grid.bounds_m
    lon, lat = grid.unproject(rng.uniform(left, right, 60), rng.uniform(bottom, top, 60))
    table = gpd.GeoDataFrame({"position_error_m": rng.uniform(0, 1, 60) * scale}, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    margins, some = demand_margin(table, cover, "nr"), rng.permutation(60)[:30]
    pd.testing.assert_frame_equal(margins.iloc[some], demand_margin(table.iloc[some], cover, "nr"))
    assert (margins["worst_db"] <= margins["margin_db"]).all() and (margins["margin_db"] <= margins["best_db"]).all()
