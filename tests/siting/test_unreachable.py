"""Demand that no candidate serves: the best margin there, and what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infraplan.coverage.population import demand_margin
from infraplan.coverage.prediction import predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.run.steps import Findings, assess, known_points, planning_instance
from infraplan.siting.instances import Instance
from infraplan.siting.unreachable import best_margins
from infraplan.study import Study


@pytest.fixture(scope="module")
def findings(mini_study: Path) -> Findings:
    return assess(Study.open(mini_study), gaps=False)


@pytest.fixture(scope="module")
def instance(findings: Findings) -> Instance:
    return planning_instance(findings)


def margins(findings: Findings, instance: Instance, rows: Any, points: Any = None) -> Any:
    points = known_points(findings) if points is None else points
    return best_margins(instance, rows, points, findings.study.plan_services, findings.cover)


def with_bars(instance: Instance, barred: np.ndarray) -> Instance:
    return replace(instance, candidates=instance.candidates.assign(barred=np.where(barred, "forbidden", "")))


def test_the_margin_is_that_of_the_best_candidate(findings: Findings, instance: Instance) -> None:
    rows = instance.rows.loc[instance.rows["kind"] != "closed"].head(6)
    found = margins(findings, instance, rows)
    villages = findings.villages.set_index("id").loc[rows["id"]].reset_index()
    best = np.full(len(rows), -np.inf)
    for j in np.unique(instance.problem.cover[rows.index].indices)[:10]:
        sectors = sectors_of(instance.candidates.iloc[[j]], findings.study.plan_services, include=("planned",))
        alone = predict_coverage(sectors, findings.cover.grid, findings.study.plan_services, max_radius_km=findings.cover.max_radius_km)
        margin_db = demand_margin(villages, alone, "nr")["margin_db"].fillna(-np.inf).to_numpy()
        best = np.maximum(best, margin_db)
    assert (found["best_db"].to_numpy() >= best - 0.06).all()
    assert (found["best_db"] >= -0.05).all()


def test_an_unsure_position_is_reported_from_a_weak_signal(findings: Findings, instance: Instance) -> None:
    rows = instance.rows.loc[instance.rows["kind"] != "closed"].head(20)
    vague = known_points(findings).assign(position_error_m=15_000.0)
    found = margins(findings, instance, rows, vague)
    assert set(found["obstacle"]) <= {"position", "weak", "no_candidate"}
    assert (found.loc[found["best_db"] > 0.05, "obstacle"] == "position").all()
    strict = margins(findings, replace(instance, goal=replace(instance.goal, margin_db=60.0)), rows)
    assert set(strict["obstacle"]) <= {"weak", "no_candidate"}


def test_barred_candidates_are_named_as_the_obstacle(findings: Findings, instance: Instance) -> None:
    row = instance.rows.index[(instance.rows["kind"] != "closed")][0]
    barred = np.zeros(len(instance.candidates), bool)
    barred[instance.problem.cover[[row]].indices] = True
    found = margins(findings, with_bars(instance, barred), instance.rows.loc[[row]])
    assert found["obstacle"].tolist() == ["barred"]


def test_without_candidates_nothing_is_offered(findings: Findings, instance: Instance) -> None:
    rows = instance.rows.loc[instance.rows["kind"] != "closed"].head(3)
    found = margins(findings, replace(instance, candidates=instance.candidates.iloc[:0]), rows)
    assert found["best_db"].isna().all() and set(found["obstacle"]) == {"no_candidate"}
    assert not len(margins(findings, instance, rows.iloc[:0]))
