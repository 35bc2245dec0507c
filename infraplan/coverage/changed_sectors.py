"""The map of a network of which a few sectors changed, made from the map before: the bytes are those of a whole prediction.

Sectors of both maps are sorted by id, so that sectors which stay keep their order, and with it the rule that of equal margins the first
sector serves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Floats32, Indices, Ints
from infraplan.coverage.best_server import margins_at_strips, merged_counts
from infraplan.coverage.coverage_map import Coverage, Layer
from infraplan.coverage.edited_network import EditedNetwork
from infraplan.coverage.map_update import alike
from infraplan.coverage.position_margins import Known, Plane, PositionMargins
from infraplan.coverage.prediction import with_other_receivers
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.coverage.shared_tables import Radio


def changes_of(before: Any, sectors: Any) -> tuple[Ints, Ints, Ints]:
    """What changed between two tables of sectors.

    Parameters
    ----------
    before, sectors : GeoDataFrame
        Sectors (`sectors_of`).

    Returns
    -------
    number : ndarray of int64
        Row in `sectors` of each row of `before` that stayed as it is; -1 for the others.
    gone, fresh : ndarray of int64
        Rows of `before` and of `sectors` that are not in the other table. A sector that changed is in both.
    """
    at = pd.Index(sectors["id"]).get_indexer(pd.Index(before["id"]))
    number = np.where((at >= 0) & alike(before, sectors, at), at, -1).astype(np.int64)
    fresh = np.ones(len(sectors), bool)
    fresh[number[number >= 0]] = False
    return number, np.flatnonzero(number < 0), np.flatnonzero(fresh)


def changed_cover(cover: Coverage, before: Any, sectors: Any, *, workers: int | None = None) -> tuple[Coverage, int]:
    """The map of other sectors.

    Parameters
    ----------
    cover : Coverage
        The map of `before`, with its margins at positions.
    before, sectors : GeoDataFrame
        Sectors of `cover`, and those of the map that is asked for (`sectors_of`), which all stand on the terrain where there is one.
    workers : int, optional
        Threads over terrain; the bytes do not depend on it.

    Returns
    -------
    cover : Coverage
        As `predict_coverage(sectors, ...)` returns it: the same layers, counts and margins at positions. Positions that `cover` has not
        are computed when they are asked for.
    pixels : int
        How many pixels changed, each counted once in all layers.
    """
    number, gone, fresh = changes_of(before, sectors)
    listed, count = before, len(sectors)
    if len(gone) or len(fresh):
        listed = pd.concat([sectors, before.iloc[gone]], ignore_index=True)
        number[gone] = count + np.arange(len(gone))
    network = EditedNetwork(_numbered(cover, listed, np.append(number, -1).astype(np.int32)), listed, workers=workers)
    network.alive[fresh] = False
    network.exchange(np.arange(count, len(listed)), fresh)
    differs = np.zeros(cover.grid.shape, bool)
    for k, plane in enumerate(network.planes):
        first, now = cover.at(*plane).margin_db, network.best[k]
        differs |= (first != now) & ~(np.isnan(first) & np.isnan(now))
    return _counted(network, cover, sectors, workers), int(differs.sum())


def _numbered(cover: Coverage, listed: Any, number: Indices) -> Coverage:
    """The map whose servers are numbered otherwise: `number` by the number until now, the last entry for none."""

    def layers(some: Mapping[Any, Layer]) -> dict[Any, Layer]:
        return {key: Layer(layer.margin_db, number[layer.server]) for key, layer in some.items()}

    known = cover.positions.known
    positions = replace(cover.positions, known=Known(known.keys, known.best.copy(), number[known.server]))
    ids, services = (listed[name].to_numpy(dtype=object) for name in ("id", "service"))
    return replace(
        cover, layers=layers(cover.layers), elsewhere=layers(cover.elsewhere), positions=positions, sector_ids=ids, sector_services=services
    )


def _counted(network: EditedNetwork, cover: Coverage, sectors: Any, workers: int | None) -> Coverage:
    """The map that a network has now, with the counts of all its sites."""
    now, grid, planes = network.cover, cover.grid, (*((*key, "") for key in cover.layers), *cover.elsewhere)
    listed, row, carried = with_other_receivers(sectors, cover.services, network.others)
    radio = Radio(carried, cover.max_radius_km, caps_km=cover.caps_km, terrain=cover.terrain)
    choice: dict[str, Any] = {"sectors": listed, "index": row, "grid": grid, "radio": radio}
    merged = merged_counts(network.best, network.server, keys=_keys(network.planes), **choice)
    compute = partial(margins_at_strips, planes=planes, keys=_keys(planes), workers=workers, **choice)
    rows = [network.planes.index(plane) for plane in planes]
    known = replace(now.positions, planes=planes, known=Known(network.known.keys, network.known.best[rows], network.known.server[rows]))
    return replace(
        cover,
        layers=now.layers,
        elsewhere=now.elsewhere,
        sector_ids=sectors["id"].to_numpy(dtype=object),
        sector_services=sectors["service"].to_numpy(dtype=object),
        models_used=tuple(sorted(merged.models)),
        capped_sites=merged.capped,
        capped_by_family=merged.capped_by_family,
        sites_beyond_terrain=merged.beyond,
        positions=PositionMargins(planes, grid, cover.terrain, partial(_remembered, known=known, compute=compute)),
    )


def _keys(planes: Sequence[Plane]) -> list[tuple[str, str]]:
    """Planes as `keep_best` calls them."""
    return [(family, f"{network}@{receiver}" if receiver else network) for family, network, receiver in planes]


def _remembered(
    best: Floats32, server: Indices, strips: Strips, *, known: PositionMargins, compute: Callable[[Floats32, Indices, Strips], None]
) -> None:
    """Margins at receivers: those of `known` at its positions; the others are computed."""
    x_m, y_m = strips.rows.x_m, strips.rows.y_m
    place = np.asarray(known.known.keys.get_indexer(pd.Index(known.keys_of(x_m, y_m))))
    there = place >= 0
    best[:, 0, there], server[:, 0, there] = known.known.best[:, place[there]], known.known.server[:, place[there]]
    if there.all():
        return
    part = Strips.of(x_m[~there], y_m[~there])
    at = np.flatnonzero(~there)[part.order]
    best_here, server_here = best[:, :, at], server[:, :, at]
    compute(best_here, server_here, part)
    best[:, :, at], server[:, :, at] = best_here, server_here
