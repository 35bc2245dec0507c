"""The bound by the receiver's own clutter: the lowest ground around it, and never more than the loss that P.1812 gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hilly_ground import hills

from infraplan.coverage.mast_arrays import ground_of
from infraplan.coverage.own_clutter import Surroundings, drop_behind_clutter, lowest_within, some_of, surroundings_of
from infraplan.coverage.receivers_in_rows import Strips, pixel_rows
from infraplan.geo.grids import Grid
from infraplan.radio.ground_profiles import Ground, height_at
from infraplan.radio.p1812_area import area_loss
from infraplan.radio.p1812_spherical import FREE_DB
from infraplan.radio.p1812_tables import scene

MAST_M = 30.0
RECEIVER_M = 1.5
FREQUENCIES_GHZ = (0.7, 2.6)


@pytest.fixture(scope="module")
def fine(zones: Any) -> Grid:
    return Grid.over(zones, 125)


@pytest.fixture(scope="module")
def ground(fine: Grid) -> Ground:
    return ground_of(hills(fine, top_m=120.0))


@pytest.mark.parametrize("aside_m", [0.0, 20.0, 60.0, 125.0, 300.0])
def test_the_lowest_ground_of_a_square(ground: Ground, fine: Grid, aside_m: float) -> None:
    rng = np.random.default_rng(3)
    left, bottom, right, top = fine.bounds_m
    for x_m, y_m in zip(rng.uniform(left + 400.0, right - 400.0, 40), rng.uniform(bottom + 400.0, top - 400.0, 40), strict=True):
        found_m = lowest_within(ground, x_m, y_m, aside_m)
        offsets = np.linspace(-aside_m, aside_m, 41)
        brute_m = min(height_at(ground, x_m + dx, y_m + dy) for dx in offsets for dy in offsets)
        assert brute_m - 0.05 * aside_m <= found_m <= brute_m + 1e-6


def test_unknown_ground_has_no_lowest(ground: Ground, fine: Grid) -> None:
    holed = ground.height_m.copy()
    holed[40, 40] = np.nan
    x_m, y_m = (float(v) for v in fine.centre_of(40, 42))
    known = ground._replace(height_m=holed)
    assert np.isnan(lowest_within(known, x_m, y_m, 200.0))
    assert np.isfinite(lowest_within(known, x_m, y_m, 100.0))


def test_the_lowest_ground_beyond_the_outermost_centres(ground: Ground, fine: Grid) -> None:
    """A point in the outer half of the last pixel has the ground of that pixel's edge, not none."""
    x_m, y_m = (float(v) for v in fine.centre_of(fine.height - 1, 30))
    beyond_m = lowest_within(ground, x_m, y_m - 55.0, 20.0)
    assert beyond_m == pytest.approx(lowest_within(ground, x_m, y_m, 20.0), abs=3.0)
    strips = Strips.of(np.array([x_m]), np.array([y_m - 55.0]))
    assert np.isfinite(surroundings_of(strips.rows, (1, 1), ground).over_m).all()


def surely_lost(around: Surroundings, dx: Any, dy: Any, tx_m: float, constants: Any, spare_db: float, least_m: float) -> Any:
    """Which bands of which receivers of the only line are dropped that may lose `spare_db` over free space."""
    square = dx * dx + dy * dy
    spare, most = np.full((len(constants), len(dx)), spare_db), np.full(len(dx), spare_db)
    drop_behind_clutter(around, 0, np.arange(len(dx)), len(dx), tx_m, RECEIVER_M, least_m, constants, square, spare, most)
    np.testing.assert_array_equal(most, spare.max(axis=0))
    return spare < 0.0


def test_what_is_dropped_loses_more(ground: Ground, fine: Grid) -> None:
    """Every pixel around some masts: where `area_loss` loses no more than the spare, the band stays; and many are dropped."""
    first_x, first_y = (float(v) for v in fine.centre_of(0, 0))
    constants = scene(20.0, 0.05, FREQUENCIES_GHZ, 22, 50.0, 50.0, 0.0, True, 45.0, 325.0).constants
    around = surroundings_of(pixel_rows(fine), fine.shape, ground)
    row, col = (v.ravel() for v in np.mgrid[0 : fine.height, 0 : fine.width])
    x_m, y_m = (np.asarray(v) for v in fine.centre_of(row, col))
    flat = Surroundings(*(v.reshape(1, -1) for v in around))
    for mast_x_m, mast_y_m in ((first_x + 3000.0, first_y - 4000.0), (first_x + 9010.0, first_y - 8033.0)):
        area = area_loss(
            ground, mast_x_m, mast_y_m, first_x, first_y, 125.0, fine.shape, 40_000.0, frequencies_ghz=FREQUENCIES_GHZ,
            tx_height_m=MAST_M, rx_height_m=RECEIVER_M, latitude_deg=22.5,
        )  # fmt: skip
        loss_db = area.loss_db.reshape(2, -1)
        dx, dy = x_m - mast_x_m, y_m - mast_y_m
        tx_m = height_at(ground, mast_x_m, mast_y_m) + MAST_M
        free_db = constants[:, FREE_DB][:, None] + 10.0 * np.log10(np.maximum(dx * dx + dy * dy, 1.0) * 1e-6)
        for spare_db in (0.0, 5.0, 12.0, 20.0, 26.0, 32.0):
            lost = surely_lost(flat, dx, dy, tx_m, constants, spare_db, 2.0 * float(ground.nominal_m.max()))
            assert (loss_db - free_db)[lost].min(initial=np.inf) > spare_db
            assert lost.mean() > (0.05 if spare_db <= 20.0 else 0.0)


def test_scattered_receivers_have_those_of_pixels(ground: Ground, fine: Grid) -> None:
    row, col = (v.ravel() for v in np.mgrid[10:40, 20:60])
    strips = Strips.of(*(np.asarray(v) for v in fine.centre_of(row, col)))
    pixels = surroundings_of(pixel_rows(fine), fine.shape, ground)
    scattered = surroundings_of(strips.rows, (1, len(row)), ground)
    some = some_of(scattered, np.arange(0, len(row), 3))
    for name in Surroundings._fields:
        expected = getattr(pixels, name)[row, col][strips.order]
        np.testing.assert_allclose(getattr(scattered, name)[0], expected, atol=1e-4)
        np.testing.assert_allclose(getattr(some, name)[0], expected[::3], atol=1e-4)
