"""What counts as rounding."""

from __future__ import annotations

from infraplan.arrays import Floats

WEIGHT_SHARE = 1e-9
"""Weights are compared within this share of the whole."""
BOUND_ALLOWANCE = 1e-11
"""Taken off every bound, relative to the sum of its absolute terms: more than adding them up in double precision can lose."""
COUNTABLE = 2**52
"""Whole numbers up to this sum are added up exactly in double precision."""


def weight_tolerance(weight: Floats) -> float:
    """Difference of sums of these weights that counts as none."""
    return WEIGHT_SHARE * max(1.0, float(weight.sum()))
