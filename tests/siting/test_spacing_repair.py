"""Plans that a minimum spacing would keep short."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from infraplan.siting import CoverProblem, check_cover, solve
from infraplan.siting.cover.greedy import lazy_greedy
from infraplan.siting.cover.reachable_targets import reachable_targets
from infraplan.siting.cover.reduction import reduce_for_least_cost


def crowded(seed: int, side: int = 12, decoys: int = 3) -> CoverProblem:
    """A site on every crossing of a grid serves its own must row; cheaper ones around it serve the row too, but are too close to others."""
    rng = np.random.default_rng(seed)
    crossing = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) * 10.0
    around = np.repeat(crossing, decoys, axis=0) + rng.uniform(-4.5, 4.5, (len(crossing) * decoys, 2))
    row = np.concatenate([np.arange(len(crossing)), np.repeat(np.arange(len(crossing)), decoys)])
    cover = sp.csr_matrix((np.ones(len(row)), (row, np.arange(len(row)))))
    cost = np.concatenate([np.full(len(crossing), 9.0), rng.integers(1, 5, len(around)).astype(float)])
    return CoverProblem(
        cover, np.ones(len(crossing)), cost, must=np.ones(len(crossing), bool), position_m=np.vstack([crossing, around]), spacing_m=9.0
    )


def test_greedy_is_short_and_the_plan_is_not() -> None:
    problem = crowded(1)
    model = reduce_for_least_cost(problem, reachable_targets(problem)).model
    assert not lazy_greedy(model)[1]
    plan = solve(problem, gap=0.0, work_limit=60_000)
    assert check_cover(problem, plan.chosen).feasible
    assert plan.status in ("optimal", "feasible")
    assert plan.bound <= plan.cost < 9.0 * 144


def test_what_cannot_be_repaired_is_short() -> None:
    cover = sp.csr_matrix(np.eye(2))
    problem = CoverProblem(cover, [1, 1], [1, 1], must=[True, True], position_m=[[0, 0], [1, 0]], spacing_m=5.0)
    plan = solve(problem, work_limit=1_000)
    assert (plan.status, plan.sites, plan.certificate.reaches_all) == ("short", 1, True)
    assert plan.bound > 0 and plan.proven_gap == 1.0  # no point meets the relaxation: its prices prove nothing, those of the subgradient do
