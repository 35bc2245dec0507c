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

from infraplan.arrays import Bools, Floats, Ints
from infraplan.coverage.best_server import keep_best, margins_at_strips
from infraplan.coverage.coverage_map import Coverage, Layer
from infraplan.coverage.map_update import alike
from infraplan.coverage.position_margins import Known, Plane, PositionMargins
from infraplan.coverage.prediction import with_other_receivers
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.coverage.shared_tables import Radio
from infraplan.geo.grids import Grid

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
        self.ids, self.site, self.services, self.family = (sectors[name].to_numpy(dtype=object) for name in NAMES)
        self.alive = np.ones(len(sectors), bool)
        self.others = {family: receiver for family in cover.families if (receiver := cover.other_receiver(family))}
        own = [(*key, "") for key in cover.layers]
        self.planes: tuple[Plane, ...] = (*own, *cover.elsewhere)
        layers = [*cover.layers.values(), *cover.elsewhere.values()]
        self.best = np.stack([layer.margin_db for layer in layers])
        self.server = np.stack([layer.server for layer in layers])
        self.radio = Radio(cover.services, cover.max_radius_km, caps_km=cover.caps_km, terrain=cover.terrain)
        known = cover.positions.known
        self.known = Known(known.keys, known.best.copy(), known.server.copy())
        self.at_x_m, self.at_y_m = cover.positions.positions_of(np.asarray(known.keys))

    @property
    def cover(self) -> Coverage:
        """The map as it is now; its layers are views that the next edit changes."""
        count = len(self.base.layers)
        layers = {key: Layer(self.best[k], self.server[k]) for k, key in enumerate(self.base.layers)}
        there = {key: Layer(self.best[k], self.server[k]) for k, key in enumerate(self.base.elsewhere, start=count)}
        compute = partial(self.margins_at, every=np.flatnonzero(self.alive))
        positions = PositionMargins(self.planes, self.base.grid, self.base.terrain, compute, None, self.known)
        return replace(self.base, layers=layers, elsewhere=there, positions=positions, sector_ids=self.ids, sector_services=self.services)

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
        grid = self.base.grid
        own = [table["site_id"].isin(list(sites)).to_numpy(bool) for table in (self.first, self.added)]
        before = np.flatnonzero(self.alive & np.concatenate(own))
        gone, fresh = self._differing(before, sectors)
        if not len(gone) and not len(fresh):
            return (0.0, 0.0, 0.0, 0.0), np.zeros(0, np.int64)
        self.alive[gone] = False
        rows = self._append(sectors.iloc[fresh])
        changed = np.concatenate([gone, rows])
        reach_m = self._reach_m(changed) + 2.0 * grid.resolution_m
        x_m, y_m = self.x_m[changed], self.y_m[changed]
        left, bottom, right, top = (x_m - reach_m).min(), (y_m - reach_m).min(), (x_m + reach_m).max(), (y_m + reach_m).max()
        window = grid.window(left, bottom, right, top)
        if window.height and window.width:
            self._change_pixels(window, gone, rows)
        inside = (self.at_x_m >= left) & (self.at_x_m <= right) & (self.at_y_m >= bottom) & (self.at_y_m <= top)
        return (left, bottom, right, top), self._change_positions(np.flatnonzero(inside), gone, rows)

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

    def _reach_m(self, rows: Ints) -> Floats:
        """How far the sectors of rows are computed. [m]"""
        caps_m = {name: self.radio.cap_km(name) * 1000.0 for name in self.base.families}
        return np.array([caps_m[name] for name in self.family[rows]], dtype=float)

    def near(self, left: float, bottom: float, right: float, top: float, families: Collection[str]) -> Ints:
        """Sectors of some families that reach into a rectangle."""
        x_m, y_m = self.x_m, self.y_m
        some = np.zeros(len(self.alive), bool)
        for name in families:
            reach_m = self.radio.cap_km(name) * 1000.0 + 2.0 * self.base.grid.resolution_m
            beside = (x_m > left - reach_m) & (x_m < right + reach_m) & (y_m > bottom - reach_m) & (y_m < top + reach_m)
            some |= beside & (self.family == name)
        return np.flatnonzero(some & self.alive)

    def _listed(self, rows: Ints) -> tuple[Any, Ints, Radio, list[tuple[str, str]]]:
        """Sectors of rows for both receivers, the number of each, the radio that carries them, and the keys of the planes."""
        some = self.table(rows)
        keys = [(family, network if not receiver else f"{network}@{receiver}") for family, network, receiver in self.planes]
        if not self.others:
            return some, rows, self.radio, keys
        listed, row, carried = with_other_receivers(some, self.base.services, self.others)
        return listed, rows[row], replace(self.radio, services=carried), keys

    def _change_pixels(self, window: Grid, gone: Ints, fresh: Ints) -> None:
        """The layers within a window, once sectors are given up and others are there."""
        rows, cols = window.slices_in(self.base.grid)
        best, server = self.best[:, rows, cols], self.server[:, rows, cols]
        lost = self._lost(server, gone)
        best[lost], server[lost] = np.nan, -1
        if lost.any():
            any_lost = np.asarray(lost.any(axis=0))
            down, across = np.flatnonzero(any_lost.any(axis=1)), np.flatnonzero(any_lost.any(axis=0))
            part = self._part(window, down, across)
            families = self._families(lost)
            near = self.near(*part.bounds_m, families)
            self._merge(best, server, part, window, near)
        if len(fresh):
            self._merge(best, server, window, window, fresh)

    def _part(self, window: Grid, down: Ints, across: Ints) -> Grid:
        """The window around some rows and columns of a window."""
        pixel_m = window.resolution_m
        left, top = window.x0_m + (across[0] + 0.5) * pixel_m, window.y0_m - (down[0] + 0.5) * pixel_m
        return window.window(left, window.y0_m - (down[-1] + 0.5) * pixel_m, window.x0_m + (across[-1] + 0.5) * pixel_m, top)

    def _merge(self, best: Any, server: Any, part: Grid, window: Grid, rows: Ints) -> None:
        """Merges sectors into the part of a window."""
        if not len(rows):
            return
        at = part.slices_in(window)
        listed, index, radio, keys = self._listed(rows)
        best_here, server_here = np.ascontiguousarray(best[:, *at]), np.ascontiguousarray(server[:, *at])
        keep_best(best_here, server_here, listed, index, keys, part, radio, workers=self.workers, count_capped=False)
        best[:, *at], server[:, *at] = best_here, server_here

    def _change_positions(self, at: Ints, gone: Ints, fresh: Ints) -> Ints:
        """The margins at some positions, likewise; the numbers of those that changed."""
        known = self.known
        best, server = known.best[:, at], known.server[:, at]
        before = best.copy()
        lost = self._lost(server, gone)
        best[lost], server[lost] = np.nan, -1
        again = np.flatnonzero(lost.any(axis=0))
        if len(again):
            x_m, y_m = self.at_x_m[at[again]], self.at_y_m[at[again]]
            near = self.near(x_m.min(), y_m.min(), x_m.max(), y_m.max(), self._families(lost))
            self._merge_at(best, server, again, at, near)
        if len(fresh) and len(at):
            self._merge_at(best, server, np.arange(len(at)), at, fresh)
        known.best[:, at], known.server[:, at] = best, server
        changed: Bools = ((best != before) & ~(np.isnan(best) & np.isnan(before))).any(axis=0)
        return np.asarray(at[changed], np.int64)

    def _merge_at(self, best: Any, server: Any, some: Ints, at: Ints, rows: Ints) -> None:
        """Merges sectors into some of the positions `at`."""
        if not len(rows):
            return
        strips = Strips.of(self.at_x_m[at[some]], self.at_y_m[at[some]])
        order = some[strips.order]
        best_here, server_here = best[:, None, order], server[:, None, order]
        self.margins_at(best_here, server_here, strips, every=rows)
        best[:, order], server[:, order] = best_here[:, 0], server_here[:, 0]

    def margins_at(self, best: Any, server: Any, strips: Strips, *, every: Ints) -> None:
        """Merges sectors at scattered receivers."""
        listed, index, radio, keys = self._listed(every)
        choice: dict[str, Any] = {"keys": keys, "grid": self.base.grid, "radio": radio, "workers": self.workers}
        margins_at_strips(best, server, strips, sectors=listed, index=index, **choice)

    def _lost(self, server: Any, gone: Ints) -> Bools:
        """Where the server is one that was given up."""
        flags = np.zeros(len(self.alive) + 1, bool)
        flags[gone] = True
        return np.asarray(flags[server])

    def _families(self, lost: Bools) -> list[str]:
        """Families of the planes in which something was lost."""
        return list(dict.fromkeys(family for k, (family, _, _) in enumerate(self.planes) if lost[k].any()))
