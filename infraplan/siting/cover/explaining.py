"""Why a candidate was not chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from infraplan.siting.cover.arrays import Floats, Ints
from infraplan.siting.cover.checking import served_rows
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.reduction import SERVES_NOTHING, Duties, duties_of, reduce_problem
from infraplan.siting.cover.relaxation import relax

if TYPE_CHECKING:
    import pandas as pd


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
    """
    import pandas as pd

    picked = np.unique(np.asarray(chosen, np.int64))
    asked = np.arange(problem.cost.size) if candidates is None else np.asarray(candidates, np.int64)
    duties = duties_of(problem)
    reduced = reduce_problem(problem, duties)
    adds = problem.cover.T.astype(np.float64) @ (problem.weight * ~served_rows(problem, picked))
    at_least = np.full(problem.cost.size, np.nan)
    if reduced.model.candidates:
        relaxation = relax(reduced.model)
        at_least[reduced.candidate] = reduced.locked_cost + relaxation.bound + np.maximum(relaxation.reduced_cost, 0.0)
    near = _too_close_to(problem, picked)
    rows = [_reason(problem, duties, int(i), picked, reduced.dropped_by, near, adds) for i in asked]
    return pd.DataFrame(
        {"candidate": asked, "reason": [reason for reason, _ in rows], "by": [by for _, by in rows], "adds_weight": adds[asked],
         "at_least": at_least[asked]}
    )  # fmt: skip


def _reason(
    problem: CoverProblem, duties: Duties, i: int, chosen: Ints, dropped_by: Ints, near: Ints, adds: Floats
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
    if dropped_by[i] == SERVES_NOTHING or not duties.allowed[i]:
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
    from scipy.spatial import cKDTree

    found = cKDTree(problem.position_m[chosen]).query(problem.position_m)
    distance_m, which = np.asarray(found[0]), np.asarray(found[1])
    return np.where(distance_m < problem.spacing_m, chosen[which], near)
