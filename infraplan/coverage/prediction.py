"""The best server of every pixel, streamed: memory does not grow with the number of sectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit
from scipy.spatial import cKDTree

from infraplan.arrays import Floats32
from infraplan.coverage.coverage_map import Coverage, Key, Layer
from infraplan.coverage.footprints import by_site, margins_at, site_footprint
from infraplan.coverage.networks import in_network, known_networks
from infraplan.coverage.networks import networks as usual_networks
from infraplan.coverage.over_terrain import FootprintCache, cut_off_sites, keep_best_over_terrain
from infraplan.coverage.position_margins import Plane, PositionMargins, start_from
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.coverage.sectors import sectors_on_map
from infraplan.coverage.shared_tables import Radio
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.geo.terrain import Terrain
from infraplan.messages import both
from infraplan.presets import choose
from infraplan.radio.budgets import Service
from infraplan.radio.receivers import at_receiver, other_receiver
from infraplan.tables import arguments

P1812 = "p1812"
MODELS = ("statistical", P1812)


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
    own_keys = np.array(["@" not in network for _, network in keys])
    own = takes_part[own_keys].any(axis=0)
    families = list(dict.fromkeys(family for family, _ in keys))
    total, left, beyond, used = int(sectors["site_id"].nunique()), np.arange(len(sectors)), 0, set[str]()
    capped, by_family = 0, dict.fromkeys(families, 0)
    if radio.terrain is not None and total:
        bits = (takes_part * (1 << np.arange(len(keys)))[:, None]).sum(axis=0)
        share = None if progress is None else lambda done: progress(int(done * total), total)
        choice: dict[str, Any] = {"strips": strips, "workers": workers, "progress": share}
        masts = keep_best_over_terrain(best, server, sectors, bits, grid, radio, index=index, **choice)
        left = masts.beyond
        beyond = int(sectors["site_id"].iloc[left].nunique())
        on_ground = np.setdiff1d(np.flatnonzero(own), left)
        if count_capped and strips is None:
            capped += cut_off_sites(best[own_keys], server[own_keys], sectors.iloc[on_ground], index[on_ground], grid, radio)
            for family in families if len(families) > 1 else ():
                planes = own_keys & np.array([known == family for known, _ in keys])
                some = on_ground[(sectors["family"].to_numpy() == family)[on_ground]]
                by_family[family] += cut_off_sites(best[planes], server[planes], sectors.iloc[some], index[some], grid, radio)
            if len(families) == 1:
                by_family[families[0]] += capped
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


def _takes_part(sectors: Any, keys: Sequence[Key]) -> npt.NDArray[np.bool_]:
    """Which sectors take part in which layer. bool (keys, sectors)"""
    family_of, operators = sectors["family"].to_numpy(), sectors["operators"].astype(str).to_numpy()
    receiver = sectors["receiver"].to_numpy() if "receiver" in sectors else np.full(len(sectors), "", dtype=object)

    def of_network(key: str) -> npt.NDArray[np.bool_]:
        network, _, place = key.partition("@")
        return np.asarray((receiver == place) & in_network(operators, network), dtype=bool)

    return np.stack([(family_of == family) & of_network(network) for family, network in keys])


def _capped_families(site: Mapping[str, Any], own: npt.NDArray[np.bool_], radio: Radio) -> set[str]:
    """Families of which a sector of the site still serves where its cap ends."""
    names = ("environment", "service", "height_m", "antenna", "tilt_deg", "power_offset_db")
    kinds = list(zip(*(site[name] for name in names), strict=True))
    return {radio.services[kind[1]].family for kind, counts in zip(kinds, own, strict=True) if counts and radio.radial(*kind).capped}


def with_other_receivers(
    sectors: Any, services: Mapping[str, Service], receivers: Mapping[str, str]
) -> tuple[Any, npt.NDArray[np.int64], dict[str, Service]]:
    """Sectors listed again for another receiver of their family, the row each came from, and all services.

    `receivers` is the other receiver by family. The copies follow the sectors of their site, with `receiver` filled.
    """
    row = np.arange(len(sectors))
    again = row[sectors["family"].isin(list(receivers)).to_numpy()]
    copies = sectors.iloc[again]
    place = copies["family"].map(dict(receivers)).astype(str)
    copies = copies.assign(receiver=place, service=copies["service"].astype(str) + "@" + place)
    rows = np.concatenate([row, again])
    site = np.asarray(pd.factorize(sectors["site_id"])[0])
    order = np.lexsort((np.arange(len(rows)), site[rows]))
    joined = pd.concat([sectors.assign(receiver=""), copies], ignore_index=True).iloc[order].reset_index(drop=True)
    there = {name: at_receiver(one, receivers[one.family]) for name, one in services.items() if one.family in receivers}
    return joined, rows[order].astype(np.int64), {**services, **{one.name: one for one in there.values()}}


def predict_coverage(
    sectors: gpd.GeoDataFrame,
    grid: Grid,
    services: Mapping[str, Service],
    *,
    terrain: Terrain | None = None,
    model: str | None = None,
    families: Iterable[str] | None = None,
    networks: Sequence[str] | None = None,
    own_operators: Sequence[str] = (),
    max_radius_km: float = 30.0,
    caps_km: Mapping[str, float] | None = None,
    base: Coverage | None = None,
    both_receivers: bool = False,
    cache: FootprintCache | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Coverage:
    """The map of the best server per family and network.

    Parameters
    ----------
    sectors : GeoDataFrame
        Checked sites (`read_sites`) of which those of status "existing" are on the map, or their sectors (`sectors_of(sites)`).
    grid : Grid
        The pixels, in metres: `Grid.over(zones)`. Sites outside it still serve pixels inside.
    services : mapping of Service
        Services by name: `services("nr-n28", ...)`.
    terrain : Terrain, optional
        Ground under the sites and the grid: `read_terrain(...)`; by default that of `base`.
    model : str, optional
        "p1812" over terrain, the default with one; "statistical" without: TR 38.901, Okumura-Hata and COST-231 by settlement class. Sites
        beyond the terrain are predicted without it and counted in `sites_beyond_terrain`.
    families : iterable of str, optional
        Families to map; by default those of the services.
    networks : sequence of str, optional
        "any" and the networks to map separately, each as its operators joined by "+"; by default those of `base`, else of the preset.
    own_operators : sequence of str
        Networks of operators beyond the presets that `networks` may name even where no sector carries them.
    max_radius_km : float
        Recorded cap on the radius of a sector; sites it cut off are counted in `capped_sites`. [km]
    caps_km : mapping of float, optional
        Tighter caps by family. [km]
    base : Coverage, optional
        A map to start from: adding sectors to it gives the same margins as computing all of them. Its sectors keep their indices, the new
        ones follow.
    both_receivers : bool
        Also map every family for the other receiver (`other_receiver`): indoors where it is judged outdoors, else outdoors. Twice the
        layers; over terrain the losses are computed once for both where the cap, not free space, ends their radius.
    cache : FootprintCache, optional
        Path loss over terrain that later footprints of the same sites may use again.
    workers : int, optional
        Threads over terrain; the bytes do not depend on it.
    progress : callable, optional
        Called with (sites done, sites in all).

    Returns
    -------
    Coverage
        Layers of margins [dB] and servers, each of the shape (height, width).

    Raises
    ------
    UsageError
        An operator of `networks` that no sector carries and nothing names; a model without its terrain, or beyond its frequencies; sites
        without the columns of `read_sites`.
    DataError
        A service of the sites that neither `services` nor the presets have.

    Warns
    -----
    DataWarning
        A family of `services` that no site carries, while the sites carry other services of it.

    References
    ----------
    Recommendation ITU-R P.1812-8. 3GPP TR 38.901, table 7.4.1-1. Hata, IEEE Trans. Veh. Technol. 29, 1980. COST 231 Final Report, 1999,
    section 4.4.1.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> grid = ip.Grid.over(world.zones, resolution_m=1000)
    >>> cover = ip.predict_coverage(world.sites, grid, ip.services("nr-n28", reliability=0.9))
    >>> cover.families, cover["nr"].margin_db.shape
    (('nr',), (34, 31))
    """
    listed_sectors = "site_id" in sectors
    arguments.require("predict_coverage", sectors=(sectors, arguments.SECTORS if listed_sectors else arguments.SITES))
    sectors = sectors if listed_sectors else sectors_on_map(sectors, services)
    if terrain is None and base is not None:
        terrain = base.terrain
    model = choose(model or ("statistical" if terrain is None else P1812), MODELS, "model")
    if model != P1812:
        terrain = None
    elif terrain is None:
        raise UsageError(both("coverage.terrain_missing"))
    for service in services.values() if model == P1812 else ():
        if not 30.0 <= service.frequency_mhz <= 6000.0:
            raise UsageError(both("coverage.beyond_p1812", service=service.name, frequency=f"{service.frequency_mhz:g}"))
    wanted = tuple(dict.fromkeys(families if families is not None else (s.family for s in services.values())))
    if networks is not None:
        networks = known_networks(networks, dict.fromkeys(sectors["operators"]), own_operators)
    shown = networks if networks is not None else base.networks if base is not None and base.layers else usual_networks()
    keys = [(family, network) for family in wanted for network in shown]
    others = {family: other_receiver(services, family) for family in wanted} if both_receivers else {}
    there = [(family, network, others[family]) for family, network in keys if family in others]
    planes = keys + [(family, f"{network}@{receiver}") for family, network, receiver in there]
    start = dict(base.layers) if base is not None else {}
    if base is not None and both_receivers:
        start |= {(family, f"{network}@{receiver}"): layer for (family, network, receiver), layer in base.elsewhere.items()}
    offset = len(base.sector_ids) if base is not None else 0
    best = np.full((len(planes), *grid.shape), np.nan, np.float32)
    server = np.full((len(planes), *grid.shape), -1, np.int32)
    for k, key in enumerate(planes):
        if key in start:
            best[k], server[k] = start[key].margin_db, start[key].server
    listed, row, carried = with_other_receivers(sectors, services, others) if others else (sectors, np.arange(len(sectors)), services)
    radio = Radio(carried, max_radius_km, caps_km=caps_km or (base.caps_km if base is not None else {}))
    radio = replace(radio, terrain=terrain, cache=cache)
    merged = keep_best(best, server, listed, offset + row, planes, grid, radio, workers=workers, progress=progress)
    capped, beyond, models, by_family = merged.capped, merged.beyond, merged.models, merged.capped_by_family
    every = (*((*key, "") for key in keys), *there)
    choice: dict[str, Any] = {"keys": planes, "grid": grid, "radio": replace(radio, cache=None), "workers": workers}
    compute = partial(margins_at_strips, sectors=listed, index=offset + row, before=base, planes=every, **choice)
    positions = PositionMargins(every, grid, terrain, compute)
    layers = {key: Layer(best[k], server[k]) for k, key in enumerate(keys)}
    reliability = next(iter(services.values())).reliability if services else float("nan")
    ids, names = sectors["id"].to_numpy(dtype=object), sectors["service"].to_numpy(dtype=object)
    if base is not None:
        ids, names = np.concatenate([base.sector_ids, ids]), np.concatenate([base.sector_services, names])
        models |= set(base.models_used)
        capped += base.capped_sites
        beyond += base.sites_beyond_terrain
        by_family = {family: count + base.capped_by_family.get(family, 0) for family, count in by_family.items()}
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
        {key: Layer(best[k], server[k]) for k, key in enumerate(there, start=len(keys))},
        by_family,
        positions,
    )


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
    caps_km = sectors["family"].map({family: radio.cap_km(family) for family in sectors["family"].unique()})
    tree = cKDTree(np.column_stack([strips.rows.x_m, strips.rows.y_m]))
    apart_m, _ = tree.query(np.column_stack(grid.place(sectors)))
    near = np.asarray(apart_m) <= caps_km.to_numpy(dtype=float) * 1000.0 + 1.0
    keep_best(best, server, sectors.loc[near], index[near], keys, grid, radio, strips=strips, workers=workers)


__all__ = ["MODELS", "P1812", "Coverage", "Key", "Layer", "Merged", "keep_best", "predict_coverage", "with_other_receivers"]
