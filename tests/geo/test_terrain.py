"""The ground on a grid: cutting, sampling, the sea and its coast."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.geo.grids import Grid
from infraplan.geo.terrain import COASTAL_LAND, INLAND, SEA, Clutter, Terrain, radio_zones, sea_by_flatness

CRS = "EPSG:32650"


def plane(height: int, width: int, resolution_m: float = 100.0) -> Terrain:
    """Ground that rises 1 m a pixel east and 2 m a pixel south."""
    grid = Grid(CRS, 1000.0, 9000.0, resolution_m, height, width)
    row, col = np.mgrid[0:height, 0:width]
    ground = (10.0 + col + 2 * row).astype(np.float32)
    return Terrain(grid, ground, Clutter.of_heights(grid, np.zeros_like(ground)), np.full(ground.shape, INLAND, np.uint8))


def test_a_window_shows_the_same_ground() -> None:
    ground = plane(40, 50)
    window = ground.grid.window(2000.0, 6500.0, 3000.0, 8000.0)
    part = ground.within(window)
    assert part.height_m.shape == window.shape
    x_m, y_m = window.centre_of(3, 4)
    assert part.height_at(x_m, y_m) == pytest.approx(ground.height_at(x_m, y_m))
    assert part.height_m.base is not None, "a window is a view, not a copy"


@given(st.floats(0.5, 38.5), st.floats(0.5, 48.5))
def test_height_of_a_plane_is_exact_between_pixel_centres(row: float, col: float) -> None:
    ground = plane(40, 50)
    x_m, y_m = 1000.0 + (col + 0.5) * 100.0, 9000.0 - (row + 0.5) * 100.0
    assert ground.height_at(x_m, y_m)[0] == pytest.approx(10 + col + 2 * row, abs=1e-4)


def test_off_the_grid_and_in_a_hole_height_is_unknown() -> None:
    ground = plane(10, 10)
    assert np.isnan(ground.height_at([0.0, 5000.0], [8500.0, 8500.0])).all()
    ground.height_m[5, 5] = np.nan
    x_m, y_m = ground.grid.centre_of(5, 5)
    assert np.isnan(ground.height_at(x_m, y_m)[0])


def test_layers_must_fit_the_grid() -> None:
    ground = plane(10, 10)
    with pytest.raises(ValueError, match="zone"):
        Terrain(ground.grid, ground.height_m, None, np.zeros((9, 10), np.uint8))


def test_only_large_flat_patches_are_sea() -> None:
    height_m = np.full((120, 120), 5.0, np.float32)
    height_m[:, :60] = 0.0  # 12 x 6 km at 100 m
    height_m[100:110, 100:110] = -2.0  # 1 km2 below sea level inland
    sea = sea_by_flatness(height_m, 100.0)
    assert sea[:, :60].all() and not sea[:, 60:].any()


def test_coastal_land_ends_at_fifty_kilometres_and_a_hundred_metres() -> None:
    height_m = np.full((40, 400), 20.0, np.float32)  # 500 m pixels: 200 km wide
    height_m[:, :20] = 0.0
    height_m[:, 60:70] = 150.0
    sea = height_m == 0
    zone = radio_zones(height_m, sea, 500.0)
    assert (zone[:, :20] == SEA).all()
    assert (zone[:, 30:60] == COASTAL_LAND).all()
    assert (zone[:, 60:70] == INLAND).all(), "higher than 100 m"
    assert (zone[:, 70:115] == COASTAL_LAND).all()
    assert (zone[:, 125:] == INLAND).all(), "farther than 50 km"


def test_without_a_sea_all_is_inland() -> None:
    height_m = np.full((20, 20), 30.0, np.float32)
    assert (radio_zones(height_m, sea_by_flatness(height_m, 100.0), 100.0) == INLAND).all()
