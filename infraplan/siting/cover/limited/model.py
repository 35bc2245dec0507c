"""The smallest model of a problem with limited sites that has the same best plans."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Bools, Floats, Ints
from infraplan.siting.cover.limited.assignment import capacities
from infraplan.siting.cover.limited.flow import Flow
from infraplan.siting.cover.limited.reachable_targets import LimitedTargets
from infraplan.siting.cover.model import SERVES_NOTHING, Model, Reduced
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.reachable_targets import common_unit, number_zones, weight_by_zone
from infraplan.siting.cover.shrinking import ShrinkingModel


def limited_model(
    problem: CoverProblem, targets: LimitedTargets, *, most: bool = False, costly: bool = True, simplify: bool = True, whole: bool = False
) -> Reduced:  # fmt: skip
    """The model of the least cost, or of the `most` worth.

    Dropped: rows served already, by forced candidates without a limit, or needed by no target; candidates that serve nothing needed, or all
    of whose rows one without a limit serves too at no higher cost (under a spacing: from the same spot). Merged: rows with the same
    candidates, zone and `must`, for weight may be split. Nothing else: a site that carries part of a row does not decide the row.
    `whole`: every candidate is kept. `simplify` false: rows are not merged either.
    """
    capacity = capacities(problem)
    reach = problem.cover.T.astype(np.float64) @ (problem.shared_weight * ~problem.covered)
    free = problem.forced & (reach <= capacity)
    served = problem.covered | (problem.cover @ free.astype(np.int32) > 0)
    candidate = np.flatnonzero(targets.allowed | (problem.forced & ~free))
    must_weight, attend = np.where(served, 0.0, targets.must_weight), targets.attend & ~served
    shared = problem.in_whole
    zone_need = targets.zone_required - weight_by_zone(problem, problem.weight * served + must_weight)
    need = targets.required - float((problem.weight * served + must_weight)[shared].sum())
    # a row that has to be served in a separate zone loads nobody: it needs a server, and its weight has left the needs
    light = ~shared & (must_weight > 0)
    rest = np.where(served, 0.0, problem.weight - must_weight)
    attend, must_weight = attend | light, np.where(light, 0.0, must_weight)
    number, order, home = number_zones(problem, zone_need, targets.slack)
    zone_need = np.append(zone_need, 0.0)[order]
    zone = np.where(problem.zone < 0, home, number[problem.zone])
    rate = np.ones(zone_need.size)
    if most:  # every row counts, by zones of one worth each; those of separate zones are apart, because they load nobody
        must_weight, attend = np.zeros(served.size), np.zeros(served.size, bool)
        rest = np.where(served | (problem.worth == 0), 0.0, np.where(shared, problem.weight, problem.weight * problem.worth))
        zone, zone_need, rate, need = *_zones_of_worth(problem, shared & (rest > 0), rest), np.inf
        home = rate.size - 2
    else:
        rest[~shared & (zone == home)] = 0.0
    # a row that has to be carried in part (its must was lowered) becomes two: the part that must be carried, and the rest
    rest[rest <= targets.slack] = 0.0
    musts, others = np.flatnonzero((must_weight > 0) | attend), np.flatnonzero(rest > 0)
    work = ShrinkingModel(
        matrix=problem.cover[np.concatenate([musts, others])][:, candidate].tocsr(),
        weight=np.concatenate([must_weight[musts], rest[others]]),
        zone=np.concatenate([np.full(musts.size, home), zone[others]]), must=np.arange(musts.size + others.size) < musts.size,
        home=np.concatenate([musts, others]), candidate=candidate,
        cost=np.where(problem.forced[candidate] | (not costly), 0.0, problem.cost[candidate]), capacity=capacity[candidate],
        fixed=problem.forced[candidate], zone_need=zone_need, rest=home, need=need, slack=targets.slack,
        position_m=None if problem.position_m is None else problem.position_m[candidate], spacing_m=problem.spacing_m,
        dropped_by=np.full(problem.cost.size, SERVES_NOTHING),
    )  # fmt: skip
    _drop_idle_entries(work)
    while True:
        work.drop_idle_rows()
        if not simplify:
            break
        work.merge_rows()
        if whole or not work.drop_dominated():
            break
    finite = capacity[np.isfinite(capacity)]
    unit = common_unit(problem.cost)
    if most:
        unit = common_unit(np.concatenate([problem.weight, finite])) * common_unit(problem.worth)
    base = problem.weight * problem.worth if most else problem.weight
    return Reduced(
        _with_limits(work, rate), work.candidate, np.flatnonzero(free), float(problem.cost[problem.forced].sum()),
        float(base[served].sum()), unit, work.position_m, work.dropped_by,
    )  # fmt: skip


def _zones_of_worth(problem: CoverProblem, counted: Bools, weight: Floats) -> tuple[Ints, Floats, Floats]:
    """Zone of each row by what a unit of its weight is worth, the most valuable first, the least in `rest`, separate rows after it; the
    need of each zone, more than it can have, so that all of it is wanted; and its rate."""
    rates = np.unique(problem.worth[counted])[::-1] if counted.any() else np.ones(1)
    at = rates.size - 1 - np.searchsorted(rates[::-1], problem.worth).clip(0, rates.size - 1)
    need = np.full(rates.size - 1, 2.0 * float(weight.sum()))
    return np.where(counted, at, rates.size), np.concatenate([need, [0.0, np.inf]]), np.append(rates, 1.0)


def _drop_idle_entries(work: ShrinkingModel) -> None:
    """A candidate that can carry nothing serves only rows that load nobody."""
    entries = work.matrix.tocoo()
    keep = (work.load[entries.row] == 0) | (work.capacity[entries.col] > 0)
    work.matrix = sp.csr_matrix((entries.data[keep], (entries.row[keep], entries.col[keep])), shape=work.matrix.shape)
    work.matrix.sort_indices()


def _with_limits(work: ShrinkingModel, rate: Floats) -> Model:
    """The model with the capacity of every candidate, and with the ways between entries that the search needs."""
    model, columns = work.model(), work.matrix.indices
    order = np.argsort(columns, kind="stable")  # candidate by candidate, rows ascending: the order of `rows`
    entry = np.empty(columns.size, np.int64)
    entry[order] = np.arange(columns.size)
    reach = np.bincount(columns, weights=np.repeat(work.load, np.diff(work.matrix.indptr)), minlength=work.cost.size)
    owner = np.repeat(np.arange(model.candidates, dtype=np.int32), np.diff(model.start))
    return model._replace(
        capacity=np.minimum(work.capacity, reach), fixed=work.fixed.astype(np.uint8), entry=entry, owner=owner,
        rare=np.lexsort((np.diff(model.row_start)[model.rows], -rate[model.zone[model.rows]], owner)).astype(np.int64), rate=rate,
        zone_need=np.where(work.zone_need > work.slack, work.zone_need, 0.0), need=work.need if work.need > work.slack else 0.0,
    )  # fmt: skip


def capped_flow(model: Model) -> tuple[Flow, float]:
    """A flow whose every sink takes only what a target needs, nothing built yet; and its value when every target is met. Classes of
    separate zones are not in it. Where weight has rates the sinks are closed: `grow_by_worth` opens them."""
    zone_need = model.zone_need[: model.rest]
    flow = Flow(model.matrix, model.load, np.minimum(model.zone, model.rest).astype(np.int64), model.rest)
    flow.open_musts(model.must > 0)
    if model.has_rates:
        return flow, np.inf
    flow.open_zones(zone_need)
    beyond = max(0.0, model.need - float(zone_need.sum()))
    flow.open_rest(beyond)
    return flow, float(model.weight[model.must > 0].sum() + zone_need.sum()) + beyond


def grow_by_worth(model: Model, flow: Flow) -> None:
    """Grow a flow so that what it carries is worth most: the most valuable zones first, for what has once been carried stays so."""
    zone_need = model.zone_need[: model.rest]
    for last in range(model.rest):
        flow.open_zones(np.where(np.arange(model.rest) <= last, zone_need, 0.0))
        flow.grow()
    flow.open_rest()
    flow.grow()
