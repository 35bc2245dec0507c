"""Build or share: one network alone against any network, on the same candidates; by brute force, and what a study is told."""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_world import small_world

from infraplan.coverage.measurements import Measured
from infraplan.coverage.own_network import measured_of, of_one_network
from infraplan.coverage.population import demand_margin
from infraplan.errors import UsageError
from infraplan.siting.build_alone import build_alone_plan, saving
from infraplan.siting.candidates import candidate_sites
from infraplan.siting.goals import goal_of
from infraplan.siting.instances import Instance, instance_of
from infraplan.siting.plans import SearchLimits, cheapest_plan

WORLD = small_world()
NETWORKS = tuple(network for network in WORLD.cover.networks if network != "any")
FEW = 11


def instance(network: str, share: float, seed: int) -> Instance:
    """A few candidates drawn by chance, the same for every network."""
    offered = candidate_sites(
        WORLD.zones, grid=WORLD.grid, demand=WORLD.villages, services=("nr-n28",), spacing_m=5000, existing=WORLD.sites, overlays=False
    )
    some = np.sort(np.random.default_rng(seed).permutation(len(offered))[:FEW])
    cover = WORLD.cover if network == "any" else of_one_network(WORLD.cover, network)
    goal = replace(goal_of(WORLD.targets, "nr-people"), share=share)
    return instance_of(
        goal,
        offered.iloc[some].reset_index(drop=True),
        WORLD.services,
        cover,
        zones=WORLD.zones,
        villages=WORLD.villages,
        targets=WORLD.targets,
    )


def least_cost(given: Instance) -> float:
    """The cheapest choice of all, inf where none reaches the goal."""
    problem, best = given.problem, np.inf
    matrix = problem.cover.toarray().astype(bool)
    for chosen in itertools.product([False, True], repeat=matrix.shape[1]):
        served = problem.covered | matrix[:, list(chosen)].any(axis=1)
        if problem.weight[served].sum() >= problem.required:
            best = min(best, float(problem.cost[list(chosen)].sum()))
    return best


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("seed", range(3))
def test_sharing_never_costs_more_than_building_alone(network: str, seed: int) -> None:
    most = instance(network, 0.0, seed)
    reachable = most.problem.covered | most.problem.cover.toarray().astype(bool).any(axis=1)
    share = 0.9 * float(most.problem.weight[reachable].sum()) / most.population
    limits = SearchLimits(gap=0.0, work_limit=3000)
    together, alone = instance("any", share, seed), instance(network, share, seed)
    shared = cheapest_plan(together, limits)
    found = build_alone_plan(alone, limits, network, shared)
    assert least_cost(together) <= least_cost(alone) < np.inf
    assert shared.cost == round(least_cost(together)) and found.cost == round(least_cost(alone))
    assert found.status in ("optimal", "feasible") and found.served_before <= together.covered_people
    best = round(least_cost(alone)) - round(least_cost(together))
    assert found.saving == best
    assert found.saving_least is not None and found.saving_most is not None and found.saving_least <= best <= found.saving_most


def test_the_map_of_one_network() -> None:
    """ "any" of it is the network, pixel by pixel and at positions; another network is refused with the list."""
    for network in NETWORKS:
        alone = of_one_network(WORLD.cover, network)
        for family in WORLD.cover.families:
            np.testing.assert_array_equal(alone[family].margin_db, WORLD.cover[family, network].margin_db)
            pd.testing.assert_frame_equal(
                demand_margin(WORLD.villages, alone, family), demand_margin(WORLD.villages, WORLD.cover, family, network)
            )
            pd.testing.assert_frame_equal(
                demand_margin(WORLD.villages, alone, family, network), demand_margin(WORLD.villages, WORLD.cover, family, network)
            )
    with pytest.raises(UsageError, match="no-such"):
        of_one_network(WORLD.cover, "no-such")


def test_measurements_of_others_say_nothing() -> None:
    table = pd.DataFrame({"id": ["a", "b"], "operator": ["cmcc", "ctcc"]})
    own: Any = measured_of(Measured(table, {}), "cbn+cmcc")
    assert list(own.table["id"]) == ["a"]
    assert measured_of(Measured(table, {}), "xyz") is None and measured_of(None, "cmcc") is None


def test_savings_by_hand() -> None:
    """Alone 900, no less than 800; shared 500, no less than 450."""
    given = cheapest_plan(instance("any", 0.0, 0), SearchLimits(work_limit=100))
    shared = replace(given, cost=500, bound=450, status="feasible")
    assert saving(900, 800, "feasible", shared) == (400, 300, 450)
    assert saving(490, 400, "optimal", shared) == (0, 0, 40), "a search that did no better is no loss"
    assert saving(900, 800, "unreachable", shared) == saving(900, 800, "short", shared) == (None, None, None)
    assert saving(900, 800, "optimal", replace(shared, status="short")) == (None, None, None)
    assert saving(900, 800, "optimal", replace(shared, objective="most")) == (None, None, None)


def test_it_is_written_and_read_as_plain_numbers() -> None:
    limits = SearchLimits(gap=0.0, work_limit=500)
    shared = cheapest_plan(instance("any", 0.0, 0), limits)
    found = build_alone_plan(instance(NETWORKS[0], 0.0, 0), limits, NETWORKS[0], shared)
    assert type(found)(**asdict(found)) == found and found.cost == 0 and found.saving == 0
