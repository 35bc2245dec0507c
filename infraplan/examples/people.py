"""Where the example's people live: synthetic natural villages and urban blocks, county by county, summing to the census."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment

from infraplan.arrays import Floats
from infraplan.examples.random_points import Acceptance, scatter_inside, uniform_inside
from infraplan.examples.source_data import Sources, apportion
from infraplan.examples.village_names import area_of, part_twins, village_names

COLUMNS = [
    "id", "name", "kind", "population", "households", "urban", "county", "city", "town", "committee", "position_error_m", "fibre",
    "synthetic",
]  # fmt: skip
VILLAGE, BLOCK = 1, 2  # streams of random numbers: one a county and kind, so that a change in one moves no other


def synthetic_people(sources: Sources, seed: int, accept: Acceptance | None = None) -> gpd.GeoDataFrame:
    """Villages and blocks of the whole province: the contract's `villages` table, whole people, exact in every county."""
    parts = []
    for county in sources.near_counties.itertuples(index=False):
        shapely.prepare(county.geometry)
        urban = int(county.urban_people)
        rng = [np.random.default_rng([seed, int(county.adcode), stream]) for stream in (VILLAGE, BLOCK)]
        parts.append(rural_villages(county, county.population - urban, sources, rng[0], accept))
        parts.append(urban_blocks(county, urban, sources, rng[1]))
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table["fibre"] = pd.array([pd.NA] * len(table), dtype="boolean")
    table["synthetic"] = True
    points = gpd.points_from_xy(table["lon"], table["lat"])
    return gpd.GeoDataFrame(table[COLUMNS], geometry=points, crs=4326)


def rural_villages(county: Any, people: int, sources: Sources, rng: np.random.Generator, accept: Acceptance | None) -> pd.DataFrame:
    """Natural villages of one county about its real committees, which are around their real township where it has a point."""
    if people == 0:
        return pd.DataFrame()
    rule = sources.rules["villages"]
    mean = np.exp(rule["mu"] + rule["sigma"] ** 2 / 2)
    count = max(1, round(people / mean))
    size = scaled_to_sum(people, rng.lognormal(rule["mu"], rule["sigma"], count), rule["minimum_people"])
    seats = committee_points(county, sources, rng, accept)
    home = rng.integers(0, len(seats), count)
    lon, lat = scatter_inside(
        county.geometry,
        seats["lon"].to_numpy()[home],
        seats["lat"].to_numpy()[home],
        lambda rows: (rng.normal(0, rule["scatter_m"], len(rows)), rng.normal(0, rule["scatter_m"], len(rows))),
        rng,
        accept,
    )
    spread = rng.normal(rule["household_size"], rule["household_size_spread"], count).clip(*rule["household_size_range"])
    names = village_names(count, area_of(county.parent, sources.rules["names"]), sources.rules["names"], rng)
    committee = seats["short"].iloc[home].reset_index(drop=True)
    return pd.DataFrame(
        {
            "id": [f"{county.adcode}-V{number:05d}" for number in range(1, count + 1)],
            "name": part_twins(names, committee + seats["town"].iloc[home].reset_index(drop=True)),
            "kind": "village",
            "population": size,
            "households": np.maximum(1, np.rint(size / spread)).astype(np.int64),
            "urban": False,
            "county": county.adcode,
            "city": county.parent,
            "town": seats["town"].iloc[home].to_numpy(),
            "committee": committee,
            "position_error_m": rng.choice(np.array(rule["position_error_m"]), count, p=rule["position_error_share"]),
            "lon": lon,
            "lat": lat,
        }
    )


def scaled_to_sum(people: int, draws: Floats, minimum: int) -> npt.NDArray[np.int64]:
    """Draws scaled to sum to `people` exactly, none below `minimum` where there are enough."""
    floor = min(minimum, people // len(draws))
    return floor + apportion(people - floor * len(draws), np.maximum(draws - floor, 1e-9))


def committee_points(county: Any, sources: Sources, rng: np.random.Generator, accept: Acceptance | None) -> pd.DataFrame:
    """A synthetic point for every real village committee.

    Spread over the county, then given to townships so that those of a township are near each other.

    Townships with a real point get the nearest committees; the others are around a random point that is in no table.
    """
    committees = sources.by_county["villages"][county.adcode]
    towns = sources.by_county["townships"][county.adcode].set_index("code")["name"]
    if committees.empty:
        lon, lat = uniform_inside(county.geometry, len(towns), rng, accept)
        return pd.DataFrame({"short": "", "town": towns.to_numpy(), "lon": lon, "lat": lat})
    lon, lat = uniform_inside(county.geometry, len(committees), rng, accept)
    anchors = town_anchors(county, towns.index, sources, rng)
    squeeze = np.cos(np.radians(lat.mean()))
    anchor = anchors.loc[committees["township"]]
    cost = np.hypot((anchor["lon"].to_numpy()[:, None] - lon) * squeeze, anchor["lat"].to_numpy()[:, None] - lat)
    _, spot = linear_sum_assignment(cost)
    town = towns.reindex(committees["township"]).to_numpy()
    return pd.DataFrame({"short": committees["short"].to_numpy(), "town": town, "lon": lon[spot], "lat": lat[spot]})


def town_anchors(county: Any, codes: pd.Index, sources: Sources, rng: np.random.Generator) -> pd.DataFrame:
    """The points around which the committees of townships are: the real point, else a random one."""
    lon, lat = uniform_inside(county.geometry, len(codes), rng)
    anchors = pd.DataFrame({"lon": lon, "lat": lat}, index=codes)
    real = sources.by_county["settlements"][county.adcode]
    real = real[real["township"] != ""]
    anchors.loc[real["township"], ["lon", "lat"]] = real[["lon", "lat"]].to_numpy()
    return anchors


def urban_blocks(county: Any, people: int, sources: Sources, rng: np.random.Generator) -> pd.DataFrame:
    """Blocks of at most `maximum_people` about the county's real settlements, densest at their centres."""
    if people == 0:
        return pd.DataFrame()
    rule = sources.rules["blocks"]
    count = max(1, -(-people // rule["target_people"]))
    size = scaled_to_sum(people, rng.uniform(1 - rule["spread"], 1 + rule["spread"], count) * people / count, 1)
    towns = settlements_of(county, sources)
    known = towns["population"].clip(upper=rule["known_people_cap"])
    weight = known.where(known > 0, towns["guess"]).to_numpy(float) ** rule["exponent"]
    share = apportion(count, weight)
    home = np.repeat(np.arange(len(towns)), share)
    scale_m = np.sqrt(people * share / count / (2 * np.pi * rule["centre_density_per_km2"])) * 1000
    scale_m = np.maximum(scale_m, rule["minimum_scale_m"])[home]

    def offsets(rows: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
        radius_m, angle = rng.gamma(2.0, scale_m[rows]), rng.uniform(0, 2 * np.pi, len(rows))
        return radius_m * np.cos(angle), radius_m * np.sin(angle)

    lon, lat = scatter_inside(county.geometry, towns["lon"].to_numpy(float)[home], towns["lat"].to_numpy(float)[home], offsets, rng)
    town = towns["town"].to_numpy()[home]
    number = pd.Series(home).groupby(home).cumcount().to_numpy() + 1
    spread = rng.normal(sources.rules["villages"]["household_size"], 0.2, count).clip(2.2, 3.8)
    return pd.DataFrame(
        {
            "id": [f"{county.adcode}-B{n:05d}" for n in range(1, count + 1)],
            "name": [f"{place}居住片{n:03d}" for place, n in zip(towns["name"].to_numpy()[home], number, strict=True)],
            "kind": "block",
            "population": size,
            "households": np.maximum(1, np.rint(size / spread)).astype(np.int64),
            "urban": True,
            "county": county.adcode,
            "city": county.parent,
            "town": town,
            "committee": "",
            "position_error_m": rule["position_error_m"],
            "lon": lon,
            "lat": lat,
        }
    )


def settlements_of(county: Any, sources: Sources) -> pd.DataFrame:
    """Real settlements of a county, each with its township (its own, else the nearest) and a guess at the people GeoNames leaves out.

    A county without a place in GeoNames has its blocks around a point inside it.
    """
    rule = sources.rules["blocks"]
    found = sources.by_county["settlements"][county.adcode].reset_index(drop=True)
    if found.empty:
        point = county.geometry.representative_point()
        found = pd.DataFrame({"name": [county.name], "township": [""], "lon": [point.x], "lat": [point.y], "population": [0]})
    names = sources.by_county["townships"][county.adcode].set_index("code")["name"]
    found["town"] = found["township"].map(names).fillna("")
    found["guess"] = np.where(found["town"].str.endswith("街道"), rule["subdistrict_people"], rule["unknown_people"])
    known = found[found["town"] != ""]
    if len(known) and (found["town"] == "").any():
        lost = found.index[found["town"] == ""]
        here, there = found.loc[lost, ["lon", "lat"]].to_numpy(float), known[["lon", "lat"]].to_numpy(float)
        gap = (here[:, None] - there) * np.array([np.cos(np.radians(found["lat"].mean())), 1.0])
        found.loc[lost, "town"] = known["town"].to_numpy()[np.hypot(gap[..., 0], gap[..., 1]).argmin(axis=1)]
    found["name"] = found["name"].where(found["name"] != "", found["town"].where(found["town"] != "", county.name))
    return found
