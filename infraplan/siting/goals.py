"""What a plan must reach: shares of people and of lines, a floor for each county, places and lines that have to be served."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infraplan.errors import UsageError
from infraplan.geo.zonal import membership
from infraplan.messages import both
from infraplan.policy.targets import Target, Targets

PLACE_MEASURES = ("place_share", "place_count")
LINE_MEASURE = "line_share"


@dataclass(frozen=True)
class ShareTarget:
    """A population target for planning: the share of the people in its scope that one family must serve, on any operator.

    `scope`: adcodes of the cities the target names; empty means all. `coupling_class_db`: the class of NB-IoT that it requires.
    """

    target: str
    family: str
    share: float
    scope: tuple[str, ...] = ()
    coupling_class_db: int | None = None


@dataclass(frozen=True)
class LineTarget:
    """A target of lines for planning: the share of the kilometres in its scope that one family must serve, on any operator.

    `target`: the row as the study names it, "id" or "id/part".
    """

    target: str
    family: str
    share: float


@dataclass(frozen=True)
class WeakGridTarget:
    """Measured weak cells for planning: the share of them, or of their samples, that new sites must cover, for each family of its own.

    `count`: "cells" or "samples". `below_dbm`: a cell is weak where its mean RSRP is below this. [dBm] `operators`: codes of the operators
    whose cells count. `families`: those of the new sites' services.
    """

    share: float
    count: str
    below_dbm: float
    operators: tuple[str, ...]
    families: tuple[str, ...]

    def name(self, family: str) -> str:
        """What the target of a family is called."""
        return f"weak_grid-{family}"


@dataclass(frozen=True)
class Goal:
    """What a plan must reach: a share of all people in scope, optionally a floor for each county in every family, judged on any operator.

    `cities`: adcodes the goal is restricted to; empty means the whole study. `margin_db`: a pixel counts from this margin on (planning
    margin). `scope`, `coupling_class_db`: as in `ShareTarget`. `others`: shares of further families that the same plan must reach.
    `must`: targets whose places, or lines, all have to be served. `lines`: shares of kilometres that the same plan must reach. A goal
    of lines alone, or of measured cells alone, has their first target and family and a share of 0: its people are counted, and
    nothing is asked of them. `weak_grid`: measured weak cells that the same plan must cover.
    """

    target: str
    family: str
    share: float
    county_floor: float = 0.0
    cities: tuple[str, ...] = ()
    margin_db: float = 0.0
    scope: tuple[str, ...] = ()
    coupling_class_db: int | None = None
    others: tuple[ShareTarget, ...] = ()
    must: tuple[str, ...] = ()
    lines: tuple[LineTarget, ...] = ()
    weak_grid: WeakGridTarget | None = None

    @property
    def several_units(self) -> bool:
        """Whether more than people and places are asked: kilometres of lines, measured cells."""
        return bool(self.lines) or self.weak_grid is not None

    @property
    def asks_people(self) -> bool:
        """Whether a share of people, or a floor, is asked at all."""
        return self.share > 0 or self.county_floor > 0 or bool(self.others)

    @property
    def share_targets(self) -> tuple[ShareTarget, ...]:
        """Every share of people the plan must reach, the first one first."""
        return ShareTarget(self.target, self.family, self.share, self.scope, self.coupling_class_db), *self.others

    @property
    def families(self) -> tuple[str, ...]:
        """Families whose people are counted, one a share."""
        return tuple(item.family for item in self.share_targets)


def goal_of(
    targets: Targets,
    target: str | Iterable[str] = "nr-pop90",
    *,
    county_floor: float = 0.0,
    cities: tuple[str, ...] = (),
    margin_db: float = 0.0,
    must: Iterable[str] = (),
    weak_grid: WeakGridTarget | None = None,
) -> Goal:
    """The planning goal that one or several population targets state, with the targets whose places must be served.

    Parameters
    ----------
    targets : Targets
        The clauses of the policies: `read_policy(...)`.
    target : str or iterable of str
        Population targets, each of another family, and targets of lines ("id" or "id/part").
    county_floor : float
        Share of its people that each county must reach in every target's family, 0..1.
    cities : tuple of str
        Adcodes of the cities that are planned for; all of them where it is empty.
    margin_db : float
        Planning margin: a pixel counts as served from this margin on. [dB]
    must : iterable of str
        Targets of places, villages or lines ("nr-prd-townships", or "id/part"): every one of their places, every piece of their lines has
        to be served, whatever share or number the clause requires.
    weak_grid : WeakGridTarget, optional
        Measured weak cells to cover; `target` may then be empty.

    Returns
    -------
    Goal
        What a plan must reach; `check_plan(sites, ..., goal=...)` takes it.

    Raises
    ------
    UsageError
        A target that no plan can be made for, with how to fix it: another measure than people or lines, no number, a subset of the people,
        people behind walls, two population targets of one family, a target named twice.

    Examples
    --------
    >>> import infraplan as ip
    >>> goal = ip.goal_of(ip.read_policy("guangdong-2020"), "nr-pop90")
    >>> goal.family, goal.share
    ('nr', 0.9)
    """
    names = (target,) if isinstance(target, str) else tuple(target)
    if not names and weak_grid is None:
        raise UsageError(both("siting.no_target"))
    rows = [_row(targets, name) for name in names]
    lines = tuple(_line_target(row, name) for row, name in zip(rows, names, strict=True) if row.measure == LINE_MEASURE)
    shares = [_share_target(row) for row in rows if row.measure != LINE_MEASURE]
    families, places = [item.family for item in shares], tuple(must)
    for name in places:
        must_target(targets, name)
    twice = [name for name in dict.fromkeys((*names, *places)) if (*names, *places).count(name) > 1]
    if twice and any(name in places or _row(targets, name).measure == LINE_MEASURE for name in twice):
        raise UsageError(both("siting.target_twice", targets=", ".join(twice)))
    if len(set(families)) < len(families):
        raise UsageError(both("siting.family_twice", targets=", ".join(names)))
    if not shares and lines:
        shares = [ShareTarget(lines[0].target, lines[0].family, 0.0)]
    elif not shares and weak_grid is not None:
        shares = [ShareTarget(weak_grid.name(weak_grid.families[0]), weak_grid.families[0], 0.0)]
    first, *others = shares
    further = tuple(others)
    return Goal(
        first.target, first.family, first.share, county_floor, cities, margin_db, first.scope, first.coupling_class_db, further, places,
        lines, weak_grid,
    )  # fmt: skip


def must_target(targets: Targets, name: str) -> Target:
    """The row named `name` ("id" or "id/part") of `must`: lines, or places as `required_places_target` takes them."""
    row = _row(targets, name)
    return row if row.measure == LINE_MEASURE else required_places_target(targets, name)


def required_places_target(targets: Targets, name: str) -> Target:
    """The row named `name` ("id" or "id/part"), refused unless it counts places or villages that a signal outdoors can serve."""
    row = _row(targets, name)
    if row.measure not in PLACE_MEASURES:
        raise UsageError(both("siting.not_places", target=name))
    if row.receiver:
        raise UsageError(both("siting.behind_walls", target=name))
    return row


def _row(targets: Targets, name: str) -> Target:
    return targets.row(*name.split("/", 1))


def _line_target(row: Target, name: str) -> LineTarget:
    """The target as a share of kilometres, refused where it has no number."""
    if row.required is None:
        raise UsageError(both("siting.not_a_goal", target=name))
    return LineTarget(name, row.family, row.required)


def _share_target(row: Target) -> ShareTarget:
    """The target as a share of people, refused where a plan cannot be made for it."""
    if row.measure != "population_share" or row.required is None:
        raise UsageError(both("siting.not_a_goal", target=row.id))
    if row.setting != "all" or row.areas != "all" or row.counties or row.residents is not None:
        raise UsageError(both("siting.not_everybody", target=row.id))
    if row.receiver:
        raise UsageError(both("siting.behind_walls", target=row.id))
    return ShareTarget(row.id, row.family, row.required, tuple(sorted(row.cities)), row.coupling_class_db)


def demand_of(goal: Goal, zones: Any, villages: Any, share_target: ShareTarget | None = None) -> Any:
    """The people that a goal, or one of its share targets, counts: those of its cities or of the whole study, inside some zone."""
    scope = (share_target or goal.share_targets[0]).scope
    keep = (membership(villages, zones) != "").any(axis=1).to_numpy(copy=True)
    for cities in (goal.cities, scope):
        if cities:
            keep &= villages["city"].isin(cities).to_numpy()
    return villages.loc[keep]
