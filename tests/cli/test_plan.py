"""`infraplan plan`: what it prints, draws and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from arranged_study import build_arranged, villages
from results import copy_of

Call = Callable[..., Any]
KEPT: dict[str, Any] = {}


@pytest.fixture()
def bare(infraplan: Call, mini_study: Path) -> dict[str, Any]:
    """The plan without any wish, made once."""
    if not KEPT:
        KEPT.update(json.loads(infraplan("plan", mini_study, "--json").out))
    return KEPT


def changed(mini_study: Path, folder: Path, old: str, new: str) -> Path:
    """The same study with other words in study.toml."""
    study = copy_of(mini_study, folder)
    content = (study / "study.toml").read_text(encoding="utf-8")
    assert old in content
    (study / "study.toml").write_text(content.replace(old, new), encoding="utf-8")
    return study


def test_the_table_tells_what_each_site_brings_in_both_languages(infraplan: Call, mini_study: Path, tmp_path: Path) -> None:
    answer = infraplan("plan", mini_study, "-o", tmp_path / "plan.gpkg")
    assert answer.code == 0, answer.err
    for heading in ("新增覆盖人口 / people gained", "去掉该站将失去的人口 / people lost without it", "服务的目标 / Targets served"):
        assert heading in answer.out
    assert "模型内" in answer.err and "within the model" in answer.err
    assert "with every figure low" in answer.err and "no layer is given of roads, power lines, fibre" in answer.err
    layer = gpd.read_file(tmp_path / "plan.gpkg")
    assert {
        "people_gained",
        "places_gained",
        "targets",
        "people_lost",
        "places_lost",
        "phase",
        "candidate",
        "cost_low",
        "capex",
        "annuity",
        "roads_km",
    } <= set(layer)
    assert set(layer["targets"]) == {"nr-pop90"}


def test_json_has_totals_proof_list_and_curve(infraplan: Call, mini_study: Path, tmp_path: Path) -> None:
    picture = tmp_path / "curve.png"
    answer = infraplan("plan", mini_study, "--pareto", 3, "--plot", picture, "--json")
    assert answer.code == 0, answer.err
    result = json.loads(answer.out)
    assert result["proven"] == "within the model" and result["cost_bound"] <= result["cost"] and result["status"] in ("optimal", "feasible")
    assert 0.0 <= result["proven_gap"] <= 0.05
    assert result["currency"] == "CNY" and (result["cost_cny"], result["bound_cny"]) == (
        result["cost"],
        result["cost_bound"],
    )  # promised to others
    for level in ("cost_low", "cost_high"):
        assert result[level] == result[f"{level}_cny"] == result["check"][level] == sum(site[level] for site in result["list"])
    assert result["cost_low"] < result["cost"] < result["cost_high"] and result["lines_not_given"] == ["roads", "power_lines", "fibre"]
    assert sum(site["cost_cny"] for site in result["list"]) == result["cost"]
    assert sum(site["people_gained"] for site in result["list"]) == result["population_gained"]
    curve = pd.DataFrame(result["pareto"])
    assert len(curve) == 3 and curve["people"].is_monotonic_increasing and (curve["share"] <= curve["share_bound"] + 1e-9).all()
    assert result["check"]["required"] <= curve["people"].iloc[-1] <= result["population"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    again = infraplan("plan", mini_study, "--pareto", 3, "--plot", picture)
    assert again.code == 2 and "--overwrite" in again.err


@pytest.mark.parametrize(
    "arguments", [("--plot", "x.png"), ("--pareto", "2", "--plot", "x.svg"), ("--seed", "-1"), ("--gap", "2"), ("--max-sites", "-3")]
)
def test_wrong_options_are_two(infraplan: Call, mini_study: Path, arguments: tuple[str, ...]) -> None:
    answer = infraplan("plan", mini_study, *arguments)
    assert answer.code == 2 and not answer.out
    assert "Traceback" not in answer.err


def test_budget_and_number_of_sites_are_kept(infraplan: Call, mini_study: Path) -> None:
    few = json.loads(infraplan("plan", mini_study, "--max-sites", 5, "--seed", 1, "--json").out)
    assert few["asked"] == "most" and few["sites"] == 5 and few["worth"] <= few["bound"]
    paid = json.loads(infraplan("plan", mini_study, "--budget", 2_000_000, "--json").out)
    assert paid["cost"] <= 2_000_000 and paid["cost_bound"] is None
    timed = json.loads(infraplan("plan", mini_study, "--max-sites", 2, "--time", 1, "--gap", 0.2, "--json").out)
    assert timed["sites"] == 2 and timed["population_gained"] <= few["population_gained"]


def test_the_planning_margin_prints_its_price(infraplan: Call, mini_study: Path, tmp_path: Path, bare: dict[str, Any]) -> None:
    study = changed(mini_study, tmp_path, "work_limit = 20000", "work_limit = 20000\nplanning_margin_db = 2.0")
    answer = infraplan("plan", study, "--json")
    assert answer.code == 0, answer.err
    result = json.loads(answer.out)
    assert result["extras"]["planning_margin"] == result["cost"] - bare["cost"] > 0
    assert result["margin_db"] == 2.0
    text = infraplan("plan", study)
    assert "规划余量的额外费用" in text.err and "the planning margin adds" in text.err and "within the model" in text.err
    assert "planning_margin" not in bare["extras"]


def test_places_due_in_a_phase(infraplan: Call, mini_study: Path, tmp_path: Path) -> None:
    phases = """must = ["nr-county-seats"]
work_limit = 20000
[[plan.phases]]
name = "一"
must = ["nr-county-seats"]
[[plan.phases]]
name = "二"
"""
    study = changed(mini_study, tmp_path, "work_limit = 20000\n", phases)
    result = json.loads(infraplan("plan", study, "--json").out)
    assert [phase["asked_met"] for phase in result["phases"]] == [True, True]
    assert result["check"]["places"]["nr-county-seats"]["missed"] == [] and result["check"]["feasible"]
    first = [site for site in result["list"] if site["phase"] == 1]
    assert sum(site["places_gained"] for site in first) == sum(site["places_gained"] for site in result["list"]) > 0
    assert "nr-county-seats" in ";".join(site["targets"] for site in first)
    (study / "study.toml").write_text(
        (study / "study.toml").read_text(encoding="utf-8").replace('must = ["nr-county-seats"]\nwork_limit', "work_limit"), encoding="utf-8"
    )
    wrong = infraplan("plan", study)
    assert wrong.code == 2 and "nr-county-seats" in wrong.err


def test_priority_areas_weigh_where_most_people_are_wanted(infraplan: Call, mini_study: Path, tmp_path: Path, bare: dict[str, Any]) -> None:
    study = changed(mini_study, tmp_path, "work_limit = 20000\n", "work_limit = 20000\npriority_weight = 3.0\n")
    result = json.loads(infraplan("plan", study, "--max-sites", 4, "--json").out)
    assert result["served_after"] <= result["population"]
    assert result["worth"] <= result["bound"]
    cheapest = json.loads(infraplan("plan", study, "--json").out)
    assert not cheapest["weighted"] and cheapest["cost"] == bare["cost"]
    few = changed(
        mini_study, tmp_path / "few", "work_limit = 20000\n", "work_limit = 20000\npriority_weight = 3.0\ncapacity_people = 500\n"
    )
    answer = infraplan("plan", few, "--max-sites", 4, "--json")
    result = json.loads(answer.out)
    assert result["sites"] == 4 and result["population_gained"] <= 4 * 500 and result["worth"] <= result["bound"]
    assert result["weighted"] == (result["worth"] > result["served_after"]) and "capacity_people" not in answer.err


OWN_POLICY = """[policy]
document = "-"
title = "自定"
province = "440000"
source = "test"
[[target]]
id = "nr-pop90"
task = "人口"
measure = "population_share"
family = "nr"
required = 0.9
asked_of = "scope"
"""


@pytest.mark.parametrize(
    "own", [pytest.param(False, marks=pytest.mark.thorough, id="policy with the measure"), pytest.param(True, id="policy without")]
)
def test_rent_names_the_measure_of_the_policy_that_has_it(infraplan: Call, tmp_path: Path, own: bool) -> None:
    people = villages()
    halls = people[["id", "name", "lon", "lat"]].assign(id="h" + people["id"], host="公共建筑")
    named = "own.toml" if own else "guangdong-2020"
    (tmp_path / "results").mkdir()
    for name in ("fibre_award.csv", "pareto.csv"):
        (tmp_path / "results" / name).write_text("of an earlier run")
    study = build_arranged(tmp_path / "study", people=people, hosts=halls, change=lambda text: text.replace("guangdong-2020", named))
    (study / "own.toml").write_text(OWN_POLICY, encoding="utf-8")
    answer = infraplan("run", study, "--jobs", "1", "--formats", "html")
    assert answer.code == 0, answer.err
    pages = [answer.err, (study.parent / "results/report.html").read_text(encoding="utf-8")]
    for text in pages:
        assert ("公共建筑若免收租金，同一方案可省" in text) == own and ("公共建筑若按措施21免收租金，同一方案可省" in text) == (not own)
    assert ("public premises free of rent would save the same plan CNY " in answer.err) == own
    assert "x 10,000" not in answer.err and " 万元" in answer.err
    assert (study.parent / "results/fibre_award.csv").exists() == (not own) and not (study.parent / "results/pareto.csv").exists()


def test_each_site_has_a_substitute_with_cost_and_bound(bare: dict[str, Any]) -> None:
    assert bare["substitutes"] == "found" and bare["list"]
    for site in bare["list"]:
        if site["substitute_cost"] is None:
            assert site["substitute"] in ("none", "not_found") and site["substitute_bound_cny"] is None
            continue
        assert site["substitute_cost_cny"] == site["substitute_cost"] and site["substitute_bound_cny"] == site["substitute_bound"]
        assert bare["cost_bound"] <= site["substitute_bound"] <= site["substitute_cost"]
        assert site["candidate"] not in site["substitute"].split(";")


def test_one_site_is_answered_as_in_the_whole_plan(infraplan: Call, mini_study: Path, bare: dict[str, Any]) -> None:
    first, last = bare["list"][0], bare["list"][-1]
    answer = infraplan("plan", mini_study, "--substitute", first["id"], "--substitute", last["candidate"], "--json")
    assert answer.code == 0, answer.err
    rows = json.loads(answer.out)["list"]
    assert [row["id"] for row in rows] == [first["id"], last["id"]]
    for row, whole in zip(rows, (first, last), strict=True):
        assert {name: row[name] for name in row if name.startswith("substitute")} == {
            name: whole[name] for name in whole if name.startswith("substitute")
        }
    spoken = infraplan("plan", mini_study, "--substitute", first["id"])
    assert spoken.code == 0 and first["id"] in spoken.err and "模型内" in spoken.err and "within the model" in spoken.err


def test_a_substitute_for_a_site_outside_the_plan_is_refused_by_name(
    infraplan: Call, mini_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import infraplan.siting.plans as plans

    within_budget = infraplan("plan", mini_study, "--substitute", "N00001", "--budget", 1_000_000)
    assert within_budget.code == 2 and "substitutes" in within_budget.err
    missing = infraplan("plan", mini_study, "--substitute", "N99999")
    assert missing.code == 2 and "N99999" in missing.err and "new sites" in missing.err
    monkeypatch.setattr(plans, "solve", lambda *_, **__: pytest.fail("searched"))
    unknown = infraplan("plan", mini_study, "--substitute", "no-such-site")
    assert unknown.code == 2 and "no-such-site" in unknown.err


def test_a_second_plan_reaches_the_goal_at_the_low_end(bare: dict[str, Any]) -> None:
    low = bare["low_end"]
    assert low["band_db"] == 6.0 and low["currency"] == "CNY"
    assert (low["cost_cny"], low["bound_cny"]) == (low["cost"], low["cost_bound"]) and low["cost_bound"] <= low["cost"]
    assert low["population"] == bare["population"] and low["served_before"] == bare["check"]["today"]["served_if_weaker"]["6"]
    if low["status"] in ("optimal", "feasible"):
        assert low["cost"] >= bare["cost_bound"] and low["served_after"] >= 0.9 * low["population"]


def test_the_second_plan_can_be_switched_off(infraplan: Call, mini_study: Path, tmp_path: Path, bare: dict[str, Any]) -> None:
    alone = changed(mini_study, tmp_path, "[plan]", "[plan]\nlow_end = false")
    found = json.loads(infraplan("plan", alone, "--json").out)
    assert found["low_end"] is None and found["cost"] == bare["cost"]


def test_building_alone_is_compared_where_it_is_asked_for(infraplan: Call, mini_study: Path, tmp_path: Path, bare: dict[str, Any]) -> None:
    """The same plan as before, and beside it the plan of its own network alone."""
    assert bare["build_alone"] is None
    asking = changed(mini_study, tmp_path, "[plan]", "[plan]\nlow_end = false\nbuild_alone = true")
    answer = infraplan("plan", asking, "--json")
    found = json.loads(answer.out)
    alone = found["build_alone"]
    assert found["cost"] == bare["cost"] and alone["network"] == "cbn+cmcc" and alone["currency"] == "CNY"
    assert (alone["cost_cny"], alone["bound_cny"]) == (alone["cost"], alone["cost_bound"])
    assert alone["population"] == found["population"] and alone["served_before"] <= found["served_before"]
    if alone["saving"] is not None:
        assert alone["saving"] == max(0, alone["cost"] - found["cost"])
        assert alone["saving_least"] <= alone["saving"] <= alone["saving_most"]


def test_a_network_that_is_not_on_the_map_is_refused(infraplan: Call, mini_study: Path, tmp_path: Path) -> None:
    asking = changed(mini_study, tmp_path, "[plan]", '[plan]\noperators = "cmcc"\nbuild_alone = true')
    for verb in ("check", "plan"):
        answer = infraplan(verb, asking)
        assert answer.code in (2, 3) and "build_alone" in answer.err + answer.out and "cbn+cmcc" in answer.err + answer.out
