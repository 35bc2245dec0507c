"""From a study to a covering problem and back: the cheapest sites that bring a goal, and the check of a plan from its list alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, vstack

from infraplan.coverage.population import demand_margin, zone_of
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.reach import reach
from infraplan.coverage.sectors import sectors_of
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.messages import both
from infraplan.policy.targets import Targets
from infraplan.radio.budgets import Service
from infraplan.siting.costs import rent_cny
from infraplan.siting.cover.cheapest import solve
from infraplan.siting.cover.most import max_cover
from infraplan.siting.cover.plan import CoverPlan
from infraplan.siting.cover.problem import CoverProblem

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
class Goal:
    """What a plan must reach: a share of all people in scope, optionally a floor for each county, judged for one family on any operator.

    `cities`: adcodes the goal is restricted to; empty means the whole study. `margin_db`: a pixel counts from this margin on (planning
    margin).
    """

    target: str
    family: str
    share: float
    county_floor: float = 0.0
    cities: tuple[str, ...] = ()
    margin_db: float = 0.0


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


@dataclass(frozen=True)
class Instance:
    """A study as a covering problem: who is served already, who could be by which candidate."""

    goal: Goal
    demand: Any
    covered: npt.NDArray[np.bool_]
    matrix: csr_matrix
    candidates: Any
    problem: CoverProblem

    @property
    def open_rows(self) -> npt.NDArray[np.int64]:
        """Demand rows not served today."""
        return np.flatnonzero(~self.covered)


def demand_of(goal: Goal, zones: Any, villages: Any) -> Any:
    """The people a goal counts: those of its cities, or of the whole study; nobody outside every zone."""
    demand = villages.loc[villages["city"].isin(goal.cities)] if goal.cities else villages
    return demand.loc[zone_of(demand, zones, "province") != ""]


def instance_of(
    goal: Goal,
    candidates: Any,
    services: Mapping[str, Service],
    cover: Coverage,
    *,
    zones: Any,
    villages: Any,
    spacing_m: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> Instance:
    """The covering problem of a goal, existing sites locked in and free.

    Parameters
    ----------
    goal : Goal
    candidates : GeoDataFrame
        `candidate_sites(...)`.
    services : mapping of Service
        Presets of the candidates' services.
    cover : Coverage
        The map of the existing network.
    zones, villages : GeoDataFrame
        Zones with their codes; points with people.
    spacing_m : float
        No two new sites nearer than this. [m]
    """
    demand = demand_of(goal, zones, villages)
    covered = demand_margin(demand, cover, goal.family)["worst_db"].to_numpy() >= goal.margin_db
    sectors = sectors_of(candidates, services, include=("planned",))
    candidates = candidates.set_index("id").loc[sectors["site_id"].drop_duplicates()].reset_index()
    matrix = reach(
        demand.loc[~covered],
        sectors,
        cover.grid,
        services,
        family=goal.family,
        known=cover[goal.family],
        required_db=goal.margin_db,
        max_radius_km=cover.max_radius_km,
        caps_km=cover.caps_km,
        terrain=cover.terrain,
        progress=progress,
    )
    problem = _problem(goal, demand, covered, np.flatnonzero(~covered), matrix, candidates, cover, spacing_m)
    return Instance(goal, demand, covered, matrix, candidates, problem)


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


def goal_of(
    targets: Targets, target: str = "nr-pop90", *, county_floor: float = 0.0, cities: tuple[str, ...] = (), margin_db: float = 0.0
) -> Goal:
    """The planning goal that a population target states; any other measure is refused."""
    row = targets.row(target)
    if row.measure != "population_share" or row.required is None:
        raise UsageError(both("siting.not_a_goal", target=target))
    return Goal(target, row.family, row.required, county_floor, cities, margin_db)


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


def _problem(
    goal: Goal,
    demand: Any,
    covered: npt.NDArray[np.bool_],
    open_rows: npt.NDArray[np.int64],
    matrix: csr_matrix,
    candidates: Any,
    cover: Coverage,
    spacing_m: float,
) -> CoverProblem:
    """Open demand by candidate; the people already covered enter as one closed row per county, so that shares keep their denominators."""
    people = demand["population"].to_numpy(dtype=float)
    county, codes = pd.factorize(demand["county"])
    totals = np.bincount(county, weights=people, minlength=len(codes))
    done = np.bincount(county[covered], weights=people[covered], minlength=len(codes))
    closed = csr_matrix(np.zeros((len(codes), matrix.shape[1]), dtype=bool))
    x_m, y_m = cover.grid.place(candidates)
    return CoverProblem(
        cover=vstack([matrix, closed], format="csr"),
        weight=np.concatenate([people[open_rows], done]),
        cost=candidates["cost_cny"].to_numpy(dtype=float),
        zone=np.concatenate([county[open_rows], np.arange(len(codes))]),
        zone_required=np.ceil(goal.county_floor * totals - 1e-9),
        required=math.ceil(goal.share * people.sum() - 1e-9),
        must=np.zeros(len(open_rows) + len(codes), dtype=bool),
        covered=np.concatenate([np.zeros(len(open_rows), bool), np.ones(len(codes), bool)]),
        position_m=np.column_stack([x_m, y_m]),
        spacing_m=spacing_m,
    )


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
