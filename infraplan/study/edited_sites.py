"""The sites of a study with the edits of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.errors import DataError, Fault, collected, warn
from infraplan.messages import both
from infraplan.study.scenarios import Edit, faults_of_ids

RADIO = ("height_m", "azimuth_deg", "tilt_deg", "carrier_power_dbm", "services", "antenna")
"""Values that each sector of a site may have for itself."""

ReadSites = Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]


def edited_sites(
    sites: gpd.GeoDataFrame, edits: Sequence[Edit], read: ReadSites, *, services: Collection[str], hosts: Collection[str], file: str
) -> gpd.GeoDataFrame:
    """Sites with edits: rows keep their order, added sites follow.

    A moved site gets the county, the city and, where nothing states it, the environment of its new place. The frame given stays as it was.

    Parameters
    ----------
    sites : GeoDataFrame
        Checked sites.
    edits : sequence of Edit
        At most one a site.
    read : callable
        Reads and checks a table of sites as the study does (`read_sites`).
    services, hosts : collection of str
        Services of the map and kinds of hosts that an edit may name.
    file : str
        Where the edits are from, for faults.

    Returns
    -------
    GeoDataFrame
        With the columns of `sites`.

    Raises
    ------
    DataError
        Every edit that cannot be applied.
    """
    faults = faults_of_ids(edits, set(sites["id"]), file) + _faults_of_names(edits, services, hosts, file)
    if faults:
        raise DataError(faults)
    own = partial(_read, read=read, file=file)
    result, added = sites.copy(), [edit for edit in edits if edit.do == "add"]
    result.attrs = sites.attrs
    at = {name: row for row, name in enumerate(sites["id"])}
    for edit in edits:
        if edit.do != "add":
            _change(result, at[edit.id], edit, file)
    moved = [edit for edit in edits if edit.do == "change" and edit.longitude is not None]
    if moved:
        rows = [at[edit.id] for edit in moved]
        there = _at_place(result.iloc[rows], moved, partial(own, kept=(*RADIO, "host")))
        for name in ("county", "city", "environment", "geometry"):
            result.iloc[rows, result.columns.get_loc(name)] = there[name].to_numpy()
    if not added:
        return result
    fresh = own(_table(added)).set_index("id").loc[[edit.id for edit in added]].reset_index()
    columns = {name: fresh[name] if name in fresh else _blank(result[name], len(fresh)) for name in result.columns}
    joined = pd.concat([result, gpd.GeoDataFrame(columns, geometry="geometry", crs=result.crs)], ignore_index=True)
    whole = gpd.GeoDataFrame(joined.astype(dict(result.dtypes)), geometry="geometry", crs=result.crs)
    whole.attrs = sites.attrs
    return whole


def _read(table: gpd.GeoDataFrame, *, read: ReadSites, file: str, kept: Collection[str] = ()) -> gpd.GeoDataFrame:
    """A table of edits as the study reads it; its faults name the file of the edits. What is said of `kept` columns is left out."""
    try:
        with collected() as found:
            return read(table)
    except DataError as error:
        raise DataError([replace(fault, file=file, row=None) for fault in error.fault_list]) from None
    finally:
        warn([replace(fault, file=file, row=None) for fault in found if fault.column not in kept])


def _faults_of_names(edits: Sequence[Edit], services: Collection[str], hosts: Collection[str], file: str) -> list[Fault]:
    """Services that are not on the map, hosts that have no price."""
    faults = []
    for number, edit in enumerate(edits, start=1):
        for name in edit.services or ():
            if name not in services:
                message, fix = both("study.edit_service", service=name), both("study.edit_service_fix", known=", ".join(services))
                faults.append(Fault(file, message, fix, rule="scenario-service", row=number, column="services", value=name))
        if edit.host is not None and edit.host not in hosts:
            message, fix = both("study.edit_host", host=edit.host), both("study.edit_host_fix", known=", ".join(hosts))
            faults.append(Fault(file, message, fix, rule="scenario-host", row=number, column="host", value=edit.host))
    return faults


def _change(sites: gpd.GeoDataFrame, row: int, edit: Edit, file: str) -> None:
    """Writes what an edit states into a row, but for its place."""
    values: dict[str, Any] = {"status": "retired"} if edit.do == "remove" else _cells(edit)
    if "sectors" in sites and str(sites["sectors"].iloc[row] or "") and not values.keys().isdisjoint(RADIO):
        values["sectors"] = ""
        message, fix = both("study.edit_sectors"), both("study.edit_sectors_fix")
        warn([Fault(file, message, fix, rule="scenario-sectors", severity="warning", column="id", value=edit.id)])
    for name, value in values.items():
        if name in sites:
            sites.iat[row, sites.columns.get_loc(name)] = value


def _cells(edit: Edit) -> dict[str, Any]:
    """What an edit states, but for the place, as cells of a table of sites."""
    stated = {name: getattr(edit, name) for name in ("name", "operators", "host", "height_m", "tilt_deg", "carrier_power_dbm", "status")}
    cells: dict[str, Any] = {name: value for name, value in stated.items() if value is not None}
    if edit.services is not None:
        cells["services"] = ";".join(edit.services)
    if edit.azimuth_deg is not None:
        cells["azimuth_deg"] = "/".join(f"{angle:g}" for angle in edit.azimuth_deg) or "omni"
    return cells


def _table(edits: Sequence[Edit]) -> gpd.GeoDataFrame:
    """Added sites as a table that a reader checks; cells that no edit states are absent."""
    rows = pd.DataFrame([{"id": edit.id, "status": "existing", **_cells(edit)} for edit in edits])
    points = gpd.points_from_xy([edit.longitude for edit in edits], [edit.latitude for edit in edits])
    return gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326")


def _at_place(rows: gpd.GeoDataFrame, edits: Sequence[Edit], read: ReadSites) -> gpd.GeoDataFrame:
    """Rows at their new places, with the county, the city and the environment there."""
    there = rows[["id", "services", "operators"]].assign(status="existing")
    points = gpd.points_from_xy([edit.longitude for edit in edits], [edit.latitude for edit in edits])
    checked = read(gpd.GeoDataFrame(there, geometry=points, crs="EPSG:4326").reset_index(drop=True))
    return checked.set_index("id").loc[list(rows["id"])].reset_index()


def _blank(column: Any, count: int) -> Any:
    """Empty cells of a column's type."""
    if column.dtype == bool:
        return pd.Series([False] * count)
    return pd.Series([""] * count) if pd.api.types.is_string_dtype(column.dtype) else pd.Series([None] * count, dtype=object)
