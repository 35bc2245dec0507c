"""What a served device gets beside signal: SINR and rates of each network, by its carriers, at points and on the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.arrays import Bools, Floats, Floats32
from infraplan.coverage.coverage_map import Coverage, Layer
from infraplan.coverage.interference import Received, carriers_of, received_at
from infraplan.coverage.networks import ANY, in_network, single_networks
from infraplan.coverage.position_margins import margin_at
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.presets import choose, load
from infraplan.radio.budgets import gain_offset_db
from infraplan.radio.link_quality import QualityGoal, downlink_mbps, preset_goal, ss_sinr_db, uplink_mbps
from infraplan.radio.receivers import at_receiver
from infraplan.tables import arguments

FIGURES = ("sinr_db", "downlink_mbps", "uplink_mbps")
"""Figures of `Quality`, in this order in tables and rasters."""
CRITERIA = ("sinr", "rate", "shared")
"""Beside signal: SINR; SINR and rates of a device alone in its sector; the same with the stated number of active devices."""
SERVED_DB = -0.05
"""Level and map are computed apart, each on its own rays: margins differ by some hundredths. [dB]"""


@dataclass(frozen=True)
class Quality:
    """What devices get from one network, or from any, where it serves them; NaN and False elsewhere. Arrays of the shape of the receivers.

    `sinr_db`, `downlink_mbps`, `uplink_mbps`: the best carrier's, of a device alone in its sector [dB], [Mbit/s]. `meets[criterion]`:
    whether one carrier meets signal and the criterion.
    """

    sinr_db: Floats32
    downlink_mbps: Floats32
    uplink_mbps: Floats32
    meets: Mapping[str, Bools]


def quality_families(cover: Coverage) -> tuple[str, ...]:
    """Families of the map whose rates are known: NR and LTE."""
    return tuple(family for family in cover.families if family in load("quality")["rate"])


def networks_apart(cover: Coverage, sectors: Any, family: str) -> tuple[str, ...]:
    """The networks that "any" consists of: those of the map, or the operators of the sectors where some belong to none of them."""
    operators = sectors.loc[sectors["family"] == family, "operators"].astype(str)
    known = single_networks(cover.networks)
    covered = (
        np.logical_or.reduce([in_network(operators.to_numpy(), network) for network in known]) if known else np.zeros(len(operators), bool)
    )
    return known if known and covered.all() else tuple(sorted(set(operators)))


def quality_at(
    cover: Coverage,
    sectors: Any,
    x_m: Floats,
    y_m: Floats,
    layers: Mapping[tuple[str, str], Layer],
    *,
    family: str,
    goal: QualityGoal,
    workers: int | None = None,
) -> dict[tuple[str, str], Quality]:
    """SINR and rates at positions in the plane of the map, by (network, receiver); network "any" is the best of all.

    `layers` are margin and server there, by (network, receiver): `layers_at`, or the pixels' own. `sectors` are those of the map, in its
    numbering. Positions where a network serves at no receiver are not computed.
    """
    found: dict[tuple[str, str], Quality] = {}
    for network in dict.fromkeys(name for name, _ in layers):
        there = {place: layer for (name, place), layer in layers.items() if name == network}
        here = np.flatnonzero(np.logical_or.reduce([layer.margin_db >= 0.0 for layer in there.values()]))
        serving = next(iter(there.values())).server[here]
        parts: dict[str, list[Quality]] = {place: [] for place in there}
        for carrier in carriers_of(sectors, cover, family, network):
            got = received_at(carrier, cover, x_m[here], y_m[here], serving, workers=workers)
            for place in there:
                parts[place].append(_of_carrier(got, cover, sectors, place, goal))
        for place, layer in there.items():
            found[network, place] = _spread(best_of(parts[place], len(here)), here, layer.margin_db[here] >= 0.0, len(x_m))
    for place in dict.fromkeys(place for _, place in layers):
        found[ANY, place] = best_of([one for (_, known), one in found.items() if known == place], len(x_m))
    return found


def layers_at(
    cover: Coverage, sectors: Any, x_m: Floats, y_m: Floats, family: str, receivers: Sequence[str]
) -> dict[tuple[str, str], Layer]:
    """Margin and server at positions, by (network, receiver), of the networks that "any" consists of."""
    own = cover.receiver(family)
    return {
        (network, place): margin_at(x_m, y_m, cover, family, mapped_network(cover, family, network), "" if place == own else place)
        for network in networks_apart(cover, sectors, family)
        for place in receivers
    }


def mapped_network(cover: Coverage, family: str, network: str) -> str:
    """The network of the map whose margins stand for a network."""
    return network if cover.has(family, network) else ANY


def _of_carrier(got: Received, cover: Coverage, sectors: Any, receiver: str, goal: QualityGoal) -> Quality:
    """What one carrier gives where its signal suffices."""
    own_dbm, server, others_mw, count = got.own_dbm, got.server, got.others_mw, len(got.own_dbm)
    columns = {name: np.full(count, np.nan) for name in FIGURES}
    shared = np.zeros(count, bool)
    kind_of, power_of = sectors["service"].to_numpy(), sectors["power_offset_db"].to_numpy(dtype=float)
    antenna_of = sectors["antenna"].to_numpy()
    for name in dict.fromkeys(kind_of[server[server >= 0]]):
        some = np.flatnonzero((server >= 0) & (kind_of[server] == name))
        service, by = cover.services[str(name)], server[some]
        there = at_receiver(service, receiver)
        power_db = power_of[by]
        gains = {antenna: gain_offset_db(service, str(antenna)) for antenna in dict.fromkeys(antenna_of[by])}
        gain_db = np.array([gains[antenna] for antenna in antenna_of[by]])
        path_db = own_dbm[some] - service.rsrp_at_zero_loss_dbm - power_db - gain_db
        largest_db = np.minimum(there.downlink_max_path_loss_db + power_db, there.uplink_max_path_loss_db) + gain_db
        served = largest_db + path_db >= SERVED_DB
        some, power_db = some[served], power_db[served]
        level, others = own_dbm[some], others_mw[some]
        columns["sinr_db"][some] = ss_sinr_db(service, level, others, receiver, goal)
        columns["downlink_mbps"][some] = downlink_mbps(service, level, others, receiver, goal)
        columns["uplink_mbps"][some] = uplink_mbps(service, level, power_db, receiver)
        users = goal.active_users
        up, down = uplink_mbps(service, level, power_db, receiver, users), columns["downlink_mbps"][some] / users
        shared[some] = (down >= goal.downlink_mbps) & (up >= goal.uplink_mbps)
    sinr = columns["sinr_db"] >= goal.sinr_db
    rate = sinr & (columns["downlink_mbps"] >= goal.downlink_mbps) & (columns["uplink_mbps"] >= goal.uplink_mbps)
    kept = {name: values.astype(np.float32) for name, values in columns.items()}
    return Quality(**kept, meets={"sinr": sinr, "rate": rate, "shared": sinr & shared})


def best_of(parts: Sequence[Quality], count: int) -> Quality:
    """The best of several carriers or networks, figure by figure."""
    none = np.full(count, np.nan, np.float32)
    columns = {name: np.fmax.reduce([getattr(one, name) for one in parts]) if parts else none for name in FIGURES}
    meets = {name: np.logical_or.reduce([one.meets[name] for one in parts]) if parts else np.zeros(count, bool) for name in CRITERIA}
    return Quality(**columns, meets=meets)


def _spread(one: Quality, rows: Any, within: Bools, count: int) -> Quality:
    """The figures of some receivers among `count`; those not `within` the served ones are left out."""
    columns = {name: np.full(count, np.nan, np.float32) for name in FIGURES}
    for name, values in columns.items():
        values[rows[within]] = getattr(one, name)[within]
    meets = {name: np.zeros(count, bool) for name in CRITERIA}
    for name, values in meets.items():
        values[rows[within]] = one.meets[name][within]
    return Quality(**columns, meets=meets)


def service_quality(
    demand: gpd.GeoDataFrame,
    cover: Coverage,
    sectors: gpd.GeoDataFrame,
    *,
    family: str = "nr",
    network: str = ANY,
    receiver: str = "",
    goal: QualityGoal | None = None,
    workers: int | None = None,
) -> pd.DataFrame:
    """SINR and rates of a device at points, at a stated load of the neighbours' sectors.

    Parameters
    ----------
    demand : GeoDataFrame
        Points, such as villages: each is judged at its own position, whatever its position error.
    cover : Coverage
        The map: `predict_coverage(...)`.
    sectors : GeoDataFrame
        The sectors of the map, in its order: `sectors_of(sites, services)`.
    family : str
        "nr" or "lte".
    network : str
        "any", or a network of the map.
    receiver : str
        "" for where the family is judged, else e.g. "indoor", which the map must hold (`both_receivers=True`).
    goal : QualityGoal, optional
        Load, users and thresholds; by default those of the preset.
    workers : int, optional
        Threads; the result does not depend on it.

    Returns
    -------
    DataFrame
        Index of `demand`: sinr_db [dB], downlink_mbps, uplink_mbps [Mbit/s] of a device alone in its sector, the best carrier's, NaN where
        the network does not serve; meets_sinr, meets_rate, meets_shared: whether one carrier meets signal and the criterion.

    Raises
    ------
    UsageError
        A family without rates, a network or receiver that is not on the map, sectors of another map.

    References
    ----------
    3GPP TR 38.803, section 5.2.7; TS 38.101-1, section 7.2.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> sectors = ip.sectors_of(world.sites, world.services)
    >>> found = ip.service_quality(world.villages, world.cover, sectors, goal=ip.QualityGoal(load=0.5))
    >>> found.loc[found["sinr_db"].notna(), ["sinr_db", "downlink_mbps", "uplink_mbps"]].round(1).values.tolist()
    [[13.4, 155.6, 15.0], [25.0, 287.2, 84.3], [9.3, 112.7, 50.8]]
    """
    arguments.require(
        "service_quality", demand=(demand, (arguments.GEOMETRY,)), cover=(cover, arguments.COVER), sectors=(sectors, arguments.SECTORS)
    )
    choose(family, quality_families(cover), "family")
    if len(sectors) != len(cover.sector_ids):
        raise UsageError(both("coverage.other_sectors", given=f"{len(sectors):,}", mapped=f"{len(cover.sector_ids):,}"))
    place = receiver or cover.receiver(family)
    x_m, y_m = cover.grid.place(demand)
    layers = layers_at(cover, sectors, x_m, y_m, family, [place])
    found = quality_at(cover, sectors, x_m, y_m, layers, family=family, goal=goal or preset_goal(), workers=workers)
    known = {one for one, _ in found}
    one = found[choose(network, known, "network"), place]
    columns: dict[str, Any] = {name: getattr(one, name).astype(float) for name in FIGURES}
    return pd.DataFrame(columns | {f"meets_{name}": one.meets[name] for name in CRITERIA}, index=demand.index)
