"""The settlement class around a mast where its table does not state it: from the people who live there, or from the land cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Texts
from infraplan.coverage.places import within
from infraplan.geo.grids import Grid
from infraplan.presets import load

CLASSES = ("rural", "suburban", "urban", "dense_urban")


def class_from_people(sites: Any, people: Any, grid: Grid, limits: Mapping[str, Any] | None = None) -> Texts:
    """Settlement class of each mast by the people per km2 around it; "" where the mast has no position.

    Parameters
    ----------
    sites : GeoDataFrame
        Points.
    people : GeoDataFrame
        Villages and blocks with `population`.
    grid : Grid
        Where distances are measured.
    limits : mapping, optional
        Radius and people per km2 of each class; by default `surroundings` of presets/site_defaults.toml.
    """
    rule = limits or load("site_defaults")["surroundings"]
    radius_m = float(rule["radius_m"])
    mast, home = within(people, sites, radius_m, grid)
    count = np.bincount(mast, weights=people["population"].to_numpy(dtype=float)[home], minlength=len(sites))
    per_km2 = count / (np.pi * (radius_m / 1000.0) ** 2)
    return _classes(per_km2, [float(rule[f"{name}_per_km2"]) for name in CLASSES[1:]], np.isfinite(grid.place(sites)[0]))


def class_from_land(built_share: npt.NDArray[np.float64], limits: Mapping[str, Any] | None = None) -> Texts:
    """Settlement class by the built-up part of the land around each mast, 0..1; "" where it is NaN. It never says "dense_urban"."""
    rule = limits or load("site_defaults")["surroundings"]
    return _classes(built_share, [float(rule[f"{name}_built_share"]) for name in CLASSES[1:3]], np.isfinite(built_share))


def _classes(value: npt.NDArray[np.float64], floors: list[float], known: npt.NDArray[np.bool_]) -> Texts:
    names = np.array(CLASSES, dtype=object)[np.digitize(np.nan_to_num(value), floors)]
    return np.where(known, names, "")
