"""Random small covering problems."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from infraplan.siting import CoverProblem


def random_problem(seed: int, *, reachable: bool = True) -> CoverProblem:
    """Up to 9 candidates, 14 rows, 3 zones; sometimes whole numbers, spacing, forced and forbidden candidates, rows covered
    already, `separate` zones."""
    rng = np.random.default_rng(seed)
    rows, candidates, zones = rng.integers(3, 15), rng.integers(2, 10), rng.integers(1, 4)
    cover = rng.random((rows, candidates)) < rng.uniform(0.15, 0.5)
    whole = rng.random() < 0.6
    weight = rng.integers(0, 20, rows).astype(float) if whole else rng.random(rows) * 10
    cost = rng.integers(1, 9, candidates).astype(float) if rng.random() < 0.6 else rng.random(candidates) + 0.1
    zone = np.concatenate([np.arange(zones), rng.integers(-1, zones, rows - zones)])
    forced = rng.random(candidates) < (0.15 if rng.random() < 0.3 else 0)
    forbidden = ~forced & (rng.random(candidates) < (0.2 if rng.random() < 0.3 else 0))
    covered = rng.random(rows) < (0.25 if rng.random() < 0.5 else 0)
    able = covered | cover[:, ~forbidden].any(axis=1)
    base = able if reachable else np.ones(rows, bool)
    inside = base & (zone >= 0)
    total = np.bincount(zone[inside], weights=weight[inside], minlength=zones)
    apart = (rng.random(zones) < 0.4) & (rng.random() < 0.5)
    in_whole = (zone < 0) | ~apart[zone]
    return CoverProblem(
        cover=sp.csr_matrix(cover),
        weight=weight,
        cost=cost,
        zone=zone,
        zone_required=total * rng.uniform(0, 1, zones) * (rng.random(zones) < 0.7),
        required=float(weight[base & in_whole].sum() * rng.uniform(0, 1)),
        must=(rng.random(rows) < 0.15) & base,
        covered=covered,
        position_m=rng.random((candidates, 2)) * 100,
        spacing_m=0.0,
        forced=forced,
        forbidden=forbidden,
        separate=apart,
    )


def without(problem: CoverProblem, site: int, place: np.ndarray) -> CoverProblem:
    """The problem in which nothing is built at the place of a site."""
    forced, forbidden = problem.forced.copy(), problem.forbidden.copy()
    forced[site] = False
    forbidden |= (place == place[site]) & ~forced
    return replace(problem, forced=forced, forbidden=forbidden)
