"""Build or share: what the same goal costs if the network of the new sites has to reach it alone, and what sharing saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infraplan.siting.instances import Instance
from infraplan.siting.low_end import second_plan
from infraplan.siting.plans import Plan, SearchLimits

REACHED = ("optimal", "feasible")


@dataclass(frozen=True)
class BuildAlone:
    """The cheapest plan found that reaches the goal by one network alone, and what is saved where service of any network counts.

    Parameters
    ----------
    network : str
        The network of the new sites; service of others does not count.
    sites, cost : int
        New sites and their cost, in the currency of the plan.
    cost_bound : int or None
        What no plan that reaches the goal costs less than, also where this one falls short; None where nothing is proven.
    proven_gap : float
        (cost - bound) / cost, 0..1.
    status : str
        As in `Plan`: "unreachable" where no candidates reach the goal; cost and bound are then those of what is within reach.
    population, served_before, served_after : int
        People of the goal's first family, served today by this network and with these sites, as the search counts.
    saving, saving_least, saving_most : int or None
        Cost alone less cost of the shared plan, at least 0; between bound alone less cost shared, and cost alone less bound shared. None
        where one of the plans does not reach the goal.
    """

    network: str
    sites: int
    cost: int
    cost_bound: int | None
    proven_gap: float
    status: str
    population: int
    served_before: int
    served_after: int
    saving: int | None
    saving_least: int | None
    saving_most: int | None


def build_alone_plan(instance: Instance, limits: SearchLimits, network: str, shared: Plan) -> BuildAlone:
    """The plan of an instance in which only one network counts, compared with the plan in which any does.

    Parameters
    ----------
    instance : Instance
        `instance_of` on the map of that network alone (`of_one_network`).
    limits : SearchLimits
        Those of the first plan.
    network : str
        The network of the new sites.
    shared : Plan
        The cheapest plan where service of any network counts.
    """
    return build_alone_of(second_plan(instance, limits), network, shared)


def build_alone_of(alone: dict[str, Any], network: str, shared: Plan) -> BuildAlone:
    """The same from what `second_plan` found for the instance."""
    saved, least, most = saving(alone["cost"], alone["cost_bound"], alone["status"], shared)
    return BuildAlone(network=network, saving=saved, saving_least=least, saving_most=most, **alone)


def saving(cost: int, cost_bound: int | None, status: str, shared: Plan) -> tuple[int | None, int | None, int | None]:
    """What sharing saves, at least and at most; None where a plan misses the goal."""
    if status not in REACHED or shared.status not in REACHED or shared.objective != "cheapest":
        return None, None, None
    return max(0, cost - shared.cost), max(0, (cost_bound or 0) - shared.cost), max(0, cost - shared.bound)
