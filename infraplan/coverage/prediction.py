"""The map of the best server per family and network, from sites to `Coverage`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.coverage.best_server import P1812, keep_best, margins_at_strips
from infraplan.coverage.coverage_map import Coverage, Key, Layer
from infraplan.coverage.networks import known_networks
from infraplan.coverage.networks import networks as usual_networks
from infraplan.coverage.over_terrain import FootprintCache
from infraplan.coverage.position_margins import PositionMargins
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

MODELS = ("statistical", P1812)


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


def layer_keys(
    families: Iterable[str], networks: Sequence[str], receivers: Mapping[str, str]
) -> tuple[list[Key], list[tuple[str, str, str]]]:
    """The layers of a map in their order: (family, network) where families are judged, (family, network, receiver) elsewhere.

    `receivers` is the other receiver by family.
    """
    keys = [(family, network) for family in families for network in networks]
    return keys, [(family, network, receivers[family]) for family, network in keys if family in receivers]


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
    others = {family: other_receiver(services, family) for family in wanted} if both_receivers else {}
    keys, there = layer_keys(wanted, shown, others)
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
    positions = PositionMargins(every, grid, terrain, compute, None if base is None else base.positions)
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


__all__ = ["MODELS", "P1812", "Coverage", "Key", "Layer", "predict_coverage", "with_other_receivers"]
