"""A user's own budgets: laid over ours, or refused with every fault."""

from __future__ import annotations

import tomllib

import pytest

from infraplan.errors import DataError
from infraplan.presets import load
from infraplan.radio.budgets import services
from infraplan.radio.own_services import own_services

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
        ("section", "oops"), ("family", "service.mine.family"), ("antenna", "service.other.antenna"),
        ("range", "service.other.frequency_mhz"),
        ("entry", "service.other.bandwidth_mhz"), ("power", "service.other.carrier_power_dbm"), ("key", "service.other.colour"),
        ("entry", "service.other.feeder_loss_db"), ("receiver", "family.nr.receiver"), ("range", "common.rx_height_m"),
        ("lacks", "service.other.ssb_gain_dbi"), ("lacks", "service.other.downlink_rate_mbps"),
    } <= found
    assert all(fault.cure and "{" not in fault.message.replace("{ value", "") for fault in caught.value.fault_list)


def test_a_new_family_must_be_whole() -> None:
    text = GOOD.replace('family = "lte"', 'family = "gsm"') + '[family.gsm]\nue_power_dbm = { value = 33.0, source = "sheet" }\n'
    with pytest.raises(DataError) as caught:
        own_services(tomllib.loads(text), file="mine.toml")
    assert {fault.column.rsplit(".", 1)[1] for fault in caught.value.fault_list} >= {"receiver", "body_loss_db", "rate_alpha_uplink"}


RUBBISH = [{"service": 3}, {"service": {"x": 1}}, {"sources": {"a": 1}}, {"family": {"nr": {"body_loss_db": [3]}}}, {"common": []}]


@pytest.mark.parametrize("table", RUBBISH)
def test_rubbish_is_a_fault_not_a_traceback(table: dict[str, object]) -> None:
    with pytest.raises(DataError):
        own_services(table, file="mine.toml")
