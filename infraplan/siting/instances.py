"""From a study to a covering problem: who is served already, and who could be by which candidate."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, diags

from infraplan.arrays import Floats
from infraplan.coverage.measurements import Measured
from infraplan.coverage.prediction import Coverage
from infraplan.coverage.reach import Wanted, reaches
from infraplan.coverage.sectors import sectors_of
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.policy.targets import Targets
from infraplan.radio.budgets import Service
from infraplan.siting.availability import Availability
from infraplan.siting.capacity import Capacity, limited_family, people_at_most
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.covering_rows import CoveringRows, covering_rows
from infraplan.siting.demand_rows import RowGroup, line_rows, people_rows, place_rows, points_with_error, weak_rows
from infraplan.siting.goals import LINE_MEASURE, Goal

SAME_PLACE_M = 0.001
NEW_ID = re.compile(r"N(\d+)")
"""What new sites are called."""


@dataclass(frozen=True)
class MapInputs:
    """What a covering problem was made from: the data that count its plans on the map."""

    services: Mapping[str, Service]
    cover: Coverage
    zones: Any
    villages: Any
    targets: Targets | None
    places: Any
    measured: Measured | None
    capacity_people: Capacity
    corridors: Any = None
    weak_grid: Any = None


@dataclass(frozen=True)
class Instance:
    """A study as a covering problem: who is served already, who could be served by which candidate.

    Attributes
    ----------
    goal : Goal
    rows : DataFrame
        One row a demand row of `problem`: id, name, kind ("village", "block", "place" for one that must be served, "line" for a piece of a
        line, "tunnel" for one that no site outdoors serves, "closed" for what is served already in a county,
        "floor" for people counted once more for the floor of their county), family, target, county, city,
        population (0 for places and lines), lon, lat, unit of the amount ("people", "m" of a line, "places"), amount (its weight in the
        problem), loss_db (of the receiver in a car or a train). [dB]
    candidates : GeoDataFrame
        One row a column of `problem`.
    problem : CoverProblem
    population, covered_people : int
        People in scope of the first share, and those of them served today.
    worth : float64 array
        What each row counts where the objective is most people: its people, multiplied in priority areas; lines count nothing there.
    currency : str
        That of the candidates' costs.
    inputs : MapInputs, optional
        The data behind it; None where the problem was not made by `instance_of`.
    available : Availability
        First days of the candidates' services and agreements.
    first_number : int
        Of the ids of new sites, N00001 ...: after those of earlier plans that are sites now.
    """

    goal: Goal
    rows: pd.DataFrame
    candidates: Any
    problem: CoverProblem
    population: int
    covered_people: int
    worth: npt.NDArray[np.float64]
    currency: str = ""
    inputs: MapInputs | None = field(default=None, repr=False, compare=False)
    available: Availability = field(default_factory=Availability, repr=False, compare=False)
    first_number: int = 1


def instance_of(
    goal: Goal,
    candidates: Any,
    services: Mapping[str, Service],
    cover: Coverage,
    *,
    zones: Any,
    villages: Any,
    spacing_m: float = 0.0,
    targets: Targets | None = None,
    places: Any = None,
    capacity_people: Capacity = None,
    priority_counties: Collection[str] = (),
    priority_weight: float = 1.0,
    measured: Measured | None = None,
    currency: str = "",
    agreements: Mapping[str, date] | None = None,
    corridors: Any = None,
    weak_grid: Any = None,
    known_sites: Iterable[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Instance:
    """The covering problem of a goal; existing sites are part of every plan at no cost.

    Parameters
    ----------
    goal : Goal
    candidates : GeoDataFrame
        `candidate_sites(...)`; optional columns `forced` (bool) and `barred` ("" or the reason), as `apply_site_constraints` sets them.
    services : mapping of Service
        Presets of the candidates' services.
    cover : Coverage
        The map of the existing network.
    zones, villages : GeoDataFrame
        Zones with their codes; points with people.
    spacing_m : float
        No two new sites nearer than this. [m]
    targets, places : Targets, GeoDataFrame, optional
        Needed where the goal names places that must be served.
    corridors : GeoDataFrame, optional
        Lines (`read_corridors`), needed with `targets` where the goal names lines.
    weak_grid : GeoDataFrame, optional
        Measured cells (`read_weak_grid`), needed where the goal has weak cells.
    capacity_people : BusyHour or int, optional
        People that a new site serves at most: from its spectrum (`usual_busy_hour()`), or a number; by default no limit. The number counts
        residents (ours). Families that people do not load (NB-IoT) have no limit.
    priority_counties, priority_weight : collection of str, float
        Counties whose people count `priority_weight` times in `worth`.
    measured : Measured, optional
        Overrides prediction at its places: who is served today, and which points one new site has to serve alone.
    currency : str
        That of the costs; by default that of the candidates.
    agreements : mapping of date, optional
        First days of the agreements between operators; by default those of the presets (`known_agreements`).
    known_sites : iterable of str
        Ids of sites that are not on the map (planned, retired): a new site gets none of them, nor one of the map's.

    Returns
    -------
    Instance
        Rows: the people not served today, share by share; the pieces of lines, target by target; the places and pieces that must be served
        and are not; then one closed row a county and share with what is served already, so that shares keep their denominators. The
        zones of the problem are the counties of one share, that of the family with limited users, else the first; each other share, and
        each target of lines, is a separate zone with its own requirement, and under a county floor each county of such a share one more:
        rows of the kind "floor" then repeat its people, population 0.
    """
    (made,) = instances_of(
        (goal,), candidates, services, cover, zones=zones, villages=villages, spacing_m=spacing_m, targets=targets, places=places,
        capacity_people=capacity_people, priority_counties=priority_counties, priority_weight=priority_weight, measured=measured,
        currency=currency, agreements=agreements, corridors=corridors, weak_grid=weak_grid, known_sites=known_sites, progress=progress,
    )  # fmt: skip
    return made


def instances_of(
    goals: Sequence[Goal],
    candidates: Any,
    services: Mapping[str, Service],
    cover: Coverage,
    *,
    zones: Any,
    villages: Any,
    spacing_m: float = 0.0,
    targets: Targets | None = None,
    places: Any = None,
    capacity_people: Capacity = None,
    priority_counties: Collection[str] = (),
    priority_weight: float = 1.0,
    measured: Measured | None = None,
    currency: str = "",
    agreements: Mapping[str, date] | None = None,
    corridors: Any = None,
    weak_grid: Any = None,
    known_sites: Iterable[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> list[Instance]:
    """`instance_of` each goal, with the same candidates for all: their margins are computed once, whatever margins the goals ask."""
    inputs = MapInputs(services, cover, zones, villages, targets, places, measured, capacity_people, corridors, weak_grid)
    groups = [_row_groups(goal, inputs) for goal in goals]
    columns = _covering_matrices([part for parts in groups for part in parts], candidates, services, cover, progress)
    known = tuple(known_sites)
    made, first_column = [], 0
    for goal, parts in zip(goals, groups, strict=True):
        own, first_column = columns[first_column : first_column + len(parts)], first_column + len(parts)
        limited = limited_family(capacity_people, goal.families, services)
        limit = people_at_most(capacity_people, candidates, services, limited) if limited else None
        built = covering_rows(goal, parts, own, limited)
        problem, rows, first = _problem(candidates, built, cover, spacing_m, limit), built.table, parts[0]
        made.append(
            Instance(
                goal=goal,
                rows=rows,
                candidates=candidates,
                problem=problem,
                population=int(first.people.sum()),
                covered_people=int(first.people[first.covered].sum()),
                currency=currency or currency_of(candidates),
                worth=rows["population"].to_numpy(dtype=float) * np.where(rows["county"].isin(priority_counties), priority_weight, 1.0),
                first_number=_first_number(cover, known),
                inputs=inputs,
                available=Availability.of(services, agreements),
            )
        )
    return made


def _row_groups(goal: Goal, inputs: MapInputs) -> list[RowGroup]:
    """The rows of a goal, share by share and target by target."""
    cover, zones, villages, targets, measured = inputs.cover, inputs.zones, inputs.villages, inputs.targets, inputs.measured
    services, corridors = inputs.services, inputs.corridors
    parts = [people_rows(goal, item, number, cover, zones, villages, measured) for number, item in enumerate(goal.share_targets)]
    if (goal.must or goal.lines) and targets is None:
        raise UsageError(both("siting.must_without_targets"))
    for item in goal.lines:
        parts.append(line_rows(goal, targets, item.target, item.share, len(parts), services, cover, zones, corridors))
    for family in goal.weak_grid.families if goal.weak_grid is not None else ():
        parts.append(weak_rows(goal, family, len(parts), inputs.weak_grid, zones))
    for name in goal.must:
        if targets is not None and targets.row(*name.split("/", 1)).measure == LINE_MEASURE:
            parts.append(line_rows(goal, targets, name, None, len(parts), services, cover, zones, corridors))
        else:
            parts.append(place_rows(goal, targets, name, len(parts), cover, zones, villages, inputs.places, measured))
    return parts


def _first_number(cover: Coverage, known_sites: Iterable[str]) -> int:
    """The number after the largest one among ids of new sites (N00001 ...) that are sites already."""
    ids = {*(str(sector).rsplit("/", 2)[0] for sector in cover.sector_ids), *map(str, known_sites)}
    return 1 + max((int(found[1]) for found in map(NEW_ID.fullmatch, ids) if found), default=0)


def currency_of(candidates: Any) -> str:
    """The one currency in which candidates are priced, "" where none says it; a UsageError where there are several."""
    found = sorted(set(candidates["currency"].astype(str)) - {""}) if "currency" in candidates else []
    if len(found) > 1:
        raise UsageError(both("siting.currencies", currencies=", ".join(found)))
    return found[0] if found else ""


def _covering_matrices(
    parts: list[RowGroup],
    candidates: Any,
    services: Mapping[str, Service],
    cover: Coverage,
    progress: Callable[[int, int], None] | None,
) -> list[csr_matrix]:
    """For each group the matrix of its unserved rows by candidate.

    Footprints of a family are computed once for all service sets, for all groups and for all margins that they ask.
    """
    families = list(dict.fromkeys(part.family for part in parts))
    found: dict[int, csr_matrix] = {}
    for turn, family in enumerate(families):
        asked = list(dict.fromkeys(part.required_db for part in parts if part.family == family))
        alike = [[at for at, part in enumerate(parts) if (part.family, part.required_db) == (family, db)] for db in asked]
        wanted = [_wanted([parts[at] for at in own]) for own in alike]
        report = None if progress is None else _progress_of_family(progress, turn, len(families))
        matrices = _family_reach(wanted, candidates, services, cover, family, report)
        for own, matrix in zip(alike, matrices, strict=True):
            some = [parts[at] for at in own]
            closed = np.concatenate([np.zeros(len(part.rows), bool) if part.closed is None else part.closed for part in some])
            closed = closed[np.concatenate([~part.covered for part in some])]
            if closed.any():
                matrix = (diags(np.logical_not(closed).astype(np.int8), dtype=np.int8) @ matrix.astype(np.int8)).astype(bool).tocsr()
                matrix.eliminate_zeros()
            ends = np.cumsum([0, *(int((~part.covered).sum()) for part in some)])
            found |= {at: matrix[start:end] for at, start, end in zip(own, ends[:-1], ends[1:], strict=True)}
    return [found[at] for at in range(len(parts))]


def _wanted(parts: list[RowGroup]) -> Wanted:
    """The unserved rows of groups that ask the same margin."""
    points = gpd.GeoDataFrame(
        pd.concat([points_with_error(part.points.loc[~part.covered]) for part in parts], ignore_index=True),
        geometry="geometry",
        crs=4326,
    )
    return Wanted(points, parts[0].required_db, np.concatenate([part.contradicted[~part.covered] for part in parts]))


def _progress_of_family(progress: Callable[[int, int], None], turn: int, turns: int) -> Callable[[int, int], None]:
    return lambda done, total: progress(turn * total + done, turns * total)


def _family_reach(
    wanted: Sequence[Wanted],
    candidates: Any,
    services: Mapping[str, Service],
    cover: Coverage,
    family: str,
    progress: Callable[[int, int], None] | None,
) -> list[csr_matrix]:
    """Points by candidate, for each question: a candidate reaches with its services of the family alone; barred ones reach nobody."""
    own = {name: service for name, service in services.items() if service.family == family}
    allowed = candidates.loc[candidates["barred"] == ""] if "barred" in candidates else candidates
    sectors = sectors_of(allowed, own, include=("planned",), part=True)
    place = allowed["place"] if "place" in allowed else allowed["id"]
    spot = pd.Series(place.to_numpy(), index=allowed["id"].to_numpy())
    sectors = sectors.loc[sectors["site_id"].isin(_first_of_each(sectors["site_id"], spot))].reset_index(drop=True)
    matrices = reaches(wanted, sectors, cover, services, family=family, progress=progress)
    column = pd.Series(np.arange(matrices[0].shape[1]), index=spot.loc[sectors["site_id"].drop_duplicates()].to_numpy())
    carries = candidates["services"].astype(str).str.split(";").map(lambda listed: bool(own.keys() & set(listed))).to_numpy(dtype=bool)
    if "barred" in candidates:
        carries = carries & (candidates["barred"] == "").to_numpy()
    of_place = (candidates["place"] if "place" in candidates else candidates["id"]).to_numpy()
    picked = csr_matrix(
        (
            np.ones(int(carries.sum()), np.int8),
            (column.loc[of_place[carries]].to_numpy(), np.flatnonzero(carries)),
        ),
        shape=(matrices[0].shape[1], len(candidates)),
    )
    return [(matrix.astype(np.int8) @ picked).astype(bool).tocsr() for matrix in matrices]


def _first_of_each(site_ids: pd.Series[Any], spot: pd.Series[Any]) -> set[str]:
    """One candidate of each place: its service sets have the same footprint in a family."""
    distinct = site_ids.drop_duplicates()
    return set(distinct.loc[~spot.loc[distinct].duplicated().to_numpy()])


def _problem(
    candidates: Any, rows: CoveringRows, cover: Coverage, spacing_m: float, limit: Floats | None
) -> CoverProblem:  # fmt: skip
    """The rows with the costs, places and limits of the candidates."""
    x_m, y_m = cover.grid.place(candidates)
    nothing = np.zeros(len(candidates), dtype=bool)
    return CoverProblem(
        cover=rows.matrix,
        weight=rows.weight,
        cost=candidates["cost"].to_numpy(dtype=float),
        zone=rows.zone,
        zone_required=rows.zone_required,
        required=rows.required,
        must=rows.must,
        covered=(rows.table["kind"] == "closed").to_numpy(),
        position_m=np.column_stack([x_m, y_m]),
        spacing_m=max(spacing_m, SAME_PLACE_M) if _has_service_sets(candidates) else spacing_m,
        forced=candidates["forced"].to_numpy(dtype=bool) if "forced" in candidates else nothing,
        forbidden=(candidates["barred"] != "").to_numpy() if "barred" in candidates else nothing,
        capacity=limit,
        separate=rows.separate,
    )


def _has_service_sets(candidates: Any) -> bool:
    """Whether a place has several candidates: its service sets then exclude each other, whatever the spacing."""
    return "place" in candidates and bool(candidates["place"].duplicated().any())
