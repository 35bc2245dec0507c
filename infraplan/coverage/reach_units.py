"""Candidates square by square, with the positions that each serves: taken from what is kept, computed by threads, or by workers elsewhere.

No matrix depends on who computes a square. To a worker travel positions, sectors, services and ground; numbers of positions come back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Floats32, Ints
from infraplan.coverage.footprints import by_site
from infraplan.coverage.kept_reach import KeptBlocks, Served
from infraplan.coverage.receivers_in_rows import Rows
from infraplan.coverage.site_margins import MapTerms, Site, SiteMargins
from infraplan.coverage.spread import Spread, spread
from infraplan.radio.budgets import Service

BLOCK_M = 10_000.0
"""Side of the squares whose candidates are kept together: a change is felt within a cap's radius of it (ours). [m]"""
UNIT_PAIRS = 8_000_000
"""Pairs of a sector and a position near its square that a worker elsewhere takes at a time, at least: about two seconds."""
SECTOR_COLUMNS = ("site_id", "service", "family", "environment", "height_m", "azimuth_deg", "tilt_deg", "antenna", "power_offset_db")

Whole = Callable[[list[list[Ints]]], list[list[Ints]]]
"""For each site and question: from the positions that it serves to the points."""


@dataclass(frozen=True)
class Candidates:
    """What the served positions of candidates depend on.

    Parameters
    ----------
    rows : Rows
        The positions.
    least_db : float32 array
        Margins below it may be left out, position by position. [dB]
    asked_db : tuple of float
        The margins from which positions count as served, one a question. [dB]
    sectors : DataFrame
        Sectors of the candidates, sectors of a site together.
    about : MapTerms
        Those of the map.
    services : mapping of Service
        Those of the candidates.
    family : str
        Whose margins are asked.
    """

    rows: Rows
    least_db: Floats32
    asked_db: tuple[float, ...]
    sectors: Any
    about: MapTerms
    services: Mapping[str, Service]
    family: str

    @property
    def reach_m(self) -> float:
        """A little more than the largest radius of the candidates' sectors. [m]"""
        return 1000.0 * self.about.radio(self.services, 0.0).cap_km(self.family) + 1.0

    def sites(self) -> list[Site]:
        """The candidates, in their order."""
        return list(enumerate(by_site(self.sectors, self.about.grid)))

    def margins(self) -> SiteMargins:
        """The margins of the candidates."""
        return SiteMargins(self.rows, self.least_db, self.asked_db, self.sectors, self.about, self.services, self.family)

    def near(self, items: list[Site]) -> Ints:
        """Positions that sites of a square may serve, ascending; positions of a rectangle around them."""
        rows, reach_m = self.rows, self.reach_m
        x_m, y_m = (np.array([item[1][2][name] for item in items], float) for name in ("x_m", "y_m"))
        across = (rows.x_m >= x_m.min() - reach_m) & (rows.x_m <= x_m.max() + reach_m)
        return np.flatnonzero(across & (rows.y_m >= y_m.min() - reach_m) & (rows.y_m <= y_m.max() + reach_m))

    def taken(self, items: list[Site], near: Ints, kept: KeptBlocks) -> tuple[str, Served | None]:
        """Key of a square, and what is kept for it: the positions that each site serves, as numbers in `near`."""
        about = self.about
        terms = about.grid.crs, dict(self.services), about.max_radius_km, dict(about.caps_km), self.family, self.asked_db
        there = self.rows.x_m[near], self.rows.y_m[near], self.least_db[near]
        return kept.take(about.terrain, (*terms, *there, [site for _, (_, _, site) in items]))


def served_squares(
    asked: Candidates, sites: list[Site], whole: Whole, kept: KeptBlocks | None, workers: int | None
) -> Iterator[tuple[list[Site], list[list[Ints]]]]:
    """`asked.sites()` some at a time, each once, with the points that each serves, question by question."""
    threads = workers or min(2, os.cpu_count() or 1)
    elsewhere = spread.get()
    if elsewhere is not None:
        squares = _squares(sites)
        looked = _looked(asked, squares, kept, threads)
        units = _units(looked)
        if len(units) > 1:
            yield from _by_workers(asked, squares, looked, units, whole, kept, elsewhere)
            return
    margins = asked.margins()

    def block(items: list[Site]) -> list[list[Ints]]:
        if kept is None:
            return whole([margins.served(item) for item in items])
        near = asked.near(items)
        key, found = asked.taken(items, near, kept)
        if found is None:
            found = [[np.searchsorted(near, np.sort(served)) for served in margins.served(item)] for item in items]
        kept.keep(key, found)
        return whole([[near[served] for served in each] for each in found])

    blocks = [[item] for item in sites] if kept is None else _squares(sites)
    with ThreadPoolExecutor(threads) as pool:
        yield from zip(blocks, pool.map(block, blocks), strict=True)


def _squares(sites: list[Site]) -> list[list[Site]]:
    """Sites by the square of `BLOCK_M` that they are in, in the order of the squares."""
    blocks: dict[tuple[int, int], list[Site]] = {}
    for item in sites:
        place = item[1][2]
        blocks.setdefault((int(place["y_m"] // BLOCK_M), int(place["x_m"] // BLOCK_M)), []).append(item)
    return [blocks[square] for square in sorted(blocks)]


@dataclass(frozen=True)
class _Look:
    """A square before its margins are computed: its key and what is kept for it; how many pairs of a sector and a position it has."""

    key: str
    found: Served | None
    pairs: int


def _looked(asked: Candidates, squares: list[list[Site]], kept: KeptBlocks | None, threads: int) -> list[_Look]:
    def look(items: list[Site]) -> _Look:
        near = asked.near(items)
        key, found = ("", None) if kept is None else asked.taken(items, near, kept)
        return _Look(key, found, len(near) * sum(len(site["service"]) for _, (_, _, site) in items))

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(look, squares))


def _units(looked: Sequence[_Look]) -> list[list[int]]:
    """Squares that have to be computed, by neighbours, at least `UNIT_PAIRS` a unit; units that take longest come first."""
    units: list[list[int]] = []
    sizes: list[int] = []
    for number, look in enumerate(looked):
        if look.found is not None:
            continue
        if not units or sizes[-1] >= UNIT_PAIRS:
            units.append([])
            sizes.append(0)
        units[-1].append(number)
        sizes[-1] += look.pairs
    if len(units) > 1 and sizes[-1] < UNIT_PAIRS:
        units[-2] += units.pop()
        sizes[-2] += sizes.pop()
    return [units[at] for at in sorted(range(len(units)), key=lambda at: (-sizes[at], at))]


def _by_workers(
    asked: Candidates,
    squares: list[list[Site]],
    looked: list[_Look],
    units: list[list[int]],
    whole: Whole,
    kept: KeptBlocks | None,
    elsewhere: Spread,
) -> Iterator[tuple[list[Site], list[list[Ints]]]]:
    """`served_squares` where workers elsewhere compute what is not kept."""
    x_m, y_m = asked.about.grid.place(asked.sectors)
    plain = pd.DataFrame({"x_m": x_m, "y_m": y_m} | {name: asked.sectors[name].to_numpy() for name in SECTOR_COLUMNS})
    travels = replace(asked, sectors=plain, about=replace(asked.about, terrain=None))
    parts = [(np.array([item[0] for at in unit for item in squares[at]], np.int64),) for unit in units]
    results = elsewhere(_margins_over, (asked.about.terrain, travels), _served_by, parts)
    for items, look in zip(squares, looked, strict=True):
        if look.found is not None and kept is not None:
            near = asked.near(items)
            kept.keep(look.key, look.found)
            yield items, whole([[near[served] for served in each] for each in look.found])
    questions = len(asked.asked_db)
    for unit, (length, position) in zip(units, results, strict=True):
        each = iter(np.split(position.astype(np.int64), np.cumsum(length)[:-1]))
        for at in unit:
            served = [[next(each) for _ in range(questions)] for _ in squares[at]]
            if kept is not None:
                near = asked.near(squares[at])
                kept.keep(looked[at].key, [[np.searchsorted(near, some) for some in own] for own in served])
            yield squares[at], whole(served)


def _margins_over(terrain: Any, asked: Candidates) -> SiteMargins:
    """The margins of candidates over a ground."""
    return replace(asked, about=replace(asked.about, terrain=terrain)).margins()


def _served_by(margins: SiteMargins, sites: Ints) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The positions that sites serve, ascending, for each site and question one after another, and before them how many each has."""
    found = [np.sort(served).astype(np.int32) for number in sites for served in margins.served(margins.sites[number])]
    return np.array([len(some) for some in found], np.int32), np.concatenate(found) if found else np.empty(0, np.int32)
