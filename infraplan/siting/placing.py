"""The plan of a planner at a notebook: from candidates to sites, with their proof, counted on the map."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import geopandas as gpd

from infraplan.coverage.map_update import cover_with, services_of
from infraplan.coverage.measurements import Measured
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.geo.terrain import Terrain
from infraplan.messages import both
from infraplan.policy.targets import Targets
from infraplan.radio.budgets import Service
from infraplan.siting.availability import Availability, refuse_too_early
from infraplan.siting.capacity import Capacity
from infraplan.siting.goals import WeakGridTarget, goal_of
from infraplan.siting.instances import instance_of
from infraplan.siting.on_map import counted_on_map
from infraplan.siting.phases import Phase
from infraplan.siting.plans import Plan, SearchLimits, cheapest_plan, most_served
from infraplan.siting.weak_cells import warn_left_out
from infraplan.tables import arguments


def place_sites(
    targets: Targets,
    cover: Coverage | None,
    candidates: gpd.GeoDataFrame,
    *,
    zones: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame | None = None,
    existing: gpd.GeoDataFrame | None = None,
    grid: Grid | None = None,
    services: Mapping[str, Service] | None = None,
    terrain: Terrain | None = None,
    target: str | Iterable[str] = "nr-pop90",
    must: Iterable[str] = (),
    budget: float | None = None,
    max_sites: int | None = None,
    county_floor: float = 0.0,
    margin_db: float = 0.0,
    spacing_m: float = 0.0,
    capacity_people: Capacity = None,
    priority_counties: Collection[str] = (),
    priority_weight: float = 1.0,
    priority_first: bool = False,
    phases: Sequence[Phase] = (),
    measured: Measured | None = None,
    agreements: Mapping[str, date] | None = None,
    corridors: gpd.GeoDataFrame | None = None,
    weak_grid: gpd.GeoDataFrame | None = None,
    weak_grid_share: float = 0.9,
    weak_grid_count: str = "cells",
    weak_grid_below_dbm: float = -105.0,
    gap: float = 0.01,
    work_limit: int | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Plan:
    """The plan: new sites that reach the targets at the least cost found, or that serve most people within a budget, with its proof.

    Parameters
    ----------
    targets : Targets
        The clauses of the policies: `read_policy(...)`; `target` and `must` name rows of it.
    cover : Coverage or None
        The map of the existing network. With None it is predicted first, from `existing` on `grid` with `services` (over `terrain`).
    candidates : GeoDataFrame
        Where sites may be built, with their costs: `candidate_sites(...)`.
    zones, villages : GeoDataFrame
        Zones with their codes (`read_zones`); points with people and the codes of their zones (`read_villages(path, zones=zones)`).
    places : GeoDataFrame, optional
        Places (`read_places`), where `must` asks for them.
    existing : GeoDataFrame, optional
        Existing sites or their sectors, where `cover` is None. What they serve counts as served, at no cost.
    grid : Grid, optional
        The pixels of the map, where `cover` is None.
    services : mapping of Service, optional
        Services of the candidates; by default those of the map, and the presets of the names it lacks.
    terrain : Terrain, optional
        Ground under the map, where `cover` is None.
    target : str or iterable of str
        Shares of people to reach, each of another family, and shares of the kilometres of lines.
    must : iterable of str
        Targets of places or lines: every one of their places, every piece of their lines has to be served.
    budget : float, optional
        Most money to spend; the plan then serves most people within it, and no target binds. In the currency of the candidates.
    max_sites : int, optional
        Most sites to build; the plan then serves most people with them, and no target binds.
    county_floor : float
        Share of its people that each county must reach in every target's family, 0..1.
    margin_db : float
        Planning margin: a pixel counts as served from this margin on. [dB]
    spacing_m : float
        No two new sites of one family are nearer than this. [m]
    capacity_people : BusyHour or int, optional
        People that a new site serves at most: from its spectrum (`usual_busy_hour()`), or a number; by default no limit: coverage only.
    priority_counties : collection of str
        Adcodes of counties whose people count `priority_weight` times within a budget.
    priority_weight : float
        Weight of the people of these counties.
    priority_first : bool
        Whether the sites in priority counties are built before all others; `extras` says what that costs more. Needs `phases`.
    phases : sequence of Phase
        The periods into which the build order is divided.
    measured : Measured, optional
        Measurements, which override prediction at their places.
    agreements : mapping of date, optional
        First days of the agreements between operators, by their codes joined by "+"; by default those of the presets.
    corridors : GeoDataFrame, optional
        Railways, roads and other lines (`read_corridors`), where a target is of lines. `candidate_sites` takes them too.
    weak_grid : GeoDataFrame, optional
        Measured cells (`read_weak_grid`): the plan covers the share `weak_grid_share` of the weak ones of the candidates' operators, each
        by one new site alone. `target` may then be empty.
    weak_grid_share, weak_grid_count, weak_grid_below_dbm : float, str, float
        Share, 0..1; of "cells" or of their "samples"; a cell is weak where its mean RSRP is below -105 dBm (ours). [dBm]
    gap : float
        Share of the cost within which the bound must be for the search to stop, 0..1.
    work_limit : int, optional
        Iterations of the search: the same input then gives the same plan on any machine.
    time_limit_s : float
        Longest search without `work_limit`. [s]
    seed : int
        Seed of the search.

    Returns
    -------
    Plan
        People, places and phases are counted on the map with its sites. It remembers its problem: `explain_plan` and `cost_curve` take it.

    Raises
    ------
    UsageError
        Neither a map nor sites to predict one; a target that no plan can be made for; a last phase that ends before a service or an
        agreement of the candidates may be used; tables without the columns of their readers.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages)
    >>> candidates = ip.candidate_sites(world.zones, demand=demand, services=["nr-n28"])
    >>> plan = ip.place_sites(
    ...     world.targets, world.cover, candidates, zones=world.zones, villages=world.villages, work_limit=2000
    ... )
    >>> plan
    <Plan for nr-pop90: 16 sites, CNY 10.89 million, 10.7% -> 91.1% of residents; optimal, within 0.00% of the best>
    >>> plan.sites[["id", "cost", "people_gained"]].head(1).values.tolist()
    [['N00001', 700100, 1363]]
    """
    arguments.require(
        "place_sites", targets=(targets, arguments.TARGETS), candidates=(candidates, arguments.CANDIDATES), zones=(zones, arguments.ZONES),
        villages=(villages, arguments.VILLAGES_TO_PLAN),
        **arguments.given(cover=(cover, arguments.COVER), places=(places, arguments.PLACES), corridors=(corridors, arguments.CORRIDORS)),
    )  # fmt: skip
    if cover is None:
        if existing is None or grid is None or services is None:
            raise UsageError(both("siting.no_map"))
        cover = predict_coverage(existing, grid, services, terrain=terrain)
    presets = services_of(candidates, cover) if services is None else services
    refuse_too_early(Availability.of(presets, agreements), candidates, phases)
    cells = None
    if weak_grid is not None:
        operators, families = joined_operators(candidates), tuple(dict.fromkeys(one.family for one in _carried(candidates, presets)))
        cells = WeakGridTarget(weak_grid_share, weak_grid_count, weak_grid_below_dbm, operators, families)
        warn_left_out(cells, weak_grid, zones)
    goal = goal_of(targets, target, county_floor=county_floor, margin_db=margin_db, must=must, weak_grid=cells)
    instance = instance_of(
        goal, candidates, presets, cover, zones=zones, villages=villages, spacing_m=spacing_m, targets=targets, places=places,
        capacity_people=capacity_people, priority_counties=priority_counties, priority_weight=priority_weight, measured=measured,
        agreements=agreements, corridors=corridors, weak_grid=weak_grid,
    )  # fmt: skip
    limits = SearchLimits(gap, work_limit, time_limit_s, seed)
    first = tuple(priority_counties) if priority_first else None
    if budget is None and max_sites is None:
        found = cheapest_plan(instance, limits, phases=phases, priority=first)
    else:
        found = most_served(instance, limits, budget=budget, max_sites=max_sites, phases=phases, priority=first)
    after = cover_with(found.sites, cover, presets)
    found = counted_on_map(
        found, presets, cover, after, zones=zones, villages=villages, targets=targets, places=places, measured=measured, phases=phases,
        corridors=corridors, weak_grid=weak_grid, capacity_people=capacity_people,
    )  # fmt: skip
    return replace(found, instance=instance)


def joined_operators(candidates: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Codes of the operators of the candidates, each once."""
    return tuple(sorted({code for named in candidates["operators"].astype(str).unique() for code in named.split("+") if code}))


def _carried(candidates: gpd.GeoDataFrame, presets: Mapping[str, Service]) -> list[Service]:
    """Services that candidates carry, in the order of the presets."""
    names = {name for listed in candidates["services"].astype(str).unique() for name in listed.split(";")}
    return [service for name, service in presets.items() if name in names]
