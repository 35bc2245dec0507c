"""Measured weak cells in a plan: against all choices of sites, judged again from the list of sites, and bad input."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import infraplan as ip
from infraplan.errors import DataWarning, UsageError
from infraplan.siting.cover.cover_check import check_cover
from infraplan.siting.goals import WeakGridTarget, goal_of
from infraplan.siting.instances import instance_of
from infraplan.siting.plans import SearchLimits, cheapest_plan

WORLD = ip.example_world()
DEMAND = ip.unserved_demand(WORLD.cover, zones=WORLD.zones, villages=WORLD.villages)
CANDIDATES = ip.candidate_sites(WORLD.zones, demand=DEMAND, services=["nr-n28"], existing=WORLD.sites)
LAYERS = {"zones": WORLD.zones, "villages": WORLD.villages}


def grid(seed: int = 0, count: int = 30, **columns: Any) -> Any:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "lon": rng.uniform(113.02, 113.28, count).round(5),
            "lat": rng.uniform(23.02, 23.28, count).round(5),
            "samples": rng.integers(1, 500, count),
            "mean_rsrp_dbm": rng.uniform(-125, -95, count).round(1),
            "operator": "cmcc",
            "band": rng.choice(["n28", "n41"], count),
        }
    )
    return ip.read_weak_grid(table.assign(**columns))


def asked(share: float = 0.9, count: str = "cells") -> WeakGridTarget:
    return WeakGridTarget(share, count, -105.0, ("cbn", "cmcc"), ("nr",))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.sampled_from(("cells", "samples")), share=st.sampled_from((0.3, 0.5)))
def test_the_cheapest_plan_of_all_choices(seed: int, count: str, share: float) -> None:
    rng = np.random.default_rng(seed)
    some = CANDIDATES.iloc[np.sort(rng.choice(len(CANDIDATES), 9, replace=False))].reset_index(drop=True)
    some["cost"] = rng.integers(1, 9, len(some)) * 1000
    cells = grid(seed)
    goal = goal_of(WORLD.targets, (), weak_grid=asked(share, count))
    made = instance_of(goal, some, WORLD.services, WORLD.cover, weak_grid=cells, **LAYERS)
    found = cheapest_plan(made, SearchLimits(gap=0.0, work_limit=3000))
    choices = [np.flatnonzero(bits) for bits in product((False, True), repeat=len(some))]
    costs = [made.problem.cost[one].sum() for one in choices if check_cover(made.problem, one).feasible]
    counted = ip.check_plan(found.sites, WORLD.cover, goal=goal, weak_grid=cells, **LAYERS)
    row = counted["weak_grid"]["weak_grid-nr"]
    weak = cells.loc[cells["mean_rsrp_dbm"] < -105]
    assert row["weak"] == (len(weak) if count == "cells" else weak["samples"].sum())
    if costs:
        assert found.status in ("optimal", "feasible") and found.cost == pytest.approx(min(costs))
        assert row["met"] and counted["feasible"] and row["covered"] >= np.ceil(share * row["weak"] - 1e-9)
    else:
        assert found.status == "unreachable" and not row["met"] and not counted["feasible"]


@pytest.mark.parametrize("count", ["cells", "samples"])
def test_plan_map_and_check_agree_beside_people(count: str) -> None:
    cells = grid(1, 40)
    kept = {"weak_grid": cells, "weak_grid_count": count, "weak_grid_share": 0.8, "work_limit": 1000, **LAYERS}
    plan = ip.place_sites(WORLD.targets, WORLD.cover, CANDIDATES, target=["nr-pop90"], **kept)
    row = plan.weak_grid["weak_grid-nr"]
    checked = ip.check_plan(plan, WORLD.cover, weak_grid=cells, **LAYERS)
    assert checked["weak_grid"]["weak_grid-nr"] == row and checked["feasible"] and row["met"]
    assert row["good_share_before"] < row["good_share_after"] <= 1.0
    none = ip.check_plan(plan.sites.iloc[:0], WORLD.cover, goal=plan.goal, weak_grid=cells, **LAYERS)["weak_grid"]["weak_grid-nr"]
    assert none["covered"] == 0 and not none["met"], "today's map overrules no measurement"
    assert plan.goal.share == 0.9 and plan.served_after >= 0.9 * plan.population


def test_a_weak_cell_is_demand_where_the_map_serves() -> None:
    served = WORLD.villages.loc[(ip.service_status(WORLD.villages, WORLD.cover)["nr"] == "served").to_numpy()]
    cells = grid(2, len(served), lon=served.geometry.x.to_numpy(), lat=served.geometry.y.to_numpy(), mean_rsrp_dbm=-115.0)
    plan = ip.place_sites(WORLD.targets, WORLD.cover, CANDIDATES, target=[], weak_grid=cells, weak_grid_share=0.5, work_limit=500, **LAYERS)
    assert len(plan.sites) and plan.weak_grid["weak_grid-nr"]["met"] and not plan.goal.asks_people


def test_other_operators_and_families_are_left_out_and_counted() -> None:
    cells = grid(3, 12, operator=["cmcc"] * 8 + ["ctcc"] * 4, band=["n28"] * 6 + ["NB-IoT 900"] * 2 + ["n78"] * 4)
    with pytest.warns(DataWarning, match="4 of other operators"):
        plan = ip.place_sites(WORLD.targets, WORLD.cover, CANDIDATES, target=[], weak_grid=cells, work_limit=200, **LAYERS)
    assert plan.weak_grid["weak_grid-nr"]["measured"] == 6


def test_the_order_of_rows_changes_no_plan() -> None:
    cells = grid(4, 30)
    kept = {"target": [], "weak_grid_share": 0.6, "work_limit": 1000, **LAYERS}
    plans = [
        ip.place_sites(WORLD.targets, WORLD.cover, CANDIDATES, weak_grid=own, **kept)
        for own in (cells, cells.sample(frac=1.0, random_state=5).reset_index(drop=True))
    ]
    assert plans[0].cost == plans[1].cost and plans[0].weak_grid == plans[1].weak_grid


def test_phases_and_refusals() -> None:
    cells = grid(6, 30)
    kept = {"weak_grid": cells, "weak_grid_share": 0.6, "work_limit": 500, **LAYERS}
    phases = [ip.Phase("one", sites=2), ip.Phase("two")]
    plan = ip.place_sites(WORLD.targets, WORLD.cover, CANDIDATES, target=[], phases=phases, **kept)
    assert plan.phases is not None and plan.phases["asked_met"].tolist()[-1]
    cut = ip.place_sites(WORLD.targets, WORLD.cover, CANDIDATES, target=[], phases=[ip.Phase("one", sites=1)], **kept)
    assert cut.phases is not None and not cut.phases["asked_met"].iloc[-1]
    with pytest.raises(UsageError):
        ip.place_sites(WORLD.targets, WORLD.cover, CANDIDATES, target=[], max_sites=2, **kept)
    both = ip.place_sites(WORLD.targets, WORLD.cover, CANDIDATES, target=[], county_floor=0.4, capacity_people=900, **kept)
    check = ip.check_plan(both, WORLD.cover, capacity_people=900, weak_grid=cells, **LAYERS)
    assert check["feasible"] and check["capacity"]["met"] and not check["county_short"] and both.cost >= plan.bound
    with pytest.raises(UsageError, match="no table"):
        ip.check_plan(plan, WORLD.cover, **LAYERS)


def test_what_no_candidate_reaches_is_named() -> None:
    west = CANDIDATES.loc[CANDIDATES.geometry.x < 113.06].reset_index(drop=True)
    cells = grid(7, 30, mean_rsrp_dbm=-115.0)
    plan = ip.place_sites(WORLD.targets, WORLD.cover, west, target=[], weak_grid=cells, work_limit=200, **LAYERS)
    assert plan.status == "unreachable" and set(plan.unreachable["kind"]) == {"weak_cell"}
    assert set(plan.unreachable["name"]) <= set(cells["id"])
