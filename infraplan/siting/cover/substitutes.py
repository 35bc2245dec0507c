"""What replaces each site of a plan if it cannot be had, what the plan then costs, and what no plan without the site can cost less than."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from infraplan.arrays import Bools, Flags, Floats, Ints
from infraplan.errors import Fault
from infraplan.messages import both
from infraplan.siting.cover.cover_plan import CoverPlan
from infraplan.siting.cover.greedy import lazy_greedy
from infraplan.siting.cover.incumbent import REFUTED_BY
from infraplan.siting.cover.least_cost import meets
from infraplan.siting.cover.limited.reachable_targets import limited_targets
from infraplan.siting.cover.limited.substitutes import assigned_plan, limited_proof, repaired
from infraplan.siting.cover.model import Model, Reduced, restrict
from infraplan.siting.cover.neighbourhoods import neighbours
from infraplan.siting.cover.problem import CoverProblem, ProblemError
from infraplan.siting.cover.reachable_targets import reachable_targets
from infraplan.siting.cover.reduction import merge_for_least_cost, reduce_for_least_cost
from infraplan.siting.cover.relaxation import Proof
from infraplan.siting.cover.spacing_repair import repair
from infraplan.siting.cover.substitute_bounds import bounds_without, proof_of
from infraplan.siting.cover.substitute_repair import near_pool, near_sites, repair_each

State = Literal["replaced", "needless", "none", "not_found"]
MOST_USEFUL, LAYERS, PER_LAYER = 48, 3, 24
"""Candidates for a need that is short: the most useful by cost; and, of those that serve more than any cheaper one, so many in each of so
many layers."""

FROM_SCRATCH, REPAIR_STEPS = 20, 20_000
"""Sites for which a whole new plan is made where no repair meets the targets, and steps to repair one that a spacing keeps short."""


@dataclass(frozen=True)
class Substitutes:
    """For each asked site a repaired plan without it, aligned with `site`.

    Attributes
    ----------
    site : candidates of the plan
    state :
        "replaced"   the repaired plan builds `added`, and no longer has `removed` (further sites of the plan)
        "needless"   the targets are met without the site, and nothing is added
        "none"       no plan without the site meets the targets: proven
        "not_found"  no repaired plan was found, and nothing proves that there is none (with a spacing or limited sites only)
    added, removed : candidates, ascending
    cost : of the whole repaired plan; NaN where there is none
    bound : no plan without the site (or with another option at its place) costs less; infinite where no plan exists
    refuted : a repaired plan costs less than the bound that was given, which is therefore false; the bounds here do not use it then
    """

    site: Ints
    state: tuple[State, ...]
    added: tuple[Ints, ...]
    removed: tuple[Ints, ...]
    cost: Floats
    bound: Floats
    refuted: bool = False


def find_substitutes(
    problem: CoverProblem, chosen: npt.ArrayLike, bound: float = 0.0, *, place: npt.ArrayLike | None = None,
    sites: npt.ArrayLike | None = None, proof: Proof | None = None,
) -> Substitutes:  # fmt: skip
    """What replaces each site of a plan: the cheapest repaired plan found without it, and a bound that no plan without it can beat.

    The targets are those of `solve`: where some are out of reach, what all candidates together reach. The answer for a site does not depend
    on the other sites asked for; nothing is drawn at random.

    Parameters
    ----------
    problem : CoverProblem
    chosen : array
        Candidates of a plan that meets the targets, as `CoverPlan.chosen`.
    bound : float
        What no plan costs less than, as `CoverPlan.bound`; 0 where nothing is known.
    place : integer array, shape (candidates,), optional
        Candidates with the same number are options of one place: none of them may replace another. Default: every candidate is alone.
    sites : array, optional
        Candidates of `chosen` to replace; default all.
    proof : Proof, optional
        `CoverPlan.proof` of this problem; else the prices are found anew.

    Returns
    -------
    Substitutes
        A forced site is replaced as if it were not forced.

    Raises
    ------
    ProblemError
        A plan that misses a target; a site that is not in the plan.
    """
    picked = np.unique(np.asarray(chosen, np.int64))
    asked = picked if sites is None else np.asarray(sites, np.int64)
    label = np.arange(problem.cost.size) if place is None else np.asarray(place)
    places: Ints = np.unique(label, return_inverse=True)[1].ravel().astype(np.int64)
    strange = np.setdiff1d(asked, picked)
    if strange.size:
        raise ProblemError(_fault("substitutes_not_chosen", "sites", str(strange[0])))
    if not _meets(problem, picked):
        raise ProblemError(_fault("substitutes_short", "chosen"))
    forced = np.flatnonzero(problem.forced[asked])
    if forced.size == 0:
        return _substitutes(problem, picked, bound, places, asked, proof)
    free = np.flatnonzero(~problem.forced[asked])
    parts = [_substitutes(problem, picked, bound, places, asked[free], proof)]
    for at in forced:
        lifted = problem.forced.copy()
        lifted[asked[at]] = False
        parts.append(_substitutes(replace(problem, forced=lifted), picked, 0.0, places, asked[[at]], None))
    return _joined(parts, np.argsort(np.concatenate([free, forced])))


def with_own_bound(plan: CoverPlan) -> CoverPlan:
    """The plan with the bound of its relaxation alone, where a repaired plan refutes the one it has."""
    if plan.proof is None:
        return plan
    bound = plan.proof.relaxation.bound + plan.proof.reduced.locked_cost
    gap = max(0.0, (plan.cost - bound) / plan.cost) if plan.cost > 0 else 0.0
    status = "feasible" if plan.status == "optimal" else plan.status
    source = plan.proof.relaxation.source
    return replace(plan, bound=bound, proven_gap=gap, status=status, bound_source=source, refuted_bounds=plan.refuted_bounds + 1)


def _meets(problem: CoverProblem, picked: Ints) -> bool:
    """Whether the plan reaches what all candidates together reach."""
    if not problem.is_limited:
        return meets(problem, reachable_targets(problem), picked)
    return assigned_plan(problem, limited_targets(problem), picked)[1].met


def _substitutes(problem: CoverProblem, picked: Ints, bound: float, place: Ints, asked: Ints, proof: Proof | None) -> Substitutes:
    """The same for sites that are not forced."""
    options = [own[~problem.forced[own]] for own in _options(place, asked)]
    merged, cost, added, removed, barred = (_with_limits if problem.is_limited else _plain)(problem, picked, place, asked, options)
    cost += merged.locked_cost
    cost[barred] = np.inf
    refuted = bool((cost < bound - REFUTED_BY * (1.0 + abs(bound))).any())
    if asked.size and proof is None:
        plan_cost = float(problem.cost[picked].sum())
        if problem.is_limited:
            proof = limited_proof(problem, limited_targets(problem), plan_cost)
        else:
            proof = proof_of(reduce_for_least_cost(problem, reachable_targets(problem)), plan_cost)
    least = np.zeros(0) if proof is None else bounds_without(proof, problem.cost, 0.0 if refuted else bound, options)
    least[barred] = np.inf
    found = np.isfinite(cost)
    least[found] = np.minimum(least[found], cost[found])  # they differ by rounding alone
    state: list[State] = []
    for q in range(asked.size):
        state.append("none" if barred[q] else "not_found" if not found[q] else "replaced" if added[q].size else "needless")
    return Substitutes(asked, tuple(state), tuple(added), tuple(removed), np.where(found, cost, np.nan), least, refuted)


Repaired = tuple[Reduced, Floats, list[Ints], list[Ints], Bools]
"""The model, cost of each repaired plan (infinite where none was found), what it adds and removes, and where there is provably none."""


def _plain(problem: CoverProblem, picked: Ints, place: Ints, asked: Ints, options: list[Ints]) -> Repaired:
    """Where sites carry any number of users."""
    merged = merge_for_least_cost(problem, reachable_targets(problem))
    within = [_inside(merged.candidate, one) for one in options]
    barred = _irreplaceable(merged, place[merged.candidate])[place[asked]] if asked.size else np.zeros(0, bool)
    cost, added, removed = _repaired(merged, picked, asked, within)
    for q in np.flatnonzero(~np.isfinite(cost) & ~barred)[:FROM_SCRATCH]:
        cost[q], added[q], removed[q] = _from_scratch(merged, picked, asked[q], within[q])
    return merged, cost, added, removed, barred


def _with_limits(problem: CoverProblem, picked: Ints, place: Ints, asked: Ints, options: list[Ints]) -> Repaired:
    """Where some site cannot carry all that it serves."""
    merged, plan = assigned_plan(problem, limited_targets(problem), picked)
    within = [_inside(merged.candidate, one) for one in options]
    barred = _irreplaceable(merged, place[merged.candidate])[place[asked]] if asked.size else np.zeros(0, bool)
    return merged, *repaired(merged, plan, asked, within), barred


def _joined(parts: list[Substitutes], order: Ints) -> Substitutes:
    """Several answers as one, in this order."""

    def in_order(lists: list[tuple[Any, ...]]) -> tuple[Any, ...]:
        flat = [item for one in lists for item in one]
        return tuple(flat[at] for at in order)

    def sorted_together(arrays: list[Any]) -> Any:
        return np.concatenate(arrays)[order]

    return Substitutes(
        site=sorted_together([part.site for part in parts]),
        state=in_order([part.state for part in parts]),
        added=in_order([part.added for part in parts]),
        removed=in_order([part.removed for part in parts]),
        cost=sorted_together([part.cost for part in parts]),
        bound=sorted_together([part.bound for part in parts]),
        refuted=any(part.refuted for part in parts),
    )


def _options(place: Ints, asked: Ints) -> list[Ints]:
    """The candidates at the place of each site."""
    order = np.argsort(place, kind="stable")
    ends = np.searchsorted(place[order], place[asked], side="right")
    begins = np.searchsorted(place[order], place[asked], side="left")
    return [np.sort(order[begin:end]) for begin, end in zip(begins, ends, strict=True)]


def _inside(candidate: Ints, some: Ints) -> Ints:
    """Places in the ascending list `candidate` of those of `some` that it has."""
    at = np.searchsorted(candidate, some).clip(0, max(candidate.size - 1, 0))
    return at[candidate[at] == some] if candidate.size else at[:0]


def _irreplaceable(merged: Reduced, place: Ints) -> Bools:
    """Places without whose candidates all others together miss a target."""
    model = merged.model
    size = int(place.max(initial=0)) + 1
    lost = np.zeros(size, bool)
    if not model.classes or not model.candidates:
        return lost
    own = place[model.columns]
    low, high = np.minimum.reduceat(own, model.row_start[:-1]), np.maximum.reduceat(own, model.row_start[:-1])
    alone = low == high
    lost[low[alone & (model.must > 0)]] = True
    zones = len(model.zone_need)
    only = sp.csr_matrix((model.weight[alone], (low[alone], model.zone[alone])), shape=(size, zones))
    spare = np.bincount(model.zone, weights=model.weight, minlength=zones) - model.zone_need
    spare[model.rest] = np.inf
    entries = only.tocoo()
    lost[entries.row[entries.data > spare[entries.col] + model.slack]] = True
    shared = np.asarray(only[:, : model.rest + 1].sum(axis=1)).ravel()
    lost[shared > float(model.load.sum()) - model.need + model.slack] = True
    return lost


def _repaired(merged: Reduced, picked: Ints, asked: Ints, within: list[Ints]) -> tuple[Floats, list[Ints], list[Ints]]:
    """Cost of each repaired plan (infinite where none was found), the candidates it adds, and those it no longer has beside the site."""
    model = merged.model
    plan = np.isin(merged.candidate, picked).astype(np.uint8)
    sites = np.flatnonzero(plan)
    if not asked.size:
        return np.zeros(0), [], []
    at = np.searchsorted(merged.candidate[sites], asked)
    served = model.matrix[sites]
    count = np.bincount(served.indices, minlength=model.classes).astype(np.int32)
    across = served.T.tocsr()
    across.sort_indices()
    loss = np.asarray(served @ (model.weight * (count == 1))).ravel()
    light = np.lexsort((sites, loss))
    wide = _wide_pools(model, plan, count)
    pool = near_pool(model, plan, count, sites)
    servers = across.indptr.astype(np.int64), across.indices.astype(np.int64)
    near = near_sites(model, pool, sites, *servers)
    cost, sizes, changes = repair_each(
        model, plan, sites, at, _starts(within), np.concatenate(within).astype(np.int64), pool, near, _starts(wide),
        np.concatenate(wide).astype(np.int64), *servers, light, loss[light],
    )  # fmt: skip
    added, removed = [], []
    for q in range(asked.size):
        changed, times = np.unique(changes[q, : sizes[q]], return_counts=True)
        changed = changed[times % 2 == 1]  # what was taken out and built again is no change
        before = plan[changed] > 0
        added.append(merged.candidate[changed[~before]])
        removed.append(np.setdiff1d(merged.candidate[changed[before]], asked[q]))
    return cost, added, removed


def _from_scratch(merged: Reduced, picked: Ints, site: int, banned: Ints) -> tuple[float, Ints, Ints]:
    """The same for one site by a new plan without it, where no repair near it met the targets."""
    model = merged.model
    keep = np.setdiff1d(np.arange(model.candidates), banned)
    small = restrict(model, keep, merged.position_m)
    plan, met = lazy_greedy(small)
    if not met and model.spacing_m > 0 and merged.position_m is not None:
        plan, met, _ = repair(small, neighbours(small, merged.position_m[keep]), plan, REPAIR_STEPS, 0)
    if not met:
        return np.inf, np.zeros(0, np.int64), np.zeros(0, np.int64)
    found, before = merged.candidate[keep[np.flatnonzero(plan)]], np.intersect1d(picked, merged.candidate)
    cost = float(small.cost[plan > 0].sum())
    return cost, np.setdiff1d(found, before), np.setdiff1d(before, np.append(found, site))


def _starts(lists: list[Ints]) -> Ints:
    """Where each list begins once they are one."""
    return np.cumsum([0, *(len(one) for one in lists)]).astype(np.int64)


def _wide_pools(model: Model, plan: Flags, count: npt.NDArray[np.int32]) -> list[Ints]:
    """Candidates for each zone's need, and at `rest` for the whole need: those that serve most that the plan does not serve."""
    zones = len(model.zone_need)
    rest = model.weight * (count == 0)
    by_zone = sp.csr_matrix((rest, (np.arange(model.classes), model.zone)), shape=(model.classes, zones))
    gains = sp.csc_matrix(model.matrix @ by_zone)
    pools = []
    for g in range(zones):
        gain: Floats = np.zeros(model.candidates)
        if g == model.rest:
            gain += np.asarray(gains[:, : g + 1].sum(axis=1)).ravel()
            needed = model.need > model.slack
        else:
            gain[gains.indices[gains.indptr[g] : gains.indptr[g + 1]]] = gains.data[gains.indptr[g] : gains.indptr[g + 1]]
            needed = True
        free = np.flatnonzero((plan == 0) & (gain > 0)) if needed else np.zeros(0, np.int64)
        pools.append(_most_useful(free, gain[free], model.cost[free]))
    return pools


def _most_useful(candidate: Ints, gain: Floats, cost: Floats) -> Ints:
    """Those with most gain by cost, and those that gain more than any cheaper one, in layers."""
    kept = [candidate[np.lexsort((candidate, -gain / np.maximum(cost, 1e-12)))[:MOST_USEFUL]]]
    order = np.lexsort((candidate, -gain, cost))
    for _ in range(LAYERS):
        if not order.size:
            break
        highest = np.maximum.accumulate(gain[order])
        first = np.concatenate([[True], highest[1:] > highest[:-1]])
        layer = order[first]
        if layer.size > PER_LAYER:
            layer = layer[np.unique(np.linspace(0, layer.size - 1, PER_LAYER).round().astype(np.int64))]
        kept.append(candidate[layer])
        order = order[~first]
    return np.unique(np.concatenate(kept)).astype(np.int64)


def _fault(key: str, column: str, value: str = "") -> Fault:
    return Fault("find_substitutes", both(f"siting.{key}"), both(f"siting.{key}_fix"), f"siting.{key}", column=column, value=value)
