"""The measurements that inspectors wrote into a gap sheet. `coverage.measurements` lets them override the prediction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.errors import DataError
from infraplan.outputs import by_heading, column, types
from infraplan.tables.column_types import typed
from infraplan.tables.families import family_of
from infraplan.tables.faults import FaultList
from infraplan.tables.radio_names import operator_names, operator_sets, service_words
from infraplan.tables.values import dates, folded, numbers, texts

TYPES = types("measured")
COLUMNS = tuple(TYPES)
RSRP_DBM = (-156.0, -31.0)
"""Reportable range of SS-RSRP (3GPP TS 38.133 Table 10.1.6.1-1)."""

WANTED = ("rsrp_dbm", "network", "band", "device", "indoors", "date", "inspector", "result", "closed", "remark", "id")
INDOORS = {"室内": True, "屋内": True, "indoor": True, "indoors": True, "室外": False, "户外": False, "outdoor": False, "outdoors": False}
ID_TEXT = re.compile(r"(?:编号|\bid)\s*[:：]?\s*([^；;\s]+)", re.IGNORECASE)


def measurements(
    sheet: pd.DataFrame,
    places: Any,
    *,
    source: str = "",
    sha256: str = "",
    rows: Any = None,
    own_services: Mapping[str, str] | None = None,
    own_operators: Sequence[str] = (),
) -> pd.DataFrame:
    """The measurements of a filled gap sheet, one row each.

    Parameters
    ----------
    sheet : DataFrame
        The sheet as it came back, Chinese or English headings of `gaps_annex(..., tests=True)`; rows without a measured RSRP are not
        measurements. The id is taken from the column of codes, else from the remarks.
    places : iterable of str
        Ids that exist: villages and places.
    source, sha256 : str
        Name and hash of the original file, kept with every row.
    rows : array_like of int, optional
        Row numbers of the file, for its faults; by default those of a sheet with its headings in row 1.
    own_services : mapping, optional
        Family of every service beyond the presets that a band may name.
    own_operators : sequence of str
        Networks of the study's own operators; those of the presets without them.

    Returns
    -------
    DataFrame
        id, operator (cmcc | cbn | ctcc | cucc, or one of the study's own), service, family, rsrp_dbm, indoors (bool), date (ISO),
        inspector, device, result, closed, source, sha256, row.

    Raises
    ------
    DataError
        Every fault at once: no number, unknown place, operator, band, day, no inspector, neither indoors nor outdoors.
    """
    frame = _named(sheet)
    number = np.arange(2, len(sheet) + 2) if rows is None else np.asarray(rows, dtype=np.int64)
    filled = texts(frame["rsrp_dbm"]) != ""
    frame, number = frame.loc[filled].reset_index(drop=True), number[filled]
    cells, faults = {name: texts(frame[name]) for name in WANTED}, FaultList(file=source, rows=number)

    def refuse(wrong: Any, rule: str, name: str, values: Any = None, **known: Any) -> None:
        faults.at(np.asarray(wrong, dtype=bool), rule, column("gaps", name).zh, cells[name] if values is None else values, **known)

    value, unreadable = numbers(frame["rsrp_dbm"], "dBm") if len(frame) else (np.zeros(0), np.zeros(0, dtype=bool))
    with np.errstate(invalid="ignore"):
        refuse(unreadable | ~((value >= RSRP_DBM[0]) & (value <= RSRP_DBM[1])), "policy.not_rsrp", "rsrp_dbm")
    place = _ids(cells)
    refuse(~np.isin(place.astype(str), np.asarray(list(places), dtype=str)), "policy.unknown_place", "remark", place)
    operator = operator_sets(frame["network"], FaultList(), own=own_operators)
    several = [code == "" or "+" in code for code in operator]
    if own_operators:
        refuse(several, "tables.not_own_operator", "network", known=", ".join(operator_names(own_operators).values()))
    else:
        refuse(several, "policy.measured_operator", "network")
    own = own_services or {}
    by_folded = dict(zip(folded(np.array(list(own), dtype=object)), own, strict=True)) if own else {}
    bands = folded(cells["band"])
    service = np.array([service_of_band(band, code, by_folded) for band, code in zip(bands, operator, strict=True)], dtype=object)
    refuse(service == "", "policy.measured_band", "band")
    where = [INDOORS.get(cell) for cell in folded(cells["indoors"])]
    refuse([answer is None for answer in where], "policy.measured_where", "indoors")
    day, no_day = dates(frame["date"])
    refuse(no_day | (day == ""), "policy.measured_date", "date")
    refuse(cells["inspector"] == "", "policy.measured_inspector", "inspector")
    if faults.items:
        raise DataError(faults.items)
    read = {
        "id": place, "operator": operator, "service": service, "family": [family_of(name, own) for name in service], "rsrp_dbm": value,
        "indoors": np.array(where, dtype=bool), "date": day, "source": source, "sha256": sha256, "row": number,
    }  # fmt: skip
    return typed(cells | read, TYPES)


def _named(sheet: pd.DataFrame) -> pd.DataFrame:
    """The sheet with our names of its columns; what is absent is empty."""
    known = by_heading("gaps") | {"id": "id"}
    found = {head: known[str(head).strip()] for head in sheet.columns if known.get(str(head).strip()) in WANTED}
    frame = sheet[list(found)].rename(columns=found)
    return frame.assign(**{name: "" for name in WANTED if name not in frame})


def _ids(cells: Mapping[str, Any]) -> npt.NDArray[np.object_]:
    found = [ID_TEXT.search(remark) for remark in cells["remark"]]
    return np.array([own or (match[1] if match else "") for own, match in zip(cells["id"], found, strict=True)], dtype=object)


def service_of_band(band: str, operator: str, own: Mapping[str, str]) -> str:
    """The one service a word for a band means; "" where it means none or several."""
    answer = service_words(band, operator, own) if band else None
    names = [name for name in answer[0].split(";") if name] if answer else []
    return names[0] if len(names) == 1 and answer is not None and not answer[1] else ""
