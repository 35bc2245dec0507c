"""What a row of a site table is: a site, a cell (sector) of one, or a mast with several operators. The checked frame has one row a site.

Cells of one site (the same id, mast or place, operators, service and status, with azimuths that differ) are joined. Where the cells have
one tilt, height, power and antenna, the site's row says it all; else its column `sectors` lists them, for `coverage.sectors.sectors_of`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.arrays import Ints, Texts
from infraplan.presets import load
from infraplan.tables.faults import FaultList

Unit = Literal["site", "sector", "mast"]
SAME_SITE_M = 100.0  # interpretation: antennas of one site are no farther apart
OF_ITS_OWN = ("height_m", "tilt_deg", "carrier_power_dbm", "antenna")  # what sectors of a site may differ in
CELL_ENDING = re.compile(
    r"(?:[-_/#.\s]+(?:\d{1,2}|[a-c])|[-_/#.\s]*(?:第?[一二三四五六]|\d)(?:小区|扇区)|[-_/#.\s]*(?:小区|扇区|cell|sector|sec)[-_\s]?\d{1,2})$",
    re.IGNORECASE,
)


def one_row_a_site(frame: gpd.GeoDataFrame, cells: Texts | None, faults: FaultList, unit: Unit | None) -> gpd.GeoDataFrame:
    """The frame with the rows of a site joined, and a column `sectors`; rows that are dropped are dropped from `faults` too.

    Parameters
    ----------
    frame : GeoDataFrame
        Sites in typed columns, with points, services, operators and azimuths, one row a row of the table.
    cells : array of str, optional
        The table's column of cell numbers or names.
    unit : {"site", "sector", "mast"}, optional
        What a row is; by default found from the rows, with a warning where they are not clear.
    """
    frame = frame.assign(sectors=pd.Series("", index=frame.index, dtype=str))
    if unit in ("site", "mast") or len(frame) < 2:
        return frame
    cell = np.full(len(frame), "", dtype=object) if cells is None else cells
    group = _groups(frame, cell, faults, sure=unit == "sector")
    if len(group) == group.max() + 1:
        return frame
    leaders = np.flatnonzero(~pd.Series(group).duplicated())
    joined = _joined(frame, group, leaders, faults)
    faults.add("tables.rows_joined", column="azimuth_deg", severity="warning", count_rows=len(frame), count_sites=len(joined))
    kept = np.zeros(len(frame), dtype=bool)
    kept[leaders] = True
    faults.keep(kept)
    return joined


def split_masts(frame: gpd.GeoDataFrame, faults: FaultList, unit: Unit | None, own_operators: Sequence[str] = ()) -> gpd.GeoDataFrame:
    """For `unit` "mast": one row for each shared network on a mast. Else the frame, with a warning where a row's operators share none."""
    shared = [frozenset(network.split("+")) for network in own_operators or load("networks")["networks"]]
    texts = frame["operators"].to_numpy(object)
    parts = {text: _by_network(text, shared) for text in dict.fromkeys(texts)}
    several = np.array([len(parts[text]) > 1 for text in texts], dtype=bool)
    if not several.any() or unit == "site":
        return frame
    if unit != "mast":
        faults.at(several, "tables.several_networks", "operators", texts, severity="warning")
        return frame
    counts = np.array([len(parts[text]) for text in texts])
    where = np.repeat(np.arange(len(frame)), counts)
    made = frame.iloc[where].reset_index(drop=True)
    operators = np.array([part for text in texts for part in parts[text]], dtype=object)
    ids = made["id"].where(~several[where], made["id"] + "/" + operators)
    masts = made["mast"].where((made["mast"] != "") | ~several[where], made["id"])
    faults.add("tables.masts_split", column="operators", severity="warning", count_rows=len(frame), count_sites=len(made))
    faults.take(where)
    return made.assign(operators=pd.Series(operators, dtype=str), id=ids, mast=masts)


def _by_network(operators: str, networks: list[frozenset[str]]) -> list[str]:
    left, parts = {code for code in operators.split("+") if code}, []
    for network in networks:
        if left & network:
            parts.append("+".join(sorted(left & network)))
            left -= network
    return parts + sorted(left) or [operators]


def _groups(frame: gpd.GeoDataFrame, cell: Texts, faults: FaultList, sure: bool) -> Ints:
    """Number of the site of each row, in order of appearance."""
    x_m, y_m = _metres(frame)
    ids, masts = frame["id"].to_numpy(object), frame["mast"].to_numpy(object)
    stems = np.array([_stem(str(text)) for text in ids], dtype=object)
    base = frame["operators"] + "|" + frame["services"] + "|" + frame["status"]
    single = ~frame["azimuth_deg"].str.contains("/").to_numpy(bool)
    azimuth, cells, metres = frame["azimuth_deg"].tolist(), cell.tolist(), (x_m.tolist(), y_m.tolist())
    place = np.array([f"{x:.0f},{y:.0f}" for x, y in zip(x_m / 2, y_m / 2, strict=True)], dtype=object)
    group = np.arange(len(frame))
    unclear = np.zeros(len(frame), dtype=bool)
    everywhere = np.ones(len(frame), dtype=bool)
    alone = np.array([f"#{row}" for row in range(len(frame))], dtype=object)
    base = base.to_numpy(object)
    rounds = ((ids, everywhere, True), (stems, stems != ids, True), (masts, masts != "", False), (place, everywhere, False))
    for keys, there, telling in rounds:
        key = np.where(there & (single | sure), keys + "|" + base, alone)
        found = _components(group, pd.factorize(key)[0])
        far = faults if keys is masts else FaultList()
        group = _accepted(group, found, azimuth, cells, metres, sure, telling, unclear, far)
    unsure = unclear & (pd.Series(group).groupby(group).transform("size").to_numpy() == 1)
    faults.at(unsure, "tables.perhaps_cells", "mast", np.where(masts != "", masts, ids), severity="warning")
    group = _same_id_other_service(frame, group)
    return np.asarray(pd.factorize(group)[0], dtype=np.int64)


def _accepted(
    before: Ints, found: Ints, azimuth: list[str], cell: list[str], place: tuple[list[float], list[float]], sure: bool, telling: bool,
    unclear: npt.NDArray[np.bool_], faults: FaultList,
) -> Ints:  # fmt: skip
    """The groups found, where their rows are cells of one site; `unclear` marks the rows of those where this is not clear."""
    group, was = before.copy(), before.tolist()
    apart_m: dict[int, float] = {}
    for rows in _members(found):
        own = {was[row] for row in rows}
        if len(own) < 2:
            continue
        spans = [max(values) - min(values) for values in ([axis[row] for row in rows] for axis in place)]
        span_m = math.hypot(*spans)
        if span_m > SAME_SITE_M:
            apart_m[rows[0]] = span_m
            continue
        ways, numbers = [azimuth[row] for row in rows if azimuth[row]], [cell[row] for row in rows if cell[row]]
        apart = len(set(ways)) == len(ways) > 1 or len(set(numbers)) == len(numbers) == len(rows)
        if apart or sure or (telling and not ways and len(own) == len(rows)):
            group[rows] = min(own)
            unclear[rows] = False
        elif not ways or len(set(ways)) > 1:
            unclear[rows] = True
    far = np.zeros(len(group), dtype=bool)
    far[list(apart_m)] = True
    faults.at(far, "tables.mast_apart", "mast", severity="warning", detail=lambda row: {"metres": f"{apart_m[row]:.0f}"})
    return group


def _members(number: Ints) -> list[list[int]]:
    """The rows of each group that has more than one."""
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order], prepend=-1, append=-1))
    rows = order.tolist()
    return [rows[first:last] for first, last in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True) if last - first > 1]


def _components(group: Ints, keys: Ints) -> Ints:
    """Groups joined wherever a key is shared."""
    rows = len(group)
    first, second = pd.factorize(group)[0], pd.factorize(keys)[0] + rows
    graph = coo_array((np.ones(rows, dtype=np.int8), (first, second)), shape=(2 * rows, 2 * rows))
    return np.asarray(connected_components(graph, directed=False)[1][first], dtype=np.int64)


def _same_id_other_service(frame: gpd.GeoDataFrame, group: Ints) -> Ints:
    """Rows of one id, operators, status and date that carry different services are one site, since the id is the same."""
    key = frame["id"] + "|" + frame["operators"] + "|" + frame["status"] + "|" + frame["built"]
    services = frame["services"].to_numpy(object)
    number = pd.factorize(key)[0]
    renamed = np.arange(len(frame))
    for rows in _members(np.asarray(number, dtype=np.int64)):
        groups = set(group[rows].tolist())
        if len(groups) > 1 and len({services[row] for row in rows}) == len(groups):
            renamed[list(groups)] = min(groups)
    return np.asarray(renamed[group], dtype=np.int64)


def _joined(frame: gpd.GeoDataFrame, group: Ints, leaders: Ints, faults: FaultList) -> gpd.GeoDataFrame:
    """One row a group: the first one's, with all azimuths and services, and the cells in `sectors` where they differ in more."""
    cells = {name: frame[name].tolist() for name in ("id", "name", "azimuth_deg", "services", "built", "mast", *OF_ITS_OWN)}
    made = frame.iloc[leaders].reset_index(drop=True)
    changed = {name: made[name].to_numpy(object).copy() for name in ("id", "name", "azimuth_deg", "services", "sectors", "built", "mast")}
    taken = {cells["id"][row] for row in leaders}
    without_azimuth = np.zeros(len(frame), dtype=bool)
    for rows in _members(group):
        number = int(group[rows[0]])
        part = {name: [column[row] for row in rows] for name, column in cells.items()}
        ways = [way for text in part["azimuth_deg"] for way in text.split("/") if way]
        without_azimuth[rows] = [bool(ways) and not text for text in part["azimuth_deg"]]
        changed["azimuth_deg"][number] = "/".join(dict.fromkeys(ways))
        changed["services"][number] = ";".join(dict.fromkeys(name for text in part["services"] for name in text.split(";")))
        changed["sectors"][number] = _sectors(part)
        changed["built"][number] = min([text for text in part["built"] if text], default="")
        changed["mast"][number] = next((text for text in part["mast"] if text), "")
        stem, named_by_id = _shared(part["id"]), part["name"] == part["id"]
        if stem and stem not in taken:
            changed["id"][number] = stem
            taken.add(stem)
        changed["name"][number] = changed["id"][number] if named_by_id else _shared(part["name"]) or part["name"][0]
    faults.at(without_azimuth, "tables.cell_without_azimuth", "azimuth_deg", cells["id"], severity="warning")
    return made.assign(**{name: pd.Series(column, dtype=str) for name, column in changed.items()})


def _shared(texts: list[str]) -> str:
    """What the texts of a site's cells have in common: the text itself, or the part before the number of the cell; "" for nothing."""
    found = set(texts)
    stems = found if len(found) == 1 else {_stem(str(text)) for text in found}
    return str(stems.pop()) if len(stems) == 1 else ""


def _sectors(part: dict[str, list[Any]]) -> str:
    """The cells of a site as JSON, one object a cell and service; "" where azimuths and services describe them.

    A cell without an azimuth is left out where the others have one.
    """
    own = {name: [_plain(value) for value in part[name]] for name in OF_ITS_OWN}
    alike = all(len(set(values)) == 1 for values in own.values())
    if alike and (len(set(part["services"])) == 1 or len(set(part["azimuth_deg"])) == 1):
        return ""
    cells: dict[str, None] = {}
    for row, azimuth in enumerate(part["azimuth_deg"]):
        if not azimuth and any(part["azimuth_deg"]):
            continue
        values = {name: column[row] for name, column in own.items()}
        for service in part["services"][row].split(";"):
            cells[json.dumps({"service": service, "azimuth_deg": azimuth, **values}, ensure_ascii=False)] = None
    return f"[{', '.join(cells)}]"


def with_default(sectors: str, name: str, value: float) -> tuple[str, int]:
    """(listed sectors with `value` wherever `name` is not given, how many there were)."""
    if f'"{name}": null' not in sectors:
        return sectors, 0
    cells = json.loads(sectors)
    blank = [cell for cell in cells if cell[name] is None]
    for cell in blank:
        cell[name] = value
    return json.dumps(cells, ensure_ascii=False), len(blank)


def _plain(value: Any) -> Any:
    if value is None or value == "" or value != value:
        return None
    return float(value) if isinstance(value, int | float | np.number) else str(value)


def _stem(text: str) -> str:
    return CELL_ENDING.sub("", text) or text


def _metres(frame: gpd.GeoDataFrame) -> tuple[Any, Any]:
    """Rough plane coordinates, good for short distances."""
    lon, lat = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    return lon * 111_320.0 * np.cos(np.radians(np.nanmean(lat) if len(lat) else 0.0)), lat * 110_570.0
