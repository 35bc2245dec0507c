"""The most any choice of sites can serve: a bound from above, proved by prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from infraplan.siting.cover.arrays import Floats, Ints
from infraplan.siting.cover.highs import Program, run_highs
from infraplan.siting.cover.model import Model, matrix_of
from infraplan.siting.cover.relaxation import cliques_of


@dataclass(frozen=True)
class Limits:
    """Sites and money left for new sites; infinite where there is no such limit."""

    sites: float
    budget: float


@dataclass(frozen=True)
class Ceiling:
    """A proven upper bound on the weight served by the model's classes, the fractional plan, and what each candidate lacks to belong to it.

    `lack[i]`: no plan with candidate i serves more than `bound - lack[i]`.
    """

    bound: float
    y: Floats
    lack: Floats
    serve: Floats


def most_program(model: Model, limits: Limits, clique: Ints) -> Program:
    """minimise -(weight . z): columns y then z; rows z <= sum y, the number of sites, the budget, spacing cliques."""
    n, m = model.candidates, model.classes
    across = matrix_of(model).T.tocsr()
    inside = np.flatnonzero(clique >= 0)
    squares = sp.csr_matrix((np.ones(inside.size), (clique[inside], inside)), shape=(int(clique.max(initial=-1)) + 1, n))
    sites = sp.csr_matrix(np.ones((1, n)))
    money = sp.csr_matrix(model.cost[None, :])
    left = sp.vstack([across, sites, money, squares])
    right = sp.vstack([-sp.identity(m), sp.csr_matrix((2 + squares.shape[0], m))])
    matrix = sp.csr_matrix(sp.hstack([left, right]))
    low = np.concatenate([np.zeros(m), np.full(2 + squares.shape[0], -np.inf)])
    high = np.concatenate([np.full(m, np.inf), [limits.sites, limits.budget], np.ones(squares.shape[0])])
    cost = np.concatenate([np.zeros(n), -model.weight])
    return Program(matrix, low, high, cost, np.zeros(n + m), np.ones(n + m))


def ceiling_of(model: Model, limits: Limits, **options: Any) -> Ceiling:
    """Solve the relaxation; the bound is recomputed from its prices, whatever HiGHS says of them."""
    clique = cliques_of(model)
    program = most_program(model, limits, clique)
    answer = run_highs(program, **options)
    n, m = model.candidates, model.classes
    serve, site, money, square = np.zeros(m), 0.0, 0.0, np.zeros(int(clique.max(initial=-1)) + 1)
    if answer.row_dual.size == len(program.row_lower) and np.isfinite(answer.row_dual).all():
        serve = np.clip(answer.row_dual[:m], 0.0, model.weight)
        site, money = (max(0.0, -float(price)) for price in answer.row_dual[m : m + 2])
        square = np.maximum(0.0, -answer.row_dual[m + 2 :])
    bound, lack = priced_ceiling(model, limits, serve, site, money, square, clique)
    y = answer.x[:n].clip(0, 1) if answer.x.size else np.zeros(n)
    return Ceiling(bound, y, lack, serve)


def priced_ceiling(
    model: Model, limits: Limits, serve: Floats, site: float, money: float, square: Floats, clique: Ints
) -> tuple[float, Floats]:
    """The bound that prices prove, and what each candidate lacks.

    For any 0 <= serve <= weight and prices >= 0 of a site, of money, and of each spacing square, no plan serves more than
        sum_j (weight_j - serve_j) + site sites + money budget + sum square
        + sum_i max(0, sum_{j in i} serve_j - site - money cost_i - square_i).
    With a number of sites alone, the site price is the worth of the last site that fits.
    """
    worth = matrix_of(model) @ serve
    inside = clique >= 0
    worth[inside] -= square[clique[inside]]
    if np.isinf(limits.budget) and np.isfinite(limits.sites) and len(worth):
        fits = min(int(limits.sites), len(worth))
        site = max(0.0, float(np.partition(worth, len(worth) - fits)[len(worth) - fits])) if fits > 0 else float(worth.max(initial=0.0))
    paid = (site * limits.sites if site > 0 else 0.0) + (money * limits.budget if money > 0 else 0.0)
    profit = worth - site - money * model.cost
    bound = float((model.weight - serve).sum() + square.sum() + paid + np.maximum(profit, 0.0).sum())
    whole = float(model.weight.sum())
    bound = min(bound + 1e-11 * (bound + whole), whole)
    return bound, np.maximum(-profit, 0.0)
