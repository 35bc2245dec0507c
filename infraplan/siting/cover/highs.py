"""One way to call HiGHS: one thread, silent, limits counted, and no claim taken that a known point contradicts."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Bools, Floats
from infraplan.siting.cover.tolerances import BOUND_ALLOWANCE

ALWAYS: dict[str, Any] = {"output_flag": False, "threads": 1, "parallel": "off", "mip_heuristic_run_rins": False}
"""Options of every call. RINS has crashed with one thread."""
LEAN_MIP: dict[str, Any] = {
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_allow_restart": False,
    "mip_heuristic_effort": 0.05,
    "mip_detect_symmetry": False,
}
POINT_TOLERANCE = 1e-6
"""A point may miss a row by this, and cost this much less than a bound, before it contradicts: relative to their sizes from 1 on."""
_CONSTRUCTING = threading.Lock()


@dataclass(frozen=True)
class Program:
    """minimise cost x  subject to  row_lower <= matrix x <= row_upper, lower <= x <= upper."""

    matrix: sp.csr_matrix
    row_lower: Floats
    row_upper: Floats
    cost: Floats
    lower: Floats
    upper: Floats
    integer: Bools | None = None


@dataclass(frozen=True)
class Answer:
    """What HiGHS returned. `done`: it says so itself (optimal). `dual_bound` is its own claim, of use only for a MIP.

    `refuted`: a point that meets every row costs less than the bound that HiGHS claimed; the claim is then minus infinity, `done` False.
    """

    done: bool
    feasible: bool
    objective: float
    dual_bound: float
    x: Floats
    row_dual: Floats
    reduced_cost: Floats
    nodes: int
    refuted: bool = False


def run_highs(program: Program, *, start: Floats | None = None, **options: Any) -> Answer:
    """Solve with one thread; any HiGHS option may be given by name. `start`: a point to begin with, which the bound must not contradict."""
    for attempt in (0, 1):
        with _nothing_printed():
            solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in {**ALWAYS, **options}.items():
            solver.setOptionValue(name, value)
        solver.passModel(_lp(program))
        if start is not None:
            guess = highspy.HighsSolution()
            guess.col_value = list(start)
            solver.setSolution(guess)
        solver.run()
        status = solver.getModelStatus()
        if status != highspy.HighsModelStatus.kNotset or attempt:
            break
        highspy.Highs.resetGlobalScheduler(True)  # another part of the process used more threads
    info, solution = solver.getInfo(), solver.getSolution()
    answer = Answer(
        done=status == highspy.HighsModelStatus.kOptimal,
        feasible=info.primal_solution_status == 2,
        objective=float(info.objective_function_value),
        dual_bound=float(info.mip_dual_bound),
        x=np.array(solution.col_value),
        row_dual=np.array(solution.row_dual),
        reduced_cost=np.array(solution.col_dual),
        nodes=int(info.mip_node_count),
    )
    known = [point for point in (start, answer.x if answer.feasible else None) if point is not None]
    return answer if program.integer is None else checked(answer, program, known)


def checked(answer: Answer, program: Program, known: Sequence[Floats]) -> Answer:
    """The answer, without its bound where one of the known points contradicts it."""
    assert program.integer is not None
    for point in known:
        if point.size != program.cost.size:
            continue
        x = np.where(program.integer, np.round(point), point)
        if _allows(program, x) and program.cost @ x < answer.dual_bound - POINT_TOLERANCE * (1.0 + abs(answer.dual_bound)):
            return replace(answer, dual_bound=-np.inf, done=False, refuted=True)
    return answer


def _allows(program: Program, x: Floats) -> bool:
    """Whether a point meets every row and both its own limits."""
    row = program.matrix @ x
    short, over = program.row_lower - row, row - program.row_upper
    size = 1.0 + np.abs(row)
    inside = (x >= program.lower - POINT_TOLERANCE).all() and (x <= program.upper + POINT_TOLERANCE).all()
    return bool(inside and (np.maximum(short, over) <= POINT_TOLERANCE * size).all())


@contextlib.contextmanager
def _nothing_printed() -> Iterator[None]:
    """The constructor of HiGHS 1.16 prints two lines before it can be made silent, into what may be a JSON document."""
    with _CONSTRUCTING:
        kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 1)
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)
            os.close(nowhere)


def proven_bound(program: Program, row_dual: Floats) -> tuple[float, Floats]:
    """What these row prices prove about the program's linear relaxation, and the reduced costs there; a rounding allowance is taken off.

    Weak duality: with price p_r >= 0 only where the row has a lower, <= 0 only where it has an upper limit, and d = cost - matrix' p,
    no x costs less than sum_r p_r limit_r + sum_i min(d_i lower_i, d_i upper_i).
    """
    if row_dual.size != program.row_lower.size or not np.isfinite(row_dual).all():
        row_dual = np.zeros(program.row_lower.size)
    price = np.where((row_dual > 0) & np.isfinite(program.row_lower), row_dual, 0.0)
    price = np.where((row_dual < 0) & np.isfinite(program.row_upper), row_dual, price)
    limit = np.where(price > 0, program.row_lower, np.where(price < 0, program.row_upper, 0.0))
    reduced = program.cost - program.matrix.T @ price
    terms = price @ limit, np.minimum(reduced * program.lower, reduced * program.upper).sum()
    return float(sum(terms) - BOUND_ALLOWANCE * sum(abs(term) for term in terms)), reduced


def _lp(program: Program) -> Any:
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = program.matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.lower, program.upper
    lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
    matrix = program.matrix.tocsr()
    matrix.sort_indices()
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data.astype(np.float64)
    if program.integer is not None:
        lp.integrality_ = [highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous for whole in program.integer]
    return lp
