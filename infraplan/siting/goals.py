"""What a plan must reach: shares of people, a floor for each county, places that have to be served."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infraplan.errors import UsageError
from infraplan.geo.zonal import membership
from infraplan.messages import both
from infraplan.policy.targets import Target, Targets

PLACES = ("place_share", "place_count")


@dataclass(frozen=True)
class Ask:
    """A population target as a plan sees it: a share of the people in its scope, judged for one family on any operator.

    `scope`: adcodes of the cities the target names; empty means all. `coupling_class_db`: the class of NB-IoT it asks for.
    """

    target: str
    family: str
    share: float
    scope: tuple[str, ...] = ()
    coupling_class_db: int | None = None


@dataclass(frozen=True)
class Goal:
    """What a plan must reach: a share of all people in scope, optionally a floor for each county, judged for one family on any operator.

    `cities`: adcodes the goal is restricted to; empty means the whole study. `margin_db`: a pixel counts from this margin on (planning
    margin). `scope`, `coupling_class_db`: as in `Ask`. `others`: shares of further families that the same plan must reach. `must`: targets
    whose places all have to be served.
    """

    target: str
    family: str
    share: float
    county_floor: float = 0.0
    cities: tuple[str, ...] = ()
    margin_db: float = 0.0
    scope: tuple[str, ...] = ()
    coupling_class_db: int | None = None
    others: tuple[Ask, ...] = ()
    must: tuple[str, ...] = ()

    @property
    def asks(self) -> tuple[Ask, ...]:
        """Every share the plan must reach, the first one first."""
        return Ask(self.target, self.family, self.share, self.scope, self.coupling_class_db), *self.others

    @property
    def families(self) -> tuple[str, ...]:
        """Families whose people are counted, one a share."""
        return tuple(ask.family for ask in self.asks)


def goal_of(
    targets: Targets,
    target: str | Iterable[str] = "nr-pop90",
    *,
    county_floor: float = 0.0,
    cities: tuple[str, ...] = (),
    margin_db: float = 0.0,
    must: Iterable[str] = (),
) -> Goal:
    """The planning goal that one or several population targets state, with the targets whose places must be served.

    Parameters
    ----------
    targets : Targets
        `read_policy(...)`.
    target : str or iterable of str
        Population targets, each of another family.
    county_floor : float
        Share each county must reach; only with a single target.
    must : iterable of str
        Targets of places or villages ("nr-prd-townships", or "id/part"): every one of their places has to be served, whatever share or
        number the clause asks.

    Raises
    ------
    UsageError
        A target that no plan can be made for, with what to do about it: another measure than people, no number, a subset of the people,
        a receiver behind walls, two targets of one family, a county floor beside several targets.
    """
    names = (target,) if isinstance(target, str) else tuple(target)
    if not names:
        raise UsageError(both("siting.no_target"))
    asks = [_ask(targets.row(name)) for name in names]
    families = [ask.family for ask in asks]
    if len(set(families)) < len(families):
        raise UsageError(both("siting.family_twice", targets=", ".join(names)))
    if len(asks) > 1 and county_floor > 0:
        raise UsageError(both("siting.floor_with_several", targets=", ".join(names)))
    duties = tuple(must)
    for name in duties:
        must_target(targets, name)
    first, *others = asks
    told = first.scope, first.coupling_class_db, tuple(others), duties
    return Goal(first.target, first.family, first.share, county_floor, cities, margin_db, *told)


def must_target(targets: Targets, name: str) -> Target:
    """The row that `name` ("id" or "id/part") stands for, refused unless it counts places or villages that a signal outdoors can serve."""
    row = targets.row(*name.split("/", 1))
    if row.measure not in PLACES:
        raise UsageError(both("siting.not_places", target=name))
    if row.receiver:
        raise UsageError(both("siting.behind_walls", target=name))
    return row


def _ask(row: Target) -> Ask:
    if row.measure != "population_share" or row.required is None:
        raise UsageError(both("siting.not_a_goal", target=row.id))
    if row.setting != "all" or row.residents is not None:
        raise UsageError(both("siting.not_everybody", target=row.id))
    if row.receiver:
        raise UsageError(both("siting.behind_walls", target=row.id))
    return Ask(row.id, row.family, row.required, tuple(sorted(row.cities)), row.coupling_class_db)


def demand_of(goal: Goal, zones: Any, villages: Any, ask: Ask | None = None) -> Any:
    """The people a goal counts (or one of its shares): those of its cities, or of the whole study; nobody outside every zone."""
    scope = (ask or goal.asks[0]).scope
    keep = (membership(villages, zones) != "").any(axis=1).to_numpy(copy=True)
    for cities in (goal.cities, scope):
        if cities:
            keep &= villages["city"].isin(cities).to_numpy()
    return villages.loc[keep]
