"""The contracts of the frames: what every function may rely on once a table is checked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from infraplan.tables.faults import FaultList
from infraplan.tables.frames import finished, points_of, report_repeated, typed_frame, was_empty
from infraplan.tables.values import texts
from infraplan.tables.zone_codes import with_zone_codes
from infraplan.tables.zoning import with_zones

POINTS = ("Point",)
POLYGONS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")


def check_villages(
    frame: gpd.GeoDataFrame, faults: FaultList | None = None, *, zones: gpd.GeoDataFrame | None = None, outside: str = "error"
) -> gpd.GeoDataFrame:
    """Villages that keep the contract, or one DataError with every fault.

    Parameters
    ----------
    frame : GeoDataFrame
        Points or polygons with at least `population`. A polygon becomes a point inside it, its radius the position error.
    faults : FaultList, optional
        Where the rows are in their file, and what the reader has found already.
    zones : GeoDataFrame, optional
        Checked zones; then `county` and `city` become codes, from the point where the table does not state them.
    outside : {"error", "warning", "ignore"}
        Severity of a point more than 2 km outside every zone.

    Raises
    ------
    DataError
        Anything impossible in the table; improbable values only warn, in `attrs["faults"]`.
    """
    faults = faults or FaultList()
    checked = typed_frame(frame, "village", faults)
    checked = points_of(checked, faults, keep_radius=True)
    stated = int((checked["county"] != "").sum())
    checked = with_zones(checked, zones, faults, outside=outside)
    missing = checked["population"].isna().to_numpy(bool)
    if missing.any():
        faults.at(missing & was_empty(frame, "population"), "tables.empty_cell", "population")
    faults.at(_more(checked["households"], checked["population"]), "tables.households_exceed_people", "households",
              checked["households"].to_numpy(object), severity="warning")  # fmt: skip
    faults.stop()
    done = finished(checked.assign(population=checked["population"].astype("int64")), "village", faults)
    done.attrs["county_stated"] = stated
    return done


def check_places(
    frame: gpd.GeoDataFrame,
    faults: FaultList | None = None,
    *,
    zones: gpd.GeoDataFrame | None = None,
    place_class: str | None = None,
    classes: Collection[str] = (),
    outside: str = "error",
) -> gpd.GeoDataFrame:
    """Places that keep the contract, or one DataError. A place may lack a geometry: it is kept, as no data, with a warning.

    A class that neither infraplan nor `classes` knows is kept as written, with a warning.
    """
    faults = faults or FaultList()
    checked = typed_frame(_filled_class(frame, "place_class", place_class), "place", faults, further={"place_class": classes})
    faults.at((checked["place_class"] == "").to_numpy(bool), "tables.no_place_class", "place_class")
    shapes = checked.geometry.to_numpy()
    faults.at(shapely.is_missing(shapes), "tables.place_without_point", "lon", checked["name"].to_numpy(object), severity="warning")
    _refuse_shapes(shapes, (*POINTS, "MultiPoint", *POLYGONS), faults)
    checked = with_zones(checked, zones, faults, outside=outside)
    faults.stop()
    return finished(checked, "place", faults)


def check_hosts(
    frame: gpd.GeoDataFrame, faults: FaultList | None = None, *, zones: gpd.GeoDataFrame | None = None, outside: str = "warning",
    costs: Collection[str] = (),
) -> gpd.GeoDataFrame:  # fmt: skip
    """Buildings and poles on offer that keep the contract (each with a point and a host that has a price), or one DataError.

    `costs`: the hosts that have one; by default those of the presets.
    """
    faults = faults or FaultList()
    checked = typed_frame(frame, "host", faults, further={"host": costs})
    if costs:
        named = checked["host"].astype(str)
        unpriced = ((named != "") & ~named.isin(set(costs))).to_numpy(bool)
        faults.at(unpriced, "tables.host_without_cost", "host", named.to_numpy(object), known=", ".join(costs))
    faults.at((checked["host"] == "").to_numpy(bool) & was_empty(frame, "host"), "tables.no_host", "host")
    shapes = checked.geometry.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    faults.at(
        missing & ~(np.zeros(len(shapes), dtype=bool) if faults.reported is None else faults.reported), "tables.no_geometry", "geometry"
    )
    faults.stop()
    checked = with_zones(points_of(checked, faults, keep_radius=False), zones, faults, outside=outside)
    faults.stop()
    return finished(checked, "host", faults)


def check_fibre_nodes(frame: gpd.GeoDataFrame, faults: FaultList | None = None) -> gpd.GeoDataFrame:
    """Nodes of today's fibre network that keep the contract (each with a point and an id of its own), or one DataError."""
    faults = faults or FaultList()
    checked = typed_frame(frame, "fibre_node", faults)
    shapes = checked.geometry.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    faults.at(
        missing & ~(np.zeros(len(shapes), dtype=bool) if faults.reported is None else faults.reported), "tables.no_geometry", "geometry"
    )
    faults.stop()
    checked = points_of(checked, faults, keep_radius=False)
    faults.stop()
    return finished(checked, "fibre_node", faults)


def check_corridors(
    frame: gpd.GeoDataFrame, faults: FaultList | None = None, *, line_class: str | None = None, classes: Collection[str] = ()
) -> gpd.GeoDataFrame:
    """Corridors that keep the contract, or one DataError. `classes`: further classes, such as those a policy names."""
    faults = faults or FaultList()
    checked = typed_frame(_filled_class(frame, "line_class", line_class), "corridor", faults, further={"line_class": classes})
    faults.at((checked["line_class"] == "").to_numpy(bool) & was_empty(frame, "line_class"), "tables.blank_cell", "line_class")
    _refuse_shapes(checked.geometry.to_numpy(), LINES, faults, empty_too=True)
    faults.stop()
    return finished(checked, "corridor", faults)


def check_zones(
    frame: gpd.GeoDataFrame, faults: FaultList | None = None, *, level: str | None = None, codes: str | None = None
) -> gpd.GeoDataFrame:
    """Zones that keep the contract, or one DataError: polygons with a level and a code, each (level, adcode) once.

    The level comes from the table, else the argument, else a Chinese code (440000 province, 440200 city, 440281 county, nine digits
    township). Where level and parent are stated any text is a code. `codes`: see `with_zone_codes`.
    """
    faults = faults or FaultList()
    checked = typed_frame(frame, "zone", faults)
    faults.at((checked["adcode"] == "").to_numpy(bool) & was_empty(frame, "adcode"), "tables.blank_cell", "adcode")
    checked = with_zone_codes(checked, level, codes, faults)
    checked["name"] = checked["name"].where(checked["name"] != "", checked["adcode"])
    empty = (checked["adcode"] == "").to_numpy(bool)
    report_repeated((checked["level"] + " " + checked["adcode"]).to_numpy(object), "adcode", faults, skip=empty)
    shapes = checked.geometry.to_numpy()
    _refuse_shapes(shapes, POLYGONS, faults, empty_too=True)
    broken = ~shapely.is_valid(shapes) & np.isin(shapely.get_type_id(shapes), (3, 6))
    faults.at(broken, "tables.polygon_mended", "geometry", shapely.is_valid_reason(shapes), severity="warning")
    if broken.any():
        shapes = shapes.copy()
        shapes[broken] = [_polygons_only(shape) for shape in shapely.make_valid(shapes[broken])]
        checked = checked.set_geometry(gpd.GeoSeries(shapes, crs=checked.crs))
    faults.stop()
    return finished(checked, "zone", faults, drop_empty=("population", "urban_share"))


def _filled_class(frame: gpd.GeoDataFrame, column: str, word: str | None) -> gpd.GeoDataFrame:
    """The frame with a class, as a cell may write it, in the rows that say none."""
    if word is None:
        return frame
    cells = texts(frame[column]) if column in frame else np.full(len(frame), "", dtype=object)
    return frame.assign(**{column: np.where(cells == "", word, cells)})


def _refuse_shapes(shapes: npt.NDArray[Any], wanted: tuple[str, ...], faults: FaultList, *, empty_too: bool = False) -> None:
    kinds = np.array([shape.geom_type if shape is not None else "" for shape in shapes], dtype=object)
    missing = np.asarray((kinds == "") | shapely.is_empty(shapes), dtype=bool)
    faults.at(~np.isin(kinds.astype(str), wanted) & ~missing, "tables.wrong_geometry", "geometry", kinds, wanted=", ".join(wanted))
    if empty_too:
        faults.at(missing, "tables.no_geometry", "geometry")


def _polygons_only(shape: Any) -> Any:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in POLYGONS]
    return shape if shape.geom_type in POLYGONS else shapely.unary_union(parts)


def _more(smaller: pd.Series[Any], larger: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    return np.asarray((smaller > larger).fillna(False).to_numpy(bool) & (smaller > 0).fillna(False).to_numpy(bool))
