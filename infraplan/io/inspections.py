"""Filled gap sheets come back: the measurements of an inspection, read from the workbook that was sent out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from infraplan.errors import DataError, Fault
from infraplan.files import sha256
from infraplan.io.opening import existing_file, reading, refuse_bombs
from infraplan.io.table_files import write_csv
from infraplan.messages import LANGUAGES, both, say
from infraplan.policy.inspection import measurements
from infraplan.tables.faults import FaultList

MOST_TITLE_ROWS = 30
FILE_NAME = "inspections.csv"


def read_inspection(path: str | Path, ids: Iterable[str]) -> pd.DataFrame:
    """Measurements of a filled gap sheet; `ids` are the villages and places that exist.

    Every sheet with a column for the measured RSRP is read, the titles above its headings are passed over.

    Raises
    ------
    DataError
        No such sheet, or anything wrong in its rows, each fault with the row that Excel shows.
    """
    from python_calamine import CalamineWorkbook

    file = existing_file(path)
    known, digest = list(ids), sha256(file)
    tables, faults = [], []
    with reading(file):
        refuse_bombs(file)
        book = CalamineWorkbook.from_path(str(file))
        for name in book.sheet_names:
            table = _filled(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            if table is None:
                continue
            try:
                tables.append(
                    measurements(table.drop(columns="_row"), known, source=file.name, sha256=digest, rows=table["_row"].to_numpy())
                )
            except DataError as error:
                faults += error.fault_list
    if faults:
        raise DataError(faults)
    if not tables:
        raise DataError(Fault(file.name, both("inspections.no_sheet"), both("inspections.no_sheet_cure"), rule="no-inspection-sheet"))
    return pd.concat(tables, ignore_index=True)


def _filled(rows: list[list[Any]]) -> pd.DataFrame | None:
    """The table below the row of headings, with Excel's row numbers; None where a sheet has no column for the measurement."""
    wanted = {say("policy.head_measured", lang) for lang in LANGUAGES}
    for number, row in enumerate(rows[:MOST_TITLE_ROWS]):
        names = [str(cell).strip() for cell in row]
        if wanted & set(names):
            body = [[*cells, number + offset] for offset, cells in enumerate(rows[number + 1 :], start=2)]
            return pd.DataFrame(body, columns=[*names, "_row"], dtype=object).loc[:, lambda frame: ~frame.columns.duplicated()]
    return None


def read_measured(folder: Path) -> pd.DataFrame | None:
    """Measurements that earlier imports left beside study.toml; None without any."""
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    with reading(path):
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        return table.assign(rsrp_dbm=table["rsrp_dbm"].astype(float), indoors=table["indoors"] == "True", row=table["row"].astype(int))


def unheard(table: pd.DataFrame, ids: Collection[str], services: Collection[str]) -> list[Fault]:
    """Warnings of measurements that change nothing: of a place that is gone from the study, of a service that it does not predict."""
    faults = FaultList(file=FILE_NAME, rows=np.arange(2, len(table) + 2))
    faults.at(~table["id"].isin(list(ids)).to_numpy(), "inspections.no_place", "id", table["id"].to_numpy(object), severity="warning")
    other = ~table["service"].isin(list(services)).to_numpy()
    faults.at(other, "inspections.no_service", "service", table["service"].to_numpy(object), severity="warning",
              services=", ".join(services))  # fmt: skip
    return faults.items


def add_measured(folder: Path, fresh: pd.DataFrame) -> int:
    """Add measurements to those beside study.toml; a file imported before is replaced, not counted twice. How many there are now."""
    before = read_measured(folder)
    kept = None if before is None else before.loc[~before["sha256"].isin(set(fresh["sha256"]))]
    table = fresh if kept is None or kept.empty else pd.concat([kept, fresh], ignore_index=True)
    write_csv(folder / FILE_NAME, table)
    return len(table)
