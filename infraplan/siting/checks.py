"""A plan checked from its list of sites alone: a new map, people, places and lines counted on it, distances measured, its robustness."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from infraplan.coverage.map_update import cover_with, services_of
from infraplan.coverage.measurements import Measured
from infraplan.coverage.networks import ANY
from infraplan.coverage.population import as_status, people_by_zone
from infraplan.coverage.prediction import Coverage
from infraplan.errors import UsageError
from infraplan.geo.zonal import membership
from infraplan.messages import both
from infraplan.policy.targets import Targets
from infraplan.radio.budgets import Service
from infraplan.siting.availability import Availability, built_too_early
from infraplan.siting.capacity import Capacity, limited_family
from infraplan.siting.carried_people import CarriedPeople, carried_people
from infraplan.siting.goals import Goal, ShareTarget, demand_of
from infraplan.siting.line_counts import lines_on_maps, weak_on_maps
from infraplan.siting.maps import Maps
from infraplan.siting.required_places import required_place_points
from infraplan.siting.robustness import robustness
from infraplan.siting.site_constraints import PROJECTION_ERROR_M, overlaid
from infraplan.tables import arguments

if TYPE_CHECKING:
    from infraplan.siting.plans import Plan


def check_plan(
    plan: Plan | gpd.GeoDataFrame,
    cover: Coverage,
    *,
    zones: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    goal: Goal | None = None,
    services: Mapping[str, Service] | None = None,
    targets: Targets | None = None,
    places: gpd.GeoDataFrame | None = None,
    existing: gpd.GeoDataFrame | None = None,
    spacing_m: float = 0.0,
    capacity_people: Capacity = None,
    measured: Measured | None = None,
    agreements: Mapping[str, date] | None = None,
    corridors: gpd.GeoDataFrame | None = None,
    weak_grid: gpd.GeoDataFrame | None = None,
    after: Coverage | None = None,
) -> dict[str, Any]:
    """What the list of sites alone achieves: people, places, lines served on a map computed for it, distances kept, how robust that is.

    Parameters
    ----------
    plan : Plan or GeoDataFrame
        A plan (`place_sites`), or its list of sites alone, in the columns of a site table.
    cover : Coverage
        The map of the existing sites.
    zones, villages : GeoDataFrame
        Zones with their codes; points with people.
    goal : Goal, optional
        What is judged (`goal_of`); by default the plan's. Needed for a bare list of sites.
    services : mapping of Service, optional
        Services of the plan's sites; by default those of the map, and the presets of the names it lacks.
    targets : Targets, optional
        The clauses of the policies, where the goal names lines, or places that must be served.
    places : GeoDataFrame, optional
        Places, where the goal names places that must be served.
    existing : GeoDataFrame, optional
        Existing sites, for the spacing to those of the same family.
    spacing_m : float
        No two new sites, and no new and existing site of one family, may be nearer than this. Exactly this far is allowed. [m]
    capacity_people : BusyHour or int, optional
        People that a new site serves at most: from its spectrum, or a number; by default no limit.
    measured : Measured, optional
        Overrides prediction at its places, on the map of the existing sites: what is measured as not served there has to be served by one
        new site alone. `expected_people` stays a prediction.
    agreements : mapping of date, optional
        First days of the agreements between operators; by default those of the presets.
    corridors : GeoDataFrame, optional
        Lines (`read_corridors`), where the goal names lines.
    weak_grid : GeoDataFrame, optional
        Measured cells (`read_weak_grid`), where the goal has weak cells.
    after : Coverage, optional
        The map with the plan, where the caller has just made it by `cover_with`.

    Returns
    -------
    dict
        Of the first share: population, served, share, required, county_short (codes below the floor), expected_people (sum of people x
        probability that the signal of their pixel suffices), served_if_weaker and share_if_weaker (if every signal were 0, 3, 6, 10 dB
        weaker), today (served, share and the same three, of the existing network). Of every share, by target: shares (family, met and
        all of these). By target of places: places (asked, served, missed: ids). By target
        of lines: lines (family, must, total_km, required_km, served_km, share, met, missed: stretches, tunnel_km that no site
        serves; today: served_km and share of the existing network). Of measured weak cells, by their name (`weak_grid-nr`): weak_grid, as
        `Plan.weak_grid`. With a capacity: capacity (family, limit_least and limit: people of the smallest and the largest site, served:
        whom the sites can carry and those served today, required, county_short, met, full: how many sites carry all they can).
        too_close (pairs of site ids), too_early (id of a site, the day on which it is `built`, the service or agreement that begins
        later, its first day), cost, cost_low, cost_high, and feasible: all of it is as the goal requires.

    Raises
    ------
    UsageError
        A bare list of sites without a goal; tables without the columns of their readers.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages)
    >>> candidates = ip.candidate_sites(world.zones, demand=demand, services=["nr-n28"])
    >>> plan = ip.place_sites(
    ...     world.targets, world.cover, candidates, zones=world.zones, villages=world.villages, work_limit=2000
    ... )
    >>> checked = ip.check_plan(plan, world.cover, zones=world.zones, villages=world.villages)
    >>> checked["feasible"], checked["served"], checked["required"], checked["cost"]
    (True, 11149, 11011, 10885996)
    """
    plan_sites: Any = getattr(plan, "sites", plan)
    arguments.require(
        "check_plan", plan=(plan_sites, (*arguments.SITES, "cost")), cover=(cover, arguments.COVER), zones=(zones, arguments.ZONES),
        villages=(villages, arguments.PEOPLE),
        **arguments.given(places=(places, arguments.PLACES), existing=(existing, arguments.EXISTING),
                          corridors=(corridors, arguments.CORRIDORS)),
    )  # fmt: skip
    goal = goal or getattr(plan, "goal", None)
    if goal is None:
        raise UsageError(both("siting.no_goal"))
    services = services_of(plan_sites, cover) if services is None else services
    after = cover_with(plan_sites, cover, services) if after is None else after
    maps = Maps(cover, after, plan_sites, services, measured)
    shares = {item.target: _share_of_people(goal, item, maps, zones, villages) for item in goal.share_targets}
    lines = lines_on_maps(goal, maps, zones, corridors, targets)
    seats = [name for name in goal.must if name not in lines]
    required_places = {name: _required_places(goal, name, maps, zones, villages, places, targets) for name in seats}
    close = too_close(plan_sites, after, existing, spacing_m)
    early = built_too_early(plan_sites, Availability.of(services, agreements))
    short = _counties_short(goal, maps, zones, villages)
    first = shares[goal.target]
    met = all(row["met"] for row in shares.values()) and not any(row["missed"] for row in required_places.values())
    cells = {name: counts for name, (_, _, counts) in weak_on_maps(goal, maps, zones, weak_grid).items()}
    met = met and all(row["met"] for row in (*lines.values(), *cells.values()))
    limited = limited_family(capacity_people, goal.families, services)
    carried = carried_people(goal, maps, zones, villages, capacity_people, limited).counts() if limited else None
    met = met and (carried is None or carried["met"])
    return {
        "feasible": bool(met and not close and not early and not short),
        **{name: first[name] for name in ("population", "served", "share", "required")},
        "county_short": short,
        **{name: int(plan_sites[name if name in plan_sites else "cost"].sum()) for name in ("cost", "cost_low", "cost_high")},
        "expected_people": first["expected_people"],
        **{name: first[name] for name in ("served_if_weaker", "share_if_weaker", "today")},
        "shares": shares,
        "places": required_places,
        "lines": lines,
        "weak_grid": cells,
        "too_close": close,
        "too_early": early,
        **({} if carried is None else {"capacity": carried}),
    }


def served_by_family(
    goal: Goal,
    plan_sites: Any,
    services: Mapping[str, Service],
    cover: Coverage,
    after: Coverage,
    *,
    zones: Any,
    villages: Any,
    measured: Measured | None = None,
) -> dict[str, dict[str, int]]:
    """For each family of a goal: population in its scope, served_before and served_after, on the maps without and with the plan's sites.

    Arguments are those of `check_plan`.
    """
    maps = Maps(cover, after, plan_sites, services, measured)
    found = {}
    for ask in goal.share_targets:
        demand = demand_of(goal, zones, villages, ask)
        people = demand["population"].to_numpy(dtype=np.int64)
        before, later = (judge(demand, ask.family, goal.margin_db) for judge in (maps.today, maps.served))
        counts = {"served_before": int(people[before].sum()), "served_after": int(people[later].sum())}
        found[ask.family] = {"population": int(people.sum()), **counts}
    return found


def people_after(
    villages: Any,
    zones: Any,
    cover: Coverage,
    after: Coverage,
    plan_sites: Any,
    services: Mapping[str, Service],
    network: str = ANY,
    *,
    measured: Measured | None = None,
    carried: CarriedPeople | None = None,
) -> pd.DataFrame:
    """People served once the plan is built, by zone and family, counted by the rules of `check_plan` without a planning margin.

    Arguments as in `check_plan`; `network` as in `point_statuses`; `carried`: whom the sites can carry, where their users are limited: of
    its family no more than these are served, by any network. Rows of `population_coverage` whose `uncertain` is 0: what is not
    surely served counts as unserved.
    """
    maps = Maps(cover, after, plan_sites, services, measured)
    served = {family: maps.served(villages, family, 0.0, network) for family in cover.families}
    status = pd.DataFrame(
        {family: as_status(np.where(known, 0, 2).astype(np.int8)) for family, known in served.items()}, index=villages.index
    )
    people, inside = villages["population"].to_numpy(dtype=np.int64), membership(villages, zones)
    table = people_by_zone(villages, people, status, zones, network, inside)
    if carried is None or not len(villages):
        return table
    able = np.where(served[carried.family], carried.of(villages, people), 0)
    all_served = pd.DataFrame({name: as_status(np.zeros(len(villages), np.int8)) for name in status}, index=villages.index)
    limited = people_by_zone(villages, able, all_served, zones, network, inside)
    own = (table["family"] == carried.family).to_numpy()
    table.loc[own, "unserved"] += table.loc[own, "served"] - limited.loc[own, "served"]
    table.loc[own, "served"] = limited.loc[own, "served"]
    table["share"] = np.where(table["population"] > 0, table["served"] / table["population"].where(table["population"] > 0, 1), np.nan)
    return table


def _share_of_people(goal: Goal, target: ShareTarget, maps: Maps, zones: Any, villages: Any) -> dict[str, Any]:
    """One share of people, counted on the new map and on today's."""
    demand, family = demand_of(goal, zones, villages, target), target.family
    total = int(demand["population"].sum())
    required = math.ceil(target.share * total - 1e-9)
    later = robustness(demand, maps.after, family, lambda lost: maps.served(demand, family, goal.margin_db, weaker_db=lost))
    today = robustness(demand, maps.cover, family, lambda lost: maps.today(demand, family, goal.margin_db, weaker_db=lost))
    return {
        "family": family,
        "population": total,
        "served": later["served"],
        "share": later["share"],
        "required": required,
        "met": later["served"] >= required,
        **{name: later[name] for name in ("expected_people", "served_if_weaker", "share_if_weaker")},
        "today": today,
    }


def _required_places(
    goal: Goal, name: str, maps: Maps, zones: Any, villages: Any, places: Any, targets: Targets | None
) -> dict[str, Any]:  # fmt: skip
    """One target's places that must be served, judged on the new map."""
    if targets is None:
        raise UsageError(both("siting.must_without_targets"))
    layers = {"zones": zones, "villages": villages, "places": places}
    target, points = required_place_points(targets, name, cover=maps.after, cities=goal.cities, **layers)
    served = maps.served(points, target.family, goal.margin_db)
    return {"asked": len(points), "served": int(served.sum()), "missed": points["id"].astype(str).to_numpy()[~served].tolist()}


def _counties_short(goal: Goal, maps: Maps, zones: Any, villages: Any) -> list[str]:
    """Counties below the floor in some family."""
    short: list[str] = []
    for item in goal.share_targets if goal.county_floor > 0 else ():
        demand = demand_of(goal, zones, villages, item)
        people = demand["population"].to_numpy(dtype=np.int64)
        served = maps.served(demand, item.family, goal.margin_db)
        table = pd.DataFrame({"county": demand["county"].to_numpy(), "people": people, "got": np.where(served, people, 0)})
        sums = table.groupby("county").sum()
        short += [str(code) for code in sums.index[sums["got"] < np.ceil(goal.county_floor * sums["people"] - 1e-9)]]
    return sorted(set(short))


def too_close(plan_sites: Any, cover: Coverage, existing: Any, spacing_m: float) -> list[tuple[str, str]]:
    """Pairs of ids nearer than the spacing: two new sites, or a new one and an existing one that carries one of its families."""
    if spacing_m <= 0 or not len(plan_sites):
        return []
    new = np.column_stack(cover.grid.place(plan_sites))
    ids = plan_sites["id"].astype(str).to_numpy()
    found = [(ids[i], ids[j]) for i, j in sorted(cKDTree(new).query_pairs(spacing_m)) if _apart_m(new[i], new[j]) < spacing_m]
    if existing is None or not len(existing):
        return found
    built = existing.loc[existing["status"] == "existing"]
    beside = ~overlaid(plan_sites, built)
    families = plan_sites["services"].map(lambda text: _families(text, cover))
    theirs = built["services"].map(lambda text: _families(text, cover))
    for family in cover.families:
        own, old = (
            families.map(lambda has, family=family: family in has).to_numpy() & beside,
            theirs.map(lambda has, family=family: family in has),
        )
        if not own.any() or not old.any():
            continue
        there = np.column_stack(cover.grid.place(built.loc[old]))
        names = built.loc[old, "id"].astype(str).to_numpy()
        _, nearest = cKDTree(there).query(new[own])
        pairs = zip(np.flatnonzero(own), np.asarray(nearest), strict=True)
        found += [(ids[i], names[k]) for i, k in pairs if _apart_m(new[i], there[k]) < spacing_m]
    return sorted(set(found))


def _families(services: Any, cover: Coverage) -> set[str]:
    return {cover.services[name].family for name in str(services).split(";") if name in cover.services}


def _apart_m(here: Any, there: Any) -> float:
    return float(np.hypot(*(here - there))) + PROJECTION_ERROR_M
