"""The targets of a problem, lowered to what all its candidates together can reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from infraplan.arrays import Bools, Floats, Ints
from infraplan.siting.cover.cover_plan import Certificate
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.tolerances import COUNTABLE, weight_tolerance


@dataclass
class ReachableTargets:
    """What is left to be reached once forced candidates are built and unreachable targets are lowered to what can be reached.

    Attributes
    ----------
    allowed : candidates that may be built, without the forced ones
    served : rows served already, or by forced candidates
    able : rows that are served or that an allowed candidate serves
    must : rows that have to be served, out of reach or not
    zone_need, need : weight still missing in each zone, and in the whole
    slack : a need counts as met when no more than this is missing
    certificate : what is out of reach
    """

    allowed: Bools
    served: Bools
    able: Bools
    must: Bools
    zone_need: Floats
    need: float
    slack: float
    certificate: Certificate


def reachable_targets(problem: CoverProblem) -> ReachableTargets:
    """The targets split into what is met, what can be met, and what cannot. Whole weights make every need a whole number, rounded up."""
    forced = np.flatnonzero(problem.forced)
    allowed = ~problem.forbidden & ~problem.forced & ~_too_close(problem, forced)
    served = problem.covered | (problem.cover @ problem.forced.astype(np.int32) > 0)
    able = served | (problem.cover @ allowed.astype(np.int32) > 0)
    slack = weight_tolerance(problem.weight)
    reachable = weight_by_zone(problem, problem.weight * able)
    shared = problem.shared_weight
    reachable_all = float(shared[able].sum())
    lost = np.flatnonzero(~able & ((problem.weight > 0) | problem.must))
    beyond = np.flatnonzero(problem.zone_required > reachable + slack)
    certificate = Certificate(
        rows=lost,
        must_rows=lost[problem.must[lost]],
        zones=beyond,
        zone_required=problem.zone_required[beyond],
        zone_reachable=reachable[beyond],
        required=problem.required,
        reachable=reachable_all,
    )
    zone_need = np.minimum(problem.zone_required, reachable) - weight_by_zone(problem, problem.weight * served)
    need = min(problem.required, reachable_all) - float(shared[served].sum())
    if (problem.weight == np.round(problem.weight)).all() and float(problem.weight.sum()) < COUNTABLE:
        zone_need, need, slack = np.ceil(zone_need - 1e-6), float(np.ceil(need - 1e-6)), 0.5
    return ReachableTargets(allowed, served, able, problem.must, zone_need, need, slack, certificate)


def weight_by_zone(problem: CoverProblem, weight: Floats) -> Floats:
    """Sum of these weights of the rows in every zone."""
    inside = problem.zone >= 0
    return np.bincount(problem.zone[inside], weights=weight[inside], minlength=problem.zone_required.size).astype(np.float64)


def number_zones(problem: CoverProblem, zone_need: Floats, slack: float) -> tuple[Ints, Ints, int]:
    """The model's number of each zone (the last place: of rows in no zone), the problem's number of each of the model's zones, -1 for the
    zone of all other classes, and that zone's number. Zones that need nothing have no number of their own."""
    active = zone_need > slack
    joint, apart = np.flatnonzero(active & ~problem.separate), np.flatnonzero(active & problem.separate)
    order, rest = np.concatenate([joint, [-1], apart]).astype(np.int64), joint.size
    number = np.full(problem.zone_required.size + 1, rest)
    number[joint], number[apart] = np.arange(rest), rest + 1 + np.arange(apart.size)
    return number, order, rest


def common_unit(values: Floats) -> float:
    """Greatest number all values are whole multiples of, where the values are whole numbers; else 0."""
    positive = values[values > 0]
    if positive.size == 0 or (positive != np.round(positive)).any() or float(positive.sum()) >= COUNTABLE:
        return 0.0
    return float(np.gcd.reduce(positive.astype(np.int64)))


def _too_close(problem: CoverProblem, forced: Ints) -> Bools:
    """Candidates closer than the spacing to a forced one."""
    close = np.zeros(problem.cost.size, bool)
    if problem.spacing_m <= 0 or problem.position_m is None or forced.size == 0:
        return close
    distance_m = cKDTree(problem.position_m[forced]).query(problem.position_m)[0]
    return np.asarray(distance_m < problem.spacing_m)
