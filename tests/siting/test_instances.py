"""From a study to a covering problem: rows, required places, families, and plans judged by the map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from small_world import small_world

from infraplan.coverage.places import SERVED, place_status
from infraplan.coverage.population import service_status
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.errors import UsageError
from infraplan.siting import solve
from infraplan.siting.candidates import candidate_sites
from infraplan.siting.checks import check_plan
from infraplan.siting.demand_rows import ROW_COLUMNS
from infraplan.siting.goals import Goal, demand_of, goal_of
from infraplan.siting.instances import Instance, instance_of
from infraplan.siting.plans import SearchLimits, cheapest_plan
from infraplan.siting.site_constraints import apply_site_constraints, too_near

WORLD = small_world()
BOTH = ("nr-n28", "nbiot-800")


def offered(services: tuple[str, ...] = ("nr-n28",), **options: Any) -> Any:
    return candidate_sites(
        WORLD.zones, grid=WORLD.grid, demand=WORLD.villages, services=services, spacing_m=5000, existing=WORLD.sites, **options
    )


def made(goal: Goal, candidates: Any, **options: Any) -> Instance:
    known = {"zones": WORLD.zones, "villages": WORLD.villages, "targets": WORLD.targets, "places": WORLD.places}
    return instance_of(goal, candidates, WORLD.services, WORLD.cover, **(known | options))


def goal(*names: str, **options: Any) -> Goal:
    return goal_of(WORLD.targets, names or "nr-people", **options)


def map_with(instance: Instance, chosen: Any) -> Coverage:
    sites = instance.candidates.iloc[chosen]
    return predict_coverage(
        sectors_of(sites, WORLD.services, include=("planned",)), WORLD.grid, WORLD.services, families=("nr", "nbiot"), max_radius_km=8,
        base=WORLD.cover,
    )  # fmt: skip


def people_served(cover: Coverage, family: str) -> int:
    served = (service_status(WORLD.villages, cover)[family] == "served").to_numpy()
    return int(WORLD.villages["population"].to_numpy()[served].sum())


def test_rows_tell_what_the_problem_counts() -> None:
    found = made(goal(), offered())
    rows, problem = found.rows, found.problem
    assert list(rows.columns) == list(ROW_COLUMNS) and len(rows) == problem.cover.shape[0]
    np.testing.assert_array_equal(rows["population"], problem.weight)
    np.testing.assert_array_equal(rows["kind"] == "closed", problem.covered)
    assert found.population == WORLD.villages["population"].sum() == rows["population"].sum()
    assert found.covered_people == people_served(WORLD.cover, "nr") == rows.loc[problem.covered, "population"].sum()
    by_county = rows.groupby("county")["population"].sum()
    pd.testing.assert_series_equal(by_county, WORLD.villages.groupby("county")["population"].sum(), check_dtype=False)
    assert set(rows["kind"]) == {"village", "block", "closed"}
    assert rows.loc[~problem.covered, ["lon", "lat"]].notna().all().all()


def test_the_plan_reaches_on_the_map_what_the_problem_promised() -> None:
    found = made(goal(), offered())
    plan = solve(found.problem, gap=0.03, work_limit=5000)
    assert plan.status in ("optimal", "feasible")
    assert people_served(map_with(found, plan.chosen), "nr") >= plan.weight >= 0.8 * found.population


def test_a_scope_counts_its_own_people() -> None:
    found = made(goal("nr-west"), offered())
    west = WORLD.villages.loc[WORLD.villages["city"] == "440100"]
    assert found.population == west["population"].sum() and set(found.rows["county"]) == {"440101"}
    assert found.problem.required == np.ceil(0.9 * west["population"].sum())
    assert len(demand_of(goal("nr-west", cities=("440200",)), WORLD.zones, WORLD.villages)) == 0


def test_places_that_must_be_served_are() -> None:
    found = made(goal(must=("nr-seats", "nr-schools", "nr-parks")), offered())
    required = found.rows.loc[found.problem.must]
    assert set(required["kind"]) == {"place"} and (required["population"] == 0).all()
    now = place_status(WORLD.places, WORLD.cover, "nr", served_part=1.0)
    lost = set(WORLD.places.loc[now != SERVED, "id"])
    assert {"T1", "T2"} & lost and set(required["id"]) == lost - {"S1", "T3"}, "S1 has its own indoor system; nobody knows where T3 is"
    assert set(required["target"]) <= {"nr-seats", "nr-schools", "nr-parks"}
    plan = solve(found.problem, gap=0.03, work_limit=5000)
    after = map_with(found, plan.chosen)
    points = WORLD.places.loc[WORLD.places["id"].isin(required["id"]) & (WORLD.places.geom_type == "Point")]
    assert len(points) and (place_status(points, after, "nr") == SERVED).all()
    free = solve(made(goal(), offered()).problem, work_limit=5000)
    assert plan.bound >= free.bound - 1 and plan.cost >= free.cost - 1


def test_a_place_served_today_asks_nothing() -> None:
    site = WORLD.sites.iloc[0]
    township = {"id": ["T9"], "name": "镇", "place_class": "township", "kind": "镇", "county": "440101", "city": "440100"}
    served = gpd.GeoDataFrame(township, geometry=[site.geometry], crs=4326).assign(position_error_m=100.0)
    found = made(goal(must=("nr-seats",)), offered(), places=served)
    assert not found.problem.must.any() and "T9" not in set(found.rows["id"])


def test_villages_may_be_the_duty_of_another_family() -> None:
    found = made(goal(must=("nb-villages",)), offered(BOTH))
    required = found.rows.loc[found.problem.must]
    large = WORLD.villages.loc[(WORLD.villages["kind"] == "village") & (WORLD.villages["households"] >= 60)]
    served = service_status(large, WORLD.cover)["nbiot"] == "served"
    assert set(required["id"]) == set(large.loc[~served, "id"]) and set(required["family"]) == {"nbiot"}
    plan = solve(found.problem, gap=0.03, work_limit=5000)
    reachable = plan.certificate.must_rows
    after = service_status(large, map_with(found, plan.chosen))["nbiot"] == "served"
    assert set(large.loc[~after, "id"]) <= set(found.rows["id"].iloc[reachable])


@pytest.mark.parametrize("spacing_m", [0.0, 500.0])
def test_several_families_in_one_plan(spacing_m: float) -> None:
    found = made(goal("nr-people", "nb-people"), offered(BOTH), spacing_m=spacing_m)
    total = WORLD.villages["population"].sum()
    assert found.problem.required == np.ceil(0.8 * total)
    assert found.problem.zone_required[found.problem.separate].tolist() == [np.ceil(0.9 * total)]
    plan = solve(found.problem, gap=0.03, work_limit=5000)
    assert plan.status in ("optimal", "feasible")
    chosen = found.candidates.iloc[plan.chosen]
    assert chosen["place"].is_unique, "never two service sets of one place"
    after = map_with(found, plan.chosen)
    assert people_served(after, "nr") >= 0.8 * total and people_served(after, "nbiot") >= 0.9 * total
    alone = [
        solve(made(goal(name), offered((service,))).problem, gap=0.03, work_limit=5000)
        for name, service in zip(("nr-people", "nb-people"), BOTH, strict=True)
    ]
    assert plan.bound <= sum(part.cost for part in alone)
    if spacing_m == 0:
        assert plan.cost <= 1.02 * sum(part.cost for part in alone), "sharing is never dearer than two plans side by side"


def test_two_families_with_county_floors_and_a_capacity() -> None:
    both = goal("nr-people", "nb-people", county_floor=0.6)
    found = made(both, offered(BOTH), capacity_people=2500)
    problem, rows = found.problem, found.rows
    assert problem.capacity is not None and set(problem.capacity) == {2500.0}
    again = (rows["kind"] == "floor").to_numpy()
    assert again.any() and not rows["population"].to_numpy()[again].any() and set(rows["family"][again]) == {"nbiot"}
    assert problem.weight[again].sum() == problem.weight[(rows["family"] == "nbiot") & (rows["kind"] != "closed") & ~again].sum()
    plan = cheapest_plan(found, SearchLimits(gap=0.03, work_limit=5000))
    assert plan.status in ("optimal", "feasible") and "county_floor" in plan.extras
    kept = {"zones": WORLD.zones, "villages": WORLD.villages, "services": WORLD.services, "goal": both}
    checked = check_plan(plan.sites, WORLD.cover, capacity_people=2500, **kept)
    assert checked["feasible"] and not checked["county_short"] and checked["capacity"]["met"] and checked["capacity"]["family"] == "nr"
    assert checked["capacity"]["served"] == plan.families["nr"]["served_after"]
    without = cheapest_plan(made(both, offered(BOTH)), SearchLimits(gap=0.03, work_limit=5000))
    assert plan.cost >= without.bound
    tight = check_plan(without.sites.head(3), WORLD.cover, capacity_people=10, **kept)
    assert not tight["feasible"] and tight["capacity"]["full"] > 0


def test_a_bundle_reaches_what_its_families_reach() -> None:
    found = made(goal("nr-people", "nb-people"), offered(BOTH))
    cover = found.problem.cover.toarray().astype(bool)
    family = found.rows["family"].to_numpy()
    for place, rows in found.candidates.reset_index(drop=True).groupby("place"):
        by_services = {text: cover[:, at] for at, text in rows["services"].items()}
        if len(rows) < 3:
            continue
        np.testing.assert_array_equal(by_services["nr-n28;nbiot-800"], by_services["nr-n28"] | by_services["nbiot-800"], err_msg=str(place))
        assert not by_services["nr-n28"][family == "nbiot"].any() and not by_services["nbiot-800"][family == "nr"].any()


def test_barred_candidates_reach_nobody_and_forced_ones_are_built() -> None:
    free = offered()
    near = too_near(free, WORLD.sites, WORLD.grid, 9000.0)
    assert 0 < near.sum() < len(free)
    wanted = free.loc[~near, "id"].iloc[-1]
    found = made(goal(), apply_site_constraints(free, near_existing=near, grid=WORLD.grid, forced=[wanted]))
    assert (found.candidates["id"].to_numpy() == free["id"].to_numpy()).all()
    assert found.problem.cover[:, near].nnz == 0 and found.problem.forbidden.sum() == near.sum()
    np.testing.assert_array_equal(found.problem.cover[:, ~near].toarray(), made(goal(), free).problem.cover[:, ~near].toarray())
    plan = solve(found.problem, gap=0.03, work_limit=5000)
    assert wanted in set(found.candidates["id"].iloc[plan.chosen]) and not near[plan.chosen].any()


def test_the_order_of_the_candidates_does_not_matter() -> None:
    free = offered(BOTH)
    shuffled = free.sample(frac=1.0, random_state=1)
    first, second = (made(goal("nr-people", "nb-people"), some).problem.cover.toarray() for some in (free, shuffled))
    np.testing.assert_array_equal(first[:, free.index.get_indexer(shuffled.index)], second)


def test_capacity_and_worth() -> None:
    found = made(goal(), offered(), capacity_people=700, priority_counties={"440201"}, priority_weight=3.0)
    assert found.problem.capacity is not None and (found.problem.capacity == 700).all()
    east = (found.rows["county"] == "440201").to_numpy()
    np.testing.assert_array_equal(found.worth, found.problem.weight * np.where(east, 3.0, 1.0))
    plain = made(goal(), offered())
    assert plain.problem.capacity is None
    np.testing.assert_array_equal(plain.worth, plain.problem.weight)


def test_a_planning_margin_serves_fewer_today() -> None:
    usual, strict = made(goal(), offered()), made(goal(margin_db=6.0), offered())
    assert strict.covered_people < usual.covered_people and strict.population == usual.population
    assert strict.problem.cover.nnz < usual.problem.cover.nnz or strict.problem.cover.shape[0] > usual.problem.cover.shape[0]


def test_nobody_in_scope_is_a_plan_of_nothing() -> None:
    found = made(goal("nr-west", cities=("440200",)), offered())
    assert found.population == 0 and found.problem.required == 0
    assert len(solve(found.problem, work_limit=100).chosen) == 0


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (("nr-seats",), {}, r"\[plan\] must"),
        (("nr-open",), {}, "nr-pop90"),
        (("nr-indoors",), {}, "planning_margin_db"),
        (("nr-rural",), {}, "nr-pop90"),
        (("nr-people", "nr-again"), {}, "keep one"),
        (("nr-people",), {"must": ("nb-people",)}, r"\[plan\] targets"),
        (("nr-nothing",), {}, "nr-people"),
        (("nr-people",), {"must": ("nr-nothing",)}, "nr-seats"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_a_fix(names: tuple[str, ...], options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        goal(*names, **options)


def test_what_only_the_data_can_refuse() -> None:
    with pytest.raises(UsageError, match="planning_margin_db = 20"):
        made(goal("nb-strict"), offered(("nbiot-800",)))
    with pytest.raises(UsageError, match=r"\[files\] places"):
        made(goal(must=("nr-metro",)), offered())
    with pytest.raises(UsageError, match="places"):
        made(goal(must=("nr-seats",)), offered(), targets=None)


def test_two_bundles_of_a_place_never_stand_together_whatever_they_cost() -> None:
    """Even if the joint set cost absurdly much, the two parts are not built side by side: it is one mast."""
    found = made(goal("nr-people", "nb-people"), offered(BOTH))
    joint = found.candidates["services"].str.contains(";").to_numpy()
    costly = replace(found.problem, cost=np.where(joint, 1e9, found.problem.cost))
    chosen = found.candidates.iloc[solve(costly, gap=0.03, work_limit=5000).chosen]
    assert chosen["place"].is_unique
