"""What options of a goal add to the cost of its plan: the county floor, the planning margin. Their searches need nothing of the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from infraplan.siting.cover.cover_plan import CoverPlan
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.solve import solve
from infraplan.siting.covering_rows import without_floors
from infraplan.siting.instances import Instance
from infraplan.siting.searches_beside import begun, beside

if TYPE_CHECKING:
    from infraplan.siting.plans import SearchLimits

ALL_TARGETS_MET = ("optimal", "feasible")
"""Statuses of a plan that meets every target."""


def begun_option_costs(
    instance: Instance, limits: SearchLimits, without_margin: Callable[[], Instance] | None
) -> Callable[[CoverPlan], dict[str, int]]:
    """Searches for the plans without each option, begun where somebody can do them beside this process; what is returned waits for
    them and compares the plan with them.

    `without_margin` makes the same instance at a planning margin of 0; called only where the goal has a margin.
    """
    limits = replace(limits, follow=None)
    free = bare = None
    if instance.goal.county_floor > 0:
        problem = replace(instance.problem, zone_required=without_floors(instance.problem, instance.rows))
        free = begun(cost_and_status, problem, problem, limits)
    if instance.goal.margin_db > 0 and without_margin is not None:
        bare = _begun_bare(without_margin, limits)

    def extras(answer: CoverPlan) -> dict[str, int]:
        found = {}
        if free is not None:
            found["county_floor"] = round(answer.cost) - round(free()[0])
        if bare is not None:
            cost, status = bare()
            if answer.status in ALL_TARGETS_MET and status in ALL_TARGETS_MET:
                found["planning_margin"] = round(answer.cost) - round(cost)
        return found

    return extras


def _begun_bare(make: Callable[[], Instance], limits: SearchLimits) -> Callable[[], tuple[float, str]]:
    """The search without a planning margin; where nobody does it beside the plan, its instance is made after the plan is there."""
    if beside.get() is None:
        return lambda: cost_and_status(make().problem, limits)
    problem = make().problem
    return begun(cost_and_status, problem, problem, limits)


def cost_and_status(problem: CoverProblem, limits: SearchLimits, workers: int | None = None) -> tuple[float, str]:
    """Of the cheapest plan of a problem."""
    how: dict[str, Any] = {"work_limit": limits.work_limit, "workers": workers}
    answer = solve(problem, limits.time_limit_s, limits.gap, limits.seed, **how)
    return answer.cost, answer.status
