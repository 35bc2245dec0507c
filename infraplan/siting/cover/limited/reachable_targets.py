"""The targets of a problem with limited sites, lowered to what all its candidates together can carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Bools, Floats, Ints
from infraplan.siting.cover.cover_plan import Certificate
from infraplan.siting.cover.limited.assignment import assignment_of, capacities
from infraplan.siting.cover.limited.flow import Flow
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.reachable_targets import reachable_targets, weight_by_zone
from infraplan.siting.cover.tolerances import weight_tolerance


@dataclass(frozen=True)
class LimitedTargets:
    """What has to be reached once targets beyond all candidates together are lowered.

    Musts go first (all at once), then the zones in their order, then the whole: each is lowered to what can be carried after those
    before it. All candidates together then meet every target, by one assignment.

    Attributes
    ----------
    allowed : candidates that may be built, without the forced ones
    must_weight : weight of each row that has to be carried
    attend : rows of weight 0 that need a server
    zone_required, required : weight each zone, and the whole, has to reach, rows covered already included
    slack : a target counts as met when no more than this is missing
    certificate : what is out of reach
    """

    allowed: Bools
    must_weight: Floats
    attend: Bools
    zone_required: Floats
    required: float
    slack: float
    certificate: Certificate


def limited_targets(problem: CoverProblem) -> LimitedTargets:
    """The targets split into what all allowed candidates can carry together, and what they cannot."""
    allowed = reachable_targets(problem).allowed
    pool = np.flatnonzero(allowed | problem.forced)
    slack = weight_tolerance(problem.weight)
    best = assignment_of(problem, pool)
    reached = weight_by_zone(problem, best.carried)
    if (reached < problem.zone_required - slack).any():
        best = assignment_of(problem, pool, one_by_one=True)
        reached = weight_by_zone(problem, best.carried)
    reached_all, weighty = float(best.carried[problem.in_whole].sum()), problem.weight > 0
    able = problem.cover @ ((allowed | problem.forced) & (capacities(problem) > 0)).astype(np.int32) > 0
    able |= ~problem.in_whole & (problem.cover @ (allowed | problem.forced).astype(np.int32) > 0)
    missed = problem.must & (best.carried < problem.weight - slack)
    missed[best.unattended] = True
    lost = ~problem.covered & ((weighty & ~able) | (~weighty & missed))
    beyond = np.flatnonzero(problem.zone_required > reached + slack)
    certificate = Certificate(
        rows=np.flatnonzero(lost), must_rows=np.flatnonzero(missed), zones=beyond, zone_required=problem.zone_required[beyond],
        zone_reachable=reached[beyond], required=problem.required, reachable=reached_all,
        zone_alone=np.array([_alone(problem, pool, int(g)) for g in beyond]),
    )  # fmt: skip
    zone_required = problem.zone_required.copy()
    zone_required[beyond] = reached[beyond]
    must = problem.must & ~problem.covered
    return LimitedTargets(
        allowed, np.where(must, np.where(missed, best.carried, problem.weight), 0.0), must & ~weighty & ~missed, zone_required,
        min(problem.required, reached_all), slack, certificate,
    )  # fmt: skip


def _alone(problem: CoverProblem, pool: Ints, zone: int) -> float:
    """What a zone could have if nobody else were served."""
    rows = np.flatnonzero((problem.zone == zone) & ~problem.covered)
    served = rows[problem.cover[rows][:, pool].getnnz(axis=1) > 0]
    done = float(problem.weight[(problem.zone == zone) & problem.covered].sum())
    if problem.separate[zone]:
        return done + float(problem.weight[served].sum())
    flow = Flow(sp.csr_matrix(problem.cover[rows][:, pool].T.tocsr()), problem.weight[rows], np.zeros(rows.size, np.int64), 0)
    flow.open_musts(np.ones(rows.size, bool))
    flow.open_all_sites(capacities(problem)[pool])
    return flow.grow() + done
