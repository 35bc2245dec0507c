"""Every measure against a province worked out by hand (miniature.py), and the laws a scorecard obeys."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import miniature
import numpy as np
import pandas as pd
import pytest
from pytest import approx

from infraplan.coverage.population import population_coverage, service_status
from infraplan.policy.scorecards import COLUMNS, scorecard
from infraplan.policy.targets import Targets, read_policy

DAY = datetime.date(2026, 11, 22)


@pytest.fixture(scope="module")
def targets(small_policy: Targets) -> Targets:
    return small_policy


def score(targets: Targets, **changes: Any) -> pd.DataFrame:
    given: dict[str, Any] = {
        "zones": miniature.zones(), "villages": miniature.villages(), "places": miniature.places(), "sites": miniature.sites(),
        "corridors": miniature.corridors(), "registers": miniature.registers(), "as_of": DAY,
    }  # fmt: skip
    return scorecard(targets, miniature.coverage(), **(given | changes))


@pytest.fixture(scope="module")
def card(targets: Targets) -> pd.DataFrame:
    return score(targets)


def row(
    card: pd.DataFrame, id: str, part: str = "main", zone: str = "440000", network: str | None = None, level: str | None = None
) -> pd.Series[Any]:
    found = card[(card["id"] == id) & (card["part"] == part) & (card["zone"] == zone)]
    found = found[found["network"].isin(["any", ""])] if network is None else found[found["network"] == network]
    found = found if level is None else found[found["zone_level"] == level]
    assert len(found) == 1, found
    return found.iloc[0]


def figures(card: pd.DataFrame, id: str, part: str = "main", network: str | None = None) -> list[tuple[float, float]]:
    """(numerator, denominator) of the province, 甲县, 乙县, 丙县."""
    rows = [row(card, id, part, zone, network) for zone in ("440000", "440101", "440102", "440203")]
    return [(one["numerator"], one["denominator"]) for one in rows]


# People. 甲 300 + 200 + 60 + 1000 = 1560, all at x < 10: served. 乙 150 + 90 + 120 + 80 = 440: b1 (x 11.5) served; b2's disk of 1200 m
# takes in the pixel at 15.5, which is not: uncertain. 丙 210 + 40 + 500 = 750, none. o1's 7 people lie outside.
def test_population_share(card: pd.DataFrame) -> None:
    assert figures(card, "people") == [(1710, 2750), (1560, 1560), (150, 440), (0, 750)]
    whole = row(card, "people")
    assert (whole["achieved"], whole["uncertain"], whole["status"], whole["shortfall"]) == (approx(1710 / 2750), 90, "met", 0)
    outside = card[(card["id"] == "people") & (card["part"] == "main") & (card["zone"] == "") & (card["network"] == "any")]
    assert set(outside["zone_level"]) == {"province", "city", "county"} and set(outside["denominator"]) == {7}
    assert np.isnan(row(card, "people", zone="440101")["required"])


def test_networks_apart(card: pd.DataFrame) -> None:
    assert figures(card, "people", network="cbn+cmcc")[0] == (1710, 2750)
    # ctcc+cucc serves x < 5: a1 and a2
    assert figures(card, "people", network="ctcc+cucc") == [(500, 2750), (500, 1560), (0, 440), (0, 750)]


# Indoors a building takes some 20 dB at 2.6 GHz: 60 dB suffice, 5 do not. Only a1 (x 1.5) keeps service.
def test_indoors(card: pd.DataFrame) -> None:
    loss_db = miniature.coverage().services["nr-n41"].entry_loss_db
    assert 5 < loss_db < 60
    assert figures(card, "people", "indoors") == [(300, 2750), (300, 1560), (0, 440), (0, 750)]
    whole = row(card, "people", "indoors")
    assert (whole["status"], whole["shortfall"]) == ("not_met", 2475 - 300)
    assert row(card, "people", "indoors", "440102")["shortfall"] == 396


# Urban: a1 and a4. Rural: the rest of the 2750.
def test_urban_and_rural_apart(card: pd.DataFrame) -> None:
    assert figures(card, "people", "urban")[0] == (1300, 1300)
    assert figures(card, "people", "rural")[0] == (410, 1450)


# The whole city 440100 (2000) and whoever lives within 3 km of a seat elsewhere: nobody, both seats are in 440100.
def test_named_residents(card: pd.DataFrame) -> None:
    named = row(card, "people", "named")
    assert (named["numerator"], named["denominator"]) == (1710, 2000)
    assert np.isnan(named["required"]) and np.isnan(named["shortfall"]) and named["beside"]


# NB-IoT classes ask 20, 10 and 0 dB: x < 10, x < 20, x < 25.
def test_coupling_classes(card: pd.DataFrame) -> None:
    assert [row(card, "meters", f"class_{mcl}")["numerator"] for mcl in (144, 154, 164)] == [1560, 2000, 2250]


# Each county is 100 km2; NR serves x < 15.
def test_area_share(card: pd.DataFrame) -> None:
    for (numerator, denominator), expected in zip(figures(card, "area"), [(150, 300), (100, 100), (50, 100), (0, 100)], strict=True):
        assert (numerator, denominator) == (approx(expected[0], rel=1e-4), approx(expected[1], rel=1e-4))
    assert [row(card, "area", zone=zone)["status"] for zone in ("440000", "440102", "440203")] == ["met", "met", "not_met"]
    assert row(card, "area", zone="440203")["shortfall"] == approx(40, rel=1e-4)


# Villages of 20 households or more: a1 a2 | b1 b2 b3 b4 (exactly 20) | c1 c3, and o1 outside. a3 has 19, c2 has 10, a4 is a block.
def test_place_share_of_villages(card: pd.DataFrame) -> None:
    assert figures(card, "villages") == [(3, 8), (2, 2), (1, 4), (0, 2)]
    whole = row(card, "villages")
    assert (whole["status"], whole["shortfall"], whole["shortfall_most"], whole["uncertain"]) == ("uncertain", 0, 1, 1)
    assert (whole["achieved"], whole["achieved_most"]) == (3 / 8, 4 / 8)


# b1's clinic has no service: b1 drops out. No single network serves more.
def test_check_points(card: pd.DataFrame) -> None:
    assert figures(card, "villages", "check_points") == [(2, 8), (2, 2), (0, 4), (0, 2)]


# s1 served; s2: 4 of 6 km2 is less than 95 %; s3 has an indoor system; s4 has no position. 2 of 4 with one unknown.
def test_place_share_of_schools(card: pd.DataFrame) -> None:
    assert figures(card, "schools") == [(2, 4), (1, 1), (0, 2), (1, 1)]
    assert row(card, "schools")["status"] == "met"
    # 乙县: one asked of two; s4 could still be it
    second = row(card, "schools", zone="440102")
    assert (second["unknown"], second["status"]) == (1, "layer_incomplete")
    assert "仅室外" in row(card, "schools")["evidence"]


def test_place_count(card: pd.DataFrame) -> None:
    hundred, two = row(card, "hundred"), row(card, "two")
    assert (hundred["numerator"], hundred["status"], hundred["shortfall"]) == (1, "layer_incomplete", 99)
    assert (two["numerator"], two["status"], two["shortfall"]) == (2, "met", 0)
    assert np.isnan(row(card, "two", zone="440101")["required"])


# k1: within 3 km stand a1 (0 km) and no other: 300 of 300. k2 at 17: b2 (2.5 km, 90, uncertain), b3 (0.5 km, 120, none): 0 surely and
# 90 perhaps of 210 is below half.
def test_seat_stands_for_the_people_around_it(card: pd.DataFrame) -> None:
    assert figures(card, "seats")[:3] == [(1, 2), (1, 1), (0, 1)]
    assert row(card, "seats", zone="440203")["status"] == "none_here"


def test_area_of_polygons(card: pd.DataFrame) -> None:
    campus = row(card, "campus")
    assert (campus["numerator"], campus["denominator"]) == (approx(4, rel=1e-3), approx(6, rel=1e-3))


# The railway runs 5 km in 甲, 10 in 乙, 5 in 丙 and is served to x 15: 5 + 5 + 0 of 20.
def test_line_share(card: pd.DataFrame) -> None:
    for (numerator, denominator), expected in zip(figures(card, "railway"), [(10, 20), (5, 5), (5, 10), (0, 5)], strict=True):
        assert (numerator, denominator) == (approx(expected[0], abs=0.11), approx(expected[1], abs=0.11))
    whole = row(card, "railway")
    assert whole["denominator"] == approx(20, rel=2e-3)
    assert (whole["status"], whole["unit"]) == ("on_the_way", "km")


# A tunnel of which nothing is said cannot be judged.
def test_tunnel(card: pd.DataFrame) -> None:
    tunnel = row(card, "expressway")
    assert (tunnel["numerator"], tunnel["status"]) == (0, "layer_incomplete")
    assert tunnel["unknown"] == approx(tunnel["denominator"])


# Existing NR sites: g1 (2020-03), g2 (2020-11), g3 (2019). g5 is planned. Masts: M1, M2. Operators: 2 + 2 + 1.
def test_site_count(card: pd.DataFrame) -> None:
    assert figures(card, "sites", "q3") == [(1, 3), (1, 2), (0, 1), (0, 0)]
    assert (row(card, "sites", "q3")["status"], row(card, "sites", "year")["status"]) == ("met", "not_met")
    assert (row(card, "sites", "year")["numerator"], row(card, "sites", "year")["shortfall"]) == (2, 1)
    assert (row(card, "sites", "masts")["numerator"], row(card, "sites", "operators")["numerator"]) == (2, 5)


# SA: g1 yes, g2 no, g3 yes.
def test_attribute_share_of_sites(card: pd.DataFrame) -> None:
    assert figures(card, "sa", "half")[0] == (2, 3)
    assert (row(card, "sa", "half")["status"], row(card, "sa", "all")["status"]) == ("met", "not_met")
    assert (row(card, "sa", "half")["due"], row(card, "sa", "all")["due"]) == ("2020-12-31", "2021-12-31")


# Fibre in villages of 20 households: a1 a2 b1 b4 yes, b2 c1 c3 no, b3 unknown; radio plays no part.
def test_attribute_share_of_villages(card: pd.DataFrame) -> None:
    assert figures(card, "fibre") == [(4, 8), (2, 2), (2, 4), (0, 2)]
    assert row(card, "fibre")["status"] == "not_met" and row(card, "fibre")["unknown"] == 1


# 300 + 100 of 500 subscribers have 100 Mbps or more.
def test_attribute_share_of_a_register(card: pd.DataFrame) -> None:
    assert figures(card, "speed") == [(400, 500), (300, 400), (0, 0), (100, 100)]
    assert row(card, "speed")["status"] == "met"


def test_reported(card: pd.DataFrame) -> None:
    assert (row(card, "users")["achieved"], row(card, "users")["status"]) == (1100, "met")
    assert row(card, "users", zone="440100")["achieved"] == 700


def test_none_and_absent_layers(card: pd.DataFrame) -> None:
    assert row(card, "poles")["status"] == "not_measured" and "不是覆盖指标" in row(card, "poles")["evidence"]
    park = row(card, "parks")
    assert park["status"] == "no_data" and "缺少数据：工业园区" in park["evidence"] and np.isnan(park["numerator"])


def test_columns_and_clause(card: pd.DataFrame) -> None:
    assert list(card.columns) == list(COLUMNS)
    people = row(card, "people")
    assert people["departments"] == "小省工业厅、财政厅" and people["expired"] and people["document"] == "小府〔2020〕1号"
    assert not score_day(card)


def score_day(card: pd.DataFrame) -> bool:
    """Whether any row claims a verdict for a verb that does not bind."""
    return bool((card["status"].isin(["met", "not_met"]) & ~card["force"].isin(["确保", "实现", "覆盖", "完成", "达到"])).any())


@pytest.mark.parametrize("column", ["numerator", "denominator", "uncertain", "unknown", "measured"])
def test_levels_add_up(card: pd.DataFrame, column: str) -> None:
    totals = card.groupby(["id", "part", "network", "zone_level"])[column].sum(min_count=1).unstack("zone_level")
    for level in ("city", "county"):
        known = totals[["province", level]].dropna()
        assert len(known) > 30
        np.testing.assert_allclose(known[level], known["province"], rtol=1e-9, atol=1e-9)


def test_one_answer_with_population_coverage(card: pd.DataFrame) -> None:
    zones, villages = miniature.zones(), miniature.villages()
    coded = villages.assign(county=["440101"] * 4 + ["440102"] * 4 + ["440203"] * 3 + [""], city=["440100"] * 8 + ["440200"] * 3 + [""])
    for network in miniature.coverage().networks:
        table = population_coverage(coded, miniature.coverage(), zones, network=network)
        for one in table[(table["family"] == "nr") & (table["level"] != "outside") & (table["adcode"] != "")].itertuples():
            mine = row(card, "people", zone=one.adcode, network=network, level=one.level)
            assert (mine["numerator"], mine["denominator"], mine["uncertain"]) == (one.served, one.population, one.uncertain)


def test_status_given_is_used(targets: Targets, card: pd.DataFrame) -> None:
    status = service_status(miniature.villages(), miniature.coverage())
    pd.testing.assert_frame_equal(score(targets.only("people"), status=status), card[card["id"] == "people"].reset_index(drop=True))


def test_synthetic_data_is_only_an_example(targets: Targets) -> None:
    whole = score(targets, synthetic=True)
    assert not whole["status"].isin(["met", "not_met", "on_the_way", "reached"]).any()
    part = score(targets, villages=miniature.villages(synthetic=True))
    assert row(part, "people")["status"] == "example" and row(part, "two")["status"] == "met"


def test_before_its_end_a_document_has_not_expired(targets: Targets) -> None:
    assert not score(targets, as_of=datetime.date(2020, 12, 31))["expired"].any()


def test_clause_of_a_missing_family_is_no_data(targets: Targets, tmp_path: Path) -> None:
    path = tmp_path / "lte.toml"
    path.write_text(
        miniature.POLICY.replace('family = "nbiot"', 'family = "lte"')
        .replace("coupling_class_db = 144", "")
        .replace("coupling_class_db = 154", "")
        .replace("coupling_class_db = 164", ""),
        encoding="utf-8",
    )
    assert set(score(read_policy(path).only("meters"))["status"]) == {"no_data"}


def test_every_order_of_villages_gives_the_same_card(targets: Targets, card: pd.DataFrame) -> None:
    shuffled = score(targets, villages=miniature.villages().iloc[::-1])
    pd.testing.assert_frame_equal(shuffled, card)


def test_share_thresholds_have_no_dust(targets: Targets) -> None:
    """0.6 of 2750 is 1650 people, not 1651 for the dust of a binary fraction."""
    from infraplan.policy.scorecards import _needed

    needed = _needed(np.array([0.6, 0.7, 0.95, 0.95]), np.array([2750.0, 10.0, 40.0, 41.0]), whole_units=True)
    assert needed.tolist() == [1650, 7, 38, 39]


def test_what_is_absent_is_named(targets: Targets, card: pd.DataFrame) -> None:
    from infraplan.policy.scorecards import absent_layers

    assert absent_layers(card) == {"park": ["parks"]}
    assert "railway" in absent_layers(score(targets, corridors=None))


def test_some_cities_alone_count_their_own_kilometres(targets: Targets) -> None:
    """Zones of the second city alone: of the railway only its 5 km, no outside row; nothing provincial is asked of a city."""
    zones = miniature.zones()
    zones = zones[zones["adcode"].isin(["440200", "440203"])]
    card = score(targets.only("railway", "people"), zones=zones, villages=miniature.villages().iloc[8:11])
    rail = card[(card["id"] == "railway") & (card["network"] == "any")]
    assert list(rail["zone"]) == ["440200", "440203"] and rail["denominator"].to_numpy() == approx([5, 5], abs=0.11)
    assert card.loc[(card["id"] == "people") & (card["part"] == "main"), "required"].isna().all()


def test_a_map_without_people(targets: Targets) -> None:
    """No villages at all: clauses about people and villages are no data, the others stand."""
    card = score(targets, villages=None)
    assert {row(card, name)["status"] for name in ("people", "villages", "fibre")} == {"no_data"}
    assert (row(card, "two")["status"], row(card, "area")["status"]) == ("met", "met")


def test_bare_tables_will_do(targets: Targets) -> None:
    """Only the columns that are always there; what needs more is no data."""
    villages = miniature.villages()[["id", "population", "geometry"]]
    sites = miniature.sites()[["id", "services", "geometry"]]
    card = score(targets, villages=villages, sites=sites, places=miniature.places()[["id", "place_class", "geometry"]])
    assert row(card, "people")["numerator"] == 1800  # b2's position is now taken as exact
    assert {row(card, "people", "rural")["status"], row(card, "fibre")["status"], row(card, "sites", "q3")["status"]} == {"no_data"}
    assert row(card, "sites", "masts")["numerator"] == 4
