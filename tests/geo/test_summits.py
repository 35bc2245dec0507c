"""Summits that see many: hills made by hand, and the line of sight against a slow copy of the rule."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest

from infraplan.geo.grids import Grid
from infraplan.geo.summits import _sees, ridge_points, summits
from infraplan.geo.terrain import INLAND, Terrain
from infraplan.presets import load

GRID = Grid("+proj=laea +lat_0=23 +lon_0=113 +datum=WGS84 +units=m", -15_000.0, 15_000.0, 250.0, 120, 120)
SEEN_M = float(load("candidates")["ridges"]["seen_within_m"])


def ground(*hills: tuple[float, float, float, float, float]) -> Terrain:
    """Flat ground at 10 m with hills: x and y of the top, height, width along x and along y. [m]"""
    x_m, y_m = GRID.centre_of(*np.indices(GRID.shape))
    height_m = np.full(GRID.shape, 10.0)
    for x, y, top_m, across_m, along_m in hills:
        height_m += top_m * np.exp(-(((x_m - x) / across_m) ** 2) - ((y_m - y) / along_m) ** 2)
    return Terrain(GRID, height_m.astype(np.float32), None, np.full(GRID.shape, INLAND, np.uint8))


def people(*points: tuple[float, float, int]) -> Any:
    lon, lat = GRID.unproject([point[0] for point in points], [point[1] for point in points])
    return gpd.GeoDataFrame({"population": [point[2] for point in points]}, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def chosen(terrain: Terrain, demand: Any, **options: Any) -> Any:
    return ridge_points(terrain, demand, **({"square_m": 5000, "per_square": 1, "antenna_m": 40.0} | options))


def test_a_hill_between_two_valleys_sees_both() -> None:
    hill = ground((100, 100, 200, 800, 800))
    demand = people((-4000, 0, 300), (4000, 500, 200), (0, -5000, 50))
    found = chosen(hill, demand)
    assert len(found) == 1
    assert np.hypot(found.at[0, "x"] - 100, found.at[0, "y"] - 100) < GRID.resolution_m
    assert found.at[0, "people"] == 550
    assert found.at[0, "ground_m"] == pytest.approx(210, abs=10)


def test_from_the_plain_the_hill_hides_the_other_valley() -> None:
    hill = ground((0, 0, 200, 800, 800))
    seen = lines(hill, [(-4000.0, 0.0), (0.0, 0.0)], [(4000.0, 0.0), (-5000.0, 0.0)])
    np.testing.assert_array_equal(seen, [[False, True], [True, True]])


def test_a_ridge_behind_another_sees_nobody_and_is_not_chosen() -> None:
    both = ground((2000, 0, 400, 600, 40_000), (7000, 0, 120, 600, 600))
    demand = people((-4000, 0, 300), (-3000, 2000, 100))
    row, col = summits(both)
    x_m, _ = GRID.centre_of(row, col)
    assert (x_m > 5000).any(), "the lower hill is a summit"
    found = chosen(both, demand, square_m=4000)
    assert len(found) and (found["x"] < 3000).all()


def test_the_best_few_of_each_square() -> None:
    hills = ground((2000, 1500, 150, 500, 500), (9000, 2500, 300, 500, 500), (-9000, -9000, 150, 500, 500))
    demand = people((2000, 5000, 300), (14_000, 2500, 200), (-9000, -12000, 50))
    assert len(chosen(hills, demand, square_m=30_000, per_square=5)) == 3
    assert chosen(hills, demand, square_m=30_000, per_square=1)["people"].tolist() == [50, 500]
    assert len(chosen(hills, demand, least_people=60, per_square=5)) == 2
    assert len(chosen(hills, demand, per_square=0)) == 0
    assert len(chosen(hills, people((2000, 5000, 0)))) == 0


def test_a_level_top_is_one_summit() -> None:
    mesa = ground()
    mesa.height_m[40:44, 40:44] = 90.0
    row, col = summits(mesa)
    assert len(row) == 1 and (row[0], col[0]) == (40, 40)


def test_flat_ground_has_no_summits() -> None:
    assert len(chosen(ground(), people((0, 0, 100)))) == 0


def test_people_beyond_the_range_do_not_count() -> None:
    hill = ground((-9000, 0, 200, 600, 600))
    found = chosen(hill, people((-9000 + SEEN_M - 500, 0, 10), (-9000 + SEEN_M + 500, 0, 1000)))
    assert found["people"].tolist() == [10]


def lines(terrain: Terrain, origins: list[tuple[float, float]], ends: list[tuple[float, float]], *, earth_m: float = 8.495e6) -> Any:
    """The kernel between all origins (40 m up) and all ends (1.5 m up)."""
    a, b = np.array(origins), np.array(ends)
    col, row = (a[:, 0] - GRID.x0_m) / GRID.resolution_m - 0.5, (GRID.y0_m - a[:, 1]) / GRID.resolution_m - 0.5
    to_col, to_row = (b[:, 0] - GRID.x0_m) / GRID.resolution_m - 0.5, (GRID.y0_m - b[:, 1]) / GRID.resolution_m - 0.5
    out = np.zeros(len(a) * len(b), dtype=bool)
    start, to = np.arange(len(a) + 1) * len(b), np.tile(np.arange(len(b)), len(a))
    up_m, down_m = terrain.height_at(*a.T) + 40.0, terrain.height_at(*b.T) + 1.5
    _sees(terrain.height_m, GRID.resolution_m, earth_m, col, row, up_m, start, to, to_col, to_row, down_m, out)
    return out.reshape(len(a), len(b))


def test_the_kernel_equals_the_rule_written_slowly() -> None:
    rng = np.random.default_rng(5)
    hills = [(*rng.uniform(-12_000, 12_000, 2), rng.uniform(10, 120), *rng.uniform(500, 3000, 2)) for _ in range(25)]
    terrain = ground(*hills)
    origins, ends = rng.uniform(-14_000, 14_000, (15, 2)), rng.uniform(-14_000, 14_000, (40, 2))
    slow = np.zeros((15, 40), dtype=bool)
    for i, a in enumerate(origins):
        for j, b in enumerate(ends):
            length_m = float(np.hypot(*(b - a)))
            part = np.arange(1, int(np.ceil(length_m / GRID.resolution_m))) / np.ceil(length_m / GRID.resolution_m)
            at = a + part[:, None] * (b - a)
            bulge_m = part * (1 - part) * length_m**2 / (2 * 8.495e6)
            top_m, foot_m = terrain.height_at(*a)[0] + 40, terrain.height_at(*b)[0] + 1.5
            slow[i, j] = (terrain.height_at(*at.T) + bulge_m <= top_m + part * (foot_m - top_m)).all()
    fast = lines(terrain, [tuple(a) for a in origins], [tuple(b) for b in ends])
    assert 0.1 < slow.mean() < 0.9
    assert (fast != slow).mean() < 0.004  # heights are float32 in the kernel


def test_the_bulge_of_the_earth_hides_what_lies_far() -> None:
    flat = ground()
    near, far = [(-9000.0, 0.0)], [(14_000.0, 0.0)]
    assert lines(flat, near, far).all()
    assert not lines(flat, near, far, earth_m=3e5).any()
