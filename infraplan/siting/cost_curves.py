"""Cost against coverage: along the build order of one plan, and as the best that each budget buys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Ints
from infraplan.coverage.map_update import cover_with
from infraplan.outputs import types
from infraplan.siting.capacity import limited_family
from infraplan.siting.checks import served_by_family
from infraplan.siting.cover.cover_check import check_cover
from infraplan.siting.cover.solve import max_cover
from infraplan.siting.instances import Instance
from infraplan.siting.plans import Plan, SearchLimits, problem_of
from infraplan.tables.column_types import typed

CURVE_TYPES = types("curve")
CURVE = tuple(CURVE_TYPES)


def budgets_up_to(most: float, points: int) -> list[float]:
    """`points` budgets in equal steps, the last one `most`."""
    return [float(value) for value in np.linspace(0.0, most, points + 1)[1:]]


def build_curve(plan: Plan) -> pd.DataFrame:
    """cost and share of people served after each site of the build order, starting from today's sites."""
    cost = np.concatenate([[0.0], plan.sites["cost"].cumsum().to_numpy(dtype=float)])
    people = plan.served_before + np.concatenate([[0.0], plan.sites["people_gained"].cumsum().to_numpy(dtype=float)])
    return pd.DataFrame({"cost": cost, "share": people / max(plan.population, 1)})


def cost_curve(
    plan: Plan, budgets: Sequence[float] = (), *, points: int = 10, limits: SearchLimits | None = None, instance: Instance | None = None
) -> pd.DataFrame:
    """What each budget buys at best around a plan, one row a budget.

    Parameters
    ----------
    plan : Plan
        `place_sites(...)`, which remembers its problem.
    budgets : sequence of float
        Budgets; by default `points` equal steps up to the plan's cost.
    points : int
        How many budgets, where none are given.
    limits : SearchLimits, optional
        How long to search at each budget.
    instance : Instance, optional
        The problem, for a plan that does not remember it.

    Returns
    -------
    DataFrame
        The columns budget, cost (of the plan found), currency, sites, people (served, today's included, each by one new site alone, as
        the search counts), share, share_bound (no plan within the budget exceeds it), proven_gap; and people_on_map, share_on_map: the
        same plans counted on their maps, as `plan.served_after` is; NA for a plan that does not remember its data, or with a capacity.

    Raises
    ------
    UsageError
        A plan without its problem.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages)
    >>> candidates = ip.candidate_sites(world.zones, demand=demand, services=["nr-n28"])
    >>> plan = ip.place_sites(
    ...     world.targets, world.cover, candidates, zones=world.zones, villages=world.villages, work_limit=2000
    ... )
    >>> curve = ip.cost_curve(plan, points=3, limits=ip.SearchLimits(work_limit=500))
    >>> curve[["sites", "people", "people_on_map"]].values.tolist()
    [[5, 6357, 6357], [10, 9044, 9044], [16, 11149, 11149]]
    """
    steps, problem = list(budgets) or budgets_up_to(plan.cost, points), problem_of(plan, instance)
    curve, plans = _best_plans(problem, steps, limits or SearchLimits(), known=plan)
    people = pd.Series([_on_map(problem, chosen) for chosen in plans], index=curve.index, dtype="Int64")
    return curve.assign(people_on_map=people, share_on_map=people.astype("Float64") / max(problem.population, 1))


def pareto_curve(
    instance: Instance,
    budgets: Sequence[float],
    limits: SearchLimits,
    progress: Callable[[int, int], None] | None = None,
    *,
    known: Plan | None = None,
) -> pd.DataFrame:
    """For each budget the most people of the goal's first family that a plan serves, and what no plan within it can exceed.

    The points are solved one by one, each with its own proof. Each starts from the plan of the next smaller budget, so that more money
    never serves fewer, or from what the budget pays of the build order of a `known` plan, where that serves more. People count once each,
    whatever weights the study gives to priority areas, and no target binds.

    Returns
    -------
    DataFrame
        budget, cost (of the plan found), sites, people (served, today's included), share, share_bound (no plan within the budget
        exceeds it, within the model), proven_gap. Budgets that do not pay for the forced sites are left out.
    """
    return _best_plans(instance, budgets, limits, progress, known=known)[0]


def _best_plans(
    instance: Instance,
    budgets: Sequence[float],
    limits: SearchLimits,
    progress: Callable[[int, int], None] | None = None,
    *,
    known: Plan | None = None,
) -> tuple[pd.DataFrame, list[Ints]]:
    """The curve, and the candidates that each of its plans builds."""
    own = (instance.rows["family"] == instance.goal.family).to_numpy()
    problem = replace(instance.problem, weight=np.where(own, instance.rows["population"].to_numpy(dtype=float), 0.0))
    total, best = float(max(instance.population, 1)), np.flatnonzero(problem.forced)
    rows: list[dict[str, Any]] = []
    plans: list[Ints] = []
    steps = sorted(float(budget) for budget in budgets if budget >= float(problem.cost[problem.forced].sum()))
    for number, budget in enumerate(steps, start=1):
        start = max((best, _affordable(instance, known, budget)), key=lambda sites: check_cover(problem, sites).weight)
        plan = max_cover(problem, None, budget, limits.time_limit_s, limits.gap, limits.seed, work_limit=limits.work_limit, start=start)
        best = plan.chosen
        plans.append(best)
        rows.append(
            {
                "budget": round(budget),
                "cost": round(plan.cost),
                "currency": instance.currency,
                "sites": plan.sites,
                "people": round(plan.weight),
                "share": plan.weight / total,
                "share_bound": min(plan.bound / total, 1.0),
                "proven_gap": plan.proven_gap,
            }
        )
        if progress is not None:
            progress(number, len(steps))
    frame = typed(rows, CURVE_TYPES)
    return frame.assign(share_bound=np.minimum.accumulate(frame["share_bound"].to_numpy()[::-1])[::-1]), plans


def _on_map(instance: Instance, chosen: Ints) -> int | None:
    """People of the goal's first family that these candidates and the existing network serve on their map; None where it is not known."""
    data = instance.inputs
    if data is None or limited_family(data.capacity_people, instance.goal.families, data.services):
        return None
    sites = instance.candidates.iloc[chosen].assign(status="planned")
    after = cover_with(sites, data.cover, data.services)
    counts = served_by_family(
        instance.goal, sites, data.services, data.cover, after, zones=data.zones, villages=data.villages, measured=data.measured
    )
    return counts[instance.goal.family]["served_after"]


def _affordable(instance: Instance, known: Plan | None, budget: float) -> npt.NDArray[np.int64]:
    """The first sites of a plan's build order that the budget pays, as candidates; none where sites are forced."""
    if known is None or instance.problem.forced.any():
        return np.zeros(0, np.int64)
    paid = known.sites["cost"].cumsum().to_numpy(dtype=float) <= budget + 1e-6
    position = pd.Index(instance.candidates["id"]).get_indexer(known.sites["candidate"].to_numpy()[paid])
    return np.asarray(position[position >= 0], dtype=np.int64)
