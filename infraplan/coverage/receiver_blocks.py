"""Neighbouring receivers judged together: which blocks of a row a mast cannot serve better than they are served, at one bound a block.

A block has the box around its receivers, the lowest and widest of their surroundings and their lowest margins. What holds for the best of
all, at the nearest corner of the box, holds for each; the blocks that are left are looked at receiver by receiver.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from infraplan.arrays import Floats
from infraplan.coverage.own_clutter import Surroundings, least_far
from infraplan.coverage.receivers_in_rows import Rows
from infraplan.coverage.terrain_bounds import excess_of
from infraplan.coverage.terrain_pixels import NEAR_SQUARE_M2
from infraplan.radio.fast_math import FAST, LN10, fast_log

SIZE = 16
"""Receivers of a block."""


class Blocks(NamedTuple):
    """Blocks of the receivers of each line of a layer: those at `size` b to before `size` (b + 1) are block b.

    Attributes
    ----------
    size : int
        Receivers of a block.
    left_m, right_m, down_m, up_m : ndarray of float64, shape (lines, blocks)
        The box around them. [m]
    ground_m, over_m, nominal_m : ndarray of float64, shape (lines, blocks)
        Lowest ground, lowest `over_m` and largest `nominal_m` of their `Surroundings`. [m]
    low_db : ndarray of float64, shape (layers, lines, blocks)
        Their lowest margin when `lower_margins` was called last, -inf where one has none: it never falls later. [dB]
    """

    size: int
    left_m: Floats
    right_m: Floats
    down_m: Floats
    up_m: Floats
    ground_m: Floats
    over_m: Floats
    nominal_m: Floats
    low_db: Floats


def blocks_of(rows: Rows, around: Surroundings, layers: int) -> Blocks:
    """The blocks of receivers in rows, to be used after `lower_margins`; none of pixels, which are too far apart to gain by them."""
    if not rows.scattered:
        return no_blocks()
    size = SIZE
    lines, width = around.ground_m.shape
    shape = lines, -(-width // size)
    blocks = Blocks(
        size, np.full(shape, np.inf), np.full(shape, -np.inf), np.full(shape, np.inf), np.full(shape, -np.inf),
        np.full(shape, np.inf), np.full(shape, np.inf), np.zeros(shape), np.full((layers, *shape), -np.inf),
    )  # fmt: skip
    _fill(rows, around, blocks)
    return blocks


def no_blocks() -> Blocks:
    """No block is left out."""
    none = np.empty((0, 0))
    return Blocks(0, none, none, none, none, none, none, none, np.empty((0, 0, 0)))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _fill(rows, around, blocks):  # type: ignore[no-untyped-def]
    """Boxes and surroundings of the blocks; receivers on unknown ground are never computed and do not count."""
    lines, width = around.ground_m.shape
    for r in range(lines):
        for c in range(width):
            if around.ground_m[r, c] != around.ground_m[r, c]:
                continue
            b = c // blocks.size
            x_m, y_m = rows.x_m[c], rows.y_m[c]
            blocks.left_m[r, b] = min(blocks.left_m[r, b], x_m)
            blocks.right_m[r, b] = max(blocks.right_m[r, b], x_m)
            blocks.down_m[r, b] = min(blocks.down_m[r, b], y_m)
            blocks.up_m[r, b] = max(blocks.up_m[r, b], y_m)
            blocks.ground_m[r, b] = min(blocks.ground_m[r, b], around.ground_m[r, c])
            blocks.over_m[r, b] = min(blocks.over_m[r, b], float(around.over_m[r, c]))
            blocks.nominal_m[r, b] = max(blocks.nominal_m[r, b], float(around.nominal_m[r, c]))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def lower_margins(best, around, blocks):  # type: ignore[no-untyped-def]
    """`low_db` of the margins as they are now."""
    layers, lines, width = best.shape
    if blocks.size == 0:
        return
    blocks.low_db[:] = np.inf
    for k in range(layers):
        for r in range(lines):
            for c in range(width):
                value = float(best[k, r, c])
                if around.ground_m[r, c] == around.ground_m[r, c]:
                    b = c // blocks.size
                    blocks.low_db[k, r, b] = min(blocks.low_db[k, r, b], value if value == value else -np.inf)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def is_out(blocks, r, b, x_m, y_m, tx_m, rx_height_m, least_m, far_m, pairs, constants):  # type: ignore[no-untyped-def]
    """Whether no receiver of block `b` of line `r` can be served better from a mast. Arguments as in `drop_behind_clutter`; `far_m`: how
    far each band reaches."""
    dx = max(blocks.left_m[r, b] - x_m, x_m - blocks.right_m[r, b], 0.0)
    dy = max(blocks.down_m[r, b] - y_m, y_m - blocks.up_m[r, b], 0.0)
    square = dx * dx + dy * dy
    if square <= NEAR_SQUARE_M2:
        return False
    free = 10.0 / LN10 * fast_log(square * 1e-6)
    near_m = blocks.nominal_m[r, b]
    lift_m = blocks.over_m[r, b] - rx_height_m
    edge = -1.0
    far = 1.0
    if lift_m > 0.0 and square >= least_m * least_m:
        d_m = math.sqrt(square)
        lift_m -= max(tx_m - blocks.ground_m[r, b] - rx_height_m, 0.0) * near_m / d_m
        if lift_m > 0.0:
            edge = lift_m * math.sqrt(2.0 / near_m)
            across = blocks.right_m[r, b] - blocks.left_m[r, b] + blocks.up_m[r, b] - blocks.down_m[r, b]
            far = least_far(d_m + across)
    band = -1
    excess_db = 0.0
    for p in range(pairs.counts[0]):
        if pairs.band[p] != band:
            band = pairs.band[p]
            excess_db = excess_of(edge, far, 1.0, constants[band], 0.0) if edge > 0.0 else 0.0
        if square <= far_m[band] * far_m[band] and pairs.highest[p] - free - excess_db >= blocks.low_db[pairs.layer[p], r, b]:
            return False
    return True
