"""Upper bounds on the most weight that any choice of sites within limits can serve, proved by prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Flags, Floats, Ints
from infraplan.siting.cover.build_limits import BuildLimits
from infraplan.siting.cover.highs import Program, run_highs
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.price_climb import Steps, climb
from infraplan.siting.cover.relaxation import clique_rows, cliques_of
from infraplan.siting.cover.tolerances import BOUND_ALLOWANCE

SIMPLEX_UP_TO, INTERIOR_UP_TO = 20_000, 400_000
"""Entries of a model that goes to simplex, and to the interior point method; larger ones go to the subgradient."""
SUBGRADIENT_WORK = 3e9
"""Entries that the subgradient walks in all."""
SMOOTHING, PATIENCE, RECENT = 0.7, 20, 0.1
"""As in `Steps`."""
STARTS = (1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.1)


@dataclass(frozen=True)
class UpperBound:
    """A proven upper bound on the weight served by the model's classes, a fractional plan `y`, and the penalty of each candidate.

    `penalty[i]`: no plan with candidate i serves more than `bound - penalty[i]`.
    """

    bound: float
    y: Floats
    penalty: Floats
    serve: Floats
    source: str = "lp"


def upper_bound_program(model: Model, limits: BuildLimits, clique: Ints) -> Program:
    """minimise -(weight . z): columns y then z; rows z <= sum y, the number of sites, the budget, spacing cliques."""
    n, m = model.candidates, model.classes
    across = model.matrix.T.tocsr()
    squares = clique_rows(clique, n)
    sites = sp.csr_matrix(np.ones((1, n)))
    money = sp.csr_matrix(model.cost[None, :])
    left = sp.vstack([across, sites, money, squares])
    right = sp.vstack([-sp.identity(m), sp.csr_matrix((2 + squares.shape[0], m))])
    matrix = sp.csr_matrix(sp.hstack([left, right]))
    low = np.concatenate([np.zeros(m), np.full(2 + squares.shape[0], -np.inf)])
    high = np.concatenate([np.full(m, np.inf), [limits.sites, limits.budget], np.ones(squares.shape[0])])
    cost = np.concatenate([np.zeros(n), -model.weight])
    return Program(matrix, low, high, cost, np.zeros(n + m), np.ones(n + m))


def upper_bound_by_lp(model: Model, limits: BuildLimits, **options: Any) -> UpperBound:
    """Solve the relaxation; the bound is recomputed from its prices, whatever HiGHS says of them."""
    clique = cliques_of(model)
    program = upper_bound_program(model, limits, clique)
    answer = run_highs(program, **options)
    n, m = model.candidates, model.classes
    serve, site, money, square = np.zeros(m), 0.0, 0.0, np.zeros(int(clique.max(initial=-1)) + 1)
    if answer.row_dual.size == len(program.row_lower) and np.isfinite(answer.row_dual).all():
        serve = np.clip(answer.row_dual[:m], 0.0, model.weight)
        site, money = (max(0.0, -float(price)) for price in answer.row_dual[m : m + 2])
        square = np.maximum(0.0, -answer.row_dual[m + 2 :])
    bound, penalty = priced_upper_bound(model, limits, serve, site, money, square, clique)
    y = answer.x[:n].clip(0, 1) if answer.x.size else np.zeros(n)
    return UpperBound(bound, y, penalty, serve)


def upper_bound_by_size(model: Model, limits: BuildLimits, known: tuple[Flags, float]) -> UpperBound:
    """By simplex, interior point or subgradient, whichever the size calls for. `known`: a plan and its weight."""
    if len(model.rows) <= SIMPLEX_UP_TO:
        return upper_bound_by_lp(model, limits)
    if len(model.rows) <= INTERIOR_UP_TO:
        return upper_bound_by_lp(model, limits, solver="ipm", run_crossover="off")
    return upper_bound_by_subgradient(model, limits, *known)


def upper_bound_by_subgradient(model: Model, limits: BuildLimits, plan: Flags, weight: float) -> UpperBound:
    """The bound from prices improved by a subgradient (spacing left out), for models too large for a linear solver."""
    dual = _Dual(model, limits)
    first = model.weight / np.maximum(model.matrix.T @ plan.astype(np.float64), 1.0)
    serve = first * max(STARTS, key=lambda scale: dual.value(first * scale))
    rounds = int(np.clip(SUBGRADIENT_WORK / (1 + len(model.rows)), 300, 3_000))
    best, y = climb(dual, serve, model.weight, -weight, Steps(SMOOTHING, PATIENCE, RECENT), rounds, average=plan.astype(np.float64))
    bound, penalty = dual.bound(best)
    return UpperBound(bound, y, penalty, best, "lagrangian")


class _Dual:
    """The bound on the most weight that prices of serving prove, without spacing; negative, so that it rises while it improves."""

    def __init__(self, model: Model, limits: BuildLimits) -> None:
        self.model, self.limits, self.clique = model, limits, np.full(model.candidates, -1)
        self.matrix = model.matrix
        self.serve, self.built = model.weight, np.zeros(model.candidates)

    def bound(self, serve: Floats) -> tuple[float, Floats]:
        """The bound, and the penalty of each candidate."""
        worth = self.matrix @ serve
        self.serve = serve
        money, self.built = _best_within(worth, self.model.cost, self.limits)
        return priced_upper_bound(self.model, self.limits, serve, 0.0, money, np.zeros(0), self.clique, worth)

    def value(self, price: Floats) -> float:
        """The bound, negative."""
        return -self.bound(price)[0]

    def slope(self) -> Floats:
        """Classes priced below their weight, less how often the plan serves them."""
        return np.asarray((self.serve < self.model.weight) - self.matrix.T @ self.built)

    def plan(self) -> Floats:
        """The candidates worth building within the limits."""
        return self.built


def _best_within(worth: Floats, cost: Floats, limits: BuildLimits) -> tuple[float, Floats]:
    """The price of money that proves least, and the candidates worth building at it, best first within the limits."""
    built = np.zeros(worth.size)
    if np.isfinite(limits.budget):
        order = np.argsort(-worth / np.maximum(cost, 1e-12), kind="stable")
        spent = np.cumsum(cost[order])
        fits = order[spent <= limits.budget]
        fits = fits if fits.size <= limits.sites else fits[np.argsort(-worth[fits], kind="stable")[: int(limits.sites)]]
        edge = order[min(int((spent <= limits.budget).sum()), order.size - 1)]
        money = float(worth[edge] / max(cost[edge], 1e-12)) if spent[-1] > limits.budget else 0.0
        built[fits] = 1.0
        return money, built
    count = int(min(limits.sites, worth.size))
    built[np.argpartition(-worth, count - 1)[:count]] = 1.0
    return 0.0, built


def priced_upper_bound(
    model: Model, limits: BuildLimits, serve: Floats, site: float, money: float, square: Floats, clique: Ints, worth: Floats | None = None
) -> tuple[float, Floats]:
    """The bound that prices prove, and the penalty of each candidate.

    For any 0 <= serve <= weight and prices >= 0 of a site, of money, and of each spacing square, no plan serves more than
        sum_j (weight_j - serve_j) + site sites + money budget + sum square
        + sum_i max(0, sum_{j in i} serve_j - site - money cost_i - square_i).
    With a number of sites alone, the site price is the worth of the last site that fits.
    """
    worth = model.matrix @ serve if worth is None else worth.copy()
    inside = clique >= 0
    worth[inside] -= square[clique[inside]]
    if np.isinf(limits.budget) and np.isfinite(limits.sites) and len(worth):
        fits = min(int(limits.sites), len(worth))
        site = max(0.0, float(np.partition(worth, len(worth) - fits)[len(worth) - fits])) if fits > 0 else float(worth.max(initial=0.0))
    paid = (site * limits.sites if site > 0 else 0.0) + (money * limits.budget if money > 0 else 0.0)
    profit = worth - site - money * model.cost
    bound = float((model.weight - serve).sum() + square.sum() + paid + np.maximum(profit, 0.0).sum())
    whole = float(model.weight.sum())
    return bound + BOUND_ALLOWANCE * (bound + whole), np.maximum(-profit, 0.0)
