"""Costs: every host with its source; the joint service set never costs more than its parts; a file of one's own, in its own currency."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from infraplan import DataError, read_costs
from infraplan.errors import UsageError
from infraplan.presets import load
from infraplan.siting.costs import ALWAYS_OFFERED, usual_costs

HOSTS = sorted(load("costs")["hosts"])
COSTS = usual_costs()
OWN = """currency = "XAF"
[annuity]
rate = 0.08
years = 10
source = "regulator"
[added_service]
capex = 5e6
opex_per_year = 4e5
source = "tender"
[hosts.tower]
en = "new tower"
capex = 3.5e7
opex_per_year = 3e6
height_m = 45
source = "tender"
"""


def test_every_host_of_the_list_is_there() -> None:
    assert {*ALWAYS_OFFERED, "public_building", "smart_pole"} <= set(HOSTS)
    table = COSTS.table().set_index("host")
    assert list(table.index.sort_values()) == HOSTS and set(table["currency"]) == {"CNY"}
    assert (table[["capex", "opex_per_year", "annuity", "life_cost", "height_m"]] > 0).all().all()
    assert table["interpretation"].all() and (table[["zh", "en", "source"]].map(len) > 0).all().all()


@pytest.mark.parametrize("name", HOSTS)
def test_the_annuity_repays_the_cost_over_the_years(name: str) -> None:
    assert COSTS.annuity(name) * COSTS.present_value_years == pytest.approx(COSTS.life_cost(name), abs=COSTS.present_value_years)


def test_ten_years_at_five_percent() -> None:
    assert COSTS.present_value_years == pytest.approx(7.72173493)  # (1 - 1.05 ** -10) / 0.05, tables of annuities
    assert COSTS.life_cost("tower") == round(420_000 + 36_000 * 7.72173493)


def test_what_stands_is_cheaper_than_what_must_be_built() -> None:
    assert COSTS.life_cost("upgrade_4g") < COSTS.life_cost("existing_tower") < COSTS.life_cost("tower")


@pytest.mark.parametrize(("name", "first", "second"), list(product(HOSTS, (1, 2, 3), (1, 2, 3))))
def test_two_bundles_of_a_place_cost_more_than_the_joint_one(name: str, first: int, second: int) -> None:
    assert COSTS.life_cost(name, first) + COSTS.life_cost(name, second) > COSTS.life_cost(name, first + second)
    assert COSTS.life_cost(name, first + second) == COSTS.life_cost(name, first) + second * COSTS.added_service_cost


def test_only_public_premises_have_a_rent_to_waive() -> None:
    assert [name for name in HOSTS if COSTS.rent(name)] == ["public_building"]
    assert 0 < COSTS.rent("public_building") < COSTS.life_cost("public_building")


def test_an_unknown_host_is_reported_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="rooftop"):
        COSTS.host("roftop")


def test_a_file_of_ones_own_stands_alone(tmp_path: Path) -> None:
    file = tmp_path / "costs.toml"
    file.write_text(OWN, encoding="utf-8")
    own = read_costs(file)
    assert own.currency == "XAF" and list(own.hosts) == ["tower"]
    assert own.life_cost("tower", 2) == round(35e6 + 3e6 * 6.7100814) + round(5e6 + 4e5 * 6.7100814)  # (1 - 1.08 ** -10) / 0.08
    assert own.table()[["zh", "en"]].values.tolist() == [["new tower", "new tower"]]


@pytest.mark.parametrize(
    ("right", "wrong", "column", "row"),
    [
        ('currency = "XAF"', 'currency = "CFA francs"', "currency", 1),
        ('currency = "XAF"\n', "", "currency", None),
        ("capex = 3.5e7", "capex = -1", "hosts.tower.capex", 12),
        ("capex = 3.5e7", 'capex = "cheap"', "hosts.tower.capex", 12),
        ("capex = 3.5e7", "capexx = 3.5e7", "hosts.tower.capexx", 12),
        ('en = "new tower"\n', "", "hosts.tower", 10),
        ('height_m = 45\nsource = "tender"', "height_m = 45", "hosts.tower.source", 10),
        ("capex = 5e6", "capex = 5e9", "added_service", 6),
        ("rate = 0.08", "rate = 8", "annuity.rate", 3),
    ],
)
def test_faults_name_file_key_and_line(tmp_path: Path, right: str, wrong: str, column: str, row: int | None) -> None:
    file = tmp_path / "costs.toml"
    file.write_text(OWN.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(DataError) as told:
        read_costs(file)
    faults = {fault.column: fault for fault in told.value.fault_list}
    assert column in faults and faults[column].file == "costs.toml" and faults[column].row == row and faults[column].how_to_fix
