"""The example's roads and nodes of today's fibre network: synthetic, between the middles of village committees, by stated rules."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay, cKDTree

from infraplan.arrays import Floats, Ints
from infraplan.examples.random_points import Plane
from infraplan.examples.source_data import Sources

ROADS, NODES = 11, 12  # streams of random numbers


def middles(people: gpd.GeoDataFrame) -> pd.DataFrame:
    """The middle of the people of each committee and of each town's blocks: county, town, committee, lon, lat, people."""
    table = pd.DataFrame({name: people[name].astype(str).to_numpy() for name in ("county", "town", "committee")})
    weight = people["population"].to_numpy(float)
    table = table.assign(people=weight, x=people.geometry.x.to_numpy() * weight, y=people.geometry.y.to_numpy() * weight)
    sums = table.groupby(["county", "town", "committee"], sort=True, as_index=False)[["people", "x", "y"]].sum()
    sums = sums[sums["people"] > 0]
    return sums.assign(lon=sums["x"] / sums["people"], lat=sums["y"] / sums["people"]).drop(columns=["x", "y"]).reset_index(drop=True)


def invented_roads(sources: Sources, people: gpd.GeoDataFrame, seats: gpd.GeoDataFrame, seed: int) -> gpd.GeoDataFrame:
    """One row a road: id, road_class, bridge, synthetic. Between neighbouring county seats 省道, from towns to their seat 县道, else 村道.

    Two middles are joined where no third lies in the circle between them (a Gabriel graph) and the distance is short enough. Where the
    road would cross water it is a ferry if it is short, else none. A few village roads stop short of their junction: gaps to be found.
    """
    rule, rng = sources.layers["roads"], np.random.default_rng([seed, ROADS])
    places = middles(people)
    plane = Plane(places["lon"], places["lat"])
    at = np.column_stack(plane.flat(places["lon"], places["lat"]))
    pairs = gabriel(at)
    length = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T)
    pairs, length = pairs[length <= rule["longest_m"]], length[length <= rule["longest_m"]]
    bend = rule["bend"] * rng.normal(size=len(pairs))
    paths = bent(at, pairs, bend, plane)
    land = sources.zones.loc[sources.zones["level"] == "province", "geometry"].union_all()
    shapely.prepare(land)
    dry = shapely.contains(land, shapely.linestrings(paths))
    kept = dry | (length <= rule["longest_ferry_m"])
    classes = np.where(dry, classes_of(places, seats, plane, at, pairs, length, dry), "轮渡")
    short = dry & (classes == "村道") & (rng.random(len(pairs)) < rule["gap_share"]) & (length > 10 * rule["gap_m"])
    paths[short, -1] = paths[short, 1] + (paths[short, -1] - paths[short, 1]) * (1 - 2 * rule["gap_m"] / length[short])[:, None]
    bridge = dry & (rng.random(len(pairs)) < rule["bridge_share"])
    table = pd.DataFrame({
        "id": [f"GD-R-{number:06d}" for number in range(1, int(kept.sum()) + 1)],
        "road_class": classes[kept], "bridge": bridge[kept], "synthetic": True,
    })  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=shapely.linestrings(np.round(paths[kept], 5)), crs=4326)


def invented_fibre_nodes(sources: Sources, people: gpd.GeoDataFrame, seed: int) -> gpd.GeoDataFrame:
    """A node of today's fibre network in each town, at its most populous committee, and at a share of the other committees."""
    rule, rng = sources.layers["roads"], np.random.default_rng([seed, NODES])
    places = middles(people)
    largest = places.sort_values(["people", "committee"], ascending=[False, True]).drop_duplicates(["county", "town"]).index
    chosen = rng.random(len(places)) < rule["node_share"]
    chosen[largest] = True
    table = places[chosen].reset_index(drop=True)
    columns = {
        "id": [f"GD-F-{number:05d}" for number in range(1, len(table) + 1)],
        "name": table["town"] + table["committee"] + "（示例节点）",
    }
    points = gpd.points_from_xy(table["lon"].round(5), table["lat"].round(5))
    return gpd.GeoDataFrame(pd.DataFrame(columns).assign(synthetic=True), geometry=points, crs=4326)


def gabriel(at: Floats) -> Ints:
    """Pairs of points in whose circle no third point lies, sorted."""
    corners = Delaunay(at).simplices
    pairs = np.unique(np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    middle = (at[pairs[:, 0]] + at[pairs[:, 1]]) / 2
    radius = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T) / 2
    nearest = cKDTree(at).query(middle)[0]
    return np.asarray(pairs[nearest >= radius * (1 - 1e-9)], np.int64)


def bent(at: Floats, pairs: Ints, bend: Floats, plane: Plane) -> Any:
    """Paths of three corners, the middle one beside the straight line, in degrees: shape (roads, 3, 2)."""
    first, last = at[pairs[:, 0]], at[pairs[:, 1]]
    along = last - first
    middle = (first + last) / 2 + bend[:, None] * np.column_stack([-along[:, 1], along[:, 0]])
    corners = np.stack([first, middle, last], axis=1)
    lon, lat = plane.degrees(corners[..., 0], corners[..., 1])
    return np.stack([lon, lat], axis=-1)


def classes_of(places: pd.DataFrame, seats: gpd.GeoDataFrame, plane: Plane, at: Floats, pairs: Ints, length: Floats, dry: Any) -> Any:
    """The class of each road: on the shortest ways between neighbouring county seats, from towns to their seat, or neither."""
    graph: Any = coo_array((length[dry], (pairs[dry, 0], pairs[dry, 1])), shape=(len(at), len(at))).tocsr()
    spots = np.column_stack(plane.flat(seats.geometry.x, seats.geometry.y))
    start: Any = cKDTree(at).query(spots)[1]
    neighbours = gabriel(spots)
    towns = places.sort_values(["people", "committee"], ascending=[False, True]).drop_duplicates(["county", "town"])
    used: dict[str, set[tuple[int, int]]] = {"省道": set(), "县道": set()}
    for number, county in enumerate(seats["county"].astype(str)):
        far, before = dijkstra(graph, directed=False, indices=start[number], return_predecessors=True)
        others = {"省道": start[neighbours[neighbours[:, 0] == number, 1]], "县道": towns.index[towns["county"] == county].to_numpy()}
        for name, ends in others.items():
            for end in ends.tolist():
                while np.isfinite(far[end]) and before[end] >= 0:
                    used[name].add((min(end, int(before[end])), max(end, int(before[end]))))
                    end = int(before[end])
    keys = list(zip(pairs[:, 0].tolist(), pairs[:, 1].tolist(), strict=True))
    return np.array(["省道" if key in used["省道"] else "县道" if key in used["县道"] else "村道" for key in keys], object)
