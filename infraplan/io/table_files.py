"""Writing of tables as CSV, Excel or a vector file, chosen by the suffix; text stays text in every program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from infraplan.errors import UsageError
from infraplan.files import atomic_path
from infraplan.messages import both

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]\d+(\.\d+)?")
PLAIN = (".csv", ".xlsx")  # tables without a place
SUFFIXES = (*PLAIN, ".gpkg", ".geojson")


def write_csv(path: str | Path, frame: pd.DataFrame) -> None:
    """UTF-8 with a byte-order mark, which Excel and WPS need.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    with atomic_path(path) as part:
        _harmless(frame).to_csv(part, index=False, encoding="utf-8-sig", lineterminator="\n")


def write_table(frame: Any, path: str | Path) -> None:
    """A frame to .csv, .xlsx, .gpkg or .geojson; the last two need a geometry, or columns lon and lat."""
    path = Path(path)
    suffix = known_suffix(path)
    plain = pd.DataFrame(frame.drop(columns="geometry")) if "geometry" in frame else frame
    if suffix == ".csv":
        write_csv(path, plain)
    elif suffix == ".xlsx":
        _write_xlsx(path, plain)
    else:
        _write_vector(path, frame, "GPKG" if suffix == ".gpkg" else "GeoJSON")


def known_suffix(path: Path, known: tuple[str, ...] = SUFFIXES) -> str:
    """The suffix of a file to write, lower case; one that is not `known` is refused with the list."""
    suffix = path.suffix.lower()
    if suffix not in known:
        raise UsageError(both("table_files.unknown_suffix", suffix=suffix or path.name, known=" ".join(known)))
    return suffix


def _as_text(value: Any) -> Any:
    """A cell of a free column as a layer can hold it: lists joined, dates as ISO text, numbers and truth as they are."""
    if value is None or value is pd.NA or value is pd.NaT or isinstance(value, bool | int | float | str):
        return None if value is pd.NA or value is pd.NaT else value
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | set | frozenset) else str(value)


def _harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Text cells; an apostrophe in front of those that begin like a formula and are no number."""
    changed = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_string_dtype(column.dtype) or column.dtype == object:
            risky = column.map(lambda cell: isinstance(cell, str) and cell.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(cell))
            if risky.any():
                changed[name] = column.astype(object).where(~risky.astype(bool), "'" + column.astype(str))
    return frame.assign(**changed) if changed else frame


def _write_xlsx(path: Path, frame: pd.DataFrame) -> None:
    import xlsxwriter

    with (
        atomic_path(path) as part,
        xlsxwriter.Workbook(part, {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}) as book,
    ):
        sheet = book.add_worksheet("data")
        head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
        for column, name in enumerate(frame.columns):
            sheet.write_string(0, column, str(name), head)
            for row, value in enumerate(frame[name].tolist(), start=1):
                if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
                    continue
                if isinstance(value, bool | int | float):
                    sheet.write(row, column, value)
                else:
                    sheet.write_string(row, column, str(value))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(frame), 1), max(len(frame.columns) - 1, 0))


def _write_vector(path: Path, frame: Any, driver: str) -> None:
    import geopandas as gpd

    if "geometry" not in frame:
        if not {"lon", "lat"} <= set(frame.columns):
            raise UsageError(both("table_files.no_place", file=path.name))
        frame = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=4326)
    text = {name: frame[name].map(_as_text) for name in frame.columns if str(frame[name].dtype) in ("category", "object")}
    with atomic_path(path) as part:
        frame.assign(**text).to_file(part, driver=driver, layer=path.stem, engine="pyogrio")
