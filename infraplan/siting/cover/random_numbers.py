"""Random numbers inside the kernels: xorshift64*, the same on every machine and with every version of numba and numpy.

Vigna, An experimental exploration of Marsaglia's xorshift generators, scrambled, ACM TOMS 42(4), 2016, doi 10.1145/2845077.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from infraplan.arrays import kernel

RandomState = npt.NDArray[np.uint64]


SEEDS = 1_000_003
"""Distance between the first seeds of two searches: a search numbers its steps from its own on."""


@kernel
def seeded(seed: int) -> RandomState:
    """A generator started from a seed (mixed by splitmix64, so that neighbouring seeds differ)."""
    rng = np.empty(1, np.uint64)
    z = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    rng[0] = (z ^ (z >> np.uint64(31))) | np.uint64(1)
    return rng


@kernel
def uniform(rng: RandomState) -> float:
    """The next number, 0 <= x < 1."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@kernel
def below(rng: RandomState, limit: int) -> int:
    """A whole number, 0 <= k < limit."""
    return int(uniform(rng) * limit)
