"""Orders that a stable sort gives, found in another way."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from infraplan.siting.cover.stable_orders import ascending, descending_of


@given(st.lists(st.sampled_from([0.0, -0.0, 1.0, 1.5, 2.0, 1e300, float("inf")]), max_size=200))
def test_orders_are_those_of_a_stable_sort(values: list[float]) -> None:
    value = np.array(values, np.float64)
    order = ascending(value)
    assert order.tolist() == np.argsort(value, kind="stable").tolist()
    assert descending_of(order, value).tolist() == np.argsort(-value, kind="stable").tolist()


def test_many_equal_and_many_different_values() -> None:
    for digits in (1, 3, 12):
        value = np.random.default_rng(digits).random(50_000).round(digits)
        order = ascending(value)
        assert (order == np.argsort(value, kind="stable")).all()
        assert (descending_of(order, value) == np.argsort(-value, kind="stable")).all()
