"""Whom the sites of a plan can carry where a site serves a limited number of people: computed from the list of sites alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from infraplan.arrays import Floats, Ints
from infraplan.coverage.population import contradicted
from infraplan.siting.capacity import Capacity, people_at_most
from infraplan.siting.cover.limited.assignment import assignment_of
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.goals import Goal, demand_of
from infraplan.siting.maps import Maps


@dataclass(frozen=True)
class CarriedPeople:
    """People of one family whom the existing network serves and the sites can carry.

    Attributes
    ----------
    family : str
    index : Index
        Rows of the villages that the family's share counts.
    people : int array
        Of each of them: whom today's network serves, or the sites carry; the floors of counties come before the rest.
    required : int
        People the share asks for.
    county_short : list of str
        Counties below their floor.
    limit, load : float arrays
        Of each site that carries the family: people at most, and people carried.
    """

    family: str
    index: pd.Index[Any]
    people: Ints
    required: int
    county_short: list[str]
    limit: Floats
    load: Floats

    def of(self, villages: Any, others: Ints) -> Ints:
        """The people of each village; `others`: of those that the share does not count."""
        known = pd.Series(self.people, index=self.index).reindex(villages.index)
        return known.where(known.notna(), others).to_numpy(dtype=np.int64)

    def counts(self) -> dict[str, Any]:
        """The figures that `check_plan` reports."""
        served = int(self.people.sum())
        return {
            "family": self.family,
            "limit_least": round(float(self.limit.min())) if self.limit.size else None,
            "limit": round(float(self.limit.max())) if self.limit.size else None,
            "served": served,
            "required": self.required,
            "county_short": self.county_short,
            "met": served >= self.required and not self.county_short,
            "full": int((self.load >= self.limit - 0.5).sum()),
        }


def carried_people(goal: Goal, maps: Maps, zones: Any, villages: Any, capacity: Capacity, family: str) -> CarriedPeople:
    """A flow from the villages without service to the new sites that reach them, each no more than its limit.

    Parameters
    ----------
    goal : Goal
    maps : Maps
        The maps without and with the sites.
    zones, villages : GeoDataFrame
    capacity : BusyHour or int
        People that a new site serves at most.
    family : str
        The family whose users are limited (`limited_family`).
    """
    target = next(item for item in goal.share_targets if item.family == family)
    demand = demand_of(goal, zones, villages, target)
    people, sites = demand["population"].to_numpy(dtype=np.int64), maps.carriers(family)
    today = maps.today(demand, family, goal.margin_db)
    lost = contradicted(demand, maps.cover, family, goal.margin_db, maps.measured)
    limit = people_at_most(capacity, sites, maps.services, family)
    limit = np.full(len(sites), np.inf) if limit is None else limit
    row, column = (np.zeros(0, np.int64) for _ in range(2))
    if len(sites) and not today.all():
        entries = maps.reach(demand.loc[~today], family, goal.margin_db, lost[~today]).tocoo()
        row, column = np.flatnonzero(~today)[entries.row], entries.col.astype(np.int64)
    county, codes = pd.factorize(demand["county"])
    totals = np.bincount(county, weights=people, minlength=1) if len(demand) else np.zeros(1)
    shape = len(demand), len(sites) + 1  # one column more, for a plan without sites
    problem = CoverProblem(
        csr_matrix((np.ones(row.size, np.int8), (row, column)), shape=shape), people, np.zeros(shape[1]), zone=county,
        zone_required=np.ceil(goal.county_floor * totals - 1e-9), covered=today, capacity=np.append(limit, 0.0),
    )  # fmt: skip
    found = assignment_of(problem, np.arange(len(sites)))
    carried = np.round(found.carried).astype(np.int64)
    got = np.bincount(county, weights=carried, minlength=1) if len(demand) else np.zeros(1)
    short = [str(codes[zone]) for zone in np.flatnonzero(got < problem.zone_required - 0.5)]
    required = math.ceil(target.share * int(people.sum()) - 1e-9)
    return CarriedPeople(family, demand.index, carried, required, short, limit, found.load)
