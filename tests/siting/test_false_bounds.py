"""The proof survives its solver: claims that a known plan contradicts are rejected, counted and told; parts against brute force."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from random_problem import random_problem

from infraplan.siting import max_cover, solve
from infraplan.siting.cover import decomposition, exact, highs
from infraplan.siting.cover.highs import LEAN_MIP, Answer, Program, run_highs
from infraplan.siting.cover.limited import exact as limited_exact

PARTS = int(os.environ.get("SOLVER_PARTS", "400"))
"""Small programs compared with brute force; tools/check_solver.py asks for 10,000."""


def small_part(rng: np.random.Generator) -> Program:
    """A covering program of up to 9 whole columns and 4 others, of the kind that the parts of a bound have: served classes earn."""
    sites, classes = int(rng.integers(2, 10)), int(rng.integers(1, 5))
    reach = rng.random((classes, sites)) < 0.4
    served = sp.hstack([-sp.csr_matrix(reach.astype(float)), sp.eye(classes)])  # z_c <= sum of y
    cover = sp.csr_matrix((rng.random((int(rng.integers(1, 4)), sites)) < 0.5).astype(float))
    rows = sp.csr_matrix(sp.vstack([served, sp.hstack([cover, sp.csr_matrix((cover.shape[0], classes))])]))
    able = np.asarray(cover.sum(axis=1)).ravel()
    low = np.concatenate([np.full(classes, -np.inf), np.minimum(able, rng.integers(0, 3, cover.shape[0]))])
    high = np.concatenate([np.zeros(classes), np.full(cover.shape[0], np.inf)])
    whole_prices = rng.random() < 0.5
    cost = np.concatenate([rng.integers(1, 9, sites) if whole_prices else rng.random(sites) * 5, -rng.random(classes) * 4]).astype(float)
    return Program(rows, low, high, cost, np.zeros(sites + classes), np.ones(sites + classes), np.arange(sites + classes) < sites)


def least_by_brute_force(program: Program) -> float:
    """Every choice of the whole columns; then a class is served where any of them reaches it."""
    assert program.integer is not None
    sites = int(program.integer.sum())
    classes = program.cost.size - sites
    best = np.inf
    for bits in product((0.0, 1.0), repeat=sites):
        y = np.array(bits)
        z = np.minimum(-(program.matrix[:classes, :sites] @ y), 1.0)
        x = np.concatenate([y, z])
        if (program.matrix[classes:] @ x >= program.row_lower[classes:] - 1e-9).all():
            best = min(best, float(program.cost @ x))
    return best


@pytest.mark.slow
def test_bounds_of_small_parts_against_brute_force() -> None:
    rng = np.random.default_rng(7)
    for number in range(PARTS):
        program = small_part(rng)
        best = least_by_brute_force(program)
        for options in ({}, LEAN_MIP):
            answer = run_highs(program, mip_rel_gap=0.0, mip_abs_gap=1e-6, **options)
            assert not answer.refuted, number
            assert answer.dual_bound <= best + 1e-5, number
            assert answer.objective == pytest.approx(best, abs=1e-5), number


def lying(factor: float) -> Callable[..., Answer]:
    """A solver whose bound of a program with whole columns is too high."""

    def run(program: Program, *, start: Any = None, **options: Any) -> Answer:
        answer = run_highs(program, start=start, **options)
        if program.integer is None or not answer.feasible:
            return answer
        claimed = answer.objective + factor * (1.0 + abs(answer.objective))
        known = [point for point in (start, answer.x) if point is not None]
        return highs.checked(replace(answer, dual_bound=claimed, done=True), program, known)

    return run


@pytest.mark.parametrize("seed", range(12))
def test_a_lying_solver_proves_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_problem(seed)
    honest = solve(problem, gap=0.0, work_limit=3_000, workers=0), max_cover(problem, max_sites=2, gap=0.0, work_limit=3_000, workers=0)
    for module in (exact, decomposition, limited_exact):
        monkeypatch.setattr(module, "run_highs", lying(0.5))
    cheapest = solve(problem, gap=0.0, work_limit=3_000, workers=0)
    most = max_cover(problem, max_sites=2, gap=0.0, work_limit=3_000, workers=0)
    assert not any(plan.refuted_bounds for plan in honest)
    assert cheapest.bound <= honest[0].cost + 1e-6 and most.bound >= honest[1].weight - 1e-6
    for true, told in zip(honest, (cheapest, most), strict=True):
        assert told.refuted_bounds > 0 or told.bound_source in ("lp", "lagrangian", "all", "none") or true.status != "optimal"


def test_a_bound_between_plan_and_optimum_falls_when_the_better_plan_is_found() -> None:
    from infraplan.siting.cover.incumbent import Clock, Incumbent
    from infraplan.siting.cover.reachable_targets import reachable_targets

    problem = random_problem(3)
    incumbent = Incumbent(problem, reachable_targets(problem).certificate, 1, 0.0, 0.0, Clock(1.0, None))
    incumbent.offer_plan(np.array([0]), 20.0)
    incumbent.offer_bound(8.0, "lp")
    incumbent.offer_bound(15.0, "mip")
    assert (incumbent.bound, incumbent.source, incumbent.refuted) == (15.0, "mip", 0)
    incumbent.offer_plan(np.array([1]), 9.0)
    assert (incumbent.bound, incumbent.source, incumbent.refuted) == (8.0, "lp", 1)
    incumbent.offer_bound(8.5, "parts")
    assert incumbent.bound == 8.0, "a solver that was wrong once is not believed again"
    incumbent.offer_bound(9.5, "lagrangian")
    assert (incumbent.bound, incumbent.refuted) == (8.0, 2)


def test_the_solver_prints_nothing() -> None:
    code = (
        "import numpy as np, scipy.sparse as sp\n"
        "from infraplan.siting.cover.highs import Program, run_highs\n"
        "one = np.ones(1)\n"
        "print(run_highs(Program(sp.csr_matrix(np.ones((1, 1))), one, one, one, 0 * one, one, one > 0)).objective)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "1.0\n"
