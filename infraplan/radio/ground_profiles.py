"""Ground as radio paths read it: heights and clutter classes on grids of their own, sampled along a path at a step of its own.

Clutter acts from the nominal clutter distance of a terminal's own class outward (`map_profile`): nearer clutter is left out, and a profile
point with the clutter of the terminal's own class is always at that distance. So a loss does not depend on the position of the last sample
before a terminal. The area kernel (`p1812_paths`) follows the same rules; a test compares the two.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.arrays import Floats
from infraplan.radio.fast_math import KERNEL

TOUCHING = 1e-6
"""Two points of a path closer than this are one; lengths that differ by less take the same points. [steps]"""
PIXEL_EDGE = 0.5 + 1e-6
"""Distance from a pixel's centre to its edge, so that rounding does not choose the class of a point between two pixels. [pixels]"""
LEAST_PATH_M = 1.0
"""A receiver is never nearer to the mast than this. [m]"""
TAIL_STEPS = 3.0
"""Length before the receiver with half steps: the ground close to it matters most. [steps]"""
LEAST_SQUARE = 8
"""Rays to half a side of the smallest square (`p1812_rays`)."""
RAYS_A_STEP = 2.0
"""Rays to a step along the border of a square, at least."""


class Ground(NamedTuple):
    """Heights and clutter in one metric plane (x to the east, y to the north), row 0 in the north.

    Attributes
    ----------
    height_m : ndarray of float32, shape (rows, columns)
        Ground above sea level; NaN where it is not known. [m]
    height_x_m, height_y_m, height_step_m : float
        Centre of the first pixel and side of a pixel. [m]
    clutter : ndarray of uint16, shape (rows, columns)
        Class of each pixel: an index into the next two. A single pixel of class 0 with height 0 is bare ground.
    clutter_x_m, clutter_y_m, clutter_step_m : float
        As for heights. [m]
    clutter_height_m, nominal_m : ndarray of float64
        Representative clutter height and nominal clutter distance of each class. [m]
    """

    height_m: npt.NDArray[np.float32]
    height_x_m: float
    height_y_m: float
    height_step_m: float
    clutter: npt.NDArray[np.uint16]
    clutter_x_m: float
    clutter_y_m: float
    clutter_step_m: float
    clutter_height_m: Floats
    nominal_m: Floats


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def height_at(ground, x_m, y_m):  # type: ignore[no-untyped-def]
    """Ground height, bilinear between pixel centres; NaN more than half a pixel outside them. [m]"""
    rows, cols = ground.height_m.shape
    r = (ground.height_y_m - y_m) / ground.height_step_m
    c = (x_m - ground.height_x_m) / ground.height_step_m
    if not (r >= -0.5 and c >= -0.5 and r <= rows - 0.5 and c <= cols - 0.5):
        return np.nan
    r = min(max(r, 0.0), rows - 1.0)
    c = min(max(c, 0.0), cols - 1.0)
    top = min(int(r), rows - 2)
    left = min(int(c), cols - 2)
    right = c - left
    upper = float(ground.height_m[top, left])
    lower = float(ground.height_m[top + 1, left])
    upper += (ground.height_m[top, left + 1] - upper) * right
    lower += (ground.height_m[top + 1, left + 1] - lower) * right
    return upper + (lower - upper) * (r - top)


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def class_at(ground, x_m, y_m):  # type: ignore[no-untyped-def]
    """Clutter class of the pixel that holds a point (on an edge, the southern or eastern one); beyond the map the nearest pixel's."""
    rows, cols = ground.clutter.shape
    r = (ground.clutter_y_m - y_m) / ground.clutter_step_m + PIXEL_EDGE
    c = (x_m - ground.clutter_x_m) / ground.clutter_step_m + PIXEL_EDGE
    return ground.clutter[int(min(max(r, 0.0), rows - 0.5)), int(min(max(c, 0.0), cols - 0.5))]


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def most_nominal_of(ground):  # type: ignore[no-untyped-def]
    """The largest nominal clutter distance of all classes. [m]"""
    most = 0.0
    for nominal_m in ground.nominal_m:
        most = max(most, nominal_m)
    return most


@njit(**KERNEL, inline="always")  # type: ignore[untyped-decorator]
def short_path_weight(length, both_nominal):  # type: ignore[no-untyped-def]
    """Share of the excess over free space that counts: 1 from the sum of both nominal distances on, 0 within half of it."""
    return min(max(2.0 * length / both_nominal - 1.0, 0.0), 1.0)


@njit(**KERNEL, inline="always")  # type: ignore[untyped-decorator]
def ray_of(right, up):  # type: ignore[no-untyped-def]
    """Number of the ray nearest to a receiver at steps to the east and north; half-way between two, the one nearer to the axis."""
    longest = max(abs(right), abs(up))
    half = LEAST_SQUARE
    while half < RAYS_A_STEP * longest - TOUCHING:
        half *= 2
    if abs(right) >= abs(up):
        side, across = (0, up) if right >= 0.0 else (1, up)
    else:
        side, across = (2, right) if up >= 0.0 else (3, right)
    k = np.int64(math.ceil(abs(across) / max(longest, 1e-9) * half - 0.5 - TOUCHING))
    return 16 * half + side * (2 * half + 1) + (k if across > 0.0 else -k) + half


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def direction_of(number):  # type: ignore[no-untyped-def]
    """Direction of a ray: steps to the east and north of one step along it."""
    half = LEAST_SQUARE
    while 32 * half <= number:
        half *= 2
    rest = number - 16 * half
    side = rest // (2 * half + 1)
    across = (rest % (2 * half + 1) - half) / half
    length = math.sqrt(1.0 + across * across)
    out = -1.0 / length if side % 2 == 1 else 1.0 / length
    across /= length
    return (out, across) if side < 2 else (across, out)


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def shared_steps(j, nominal, most_nominal):  # type: ignore[no-untyped-def]
    """Whole steps of a path that are on its ray: those before the halved steps and before the receiver's nominal point, whatever its
    class; none on a short path. `nominal` is the mast's nominal distance, `most_nominal` the largest of all classes. [steps]"""
    shared = int(j - max(TAIL_STEPS, most_nominal) + TOUCHING) - 1
    return shared if shared > nominal + 1.0 else 0


class MapProfile(NamedTuple):
    """A path with the arguments of `p1812.loss`, and the share of its excess over free space that counts (`short_path_weight`)."""

    distance_km: Floats
    terrain_m: Floats
    clutter_m: Floats
    weight: float


def map_profile(
    ground: Ground, tx_xy_m: tuple[float, float], rx_xy_m: tuple[float, float], *, step_m: float = 50.0, own_line: bool = False
) -> MapProfile:
    """The profile between two points of a map, with a point at the nominal clutter distance from each end.

    Parameters
    ----------
    ground : Ground
        Heights and clutter.
    tx_xy_m, rx_xy_m : (x, y)
        Both ends in the plane of `ground`. [m]
    step_m : float
        Samples are at whole multiples of it from the transmitter, at half multiples within TAIL_STEPS of the receiver. [m]
    own_line : bool
        True: all samples are on the line between both ends. False: as on coverage maps, those before the last few steps are on the
        nearest of the rays receivers share (`infraplan.radio.p1812_rays`), at most 0.4 steps aside.

    Returns
    -------
    MapProfile
        At least three samples. Between an end and its nominal distance clutter is 0; the point at that distance has the clutter of the
        end's own class. A path shorter than both nominal distances together has one point between its ends, with the higher clutter of
        both; `weight` then lets the excess over free space fall to 0 at half that length.
    """
    (tx_x, tx_y), (rx_x, rx_y) = tx_xy_m, rx_xy_m
    length_m = max(math.hypot(rx_x - tx_x, rx_y - tx_y), LEAST_PATH_M)
    tx_class, rx_class = class_at(ground, tx_x, tx_y), class_at(ground, rx_x, rx_y)
    tx_nominal_m, rx_nominal_m = float(ground.nominal_m[tx_class]), float(ground.nominal_m[rx_class])
    tx_clutter_m, rx_clutter_m = float(ground.clutter_height_m[tx_class]), float(ground.clutter_height_m[rx_class])
    both_m = tx_nominal_m + rx_nominal_m
    shared_m = 0.0
    if length_m < both_m:
        along_m = np.array([0.0, length_m * tx_nominal_m / both_m, length_m])
        clutter_m = np.array([0.0, max(tx_clutter_m, rx_clutter_m), 0.0])
    else:
        near_m, far_m = tx_nominal_m, length_m - rx_nominal_m
        if not own_line:
            shared_m = shared_steps(length_m / step_m, near_m / step_m, float(ground.nominal_m.max()) / step_m) * step_m
        halves = np.arange(1, math.ceil(2.0 * length_m / step_m - TOUCHING))
        samples_m = halves[(halves % 2 == 0) | (0.5 * halves >= length_m / step_m - TAIL_STEPS - TOUCHING)] * (0.5 * step_m)
        apart = (np.abs(samples_m - near_m) > TOUCHING * step_m) & (np.abs(samples_m - far_m) > TOUCHING * step_m)
        along_m = np.unique(np.concatenate([[0.0, near_m, far_m, length_m], samples_m[apart]]))
        clutter_m = np.zeros(len(along_m))
    t = along_m / length_m
    x_m, y_m = tx_x + t * (rx_x - tx_x), tx_y + t * (rx_y - tx_y)
    on_ray = (along_m > 0.0) & (along_m <= shared_m)
    if on_ray.any():
        east, north = direction_of(ray_of((rx_x - tx_x) / step_m, (rx_y - tx_y) / step_m))
        x_m[on_ray], y_m[on_ray] = tx_x + east * along_m[on_ray], tx_y + north * along_m[on_ray]
    if length_m >= both_m:
        for k in np.flatnonzero((along_m >= near_m) & (along_m <= far_m)):
            clutter_m[k] = ground.clutter_height_m[class_at(ground, x_m[k], y_m[k])]
        clutter_m[along_m == near_m] = tx_clutter_m
        clutter_m[along_m == far_m] = rx_clutter_m if far_m > near_m else max(tx_clutter_m, rx_clutter_m)
    terrain_m = np.array([height_at(ground, x, y) for x, y in zip(x_m, y_m, strict=True)])
    return MapProfile(along_m / 1000.0, terrain_m, clutter_m, float(short_path_weight(length_m, both_m)))
