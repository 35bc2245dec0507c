"""The settlement class around a mast where its table does not state it: from the people who live there, or from the land cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Texts
from infraplan.coverage.places import PointTree
from infraplan.geo.grids import Grid
from infraplan.presets import load

CLASSES = ("rural", "suburban", "urban", "dense_urban")


class PeopleAround:
    """The settlement class of masts by the people per km2 around them.

    Parameters
    ----------
    people : GeoDataFrame
        Villages and blocks with `population`.
    grid : Grid
        Where distances are measured.
    limits : mapping, optional
        Radius and people per km2 of each class; by default `surroundings` of presets/site_defaults.toml.
    """

    def __init__(self, people: Any, grid: Grid, limits: Mapping[str, Any] | None = None):
        self.rule = limits or load("site_defaults")["surroundings"]
        self.people, self.grid = people["population"].to_numpy(dtype=float), grid
        self._points = people
        self._tree: PointTree | None = None

    def classes(self, sites: Any) -> Texts:
        """Settlement class of each mast; "" where the mast has no position."""
        if self._tree is None:
            self._tree = PointTree(self._points, self.grid)
        radius_m = float(self.rule["radius_m"])
        mast, home = self._tree.within(sites, radius_m)
        per_km2 = np.bincount(mast, weights=self.people[home], minlength=len(sites)) / (np.pi * (radius_m / 1000.0) ** 2)
        floors = [float(self.rule[f"{name}_per_km2"]) for name in CLASSES[1:]]
        return _classes(per_km2, floors, np.isfinite(self.grid.place(sites)[0]))


def class_from_land(built_share: npt.NDArray[np.float64], limits: Mapping[str, Any] | None = None) -> Texts:
    """Settlement class by the built-up part of the land around each mast, 0..1; "" where it is NaN. It never says "dense_urban"."""
    rule = limits or load("site_defaults")["surroundings"]
    return _classes(built_share, [float(rule[f"{name}_built_share"]) for name in CLASSES[1:3]], np.isfinite(built_share))


def _classes(value: npt.NDArray[np.float64], floors: list[float], known: npt.NDArray[np.bool_]) -> Texts:
    names = np.array(CLASSES, dtype=object)[np.digitize(np.nan_to_num(value), floors)]
    return np.where(known, names, "")
