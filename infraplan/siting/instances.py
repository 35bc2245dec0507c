"""From a study to a covering problem: who is served already, and who could be by which candidate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, vstack

from infraplan.coverage.population import demand_margin, zone_of
from infraplan.coverage.prediction import Coverage
from infraplan.coverage.reach import reach
from infraplan.coverage.sectors import sectors_of
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.policy.targets import Targets
from infraplan.radio.budgets import Service
from infraplan.siting.cover.problem import CoverProblem


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


def goal_of(
    targets: Targets, target: str = "nr-pop90", *, county_floor: float = 0.0, cities: tuple[str, ...] = (), margin_db: float = 0.0
) -> Goal:
    """The planning goal that a population target states; any other measure is refused."""
    row = targets.row(target)
    if row.measure != "population_share" or row.required is None:
        raise UsageError(both("siting.not_a_goal", target=target))
    return Goal(target, row.family, row.required, county_floor, cities, margin_db)


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
