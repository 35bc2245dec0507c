"""The plan at the low end of the estimate: the same goal if every predicted signal is weaker by the band of the shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from infraplan.siting.cover.solve import solve
from infraplan.siting.instances import Instance
from infraplan.siting.plan_sites import people_by_family
from infraplan.siting.plans import SearchLimits, least_cost_of
from infraplan.siting.searches_beside import begun

WORK_SHARE = 3
"""The second plan is searched with one part in so many of the counted work of the first; its bound is the relaxation's, whose integer parts
took longer than everything else where the goal is hard to reach (over five minutes on the example)."""


@dataclass(frozen=True)
class LowEnd:
    """The cheapest plan found that reaches the goal with every signal `band_db` weaker; proven within the model.

    Parameters
    ----------
    band_db : float
        By how much every predicted signal is weaker. [dB]
    sites, cost : int
        New sites and their cost, in the currency of the plan.
    cost_bound : int or None
        What no plan that reaches the goal costs less than, also where this one falls short; None where nothing is proven.
    proven_gap : float
        (cost - bound) / cost, 0..1.
    status : str
        As in `Plan`: "unreachable" where no candidates reach the goal; cost and bound are then those of what is within reach.
    population, served_before, served_after : int
        People of the goal's first family, served today and with these sites at the low end, as the search counts.
    """

    band_db: float
    sites: int
    cost: int
    cost_bound: int | None
    proven_gap: float
    status: str
    population: int
    served_before: int
    served_after: int


def low_end_plan(instance: Instance, limits: SearchLimits, band_db: float) -> LowEnd:
    """The plan of an instance whose margin is `band_db` above that of the central estimate.

    Parameters
    ----------
    instance : Instance
        `instance_of` at the planning margin plus `band_db`.
    limits : SearchLimits
        Those of the first plan.
    band_db : float
        By how much every predicted signal is weaker. [dB]
    """
    return LowEnd(band_db=band_db, **second_plan(instance, limits))


def begun_second_plan(instance: Instance, limits: SearchLimits) -> Callable[[], dict[str, Any]]:
    """`second_plan`, begun beside the first plan where somebody can: what is returned waits for it."""
    return begun(second_plan, instance.problem, replace(instance, inputs=None), replace(limits, follow=None))


def second_plan(instance: Instance, limits: SearchLimits, workers: int | None = None) -> dict[str, Any]:
    """Sites, cost, bound, status and people of another instance's plan, with a part of the work of the first plan.

    `workers`: child processes of the search, as in `solve`; the answer under a limit of work does not depend on it.
    """
    if limits.work_limit is not None:
        limits = replace(limits, work_limit=max(1, limits.work_limit // WORK_SHARE))
    else:
        limits = replace(limits, time_limit_s=limits.time_limit_s / WORK_SHARE)
    how: dict[str, Any] = {"work_limit": limits.work_limit, "workers": workers, "by_parts": False}
    answer = solve(instance.problem, limits.time_limit_s, limits.gap, limits.seed, **how)
    people = people_by_family(instance, answer.chosen)[instance.goal.family]
    return {
        "sites": answer.sites,
        "cost": round(answer.cost),
        "cost_bound": least_cost_of(answer.bound, answer.proven_gap),
        "proven_gap": float(answer.proven_gap),
        "status": str(answer.status),
        **people,
    }
