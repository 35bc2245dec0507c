"""From a study to a covering problem and back: the cheapest sites that bring a goal, and the check of a plan from its list alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np

from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.geo.grids import Grid
from infraplan.policy.targets import Targets
from infraplan.radio.budgets import Service
from infraplan.siting.costs import rent_cny
from infraplan.siting.cover.cheapest import solve
from infraplan.siting.cover.most import max_cover
from infraplan.siting.cover.plan import CoverPlan
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.instances import Goal, Instance, goal_of, instance_of

SITE_COLUMNS = (
    "id",
    "order",
    "name",
    "services",
    "operators",
    "environment",
    "height_m",
    "azimuth_deg",
    "tilt_deg",
    "carrier_power_dbm",
    "antenna",
    "host",
    "mast",
    "status",
    "cost_cny",
    "people_gained",
    "villages_gained",
    "people_total",
    "people_lost",
    "reason",
    "county",
    "city",
)


@dataclass(frozen=True)
class Plan:
    """New sites in build order, what they cost, what no plan can beat, and what they bring. Proven within the model.

    `asked` is "cheapest" (reach the goal; `bound` is CNY no plan can undercut) or "most" (serve most people within a budget or a number of
    sites; `bound` is people no plan can exceed). `extras_cny` holds what a wish adds to the plan's cost without it: "county_floor",
    "planning_margin"; and "rent_free", what the same sites would save if public premises charged no rent.
    """

    goal: Goal
    sites: Any
    asked: str
    cost_cny: int
    bound: int
    proven_gap: float
    status: str
    population: int
    served_before: int
    served_after: int
    candidates: int
    unreachable_people: int
    extras_cny: Mapping[str, int] = field(default_factory=dict)

    @property
    def population_gained(self) -> int:
        """People served with the plan and not before, counted from the covering matrix."""
        return self.served_after - self.served_before

    @property
    def bound_cny(self) -> int | None:
        """What no plan for the goal can cost less than; None where most people were asked for."""
        return self.bound if self.asked == "cheapest" else None


@dataclass(frozen=True)
class Limits:
    """How long to search, how close to the bound to stop, and with which seed.

    `work_limit` counts iterations: the same input then gives the same plan on any machine; without it `time_limit_s` stops the search.
    """

    gap: float = 0.01
    work_limit: int | None = None
    time_limit_s: float = 60.0
    seed: int = 0


def cheapest_plan(instance: Instance, limits: Limits) -> Plan:
    """The cheapest set found that brings the goal, with a bound no plan can beat; with a county floor, what the floor adds."""
    answer = _solve(instance.problem, limits)
    extras = {}
    if instance.goal.county_floor > 0:
        free = replace(instance.problem, zone_required=np.zeros_like(instance.problem.zone_required))
        extras["county_floor"] = round(answer.cost) - round(_solve(free, limits).cost)
    return _plan(instance, answer, "cheapest", extras)


def most_served(instance: Instance, limits: Limits, *, budget_cny: float | None = None, max_sites: int | None = None) -> Plan:
    """The sites that serve most people within a budget or a number of sites."""
    answer = max_cover(instance.problem, max_sites, budget_cny, limits.time_limit_s, limits.gap, limits.seed, work_limit=limits.work_limit)
    return _plan(instance, answer, "most", {})


def place_sites(
    targets: Targets,
    candidates: Any,
    services: Mapping[str, Service],
    grid: Grid,
    *,
    zones: Any,
    villages: Any,
    existing: Any,
    terrain: Any = None,
    cover: Coverage | None = None,
    target: str = "nr-pop90",
    county_floor: float = 0.0,
    spacing_m: float = 0.0,
    gap: float = 0.01,
    work_limit: int | None = None,
    time_limit_s: float = 60.0,
) -> Plan:
    """The cheapest set of candidates found that brings a population target, and its proof.

    Parameters
    ----------
    targets : Targets
        `read_policy(...)`; `target` names the row to reach.
    candidates : GeoDataFrame
        `candidate_sites(...)`.
    services : mapping of Service
        Of the existing sectors and of the candidates.
    existing : GeoDataFrame
        Sectors that stand already, locked in and free.
    cover : Coverage, optional
        The map of `existing`, when it is known; else it is predicted first.

    Returns
    -------
    Plan
    """
    known = cover if cover is not None else predict_coverage(existing, grid, services, terrain=terrain)
    goal = goal_of(targets, target, county_floor=county_floor)
    instance = instance_of(goal, candidates, services, known, zones=zones, villages=villages, spacing_m=spacing_m)
    return cheapest_plan(instance, Limits(gap, work_limit, time_limit_s))


def _solve(problem: CoverProblem, limits: Limits) -> CoverPlan:
    return solve(problem, limits.time_limit_s, limits.gap, limits.seed, work_limit=limits.work_limit)


def _plan(instance: Instance, answer: CoverPlan, asked: str, extras: dict[str, int]) -> Plan:
    """The chosen candidates as a table in build order, each with what it adds to those before it."""
    chosen, open_rows = np.asarray(answer.chosen, dtype=int), instance.open_rows
    people = instance.demand["population"].to_numpy(dtype=np.int64)
    is_village = (instance.demand["kind"].to_numpy() == "village")[open_rows]
    columns = instance.matrix.tocsc()
    served = np.zeros(len(open_rows), bool)
    gained, villages, around = [], [], []
    for j in chosen:
        rows = columns.indices[columns.indptr[j] : columns.indptr[j + 1]]
        new = rows[~served[rows]]
        served[new] = True
        gained.append(int(people[open_rows][new].sum()))
        villages.append(int(is_village[new].sum()))
        around.append(int(people[open_rows][rows].sum()))
    sites = instance.candidates.iloc[chosen].reset_index(drop=True)
    sites["order"] = np.arange(1, len(sites) + 1)
    sites["id"] = [f"N{number:05d}" for number in sites["order"]]
    sites["people_gained"], sites["villages_gained"], sites["people_total"] = gained, villages, around
    sites["people_lost"] = np.asarray(answer.losses).round().astype(np.int64)
    sites["reason"] = sites["origin"]
    rent = sites["host"].map({name: rent_cny(name) for name in sites["host"].unique()}).fillna(0)
    if rent.any():
        extras = {**extras, "rent_free": -int(rent.sum())}
    before, reachable = int(people[instance.covered].sum()), np.diff(instance.matrix.indptr) > 0
    bound = math.ceil(answer.bound - 1e-6) if asked == "cheapest" else math.floor(answer.bound + 1e-6)
    return Plan(
        goal=instance.goal,
        sites=gpd.GeoDataFrame(sites[[*SITE_COLUMNS, "geometry"]], crs=4326),
        asked=asked,
        cost_cny=round(answer.cost),
        bound=bound,
        proven_gap=float(answer.proven_gap),
        status=str(answer.status),
        population=int(people.sum()),
        served_before=before,
        served_after=before + int(people[open_rows][served].sum()),
        candidates=len(instance.candidates),
        unreachable_people=int(people[open_rows][~reachable].sum()),
        extras_cny=extras,
    )
