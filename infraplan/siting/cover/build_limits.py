"""What a plan of the most people may use up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BuildLimits:
    """Number of sites and money left for candidates that are not forced; infinite where there is no such limit."""

    sites: float
    budget: float

    @property
    def has_budget(self) -> bool:
        """Money is limited, so that costs matter."""
        return bool(np.isfinite(self.budget))


NO_LIMITS = BuildLimits(np.inf, np.inf)
