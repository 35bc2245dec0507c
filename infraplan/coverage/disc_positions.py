"""Where a point with a position error may lie: the positions of its disc at which it is judged.

The positions are the same whatever the pixels of a map: the point itself, and rings of six, twelve, eighteen ... around it, so that each
position stands for an equal part of the disc. Their number is an interpretation of ours: one ring, two from `WIDE_M` of error on; a point
known to within `EXACT_M` is judged at itself alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infraplan.arrays import Bools, Floats, Ints

EXACT_M = 50.0
"""Errors up to this are less than a profile sees. [m]"""
WIDE_M = 500.0
"""Larger errors get a second ring. [m]"""
PER_METRE = 100.0
"""Positions are rounded to 1 cm, so that the last bits of a projection choose nothing."""


@dataclass(frozen=True)
class DiscPositions:
    """The positions of some points. `start[i]` to `start[i + 1]` are those of point i, its own first; none where it has no place.

    Parameters
    ----------
    x_m, y_m : float64 array
        In the plane of the map. [m]
    start : int64 array
        Length of the points + 1.
    """

    x_m: Floats
    y_m: Floats
    start: Ints

    @property
    def owner(self) -> Ints:
        """The point of each position."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    @property
    def own(self) -> Ints:
        """The position of each point that has a place at the point itself."""
        return self.start[:-1][self.placed]

    @property
    def placed(self) -> Bools:
        """Which points have a place."""
        return np.diff(self.start) > 0


def rings_of(error_m: Floats) -> Ints:
    """Number of rings for a position error. [m]"""
    stated = np.nan_to_num(error_m)
    return np.where(stated > WIDE_M, 2, np.where(stated > EXACT_M, 1, 0))


def unit_disc(rings: int) -> tuple[Floats, Floats]:
    """The centre and rings of a disc of radius 1, each position in the middle of an equal part of its area.

    Examples
    --------
    >>> x, y = unit_disc(1)
    >>> len(x), float(np.hypot(x, y)[1].round(3))
    (7, 0.756)
    """
    x, y, total = [0.0], [0.0], 1 + 3 * rings * (rings + 1)
    for ring in range(1, rings + 1):
        inside = 1 + 3 * ring * (ring - 1)
        radius = np.sqrt((inside + 3 * ring) / total)  # half of the ring's area lies nearer
        angle = 2.0 * np.pi * (np.arange(6 * ring) + 0.5 * (ring % 2)) / (6 * ring)
        x, y = [*x, *(radius * np.sin(angle))], [*y, *(radius * np.cos(angle))]
    return np.array(x), np.array(y)


def disc_positions(x_m: Floats, y_m: Floats, error_m: Floats) -> DiscPositions:
    """The positions of points of known errors; points with a coordinate that is NaN have none. [m]"""
    rings = rings_of(error_m)
    placed = np.isfinite(x_m) & np.isfinite(y_m)
    counts = np.where(placed, 1 + 3 * rings * (rings + 1), 0)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    x, y = np.empty(start[-1]), np.empty(start[-1])
    for number in np.unique(rings):
        some = np.flatnonzero(placed & (rings == number))
        at = start[some][:, None] + np.arange(1 + 3 * number * (number + 1))
        east, north = unit_disc(int(number))
        scale = np.nan_to_num(error_m[some])[:, None]
        x[at], y[at] = x_m[some][:, None] + scale * east, y_m[some][:, None] + scale * north
    return DiscPositions(np.round(x * PER_METRE) / PER_METRE, np.round(y * PER_METRE) / PER_METRE, start)
