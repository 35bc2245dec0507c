"""The best server at every receiver, streamed: memory does not grow with the number of sectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit
from scipy.spatial import cKDTree

from infraplan.arrays import Floats32
from infraplan.coverage.coverage_map import Coverage, Key
from infraplan.coverage.footprints import by_site, margins_at, radials_of, site_footprint
from infraplan.coverage.mast_arrays import stands_on
from infraplan.coverage.networks import in_network
from infraplan.coverage.over_terrain import cut_off_sites, keep_best_over_terrain
from infraplan.coverage.position_margins import Plane, start_from
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.coverage.shared_tables import Radio
from infraplan.geo.grids import Grid

P1812 = "p1812"
FEW = 10_000
"""Up to so many sectors are not looked through for those near the positions that are asked for."""


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _keep_best(
    best_db: Floats32,
    server: npt.NDArray[np.int32],
    margin_db: Floats32,
    takes_part: npt.NDArray[np.bool_],
    row0: int,
    col0: int,
    number: npt.NDArray[np.int64],
) -> None:
    """Keeps the best margin so far; of equal margins the lower sector index wins, in any order of the calls."""
    sectors, height, width = margin_db.shape
    for k in range(sectors):
        if not takes_part[k]:
            continue
        index = number[k]
        for r in range(height):
            for c in range(width):
                value = margin_db[k, r, c]
                old = best_db[row0 + r, col0 + c]
                if value > old or (np.isnan(old) and not np.isnan(value)) or (value == old and index < server[row0 + r, col0 + c]):
                    best_db[row0 + r, col0 + c] = value
                    server[row0 + r, col0 + c] = index


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _keep_best_at(
    best_db: Floats32,
    server: npt.NDArray[np.int32],
    margin_db: Floats32,
    takes_part: npt.NDArray[np.bool_],
    at: npt.NDArray[np.int64],
    number: npt.NDArray[np.int64],
) -> None:
    """As `_keep_best`, for the receivers `at` of a line."""
    for k in range(margin_db.shape[0]):
        if not takes_part[k]:
            continue
        index = number[k]
        for i in range(len(at)):
            value, old = margin_db[k, i], best_db[at[i]]
            if value > old or (np.isnan(old) and not np.isnan(value)) or (value == old and index < server[at[i]]):
                best_db[at[i]] = value
                server[at[i]] = index


@dataclass(frozen=True)
class Merged:
    """Counts of a merge of sectors: sites that the cap cut off, in all and by family; sites beyond the terrain.

    The models that were used.
    """

    capped: int
    capped_by_family: dict[str, int]
    beyond: int
    models: set[str]


def keep_best(
    best: npt.NDArray[np.float32],
    server: npt.NDArray[np.int32],
    sectors: Any,
    index: npt.NDArray[np.int64],
    keys: Sequence[Key],
    grid: Grid,
    radio: Radio,
    *,
    strips: Strips | None = None,
    workers: int | None = None,
    count_capped: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Merged:
    """Merge sectors into best[key, row, column] and server[...], in place: earlier values stay where they are better.

    With `strips` the arrays have a single row of scattered receivers instead of the pixels of `grid`, and no site is counted as capped.
    `index` numbers the sectors; those of a site follow one another. A key whose network ends in "@" and a receiver takes the sectors
    whose column `receiver` says so (`with_other_receivers`), any other key those without one; only the latter are counted as capped.
    """
    takes_part = _takes_part(sectors, keys)
    own = np.asarray(takes_part[_own(keys)].any(axis=0))
    total, left, beyond, used = int(sectors["site_id"].nunique()), np.arange(len(sectors)), 0, set[str]()
    capped, by_family = 0, dict.fromkeys((family for family, _ in keys), 0)
    if radio.terrain is not None and total:
        bits = (takes_part * (1 << np.arange(len(keys)))[:, None]).sum(axis=0)
        share = None if progress is None else lambda done: progress(int(done * total), total)
        choice: dict[str, Any] = {"strips": strips, "workers": workers, "progress": share}
        masts = keep_best_over_terrain(best, server, sectors, bits, grid, radio, index=index, **choice)
        left = masts.beyond
        beyond = int(sectors["site_id"].iloc[left].nunique())
        if count_capped and strips is None:
            on_ground = np.setdiff1d(np.flatnonzero(own), left)
            capped, by_family = _cut_off(best, server, sectors, index, keys, on_ground, grid, radio)
        used |= {P1812} if beyond < total else set()
    flat = replace(radio, terrain=None)
    for done, (_, first, site) in enumerate(by_site(sectors.iloc[left], grid), start=total - beyond + 1 if used else 1):
        if strips is not None:
            near, margin_db = margins_at(site, strips.rows, flat)
            rows = left[first : first + len(margin_db)]
            for k in range(len(keys)):
                if len(near) and takes_part[k, rows].any():
                    _keep_best_at(best[k, 0], server[k, 0], margin_db, takes_part[k, rows], near, index[rows])
            continue
        footprint = site_footprint(site, grid, flat)
        rows = left[first : first + len(footprint.margin_db)]
        cut_families = _capped_families(site, own[rows], flat)
        capped += bool(cut_families)
        for family in cut_families:
            by_family[family] += 1
        for k in range(len(keys)):
            if footprint.margin_db.size and takes_part[k, rows].any():
                _keep_best(best[k], server[k], footprint.margin_db, takes_part[k, rows], footprint.row0, footprint.col0, index[rows])
        if progress is not None and (done % 200 == 0 or done == total):
            progress(done, total)
    return Merged(capped, by_family, beyond, used | flat.models)


def merged_counts(
    best: npt.NDArray[np.float32],
    server: npt.NDArray[np.int32],
    sectors: Any,
    index: npt.NDArray[np.int64],
    keys: Sequence[Key],
    grid: Grid,
    radio: Radio,
) -> Merged:
    """What `keep_best` would return of sectors that were all merged into the layers before; computes no margin. Arguments as there."""
    own = np.asarray(_takes_part(sectors, keys)[_own(keys)].any(axis=0))
    total, left, beyond, used = int(sectors["site_id"].nunique()), np.arange(len(sectors)), 0, set[str]()
    capped, by_family = 0, dict.fromkeys((family for family, _ in keys), 0)
    if radio.terrain is not None and total:
        left = np.flatnonzero(~stands_on(radio.terrain, *grid.place(sectors)))
        beyond = int(sectors["site_id"].iloc[left].nunique())
        on_ground = np.setdiff1d(np.flatnonzero(own), left)
        capped, by_family = _cut_off(best, server, sectors, index, keys, on_ground, grid, radio)
        used |= {P1812} if beyond < total else set()
    flat = replace(radio, terrain=None)
    for _, first, site in by_site(sectors.iloc[left], grid):
        cut_families = _capped_families(site, own[left[first : first + len(radials_of(site, flat))]], flat)
        capped += bool(cut_families)
        for family in cut_families:
            by_family[family] += 1
    return Merged(capped, by_family, beyond, used | flat.models)


def _own(keys: Sequence[Key]) -> npt.NDArray[np.bool_]:
    """Which keys are of the receiver where a family is judged."""
    return np.array(["@" not in network for _, network in keys])


def _cut_off(
    best: npt.NDArray[np.float32],
    server: npt.NDArray[np.int32],
    sectors: Any,
    index: npt.NDArray[np.int64],
    keys: Sequence[Key],
    on_ground: npt.NDArray[np.int64],
    grid: Grid,
    radio: Radio,
) -> tuple[int, dict[str, int]]:
    """Sites over terrain that the cap cuts off where a family is judged, in all and by family. `on_ground`: the sectors looked at."""
    families = list(dict.fromkeys(family for family, _ in keys))
    own, of_key, of_sector = _own(keys), np.array([family for family, _ in keys]), sectors["family"].to_numpy()[on_ground]

    def sites(planes: npt.NDArray[np.bool_], some: npt.NDArray[np.int64]) -> int:
        return cut_off_sites(best[planes], server[planes], sectors.iloc[some], index[some], grid, radio)

    capped = sites(own, on_ground)
    if len(families) == 1:
        return capped, {families[0]: capped}
    return capped, {family: sites(own & (of_key == family), on_ground[of_sector == family]) for family in families}


def _takes_part(sectors: Any, keys: Sequence[Key]) -> npt.NDArray[np.bool_]:
    """Which sectors take part in which layer. bool (keys, sectors)"""
    family_of = sectors["family"].to_numpy()
    number, operators = pd.factorize(sectors["operators"].astype(str), use_na_sentinel=False)
    receiver = sectors["receiver"].to_numpy() if "receiver" in sectors else np.full(len(sectors), "", dtype=object)

    def of_network(key: str) -> npt.NDArray[np.bool_]:
        network, _, place = key.partition("@")
        return np.asarray((receiver == place) & in_network(operators, network)[number], dtype=bool)

    return np.stack([(family_of == family) & of_network(network) for family, network in keys])


def _capped_families(site: Mapping[str, Any], own: npt.NDArray[np.bool_], radio: Radio) -> set[str]:
    """Families of which a sector of the site still serves where its cap ends."""
    names = ("environment", "service", "height_m", "antenna", "tilt_deg", "power_offset_db")
    kinds = list(zip(*(site[name] for name in names), strict=True))
    return {radio.services[kind[1]].family for kind, counts in zip(kinds, own, strict=True) if counts and radio.radial(*kind).capped}


def margins_at_strips(
    best: npt.NDArray[np.float32],
    server: npt.NDArray[np.int32],
    strips: Strips,
    *,
    sectors: Any,
    index: npt.NDArray[np.int64],
    keys: Sequence[Key],
    grid: Grid,
    radio: Radio,
    before: Coverage | None = None,
    planes: Sequence[Plane] = (),
    workers: int | None = None,
) -> None:
    """`keep_best` at scattered receivers, on top of the margins that another map has there; sectors too far from all are left out."""
    if before is not None:
        start_from(before, planes, best, server, strips)
    if not len(sectors) or not len(strips.order):
        return
    x_m, y_m = grid.place(sectors)
    caps_m = 1000.0 * sectors["family"].map({family: radio.cap_km(family) for family in sectors["family"].unique()}).to_numpy(dtype=float)
    at_x_m, at_y_m = strips.rows.x_m, strips.rows.y_m
    reach_m = float(caps_m.max()) + 1.0
    some = (
        (at_x_m >= x_m.min() - reach_m)
        & (at_x_m <= x_m.max() + reach_m)
        & (at_y_m >= y_m.min() - reach_m)
        & (at_y_m <= y_m.max() + reach_m)
    )
    if not some.any():
        return
    if len(sectors) > FEW:
        apart_m, _ = cKDTree(np.column_stack([at_x_m[some], at_y_m[some]])).query(np.column_stack([x_m, y_m]))
        near = np.asarray(apart_m) <= caps_m + 1.0
        sectors, index = sectors.loc[near], index[near]
    if some.all():
        keep_best(best, server, sectors, index, keys, grid, radio, strips=strips, workers=workers)
        return
    part = Strips.of(at_x_m[some], at_y_m[some])
    at = np.flatnonzero(some)[part.order]
    best_here, server_here = best[:, :, at], server[:, :, at]
    keep_best(best_here, server_here, sectors, index, keys, grid, radio, strips=part, workers=workers)
    best[:, :, at], server[:, :, at] = best_here, server_here
