"""The best plan and the best bound so far, and the clock that ends the search."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from infraplan.arrays import Flags, Ints
from infraplan.siting.cover.cover_check import build_order, check_cover, removal_losses
from infraplan.siting.cover.cover_plan import Certificate, CoverPlan, Status
from infraplan.siting.cover.limited.assignment import most_worth
from infraplan.siting.cover.problem import CoverProblem

SPARE = 0.9  # of the time left that a last cycle is planned for: one that is not cold at the end is lost
FROM_SOLVER = ("mip", "parts", "uncapacitated")
"""Sources of bounds that rest on a solver's branch and bound; the others are our own sums over prices."""
PROVEN = 1e-9
"""A proven gap up to this is none."""
REFUTED_BY = 1e-6
"""A plan that beats a bound by more than this refutes it: relative to its size from 1 on."""


Follow = Callable[[float, float, int], None]
"""Called while a search goes on with the value and the bound of the best plan so far (infinite: none yet), and its candidates."""


@dataclass
class Clock:
    """Ends a search by counted work where a limit of work is given, by wall time otherwise.

    `follow` hears of the search while it goes on; it changes nothing in it.
    """

    time_limit_s: float
    work_limit: int | None
    follow: Follow | None = None
    work: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return time.monotonic() - self.started

    @property
    def left_s(self) -> float:
        """Wall time left; endless under a limit of work."""
        return math.inf if self.work_limit is not None else self.time_limit_s - self.seconds

    def next_cycle(self, longer: int, began: tuple[float, int], chains: int = 1) -> int:
        """Steps of a chain's next cooling cycle: `longer`, or all that fit where too few would be left for one more.

        `began`: seconds and work when the chains started, from which their pace is known.
        """
        if self.work_limit is not None:
            fits = self.work_limit - self.work
        else:
            fits = int(SPARE * (self.work - began[1]) * self.left_s / max(1e-3, self.seconds - began[0]))
        return max(1_000, fits // chains if fits < 1.5 * longer * chains else longer)

    @property
    def share(self) -> float:
        """How much of the limit is used, 0..1."""
        used = self.work / max(1, self.work_limit) if self.work_limit is not None else self.seconds / max(1e-9, self.time_limit_s)
        return min(1.0, used)

    @property
    def over(self) -> bool:
        """The limit is reached."""
        return self.share >= 1.0


@dataclass
class Incumbent:
    """Takes in plans and bounds (in the problem's own terms), keeps the best of each, and makes the answer.

    A bound that a known plan beats is refuted: it goes, and with it all that rests on the solver's branch and bound. `refuted` counts.

    `sense` is 1 where the least cost is sought, -1 where the most weight is. `unit`: every value is a whole multiple of it (0: not known),
    so that bounds may be rounded to it. `fallback`: the answer where no plan meets the targets.
    """

    problem: CoverProblem
    certificate: Certificate
    sense: int
    gap: float
    unit: float
    clock: Clock
    chosen: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    value: float = math.inf
    bounds: dict[str, float] = field(default_factory=dict)
    refuted: int = 0
    history: list[tuple[float, float, float]] = field(default_factory=list)
    fallback: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        self.value = self.sense * math.inf

    @property
    def source(self) -> str:
        """Where the tightest bound comes from."""
        return max(self.bounds, key=lambda name: self.sense * self.bounds[name], default="none")

    @property
    def bound(self) -> float:
        """The tightest bound so far."""
        return self.bounds.get(self.source, -self.sense * math.inf)

    def offer_plan(self, chosen: Ints, value: float) -> bool:
        """Keep the plan if it is the best so far."""
        better = bool(self.sense * value < self.sense * self.value - 1e-9 * abs(value))
        if better:
            self.chosen, self.value = np.sort(chosen), float(value)
            for source in [name for name, bound in self.bounds.items() if self._beats(bound)]:
                del self.bounds[source]
                self.refute(1)
            self._report()
        return better

    def fall_back(self, chosen: Ints, value: float) -> None:
        """Take a plan that does not meet the targets, for want of one that does: it says nothing of the bounds."""
        self.chosen, self.value = np.sort(chosen), float(value)

    def refute(self, count: int) -> None:
        """So many claims of the solver were refuted: none of its bounds counts any more."""
        if count:
            self.refuted += int(count)
            for source in FROM_SOLVER:
                self.bounds.pop(source, None)

    def _beats(self, bound: float) -> bool:
        """Whether the plan so far is better than the bound allows."""
        return self.sense * (bound - self.value) > REFUTED_BY * (1.0 + abs(bound))

    def offer_bound(self, bound: float, source: str) -> None:
        """Keep the bound if it is the tightest so far."""
        if not math.isfinite(bound):
            return
        if self.unit > 0:
            rounding = math.ceil if self.sense > 0 else math.floor
            bound = self.unit * rounding(bound / self.unit - self.sense * 1e-6)
        if self._beats(bound):
            self.refute(1)
            return
        if not (self.refuted and source in FROM_SOLVER):
            known = self.bounds.get(source, bound)
            self.bounds[source] = float(max(bound, known) if self.sense > 0 else min(bound, known))

    def chosen_in(self, candidates: Ints) -> Flags:
        """Which of these candidates are in the plan so far."""
        return np.isin(candidates, self.chosen).astype(np.uint8)

    def note(self) -> None:
        """Add a line to the history."""
        self.history.append((self.value, self.bound, round(self.clock.seconds, 3)))
        self._report()

    def _report(self) -> None:
        if self.clock.follow is not None:
            self.clock.follow(self.value, self.bound, len(self.chosen))

    @property
    def proven_gap(self) -> float:
        """Of the plan so far; 1 where nothing is proven."""
        return self._gap(self.value, self.bound)

    def _gap(self, value: float, bound: float) -> float:
        if not (math.isfinite(value) and math.isfinite(bound)):
            return 1.0
        worse, better = (value, bound) if self.sense > 0 else (bound, value)
        return max(0.0, (worse - better) / worse) if worse > 0 else 0.0

    @property
    def proven(self) -> bool:
        """No better plan exists."""
        return self.proven_gap <= PROVEN

    @property
    def gap_reached(self) -> bool:
        """The required gap is proven."""
        return self.proven_gap <= self.gap or self.proven

    def plan(self, *, met: bool, interrupted: bool) -> CoverPlan:
        """The answer. `met`: the plan meets every target within reach."""
        order, gains = build_order(self.problem, self.chosen)
        check = check_cover(self.problem, order)
        cost, weight, load = check.cost, check.weight, check.load
        if self.sense < 0 and self.problem.weighs_worth:
            best = most_worth(self.problem, np.sort(order))
            weight, load = float(best.carried @ self.problem.worth), best.load
        value = cost if self.sense > 0 else weight
        bound = self.bound if math.isfinite(self.bound) else (0.0 if self.sense > 0 else float(self.problem.weight @ self.problem.worth))
        if met and self.sense * bound > self.sense * value:
            bound = value  # they differ by rounding alone: a bound beyond that was refuted
        gap = self._gap(value, bound)
        timed_out = self.clock.work_limit is None and self.clock.over and not self.gap_reached
        return CoverPlan(
            chosen=order,
            cost=cost,
            weight=weight,
            bound=bound,
            proven_gap=gap if met else 1.0,
            status=self._status(met, interrupted, gap),
            certificate=self.certificate,
            gains=gains,
            losses=removal_losses(self.problem, order),
            loads=load[np.searchsorted(np.sort(order), order)] if load.size else load,
            bound_source=self.source,
            refuted_bounds=self.refuted,
            work=self.clock.work,
            seconds=self.clock.seconds,
            timed_out=timed_out,
            history=self.history,
        )

    def _status(self, met: bool, interrupted: bool, gap: float) -> Status:
        if interrupted:
            return "interrupted"
        if not met:
            return "short"
        if self.sense > 0 and not self.certificate.reaches_all:
            return "unreachable"
        return "optimal" if gap <= PROVEN else "feasible"
