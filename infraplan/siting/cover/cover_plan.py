"""The core's answer: what to build, what it costs, and what no plan can beat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from infraplan.arrays import Floats, Ints

if TYPE_CHECKING:
    from infraplan.siting.cover.relaxation import Proof

Status = Literal["optimal", "feasible", "unreachable", "short", "interrupted"]


@dataclass(frozen=True)
class Certificate:
    """Why the targets as stated cannot be met by any choice of candidates.

    Attributes
    ----------
    rows : demand rows with weight or `must` that no allowed candidate serves
    must_rows : those of them that have to be served
    zones : zones whose requirement lies above what all allowed candidates together reach
    zone_required, zone_reachable : weight required and weight within reach, for `zones`
    zone_alone : where a capacity can bind: what these zones could have if nobody else were served, for `zones`. Zones may be
        within reach one by one and not together: then `zone_reachable` is what is left when musts and zones with lower numbers go first
    required, reachable : the same over all demand; `required_met`: the overall requirement is within reach
    """

    rows: Ints
    must_rows: Ints
    zones: Ints
    zone_required: Floats
    zone_reachable: Floats
    required: float
    reachable: float
    zone_alone: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def required_met(self) -> bool:
        """The overall requirement is within reach."""
        return self.reachable >= self.required - 1e-9 * max(1.0, self.required)

    @property
    def reaches_all(self) -> bool:
        """Every target is within reach of all candidates together (spacing and costs aside)."""
        return self.must_rows.size == 0 and self.zones.size == 0 and self.required_met


@dataclass(frozen=True)
class CoverPlan:
    """Chosen candidates and the proof.

    Attributes
    ----------
    chosen : candidate indices in build order: each step adds the most weight per cost
    cost : sum of their costs
    weight : weight served, rows covered already included; of `max_cover` what it is worth
    bound : `solve`: no plan that meets the (reachable) targets costs less; `max_cover`: no plan within the limits serves more
    proven_gap : (cost - bound) / cost, or (bound - weight) / bound for `max_cover`; 0..1
    status :
        "optimal"      the bound meets the plan: no better plan exists
        "feasible"     every target is met, within the proven gap
        "unreachable"  some target is beyond all candidates together (see `certificate`); the plan is the cheapest known that reaches
                       whatever can be reached, and the bound holds for that
        "short"        the targets are not all met and nothing proves that they cannot be (spacing only); the bound still holds
        "interrupted"  Ctrl-C: the best plan so far, with its bound
    certificate : rows and zones out of reach; `certificate.reaches_all` is True where there are none
    gains : weight each site adds in build order, aligned with `chosen`
    losses : weight lost when this site alone is removed, aligned with `chosen`
    loads : where candidates have a capacity: weight each site carries in an assignment that meets the targets, aligned with `chosen`.
        Gains and losses are then those of the most weight the sites can carry together; a loss is NaN where it takes too long to find
    bound_source : where the bound comes from: "lp", "lagrangian", "parts", "mip", "all" (everything is served),
        "uncapacitated" (the problem without capacities) or "none"
    refuted_bounds : bounds that were rejected because a known plan, or point, contradicts them; 0 unless the solver made a false claim
    work : counted search iterations used
    seconds : wall time used
    timed_out : the clock, and not the counted work or the gap, ended the search
    history : best cost (or weight) and bound after each round, with the seconds used
    proof : of the least cost: the reduced problem and the prices of its relaxation
    """

    chosen: Ints
    cost: float
    weight: float
    bound: float
    proven_gap: float
    status: Status
    certificate: Certificate
    gains: Floats
    losses: Floats
    loads: Floats = field(default_factory=lambda: np.empty(0))
    bound_source: str = "none"
    refuted_bounds: int = 0
    work: int = 0
    seconds: float = 0.0
    timed_out: bool = False
    history: list[tuple[float, float, float]] = field(default_factory=list, repr=False)
    proof: Proof | None = field(default=None, repr=False, compare=False)

    @property
    def sites(self) -> int:
        """Number of chosen candidates."""
        return int(self.chosen.size)
