"""Pixels, windows, projection."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import box

from infraplan.geo.grids import Grid, metric_crs

GUANGDONG = (109.6, 20.2, 117.3, 25.5)


@pytest.fixture(scope="module")
def grid() -> Grid:
    return Grid.over(gpd.GeoDataFrame(geometry=[box(*GUANGDONG)], crs=4326), 250)


def test_every_corner_lies_inside(grid: Grid) -> None:
    west, south, east, north = GUANGDONG
    row, col = grid.pixel_of(*grid.project([west, east, west, east], [south, south, north, north]))
    assert (row >= 0).all() and (col >= 0).all()


@given(lon=st.floats(109.7, 117.2), lat=st.floats(20.3, 25.4))
def test_there_and_back(grid: Grid, lon: float, lat: float) -> None:
    back = grid.unproject(*grid.project(lon, lat))
    assert float(back[0]) == pytest.approx(lon, abs=1e-7) and float(back[1]) == pytest.approx(lat, abs=1e-7)  # PROJ inverts by a series


@given(row=st.integers(0, 2000), col=st.integers(0, 2500))
def test_a_pixel_holds_its_centre(grid: Grid, row: int, col: int) -> None:
    found = grid.pixel_of(*grid.centre_of(row, col))
    assert (int(found[0][0]), int(found[1][0])) == (row, col)


def test_distances_are_true_to_a_thousandth(grid: Grid) -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(109.7, 117.2, 500), rng.uniform(20.3, 25.4, 500)
    lon2, lat2 = lon + rng.uniform(-0.2, 0.2, 500), lat + rng.uniform(-0.2, 0.2, 500)
    x, y = grid.project(lon, lat)
    x2, y2 = grid.project(lon2, lat2)
    true_m = Geod(ellps="WGS84").inv(lon, lat, lon2, lat2)[2]
    assert np.abs(np.hypot(x2 - x, y2 - y) / true_m - 1).max() < 1.1e-3


def test_points_outside_and_missing(grid: Grid) -> None:
    row, col = grid.pixel_of([1e9, np.nan], [0.0, 0.0])
    assert list(row) == [-1, -1] and list(col) == [-1, -1]


def test_a_window_keeps_the_pixels(grid: Grid) -> None:
    window = grid.window(-10_010, -9_990, 12_345, 20_000)
    rows, cols = window.slices_in(grid)
    assert (rows.stop - rows.start, cols.stop - cols.start) == window.shape
    assert window.centre_of(0, 0) == grid.centre_of(rows.start, cols.start)
    assert grid.window(1e8, 1e8, 2e8, 2e8).shape == (0, 0) or 0 in grid.window(1e8, 1e8, 2e8, 2e8).shape


def test_degrees_are_refused() -> None:
    zones = gpd.GeoDataFrame(geometry=[box(*GUANGDONG)], crs=4326)
    with pytest.raises(ValueError, match="metric CRS"):
        Grid.over(zones, 250, crs="EPSG:4326")
    with pytest.raises(ValueError, match="positive"):
        Grid.over(zones, 0)
    assert "laea" in metric_crs(113.2, 23.1)
