"""Tables of transmitters with their powers, and of measured points: read, placed, typed; every column of the file is kept beside."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.coverage.transmitters import Transmitters, transmitters_of_cells
from infraplan.errors import DataError
from infraplan.fields import LOCATING, TABLES
from infraplan.io.coordinates import choose_datum, locate
from infraplan.io.file_kinds import Source, load_source
from infraplan.io.file_parts import Wanted
from infraplan.io.heading_matching import datum_of, recognise, units_of
from infraplan.io.patterns import pattern_paths, read_patterns
from infraplan.presets import load
from infraplan.tables.column_conversion import converted, report_unread
from infraplan.tables.faults import FaultList, row_runs
from infraplan.tables.frames import report_repeated
from infraplan.tables.values import no_answer, numbers, texts

LOCAL = "local"
PLANE = ("x_m", "y_m")
POWERS = ("rs_power_dbm", "eirp_dbm")


@dataclass(frozen=True)
class PlacedTable:
    """A table as it is in its file (`given`), and its known columns typed, with lon and lat or x_m and y_m (`frame`), row by row."""

    given: pd.DataFrame
    frame: pd.DataFrame
    faults: FaultList


def placed_table(
    source: Source, table: str, *, crs: str | None = None, datum: str | None = None, sheet: Wanted = None, encoding: str | None = None
) -> PlacedTable:
    """Known columns of the first fitting part of a file; its faults are in `faults`, not raised yet."""
    raw = load_source(source, table, sheet=sheet, encoding=encoding)[0]
    raw.faults.rows = raw.rows
    geometry = raw.frame.geometry.name if isinstance(raw.frame, gpd.GeoDataFrame) else None
    headings = [str(name) for name in raw.frame.columns]
    taken = recognise(["" if name == geometry else name for name in headings], table)
    place = {name: position for position, name in taken.items()}
    faults = raw.faults
    faults.headings = {name: headings[position] for name, position in place.items()}
    faults.units = units_of(headings, taken, table)
    columns = {name: raw.frame[headings[position]] for name, position in place.items()}
    located = _located(raw.frame, columns, geometry, crs, choose_datum(datum, datum_of(headings, taken), faults), faults)
    typed = {
        field.name: converted(columns[field.name], field, faults).to_numpy()
        for field in TABLES[table]
        if field.name in columns and field.name not in (*LOCATING, *PLANE)
    }
    for field in TABLES[table]:
        if field.required and field.name not in typed:
            faults.add("tables.missing_column", column=field.zh, zh=field.zh, en=field.en, aliases=", ".join(field.aliases[:6]))
    frame = pd.DataFrame({**typed, **located})
    frame.attrs["file"], frame.attrs["sheet"] = faults.file, faults.sheet
    frame.attrs["row_runs"], frame.attrs["row_count"] = row_runs(raw.rows), len(frame)
    given = pd.DataFrame(raw.frame.drop(columns=[geometry])) if geometry else raw.frame
    return PlacedTable(given, frame, faults)


def _located(
    frame: pd.DataFrame, columns: dict[str, pd.Series], geometry: str | None, crs: str | None, datum: str, faults: FaultList
) -> dict[str, np.ndarray]:
    """x_m and y_m of a plane without a CRS, else lon and lat."""
    plane = [columns.get(name, columns.get(other)) for name, other in zip(PLANE, ("lon", "lat"), strict=True)]
    if crs == LOCAL:
        found = {}
        for name, column in zip(PLANE, plane, strict=True):
            if column is None:
                faults.add("tables.missing_column", column=name, zh=name, en=name, aliases=name)
                found[name] = np.full(len(frame), np.nan)
                continue
            found[name], unread = numbers(column, "m")
            report_unread(unread, "io.bad_coordinate", name, column, faults)
            faults.at(np.isnan(found[name]) & ~unread, "io.no_coordinate", name, texts(column))
        return found
    if geometry is not None:
        assert isinstance(frame, gpd.GeoDataFrame)
        whole = locate(frame[[geometry]], faults, datum=datum, crs=crs)
    else:
        metres = columns.get("x_m") is not None and columns.get("y_m") is not None
        if metres and crs is None and "lon" not in columns and "lonlat" not in columns:
            faults.add("io.plane_without_crs", column="x_m")
            faults.stop()
        given = {name: columns[name] for name in ("lon", "lat", "lonlat") if name in columns}
        if crs is not None and metres:
            given = {"lon": columns["x_m"], "lat": columns["y_m"]}
        whole = locate(pd.DataFrame(given, index=frame.index).reset_index(drop=True), faults, datum=datum, crs=crs)
    points = whole.geometry
    points = points.where(points.geom_type == "Point", points.representative_point()) if geometry is not None else points
    return {"lon": points.x.to_numpy(float), "lat": points.y.to_numpy(float)}


def read_transmitters(
    source: Source,
    *,
    crs: str | None = None,
    datum: str | None = None,
    sheet: Wanted = None,
    encoding: str | None = None,
    folders: Collection[Path] = (),
) -> Transmitters:
    """Cells with their powers from a file or a frame, checked: one row a cell.

    Parameters
    ----------
    source : path or DataFrame
        Columns cell, height_m, frequency_mhz, rs_power_dbm (one resource element, before the antenna) or eirp_dbm, and lon, lat or x_m,
        y_m; optional site, azimuth_deg (blank: omni), electrical_tilt_deg, mechanical_tilt_deg or tilt_deg, antenna, environment, band,
        operator, pci, ground_m, building_m, clutter_class. Further columns are ignored.
    crs : str, optional
        CRS of x_m, y_m, such as "EPSG:4547"; "local" for a plane without one.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of lon and lat. Default: what a heading names, else WGS-84.
    sheet : str or int or list, optional
        Sheets or layers, by name or number from 1.
    encoding : str, optional
        Encoding of a text file; found out by default.
    folders : collection of Path
        Where pattern files are looked for, after the file's own folder.

    Returns
    -------
    Transmitters
        For `predict_points` and `calibrate`. A cell without an antenna has the preset's.

    Raises
    ------
    DataError
        Every fault of the file at once: no position, height, frequency or power, a cell twice, an antenna that does not exist.

    Examples
    --------
    >>> import infraplan as ip
    >>> import pandas as pd
    >>> cells = pd.DataFrame(
    ...     {"cell": ["A1"], "lon": [104.05], "lat": [30.6], "height_m": [30], "frequency_mhz": [2585], "eirp_dbm": [29.0]}
    ... )
    >>> ip.read_transmitters(cells).frame[["cell", "antenna", "element_dbm"]].values.tolist()
    [['A1', 'omni', 29.0]]
    """
    read = placed_table(source, "transmitter", crs=crs, datum=datum, sheet=sheet, encoding=encoding)
    frame, faults = read.frame, read.faults
    for name in ("cell", "height_m", "frequency_mhz"):
        if name in frame:
            blank = frame[name].isna().to_numpy() | (frame[name].astype(str) == "").to_numpy()
            faults.at(blank & _blank_in_file(read, name), "tables.empty_cell", name)
    if "cell" in frame:
        report_repeated(frame["cell"].to_numpy(object), "cell", faults, skip=(frame["cell"] == "").to_numpy())
    power = np.any([frame[name].notna().to_numpy() for name in POWERS if name in frame] or [np.zeros(len(frame), bool)], axis=0)
    faults.at(~power, "io.cell_without_power", "rs_power_dbm")
    named = set(frame["antenna"]) - {""} if "antenna" in frame else set()
    own_folder = () if isinstance(source, pd.DataFrame) else (Path(source).parent,)
    paths = pattern_paths(named, (*own_folder, *folders))
    if "antenna" in frame:
        absent = ~frame["antenna"].isin({"", *paths, *load("antennas")}).to_numpy()
        faults.at(absent, "io.no_pattern", "antenna", frame["antenna"].to_numpy(object))
    faults.stop()
    antennas = read_patterns(paths)
    faults.warn()
    return transmitters_of_cells(frame, antennas)


def _blank_in_file(read: PlacedTable, name: str) -> np.ndarray:
    """Where the file has nothing: what cannot be read is a fault already."""
    return no_answer(texts(read.given[read.faults.headings[name]]))


def has_powers(source: Source, *, encoding: str | None = None) -> bool:
    """Whether a table says what its cells radiate, so that `read_transmitters` reads it; else it is a table of sites (`read_sites`)."""
    try:
        raw = load_source(source, "transmitter", encoding=encoding)[0]
    except DataError:
        return False
    return bool({*POWERS} & set(recognise([str(name) for name in raw.frame.columns], "transmitter").values()))


def read_measured(
    source: Source, *, crs: str | None = None, datum: str | None = None, sheet: Wanted = None, encoding: str | None = None
) -> pd.DataFrame:
    """Measured points (drive test, MR or MDT grid, crowd file) from a file or a frame: one row a point, in the order of the file.

    Parameters
    ----------
    source : path or DataFrame
        Columns lon, lat or x_m, y_m, or a grid id "lon_lat"; also cell, rsrp_dbm, samples, indoors, distance_m, date, band, operator, pci,
        ground_m, building_m, clutter_class, under the names that docs/data.md lists. Further columns are ignored.
    crs : str, optional
        CRS of x_m, y_m, such as "EPSG:4547"; "local" for a plane without one.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of lon and lat. Default: what a heading names, else WGS-84.
    sheet : str or int or list, optional
        Sheets or layers, by name or number from 1.
    encoding : str, optional
        Encoding of a text file; found out by default.

    Returns
    -------
    DataFrame
        The known columns, typed: levels in dBm, codes as text.

    Raises
    ------
    DataError
        Every fault of the file at once: cells that are no numbers, rows without a position.

    Examples
    --------
    >>> import infraplan as ip
    >>> import pandas as pd
    >>> table = pd.DataFrame({"栅格编号": ["113.0512_23.1034"], "平均RSRP": [-111.5], "采样点数": [820]})
    >>> ip.read_measured(table)[["lon", "lat", "rsrp_dbm", "samples"]].values.tolist()
    [[113.0512, 23.1034, -111.5, 820.0]]
    """
    read = placed_table(source, "measured", crs=crs, datum=datum, sheet=sheet, encoding=encoding)
    read.faults.stop()
    read.faults.warn()
    return read.frame
