"""The example's places that clauses ask about: schools, hospitals, parks and others, synthetic, near its residents by stated rules."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from infraplan.arrays import Ints
from infraplan.examples.example_sites import PeopleInOrder
from infraplan.examples.random_points import shift
from infraplan.examples.source_data import METRES_PER_DEGREE, Sources

FACILITIES = 6  # stream of random numbers: one a class, so that a change in one moves no other
CORNERS = 12  # of a polygon


def invented_places(sources: Sources, crowd: PeopleInOrder, seed: int) -> gpd.GeoDataFrame:
    """One row a place of every class of the preset: id, name, class, kind, county, city, the answers of its class, a point or polygon."""
    rules = sources.layers
    parts = [
        places_of(name, rule, rules, crowd, np.random.default_rng([seed, FACILITIES, number]))
        for number, (name, rule) in enumerate(rules["place"].items())
    ]
    table = pd.concat(parts, ignore_index=True)
    inside = np.zeros(len(table), bool)
    for county, rows in table.groupby("county").indices.items():
        inside[rows] = shapely.contains_xy(
            sources.counties.loc[county, "geometry"], table["lon"].to_numpy()[rows], table["lat"].to_numpy()[rows]
        )
    home = table.pop("home").to_numpy()
    for name, at in (("lon", crowd.lon), ("lat", crowd.lat)):
        table[name] = np.where(inside, table[name], at[home])
    geometry = gpd.points_from_xy(table.pop("lon"), table.pop("lat"))
    area_km2 = table.pop("area_km2").to_numpy(float)
    shapes = np.asarray(geometry)
    for row in np.flatnonzero(area_km2 > 0):
        shapes[row] = polygon_about(shapes[row], area_km2[row])
    return gpd.GeoDataFrame(table.assign(synthetic=True, point_source="infraplan"), geometry=shapes, crs=4326)


def places_of(name: str, rule: dict[str, Any], rules: dict[str, Any], crowd: PeopleInOrder, rng: np.random.Generator) -> pd.DataFrame:
    """The places of one class; `home` is the row of the residents they were drawn for, `area_km2` 0 for a point."""
    home, kind, title = homes_of(rule, crowd, rng)
    here = crowd.points.iloc[home]
    count = len(home)
    east_m, north_m = rng.normal(0, rules["offset_m"], (2, count))
    lon, lat = shift(crowd.lon[home], crowd.lat[home], east_m, north_m)
    town = here["town"].where(here["town"] != "", "").to_numpy(str)
    table = pd.DataFrame({"home": home, "place_class": name, "kind": kind, "lon": lon, "lat": lat, "town": town})
    table["county"], table["city"] = here["county"].to_numpy(), here["city"].to_numpy()
    number = (table.groupby(["county", "town", "kind"]).cumcount() + 1).astype(str)
    table["name"] = np.where(title != "", "示例会场：" + title, "示例" + table["town"] + table["kind"] + number)
    table["id"] = [f"GD-{name}-{n:05d}" for n in range(1, count + 1)]
    for column, shares in rule.get("answers", {}).items():
        table[column] = answers(shares, count, rng)
    low, high = rule.get("area_km2", (0.0, 0.0))
    table["area_km2"] = rng.uniform(low, high, count)
    return table.drop(columns="town").assign(position_error_m=rules["position_error_m"] if high == 0 else 0.0)


def homes_of(rule: dict[str, Any], crowd: PeopleInOrder, rng: np.random.Generator) -> tuple[Ints, npt.NDArray[Any], npt.NDArray[Any]]:
    """Rows of the residents that the places of a class are drawn for, their kinds, and the names of those that have one."""
    kinds = list(rule["kinds"])
    shares = np.array(list(rule["kinds"].values()), float)
    homes, named = [], []
    if rule.get("each_county"):
        codes = crowd.points["county"].to_numpy(str)
        for members in (np.flatnonzero(codes == code) for code in np.unique(codes)):
            homes.append(members[evenly(crowd.people[members].astype(float), len(kinds), rng.random())])
        return np.concatenate(homes), np.tile(kinds, len(homes)), np.full(len(homes) * len(kinds), "", object)
    for city, rows in crowd.rows_of.items():
        if "cities" in rule and city not in rule["cities"]:
            continue
        own = [event["name"] for event in rule.get("named", ()) if event["city"] == city]
        weight = crowd.people[rows].astype(float)
        if rule.get("residents") == "urban":
            weight = weight * crowd.points["urban"].to_numpy(bool)[rows]
        count = len(kinds) + len(own) if rule.get("each_city") else max(1, round(weight.sum() / rule["people"]))
        homes.append(rows.start + evenly(weight, count, rng.random()))
        named.append([*own, *[""] * (count - len(own))])
    titles = np.array([title for some in named for title in some], object)
    if rule.get("each_city"):
        kind = np.concatenate([[*["重大活动"] * (len(some) - len(kinds)), *kinds] for some in named])
    else:
        kind = rng.choice(kinds, len(titles), p=shares / shares.sum())
    return np.concatenate(homes), kind, titles


def evenly(weight: npt.NDArray[np.float64], count: int, start: float) -> Ints:
    """Rows where every n-th of the weight is, n such that there are `count`; `start`, 0..1, moves them along."""
    total = np.cumsum(weight)
    at = (np.arange(count) + start) * (total[-1] / max(count, 1))
    return np.asarray(np.searchsorted(total, at, side="right").clip(0, len(total) - 1), np.int64)


def answers(shares: tuple[float, float], count: int, rng: np.random.Generator) -> Any:
    """Yes, no or nothing by the shares of yes and no."""
    drawn = rng.random(count)
    said = pd.array(drawn < shares[0], dtype="boolean")
    said[drawn >= shares[0] + shares[1]] = pd.NA
    return said


def polygon_about(point: Any, area_km2: float) -> Any:
    """A regular polygon of an area about a point. [km2]"""
    radius_m = np.sqrt(area_km2 * 1e6 * 2 / (CORNERS * np.sin(2 * np.pi / CORNERS)))
    angle = np.arange(CORNERS) * 2 * np.pi / CORNERS
    north, east = radius_m * np.sin(angle) / METRES_PER_DEGREE, radius_m * np.cos(angle) / METRES_PER_DEGREE
    return shapely.Polygon(np.column_stack([point.x + east / np.cos(np.radians(point.y)), point.y + north]).round(6))
