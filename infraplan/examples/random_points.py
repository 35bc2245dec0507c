"""Random points that stay inside a polygon. Degrees in and out; every draw comes from the caller's generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from infraplan.arrays import Floats
from infraplan.examples.source_data import METRES_PER_DEGREE

Acceptance = Callable[[Floats, Floats], Floats]
DECIMALS = 5  # a metre: coordinates are rounded before they are tested, so that writing them moves nothing across a border
ATTEMPTS = 60
ROUNDS = 40


def shift(lon: npt.ArrayLike, lat: npt.ArrayLike, east_m: npt.ArrayLike, north_m: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Points moved by metres, rounded to a metre."""
    latitude = np.asarray(lat, float)
    moved_lat = latitude + np.asarray(north_m, float) / METRES_PER_DEGREE
    moved_lon = np.asarray(lon, float) + np.asarray(east_m, float) / (METRES_PER_DEGREE * np.cos(np.radians(latitude)))
    return np.round(moved_lon, DECIMALS), np.round(moved_lat, DECIMALS)


class Plane:
    """A local plane about some points: metres east and north of their south-west corner, scaled by their mean latitude."""

    def __init__(self, lon: npt.ArrayLike, lat: npt.ArrayLike):
        self.west, self.south = float(np.min(lon)), float(np.min(lat))
        self.squeeze = float(np.cos(np.radians((self.south + float(np.max(lat))) / 2)))

    def flat(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Degrees to metres."""
        east, north = np.asarray(lon, float) - self.west, np.asarray(lat, float) - self.south
        return east * METRES_PER_DEGREE * self.squeeze, north * METRES_PER_DEGREE

    def degrees(self, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
        """Metres to degrees, rounded to a metre."""
        lon, lat = self.west + x_m / (METRES_PER_DEGREE * self.squeeze), self.south + y_m / METRES_PER_DEGREE
        return np.round(lon, DECIMALS), np.round(lat, DECIMALS)


def apart(x_m: Floats, y_m: Floats, least_m: float, fixed_m: npt.ArrayLike = ()) -> tuple[Floats, Floats]:
    """The points, those nearer than `least_m` to each other or to a fixed one moved apart until none is, or for `ROUNDS` rounds. [m]

    `fixed_m` has shape (count, 2).
    """
    still = np.asarray(fixed_m, float).reshape(-1, 2)
    place = np.concatenate([still, np.column_stack([x_m, y_m])])
    for _ in range(ROUNDS):
        pairs = cKDTree(place).query_pairs(least_m, output_type="ndarray")
        pairs = pairs[pairs.max(axis=1) >= len(still)]
        if not len(pairs):
            break
        a, b = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].T
        gap = place[b] - place[a]
        gap[(gap == 0).all(axis=1)] = (1e-3, 1e-3)
        away_m = np.hypot(gap[:, 0], gap[:, 1])[:, None]
        push = gap / away_m * (least_m * 1.02 - away_m) * np.where((a < len(still)) | (b < len(still)), 1.0, 0.5)[:, None]
        for axis in (0, 1):
            moved = np.bincount(b, push[:, axis], len(place)) - np.bincount(a, push[:, axis], len(place))
            place[len(still) :, axis] += moved[len(still) :]
    return place[len(still) :, 0], place[len(still) :, 1]


def uniform_inside(polygon: Any, count: int, rng: np.random.Generator, accept: Acceptance | None = None) -> tuple[Floats, Floats]:
    """`count` points in the polygon, uniform, or thinned by a probability `accept(lon, lat)`."""
    west, south, east, north = polygon.bounds
    lon, lat = np.empty(0), np.empty(0)
    for attempt in range(ATTEMPTS):
        batch = max(64, 4 * (count - len(lon)))
        x, y = np.round(rng.uniform(west, east, batch), DECIMALS), np.round(rng.uniform(south, north, batch), DECIMALS)
        keep = shapely.contains_xy(polygon, x, y)
        if accept is not None and attempt < ATTEMPTS // 2:
            keep &= rng.uniform(size=batch) < accept(x, y)
        lon, lat = np.concatenate([lon, x[keep]]), np.concatenate([lat, y[keep]])
        if len(lon) >= count:
            return lon[:count], lat[:count]
    point = polygon.representative_point()
    missing = count - len(lon)
    return np.concatenate([lon, np.full(missing, point.x)]), np.concatenate([lat, np.full(missing, point.y)])


def scatter_inside(
    polygon: Any,
    lon: Floats,
    lat: Floats,
    offsets: Callable[[npt.NDArray[np.intp]], tuple[Floats, Floats]],
    rng: np.random.Generator,
    accept: Acceptance | None = None,
) -> tuple[Floats, Floats]:
    """One point about each centre: `offsets(rows)` draws metres east and north; points outside are drawn again, at last uniformly.

    `accept(lon, lat)` thins the first half of the attempts.
    """
    out_lon, out_lat = np.array(lon, float), np.array(lat, float)
    waiting = np.arange(len(out_lon))
    for attempt in range(ATTEMPTS):
        if len(waiting) == 0:
            return out_lon, out_lat
        x, y = shift(lon[waiting], lat[waiting], *offsets(waiting))
        inside = shapely.contains_xy(polygon, x, y)
        if accept is not None and attempt < ATTEMPTS // 2:
            inside &= rng.uniform(size=len(x)) < accept(x, y)
        out_lon[waiting[inside]], out_lat[waiting[inside]] = x[inside], y[inside]
        waiting = waiting[~inside]
    out_lon[waiting], out_lat[waiting] = uniform_inside(polygon, len(waiting), rng)
    return out_lon, out_lat
