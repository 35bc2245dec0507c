"""A user's own budgets: laid over ours, or refused with every fault."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from infraplan.errors import DataError, collected
from infraplan.presets import load
from infraplan.radio.budgets import services
from infraplan.radio.own_services import antenna_names, own_services

GOOD = """
[sources]
sheet = "data sheet of the city's own 1.4 GHz network"
[service.private-1400]
family = "lte"
antenna = "omni"
frequency_mhz = { value = 1450.0, source = "sheet" }
bandwidth_mhz = { value = 10.0, source = "sheet" }
subcarrier_khz = { value = 15.0, source = "grid" }
resource_blocks = { value = 50, source = "grid" }
carrier_power_dbm = { value = [40.0, 40.0, 43.0], source = "sheet" }
ssb_gain_dbi = { value = 8.0, source = "sheet" }
traffic_gain_dbi = { value = 8.0, source = "sheet" }
feeder_loss_db = { value = 2.0, source = "sheet" }
downlink_share = { value = 0.5, source = "sheet" }
uplink_share = { value = 0.5, source = "sheet" }
downlink_rate_mbps = { value = 1.0, source = "sheet" }
uplink_rate_mbps = { value = 0.5, source = "sheet" }
uplink_resource_blocks = { value = 10, source = "sheet" }
[service.nr-n28]
feeder_loss_db = { value = 3.0, source = "sheet" }
"""


def test_a_new_service_and_a_changed_value() -> None:
    presets = own_services(tomllib.loads(GOOD), file="mine.toml")
    both = services("private-1400", "nr-n28", presets=presets)
    assert both["private-1400"].rsrp_at_zero_loss_dbm == pytest.approx(40 - 27.7815 - 2 + 8, abs=1e-3)
    assert services("nr-n28")["nr-n28"].rsrp_at_zero_loss_dbm - both["nr-n28"].rsrp_at_zero_loss_dbm == pytest.approx(2.5)
    assert "sheet" not in load("services")["sources"]


def test_the_built_in_presets_pass_their_own_check() -> None:
    assert own_services(load("services"), file="services.toml") == load("services")


def test_a_service_may_have_a_first_day() -> None:
    line = 'available_from = { value = %s, source = "sheet" }\n'
    made = services("nr-n28", presets=own_services(tomllib.loads(GOOD + line % "2021-01-26"), file="mine.toml"))
    assert made["nr-n28"].available_from == date(2021, 1, 26)
    for wrong in ('"next year"', "2021", "2021-01-26T00:00:00"):
        with pytest.raises(DataError) as caught:
            own_services(tomllib.loads(GOOD + line % wrong), file="mine.toml")
        assert [(fault.rule, fault.column) for fault in caught.value.fault_list] == [("services_day", "service.nr-n28.available_from")]


def test_every_fault_at_once() -> None:
    text = """
oops = 3
[service.mine]
family = "gsm"
[service.other]
family = "nr"
antenna = "dish"
frequency_mhz = { value = 2.6, source = "bands" }
bandwidth_mhz = 100.0
carrier_power_dbm = { value = 46.0, source = "budget" }
colour = { value = 1.0, source = "planner" }
feeder_loss_db = { value = nan, source = "nowhere" }
[family.nr]
receiver = { value = "boat", source = "planner" }
[common]
rx_height_m = { value = true, source = "planner" }
"""
    with pytest.raises(DataError) as caught:
        own_services(tomllib.loads(text), file="mine.toml")
    found = {(fault.rule.removeprefix("services_"), fault.column) for fault in caught.value.fault_list}
    assert {
        ("section", "oops"),
        ("family", "service.mine.family"),
        ("antenna", "service.other.antenna"),
        ("range", "service.other.frequency_mhz"),
        ("entry", "service.other.bandwidth_mhz"),
        ("power", "service.other.carrier_power_dbm"),
        ("key", "service.other.colour"),
        ("entry", "service.other.feeder_loss_db"),
        ("receiver", "family.nr.receiver"),
        ("range", "common.rx_height_m"),
        ("lacks", "service.other.ssb_gain_dbi"),
        ("lacks", "service.other.downlink_rate_mbps"),
    } <= found
    assert all(fault.how_to_fix and "{" not in fault.message.replace("{ value", "") for fault in caught.value.fault_list)


FRAME = """
[sources]
sheet = "data sheet"
[frame.mine]
slots = "DSU"
special_symbols = [4, 4, 6]
source = "sheet"
[service.nr-n28]
frame = "mine"
"""


def test_a_frame_of_ones_own_replaces_the_shares() -> None:
    service = services("nr-n28", presets=own_services(tomllib.loads(FRAME), file="mine.toml"))["nr-n28"]
    assert (service.downlink_share, service.uplink_share) == pytest.approx(((14 + 4) / 42, (14 + 6) / 42))
    assert service.frame == "mine"
    assert services("nr-n28")["nr-n28"].uplink_share == 1.0


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('"DSU"', '"DSX"', "frame"),
        ('"DSU"', '"DDS"', "frame"),
        ("[4, 4, 6]", "[4, 4]", "frame"),
        ("[4, 4, 6]", "[4, 4, 5]", "frame"),
        ('frame = "mine"', 'frame = "yours"', "no_frame"),
        ('frame = "mine"', "frame = 3", "word"),
        ("[frame.mine]", "[power_class.2]\nbands = 3\n[frame.mine]", "power_class"),
    ],
)
def test_a_bad_frame_is_a_fault(old: str, new: str, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        own_services(tomllib.loads(FRAME.replace(old, new)), file="mine.toml")
    assert f"services_{rule}" in {fault.rule for fault in caught.value.fault_list}


def test_a_preset_keeps_its_family_and_a_name_can_be_written_in_a_table() -> None:
    with pytest.raises(DataError) as caught:
        own_services(tomllib.loads('[service.nr-n28]\nfamily = "lte"\n'), file="mine.toml")
    assert [(fault.rule, fault.column) for fault in caught.value.fault_list] == [("services_other_family", "service.nr-n28.family")]
    with pytest.raises(DataError, match="hyphens"):
        own_services(tomllib.loads(GOOD.replace("service.private-1400", 'service."a;b"')), file="mine.toml")
    assert "专网" in own_services(tomllib.loads(GOOD.replace("service.private-1400", 'service."专网"')), file="mine.toml")["service"]


def test_a_family_of_ones_own_names_its_models() -> None:
    whole = dict(load("services")["family"]["lte"].items())
    table = tomllib.loads(GOOD.replace('family = "lte"', 'family = "trunk"')) | {"family": {"trunk": whole}}
    with pytest.raises(DataError) as caught:
        own_services(table, file="mine.toml")
    assert [fault.column for fault in caught.value.fault_list] == ["family.trunk.plan"]
    table["family"]["trunk"] = whole | {"plan": "hata"}
    made = services("private-1400", presets=own_services(table, file="mine.toml"))["private-1400"]
    assert (made.family, made.plan) == ("trunk", "hata")


def test_less_shadowing_than_an_uncalibrated_model_has_is_a_warning() -> None:
    text = '[sources]\nfit = "drive test of May"\n[{}]\nshadowing_sigma_db = {{ value = {}, source = "fit" }}\n'
    for place in ("common", "family.nr", "service.nr-n41"):
        with collected() as warned:
            made = services("nr-n41", presets=own_services(tomllib.loads(text.format(place, 8.0)), file="mine.toml"))["nr-n41"]
        assert [(fault.rule, fault.column) for fault in warned] == [("services_sigma", f"{place}.shadowing_sigma_db")]
        assert warned[0].severity == "warning"
        assert made.shadowing_sigma_db == 8.0
        with collected() as warned:
            own_services(tomllib.loads(text.format(place, 11.0)), file="mine.toml")
        assert warned == []


def test_a_pattern_file_is_an_antenna_where_it_was_found() -> None:
    table = tomllib.loads(GOOD.replace('antenna = "omni"', 'antenna = "a.msi"'))
    assert antenna_names(table) == ["a.msi"]
    assert own_services(table, file="mine.toml", antennas=["a.msi"])["service"]["private-1400"]["antenna"] == "a.msi"
    with pytest.raises(DataError, match="antenna"):
        own_services(table, file="mine.toml")


def test_a_new_family_must_be_whole() -> None:
    text = GOOD.replace('family = "lte"', 'family = "gsm"') + '[family.gsm]\nue_power_dbm = { value = 33.0, source = "sheet" }\n'
    with pytest.raises(DataError) as caught:
        own_services(tomllib.loads(text), file="mine.toml")
    assert {fault.column.rsplit(".", 1)[1] for fault in caught.value.fault_list} >= {"receiver", "body_loss_db", "rate_alpha_uplink"}


RUBBISH: list[dict[str, object]] = [
    {"service": 3}, {"frame": {"x": {}}}, {"frame": 3}, {"power_class": {"4": {}}}, {"service": {"x": 1}},
    {"sources": {"a": 1}}, {"family": {"nr": {"body_loss_db": [3]}}}, {"common": []},
]  # fmt: skip


@pytest.mark.parametrize("table", RUBBISH)
def test_rubbish_is_a_fault_not_a_traceback(table: dict[str, object]) -> None:
    with pytest.raises(DataError):
        own_services(table, file="mine.toml")


def test_the_page_shows_a_file_that_is_accepted() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/data.md").read_text(encoding="utf-8")
    table = tomllib.loads(page.partition("# services.toml\n")[2].partition("```")[0])
    made = services("lte-park", "nr-n28", presets=own_services(table, file="services.toml", antennas=antenna_names(table)))
    assert made["lte-park"].frame == "lte-1"
    assert made["lte-park"].default_antenna == "antennas/park-1400.msi"
