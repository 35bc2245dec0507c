"""The first look at a row: it leaves out most receivers, and none that the bounds after it would keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hilly_ground import hills

from infraplan.coverage.mast_arrays import ground_of
from infraplan.coverage.own_clutter import drop_behind_clutter, least_far, surroundings_of
from infraplan.coverage.receivers_in_rows import Strips, offset_of, pixel_rows
from infraplan.coverage.row_screen import EDGE_AT_0_DB, PER_E, row_room, screen_row
from infraplan.coverage.terrain_bounds import EDGE_DB, EDGE_STEPS
from infraplan.coverage.terrain_pixels import room_for_pairs, spares_of
from infraplan.geo.grids import Grid
from infraplan.radio.fast_math import fast_log32
from infraplan.radio.ground_profiles import height_at
from infraplan.radio.p1812_tables import scene

RECEIVER_M = 1.5
REACH_M = np.array([9000.0, 15_000.0])


@pytest.mark.parametrize("scattered", [True, False])
@pytest.mark.parametrize("ring_m", [(0.0, 12_000.0), (1500.0, 2600.0)])
def test_what_the_bounds_would_keep_passes(zones: Any, scattered: bool, ring_m: tuple[float, float]) -> None:
    grid, rng = Grid.over(zones, 125), np.random.default_rng(8)
    ground = ground_of(hills(grid, top_m=60.0))
    left, bottom, right, top = grid.bounds_m
    if scattered:
        rows = Strips.of(rng.uniform(left, right, 1500), rng.uniform(bottom, top, 1500)).rows
        shape, width, lines = (1, 1500), 1500, [0]
    else:
        rows, shape, width = pixel_rows(grid), grid.shape, grid.width
        lines = list(range(0, grid.height, 9))
    best = rng.uniform(-30.0, 60.0, (2, *shape)).astype(np.float32)
    best[0, :, ::40] = np.nan
    around = surroundings_of(rows, shape, ground)
    constants = scene(20.0, 0.05, (0.7, 2.6), 22, 50.0, 50.0, 0.0, True, 45.0, 325.0).constants
    pairs = room_for_pairs(2, 1, 2)
    pairs.counts[:] = 2, 1
    pairs.band[:2], pairs.layer[:2], pairs.highest[:2] = (0, 1), (0, 1), (40.0, 30.0)
    both_m, (least_m, most_m) = 2.0 * float(ground.nominal_m.max()), ring_m
    work, kept_in_all, looked_at, passed = row_room(width), 0, 0, 0
    free, most, spare = np.empty(width), np.empty(width), np.empty((2, width))
    for x_m, y_m in zip(rng.uniform(left, right, 20), rng.uniform(bottom, top, 20), strict=True):
        tx_m = height_at(ground, x_m, y_m) + 30.0
        for line in lines:
            begin, end = 5, width - 3  # an odd length, not the whole row
            columns = np.arange(begin, end + 1)
            offsets = np.array([offset_of(rows, line, c, x_m, y_m) for c in columns])
            square = (offsets**2).sum(axis=1)
            spares_of(best, line, columns, len(columns), square, True, REACH_M, pairs, 2, free, spare, most)
            drop_behind_clutter(around, line, columns, len(columns), tx_m, RECEIVER_M, both_m, constants, square, spare, most)
            in_ring = (square >= least_m**2) & (square < most_m**2)
            kept = columns[(most[: len(columns)] >= 0.0) & in_ring]
            count = screen_row(
                best, rows, around, line, line, begin, end, x_m, y_m, tx_m, RECEIVER_M, both_m, least_far(most_m), True, least_m, most_m,
                REACH_M, pairs, constants, work,
            )  # fmt: skip
            found = work.found[:count]
            assert np.isin(kept, found).all()
            assert (np.diff(found) > 0).all()
            assert np.isin(found, columns[in_ring]).all()
            np.testing.assert_allclose(work.square[:count], square[found - begin])
            np.testing.assert_allclose(np.stack([work.dx[:count], work.dy[:count]], axis=1), offsets[found - begin])
            kept_in_all, looked_at, passed = kept_in_all + len(kept), looked_at + int(in_ring.sum()), passed + count
    assert 0 < kept_in_all <= passed < 0.8 * looked_at
    assert passed < 1.25 * kept_in_all


def test_without_bounds_the_whole_ring_passes(zones: Any) -> None:
    grid = Grid.over(zones, 125)
    rows, best = pixel_rows(grid), np.zeros((1, *grid.shape), np.float32)
    around = surroundings_of(rows, grid.shape, ground_of(hills(grid)))
    x_m, y_m = (float(v) for v in grid.centre_of(20, 20))
    work = row_room(grid.width)
    args = 0.0, 50.0, RECEIVER_M, 60.0, 1.0, False, 500.0, 1000.0, np.array([1e4]), room_for_pairs(1, 1, 1), np.ones((1, 30)), work
    count = screen_row(best, rows, around, 20, 20, 0, grid.width - 1, x_m, y_m, *args[1:])
    np.testing.assert_array_equal(work.found[:count], [*range(13, 17), *range(24, 28)])


def test_the_looser_edge_is_below_the_table_and_the_logarithm_is_one() -> None:
    v = np.linspace(0.0, 60.0, 20_001)
    table = EDGE_DB[((v + 0.78) * EDGE_STEPS).astype(int)]
    assert (EDGE_AT_0_DB + PER_E * np.arcsinh(v - 0.1) < table - 0.01).all()
    values = np.geomspace(1e-6, 1e6, 3001).astype(np.float32)
    found = np.array([fast_log32(x) for x in values])
    np.testing.assert_allclose(found, np.log(values.astype(float)), atol=2e-6)
