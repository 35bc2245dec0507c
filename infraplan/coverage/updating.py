"""One site changed: the map again, without computing what cannot have changed.

A pixel keeps its server unless that sector went or changed. Pixels that lost theirs are given the best of all sectors again; new and
changed sectors are merged over their circles. The result equals a prediction from nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.coverage.footprints import Radio
from infraplan.coverage.masts import masts_of
from infraplan.coverage.over_terrain import cut_off_sites
from infraplan.coverage.prediction import Coverage, Layer, keep_best
from infraplan.geo.grids import Grid

COLUMNS = ("site_id", "service", "family", "operators", "environment", "height_m", "azimuth_deg", "tilt_deg", "power_offset_db", "antenna")


def update_coverage(cover: Coverage, before: Any, after: Any, *, cache: Any = None, workers: int | None = None) -> Coverage:
    """The coverage of `after`, from that of `before`.

    Parameters
    ----------
    cover : Coverage
        `predict_coverage(before, ...)`.
    before, after : GeoDataFrame
        Sectors (`sectors_of`) of the map and of the network as it is now. Services of both are among `cover.services`.

    Returns
    -------
    Coverage
        As `predict_coverage(after, ...)` with the same choices.
    """
    grid, keys = cover.grid, list(cover.layers)
    old, new = _fingerprints(before, grid), _fingerprints(after, grid)
    kept = old.index.intersection(new.index)
    kept = kept[old.loc[kept].to_numpy() == new.loc[kept].to_numpy()]
    position = pd.Series(np.arange(len(new)), index=new.index)
    renumber = np.append(position.reindex(old.index.where(old.index.isin(kept))).fillna(-1).to_numpy(dtype=np.int32), np.int32(-1))
    best = np.stack([layer.margin_db for layer in cover.layers.values()])
    server = np.stack([renumber[layer.server] for layer in cover.layers.values()])
    lost = np.zeros(grid.shape, bool)
    for k, layer in enumerate(cover.layers.values()):
        gone = (layer.server >= 0) & (server[k] < 0)
        best[k][gone] = np.nan
        lost |= gone

    radio = Radio(cover.services, cover.max_radius_km, caps_km=cover.caps_km, terrain=cover.terrain, cache=cache)
    x_m, y_m = grid.place(after)
    reach_m = np.array([radio.cap_km(family) * 1000.0 for family in after["family"]]) + 2.0 * grid.resolution_m
    fresh = ~new.index.isin(kept)
    models = set(cover.models_used)

    def merge(window: Grid, rows: npt.NDArray[np.bool_]) -> None:
        if not (rows.any() and window.height and window.width):
            return
        at = window.slices_in(grid)
        models.update(keep_best(best[:, *at], server[:, *at], after[rows], np.flatnonzero(rows), keys, window, radio, workers=workers)[2])

    if lost.any():
        rows, cols = np.flatnonzero(lost.any(axis=1)), np.flatnonzero(lost.any(axis=0))
        left, right = grid.x0_m + cols[0] * grid.resolution_m, grid.x0_m + (cols[-1] + 1) * grid.resolution_m
        top, bottom = grid.y0_m - rows[0] * grid.resolution_m, grid.y0_m - (rows[-1] + 1) * grid.resolution_m
        inner = 0.5 * grid.resolution_m
        near = (x_m > left - reach_m) & (x_m < right + reach_m) & (y_m > bottom - reach_m) & (y_m < top + reach_m)
        merge(grid.window(left + inner, bottom + inner, right - inner, top - inner), near)
    for x, y in np.unique(np.stack([x_m[fresh], y_m[fresh]], axis=1), axis=0):
        some = fresh & (x_m == x) & (y_m == y)
        far_m = reach_m[some].max()
        merge(grid.window(x - far_m, y - far_m, x + far_m, y + far_m), some)

    capped, beyond = cover.capped_sites, cover.sites_beyond_terrain
    if cover.terrain is not None:
        masts = masts_of(after, x_m, y_m, radio, cover.terrain)
        capped = cut_off_sites(best, server, masts, grid, cover.terrain.grid, np.arange(len(after)))
        beyond = int(after["site_id"].iloc[masts.beyond].nunique())
    return replace(
        cover,
        layers={key: Layer(best[k], server[k]) for k, key in enumerate(keys)},
        sector_ids=after["id"].to_numpy(dtype=object),
        sector_services=after["service"].to_numpy(dtype=object),
        models_used=tuple(sorted(models)),
        capped_sites=capped,
        sites_beyond_terrain=beyond,
    )


def _fingerprints(sectors: Any, grid: Grid) -> pd.Series:
    """A hash of all a sector's margin depends on, by sector id."""
    x_m, y_m = grid.place(sectors)
    table = pd.DataFrame(sectors[list(COLUMNS)]).assign(x_m=x_m, y_m=y_m)
    return pd.Series(pd.util.hash_pandas_object(table, index=False).to_numpy(), index=pd.Index(sectors["id"].to_numpy(dtype=object)))
