"""A map whose sites are edited one after another: what an edit cannot have changed is not computed.

The sectors are numbered for good: those of changed sites are given up and appended again, so that no layer is numbered again. A pixel or a
position keeps its server unless that sector was given up; those that lost theirs are given the best of all sectors near them, then new
sectors are merged over their circles. Margins equal those of a new prediction; of two sectors with equal margins another one may serve.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Bools, Ints
from infraplan.coverage.best_server import keep_best, margins_at_strips
from infraplan.coverage.coverage_map import Coverage, Layer
from infraplan.coverage.map_update import alike
from infraplan.coverage.position_margins import Known, Plane, PositionMargins
from infraplan.coverage.prediction import with_other_receivers
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.coverage.shared_tables import Radio
from infraplan.geo.grids import Grid

SQUARE_M = 10_000.0
"""Sectors of a family in one such square are given up, or merged, together. [m]"""
NAMES = ("id", "site_id", "service", "family")
Bounds = tuple[float, float, float, float]
"""Left, bottom, right and top. [m]"""


class EditedNetwork:
    """The layers of a map, at its pixels and at the positions that were asked for, as sites change.

    Parameters
    ----------
    cover : Coverage
        The map of the network before any edit; it stays as it is.
    sectors : GeoDataFrame
        Its sectors (`sectors_of`), in the numbering of its servers.
    workers : int, optional
        Threads over terrain; the result does not depend on it.
    """

    def __init__(self, cover: Coverage, sectors: Any, *, workers: int | None = None):
        self.base, self.workers = cover, workers
        self.first, self.added = sectors, sectors.iloc[:0]
        self.x_m, self.y_m = cover.grid.place(sectors)
        self.columns, self.fresh = _columns(sectors, self.x_m, self.y_m), _columns(self.added, self.x_m[:0], self.y_m[:0])
        self.ids, self.site, self.services, self.family = (self.columns[name] for name in NAMES)
        self.alive = np.ones(len(sectors), bool)
        self.others = {family: receiver for family in cover.families if (receiver := cover.other_receiver(family))}
        layers: dict[Plane, Layer] = {(*key, ""): layer for key, layer in cover.layers.items()} | dict(cover.elsewhere)
        self.planes: tuple[Plane, ...] = tuple(sorted(layers, key=lambda plane: cover.families.index(plane[0])))
        self.best = np.stack([layers[plane].margin_db for plane in self.planes])
        self.server = np.stack([layers[plane].server for plane in self.planes])
        carried = with_other_receivers(sectors.iloc[:0], cover.services, self.others)[2]
        self.radio = Radio(carried, cover.max_radius_km, caps_km=cover.caps_km, terrain=cover.terrain)
        known = cover.positions.known
        rows = [list(cover.positions.planes).index(plane) for plane in self.planes]
        self.known = Known(known.keys, known.best[rows], known.server[rows], tables=known.tables)
        self.at_x_m, self.at_y_m = cover.positions.positions_of(np.asarray(known.keys))

    @property
    def cover(self) -> Coverage:
        """The map as it is now; its layers are views that the next edit changes."""
        planes = {plane: Layer(self.best[k], self.server[k]) for k, plane in enumerate(self.planes)}
        layers = {key: planes[*key, ""] for key in self.base.layers}
        there = {key: planes[key] for key in self.base.elsewhere}
        compute = partial(self.margins_at, every=np.flatnonzero(self.alive))
        positions = PositionMargins(self.planes, self.base.grid, self.base.terrain, compute, None, self.known)
        return replace(self.base, layers=layers, elsewhere=there, positions=positions, sector_ids=self.ids, sector_services=self.services)

    @property
    def changed_families(self) -> frozenset[str]:
        """Families of which a sector differs from the network before any edit."""
        count = len(self.first)
        changed = np.append(~self.alive[:count], self.alive[count:])
        return frozenset(self.family[changed].tolist())

    def change(self, sites: Collection[str], sectors: Any) -> tuple[Bounds, Ints]:
        """Replaces the sectors of some sites.

        Parameters
        ----------
        sites : collection of str
            The sites that change.
        sectors : GeoDataFrame
            Their sectors from now on (`sectors_of`); a site without any is switched off.

        Returns
        -------
        bounds : tuple of float
            Left, bottom, right and top of the pixels that may have changed; an empty window where nothing did. [m]
        positions : ndarray of int64
            The numbers of the positions whose margins changed.
        """
        own = [table["site_id"].isin(list(sites)).to_numpy(bool) for table in (self.first, self.added)]
        before = np.flatnonzero(self.alive & np.concatenate(own))
        gone, fresh = self._differing(before, sectors)
        return self.exchange(gone, self._append(sectors.iloc[fresh]))

    def exchange(self, gone: Ints, rows: Ints) -> tuple[Bounds, Ints]:
        """Gives up sectors and merges others of the table; what changed, as `change` returns it.

        Parameters
        ----------
        gone, rows : ndarray of int64
            Numbers of sectors: those that end, and those that are on the map from now on.

        Returns
        -------
        bounds, positions
            As of `change`.
        """
        self.alive[gone], self.alive[rows] = False, True
        gone, rows = (some[np.isin(self.family[some].astype(str), self.base.families)] for some in (gone, rows))
        rectangles, touched = [], np.zeros(len(self.at_x_m), bool)
        for given_up, group in (*((True, part) for part in self._groups(gone)), *((False, part) for part in self._groups(rows))):
            rectangle = self._reached(group)
            rectangles.append(rectangle)
            touched[self._change_group(group, rectangle, given_up)] = True
        if not rectangles:
            return (0.0, 0.0, 0.0, 0.0), np.zeros(0, np.int64)
        left, bottom, right, top = np.array(rectangles).T
        return (float(left.min()), float(bottom.min()), float(right.max()), float(top.max())), np.flatnonzero(touched)

    def _groups(self, rows: Ints) -> list[Ints]:
        """Sectors of one family in one square each: a plan of many sites takes few steps."""
        squares = (np.floor(place[rows] / SQUARE_M) for place in (self.x_m, self.y_m))
        keys = pd.MultiIndex.from_arrays([self.family[rows], *squares])
        number, names = pd.factorize(keys)
        return [rows[number == k] for k in range(len(names))]

    def _reached(self, group: Ints) -> Bounds:
        """The rectangle that the sectors of a group reach. [m]"""
        reach_m = self.radio.cap_km(self.family[group[0]]) * 1000.0 + 2.0 * self.base.grid.resolution_m
        x_m, y_m = self.x_m[group], self.y_m[group]
        return float(x_m.min()) - reach_m, float(y_m.min()) - reach_m, float(x_m.max()) + reach_m, float(y_m.max()) + reach_m

    def _change_group(self, group: Ints, rectangle: Bounds, given_up: bool) -> Ints:
        """Gives up the sectors of a group, or merges them; the numbers of the positions that changed."""
        family = self.family[group[0]]
        own = [k for k, plane in enumerate(self.planes) if plane[0] == family]
        planes = slice(own[0], own[-1] + 1)
        window = self.base.grid.window(*rectangle)
        left, bottom, right, top = rectangle
        inside = np.flatnonzero((self.at_x_m >= left) & (self.at_x_m <= right) & (self.at_y_m >= bottom) & (self.at_y_m <= top))
        if given_up:
            self._give_up_pixels(window, planes, group)
            return self._give_up_positions(inside, planes, group)
        self._merge(planes, window, group)
        return self._merge_at(planes, inside, group)

    def _differing(self, before: Ints, sectors: Any) -> tuple[Ints, Ints]:
        """Rows that are given up, and rows of `sectors` that are new, where both are not the same sector."""
        old = self.table(before)
        at = pd.Index(sectors["id"]).get_indexer(pd.Index(old["id"]))
        same = (at >= 0) & alike(old, sectors, at)
        fresh = np.ones(len(sectors), bool)
        fresh[at[same]] = False
        return before[~same], np.flatnonzero(fresh)

    def _append(self, sectors: Any) -> Ints:
        """The rows of sectors that are added to the table."""
        first = len(self.alive)
        if len(sectors):
            x_m, y_m = self.base.grid.place(sectors)
            self.added = pd.concat([self.added, sectors], ignore_index=True)
            own = _columns(sectors, x_m, y_m)
            self.fresh = {name: np.append(values, own[name]) for name, values in self.fresh.items()}
            self.x_m, self.y_m = np.append(self.x_m, x_m), np.append(self.y_m, y_m)
            known = (self.ids, self.site, self.services, self.family)
            self.ids, self.site, self.services, self.family = (
                np.append(values, sectors[name].to_numpy(dtype=object)) for values, name in zip(known, NAMES, strict=True)
            )
            self.alive = np.append(self.alive, np.ones(len(sectors), bool))
        return np.arange(first, len(self.alive))

    def table(self, rows: Ints) -> Any:
        """The sectors of rows."""
        count = len(self.first)
        return pd.concat([self.first.iloc[rows[rows < count]], self.added.iloc[rows[rows >= count] - count]], ignore_index=True)

    def near(self, left: float, bottom: float, right: float, top: float, family: str) -> Ints:
        """Sectors of a family that reach into a rectangle."""
        reach_m = self.radio.cap_km(family) * 1000.0 + 2.0 * self.base.grid.resolution_m
        x_m, y_m = self.x_m, self.y_m
        beside = (x_m > left - reach_m) & (x_m < right + reach_m) & (y_m > bottom - reach_m) & (y_m < top + reach_m)
        rows = np.flatnonzero(beside & self.alive)
        return np.asarray(rows[self.family[rows] == family], np.int64)

    def _listed(self, rows: Ints, planes: slice) -> tuple[Any, Ints, Radio, list[tuple[str, str]]]:
        """Sectors of rows for both receivers, the number of each, the radio that carries them, and the keys of some planes.

        As `with_other_receivers` lists them: the copies for the other receiver follow the sectors of their site.
        """
        keys = [(family, network if not receiver else f"{network}@{receiver}") for family, network, receiver in self.planes[planes]]
        count = len(self.first)
        known, added = rows[rows < count], rows[rows >= count] - count
        column = {name: np.append(values[known], self.fresh[name][added]) for name, values in self.columns.items()}
        place = np.array([self.others.get(family, "") for family in column["family"]], dtype=object)
        again = np.flatnonzero(place != "")
        row = np.concatenate([np.arange(len(rows)), again])
        row = row[np.argsort(pd.factorize(column["site_id"])[0][row], kind="stable")]
        copy = pd.Series(row).duplicated().to_numpy()  # a sector is listed before its copy
        some = {name: values[row] for name, values in column.items()}
        some["receiver"] = np.where(copy, place[row], "").astype(object)
        some["service"] = np.where(copy, some["service"] + "@" + some["receiver"], some["service"])
        # texts stay objects: a table of their own type would be made for every edit
        return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in some.items()}), rows[row], self.radio, keys

    def _give_up_pixels(self, window: Grid, planes: slice, group: Ints) -> None:
        """Pixels of a window that a group served get the best of all other sectors."""
        if not (window.height and window.width):
            return
        rows, cols = window.slices_in(self.base.grid)
        best, server = self.best[planes, rows, cols], self.server[planes, rows, cols]
        lost = self._lost(server, group)
        if not lost.any():
            return
        best[lost], server[lost] = np.nan, -1
        any_lost = np.asarray(lost.any(axis=0))
        down, across = np.flatnonzero(any_lost.any(axis=1)), np.flatnonzero(any_lost.any(axis=0))
        pixel_m = window.resolution_m
        left, top = window.x0_m + (across[0] + 0.5) * pixel_m, window.y0_m - (down[0] + 0.5) * pixel_m
        part = window.window(left, window.y0_m - (down[-1] + 0.5) * pixel_m, window.x0_m + (across[-1] + 0.5) * pixel_m, top)
        self._merge(planes, part, self.near(*part.bounds_m, self.family[group[0]]))

    def _merge(self, planes: slice, window: Grid, sectors: Ints) -> None:
        """Merges sectors into some planes of a window."""
        if not len(sectors) or not (window.height and window.width):
            return
        rows, cols = window.slices_in(self.base.grid)
        listed, index, radio, keys = self._listed(sectors, planes)
        best, server = np.ascontiguousarray(self.best[planes, rows, cols]), np.ascontiguousarray(self.server[planes, rows, cols])
        keep_best(best, server, listed, index, keys, window, radio, workers=self.workers, count_capped=False)
        self.best[planes, rows, cols], self.server[planes, rows, cols] = best, server

    def _give_up_positions(self, at: Ints, planes: slice, group: Ints) -> Ints:
        """Likewise at some positions; the numbers of those that a group served."""
        lost = self._lost(self.known.server[planes, at], group)
        some = np.asarray(lost.any(axis=0))
        if not some.any():
            return at[:0]
        best, server = self.known.best[planes, at[some]], self.known.server[planes, at[some]]
        best[lost[:, some]], server[lost[:, some]] = np.nan, -1
        self.known.best[planes, at[some]], self.known.server[planes, at[some]] = best, server
        x_m, y_m = self.at_x_m[at[some]], self.at_y_m[at[some]]
        self._merge_at(planes, at[some], self.near(x_m.min(), y_m.min(), x_m.max(), y_m.max(), self.family[group[0]]))
        return at[some]

    def _merge_at(self, planes: slice, at: Ints, sectors: Ints) -> Ints:
        """Merges sectors into some planes of positions; the numbers of those that changed."""
        if not len(sectors) or not len(at):
            return at[:0]
        strips = Strips.of(self.at_x_m[at], self.at_y_m[at])
        order = at[strips.order]
        best, server = self.known.best[planes, order][:, None], self.known.server[planes, order][:, None]
        before = best.copy()
        self.margins_at(best, server, strips, every=sectors, planes=planes)
        self.known.best[planes, order], self.known.server[planes, order] = best[:, 0], server[:, 0]
        changed: Bools = ((best != before) & ~(np.isnan(best) & np.isnan(before))).any(axis=(0, 1))
        return np.asarray(order[changed], np.int64)

    def margins_at(self, best: Any, server: Any, strips: Strips, *, every: Ints, planes: slice = slice(None)) -> None:
        """Merges sectors into some planes of scattered receivers."""
        listed, index, radio, keys = self._listed(every, planes)
        choice: dict[str, Any] = {"keys": keys, "grid": self.base.grid, "radio": radio, "workers": self.workers}
        margins_at_strips(best, server, strips, sectors=listed, index=index, **choice)

    def _lost(self, server: Any, group: Ints) -> Bools:
        """Where the server is one of a group."""
        flags = np.zeros(len(self.alive) + 1, bool)
        flags[group] = True
        return np.asarray(flags[server])


def _columns(sectors: Any, x_m: Any, y_m: Any) -> dict[str, Any]:
    """The columns of sectors as arrays, with their places on the grid: small parts of arrays are taken faster than of a table."""
    texts = {
        name: pd.factorize(sectors[name], use_na_sentinel=False)
        for name in sectors
        if name != "geometry" and pd.api.types.is_string_dtype(sectors[name])
    }
    columns = {name: sectors[name].to_numpy() for name in sectors if name != "geometry" and name not in texts}
    columns |= {name: np.asarray(names, object)[codes] for name, (codes, names) in texts.items()}
    return columns | {"x_m": np.asarray(x_m), "y_m": np.asarray(y_m)}
