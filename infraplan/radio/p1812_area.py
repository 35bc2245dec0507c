"""ITU-R P.1812-8 for every pixel around a mast: a fan of rays, one outward pass each, several frequencies on one geometry.

Exact: each receiver gets what `p1812.loss` gives for its profile (inland paths: zone 4, one refractivity), within float32. The map's pixels
only say where losses are wanted: a path ends at the pixel's centre, and is sampled at a step of its own over ground that has grids of
its own (`infraplan.radio.ground`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.radio.ground import TAIL_STEPS, TOUCHING, Ground, class_at, height_at
from infraplan.radio.p1812 import check_arguments
from infraplan.radio.p1812_fan import OWN_STEPS, POS, WORK_ROWS, losses_along_ray, place_receivers, place_samples, rays_of, sample_ray
from infraplan.radio.p1812_passes import LAST, ROWS, Tail
from infraplan.radio.p1812_tables import RADIUS_50, RADIUS_BETA, STEP_KM, scene

Float32 = npt.NDArray[np.float32]
STEP_M = 100.0
"""Step of a profile unless another is asked for. [m]"""
BATCH = 128
"""Receivers that share no ray are computed so many at a time."""


@dataclass(frozen=True)
class AreaLoss:
    """Basic transmission loss on a window of the map: `loss_db[k, r, c]` is frequency k at pixel (`row0` + r, `col0` + c). [dB]

    NaN beyond the radius, the map, or a hole in the terrain.
    """

    row0: int
    col0: int
    loss_db: Float32


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def group_of(dx, dy, distance_m, rays, step_m):  # type: ignore[no-untyped-def]
    """Number of the ray a pixel shares, 1 .. `rays`; 0 where the whole path runs on its own line."""
    if distance_m <= OWN_STEPS * step_m:
        return 0
    return 1 + math.floor(math.atan2(dx, dy) * (rays / (2.0 * math.pi)) + 0.5) % rays


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def sort_groups(n, group, distance, groups, step_m, start, order, spare):  # type: ignore[no-untyped-def]
    """`order`: the first `n` pixels by group, then outward; those of a group are order[start[group] : start[group + 1]]."""
    far = 0
    for i in range(n):
        far = max(far, int(distance[i] / step_m))
    count = np.zeros(far + 2, np.int64)
    for i in range(n):
        count[int(distance[i] / step_m) + 1] += 1
    for k in range(far + 1):
        count[k + 1] += count[k]
    for i in range(n):
        k = int(distance[i] / step_m)
        spare[count[k]] = i
        count[k] += 1
    start[: groups + 1] = 0
    for i in range(n):
        start[group[i] + 1] += 1
    for k in range(groups):
        start[k + 1] += start[k]
    for o in range(n):
        i = spare[o]
        order[start[group[i]]] = i
        start[group[i]] += 1
    for k in range(groups, 0, -1):
        start[k] = start[k - 1]
    start[0] = 0
    for k in range(1, groups):  # those of group 0 share no samples: their order does not matter
        for o in range(start[k] + 1, start[k + 1]):
            i = order[o]
            p = o
            while p > start[k] and distance[order[p - 1]] > distance[i]:
                order[p] = order[p - 1]
                p -= 1
            order[p] = i


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def tail_of(most, ground, step_m):  # type: ignore[no-untyped-def]
    """Room for the tails of `most` receivers."""
    room = most * (int(max(OWN_STEPS, 2.0 * ground.nominal_m.max() / step_m) + 2.0 * TAIL_STEPS) + 6) + 1
    return Tail(np.zeros(most + 1, np.int64), np.empty(room), np.empty(room), np.empty(room), np.empty(room), np.empty(room))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def receivers_of_group(  # type: ignore[no-untyped-def]
    ground, x_m, y_m, latitude, group, rays, rx_height_m, step_m, nominal, whole_nominal, nominal_clutter_m, at_nominal, wanted, first, end,
    px, py, kept, work, h, top, buffer, tail,
):  # fmt: skip
    """Place the receivers wanted[first:end] of a group and sample its ray as far as they need; how many stand on known ground."""
    count = place_receivers(
        ground, x_m, y_m, latitude, rx_height_m, step_m, nominal, whole_nominal, nominal_clutter_m, work[POS], at_nominal, wanted, first,
        end, px, py, kept, buffer, tail,
    )  # fmt: skip
    if count == 0 or group == 0:
        return count
    angle = 2.0 * math.pi * (group - 1) / rays
    reached = sample_ray(
        ground, x_m, y_m, math.cos(angle) * step_m, math.sin(angle) * step_m, work[POS], at_nominal, nominal_clutter_m,
        int(buffer[LAST, count - 1]), h, top,
    )  # fmt: skip
    while count > 0 and buffer[LAST, count - 1] > reached:
        count -= 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def fill_area(  # type: ignore[no-untyped-def]
    out, left_m, up_m, resolution_m, ground, x_m, y_m, radius_m, rays, tx_height_m, rx_height_m, latitude, values, constants
):
    """out[frequency, row, column]: every pixel of the window whose centre lies within the radius and on known ground.

    (`left_m`, `up_m`) is the centre of the window's first pixel.
    """
    frequencies, height, width = out.shape
    step_m = values[STEP_KM] * 1000.0
    pixels = height * width
    px = np.empty(pixels)
    py = np.empty(pixels)
    distance = np.empty(pixels)
    group = np.empty(pixels, np.int64)
    where = np.empty(pixels, np.int64)
    n = 0
    for r in range(height):
        dy = up_m - r * resolution_m - y_m
        for c in range(width):
            dx = left_m + c * resolution_m - x_m
            d = math.sqrt(dx * dx + dy * dy)
            if d > radius_m:
                continue
            px[n] = x_m + dx
            py[n] = y_m + dy
            distance[n] = d
            group[n] = group_of(dx, dy, d, rays, step_m)
            where[n] = r * width + c
            n += 1
    groups = rays + 1
    start = np.zeros(groups + 1, np.int64)
    order = np.empty(n, np.int64)
    sort_groups(n, group, distance, groups, step_m, start, order, np.empty(n, np.int64))
    most = BATCH
    for k in range(1, groups):
        most = max(most, start[k + 1] - start[k])
    steps = int(radius_m / step_m) + 2
    work = np.empty((WORK_ROWS, steps + 3))
    h = np.empty(steps + 3)
    top = np.empty(steps + 3)
    h[0] = height_at(ground, x_m, y_m)
    buffer = np.empty((ROWS, most + 9 - most % 2))  # an odd length keeps the rows from colliding in the cache
    losses = np.empty((frequencies, most))
    kept = np.empty(most, np.int64)
    tail = tail_of(most, ground, step_m)
    own = class_at(ground, x_m, y_m)
    nominal = ground.nominal_m[own] / step_m
    nominal_clutter_m = ground.clutter_height_m[own]
    scale = 500.0 * values[STEP_KM] * values[STEP_KM]
    at_nominal, _ = place_samples(nominal, steps, scale / values[RADIUS_50], scale / values[RADIUS_BETA], work)
    whole_nominal = abs(nominal - math.floor(nominal + 0.5)) <= TOUCHING
    planes = out.reshape((frequencies, pixels))
    if math.isnan(h[0]):
        return
    for k in range(groups):
        first = start[k]
        while first < start[k + 1]:
            end = min(first + most, start[k + 1])
            count = receivers_of_group(
                ground, x_m, y_m, latitude, k, rays, rx_height_m, step_m, nominal, whole_nominal, nominal_clutter_m, at_nominal, order,
                first, end, px, py, kept, work, h, top, buffer, tail,
            )  # fmt: skip
            first = end
            if count == 0:
                continue
            losses_along_ray(count, h, top, tail, tx_height_m, rx_height_m, nominal, values, constants, work, buffer, losses)
            for f in range(frequencies):
                for q in range(count):
                    planes[f, where[kept[q]]] = losses[f, q]


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
    rays: int | None = None,
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
        Heights and clutter, each on its own grid in the plane of the map. NaN heights end a ray: what lies behind stays NaN.
    x_m, y_m : float
        The mast. [m]
    left_m, up_m, resolution_m, shape
        The map: centre of its first pixel, side of a pixel [m], rows and columns.
    radius_m : float
        How far to go. [m]
    frequencies_ghz : tuple of float
        0.03 to 6. [GHz]
    tx_height_m, rx_height_m : float
        Antennas above ground. [m]
    latitude_deg : float
        Of the mast. [deg]
    step_m : float
        Step of the profiles. [m]
    rays : int, optional
        Number of rays; by default as many as lie a step apart at the radius.
    time_percent, location_percent, location_sigma_db, polarisation, delta_n, n0
        As in `p1812.loss`; the defaults are the median and refractivity values for Guangdong.

    Returns
    -------
    AreaLoss
        The window of the map the circle covers. Below the sum of both nominal clutter distances see `infraplan.radio.ground.map_profile`.

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
            float(radius_m), rays or rays_of(float(radius_m), float(step_m)), float(tx_height_m), float(rx_height_m),
            math.radians(latitude_deg), about.values, about.constants,
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
