"""Rows of a gap list, one table a kind of thing: villages, places, stretches of lines, rows that say no in a column."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Codes
from infraplan.coverage.places import NO_DATA, SERVED, UNSERVED, stretches
from infraplan.policy.areas_and_lines import piece_statuses, pieces_counted, pieces_of_lines, zones_of_pieces
from infraplan.policy.counted_rows import in_scope, place_rows, site_rows, village_rows
from infraplan.policy.layers import Layers, answers, table_of, zones_of_rows
from infraplan.policy.targets import Target

STATUS_NAMES = np.array(["served", "uncertain", "unserved", "uncertain"], dtype=object)


def _text(table: Any, column: str) -> pd.Series[Any]:
    return table[column].fillna("").astype(str) if column in table else pd.Series("", index=table.index)


def _base(table: Any, zone: pd.DataFrame, codes: npt.NDArray[np.int8], grid: Any) -> pd.DataFrame:
    """Columns all layers share. x_m, y_m are the place in the grid's CRS, NaN without one."""
    points = table.geometry.representative_point() if len(table) else table.geometry
    lonlat = points.to_crs(4326)
    empty = (lonlat.isna() | lonlat.is_empty).to_numpy()
    lon = np.where(empty, np.nan, lonlat.where(~empty).x.to_numpy())
    lat = np.where(empty, np.nan, lonlat.where(~empty).y.to_numpy())
    x_m, y_m = grid.project(lon, lat)
    return pd.DataFrame(
        {
            "id": table["id"].astype(str).to_numpy(),
            "name": _text(table, "name").to_numpy(),
            "town": _text(table, "town").to_numpy(),
            "committee": _text(table, "committee").to_numpy(),
            "village": "",
            "households": np.nan,
            "population": np.nan,
            "lon": lon,
            "lat": lat,
            "city": zone["city"].to_numpy() if "city" in zone else "",
            "county": zone["county"].to_numpy() if "county" in zone else "",
            "code": codes,
            "status": STATUS_NAMES[codes],
            "x_m": np.where(empty, np.nan, x_m),
            "y_m": np.where(empty, np.nan, y_m),
            "from_km": np.nan,
            "to_km": np.nan,
            "length_km": np.nan,
            "kind": "",
            "measured": False,
        }
    )


def village_table(
    layers: Layers, rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int8], measured: npt.NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    villages = layers.villages.iloc[rows]
    base = _base(villages, zones_of_rows(layers, "villages").iloc[rows], codes[rows], layers.cover.grid)
    base["measured"] = False if measured is None else measured[rows]
    base["kind"] = _text(villages, "kind").to_numpy() if "kind" in villages else "village"
    base["village"] = base["name"]
    base["population"] = villages["population"].to_numpy(dtype=float)
    if "households" in villages:
        base["households"] = pd.to_numeric(villages["households"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return base


def place_table(layers: Layers, rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int8]) -> pd.DataFrame:
    places = layers.places.iloc[rows]
    return _base(places, zones_of_rows(layers, "places").iloc[rows], codes[rows], layers.cover.grid).assign(
        kind=_text(places, "place_class").to_numpy()
    )


def stretch_table(target: Target, network: str, layers: Layers) -> pd.DataFrame | None:
    lines = layers.corridors
    if lines is None or not lines["line_class"].isin(target.line_classes).any():
        return None
    pieces, zone = pieces_of_lines(layers), zones_of_pieces(layers)
    codes = piece_statuses(target, network, layers).copy()
    wanted = lines["line_class"].isin(target.line_classes).to_numpy()[pieces["line"].to_numpy()]
    wanted &= in_scope(target, zone) & pieces_counted(layers)
    found = stretches(pieces, np.where(wanted, codes, SERVED).astype(np.int8))
    line, middle = found["line"].to_numpy(), found["middle"].to_numpy()
    return pd.DataFrame(
        {
            "id": lines["id"].astype(str).to_numpy()[line],
            "name": _text(lines, "name").to_numpy()[line],
            "town": "",
            "committee": "",
            "village": "",
            "households": np.nan,
            "population": np.nan,
            "lon": pieces["lon"].to_numpy()[middle],
            "lat": pieces["lat"].to_numpy()[middle],
            "city": zone["city"].to_numpy()[middle] if "city" in zone else "",
            "county": zone["county"].to_numpy()[middle] if "county" in zone else "",
            "code": found["code"].to_numpy(),
            "status": STATUS_NAMES[found["code"].to_numpy()],
            "x_m": pieces["x_m"].to_numpy()[middle],
            "y_m": pieces["y_m"].to_numpy()[middle],
            "from_km": found["from_km"],
            "to_km": found["to_km"],
            "length_km": found["length_km"],
            "measured": False,
            "kind": lines["line_class"].astype(str).to_numpy()[line],
            "first_piece": found["first"].to_numpy(),
            "last_piece": found["last"].to_numpy(),
        }
    )


def worst_of(found: pd.DataFrame, target: Target, layers: Layers, network: str) -> Codes:
    """Worst status for a network along each stretch of `stretch_table`: it serves a stretch where it serves all of it."""
    codes = piece_statuses(target, network, layers)
    ends = zip(found["first_piece"], found["last_piece"], strict=True)
    return np.array([codes[first : last + 1].max() for first, last in ends], dtype=np.int8)


def attribute_table(target: Target, layers: Layers) -> pd.DataFrame | None:
    """Rows of villages, places or sites that say no in the target's column, or nothing; registers have no rows with a place."""
    name = target.layer
    table = table_of(layers, name) if name else None
    if (
        table is None
        or name == "corridors"
        or target.column not in table
        or not table[target.column].notna().any()
        or target.at_least is not None
    ):
        return None
    if name == "villages":
        rows = village_rows(target, layers)[0]
    elif name == "places":
        found = place_rows(target, layers)
        if found is None:
            return None
        rows = found
    else:
        rows = site_rows(target, layers)
    says, said = answers(layers, name, target.column)
    codes = np.where(~said, NO_DATA, np.where(says, SERVED, UNSERVED)).astype(np.int8)
    at = np.flatnonzero(rows & (codes != SERVED))
    if name == "villages":
        return village_table(layers, at, codes)
    if name == "places":
        return place_table(layers, at, codes)
    return _base(table.iloc[at], zones_of_rows(layers, name).iloc[at], codes[at], layers.cover.grid).assign(kind="site")
