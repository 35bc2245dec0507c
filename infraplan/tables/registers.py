"""The contract of a register: figures and lists without coordinates (subscribers, projects, reported numbers), each row of one zone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Texts
from infraplan.common_fields import Field
from infraplan.fields import REGISTER
from infraplan.tables.column_conversion import converted
from infraplan.tables.faults import FaultList, row_runs
from infraplan.tables.values import folded, no_answer, numbers, texts
from infraplan.tables.zone_codes import ADMINISTRATIVE_CODE, code_of_level
from infraplan.tables.zone_parents import ancestors, levels_present
from infraplan.tables.zoning import ZoneIndex, zone_codes, zones_of_sheets

ZONE_COLUMNS = ("adcode", "county", "city")


def check_register(frame: pd.DataFrame, faults: FaultList | None = None, *, zones: Any = None) -> pd.DataFrame:
    """A register that keeps the contract, or one DataError with every fault.

    Parameters
    ----------
    frame : DataFrame
        Any columns; those of `fields.REGISTER` are checked, the others become numbers where all their cells are, else text.
    faults : FaultList, optional
        Where the rows are in their file, and what the reader has found already.
    zones : GeoDataFrame, optional
        Checked zones: names and codes of counties, cities and `adcode` become codes. A name of no zone is kept empty, with a
        warning: the row counts outside every zone.

    Returns
    -------
    DataFrame
        county, city and adcode always (text, "" where unknown), synthetic, then the columns of the file. A row that names its zone by
        `adcode` alone has that code as `province`, `city` and `county`: each level uses the codes it has.

    Raises
    ------
    DataError
        A number, a yes or a code that cannot be read.
    """
    faults = faults or FaultList()
    faults.rows = np.arange(1, len(frame) + 1) if faults.rows is None else faults.rows
    if not len(frame):
        faults.add("tables.empty_register", severity="warning")
    columns: dict[str, Any] = {}
    for field in REGISTER:
        if field.name in frame:
            typed = converted(frame[field.name].reset_index(drop=True), field, faults)
            columns[field.name] = typed.fillna(False).astype(bool) if field.kind == "boolean" else typed
        elif field.name in ZONE_COLUMNS:
            columns[field.name] = pd.Series([""] * len(frame), dtype=str)
    columns.setdefault("synthetic", pd.Series([False] * len(frame), dtype=bool))
    for name in ("value", "subscribers"):
        if name in frame:
            empty = np.asarray(no_answer(texts(frame[name])), dtype=bool)
            faults.at(empty, "tables.empty_figure", name, severity="warning")
    columns |= _zoned({name: columns[name].to_numpy(object) for name in ZONE_COLUMNS}, zones, faults)
    if len(frame) and not any(name in frame or (columns[name] != "").any() for name in ZONE_COLUMNS):
        faults.add("tables.register_without_zone", severity="warning")
    rest = {name: _free(frame[name].reset_index(drop=True)) for name in frame.columns if name not in columns and name != "geometry"}
    faults.stop()
    faults.warn()
    done = pd.DataFrame({**columns, **rest})
    done.attrs["faults"] = faults.records()
    done.attrs["file"], done.attrs["sheet"] = faults.file, faults.sheet
    if len(faults.rows) == len(done):
        done.attrs["row_runs"], done.attrs["row_count"] = row_runs(faults.rows), len(done)
    return done


def wrong_cells(table: pd.DataFrame, column: str, kind: str, faults: FaultList) -> None:
    """Faults of the cells of a free column that are not of the kind that a policy needs: kind "number" or "boolean".

    Empty cells are none.
    """
    converted(table[column].reset_index(drop=True), Field(column, column, column, kind, example="100"), faults)


def _zoned(cells: dict[str, Texts], zones: Any, faults: FaultList) -> dict[str, Any]:
    """Codes of the zones that the rows name, one column a level."""
    if zones is None:
        made = {name: np.array([code_of_level(cell, name) if ADMINISTRATIVE_CODE.fullmatch(cell) else cell for cell in cells[name]],
                               dtype=object) for name in ("county", "city")}  # fmt: skip
        made["adcode"] = cells["adcode"]
    else:
        zone_faults = FaultList(
            faults.file, faults.sheet, faults.rows, faults.headings, sheets=faults.sheets, headings_of=faults.headings_of
        )
        city = zone_codes(cells["city"], zones, "city", zone_faults, "city")
        made = {"city": city, "county": zone_codes(cells["county"], zones, "county", zone_faults, "county", city)}
        made["adcode"] = _any_level(cells["adcode"], zones, zone_faults)
        faults.items += [replace(item, severity="warning") for item in zone_faults.items]
        by_sheet = zones_of_sheets(np.asarray((cells["county"] == "") & (cells["city"] == "") & (cells["adcode"] == "")), zones, faults)
        for name, codes in by_sheet.items():
            faults.at(codes != "", "tables.zone_of_sheet", name, codes, severity="warning")
            made[name] = np.where(codes != "", codes, made[name]).astype(object)
    alone = (made["county"] == "") & (made["city"] == "") & (made["adcode"] != "")
    codes_by_level = {name: np.where(alone, made["adcode"], made[name]).astype(object) for name in ("county", "city")}
    codes_by_level["province"] = np.where(alone, made["adcode"], "").astype(object)
    codes_by_level["adcode"] = made["adcode"]
    return {name: pd.Series(list(values), dtype=str) for name, values in codes_by_level.items()}


def _any_level(cells: Texts, zones: Any, faults: FaultList) -> Texts:
    """The code of the zone of any level that each cell names; "" with a fault where none or several are meant."""
    found = {cell: _codes_meant(cell, zones) for cell in dict.fromkeys(cells) if cell}
    unknown = np.array([bool(cell) and not found[cell] for cell in cells], dtype=bool)
    many = np.array([bool(cell) and len(found[cell]) > 1 for cell in cells], dtype=bool)
    faults.at(unknown, "tables.unknown_zone", "adcode", cells, nearest="")
    faults.at(many, "tables.ambiguous_zone", "adcode", cells, detail=lambda row: {"candidates": ", ".join(found[cells[row]][:8])})
    return np.array([found[cell][0] if cell and len(found[cell]) == 1 else "" for cell in cells], dtype=object)


def _codes_meant(cell: str, zones: Any) -> list[str]:
    if (zones["adcode"] == cell).any():
        return _one_place(cell, zones)
    if ADMINISTRATIVE_CODE.fullmatch(cell) and len(cell) < 9:
        padded = cell.ljust(6, "0")
        if (zones["adcode"] == padded).any():
            return [padded]
    for level in ("county", "city", "province"):
        codes = ZoneIndex.of(zones, level).candidates(str(folded(np.array([cell], dtype=object))[0]))
        if codes:
            return codes
    return []


def _one_place(code: str, zones: Any) -> list[str]:
    """A code, or, where zones of several levels that do not lie in one another have it, each of them with its level."""
    levels = [level for level in levels_present(zones) if (zones["adcode"][zones["level"] == level] == code).any()]
    nested = all(ancestors(zones, fine).at[code, coarse] == code for place, fine in enumerate(levels) for coarse in levels[:place])
    return [code] if nested else [f"{level} {code}" for level in levels]


def _free(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of no field: numbers where every cell is one, else text."""
    read, unread = numbers(column)
    return pd.Series(read) if np.isfinite(read).any() and not unread.any() else pd.Series(texts(column), dtype=str)
