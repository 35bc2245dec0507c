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
from infraplan.radio.own_services import own_services
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
    entries = [value for table in tables for value in table.values() if not isinstance(value, str)]
    for entry in entries + [row["ue_power_dbm"] for row in presets["power_class"].values()] + list(presets["frame"].values()):
        assert entry["source"] in presets["sources"]
        if entry["source"] in ("planner", "frame_7_1_2", "frame_double"):
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
    sigma_db = math.hypot(10.0, p2109_sigma_db(0.945))
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


def test_shadowing_is_the_error_of_a_model_nobody_calibrated() -> None:
    entry = load("services")["common"]["shadowing_sigma_db"]
    assert entry["value"] == 10.0 and "drive tests" in load("services")["sources"][entry["source"]]
    assert all(service.shadowing_sigma_db >= 10.0 for service in ALL.values())
    assert ALL["nr-n41"].shadow_margin_db == pytest.approx(11.6, abs=0.05)


@pytest.mark.parametrize(
    ("name", "down", "up"),
    [
        ("nr-n41", (7 * 14 + 6) / 140, (2 * 14 + 4) / 140),  # 3GPP TS 38.101-4 Annex A.1.2, FR1.30-1
        ("nr-n79", (7 * 14 + 6) / 140, (2 * 14 + 4) / 140),
        ("nr-n78", (5 * 14 + 2 * 10) / 140, (3 * 14 + 2 * 2) / 140),  # the same, FR1.30-3
        ("lte-private-1400", (2 * 14 + 10) / 70, (2 * 14 + 2) / 70),  # TS 36.211 Tables 4.2-1 and 4.2-2: 1 and 7
        ("nr-n28", 1.0, 1.0),
    ],
)
def test_shares_of_time_are_those_of_the_frame(name: str, down: float, up: float) -> None:
    assert ALL[name].downlink_share == pytest.approx(down)
    assert ALL[name].uplink_share == pytest.approx(up)
    assert ALL[name].downlink_share + ALL[name].uplink_share <= 1.0 or not ALL[name].frame
    assert all(f"{up:.1%} of the time" in row.source for row in ALL[name].budget if row.link == "uplink" and row.key == "required_sinr_db")


def test_more_uplink_time_lengthens_the_uplink() -> None:
    """n78 with the frame of its operators reaches further up than with 7:1:2, by what the rate formula of TR 36.942 says."""
    table = own_services({"service": {"nr-n78": {"frame": "7-1-2"}}}, file="mine.toml")
    other = services("nr-n78", presets=table)["nr-n78"]
    spectral = [1.0 / (50 * 12 * 0.03) / share / 0.4 for share in (other.uplink_share, ALL["nr-n78"].uplink_share)]
    gained_db = 10 * math.log10((2 ** spectral[0] - 1) / (2 ** spectral[1] - 1))
    assert ALL["nr-n78"].uplink_max_path_loss_db - other.uplink_max_path_loss_db == pytest.approx(gained_db, abs=1e-6)
    assert gained_db == pytest.approx(1.87, abs=0.01)
    assert (other.frame, ALL["nr-n78"].frame, ALL["nr-n28"].frame) == ("7-1-2", "double-period", "")


@pytest.mark.parametrize("name", service_names())
def test_power_class_2_adds_three_decibels_up_where_3gpp_has_it(name: str) -> None:
    """3GPP TS 38.101-1 Table 6.2.1-1: 26 dBm in n41, n77, n78, n79; 23 dBm is class 3."""
    strong = services(name, power_class=2)[name]
    more_db = 3.0 if name in ("nr-n41", "nr-n78", "nr-n79") else 0.0
    assert strong.ue_power_dbm == 23.0 + more_db
    assert strong.uplink_max_path_loss_db - ALL[name].uplink_max_path_loss_db == pytest.approx(more_db)
    assert strong.downlink_max_path_loss_db == ALL[name].downlink_max_path_loss_db
    source = next(row.source for row in strong.budget if row.key == "ue_power_dbm")
    assert ("power class 2" in source) == bool(more_db)


def test_power_class_2_ends_where_the_uplink_has_more_than_half() -> None:
    share = {"value": 0.51, "source": "planner"}
    table = own_services({"service": {"nr-n41": {"uplink_share": share}}}, file="mine.toml")
    assert services("nr-n41", power_class=2, presets=table)["nr-n41"].ue_power_dbm == 23.0
    with pytest.raises(UsageError, match="power class"):
        services("nr-n41", power_class=1)


def test_private_bands_of_measure_22() -> None:
    """1447 to 1467 MHz with at most 46 and 23 dBm (MIIT 2015 No. 59); 1785 to 1805 MHz; nothing above 6 GHz, where P.1812 ends."""
    low, high = ALL["lte-private-1400"], ALL["lte-private-1800"]
    for service, first_mhz, last_mhz in ((low, 1447, 1467), (high, 1785, 1805)):
        assert abs(service.frequency_mhz - (first_mhz + last_mhz) / 2) + service.bandwidth_mhz / 2 <= (last_mhz - first_mhz) / 2
    assert services("lte-private-1400", power="high")["lte-private-1400"].carrier_power_dbm == 46.0
    assert low.ue_power_dbm == 23.0
    assert max(service.frequency_mhz for service in ALL.values()) < 6000.0
    clause = next(target for target in load("policies/guangdong-2020")["target"] if target["id"] == "private-bands")
    for text in (clause["reason"], clause["reason_en"]):
        assert all(word in text for word in ("lte-private-1400", "lte-private-1800", "P.1812", "6 GHz"))


def test_limiting_link_is_named_both_ways() -> None:
    assert services("nr-n41", power="high")["nr-n41"].limiting_link == "uplink"
    assert services("nr-n41", power_class=2)["nr-n41"].limiting_link == "downlink"
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
