"""Blocks of receivers: one is left out only where each of its receivers would be."""

from __future__ import annotations

from typing import Any

import numpy as np
from hilly_ground import hills

from infraplan.coverage.mast_arrays import ground_of
from infraplan.coverage.own_clutter import drop_behind_clutter, surroundings_of
from infraplan.coverage.receiver_blocks import blocks_of, is_out, lower_margins
from infraplan.coverage.receivers_in_rows import Strips, offsets_from
from infraplan.coverage.terrain_pixels import room_for_pairs, spares_of_row
from infraplan.geo.grids import Grid
from infraplan.radio.ground_profiles import height_at
from infraplan.radio.p1812_tables import scene

RECEIVER_M = 1.5
REACH_M = np.array([9000.0, 15_000.0])


def test_a_block_is_left_out_only_with_all_of_its_receivers(zones: Any) -> None:
    grid, rng = Grid.over(zones, 125), np.random.default_rng(8)
    ground = ground_of(hills(grid, top_m=60.0))
    left, bottom, right, top = grid.bounds_m
    centre_x_m, centre_y_m = rng.uniform(left, right, 300), rng.uniform(bottom, top, 300)
    strips = Strips.of(np.repeat(centre_x_m, 7) + rng.normal(0.0, 60.0, 2100), np.repeat(centre_y_m, 7) + rng.normal(0.0, 60.0, 2100))
    rows, count = strips.rows, 2100
    best = rng.uniform(-30.0, 60.0, (2, 1, count)).astype(np.float32)
    best[0, 0, ::400] = np.nan
    around = surroundings_of(rows, (1, count), ground)
    blocks = blocks_of(rows, around, 2)
    lower_margins(best, around, blocks)
    constants = scene(20.0, 0.05, (0.7, 2.6), 22, 50.0, 50.0, 0.0, True, 45.0, 325.0).constants
    pairs = room_for_pairs(2, 1, 2)
    pairs.counts[:] = 2, 1
    pairs.band[:2], pairs.layer[:2], pairs.highest[:2] = (0, 1), (0, 1), (60.0, 50.0)
    both_m = 2.0 * float(ground.nominal_m.max())
    out = 0
    for x_m, y_m in zip(rng.uniform(left, right, 30), rng.uniform(bottom, top, 30), strict=True):
        tx_m = height_at(ground, x_m, y_m) + 30.0
        dx, dy, square, free, most = (np.empty(count) for _ in range(5))
        spare = np.empty((2, count))
        offsets_from(rows, 0, 0, count - 1, x_m, y_m, dx, dy)
        spares_of_row(best, 0, 0, count - 1, dx, dy, True, 0.0, 40_000.0, REACH_M, pairs, 2, square, free, spare, most)
        drop_behind_clutter(around, 0, 0, count - 1, tx_m, RECEIVER_M, both_m, constants, square, spare, most)
        most[~np.isfinite(around.ground_m[0])] = -1.0
        for b in range(blocks.left_m.shape[1]):
            if is_out(blocks, 0, b, x_m, y_m, tx_m, RECEIVER_M, both_m, REACH_M, pairs, constants):
                out += 1
                assert most[b * blocks.size : (b + 1) * blocks.size].max() < 0.0
    assert out > 300
