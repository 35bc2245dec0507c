"""Branch and bound by HiGHS, where the model is small enough for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from infraplan.arrays import Flags, Floats, Ints
from infraplan.siting.cover.build_limits import BuildLimits
from infraplan.siting.cover.greedy import ordered_greedy
from infraplan.siting.cover.highs import Program, run_highs
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.relaxation import cliques_of, relaxed_program
from infraplan.siting.cover.swaps import weight_of
from infraplan.siting.cover.upper_bounds import upper_bound_program

PAIRS_UP_TO = 200_000  # pairs of candidates too close that get a row each
ROUNDING = 2e-9  # of a bound that branch and bound reports, relative


def least_cost_exact(model: Model, start: Flags, nodes: int, time_limit_s: float) -> tuple[float, Flags, bool, bool]:
    """A proven lower bound of the model's cost, a plan, whether the plan is one, and whether the solver's bound was refuted.

    `start`: a plan to begin with, may be empty.
    """
    program = _apart(relaxed_program(model, cliques_of(model))[0], model)
    x, bound, refuted = _branch(program, model.candidates, start, nodes, time_limit_s)
    plan, met = ordered_greedy(model, np.argsort(-x[: model.candidates], kind="stable")[: int((x[: model.candidates] > 0.5).sum())])
    return bound, plan, met, refuted


def most_people_exact(model: Model, limits: BuildLimits, start: Flags, nodes: int, time_limit_s: float) -> tuple[float, Flags, float, bool]:
    """A proven upper bound of the weight, a plan within the limits, its weight (negative where no plan came out), and whether the solver's
    bound was refuted."""
    program = _apart(upper_bound_program(model, limits, cliques_of(model)), model)
    x, bound, refuted = _branch(program, model.candidates, start, nodes, time_limit_s)
    plan = (x[: model.candidates] > 0.5).astype(np.uint8)
    weight = weight_of(model, plan) if x.size and limits.allow(model, plan) else -1.0
    return -bound, plan, weight, refuted


def _apart(program: Program, model: Model) -> Program:
    """The program with a row for each pair of candidates that are too close: the cliques leave some of them out.

    Where there are very many pairs the cliques must do: a plan that is too close elsewhere is then refused, the bound stays valid.
    """
    if model.spacing_m <= 0:
        return program
    at = model.place[:, :2]
    tree = cKDTree(at)
    if tree.count_neighbors(tree, model.spacing_m) > 2 * PAIRS_UP_TO:
        return program
    pairs = tree.query_pairs(model.spacing_m, output_type="ndarray").astype(np.int64)
    pairs = pairs[((at[pairs[:, 0]] - at[pairs[:, 1]]) ** 2).sum(axis=1) < model.spacing_m**2]
    entries = (np.ones(pairs.size), (np.repeat(np.arange(len(pairs)), 2), pairs.ravel()))
    rows = sp.csr_matrix(entries, shape=(len(pairs), program.cost.size))
    low, high = np.full(len(pairs), -np.inf), np.ones(len(pairs))
    return replace(
        program, matrix=sp.csr_matrix(sp.vstack([program.matrix, rows])), row_lower=np.append(program.row_lower, low),
        row_upper=np.append(program.row_upper, high),
    )  # fmt: skip


def _branch(program: Program, candidates: int, start: Flags, nodes: int, time_limit_s: float) -> tuple[Floats, float, bool]:
    columns = program.cost.size
    integer = np.arange(columns) < candidates
    whole = Program(program.matrix, program.row_lower, program.row_upper, program.cost, program.lower, program.upper, integer)
    guess = None
    if start.size:
        reached: Ints = np.zeros(columns, np.int64)
        reached[:candidates] = start
        guess = _completed(program, reached.astype(np.float64), candidates)
    limits = {"mip_max_nodes": nodes} if not np.isfinite(time_limit_s) else {"mip_max_nodes": nodes, "time_limit": time_limit_s}
    answer = run_highs(whole, start=guess, mip_rel_gap=0.0, mip_abs_gap=1e-6, **limits)
    bound = answer.dual_bound if np.isfinite(answer.dual_bound) else -np.inf
    x = answer.x if answer.feasible else np.zeros(columns)
    return x, bound - ROUNDING * (1 + abs(bound)) if np.isfinite(bound) else bound, answer.refuted


def _completed(program: Program, x: Floats, candidates: int) -> Floats:
    """Serve every class (columns after the candidates) that the chosen candidates reach: rows z <= sum y come first, one a class."""
    classes = x.size - candidates
    x[candidates:] = (program.matrix[:classes, :candidates] @ x[:candidates]) > 0.5
    return x
