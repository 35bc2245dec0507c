"""What a new site costs to connect: fibre against the shortest way of networkx, hops against profiles computed apart, laws of both."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from infraplan.backhaul import backhaul_network, road_network, site_connections, usual_fibre_prices
from infraplan.backhaul.microwave_hops import hop_clearance
from infraplan.errors import DataError
from infraplan.geo.grids import Grid
from infraplan.geo.terrain import Clutter, Terrain
from infraplan.radio.hop_clearance import EARTH_RADIUS_M, FRESNEL_SHARE
from infraplan.radio.line_of_sight import clearance_m

PLANE = "EPSG:4547"
X0, Y0, SIDE_M = 500_000.0, 2_560_000.0, 24_000.0
GRID = Grid(PLANE, X0, Y0 + SIDE_M, 100.0, 240, 240)
PRICES = usual_fibre_prices()
HOP = PRICES.hop_cost()


def ground(height_m: Any, clutter: Clutter | None = None) -> Terrain:
    heights = np.broadcast_to(np.asarray(height_m, np.float32), GRID.shape).copy()
    return Terrain(GRID, heights, clutter, np.full(GRID.shape, 4, np.uint8))


def hills(seed: int, top_m: float) -> Terrain:
    """Bumps of 2 km with valleys between."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(240) * 0.1, np.arange(240) * 0.1)
    peaks = rng.uniform(0, 24, (40, 2))
    return ground(top_m * np.max([np.exp(-((x - px) ** 2 + (y - py) ** 2) / 1.5) for px, py in peaks], axis=0))


def points(places: list[tuple[float, float]], letter: str = "A", **columns: Any) -> gpd.GeoDataFrame:
    ids = [f"{letter}{number}" for number in range(len(places))]
    return gpd.GeoDataFrame({"id": ids, **columns}, geometry=[Point(X0 + x, Y0 + y) for x, y in places], crs=PLANE)


def roads(*lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    shapes = [LineString([(X0 + x, Y0 + y) for x, y in line]) for line in lines]
    return gpd.GeoDataFrame({"road_class": ["村道"] * len(lines)}, geometry=shapes, crs=PLANE)


def network_of(lines: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame, places: gpd.GeoDataFrame | None = None) -> Any:
    return backhaul_network(road_network(lines, crs=PLANE), nodes.iloc[:0] if places is None else places, nodes)


FAR_ROAD = roads([(100, 100), (200, 100)])
FAR_NODE = points([(100, 100)], "N")


# --- fibre -------------------------------------------------------------------------------------------------------------------------


def lattice(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Some of the streets of a grid, 2 km apart."""
    lines = []
    for i in range(5):
        for j in range(5):
            x, y = 4000 + 2000 * i, 4000 + 2000 * j
            lines += [[(x, y), (x + 2000, y)]] * (i < 4 and rng.random() < 0.8) + [[(x, y), (x, y + 2000)]] * (j < 4 and rng.random() < 0.8)
    return roads(*lines, [(4000, 4000), (4000, 6000)])


@pytest.mark.parametrize("seed", range(6))
def test_fibre_costs_what_the_shortest_way_of_networkx_costs(seed: int) -> None:
    """Each site alone in a network of its own, cut at its foot; or a straight link from a node, where that is cheaper."""
    nx = pytest.importorskip("networkx")
    rng = np.random.default_rng(seed)
    lines, nodes = lattice(rng), points([(4000.0, 4000.0), (10000.0, 12000.0)], "N")
    places = [(float(x), float(y)) for x, y in rng.uniform(2000, 14000, (12, 2))]
    found = site_connections(points(places, height_m=40.0), network_of(lines, nodes), unconnected="none").set_index("id")
    for name, at in zip(found.index, places, strict=True):
        one = points([at]).assign(id=name)
        whole = network_of(lines, nodes, one)
        graph: Any = nx.MultiGraph()
        for (a, b), metres, price in zip(whole.pieces.edges.tolist(), whole.length_m, whole.pieces.price, strict=True):
            graph.add_edge(a, b, weight=metres / 1000 * price)
        away = [float(np.hypot(at[0] - x, at[1] - y)) for x, y in ((4000, 4000), (10000, 12000))]
        direct = [(m if m <= 500 else 1.4 * m) * 62.5 for m in away if m <= 5000]
        node = int(whole.nodes_of([name])[0]) if whole.places["node"].iloc[0] >= 0 else -1
        along = (
            [nx.shortest_path_length(graph, whole.source, node, weight="weight")]
            if node in graph and nx.has_path(graph, whole.source, node)
            else []
        )
        wanted = min([*direct, *along], default=np.inf)
        if np.isinf(wanted):
            assert found.loc[name, "connection"] == "none"
        else:
            assert found.loc[name, "connection"] == "fibre"
            assert found.loc[name, "connection_cost"] == pytest.approx(wanted, abs=2)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_further_node_never_makes_a_site_dearer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines, places = lattice(rng), points([tuple(p) for p in rng.uniform(2000, 14000, (10, 2))], height_m=30.0)
    one = [tuple(p) for p in rng.uniform(3000, 13000, (3, 2))]
    few, more = (site_connections(places, network_of(lines, points(nodes, "N"))) for nodes in (one[:1], one))
    reached = few["connection"] != "straight"  # a straight line is an estimate for want of a way: a way that is found may cost more
    assert (few["connection_cost"] + 1 >= more["connection_cost"])[reached].all()
    assert (more["connection"] != "none").all()


def test_low_typical_high_are_those_of_the_same_way() -> None:
    lines = roads([(0, 5000), (8000, 5000)])
    lines["road_class"] = "国道"
    found = site_connections(points([(6000, 5200)], height_m=40.0), network_of(lines, points([(1000, 5000)], "N"))).iloc[0]
    trench, link = PRICES.ways["trench"], PRICES.ways["aerial"]
    for level, name in enumerate(["connection_cost_low", "connection_cost", "connection_cost_high"]):
        assert found[name] == round(5 * 1.2 * trench.capex_per_km[level] + 0.2 * link.capex_per_km[level])
    assert found["connection_capex"] == found["connection_cost"] and found["connection_opex_per_year"] == 0
    assert (found["connection_km"], found["connection_to"], found["link_m"]) == (pytest.approx(5.2), "N0", 200.0)


def test_existing_lines_cost_their_rent() -> None:
    fibre = roads([(0, 5000), (8000, 5000)]).drop(columns="road_class")
    lines = road_network(roads([(0, 5010), (500, 5010)]), crs=PLANE, fibre=fibre)
    node = points([(0, 5000)], "N")
    found = site_connections(points([(6000, 5000)], height_m=40.0), backhaul_network(lines, node.iloc[:0], node)).iloc[0]
    assert found["connection_opex_per_year"] == pytest.approx(6 * 2000, abs=30)
    assert found["connection_cost"] == pytest.approx(6 * PRICES.per_km("existing"), rel=0.02)


def test_a_site_that_nothing_reaches_is_priced_straight_or_not_at_all() -> None:
    network = network_of(FAR_ROAD, FAR_NODE)
    site = points([(20000, 20000)], height_m=40.0)
    straight, none = (site_connections(site, network, unconnected=how).iloc[0] for how in ("straight", "none"))  # type: ignore[arg-type]
    away = float(np.hypot(19900, 19900))
    assert straight["connection"] == "straight" and straight["connection_cost"] == pytest.approx(1.4 * away * 62.5, abs=1)
    assert none["connection"] == "none" and none["connection_cost"] == 0 and np.isnan(none["connection_km"])


# --- hops --------------------------------------------------------------------------------------------------------------------------


def clearance_apart(terrain: Terrain, one: tuple[float, float], other: tuple[float, float], low: float, high: float) -> float:
    """The clearance by the profile of `radio.line_of_sight`, in radii of the first Fresnel zone at 15 GHz."""
    length = float(np.hypot(one[0] - other[0], one[1] - other[1]))
    steps = int(np.ceil(length / terrain.profile_step_m))
    part = np.arange(steps + 1) / steps
    x, y = (X0 + one[0] + (other[0] - one[0]) * part, Y0 + one[1] + (other[1] - one[1]) * part)
    below = terrain.height_at(x, y)
    if terrain.clutter is not None:
        row, col = ((Y0 + SIDE_M - y) // 100).astype(int), ((x - X0) // 100).astype(int)
        below[1:-1] += terrain.clutter.height_m[row, col][1:-1]
    height = clearance_m(part * length, below, tx_height_m=low, rx_height_m=high, earth_radius_m=EARTH_RADIUS_M)
    inner = part[1:-1]
    zone = np.sqrt(299_792_458.0 / 15e9 * length * inner * (1 - inner))
    return float((height / zone).min(initial=100.0))


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_clear_mast_is_chosen(seed: int) -> None:
    rng = np.random.default_rng(seed)
    terrain = hills(seed, 120.0)
    at_sites, at_masts = ([tuple(p) for p in rng.uniform(6000, 23000, (count, 2))] for count in (15, 20))
    sites = points(at_sites, height_m=rng.uniform(12, 60, 15))
    masts = points(at_masts, "M", height_m=rng.uniform(20, 50, 20), status="existing")
    found = site_connections(sites, network_of(FAR_ROAD, FAR_NODE), masts=masts, terrain=terrain, unconnected="none")
    seen = set()
    for row, at, height in zip(found.itertuples(), at_sites, sites["height_m"], strict=True):
        hops = []
        for name, there, tall in zip(masts["id"], at_masts, masts["height_m"], strict=True):
            clear = clearance_apart(terrain, at, there, min(height, 35.0), min(tall, 35.0))
            away = float(np.hypot(at[0] - there[0], at[1] - there[1]))
            if clear >= FRESNEL_SHARE and away <= 15_000:
                hops.append((away, name, clear))
        if hops:
            away, name, clear = min(hops)
            assert (row.connection, row.connection_to, row.connection_cost) == ("microwave", name, round(HOP))
            assert row.connection_km == pytest.approx(away / 1000) and row.clearance == pytest.approx(clear, abs=1e-3)
        else:
            assert row.connection == "none"
        seen.add(row.connection)
    assert "microwave" in seen


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    ends=st.lists(st.floats(500, 23_000), min_size=4, max_size=4),
    low=st.floats(5, 60),
    high=st.floats(5, 60),
    more=st.floats(0.1, 40),
)
def test_a_hop_is_as_clear_from_either_end_and_a_higher_antenna_loses_none(
    seed: int, ends: list[float], low: float, high: float, more: float
) -> None:
    terrain = hills(seed, 80.0)
    one, other = np.array([[X0 + ends[0], Y0 + ends[1]]]), np.array([[X0 + ends[2], Y0 + ends[3]]])
    how: dict[str, Any] = {"frequency_ghz": 15.0}
    there = hop_clearance(terrain, one, other, from_height_m=[low], to_height_m=[high], **how)
    back = hop_clearance(terrain, other, one, from_height_m=[high], to_height_m=[low], **how)
    assert there[0] == back[0]
    raised = hop_clearance(terrain, one, other, from_height_m=[low + more], to_height_m=[high], **how)
    assert raised[0] >= there[0]


def test_clutter_stands_on_the_ground_and_unknown_ground_is_never_clear() -> None:
    """A wood of 34 m across a level hop of 4 km: bare it clears, over the wood it does not."""
    wood = np.zeros(GRID.shape, np.uint16)
    wood[:, 100:103] = 1
    clutter = Clutter(GRID, wood, np.array([0.0, 34.0]), np.array([30.0, 30.0]))
    one, other = np.array([[X0 + 8000, Y0 + 8000]]), np.array([[X0 + 12000, Y0 + 8000]])
    how: dict[str, Any] = {"frequency_ghz": 15.0, "from_height_m": [35.0], "to_height_m": [35.0]}
    assert hop_clearance(ground(0.0), one, other, **how)[0] > 5 > FRESNEL_SHARE
    assert hop_clearance(ground(0.0, clutter), one, other, **how)[0] == pytest.approx(
        clearance_apart(ground(0.0, clutter), (8000, 8000), (12000, 8000), 35, 35)
    )
    assert hop_clearance(ground(0.0, clutter), one, other, **how)[0] < FRESNEL_SHARE
    holes = np.zeros(GRID.shape)
    holes[:, 100] = np.nan
    assert hop_clearance(ground(holes), one, other, **how)[0] == -np.inf


def test_a_hop_wins_only_where_fibre_costs_more_and_never_without_terrain() -> None:
    """Along a road of 20 km the hop is cheaper from about 1.9 km of fibre on; a mast that is not in use, or beyond 15 km, is none."""
    lines, node = roads([(1000, 5000), (21000, 5000)]), points([(1000, 5000)], "N")
    sites = points([(1000 + 500 * k, 5000) for k in range(1, 40)], height_m=40.0)
    masts = points([(1000, 5200), (20000, 5000)], "M", height_m=35.0, status=["existing", "planned"])
    found = site_connections(sites, network_of(lines, node), masts=masts, terrain=ground(0.0))
    km = np.arange(1, 40) * 0.5
    wanted = np.where(km * 62_500 <= HOP, "fibre", np.where(np.hypot(km, 0.2) <= 15.0, "microwave", "fibre"))
    assert found["connection"].tolist() == wanted.tolist()
    assert site_connections(sites, network_of(lines, node), masts=masts)["connection"].eq("fibre").all()


def test_courses_lead_from_the_site_to_what_it_is_connected_to() -> None:
    lines, node = roads([(1000, 5000), (1000, 9000), (9000, 9000)]), points([(1000, 5000)], "N")
    masts = points([(22000, 22000)], "M", height_m=35.0)
    sites = points([(3000, 9100), (20000, 20000), (1100, 5000)], height_m=40.0)
    found = site_connections(sites, network_of(lines, node), masts=masts, terrain=ground(0.0), courses=True).to_crs(PLANE)
    assert found["connection"].tolist() == ["fibre", "microwave", "fibre"]
    assert shapely.length(found.geometry.array)[:2] == pytest.approx([6100, np.hypot(2000, 2000)], rel=1e-3)
    for shape, site in zip(found.geometry, sites.geometry, strict=True):
        assert shape.distance(site) < 1
    assert found.geometry.iloc[0].distance(Point(X0 + 1000, Y0 + 5000)) < 1
    assert found.geometry.iloc[1].distance(masts.geometry.iloc[0]) < 1


def test_nothing_to_connect_and_ids_that_are_given_twice() -> None:
    network = network_of(FAR_ROAD, FAR_NODE)
    assert len(site_connections(points([], height_m=[]), network)) == 0
    with pytest.raises(DataError, match="A0"):
        site_connections(points([(0, 0), (1, 1)], height_m=30.0).assign(id="A0"), network)
