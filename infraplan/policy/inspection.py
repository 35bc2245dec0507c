"""The measurements that inspectors wrote into a gap sheet. `coverage.measurements` lets them override the prediction."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Floats
from infraplan.errors import DataError
from infraplan.outputs import by_heading, column, types
from infraplan.tables.column_types import typed
from infraplan.tables.families import NAMES, family_name, family_of
from infraplan.tables.faults import FaultList
from infraplan.tables.radio_names import operator_names, operator_sets, service_words
from infraplan.tables.values import dates, folded, numbers, texts

TYPES = types("measured")
COLUMNS = tuple(TYPES)
RSRP_DBM = (-156.0, -31.0)
"""Reportable range of SS-RSRP (3GPP TS 38.133 Table 10.1.6.1-1)."""

WANTED = (
    "rsrp_dbm", "network", "band", "device", "indoors", "date", "inspector", "result", "closed", "photo", "confirmed_lon",
    "confirmed_lat", "remark", "id",
)  # fmt: skip
NEEDED = ("network", "band", "indoors", "date", "inspector", "rsrp_dbm", "remark")
"""Columns of a gap sheet without which a measured row is refused."""
FOUND_ON_THE_SPOT = ("band", "device", "indoors", "photo", "confirmed_lon", "confirmed_lat")
"""What only an inspector fills in: a row with any of it and no RSRP was begun and not finished."""
INDOORS = {"室内": True, "屋内": True, "indoor": True, "indoors": True, "室外": False, "户外": False, "outdoor": False, "outdoors": False}
ID_TEXT = re.compile(r"(?:编号|\bid)\s*[:：]?\s*([^；;\s]+)", re.IGNORECASE)
STRETCH_TEXT = re.compile(r"(?:km\s+)?([\d.]+)\s*(?:至|to)\s*([\d.]+)(?=\s*(?:km|，|,))", re.IGNORECASE)
FAMILY_HEAD = re.compile(
    rf"^({'|'.join(map(re.escape, sorted(NAMES.values(), key=len, reverse=True)))})(?:（.*）| (?!.*margin \(dB\)$).*)?$", re.IGNORECASE
)
"""Heading of a family's status: 5G（室外）, NB-IoT deep indoors (cellar, shaft); not that of its margin."""


def measurements(
    sheet: pd.DataFrame,
    places: Any,
    *,
    source: str = "",
    sha256: str = "",
    rows: Any = None,
    own_services: Mapping[str, str] | None = None,
    own_operators: Sequence[str] = (),
    lines: Any = (),
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
    lines : iterable of str
        Ids of lines: a measurement of one is of the stretch that its remark names.

    Returns
    -------
    DataFrame
        id, operator (cmcc | cbn | ctcc | cucc, or one of the study's own), service, family, rsrp_dbm, indoors (bool), date (ISO),
        inspector, device, result, closed, photo, confirmed_lon, confirmed_lat, from_km, to_km (of a stretch of line), source, sha256, row,
        sample ("": the rows of a sample get its id when its design is known).

    Raises
    ------
    DataError
        Every fault at once: no number, unknown place, operator, band, day, no inspector, neither indoors nor outdoors, a band of a family
        that the row does not lack, half a position, a stretch without its ends.

    Warns
    -----
    DataWarning
        A row that an inspector began and that has no RSRP: it is not read.
    """
    frame = _named(sheet)
    number = np.arange(2, len(sheet) + 2) if rows is None else np.asarray(rows, dtype=np.int64)
    filled = texts(frame["rsrp_dbm"]) != ""
    _warn_begun(frame, filled, source, number)
    asked = _families_asked(sheet)[filled] if len(sheet) else np.zeros(0, dtype=object)
    frame, number = frame.loc[filled].reset_index(drop=True), number[filled]
    cells, faults = {name: texts(frame[name]) for name in WANTED}, FaultList(file=source, rows=number)

    def refuse(wrong: Any, rule: str, name: str, values: Any = None, **known: Any) -> None:
        faults.at(np.asarray(wrong, dtype=bool), rule, column("gaps", name).zh, cells[name] if values is None else values, **known)

    value, unreadable = numbers(frame["rsrp_dbm"], "dBm") if len(frame) else (np.zeros(0), np.zeros(0, dtype=bool))
    with np.errstate(invalid="ignore"):
        refuse(unreadable | ~((value >= RSRP_DBM[0]) & (value <= RSRP_DBM[1])), "policy.not_rsrp", "rsrp_dbm")
    place = _ids(cells)
    line = np.isin(place.astype(str), np.asarray(list(lines), dtype=str))
    refuse(~(np.isin(place.astype(str), np.asarray(list(places), dtype=str)) | line), "policy.unknown_place", "remark", place)
    start, end = _stretches(cells["remark"])
    refuse(line & ~(start < end), "policy.measured_stretch", "remark")
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
    family = np.array([family_of(name, own) for name in service], dtype=object)
    others = [bool(wanted) and name not in wanted for wanted, name in zip(asked, family, strict=True)]
    missing = np.array(["、".join(family_name(one) for one in wanted) for wanted in asked], dtype=object)
    for wanted in dict.fromkeys(missing[np.asarray(others, dtype=bool) & (service != "")]):
        refuse(np.asarray(others, dtype=bool) & (service != "") & (missing == wanted), "policy.measured_family", "band", lacks=wanted)
    lon, lat = _position(cells, refuse)
    where = [INDOORS.get(cell) for cell in folded(cells["indoors"])]
    refuse([answer is None for answer in where], "policy.measured_where", "indoors")
    day, no_day = dates(frame["date"])
    refuse(no_day | (day == ""), "policy.measured_date", "date")
    refuse(cells["inspector"] == "", "policy.measured_inspector", "inspector")
    if faults.items:
        raise DataError(faults.items)
    read = {
        "id": place, "operator": operator, "service": service, "family": family, "rsrp_dbm": value,
        "confirmed_lon": lon, "confirmed_lat": lat, "from_km": np.where(line, start, np.nan), "to_km": np.where(line, end, np.nan),
        "indoors": np.array(where, dtype=bool), "date": day, "source": source, "sha256": sha256, "row": number, "sample": "",
    }  # fmt: skip
    return typed(cells | read, TYPES)


def _named(sheet: pd.DataFrame) -> pd.DataFrame:
    """The sheet with our names of its columns; what is absent is empty."""
    known = by_heading("gaps") | {"id": "id"}
    found = {head: known[str(head).strip()] for head in sheet.columns if known.get(str(head).strip()) in WANTED}
    frame = sheet[list(found)].rename(columns=found)
    return frame.assign(**{name: "" for name in WANTED if name not in frame})


def _warn_begun(frame: pd.DataFrame, filled: npt.NDArray[np.bool_], source: str, number: npt.NDArray[np.int64]) -> None:
    """Warns of rows that an inspector began and that have no RSRP."""
    begun = np.zeros(len(frame), dtype=bool)
    for name in FOUND_ON_THE_SPOT:
        begun |= texts(frame[name]) != ""
    faults = FaultList(file=source, rows=number)
    head = column("gaps", "rsrp_dbm").zh
    faults.at(begun & ~filled, "policy.measured_nothing", head, np.full(len(frame), "", dtype=object), severity="warning")
    faults.warn()


def _families_asked(sheet: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Of each row the families that it says lack service, by the columns of their status; none where the sheet has no such column."""
    names = {NAMES[family].casefold(): family for family in NAMES}
    heads = {head: FAMILY_HEAD.match(str(head).strip()) for head in sheet.columns}
    found = {head: names.get(match[1].casefold()) for head, match in heads.items() if match}
    asked: list[tuple[str, ...]] = [()] * len(sheet)
    for head, family in found.items():
        if family is not None:
            says = ~np.isin(texts(sheet[head]).astype(str), ("", "—", "-"))
            asked = [(*known, family) if told else known for known, told in zip(asked, says, strict=True)]
    rows = np.empty(len(sheet), dtype=object)
    rows[:] = asked
    return rows


def _stretches(remarks: Any) -> tuple[Floats, Floats]:
    """Where each stretch begins and ends, NaN where the remark does not say it. [km]"""
    found = [STRETCH_TEXT.search(ID_TEXT.sub("", str(remark))) for remark in remarks]
    ends = [pd.to_numeric(pd.Series([match[part] if match else None for match in found], dtype=object), errors="coerce") for part in (1, 2)]
    return ends[0].to_numpy(float), ends[1].to_numpy(float)


def _position(cells: Mapping[str, Any], refuse: Callable[..., None]) -> tuple[Floats, Floats]:
    """The confirmed position of each row, NaN where none is filled in; half a position is refused."""
    lon, no_lon = numbers(pd.Series(cells["confirmed_lon"], dtype=object))
    lat, no_lat = numbers(pd.Series(cells["confirmed_lat"], dtype=object))
    with np.errstate(invalid="ignore"):
        refuse(no_lon | (np.abs(lon) > 180), "policy.measured_position", "confirmed_lon")
        refuse(no_lat | (np.abs(lat) > 90), "policy.measured_position", "confirmed_lat")
    one = (cells["confirmed_lon"] != "") ^ (cells["confirmed_lat"] != "")
    refuse(one, "policy.measured_half_position", "confirmed_lon")
    return lon, lat


def _ids(cells: Mapping[str, Any]) -> npt.NDArray[np.object_]:
    found = [ID_TEXT.search(remark) for remark in cells["remark"]]
    return np.array([own or (match[1] if match else "") for own, match in zip(cells["id"], found, strict=True)], dtype=object)


def service_of_band(band: str, operator: str, own: Mapping[str, str]) -> str:
    """The one service a word for a band means; "" where it means none or several."""
    answer = service_words(band, operator, own) if band else None
    names = [name for name in answer[0].split(";") if name] if answer else []
    return names[0] if len(names) == 1 and answer is not None and not answer[1] else ""
