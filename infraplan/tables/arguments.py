"""Columns that a function needs in its arguments: a missing step is an error that names the call to make."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.errors import UsageError
from infraplan.messages import both, joined_texts

GEOMETRY = "geometry"
ZONES = ("level", "adcode", "name")
EXISTING = ("id", "services", "status", GEOMETRY)
ZONES_WITH_PARENT = (*ZONES, "parent")
OUTLINES = ("level", "adcode", GEOMETRY)
PEOPLE = ("population", GEOMETRY)
VILLAGES = ("id", *PEOPLE)
VILLAGES_TO_PLAN = ("id", "name", "kind", "population", "county", "city", GEOMETRY)
DEMAND_WITH_URBAN = ("name", "population", GEOMETRY)
DEMAND = (*DEMAND_WITH_URBAN, "kind")
PLACES = ("id", "place_class", GEOMETRY)
PIECES = ("line", "name", "from_m", GEOMETRY)
CORRIDORS = ("id", "line_class", GEOMETRY)
GAPS = ("id", "target", "family", "network", "reason", "remedy", "city", "county", "households", "population")
HOSTS = ("id", "name", "host", GEOMETRY)
NETWORK = ("id", "services", GEOMETRY)
MASTS = ("name", "mast", "operators", "services", GEOMETRY)
SITES = (
    "id",
    "services",
    "operators",
    "environment",
    "height_m",
    "azimuth_deg",
    "tilt_deg",
    "carrier_power_dbm",
    "antenna",
    "status",
    GEOMETRY,
)
CANDIDATES = (*SITES, "host", "cost", "origin")
SECTORS = (
    "id",
    "site_id",
    "service",
    "family",
    "operators",
    "environment",
    "height_m",
    "azimuth_deg",
    "tilt_deg",
    "power_offset_db",
    "antenna",
    GEOMETRY,
)
COVER = ("grid", "layers", "services")
TARGETS = ("rows", "policies")

CALLS = {
    "along": "unserved_lines(targets, cover, target, zones=zones, corridors=corridors)",
    "after": "sectors_of(sites, services)",
    "before": "sectors_of(sites, services)",
    "candidates": "candidate_sites(zones, demand=...)",
    "card": "scorecard(targets, cover, zones=zones, villages=villages)",
    "corridors": "read_corridors(path)",
    "cover": "predict_coverage(sites, grid, services)",
    "demand": "unserved_demand(cover, zones=zones, villages=villages), or by read_villages(path, zones=zones)",
    "existing": "read_sites(path, zones=zones)",
    "gaps": "find_gaps(targets, cover, zones=zones, villages=villages)",
    "grid": "Grid.over(zones)",
    "hosts": "read_hosts(path, zones=zones)",
    "places": "read_places(path, zones=zones)",
    "plan": "place_sites(targets, cover, candidates, zones=zones, villages=villages)",
    "plan_sites": "place_sites(targets, cover, candidates, zones=zones, villages=villages).sites",
    "sectors": "sectors_of(infraplan.read_sites(path, zones=zones), services)",
    "sites": "read_sites(path, zones=zones)",
    "targets": 'read_policy("guangdong-2020")',
    "villages": "read_villages(path, zones=zones)",
    "zones": "read_zones(path)",
}
"""Argument -> the public call that makes it."""


def require(function: str, **given: tuple[Any, Collection[str]]) -> None:
    """Raises for arguments that lack columns, or attributes where they are no tables.

    Parameters
    ----------
    function : str
        The public function that was called.
    **given : tuple
        Argument of `CALLS` -> its value, and the columns or attributes that it needs.

    Raises
    ------
    UsageError
        Everything that is lacking, at once, each with the call that makes it.
    """
    found = []
    for name, (value, needed) in given.items():
        call = f"infraplan.{CALLS[name]}"
        if isinstance(value, pd.DataFrame):
            lacking = [column for column in needed if column not in value and column != GEOMETRY]
            lacking += [GEOMETRY] if GEOMETRY in needed and not _has_geometry(value) else []
            if lacking:
                found.append(both("tables.needed_columns", function=function, name=name, lacking=", ".join(lacking), call=call))
        elif not all(hasattr(value, attribute) for attribute in needed):
            kind = "None" if value is None else type(value).__name__
            found.append(both("tables.needed_kind", function=function, name=name, kind=kind, call=call))
    if found:
        raise UsageError(joined_texts(found, "；", "; "))


def given(**tables: tuple[Any, Collection[str]]) -> dict[str, tuple[Any, Collection[str]]]:
    """Those of some arguments of `require` that may be left out and are not None."""
    return {name: pair for name, pair in tables.items() if pair[0] is not None}


def _has_geometry(table: pd.DataFrame) -> bool:
    return isinstance(table, gpd.GeoDataFrame) and table.active_geometry_name is not None and table.active_geometry_name in table
