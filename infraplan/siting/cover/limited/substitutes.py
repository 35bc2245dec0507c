"""What replaces each site of a plan whose sites carry limited users: repaired plans, and the prices that bound them."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Floats, Ints
from infraplan.siting.cover.limited.bounds import LimitedBound, least_cost_bound
from infraplan.siting.cover.limited.flow_greedy import Assigned, assign
from infraplan.siting.cover.limited.model import limited_model
from infraplan.siting.cover.limited.reachable_targets import LimitedTargets
from infraplan.siting.cover.limited.substitute_repair import repair_each_limited
from infraplan.siting.cover.model import Reduced
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.relaxation import Prices, Proof, Relaxation
from infraplan.siting.cover.substitute_repair import near_pool

WIDE = 16
"""Candidates anywhere that add most, by cost, to what the plan carries: beside those near a site."""
ROUNDS = 300
"""Rounds of the prices where no proof is given."""


def assigned_plan(problem: CoverProblem, targets: LimitedTargets, picked: Ints) -> tuple[Reduced, Assigned]:
    """The model with every candidate, and what the plan's sites carry in it."""
    reduced = limited_model(problem, targets, whole=True)
    return reduced, assign(reduced.model, np.isin(reduced.candidate, picked).astype(np.uint8), spare=False)


def proof_by_prices(bound: LimitedBound, reduced: Reduced) -> Proof:
    """A bound of limited sites as a proof: its prices are in the reduced costs of the candidates."""
    none = np.zeros(0)
    known = bound.reduced_cost.size == reduced.model.candidates
    value = bound.bound if known else 0.0
    return Proof(reduced, Relaxation(value, Prices(none, none, 0.0, none), bound.reduced_cost, bound.y, bound.source))


def limited_proof(problem: CoverProblem, targets: LimitedTargets, plan_cost: float) -> Proof:
    """The proof of a problem for which none is known."""
    reduced = limited_model(problem, targets)
    return proof_by_prices(least_cost_bound(reduced.model, max(plan_cost - reduced.locked_cost, 1e-9), ROUNDS), reduced)


def repaired(reduced: Reduced, found: Assigned, asked: Ints, within: list[Ints]) -> tuple[Floats, list[Ints], list[Ints]]:
    """Cost of each repaired plan (infinite where none was found), the candidates it adds, and those it no longer has beside the site.

    `within`: for each asked site the model's numbers of all candidates at its place.
    """
    model = reduced.model
    if not asked.size:
        return np.zeros(0), [], []
    served = model.matrix[found.plan > 0]
    count = np.bincount(served.indices, minlength=model.classes).astype(np.int32)
    sites = np.searchsorted(reduced.candidate, asked)
    pool = near_pool(model, found.plan, count, sites)
    filled = np.bincount(model.rows, weights=found.carried, minlength=model.classes)
    open_load = np.where(model.zone > model.rest, model.weight * (count == 0), np.maximum(model.weight - filled, 0.0))
    adds = np.minimum(model.matrix @ np.where(model.zone > model.rest, 0.0, open_load), model.capacity)
    adds += model.matrix @ np.where(model.zone > model.rest, open_load, 0.0)
    free = np.flatnonzero((found.plan == 0) & (adds > 0))
    wide = free[np.lexsort((free, -adds[free] / np.maximum(model.cost[free], 1e-12)))[:WIDE]]
    start = np.cumsum([0, *(own.size for own in within)]).astype(np.int64)
    cost, sizes, changes = repair_each_limited(
        model, found.plan, found.carried, sites, start, np.concatenate(within).astype(np.int64), pool, wide.astype(np.int64)
    )  # fmt: skip
    added, removed = [], []
    for q in range(asked.size):
        changed, times = np.unique(changes[q, : sizes[q]], return_counts=True)
        changed = changed[times % 2 == 1]  # what was taken out and built again is no change
        before = found.plan[changed] > 0
        added.append(reduced.candidate[changed[~before]])
        removed.append(np.setdiff1d(reduced.candidate[changed[before]], asked[q]))
    return cost, added, removed
