"""First days of services and agreements: refused where the last phase ends earlier, left for later phases, judged by the check."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results import copy_of
from small_instances import small_instance, small_problem

import infraplan as ip
from infraplan.errors import DataError, UsageError
from infraplan.messages import catalogue
from infraplan.run.planning import phases_of
from infraplan.siting.availability import ALWAYS, Availability, built_too_early, known_agreements, phase_days, phase_ends
from infraplan.siting.cover.cover_check import check_cover
from infraplan.siting.phases import Phase, schedule
from infraplan.siting.plans import SearchLimits, cheapest_plan
from infraplan.study import Study

SHARED = date(2021, 1, 26)
DATES = Availability({"nr-n28": date(2020, 4, 1)}, {"cbn+cmcc": SHARED, "cbn": date(2020, 5, 1)})
FEW = settings(max_examples=30, deadline=None)


def sites(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"id": ["N1"], "services": ["nr-n28"], "operators": ["cbn+cmcc"]} | columns)


def test_the_presets_date_the_agreements() -> None:
    assert known_agreements()["cbn+cmcc"] == SHARED and known_agreements()["ctcc+cucc"] == date(2019, 9, 9)
    assert ip.services("nr-n28")["nr-n28"].available_from == date(2020, 4, 1)
    assert ip.services("nr-n41")["nr-n41"].available_from is None


def test_a_study_lays_its_own_day_over_the_preset_whatever_the_order_of_the_operators() -> None:
    own = known_agreements({"cmcc+cbn": date(2022, 1, 1)})
    assert own["cmcc+cbn"] == date(2022, 1, 1) and "cbn+cmcc" not in own and "ctcc+cucc" in own


@pytest.mark.parametrize(
    ("services", "operators", "expected"),
    [
        (["nr-n28"], "cbn+cmcc", SHARED),
        (["nr-n28"], "cmcc+cbn", SHARED),
        (["nr-n28"], "cmcc", date(2020, 4, 1)),
        (["nr-n28"], "cbn", date(2020, 5, 1)),
        (["nr-n41", "nr-n28"], "cmcc", date(2020, 4, 1)),
        (["nr-n41"], "cmcc", None),
        (["nr-n41"], "cbn+cmcc+ctcc", date(2020, 5, 1)),
    ],
)
def test_a_site_waits_for_all_it_needs(services: list[str], operators: str, expected: date | None) -> None:
    found = DATES.first_days(sites(services=[";".join(services)], operators=[operators]))
    assert found.tolist() == [ALWAYS if expected is None else expected.toordinal()]


def test_an_undated_phase_ends_with_the_next_dated_one() -> None:
    phases = [Phase("1"), Phase("2", "2021-06-30"), Phase("3", "2020-12-31"), Phase("4")]
    assert phase_days(phases) == ["2020-12-31", "2020-12-31", "2020-12-31", ""] and phase_ends([]) == []
    with pytest.raises(UsageError, match="no date"):
        phase_ends([Phase("1", "next year")])


@FEW
@given(seed=st.integers(0, 10_000), share=st.floats(0, 1), capacity=st.booleans())
def test_no_phase_builds_a_site_before_its_day(seed: int, share: float, capacity: bool) -> None:
    problem, target = small_problem(seed)
    days = [date(2020, 12, 31), date(2021, 6, 30), date(2021, 12, 31)]
    rng = np.random.default_rng(seed)
    first_day = np.array([ALWAYS, *(day.toordinal() + late for day in days[:2] for late in (0, 1))])[rng.integers(0, 5, problem.cost.size)]
    if capacity:
        problem = replace(problem, capacity=np.full(problem.cost.size, 1e9))
    phases = (Phase("1", days[0].isoformat(), share=share), Phase("2", days[1].isoformat(), sites=2), Phase("3", days[2].isoformat()))
    made = schedule(problem, problem.weight, target, np.arange(problem.cost.size), phases, first_day=first_day)
    assert sorted(made.order) == list(range(problem.cost.size)) and (made.phase >= 1).all()
    ends = np.array([day.toordinal() for day in days])
    assert (first_day[made.order] <= ends[made.phase - 1]).all()
    assert (np.diff(made.phase) >= 0).all()
    for number in (1, 2, 3):
        built = made.order[made.phase <= number]
        assert made.table["share"].iloc[number - 1] * problem.weight.sum() == pytest.approx(check_cover(problem, built).weight)
    if not capacity:  # the cheapest of the sites that may be built, wherever they can reach the share
        able = np.flatnonzero(first_day <= ends[0])
        groups = [list(some) for size in range(len(able) + 1) for some in combinations(able.tolist(), size)]
        enough = [some for some in groups if check_cover(problem, np.array(some, int)).weight >= share * problem.weight.sum() - 1e-6]
        first = made.order[made.phase == 1]
        if enough:
            assert problem.cost[first].sum() == pytest.approx(min(problem.cost[some].sum() for some in enough))
            assert bool(made.table["asked_met"].iloc[0])
        else:
            assert not made.table["asked_met"].iloc[0]


def test_a_plan_says_when_its_sites_are_built_and_waits() -> None:
    instance = replace(small_instance(3), available=DATES)
    phases = (Phase("1", "2020-12-31", share=0.3), Phase("2", "2021-12-31"))
    plan = cheapest_plan(instance, SearchLimits(gap=0.0, work_limit=2000), phases=phases)
    assert len(plan.sites) and set(plan.sites["phase"]) == {2} and set(plan.sites["built"]) == {"2021-12-31"}
    assert plan.phases is not None and plan.phases["sites"].tolist() == [0, len(plan.sites)]
    assert not built_too_early(plan.sites, DATES)
    assert set(cheapest_plan(small_instance(3), SearchLimits(work_limit=500)).sites["built"]) == {""}


@pytest.mark.parametrize(
    ("built", "names"),
    [
        ("2021-01-25", ["cbn+cmcc"]),
        ("2021-01-26", []),
        ("2020-03-31", ["nr-n28", "cbn", "cbn+cmcc"]),
        ("2020", ["cbn+cmcc"]),
        ("2021", []),
        ("", []),
    ],
)
def test_the_check_judges_from_the_list_alone(built: str, names: list[str]) -> None:
    found = built_too_early(sites(built=[built]), DATES)
    assert sorted(row[2] for row in found) == sorted(names) and all(row[:2] == ("N1", built) for row in found)
    assert not built_too_early(sites(), DATES)


def test_check_plan_calls_a_site_built_too_early_a_fault() -> None:
    world = ip.example_world()
    demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages)
    candidates = ip.candidate_sites(world.zones, demand=demand, services=["nr-n28"])
    layers: Any = {"zones": world.zones, "villages": world.villages}
    plan = ip.place_sites(world.targets, world.cover, candidates, **layers, work_limit=500, phases=[Phase("all", "2021-12-31")])
    assert ip.check_plan(plan, world.cover, **layers)["feasible"]
    wrong = plan.sites.assign(built=["2020-12-31", *plan.sites["built"][1:]])
    checked = ip.check_plan(wrong, world.cover, goal=plan.goal, **layers)
    assert not checked["feasible"] and checked["too_early"] == [("N00001", "2020-12-31", "cbn+cmcc", "2021-01-26")]
    assert ip.check_plan(wrong, world.cover, goal=plan.goal, agreements={}, **layers)["feasible"]
    with pytest.raises(UsageError, match=r"cbn\+cmcc.*2021-01-26.*2021-01-25"):
        ip.place_sites(world.targets, world.cover, candidates, **layers, phases=[Phase("all", "2021-01-25")])


@pytest.mark.parametrize(
    ("ends", "agreement", "named"),
    [
        (("2020-06-30", "2020-12-31"), "", [("cbn+cmcc", "2021-01-26")]),
        (("2019-06-30", "2020-03-31"), "", [("cbn+cmcc", "2021-01-26"), ("nr-n28", "2020-04-01")]),
        (("2020-06-30", "2021-12-31"), "", []),
        (("2020-06-30", "2021-12-31"), "2022-01-01", [("cbn+cmcc", "2022-01-01")]),
        (("2020-06-30", "2020-12-31"), "2020-07-01", []),
    ],
)
def test_a_study_is_refused_by_name_and_date(
    mini_study: Path, tmp_path: Path, ends: tuple[str, str], agreement: str, named: list[tuple[str, str]]
) -> None:
    folder = copy_of(mini_study, tmp_path)
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    text += "".join(f'\n[[plan.phases]]\nname = "{number}"\nend = {end}\n' for number, end in enumerate(ends, start=1))
    text += f'\n[networks."cbn+cmcc"]\navailable_from = {agreement}\n' if agreement else ""
    file.write_text(text, encoding="utf-8")
    study = Study.open(folder)
    if not named:
        assert len(phases_of(study)) == 2
        return
    with pytest.raises(DataError) as told:
        phases_of(study)
    assert told.value.exit_code == 3
    for (name, day), fault in zip(sorted(named), sorted(told.value.fault_list, key=lambda fault: fault.message), strict=True):
        assert name in fault.message and day in fault.message and ends[-1] in fault.message and fault.how_to_fix
        assert fault.file == "study.toml" and fault.column == "plan.phases" and fault.row
    assert study.own_names.networks == {}


def test_the_phases_of_the_guangdong_example_end_after_the_agreement() -> None:
    for text in catalogue("examples")["study"].values():
        ends = re.findall(r"^end = (\S+)$", text, flags=re.MULTILINE)
        assert len(ends) == 2 and all(date.fromisoformat(end) >= SHARED for end in ends)
