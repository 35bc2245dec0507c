"""Which candidate could serve which demand: matrices, from the same margins as the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from scipy.sparse import csr_matrix

from infraplan.arrays import Bools, Floats32, Ints
from infraplan.coverage.coverage_map import Coverage
from infraplan.coverage.kept_reach import kept_blocks
from infraplan.coverage.networks import ANY
from infraplan.coverage.population import positions_on
from infraplan.coverage.reach_units import Candidates, served_squares
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.coverage.site_margins import MapTerms
from infraplan.radio.budgets import Service


@dataclass(frozen=True)
class Wanted:
    """Points that lack service, and when they count as served.

    Parameters
    ----------
    demand : GeoDataFrame
        Points with `position_error_m`.
    required_db : float
        Margin from which a position counts as served: a planning margin raises it. [dB]
    alone : bool array, optional
        Points at which the map does not hold, since a measurement contradicts it: there a candidate has to serve the whole disc.
    """

    demand: Any
    required_db: float = 0.0
    alone: Bools | None = None


@dataclass(frozen=True)
class Open:
    """The positions of demand at which service is missing, in the order of `strips`.

    Parameters
    ----------
    strips : Strips
        The positions.
    owner : int64 array
        The point of each.
    lacking : int64 array
        How many positions of each point lack service.
    """

    strips: Strips
    owner: Ints
    lacking: Ints

    @classmethod
    def of(cls, demand: Any, cover: Coverage, family: str, network: str, alone: Bools, required_db: float) -> Open:
        """Of points on a map; where `alone` is true all positions of a point lack service, also where the map serves them all."""
        positions, counts = positions_on(demand, cover)
        owner = positions.owner
        with np.errstate(invalid="ignore"):
            known = cover.at_positions(positions.x_m, positions.y_m, family, network).margin_db >= required_db
        whole = alone | (np.bincount(owner[counts & ~known], minlength=len(demand)) == 0)
        left = np.flatnonzero(counts & (~known | whole[owner]))
        strips = Strips.of(positions.x_m[left], positions.y_m[left])
        lacking = np.bincount(owner[left], minlength=len(demand))
        return cls(strips, owner[left][strips.order], lacking)

    @classmethod
    def of_wanted(cls, wanted: Wanted, cover: Coverage, family: str, network: str) -> Open:
        """Of the points of a question."""
        count = len(wanted.demand)
        alone = np.zeros(count, bool) if wanted.alone is None else np.asarray(wanted.alone, bool)
        return cls.of(wanted.demand, cover, family, network, alone, wanted.required_db)


@dataclass(frozen=True)
class Joint:
    """Open positions of several questions, each position once.

    Parameters
    ----------
    strips : Strips
        The positions.
    least_db : float32 array
        The lowest margin that a question asks at each. [dB]
    start : list of int64 array
        For each question: `start[k] : start[k + 1]` are the places of position k in `owner`; empty for positions that it does not have.
    owner : list of int64 array
        For each question: its points.
    """

    strips: Strips
    least_db: Floats32
    start: list[Ints]
    owner: list[Ints]

    @classmethod
    def of(cls, parts: Sequence[Open], required_db: Sequence[float]) -> Joint:
        """Of the open positions of questions, and the margin that each asks. [dB]"""
        at = np.concatenate([part.strips.rows.x_m + 1j * part.strips.rows.y_m for part in parts])
        places, which = np.unique(at, return_inverse=True)
        strips = Strips.of(places.real, places.imag)
        rank = np.empty(len(places), np.int64)
        rank[strips.order] = np.arange(len(places))
        least_db, start, owner, first = np.full(len(places), np.inf, np.float32), [], [], 0
        for part, asked_db in zip(parts, required_db, strict=True):
            own = rank[which[first : first + len(part.owner)]]
            first += len(part.owner)
            least_db[own] = np.minimum(least_db[own], np.float32(asked_db))
            start.append(np.concatenate([[0], np.cumsum(np.bincount(own, minlength=len(places)))]).astype(np.int64))
            owner.append(part.owner[np.argsort(own, kind="stable")])
        return cls(strips, least_db, start, owner)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _whole_points(served, start, owner, lacking):  # type: ignore[no-untyped-def]
    """The points of which all positions that lack service are served, ascending."""
    count = 0
    for k in served:
        count += start[k + 1] - start[k]
    points = np.empty(count, np.int64)
    count = 0
    for k in served:
        for at in range(start[k], start[k + 1]):
            points[count] = owner[at]
            count += 1
    points.sort()
    found, first = 0, 0
    while first < count:
        end = first + 1
        while end < count and points[end] == points[first]:
            end += 1
        if end - first == lacking[points[first]]:
            points[found] = points[first]
            found += 1
        first = end
    return points[:found].copy()


def reach(
    demand: Any,
    candidates: Any,
    cover: Coverage,
    services: Mapping[str, Service],
    *,
    family: str,
    network: str = ANY,
    alone: Bools | None = None,
    required_db: float = 0.0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> csr_matrix:
    """Boolean matrix, demand x candidate site: `reaches` of one question."""
    wanted = Wanted(demand, required_db, alone)
    return reaches([wanted], candidates, cover, services, family=family, network=network, workers=workers, progress=progress)[0]


def reaches(
    wanted: Sequence[Wanted],
    candidates: Any,
    cover: Coverage,
    services: Mapping[str, Service],
    *,
    family: str,
    network: str = ANY,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[csr_matrix]:
    """Boolean matrices, demand x candidate site, one a question; the margins of the candidates are computed once for all of them.

    True where the candidate alone, together with the existing network, serves all positions at which a point may lie.

    A village is judged here as on the map, at the same positions (`disc_positions`), at least one of which the candidate must serve. A disc
    that only two new sites together would serve is not counted: the map of a plan may therefore show more served people than the matrix,
    never fewer; `coverage.build_order` counts as the map does.

    Parameters
    ----------
    wanted : sequence of Wanted
        What is asked.
    candidates : GeoDataFrame
        Sectors of the candidates (`sectors_of`), sectors of a site together; columns of the result follow their sites' first appearance.
    cover : Coverage
        The map of the existing network, by which part of a disc may already be served; radius, terrain and caps are those of the map.
    services : mapping of Service
        Those of the candidates.
    workers : int, optional
        Threads; the answer does not depend on their number.
    """
    parts = [Open.of_wanted(item, cover, family, network) for item in wanted]
    joint = Joint.of(parts, [item.required_db for item in wanted])
    asked_db = tuple(item.required_db for item in wanted)
    asked = Candidates(joint.strips.rows, joint.least_db, asked_db, candidates, MapTerms.of(cover), services, family)

    def whole(served: list[list[Ints]]) -> list[list[Ints]]:
        """The points that each site serves, for each question, from the positions."""
        listed = [zip(each, joint.start, joint.owner, parts, strict=True) for each in served]
        return [[_whole_points(some, start, owner, part.lacking) for some, start, owner, part in each] for each in listed]

    every = asked.sites()
    count, done = len(every), 0
    found: list[list[Ints]] = [[np.empty(0, np.int64)] * count for _ in wanted]
    for items, sites in served_squares(asked, every, whole, kept_blocks.get(), workers):
        for (number, _), each in zip(items, sites, strict=True):
            for rows, own in zip(each, found, strict=True):
                own[number] = rows
        before, done = done, done + len(items)
        if progress is not None and (done // 200 > before // 200 or done == count):
            progress(done, count)
    return [_matrix(own, len(item.demand)) for own, item in zip(found, wanted, strict=True)]


def _matrix(found: list[Ints], points: int) -> csr_matrix:
    """Points by site, from the points of each site."""
    pointer = np.concatenate([[0], np.cumsum([len(rows) for rows in found])])
    index = np.concatenate(found) if found else np.empty(0, np.int64)
    columns = csr_matrix((np.ones(len(index), bool), index, pointer), shape=(len(found), points))
    return columns.T.tocsr()
