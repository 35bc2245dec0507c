"""The best plan and the best bound so far, and the clock that ends the search."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import numpy as np

from infraplan.arrays import Flags, Ints
from infraplan.siting.cover.cover_check import build_order, check_cover, removal_losses
from infraplan.siting.cover.cover_plan import Certificate, CoverPlan, Status
from infraplan.siting.cover.problem import CoverProblem

SPARE = 0.9  # of the time left that a last cycle is planned for: one that is not cold at the end is lost


@dataclass
class Clock:
    """Ends a search by counted work where a limit of work is given, by wall time otherwise."""

    time_limit_s: float
    work_limit: int | None
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
    bound: float = -math.inf
    source: str = "none"
    history: list[tuple[float, float, float]] = field(default_factory=list)
    fallback: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        self.value, self.bound = self.sense * math.inf, -self.sense * math.inf

    def offer_plan(self, chosen: Ints, value: float) -> bool:
        """Keep the plan if it is the best so far."""
        better = bool(self.sense * value < self.sense * self.value - 1e-9 * abs(value))
        if better:
            self.chosen, self.value = np.sort(chosen), float(value)
        return better

    def offer_bound(self, bound: float, source: str) -> None:
        """Keep the bound if it is the tightest so far."""
        if not math.isfinite(bound):
            return
        if self.unit > 0:
            rounding = math.ceil if self.sense > 0 else math.floor
            bound = self.unit * rounding(bound / self.unit - self.sense * 1e-6)
        if self.sense * bound > self.sense * self.bound:
            self.bound, self.source = float(bound), source

    def chosen_in(self, candidates: Ints) -> Flags:
        """Which of these candidates are in the plan so far."""
        return np.isin(candidates, self.chosen).astype(np.uint8)

    def note(self) -> None:
        """Add a line to the history."""
        self.history.append((self.value, self.bound, round(self.clock.seconds, 3)))

    @property
    def proven_gap(self) -> float:
        """Of the plan so far; 1 where nothing is proven."""
        if not (math.isfinite(self.value) and math.isfinite(self.bound)):
            return 1.0
        worse, better = (self.value, self.bound) if self.sense > 0 else (self.bound, self.value)
        return max(0.0, (worse - better) / worse) if worse > 0 else 0.0

    @property
    def proven(self) -> bool:
        """No better plan exists."""
        return self.proven_gap <= 1e-9

    @property
    def gap_reached(self) -> bool:
        """The required gap is proven."""
        return self.proven_gap <= self.gap or self.proven

    def plan(self, *, met: bool, interrupted: bool) -> CoverPlan:
        """The answer. `met`: the plan meets every target within reach."""
        order, gains = build_order(self.problem, self.chosen)
        check = check_cover(self.problem, order)
        cost, weight = check.cost, check.weight
        value = cost if self.sense > 0 else weight
        bound = self.bound if math.isfinite(self.bound) else (0.0 if self.sense > 0 else float(self.problem.weight.sum()))
        if met and self.sense * bound > self.sense * value:
            bound = value
        self.value, self.bound = value, bound
        timed_out = self.clock.work_limit is None and self.clock.over and not self.gap_reached
        return CoverPlan(
            chosen=order,
            cost=cost,
            weight=weight,
            bound=bound,
            proven_gap=self.proven_gap if met else 1.0,
            status=self._status(met, interrupted),
            certificate=self.certificate,
            gains=gains,
            losses=removal_losses(self.problem, order),
            loads=check.load[np.searchsorted(np.sort(order), order)] if check.load.size else check.load,
            bound_source=self.source,
            work=self.clock.work,
            seconds=self.clock.seconds,
            timed_out=timed_out,
            history=self.history,
        )

    def _status(self, met: bool, interrupted: bool) -> Status:
        if interrupted:
            return "interrupted"
        if not met:
            return "short"
        if self.sense > 0 and not self.certificate.reaches_all:
            return "unreachable"
        return "optimal" if self.proven else "feasible"
