"""Small models of limited sites as linear and integer programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from infraplan.arrays import Flags, Floats
from infraplan.siting.cover.build_limits import BuildLimits
from infraplan.siting.cover.exact import ROUNDING
from infraplan.siting.cover.highs import Program, proven_bound, run_highs
from infraplan.siting.cover.limited.bounds import LimitedBound
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.relaxation import clique_rows, cliques_of


def limited_program(model: Model, limits: BuildLimits | None) -> Program:
    """Columns: y per candidate, then f per entry, the share of its class that the candidate carries. Without `limits` the least cost, else
    minus the most worth.

    Rows: f_e <= y_i; sum of weight f <= capacity_i y_i; shares of a class up to 1 (of a must from 1 on); zone needs, the whole need (or the
    number of sites and the budget); spacing cliques. `slack` of every need is granted.
    """
    n, entries, m = model.candidates, len(model.rows), model.classes
    owner = np.repeat(np.arange(n), np.diff(model.start))
    weight, load, must = model.weight[model.rows], model.load[model.rows], model.must > 0
    each = np.arange(entries)

    def block(values: Floats, rows: npt.NDArray[Any], height: int) -> sp.csr_matrix:
        return sp.csr_matrix((values, (rows, each)), shape=(height, entries))

    squares = clique_rows(cliques_of(model), n)
    optional = weight * ~must[model.rows]
    rows_of_program: list[tuple[Any, Any, Any, Any]] = [
        (-sp.csr_matrix((np.ones(entries), (each, owner)), shape=(entries, n)), sp.identity(entries), -np.inf, 0.0),
        (-sp.diags(model.capacity), block(load, owner, n), -np.inf, 0.0),
        (sp.csr_matrix((m, n)), block(np.ones(entries), model.rows, m), np.where(must, 1.0 - _share(model), -np.inf), _most_of(model)),
        (squares, sp.csr_matrix((squares.shape[0], entries)), -np.inf, 1.0),
    ]
    if limits is None:
        zones, zone = len(model.zone_need), model.zone[model.rows]
        by_zone = block(optional * (zone != model.rest), zone, zones)
        whole = sp.csr_matrix((optional * (zone <= model.rest))[None, :])
        rows_of_program.append((sp.csr_matrix((zones, n)), by_zone, model.zone_need - model.slack, np.inf))
        rows_of_program.append((sp.csr_matrix((1, n)), whole, model.need - model.slack, np.inf))
        cost = np.concatenate([model.cost, np.zeros(entries)])
    else:
        free = (model.fixed == 0).astype(np.float64)
        rows_of_program.append((sp.csr_matrix(free[None, :]), sp.csr_matrix((1, entries)), -np.inf, limits.sites))
        rows_of_program.append((sp.csr_matrix((model.cost * free)[None, :]), sp.csr_matrix((1, entries)), -np.inf, limits.budget))
        cost = np.concatenate([np.zeros(n), -model.worth[model.rows]])
    matrix = sp.csr_matrix(sp.vstack([sp.hstack([left, right]) for left, right, _, _ in rows_of_program]))
    low = np.concatenate([np.broadcast_to(lower, left.shape[0]) for left, _, lower, _ in rows_of_program]).astype(np.float64)
    high = np.concatenate([np.broadcast_to(upper, left.shape[0]) for left, _, _, upper in rows_of_program]).astype(np.float64)
    return Program(matrix, low, high, cost, np.concatenate([model.fixed.astype(np.float64), np.zeros(entries)]), np.ones(n + entries))


def _share(model: Model) -> Floats:
    """The slack as a share of each class."""
    return np.divide(model.slack, model.weight, out=np.zeros(model.classes), where=model.weight > 0)


def _most_of(model: Model) -> Floats:
    """A class is carried once; one without weight may have any number of servers."""
    return np.where(model.weight > 0, 1.0, np.inf)


def limited_relaxation(model: Model, limits: BuildLimits | None) -> LimitedBound:
    """The linear program by HiGHS; the bound is recomputed from its row prices."""
    program = limited_program(model, limits)
    answer = run_highs(program)
    bound, reduced = proven_bound(program, answer.row_dual)
    n = model.candidates
    y = answer.x[:n].clip(0, 1) if answer.x.size else np.zeros(n)
    penalty = np.where(model.fixed > 0, 0.0, np.maximum(reduced[:n], 0.0))
    free = np.where(model.fixed > 0, 0.0, reduced[:n]) if limits is None and bound > 0 else np.zeros(0)
    return LimitedBound(max(bound, 0.0) if limits is None else -bound, penalty, y, "lp", free)


def limited_exact(model: Model, limits: BuildLimits | None, nodes: int, time_limit_s: float) -> tuple[float, Flags, bool]:
    """Branch and bound: a proven bound of the cost (or of the weight within limits), the candidates it chose, to be judged by a flow, and
    whether the solver's bound was refuted."""
    program = limited_program(model, limits)
    integer = np.arange(program.cost.size) < model.candidates
    whole = Program(program.matrix, program.row_lower, program.row_upper, program.cost, program.lower, program.upper, integer)
    allowed = {"mip_max_nodes": nodes} if not np.isfinite(time_limit_s) else {"mip_max_nodes": nodes, "time_limit": time_limit_s}
    answer = run_highs(whole, mip_rel_gap=0.0, mip_abs_gap=1e-6, **allowed)
    plan = (answer.x[: model.candidates] > 0.5).astype(np.uint8) if answer.feasible else np.zeros(model.candidates, np.uint8)
    bound = answer.dual_bound - ROUNDING * (1 + abs(answer.dual_bound)) if np.isfinite(answer.dual_bound) else -np.inf
    return (bound if limits is None else -bound), plan, answer.refuted
