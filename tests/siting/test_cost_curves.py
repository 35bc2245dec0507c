"""Cost against coverage: more budget never serves fewer, and no plan exceeds the upper bound."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from small_instances import small_instance

from infraplan.siting.cost_curves import budgets_up_to, build_curve, pareto_curve
from infraplan.siting.plans import SearchLimits, cheapest_plan

QUICK = SearchLimits(gap=0.3, work_limit=50)
EXACT = SearchLimits(gap=0.0, work_limit=5_000)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), points=st.integers(1, 6))
def test_more_budget_never_serves_fewer_and_the_ceiling_holds(seed: int, points: int) -> None:
    instance = small_instance(seed)
    problem = instance.problem
    budgets = budgets_up_to(float(problem.cost.sum()), points)
    curve = pareto_curve(instance, budgets, QUICK)
    assert curve["people"].is_monotonic_increasing and curve["share_bound"].is_monotonic_increasing
    assert (curve["cost"] <= curve["budget"] + 1).all()
    for budget, share, bound in zip(budgets, curve["share"], curve["share_bound"], strict=True):
        best = 0.0
        for size in range(problem.cost.size + 1):
            for some in combinations(range(problem.cost.size), size):
                if problem.cost[list(some)].sum() <= budget + 1e-9:
                    flags = np.zeros(problem.cost.size, np.int32)
                    flags[list(some)] = 1
                    best = max(best, float(problem.weight[problem.covered | (problem.cover @ flags > 0)].sum()))
        assert share - 1e-9 <= best / instance.population <= bound + 1e-9


def test_a_known_plan_is_never_beaten_by_the_curve_at_its_own_cost() -> None:
    instance = small_instance(4)
    plan = cheapest_plan(instance, EXACT)
    curve = pareto_curve(instance, budgets_up_to(plan.cost, 4), QUICK, known=plan)
    assert curve["people"].iloc[-1] >= plan.served_after
    along = build_curve(plan)
    for row in curve.itertuples():
        paid = along.loc[along["cost"] <= row.budget, "share"].max()
        assert row.share >= paid - 1e-9
