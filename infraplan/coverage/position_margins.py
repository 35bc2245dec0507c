"""Margins of a map's network at positions, computed there and not read from pixels; what was computed is kept.

So the answer for a village is the same whatever the pixels of the map. A position is computed in all layers at once: networks, families
and receivers share the rays.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools, Floats, Floats32, Indices, Ints
from infraplan.coverage.coverage_map import Coverage, Layer
from infraplan.coverage.disc_positions import PER_METRE, DiscPositions, disc_positions
from infraplan.coverage.mast_arrays import stands_on
from infraplan.coverage.networks import ANY
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.geo.grids import Grid

LOOKUPS = 64
"""Lists of positions whose places are remembered."""
TABLES = 32
"""Tables of points whose positions are remembered: the same villages and places are judged for many families, networks and clauses."""

Plane = tuple[str, str, str]
"""Family, network and receiver; "" is where the family is judged."""


@dataclass
class Known:
    """The positions that were computed: their keys, and best and server, each of the shape (planes, positions)."""

    keys: pd.Index
    best: Floats32
    server: Indices
    places: OrderedDict[bytes, Ints] = field(default_factory=OrderedDict)
    tables: OrderedDict[bytes, tuple[DiscPositions, Bools]] = field(default_factory=OrderedDict)
    lock: Any = field(default_factory=RLock)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("lock", "tables")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, lock=RLock(), tables=OrderedDict())

    def positions_of_table(
        self, points: Any, error_m: Floats, grid: Grid, make: Callable[[], tuple[DiscPositions, Bools]]
    ) -> tuple[DiscPositions, Bools]:
        """What `make` returns for points of known errors on a grid; not computed again for the same points."""
        parts = [points.geometry.x.to_numpy(), points.geometry.y.to_numpy(), error_m]
        digest = hashlib.blake2b(np.stack(parts).tobytes() + f"{points.crs} {grid}".encode(), digest_size=16).digest()
        with self.lock:
            if digest not in self.tables:
                self.tables[digest] = make()
                if len(self.tables) > TABLES:
                    self.tables.popitem(last=False)
            self.tables.move_to_end(digest)
            return self.tables[digest]


@dataclass(frozen=True)
class PositionMargins:
    """Best margins and servers of a network at any positions.

    Parameters
    ----------
    planes : sequence of Plane
        The layers of the map.
    grid : Grid
        Its CRS is that of the positions.
    terrain : Terrain, optional
        Ground of the prediction; positions on unknown ground are not computed.
    compute : callable
        `compute(best, server, strips)` fills arrays (planes, 1, receivers), NaN and -1 at first, at the receivers of the strips.
    before : PositionMargins, optional
        Those of the map that this one was made from. What was asked there is computed here with the first question.
    """

    planes: Sequence[Plane]
    grid: Grid
    terrain: Any
    compute: Callable[[Floats32, Indices, Strips], None]
    before: PositionMargins | None = None
    known: Known = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.known is None:
            empty = np.empty((len(self.planes), 0))
            object.__setattr__(self, "known", Known(pd.Index([], dtype=np.int64), empty.astype(np.float32), empty.astype(np.int32)))

    def at(self, x_m: Floats, y_m: Floats, plane: Plane) -> tuple[Floats32, Indices]:
        """Margin (NaN: not computed) and server (-1: none) at positions, in the grid's CRS. [dB]"""
        known = self.known
        with known.lock:
            digest = hashlib.blake2b(np.stack([x_m, y_m]).tobytes(), digest_size=16).digest()
            place = known.places.get(digest)
            if place is None:
                place = self._places(self.keys_of(x_m, y_m))
                known.places[digest] = place
                if len(known.places) > LOOKUPS:
                    known.places.popitem(last=False)
            k = list(self.planes).index(plane)
            return known.best[k].take(place), known.server[k].take(place)

    def prepare(self, x_m: Floats, y_m: Floats) -> None:
        """Computes the positions that are not known yet, all at once: many small questions cost more."""
        with self.known.lock:
            self._places(self.keys_of(x_m, y_m))

    def on_ground(self, x_m: Floats, y_m: Floats) -> Bools:
        """Which positions can be computed."""
        return np.ones(len(x_m), bool) if self.terrain is None else stands_on(self.terrain, x_m, y_m)

    def keys_of(self, x_m: Floats, y_m: Floats) -> Ints:
        """One number for each position, which is rounded to 1 cm from the grid's corner on: who asked first changes no margin."""
        east = np.rint((x_m - self.grid.x0_m) * PER_METRE).astype(np.int64)
        north = np.rint((y_m - self.grid.y0_m) * PER_METRE).astype(np.int64)
        return (east << 32) + north

    def _places(self, keys: Ints) -> Ints:
        """Place of each position among the known ones; what is new is computed."""
        known, before = self.known, self.before
        if not len(known.keys) and before is not None and len(before.known.keys):
            self._add(np.unique(self.keys_of(*before.positions_of(np.asarray(before.known.keys)))))
        place = known.keys.get_indexer(pd.Index(keys))
        if (place < 0).any():
            self._add(np.unique(keys[place < 0]))
            place = known.keys.get_indexer(pd.Index(keys))
        return np.asarray(place, np.int64)

    def positions_of(self, keys: Ints) -> tuple[Floats, Floats]:
        """The positions of keys."""
        north = ((keys + 2**31) & (2**32 - 1)) - 2**31
        return self.grid.x0_m + ((keys - north) >> 32) / PER_METRE, self.grid.y0_m + north / PER_METRE

    def _add(self, keys: Ints) -> None:
        """Computes positions that are not known."""
        known = self.known
        best, server = self._computed(*self.positions_of(keys))
        known.keys = known.keys.append(pd.Index(keys))
        known.best, known.server = np.concatenate([known.best, best], axis=1), np.concatenate([known.server, server], axis=1)

    def _computed(self, x_m: Floats, y_m: Floats) -> tuple[Floats32, Indices]:
        strips = Strips.of(x_m, y_m)
        best = np.full((len(self.planes), 1, len(x_m)), np.nan, np.float32)
        server = np.full(best.shape, -1, np.int32)
        self.compute(best, server, strips)
        back = np.empty(len(x_m), np.int64)
        back[strips.order] = np.arange(len(x_m))
        return best[:, 0, back], server[:, 0, back]


def start_from(before: Coverage, planes: Sequence[Plane], best: Floats32, server: Indices, strips: Strips) -> None:
    """Fills best and server with what another map has at the receivers of the strips."""
    for k, (family, network, receiver) in enumerate(planes):
        if before.has(family, network, receiver):
            layer = before.at_positions(strips.rows.x_m, strips.rows.y_m, family, network, receiver)
            best[k, 0], server[k, 0] = layer.margin_db, layer.server


@dataclass(frozen=True)
class OtherReceiver:
    """The margins at another receiver in place of those where the family is judged."""

    margins: Any
    receiver: str

    @property
    def known(self) -> Known:
        """As `PositionMargins.known`."""
        return cast(Known, self.margins.known)

    def at(self, x_m: Floats, y_m: Floats, plane: Plane) -> tuple[Floats32, Indices]:
        """As `PositionMargins.at`."""
        margin_db, server = self.margins.at(x_m, y_m, (plane[0], plane[1], self.receiver))
        return margin_db, server

    def on_ground(self, x_m: Floats, y_m: Floats) -> Bools:
        """As `PositionMargins.on_ground`."""
        return np.asarray(self.margins.on_ground(x_m, y_m))


@dataclass(frozen=True)
class Lowered:
    """The margins lowered by a loss of the best server's. `by_sector_db` has a last entry for positions without server; `shown` names the
    network whose margins stand for that of a family and network."""

    margins: Any
    by_sector_db: npt.NDArray[np.float32]
    shown: Mapping[tuple[str, str], str]

    @property
    def known(self) -> Known:
        """As `PositionMargins.known`."""
        return cast(Known, self.margins.known)

    def at(self, x_m: Floats, y_m: Floats, plane: Plane) -> tuple[Floats32, Indices]:
        """As `PositionMargins.at`."""
        family, network, receiver = plane
        margin_db, server = self.margins.at(x_m, y_m, (family, self.shown.get((family, network), network), receiver))
        return margin_db - self.by_sector_db[server], server

    def on_ground(self, x_m: Floats, y_m: Floats) -> Bools:
        """As `PositionMargins.on_ground`."""
        return np.asarray(self.margins.on_ground(x_m, y_m))


def margin_at(x_m: Floats, y_m: Floats, cover: Coverage, family: str, network: str = ANY, receiver: str = "") -> Layer:
    """Margin (NaN: none was computed, or off the grid) and server (-1: none) at points of the grid's CRS. [dB]"""
    on_map = cover.grid.pixel_of(x_m, y_m)[0] >= 0
    exact = disc_positions(np.asarray(x_m, float)[on_map], np.asarray(y_m, float)[on_map], np.zeros(int(on_map.sum())))
    margin_db, server = np.full(len(on_map), np.nan, np.float32), np.full(len(on_map), -1, np.int32)
    found = cover.at_positions(exact.x_m, exact.y_m, family, network, receiver)
    margin_db[on_map], server[on_map] = found.margin_db, found.server
    return Layer(margin_db, server)
