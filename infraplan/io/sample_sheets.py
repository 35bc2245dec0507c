"""Reading a sample's workbook back: its design, and whether the filled sheet still belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from infraplan.errors import DataError, Fault
from infraplan.io.inspections import FILE_NAME
from infraplan.io.opening import existing_file, reading, refuse_bombs
from infraplan.io.table_files import write_csv
from infraplan.messages import LANGUAGES, both, say
from infraplan.outputs import by_heading, column, types
from infraplan.policy.sample_designs import DIGITS, KEYS, Sample
from infraplan.tables.column_types import typed
from infraplan.tables.faults import FaultList
from infraplan.tables.values import numbers, texts

MOST_TITLE_ROWS = 30
SAME = ("operator", "service", "indoors")
"""What a second measurement of a place repeats."""


def read_design(path: str | Path) -> Sample | None:
    """The design in the workbook of a sample; None for a workbook that is no sample, such as a gap list.

    Raises
    ------
    DataError
        A sheet to fill in without its design, or a design that is not as it was written.
    """
    from python_calamine import CalamineWorkbook

    file = existing_file(path)
    with reading(file):
        refuse_bombs(file)
        book = CalamineWorkbook.from_path(str(file))
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    known = {key: {say(f"samples.sheet_{key}", lang) for lang in LANGUAGES} for key in ("visits", "design", "stub", "totals")}
    found = {key: next((rows for name, rows in sheets.items() if name.strip() in names), None) for key, names in known.items()}
    drawn = {column("sample", "probability").label(lang) for lang in LANGUAGES}
    parts = [found[key] for key in ("design", "stub", "totals")]
    if all(part is None for part in parts):
        if any(drawn & {str(cell).strip() for cell in row} for rows in sheets.values() for row in rows[:MOST_TITLE_ROWS]):
            raise DataError(Fault(file.name, both("samples.no_design"), both("samples.no_design_fix"), rule="no_design"))
        return None
    changed = Fault(file.name, both("samples.design_changed"), both("samples.design_changed_fix"), rule="design_changed")
    if any(part is None for part in parts):
        raise DataError(changed)
    about, stub, totals = (
        _pairs(found["design"] or []),
        _table(found["stub"] or [], "sample_stub"),
        _table(found["totals"] or [], "sample_totals"),
    )
    if stub is None or totals is None or not len(stub):
        raise DataError(changed)
    sample = Sample(pd.DataFrame(), stub, totals, {name: about.get(name, "") for name in KEYS})
    if sample.key != about.get("key", ""):
        raise DataError(changed)
    return sample


def _pairs(rows: list[list[Any]]) -> dict[str, str]:
    """The keys of a design and their values."""
    return {str(row[0]).strip(): _written(row[1]) for row in rows if len(row) > 1 and str(row[0]).strip() in (*KEYS, "key")}


def _written(cell: Any) -> str:
    """A cell as it was written; a spreadsheet may have made a number of it."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _table(rows: list[list[Any]], name: str) -> pd.DataFrame | None:
    """A sheet of raw values; None where it has lost a column or holds what is no number."""
    known = by_heading(name)
    for number, row in enumerate(rows[:MOST_TITLE_ROWS]):
        heads = [known.get(str(cell).strip(), "") for cell in row]
        if "city" not in heads:
            continue
        frame = pd.DataFrame(rows[number + 1 :], columns=range(len(row)), dtype=object)
        frame = frame.rename(columns=dict(enumerate(heads)))[[head for head in heads if head]]
        frame = frame.loc[(texts(frame.iloc[:, 0]) != "") | (texts(frame.iloc[:, 1]) != "")].reset_index(drop=True)
        if set(types(name)) - set(frame):
            return None
        cells: dict[str, Any] = {}
        for key, kind in types(name).items():
            if kind == "str":
                cells[key] = [_written(cell) if cell is not None else "" for cell in frame[key]]
            else:
                values, wrong = numbers(frame[key])
                if wrong.any() or np.isnan(values).any():
                    return None
                cells[key] = values.round(DIGITS)
        return typed(cells, types(name))
    return None


def check_filled(sample: Sample, fresh: pd.DataFrame, before: pd.DataFrame | None, ids: Iterable[str], path: str | Path) -> pd.DataFrame:
    """The measurements of a filled sample, marked as its own, those of other files of the sample left out that say the same.

    Parameters
    ----------
    fresh : DataFrame
        `read_inspection(path, ...)`.
    before : DataFrame, optional
        Measurements that the study has already, of other files than those that are to be replaced.
    ids : iterable of str
        Villages that the study has now.

    Raises
    ------
    DataError
        Every fault at once: villages that the study no longer has, rows that are not in the sample or whose code was changed, two results
        of one village, network, band and position in this file or in an earlier one.
    """
    name, known = Path(path).name, set(ids)
    faults = FaultList(file=name, sheet=say("samples.sheet_stub"))
    lost = [one for one in sample.stub["id"] if one not in known]
    faults.rows = np.arange(6, 6 + len(sample.stub))
    drawn = sample.stub["id"].to_numpy(object)
    faults.at(~sample.stub["id"].isin(list(known)).to_numpy(), "samples.gone", column("sample", "id").zh, drawn,
              lost=len(lost), visits=len(drawn))  # fmt: skip
    rows = FaultList(file=name, rows=fresh["row"].to_numpy(np.int64))
    cells = fresh["id"].astype(str).to_numpy(object)
    rows.at(~np.isin(cells.astype(str), sample.stub["id"].to_numpy(str)), "samples.not_drawn", column("sample", "id").zh, cells)
    _changed_rows(sample, fresh, rows, path)
    _two_results(fresh, fresh, rows, cells, name)
    earlier = before.loc[before["sample"] == sample.key] if before is not None and "sample" in before else None
    if earlier is not None and len(earlier):
        _two_results(fresh, earlier, rows, cells, name)
    faults.items += rows.items
    faults.stop()
    own = fresh.drop_duplicates(["id", *SAME, "rsrp_dbm", "date"]).assign(sample=sample.key)
    if earlier is None or not len(earlier):
        return own
    keys = ["id", *SAME, "rsrp_dbm"]
    said = pd.MultiIndex.from_frame(own[keys]).isin(pd.MultiIndex.from_frame(earlier[keys]))
    return own.loc[~said].reset_index(drop=True)


def _changed_rows(sample: Sample, fresh: pd.DataFrame, rows: FaultList, path: str | Path) -> None:
    """Faults of rows whose code is that of another village of the sample: their name and probability do not fit it."""
    filled = _filled_rows(path)
    if filled is None:
        return
    known = sample.stub.set_index("id")
    stated = filled.reindex(fresh["row"].to_numpy())
    for name in ("name", "probability"):
        if name not in stated:
            continue
        expected = known[name].reindex(fresh["id"].astype(str)).to_numpy()
        if name == "name":
            wrong = (texts(stated[name]) != np.asarray(expected, dtype=object)) & pd.notna(expected) & (texts(stated[name]) != "")
        else:
            values, unread = numbers(stated[name])
            wrong = unread | (np.abs(values - expected.astype(float)) > 10.0**-DIGITS)
        rows.at(np.asarray(wrong, dtype=bool), "samples.changed_row", column("sample", name).zh, texts(stated[name]),
                detail=_each(expected))  # fmt: skip


def _each(expected: Any) -> Callable[[int], Mapping[str, object]]:
    """What the stub says, for each row."""
    return lambda at: {"expected": str(expected[at])}


def _filled_rows(path: str | Path) -> pd.DataFrame | None:
    """Name and probability of the rows of the sheet to fill in, by the row that Excel shows."""
    from python_calamine import CalamineWorkbook

    known = by_heading("sample")
    book = CalamineWorkbook.from_path(str(path))
    for sheet in book.sheet_names:
        table = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        for number, row in enumerate(table[:MOST_TITLE_ROWS]):
            heads = [known.get(str(cell).strip(), "") for cell in row]
            if "rsrp_dbm" in heads and "probability" in heads:
                frame = pd.DataFrame(table[number + 1 :], columns=range(len(row)), dtype=object).rename(columns=dict(enumerate(heads)))
                return frame[["name", "probability"]].set_axis(range(number + 2, number + 2 + len(frame)))
    return None


def _two_results(fresh: pd.DataFrame, others: pd.DataFrame, rows: FaultList, cells: Any, name: str) -> None:
    """Faults of rows that state another RSRP than another row of the same village, operator, band and position."""
    keys = ["id", *SAME]
    seen: dict[Any, list[tuple[float, str, int]]] = {}
    for key, *said in zip(others[keys].itertuples(index=False, name=None), others["rsrp_dbm"].tolist(), others["source"].tolist(),
                          others["row"].tolist(), strict=True):  # fmt: skip
        seen.setdefault(key, []).append((float(said[0]), str(said[1]), int(said[2])))
    wrong, detail = np.zeros(len(fresh), dtype=bool), [{"other": "", "dbm": ""} for _ in range(len(fresh))]
    own = zip(fresh[keys].itertuples(index=False, name=None), fresh["rsrp_dbm"].tolist(), strict=True)
    for at, (key, value) in enumerate(own):
        for dbm, source, number in seen.get(key, []):
            if dbm != float(value):
                wrong[at] = True
                detail[at] = {"other": both("samples.row_of", file="" if source == name else source, row=number), "dbm": f"{dbm:g}"}
    rows.at(wrong, "samples.two_results", column("gaps", "rsrp_dbm").zh, fresh["rsrp_dbm"].map("{:g}".format).to_numpy(object),
            detail=lambda at: detail[at])  # fmt: skip


def with_earlier(sample: Sample, fresh: pd.DataFrame, before: pd.DataFrame | None, ids: Iterable[str], path: str | Path, *,
                 overwrite: bool = False) -> pd.DataFrame:  # fmt: skip
    """All measurements of the study with those of a filled sample, checked by `check_filled`; nothing is written.

    `overwrite`: what this file says takes the place of what earlier files said of the same village, operator, band and position.

    Raises
    ------
    DataError
        As `check_filled`; without `overwrite` a file that was read before.
    """
    same = np.zeros(0, dtype=bool) if before is None else before["sha256"].isin(set(fresh["sha256"])).to_numpy(dtype=bool)
    if same.any() and not overwrite:
        raise DataError(
            Fault(Path(path).name, both("samples.read_before", rows=int(same.sum())), both("samples.read_before_fix"), rule="read_before")
        )
    kept = before
    if before is not None and overwrite:
        keys = ["id", *SAME]
        again = (
            pd.MultiIndex.from_frame(before[keys]).isin(pd.MultiIndex.from_frame(fresh[keys])) & (before["sample"] == sample.key).to_numpy()
        )
        kept = before.loc[~(again | same)]
    own = check_filled(sample, fresh, kept, ids, path)
    return own if kept is None or kept.empty else pd.concat([kept, own], ignore_index=True)


def write_measured(folder: Path, table: pd.DataFrame) -> None:
    """Write the measurements beside study.toml, whole or not at all."""
    write_csv(folder / FILE_NAME, table)
