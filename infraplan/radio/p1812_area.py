"""ITU-R P.1812-8 for every pixel around a mast: a fan of rays, one outward pass each, several frequencies on one geometry.

Exact: each receiver gets what `p1812.loss` gives for its ray's samples (inland paths: zone 4, one refractivity), within float32.
Each pixel pulls its nearest (ray, sample), at most 0.71 pixel away plus 0.18 for the mast, which the pull table knows to a
quarter of a pixel: no holes, no double edges, every pixel written once. Rays are sampled at the grid's own step: heights
bilinear, clutter from the nearest pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.radio.hulls import FAST
from infraplan.radio.p1812 import check_arguments
from infraplan.radio.p1812_fan import WORK_ROWS, loss_beside_mast, losses_along_ray, sample_ray
from infraplan.radio.p1812_passes import ROWS
from infraplan.radio.p1812_tables import OFFSETS_PER_PIXEL, STEP_KM, pull_table, scene

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AreaLoss:
    """Basic transmission loss on a window of the raster: `loss_db[k, r, c]` is frequency k at pixel (`row0` + r, `col0` + c). [dB]

    NaN beyond the radius, the raster, or a hole in the terrain.
    """

    row0: int
    col0: int
    loss_db: Float32


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def fill_area(  # type: ignore[no-untyped-def]
    out, row0, col0, terrain, clutter, has_clutter, row, col, base_row, base_col, samples, first, pull_sample, pull_row, pull_col,
    tx_height_m, rx_height_m, latitude, values, arrays, table, constants,
):  # fmt: skip
    """out[frequency, row, column]: every pixel of the circle that lies in the window and on data."""
    frequencies, height, width = out.shape
    rays = first.size - 1
    most = 0
    for ray in range(rays):
        most = max(most, first[ray + 1] - first[ray])
    h = np.zeros(samples + 1)
    ground = np.zeros(samples + 1)
    work = np.zeros((WORK_ROWS, samples + 1))
    buffer = np.empty((ROWS, most + 9 - most % 2))  # an odd length keeps the rows from colliding in the cache
    losses = np.empty((frequencies, most))
    receivers = np.empty(most, np.int64)
    where = np.empty(most, np.int64)
    planes = out.reshape((frequencies, height * width))
    for ray in range(rays):
        n = 0
        near = 0
        last = 0
        for q in range(first[ray], first[ray + 1]):  # samples ascend: those beside the mast come first
            r = base_row + pull_row[q] - row0
            c = base_col + pull_col[q] - col0
            if r >= 0 and c >= 0 and r < height and c < width:
                receivers[n] = pull_sample[q]
                where[n] = r * width + c
                n += 1
                near += pull_sample[q] < 2
                last = max(last, pull_sample[q])
        if n == 0:
            continue
        bearing = 2.0 * math.pi * ray / rays
        north = math.cos(bearing)
        east = math.sin(bearing)
        last = sample_ray(terrain, clutter, has_clutter, row, col, -north, east, last, h, ground)
        while n > 0 and receivers[n - 1] > last:
            n -= 1
        for q in range(min(near, n)):
            rise = h[0] + tx_height_m - h[receivers[q]] - rx_height_m
            for k in range(frequencies):
                planes[k, where[q]] = loss_beside_mast(receivers[q], values[STEP_KM], rise, constants[k])
        if n > near:
            losses_along_ray(
                receivers[near:], n - near, h, ground, north, east, latitude, tx_height_m, rx_height_m,
                values, arrays, table, constants, work, buffer, losses,
            )  # fmt: skip
            for k in range(frequencies):
                for q in range(n - near):
                    planes[k, where[near + q]] = losses[k, q]


def area_loss(
    terrain_m: npt.NDArray[np.floating],
    clutter_m: npt.NDArray[np.floating] | None,
    row: float,
    col: float,
    resolution_m: float,
    radius_m: float,
    *,
    frequencies_ghz: tuple[float, ...],
    tx_height_m: float,
    rx_height_m: float,
    latitude_deg: float,
    time_percent: float = 50.0,
    location_percent: float = 50.0,
    location_sigma_db: float = 0.0,
    polarisation: str = "vertical",
    delta_n: float = 45.0,
    n0: float = 325.0,
) -> AreaLoss:
    """Basic transmission loss from a mast to every pixel within a radius, for several frequencies on one geometry.

    Parameters
    ----------
    terrain_m, clutter_m : ndarray, shape (rows, columns)
        Ground above sea level and clutter height on it, north up, square pixels; no clutter: None. NaN ends a ray: what lies
        behind stays NaN. float32 is taken as it is, everything else is copied once. [m]
    row, col : float
        The mast, in pixels; (0, 0) is the centre of the first pixel.
    resolution_m, radius_m : float
        Side of a pixel, and how far to go. [m]
    frequencies_ghz : tuple of float
        0.03 to 6. [GHz]
    tx_height_m, rx_height_m : float
        Antennas above ground. [m]
    latitude_deg : float
        Of the mast. [deg]
    time_percent, location_percent, location_sigma_db, polarisation, delta_n, n0
        As in `p1812.loss`; the defaults are the median and refractivity values for Guangdong (45, 325: ours, not the ITU maps').

    Returns
    -------
    AreaLoss
        The window of the raster the circle covers. The pixel of the mast is given the loss at 0.38 pixel, the ring around it free space;
        below 250 m the rule of `p1812.short_range_weight` holds.

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
    terrain = np.ascontiguousarray(terrain_m, np.float32)
    clutter = terrain if clutter_m is None else np.ascontiguousarray(clutter_m, np.float32)
    rows, cols = terrain.shape
    if terrain.ndim != 2 or min(rows, cols) < 2 or clutter.shape != terrain.shape:
        raise ValueError(f"terrain_m and clutter_m must be two-dimensional and alike, not {terrain.shape} and {clutter.shape}")
    if not (0.0 <= row <= rows - 1 and 0.0 <= col <= cols - 1):
        raise ValueError(f"the mast at row {row:g}, column {col:g} stands outside the raster of {rows} x {cols} pixels")
    if not (resolution_m > 0.0 and radius_m > 0.0):
        raise ValueError(f"resolution_m and radius_m must be positive, not {resolution_m:g} and {radius_m:g}")

    row_quarters, col_quarters = round(row * OFFSETS_PER_PIXEL), round(col * OFFSETS_PER_PIXEL)
    base_row, base_col = math.floor(row + 0.5), math.floor(col + 0.5)
    pull = pull_table(radius_m / resolution_m, row_quarters - base_row * OFFSETS_PER_PIXEL, col_quarters - base_col * OFFSETS_PER_PIXEL)
    reach = pull.samples + 1
    row0, col0 = max(base_row - reach, 0), max(base_col - reach, 0)
    shape = min(base_row + reach + 1, rows) - row0, min(base_col + reach + 1, cols) - col0
    loss_db = np.full((len(frequencies_ghz), *shape), np.nan, np.float32)
    degrees = abs(latitude_deg)
    about = scene(
        pull.samples, resolution_m / 1000.0, tuple(frequencies_ghz), float(math.ceil(degrees) if degrees > 70.0 else math.floor(degrees)),
        float(time_percent), float(location_percent), float(location_sigma_db), polarisation == "vertical", float(delta_n), float(n0),
    )  # fmt: skip
    fill_area(
        loss_db, row0, col0, terrain, clutter, clutter_m is not None, float(row), float(col), base_row, base_col,
        pull.samples, pull.first, pull.sample, pull.row, pull.col, float(tx_height_m), float(rx_height_m),
        math.radians(latitude_deg), about.values, about.arrays, about.table, about.constants,
    )  # fmt: skip
    return AreaLoss(row0, col0, loss_db)
