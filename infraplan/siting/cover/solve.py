"""The front door of the core: the cheapest plan that meets every target, and the most weight within a number of sites or a budget."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Ints
from infraplan.errors import Fault
from infraplan.messages import both
from infraplan.siting.cover.build_limits import BuildLimits
from infraplan.siting.cover.cover_check import check_cover
from infraplan.siting.cover.cover_plan import CoverPlan
from infraplan.siting.cover.incumbent import Clock, Follow
from infraplan.siting.cover.least_cost import least_cost
from infraplan.siting.cover.limited.search import least_cost_limited, most_people_limited
from infraplan.siting.cover.most_people import most_people
from infraplan.siting.cover.problem import CoverProblem, ProblemError


def solve(
    problem: CoverProblem, time_limit_s: float = 60.0, gap: float = 0.01, seed: int = 0,
    *, work_limit: int | None = None, workers: int | None = None, by_parts: bool = True, follow: Follow | None = None,
) -> CoverPlan:  # fmt: skip
    """The cheapest plan known that meets the targets, with a bound no plan can beat.

    Parameters
    ----------
    problem : CoverProblem
    time_limit_s : float
        Wall time, bounds included. [s]
    gap : float
        Stop as soon as (cost - bound) / cost is proven to be no more, 0..1.
    seed : int
        Of the search. The same seed and `work_limit` give the same plan.
    work_limit : int, optional
        Search iterations, counted; replaces the wall time, so that the same input gives the same plan on any machine.
        The bound is improved once every 60,000 of them.
    workers : int, optional
        Child processes; 0 does everything in this one. By default two, and none for small problems. The answer under a `work_limit` does
        not depend on it.
    by_parts : bool
        Improve the bound by the integer problems of the parts. Their time is not bounded by `work_limit`: without them the bound is that of
        the relaxation, for a plan of which only a first estimate is wanted.
    follow : callable, optional
        Called while the search goes on with the cost and the bound of the best plan so far (infinite: none yet), and its candidates.

    Returns
    -------
    CoverPlan
        See its `status`. Targets out of reach are no error: the plan reaches what can be reached, the certificate lists the rest.
    """
    clock = Clock(time_limit_s, work_limit, follow)
    if problem.is_limited:
        return least_cost_limited(problem, clock, gap, seed, workers, by_parts)
    return least_cost(problem, clock, gap, seed, workers, by_parts)


def max_cover(
    problem: CoverProblem, max_sites: int | None = None, budget: float | None = None, time_limit_s: float = 60.0, gap: float = 0.01,
    seed: int = 0, *, work_limit: int | None = None, workers: int | None = None, start: npt.ArrayLike | None = None,
    follow: Follow | None = None,
) -> CoverPlan:  # fmt: skip
    """The plan that serves most weight, at its `worth`, within `max_sites` sites and `budget`, with a bound no plan can exceed.

    Parameters
    ----------
    problem : CoverProblem
        `must`, `zone_required` and `required` do not bind; `forced`, `forbidden` and `spacing_m` do; forced candidates use up the limits.
    max_sites : int, optional
    budget : float, optional
        In the unit of `problem.cost`. At least one of the two limits is needed.
    time_limit_s, gap, seed, work_limit, workers, follow
        As in `solve`; the gap is (bound - weight) / bound.
    start : array, optional
        Candidates of a plan known to be within the limits, say that of a smaller budget: the answer serves no less.

    Raises
    ------
    ProblemError
        No limit, a limit that is negative or no number, or forced candidates beyond the limits.
    """
    clock = Clock(time_limit_s, work_limit, follow)
    limits = _limits_left(problem, max_sites, budget)
    known = None if start is None else _checked_start(problem, np.unique(np.asarray(start, np.int64)), max_sites, budget)
    if problem.is_limited:
        return most_people_limited(problem, limits, clock, gap, seed, workers, known)
    if problem.weighs_worth:  # nobody loads a site beyond what it carries: the weight is the worth
        problem = problem.without_limits()
    return most_people(problem, limits, clock, gap, seed, workers, known)


def _checked_start(problem: CoverProblem, start: Ints, max_sites: int | None, budget: float | None) -> Ints:
    """The given plan, if it keeps to the limits, the spacing, and the forced and forbidden candidates."""
    check = check_cover(problem, start)
    broken = check.too_close.size or check.forbidden.size or check.forced_missing.size
    if broken or start.size > (max_sites if max_sites is not None else start.size) or check.cost > (math.inf if budget is None else budget):
        raise ProblemError(_fault("start_unfit", "start"))
    return start


def _limits_left(problem: CoverProblem, max_sites: int | None, budget: float | None) -> BuildLimits:
    """The limits without the forced candidates, checked."""
    faults = []
    for name, value in (("max_sites", max_sites), ("budget", budget)):
        if value is not None and not (math.isfinite(value) and value >= 0):
            faults.append(_fault("not_a_weight", name, str(value)))
    if max_sites is None and budget is None:
        faults.append(_fault("no_limit"))
    if faults:
        raise ProblemError(faults)
    sites = math.inf if max_sites is None else int(max_sites) - int(problem.forced.sum())
    money = math.inf if budget is None else budget - float(problem.cost[problem.forced].sum())
    if sites < 0 or money < -1e-9 * (budget or 1.0):
        raise ProblemError(_fault("forced_too_dear"))
    return BuildLimits(sites, max(money, 0.0))


def _fault(key: str, column: str = "", value: str = "") -> Fault:
    return Fault("max_cover", both(f"siting.{key}"), both(f"siting.{key}_fix"), f"siting.{key}", column=column, value=value)
