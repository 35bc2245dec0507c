"""Orders by value in which equal values keep their order: those of a stable sort, in a quarter of its time."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Bools, Floats, Ints, kernel


def ascending(value: Floats) -> Ints:
    """Places of `value`, the smallest first; of equal ones the earliest first. Equals `np.argsort(value, kind="stable")`."""
    order = np.argsort(value)  # vectorised, but equal values come in any order
    sorted_value = value[order]
    same = sorted_value[1:] == sorted_value[:-1]
    if same.any():
        sort_within(order, same)
    return order


def descending_of(order: Ints, value: Floats) -> Ints:
    """From `ascending(value)`: the largest first, of equal ones the earliest first. Equals `np.argsort(-value, kind="stable")`."""
    sorted_value = value[order]
    turned = np.empty_like(order)
    turn(order, sorted_value[1:] == sorted_value[:-1], turned)
    return turned


@kernel
def sort_within(order: Ints, same: Bools) -> None:
    """Sorts each run of places with equal values. `same[k]`: places k and k + 1 of `order` have equal values."""
    first = 0
    while first < order.size:
        end = first + 1
        while end < order.size and same[end - 1]:
            end += 1
        if end - first > 1:
            order[first:end].sort()
        first = end


@kernel
def turn(order: Ints, same: Bools, turned: Ints) -> None:
    """`turned`: the runs of equal values in the opposite order, each as it is."""
    end, at = order.size, 0
    while end > 0:
        first = end - 1
        while first > 0 and same[first - 1]:
            first -= 1
        for k in range(first, end):
            turned[at] = order[k]
            at += 1
        end = first
