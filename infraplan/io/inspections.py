"""Filled gap sheets: the measurements of an inspection, read from the workbook that was sent out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.coverage.measurements import Measured
from infraplan.errors import DataError, Fault
from infraplan.files import sha256
from infraplan.io.file_kinds import load_source
from infraplan.io.opening import existing_file, reading, refuse_bombs
from infraplan.io.table_files import write_csv
from infraplan.messages import both
from infraplan.outputs import by_heading, column
from infraplan.policy.inspection import COLUMNS as MEASURED_COLUMNS
from infraplan.policy.inspection import RSRP_DBM, measurements
from infraplan.presets import load
from infraplan.tables.faults import FaultList
from infraplan.tables.radio_names import operator_names
from infraplan.tables.values import booleans, dates, numbers, texts

MOST_TITLE_ROWS = 30
FILE_NAME = "inspections.csv"
LATER_COLUMNS = ("photo", "confirmed_lon", "confirmed_lat", "from_km", "to_km", "sample")
"""Columns that files of earlier versions lack."""


def read_inspection(
    path: str | Path,
    ids: Iterable[str],
    own_services: Mapping[str, str] | None = None,
    own_operators: Sequence[str] = (),
    lines: Iterable[str] = (),
) -> pd.DataFrame:
    """Measurements of a filled gap sheet; `ids` are the villages and places that exist, `lines` the lines, `own_services` the families of
    services beyond the presets, `own_operators` the networks of the study's own operators.

    Every sheet with a column for the measured RSRP is read, the titles above its headings are skipped.

    Raises
    ------
    DataError
        No such sheet, or anything wrong in its rows, each fault with the row that Excel shows.
    """
    from python_calamine import CalamineWorkbook

    file = existing_file(path)
    known, known_lines, digest = list(ids), list(lines), sha256(file)
    tables, faults = [], []
    with reading(file):
        refuse_bombs(file)
        book = CalamineWorkbook.from_path(str(file))
        for name in book.sheet_names:
            table = _filled(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            if table is None:
                continue
            try:
                rows, plain = table["_row"].to_numpy(), table.drop(columns="_row")
                tables.append(measurements(plain, known, source=file.name, sha256=digest, rows=rows, own_services=own_services,
                                           own_operators=own_operators, lines=known_lines))  # fmt: skip
            except DataError as error:
                faults += error.fault_list
    if faults:
        raise DataError(faults)
    if not tables:
        raise DataError(Fault(file.name, both("inspections.no_sheet"), both("inspections.no_sheet_fix"), rule="no-inspection-sheet"))
    return pd.concat(tables, ignore_index=True)


def read_measurements(
    source: str | Path | pd.DataFrame, villages: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, places: gpd.GeoDataFrame | None = None,
    corridors: gpd.GeoDataFrame | None = None,
    own_services: Mapping[str, str] | None = None, own_operators: Sequence[str] = (),
) -> Measured:  # fmt: skip
    """Measurements of a filled gap sheet, for the `measured` of other functions: they override prediction for their operator and band.

    Parameters
    ----------
    source : path or DataFrame
        A workbook of gap sheets as `infraplan run` writes it (annex.xlsx), or a table in the columns of `gaps_annex(..., tests=True)`, with
        the measured RSRP filled in. Rows without one are left out.
    villages : GeoDataFrame
        Villages, whose ids the rows may have.
    sites : GeoDataFrame
        The existing sites of the map: their operators say whose signal a prediction is.
    places : GeoDataFrame, optional
        Places, whose ids the rows may have.
    corridors : GeoDataFrame, optional
        Lines, whose ids the rows may have: such a measurement is of the stretch that the row names.
    own_services : mapping of str, optional
        Family of every service beyond the presets that a band may name.
    own_operators : sequence of str
        Networks beyond the presets: operators, joined by "+" where they share.

    Returns
    -------
    Measured
        `.table` has one row a measurement: id, operator, service, family, rsrp_dbm [dBm], indoors, date and more.

    Raises
    ------
    DataError
        Every fault at once, each with its row: no number, an unknown place, operator, band or day, no inspector.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> gaps = ip.find_gaps(world.targets, world.cover, zones=world.zones, villages=world.villages, sites=world.sites)
    >>> sheet = ip.gaps_annex(gaps, "en", total=False, tests=True).head(1).astype(object)
    >>> sheet[["Operator", "Band tested", "Indoors or outdoors"]] = "China Mobile", "n28", "outdoors"
    >>> sheet[["Measured RSRP (dBm)", "Date of inspection", "Inspector"]] = -80, "2020-10-15", "Wang"
    >>> measured = ip.read_measurements(sheet, world.villages, world.sites)
    >>> status = ip.service_status(world.villages, world.cover, measured=measured)
    >>> measured.table[["id", "service", "rsrp_dbm"]].values.tolist(), status["nr"][world.villages["id"] == "V009"].item()
    ([['V009', 'nr-n28', -80.0]], 'served')
    """
    ids = [str(name) for table in (villages, places) if table is not None for name in table["id"]]
    lines = [] if corridors is None else corridors["id"].astype(str).tolist()
    if isinstance(source, pd.DataFrame):
        table = measurements(source, ids, own_services=own_services, own_operators=own_operators, lines=lines)
    else:
        table = read_inspection(source, ids, own_services, own_operators, lines)
    return Measured.of(table, sites) or Measured(table, {})


def _filled(rows: list[list[Any]]) -> pd.DataFrame | None:
    """The table below the row of headings, with Excel's row numbers; None where a sheet has no column for the measurement.

    Headings stand beside each other: a sheet of notes that names a column alone in its row is no table.
    """
    measured = column("gaps", "rsrp_dbm")
    wanted, known = {measured.zh, measured.en}, set(by_heading("gaps"))
    for number, row in enumerate(rows[:MOST_TITLE_ROWS]):
        names = [str(cell).strip() for cell in row]
        if wanted & set(names) and len(known & set(names)) > 1:
            body = [[*cells, number + offset] for offset, cells in enumerate(rows[number + 1 :], start=2)]
            return pd.DataFrame(body, columns=[*names, "_row"], dtype=object).loc[:, lambda frame: ~frame.columns.duplicated()]
    return None


def read_measured(folder: Path, own_services: Collection[str] = (), own_operators: Sequence[str] = ()) -> pd.DataFrame | None:
    """Measurements that earlier imports left beside study.toml; None without any. `own_services` names services beyond the presets.

    A spreadsheet may have saved the file since, in its own encoding, with its own dates and TRUE for True.

    Raises
    ------
    DataError
        Missing columns, and every cell that cannot be read.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    (raw,) = load_source(path, "register")
    faults, table = raw.faults, raw.frame
    faults.rows = raw.rows
    table = table.assign(**{name: "" for name in LATER_COLUMNS if name not in table})
    for name in MEASURED_COLUMNS:
        if name not in table:
            faults.add("inspections.lost_column", column=name, value=name)
    faults.stop()
    cells = {name: texts(table[name]) for name in MEASURED_COLUMNS}
    rsrp_dbm, unread = numbers(table["rsrp_dbm"], "dBm")
    faults.at(unread | ~((rsrp_dbm >= RSRP_DBM[0]) & (rsrp_dbm <= RSRP_DBM[1])), "policy.not_rsrp", "rsrp_dbm", cells["rsrp_dbm"])
    indoors, _ = booleans(table["indoors"])
    faults.at(indoors.isna().to_numpy(bool), "tables.not_boolean", "indoors", cells["indoors"])
    day, _ = dates(table["date"])
    faults.at(day == "", "policy.measured_date", "date", cells["date"])
    stated = {}
    for name in ("confirmed_lon", "confirmed_lat", "from_km", "to_km"):
        stated[name], unread = numbers(table[name])
        faults.at(unread, "tables.not_a_number", name, cells[name])
    number, unread = numbers(table["row"])
    faults.at(unread | ~(np.abs(number) < 2**31), "tables.not_whole", "row", cells["row"])
    codes = list(dict.fromkeys(operator_names(own_operators).values())) if own_operators else load("networks")["operators"]
    for name, known in (("operator", codes), ("service", [*load("services")["service"], *own_services])):
        listed = ", ".join(known)
        faults.at(~np.isin(cells[name].astype(str), list(known)), "tables.not_a_choice", name, cells[name], choices=listed)
    faults.at(cells["id"] == "", "policy.unknown_place", "id", cells["id"])
    faults.stop()
    faults.warn()
    read = stated | {"rsrp_dbm": rsrp_dbm, "indoors": indoors.to_numpy(bool), "date": day, "row": number.astype(np.int64)}
    return pd.DataFrame({name: read.get(name, cells[name]) for name in MEASURED_COLUMNS})


def unused_measurements(table: pd.DataFrame, ids: Collection[str], services: Collection[str]) -> list[Fault]:
    """Warnings of measurements that change nothing: of a place that the study no longer has, of a service that it does not predict."""
    faults = FaultList(file=FILE_NAME, rows=np.arange(2, len(table) + 2))
    faults.at(~table["id"].isin(list(ids)).to_numpy(), "inspections.no_place", "id", table["id"].to_numpy(object), severity="warning")
    other = ~table["service"].isin(list(services)).to_numpy()
    faults.at(other, "inspections.no_service", "service", table["service"].to_numpy(object), severity="warning",
              services=", ".join(services))  # fmt: skip
    return faults.items


def add_measured(folder: Path, fresh: pd.DataFrame, own_services: Collection[str] = (), own_operators: Sequence[str] = ()) -> int:
    """Add measurements to those beside study.toml; a file imported before is replaced, not counted twice. How many there are now."""
    before = read_measured(folder, own_services, own_operators)
    kept = None if before is None else before.loc[~before["sha256"].isin(set(fresh["sha256"]))]
    table = fresh if kept is None or kept.empty else pd.concat([kept, fresh], ignore_index=True)
    write_csv(folder / FILE_NAME, table)
    return len(table)
