"""People whom a network serves with enough SINR and rate, by zone; and the same figures on the pixels of the map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.arrays import Floats, Ints
from infraplan.coverage.coverage_map import Coverage
from infraplan.coverage.measurements import SERVED, Measured
from infraplan.coverage.networks import ANY
from infraplan.coverage.places import UNSERVED
from infraplan.coverage.population import as_status, people_by_zone, point_statuses
from infraplan.coverage.quality_at_points import (
    CRITERIA,
    FIGURES,
    Quality,
    layers_at,
    mapped_network,
    networks_apart,
    quality_at,
    quality_families,
)
from infraplan.geo.zonal import membership
from infraplan.outputs import types
from infraplan.radio.link_quality import QualityGoal, preset_goal
from infraplan.tables import arguments
from infraplan.tables.column_types import typed

EDGE = 0.05
"""Share of the people served who get less than the rate at the edge: TR 36.942 and ITU-R M.2410 take the same 5 %."""


def receivers_shown(cover: Coverage, family: str) -> tuple[str, ...]:
    """Where a family is judged, and the other receiver of the map."""
    other = cover.other_receiver(family)
    return (cover.receiver(family), other) if other else (cover.receiver(family),)


def population_quality(
    demand: gpd.GeoDataFrame,
    cover: Coverage,
    zones: gpd.GeoDataFrame,
    sectors: gpd.GeoDataFrame,
    families: Iterable[str] | None = None,
    *,
    goal: QualityGoal | None = None,
    measured: Measured | None = None,
    workers: int | None = None,
) -> pd.DataFrame:
    """People served, and of them those with enough SINR, and with enough SINR and rate, by zone, family, network and receiver.

    A settlement counts when it is served, as in `population_coverage`, and one carrier meets signal and criterion at its own point.

    Parameters
    ----------
    demand : GeoDataFrame
        Points with `population`: `read_villages(...)`.
    cover : Coverage
        The map: `predict_coverage(...)`; both receivers are counted where it has both.
    zones : GeoDataFrame
        Zones of one or several levels: `read_zones(...)`.
    sectors : GeoDataFrame
        The sectors of the map, in its order: `sectors_of(sites, services)`.
    families : iterable of str, optional
        "nr", "lte"; by default those of the map. Others have no rate and are left out.
    goal : QualityGoal, optional
        Load, users and thresholds; by default those of the preset.
    measured : Measured, optional
        Measurements, which say who is served at their places.
    workers : int, optional
        Threads; the result does not depend on it.

    Returns
    -------
    DataFrame
        The columns level, name, adcode, parent, family, network, receiver, population, served, sinr, rate, shared (whole people), their
        shares of the residents 0..1 (NaN for nobody), downlink_mbps and uplink_mbps: half of the people served get more, alone in their
        sector, downlink_edge_mbps and uplink_edge_mbps: 95 % get more [Mbit/s], load and active_users.

    Raises
    ------
    UsageError
        Tables without the columns of `read_villages`, `read_zones` and `sectors_of`.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> sectors = ip.sectors_of(world.sites, world.services)
    >>> people = ip.population_quality(world.villages, world.cover, world.zones, sectors)
    >>> people.loc[people["level"] == "province", ["network", "receiver", "served", "sinr", "rate"]].values.tolist()
    [['any', 'outdoor', 1321, 1321, 528], ['cbn+cmcc', 'outdoor', 528, 528, 528], ['ctcc+cucc', 'outdoor', 793, 793, 0]]
    """
    arguments.require(
        "population_quality", demand=(demand, arguments.PEOPLE), cover=(cover, arguments.COVER), zones=(zones, arguments.ZONES_WITH_PARENT),
        sectors=(sectors, arguments.SECTORS),
    )  # fmt: skip
    goal = goal or preset_goal()
    known = quality_families(cover)
    x_m, y_m = cover.grid.place(demand)
    people, counted = demand["population"].to_numpy(dtype=np.int64), membership(demand, zones)
    parts = []
    for family in known if families is None else [name for name in families if name in known]:
        receivers = receivers_shown(cover, family)
        layers = layers_at(cover, sectors, x_m, y_m, family, receivers)
        found = quality_at(cover, sectors, x_m, y_m, layers, family=family, goal=goal, workers=workers)
        for (network, receiver), one in found.items():
            if network != ANY and not cover.has(family, network):
                continue
            place = "" if receiver == cover.receiver(family) else receiver
            codes, _ = point_statuses(demand, cover, family, network, measured=measured, receiver=place)
            table = _zones_of(demand, people, codes, one, zones, network, counted)
            parts.append(table.assign(family=family, receiver=receiver))
    if not parts:
        return typed([], types("quality"))
    table = pd.concat(parts, ignore_index=True).assign(load=goal.load, active_users=goal.active_users)
    table = table.sort_values("network", key=lambda names: names != ANY, kind="stable", ignore_index=True)
    return table[list(types("quality"))]


def _zones_of(demand: Any, people: Ints, codes: Any, one: Quality, zones: Any, network: str, counted: Any) -> pd.DataFrame:
    """The rows of one family, network and receiver."""
    marks = {"served": codes == SERVED} | {name: (codes == SERVED) & one.meets[name] for name in CRITERIA}
    status = {name: as_status(np.where(own, SERVED, UNSERVED).astype(np.int8)) for name, own in marks.items()}
    rows = people_by_zone(demand, people, pd.DataFrame(status, index=demand.index), zones, network, counted)
    keys = ["level", "adcode", "name", "parent", "network", "population"]
    table = rows.loc[rows["family"] == "served", keys].reset_index(drop=True)
    residents = table["population"].where(table["population"] > 0)
    for name in marks:
        table[name] = rows.loc[rows["family"] == name, "served"].to_numpy()
        table["share" if name == "served" else f"share_{name}"] = table[name] / residents
    weight = np.where(codes == SERVED, people, 0)
    for name in ("downlink_mbps", "uplink_mbps"):
        values = getattr(one, name).astype(float)
        for part, column in ((0.5, name), (EDGE, name.replace("link_", "link_edge_"))):
            table[column] = _parts(values, part, weight, table, demand, zones, counted)
    return table


def _parts(values: Floats, part: float, weight: Ints, table: pd.DataFrame, demand: Any, zones: Any, counted: Any) -> Floats:
    """Of each zone the figure below which a part of its people served stay; NaN where nobody is served."""
    from infraplan.coverage.population import zone_of

    found = np.full(len(table), np.nan)
    use = (weight > 0) & np.isfinite(values)
    for level in table["level"].unique():
        at = table["level"] == level
        code = np.asarray(zone_of(demand, zones, str(level), counted), dtype=object)[use]
        sample = pd.DataFrame({"zone": code, "value": values[use], "people": weight[use]}).sort_values("value", kind="stable")
        sample["done"] = sample.groupby("zone", sort=False)["people"].cumsum()
        least = part * sample.groupby("zone", sort=False)["people"].transform("sum")
        limit = sample.loc[sample["done"] >= least].groupby("zone", sort=False)["value"].first()
        found[at] = table.loc[at, "adcode"].map(limit).to_numpy(dtype=float).round(1)
    return found


def quality_map(
    cover: Coverage, sectors: gpd.GeoDataFrame, family: str, *, goal: QualityGoal | None = None, workers: int | None = None
) -> dict[str, Quality]:
    """SINR and rates at the pixels of the map that any network serves, by receiver: arrays of the shape of the grid.

    Parameters
    ----------
    cover : Coverage
        The map: `predict_coverage(...)`.
    sectors : GeoDataFrame
        The sectors of the map, in its order: `sectors_of(sites, services)`.
    family : str
        "nr" or "lte".
    goal : QualityGoal, optional
        Load and thresholds; by default those of the preset.
    workers : int, optional
        Threads; the result does not depend on it.

    Returns
    -------
    dict of Quality
        The receiver at which the family is judged, then the other one of the map.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> found = ip.quality_map(world.cover, ip.sectors_of(world.sites, world.services), "nr")
    >>> list(found), found["outdoor"].sinr_db.shape == world.cover.grid.shape
    (['outdoor'], True)
    """
    grid, receivers = cover.grid, receivers_shown(cover, family)
    networks: Sequence[str] = networks_apart(cover, sectors, family)
    every = {
        (network, place): cover.at(family, mapped_network(cover, family, network), "" if place == cover.receiver(family) else place)
        for network in networks
        for place in receivers
    }
    with np.errstate(invalid="ignore"):
        served = np.logical_or.reduce([layer.margin_db >= 0.0 for layer in every.values()]) if every else np.zeros(grid.shape, bool)
    rows, cols = np.nonzero(served)
    x_m, y_m = grid.centre_of(rows, cols)
    layers = {key: type(layer)(layer.margin_db[rows, cols], layer.server[rows, cols]) for key, layer in every.items()}
    found = quality_at(cover, sectors, x_m, y_m, layers, family=family, goal=goal or preset_goal(), workers=workers)

    def spread(one: Quality) -> Quality:
        values = {name: np.full(grid.shape, np.nan, np.float32) for name in FIGURES}
        for name, plane in values.items():
            plane[rows, cols] = getattr(one, name)
        meets = {name: np.zeros(grid.shape, bool) for name in CRITERIA}
        for name, mask in meets.items():
            mask[rows, cols] = one.meets[name]
        return Quality(**values, meets=meets)

    return {place: spread(found[ANY, place]) for place in receivers if (ANY, place) in found}
