"""Costs: every host with its source; the joint service set never costs more than its parts; a file of one's own, in its own currency."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from infraplan import DataError, read_costs
from infraplan.errors import UsageError
from infraplan.presets import load
from infraplan.siting.costs import ALWAYS_OFFERED, SUMMIT, usual_costs
from infraplan.siting.costs_schema import LEVELS

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
    assert {*ALWAYS_OFFERED, SUMMIT, "public_building", "smart_pole"} <= set(HOSTS)
    table = COSTS.table().set_index("host")
    assert list(table.index.sort_values()) == HOSTS and set(table["currency"]) == {"CNY"}
    assert (table[["capex", "opex_per_year", "annuity", "life_cost", "height_m"]] > 0).all().all()
    assert table["interpretation"].all() and (table[["zh", "en", "source"]].map(len) > 0).all().all()


@pytest.mark.parametrize("name", HOSTS)
def test_the_annuity_repays_the_cost_over_the_years(name: str) -> None:
    assert COSTS.annuity(name) * COSTS.present_value_years == pytest.approx(COSTS.life_cost(name), abs=COSTS.present_value_years)


def test_ten_years_at_five_percent() -> None:
    assert COSTS.present_value_years == pytest.approx(7.72173493)  # (1 - 1.05 ** -10) / 0.05, tables of annuities
    refused = 12_000 * 0.15 / 0.85  # attempts that fail, to each that does not
    assert COSTS.life_cost("tower") == round(420_000 + refused + (23_000 + 13_000) * 7.72173493)
    assert COSTS.life_cost("tower", level="low") == round(300_000 + 8_000 * 0.05 / 0.95 + (15_000 + 8_000) * 7.72173493)
    assert COSTS.life_cost("tower", level="high") == round(600_000 + 20_000 * 0.3 / 0.7 + (35_000 + 22_000) * 7.72173493)
    assert COSTS.annuity("tower") == round((420_000 + refused) / 7.72173493 + 36_000)


def test_what_stands_is_cheaper_than_what_must_be_built() -> None:
    for level in LEVELS:
        cost = {name: COSTS.life_cost(name, level=level) for name in HOSTS}
        assert cost["overlay"] < cost["upgrade_4g"] < cost["existing_tower"] < cost["tower"] < cost["summit"]


def test_a_published_figure_lies_in_its_range() -> None:
    tower, rooftop = COSTS.host("tower"), COSTS.host("rooftop")
    assert tower["capex"][0] <= 600_000 <= tower["capex"][2] and rooftop["opex_per_year"][2] >= 100_000
    assert {name for name, terms in COSTS.hosts.items() if "2019" in terms["source"]} >= {"tower", "rooftop"}


@pytest.mark.parametrize("name", HOSTS)
def test_low_typical_and_high_do_not_fall(name: str) -> None:
    costs = [COSTS.life_cost(name, 2, level) for level in LEVELS]
    assert costs == sorted(costs) and costs[0] < costs[2]
    with pytest.raises(UsageError, match="typical"):
        COSTS.life_cost(name, level="typicl")


def test_a_capex_that_lasts_longer_counts_in_part(tmp_path: Path) -> None:
    file = tmp_path / "costs.toml"
    file.write_text(OWN + "life_years = 20\n", encoding="utf-8")
    ten, twenty = 6.7100814, 9.8181474  # (1 - 1.08 ** -n) / 0.08
    assert read_costs(file).life_cost("tower") == round(35e6 * ten / twenty + 3e6 * ten)
    assert read_costs(file).annuity("tower") == round(35e6 / twenty + 3e6)
    file.write_text(OWN + "life_years = 10\n", encoding="utf-8")
    same = read_costs(file)
    file.write_text(OWN, encoding="utf-8")
    assert same.life_cost("tower") == read_costs(file).life_cost("tower")


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
        ("capex = 3.5e7\n", "", "hosts.tower.capex", 10),
        ("capex = 3.5e7", "capex = [4e7, 3.5e7, 5e7]", "hosts.tower.capex", 12),
        ("capex = 3.5e7", "capex = [3e7, 3.5e7, 3.4e7]", "hosts.tower.capex", 12),
        ("capex = 3.5e7", "capex = [3e7, 3.5e7]", "hosts.tower.capex", 12),
        ("capex = 3.5e7", "capex = [3e7, nan, 4e7]", "hosts.tower.capex", 12),
        ("capex = 3.5e7", "capex = 3.5e7\nrefusal_probability = 1", "hosts.tower.refusal_probability", 13),
        ("capex = 3.5e7", "capex = 3.5e7\nlife_years = 0", "hosts.tower.life_years", 13),
        ("capex = 3.5e7", 'capex = 3.5e7\nlines = ["rods"]', "hosts.tower.lines.0", 13),
        ('currency = "XAF"', 'currency = "XAF"\nlines.canals = { capex_per_km = 1, source = "x" }', "lines.canals", 2),
        ('currency = "XAF"', 'currency = "XAF"\nlines.roads = { source = "x" }', "lines.roads.capex_per_km", 2),
        ('currency = "XAF"', 'currency = "XAF"\nlines.roads = { capex_per_km = 1, factor = 0.5, source = "x" }', "lines.roads.factor", 2),
    ],
)
def test_faults_name_file_key_and_line(tmp_path: Path, right: str, wrong: str, column: str, row: int | None) -> None:
    file = tmp_path / "costs.toml"
    file.write_text(OWN.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(DataError) as told:
        read_costs(file)
    faults = {fault.column: fault for fault in told.value.fault_list}
    assert column in faults and faults[column].file == "costs.toml" and faults[column].row == row and faults[column].how_to_fix


def test_a_line_that_a_host_needs_has_a_price(tmp_path: Path) -> None:
    file = tmp_path / "costs.toml"
    file.write_text(OWN + 'lines = ["roads", "fibre"]\n[lines.fibre]\ncapex_per_km = 1e6\nsource = "tender"\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"tower.*roads"):
        read_costs(file)
    file.write_text(file.read_text(encoding="utf-8").replace('"roads", ', ""), encoding="utf-8")
    assert read_costs(file).lines_needed == ("fibre",) and read_costs(file).line_cost_per_km("fibre") == 1e6


def test_a_further_service_may_at_no_level_cost_more_than_a_site(tmp_path: Path) -> None:
    file = tmp_path / "costs.toml"
    file.write_text(OWN.replace("capex = 5e6", "capex = [5e6, 5e6, 5e9]"), encoding="utf-8")
    with pytest.raises(DataError, match="added_service"):
        read_costs(file)
