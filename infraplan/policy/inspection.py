"""Measured truth read back: what inspectors wrote into a gap sheet. `coverage.measured` puts it on top of prediction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.errors import DataError
from infraplan.messages import LANGUAGES, say
from infraplan.tables.families import family_of
from infraplan.tables.faults import FaultList
from infraplan.tables.radio_words import operator_names, operator_sets, service_words
from infraplan.tables.typed import typed
from infraplan.tables.values import dates, folded, numbers, texts

TYPES = {
    **dict.fromkeys(("id", "operator", "service", "family"), "str"),
    "rsrp_dbm": "float64",
    "indoors": "bool",
    **dict.fromkeys(("date", "inspector", "device", "result", "closed", "source", "sha256"), "str"),
    "row": "int64",
}
COLUMNS = tuple(TYPES)
RSRP_DBM = (-156.0, -31.0)
"""Reportable range of SS-RSRP (3GPP TS 38.133 Table 10.1.6.1-1)."""

WANTED = {
    "measured": "rsrp", "operator": "operator", "band": "band", "device": "device", "where": "where", "inspected": "date",
    "inspector": "inspector", "result": "result", "closed": "closed", "remark": "remark",
}  # fmt: skip
INDOORS = {"室内": True, "屋内": True, "indoor": True, "indoors": True, "室外": False, "户外": False, "outdoor": False, "outdoors": False}
ID_TEXT = re.compile(r"(?:编号|\bid)\s*[:：]?\s*([^；;\s]+)", re.IGNORECASE)


def measurements(
    sheet: pd.DataFrame, places: Any, *, source: str = "", sha256: str = "", rows: Any = None,
    own_services: Mapping[str, str] | None = None, own_operators: Sequence[str] = (),
) -> pd.DataFrame:
    """The measurements of a filled gap sheet, one row each.

    Parameters
    ----------
    sheet : DataFrame
        The sheet as it came back, Chinese or English headings of `gaps_annex(..., tests=True)`; rows without a measured RSRP are not
        measurements. A column `id` stands for the id in the remarks.
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
    filled = (texts(frame["rsrp"]) != "") if "rsrp" in frame else np.zeros(len(frame), dtype=bool)
    frame, number = frame.loc[filled].reset_index(drop=True), number[filled]
    faults = FaultList(file=source, rows=number)
    value, unreadable = numbers(frame["rsrp"], "dBm") if len(frame) else (np.zeros(0), np.zeros(0, dtype=bool))
    with np.errstate(invalid="ignore"):
        wrong = unreadable | ~((value >= RSRP_DBM[0]) & (value <= RSRP_DBM[1]))
    faults.at(wrong, "policy.not_rsrp", say("policy.head_measured"), texts(frame["rsrp"]))
    place = _ids(frame)
    faults.at(~np.isin(place.astype(str), np.asarray(list(places), dtype=str)), "policy.unknown_place", say("policy.head_remark"), place)
    operator = operator_sets(frame["operator"], FaultList(), own=own_operators)
    single = np.array([code != "" and "+" not in code for code in operator], dtype=bool)
    if own_operators:
        known = ", ".join(operator_names(own_operators).values())
        faults.at(~single, "tables.not_own_operator", say("policy.head_operator"), texts(frame["operator"]), known=known)
    else:
        faults.at(~single, "policy.measured_operator", say("policy.head_operator"), texts(frame["operator"]))
    own = own_services or {}
    by_folded = dict(zip(folded(np.array(list(own), dtype=object)), own, strict=True)) if own else {}
    bands = folded(texts(frame["band"]))
    service = np.array([_service(band, code, by_folded) for band, code in zip(bands, operator, strict=True)], dtype=object)
    faults.at(service == "", "policy.measured_band", say("policy.head_band"), texts(frame["band"]))
    where = [INDOORS.get(cell) for cell in folded(texts(frame["where"]))]
    faults.at(
        np.array([answer is None for answer in where], dtype=bool), "policy.measured_where", say("policy.head_where"), texts(frame["where"])
    )
    day, no_day = dates(frame["date"])
    faults.at(no_day | (day == ""), "policy.measured_date", say("policy.head_inspected"), texts(frame["date"]))
    inspector = texts(frame["inspector"])
    faults.at(inspector == "", "policy.measured_inspector", say("policy.head_inspector"), inspector)
    if faults.items:
        raise DataError(faults.items)
    return typed({
        "id": place, "operator": operator, "service": service, "family": [family_of(name, own) for name in service], "rsrp_dbm": value,
        "indoors": np.array(where, dtype=bool), "date": day, "inspector": inspector, "device": texts(frame["device"]),
        "result": texts(frame["result"]), "closed": texts(frame["closed"]), "source": source, "sha256": sha256, "row": number,
    }, TYPES)  # fmt: skip


def _named(sheet: pd.DataFrame) -> pd.DataFrame:
    """The sheet with our names of its columns; what is absent is empty."""
    known = {say(f"policy.head_{head}", lang): name for head, name in WANTED.items() for lang in LANGUAGES} | {"id": "id"}
    found = {column: known[str(column).strip()] for column in sheet.columns if str(column).strip() in known}
    frame = sheet[list(found)].rename(columns=found)
    for name in (*WANTED.values(), "id"):
        if name not in frame:
            frame[name] = ""
    return frame


def _ids(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    stated = texts(frame["id"])
    found = [ID_TEXT.search(remark) for remark in texts(frame["remark"])]
    return np.array([own or (match[1] if match else "") for own, match in zip(stated, found, strict=True)], dtype=object)


def _service(band: str, operator: str, own: Mapping[str, str]) -> str:
    """The one service a word for a band means; "" where it means none or several."""
    answer = service_words(band, operator, own) if band else None
    names = [name for name in answer[0].split(";") if name] if answer else []
    return names[0] if len(names) == 1 and answer is not None and not answer[1] else ""
