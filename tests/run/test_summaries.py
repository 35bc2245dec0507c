"""summary.json: documented key by key, small, one a city; the scorecard beside it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from results import DEMO, demo_of_this_code, summary_of

from infraplan.io.writing import write_geopackage
from infraplan.outputs import types
from infraplan.outputs.summary_keys import KEYS, describes, key_of, paths_in, units
from infraplan.report.run_comparison import compare_runs
from infraplan.run.ledger import program_hash
from infraplan.run.page_contexts import plan_summary
from infraplan.run.steps import Findings, assess, plan_of, planning_instance
from infraplan.run.summary import SCHEMA_VERSION, plan_numbers, restore_plan
from infraplan.siting.cost_curves import pareto_curve
from infraplan.siting.phases import Phase
from infraplan.siting.plans import SearchLimits, cheapest_plan, most_served
from infraplan.study import Study

LARGEST = 1_000_000


def summaries(results: Path) -> list[dict[str, Any]]:
    """The study's and the cities'."""
    return [summary_of(results), *(summary_of(folder) for folder in sorted((results / "cities").iterdir()))]


def card_of(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "targets.csv", encoding="utf-8-sig", dtype=str, keep_default_na=False)


def test_every_key_is_documented_and_every_documented_key_is_there(tiny_results: Path) -> None:
    found: set[str] = set()
    for summary in summaries(tiny_results):
        for way, value in paths_in(summary):
            assert describes(way, value), way
            key = key_of(way)
            if key is None:
                continue
            found.add(key.way)
            if key.rows:
                assert set(value) <= set(types(key.rows)), way
    absent = {key.way for key in KEYS if not key.maybe and not key.way.startswith("plan.goal.others[]") and not key.way.endswith("[]")}
    assert absent <= found, absent - found
    assert len({key.way for key in KEYS}) == len(KEYS)
    assert describes("population.lte.served", 1) and not describes("population.lte.servd", 1) and not describes("plann", None)


def test_dates_version_and_units_stand_at_the_top(tiny_results: Path) -> None:
    for summary in summaries(tiny_results):
        assert next(iter(summary)) == "schema_version" and summary["schema_version"] == SCHEMA_VERSION
        assert summary["as_of"] == "2020-12-31" and summary["units"] == units("CNY")
    known = {"people", "share", "km", "m", "dB", "Mbit/s", "CNY", "sites", "places", "villages", "rows", "date"}
    assert set(units("CNY").values()) == known


def test_the_scorecard_stands_beside_each_summary(tiny_results: Path) -> None:
    for folder in (tiny_results, *sorted((tiny_results / "cities").iterdir())):
        card, summary = card_of(folder), summary_of(folder)
        assert list(card) == list(types("scorecard"))
        counted = Counter(zip(card["zone_level"], card["status"], strict=True))
        found = {(level, name): n for level, row in summary["targets_by_status"].items() for name, n in row.items()}
        assert counted == found
        own = card.loc[card["zone_level"] == summary["zone"]["level"]]
        assert len(own) == len(summary["targets"]) > 0
        texts = ["id", "part", "zone", "network", "status"]
        for row, line in zip(summary["targets"], own.to_dict("records"), strict=True):
            assert [row[name] for name in texts] == [line[name] for name in texts]
            assert row["numerator"] == (float(line["numerator"]) if line["numerator"] else None)


def test_the_cities_add_up_to_the_study(tiny_results: Path) -> None:
    whole, *cities = summaries(tiny_results)
    rows = {row["adcode"]: row for row in whole["zones"] if row["level"] == "city"}
    for city in cities:
        row = rows[city["zone"]["adcode"]]
        assert city["zone"] == {"level": "city", "adcode": row["adcode"], "name": row["name"]}
        assert city["population"]["total"] == row["population"] and city["zones"][0] == row
        assert {entry["level"] for entry in city["zones"]} == {"city", "county"}
        for family in ("nr", "nbiot"):
            found = city["population"][family]
            assert {name: found[name] for name in row[family]} == row[family]
        assert set(city) == set(whole) and set(city["plan"]) == set(whole["plan"])
        assert city["plan"]["scope"] == "part" and city["plan"]["bound"] is None and city["plan"]["check"] is None
    assert whole["plan"]["scope"] == "whole"
    for name in ("sites", "cost", "population", "population_gained", "served_before"):
        assert sum(city["plan"][name] for city in cities) == whole["plan"][name], name
    carried = whole["plan"]["check"]["capacity"]["served"]
    assert sum(city["plan"]["served_after"] for city in cities) == whole["plan"]["served_after"] == carried
    assert sum(city["sites"] for city in cities) <= whole["sites"]
    for family in ("nr", "nbiot"):
        for name in ("lacking", "uncertain", "asked"):
            assert sum(city["gaps"]["villages"][family][name] for city in cities) == whole["gaps"]["villages"][family][name]


def test_they_are_small(tiny_results: Path) -> None:
    sizes = [path.stat().st_size for path in tiny_results.rglob("summary.json") if "history" not in path.parts]
    assert len(sizes) == 4 and max(sizes) < LARGEST / 4


@pytest.mark.slow
def test_those_of_the_demo_are_small() -> None:
    demo_of_this_code(pytest.skip)
    assert max(path.stat().st_size for path in DEMO.rglob("summary.json")) < LARGEST


def test_cities_of_two_runs_are_compared_and_older_runs_too(tiny_results: Path, tmp_path: Path) -> None:
    city = sorted((tiny_results / "cities").iterdir())[0]
    same = compare_runs(city, city)
    assert not len(same.targets) and not same.unlike and (same.coverage["served_change"] == 0).all()
    summary, card = summary_of(city), card_of(city)
    old = tmp_path / "old"
    old.mkdir()
    figures = ("required", "achieved")
    rows = [row | {name: float(row[name]) if row[name] else None for name in figures} for row in card.to_dict("records")]
    former = {key: value for key, value in summary.items() if key != "schema_version"} | {"targets": rows}
    (old / "summary.json").write_text(json.dumps(former), encoding="utf-8")
    assert not len(compare_runs(old, city).targets)
    rows[0]["status"], rows[1]["achieved"] = "met", 0.123
    (old / "summary.json").write_text(json.dumps(former), encoding="utf-8")
    assert len(compare_runs(old, city).targets) == 2


@pytest.fixture(scope="module")
def findings(mini_study: Path) -> Findings:
    return assess(Study.open(mini_study), gaps=False)


def test_a_bound_in_people_never_stands_for_money(findings: Findings) -> None:
    instance = planning_instance(findings)
    most = most_served(instance, SearchLimits(work_limit=2000), max_sites=5)
    totals = plan_summary(most, "", findings.study)
    assert most.bound > 0 and totals is not None and totals.cost_bound is None and not totals.bounded
    cheapest = plan_of(findings, instance)
    for plan in (cheapest, replace(cheapest, proven_gap=1.0)):
        totals = plan_summary(plan, "", findings.study)
        assert totals is not None and totals.cost_bound == plan.bound and totals.bounded == (plan.proven_gap < 1.0)
    short = replace(cheapest, status="short", proven_gap=1.0, bound=0)
    numbers = plan_numbers(short, None)
    assert numbers is not None and numbers["bound"] is numbers["cost_bound"] is numbers["bound_cny"] is None


def test_a_plan_read_back_has_its_phases_and_its_curve(findings: Findings, tmp_path: Path) -> None:
    instance, limits = planning_instance(findings), SearchLimits(work_limit=300)
    made = cheapest_plan(instance, limits, phases=(Phase("一", "2019-12-31", share=0.4), Phase("二", "2020-12-31")))
    made = replace(made, pareto=pareto_curve(instance, [made.cost / 2, made.cost], limits, known=made))
    (tmp_path / "summary.json").write_text(json.dumps({"plan": plan_numbers(made, None)}), encoding="utf-8")
    write_geopackage({"new_sites": made.sites}, tmp_path / "plan.gpkg")
    found = restore_plan(tmp_path)
    assert found is not None and made.phases is not None
    pd.testing.assert_frame_equal(found.phases, made.phases)
    pd.testing.assert_frame_equal(found.pareto, made.pareto)
    assert plan_numbers(found, None) == plan_numbers(made, None) and not len(found.unreachable)


def test_the_ledger_names_the_code(tiny_results: Path) -> None:
    assert json.loads((tiny_results / "ledger.json").read_text(encoding="utf-8"))["code"] == program_hash()
