"""Plans of limited sites from scratch, by exact flows: what a site adds is what the greatest flow grows by.

That growth falls as more sites are built (the flow is submodular), so a lazy greedy that refreshes only the top of a heap is exact. The
flow is capped by the targets; when it is full, every target is met.

Wolsey, An analysis of the greedy algorithm for the submodular set covering problem, Combinatorica 2, 1982, doi 10.1007/BF02579435.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from infraplan.arrays import Flags, Floats, Indices, Ints
from infraplan.siting.cover.build_limits import NO_LIMITS, BuildLimits
from infraplan.siting.cover.limited.flow import places_of
from infraplan.siting.cover.limited.model import capped_flow, grow_by_worth
from infraplan.siting.cover.model import Model


@dataclass(frozen=True)
class Assigned:
    """A plan of a limited model: candidates, what each entry of `rows` carries, what is carried in all (or what that is worth), and
    whether targets are met."""

    plan: Flags
    carried: Floats
    weight: float
    met: bool


class Building:
    """A flow and the sites built in it."""

    def __init__(self, model: Model, base: Flags | None = None) -> None:
        self.model = model
        self.flow, self.full = capped_flow(model)
        self.plan = np.zeros(model.candidates, np.uint8)
        self.lonely = (model.must > 0) & (model.weight == 0)
        self.apart = np.where(model.zone > model.rest, model.weight, 0.0)
        self.apart_left = np.where(np.arange(len(model.zone_need)) > model.rest, model.zone_need, 0.0)
        self.count = np.zeros(model.classes, np.int64)
        self._enter(np.flatnonzero(model.fixed if base is None else base | model.fixed))
        if model.has_rates:
            grow_by_worth(model, self.flow)
        else:
            self.flow.grow()

    def rows_of(self, i: int) -> Ints:
        """Classes of candidate i."""
        return np.asarray(self.model.rows[self.model.start[i] : self.model.start[i + 1]])

    @property
    def attended(self) -> bool:
        """Every must of weight 0 has a server."""
        return not bool((self.lonely & (self.count == 0)).any())

    @property
    def met(self) -> bool:
        """Every target is met."""
        slack = 0.5 * self.model.slack
        return self.flow.value >= self.full - slack and self.attended and bool((self.apart_left <= slack).all())

    def _apart_of(self, rows: Ints | Indices, servers: int) -> Floats:
        """Weight of these classes, each named once, in each separate zone, of those with so many servers."""
        here = rows[self.count[rows] == servers]
        return np.bincount(self.model.zone[here], weights=self.apart[here], minlength=self.apart_left.size).astype(np.float64)

    def add(self, i: int) -> None:
        """Build candidate i."""
        self._enter(np.array([i]))
        self.flow.add(i, float(self.model.capacity[i]))

    def _enter(self, sites: Ints) -> None:
        """Opens these sites; nothing flows yet."""
        self.plan[sites] = 1
        self.flow.open_sites(sites, self.model.capacity[sites])
        rows, servers = np.unique(self.model.rows[places_of(self.model.start, sites)], return_counts=True)
        self.apart_left -= self._apart_of(rows, 0)
        self.count[rows] += servers

    def worth(self, i: int, attention: float) -> float:
        """What candidate i adds, a must of weight 0 counting `attention`."""
        rows = self.rows_of(i)
        lonely = int((self.lonely[rows] & (self.count[rows] == 0)).sum())
        apart = float(np.minimum(self._apart_of(rows, 0), np.maximum(self.apart_left, 0.0)).sum())
        return self.flow.gain(i, float(self.model.capacity[i])) + attention * lonely + apart

    def drop_needless(self) -> None:
        """Take away, most expensive first, what the targets do not need. For plans whose flow is full."""
        spare, movable = float(self.model.capacity[self.plan > 0].sum()) - self.full, np.full(self.model.candidates, np.inf)
        for i in np.lexsort((np.arange(self.plan.size), -self.model.cost)):
            if not self.plan[i] or self.model.fixed[i] or self.model.capacity[i] > spare + self.model.slack:
                continue
            rows = self.rows_of(int(i))
            lost = self._apart_of(rows, 1)
            if (self.lonely[rows] & (self.count[rows] == 1)).any() or (self.apart_left + lost > 0.5 * self.model.slack)[lost > 0].any():
                continue
            if self.flow.drop_if_needless(int(i), movable):
                self.plan[i] = 0
                self.apart_left += lost
                self.count[rows] -= 1
                spare -= float(self.model.capacity[i])

    def assigned(self) -> Assigned:
        """The plan so far."""
        weight = self.flow.value
        if self.model.has_rates:
            weight = float(self.flow.carried @ self.model.rate[np.minimum(self.model.zone, self.model.rest)])
        weight += float(self.apart[self.count > 0].sum())
        return Assigned(self.plan.copy(), self.flow.entries, weight, self.met)


class Spacing:
    """Candidates that stand too near to a site that is built."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.blocked = np.zeros(model.candidates, bool)
        self._tree = cKDTree(model.place[:, :2]) if model.spacing_m > 0 and model.candidates else None

    def add(self, sites: Ints) -> None:
        """Block all that stands too near to these sites, and the sites themselves."""
        if self._tree is None or not len(sites):
            return
        place, spacing_m = self.model.place[:, :2], self.model.spacing_m
        for i, listed in zip(sites, self._tree.query_ball_point(place[sites], spacing_m), strict=True):
            near = np.array(listed, np.int64)
            self.blocked[near[((place[near] - place[i]) ** 2).sum(axis=1) < spacing_m**2]] = True


def assign(model: Model, plan: Flags, *, spare: bool = True) -> Assigned:
    """The best assignment of a plan; `spare`: first take away what the targets do not need."""
    built = np.flatnonzero(plan | model.fixed)
    building = Building(_only(model, built), np.ones(built.size, np.uint8))
    if spare and building.met:
        building.drop_needless()
    small = building.assigned()
    whole, carried = np.zeros(model.candidates, np.uint8), np.zeros(len(model.rows))
    whole[built] = small.plan
    carried[np.repeat(np.isin(np.arange(model.candidates), built), np.diff(model.start))] = small.carried
    return Assigned(whole, carried, small.weight, small.met)


def _only(model: Model, built: Ints) -> Model:
    """The model with these candidates alone, as far as a flow needs it. Classes keep their numbers."""
    matrix = model.matrix[built]
    return model._replace(
        start=matrix.indptr.astype(np.int64),
        rows=matrix.indices.astype(np.int32),
        cost=model.cost[built],
        capacity=model.capacity[built],
        fixed=model.fixed[built],
        place=model.place[built] if model.spacing_m > 0 else model.place,
    )


def likely(model: Model, y: Floats, limits: BuildLimits = NO_LIMITS, least: float = 0.9) -> Flags:
    """The candidates that a fractional plan (almost) builds, as far as limits and spacing allow."""
    order = np.lexsort((np.arange(y.size), -y))
    order = order[(y[order] >= least) & (model.fixed[order] == 0)]
    order = order[: int(min(limits.sites, order.size))]
    order = order[np.cumsum(model.cost[order]) <= limits.budget]
    plan = np.zeros(model.candidates, np.uint8)
    if model.spacing_m <= 0:
        plan[order] = 1
        return plan
    for i in order:
        near = np.hypot(*(model.place[(plan | model.fixed) > 0, :2] - model.place[i, :2]).T)
        plan[i] = not (near < model.spacing_m).any()
    return plan


def greedy_by_flow(
    model: Model, limits: BuildLimits = NO_LIMITS, base: Flags | None = None, late: Callable[[], bool] = lambda: False
) -> Assigned:  # fmt: skip
    """Most added per cost first, until every target is met (what is not needed is then dropped) or the limits are used up.

    Not where weight has rates: the flow of a new site says nothing of what that is worth.
    `base`: a plan within the limits, and free of conflicts, to begin with. Where it gets `late`, the plan remains unfinished.
    """
    building = Building(model, base)
    spacing = Spacing(model)
    spacing.add(np.flatnonzero(building.plan))
    taken = (building.plan > 0) & (model.fixed == 0)
    left, sites = limits.budget - float(model.cost[taken].sum()), limits.sites - int(taken.sum())
    attention = 1.0 + float(model.weight.sum()) / max(1, model.classes)
    price = np.maximum(model.cost, 1e-9 * (1.0 + float(model.cost.mean()))) if model.candidates else model.cost
    at_most = np.minimum(model.matrix @ (model.load + attention * building.lonely), model.capacity + attention * model.classes)
    at_most += model.matrix @ building.apart
    heap = [(-at_most[i] / price[i], int(i)) for i in np.flatnonzero(building.plan == 0)]
    heapq.heapify(heap)
    while heap and sites >= 1 and not building.met and not late():
        _, i = heap[0]
        if spacing.blocked[i] or model.cost[i] > left:
            heapq.heappop(heap)
            continue
        adds = building.worth(i, attention)
        if adds <= building.flow.tiny:
            heapq.heappop(heap)
        elif len(heap) > 1 and (-adds / price[i], i) > min(heap[1:3]):
            heapq.heapreplace(heap, (-adds / price[i], i))
        else:
            heapq.heappop(heap)
            building.add(i)
            spacing.add(np.array([i]))
            left, sites = left - model.cost[i], sites - 1
    if building.met and np.isfinite(building.full):
        building.drop_needless()
    return building.assigned()
