"""The best server of every pixel, streamed: memory does not grow with the number of sectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.coverage.footprints import Radio, by_site, site_footprint
from infraplan.coverage.networks import ANY, belongs, networks
from infraplan.coverage.over_terrain import cut_off_sites, keep_best_over_terrain
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.messages import both
from infraplan.presets import choose
from infraplan.radio.budgets import Service

Key = tuple[str, str]
P1812 = "p1812"
MODELS = ("statistical", P1812)
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
    caps_km: Mapping[str, float] = field(default_factory=dict)
    sites_beyond_terrain: int = 0
    terrain: Any = field(default=None, repr=False, compare=False)

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


def keep_best(
    best: npt.NDArray[np.float32],
    server: npt.NDArray[np.int32],
    sectors: Any,
    index: npt.NDArray[np.int64],
    keys: Sequence[Key],
    grid: Grid,
    radio: Radio,
    *,
    workers: int | None = None,
    count_capped: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[int, int, set[str]]:
    """Merge sectors into best[key, row, column] and server[...], in place: what was there stays where it is better.

    `index` numbers the sectors; those of a site stand together and are numbered in their order. Returns how many sites the cap cut off, how
    many stand beyond the terrain, and the models that were used.
    """
    family_of, operators = sectors["family"].to_numpy(), sectors["operators"].astype(str).to_numpy()
    takes_part = np.stack([(family_of == family) & belongs(operators, network) for family, network in keys])
    total, left, capped, beyond, used = int(sectors["site_id"].nunique()), np.arange(len(sectors)), 0, 0, set[str]()
    if radio.terrain is not None and total:
        bits = (takes_part * (1 << np.arange(len(keys)))[:, None]).sum(axis=0)
        share = None if progress is None else lambda done: progress(int(done * total), total)
        masts = keep_best_over_terrain(best, server, sectors, bits, grid, radio, index=index, workers=workers, progress=share)
        left = masts.beyond
        beyond = int(sectors["site_id"].iloc[left].nunique())
        on_ground = np.setdiff1d(np.arange(len(sectors)), left)
        if count_capped:
            capped += cut_off_sites(best, server, sectors.iloc[on_ground], index[on_ground], grid, radio)
        used |= {P1812} if beyond < total else set()
    flat = replace(radio, terrain=None)
    for done, (_, first, site) in enumerate(by_site(sectors.iloc[left], grid), start=total - beyond + 1 if used else 1):
        footprint = site_footprint(site, grid, flat)
        capped += footprint.capped
        rows = slice(left[first], left[first] + len(footprint.margin_db))
        for k in range(len(keys)):
            if footprint.margin_db.size and takes_part[k, rows].any():
                _keep_best(best[k], server[k], footprint.margin_db, takes_part[k, rows], footprint.row0, footprint.col0, index[left[first]])
        if progress is not None and (done % 200 == 0 or done == total):
            progress(done, total)
    return capped, beyond, used | flat.models


def predict_coverage(
    sectors: Any,
    grid: Grid,
    services: Mapping[str, Service],
    *,
    terrain: Any = None,
    model: str | None = None,
    families: Iterable[str] | None = None,
    max_radius_km: float = 30.0,
    caps_km: Mapping[str, float] | None = None,
    base: Coverage | None = None,
    cache: Any = None,
    workers: int | None = None,
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
        Ground on the pixels of the grid, at least as large; by default that of `base`.
    model : str, optional
        "p1812" over terrain, the default with one; "statistical" without: TR 38.901, Okumura-Hata and COST-231 by settlement class. Sites
        beyond the terrain are predicted without it and counted in `sites_beyond_terrain`.
    families : iterable of str, optional
        Families to map; by default those of the services.
    max_radius_km : float
        Recorded cap on the radius of a sector; sites it cut off are counted in `capped_sites`. [km]
    caps_km : mapping, optional
        Tighter caps by family. [km]
    base : Coverage, optional
        A map to start from: adding sectors to it gives the same margins as computing all of them. Its sectors keep their indices, the new
        ones follow.
    cache : FootprintCache, optional
        Path loss over terrain that later footprints of the same sites may use again.
    workers : int, optional
        Threads over terrain; the bytes do not depend on it.
    progress : callable, optional
        Called with (sites done, sites in all).

    Returns
    -------
    Coverage
    """
    if terrain is None and base is not None:
        terrain = base.terrain
    model = choose(model or ("statistical" if terrain is None else P1812), MODELS, "model")
    if model != P1812:
        terrain = None
    elif terrain is None:
        raise UsageError(both("coverage.terrain_missing"))
    wanted = tuple(dict.fromkeys(families if families is not None else (s.family for s in services.values())))
    keys = [(family, network) for family in wanted for network in networks()]
    start = base.layers if base is not None else {}
    offset = len(base.sector_ids) if base is not None else 0
    best = np.full((len(keys), *grid.shape), np.nan, np.float32)
    server = np.full((len(keys), *grid.shape), -1, np.int32)
    for k, key in enumerate(keys):
        if key in start:
            best[k], server[k] = start[key].margin_db, start[key].server
    radio = Radio(services, max_radius_km, caps_km=caps_km or (base.caps_km if base is not None else {}))
    radio = replace(radio, terrain=terrain, cache=cache)
    index = offset + np.arange(len(sectors))
    capped, beyond, models = keep_best(best, server, sectors, index, keys, grid, radio, workers=workers, progress=progress)
    layers = {key: Layer(best[k], server[k]) for k, key in enumerate(keys)}
    reliability = next(iter(services.values())).reliability if services else float("nan")
    ids, names = sectors["id"].to_numpy(dtype=object), sectors["service"].to_numpy(dtype=object)
    if base is not None:
        ids, names = np.concatenate([base.sector_ids, ids]), np.concatenate([base.sector_services, names])
        models |= set(base.models_used)
        capped += base.capped_sites
        beyond += base.sites_beyond_terrain
    return Coverage(
        grid,
        services,
        layers,
        ids,
        names,
        model,
        tuple(sorted(models)),
        reliability,
        max_radius_km,
        capped,
        bool(getattr(terrain, "synthetic", False)),
        radio.caps_km,
        beyond,
        terrain,
    )
