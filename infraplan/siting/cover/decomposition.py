"""Parts of the problem as independent integer problems, tied together by prices: the strongest bound, improved round by round.

A part is a zone, or a neighbourhood in a large zone. A candidate that serves several parts is copied once for each and its cost is split
between the copies; the need of the whole, and of each zone cut into several parts, is priced. For any split that adds up to the cost, and
any prices >= 0 of those needs, the parts' minima plus price x need are a bound. A heavy-ball subgradient moves the split to where the
copies agree.
"""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Bools, Floats, Indices, Ints
from infraplan.siting.cover.highs import LEAN_MIP, Program, proven_bound, run_highs
from infraplan.siting.cover.model import Model, Reduced
from infraplan.siting.cover.partition import parts_of
from infraplan.siting.cover.relaxation import Relaxation, cliques_of, relaxed_program
from infraplan.siting.cover.workers import Crew

NODES = 300
"""Nodes of branch and bound for a part, at most."""
GAP_SHARE = 0.0008
"""How exactly a part is solved, in mean costs of a site."""
FIX_SHARE = 0.22
"""Reduced cost beyond which a copy is fixed, in mean costs of a site."""
MOMENTUM = 0.5
"""Share of the last change of the split that the next one keeps (heavy ball)."""
FASTER, SLOWER = 1.2, 0.5
"""Change of pace after a round that raised the bound, and after one that did not."""
AIM = 0.45
"""The bound that the price steps aim at: this share of the way from the first bound to the plan."""
WHOLE_STEP, WHOLE_SCALE, STEP_DECAY = 0.02, 0.0007, 0.93
"""Greatest change of a need's price in a round, the shortage (share of the need) that causes it, and its factor from round to round."""


@dataclass(frozen=True)
class Part:
    """One part's problem. `served`: weight each column adds to the priced needs; `candidate`: the model's number of each copy; `zone`:
    the zone whose need is priced for this part (that of all other classes where none is); `in_whole`: whether it counts for the whole.
    """

    program: Program
    served: Floats
    candidate: Ints
    classes: sp.csr_matrix
    shared: Ints
    zone: int
    in_whole: bool


@dataclass(frozen=True)
class Outcome:
    """A part's proven minimum at some prices, and the copies its best plan builds."""

    bound: float
    built: Bools
    served: float
    solved: bool
    refuted: int = 0


def part_minimum(part: Part, share: Floats, whole: float, fix_beyond: float, gap: float, nodes: int, built: Bools | None) -> Outcome:
    """Least cost of a part when its copies cost `share` and each unit of weight served earns `whole`.

    Copies with a reduced cost beyond `fix_beyond` are left out; the bound is the lesser of the rest's and of what such a copy would cost.
    """
    n = part.candidate.size
    cost = np.concatenate([share, np.zeros(part.shared.size)]) - whole * part.served
    program = replace(part.program, cost=cost)
    relaxed = run_highs(program)
    floor, reduced = proven_bound(program, relaxed.row_dual)
    start = None
    if built is not None:
        start = np.concatenate([built, (part.classes @ built.astype(np.float64))[part.shared] > 0]).astype(np.float64)
        fix_beyond = min(fix_beyond, max(0.0, float(start @ cost) - floor) + 1e-3 * gap)
    integer = np.arange(cost.size) < n
    best, bound = built if built is not None else np.zeros(n, bool), floor
    solved, refuted = False, 0
    for _ in range(4):
        lower, upper = np.zeros(cost.size), np.ones(cost.size)
        upper[:n][reduced[:n] > fix_beyond] = 0.0
        lower[:n][reduced[:n] < -fix_beyond] = 1.0
        rest = replace(program, lower=lower, upper=upper, integer=integer)
        answer = run_highs(rest, start=start, mip_rel_gap=0.0, mip_abs_gap=gap, mip_max_nodes=nodes, **LEAN_MIP)
        solved = answer.done
        refuted += answer.refuted
        if answer.feasible:
            best = answer.x[:n] > 0.5
        if np.isfinite(answer.dual_bound):
            bound = max(bound, min(answer.dual_bound, floor + fix_beyond) - 1e-6 * (1 + abs(floor)))
        if not solved or answer.dual_bound <= floor + fix_beyond:
            break
        fix_beyond *= 2.0
    return Outcome(bound, best, _weight_of(part, best), solved, refuted)


def _weight_of(part: Part, built: Bools) -> float:
    """Weight the copies add to the whole need: lone classes count with their candidate, shared ones once."""
    reached = (part.classes @ built.astype(np.float64))[part.shared] > 0
    return float(part.served[: built.size] @ built) + float(part.served[built.size :] @ reached)


class PartPrices:
    """The rounds of the bound: `start` the parts' problems, `finish` with their minima."""

    def __init__(self, reduced: Reduced, relaxation: Relaxation) -> None:
        self.model, part = reduced.model, parts_of(reduced, relaxation.y)
        built = float(relaxation.y.sum())
        self.mean = float(self.model.cost @ relaxation.y) / built if built > 0 else float(self.model.cost.mean())
        rest, zones = self.model.rest, len(self.model.zone_need)
        pairs = np.unique(np.column_stack([self.model.zone, part])[self.model.zone != rest], axis=0)
        cut = np.bincount(pairs[:, 0], minlength=zones) > 1
        self.price = np.where(cut, relaxation.prices.zone, 0.0)
        self.price[rest] = relaxation.prices.whole
        self.need = np.where(cut, self.model.zone_need, 0.0)
        self.need[rest] = self.model.need
        count = int(part.max(initial=-1)) + 1
        shares = _shares(self.model, relaxation, part, count)
        inside = [slice(shares.indptr[k], shares.indptr[k + 1]) for k in range(count)]
        both = [(_part(self.model, np.flatnonzero(part == k), shares.indices[inside[k]], cut), k) for k in range(count)]
        both.sort(key=lambda pair: -pair[0].candidate.size)
        self.parts = [one for one, _ in both]
        self.share = [shares.data[inside[k]].copy() for _, k in both]
        self.move = [np.zeros(one.candidate.size) for one in self.parts]
        self.built: list[Bools | None] = [None] * len(self.parts)
        copies = self._sum([np.ones(one.candidate.size) for one in self.parts])
        self.copies = np.maximum(copies, 1.0)
        self.served = copies > 0
        self.round, self.first, self.best, self.pace = 0, 0.0, -np.inf, 1.0

    def start(self, crew: Crew) -> list[Future[Outcome]]:
        """Hand every part's problem to the crew, the largest first."""
        fix_beyond, gap = FIX_SHARE * self.mean, GAP_SHARE * self.mean
        return [
            crew.submit(part_minimum, part, share, self._earned(part), fix_beyond, gap, NODES, built)
            for part, share, built in zip(self.parts, self.share, self.built, strict=True)
        ]

    def finish(self, futures: list[Future[Outcome]], timeout_s: float | None) -> tuple[float, list[Outcome]]:
        """The bound these prices prove, and every part's outcome. Raises TimeoutError."""
        ends = None if timeout_s is None else time.monotonic() + timeout_s
        outcomes = [future.result(None if ends is None else max(0.01, ends - time.monotonic())) for future in futures]
        unserved = float(np.minimum(self.model.cost[~self.served], 0.0).sum())
        return float(self.price @ self.need) + sum(outcome.bound for outcome in outcomes) + unserved, outcomes

    def move_prices(self, outcomes: list[Outcome], bound: float, plan_cost: float) -> None:
        """One step of the subgradient: copies that a part builds and others do not cost more there, and less elsewhere."""
        self.built = [outcome.built for outcome in outcomes]
        mean = self._sum([outcome.built.astype(np.float64) for outcome in outcomes]) / self.copies
        slope = [outcome.built - mean[part.candidate] for part, outcome in zip(self.parts, outcomes, strict=True)]
        norm = sum(float(one @ one) for one in slope)
        self.first = bound if self.round == 0 else self.first
        self.pace = min(1.0, self.pace * FASTER) if bound > self.best else self.pace * SLOWER
        self.best = max(self.best, bound)
        step = self.pace * max(self.first + AIM * (plan_cost - self.first) - bound, 0.0005 * plan_cost) / max(norm, 1e-9)
        self.move = [one + MOMENTUM * old for one, old in zip(slope, self.move, strict=True)]
        self.share = [share + step * move for share, move in zip(self.share, self.move, strict=True)]
        self._move_needs(outcomes)
        missing = (self.model.cost - self._sum(self.share)) / self.copies
        self.share = [share + missing[part.candidate] for part, share in zip(self.parts, self.share, strict=True)]
        self.round += 1

    def _earned(self, part: Part) -> float:
        """What a unit of weight served in this part earns."""
        rest = self.model.rest
        return float((self.price[rest] if part.in_whole else 0.0) + (self.price[part.zone] if part.zone != rest else 0.0))

    def _move_needs(self, outcomes: list[Outcome]) -> None:
        """The price of a need rises where the parts together leave it short, and falls where they exceed it."""
        served = np.bincount([part.zone for part in self.parts], weights=[outcome.served for outcome in outcomes], minlength=self.need.size)
        served[self.model.rest] = sum(outcome.served for part, outcome in zip(self.parts, outcomes, strict=True) if part.in_whole)
        priced = self.need > self.model.slack
        lacking = (self.need - served)[priced] / (WHOLE_SCALE * self.need[priced])
        self.price[priced] *= 1 + self.pace * WHOLE_STEP * np.clip(lacking, -1, 1) * STEP_DECAY**self.round

    def _sum(self, values: list[Floats]) -> Floats:
        """Over the copies of each candidate."""
        where = np.concatenate([part.candidate for part in self.parts])
        return np.bincount(where, weights=np.concatenate(values), minlength=self.model.candidates).astype(np.float64)


def _shares(model: Model, relaxation: Relaxation, zone: Ints, zones: int) -> sp.csc_matrix:
    """Candidates x zones: every cost split in proportion to what the candidate earns in each zone at the relaxation's prices."""
    worth = relaxation.prices.serve + 1e-9 * model.weight + 1e-12
    earned = sp.csr_matrix(model.matrix @ sp.csr_matrix((worth, (np.arange(model.classes), zone)), shape=(model.classes, zones)))
    row = np.repeat(np.arange(model.candidates), np.diff(earned.indptr))
    earned.data = model.cost[row] * earned.data / np.asarray(earned.sum(axis=1)).ravel()[row]
    return sp.csc_matrix(earned)


def _part(model: Model, classes: Ints, candidates: Indices, cut: Bools) -> Part:
    """One part's classes and the candidates that serve any of them; the need of a zone that is `cut` is left to its price."""
    matrix = model.matrix[candidates][:, classes].tocsr()
    matrix.sort_indices()
    across = matrix.T.tocsr()
    across.sort_indices()
    rest, own = model.rest, model.zone[classes]
    homes = own[own != rest]  # one zone, beside musts
    home = int(homes[0]) if homes.size else rest
    need = 0.0 if cut[home] else float(model.zone_need[home])
    small = model._replace(
        start=matrix.indptr.astype(np.int64),
        rows=matrix.indices.astype(np.int32),
        row_start=across.indptr.astype(np.int64),
        columns=across.indices.astype(np.int32),
        weight=model.weight[classes],
        zone=(own == rest).astype(np.int32),
        must=model.must[classes],
        cost=model.cost[candidates],
        zone_need=np.array([need, 0.0]),
        rest=1,
        need=0.0,
        place=model.place[candidates] if len(model.place) else model.place,
    )
    program, shared, musts, needed = relaxed_program(small, cliques_of(small))
    whole = shared.size + musts.size + needed.size
    rows = np.delete(np.arange(program.row_lower.size), whole)
    served = np.asarray(program.matrix[whole].todense()).ravel()
    low, high = program.row_lower[rows], program.row_upper[rows]
    trimmed = replace(program, matrix=sp.csr_matrix(program.matrix[rows]), row_lower=low, row_upper=high)
    return Part(trimmed, served, np.asarray(candidates, np.int64), across, shared, home if cut[home] else rest, home <= rest)
