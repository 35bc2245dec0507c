"""From a study to a covering problem and back: the cheapest sites that bring a goal, and the check of a plan from its list alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, vstack

from infraplan.coverage.population import demand_margin, status_of, zone_of
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.reach import reach
from infraplan.coverage.sectors import sectors_of
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.messages import both
from infraplan.policy.targets import Targets
from infraplan.radio.budgets import Service
from infraplan.radio.shadowing import coverage_probability
from infraplan.siting.cover.cheapest import solve
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
    "reason",
    "county",
    "city",
)
WEAKER_DB = (0.0, 3.0, 6.0, 10.0)


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
    """New sites in build order, what they cost, what no plan can beat, and what they bring. Proven within the model."""

    goal: Goal
    sites: Any
    cost_cny: int
    bound_cny: int
    proven_gap: float
    status: str
    population: int
    served_before: int
    served_after: int
    candidates: int
    unreachable_people: int
    floor_extra_cny: int | None = None

    @property
    def population_gained(self) -> int:
        """People served with the plan and not before, counted from the covering matrix."""
        return self.served_after - self.served_before


def plan_for(
    goal: Goal,
    candidates: Any,
    services: Mapping[str, Service],
    cover: Coverage,
    *,
    zones: Any,
    villages: Any,
    spacing_m: float = 0.0,
    gap: float = 0.01,
    work_limit: int | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """The cheapest set found that brings the goal, existing sites locked in and free, with a bound no plan can beat.

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
    work_limit : int, optional
        Counted work after which the search stops: the same input gives the same plan on any machine. Without it `time_limit_s` stops it.

    Returns
    -------
    Plan
        With a county floor, `floor_extra_cny` is what the floor adds to the cheapest plan without it.
    """
    demand = villages.loc[villages["city"].isin(goal.cities)] if goal.cities else villages
    demand = demand.loc[zone_of(demand, zones, "province") != ""]
    worst_db = demand_margin(demand, cover, goal.family)["worst_db"].to_numpy()
    covered = worst_db >= goal.margin_db
    open_rows = np.flatnonzero(~covered)
    sectors = sectors_of(candidates, services, include=("planned",))
    order = sectors["site_id"].drop_duplicates()
    candidates = candidates.set_index("id").loc[order].reset_index()
    matrix = reach(
        demand.iloc[open_rows],
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
    problem = _problem(goal, demand, covered, open_rows, matrix, candidates, cover, spacing_m)
    answer = _solve(problem, gap, work_limit, time_limit_s, seed)
    extra = None
    if goal.county_floor > 0:
        free = CoverProblem(
            problem.cover,
            problem.weight,
            problem.cost,
            problem.zone,
            np.zeros_like(problem.zone_required),
            problem.required,
            problem.must,
            problem.covered,
            problem.position_m,
            problem.spacing_m,
        )
        extra = round(answer.cost) - round(_solve(free, gap, work_limit, time_limit_s, seed).cost)
    return _plan(goal, demand, covered, matrix, open_rows, candidates, answer, extra)


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
    return plan_for(
        goal,
        candidates,
        services,
        known,
        zones=zones,
        villages=villages,
        spacing_m=spacing_m,
        gap=gap,
        work_limit=work_limit,
        time_limit_s=time_limit_s,
    )


def _solve(problem: CoverProblem, gap: float, work_limit: int | None, time_limit_s: float, seed: int) -> CoverPlan:
    return solve(problem, time_limit_s=time_limit_s, gap=gap, seed=seed, work_limit=work_limit)


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


def _plan(
    goal: Goal,
    demand: Any,
    covered: npt.NDArray[np.bool_],
    matrix: csr_matrix,
    open_rows: npt.NDArray[np.int64],
    candidates: Any,
    answer: CoverPlan,
    extra: int | None,
) -> Plan:
    """The chosen candidates as a table in build order, each with what it adds to those before it."""
    chosen = np.asarray(answer.chosen, dtype=int)
    people = demand["population"].to_numpy(dtype=np.int64)[open_rows]
    is_village = (demand["kind"].to_numpy() == "village")[open_rows]
    columns = matrix.tocsc()
    served = np.zeros(len(open_rows), bool)
    gained, villages, around = [], [], []
    for j in chosen:
        rows = columns.indices[columns.indptr[j] : columns.indptr[j + 1]]
        new = rows[~served[rows]]
        served[new] = True
        gained.append(int(people[new].sum()))
        villages.append(int(is_village[new].sum()))
        around.append(int(people[rows].sum()))
    sites = candidates.iloc[chosen].reset_index(drop=True)
    sites["order"] = np.arange(1, len(sites) + 1)
    sites["id"] = [f"N{number:05d}" for number in sites["order"]]
    sites["people_gained"], sites["villages_gained"], sites["people_total"] = gained, villages, around
    sites["reason"] = sites["origin"]
    before = int(demand["population"].to_numpy(dtype=np.int64)[covered].sum())
    reachable = np.diff(matrix.indptr) > 0
    table = gpd.GeoDataFrame(sites[[*SITE_COLUMNS, "geometry"]], crs=4326)
    return Plan(
        goal,
        table,
        round(answer.cost),
        math.ceil(answer.bound - 1e-6),
        float(answer.proven_gap),
        str(answer.status),
        int(demand["population"].sum()),
        before,
        before + int(people[served].sum()),
        len(candidates),
        int(people[~reachable].sum()),
        extra,
    )


def cover_with(plan_sites: Any, services: Mapping[str, Service], cover: Coverage) -> Coverage:
    """The map when the plan's sites stand beside the existing ones."""
    return predict_coverage(
        sectors_of(plan_sites, services, include=("planned",)),
        cover.grid,
        {**cover.services, **services},
        model=cover.model,
        families=cover.families,
        max_radius_km=cover.max_radius_km,
        caps_km=cover.caps_km,
        base=cover,
    )


def check_plan(
    goal: Goal, plan_sites: Any, services: Mapping[str, Service], cover: Coverage, *, zones: Any, villages: Any
) -> dict[str, Any]:
    """What the list of sites alone brings: people served on a map computed anew, and how robust that is.

    Returns
    -------
    dict
        feasible, population, served, share, required, county_short (codes below the floor), cost_cny, expected_people (sum of people x
        coverage probability of their pixel), share_if_weaker (share when every signal were 0, 3, 6, 10 dB weaker).
    """
    after = cover_with(plan_sites, services, cover)
    demand = villages.loc[villages["city"].isin(goal.cities)] if goal.cities else villages
    demand = demand.loc[zone_of(demand, zones, "province") != ""]
    people = demand["population"].to_numpy(dtype=np.int64)
    margins = demand_margin(demand, after, goal.family)
    served = status_of(margins, goal.margin_db) == 0
    total, got = int(people.sum()), int(people[served].sum())
    required = math.ceil(goal.share * total - 1e-9)
    by_county = (
        pd.DataFrame({"county": demand["county"].to_numpy(), "people": people, "got": np.where(served, people, 0)}).groupby("county").sum()
    )
    short = by_county.index[by_county["got"] < np.ceil(goal.county_floor * by_county["people"] - 1e-9)]
    weaker = {f"{lost:g}": float(people[status_of(margins, goal.margin_db + lost) == 0].sum() / max(total, 1)) for lost in WEAKER_DB}
    return {
        "feasible": bool(got >= required and not len(short)),
        "population": total,
        "served": got,
        "share": got / max(total, 1),
        "required": required,
        "county_short": list(short),
        "cost_cny": int(plan_sites["cost_cny"].sum()),
        "expected_people": round(_expected(demand, after, goal.family)),
        "share_if_weaker": weaker,
    }


def _expected(demand: Any, cover: Coverage, family: str) -> float:
    """Sum of people times the probability that the best server's signal suffices under log-normal shadowing."""
    x_m, y_m = cover.grid.place(demand)
    row, col = cover.grid.pixel_of(x_m, y_m)
    layer = cover[family]
    server, margin_db = layer.server[row, col], layer.margin_db[row, col]
    there = (row >= 0) & (server >= 0)
    names, which = np.unique(cover.sector_services[server[there]].astype(str), return_inverse=True)
    people, probability = demand["population"].to_numpy(dtype=float)[there], np.zeros(int(there.sum()))
    for number, name in enumerate(names):
        own, service = which == number, cover.services[str(name)]
        probability[own] = coverage_probability(margin_db[there][own].astype(float), service.shadowing_sigma_db, service.shadow_margin_db)
    return float((people * probability).sum())
