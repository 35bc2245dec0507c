"""Names and outlines from open gazetteers: GeoNames country files, geoBoundaries."""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from infraplan.io.opening import LARGEST_MEMBER_BYTES, Bounded, existing_file, reading, refuse_bombs
from infraplan.presets import choose
from infraplan.tables import check_places, check_zones
from infraplan.tables.faults import FaultList
from infraplan.tables.values import texts
from infraplan.tables.zone_codes import LEVELS

GEONAMES = (
    "geonameid",
    "name",
    "asciiname",
    "alternatenames",
    "latitude",
    "longitude",
    "feature_class",
    "feature_code",
    "country_code",
    "cc2",
    "admin1",
    "admin2",
    "admin3",
    "admin4",
    "population",
    "elevation",
    "dem",
    "timezone",
    "modified",
)
TAKEN = ("geonameid", "name", "alternatenames", "latitude", "longitude", "feature_class", "feature_code", "population")
Box = tuple[float, float, float, float]


def read_geonames(
    path: str | Path, *, zones: gpd.GeoDataFrame | None = None, bbox: Box | None = None, feature_class: str = "P"
) -> gpd.GeoDataFrame:
    """Places from a GeoNames country file (`CN.txt`, or `CN.zip` as downloaded), as checked places of class "settlement".

    `name` is the first Chinese name where there is one, all of them in `names_zh` joined by "|"; `kind` is the feature code (PPL ...).
    With `zones` only places inside them (or within 2 km) are kept. Licence of the data: CC BY 4.0, GeoNames.

    Raises
    ------
    DataError
        No such file, another layout, no place left.
    """
    place = existing_file(path)
    faults = FaultList(file=place.name)
    with reading(place):
        table = _geonames_table(place, faults)
    table = table[table["feature_class"] == feature_class]
    if bbox is not None:
        west, south, east, north = bbox
        table = table[table["longitude"].between(west, east) & table["latitude"].between(south, north)]
    if table.empty:
        faults.add("tables.no_rows")
        faults.stop()
    chinese = table["alternatenames"].fillna("").map(_chinese_names)
    frame = gpd.GeoDataFrame(
        {
            "id": table["geonameid"].astype(str),
            "name": np.where(chinese != "", chinese.str.split("|").str[0], table["name"]),
            "names_zh": chinese,
            "kind": table["feature_code"].fillna(""),
            "population": table["population"],
            "position_error_m": 1000.0,
        },
        geometry=gpd.points_from_xy(table["longitude"], table["latitude"]),
        crs=4326,
    ).reset_index(drop=True)
    done = check_places(frame, faults, zones=zones, place_class="settlement", outside="ignore")
    if zones is not None:
        attrs = done.attrs
        away = int(((done["county"] == "") & (done["city"] == "")).sum())
        if away:
            faults.add("io.outside_left_out", severity="warning", count=away, rows=f"{away:,}")
            faults.warn()
        done = done[(done["county"] != "") | (done["city"] != "")].reset_index(drop=True)
        done.attrs = attrs
    done.attrs["attribution"] = "GeoNames, CC BY 4.0"
    return done


@cache
def shipped_settlements() -> gpd.GeoDataFrame:
    """The real settlements the package ships (GeoNames, CC BY 4.0): `name` with other names joined by "|", points in EPSG:4326."""
    package = Path(__file__).resolve().parents[1]
    folder = next((place for place in (package / "data", package.parent / "data") if (place / "settlements").is_dir()), package)
    tables = [pd.read_csv(path, keep_default_na=False) for path in sorted((folder / "settlements").glob("*_places.csv"))]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"name": [], "names_zh": [], "lon": [], "lat": []})
    names = table["name"].astype(str) + "|" + table["names_zh"].astype(str)
    return gpd.GeoDataFrame({"name": names}, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)


def read_geoboundaries(path: str | Path, *, level: str) -> gpd.GeoDataFrame:
    """Zones from a geoBoundaries GeoJSON (`shapeName`, `shapeISO`, `shapeID`, `shapeGroup`, `shapeType`), one level a file.

    `adcode` is the ISO code of each shape where the file gives one to every shape, no two alike, else its `shapeID`; both columns stay.
    Its files do not state parents: `parent` is blank, and `ancestors` finds it from the outlines once files of several
    levels are joined. Its outlines of China are no official base map: do not publish them.

    Parameters
    ----------
    level : {"province", "city", "county", "township"}
        Name of the file's level here: ADM1 is a province, ADM2 a city or a county as the country has it.

    Raises
    ------
    DataError
        No geoBoundaries file, shapes of several levels (`shapeType`), ids that repeat, anything `check_zones` refuses.
    """
    choose(level, LEVELS, "level")
    frame: Any = read_raw_boundaries(path)
    faults = FaultList(file=Path(path).name)
    kinds = sorted(frame["shapeType"].dropna().astype(str).unique()) if "shapeType" in frame else []
    if len(kinds) > 1:
        faults.add("io.several_levels", column="shapeType", value=", ".join(kinds))
        faults.stop()
    codes = [texts(frame[name]) for name in ("shapeISO", "shapeID") if name in frame]
    sole = [found for found in codes if (found != "").all() and len(np.unique(found.astype(str))) == len(found)]
    adcode = (sole or codes or [np.array([str(row) for row in range(1, len(frame) + 1)], dtype=object)])[0 if sole else -1]
    named = frame.rename(columns={"shapeName": "name"}).assign(adcode=adcode, level=level, parent="")
    return check_zones(named, faults, level=level, codes="text")


def read_raw_boundaries(path: str | Path) -> gpd.GeoDataFrame:
    """The features of a geoBoundaries file as they are."""
    from infraplan.io.file_kinds import load_source

    raw = load_source(path, "zone")[0]
    if not isinstance(raw.frame, gpd.GeoDataFrame) or "shapeName" not in raw.frame:
        raw.faults.add("io.not_geoboundaries")
    raw.faults.stop()
    raw.faults.warn()
    return raw.frame


def _geonames_table(place: Path, faults: FaultList) -> pd.DataFrame:
    types: dict[str, pa.DataType] = dict.fromkeys(TAKEN, pa.string())
    types |= {"latitude": pa.float64(), "longitude": pa.float64(), "population": pa.int64()}
    if place.suffix.lower() == ".zip":
        refuse_bombs(place)
        with zipfile.ZipFile(place) as archive:
            member = f"{place.stem}.txt"
            if member not in archive.namelist():
                faults.add("io.not_geonames", value=", ".join(archive.namelist()[:5]))
                faults.stop()
            with archive.open(member) as raw:
                stream = Bounded(raw, LARGEST_MEMBER_BYTES, place)
                content = pa.py_buffer(b"".join(iter(lambda: stream.read(2**20), b"")))
        source: Any = pa.BufferReader(content)
    else:
        source = str(place)
    try:
        table: pd.DataFrame = csv.read_csv(
            source,
            read_options=csv.ReadOptions(column_names=list(GEONAMES)),
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=csv.ConvertOptions(column_types=types, include_columns=list(TAKEN)),
        ).to_pandas()
        return table
    except pa.ArrowInvalid as problem:
        faults.add("io.not_geonames", value=str(problem))
        faults.stop()
    raise AssertionError("unreachable")


def _chinese_names(alternates: str) -> str:
    """The alternate names that are all Chinese characters."""
    return "|".join(name for name in alternates.split(",") if name and all("\u3400" <= letter <= "\u9fff" for letter in name))
