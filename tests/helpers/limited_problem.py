"""Random small problems with limited sites, and their optimum by every choice of sites, each judged by a linear program."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from infraplan.siting import CoverProblem, check_cover


def random_problem(seed: int, **changes: Any) -> CoverProblem:
    """Up to 6 candidates, 9 rows, 3 zones: some sites without a limit, some rows must or covered, some candidates forced or forbidden."""
    rng = np.random.default_rng(seed)
    rows, candidates, zones = rng.integers(3, 10), rng.integers(2, 7), rng.integers(1, 4)
    cover = rng.random((rows, candidates)) < rng.uniform(0.25, 0.7)
    weight = rng.integers(0, 20, rows).astype(float) if rng.random() < 0.6 else rng.random(rows) * 10
    capacity = rng.uniform(0.1, 0.7) * weight.sum() * rng.random(candidates)
    capacity = np.where(rng.random(candidates) < 0.2, np.inf, np.round(capacity) if rng.random() < 0.6 else capacity)
    zone = np.concatenate([np.arange(zones), rng.integers(-1, zones, rows - zones)])
    inside = zone >= 0
    total = np.bincount(zone[inside], weights=weight[inside], minlength=zones)
    forced = rng.random(candidates) < (0.2 if rng.random() < 0.4 else 0)
    apart = (rng.random(zones) < 0.4) & (rng.random() < 0.5)
    shared = (zone < 0) | ~apart[zone]
    whole = {
        "cover": sp.csr_matrix(cover), "weight": weight, "zone": zone, "capacity": capacity, "forced": forced,
        "cost": rng.integers(1, 9, candidates).astype(float) if rng.random() < 0.6 else rng.random(candidates) + 0.1,
        "zone_required": total * rng.uniform(0, 0.8, zones) * (rng.random(zones) < 0.6),
        "required": float(weight[shared].sum() * rng.uniform(0, 0.8)), "must": rng.random(rows) < 0.12, "covered": rng.random(rows) < 0.1,
        "forbidden": ~forced & (rng.random(candidates) < 0.1), "position_m": rng.random((candidates, 2)) * 100,
        "spacing_m": 0.0 if forced.any() or rng.random() < 0.7 else 30.0, "separate": apart,
    }  # fmt: skip
    return CoverProblem(**{**whole, **changes})


def carried_by(problem: CoverProblem, chosen: np.ndarray, *, targets: bool) -> float:
    """What the most is worth that these sites carry, by a linear program (minus infinity where the targets cannot be met)."""
    cover = problem.cover.toarray()[:, chosen].astype(bool)
    row, site = np.nonzero(cover & ~problem.covered[:, None])
    base = problem.weight * problem.covered
    if (problem.must & (problem.weight == 0) & ~problem.covered & ~cover.any(axis=1)).any() and targets:
        return -np.inf
    upper = [(row == j, problem.weight[j]) for j in range(problem.weight.size)]
    shared = problem.in_whole
    upper += [((site == k) & shared[row], problem.capacity[i]) for k, i in enumerate(chosen) if np.isfinite(problem.capacity[i])]
    if targets:
        lower = [(row == j, problem.weight[j]) for j in np.flatnonzero(problem.must & ~problem.covered)]
        lower += [(problem.zone[row] == g, need - base[problem.zone == g].sum()) for g, need in enumerate(problem.zone_required)]
        lower += [(shared[row], problem.required - base[shared].sum())]
        upper += [(-1.0 * which, 1e-8 - need) for which, need in lower]
    already = float(base @ problem.worth)
    if not row.size:
        return already if all(limit >= 0 for _, limit in upper) else -np.inf
    left = np.array([which for which, _ in upper], dtype=float)
    answer = linprog(-problem.worth[row], A_ub=left, b_ub=[limit for _, limit in upper], method="highs")
    return float(already - answer.fun) if answer.status == 0 else -np.inf


def allowed_choices(problem: CoverProblem) -> list[np.ndarray]:
    """Every choice that keeps to spacing, forced and forbidden candidates."""
    every = [np.flatnonzero(bits) for bits in product((False, True), repeat=problem.cost.size)]
    checks = [(chosen, check_cover(problem, chosen)) for chosen in every]
    return [chosen for chosen, check in checks if not (check.too_close.size or check.forbidden.size or check.forced_missing.size)]


def cheapest_by_hand(problem: CoverProblem) -> float:
    costs = [problem.cost[c].sum() for c in allowed_choices(problem) if carried_by(problem, c, targets=True) > -np.inf]
    return float(min(costs, default=np.inf))
