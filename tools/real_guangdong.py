"""A test of the plumbing on real tables: counties, census, townships, hospitals and universities of Guangdong; run outside the repository.

Its shares describe nothing: each county's people are spread evenly over few points, and all sites are invented. What it tests is that real
outlines, codes, names, people and gaps in the data go through every step and add up.

    python tools/real_guangdong.py FOLDER [--cities 440200,440300] [--no-run]

FOLDER/study gets study.toml and its tables, FOLDER itself the results. From ../shared/data/guangdong, none of which enters the repository:
- zones: Tianditu's province, 21 cities and 124 counties;
- villages: the census people of each county, in whole people, spread evenly over the real points inside it (GeoNames places and township
  centres); a county without any point has all its people on a point inside it;
- places: 1,757 townships (those without a position are no data), county seats (each county's name point), 3A hospitals, universities;
- sites: nothing real is given, so the network of the example is used, marked synthetic: every conclusion reads as an example.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "../shared/data/guangdong"
GEONAMES_ERROR_M, CENTRE_ERROR_M, ANYWHERE_ERROR_M = 500.0, 3000.0, 10_000.0
STUDY = """[study]
name = "guangdong-real"
title_zh = "广东省：流程测试（真实区划与点位，人口均摊，站点合成）"
title_en = "Guangdong: a test of the plumbing (real zones and points, people spread evenly, synthetic sites)"
population_basis = "resident"
policies = ["guangdong-2020"]
city_order = "guangdong"
as_of = "2020-12-31"
output = ".."

[files]
zones = "zones.gpkg"
villages = "villages.csv"
places = "places.csv"
sites = "sites.csv"

[coverage]
resolution_m = 250
services = ["nr-n41", "nr-n78", "nr-n28", "nbiot-800", "nbiot-900", "nbiot-1800"]
reliability = 0.9

[plan]
services = ["nr-n28"]
"""


def zones() -> Any:
    """Province, cities and counties in one table."""
    parts = []
    parents = {"province": None, "city": "province_adcode", "county": "city_adcode"}
    for level, stem in (("province", "province"), ("city", "city"), ("county", "district")):
        frame = gpd.read_file(DATA / f"gd_{stem}_tianditu.geojson")
        above = parents[level]
        parts.append(
            gpd.GeoDataFrame(
                {
                    "level": level,
                    "adcode": frame[f"{stem}_adcode"].astype(str),
                    "name": frame[f"{stem}_name"],
                    "parent": "" if above is None else frame[above].astype(str),
                },
                geometry=frame.geometry,
                crs=frame.crs,
            )
        )
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))


def settlement_points(counties: Any) -> Any:
    """Real points with the county that holds them; the two lists name many places twice, the better position is kept."""
    geonames = pd.read_csv(DATA / "gd_geonames_cities500.csv")
    names = geonames["names_zh"].fillna("").str.split("|").str[-1]
    places = pd.DataFrame(
        {
            "name": names.where(names != "", geonames["name"]),
            "lon": geonames["lon"],
            "lat": geonames["lat"],
            "position_error_m": GEONAMES_ERROR_M,
        }
    )
    townships = pd.read_csv(DATA / "gd_township_points_merged.csv", dtype={"code": str})
    centres = townships.loc[townships["source"].eq("sizhi_bbox"), ["name", "lon", "lat"]].assign(position_error_m=CENTRE_ERROR_M)
    both = pd.concat([places, centres], ignore_index=True).dropna(subset=["lon", "lat"]).drop_duplicates(["lon", "lat"])
    points = gpd.GeoDataFrame(both, geometry=gpd.points_from_xy(both["lon"], both["lat"]), crs=4326)
    inside = points.sjoin(counties[["adcode", "geometry"]].to_crs(4326), predicate="within", how="inner")
    inside = inside.loc[~inside.index.duplicated()].rename(columns={"adcode": "county"}).drop(columns="index_right")
    return inside.drop_duplicates(["county", "name"]).reset_index(drop=True)


def villages(counties: Any) -> Any:
    """Every county's census people on its points, to the person."""
    table = pd.read_csv(DATA / "gd_census2020_county.csv", dtype={"adcode": str, "city_adcode": str})
    census: dict[str, Any] = {row["adcode"]: row for row in table.to_dict("records")}
    points = settlement_points(counties)
    parts = []
    for adcode, shape in zip(counties["adcode"], counties.geometry.to_crs(4326), strict=True):
        people, size = round(census[adcode]["pop2020"]), float(census[adcode]["HHLD_S"])
        here = points.loc[points["county"] == adcode].copy()
        if here.empty:
            spot = shapely.point_on_surface(shape)
            here = pd.DataFrame(
                {"name": [census[adcode]["name"]], "lon": [spot.x], "lat": [spot.y], "position_error_m": [ANYWHERE_ERROR_M]}
            )
        share, rest = divmod(people, len(here))
        here["population"] = share + (np.arange(len(here)) < rest)
        here["households"] = np.maximum((here["population"] / size).round().astype(int), 1)
        here["urban"] = bool(census[adcode]["POPU_URB"] > 0.5)
        here["county"], here["city"] = adcode, census[adcode]["city_adcode"]
        parts.append(here)
    points_table = pd.concat(parts, ignore_index=True)
    points_table.insert(0, "id", [f"P{number:05d}" for number in range(1, len(points_table) + 1)])
    if int(points_table["population"].sum()) != round(table["pop2020"].sum()):
        raise SystemExit("people were lost")
    return points_table[["id", "name", "lon", "lat", "population", "households", "urban", "county", "city", "position_error_m"]]


def places(counties: Any) -> Any:
    """Townships, county seats, hospitals and universities; a township nobody could place keeps empty coordinates."""
    townships = pd.read_csv(DATA / "gd_township_points_merged.csv", dtype={"code": str, "county_adcode": str})
    parts = [
        pd.DataFrame(
            {
                "id": "T" + townships["code"],
                "name": townships["name"],
                "lon": townships["lon"],
                "lat": townships["lat"],
                "place_class": "township",
                "kind": townships["name"].str.extract("(街道|镇|乡)$", expand=False),
                "county": townships["county_adcode"],
                "position_error_m": np.where(townships["source"] == "sizhi_bbox", CENTRE_ERROR_M, GEONAMES_ERROR_M),
            }
        )
    ]
    district = gpd.read_file(DATA / "gd_district_tianditu.geojson")
    parts.append(
        pd.DataFrame(
            {
                "id": "C" + district["district_adcode"].astype(str),
                "name": district["district_name"],
                "lon": district["lon"].astype(float),
                "lat": district["lat"].astype(float),
                "place_class": "county_seat",
                "county": district["district_adcode"].astype(str),
                "position_error_m": GEONAMES_ERROR_M,
            }
        )
    )
    for stem, letter, kind, lon, lat in (
        ("gd_hospitals_3a", "H", "hospital", "longitude_wgs84", "latitude_wgs84"),
        ("gd_universities_baidu_wgs84", "S", "school", "lon", "lat"),
    ):
        frame = pd.read_csv(DATA / f"{stem}.csv")
        parts.append(
            pd.DataFrame(
                {
                    "id": [f"{letter}{number:04d}" for number in range(1, len(frame) + 1)],
                    "name": frame["name"],
                    "lon": frame[lon],
                    "lat": frame[lat],
                    "place_class": kind,
                    "county": "",
                    "position_error_m": 100.0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def build(folder: Path) -> Path:
    """The study folder."""
    study = folder / "study"
    study.mkdir(parents=True, exist_ok=True)
    land = zones()
    counties = land.loc[land["level"] == "county"].reset_index(drop=True)
    land.to_file(study / "zones.gpkg", layer="zones", driver="GPKG")
    villages(counties).to_csv(study / "villages.csv", index=False)
    places(counties).to_csv(study / "places.csv", index=False)
    with tempfile.TemporaryDirectory() as scratch:
        infraplan("new", "guangdong", f"{scratch}/example")
        (study / "sites.csv").write_bytes(Path(scratch, "example", "sites.csv").read_bytes())
    (study / "study.toml").write_text(STUDY, encoding="utf-8")
    return study


def infraplan(*arguments: str) -> int:
    """A verb of the command line, its messages passed through."""
    return subprocess.run([sys.executable, "-m", "infraplan", *arguments], check=False).returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cities", default="")
    parser.add_argument("--no-run", action="store_true")
    asked = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit("../shared/data/guangdong is absent: nothing real to run on")
    folder = asked.folder.resolve()
    if folder.is_relative_to(ROOT):
        raise SystemExit("choose a folder outside the repository: these data may not be in it")
    study = build(folder)
    if not asked.no_run:
        raise SystemExit(infraplan("run", str(study), "--overwrite", *(["--cities", asked.cities] if asked.cities else [])))


if __name__ == "__main__":
    main()
