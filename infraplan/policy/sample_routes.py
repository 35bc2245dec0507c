"""In which order to visit the villages of a county: a short path through all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Floats, Ints

EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG). [km]"""


def distances_km(lon: Any, lat: Any) -> Floats:
    """Great-circle distances between all points, in kilometres; degrees in."""
    x, y = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    half = np.sin((y[:, None] - y) / 2) ** 2 + np.cos(y)[:, None] * np.cos(y) * np.sin((x[:, None] - x) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def short_path(km: Floats) -> Ints:
    """A path through all points: nearest neighbours from the point farthest from the others, then pieces are turned while that shortens it.

    No other path is proven to be longer; the table of distances is symmetric.
    """
    count = len(km)
    if count < 3:
        return np.arange(count)
    path, left = [int(np.argmax(km.sum(axis=1)))], set(range(count))
    left.remove(path[0])
    while left:
        path.append(min(left, key=lambda stop: (km[path[-1], stop], stop)))
        left.remove(path[-1])
    better = True
    while better:
        better = False
        for first in range(count - 1):
            for last in range(first + 1, count):
                before = km[path[first - 1], path[first]] if first else 0.0
                after = km[path[last], path[last + 1]] if last + 1 < count else 0.0
                turned = (km[path[first - 1], path[last]] if first else 0.0) + (
                    km[path[first], path[last + 1]] if last + 1 < count else 0.0
                )
                if turned < before + after - 1e-9:
                    path[first : last + 1] = path[first : last + 1][::-1]
                    better = True
    return np.array(path)


def with_routes(table: pd.DataFrame) -> pd.DataFrame:
    """Rows with `stop` and `leg_km`, county by county in the order of their routes; needs city, county, id, lon, lat."""
    parts = []
    for _, group in table.sort_values(["city", "county", "id"], kind="stable").groupby(["city", "county"], sort=False):
        km = distances_km(group["lon"], group["lat"])
        path = short_path(km)
        legs = np.concatenate([[np.nan], km[path[:-1], path[1:]]])
        parts.append(group.iloc[path].assign(stop=np.arange(1, len(path) + 1), leg_km=np.round(legs, 2)))
    return pd.concat(parts, ignore_index=True) if parts else table.assign(stop=0, leg_km=np.nan)
