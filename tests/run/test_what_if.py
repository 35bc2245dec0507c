"""Edits of sites: every number equals that of a whole prediction with the edited sites, whatever was applied before."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import infraplan as ip
from infraplan.run.complete_plan import PlanRequest, complete_plan, edits_of
from infraplan.run.counting import count_people
from infraplan.run.steps import before_counting
from infraplan.run.stored_network import ABOUT, FOLDER, with_stored_tables

DEEDS = ("higher", "turned", "weaker", "moved", "far", "off", "other_bands")


@pytest.fixture(scope="module")
def folder(example_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that was run, on land without terrain."""
    return Path(shutil.copytree(example_run, tmp_path_factory.mktemp("what_if") / "study"))


@pytest.fixture(scope="module")
def state(folder: Path) -> ip.WhatIf:
    return ip.WhatIf(ip.Study.open(folder))


def edit_of(site: str, deed: str) -> ip.Edit:
    """An edit of one of the five sites."""
    values: dict[str, Any] = {
        "higher": {"height_m": 60.0},
        "turned": {"azimuth_deg": (40.0, 200.0)},
        "weaker": {"carrier_power_dbm": 20.0},
        "moved": {"longitude": 113.12, "latitude": 23.12},
        "far": {"longitude": 114.9, "latitude": 24.9},
        "other_bands": {"services": ("nbiot-800", "nr-n28")},
    }.get(deed, {})
    return ip.Edit(do="change" if values else "remove", id=site, **values)


def added(number: int) -> ip.Edit:
    place = {"longitude": 113.05 + 0.04 * number, "latitude": 23.08}
    return ip.Edit(do="add", id=f"W{number}", services=("nr-n28",), operators="cbn+cmcc", host="tower", **place)


edits = st.lists(
    st.one_of(
        st.builds(edit_of, st.sampled_from([f"S{n}" for n in range(1, 6)]), st.sampled_from(DEEDS)), st.builds(added, st.integers(0, 4))
    ),
    max_size=5,
    unique_by=lambda edit: edit.id,
)


def assert_as_predicted(state: ip.WhatIf) -> None:
    """Layers of both receivers, statuses, people: as in a prediction of all sites."""
    study = state.study
    scenario = ip.Scenario(name="t", edits=state.edits)
    edited = study.under(scenario)
    whole, now = before_counting(edited).cover, state.network.cover
    for receivers in ("layers", "elsewhere"):
        for key, layer in getattr(whole, receivers).items():
            np.testing.assert_array_equal(getattr(now, receivers)[key].margin_db, layer.margin_db, err_msg=str(key))
    people = count_people(edited.villages, whole, edited.zones, edited.measured).set_index(["level", "adcode", "family", "network"])
    shares = state.counts.shares(list(study.zones["adcode"])).set_index(["level", "adcode", "family", "network"])
    same = ["population", "served", "uncertain", "unserved"]
    pd.testing.assert_frame_equal(shares[same], people.loc[shares.index, same], check_dtype=False)


@settings(max_examples=12)
@given(lists=st.lists(edits, min_size=1, max_size=3))
def test_any_edits_one_after_another_are_a_whole_prediction(state: ip.WhatIf, lists: list[list[ip.Edit]]) -> None:
    for some in lists:
        state.apply(some)
        assert_as_predicted(state)


def test_no_edits_are_the_network_of_the_run(state: ip.WhatIf) -> None:
    state.apply([edit_of("S1", "off"), added(1)])
    change = state.apply([])
    assert not len(change.villages)
    shares = change.shares
    assert (shares["served"] == shares["served_before"]).all() and set(shares["level"]) == {"province"}
    base = state.network.base
    for key, layer in state.network.cover.layers.items():
        np.testing.assert_array_equal(layer.margin_db, base.layers[key].margin_db)


def test_the_same_edits_again_compute_nothing(state: ip.WhatIf) -> None:
    some = [edit_of("S3", "higher")]
    assert state.apply(some).bounds is not None
    assert state.apply(some).bounds is None


def test_targets_are_those_of_a_run(state: ip.WhatIf) -> None:
    state.apply([edit_of("S4", "off"), added(2)])
    found = pd.concat(list(state.targets()), ignore_index=True)
    card = ip.assess(state.study.under(ip.Scenario(name="t", edits=state.edits)), gaps=False).card
    today = ip.assess(state.study, gaps=False).card
    columns = ["id", "part", "network", "zone_level", "zone", "numerator", "achieved", "status"]
    pd.testing.assert_frame_equal(found[columns], card[columns])
    assert found["status_before"].tolist() == today["status"].tolist()
    assert (found["numerator"] != found["numerator_before"]).any()
    some = pd.concat(list(state.targets(["any"])), ignore_index=True)
    by_network = {f"{target.id}/{target.part}" for target in state.study.targets if target.by_network}
    kept = (found["network"] == "any") | ~(found["id"] + "/" + found["part"]).isin(by_network)
    pd.testing.assert_frame_equal(some, found.loc[kept].reset_index(drop=True))
    assert 0 < len(some) < len(found)


def test_sites_of_the_page_and_of_the_scenario_are_the_same(state: ip.WhatIf) -> None:
    state.apply([edit_of("S2", "moved"), edit_of("S5", "off"), added(0)])
    whole = state.study.under(ip.Scenario(name="t", edits=state.edits)).sites
    pd.testing.assert_frame_equal(pd.DataFrame(state.sites()), pd.DataFrame(whole))
    shown = state.sites_within(112.0, 22.0, 115.0, 25.0).set_index("id")
    assert shown.loc["S5", "edit"] == "remove" and shown.loc["W0", "edit"] == "add" and shown.loc["S1", "edit"] == ""


def test_costs_of_what_is_added(state: ip.WhatIf) -> None:
    cost = state.apply([added(1), edit_of("S5", "other_bands"), edit_of("S1", "higher")]).cost.set_index("id")
    costs = state.study.costs
    assert list(cost.index) == ["W1", "S5"]
    assert cost.loc["W1", "cost"] == costs.life_cost("tower") and cost.loc["S5", "cost"] == costs.added_service_cost


def test_what_cannot_be_applied_changes_nothing(state: ip.WhatIf) -> None:
    state.apply([edit_of("S1", "higher")])
    for wrong in (
        ip.Edit(do="remove", id="X"),
        ip.Edit(do="change", id="S2", host="moon"),
        ip.Edit(do="change", id="S2", services=("nr-n1",)),
    ):
        with pytest.raises(ip.DataError):
            state.apply([wrong])
    with pytest.raises(ip.UsageError):
        state.apply([edit_of("S2", "off"), edit_of("S2", "higher")])
    assert state.edits == (edit_of("S1", "higher"),)
    assert_as_predicted(state)


def test_a_study_that_was_not_run_or_changed_is_refused(example_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ip.UsageError, match="infraplan run"):
        ip.WhatIf(ip.Study.open(ip.example_world().write(tmp_path / "study")))
    shutil.copytree(example_run, tmp_path / "study", dirs_exist_ok=True)
    ip.WhatIf(ip.Study.open(tmp_path / "study"))
    sites = tmp_path / "study" / "sites.csv"
    sites.write_text(sites.read_text(encoding="utf-8").replace("35", "36", 1), encoding="utf-8")
    with pytest.raises(ip.UsageError, match="sites"):
        ip.WhatIf(ip.Study.open(tmp_path / "study"))


def test_a_scenario_is_run_under_its_name(folder: Path) -> None:
    study = ip.Study.open(folder)
    ip.write_scenario(study.folder, ip.Scenario(name="higher", edits=[edit_of("S4", "higher"), added(3)], inputs=study.inputs))
    outcome = ip.run_study(ip.Study.open(folder, scenario="higher"), jobs=1, formats=())
    assert outcome.output == study.output / "scenarios" / "higher"
    assert (study.output / FOLDER / ABOUT).is_file()
    state = ip.WhatIf(study)
    state.apply(ip.read_scenario(folder, "higher").edits)
    served = state.counts.shares().query("level == 'province' and family == 'nr' and network == 'any'")["served"].item()
    assert outcome.summary is not None
    assert outcome.summary["population"]["nr"]["served"] == served
    assert any(warning["rule"] == "scenario-counts" for warning in outcome.summary["warnings"])


def test_a_plan_completes_the_edits(state: ip.WhatIf) -> None:
    state.apply([edit_of("S4", "off"), added(2)])
    request = PlanRequest(study=str(state.study.folder), edits=state.edits)
    heard: list[tuple[float, float, int]] = []
    plan, _ = complete_plan(state, request, follow=lambda *best: heard.append(best))
    costs = [cost for cost, _, _ in heard if np.isfinite(cost)]
    assert costs == sorted(costs, reverse=True) and costs[-1] == plan.cost and heard[-1][2] == len(plan.sites)
    assert all(bound <= plan.cost + 1e-6 for _, bound, _ in heard if np.isfinite(bound))
    whole = ip.make_plan(ip.assess(state.study.under(ip.Scenario(name="t", edits=state.edits)), gaps=False))
    assert plan.cost == whole.cost and plan.cost_bound == whole.cost_bound
    change = state.apply([*state.edits, *edits_of(plan, [*state.study.sites["id"], "W2"])])
    reached = change.shares.query("level == 'province' and family == 'nr' and network == 'any'")
    assert reached["served"].item() >= 0.9 * reached["population"].item()


def test_people_of_the_finest_zones_are_those_of_the_shares(state: ip.WhatIf) -> None:
    change = state.apply([edit_of("S4", "off"), added(2)])
    own = state.counts.of_finest("nr", "any").set_index("adcode")
    rows = change.shares.query("level == 'county' and family == 'nr' and network == 'any'").set_index("adcode")
    assert len(rows) and (own.loc[rows.index, ["population", "served"]] == rows[["population", "served"]]).all(axis=None)
    assert own["population"].sum() <= state.study.villages["population"].sum()
    state.apply([])


def test_the_map_after_the_plan_is_that_of_its_sites_as_edits(state: ip.WhatIf) -> None:
    assert state.plan is not None and len(state.plan.sites)
    state.apply(edits_of(state.plan, list(state.study.sites["id"])))
    for family, network in state.network.base.layers:
        after_db = state.margin_after(family, network)
        assert after_db is not None
        np.testing.assert_array_equal(after_db, state.network.cover[family, network].margin_db)
    state.apply([])
    assert state.margin_after("nr", "no-network") is None


def test_forbidden_places_and_budgets_are_kept(state: ip.WhatIf) -> None:
    state.apply([])
    free = complete_plan(state, PlanRequest(study="s"))[0]
    first = free.sites.iloc[0]
    place = {"longitude": first.geometry.x, "latitude": first.geometry.y, "radius_km": 3.0}
    other = complete_plan(state, PlanRequest(study="s", forbidden=[place]))[0]
    apart_deg = np.hypot(other.sites.geometry.x - place["longitude"], other.sites.geometry.y - place["latitude"])
    assert len(other.sites) and (apart_deg > 0.025).all() and other.cost >= free.cost
    within = complete_plan(state, PlanRequest(study="s", budget=free.cost / 2))[0]
    assert within.cost <= free.cost / 2 and within.served_before < within.served_after < free.served_after


def test_the_program_writes_lines_of_json(folder: Path) -> None:
    request = json.dumps(
        {"study": str(folder), "edits": [edit_of("S4", "off").written()], "why_not": [{"longitude": 113.1, "latitude": 23.1}]}
    )
    ended = subprocess.run([sys.executable, "-m", "infraplan.run.complete_plan"], input=request, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [line["kind"] for line in lines[:-1]] == ["progress"] * (len(lines) - 1) and lines[-1]["kind"] == "done"
    assert len(lines[-1]["substitutes"]) == lines[-1]["sites"]
    (answer,) = lines[-1]["why_not"]
    assert answer["candidates"] and all(one["why"]["zh"] and one["why"]["en"] for one in answer["candidates"])
    assert lines[-1]["bound"] <= lines[-1]["cost"] and lines[-1]["sites"] == len(lines[-1]["edits"])
    for wrong in ('{"study": 3}', json.dumps({"study": str(folder / "nowhere")}), "no json"):
        ended = subprocess.run([sys.executable, "-m", "infraplan.run.complete_plan"], input=wrong, capture_output=True, text=True)
        assert ended.returncode == 1 and json.loads(ended.stdout.splitlines()[-1])["kind"] == "failed" and "Traceback" not in ended.stderr


def test_the_stored_tables_are_those_that_the_study_reads(folder: Path) -> None:
    study, stored = ip.Study.open(folder), ip.Study.open(folder)
    with_stored_tables(stored)
    for name in ("sites", "villages"):
        assert name in stored.__dict__
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(stored, name)), pd.DataFrame(getattr(study, name)))
        assert getattr(stored, name).crs == getattr(study, name).crs
    assert stored.population_basis == study.population_basis and stored.inputs == study.inputs


def test_of_a_moved_site_only_its_place_and_surroundings_are_new(folder: Path) -> None:
    study = ip.Study.open(folder)
    before = study.sites.set_index("id").loc["S2"]
    under = study.under(ip.Scenario(name="moved", edits=[edit_of("S2", "moved")], inputs=study.inputs))
    after = under.sites.set_index("id").loc["S2"]
    changed = [name for name in before.index if name not in ("geometry", "county", "city") and str(before[name]) != str(after[name])]
    assert changed == [] and after.geometry.x == 113.12
    said = [warning.column for warning in under.warnings if warning.file == "moved.toml"]
    assert said == ["", "environment"]
