"""One way to call HiGHS: one thread, silent, limits counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Bools, Floats
from infraplan.siting.cover.tolerances import BOUND_ALLOWANCE

LEAN_MIP: dict[str, Any] = {
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_allow_restart": False,
    "mip_heuristic_effort": 0.05,
    "mip_detect_symmetry": False,
}


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
    """What HiGHS returned. `done`: it says so itself (optimal). `dual_bound` is its own claim, to be trusted only for a MIP."""

    done: bool
    feasible: bool
    objective: float
    dual_bound: float
    x: Floats
    row_dual: Floats
    reduced_cost: Floats
    nodes: int


def run_highs(program: Program, *, start: Floats | None = None, **options: Any) -> Answer:
    """Solve with one thread; any HiGHS option may be given by name."""
    for attempt in (0, 1):
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        for name, value in options.items():
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
    return Answer(
        done=status == highspy.HighsModelStatus.kOptimal,
        feasible=info.primal_solution_status == 2,
        objective=float(info.objective_function_value),
        dual_bound=float(info.mip_dual_bound),
        x=np.array(solution.col_value),
        row_dual=np.array(solution.row_dual),
        reduced_cost=np.array(solution.col_dual),
        nodes=int(info.mip_node_count),
    )


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
