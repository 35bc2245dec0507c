"""One microwave hop from each site to the nearest mast in line of sight, with the first Fresnel zone clear over the ground."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from infraplan.arrays import Floats, Ints
from infraplan.coverage.mast_arrays import ground_of
from infraplan.geo.terrain import Terrain
from infraplan.radio.hop_clearance import EARTH_RADIUS_M, FRESNEL_SHARE, clearances, first_clear
from infraplan.units import SPEED_OF_LIGHT_M_S

FIRST_MASTS = 8
"""How many of the nearest masts are looked at first; four times as many each further time."""
SITES_AT_ONCE = 5000


def hop_clearance(terrain: Terrain, from_xy_m: Any, to_xy_m: Any, *, frequency_ghz: float, from_height_m: Any, to_height_m: Any) -> Floats:
    """The least height of the straight line between two antennas over the ground and what is on it, in radii of the first Fresnel zone.

    The ground has the clutter of the terrain on it, where it has a map of land cover; else it is bare. It is higher by the bulge of an
    Earth of 4/3 of its radius. Samples lie at most `terrain.profile_step_m` apart; at the antennas' own places there are none.

    Parameters
    ----------
    terrain : Terrain
        The ground.
    from_xy_m, to_xy_m : array_like, shape (n, 2)
        The ends, in the plane of the terrain. [m]
    frequency_ghz : float
        The band. [GHz]
    from_height_m, to_height_m : array_like, shape (n,)
        The antennas above ground. [m]

    Returns
    -------
    ndarray, shape (n,)
        0.6 and more is clear; negative where the line is cut; minus infinity where ground is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from infraplan.backhaul.microwave_hops import hop_clearance
    >>> from infraplan.geo.grids import Grid
    >>> from infraplan.geo.terrain import Terrain
    >>> grid = Grid("EPSG:4547", 500_000.0, 2_600_000.0, 100.0, 120, 120)
    >>> level = Terrain(grid, np.zeros(grid.shape, np.float32), None, np.full(grid.shape, 4, np.uint8))
    >>> ends = np.array([[501_000.0, 2_590_000.0]]), np.array([[511_000.0, 2_590_000.0]])
    >>> hop_clearance(level, *ends, frequency_ghz=15.0, from_height_m=[35.0], to_height_m=[35.0]).round(1).tolist()
    [4.7]
    """
    start, end = (np.asarray(one, np.float64).reshape(-1, 2) for one in (from_xy_m, to_xy_m))
    low, high = (np.broadcast_to(np.asarray(one, np.float64), (len(start),)) for one in (from_height_m, to_height_m))
    wavelength_m, step_m = SPEED_OF_LIGHT_M_S / (frequency_ghz * 1e9), terrain.profile_step_m
    return np.asarray(clearances(ground_of(terrain), start, end, low, high, wavelength_m, step_m, EARTH_RADIUS_M), np.float64)


def nearest_clear_masts(
    terrain: Terrain,
    sites_m: Floats,
    site_heights_m: Floats,
    masts_m: Floats,
    mast_heights_m: Floats,
    *,
    frequency_ghz: float,
    most_km: float,
) -> tuple[Ints, Floats, Floats]:
    """Of each site the nearest mast that one hop reaches: its row (-1 for none), how far it is [m], and the clearance of the hop."""
    mast, apart = np.full(len(sites_m), -1), np.full(len(sites_m), np.inf)
    clear = np.full(len(sites_m), np.nan)
    if not len(masts_m) or not len(sites_m):
        return mast, apart, clear
    ground = ground_of(terrain)
    tree: Any = cKDTree(masts_m)
    wavelength_m = SPEED_OF_LIGHT_M_S / (frequency_ghz * 1e9)
    for begin in range(0, len(sites_m), SITES_AT_ONCE):
        rows, known, count = np.arange(begin, min(begin + SITES_AT_ONCE, len(sites_m))), 0, min(FIRST_MASTS, len(masts_m))
        while len(rows) and known < count:
            away, near = tree.query(sites_m[rows], np.arange(known + 1, count + 1), distance_upper_bound=most_km * 1000.0 * (1 + 1e-12))
            found, value = first_clear(
                ground, sites_m[rows], site_heights_m[rows], masts_m, mast_heights_m, near, away, wavelength_m, terrain.profile_step_m,
                EARTH_RADIUS_M, FRESNEL_SHARE,
            )  # fmt: skip
            done = np.flatnonzero(found >= 0)
            mast[rows[done]], clear[rows[done]] = near[done, found[done]], value[done]
            apart[rows[done]] = away[done, found[done]]
            rows, known, count = rows[(found < 0) & np.isfinite(away[:, -1])], count, min(4 * count, len(masts_m))
    return mast, apart, clear
