"""The most weight within a budget or a number of sites, and what no plan within them can exceed."""

from __future__ import annotations

import math

import numpy as np

from infraplan.errors import Fault
from infraplan.messages import both
from infraplan.siting.cover.arrays import Flags, Ints
from infraplan.siting.cover.ceiling import Ceiling, Limits, ceiling_of
from infraplan.siting.cover.keeping import Clock, Keeper
from infraplan.siting.cover.model import Model, Reduced, restrict
from infraplan.siting.cover.plan import CoverPlan
from infraplan.siting.cover.problem import CoverProblem, ProblemError
from infraplan.siting.cover.reduction import common_unit, duties_of, reduce_most
from infraplan.siting.cover.swaps import swap_search

CHUNK = 2_000
HOT, COLD = 0.08, 0.0016  # temperatures at the start and the end, in mean weights of a site


def max_cover(
    problem: CoverProblem, max_sites: int | None = None, budget: float | None = None, time_limit_s: float = 60.0, gap: float = 0.01,
    seed: int = 0, *, work_limit: int | None = None,
) -> CoverPlan:  # fmt: skip
    """The plan that serves most weight within `max_sites` sites and `budget`, with a bound no plan can exceed.

    Parameters
    ----------
    problem : CoverProblem
        `must`, `zone_required` and `required` do not bind; `forced`, `forbidden` and `spacing_m` do; forced candidates use up the limits.
    max_sites : int, optional
    budget : float, optional
        In the unit of `problem.cost`. At least one of the two limits is needed.
    time_limit_s, gap, seed, work_limit
        As in `solve`; the gap is (bound - weight) / bound.

    Raises
    ------
    ProblemError
        No limit, a limit that is negative or no number, or forced candidates beyond the limits.
    """
    clock = Clock(time_limit_s, work_limit)
    limits = _limits_left(problem, max_sites, budget)
    duties = duties_of(problem)
    reduced = reduce_most(problem, duties, costly=budget is not None)
    base = float(problem.weight[duties.served].sum())
    keeper = Keeper(problem, duties.certificate, -1, gap, common_unit(problem.weight), clock)
    keeper.offer_plan(reduced.locked, base)
    interrupted = False
    try:
        _search(reduced, limits, base, keeper, seed)
    except KeyboardInterrupt:
        interrupted = True
    return keeper.plan(met=True, interrupted=interrupted)


def _limits_left(problem: CoverProblem, max_sites: int | None, budget: float | None) -> Limits:
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
    return Limits(sites, max(money, 0.0))


def _fault(key: str, column: str = "", value: str = "") -> Fault:
    return Fault("max_cover", both(f"siting.{key}"), both(f"siting.{key}_cure"), f"siting.{key}", column=column, value=value)


def _search(reduced: Reduced, limits: Limits, base: float, keeper: Keeper, seed: int) -> None:
    model = reduced.model
    everything = float(model.weight.sum())
    keeper.offer_bound(base + everything, "all")
    if everything <= 0 or limits.sites < 1:
        keeper.offer_bound(base if limits.sites < 1 else base + everything, "all")
        return
    plan = np.zeros(model.candidates, np.uint8)
    _anneal(reduced, model, np.arange(model.candidates), plan, limits, base, keeper, seed, 0)
    if keeper.content:
        return
    ceiling = ceiling_of(model, limits, **({"solver": "ipm", "run_crossover": "off"} if len(model.rows) > 20_000 else {}))
    keeper.offer_bound(base + ceiling.bound, "lp")
    keeper.note()
    keep = _promising(reduced, ceiling, base, keeper)
    small = restrict(model, keep, reduced.position_m)
    chunk = 0
    plan = np.isin(reduced.candidate[keep], keeper.chosen).astype(np.uint8)
    while not keeper.clock.over and not keeper.content:
        plan = _anneal(reduced, small, keep, plan, limits, base, keeper, seed * 1_000_003 + chunk, CHUNK)
        chunk += 1
    keeper.note()


def _promising(reduced: Reduced, ceiling: Ceiling, base: float, keeper: Keeper) -> Ints:
    """Candidates worth searching: those that a better plan may contain at all, and of these the nearest to the fractional plan."""
    slack = base + ceiling.bound - keeper.value
    mean = ceiling.bound / max(1.0, float(ceiling.y.sum()))
    keep = (ceiling.lack <= min(slack, 0.25 * mean)) | (ceiling.y > 1e-4) | np.isin(reduced.candidate, keeper.chosen)
    return np.flatnonzero(keep)


def _anneal(
    reduced: Reduced, model: Model, keep: Ints, plan: Flags, limits: Limits, base: float, keeper: Keeper, seed: int, steps: int
) -> Flags:  # fmt: skip
    """One chunk of the search; the plan it ended with."""
    clock = keeper.clock
    if clock.work_limit is not None:
        steps = min(steps, clock.work_limit - clock.work)
    before = clock.share
    after = min(1.0, before + (steps / clock.work_limit if clock.work_limit else 0.01))
    mean = max(keeper.value - base, float(model.weight.sum()) * 0.01) / max(1, len(keeper.chosen) or 50)
    hot, cold = (mean * HOT * (COLD / HOT) ** share for share in (before, after))
    sites = int(min(limits.sites, model.candidates))
    best, last, weight = swap_search(model, plan, sites, limits.budget, steps, seed, hot, cold)
    clock.work += steps
    chosen = np.concatenate([reduced.locked, reduced.candidate[keep[np.flatnonzero(best)]]])
    keeper.offer_plan(chosen, base + weight)
    return last
