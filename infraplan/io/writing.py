"""GeoPackages for a GIS: layers with styles, titles, aliases and notes. Equal content, equal bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infraplan.files import atomic_path
from infraplan.io.coordinate_systems import named_crs
from infraplan.io.geopackage_tables import FIXED_TIME, FileNotes, LayerNotes, describe
from infraplan.io.layer_words import column_words, layer_title
from infraplan.io.qgis import layer_style

if TYPE_CHECKING:
    import geopandas as gpd

FEW_ROWS = 50_000
"""Layers of so many rows have no spatial index: programs draw them as fast without, and it is a fifth of the file."""


def write_geopackage(
    layers: Mapping[str, gpd.GeoDataFrame],
    path: str | Path,
    *,
    share_column: str = "nr_share",
    tags: Mapping[str, str] | None = None,
    lang: str = "zh",
    crs: str = "EPSG:4326",
    abstract: str = "",
    licences: tuple[str, ...] = (),
    receivers: Mapping[str, str] | None = None,
) -> None:
    """Write one GeoPackage with a layer a frame, each with a default style for QGIS, a title and aliases of its columns.

    Parameters
    ----------
    layers : mapping of GeoDataFrame
        Frames by the name of their layer. "zones", "gaps", "existing_sites", "new_sites" and "villages" get their own style, others a plain
        one.
    path : path
        Ends with .gpkg; replaced only when the new file is complete.
    share_column : str
        Column of "zones" (0..1) that its style colours, when it is there.
    tags : mapping of str, optional
        Text of each layer's description, as "NAME=value; ...", e.g. the dates of data and report.
    lang : str
        Language of titles, aliases and legends: "zh" or "en".
    crs : str
        CRS of the layers, e.g. "EPSG:4490".
    abstract : str
        What the file holds, for its metadata.
    licences : tuple of str
        Licences of the data it was made from.
    receivers : mapping of str, optional
        Where the devices of each family are judged, for the aliases.

    Examples
    --------
    >>> import infraplan as ip
    >>> import geopandas as gpd
    >>> world = ip.example_world()
    >>> ip.write_geopackage({"zones": world.zones, "existing_sites": world.sites}, "world.gpkg")
    >>> len(gpd.read_file("world.gpkg", layer="existing_sites"))
    5
    """
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
    notes = {}
    try:
        with atomic_path(path) as part:
            for name, frame in layers.items():
                title, words = layer_title(name, lang), column_words(name, frame, lang, receivers)
                pyogrio.write_dataframe(
                    plain(frame, crs),
                    part,
                    layer=name,
                    driver="GPKG",
                    geometry_type=geometry_type(frame),
                    promote_to_multi=False,
                    append=part.exists(),
                    layer_options={"IDENTIFIER": title, "SPATIAL_INDEX": "YES" if len(frame) > FEW_ROWS else "NO"},
                    dataset_options={} if part.exists() else {"VERSION": "1.3"},  # QGIS 3.22 and GDAL 3.6 know no later one
                    use_arrow=False,
                )
                notes[name] = LayerNotes(title, layer_style(name, frame, share_column, lang, words, receivers), words)
            describe(part, notes, FileNotes(tags or {}, abstract, licences))
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def plain(frame: Any, crs: str = "EPSG:4326") -> Any:
    """The frame in a CRS, with only values that a GIS knows: categories as text, lists joined."""
    frame = frame if frame.crs is not None else frame.set_crs(4326)
    frame = frame.to_crs(named_crs(crs)) if named_crs(crs) != frame.crs else frame
    changed = {}
    for name in frame.columns:
        if name == frame.geometry.name:
            continue
        column = frame[name]
        if str(column.dtype) == "category":
            changed[name] = column.astype("object")
        elif column.dtype == object and column.map(lambda cell: isinstance(cell, (list, tuple, set))).any():
            changed[name] = column.map(lambda cell: ";".join(map(str, cell)) if isinstance(cell, (list, tuple, set)) else cell)
    return frame.assign(**changed) if changed else frame


def geometry_type(frame: Any) -> str:
    """The type of a layer's geometries; "Unknown" of a mixture."""
    kinds = {kind for kind in frame.geometry.geom_type.unique() if kind}
    if not kinds:
        return "Point"
    if kinds <= {"Polygon", "MultiPolygon"}:
        return "MultiPolygon" if "MultiPolygon" in kinds and len(kinds) == 1 else "Polygon" if kinds == {"Polygon"} else "Unknown"
    return kinds.pop() if len(kinds) == 1 else "Unknown"
