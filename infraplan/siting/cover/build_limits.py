"""What a plan of the most people may use up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infraplan.arrays import Flags
from infraplan.siting.cover.model import Model

ROUNDING = 1e-12
"""Relative excess over the budget that is a matter of rounding."""


@dataclass(frozen=True)
class BuildLimits:
    """Number of sites and money left for candidates that are not forced; infinite where there is no such limit."""

    sites: float
    budget: float

    @property
    def has_budget(self) -> bool:
        """Money is limited, so that costs matter."""
        return bool(np.isfinite(self.budget))

    def allow(self, model: Model, plan: Flags) -> bool:
        """The plan keeps to the limits; candidates that are fixed do not count."""
        free = (plan > 0) & (model.fixed == 0) if model.fixed.size else plan > 0
        return bool(free.sum() <= self.sites and float(model.cost[free].sum()) <= self.budget * (1 + ROUNDING))


NO_LIMITS = BuildLimits(np.inf, np.inf)
