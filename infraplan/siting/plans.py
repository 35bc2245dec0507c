"""From a covering problem to a plan: the cheapest sites that reach a goal, or the most people within a limit, with the proof."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.errors import Fault, UsageError, warn
from infraplan.messages import both
from infraplan.siting import plan_repr
from infraplan.siting.availability import phase_days
from infraplan.siting.cover.cover_check import build_order
from infraplan.siting.cover.cover_plan import CoverPlan
from infraplan.siting.cover.incumbent import Follow
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.solve import max_cover, solve
from infraplan.siting.cover.substitutes import Substitutes, find_substitutes, with_own_bound
from infraplan.siting.demand_rows import CELLS, METRES, SAMPLES
from infraplan.siting.goals import Goal
from infraplan.siting.instances import Instance
from infraplan.siting.option_costs import ALL_TARGETS_MET, begun_option_costs
from infraplan.siting.phases import LinesDue, Phase, schedule
from infraplan.siting.plan_sites import SITE_COLUMNS, list_sites, people_by_family, places_of, unreachable_rows

if TYPE_CHECKING:
    from infraplan.siting.build_alone import BuildAlone
    from infraplan.siting.low_end import LowEnd


def least_cost_of(bound: float, proven_gap: float) -> int | None:
    """What no plan that meets the goal costs less than, in whole units; None where nothing is proven: 0, of a plan that falls short."""
    return math.ceil(bound - 1e-6) if bound > 0 or proven_gap < 1.0 else None


@dataclass(frozen=True)
class Plan:
    """New sites in build order, their cost, the bound that no plan can beat, and the people they serve. Proven within the model.

    Parameters
    ----------
    goal : Goal
        What the plan was made for.
    sites : GeoDataFrame
        New sites in build order, points in EPSG:4326: the columns of a site table, with cost, people_gained and more.
    objective : {"cheapest", "most"}
        "cheapest": reach the goal. "most": serve most people within a budget or a number of sites.
    cost : int
        Cost of the sites, in `currency`, with the typical figures of the costs; `cost_low` and `cost_high` price the same sites.
    bound : int
        Of "cheapest" the money that no plan which meets the goal can undercut (0 with a proven gap of 1: nothing is proven); of "most"
        the people that no plan can exceed, or the worth where `weighted`.
    proven_gap : float
        Distance of the plan from the bound, as a share: 0 is proven best, 1 falls short of the goal.
    status : str
        "optimal", "feasible", or why the goal is not reached.
    population, served_before, served_after : int
        People of the goal's first family: all, served today, served with the plan.
    candidates : int
        How many candidates there were.
    unreachable_people : int
        People that no candidate can serve.
    extras : mapping of int
        What an option adds to the cost: "county_floor", "planning_margin" (differences of plans found); "rent_free", what the same sites
        would save if public premises charged no rent, "direct_power", with direct power supply; "priority_first", what building the
        priority counties first costs more by the end of a phase, at most.
    families : mapping of mapping of int
        Of each family population, served_before and served_after.
    currency : str
        Code of ISO 4217 of all money in the plan; "" where nobody said it.
    weighted : bool
        People of priority areas, and of each family, were counted with weights.
    worth : float
        What the plan brings in that measure; with "most" alone.
    unreachable : DataFrame
        The demand that no candidate can serve, the certificate.
    phases : DataFrame, optional
        The periods into which the build order is divided.
    pareto : DataFrame, optional
        The curve of cost against coverage, as `cost_curve` makes it.
    instance : Instance, optional
        The problem that the plan was made for; `explain_plan` and `cost_curve` need it.

    refuted_bounds : int
        Bounds of the solver that were rejected, because a known plan contradicts them.
    substitutes : str
        "found" where `sites` say what replaces each of them; else why not: "budget" (the objective is most people), "capacity" (sites
        carry limited users), "missed" (the plan misses a target, or its search was interrupted); "" where nobody said it.
    low_end : LowEnd, optional
        The plan that reaches the goal if every signal is weaker, where it was asked for.
    build_alone : BuildAlone, optional
        The plan that reaches the goal by the network of the new sites alone, and what sharing saves, where it was asked for.
    lines : mapping
        Of each target of lines, by its name: family, must, total_km, required_km, served_km, share, met, out_of_reach_km (no candidate
        serves them); today: served_km, share.
    weak_grid : mapping
        Of each family of measured weak cells, by its name (`weak_grid-nr`): family, count, weak, required, covered, share, met,
        measured, good_share_before, good_share_after.

    See Also
    --------
    place_sites : Makes it.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages)
    >>> candidates = ip.candidate_sites(world.zones, demand=demand, services=["nr-n28"])
    >>> plan = ip.place_sites(
    ...     world.targets, world.cover, candidates, zones=world.zones, villages=world.villages, work_limit=2000
    ... )
    >>> plan.status, len(plan.sites), plan.population_gained, plan.cost_bound
    ('optimal', 16, 9828, 10885996)
    """

    goal: Goal
    sites: gpd.GeoDataFrame
    objective: str
    cost: int
    bound: int
    proven_gap: float
    status: str
    population: int
    served_before: int
    served_after: int
    candidates: int
    unreachable_people: int
    extras: Mapping[str, int] = field(default_factory=dict)
    families: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    currency: str = ""
    weighted: bool = False
    worth: float = 0.0
    unreachable: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)
    phases: pd.DataFrame | None = field(default=None, repr=False, compare=False)
    pareto: pd.DataFrame | None = field(default=None, repr=False, compare=False)
    instance: Instance | None = field(default=None, repr=False, compare=False)
    refuted_bounds: int = 0
    substitutes: str = ""
    low_end: LowEnd | None = None
    build_alone: BuildAlone | None = None
    lines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    weak_grid: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return plan_repr.line(self)

    def _repr_html_(self) -> str:
        return plan_repr.html(self)

    @property
    def population_gained(self) -> int:
        """People served with the plan and not before, counted from the covering matrix."""
        return self.served_after - self.served_before

    @property
    def cost_low(self) -> int:
        """Cost of the same sites with every figure of the costs low."""
        return int(self.sites["cost_low"].sum())

    @property
    def cost_high(self) -> int:
        """Cost of the same sites with every figure of the costs high."""
        return int(self.sites["cost_high"].sum())

    @property
    def cost_bound(self) -> int | None:
        """What no plan that meets the goal can cost less than; None where nothing is proven, or the objective is most people."""
        return least_cost_of(self.bound, self.proven_gap) if self.objective == "cheapest" else None


SAVINGS = ("rent_free", "direct_power")
"""Options of `Plan.extras` that take something off the cost."""


@dataclass(frozen=True)
class SearchLimits:
    """How long to search, how close to the bound to stop, and with which seed.

    Parameters
    ----------
    gap : float
        Share of the cost within which the bound must be for the search to stop, 0..1.
    work_limit : int, optional
        Iterations of the search: the same input then gives the same plan on any machine.
    time_limit_s : float
        Longest search without `work_limit`. [s]
    seed : int
        Seed of the search.
    follow : callable, optional
        Called while the search for a plan goes on with the value (its cost, or the people served) and the bound of the best plan so far,
        infinite where there is none yet, and its number of sites.

    Examples
    --------
    >>> import infraplan as ip
    >>> ip.SearchLimits(work_limit=2000).gap
    0.01
    """

    gap: float = 0.01
    work_limit: int | None = None
    time_limit_s: float = 60.0
    seed: int = 0
    follow: Follow | None = field(default=None, repr=False, compare=False)


def cheapest_plan(
    instance: Instance,
    limits: SearchLimits,
    *,
    phases: Sequence[Phase] = (),
    without_margin: Callable[[], Instance] | None = None,
    priority: Collection[str] | None = None,
) -> Plan:
    """The cheapest set found that reaches the goal, with a bound no plan can beat, and what each option costs.

    Parameters
    ----------
    instance : Instance
        `instance_of(...)`.
    limits : SearchLimits
    phases : sequence of Phase
        Into which the build order is divided.
    without_margin : callable, optional
        Makes the same instance at a planning margin of 0; called only where the goal has a margin, to find what the margin costs.
    priority : collection of str, optional
        Counties whose sites are built before all others, as far as first days allow; what that costs more is then said.
    """
    option_costs = begun_option_costs(instance, limits, without_margin)
    answer = _solve(instance.problem, limits)
    extras = option_costs(answer)
    return _plan(instance, answer, "cheapest", extras, phases, limits.seed, priority)


def most_served(
    instance: Instance,
    limits: SearchLimits,
    *,
    budget: float | None = None,
    max_sites: int | None = None,
    phases: Sequence[Phase] = (),
    priority: Collection[str] | None = None,
) -> Plan:
    """The sites that serve most people within a budget or a number of sites.

    People count with the study's weights for priority areas, where it gives any; the plan still reports people.
    """
    if not instance.goal.asks_people:
        raise UsageError(both("siting.budget_without_people", target=instance.goal.target))
    people = instance.rows["population"].to_numpy(dtype=float)
    each = np.divide(instance.worth, people, out=np.ones(len(people)), where=people > 0).round(9)  # equal weights in equal digits
    problem = replace(instance.problem, weight=people, worth=each)
    how: dict[str, Any] = {"work_limit": limits.work_limit, "follow": limits.follow}
    answer = max_cover(problem, max_sites, budget, limits.time_limit_s, limits.gap, limits.seed, **how)
    return _plan(instance, answer, "most", {}, phases, limits.seed, priority)


def problem_of(plan: Plan, instance: Instance | None = None) -> Instance:
    """The problem a plan was made for: `instance`, else the one it remembers.

    Raises
    ------
    UsageError
        A plan that was read back from files, or made without its problem.
    """
    found = plan.instance if instance is None else instance
    if found is None:
        raise UsageError(both("siting.no_problem"))
    return found


def _solve(problem: CoverProblem, limits: SearchLimits) -> CoverPlan:
    return solve(problem, limits.time_limit_s, limits.gap, limits.seed, work_limit=limits.work_limit, follow=limits.follow)


def _plan(
    instance: Instance, answer: CoverPlan, objective: str, extras: dict[str, int], phases: Sequence[Phase], seed: int,
    priority: Collection[str] | None,
) -> Plan:  # fmt: skip
    """The chosen candidates as a table in build order, divided among the phases."""
    chosen = np.asarray(answer.chosen, dtype=np.int64)
    if instance.goal.several_units:
        chosen = build_order(replace(instance.problem, weight=parts_of_needs(instance)), chosen)[0]
    order, phase, table = chosen, np.zeros(len(chosen), np.int64), None
    own = (instance.rows["family"] == instance.goal.family).to_numpy()
    people = np.where(own, instance.rows["population"].to_numpy(dtype=float), 0.0)
    if phases:
        first_day = instance.available.first_days(instance.candidates)
        known: dict[str, Any] = {"seed": seed, "first_day": first_day, "lines": lines_due(instance), "worth": parts_of_needs(instance)}
        divided = schedule(instance.problem, people, instance.rows["target"], chosen, phases, **known)
        if priority is not None:
            first = instance.candidates["county"].isin(priority).to_numpy()
            ahead = schedule(instance.problem, people, instance.rows["target"], chosen, phases, **known, first=first)
            extra = (ahead.table["cost"].cumsum() - divided.table["cost"].cumsum()).clip(lower=0)
            divided = replace(ahead, table=ahead.table.assign(priority_extra=extra.astype("Int64")))
            extras = {**extras, "priority_first": int(extra.max())}
        order, phase, table = divided.order, divided.phase, divided.table
    found, reason = _substitutes(instance, answer, objective)
    if found is not None and found.refuted:
        answer = with_own_bound(answer)
    sites = list_sites(instance, order, phase, ["", *phase_days(phases)], found)
    rent = int(instance.candidates["rent"].iloc[order].sum()) if "rent" in instance.candidates else 0
    if rent:
        extras = {**extras, "rent_free": -rent}
    power = int(instance.candidates["power_saving"].iloc[order].sum()) if "power_saving" in instance.candidates else 0
    if power:
        extras = {**extras, "direct_power": -power}
    if answer.refuted_bounds:
        message = both("siting.refuted_bounds", count=answer.refuted_bounds, version=version("highspy"))
        warn([Fault("", message, both("siting.refuted_bounds_fix"), rule="refuted_bounds", severity="warning")])
    lost = np.asarray(answer.certificate.rows, dtype=np.int64)
    counted = people_by_family(instance, chosen)
    bound = math.ceil(answer.bound - 1e-6) if objective == "cheapest" else math.floor(answer.bound + 1e-6)
    return Plan(
        goal=instance.goal,
        sites=sites,
        objective=objective,
        cost=round(answer.cost),
        bound=bound,
        proven_gap=float(answer.proven_gap),
        status=str(answer.status),
        population=instance.population,
        served_before=instance.covered_people,
        served_after=counted[instance.goal.family]["served_after"],
        candidates=len(instance.candidates),
        unreachable_people=int(people[lost].sum()) if instance.goal.asks_people else 0,
        extras=extras,
        families=counted,
        currency=instance.currency,
        weighted=objective == "most" and round(answer.weight) != counted[instance.goal.family]["served_after"],
        worth=float(answer.weight) if objective == "most" else 0.0,
        unreachable=unreachable_rows(instance, lost),
        phases=table,
        refuted_bounds=answer.refuted_bounds,
        substitutes=reason,
    )


def parts_of_needs(instance: Instance) -> npt.NDArray[np.float64]:
    """What each row adds to the build order: its weight. Where the goal has lines, rows of separate zones are scaled so that what each
    target requires counts alike."""
    problem = instance.problem
    if not instance.goal.several_units:
        return problem.weight
    need = np.append(problem.zone_required, 0.0)[problem.zone]
    part = np.divide(problem.weight, need, out=np.zeros(len(need)), where=need > 0) * max(problem.required, 1.0)
    return np.where(problem.in_whole, problem.weight, np.where(instance.rows["kind"] == "floor", 0.0, part))


def lines_due(instance: Instance) -> LinesDue:
    """The rows of an instance that are pieces of lines or measured cells, and the amount that each of their targets requires."""
    rows, goal, problem = instance.rows, instance.goal, instance.problem
    amount, of_lines = rows["amount"].to_numpy(dtype=float), (rows["unit"] == METRES).to_numpy()
    others = of_lines | rows["unit"].isin([CELLS, SAMPLES]).to_numpy()
    names = [item.target for item in goal.lines]
    names += [] if goal.weak_grid is None else [goal.weak_grid.name(family) for family in goal.weak_grid.families]
    needs = {}
    for name in names:
        own = problem.zone[others & (rows["target"] == name).to_numpy() & (problem.zone >= 0)]
        needs[name] = float(problem.zone_required[own[0]]) if own.size else 0.0
    return LinesDue(others, np.where(of_lines, amount, 0.0), needs, amount)


def _substitutes(instance: Instance, answer: CoverPlan, objective: str) -> tuple[Substitutes | None, str]:
    """What replaces each site, or None and why that is not said."""
    if objective != "cheapest":
        return None, "budget"
    if answer.status not in (*ALL_TARGETS_MET, "unreachable"):
        return None, "missed"
    place = places_of(instance.candidates)
    return find_substitutes(instance.problem, answer.chosen, answer.bound, place=place, proof=answer.proof), "found"


__all__ = ["SITE_COLUMNS", "Plan", "SearchLimits", "cheapest_plan", "most_served", "problem_of"]
