"""Measurements override predictions: there is one answer to whether a point is served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools, Codes
from infraplan.coverage.networks import ANY, members
from infraplan.coverage.position_margins import margin_at
from infraplan.coverage.prediction import Coverage
from infraplan.coverage.sectors import site_of

SERVED, UNCERTAIN, UNSERVED = 0, 1, 2
"""Positions in `population.STATUSES`."""
WRITTEN_KM = 0.0005
"""Half of the last digit with which a sheet states where a stretch begins and ends. [km]"""


@dataclass(frozen=True)
class Measured:
    """The inspectors' measurements, and the operators of the sites of the map.

    Attributes
    ----------
    table : DataFrame
        `policy.inspection.measurements`: id, operator, service, family, rsrp_dbm, indoors, date, row and more.
    operators : mapping
        Site id -> operators joined by "+".
    """

    table: pd.DataFrame
    operators: Mapping[str, str]

    @classmethod
    def of(cls, table: Any, sites: Any) -> Measured | None:
        """The measurements with the operators of all sites of a study; None without any. A `Measured` is returned unchanged."""
        if table is None or isinstance(table, Measured):
            return table
        if not len(table):
            return None
        named = sites is not None and "operators" in sites
        operators = dict(zip(sites["id"].astype(str), sites["operators"].fillna("").astype(str), strict=True)) if named else {}
        return cls(table, operators)


def inside(cover: Coverage, family: str) -> bool:
    """Whether a family's services are judged indoors, as for meters."""
    return any(service.receiver != "outdoor" for service in cover.services.values() if service.family == family)


def with_measured(
    codes: Codes,
    points: Any,
    cover: Coverage,
    family: str,
    network: str,
    measured: Measured | None,
    *,
    indoors: bool,
    offset_db: float = 0.0,
) -> tuple[Codes, Bools]:
    """Codes of points, measured where there is a measurement, else predicted; and which are measured. Arguments as in `override`."""
    if measured is None or not len(points):
        return codes, np.zeros(len(codes), dtype=bool)
    ids = points["id"].astype(str).to_numpy(dtype=object)
    return override(codes, ids, best_server(points, cover, family, network), measured, cover, family, network,
                    indoors=indoors, offset_db=offset_db)  # fmt: skip


def latest(table: pd.DataFrame) -> pd.DataFrame:
    """One row a place, operator, band and position: the last measurement, and of one day the last written."""
    key = ["id", "operator", "service", "indoors", *(name for name in ("from_km", "to_km") if name in table)]
    return table.sort_values(["date", "row"], kind="stable").drop_duplicates(key, keep="last").reset_index(drop=True)


def on_pieces(measured: Measured, pieces: pd.DataFrame, ids: npt.NDArray[np.object_]) -> tuple[Measured, npt.NDArray[np.object_]]:
    """Measurements of stretches of lines as one of each piece whose middle lies in the stretch, and ids of the pieces.

    Parameters
    ----------
    measured : Measured
        Rows with `from_km` and `to_km` are of a stretch, others are left out.
    pieces : DataFrame
        `places.corridor_pieces`.
    ids : array of str
        Id of the line of each piece.
    """
    own = np.array([f"{line}\n{number}" for number, line in enumerate(ids)], dtype=object)
    rows = measured.table.loc[measured.table["from_km"].notna()] if "from_km" in measured.table else measured.table.iloc[:0]
    middle_km = ((pieces["from_km"] + pieces["to_km"]) / 2).to_numpy()
    parts = []
    starts, ends = (rows[name].to_numpy(float) for name in ("from_km", "to_km")) if len(rows) else (np.zeros(0), np.zeros(0))
    for number, (line, start, end) in enumerate(zip(rows["id"], starts, ends, strict=True)):
        within = (ids == line) & (middle_km >= start - WRITTEN_KM) & (middle_km <= end + WRITTEN_KM)
        at = np.flatnonzero(within)
        parts.append(rows.iloc[[number] * len(at)].assign(id=own[at]))
    return Measured(pd.concat(parts, ignore_index=True) if parts else rows, measured.operators), own


def override(
    codes: Codes,
    ids: npt.NDArray[np.object_],
    server: npt.NDArray[np.int32],
    measured: Measured,
    cover: Coverage,
    family: str,
    network: str,
    *,
    indoors: bool,
    offset_db: float = 0.0,
) -> tuple[Codes, Bools]:
    """Codes of places, measured where there is a measurement, else predicted; and which are measured.

    A measurement is valid for its operator and band alone. At or above the requirement it makes the place served, for every network its
    operator belongs to; below, it cancels only the service that is predicted for this operator and band; since the others are not measured,
    the place is then uncertain, or stays unserved. A success indoors counts outdoors too, a failure outdoors counts indoors too.

    Parameters
    ----------
    codes, ids, server
        Predicted code, id and index of the predicted best sector of each place (-1 none).
    indoors : bool
        Whether service indoors is judged.
    offset_db : float
        Required beyond the service's RSRP: by a coupling-loss class, a planning margin. [dB]
    """
    known = latest(measured.table)
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
        own = own and known["operator"].iloc[row] in measured.operators.get(site_of(cover.sector_ids[sector]), "").split("+")
        if own and result[place] == SERVED:
            result[place] = UNCERTAIN
        rests[place] = rests[place] or own or result[place] == UNSERVED
    return result, rests


def best_server(points: Any, cover: Coverage, family: str, network: str) -> npt.NDArray[np.int32]:
    """Index of the sector that serves each place best; -1 where none does or the place is unknown."""
    inner = points.geometry.representative_point()
    known = ~(inner.isna() | inner.is_empty).to_numpy()
    server = np.full(len(points), -1, dtype=np.int32)
    server[known] = margin_at(*cover.grid.place(inner[known].to_frame("geometry")), cover, family, network).server
    return server
