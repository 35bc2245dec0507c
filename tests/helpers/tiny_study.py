"""A small study to test the run and the command line with: real boundaries of a few counties, a few thousand points, a thin network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from infraplan.examples.source_data import reproducible_gdal

BOUNDARIES = Path(__file__).resolve().parents[2] / "data/boundaries/guangdong.gpkg"
CITIES = ("440500", "445100", "445200")
SMALL = ("445102", "445122", "445224")
"""Two of one city, and one that is its city's only one."""
TINY = ("440513", "440523", "445102", "445122", "445222", "445224")
"""Two of each of `CITIES`."""
FEW_CLAUSES = (
    "nr-sites-2020",
    "nr-county-seats",
    "nr-pop90",
    "village-broadband",
    "village-nr",
    "village-nbiot",
    "nbiot-sites",
    "nr-prd-townships",
)
"""Clauses of the small policy: they count sites, places, people and villages; one lacks its data, one is out of scope."""
POLICY = Path(__file__).resolve().parents[2] / "infraplan/presets/policies/guangdong-2020.toml"
HOSTILE = ("<script>alert(1)</script>", '=HYPERLINK("http://example.invalid","x")', "#set text(red)")
STUDY = """[study]
name = "tiny"
title_zh = "小研究"
title_en = "tiny"
synthetic = true
policies = [{policy}]
city_order = "guangdong"
as_of = "2020-12-31"
output = "{output}"

[files]
zones = "zones.gpkg"
villages = "villages.csv"
places = "places.csv"
sites = "sites.csv"

[coverage]
resolution_m = {resolution_m}
services = ["nr-n28", "nbiot-900"]
reliability = 0.9
max_radius_km = 12

[plan]
target = "{target}"
services = ["nr-n28"]
candidate_spacing_m = 6000
gap = 0.05
work_limit = 20000
"""


def points_in(shape: Any, count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """So many random points of a polygon, lon and lat."""
    west, south, east, north = shape.bounds
    shapely.prepare(shape)
    found = np.empty((0, 2))
    while len(found) < count:
        drawn = rng.uniform((west, south), (east, north), (4 * count, 2))
        found = np.vstack([found, drawn[shapely.contains_xy(shape, drawn[:, 0], drawn[:, 1])]])
    return found[:count].round(6)


def build_tiny(
    folder: Path,
    *,
    cities: tuple[str, ...] = CITIES,
    counties: tuple[str, ...] = (),
    villages: int = 3000,
    sites: int = 300,
    resolution_m: float = 250,
    output: str = "../results",
    policy: str = '"guangdong-2020"',
    clauses: str = "",
    target: str = "nr-pop90",
) -> Path:
    """Write the study of these cities, or of some counties alone and cities as large as they are; its folder.

    Equal arguments give equal bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    land = gpd.read_file(BOUNDARIES)
    if counties:
        land = land.loc[
            (land["level"] == "province") | land["adcode"].isin([*counties, *land.loc[land["adcode"].isin(counties), "parent"]])
        ].copy()
        for row in land.index[land["level"] == "city"]:
            land.at[row, "geometry"] = shapely.union_all(land.loc[land["parent"] == land.at[row, "adcode"]].geometry.to_numpy())
        cities = tuple(land.loc[land["level"] == "city", "adcode"])
    keep = land["adcode"].isin(cities) & (land["level"] == "city") | land["parent"].isin(cities) & (land["level"] == "county")
    kept = land.loc[keep]
    whole = land.loc[land["level"] == "province"].copy()
    whole.geometry = [shapely.union_all(kept.loc[kept["level"] == "city"].geometry.to_numpy())]
    zones = gpd.GeoDataFrame(pd.concat([whole, kept], ignore_index=True))
    with reproducible_gdal():
        zones.to_file(folder / "zones.gpkg", layer="zones", driver="GPKG")
    lands = zones.loc[zones["level"] == "county"].reset_index(drop=True)
    people = _villages(lands, villages, rng)
    people.to_csv(folder / "villages.csv", index=False)
    _places(lands, people).to_csv(folder / "places.csv", index=False)
    _sites(people, sites, rng).to_csv(folder / "sites.csv", index=False)
    if clauses:
        (folder / "clauses.toml").write_text(clauses, encoding="utf-8")
        policy = '"clauses.toml"'
    text = STUDY.format(output=output, resolution_m=resolution_m, policy=policy, target=target)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


def build_small(folder: Path) -> Path:
    """The smaller study of the same kind, for what must be run many times."""
    return build_tiny(folder, counties=SMALL, villages=400, sites=60, resolution_m=1000, clauses=few_clauses())


def few_clauses() -> str:
    """The policy of Guangdong with `FEW_CLAUSES` alone: the time of a report is that of its clauses."""
    head, *clauses = POLICY.read_text(encoding="utf-8").split("[[target]]")
    kept = [clause for clause in clauses if any(f'\nid = "{name}"\n' in clause for name in FEW_CLAUSES)]
    return "[[target]]".join([head, *kept])


def _villages(counties: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> pd.DataFrame:
    parts = []
    for number, county in enumerate(counties.itertuples()):
        here = count // len(counties) + (number < count % len(counties))
        lonlat = points_in(county.geometry, here, rng)
        parts.append(pd.DataFrame({"lon": lonlat[:, 0], "lat": lonlat[:, 1], "county": county.adcode, "city": county.parent}))
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "id", [f"V{number:05d}" for number in range(1, len(table) + 1)])
    table.insert(1, "name", [f"{number}号村" for number in range(1, len(table) + 1)])
    table.loc[: len(HOSTILE) - 1, "name"] = HOSTILE
    table["population"] = np.maximum(rng.lognormal(5.256, 0.877, len(table)).round().astype(int), 1)
    table["households"] = np.maximum(table["population"] // 3, 1)
    table["kind"] = np.where(rng.random(len(table)) < 0.1, "block", "village")
    table["urban"] = table["kind"] == "block"
    table["position_error_m"] = rng.choice([0.0, 100.0, 300.0], len(table))
    table["synthetic"] = True
    return table


def _places(counties: gpd.GeoDataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """A seat in each county, and townships on every hundredth village; the last one's position is not known."""
    spots = counties.geometry.representative_point()
    seats = pd.DataFrame(
        {"id": "C" + counties["adcode"], "name": counties["name"], "lon": spots.x, "lat": spots.y, "place_class": "county_seat", "kind": ""}
    )
    towns = people.iloc[::100].assign(place_class="township", kind="镇")
    towns = towns.assign(id="T" + towns["id"], name=towns["name"] + "镇")[["id", "name", "lon", "lat", "place_class", "kind"]]
    table = pd.concat([seats, towns], ignore_index=True)
    table.loc[len(table) - 1, ["lon", "lat"]] = np.nan
    return table.assign(position_error_m=100.0, synthetic=True)


def _sites(people: pd.DataFrame, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Sites beside the larger villages, by turns of each family and network."""
    weight = people["population"].to_numpy(float) ** 2
    at = people.iloc[rng.choice(len(people), count, replace=False, p=weight / weight.sum())]
    number = np.arange(count)
    nr = number % 5 < 3
    return pd.DataFrame(
        {
            "id": [f"S{index:04d}" for index in number],
            "name": [f"{name}站" for name in at["name"]],
            "lon": (at["lon"].to_numpy() + 0.001).round(6),
            "lat": at["lat"].to_numpy(),
            "status": "existing",
            "services": np.where(nr, "nr-n28", "nbiot-900"),
            "operators": np.where(number % 2 == 0, "cbn+cmcc", "ctcc+cucc"),
            "environment": np.where(number % 4 == 0, "urban", "rural"),
            "height_m": 30.0,
            "azimuth_deg": np.where(number % 3 == 0, "omni", "0/120/240"),
            "tilt_deg": 3.0,
            "host": "tower",
            "built": "2020-05-01",
            "county": at["county"].to_numpy(),
            "city": at["city"].to_numpy(),
            "synthetic": True,
        }
    )
