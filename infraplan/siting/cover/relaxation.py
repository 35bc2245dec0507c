"""The linear relaxation of the cheapest plan, and the bound that any prices prove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Bools, Floats, Ints
from infraplan.siting.cover.highs import Program, run_highs
from infraplan.siting.cover.model import Model, Reduced
from infraplan.siting.cover.tolerances import BOUND_ALLOWANCE


@dataclass(frozen=True)
class Prices:
    """Dual prices: of serving each class, of each zone's need, of the whole need, of each spacing clique. All >= 0."""

    serve: Floats
    zone: Floats
    whole: float
    clique: Floats


@dataclass(frozen=True)
class Relaxation:
    """A proven lower bound with the prices that prove it, each candidate's reduced cost there, and a fractional plan `y` as a guide."""

    bound: float
    prices: Prices
    reduced_cost: Floats
    y: Floats
    source: str = "lp"


@dataclass(frozen=True)
class Proof:
    """A reduced problem and prices that prove a bound of it."""

    reduced: Reduced
    relaxation: Relaxation


def cliques_of(model: Model) -> Ints:
    """Number of each candidate's hexagon (spacing from corner to corner), -1 where it is alone there: two in one hexagon are too close."""
    if model.spacing_m <= 0 or not model.candidates:
        return np.full(model.candidates, -1)
    side_m = model.spacing_m / 2.0 * (1 - 1e-9)
    x, y = (model.place[:, :2] - model.place[:, :2].min(axis=0)).T / side_m
    axes = np.column_stack([x / np.sqrt(3.0) - y / 3.0, 2.0 * y / 3.0])
    cube = np.column_stack([axes, -axes.sum(axis=1)])
    whole = np.round(cube)
    off = np.abs(whole - cube)
    worst = off.argmax(axis=1)
    rows = np.arange(len(cube))
    whole[rows, worst] -= whole.sum(axis=1)
    _, hexagon, count = np.unique(whole[:, :2].astype(np.int64), axis=0, return_inverse=True, return_counts=True)
    shared = count > 1
    number = np.where(shared, np.cumsum(shared) - 1, -1)
    return np.asarray(number[hexagon.ravel()])


def clique_rows(clique: Ints, columns: int) -> sp.csr_matrix:
    """A row of ones for each clique; candidates are the first of the columns."""
    inside = np.flatnonzero(clique >= 0)
    return sp.csr_matrix((np.ones(inside.size), (clique[inside], inside)), shape=(int(clique.max(initial=-1)) + 1, columns))


def unit_price(model: Model, zone: Floats, whole: float) -> Floats:
    """The price of a unit of weight of each class: of its zone's need and, unless the zone is separate, of the whole need."""
    return np.asarray(zone[model.zone] + np.where(model.zone <= model.rest, whole, 0.0))


def priced_bound(model: Model, prices: Prices, clique: Ints) -> tuple[float, Floats]:
    """The bound these prices prove, and the reduced cost of every candidate.

    Lagrangian duality: for any prices >= 0,
        sum_i min(0, cost_i + clique_i - sum_{j in i} serve_j) - sum clique + zone . zone_need + whole need
        + sum_{must j} serve_j + sum_{other j} min(0, serve_j - (zone_g(j) + whole) weight_j)
    (without whole in a separate zone) is at most the cost of any plan. An allowance for rounding is taken off.
    """
    worth = unit_price(model, prices.zone, prices.whole) * model.weight
    reduced = model.cost - model.matrix @ prices.serve
    inside = clique >= 0
    reduced[inside] += prices.clique[clique[inside]]
    must = model.must > 0
    plus = float(prices.zone @ model.zone_need + prices.whole * model.need + prices.serve[must].sum())
    minus = float(np.minimum(reduced, 0.0).sum() + np.minimum(prices.serve - worth, 0.0)[~must].sum() - prices.clique.sum())
    return plus + minus - BOUND_ALLOWANCE * (plus - minus), reduced


def relaxed_program(model: Model, clique: Ints) -> tuple[Program, Ints, Ints, Ints]:
    """Columns: y per candidate, z per class that several candidates serve (a class with one is that candidate's y; a must class a row).

    Rows: covering, musts, zone needs, the whole need, spacing cliques. Returns the program, the classes with a z, the must classes, and
    the zones with a need.
    """
    across = model.matrix.T.tocsr()
    size = np.diff(model.row_start)
    must = model.must > 0
    shared, musts = np.flatnonzero((size > 1) & ~must), np.flatnonzero(must)
    lone = np.flatnonzero((size == 1) & ~must)
    owner = model.columns[model.row_start[:-1][lone]]
    zones, columns = len(model.zone_need), model.candidates + shared.size
    at = (np.concatenate([model.zone[lone], model.zone[shared]]), np.concatenate([owner, model.candidates + np.arange(shared.size)]))
    served = sp.csr_matrix((np.concatenate([model.weight[lone], model.weight[shared]]), at), shape=(zones, columns))
    needed = np.flatnonzero(model.zone_need > model.slack)
    covering = sp.hstack([across[shared], -sp.identity(shared.size)])
    served_musts = sp.hstack([across[musts], sp.csr_matrix((musts.size, shared.size))])
    squares = clique_rows(clique, columns)
    whole = sp.csr_matrix(served[: model.rest + 1].sum(axis=0))
    matrix = sp.csr_matrix(sp.vstack([covering, served_musts, served[needed], whole, squares]))
    low = np.concatenate([np.zeros(shared.size), np.ones(musts.size), model.zone_need[needed], [model.need]])
    high = np.concatenate([np.full(low.size, np.inf), np.ones(squares.shape[0])])
    low = np.concatenate([low, np.full(squares.shape[0], -np.inf)])
    cost = np.concatenate([model.cost, np.zeros(shared.size)])
    return Program(matrix, low, high, cost, np.zeros(columns), np.ones(columns)), shared, musts, needed


def relax(model: Model, *options: tuple[str, Any]) -> Relaxation:
    """Solve the relaxation with HiGHS, options as (name, value); the bound is recomputed from the prices, whatever HiGHS says of them."""
    clique = cliques_of(model)
    program, shared, musts, needed = relaxed_program(model, clique)
    answer = run_highs(program, **dict(options))
    zones, squares = np.zeros(len(model.zone_need)), int(clique.max(initial=-1)) + 1
    serve = np.zeros(model.classes)
    whole, paid = 0.0, np.zeros(squares)
    if answer.row_dual.size == len(program.row_lower) and np.isfinite(answer.row_dual).all():
        dual = answer.row_dual
        serve[shared], dual = dual[: shared.size], dual[shared.size :]
        serve[musts], dual = dual[: musts.size], dual[musts.size :]
        zones[needed], dual = np.maximum(dual[: needed.size], 0.0), dual[needed.size :]
        whole, paid = max(float(dual[0]), 0.0), np.maximum(-dual[1:], 0.0)
    prices = consistent_prices(model, serve, zones, whole, paid)
    bound, reduced = priced_bound(model, prices, clique)
    y = answer.x[: model.candidates].clip(0, 1) if answer.x.size else np.zeros(model.candidates)
    return Relaxation(max(bound, 0.0), prices, reduced, y)


def consistent_prices(model: Model, serve: Floats, zone: Floats, whole: float, clique: Floats) -> Prices:
    """Prices made consistent: none above what the class is worth, lone classes at their full worth."""
    worth = unit_price(model, zone, whole) * model.weight
    must: Bools = model.must > 0
    lone = (np.diff(model.row_start) == 1) & ~must
    serve = np.where(must, np.maximum(serve, 0.0), np.clip(serve, 0.0, worth))
    serve[lone] = worth[lone]
    return Prices(serve, zone, whole, clique)
