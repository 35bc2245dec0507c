"""Trees by county are one tree with a bound that holds; the answers for villages add up to it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point
from steiner_optimum import optimum

from infraplan.backhaul import BackhaulNetwork, SteinerProblem, backhaul_network, road_network, solve
from infraplan.backhaul.county_trees import joined_tree
from infraplan.backhaul.fibre_plan import FibrePlan, Scenarios, fibre_plan
from infraplan.errors import DataError

PLANE = "EPSG:4547"
X0, Y0 = 500_000.0, 2_560_000.0
SIZE = 7


def world(seed: int, villages: int = 9, nodes: int = 2) -> tuple[BackhaulNetwork, pd.DataFrame]:
    """A grid of crooked roads of several classes with villages beside them, in two counties, west and east."""
    rng = np.random.default_rng(seed)
    at = 2000.0 * np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), axis=-1) + rng.normal(0, 300, (SIZE, SIZE, 2)) + (X0, Y0)
    lines = [LineString([at[y, x], at[y, x + 1]]) for y in range(SIZE) for x in range(SIZE - 1)]
    lines += [LineString([at[y, x], at[y + 1, x]]) for y in range(SIZE - 1) for x in range(SIZE)]
    words = rng.choice(["村道", "县道", "省道"], len(lines))
    roads = gpd.GeoDataFrame({"road_class": words}, geometry=lines, crs=PLANE)
    spots = rng.uniform(0, 2000.0 * (SIZE - 1), (villages, 2)) + (X0, Y0)
    table = pd.DataFrame({"id": [f"V{n}" for n in range(villages)], "households": rng.integers(20, 200, villages)})
    table["county"] = np.where(spots[:, 0] < X0 + 1000.0 * (SIZE - 1), "west", "east")
    table["county_name"], table["priority"] = table["county"], rng.random(villages) < 0.4
    places = gpd.GeoDataFrame(table[["id"]], geometry=[Point(spot) for spot in spots], crs=PLANE)
    free = rng.uniform(0, 2000.0 * (SIZE - 1), (nodes, 2)) + (X0, Y0)
    points = gpd.GeoDataFrame({"id": [f"N{n}" for n in range(nodes)]}, geometry=[Point(spot) for spot in free], crs=PLANE)
    return backhaul_network(road_network(roads, crs=PLANE), places, points), table


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 3))
def test_by_county_the_bound_is_below_the_best_tree_and_the_tree_not(seed: int, villages: int, nodes: int) -> None:
    network, table = world(seed, villages, nodes)
    ids = table["id"].tolist()
    exact, best = optimum(network.problem()), solve(network.problem(), gap=0.0)
    assert best.bound <= exact + 1e-6 and best.cost >= exact - 1e-6
    tree = joined_tree(network, ids, table["county"].tolist(), together=0, gap=0.0)
    assert tree.bound <= exact + 1e-6 and tree.cost >= exact - 1e-6
    assert tree.cost == network.cost[tree.edges].sum() == tree.rooted.cost.sum()
    # the edges alone join every village to today's network
    SteinerProblem(network.pieces.edges[tree.edges], network.cost[tree.edges], network.nodes_of(ids), root=network.source)
    alone = joined_tree(network, ids, ["one"] * villages, gap=0.0)
    assert alone.cost == pytest.approx(best.cost) and alone.bound == pytest.approx(best.bound)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.floats(0, 4e5), st.floats(0, 3e6))
def test_the_answers_add_up(seed: int, villages: int, award: float, budget: float) -> None:
    network, table = world(seed, villages)
    plan = fibre_plan(network, table, currency="CNY", scenarios=Scenarios(award=award, budget=budget, radio_limit=1e5))
    rows, spans, sums, totals = plan.villages, plan.spans, plan.counties, plan.totals
    assert rows["share"].sum() == rows["step_cost"].sum() == spans["cost"].sum() == sums["cost"].sum() == totals["cost"]
    assert rows["new_km"].sum() == pytest.approx(spans["span_km"].sum()) == pytest.approx(totals["new_km"])
    assert rows["order"].tolist() == list(range(1, villages + 1)) and rows["running_cost"].iloc[-1] == totals["cost"]
    assert rows["priority"].astype(int).diff().max() <= 0 or villages == 1, "priority areas come first"
    assert totals["bound"] <= totals["cost"] and totals["villages"] == villages
    assert (rows["running_cost"] <= budget)[rows["in_budget"]].all() and totals["budget_villages"] == rows["in_budget"].sum()
    assert rows["award_pays"].sum() == sums["award_pays"].sum() == totals["award_villages"]
    assert (rows["award_pays"] <= rows["award_pays_subsidy"]).all(), "a subsidy loses nobody"
    assert totals["award_cost"] <= totals["cost"] and totals["priority_extra"] >= 0
    assert set(spans["to_node"]) | set(spans["from_node"]) == set(plan.nodes["id"])
    crooked = spans.geometry.to_crs(PLANE).length.to_numpy() / 1000.0
    assert (spans["span_km"].to_numpy() >= crooked - 0.002).all(), "links far from roads count more than their course"


def two_villages(**columns: Any) -> tuple[BackhaulNetwork, pd.DataFrame]:
    """N - 4 km - A - 4 km - B along one road, and C on a road of its own."""
    roads = gpd.GeoDataFrame(
        geometry=[LineString([(X0, Y0), (X0 + 9000, Y0)]), LineString([(X0, Y0 + 9000), (X0 + 9, Y0 + 9000)])], crs=PLANE
    )
    roads["road_class"] = "村道"
    table = pd.DataFrame({"id": ["A", "B", "C"], "households": [30, 10, 50]} | columns)
    places = gpd.GeoDataFrame(table[["id"]], geometry=[Point(X0 + 4000, Y0), Point(X0 + 8000, Y0), Point(X0, Y0 + 9000)], crs=PLANE)
    node = gpd.GeoDataFrame({"id": ["N"]}, geometry=[Point(X0, Y0)], crs=PLANE)
    return backhaul_network(road_network(roads, crs=PLANE), places, node), table


def made(award: float = 0.0, **columns: Any) -> FibrePlan:
    network, table = two_villages(**columns)
    return fibre_plan(network, table, currency="CNY", scenarios=Scenarios(award=award, radio_limit=240_000))


def test_what_two_villages_on_one_road_pay() -> None:
    rows = made().villages.set_index("id")
    assert rows.loc[["A", "B"], "share"].tolist() == [187_500, 312_500] and rows.loc["A", "saving"] == 0
    assert rows.loc["B", "saving"] == 250_000 and rows["radio_cheaper"].tolist() == [True, True, False], "without B, A alone pays the road"
    assert rows.loc["C", ["status", "order", "share", "award_pays", "in_budget"]].tolist() == ["no_line", 0, 0, False, False]
    assert rows.index.tolist() == ["A", "B", "C"] and rows["new_km"].tolist()[:2] == pytest.approx([4.0, 4.0])


def test_priority_first_costs_more_on_the_way_and_the_same_at_the_end() -> None:
    plain, ahead = made(), made(priority=[False, True, False])
    assert ahead.villages["id"].tolist()[:2] == ["B", "A"] and ahead.totals["cost"] == plain.totals["cost"] == 500_000
    assert plain.totals["priority_extra"] == 0
    assert ahead.totals["priority_extra"] == 250_000 and ahead.totals["priority_extra_at"] == 10


def test_the_award_drops_the_dearest_first() -> None:
    assert made(award=250_000).villages["award_pays"].tolist() == [True, True, False]
    assert made(award=249_999).villages["award_pays"].tolist() == [False, False, False], "A alone costs 250,000"
    some = made(award=200_000)
    assert some.villages["award_pays_subsidy"].tolist() == [True, True, False] and some.totals["award_villages"] == 0


def test_no_village_with_a_way_is_a_certificate_and_no_village_no_plan() -> None:
    network, table = two_villages()
    with pytest.raises(DataError, match="C"):
        fibre_plan(network, table.iloc[2:], currency="CNY")
    nothing = fibre_plan(network, table.iloc[:0], currency="CNY")
    assert nothing.totals["cost"] == 0 and nothing.villages.empty and nothing.spans.empty and nothing.counties.empty
