"""What is built when: the build order of a plan cut at what each phase asks, and cost against coverage along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.siting.instances import Instance
from infraplan.siting.planning import Limits, Plan, most_served


@dataclass(frozen=True)
class Phase:
    """A stretch of time and what must stand at its end: a share of the people, a number of new sites, or what a budget pays.

    A phase that asks nothing takes all that is left.
    """

    name: str
    end: str = ""
    start: str = ""
    share: float | None = None
    sites: int | None = None
    budget_cny: float | None = None


def phase_of_sites(plan: Plan, phases: Sequence[Phase]) -> npt.NDArray[np.int64]:
    """Number of the phase (from 1) in which each site of the build order is built; 0: in none of them.

    The order serves most people per yuan first, so the early phases serve most. A phase ends with the site that meets what it asks.
    """
    cost = plan.sites["cost_cny"].to_numpy(dtype=float)
    people = plan.sites["people_gained"].to_numpy(dtype=float)
    share = (plan.served_before + np.cumsum(people)) / max(plan.population, 1)
    number, first = np.zeros(len(cost), np.int64), 0
    for index, phase in enumerate(phases, start=1):
        last = len(cost)
        if phase.share is not None:
            already = plan.served_before / max(plan.population, 1) >= phase.share
            last = first if already else min(last, int(np.searchsorted(share, phase.share - 1e-12)) + 1)
        if phase.sites is not None:
            last = min(last, first + phase.sites)
        if phase.budget_cny is not None:
            last = min(last, first + int(np.searchsorted(np.cumsum(cost[first:]), phase.budget_cny + 1e-6, side="right")))
        last = max(last, first)
        number[first:last] = index
        first = last
    return number


def phase_table(plan: Plan, phases: Sequence[Phase]) -> pd.DataFrame:
    """phase, name, start, end, sites, cost_cny, people_gained, share (of people served at its end), asked_met."""
    number = phase_of_sites(plan, phases)
    rows, served = [], float(plan.served_before)
    for index, phase in enumerate(phases, start=1):
        own = plan.sites.loc[number == index]
        served += float(own["people_gained"].sum())
        share = served / max(plan.population, 1)
        met = (phase.share is None or share >= phase.share - 1e-12) and (phase.sites is None or len(own) >= phase.sites)
        rows.append(
            {
                "phase": index,
                "name": phase.name,
                "start": phase.start,
                "end": phase.end,
                "sites": len(own),
                "cost_cny": int(own["cost_cny"].sum()),
                "people_gained": int(own["people_gained"].sum()),
                "share": share,
                "asked_met": met,
            }
        )
    return pd.DataFrame(rows)


def build_curve(plan: Plan) -> pd.DataFrame:
    """cost_cny and share of people served after each site of the build order, starting from what stands today."""
    cost = np.concatenate([[0.0], plan.sites["cost_cny"].cumsum().to_numpy(dtype=float)])
    people = plan.served_before + np.concatenate([[0.0], plan.sites["people_gained"].cumsum().to_numpy(dtype=float)])
    return pd.DataFrame({"cost_cny": cost, "share": people / max(plan.population, 1)})


def pareto_curve(instance: Instance, budgets_cny: Sequence[float], limits: Limits) -> pd.DataFrame:
    """For each budget the most people a plan can serve: cost_cny, share, share_bound (no plan within the budget exceeds it), sites.

    The points are solved one by one, each with its own proof; a smaller budget's plan stands in where the search found none better.
    """
    rows: list[dict[str, Any]] = []
    for budget in sorted(budgets_cny):
        plan = most_served(instance, limits, budget_cny=budget)
        total = max(plan.population, 1)
        row: dict[str, Any] = {"budget_cny": budget, "cost_cny": plan.cost_cny, "share": plan.served_after / total}
        row |= {"share_bound": plan.bound / total, "sites": len(plan.sites)}
        if rows and rows[-1]["share"] > row["share"]:
            row |= {name: rows[-1][name] for name in ("cost_cny", "share", "sites")}
        rows.append(row)
    return pd.DataFrame(rows)
