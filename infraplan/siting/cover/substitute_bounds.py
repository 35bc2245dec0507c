"""What no plan without a site can cost less than: the Lagrangian bound at known prices with the site's own term left out.

Valid for every price. A plan without the site either has no candidate that the reduction dropped for the site, and then it costs at
least the Lagrangian value without the site's term; or it has one, and with the site in its place it would be a plan of the problem,
cheaper by the difference of their costs.
"""

from __future__ import annotations

import math

import numpy as np

from infraplan.arrays import Floats, Ints
from infraplan.siting.cover.greedy import lazy_greedy
from infraplan.siting.cover.least_cost import nothing_to_serve
from infraplan.siting.cover.model import Model, Reduced
from infraplan.siting.cover.relaxation import Prices, Proof, Relaxation, cliques_of, relax
from infraplan.siting.cover.subgradient import relax_by_subgradient

SIMPLEX_UP_TO = 60_000
"""Entries of a model whose relaxation goes to simplex; larger ones go to the subgradient."""
ROUNDS = 300
"""Rounds of the subgradient."""


def proof_of(reduced: Reduced, plan_cost: float) -> Proof:
    """Prices of the relaxation. `plan_cost`: of a plan known."""
    model = reduced.model
    if nothing_to_serve(model) or not model.candidates:
        none = np.zeros(0)
        return Proof(reduced, Relaxation(0.0, Prices(none, none, 0.0, none), none, none))
    if len(model.rows) <= SIMPLEX_UP_TO:
        return Proof(reduced, relax(model))
    return Proof(reduced, relax_by_subgradient(model, lazy_greedy(model)[0], max(plan_cost - reduced.locked_cost, 1e-9), ROUNDS))


def bounds_without(proof: Proof, cost: Floats, known: float, options: list[Ints]) -> Floats:
    """For each list of candidates a bound of every plan that has none of them, infinite where there is no such plan.

    `known`: a bound of every plan."""
    reduced, relaxation = proof.reduced, proof.relaxation
    model, lagrangian = reduced.model, relaxation.bound + reduced.locked_cost
    terms = _Terms(model, relaxation)
    floor = max(known, lagrangian)
    place = np.full(cost.size, -1)
    place[reduced.candidate] = np.arange(model.candidates)
    locked = np.zeros(cost.size, bool)
    locked[reduced.locked] = True
    root = _roots(reduced.dropped_by)
    replaced = np.flatnonzero(reduced.dropped_by >= 0)
    order = replaced[np.argsort(root[replaced], kind="stable")]
    least = np.empty(len(options))
    for q, own in enumerate(options):
        kept = place[own[place[own] >= 0]]
        without = math.inf if locked[own].any() else lagrangian + terms.gain(kept)
        for site in own[(place[own] >= 0) | locked[own]]:
            begin, end = np.searchsorted(root[order], [site, site + 1])
            others = np.setdiff1d(order[begin:end], own)
            if others.size:
                without = min(without, floor + float(cost[others].min()) - float(cost[site]))
        least[q] = _rounded(max(floor, without), reduced.unit)
    return least


def _rounded(bound: float, unit: float) -> float:
    """The bound rounded up to the next whole multiple of the common unit of all costs."""
    return unit * math.ceil(bound / unit - 1e-6) if unit > 0 and math.isfinite(bound) else bound


def _roots(dropped_by: Ints) -> Ints:
    """The candidate that is left of each chain "dropped for"."""
    root = np.where(dropped_by >= 0, dropped_by, np.arange(dropped_by.size))
    while True:
        further = root[root]
        if (further == root).all():
            return root
        root = further


class _Terms:
    """The candidates' terms of the Lagrangian bound: what it gains when some of them may not be built."""

    def __init__(self, model: Model, relaxation: Relaxation) -> None:
        paid = relaxation.prices.clique
        self.clique = cliques_of(model) if paid.size else np.full(model.candidates, -1)
        self.known = relaxation.bound > 0
        if not self.known:
            return
        inside = self.clique >= 0
        self.raw = relaxation.reduced_cost.copy()
        self.raw[inside] -= paid[self.clique[inside]]
        own = np.minimum(relaxation.reduced_cost[inside], 0.0)
        self.term = np.bincount(self.clique[inside], weights=own, minlength=paid.size) - paid
        members = np.flatnonzero(inside)
        self.members = members[np.argsort(self.clique[members], kind="stable")]
        self.begin = np.searchsorted(self.clique[self.members], np.arange(paid.size + 1))

    def gain(self, banned: Ints) -> float:
        """By how much the bound rises: a term below 0 goes; of a clique, in which one may be built, the best of the others is left."""
        if not self.known:
            return 0.0
        total = -float(np.minimum(self.raw[banned[self.clique[banned] < 0]], 0.0).sum())
        for c in np.unique(self.clique[banned]):
            if c >= 0:
                others = np.setdiff1d(self.members[self.begin[c] : self.begin[c + 1]], banned)
                total += min(0.0, float(self.raw[others].min(initial=0.0))) - float(self.term[c])
        return total
