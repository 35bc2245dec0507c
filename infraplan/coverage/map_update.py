"""The map after sites have changed, without computing the pixels that cannot have changed.

A pixel keeps its server unless that sector was removed or changed. Pixels that lost theirs are given the best of all sectors again; new and
changed sectors are merged over their circles. The result equals a new prediction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from infraplan.coverage.best_server import keep_best, margins_at_strips
from infraplan.coverage.mast_arrays import stands_on
from infraplan.coverage.over_terrain import FootprintCache, cut_off_sites
from infraplan.coverage.position_margins import PositionMargins, start_from
from infraplan.coverage.prediction import Coverage, Key, Layer, predict_coverage
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.coverage.sectors import sectors_of
from infraplan.coverage.shared_tables import Radio
from infraplan.geo.grids import Grid
from infraplan.radio import budgets
from infraplan.radio.budgets import Service
from infraplan.tables import arguments

COLUMNS = ("site_id", "service", "family", "operators", "environment", "height_m", "azimuth_deg", "tilt_deg", "power_offset_db", "antenna")


def update_coverage(
    cover: Coverage, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, *, cache: FootprintCache | None = None, workers: int | None = None
) -> Coverage:
    """The map after sites were added, removed or changed, without computing the pixels that they cannot have changed.

    Parameters
    ----------
    cover : Coverage
        `predict_coverage(before, ...)`.
    before, after : GeoDataFrame
        Sectors (`sectors_of`) of the map and of the network as it is now. Services of both are among `cover.services`.
    cache : FootprintCache, optional
        Path loss over terrain of sites that were computed before.
    workers : int, optional
        Threads over terrain; the result does not depend on it.

    Returns
    -------
    Coverage
        As `predict_coverage(after, ...)` with the same choices, without layers of another receiver.

    Raises
    ------
    UsageError
        Tables without the columns of `sectors_of`.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> before = ip.sectors_of(world.sites, world.services)
    >>> after = before[before["site_id"] != "S4"].reset_index(drop=True)
    >>> fewer = ip.update_coverage(world.cover, before, after)
    >>> [int((cover["nr"].margin_db >= 0).sum()) for cover in (world.cover, fewer)]
    [292, 220]
    """
    arguments.require(
        "update_coverage", cover=(cover, arguments.COVER), before=(before, arguments.SECTORS), after=(after, arguments.SECTORS)
    )  # fmt: skip
    grid, keys = cover.grid, list(cover.layers)
    at = pd.Index(after["id"]).get_indexer(pd.Index(before["id"]))
    same = (at >= 0) & alike(before, after, at)
    renumber = np.append(np.where(same, at, -1), -1).astype(np.int32)
    fresh = np.ones(len(after), bool)
    fresh[at[same]] = False
    best = np.stack([layer.margin_db for layer in cover.layers.values()])
    server = np.stack([renumber[layer.server] for layer in cover.layers.values()])
    lost, families = np.zeros(grid.shape, bool), set[str]()
    for k, layer in enumerate(cover.layers.values()):
        gone = (layer.server >= 0) & (server[k] < 0)
        best[k][gone] = np.nan
        lost |= gone
        families |= {keys[k][0]} if gone.any() else set()

    radio = Radio(cover.services, cover.max_radius_km, caps_km=cover.caps_km, terrain=cover.terrain, cache=cache)
    x_m, y_m = grid.place(after)
    caps_m = {family: radio.cap_km(family) * 1000.0 for family in after["family"].unique()}
    reach_m = after["family"].map(caps_m).to_numpy(dtype=float) + 2.0 * grid.resolution_m
    models = set(cover.models_used)

    def merge(window: Grid, rows: npt.NDArray[np.bool_]) -> None:
        if not (rows.any() and window.height and window.width):
            return
        at = window.slices_in(grid)
        merged = keep_best(
            best[:, *at], server[:, *at], after[rows], np.flatnonzero(rows), keys, window, radio, workers=workers, count_capped=False
        )
        models.update(merged.models)

    if lost.any():
        rows, cols = np.flatnonzero(lost.any(axis=1)), np.flatnonzero(lost.any(axis=0))
        left, right = grid.x0_m + cols[0] * grid.resolution_m, grid.x0_m + (cols[-1] + 1) * grid.resolution_m
        top, bottom = grid.y0_m - rows[0] * grid.resolution_m, grid.y0_m - (rows[-1] + 1) * grid.resolution_m
        inner = 0.5 * grid.resolution_m
        near = (
            after["family"].isin(families).to_numpy()
            & (x_m > left - reach_m)
            & (x_m < right + reach_m)
            & (y_m > bottom - reach_m)
            & (y_m < top + reach_m)
        )
        merge(grid.window(left + inner, bottom + inner, right - inner, top - inner), near)
    for x, y in np.unique(np.stack([x_m[fresh], y_m[fresh]], axis=1), axis=0):
        some = fresh & (x_m == x) & (y_m == y)
        far_m = reach_m[some].max()
        merge(grid.window(x - far_m, y - far_m, x + far_m, y + far_m), some)

    capped, beyond, by_family = cover.capped_sites, cover.sites_beyond_terrain, dict(cover.capped_by_family)
    if cover.terrain is not None:
        known = stands_on(cover.terrain, x_m, y_m)
        capped = cut_off_sites(best, server, after[known], np.flatnonzero(known), grid, radio)
        for family in cover.families:
            planes = np.array([own == family for own, _ in keys])
            some = known & (after["family"] == family).to_numpy()
            by_family[family] = cut_off_sites(best[planes], server[planes], after[some], np.flatnonzero(some), grid, radio)
        beyond = int(after.loc[~known, "site_id"].nunique())
    return replace(
        cover,
        layers={key: Layer(best[k], server[k]) for k, key in enumerate(keys)},
        sector_ids=after["id"].to_numpy(dtype=object),
        sector_services=after["service"].to_numpy(dtype=object),
        models_used=tuple(sorted(models)),
        capped_sites=capped,
        sites_beyond_terrain=beyond,
        elsewhere={},
        capped_by_family=by_family,
        positions=PositionMargins(
            tuple((*key, "") for key in keys),
            grid,
            cover.terrain,
            partial(_updated_at, before=cover, renumber=renumber, sectors=after, fresh=fresh, keys=keys, radio=radio, workers=workers),
            cover.positions,
        ),
    )


def _updated_at(
    best: npt.NDArray[np.float32],
    server: npt.NDArray[np.int32],
    strips: Strips,
    *,
    before: Coverage,
    renumber: npt.NDArray[np.int32],
    sectors: Any,
    fresh: npt.NDArray[np.bool_],
    keys: Sequence[Key],
    radio: Radio,
    workers: int | None,
) -> None:
    """Margins at scattered receivers: of all sectors where a server is gone, else the new sectors on top of what the map had."""
    start_from(before, [(*key, "") for key in keys], best, server, strips)
    kept = renumber[server]
    lost = ((server >= 0) & (kept < 0)).any(axis=(0, 1))
    server[:] = kept
    every = np.arange(len(sectors))
    choice: dict[str, Any] = {"keys": keys, "grid": before.grid, "radio": replace(radio, cache=None), "workers": workers}
    for some, own in ((lost, every), (~lost, np.flatnonzero(fresh))):
        if not some.any():
            continue
        part = Strips.of(strips.rows.x_m[some], strips.rows.y_m[some])
        at = np.flatnonzero(some)[part.order]
        best_here, server_here = best[:, :, at], server[:, :, at]
        if own is every:
            best_here[:], server_here[:] = np.nan, -1
        margins_at_strips(best_here, server_here, part, sectors=sectors.iloc[own], index=own, **choice)
        best[:, :, at], server[:, :, at] = best_here, server_here


def cover_with(plan_sites: gpd.GeoDataFrame, cover: Coverage, services: Mapping[str, Service] | None = None) -> Coverage:
    """The map with the planned sites beside the existing ones, by the same model, caps and terrain, for the same receivers.

    Parameters
    ----------
    plan_sites : GeoDataFrame
        `plan.sites`, or sites in the columns of `read_sites`; those of status "planned" are added.
    cover : Coverage
        The map of the existing sites.
    services : mapping of Service, optional
        Services of the planned sites; by default those of the map, and the presets of the names it lacks.

    Returns
    -------
    Coverage
        On the grid of `cover`; the sectors of the new sites follow those of `cover`.

    Raises
    ------
    UsageError
        Sites without the columns of a site table.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> new = world.sites.iloc[[4]].assign(id="N1", services="nr-n28", status="planned")
    >>> after = ip.cover_with(new, world.cover)
    >>> len(world.cover.sector_ids), len(after.sector_ids)
    (21, 24)
    """
    arguments.require("cover_with", plan_sites=(plan_sites, arguments.SITES), cover=(cover, arguments.COVER))
    presets = services_of(plan_sites, cover) if services is None else services
    return predict_coverage(
        sectors_of(plan_sites, presets, include=("planned",), part=True),
        cover.grid,
        {**cover.services, **presets},
        model=cover.model,
        families=cover.families,
        max_radius_km=cover.max_radius_km,
        caps_km=cover.caps_km,
        base=cover,
        both_receivers=bool(cover.elsewhere),
    )


def services_of(sites: gpd.GeoDataFrame, cover: Coverage) -> dict[str, Service]:
    """The services that sites name: those of the map, else the presets at the reliability of the map."""
    named = sorted({name for text in sites["services"].astype(str) for name in text.split(";") if name})
    lacking = [name for name in named if name not in cover.services]
    known = {**cover.services, **(budgets.services(*lacking, reliability=cover.reliability) if lacking else {})}
    return {name: known[name] for name in named}


def alike(before: Any, after: Any, at: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """For each row of `before`, whether row `at` of `after` has the same values and place."""
    there = np.maximum(at, 0)
    alike = np.ones(len(before), bool)
    if not len(after):
        return alike
    for name in COLUMNS:
        old, new = before[name].to_numpy(), after[name].to_numpy()[there]
        alike &= (old == new) | (pd.isna(old) & pd.isna(new))
    old_at, new_at = shapely.get_coordinates(before.geometry), shapely.get_coordinates(after.geometry)[there]
    return np.asarray(alike & (old_at == new_at).all(axis=1))
