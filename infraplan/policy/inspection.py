"""Measured truth read back: what inspectors wrote into a gap sheet, and how it overrides prediction."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.coverage.networks import ANY, members
from infraplan.coverage.places import SERVED, UNCERTAIN, UNSERVED
from infraplan.coverage.prediction import Coverage
from infraplan.errors import DataError
from infraplan.messages import LANGUAGES, say
from infraplan.presets import load
from infraplan.tables.faults import FaultList
from infraplan.tables.radio_words import operator_sets, service_words
from infraplan.tables.values import dates, folded, numbers, texts

COLUMNS = (
    "id",
    "operator",
    "service",
    "family",
    "rsrp_dbm",
    "indoors",
    "date",
    "inspector",
    "device",
    "result",
    "closed",
    "source",
    "sha256",
    "row",
)
RSRP_DBM = (-156.0, -31.0)
"""Reportable range of SS-RSRP (3GPP TS 38.133 Table 10.1.6.1-1)."""

WANTED = {
    "measured": "rsrp", "operator": "operator", "band": "band", "device": "device", "where": "where", "inspected": "date",
    "inspector": "inspector", "result": "result", "closed": "closed", "remark": "remark",
}  # fmt: skip
INDOORS = {"室内": True, "屋内": True, "indoor": True, "indoors": True, "室外": False, "户外": False, "outdoor": False, "outdoors": False}
ID_TEXT = re.compile(r"(?:编号|\bid)\s*[:：]?\s*([^；;\s]+)", re.IGNORECASE)


def measurements(sheet: pd.DataFrame, places: Any, *, source: str = "", sha256: str = "", rows: Any = None) -> pd.DataFrame:
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

    Returns
    -------
    DataFrame
        id, operator (cmcc | cbn | ctcc | cucc), service, family, rsrp_dbm, indoors (bool), date (ISO), inspector, device, result, closed,
        source, sha256, row.

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
    operator = operator_sets(frame["operator"], FaultList())
    single = np.array([code != "" and "+" not in code for code in operator], dtype=bool)
    faults.at(~single, "policy.measured_operator", say("policy.head_operator"), texts(frame["operator"]))
    service = np.array([_service(band, code) for band, code in zip(folded(texts(frame["band"])), operator, strict=True)], dtype=object)
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
    presets = load("services")["service"]
    return pd.DataFrame({
        "id": place, "operator": operator, "service": service, "family": [presets[name]["family"] for name in service], "rsrp_dbm": value,
        "indoors": np.array(where, dtype=bool), "date": day, "inspector": inspector, "device": texts(frame["device"]),
        "result": texts(frame["result"]), "closed": texts(frame["closed"]), "source": source, "sha256": sha256, "row": number,
    }, columns=list(COLUMNS))  # fmt: skip


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


def _service(band: str, operator: str) -> str:
    """The one service a word for a band means; "" where it means none or several."""
    answer = service_words(band, operator) if band else None
    names = [name for name in answer[0].split(";") if name] if answer else []
    return names[0] if len(names) == 1 and answer is not None and not answer[1] else ""


def latest(measured: pd.DataFrame) -> pd.DataFrame:
    """One row a place, operator, band and position: the last measurement, and of one day the last written."""
    key = ["id", "operator", "service", "indoors"]
    return measured.sort_values(["date", "row"], kind="stable").drop_duplicates(key, keep="last").reset_index(drop=True)


def override(
    codes: npt.NDArray[np.int8],
    ids: npt.NDArray[np.object_],
    server: npt.NDArray[np.int32],
    measured: pd.DataFrame,
    cover: Coverage,
    operators_of: dict[str, str],
    family: str,
    network: str,
    *,
    indoors: bool,
    offset_db: float = 0.0,
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """Predicted codes with measurement on top, and which places rest on it.

    A measurement speaks for its operator and band alone. At or above the requirement it makes the place served, for every network its
    operator belongs to; below, it takes away only what prediction gave to that very operator and band, and since nobody measured the others
    the place is then uncertain, or stays unserved. Indoors suffices for the street too, and a failure in the street fails indoors.

    Parameters
    ----------
    codes, ids, server
        Predicted code, id and index of the predicted best sector of each place (-1 none).
    measured : DataFrame
        `measurements(...)`.
    operators_of : mapping
        Site id -> operators joined by "+".
    offset_db : float
        What a coupling-loss class asks beyond the service's required RSRP. [dB]
    """
    known = latest(measured)
    known = known.loc[(known["family"] == family) & known["service"].isin(list(cover.services))]
    if network != ANY:
        known = known.loc[known["operator"].isin(members(network))]
    result, rests = codes.copy(), np.zeros(len(codes), dtype=bool)
    if not len(known):
        return result, rests
    required_dbm = known["service"].map({name: service.required_rsrp_dbm for name, service in cover.services.items()}) + offset_db
    passed = (known["rsrp_dbm"] >= required_dbm).to_numpy()
    speaks = np.where(passed, known["indoors"].to_numpy() | (not indoors), ~known["indoors"].to_numpy() | indoors)
    at = pd.Index(ids).get_indexer(pd.Index(known["id"]))
    here = speaks & (at >= 0)
    good = at[here & passed]
    result[good], rests[good] = SERVED, True
    failed = np.setdiff1d(np.flatnonzero(here & ~passed), np.flatnonzero(here & np.isin(at, good)))
    for row in failed:
        place = at[row]
        sector = int(server[place])
        own = sector >= 0 and str(cover.sector_services[sector]) == known["service"].iloc[row]
        own = own and known["operator"].iloc[row] in operators_of.get(str(cover.sector_ids[sector]).rsplit("/", 2)[0], "").split("+")
        if own and result[place] == SERVED:
            result[place] = UNCERTAIN
        rests[place] = rests[place] or own or result[place] == UNSERVED
    return result, rests
