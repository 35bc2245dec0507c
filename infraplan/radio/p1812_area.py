"""ITU-R P.1812-8 for every pixel around a mast, several frequencies on one geometry.

Exact: each receiver gets what `p1812.loss` gives for its profile (inland paths: zone 4, one refractivity), within float32. The map's pixels
only say where losses are wanted: a path ends at the pixel's centre, and is sampled at its own step over ground that has grids of
its own (`infraplan.radio.ground_profiles`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from infraplan.arrays import Floats32
from infraplan.radio.ground_profiles import Ground, height_at
from infraplan.radio.p1812 import check_arguments
from infraplan.radio.p1812_passes import BATCH, ROWS
from infraplan.radio.p1812_paths import edges_of, horizons_of, losses_of, place_receivers, room_for_paths
from infraplan.radio.p1812_rays import order_by_ray
from infraplan.radio.p1812_tables import STEP_KM, scene

STEP_M = 50.0
"""Step of a profile unless another is given. [m]"""
CHUNK = 1 << 16
"""Number of receivers that are ordered by ray at a time."""


@dataclass(frozen=True)
class AreaLoss:
    """Basic transmission loss on a window of the map: `loss_db[k, r, c]` is frequency k at pixel (`row0` + r, `col0` + c). [dB]

    NaN beyond the radius, the map, or a hole in the terrain.
    """

    row0: int
    col0: int
    loss_db: Floats32


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def fill_area(  # type: ignore[no-untyped-def]
    out, left_m, up_m, resolution_m, ground, x_m, y_m, radius_m, tx_height_m, rx_height_m, latitude, values, constants
):
    """out[frequency, row, column]: every pixel of the window whose centre lies within the radius and on known ground.

    (`left_m`, `up_m`) is the centre of the window's first pixel.
    """
    frequencies, height, width = out.shape
    step_m = values[STEP_KM] * 1000.0
    mast_m = height_at(ground, x_m, y_m)
    if math.isnan(mast_m):
        return
    room = min(height * width, CHUNK)
    px = np.empty(room)
    py = np.empty(room)
    where = np.empty(room, np.int64)
    ray = np.empty(room, np.int64)
    order = np.empty(room, np.int64)
    tally = np.empty(4 * room, np.int64)
    kept = np.empty(BATCH, np.int64)
    buffer = np.empty((ROWS, BATCH))
    wanted = np.ones((frequencies, BATCH), np.bool_)
    losses = np.empty((frequencies, BATCH))
    paths = room_for_paths(radius_m, ground, step_m)
    planes = out.reshape((frequencies, height * width))
    n = 0
    for at in range(height * width):
        dy = up_m - at // width * resolution_m - y_m
        dx = left_m + at % width * resolution_m - x_m
        if dx * dx + dy * dy <= radius_m * radius_m:
            px[n] = x_m + dx
            py[n] = y_m + dy
            where[n] = at
            n += 1
        if n == room or (n > 0 and at == height * width - 1):
            order_by_ray(n, px, py, x_m, y_m, step_m, ray, order, tally)
            begin = np.int64(0)
            while begin < n:
                begin, count = place_receivers(
                    ground, x_m, y_m, latitude, rx_height_m, values, begin, n, px, py, ray, order, kept, buffer, paths
                )  # fmt: skip
                edges_of(count, mast_m, paths, tx_height_m, values, constants, buffer)
                horizons_of(count, mast_m, paths, tx_height_m, values, buffer)
                losses_of(count, mast_m, paths, tx_height_m, rx_height_m, values, constants, wanted, buffer, losses)
                for f in range(frequencies):
                    for q in range(count):
                        planes[f, where[kept[q]]] = losses[f, q]
            n = 0


def area_loss(
    ground: Ground,
    x_m: float,
    y_m: float,
    left_m: float,
    up_m: float,
    resolution_m: float,
    shape: tuple[int, int],
    radius_m: float,
    *,
    frequencies_ghz: tuple[float, ...],
    tx_height_m: float,
    rx_height_m: float,
    latitude_deg: float,
    step_m: float = STEP_M,
    time_percent: float = 50.0,
    location_percent: float = 50.0,
    location_sigma_db: float = 0.0,
    polarisation: str = "vertical",
    delta_n: float = 45.0,
    n0: float = 325.0,
) -> AreaLoss:
    """Basic transmission loss from a mast to every pixel of a map within a radius, for several frequencies on one geometry.

    Parameters
    ----------
    ground : Ground
        Heights and clutter, each on its own grid in the plane of the map. NaN heights end a ray: pixels behind them stay NaN.
    x_m, y_m : float
        The mast. [m]
    left_m, up_m, resolution_m, shape
        The map: centre of its first pixel, side of a pixel [m], rows and columns.
    radius_m : float
        Largest distance of a pixel. [m]
    frequencies_ghz : tuple of float
        0.03 to 6. [GHz]
    tx_height_m, rx_height_m : float
        Antennas above ground. [m]
    latitude_deg : float
        Of the mast. [deg]
    step_m : float
        Step of the profiles. [m]
    time_percent, location_percent, location_sigma_db, polarisation, delta_n, n0
        As in `p1812.loss`; the defaults are the median and a temperate climate. Coverage maps give that of the preset.

    Returns
    -------
    AreaLoss
        The window of the map the circle covers. For paths below the sum of both nominal clutter distances see
        `infraplan.radio.ground_profiles.map_profile`.

    Raises
    ------
    ValueError
        An argument cannot be used; the message names it.

    References
    ----------
    ITU-R P.1812-8 (09/2025), Annex 1. https://www.itu.int/rec/R-REC-P.1812
    """
    for frequency_ghz in frequencies_ghz:
        check_arguments(
            polarisation=polarisation, frequency_ghz=frequency_ghz, time_percent=time_percent, location_percent=location_percent,
            location_sigma_db=location_sigma_db, tx_height_m=tx_height_m, rx_height_m=rx_height_m, delta_n=delta_n, n0=n0,
        )  # fmt: skip
    ground = ground._replace(height_m=np.ascontiguousarray(ground.height_m, np.float32), clutter=np.ascontiguousarray(ground.clutter))
    rows, cols = ground.height_m.shape
    if min(rows, cols) < 2:
        raise ValueError(f"the heights must have two rows and columns at least, not {rows} and {cols}")
    for name, value in (("resolution_m", resolution_m), ("radius_m", radius_m), ("step_m", step_m)):
        if not 0.0 < value < math.inf:
            raise ValueError(f"{name} must be positive, not {value:g}")
    if not (math.isfinite(x_m) and math.isfinite(y_m)):
        raise ValueError(f"the mast's position must be finite, not ({x_m:g}, {y_m:g})")
    row0, col0, stop, end = window_of(x_m, y_m, left_m, up_m, resolution_m, shape, radius_m)
    loss_db = np.full((len(frequencies_ghz), stop - row0, end - col0), np.nan, np.float32)
    about = scene(
        radius_m / 1000.0, step_m / 1000.0, tuple(frequencies_ghz), float(math.floor(abs(latitude_deg))), float(time_percent),
        float(location_percent), float(location_sigma_db), polarisation == "vertical", float(delta_n), float(n0),
    )  # fmt: skip
    if loss_db.size:
        fill_area(
            loss_db, left_m + col0 * resolution_m, up_m - row0 * resolution_m, float(resolution_m), ground, float(x_m), float(y_m),
            float(radius_m), float(tx_height_m), float(rx_height_m), math.radians(latitude_deg), about.values, about.constants,
        )  # fmt: skip
    return AreaLoss(row0, col0, loss_db)


def window_of(
    x_m: float, y_m: float, left_m: float, up_m: float, resolution_m: float, shape: tuple[int, int], radius_m: float
) -> tuple[int, int, int, int]:
    """First row, first column, last row + 1 and last column + 1 of the pixels whose centres may lie within a radius."""
    row, col, reach = (up_m - y_m) / resolution_m, (x_m - left_m) / resolution_m, radius_m / resolution_m + 1e-9
    row0, stop = (int(np.clip(v, 0, shape[0])) for v in (math.ceil(row - reach), math.floor(row + reach) + 1))
    col0, end = (int(np.clip(v, 0, shape[1])) for v in (math.ceil(col - reach), math.floor(col + reach) + 1))
    return row0, col0, max(stop, row0), max(end, col0)
