"""OpenStreetMap extracts, streamed by layer and box: .osm.pbf files, or Geofabrik's shapefiles."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from infraplan.io.opening import existing_file, reading
from infraplan.io.vectors import read_vectors
from infraplan.presets import choose, load
from infraplan.tables.faults import FaultList

LAYERS = ("roads", "railways", "stations", "schools", "hospitals", "places", "water")
OTHER_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
ID_LETTERS = {"points": "n", "lines": "w", "multipolygons": "r"}
Box = tuple[float, float, float, float]


def read_osm(source: str | Path, layer: str, *, bbox: Box | None = None) -> gpd.GeoDataFrame:
    """One layer of an OpenStreetMap extract, in EPSG:4326.

    Parameters
    ----------
    source : path
        A `.osm.pbf` extract, or a Geofabrik shapefile (`gis_osm_roads_free_1.shp`).
    layer : {"roads", "railways", "stations", "schools", "hospitals", "places", "water"}
        What to read.
    bbox : tuple of float, optional
        West, south, east, north: only features that touch this box. [deg]

    Returns
    -------
    GeoDataFrame
        `id` ("w4236349"), `name`, `osm_class` (the tag's value), geometry; roads and railways with `line_class` ("" where infraplan has
        none) and `tunnel`; points and areas with `place_class` and `kind`, ready for `read_places`. Only the layer's features are held.
        Licence: ODbL 1.0, © OpenStreetMap contributors.

    Raises
    ------
    DataError
        No such file, or no extract.
    UsageError
        An unknown layer, with the list.

    Examples
    --------
    >>> import infraplan as ip
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> line = LineString([(113.0, 23.0), (113.2, 23.1)])
    >>> roads = {"osm_id": ["7"], "fclass": ["motorway"], "name": ["S1"], "geometry": [line]}
    >>> gpd.GeoDataFrame(roads, crs=4326).to_file("gis_osm_roads_free_1.shp")
    >>> ip.read_osm("gis_osm_roads_free_1.shp", "roads")[["id", "name", "line_class"]].values.tolist()
    [['w7', 'S1', 'expressway']]
    """
    choose(layer, LAYERS, "layer")
    place = existing_file(source)
    wanted = load("osm_layers")[layer]
    with reading(place):
        if place.suffix.lower() in (".shp", ".zip"):
            return _from_shapefile(place, layer, wanted, bbox)
        _refuse_other(place)
        parts = [_stream(place, geometry, wanted["tags"], bbox) for geometry in wanted["geometry"]]
    return _finished(pd.concat(parts, ignore_index=True), layer, wanted)


def _refuse_other(place: Path) -> None:
    with open(place, "rb") as stream:
        head = stream.read(64)
    if b"OSMHeader" not in head:
        faults = FaultList(file=place.name)
        faults.add("io.not_osm")
        faults.stop()


def _stream(place: Path, geometry: str, tags: dict[str, list[str]], bbox: Box | None) -> pd.DataFrame:
    """The matching features of one geometry layer; GDAL streams the file, and only they are kept in memory."""
    known = {str(name) for name in pyogrio.read_info(place, layer=geometry)["fields"]}
    clauses = []
    for key, words in tags.items():
        listed = ", ".join(f"'{word}'" for word in words)
        clauses.append(f"{key} IN ({listed})" if key in known else f"other_tags LIKE '%\"{key}\"=>%'")
    columns = [name for name in ("osm_id", "osm_way_id", "name", "other_tags", *tags) if name in known]
    where = " OR ".join(clauses)
    # not by Arrow: there a damaged file looks like one that ends early
    table = pyogrio.read_dataframe(place, layer=geometry, where=where, columns=columns, bbox=bbox, use_arrow=False, fid_as_index=False)
    return _matching(table, geometry, tags)


def _matching(table: gpd.GeoDataFrame, geometry: str, tags: dict[str, list[str]]) -> pd.DataFrame:
    others = table["other_tags"].fillna("") if "other_tags" in table else pd.Series("", index=table.index)
    osm_class = pd.Series("", index=table.index, dtype=object)
    for key, words in tags.items():
        values = table[key].fillna("") if key in table else others.map(lambda text, key=key: _tag(text, key))
        osm_class = osm_class.where((osm_class != "") | ~values.isin(words), values)
    kept = (osm_class != "").to_numpy(bool)
    number = table["osm_id"].fillna("")
    way = table["osm_way_id"].fillna("") if "osm_way_id" in table else pd.Series("", index=table.index)
    ids = (ID_LETTERS[geometry] + number.astype(str)).where(number != "", "w" + way.astype(str))
    shapes = table.geometry.to_numpy()[kept]
    tunnel = others[kept].str.contains('"tunnel"=>"(?!no")', regex=True)
    named = table.loc[kept, "name"].fillna("")
    return pd.DataFrame({"id": ids[kept], "name": named, "osm_class": osm_class[kept], "tunnel": tunnel, "geometry": shapes})


def _tag(text: str, key: str) -> str:
    if f'"{key}"' not in text:
        return ""
    return next((value for name, value in OTHER_TAG.findall(text) if name == key), "")


def _from_shapefile(place: Path, layer: str, wanted: dict[str, Any], bbox: Box | None) -> gpd.GeoDataFrame:
    faults = FaultList(file=place.name)
    packed = place.suffix.lower() == ".zip"
    if packed and len(listed := _shapefiles_in(place)) > 1:
        faults.add("io.one_layer_wanted", value=", ".join(listed))
        faults.stop()
    tables = read_vectors(place, "zip" if packed else "shapefile", "place")
    if len(tables) > 1:
        faults.add("io.one_layer_wanted", value=", ".join(table.faults.sheet for table in tables))
        faults.stop()
    tables[0].faults.stop()
    tables[0].faults.warn()
    frame = tables[0].frame
    if not {"osm_id", "fclass"} <= set(frame.columns) or not isinstance(frame, gpd.GeoDataFrame):
        faults.add("io.not_geofabrik")
        faults.stop()
    classes = wanted.get("fclass") or [word for words in wanted["tags"].values() for word in words]
    part = frame[frame["fclass"].isin(classes)]
    if bbox is not None:
        part = part[part.geometry.intersects(shapely.box(*bbox))]
    letter = {"points": "n", "lines": "w"}.get(wanted["geometry"][0], "a")
    tunnel = part["tunnel"].isin(["T", "1"]) if "tunnel" in part else False
    table = pd.DataFrame({"id": letter + part["osm_id"].astype(str), "name": part["name"].fillna(""), "osm_class": part["fclass"],
                          "tunnel": tunnel, "geometry": part.geometry.to_numpy()})  # fmt: skip
    return _finished(table.reset_index(drop=True), layer, wanted)


def _shapefiles_in(place: Path) -> list[str]:
    """The shapefiles that an archive lists; the archive is not unpacked."""
    with zipfile.ZipFile(place) as archive:
        names = [PurePosixPath(name) for name in archive.namelist() if not name.startswith("__MACOSX/")]
    return [name.name for name in names if name.suffix.lower() == ".shp"]


def _finished(table: pd.DataFrame, layer: str, wanted: dict[str, Any]) -> gpd.GeoDataFrame:
    table = table[~shapely.is_missing(table["geometry"].to_numpy(object))].drop_duplicates("id", ignore_index=True)
    osm_class = table["osm_class"].astype(str)
    if "classes" in wanted:
        table = table.assign(line_class=osm_class.map(wanted["classes"]).fillna(""))
    else:
        table = table.drop(columns="tunnel")
        if "place_class" in wanted:
            table = table.assign(place_class=wanted["place_class"], kind=osm_class)
    order = [name for name in ("id", "name", "line_class", "place_class", "kind", "osm_class", "tunnel") if name in table]
    frame = gpd.GeoDataFrame(table[order], geometry=table["geometry"].to_numpy(object), crs=4326)
    frame.attrs["attribution"] = "© OpenStreetMap contributors, ODbL 1.0"
    frame.attrs["layer"] = layer
    return frame
