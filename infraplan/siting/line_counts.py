"""Kilometres of a plan's lines, and its measured weak cells, counted on the map without and with its sites."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from infraplan.arrays import Bools
from infraplan.coverage.measurements import SERVED
from infraplan.coverage.population import demand_margin, status_of
from infraplan.coverage.prediction import Coverage
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.policy.targets import Targets
from infraplan.radio.budgets import Service
from infraplan.siting.goals import LINE_MEASURE, Goal
from infraplan.siting.target_lines import TargetLines, target_lines
from infraplan.siting.weak_cells import WeakCells, weak_cells, weak_totals

if TYPE_CHECKING:
    from infraplan.siting.maps import Maps


def line_names(goal: Goal, targets: Targets | None) -> dict[str, float | None]:
    """Targets of lines of a goal with the share they require, None for those of which every piece must be served."""
    if targets is None:
        if goal.lines:
            raise UsageError(both("siting.must_without_targets"))
        return {}
    must = [name for name in goal.must if targets.row(*name.split("/", 1)).measure == LINE_MEASURE]
    return {item.target: item.share for item in goal.lines} | dict.fromkeys(must)


def lines_of_goal(
    goal: Goal, maps: Maps, zones: Any, corridors: Any, targets: Targets | None
) -> dict[str, tuple[TargetLines, float | None]]:
    """Lines by target, with the share that they require; those that must be served without their tunnels."""
    found: dict[str, tuple[TargetLines, float | None]] = {}
    for name, share in line_names(goal, targets).items():
        assert targets is not None
        known = {"cover": maps.cover, "zones": zones, "corridors": corridors, "cities": goal.cities, "services": maps.services}
        found[name] = target_lines(targets, name, **known), share
    return found


def as_asked(lines: TargetLines, share: float | None) -> TargetLines:
    """The lines that count: where every piece must be served, those in the open air."""
    return lines if share is not None else lines.open_air()


def served_pieces(lines: TargetLines, cover: Coverage, margin_db: float) -> Bools:
    """Which pieces a map serves, as the clause judges them. Measurements are of places, not of lines."""
    margins = demand_margin(lines.points, cover, lines.target.family)
    return lines.judged(np.asarray(status_of(margins, margin_db + lines.loss_db) == SERVED))


def unserved_lines(
    targets: Targets,
    cover: Coverage,
    target: str,
    *,
    zones: gpd.GeoDataFrame,
    corridors: gpd.GeoDataFrame,
    services: Mapping[str, Service] | None = None,
    margin_db: float = 0.0,
    cities: tuple[str, ...] = (),
) -> gpd.GeoDataFrame:
    """The pieces of a target's lines that lack its service, those in tunnels left out: no site outdoors serves them.

    Parameters
    ----------
    targets : Targets
        The clauses of the policies: `read_policy(...)`.
    cover : Coverage
        The map of the existing network.
    target : str
        A target of lines (`measure = "line_share"`), "id" or "id/part".
    zones, corridors : GeoDataFrame
        Zones (`read_zones`), and lines (`read_corridors`).
    services : mapping of Service, optional
        Services that new sites would carry, beside those of the map.
    margin_db : float
        Planning margin. [dB]
    cities : tuple of str
        Adcodes of the cities that count; all of them where it is empty.

    Returns
    -------
    GeoDataFrame
        The middles of the pieces, as points: id, name (with the km), line, line_name, length_m, from_m, to_m, county, city.

    Raises
    ------
    UsageError
        Another measure than `line_share`; lines that are absent, state no CRS, or lie elsewhere.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import infraplan as ip
    >>> from shapely import LineString
    >>> world = ip.example_world()
    >>> railway = {"id": ["R1"], "name": ["省际铁路"], "line_class": ["railway"], "tunnel": ["no"], "indoor_system": [""]}
    >>> track = gpd.GeoDataFrame(railway, geometry=[LineString([(113.02, 23.05), (113.1, 23.05)])], crs=4326)
    >>> clauses = ip.read_policy("signal-upgrade-2023")
    >>> lacking = ip.unserved_lines(clauses, world.cover, "su-corridors/railway_nr", zones=world.zones, corridors=track)
    >>> len(lacking), int(lacking["length_m"].sum())
    (76, 7599)
    """
    known = {"cover": cover, "zones": zones, "corridors": corridors, "cities": cities, "services": services}
    lines = target_lines(targets, target, **known).open_air()
    return lines.points.loc[~served_pieces(lines, cover, margin_db)].reset_index(drop=True)


def lines_on_maps(goal: Goal, maps: Maps, zones: Any, corridors: Any, targets: Targets | None) -> dict[str, dict[str, Any]]:
    """Every target of lines of a goal, counted on the new map and on today's, by target."""
    found = {}
    for name, (whole, share) in lines_of_goal(goal, maps, zones, corridors, targets).items():
        lines = as_asked(whole, share)
        before, after = (served_pieces(lines, cover, goal.margin_db) for cover in (maps.cover, maps.after))
        missed = {"missed": lines.stretches(~after)}
        found[name] = line_totals(lines, before, after, share) | missed | {"tunnel_km": int(whole.length_m[whole.in_tunnel].sum()) / 1000}
    return found


def weak_on_maps(goal: Goal, maps: Maps, zones: Any, weak_grid: Any) -> dict[str, tuple[WeakCells, Bools, dict[str, Any]]]:
    """Measured weak cells of a goal by target: which of them a new site alone serves, and their counts."""
    asked = goal.weak_grid
    found: dict[str, tuple[WeakCells, Bools, dict[str, Any]]] = {}
    for family in asked.families if asked is not None else ():
        assert asked is not None
        cells = weak_cells(asked, family, weak_grid, zones, goal.cities)
        covered = np.zeros(len(cells.points), bool)
        if len(cells.points) and len(maps.plan_sites):
            reached = maps.reach(cells.points, family, goal.margin_db, np.ones(len(cells.points), bool))
            covered = np.asarray(reached.sum(axis=1)).ravel() > 0
        found[asked.name(family)] = cells, covered, weak_totals(cells, covered, asked.share, asked.count)
    return found


def line_totals(lines: TargetLines, before: Bools, after: Bools, share: float | None) -> dict[str, Any]:
    """Kilometres of a target of lines, by which pieces are served before and after; every piece is required where `share` is None."""
    total, had, has = (int(lines.length_m[rows].sum()) for rows in (np.ones(len(before), bool), before, after))
    required = total if share is None else math.ceil(share * total - 1e-9)
    return {
        "family": lines.target.family,
        "must": share is None,
        "total_km": total / 1000,
        "required_km": required / 1000,
        "served_km": has / 1000,
        "share": has / total if total else None,
        "met": bool(after.all()) if share is None else has >= required,
        "today": {"served_km": had / 1000, "share": had / total if total else None},
    }
