"""`infraplan explain`: reasons, the certificate, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from results import copy_of

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def sparse_study(mini_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study with so few candidates that its goal is out of reach."""
    study = copy_of(mini_study, tmp_path_factory.mktemp("sparse"))
    text = (study / "study.toml").read_text(encoding="utf-8")
    text = text.replace("candidate_spacing_m = 6000", 'candidate_spacing_m = 60000\nmust = ["nr-county-seats"]')
    (study / "study.toml").write_text(text, encoding="utf-8")
    return study


def test_reasons_for_candidates_and_villages(infraplan: Call, mini_study: Path) -> None:
    answer = infraplan("explain", mini_study, "--candidate", "C000001", "--candidate", "C000009", "--village", "V00001", "--json")
    assert answer.code == 0, answer.err
    result = json.loads(answer.out)
    assert [row["id"] for row in result["candidates"]] == ["C000001", "C000009"]
    assert all(row["reason"] for row in result["candidates"])
    assert {row["id"] for row in result["villages"]} == {"V00001"}
    assert result["targets"][0]["met"] and result["unreachable"] == []
    assert result["proven"] == "within the model"


def test_words_in_both_languages(infraplan: Call, mini_study: Path) -> None:
    answer = infraplan("explain", mini_study, "--village", "V00002")
    assert answer.code == 0, answer.err
    assert "状态 / status" in answer.out and "为什么 / why" in answer.out
    assert "within the model" in answer.err


def test_a_goal_out_of_reach_ends_well_with_its_certificate(infraplan: Call, sparse_study: Path, tmp_path: Path) -> None:
    answer = infraplan("explain", sparse_study, "--json", "-o", tmp_path / "lost.csv")
    assert answer.code == 0, answer.err
    result = json.loads(answer.out)
    assert result["status"] == "unreachable"
    targets = {row["target"]: row for row in result["targets"]}
    assert not targets["nr-pop90"]["reachable_met"] and targets["nr-pop90"]["served"] <= targets["nr-pop90"]["reachable"]
    lost = result["unreachable"]
    people = sum(row["population"] for row in lost)
    plan = json.loads(infraplan("plan", sparse_study, "--json").out)
    assert plan["status"] == "unreachable" and plan["unreachable_people"] == people
    assert targets["nr-pop90"]["reachable"] == plan["population"] - people
    assert {row["obstacle"] for row in lost} <= {"no_candidate", "weak", "position", "barred"}
    for row in lost:
        assert (row["best_db"] is None) == (row["obstacle"] == "no_candidate")
        assert row["obstacle"] != "weak" or row["best_db"] <= 0
    seats = [row for row in lost if row["must"]]
    assert len(seats) == targets["nr-county-seats"]["required"] - targets["nr-county-seats"]["reachable"]
    assert len((tmp_path / "lost.csv").read_text(encoding="utf-8-sig").splitlines()) == len(lost) + 1


@pytest.mark.parametrize(("option", "name", "near"), [("--village", "V0001", "V00001"), ("--candidate", "C0000001", "C000001")])
def test_unknown_ids_name_the_nearest(infraplan: Call, mini_study: Path, option: str, name: str, near: str) -> None:
    answer = infraplan("explain", mini_study, option, name)
    assert answer.code == 2 and not answer.out
    assert "Traceback" not in answer.err and near[:5] in answer.err


def test_the_run_keeps_the_certificate(infraplan: Call, sparse_study: Path) -> None:
    from python_calamine import CalamineWorkbook

    answer = infraplan("run", sparse_study, "--jobs", "1", "--formats", "html,xlsx")
    assert answer.code == 0, answer.err
    output = sparse_study.parent / "results"
    sheet = CalamineWorkbook.from_path(str(output / "annex.xlsx")).get_sheet_by_name("达不到清单").to_python()
    plan = json.loads((output / "summary.json").read_text(encoding="utf-8"))["plan"]
    head = next(row for row in sheet if "原因" in row)
    body = sheet[sheet.index(head) + 1 :]
    assert sum(int(row[head.index("常住人口")] or 0) for row in body) == plan["unreachable_people"]
    page = (output / "report.html").read_text(encoding="utf-8")
    assert "达不到的目标：证明" in page and "Out of reach" in page
    city = next((output / "cities").iterdir())
    assert "达不到清单" not in CalamineWorkbook.from_path(str(city / "annex.xlsx")).sheet_names
    result = json.loads(infraplan("explain", sparse_study, "--json").out)  # now from the plan of that run
    assert result["status"] == "unreachable" and result["sites"] == plan["sites"]
