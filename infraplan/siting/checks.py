"""A plan judged from its list of sites alone: the map computed anew, people counted, and how robust the count is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from infraplan.coverage.population import demand_margin, status_of
from infraplan.coverage.prediction import Coverage
from infraplan.coverage.updating import cover_with
from infraplan.radio.budgets import Service
from infraplan.radio.shadowing import coverage_probability
from infraplan.siting.instances import Goal, demand_of

WEAKER_DB = (0.0, 3.0, 6.0, 10.0)


def check_plan(
    goal: Goal,
    plan_sites: Any,
    services: Mapping[str, Service],
    cover: Coverage,
    *,
    zones: Any,
    villages: Any,
    after: Coverage | None = None,
) -> dict[str, Any]:
    """What the list of sites alone brings: people served on a map computed anew, and how robust that is.

    `after` is that map where the caller has just made it by `cover_with`.

    Returns
    -------
    dict
        feasible, population, served, share, required, county_short (codes below the floor), cost_cny, expected_people (sum of people x
        coverage probability of their pixel), share_if_weaker (share when every signal were 0, 3, 6, 10 dB weaker).
    """
    after = cover_with(plan_sites, services, cover) if after is None else after
    demand = demand_of(goal, zones, villages)
    people = demand["population"].to_numpy(dtype=np.int64)
    margins = demand_margin(demand, after, goal.family)
    served = status_of(margins, goal.margin_db) == 0
    total, got = int(people.sum()), int(people[served].sum())
    required = math.ceil(goal.share * total - 1e-9)
    by_county = (
        pd.DataFrame({"county": demand["county"].to_numpy(), "people": people, "got": np.where(served, people, 0)}).groupby("county").sum()
    )
    short = by_county.index[by_county["got"] < np.ceil(goal.county_floor * by_county["people"] - 1e-9)]
    weaker = {f"{lost:g}": float(people[status_of(margins, goal.margin_db + lost) == 0].sum() / max(total, 1)) for lost in WEAKER_DB}
    return {
        "feasible": bool(got >= required and not len(short)),
        "population": total,
        "served": got,
        "share": got / max(total, 1),
        "required": required,
        "county_short": list(short),
        "cost_cny": int(plan_sites["cost_cny"].sum()),
        "expected_people": round(_expected(demand, after, goal.family)),
        "share_if_weaker": weaker,
    }


def _expected(demand: Any, cover: Coverage, family: str) -> float:
    """Sum of people times the probability that the best server's signal suffices under log-normal shadowing."""
    x_m, y_m = cover.grid.place(demand)
    row, col = cover.grid.pixel_of(x_m, y_m)
    layer = cover[family]
    server, margin_db = layer.server[row, col], layer.margin_db[row, col]
    there = (row >= 0) & (server >= 0)
    names, which = np.unique(cover.sector_services[server[there]].astype(str), return_inverse=True)
    people, probability = demand["population"].to_numpy(dtype=float)[there], np.zeros(int(there.sum()))
    for number, name in enumerate(names):
        own, service = which == number, cover.services[str(name)]
        probability[own] = coverage_probability(margin_db[there][own].astype(float), service.shadowing_sigma_db, service.shadow_margin_db)
    return float((people * probability).sum())
