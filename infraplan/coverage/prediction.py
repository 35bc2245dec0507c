"""The best server of every pixel, streamed: memory does not grow with the number of sectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.coverage.footprints import Radio, by_site, site_footprint
from infraplan.coverage.networks import ANY, belongs, networks
from infraplan.geo.grids import Grid
from infraplan.presets import choose
from infraplan.radio.budgets import Service

Key = tuple[str, str]
Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """Best margin [dB] (NaN where no sector was computed) and the index of its sector (-1 none), on the grid."""

    margin_db: npt.NDArray[np.float32]
    server: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Coverage:
    """The prediction: a layer for each (family, network), and what it rests on."""

    grid: Grid
    services: Mapping[str, Service]
    layers: Mapping[Key, Layer]
    sector_ids: npt.NDArray[np.object_]
    sector_services: npt.NDArray[np.object_]
    model: str
    models_used: tuple[str, ...]
    reliability: float
    max_radius_km: float
    capped_sites: int
    synthetic_terrain: bool = False

    def __getitem__(self, key: str | Key) -> Layer:
        family, network = (key, ANY) if isinstance(key, str) else key
        choose(family, self.families, "family")
        choose(network, self.networks, "network")
        return self.layers[family, network]

    @property
    def families(self) -> tuple[str, ...]:
        """Families on the map, in their order."""
        return tuple(dict.fromkeys(family for family, _ in self.layers))

    @property
    def networks(self) -> tuple[str, ...]:
        """Networks on the map, "any" first."""
        return tuple(dict.fromkeys(network for _, network in self.layers))

    def within(self, window: Grid) -> Coverage:
        """The same coverage cut to a window of its grid (views, not copies)."""
        rows, cols = window.slices_in(self.grid)
        cut = {key: Layer(layer.margin_db[rows, cols], layer.server[rows, cols]) for key, layer in self.layers.items()}
        return replace(self, grid=window, layers=cut)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _keep_best(
    best_db: Float32, server: npt.NDArray[np.int32], margin_db: Float32, takes_part: npt.NDArray[np.bool_], row0: int, col0: int, first: int
) -> None:
    """Best margin so far; a tie stays with the lower sector index, whatever the order of the calls."""
    sectors, height, width = margin_db.shape
    for k in range(sectors):
        if not takes_part[k]:
            continue
        index = first + k
        for r in range(height):
            for c in range(width):
                value = margin_db[k, r, c]
                old = best_db[row0 + r, col0 + c]
                if value > old or (np.isnan(old) and not np.isnan(value)) or (value == old and index < server[row0 + r, col0 + c]):
                    best_db[row0 + r, col0 + c] = value
                    server[row0 + r, col0 + c] = index


def predict_coverage(
    sectors: Any,
    grid: Grid,
    services: Mapping[str, Service],
    *,
    terrain: Any = None,
    model: str = "statistical",
    families: Iterable[str] | None = None,
    max_radius_km: float = 30.0,
    base: Coverage | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Coverage:
    """Best server per family and network.

    Parameters
    ----------
    sectors : GeoDataFrame
        `sectors_of(sites)`.
    grid : Grid
        Metric grid; sites outside it still serve pixels inside.
    services : mapping of Service
        Presets by name, as `services(...)` returns them.
    terrain : Terrain, optional
        Without it the models need none ("statistical"): TR 38.901, Okumura-Hata and COST-231 by settlement class.
    model : str
        "statistical".
    families : iterable of str, optional
        Families to map; by default those of the services.
    max_radius_km : float
        Recorded cap on the radius of a sector; sites it cut off are counted in `capped_sites`. [km]
    base : Coverage, optional
        A map to start from: adding sectors to it gives the same margins as computing all of them. Its sectors keep their indices, the new
        ones follow.
    progress : callable, optional
        Called with (sites done, sites in all).

    Returns
    -------
    Coverage
    """
    choose(model, ("statistical",), "model")
    wanted = tuple(dict.fromkeys(families if families is not None else (s.family for s in services.values())))
    keys = [(family, network) for family in wanted for network in networks()]
    start = base.layers if base is not None else {}
    offset = len(base.sector_ids) if base is not None else 0
    best = {key: start[key].margin_db.copy() if key in start else np.full(grid.shape, np.nan, np.float32) for key in keys}
    server = {key: start[key].server.copy() if key in start else np.full(grid.shape, -1, np.int32) for key in keys}
    family_of, operators = sectors["family"].to_numpy(), sectors["operators"].astype(str).to_numpy()
    takes_part = {key: (family_of == key[0]) & belongs(operators, key[1]) for key in keys}
    radio = Radio(services, max_radius_km)
    total, capped = int(sectors["site_id"].nunique()), 0
    for done, (_, first, site) in enumerate(by_site(sectors, grid), start=1):
        footprint = site_footprint(site, grid, radio)
        capped += footprint.capped
        rows = slice(first, first + len(footprint.margin_db))
        for key in keys:
            if footprint.margin_db.size and takes_part[key][rows].any():
                _keep_best(
                    best[key], server[key], footprint.margin_db, takes_part[key][rows], footprint.row0, footprint.col0, offset + first
                )
        if progress is not None and (done % 200 == 0 or done == total):
            progress(done, total)
    layers = {key: Layer(best[key], server[key]) for key in keys}
    reliability = next(iter(services.values())).reliability if services else float("nan")
    ids, names = sectors["id"].to_numpy(dtype=object), sectors["service"].to_numpy(dtype=object)
    models = set(radio.models)
    if base is not None:
        ids, names = np.concatenate([base.sector_ids, ids]), np.concatenate([base.sector_services, names])
        models |= set(base.models_used)
        capped += base.capped_sites
    return Coverage(grid, services, layers, ids, names, model, tuple(sorted(models)), reliability, max_radius_km, capped)
