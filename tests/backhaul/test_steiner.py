"""The cheapest tree against exact answers, its bound against the optimum, and faults of the input."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from steiner_optimum import optimum

from infraplan.backhaul import SteinerError, SteinerProblem, Tree, solve
from infraplan.backhaul.steiner.core import Core, smaller
from infraplan.backhaul.steiner.graph import graph_of

REFERENCE = Path(__file__).parents[3] / "shared/reference/steiner"
OPTIMA = {"009": 15_841_596, "017": 17_560, "151": 337_290_460}


def is_tree(problem: SteinerProblem, tree: Tree) -> bool:
    """Whether the edges join all terminals without a circle."""
    top = list(range(problem.nodes))

    def find(node: int) -> int:
        while top[node] != node:
            node = top[node]
        return node

    for a, b in problem.edges[tree.edges].tolist():
        if find(a) == find(b):
            return False
        top[find(a)] = find(b)
    return len({find(node) for node in problem.terminals.tolist()}) <= 1


@st.composite
def problems(draw: st.DrawFn) -> SteinerProblem:
    """Small graphs that hang together, with loops, parallel edges, edges that cost nothing, and numbers without an edge."""
    nodes = draw(st.integers(2, 9))
    kind = draw(st.sampled_from(["whole", "any"]))
    cost = st.integers(0, 9).map(float) if kind == "whole" else st.floats(0, 5, allow_subnormal=False)
    edges = [(node, draw(st.integers(0, node - 1)), draw(cost)) for node in range(1, nodes)]
    node = st.integers(0, nodes - 1)
    edges += draw(st.lists(st.tuples(node, node, cost), max_size=14))
    terminals = draw(st.lists(node, max_size=6))
    shift = draw(st.sampled_from([0, 3]))
    pairs = np.array([(a + shift, b + shift) for a, b, _ in edges])
    root = draw(st.one_of(st.none(), node.map(lambda number: number + shift)))
    return SteinerProblem(pairs, np.array([price for *_, price in edges]), np.array([one + shift for one in terminals], int), root)


@settings(max_examples=300, deadline=None)
@given(problems(), st.integers(0, 3))
def test_small_problems_against_the_exact_answer(problem: SteinerProblem, seed: int) -> None:
    tree, exact = solve(problem, gap=0.0, seed=seed, work_limit=1_000_000), optimum(problem)
    assert is_tree(problem, tree)
    assert tree.cost == pytest.approx(problem.cost[tree.edges].sum())
    assert tree.bound <= exact * (1 + 1e-9) + 1e-12 and exact <= tree.cost * (1 + 1e-9) + 1e-12
    assert tree.cost <= 1.2 * exact + 1e-12, "a tree of a graph this small is (nearly) the cheapest"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_streets_against_the_exact_answer(seed: int) -> None:
    problem = streets(seed, 6, 6, 6)
    tree, exact = solve(problem, gap=0.0, seed=0, work_limit=3_000_000), optimum(problem)
    assert is_tree(problem, tree) and tree.bound <= exact + 1e-9 <= tree.cost + 2e-9
    assert tree.cost <= 1.05 * exact


def streets(seed: int, rows: int, columns: int, terminals: int) -> SteinerProblem:
    """A grid of streets with lengths drawn by chance, some of them missing."""
    rng = np.random.default_rng(seed)
    number = np.arange(rows * columns).reshape(rows, columns)
    across = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    along = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    edges = np.concatenate([across, along])
    there = rng.random(len(edges)) > 0.1
    there[np.isin(edges, np.concatenate([number[0], number[:, 0]])).all(axis=1)] = True
    part = SteinerProblem(edges[there], rng.uniform(1, 3, int(there.sum())), []).part_of()
    joined = np.flatnonzero(part == part[0])
    return SteinerProblem(edges[there], rng.uniform(1, 3, int(there.sum())), rng.choice(joined, terminals, replace=False))


@settings(max_examples=100, deadline=None)
@given(problems())
def test_the_smaller_graph_has_the_same_optimum(problem: SteinerProblem) -> None:
    if len(problem.terminals) < 2:
        return
    whole = SteinerProblem(problem.edges, np.round(problem.cost * 4), problem.terminals)
    terminal = np.zeros(whole.nodes, bool)
    terminal[whole.terminals] = True
    ends, cost = whole.edges, whole.cost.astype(np.int64)
    graph = graph_of(whole.nodes, np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1]), cost)
    core = smaller(Core(graph, terminal), np.ones(len(cost), bool))
    if core.done:
        assert core.offset == optimum(whole)
        return
    small = SteinerProblem(np.stack([core.graph.tail, core.graph.head], axis=1), core.graph.cost, np.flatnonzero(core.terminal))
    assert core.offset + optimum(small) == optimum(whole)
    every = core.edges(np.arange(len(core.graph.cost)))
    assert len(np.unique(every)) == len(every), "no edge is in two pieces"
    assert core.offset + core.graph.cost.sum() == cost[every].sum()


def test_the_same_work_gives_the_same_tree_whatever_the_seed_of_hashes() -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; from test_steiner import streets; from infraplan.backhaul import solve;"
        "tree = solve(streets(1, 25, 25, 40), gap=0.0, seed=2, work_limit=3_000_000); print(tree.edges.tolist(), tree.bound, tree.work)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parent), str(Path(__file__).parents[1] / "helpers")],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_an_order_of_rows_changes_nothing_but_the_numbers() -> None:
    problem = streets(5, 12, 12, 12)
    turned = SteinerProblem(problem.edges[::-1, ::-1], problem.cost[::-1], problem.terminals[::-1])
    one, other = (solve(each, gap=0.0, work_limit=20_000_000) for each in (problem, turned))
    assert one.cost == pytest.approx(other.cost, rel=0.01)
    assert max(one.bound, other.bound) <= min(one.cost, other.cost) + 1e-9


def test_the_bound_holds_whenever_time_stops() -> None:
    problem = streets(3, 30, 30, 60)
    hasty, patient = solve(problem, time_limit_s=0.0), solve(problem, gap=0.0, work_limit=200_000_000)
    assert is_tree(problem, hasty) and 0 <= hasty.bound <= patient.cost + 1e-9 and patient.bound <= hasty.cost + 1e-9
    assert hasty.proven_gap <= 1 and patient.proven_gap < 0.05


def test_nothing_to_join() -> None:
    for terminals in ([], [7]):
        tree = solve(SteinerProblem([[0, 1]], [3.0], terminals))
        assert (tree.edges.tolist(), tree.cost, tree.bound, tree.proven_gap) == ([], 0.0, 0.0, 0.0)
    tree = solve(SteinerProblem([[0, 1], [1, 2]], [0.0, 0.0], [0, 2]))
    assert tree.edges.tolist() == [0, 1] and tree.proven_gap == 0.0


def test_a_root_is_joined_too() -> None:
    edges, cost = [[0, 1], [1, 2], [2, 3]], [1.0, 1.0, 5.0]
    assert solve(SteinerProblem(edges, cost, [0, 2])).cost == 2.0
    assert solve(SteinerProblem(edges, cost, [0, 2], root=3)).cost == 7.0


@pytest.mark.parametrize(
    ("edges", "cost", "terminals", "root", "rules"),
    [
        ([[0, 1, 2]], [1.0], [0], None, {"edges_shape", "cost_length"}),
        ([[0, -1]], [1.0], [0], None, {"not_a_node", "cost_length"}),
        ([[0, 1.5]], [1.0], [0.5], None, {"not_a_node", "cost_length"}),
        ([[0, 1]], [-1.0], [0, 1], None, {"not_a_cost"}),
        ([[0, 1]], [float("nan")], [0, 1], None, {"not_a_cost"}),
        ([[0, 1]], [1.0, 2.0], [0, 1], None, {"cost_length"}),
        ([[0, 1], [2, 3]], [1.0, 1.0], [0, 1, 3, 9], None, {"apart"}),
        ([[0, 1], [2, 3]], [1.0, 1.0], [0, 1], 3, {"apart"}),
        ("roads", [1.0], [0], None, {"edges_shape", "cost_length"}),
    ],
)  # fmt: skip
def test_faults_are_named(edges: object, cost: object, terminals: object, root: int | None, rules: set[str]) -> None:
    with pytest.raises(SteinerError) as raised:
        SteinerProblem(edges, cost, terminals, root)  # type: ignore[arg-type]
    found = {rule.removeprefix("backhaul.") for rule in raised.value.faults["rule"]}
    assert found & rules and found <= rules
    assert isinstance(raised.value, ValueError)


def test_terminals_apart_are_named() -> None:
    with pytest.raises(SteinerError, match=r"3, 9"):
        SteinerProblem([[0, 1], [2, 3]], [1.0, 1.0], [0, 1, 3, 9])


def read_reference(name: str) -> SteinerProblem:
    """A street network of the PACE contest of 2018."""
    path = REFERENCE / f"vienna_{name}.gr.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is absent: ../shared is not beside the project")
    with gzip.open(path, "rt") as file:
        rows = [line.split() for line in file]
    edges = np.array([row[1:] for row in rows if row and row[0] == "E"], np.int64)
    terminals = np.array([row[1] for row in rows if len(row) == 2 and row[0] == "T"], np.int64)
    return SteinerProblem(edges[:, :2] - 1, edges[:, 2], terminals - 1)


@pytest.mark.parametrize("name", list(OPTIMA))
def test_street_networks_with_proven_optima(name: str) -> None:
    tree = solve(read_reference(name), work_limit=150_000_000)
    assert tree.bound <= OPTIMA[name] <= tree.cost <= 1.015 * OPTIMA[name]
    assert tree.proven_gap < 0.025
