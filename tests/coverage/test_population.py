"""Status within the position error, against brute force; people add up to the person."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
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


def test_status_against_brute_force(villages: Any, cover: Coverage) -> None:
    grid = cover.grid
    margin_db = np.nan_to_num(cover["nr"].margin_db, nan=-np.inf)
    centre_x, centre_y = grid.centre_of(*np.mgrid[0 : grid.height, 0 : grid.width])
    x_m, y_m = grid.place(villages)
    row, col = grid.pixel_of(x_m, y_m)
    status = service_status(villages, cover)["nr"]
    for i, error_m in enumerate(villages["position_error_m"]):
        if row[i] < 0:
            assert status.iloc[i] == "unserved"
            continue
        beyond_x = np.maximum(np.abs(centre_x - x_m[i]) - grid.resolution_m / 2, 0)
        beyond_y = np.maximum(np.abs(centre_y - y_m[i]) - grid.resolution_m / 2, 0)
        disc = np.hypot(beyond_x, beyond_y) <= error_m if error_m > 0 else np.zeros(grid.shape, dtype=bool)
        disc[row[i], col[i]] = True
        served = margin_db[disc] >= 0
        assert status.iloc[i] == ("served" if served.all() else "uncertain" if served.any() else "unserved")
    assert set(status) == {"served", "uncertain", "unserved"}


def test_a_village_takes_its_pixels_margin(villages: Any, cover: Coverage) -> None:
    exact = villages.assign(position_error_m=0.0)
    margins = demand_margin(exact, cover, "nbiot")
    row, col = cover.grid.pixel_of(*cover.grid.place(exact))
    inside = row >= 0
    np.testing.assert_array_equal(margins["margin_db"].to_numpy()[inside], cover["nbiot"].margin_db[row, col][inside])
    assert (service_status(exact, cover)["nbiot"] != "uncertain").all()


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
def test_a_larger_error_never_makes_certain(grid: Grid, presets: Any, seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    cover = made_cover(grid, presets, rng.normal(0, 5, grid.shape).astype(np.float32))
    left, bottom, right, top = grid.bounds_m
    lon, lat = grid.unproject(rng.uniform(left, right, 60), rng.uniform(bottom, top, 60))
    table = gpd.GeoDataFrame({"position_error_m": rng.uniform(0, 1, 60) * scale}, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    near, far = demand_margin(table, cover, "nr"), demand_margin(table.assign(position_error_m=table["position_error_m"] + 50), cover, "nr")
    assert (far["worst_db"] <= near["worst_db"]).all() and (far["best_db"] >= near["best_db"]).all()
    assert (near["worst_db"] <= near["margin_db"]).all() and (near["margin_db"] <= near["best_db"]).all()
