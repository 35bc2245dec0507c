"""Gap lists: villages, places and stretches of corridor without service, why, and what would help."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Codes
from infraplan.coverage.map_update import cover_with
from infraplan.coverage.measurements import Measured
from infraplan.coverage.networks import ANY
from infraplan.coverage.places import SERVED, UNCERTAIN
from infraplan.coverage.prediction import Coverage
from infraplan.outputs import types
from infraplan.policy.counted_rows import place_rows, residents_rows, village_rows
from infraplan.policy.gap_reasons import Future, explain
from infraplan.policy.gap_tables import attribute_table, place_table, stretch_table, village_table, worst_of
from infraplan.policy.judgements import place_codes, village_codes
from infraplan.policy.layers import Layers, answers
from infraplan.policy.priority import Areas, areas_of_places
from infraplan.policy.sharing import with_networks, without_networks
from infraplan.policy.statuses import places_measured, villages_at_own_point, villages_measured
from infraplan.policy.targets import Target, Targets, plain_target
from infraplan.tables import arguments
from infraplan.tables.column_types import typed

if TYPE_CHECKING:
    from infraplan.siting.plans import Plan

TYPES = types("gaps")
COLUMNS = tuple(TYPES)
LISTED = ("place_share", "place_count", "line_share", "attribute_share")
STATUS_NAMES = np.array(["served", "uncertain", "unserved", "uncertain"], dtype=object)


def find_gaps(
    targets: Targets,
    cover: Coverage,
    *,
    zones: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    corridors: gpd.GeoDataFrame | None = None,
    registers: Mapping[str, pd.DataFrame] | None = None,
    measured: pd.DataFrame | Measured | None = None,
    plan: Plan | gpd.GeoDataFrame | None = None,
    after: Coverage | None = None,
    target: str | None = None,
    networks: Iterable[str] = (ANY,),
) -> gpd.GeoDataFrame:
    """The villages, places, stretches and rows that the targets lack, one row each.

    Parameters
    ----------
    targets : Targets
        The clauses of the policies: `read_policy(...)`. Shares of people are listed only when `target` names one.
    cover : Coverage
        The map: `predict_coverage(...)`.
    zones, villages, places, sites, corridors : GeoDataFrame
        Checked tables (`read_zones`, `read_villages` ...); with `sites` each gap has its nearest site.
    registers : mapping of DataFrame, optional
        Tables without coordinates, by name.
    measured : DataFrame or Measured, optional
        Measurements, which override prediction at their places.
    plan : Plan or GeoDataFrame, optional
        New sites: where one of them serves the place, its id is the remedy.
    after : Coverage, optional
        The map with the plan's sites, when it is known already; computed from `plan` otherwise.
    target : str, optional
        The id of one target, to list its gaps alone.
    networks : iterable of str
        "any" and the shared networks to list separately.

    Returns
    -------
    GeoDataFrame
        One row a gap and target, with a point in EPSG:4326. status: unserved, or uncertain (position unsure, nothing stated, or no position
        known). Margins are of the best outdoor server at the place, outdoors and inside an ordinary building [dB].
        Priority areas come first within a target. served_by: the networks that serve where the network asked for does not, joined by ";".
        not_spot: total (no network serves), partial (some do), uncertain, "" where no signal is asked for or the map cannot say.

    Raises
    ------
    UsageError
        Tables without the columns of their readers; an unknown target.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> gaps = ip.find_gaps(world.targets, world.cover, zones=world.zones, villages=world.villages, target="nr-pop90")
    >>> len(gaps), gaps[["id", "status", "population"]].head(1).values.tolist()
    (37, [['V010', 'unserved', 582.0]])
    """
    further = arguments.given(places=(places, arguments.PLACES), corridors=(corridors, arguments.CORRIDORS))
    arguments.require("find_gaps", targets=(targets, arguments.TARGETS), **_columns(cover, zones, villages, sites, plan), **further)
    areas = targets.priority_areas
    layers = Layers(
        cover, zones, villages, places, sites, corridors, dict(registers or {}), None, Measured.of(measured, sites), priority_areas=areas
    )  # fmt: skip
    chosen = targets if target is None else targets.only(target)
    future = _future(plan, after, cover)
    parts = []
    for row in chosen:
        if row.beside or (row.measure not in LISTED and not (target is not None and row.measure == "population_share")):
            continue
        for network in networks if row.family else ("",):
            found = _listed(row, network, layers)
            if found is not None and len(found):
                names = {"target": row.id, "part": row.part, "family": row.family, "network": network}
                parts.append(explain(found, row, network, layers, future).assign(**names))
    return _finished(parts, zones, areas)


def no_gaps() -> gpd.GeoDataFrame:
    """An empty list: nothing is lacking, or the gaps are not computed."""
    return _located(typed([], TYPES))


def _located(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """The list with its points in EPSG:4326; none where no position is known."""
    known = table["lon"].notna() & table["lat"].notna()
    points = gpd.GeoSeries(gpd.points_from_xy(table["lon"].fillna(0.0), table["lat"].fillna(0.0)), index=table.index, crs=4326)
    return gpd.GeoDataFrame(table, geometry=points.where(known), crs=4326)


def unserved_demand(
    cover: Coverage,
    *,
    zones: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame | None = None,
    families: Iterable[str] | None = None,
    network: str = ANY,
    measured: pd.DataFrame | Measured | None = None,
    plan: Plan | gpd.GeoDataFrame | None = None,
    after: Coverage | None = None,
) -> gpd.GeoDataFrame:
    """Every village and block that a family does not surely serve, in the columns of `find_gaps`; `target` is empty.

    People of a family = served + uncertain and unserved people of this table, so that a coverage share can be checked by its complement.

    Parameters
    ----------
    cover : Coverage
        The map: `predict_coverage(...)`.
    zones, villages : GeoDataFrame
        Zones with their codes; points with people.
    sites : GeoDataFrame, optional
        Existing sites, for the nearest one to each gap.
    families : iterable of str, optional
        Families to ask for; by default those of the map.
    network : str
        "any", "every" or one network of the map.
    measured : DataFrame or Measured, optional
        Measurements, which override prediction at their places.
    plan : Plan or GeoDataFrame, optional
        New sites: where one of them serves the place, its id is the remedy.
    after : Coverage, optional
        The map with the plan's sites, when it is known already.

    Returns
    -------
    GeoDataFrame
        One row a village and family, with a point in EPSG:4326; `candidate_sites(zones, demand=...)` takes it.

    Raises
    ------
    UsageError
        Tables without the columns of their readers; a family or network that is not on the map.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages, families=["nr"])
    >>> len(demand), int(demand["population"].sum())
    (37, 10913)
    """
    arguments.require("unserved_demand", **_columns(cover, zones, villages, sites, plan))
    layers, future = Layers(cover, zones, villages, sites=sites, measured=Measured.of(measured, sites)), _future(plan, after, cover)
    parts = []
    for family in cover.families if families is None else families:
        question = plain_target(family)
        codes = villages_at_own_point(question, network, layers)
        at = np.flatnonzero(codes != SERVED)
        found = village_table(layers, at, codes, villages_measured(question, network, layers))
        found = with_networks(found, network, cover.networks, partial(_at_rows, question, layers, at))
        if len(found):
            parts.append(explain(found, question, network, layers, future).assign(target="", part="", family=family, network=network))
    return _finished(parts, zones, None)


def _at_rows(question: Target, layers: Layers, at: npt.NDArray[np.int64], network: str) -> Codes:
    """Statuses of some villages for a network."""
    return villages_at_own_point(question, network, layers)[at]


def _columns(cover: Coverage, zones: Any, villages: Any, sites: Any, plan: Any) -> dict[str, tuple[Any, Collection[str]]]:
    """Arguments of both lists, with the columns that they need."""
    new = getattr(plan, "sites", plan)
    optional = arguments.given(villages=(villages, arguments.VILLAGES), sites=(sites, arguments.NETWORK), plan=(new, arguments.SITES))
    return {"cover": (cover, arguments.COVER), "zones": (zones, (*arguments.ZONES, arguments.GEOMETRY))} | optional


def _future(plan: Any, after: Coverage | None, cover: Coverage) -> Future | None:
    """The map with a plan's sites on it, and which sites are the plan's."""
    if plan is None:
        return None
    sites = getattr(plan, "sites", plan)
    return (cover_with(sites, cover) if after is None else after), frozenset(sites["id"].astype(str))


def _listed(target: Target, network: str, layers: Layers) -> pd.DataFrame | None:
    """What a target lacks, and which networks have it; None when its layer is absent."""
    if target.family and target.family not in layers.cover.families:
        return None
    if layers.villages is None and (target.measure == "population_share" or target.layer == "villages"):
        return None
    if target.measure == "attribute_share":
        found = attribute_table(target, layers)
        return None if found is None else without_networks(found)
    if target.measure == "line_share":
        found = stretch_table(target, network, layers)
        return None if found is None else with_networks(found, network, layers.cover.networks, partial(worst_of, found, target, layers))
    people = target.measure == "population_share"
    if people or target.layer == "villages":
        judge = villages_at_own_point if people else village_codes
        rows = residents_rows(target, layers)[0] if people else village_rows(target, layers)[0]
        codes = judge(target, network, layers)
        rests = villages_measured(target, network, layers) & (not target.check_points)
        at = np.flatnonzero(rows & (codes != SERVED))
        found = village_table(layers, at, codes, rests)
        return with_networks(found, network, layers.cover.networks, lambda one: judge(target, one, layers)[at])
    chosen = place_rows(target, layers)
    if chosen is None:
        return None
    codes = np.full(len(chosen), SERVED, dtype=np.int8)
    codes[chosen] = place_codes(target, network, layers, chosen)[0]
    at = np.flatnonzero(codes != SERVED)
    judged_inside = answers(layers, "places", "indoor_system")[1][at] & target.indoor_system
    rests = np.zeros(len(chosen), dtype=bool)
    rests[chosen] = places_measured(target, network, layers, chosen) & (not target.check_points)
    found = place_table(layers, at, codes).assign(inside=judged_inside, measured=rests[at] & ~judged_inside)
    lacking = codes[chosen] != SERVED
    return with_networks(found, network, layers.cover.networks, lambda one: place_codes(target, one, layers, chosen)[0][lacking])


def _finished(parts: list[pd.DataFrame], zones: Any, areas: Areas | None) -> gpd.GeoDataFrame:
    """One table with names of zones, priority areas first within each target and part, then zone by zone, the largest first."""
    if not parts:
        return no_gaps()
    table = pd.concat(parts, ignore_index=True)
    position: dict[tuple[str, str], int] = {}
    for level in ("city", "county"):
        rows = zones.loc[zones["level"] == level].drop_duplicates("adcode")
        names = dict(zip(rows["adcode"], rows["name"], strict=True))
        position |= {(level, code): index for index, code in enumerate(rows["adcode"])}
        table[f"{level}_name"] = table[level].map(names).fillna("")
    table["priority"] = areas_of_places(table["county"], table["town"], areas)
    last = len(position)
    keys = pd.DataFrame(
        {
            "block": table.groupby(["target", "part", "family", "network"], sort=False).ngroup(),
            "later": table["priority"] == "",
            "city": [position.get(("city", code), last) for code in table["city"]],
            "county": [position.get(("county", code), last) for code in table["county"]],
            "weight": -table["population"].fillna(table["length_km"]).fillna(0.0),
            "id": table["id"],
        }
    )
    order = keys.sort_values(list(keys.columns), kind="stable").index
    return _located(typed(table.loc[order].reset_index(drop=True), TYPES))


__all__ = ["COLUMNS", "UNCERTAIN", "find_gaps", "no_gaps", "unserved_demand"]
