"""`explain_plan`: the answers of the search about a plan, with people and places counted on the plan's map."""

from __future__ import annotations

from collections.abc import Sequence

from infraplan.presets import choose
from infraplan.siting.explanations import Explanation, explained_by_search
from infraplan.siting.instances import Instance, MapInputs
from infraplan.siting.on_map import explained_on_map
from infraplan.siting.plans import Plan, problem_of


def explain_plan(
    plan: Plan, *, candidates: Sequence[str] | None = None, villages: Sequence[str] = (), instance: Instance | None = None
) -> Explanation:
    """Why these candidates are not in the plan, which sites serve these villages, which targets are out of reach.

    Parameters
    ----------
    plan : Plan
        `place_sites(...)`, which remembers its problem.
    candidates : sequence of str, optional
        Ids of candidates, or of masts and hosts; by default the `MOST_CANDIDATES` not chosen ones that reach most people without service.
    villages : sequence of str
        Ids of villages, blocks or places to explain.
    instance : Instance, optional
        The problem, for a plan that does not remember it.

    Returns
    -------
    Explanation
        The tables candidates, villages, targets and unreachable. People and places served by the plan are counted on its map, as in
        `plan.served_after`; what candidates could serve is counted as the search does, each site alone.

    Raises
    ------
    UsageError
        A candidate, village or place that does not exist, with the nearest; a plan without its problem.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages)
    >>> candidates = ip.candidate_sites(world.zones, demand=demand, services=["nr-n28"])
    >>> plan = ip.place_sites(
    ...     world.targets, world.cover, candidates, zones=world.zones, villages=world.villages, work_limit=2000
    ... )
    >>> why = ip.explain_plan(plan, villages=["V010"])
    >>> why.candidates[["id", "reason"]].iloc[0].tolist()
    ['C000017', 'dominated']
    >>> why.villages[["id", "status", "by"]].iloc[0].tolist()
    ['V010', 'served_by_plan', 'N00003']
    """
    instance = problem_of(plan, instance)
    if instance.inputs is None:
        return explained_by_search(plan, instance, candidates, villages)
    _refuse_unknown(villages, instance.inputs)
    return explained_on_map(explained_by_search(plan, instance, candidates, villages), plan, instance.inputs)


def _refuse_unknown(names: Sequence[str], inputs: MapInputs) -> None:
    """Raises for an id that is neither a village nor a place; the message names the nearest."""
    known = [str(name) for table in (inputs.villages, inputs.places) if table is not None for name in table["id"]]
    for name in names:
        choose(name, dict.fromkeys(known), "village")
