"""Shares, savings, awards and the order of building, by what they promise and by plain recomputation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.backhaul.village_shares import RootedTree, below, building_order, paid_for, rooted_tree, savings, shares, without

Made = tuple[RootedTree, np.ndarray, np.ndarray]


@st.composite
def trees(draw: st.DrawFn) -> Made:
    """A tree of whole costs, whom it is for, and their households."""
    nodes = draw(st.integers(2, 14))
    edges = np.array([(node, draw(st.integers(0, node - 1))) for node in range(1, nodes)])
    cost = np.array(draw(st.lists(st.integers(0, 50), min_size=nodes - 1, max_size=nodes - 1)), float)
    wanted = np.array([False, *draw(st.lists(st.booleans(), min_size=nodes - 1, max_size=nodes - 1))])
    wanted[-1] = True
    households = np.array(draw(st.lists(st.integers(0, 90), min_size=nodes, max_size=nodes)), float) * wanted
    tree = without(rooted_tree(edges, cost, np.arange(nodes - 1), 0), wanted)
    return tree, wanted, households


@settings(max_examples=300, deadline=None)
@given(trees())
def test_shares_add_up_to_the_yuan(made: Made) -> None:
    tree, wanted, households = made
    paid = shares(tree, households)
    assert paid.sum() == tree.cost.sum() and (paid >= 0).all()
    assert (paid[~wanted] <= 1).all(), "who is not joined pays nothing but a rounded unit"


def test_an_edge_is_divided_by_the_households_below_it() -> None:
    tree = rooted_tree(np.array([[0, 1], [1, 2], [1, 3]]), np.array([300.0, 20.0, 60.0]), np.arange(3), 0)
    assert shares(tree, np.array([0, 0, 10, 20])).tolist() == [0, 0, 120, 260]
    assert shares(tree, np.zeros(4)).tolist() == [0, 0, 170, 210]
    assert below(tree, np.array([0, 0, 10, 20.0])).tolist() == [30, 30, 10, 20]


@settings(max_examples=300, deadline=None)
@given(trees())
def test_a_saving_is_what_the_smaller_tree_costs_less(made: Made) -> None:
    tree, wanted, _ = made
    saved = savings(tree, wanted)
    for node in range(len(wanted)):
        left = wanted.copy()
        left[node] = False
        smaller = without(tree, left).cost.sum()
        assert saved[node] == pytest.approx(tree.cost.sum() - smaller if wanted[node] else 0.0)


@settings(max_examples=200, deadline=None)
@given(trees(), st.integers(0, 80), st.sampled_from([0.0, 0.3]))
def test_whom_an_award_pays_for(made: Made, award: int, subsidy: float) -> None:
    tree, wanted, _ = made
    kept, left = paid_for(tree, wanted, award, subsidy)
    assert not (kept & ~wanted).any()
    assert (savings(left, kept)[kept] * (1 - subsidy) <= award + 1e-6).all()
    assert paid_for(tree, wanted, 1e9)[0].tolist() == wanted.tolist()
    more, _ = paid_for(tree, wanted, award, 1.0)
    assert more.tolist() == wanted.tolist(), "where others pay everything nobody is dropped"


@settings(max_examples=200, deadline=None)
@given(trees(), st.data())
def test_the_order_of_building(made: Made, data: st.DataObject) -> None:
    tree, wanted, households = made
    first = np.array(data.draw(st.lists(st.booleans(), min_size=len(wanted), max_size=len(wanted))))
    order, price = building_order(tree, wanted, households, first)
    assert sorted(order.tolist()) == np.flatnonzero(wanted).tolist()
    assert price.sum() == pytest.approx(tree.cost.sum())
    ahead = first[order]
    assert not (ahead[1:] & ~ahead[:-1]).any(), "those that come first do"
    plain, _ = building_order(tree, wanted, households)
    assert sorted(plain.tolist()) == sorted(order.tolist())


@settings(max_examples=300, deadline=None)
@given(trees(), st.integers(0, 80), st.sampled_from([0.0, 0.3]))
def test_the_fast_ways_give_what_the_plain_ones_do(made: Made, award: int, subsidy: float) -> None:
    tree, wanted, households = made
    kept, left = wanted.copy(), tree
    while True:
        left = without(left, kept)
        excess = np.where(kept, savings(left, kept) * (1 - subsidy) - award, -np.inf)
        if excess.max() <= 1e-9:
            break
        kept[int(np.argmax(excess))] = False
    fast, small = paid_for(tree, wanted, award, subsidy)
    assert fast.tolist() == kept.tolist() and small.cost.tolist() == left.cost.tolist()

    built, order = tree.up < 0, []
    waiting = np.flatnonzero(wanted).tolist()
    while waiting:
        ways = {}
        for node in waiting:
            ways[node], at = [], node
            while not built[at]:
                ways[node].append(at)
                at = int(tree.parent[at])
        node = min(waiting, key=lambda one: (sum(tree.cost[at] for at in ways[one]) / max(households[one], 1.0), one))
        built[ways[node]] = True
        waiting.remove(node)
        order.append(node)
    assert building_order(tree, wanted, households)[0].tolist() == order
