"""Checks between the tables of a study: totals, stated counties, the sea, twins, a shifted datum."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from infraplan.errors import Fault
from infraplan.geo.datums import in_shifted_area
from infraplan.geo.grids import metric_crs
from infraplan.io.datum_shift import looks_shifted
from infraplan.io.gazetteers import shipped_settlements
from infraplan.tables.faults import FaultList, rows_of, sheets_of
from infraplan.tables.reprojection import to_plane

POPULATION_TOLERANCE = 0.05  # interpretation: a zone's villages may differ from its stated total by this share without a warning
STRAY_M = 500.0  # interpretation: boundaries are simplified by less than this
TWIN_M = 20.0


def cross_check(
    *,
    zones: gpd.GeoDataFrame | None = None,
    villages: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    settlements: gpd.GeoDataFrame | None = None,
) -> list[Fault]:
    """Faults between checked frames; any may be absent.

    Parameters
    ----------
    settlements : GeoDataFrame, optional
        Known points with `name` (several joined by "|"), for measuring whether the tables are shifted. Default: those the package ships.

    Returns
    -------
    list of Fault
        Warnings, except a mix of population bases, which is an error.
    """
    found: list[Fault] = []
    villages, sites, places = (frame if frame is not None and len(frame) else None for frame in (villages, sites, places))
    settlements = shipped_settlements() if settlements is None else settlements
    if villages is not None and zones is not None:
        found += population_against_zones(villages, zones)
        found += outside_stated_county(villages, zones)
        found += mixed_bases(villages, zones)
    if sites is not None:
        found += in_the_sea(sites)
        found += twins(sites)
    for frame in (villages, places, sites):
        if frame is not None:
            found += looks_shifted(frame, zones=zones, settlements=settlements)
    return found


def population_against_zones(villages: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> list[Fault]:
    """Zones whose stated people differ from their villages' by more than a twentieth."""
    faults = _origin(zones)
    if "population" not in zones:
        return []
    for level, key in (("county", "county"), ("city", "city")):
        part = zones[(zones["level"] == level) & zones["population"].notna()]
        counted = villages.groupby(key)["population"].sum()
        stated = part["population"].astype(float).to_numpy()
        there = counted.reindex(part["adcode"]).fillna(0).to_numpy(float)
        off = np.abs(there - stated) > POPULATION_TOLERANCE * np.maximum(stated, 1)
        for name, adcode, said, summed in zip(part["name"][off], part["adcode"][off], stated[off], there[off], strict=True):
            faults.add("io.population_differs", column="population", value=f"{name} {adcode}", severity="warning",
                       stated=f"{said:,.0f}", counted=f"{summed:,.0f}", share=f"{(summed - said) / max(said, 1):+.1%}")  # fmt: skip
    return faults.items


def outside_stated_county(villages: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> list[Fault]:
    """Villages farther than their position error and 500 m from the county they state, with the distance."""
    faults = _origin(villages)
    counties = zones[zones["level"] == "county"]
    known = villages["county"].isin(set(counties["adcode"])).to_numpy(bool)
    if not known.any():
        return []
    plane = _plane(villages)
    flat = dict(zip(counties["adcode"], to_plane(counties, plane), strict=True))
    points = villages.geometry.to_crs(plane).to_numpy()
    distance_m = np.zeros(len(villages))
    for adcode, positions in villages[known].reset_index(drop=True).groupby("county").indices.items():
        place = np.flatnonzero(known)[positions]
        shape = flat[str(adcode)]
        shapely.prepare(shape)
        away = ~shapely.intersects(shape, points[place])
        distance_m[place[away]] = shapely.distance(shape, points[place[away]])
    astray = distance_m > STRAY_M + villages["position_error_m"].to_numpy(float)
    names = dict(zip(counties["adcode"], counties["name"], strict=True))
    county = villages["county"].to_numpy(object)
    faults.at(astray, "io.outside_stated_county", "county", villages["name"].to_numpy(object), severity="warning",
              detail=lambda row: {"county": f"{names[county[row]]} {county[row]}", "km": f"{distance_m[row] / 1000:.1f}"})  # fmt: skip
    return faults.items


def mixed_bases(villages: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> list[Fault]:
    """An error where one table counts residents and the other registered people."""
    ours, theirs = villages.attrs.get("population_basis"), zones.attrs.get("population_basis")
    if not ours or not theirs or ours == theirs:
        return []
    faults = _origin(villages)
    faults.add("io.mixed_bases", column="population", value=f"{ours} / {theirs}")
    return faults.items


def in_the_sea(sites: gpd.GeoDataFrame) -> list[Fault]:
    """Sites beyond the mainland's coast, where most of the table is on the mainland: in the sea, or abroad."""
    x, y = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    on_land = in_shifted_area(x, y)
    if on_land.mean() < 0.5:
        return []
    faults = _origin(sites)
    shown = np.array([f"{lon:.5f}, {lat:.5f}" for lon, lat in zip(x, y, strict=True)], dtype=object)
    faults.at(~on_land, "io.in_the_sea", "lon", shown, severity="warning")
    return faults.items


def twins(sites: gpd.GeoDataFrame) -> list[Fault]:
    """Sites within 20 m of another that share a service and an operator and name different masts: probably one site twice."""
    flat = sites.geometry.to_crs(_plane(sites))
    pairs = cKDTree(np.column_stack([flat.x, flat.y])).query_pairs(TWIN_M, output_type="ndarray")
    if not len(pairs):
        return []
    mast, services, operators = (sites[name].to_numpy(object) for name in ("mast", "services", "operators"))
    shared = {}
    for a, b in pairs[mast[pairs[:, 0]] != mast[pairs[:, 1]]]:
        same_service = set(services[a].split(";")) & set(services[b].split(";"))
        same_operator = operators[a] == operators[b] or set(operators[a].split("+")) & set(operators[b].split("+"))
        if same_service and same_operator:
            shared[int(max(a, b))] = int(min(a, b))
    mask = np.zeros(len(sites), dtype=bool)
    mask[list(shared)] = True
    faults = _origin(sites)
    ids = sites["id"].to_numpy(object)
    faults.at(mask, "io.twin_site", "id", ids, severity="warning", detail=lambda row: {"other": ids[shared[row]]})
    return faults.items


def _origin(frame: pd.DataFrame) -> FaultList:
    """A list for faults of a checked frame, with its file and rows."""
    rows: npt.NDArray[Any] | None = rows_of(frame)
    file, sheet = str(frame.attrs.get("file", "")), str(frame.attrs.get("sheet", ""))
    return FaultList(file=file, sheet=sheet, rows=rows, sheets=sheets_of(frame))


def _plane(frame: gpd.GeoDataFrame) -> str:
    west, south, east, north = frame.total_bounds
    return metric_crs((west + east) / 2, (south + north) / 2)
