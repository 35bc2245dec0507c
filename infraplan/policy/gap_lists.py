"""Gap lists: villages, places and stretches of corridor without service, why, and what would help."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.coverage.map_update import cover_with
from infraplan.coverage.measurements import Measured
from infraplan.coverage.networks import ANY
from infraplan.coverage.places import NO_DATA, SERVED, UNCERTAIN, UNSERVED, stretches
from infraplan.coverage.prediction import Coverage
from infraplan.outputs import types
from infraplan.policy.areas_and_lines import piece_statuses, pieces_counted, pieces_of_lines, zones_of_pieces
from infraplan.policy.counted_rows import in_scope, place_rows, residents_rows, site_rows, village_rows
from infraplan.policy.gap_reasons import Future, explain
from infraplan.policy.judgements import place_codes, village_codes
from infraplan.policy.layers import Layers, answers, table_of, zones_of_rows
from infraplan.policy.priority import Areas, areas_of_places
from infraplan.policy.statuses import places_measured, villages_at_own_point, villages_measured
from infraplan.policy.targets import Target, Targets, plain_target
from infraplan.tables import arguments
from infraplan.tables.column_types import typed

if TYPE_CHECKING:
    from infraplan.siting.plans import Plan

TYPES = types("gaps")
COLUMNS = tuple(TYPES)
LISTED = ("place_share", "place_count", "line_share", "attribute_share")
STATUS_NAMES = np.array(["served", "uncertain", "unserved", "uncertain"], dtype=object)


def find_gaps(
    targets: Targets,
    cover: Coverage,
    *,
    zones: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    corridors: gpd.GeoDataFrame | None = None,
    registers: Mapping[str, pd.DataFrame] | None = None,
    measured: pd.DataFrame | Measured | None = None,
    plan: Plan | gpd.GeoDataFrame | None = None,
    after: Coverage | None = None,
    target: str | None = None,
    networks: Iterable[str] = (ANY,),
) -> gpd.GeoDataFrame:
    """The villages, places, stretches and rows that the targets lack, one row each.

    Parameters
    ----------
    targets : Targets
        The clauses of the policies: `read_policy(...)`. Shares of people are listed only when `target` names one.
    cover : Coverage
        The map: `predict_coverage(...)`.
    zones, villages, places, sites, corridors : GeoDataFrame
        Checked tables (`read_zones`, `read_villages` ...); with `sites` each gap has its nearest site.
    registers : mapping of DataFrame, optional
        Tables without coordinates, by name.
    measured : DataFrame or Measured, optional
        Measurements, which override prediction at their places.
    plan : Plan or GeoDataFrame, optional
        New sites: where one of them serves the place, its id is the remedy.
    after : Coverage, optional
        The map with the plan's sites, when it is known already; computed from `plan` otherwise.
    target : str, optional
        The id of one target, to list its gaps alone.
    networks : iterable of str
        "any" and the shared networks to list separately.

    Returns
    -------
    GeoDataFrame
        One row a gap and target, with a point in EPSG:4326. status: unserved, or uncertain (position unsure, nothing stated, or no position
        known). Margins are of the best outdoor server at the place, outdoors and inside an ordinary building [dB].
        Priority areas come first within a target.

    Raises
    ------
    UsageError
        Tables without the columns of their readers; an unknown target.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> gaps = ip.find_gaps(world.targets, world.cover, zones=world.zones, villages=world.villages, target="nr-pop90")
    >>> len(gaps), gaps[["id", "status", "population"]].head(1).values.tolist()
    (37, [['V010', 'unserved', 582.0]])
    """
    further = arguments.given(places=(places, arguments.PLACES), corridors=(corridors, arguments.CORRIDORS))
    arguments.require("find_gaps", targets=(targets, arguments.TARGETS), **_columns(cover, zones, villages, sites, plan), **further)
    areas = targets.priority_areas
    layers = Layers(
        cover, zones, villages, places, sites, corridors, dict(registers or {}), None, Measured.of(measured, sites), priority_areas=areas
    )  # fmt: skip
    chosen = targets if target is None else targets.only(target)
    future = _future(plan, after, cover)
    parts = []
    for row in chosen:
        if row.beside or (row.measure not in LISTED and not (target is not None and row.measure == "population_share")):
            continue
        for network in networks if row.family else ("",):
            found = _listed(row, network, layers)
            if found is not None and len(found):
                names = {"target": row.id, "part": row.part, "family": row.family, "network": network}
                parts.append(explain(found, row, network, layers, future).assign(**names))
    return _finished(parts, zones, areas)


def no_gaps() -> gpd.GeoDataFrame:
    """An empty list: nothing is lacking, or the gaps are not computed."""
    return _located(typed([], TYPES))


def _located(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """The list with its points in EPSG:4326; none where no position is known."""
    known = table["lon"].notna() & table["lat"].notna()
    points = gpd.GeoSeries(gpd.points_from_xy(table["lon"].fillna(0.0), table["lat"].fillna(0.0)), index=table.index, crs=4326)
    return gpd.GeoDataFrame(table, geometry=points.where(known), crs=4326)


def unserved_demand(
    cover: Coverage,
    *,
    zones: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame | None = None,
    families: Iterable[str] | None = None,
    network: str = ANY,
    measured: pd.DataFrame | Measured | None = None,
    plan: Plan | gpd.GeoDataFrame | None = None,
    after: Coverage | None = None,
) -> gpd.GeoDataFrame:
    """Every village and block that a family does not surely serve, in the columns of `find_gaps`; `target` is empty.

    People of a family = served + uncertain and unserved people of this table, so that a coverage share can be checked by its complement.

    Parameters
    ----------
    cover : Coverage
        The map: `predict_coverage(...)`.
    zones, villages : GeoDataFrame
        Zones with their codes; points with people.
    sites : GeoDataFrame, optional
        Existing sites, for the nearest one to each gap.
    families : iterable of str, optional
        Families to ask for; by default those of the map.
    network : str
        "any", "every" or one network of the map.
    measured : DataFrame or Measured, optional
        Measurements, which override prediction at their places.
    plan : Plan or GeoDataFrame, optional
        New sites: where one of them serves the place, its id is the remedy.
    after : Coverage, optional
        The map with the plan's sites, when it is known already.

    Returns
    -------
    GeoDataFrame
        One row a village and family, with a point in EPSG:4326; `candidate_sites(zones, demand=...)` takes it.

    Raises
    ------
    UsageError
        Tables without the columns of their readers; a family or network that is not on the map.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages, families=["nr"])
    >>> len(demand), int(demand["population"].sum())
    (37, 10913)
    """
    arguments.require("unserved_demand", **_columns(cover, zones, villages, sites, plan))
    layers, future = Layers(cover, zones, villages, sites=sites, measured=Measured.of(measured, sites)), _future(plan, after, cover)
    parts = []
    for family in cover.families if families is None else families:
        question = plain_target(family)
        codes = villages_at_own_point(question, network, layers)
        found = _village_table(layers, np.flatnonzero(codes != SERVED), codes, villages_measured(question, network, layers))
        if len(found):
            parts.append(explain(found, question, network, layers, future).assign(target="", part="", family=family, network=network))
    return _finished(parts, zones, None)


def _columns(cover: Coverage, zones: Any, villages: Any, sites: Any, plan: Any) -> dict[str, tuple[Any, Collection[str]]]:
    """Arguments of both lists, with the columns that they need."""
    new = getattr(plan, "sites", plan)
    optional = arguments.given(villages=(villages, arguments.VILLAGES), sites=(sites, arguments.NETWORK), plan=(new, arguments.SITES))
    return {"cover": (cover, arguments.COVER), "zones": (zones, (*arguments.ZONES, arguments.GEOMETRY))} | optional


def _future(plan: Any, after: Coverage | None, cover: Coverage) -> Future | None:
    """The map with a plan's sites on it, and which sites are the plan's."""
    if plan is None:
        return None
    sites = getattr(plan, "sites", plan)
    return (cover_with(sites, cover) if after is None else after), frozenset(sites["id"].astype(str))


def _listed(target: Target, network: str, layers: Layers) -> pd.DataFrame | None:
    """What a target lacks; None when its layer is absent."""
    if target.family and target.family not in layers.cover.families:
        return None
    if layers.villages is None and (target.measure == "population_share" or target.layer == "villages"):
        return None
    if target.measure == "population_share":
        rows, codes = residents_rows(target, layers)[0], villages_at_own_point(target, network, layers)
        return _village_table(layers, np.flatnonzero(rows & (codes != SERVED)), codes, villages_measured(target, network, layers))
    if target.measure == "line_share":
        return _stretch_table(target, network, layers)
    if target.measure == "attribute_share":
        return _attribute_table(target, layers)
    if target.layer == "villages":
        rows = village_rows(target, layers)[0]
        codes = village_codes(target, network, layers)
        rests = villages_measured(target, network, layers) & (not target.check_points)
        return _village_table(layers, np.flatnonzero(rows & (codes != SERVED)), codes, rests)
    found = place_rows(target, layers)
    if found is None:
        return None
    codes, _ = place_codes(target, network, layers, found)
    everywhere = np.full(len(found), SERVED, dtype=np.int8)
    everywhere[found] = codes
    at = np.flatnonzero(everywhere != SERVED)
    judged_inside = answers(layers, "places", "indoor_system")[1][at] & target.indoor_system
    rests = np.zeros(len(found), dtype=bool)
    rests[found] = places_measured(target, network, layers, found) & (not target.check_points)
    return _place_table(layers, at, everywhere).assign(inside=judged_inside, measured=rests[at] & ~judged_inside)


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


def _village_table(
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


def _place_table(layers: Layers, rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int8]) -> pd.DataFrame:
    places = layers.places.iloc[rows]
    return _base(places, zones_of_rows(layers, "places").iloc[rows], codes[rows], layers.cover.grid).assign(
        kind=_text(places, "place_class").to_numpy()
    )


def _stretch_table(target: Target, network: str, layers: Layers) -> pd.DataFrame | None:
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
        }
    )


def _attribute_table(target: Target, layers: Layers) -> pd.DataFrame | None:
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
        return _village_table(layers, at, codes)
    if name == "places":
        return _place_table(layers, at, codes)
    return _base(table.iloc[at], zones_of_rows(layers, name).iloc[at], codes[at], layers.cover.grid).assign(kind="site")


def _finished(parts: list[pd.DataFrame], zones: Any, areas: Areas | None) -> gpd.GeoDataFrame:
    """One table with names of zones, priority areas first within each target and part, then zone by zone, the largest first."""
    if not parts:
        return no_gaps()
    table = pd.concat(parts, ignore_index=True)
    position: dict[tuple[str, str], int] = {}
    for level in ("city", "county"):
        rows = zones.loc[zones["level"] == level].drop_duplicates("adcode")
        names = dict(zip(rows["adcode"], rows["name"], strict=True))
        position |= {(level, code): index for index, code in enumerate(rows["adcode"])}
        table[f"{level}_name"] = table[level].map(names).fillna("")
    table["priority"] = areas_of_places(table["county"], table["town"], areas)
    last = len(position)
    keys = pd.DataFrame(
        {
            "block": table.groupby(["target", "part", "family", "network"], sort=False).ngroup(),
            "later": table["priority"] == "",
            "city": [position.get(("city", code), last) for code in table["city"]],
            "county": [position.get(("county", code), last) for code in table["county"]],
            "weight": -table["population"].fillna(table["length_km"]).fillna(0.0),
            "id": table["id"],
        }
    )
    order = keys.sort_values(list(keys.columns), kind="stable").index
    return _located(typed(table.loc[order].reset_index(drop=True), TYPES))


__all__ = ["COLUMNS", "UNCERTAIN", "find_gaps", "no_gaps", "unserved_demand"]
