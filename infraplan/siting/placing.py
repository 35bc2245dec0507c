"""The plan of a planner at a notebook: from candidates to sites, with their proof, counted on the map."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd

from infraplan.coverage.measured import Measured
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.updating import cover_with, services_of
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.messages import both
from infraplan.policy.targets import Targets
from infraplan.radio.budgets import Service
from infraplan.siting.goals import goal_of
from infraplan.siting.instances import instance_of
from infraplan.siting.on_map import counted_on_map
from infraplan.siting.phases import Phase
from infraplan.siting.plans import Plan, SearchLimits, cheapest_plan, most_served


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
    terrain: Any = None,
    target: str | Iterable[str] = "nr-pop90",
    must: Iterable[str] = (),
    budget_cny: float | None = None,
    max_sites: int | None = None,
    county_floor: float = 0.0,
    margin_db: float = 0.0,
    spacing_m: float = 0.0,
    capacity_people: int = 0,
    priority_counties: Collection[str] = (),
    priority_weight: float = 1.0,
    phases: Sequence[Phase] = (),
    measured: Measured | None = None,
    gap: float = 0.01,
    work_limit: int | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> Plan:
    """New sites that reach the targets at the least cost found, or that serve most people within a budget; with their proof.

    Parameters
    ----------
    targets : Targets
        `read_policy(...)`; `target` and `must` name rows of it.
    cover : Coverage or None
        The map of the existing network. With None it is predicted first, from `existing` on `grid` with `services` (over `terrain`).
    candidates : GeoDataFrame
        `candidate_sites(...)`.
    zones, villages, places : GeoDataFrame
        Zones with their codes; points with people; places, where `must` asks for them.
    existing : GeoDataFrame, optional
        Existing sites or their sectors; part of every plan at no cost.
    services : mapping of Service, optional
        Of the candidates; by default those of the map, and the presets of the names it lacks.
    target : str or iterable of str
        Shares of people to reach, each of another family.
    must : iterable of str
        Targets of places: every one of their places has to be served.
    budget_cny, max_sites : float, int, optional
        With one of them the plan serves most people within it, and no target binds.
    county_floor, margin_db, spacing_m, capacity_people
        As in `goal_of` and `instance_of`.
    phases : sequence of Phase
        Into which the build order is divided.
    gap, work_limit, time_limit_s, seed
        As in `SearchLimits`.

    Returns
    -------
    Plan
        People, places and phases are counted on the map with its sites. It remembers its problem: `explain_plan` and `cost_curve` take it.

    Raises
    ------
    UsageError
        Neither a map nor sites to predict one; a target that no plan can be made for.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages)
    >>> candidates = ip.candidate_sites(world.zones, demand=demand, services=["nr-n28"])
    >>> plan = ip.place_sites(world.targets, world.cover, candidates, zones=world.zones, villages=world.villages, work_limit=2000)
    >>> plan.status
    'optimal'
    """
    if cover is None:
        if existing is None or grid is None or services is None:
            raise UsageError(both("siting.no_map"))
        cover = predict_coverage(existing, grid, services, terrain=terrain)
    presets = services_of(candidates, cover) if services is None else services
    goal = goal_of(targets, target, county_floor=county_floor, margin_db=margin_db, must=must)
    instance = instance_of(
        goal, candidates, presets, cover, zones=zones, villages=villages, spacing_m=spacing_m, targets=targets, places=places,
        capacity_people=capacity_people, priority_counties=priority_counties, priority_weight=priority_weight, measured=measured,
    )  # fmt: skip
    limits = SearchLimits(gap, work_limit, time_limit_s, seed)
    if budget_cny is None and max_sites is None:
        found = cheapest_plan(instance, limits, phases=phases)
    else:
        found = most_served(instance, limits, budget_cny=budget_cny, max_sites=max_sites, phases=phases)
    after = cover_with(found.sites, cover, presets)
    found = counted_on_map(
        found, presets, cover, after, zones=zones, villages=villages, targets=targets, places=places, measured=measured, phases=phases,
        capacity_people=capacity_people,
    )  # fmt: skip
    return replace(found, instance=instance)
