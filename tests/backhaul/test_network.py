"""Lines become a network: where they meet, what is cut, priced, joined and reported; what is refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from infraplan.backhaul import (
    BackhaulNetwork,
    RoadNetwork,
    backhaul_network,
    from_networkx,
    road_network,
    solve,
    to_networkx,
    usual_fibre_prices,
)
from infraplan.backhaul.fibre_prices import FibrePrices
from infraplan.backhaul.pieces import pieces_of
from infraplan.errors import DataError, UsageError
from infraplan.presets import load

PLANE = "EPSG:4547"
X0, Y0 = 500_000.0, 2_560_000.0


def roads(*lines: list[tuple[float, float]], words: list[str] | None = None, **columns: Any) -> gpd.GeoDataFrame:
    shapes = [LineString([(X0 + x, Y0 + y) for x, y in line]) for line in lines]
    return gpd.GeoDataFrame({"road_class": words or ["村道"] * len(lines), **columns}, geometry=shapes, crs=PLANE)


def points(**places: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"id": list(places)}, geometry=[Point(X0 + x, Y0 + y) for x, y in places.values()], crs=PLANE)


def kinds(network: RoadNetwork | BackhaulNetwork) -> list[tuple[str, float]]:
    return [(row.kind, row.length_m) for row in network.findings.itertuples()]


def made(lines: gpd.GeoDataFrame, places: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame, **how: Any) -> BackhaulNetwork:
    return backhaul_network(road_network(lines, crs=PLANE, **how), places, nodes)


@st.composite
def grids(draw: st.DrawFn) -> list[list[tuple[int, int]]]:
    """Lines along a grid of 5 x 5 points, 100 m apart: vertices are shared in every way that can be."""
    steps = st.lists(st.sampled_from([(1, 0), (-1, 0), (0, 1), (0, -1)]), min_size=1, max_size=6)
    found = []
    for _ in range(draw(st.integers(1, 6))):
        at = (draw(st.integers(0, 4)), draw(st.integers(0, 4)))
        line = [at]
        for dx, dy in draw(steps):
            at = (min(max(at[0] + dx, 0), 4), min(max(at[1] + dy, 0), 4))
            if at != line[-1]:
                line.append(at)
        if len(line) > 1:
            found.append([(100 * x, 100 * y) for x, y in line])
    return found or [[(0, 0), (100, 0)]]


@settings(max_examples=150, deadline=None)
@given(grids())
def test_pieces_keep_every_metre_and_meet_where_vertices_are_shared(lines: list[list[tuple[int, int]]]) -> None:
    shapes = np.array([LineString(line) for line in lines], object)
    none = np.full(len(lines), "", object)
    pieces = pieces_of(shapes, none, none, np.ones(len(lines)), np.arange(len(lines)))
    assert pieces.length_m.sum() == pytest.approx(sum(shape.length for shape in shapes))
    ends = np.array([[path.coords[0], path.coords[-1]] for path in pieces.paths])
    assert np.abs(ends - pieces.at_m[pieces.edges]).max() < 0.01
    # plain recomputation: two vertices are in one part where steps of lines lead from one to the other
    part = {vertex: vertex for line in lines for vertex in line}

    def root(vertex: tuple[int, int]) -> tuple[int, int]:
        while part[vertex] != vertex:
            vertex = part[vertex]
        return vertex

    for line in lines:
        for one, other in pairwise(line):
            part[root(one)] = root(other)
    assert len(np.unique(pieces.part_of())) == len({root(vertex) for vertex in part})
    own = pieces.part_of()
    node = {tuple(np.round(at).astype(int).tolist()): number for number, at in enumerate(pieces.at_m)}
    for one in node:
        for other in node:
            assert (own[node[one]] == own[node[other]]) == (root(one) == root(other))


@settings(max_examples=100, deadline=None)
@given(grids(), st.lists(st.tuples(st.integers(0, 99), st.floats(0, 1)), min_size=1, max_size=8))
def test_cutting_keeps_every_metre_and_hits_the_points(lines: list[list[tuple[int, int]]], cuts: list[tuple[int, float]]) -> None:
    none = np.full(len(lines), "", object)
    pieces = pieces_of(np.array([LineString(line) for line in lines], object), none, none, np.ones(len(lines)), np.arange(len(lines)))
    which = np.array([cut % len(pieces.edges) for cut, _ in cuts])
    along = pieces.length_m[which] * np.array([share for _, share in cuts])
    cut, node = pieces.cut(which, along)
    assert cut.length_m.sum() == pytest.approx(pieces.length_m.sum())
    wanted = shapely.get_coordinates(shapely.line_interpolate_point(pieces.paths[which], along))
    assert np.hypot(*(cut.at_m[node] - wanted).T).max() <= 0.51
    assert len(np.unique(cut.part_of())) == len(np.unique(pieces.part_of()))
    assert (np.sort(np.unique(cut.row)) == np.sort(np.unique(pieces.row))).all()


def test_lines_that_only_cross_do_not_meet_and_are_reported() -> None:
    plain = road_network(roads([(0, 0), (1000, 0)], [(500, -500), (500, 500)]), crs=PLANE)
    assert [kind for kind, _ in kinds(plain)] == ["island", "crossing"]
    over = road_network(roads([(0, 0), (1000, 0)], [(500, -500), (500, 500)], bridge=["no", "yes"]), crs=PLANE)
    assert [kind for kind, _ in kinds(over)] == ["island"]
    shared = road_network(roads([(0, 0), (500, 0), (1000, 0)], [(500, -500), (500, 0), (500, 500)]), crs=PLANE)
    assert kinds(shared) == [] and len(shared.pieces.edges) == 4


def test_a_gap_within_the_tolerance_is_joined_and_said_a_wider_one_only_said() -> None:
    network = road_network(roads([(0, 0), (1000, 0)], [(1003, 0), (2000, 0)], [(500, 4), (500, 300)], [(2100, 0), (3000, 0)]), crs=PLANE)
    assert sorted(kinds(network)[:2]) == [("joined", 3.0), ("joined", 4.0)]
    assert kinds(network)[2:] == [("gap", 100.0), ("gap", 100.0), ("island", 900.0)]
    assert len(np.unique(network.pieces.part_of()[network.pieces.edges])) == 2
    apart = road_network(roads([(0, 0), (1000, 0)], [(1003, 0), (2000, 0)]), crs=PLANE, tolerance_m=0)
    assert kinds(apart) == [("gap", 3.0), ("gap", 3.0), ("island", 997.0)]
    place = network.findings.iloc[2]
    at = gpd.GeoSeries([Point(place["lon"], place["lat"])], crs=4326).to_crs(PLANE).iloc[0]
    assert min(abs(at.x - X0 - 2000), abs(at.x - X0 - 2100)) < 1 and abs(at.y - Y0) < 1


def test_a_ferry_is_left_out_and_reported() -> None:
    network = road_network(
        roads([(0, 0), (1000, 0)], [(1000, 0), (3000, 0)], [(3000, 0), (4000, 0)], words=["村道", "轮渡", "residential"]), crs=PLANE
    )
    assert kinds(network) == [("island", 1000.0), ("ferry", 2000.0)]
    assert network.pieces.road.tolist() == ["village", "street"]


def test_prices_follow_class_bridge_and_slope() -> None:
    prices = usual_fibre_prices()
    words = ["村道", "motorway", "", "farm lane"]
    network = road_network(roads(*[[(0, 50 * row), (1000, 50 * row)] for row in range(4)], words=words), crs=PLANE, gap_m=0)
    way = [prices.per_km("aerial"), prices.per_km("duct") * 1.5, prices.per_km("aerial") * 1.1, prices.per_km("aerial") * 1.1]
    assert network.pieces.price.tolist() == pytest.approx(way)
    found = network.findings[network.findings["kind"] == "class_unknown"]
    assert found[["id", "length_m", "row"]].values.tolist() == [["", 1000.0, 3], ["farm lane", 1000.0, 4]]
    bridge = road_network(roads([(0, 0), (1000, 0)], bridge=["yes"]), crs=PLANE)
    assert bridge.pieces.way.tolist() == ["bridge"] and bridge.pieces.price.tolist() == [prices.per_km("bridge")]
    assert road_network(roads([(0, 0), (1000, 0)]), crs=PLANE, level="low").pieces.price.tolist() == [40_000.0]

    class Ramp:
        """Ground that rises 10 m in 100 m toward the east."""

        class grid:
            crs = PLANE

        @staticmethod
        def height_at(x: Any, y: Any) -> Any:
            return x * 0.1

    steep = road_network(roads([(0, 0), (1000, 0)], [(0, 50), (0, 1050)]), crs=PLANE, terrain=Ramp, gap_m=0)
    assert steep.pieces.price.tolist() == pytest.approx([62_500 * 1.2, 62_500.0])


def test_existing_lines_cost_rent_and_are_joined_where_roads_meet_them() -> None:
    existing = roads([(0, 20), (5000, 20)])[["geometry"]]
    lines = roads([(0, 0), (1000, 0)], [(1000, 0), (5000, 0)], [(5000, 0), (5000, -800)])
    network = made(lines, points(A=(5000, -800)), points(N=(0, 0)), fibre=existing)
    tree = solve(network.problem())
    rent = usual_fibre_prices().per_km("existing")
    assert tree.cost == pytest.approx(5.0 * rent + 0.8 * 62_500 + 2 * 0.02 * 62_500, abs=3)
    assert network.length_m[tree.edges][network.pieces.way[tree.edges] == "existing"].sum() == pytest.approx(5000)


def test_places_are_joined_to_the_nearest_point_of_a_road() -> None:
    network = made(roads([(0, 0), (10_000, 0)]), points(A=(3000, 100), B=(6000, 1000), C=(9000, -7000)), points(N=(0, 0)))
    assert network.points["link_m"].tolist() == [0.0, 100.0, 1000.0, 7000.0]
    assert network.reached().tolist() == [True, True, False]
    assert [(row.kind, row.id, row.length_m) for row in network.findings.itertuples()] == [
        ("off_road", "B", 1000.0),
        ("off_network", "C", 7000.0),
    ]
    tree = solve(network.problem(["A", "B"]))
    assert network.length_m[tree.edges].sum() == pytest.approx(6000 + 100 + 1000 * 1.4)
    assert tree.cost == pytest.approx(7500 / 1000 * 62_500, abs=3)


def test_a_place_without_a_way_to_fibre_is_named() -> None:
    network = made(roads([(0, 0), (1000, 0)], [(0, 900), (1000, 900)]), points(A=(500, 0), B=(500, 900)), points(N=(0, 0)))
    assert [(row.kind, row.id) for row in network.findings.itertuples() if row.id] == [("without_fibre", "B")]
    with pytest.raises(DataError, match="B") as caught:
        network.problem()
    assert caught.value.fault_list[0].rule == "backhaul-places_apart" and caught.value.fault_list[0].value == "B"
    assert len(network.problem(["A"]).terminals) == 2
    bare = made(roads([(0, 0), (1000, 0)]), points(A=(500, 0)), points())
    with pytest.raises(DataError, match="fibre_nodes") as caught:
        bare.problem()
    assert caught.value.fault_list[0].rule == "backhaul-no_fibre_node"


@pytest.mark.parametrize(
    ("lines", "crs", "rule"),
    [
        (roads([(0, 0), (1000, 0)]), "EPSG:4326", "plane_in_degrees"),
        (gpd.GeoDataFrame(geometry=[LineString([(113.1, 23.1), (113.2, 23.1)])], crs=PLANE), PLANE, "roads_in_degrees"),
        (gpd.GeoDataFrame(geometry=[LineString([(113.1, 23.1), (113.2, 23.1)])]), PLANE, "roads_without_crs"),
        (gpd.GeoDataFrame(geometry=[LineString([(5, 5), (5, 5)])], crs=4326), PLANE, "no_roads"),
    ],
)
def test_lines_whose_place_is_not_known_are_refused(lines: gpd.GeoDataFrame, crs: str, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        road_network(lines, crs=crs)
    assert [fault.rule for fault in caught.value.fault_list] == [f"backhaul-{rule}"]


def test_faults_of_both_layers_of_points_come_at_once() -> None:
    network = road_network(roads([(0, 0), (1000, 0)]), crs=PLANE)
    places, nodes = points(A=(1, 0), B=(2, 0), C=(3, 0)), points(N=(0, 0), M=(5, 5))
    places["id"], nodes["geometry"] = ["A", "B", "A"], [None, nodes.geometry.iloc[1]]
    with pytest.raises(DataError) as caught:
        backhaul_network(network, places, nodes, place_file="villages.xlsx", node_file="nodes.csv")
    found = [(fault.file, fault.rule, fault.row, fault.value) for fault in caught.value.fault_list]
    assert found == [("villages.xlsx", "backhaul-id_twice", 3, "A"), ("nodes.csv", "backhaul-not_a_point", 1, "")]


def test_prices_that_contradict_themselves_are_refused() -> None:
    raw = load("fibre_prices")
    for change, says in (
        ({"roads": raw["roads"] | {"village": raw["roads"]["village"] | {"way": "airship"}}}, "airship"),
        ({"roads": {name: road for name, road in raw["roads"].items() if name != "unknown"}}, "unknown"),
        ({"ways": raw["ways"] | {"aerial": {"capex_per_km": -1, "source": "x"}}}, "capex_per_km"),
    ):
        with pytest.raises(ValueError, match=says):
            FibrePrices.model_validate(raw | change)


def test_a_graph_of_networkx_keeps_everything_that_the_tree_needs() -> None:
    pytest.importorskip("networkx")
    network = made(roads([(0, 0), (3000, 0)], [(1500, 0), (1500, 2000)]), points(A=(2500, 50), B=(1500, 1900)), points(N=(0, 0)))
    back = from_networkx(to_networkx(network))
    tree, again = solve(network.problem()), solve(back.problem())
    assert tree.cost == again.cost and back.places["id"].tolist() == ["A", "B"]
    assert back.length_m.sum() == network.length_m.sum() and back.source == network.source
    graph = to_networkx(network)
    next(iter(graph.edges(data=True)))[2].pop("way")
    with pytest.raises(UsageError, match="way"):
        from_networkx(graph)
