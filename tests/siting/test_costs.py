"""Costs: every host with its source; the joint service set never costs more than its parts."""

from __future__ import annotations

from itertools import product

import pytest

from infraplan.errors import UsageError
from infraplan.presets import load
from infraplan.siting.costs import added_service_cny, annuity_cny, host, host_table, life_cost_cny, present_value_years, rent_cny

HOSTS = sorted(load("costs")["hosts"])


def test_every_host_of_the_list_is_there() -> None:
    assert {"existing_tower", "upgrade_4g", "rooftop", "public_building", "smart_pole", "tower"} <= set(HOSTS)
    table = host_table().set_index("host")
    assert list(table.index.sort_values()) == HOSTS
    assert (table[["capex_cny", "opex_cny_per_year", "annuity_cny", "life_cost_cny", "height_m"]] > 0).all().all()
    assert table["interpretation"].all() and (table[["zh", "en", "source"]].map(len) > 0).all().all()


@pytest.mark.parametrize("name", HOSTS)
def test_the_annuity_repays_the_cost_over_the_years(name: str) -> None:
    assert annuity_cny(name) * present_value_years() == pytest.approx(life_cost_cny(name), abs=present_value_years())


def test_ten_years_at_five_percent() -> None:
    assert present_value_years() == pytest.approx(7.72173493)  # (1 - 1.05 ** -10) / 0.05, tables of annuities
    assert life_cost_cny("tower") == round(420_000 + 36_000 * 7.72173493)


def test_what_stands_is_cheaper_than_what_must_be_built() -> None:
    assert life_cost_cny("upgrade_4g") < life_cost_cny("existing_tower") < life_cost_cny("tower")


@pytest.mark.parametrize(("name", "first", "second"), list(product(HOSTS, (1, 2, 3), (1, 2, 3))))
def test_two_bundles_of_a_place_cost_more_than_the_joint_one(name: str, first: int, second: int) -> None:
    assert life_cost_cny(name, first) + life_cost_cny(name, second) > life_cost_cny(name, first + second)
    assert life_cost_cny(name, first + second) == life_cost_cny(name, first) + second * added_service_cny()


def test_only_public_premises_have_a_rent_to_waive() -> None:
    assert [name for name in HOSTS if rent_cny(name)] == ["public_building"]
    assert 0 < rent_cny("public_building") < life_cost_cny("public_building")


def test_an_unknown_host_is_reported_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="rooftop"):
        host("roftop")
