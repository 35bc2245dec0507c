"""Ladders add up, every value has a source, each effect counts once."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis.strategies import floats, sampled_from

from infraplan.errors import UsageError
from infraplan.presets import load
from infraplan.radio.antennas import antenna_named
from infraplan.radio.budgets import Service, budget_rows, entry_margins, gain_offset_db, service_names, services
from infraplan.radio.entry_loss import p2109, p2109_sigma_db
from infraplan.radio.shadowing import shadow_margin_db

ALL = services(*service_names())
RECEIVERS = sorted(load("radio_environment")["receivers"])


def ladder(service: Service, link: str) -> dict[str, float]:
    return {row.key: row.value for row in service.budget if row.link == link}


@pytest.mark.parametrize("name", service_names())
def test_every_ladder_adds_up_and_the_smallest_decides(name: str) -> None:
    service = ALL[name]
    sums = {}
    for link in {row.link for row in service.budget}:
        rows = [row for row in service.budget if row.link == link]
        sums[link] = math.fsum(row.sign * row.value for row in rows)
        assert rows[-1].key == "max_path_loss_db"
        assert rows[-1].value == pytest.approx(sums[link], abs=1e-9)
    assert service.max_path_loss_db == pytest.approx(min(sums.values()))
    assert service.limiting_link == ("uplink" if sums["uplink"] < min(v for k, v in sums.items() if k != "uplink") else "downlink")
    assert service.max_path_loss_db == min(service.downlink_max_path_loss_db, service.uplink_max_path_loss_db)


@pytest.mark.parametrize("name", service_names())
@pytest.mark.parametrize("receiver", ["outdoor", "indoor", "car"])
def test_each_effect_counts_once(name: str, receiver: str) -> None:
    service = services(name, receiver=receiver)[name]
    for link in {row.link for row in service.budget}:
        counted = Counter(row.key for row in service.budget if row.link == link and row.sign)
        assert set(counted.values()) == {1}
        assert {"body_loss_db", "entry_loss_db", "shadow_margin_db", "feeder_loss_db"} <= set(counted)
        assert sum(key.endswith("gain_dbi") for key in counted) == 1
        assert sum(key.startswith(("ss", "traffic")) for key in counted) == 1
    if receiver != "outdoor":
        assert service.entry_loss_db == 0.0


@pytest.mark.parametrize("name", service_names())
def test_every_row_has_a_source_and_a_label_in_both_languages(name: str) -> None:
    for lang in ("zh", "en"):
        for row in budget_rows(ALL[name], lang):
            assert row["source"]
            assert row["label"]
            assert row["unit"] in ("dB", "dBm", "dBi")
    assert antenna_named(ALL[name].default_antenna).gain_dbi == ALL[name].ssb_gain_dbi


def test_every_value_of_the_preset_has_a_known_source() -> None:
    presets = load("services")
    tables = [presets["common"], *presets["family"].values(), *presets["service"].values()]
    for entry in (value for table in tables for value in table.values() if not isinstance(value, str)):
        assert entry["source"] in presets["sources"]
        if entry["source"] == "planner":
            assert entry["interpretation"] is True
    for name, receiver in load("radio_environment")["receivers"].items():
        assert receiver["source"], name


@pytest.mark.parametrize(("name", "share_db"), [("nr-n41", 35.2), ("nr-n28", 32.8), ("nbiot-900", 10.8)])
def test_power_of_a_resource_element(name: str, share_db: float) -> None:
    assert ladder(ALL[name], "downlink")["element_share_db"] == pytest.approx(share_db, abs=0.05)


def test_nbiot_stands_on_its_coupling_loss() -> None:
    service = ALL["nbiot-900"]
    assert service.required_rsrp_dbm == pytest.approx(-131.8, abs=0.05)
    assert service.carrier_power_dbm - 10 * math.log10(12) == pytest.approx(32.2, abs=0.05)
    assert service.class_offsets_db == ((144.0, 20.0), (154.0, 10.0), (164.0, 0.0))
    sigma_db = math.hypot(8.0, p2109_sigma_db(0.945))
    expected_db = 164 + 15 - 0.5 - 3 - float(p2109(0.945, 50.0)) - shadow_margin_db(0.95, sigma_db)
    assert service.max_path_loss_db == pytest.approx(expected_db)
    assert service.shadowing_sigma_db == pytest.approx(sigma_db)


def test_coupling_loss_limits_by_class() -> None:
    """A pixel just at a class's offset has that class's NRSRP limit, less what stands between: feeder, walls and margins."""
    service = ALL["nbiot-900"]
    rows = ladder(service, "downlink")
    taken_db = rows["entry_loss_db"] + rows["shadow_margin_db"] + rows["body_loss_db"] + rows["interference_margin_db"]
    for mcl_db, offset_db in service.class_offsets_db:
        loss_db = service.max_path_loss_db - offset_db
        assert service.rsrp_at_zero_loss_dbm - loss_db - taken_db == pytest.approx(43 - 10 * math.log10(12) - mcl_db)


@pytest.mark.parametrize("name", ["nr-n41", "nr-n28", "lte-b3"])
def test_indoors_costs_what_serving_indoors_costs(name: str) -> None:
    """`entry_loss_db` of the outdoor service is the difference to the same service promised indoors."""
    indoor = services(name, receiver="indoor")[name]
    assert ALL[name].max_path_loss_db - ALL[name].entry_loss_db == pytest.approx(indoor.max_path_loss_db)


@settings(max_examples=40)
@given(name=sampled_from(service_names()), reliability=floats(0.5, 0.99), more=floats(0.001, 0.009), receiver=sampled_from(RECEIVERS))
def test_more_reliability_costs_and_more_power_never_hurts(name: str, reliability: float, more: float, receiver: str) -> None:
    options = {"reliability": reliability, "receiver": receiver}
    low, typical, high = (services(name, power=power, **options)[name].max_path_loss_db for power in ("low", "typical", "high"))
    assert low <= typical <= high
    assert services(name, reliability=reliability + more, receiver=receiver)[name].max_path_loss_db < typical
    assert services(name, reliability_of="edge", **options)[name].max_path_loss_db <= typical


def test_limiting_link_is_named_both_ways() -> None:
    assert services("nr-n41", power="high")["nr-n41"].limiting_link == "uplink"
    assert services("nr-n41", power="low")["nr-n41"].limiting_link == "downlink"


def test_receivers_in_order() -> None:
    losses_db = {name: entry_margins(name, 2565.0)[0] for name in RECEIVERS}
    assert losses_db["outdoor"] == 0.0 < losses_db["car"] < losses_db["train"] < losses_db["train-highspeed"]
    assert losses_db["indoor"] < losses_db["deep-indoor"]
    assert losses_db["indoor-o2i-low"] < losses_db["indoor-o2i-high"]


def test_unknown_names() -> None:
    with pytest.raises(UsageError, match="nr-n41"):
        services("nr-n40")
    with pytest.raises(UsageError, match="receiver"):
        services("nr-n41", receiver="boat")


def test_power_helps_the_downlink_alone_and_gain_helps_both() -> None:
    service = ALL["nr-n41"]
    assert service.limiting_link == "uplink"
    assert service.largest_loss_db() == service.max_path_loss_db
    assert service.largest_loss_db(power_offset_db=6.0) == service.max_path_loss_db
    assert service.largest_loss_db(power_offset_db=-6.0) == pytest.approx(service.downlink_max_path_loss_db - 6.0)
    assert gain_offset_db(service, service.default_antenna) == 0.0
    assert gain_offset_db(service, "omni") == pytest.approx(8.0 - 18.0)
    assert service.largest_loss_db(gain_offset_db=-10.0) == pytest.approx(service.max_path_loss_db - 10.0)
