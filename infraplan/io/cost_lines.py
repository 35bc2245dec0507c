"""Roads, power lines or fibre, to which new sites have to be connected: lines from any vector file, their CRS stated, in metres."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from infraplan.errors import DataError, Fault
from infraplan.io.coordinates import choose_datum, locate
from infraplan.io.file_kinds import Source, load_source
from infraplan.io.file_parts import Wanted

HEADINGS = {
    "road_class": ("road_class", "道路等级", "highway", "fclass", "技术等级", "行政等级", "等级", "class", "type"),
    "bridge": ("bridge", "桥梁", "是否桥梁"),
}
"""What a layer of roads may say of each road, and the headings for it, the surest first."""
LINE_TYPES = (1, 2, 5)  # LineString, LinearRing, MultiLineString


def read_cost_lines(
    source: Source, *, crs: str | None = None, datum: str | None = None, sheet: Wanted = None, encoding: str | None = None
) -> gpd.GeoDataFrame:
    """The lines of a layer of roads, power lines or fibre, for `candidate_sites(..., lines=...)`.

    Distances to them cost money, and a wrong CRS is not seen in a distance. A file in degrees, or without a CRS, is therefore read only
    where `crs` states what it is in.

    Parameters
    ----------
    source : path or GeoDataFrame
        A vector file, or a frame.
    crs : str, optional
        CRS of the coordinates, such as "EPSG:4326" or "EPSG:4547". Default: the file's own, in metres.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of the coordinates. Default: WGS-84.
    sheet : str or int or list, optional
        Layers, by name or number from 1. Default: all that hold lines.
    encoding : str, optional
        Encoding of a shapefile's texts.

    Returns
    -------
    GeoDataFrame
        Lines in EPSG:4326, with road_class and bridge where the layer says them, without other columns.

    Raises
    ------
    DataError
        A layer in degrees or without a CRS where `crs` does not state it; a layer without a line; rows that are no lines.

    Examples
    --------
    >>> import infraplan as ip
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> road = gpd.GeoDataFrame(geometry=[LineString([(500_000, 2_560_000), (500_000, 2_570_000)])], crs="EPSG:4547")
    >>> road.to_file("roads.gpkg")
    >>> len(ip.read_cost_lines("roads.gpkg"))
    1
    """
    parts, found = [], list[Fault]()
    for raw in load_source(source, "line", sheet=sheet, encoding=encoding):
        try:
            frame = raw.frame
            if not isinstance(frame, gpd.GeoDataFrame):
                raw.faults.add("io.needs_geometry")
                raw.faults.stop()
            _refuse_unstated(raw, frame, crs)
            shapes = frame.geometry.to_numpy()
            there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
            kinds = shapely.get_type_id(shapes)
            names = np.array([shape.geom_type if here else "-" for shape, here in zip(shapes, there, strict=True)], dtype=object)
            raw.faults.rows = raw.rows
            raw.faults.at(there & ~np.isin(kinds, LINE_TYPES), "io.not_lines", "geometry", names)
            raw.faults.at(~there, "io.line_without_shape", "geometry", severity="warning")
            if not there.any():
                raw.faults.add("io.no_lines")
            raw.faults.stop()
            stated = {name: frame[column].to_numpy()[there] for name, column in _stated(frame).items()}
            kept = gpd.GeoDataFrame(stated, geometry=gpd.array.from_shapely(shapes[there], crs=frame.crs))
            parts.append(locate(kept, raw.faults, datum=choose_datum(datum, "", raw.faults), crs=crs))
            raw.faults.stop()
            raw.faults.warn()
        except DataError as error:
            found += error.fault_list
    if found:
        raise DataError(found)
    columns = [name for name in (*HEADINGS, "geometry") if any(name in part for part in parts)]
    whole = pd.concat([part[[name for name in columns if name in part]] for part in parts], ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=4326)


def _stated(frame: gpd.GeoDataFrame) -> dict[str, str]:
    """The columns of a layer of roads that say the class of a road and whether it is a bridge: the first heading that is known."""
    named = {str(column).strip().lower(): str(column) for column in frame.columns if column != frame.geometry.name}
    return {name: next(named[word] for word in words if word in named) for name, words in HEADINGS.items() if set(words) & set(named)}


def _refuse_unstated(raw: object, frame: gpd.GeoDataFrame, crs: str | None) -> None:
    """A fault for a layer in degrees, or without a CRS, where nobody states that it is."""
    if crs is not None:
        return
    faults = raw.faults  # type: ignore[attr-defined]
    if frame.crs is None:
        faults.add("io.lines_without_crs")
    elif pyproj.CRS(frame.crs).is_geographic:
        faults.add("io.lines_in_degrees", value=pyproj.CRS(frame.crs).name)
    faults.stop()
