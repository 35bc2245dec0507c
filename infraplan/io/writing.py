"""Files for other programs: GeoPackages with QGIS styles, coverage as a cloud-optimised GeoTIFF. Equal content, equal bytes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from infraplan.coverage.prediction import Coverage
from infraplan.files import atomic_path, write_text
from infraplan.geo.grids import Grid
from infraplan.io.qgis import layer_style, margin_classes, raster_style
from infraplan.tables.language import Speech

if TYPE_CHECKING:
    import geopandas as gpd

FIXED_TIME = "2020-01-01T00:00:00.000Z"  # the time of writing would change the bytes of equal content
NO_SERVER = -1
NOTHING = 255
STYLES = """CREATE TABLE layer_styles (
id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""
ADD_STYLE = """INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD,
useAsDefault, description, owner, update_time) VALUES ('', '', ?, ?, ?, ?, '', 1, '', '', ?)"""
ADD_CONTENTS = """INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)"""


def write_geopackage(
    layers: Mapping[str, gpd.GeoDataFrame],
    path: str | Path,
    *,
    share_column: str = "nr_share",
    tags: Mapping[str, str] | None = None,
    lang: str = "zh",
) -> None:
    """Write one GeoPackage with a layer a frame, in EPSG:4326, each with a default style for QGIS.

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
        Language of the legends: "zh" or "en".

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
    try:
        with atomic_path(path) as part:
            for name, frame in layers.items():
                pyogrio.write_dataframe(
                    _plain(frame),
                    part,
                    layer=name,
                    driver="GPKG",
                    geometry_type=_geometry_type(frame),
                    promote_to_multi=False,
                    append=part.exists(),
                    layer_options={"IDENTIFIER": name, "SPATIAL_INDEX": "YES"},
                    use_arrow=False,
                )
            _finish(part, {name: layer_style(name, frame, share_column, lang) for name, frame in layers.items()}, tags or {})
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _plain(frame: Any) -> Any:
    """EPSG:4326, and only values that GeoPackage knows: categories as text, lists joined."""
    frame = frame.to_crs(4326) if frame.crs is not None else frame.set_crs(4326)
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


def _geometry_type(frame: Any) -> str:
    kinds = {kind for kind in frame.geometry.geom_type.unique() if kind}
    if not kinds:
        return "Point"
    if kinds <= {"Polygon", "MultiPolygon"}:
        return "MultiPolygon" if "MultiPolygon" in kinds and len(kinds) == 1 else "Polygon" if kinds == {"Polygon"} else "Unknown"
    return kinds.pop() if len(kinds) == 1 else "Unknown"


def _finish(path: Path, styles: Mapping[str, str], tags: Mapping[str, str]) -> None:
    """Adds styles and descriptions, and removes times."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            connection.execute(STYLES)
            geometry = dict(connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
            for name, qml in styles.items():
                connection.execute(ADD_STYLE, (name, geometry.get(name, "geom"), name, qml, FIXED_TIME))
            connection.execute(ADD_CONTENTS, (FIXED_TIME,))
            connection.execute("UPDATE gpkg_contents SET last_change = ?", (FIXED_TIME,))
            description = "; ".join(f"{name}={value}" for name, value in tags.items())
            connection.execute("UPDATE gpkg_contents SET description = ? WHERE table_name <> 'layer_styles'", (description,))
        connection.execute("VACUUM")
    finally:
        connection.close()


def write_coverage(cover: Coverage, path: str | Path, *, tags: Mapping[str, str] | None = None) -> None:
    """Write a map as a cloud-optimised GeoTIFF, for any network: of each family the best margin [dB] and the best server, NR first.

    Beside it are a style for QGIS and one raster of classes a family.

    Parameters
    ----------
    cover : Coverage
        The map: `predict_coverage(...)`.
    path : path
        Ends with .tif; replaced only when the new file is complete.
    tags : mapping of str, optional
        Further metadata. Receivers, reliability and models are always written.

    Examples
    --------
    >>> import infraplan as ip
    >>> import rasterio
    >>> ip.write_coverage(ip.example_world().cover, "map.tif")
    >>> with rasterio.open("map.tif") as source:
    ...     source.descriptions
    ('nr margin_db outdoor', 'nr best_server', 'nbiot margin_db indoor', 'nbiot best_server')
    """
    about = raster_tags(cover.receivers, cover.reliability, "; ".join(cover.models_used)) | dict(tags or {})
    margins = {family: cover[family].margin_db for family in cover.families}
    servers = {family: cover[family].server for family in cover.families}
    write_coverage_cog(path, cover.grid, margins, servers, cover.sector_ids.astype(str).tolist(), tags=about)


def raster_tags(receivers: Mapping[str, str], reliability: float, model: str) -> dict[str, str]:
    """Tags of a coverage raster: where each family's devices are, reliability, models."""
    tags = {f"RECEIVER_{family}": receiver for family, receiver in receivers.items()}
    return {**tags, "RELIABILITY": f"{reliability:g}", "RELIABILITY_OF": "area", "MODEL": model}


def write_coverage_cog(
    path: str | Path,
    grid: Grid,
    margins: Mapping[str, npt.NDArray[np.float32]],
    servers: Mapping[str, npt.NDArray[np.int32]] | None = None,
    sector_ids: Sequence[str] = (),
    *,
    tags: Mapping[str, str] | None = None,
    lang: str = "zh",
) -> None:
    """Coverage as one cloud-optimised GeoTIFF: per family a band of best margin and a band of best server, NR first.

    Beside it: `<name>.qml`, the style that QGIS loads by itself, and per family `<name>-<family>.tif`, the margin's classes with a colour
    table.

    Parameters
    ----------
    path : path
        Ends with .tif.
    grid : Grid
        Where the bands lie.
    margins : mapping
        family -> best margin. float32 (height, width), NaN where nothing was computed. [dB]
    servers : mapping, optional
        family -> index into `sector_ids`, -1 for none. In the file the sectors that serve somewhere are renumbered from 0;
        the tag `SECTORS_<family>` lists their ids as JSON; NaN for none.
    tags : mapping, optional
        Further metadata, e.g. model and reliability.
    lang : str
        Language of the style's legend: "zh" or "en".
    """
    import rasterio
    from rasterio.transform import Affine

    bands: list[npt.NDArray[np.float32]] = []
    names: list[str] = []
    notes = dict(tags or {})
    for family in sorted(margins, key=lambda name: name != "nr"):
        margin_db = margins[family]
        bands.append(np.asarray(margin_db, np.float32))
        names.append(f"{family} margin_db {notes.get(f'RECEIVER_{family}', '')}".strip())
        if servers is not None and family in servers:
            band, used = _local_numbers(servers[family], sector_ids)
            bands.append(band)
            names.append(f"{family} best_server")
            notes[f"SECTORS_{family}"] = json.dumps(used, ensure_ascii=False)
    profile = {
        "driver": "COG",
        "dtype": "float32",
        "count": len(bands),
        "height": grid.height,
        "width": grid.width,
        "crs": grid.crs,
        "transform": Affine(*grid.affine),
        "nodata": float("nan"),
        "compress": "DEFLATE",
        "predictor": "YES",
        "level": 6,
        "blocksize": 256,
        "overview_resampling": "nearest",
        "num_threads": 1,
    }
    with atomic_path(path) as part, rasterio.open(part, "w", **profile) as target:
        for index, (band, name) in enumerate(zip(bands, names, strict=True), 1):
            if band.shape != grid.shape:
                raise ValueError(f"band {name!r} has the shape {band.shape}, the grid {grid.shape}")
            target.write(band, index)
            target.set_band_description(index, name)
        target.update_tags(**notes)
    for family, margin_db in margins.items():
        _write_classes(Path(path).with_name(f"{Path(path).stem}-{family}.tif"), grid, margin_db, profile, family, tags or {})
    first = min(margins, key=lambda name: name != "nr", default="")
    write_text(Path(path).with_suffix(".qml"), raster_style(Speech(lang).judged(first, notes.get(f"RECEIVER_{first}", ""))))


def _write_classes(
    path: Path, grid: Grid, margin_db: npt.NDArray[np.float32], profile: Mapping[str, Any], family: str, tags: Mapping[str, str]
) -> None:
    """The classes of a margin as bytes with a colour table, for programs that read no style."""
    import rasterio

    edges, colours = margin_classes()
    classes = np.searchsorted(edges, margin_db, side="right") - 1
    band = np.where(np.isnan(margin_db), NOTHING, np.clip(classes, 0, None)).astype(np.uint8)
    table = {index: (*(int(colour[k : k + 2], 16) for k in (1, 3, 5)), 255) for index, colour in enumerate(colours)}
    kind = {**profile, "dtype": "uint8", "count": 1, "nodata": NOTHING, "predictor": "NO"}
    with atomic_path(path) as part, rasterio.open(part, "w", **kind) as target:
        target.write(band, 1)
        target.write_colormap(1, {**table, NOTHING: (255, 255, 255, 0)})
        target.set_band_description(1, f"{family} margin class {tags.get(f'RECEIVER_{family}', '')}".strip())
        target.update_tags(**tags, LOWER_EDGES_DB=json.dumps(edges))


def _local_numbers(server: npt.NDArray[np.int32], sector_ids: Sequence[str]) -> tuple[npt.NDArray[np.float32], list[str]]:
    """Servers numbered from 0 among those that occur here, as float32 (exact to 2**24), and their ids."""
    known = np.unique(server[server != NO_SERVER])
    position = np.searchsorted(known, server) if len(known) else np.zeros(server.shape, np.int64)
    band = np.where(server == NO_SERVER, np.nan, position).astype(np.float32)
    return band, [str(sector_ids[index]) for index in known]
