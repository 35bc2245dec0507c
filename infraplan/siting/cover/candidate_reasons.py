"""Why a candidate was not chosen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from infraplan.arrays import Bools, Floats, Ints
from infraplan.siting.cover.cover_check import served_rows
from infraplan.siting.cover.limited.assignment import gains_by_flow
from infraplan.siting.cover.limited.bounds import least_cost_bound
from infraplan.siting.cover.limited.model import limited_model
from infraplan.siting.cover.limited.reachable_targets import limited_targets
from infraplan.siting.cover.model import SERVES_NOTHING
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.reachable_targets import reachable_targets
from infraplan.siting.cover.reduction import reduce_for_least_cost
from infraplan.siting.cover.relaxation import relax

EXPLAIN_ROUNDS = 300  # of the prices, where candidates have a capacity


def explain_candidates(problem: CoverProblem, chosen: npt.ArrayLike, candidates: npt.ArrayLike | None = None) -> pd.DataFrame:
    """One row a candidate: is it in the plan, and if not, why not.

    Parameters
    ----------
    problem : CoverProblem
    chosen : array
        Candidates of the plan, as `CoverPlan.chosen`.
    candidates : array, optional
        Candidates to explain; default all.

    Returns
    -------
    pandas.DataFrame
        `candidate`; `reason`; `by`, the candidate that is the reason (-1: none); `adds_weight`, weight it would add to the plan;
        `at_least`, what any plan with this candidate costs at least (NaN where nothing is proved).

        Reasons: "chosen"; "forbidden"; "too_close" to a chosen or forced candidate `by`; "serves_nothing", no row at all;
        "already_served", its rows are served without it (before the plan where `by` is -1, else by the chosen `by` above all);
        "not_needed", it would add weight, but the targets it counts for are met by sites no plan can do without;
        "dominated": `by` serves all its useful rows at no higher cost; "too_dear": it would add weight, but costs more than it saves. There
        `at_least` above the plan's cost is a proof that no plan as cheap contains it.

        Where candidates have a capacity, `adds_weight` is what the most weight the plan can carry would grow by; "already_served" says
        that it would not grow, and "dominated" that `by` has no limit that binds.
    """
    picked = np.unique(np.asarray(chosen, np.int64))
    explained = np.arange(problem.cost.size) if candidates is None else np.asarray(candidates, np.int64)
    facts = _facts_limited(problem, picked, explained) if problem.is_limited else _facts(problem, picked)
    allowed, dropped_by, adds, at_least = facts
    near = _too_close_to(problem, picked)
    rows = [_reason(problem, allowed, int(i), picked, dropped_by, near, adds) for i in explained]
    by = np.array([other for _, other in rows], dtype=np.int64)
    reason = pd.Series([name for name, _ in rows], dtype=str)
    columns = {"candidate": explained, "reason": reason, "by": by, "adds_weight": adds[explained], "at_least": at_least[explained]}
    return pd.DataFrame(columns)


def _facts(problem: CoverProblem, picked: Ints) -> tuple[Bools, Ints, Floats, Floats]:
    """Which candidates may be built, which dominates each, the weight each adds, and the least cost of any plan with it."""
    targets = reachable_targets(problem)
    reduced = reduce_for_least_cost(problem, targets)
    adds = problem.cover.T.astype(np.float64) @ (problem.weight * ~served_rows(problem, picked))
    at_least = np.full(problem.cost.size, np.nan)
    if reduced.model.candidates:
        relaxation = relax(reduced.model)
        at_least[reduced.candidate] = reduced.locked_cost + relaxation.bound + np.maximum(relaxation.reduced_cost, 0.0)
    return targets.allowed, reduced.dropped_by, adds, at_least


def _facts_limited(problem: CoverProblem, picked: Ints, explained: Ints) -> tuple[Bools, Ints, Floats, Floats]:
    """The same where some candidate cannot carry all it could serve: what each adds by flows, costs by prices."""
    targets = limited_targets(problem)
    reduced = limited_model(problem, targets)
    adds, at_least = np.zeros(problem.cost.size), np.full(problem.cost.size, np.nan)
    adds[explained] = gains_by_flow(problem, picked, explained)
    if reduced.model.candidates and reduced.model.classes:
        plan_cost = max(float(problem.cost[picked].sum()) - reduced.locked_cost, 1e-9)
        bound = least_cost_bound(reduced.model, plan_cost, EXPLAIN_ROUNDS)
        at_least[reduced.candidate] = reduced.locked_cost + bound.bound + bound.penalty
    return targets.allowed, reduced.dropped_by, adds, at_least


def _reason(
    problem: CoverProblem, allowed: Bools, i: int, chosen: Ints, dropped_by: Ints, near: Ints, adds: Floats
) -> tuple[str, int]:  # fmt: skip
    if np.any(chosen == i):
        return "chosen", -1
    if problem.forbidden[i]:
        return "forbidden", -1
    if near[i] >= 0:
        return "too_close", int(near[i])
    if problem.cover[:, [i]].nnz == 0:
        return "serves_nothing", -1
    if dropped_by[i] >= 0:
        return "dominated", int(dropped_by[i])
    if adds[i] <= 0:
        return "already_served", _main_server(problem, i, chosen)
    if dropped_by[i] == SERVES_NOTHING or not allowed[i]:
        return "not_needed", -1
    return "too_dear", -1


def _main_server(problem: CoverProblem, i: int, chosen: Ints) -> int:
    """The chosen candidate that serves most weight of candidate i's rows."""
    rows = problem.cover[:, [i]].nonzero()[0]
    rows = rows[~problem.covered[rows]]
    shared = problem.cover[rows][:, chosen].T.astype(np.float64) @ (problem.weight[rows] + 1e-12)
    return int(chosen[np.argmax(shared)]) if chosen.size and shared.any() else -1


def _too_close_to(problem: CoverProblem, chosen: Ints) -> Ints:
    """For each candidate the nearest chosen one within the spacing, -1 for none."""
    near = np.full(problem.cost.size, -1)
    if problem.spacing_m <= 0 or problem.position_m is None or chosen.size == 0:
        return near
    found = cKDTree(problem.position_m[chosen]).query(problem.position_m)
    distance_m, which = np.asarray(found[0]), np.asarray(found[1])
    return np.where(distance_m < problem.spacing_m, chosen[which], near)
