"""The cheapest plan that meets every target, and how far from the best it can be at most."""

from __future__ import annotations

import numpy as np

from infraplan.siting.cover.arrays import Flags, Floats, Ints
from infraplan.siting.cover.checking import served_rows
from infraplan.siting.cover.construction import lazy_greedy, ordered_greedy
from infraplan.siting.cover.improvement import neighbours, ruin_and_recreate
from infraplan.siting.cover.keeping import Clock, Keeper
from infraplan.siting.cover.model import Model, Reduced, restrict
from infraplan.siting.cover.plan import CoverPlan
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.reduction import Duties, duties_of, reduce_problem
from infraplan.siting.cover.relaxation import Relaxation, relax

CHUNK = 20_000
HOT, COLD = 0.09, 0.0045  # temperatures at the start and the end, in mean costs of a site


def solve(
    problem: CoverProblem, time_limit_s: float = 60.0, gap: float = 0.01, seed: int = 0, *, work_limit: int | None = None
) -> CoverPlan:
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

    Returns
    -------
    CoverPlan
        See its `status`. Targets out of reach do not fail: the plan reaches what can be reached, the certificate tells the rest.
    """
    clock = Clock(time_limit_s, work_limit)
    duties = duties_of(problem)
    reduced = reduce_problem(problem, duties)
    keeper = Keeper(problem, duties.certificate, 1, gap, reduced.unit, clock)
    interrupted = False
    try:
        _search(reduced, keeper, seed)
    except KeyboardInterrupt:
        interrupted = True
    if not np.isfinite(keeper.value):
        keeper.offer_plan(reduced.locked, reduced.locked_cost)
    return keeper.plan(met=meets(problem, duties, keeper.chosen), interrupted=interrupted)


def meets(problem: CoverProblem, duties: Duties, chosen: Ints) -> bool:
    """The plan meets every target within reach, judged from the problem itself."""
    served = served_rows(problem, chosen)
    inside = served & (problem.zone >= 0)
    got = np.bincount(problem.zone[inside], weights=problem.weight[inside], minlength=problem.zone_required.size)
    beyond = duties.certificate
    wanted = problem.zone_required.copy()
    wanted[beyond.zones] = beyond.zone_reachable
    slack = 1e-9 * max(1.0, float(problem.weight.sum()))
    enough = float(problem.weight[served].sum()) >= min(problem.required, beyond.reachable) - 2 * slack
    return bool(enough and (got >= wanted - 2 * slack).all() and served[problem.must & duties.able].all())


def _search(reduced: Reduced, keeper: Keeper, seed: int) -> None:
    model = reduced.model
    if is_settled(model):
        keeper.offer_plan(reduced.locked, reduced.locked_cost)
        keeper.offer_bound(reduced.locked_cost, "all")
        return
    offer(reduced, keeper, *lazy_greedy(model))
    relaxation = relax(model)
    keeper.offer_bound(relaxation.bound + reduced.locked_cost, "lp")
    offer(reduced, keeper, *guided(model, relaxation))
    keeper.note()
    if not keeper.content and np.isfinite(keeper.value):
        _anneal(reduced, keeper, relaxation, seed)


def is_settled(model: Model) -> bool:
    """Nothing is left to be served."""
    return bool(model.need <= model.slack and not model.must.any() and (model.zone_need <= model.slack).all())


def guided(model: Model, relaxation: Relaxation) -> tuple[Flags, bool]:
    """Greedy in the order of the fractional plan."""
    late = 1e-4 * relaxation.reduced_cost / max(1e-12, float(model.cost.mean()))
    return ordered_greedy(model, np.argsort(late - relaxation.y, kind="stable"))


def offer(reduced: Reduced, keeper: Keeper, plan: Flags, met: bool) -> bool:
    """Hand a plan of the model to the keeper."""
    chosen = np.flatnonzero(plan)
    cost = reduced.locked_cost + float(reduced.model.cost[chosen].sum())
    return met and keeper.offer_plan(np.concatenate([reduced.locked, reduced.candidate[chosen]]), cost)


def promising(reduced: Reduced, keeper: Keeper, relaxation: Relaxation) -> Ints:
    """Candidates worth searching: cheap in reduced cost, in the fractional plan, or in the plan so far."""
    model = reduced.model
    margin = min(0.05 * float(model.cost.mean()), max(keeper.value - keeper.bound, 0.0))
    keep = (relaxation.reduced_cost <= margin) | (relaxation.y > 1e-6)
    keep |= np.isin(reduced.candidate, keeper.chosen)
    return np.flatnonzero(keep)


def _anneal(reduced: Reduced, keeper: Keeper, relaxation: Relaxation, seed: int) -> None:
    clock = keeper.clock
    keep = promising(reduced, keeper, relaxation)
    position_m: Floats | None = None if reduced.position_m is None else reduced.position_m[keep]
    model = restrict(reduced.model, keep, reduced.position_m)
    near = neighbours(model, position_m)
    mean = float(model.cost.mean())
    plan = np.isin(reduced.candidate[keep], keeper.chosen).astype(np.uint8)
    chunk = 0
    while not clock.over and not keeper.content:
        steps = CHUNK if clock.work_limit is None else min(CHUNK, clock.work_limit - clock.work)
        before = clock.share
        after = min(1.0, before + steps / clock.work_limit) if clock.work_limit is not None else min(1.0, before + 0.01)
        hot, cold = (mean * HOT * (COLD / HOT) ** share for share in (before, after))
        best, plan, _ = ruin_and_recreate(model, near, plan, steps, seed * 1_000_003 + chunk, hot, cold)
        clock.work += steps
        chunk += 1
        whole = np.zeros(reduced.model.candidates, np.uint8)
        whole[keep] = best
        offer(reduced, keeper, whole, True)
    keeper.note()
