"""Summits that see many people: where one mast serves several valleys."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import maximum_filter, uniform_filter
from scipy.spatial import cKDTree

from infraplan.arrays import Bools, Floats, Ints, kernel
from infraplan.geo.terrain import Terrain
from infraplan.presets import load

TIE_M = 1e-4


@kernel
def _sees(
    ground_m: npt.NDArray[np.float32],
    resolution_m: float,
    earth_m: float,
    from_col: Floats,
    from_row: Floats,
    from_m: Floats,
    start: Ints,
    to: Ints,
    to_col: Floats,
    to_row: Floats,
    to_m: Floats,
    out: Bools,
) -> None:
    """Whether the straight line clears the ground and the earth's bulge, for the points `to[start[i]:start[i + 1]]` of each origin i."""
    height, width = ground_m.shape
    for i in range(len(from_col)):
        for at in range(start[i], start[i + 1]):
            j = to[at]
            across, down = to_col[j] - from_col[i], to_row[j] - from_row[i]
            length = np.sqrt(across * across + down * down)
            steps = int(np.ceil(length))
            out[at] = True
            for step in range(1, steps):
                part = step / steps
                col, row = from_col[i] + part * across, from_row[i] + part * down
                left, top = min(max(int(col), 0), width - 2), min(max(int(row), 0), height - 2)
                u, v = min(max(col - left, 0.0), 1.0), min(max(row - top, 0.0), 1.0)
                upper = (1 - u) * ground_m[top, left] + u * ground_m[top, left + 1]
                lower = (1 - u) * ground_m[top + 1, left] + u * ground_m[top + 1, left + 1]
                passed_m, total_m = part * length * resolution_m, length * resolution_m
                bulge_m = passed_m * (total_m - passed_m) / (2.0 * earth_m)
                if (1 - v) * upper + v * lower + bulge_m > from_m[i] + part * (to_m[j] - from_m[i]):
                    out[at] = False
                    break


def summits(terrain: Terrain) -> tuple[Ints, Ints]:
    """Rows and columns of pixels that are the highest around and stand out from their surroundings, as the preset `candidates` says."""
    rules, pixel_m = load("candidates")["ridges"], terrain.grid.resolution_m
    ground_m = np.nan_to_num(terrain.height_m, nan=0.0)
    reach, around = (max(1, round(rules[name] / pixel_m)) for name in ("peak_radius_m", "around_m"))
    # of equal heights the first in reading order wins: elevation models in whole metres are full of level tops
    ranked_m = ground_m - np.linspace(0.0, TIE_M, ground_m.size).reshape(ground_m.shape)
    highest = ranked_m >= maximum_filter(ranked_m, size=2 * reach + 1, mode="nearest")
    rise_m = ground_m - uniform_filter(ground_m, size=2 * around + 1, mode="nearest")
    row, col = np.nonzero(highest & (rise_m >= rules["prominence_m"]))
    return row.astype(np.int64), col.astype(np.int64)


def ridge_points(
    terrain: Terrain, demand: Any, *, square_m: float, per_square: int, antenna_m: float, least_people: float = 1.0
) -> pd.DataFrame:
    """The summits of each square that see most people of `demand`.

    Seen means: within the preset's range, the straight line between the antenna and a receiver above the ground clears the terrain and the
    bulge of an earth of 4/3 of its radius. Clutter and diffraction are not considered: this only chooses candidates;
    the coverage of such a site is predicted like that of any other.

    Parameters
    ----------
    terrain : Terrain
    demand : GeoDataFrame
        Points with `population`, those that lack the service.
    square_m : float
        Side of the squares. [m]
    per_square : int
        Summits kept in each, at most.
    antenna_m : float
        Antenna above ground. [m]
    least_people : float
        A summit that sees fewer is not kept.

    Returns
    -------
    DataFrame
        x, y (of the terrain's grid) [m], ground_m, people (seen), the summit that sees most people first within each square, squares from
        the south-west.
    """
    empty = pd.DataFrame({name: np.zeros(0) for name in ("x", "y", "ground_m", "people")})
    rules, grid = load("candidates")["ridges"], terrain.grid
    row, col = summits(terrain)
    to_x, to_y = grid.place(demand)
    people = demand["population"].to_numpy(dtype=float)
    known = np.isfinite(to_x) & (people > 0)
    if per_square <= 0 or not len(row) or not known.any() or min(grid.shape) < 2:
        return empty
    x_m, y_m = grid.centre_of(row, col)
    near: Any = cKDTree(np.column_stack([to_x[known], to_y[known]])).query_ball_point(np.column_stack([x_m, y_m]), rules["seen_within_m"])
    counts = np.array([len(found) for found in near], dtype=np.int64)
    to = np.array([point for found in near for point in found], dtype=np.int64)
    ground_m = np.nan_to_num(terrain.height_m, nan=0.0)
    tops_m = ground_m[row, col].astype(float)
    feet_m = np.nan_to_num(terrain.height_at(to_x[known], to_y[known]), nan=0.0)
    seen = np.zeros(len(to), dtype=bool)
    _sees(
        ground_m,
        grid.resolution_m,
        float(rules["effective_earth_radius_m"]),
        col.astype(float),
        row.astype(float),
        tops_m + antenna_m,
        np.concatenate([[0], np.cumsum(counts)]),
        to,
        (to_x[known] - grid.x0_m) / grid.resolution_m - 0.5,
        (grid.y0_m - to_y[known]) / grid.resolution_m - 0.5,
        feet_m + float(rules["receiver_m"]),
        seen,
    )
    total = np.bincount(np.repeat(np.arange(len(row)), counts), weights=people[known][to] * seen, minlength=len(row))
    table = pd.DataFrame({"x": x_m, "y": y_m, "ground_m": tops_m, "people": total})
    table = table.loc[table["people"] >= max(least_people, 1.0)]
    table = table.assign(j=np.floor(table["y"] / square_m), i=np.floor(table["x"] / square_m))
    table = table.sort_values(["j", "i", "people", "x", "y"], ascending=[True, True, False, True, True], kind="stable")
    return table.loc[table.groupby(["j", "i"]).cumcount() < per_square, list(empty.columns)].reset_index(drop=True)
