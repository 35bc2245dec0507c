"""A smaller graph with the same cheapest trees: without loops, parallel edges, dead ends, nodes of degree 2."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from infraplan.arrays import Bools, Ints, kernel


class Reduced(NamedTuple):
    """What is left, in the nodes of the larger graph.

    `tail`, `head`, `cost`: its edges. `piece`: for each of them an index into `one` and `other`, or into the larger graph's edges: numbers
    below their count are edges, others (less the count) two pieces in a row. `fixed`: pieces that every tree has. `terminal`: what is
    still to be joined.
    """

    tail: Ints
    head: Ints
    cost: Ints
    piece: Ints
    one: Ints
    other: Ints
    fixed: Ints
    terminal: Bools


@kernel
def _unlink(half: int, node: int, first: Ints, ahead: Ints, behind: Ints, degree: Ints) -> None:
    """Take a half edge out of the list of its node."""
    if behind[half] < 0:
        first[node] = ahead[half]
    else:
        ahead[behind[half]] = ahead[half]
    if ahead[half] >= 0:
        behind[ahead[half]] = behind[half]
    degree[node] -= 1


@kernel
def _link(half: int, node: int, first: Ints, ahead: Ints, behind: Ints, degree: Ints) -> None:
    """Put a half edge first in the list of its node."""
    ahead[half], behind[half] = first[node], -1
    if first[node] >= 0:
        behind[first[node]] = half
    first[node] = half
    degree[node] += 1


@kernel
def _parallel(half: int, end: Ints, first: Ints, ahead: Ints, degree: Ints) -> int:
    """Another edge between the ends of an edge, -1 without one: looked for at the end with fewer edges. Half `h` starts at `end[h]`."""
    node, other = end[half], end[half ^ 1]
    if degree[other] < degree[node]:
        node, other = other, node
    at = first[node]
    while at >= 0:
        if at >> 1 != half >> 1 and end[at ^ 1] == other:
            return int(at >> 1)
        at = ahead[at]
    return -1


@kernel
def _keep_cheaper(edge: int, end: Ints, price: Ints, alive: Bools, first: Ints, ahead: Ints, behind: Ints, degree: Ints) -> None:
    """Where another edge has the same ends as this one, the dearer of the two goes."""
    twin = _parallel(2 * edge, end, first, ahead, degree)
    if twin >= 0:
        out = twin if price[twin] > price[edge] else edge
        alive[out] = False
        _unlink(2 * out, end[2 * out], first, ahead, behind, degree)
        _unlink(2 * out + 1, end[2 * out + 1], first, ahead, behind, degree)


@kernel
def _reduced(nodes: int, tail: Ints, head: Ints, cost: Ints, terminal: Bools) -> tuple[Ints, Ints, Bools, Ints, Ints, Ints, Ints, Bools]:
    edges = len(tail)
    end, price, alive = np.empty(2 * edges, np.int64), cost.copy(), np.ones(edges, np.bool_)
    ahead, behind, first = np.full(2 * edges, -1), np.full(2 * edges, -1), np.full(nodes, -1)
    degree, piece = np.zeros(nodes, np.int64), np.arange(edges)
    one, other, merged = np.empty(edges, np.int64), np.empty(edges, np.int64), 0
    fixed, settled = np.empty(edges, np.int64), 0
    wanted = terminal.copy()
    left = 0
    for node in range(nodes):
        left += wanted[node]
    for edge in range(edges):
        end[2 * edge], end[2 * edge + 1] = tail[edge], head[edge]
        if tail[edge] == head[edge]:
            alive[edge] = False
            continue
        _link(2 * edge, tail[edge], first, ahead, behind, degree)
        _link(2 * edge + 1, head[edge], first, ahead, behind, degree)
        _keep_cheaper(edge, end, price, alive, first, ahead, behind, degree)
    stack, depth, waits = np.empty(nodes, np.int64), 0, np.ones(nodes, np.bool_)
    for node in range(nodes - 1, -1, -1):
        stack[depth] = node
        depth += 1
    while depth and left > 1:
        depth -= 1
        node = stack[depth]
        waits[node] = False
        if degree[node] == 1:
            half = first[node]
            edge, neighbour = half >> 1, end[half ^ 1]
            if wanted[node]:  # the only way out: every tree has it
                fixed[settled] = piece[edge]
                settled += 1
                wanted[node] = False
                if wanted[neighbour]:
                    left -= 1
                wanted[neighbour] = True
            alive[edge] = False
            _unlink(half, node, first, ahead, behind, degree)
            _unlink(half ^ 1, neighbour, first, ahead, behind, degree)
            if not waits[neighbour]:
                waits[neighbour] = True
                stack[depth] = neighbour
                depth += 1
        elif degree[node] == 2 and not wanted[node]:
            a = first[node]
            b = ahead[a]
            far_a, far_b = end[a ^ 1], end[b ^ 1]
            one[merged], other[merged] = piece[a >> 1], piece[b >> 1]
            _unlink(a, node, first, ahead, behind, degree)
            _unlink(b, node, first, ahead, behind, degree)
            _unlink(a ^ 1, far_a, first, ahead, behind, degree)
            _unlink(b ^ 1, far_b, first, ahead, behind, degree)
            alive[b >> 1] = False
            edge = a >> 1
            price[edge] += price[b >> 1]
            piece[edge] = edges + merged
            merged += 1
            end[2 * edge], end[2 * edge + 1] = far_a, far_b
            if far_a == far_b:
                alive[edge] = False
            else:
                _link(2 * edge, far_a, first, ahead, behind, degree)
                _link(2 * edge + 1, far_b, first, ahead, behind, degree)
                _keep_cheaper(edge, end, price, alive, first, ahead, behind, degree)
            for neighbour in (far_a, far_b):
                if not waits[neighbour]:
                    waits[neighbour] = True
                    stack[depth] = neighbour
                    depth += 1
    return end, price, alive, piece, one[:merged], other[:merged], fixed[:settled], wanted


def reduced(nodes: int, tail: Ints, head: Ints, cost: Ints, terminal: Bools) -> Reduced:
    """The smaller graph of one that hangs together; a single terminal left means that `fixed` is the whole tree."""
    end, price, alive, piece, one, other, fixed, wanted = _reduced(nodes, tail, head, cost, terminal)
    return Reduced(end[0::2][alive], end[1::2][alive], price[alive], piece[alive], one, other, fixed, wanted)


def edges_of(pieces: Ints, edges: int, one: Ints, other: Ints) -> Ints:
    """The larger graph's edges of some pieces."""
    found, open_pieces = [], np.asarray(pieces, np.int64)
    while len(open_pieces):
        plain = open_pieces < edges
        found.append(open_pieces[plain])
        rows = open_pieces[~plain] - edges
        open_pieces = np.concatenate([one[rows], other[rows]])
    return np.concatenate(found) if found else np.zeros(0, np.int64)
