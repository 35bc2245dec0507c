"""A part of the example: some cities, their neighbours' sites within radio reach, and the ground under both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.examples.relief import Relief
from infraplan.examples.source_data import METRES_PER_DEGREE, Sources
from infraplan.presets import choose


@dataclass(frozen=True)
class Example:
    """All data of a study folder; `cover` divides the pixels of the relief."""

    zones: gpd.GeoDataFrame
    people: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    fibre_nodes: gpd.GeoDataFrame
    registers: dict[str, pd.DataFrame]
    sites: pd.DataFrame
    relief: Relief
    cover: npt.NDArray[np.uint8]


ROADS_AROUND_M = 5000.0
EDGE_M = 3000.0  # beyond the reach: villages may lie outside their zone by their position error


def city_codes(sources: Sources, wanted: Sequence[str]) -> tuple[str, ...]:
    """Codes of the cities named by code or name, sorted; an unknown one is refused with the nearest."""
    table = sources.zones[sources.zones["level"] == "city"]
    by_name = dict(zip(table["name"], table["adcode"], strict=True))
    chosen = (choose(one, [*by_name.values(), *by_name], "city") for one in wanted)
    return tuple(sorted({by_name.get(one, one) for one in chosen}))


def of_cities(made: Example, sources: Sources, cities: Sequence[str]) -> Example:
    """The example cut to some cities: their zones, people, places and figures, and the sites that can be received there.

    No row is changed. Roads and fibre nodes near the cities stay. The lines stay those of the whole province: what of them runs through
    the cities is counted, and a city without a metro is seen to have none.
    """
    zones, reach_km = in_cities(made.zones, cities), sources.rules["caps_km"]
    people, places = (table[table["city"].isin(cities)].reset_index(drop=True) for table in (made.people, made.places))
    registers = {name: table[table["city"].isin(cities)].reset_index(drop=True) for name, table in made.registers.items()}
    relief, cover = ground_about(zones, made.relief, made.cover, max(reach_km.values()))
    roads, nodes = near_lines(made.roads, zones), near_lines(made.fibre_nodes, zones)
    sites = within_reach(made.sites, zones, cities, reach_km)
    return Example(zones, people, places, made.lines, roads, nodes, registers, sites, relief, cover)


def near_lines(table: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The roads or fibre nodes that lie in the cities or within `ROADS_AROUND_M` of the box of one: a tree may run through a neighbour."""
    outline = zones[zones["level"] == "city"].geometry
    boxes = outline.to_crs(outline.estimate_utm_crs()).buffer(ROADS_AROUND_M).to_crs(4326).envelope.union_all()
    return table[table.intersects(boxes)].reset_index(drop=True)


def in_cities(zones: gpd.GeoDataFrame, cities: Sequence[str]) -> gpd.GeoDataFrame:
    """Rows of the cities and of their counties."""
    city, county = zones["level"] == "city", zones["level"] == "county"
    return zones[(city & zones["adcode"].isin(cities)) | (county & zones["parent"].isin(cities))].reset_index(drop=True)


def within_reach(sites: pd.DataFrame, zones: gpd.GeoDataFrame, cities: Sequence[str], reach_km: dict[str, float]) -> pd.DataFrame:
    """Sites of the cities, and those of others within the distance up to which their family is predicted."""
    outline = zones[zones["level"] == "city"].geometry
    flat = outline.to_crs(outline.estimate_utm_crs())
    points = gpd.GeoSeries(gpd.points_from_xy(sites["lon"], sites["lat"]), index=sites.index, crs=4326)
    near = sites["city"].isin(cities).to_numpy(copy=True)
    for family, km in reach_km.items():
        west, south, east, north = flat.buffer(km * 1000).to_crs(4326).total_bounds
        boxed = sites["services"].str.startswith(f"{family}-") & sites["lon"].between(west, east) & sites["lat"].between(south, north)
        rows = np.flatnonzero(boxed.to_numpy() & ~near)
        near[rows] = points.iloc[rows].to_crs(flat.crs).distance(flat.union_all()).to_numpy() <= km * 1000
    return sites[near].reset_index(drop=True)


def ground_about(
    zones: gpd.GeoDataFrame, relief: Relief, cover: npt.NDArray[np.uint8], reach_km: float
) -> tuple[Relief, npt.NDArray[np.uint8]]:
    """The relief and the land cover, cut to the zones, their sites, and the area where these may be received."""
    west, south, east, north = zones.total_bounds
    north_deg = (2 * reach_km * 1000 + EDGE_M) / METRES_PER_DEGREE
    east_deg = north_deg / np.cos(np.radians(max(abs(south), abs(north))))
    height, width = relief.height_m.shape
    top, bottom = ((relief.north - lat) / relief.step_deg for lat in (north + north_deg, south - north_deg))
    left, right = ((lon - relief.west) / relief.step_deg for lon in (west - east_deg, east + east_deg))
    rows = slice(max(int(np.floor(top)), 0), min(int(np.ceil(bottom)), height))
    cols = slice(max(int(np.floor(left)), 0), min(int(np.ceil(right)), width))
    corner = relief.west + cols.start * relief.step_deg, relief.north - rows.start * relief.step_deg
    fine = cover.shape[0] // height
    part = cover[rows.start * fine : rows.stop * fine, cols.start * fine : cols.stop * fine]
    return Relief(relief.height_m[rows, cols], *corner, relief.step_deg), part
