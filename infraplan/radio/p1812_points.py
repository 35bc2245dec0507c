"""ITU-R P.1812-8 at scattered receivers of one mast, on the ground and by the rules of `p1812_area`; and who sees the mast."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.arrays import Floats
from infraplan.radio.fast_math import KERNEL
from infraplan.radio.ground_profiles import LEAST_PATH_M, Ground, class_at, height_at
from infraplan.radio.p1812 import check_arguments
from infraplan.radio.p1812_area import CHUNK, STEP_M
from infraplan.radio.p1812_passes import BATCH, ROWS
from infraplan.radio.p1812_paths import edges_of, horizons_of, losses_of, place_receivers, room_for_paths
from infraplan.radio.p1812_rays import order_by_ray
from infraplan.radio.p1812_tables import STEP_KM, scene

EARTH_M = 8_495_000.0
"""Effective radius of the Earth in a median atmosphere, 4/3 of the mean one. [m]"""


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def fill_points(out, px, py, ground, x_m, y_m, radius_m, tx_height_m, rx_height_m, latitude, values, constants):  # type: ignore[no-untyped-def]
    """out[receiver]: loss from the mast to each receiver; as it was where a path leaves the known ground. [dB]"""
    step_m = values[STEP_KM] * 1000.0
    mast_m = height_at(ground, x_m, y_m)
    if math.isnan(mast_m):
        return
    room = min(len(px), CHUNK)
    ray = np.empty(room, np.int64)
    order = np.empty(room, np.int64)
    tally = np.empty(4 * room, np.int64)
    kept = np.empty(BATCH, np.int64)
    buffer = np.empty((ROWS, BATCH))
    wanted = np.ones((1, BATCH), np.bool_)
    losses = np.empty((1, BATCH))
    paths = room_for_paths(radius_m, ground, step_m)
    for start in range(0, len(px), CHUNK):
        some_x, some_y = px[start : start + CHUNK], py[start : start + CHUNK]
        n = len(some_x)
        order_by_ray(n, some_x, some_y, x_m, y_m, step_m, ray, order, tally)
        begin = np.int64(0)
        while begin < n:
            begin, count = place_receivers(
                ground, x_m, y_m, latitude, rx_height_m, values, begin, n, some_x, some_y, ray, order, kept, buffer, paths
            )  # fmt: skip
            edges_of(count, mast_m, paths, tx_height_m, values, constants, buffer)
            horizons_of(count, mast_m, paths, tx_height_m, values, buffer)
            losses_of(count, mast_m, paths, tx_height_m, rx_height_m, values, constants, wanted, buffer, losses)
            for q in range(count):
                out[start + kept[q]] = losses[0, q]


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def mark_seen(seen, px, py, ground, x_m, y_m, tx_height_m, rx_height_m, step_m):  # type: ignore[no-untyped-def]
    """seen[receiver]: 1 where the line to the mast clears the ground, and clutter from the nominal distance of each end on; else 0.

    NaN where the line leaves the known ground."""
    tx_m = height_at(ground, x_m, y_m) + tx_height_m
    near_m = ground.nominal_m[class_at(ground, x_m, y_m)]
    for i in range(len(px)):
        dx, dy = px[i] - x_m, py[i] - y_m
        length_m = math.sqrt(dx * dx + dy * dy)
        rx_m = height_at(ground, px[i], py[i]) + rx_height_m
        seen[i] = np.nan if math.isnan(tx_m + rx_m) else 1.0
        if math.isnan(tx_m + rx_m):
            continue
        far_m = length_m - ground.nominal_m[class_at(ground, px[i], py[i])]
        for k in range(1, int(np.ceil(length_m / step_m))):
            along_m = k * step_m
            t = along_m / length_m
            top_m = height_at(ground, x_m + t * dx, y_m + t * dy)
            if math.isnan(top_m):
                seen[i] = np.nan
                break
            if near_m <= along_m <= far_m:
                top_m += ground.clutter_height_m[class_at(ground, x_m + t * dx, y_m + t * dy)]
            if top_m + along_m * (length_m - along_m) / (2.0 * EARTH_M) > tx_m + t * (rx_m - tx_m):
                seen[i] = 0.0
                break


def point_losses(
    ground: Ground,
    x_m: float,
    y_m: float,
    px: Floats,
    py: Floats,
    *,
    frequency_ghz: float,
    tx_height_m: float,
    rx_height_m: float,
    latitude_deg: float,
    step_m: float = STEP_M,
    delta_n: float = 45.0,
    n0: float = 325.0,
) -> Floats:
    """Median basic transmission loss from a mast to receivers at any positions; NaN where the ground is not known. [dB]

    Parameters
    ----------
    ground : Ground
        Heights and clutter in the plane of the positions.
    x_m, y_m : float
        The mast. [m]
    px, py : ndarray of float64
        The receivers. [m]
    frequency_ghz : float
        0.03 to 6. [GHz]
    tx_height_m, rx_height_m : float
        Antennas above ground. [m]
    latitude_deg : float
        Of the mast. [deg]
    step_m : float
        Step of the profiles. [m]
    delta_n, n0 : float
        The climate, as in `p1812.loss`.

    References
    ----------
    ITU-R P.1812-8 (09/2025), Annex 1, at 50 % of time and of locations.
    """
    check_arguments(
        polarisation="vertical", frequency_ghz=frequency_ghz, time_percent=50.0, location_percent=50.0, location_sigma_db=0.0,
        tx_height_m=tx_height_m, rx_height_m=rx_height_m, delta_n=delta_n, n0=n0,
    )  # fmt: skip
    loss_db = np.full(len(px), np.nan)
    if len(px):
        radius_m = max(float(np.hypot(px - x_m, py - y_m).max()), LEAST_PATH_M) + 1.0
        about = scene(
            math.ceil(radius_m / 1000.0), step_m / 1000.0, (frequency_ghz,), float(math.floor(abs(latitude_deg))), 50.0, 50.0, 0.0, True,
            delta_n, n0,
        )  # fmt: skip
        fill_points(
            loss_db, px, py, ground, x_m, y_m, radius_m, tx_height_m, rx_height_m, math.radians(latitude_deg), about.values, about.constants
        )  # fmt: skip
    return loss_db


def seen_from(
    ground: Ground, x_m: float, y_m: float, px: Floats, py: Floats, *, tx_height_m: float, rx_height_m: float, step_m: float = STEP_M
) -> Floats:
    """1 where a receiver sees the mast over ground and clutter, 0 where it does not, NaN where the ground is not known."""
    seen = np.full(len(px), np.nan)
    if len(px):
        mark_seen(seen, px, py, ground, x_m, y_m, tx_height_m, rx_height_m, step_m)
    return seen
