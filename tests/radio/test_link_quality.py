"""SINR and rates of one link: by hand, by brute force over bandwidths, and the laws of load and sharing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.radio.budgets import Service, entry_margins, services
from infraplan.radio.link_quality import QualityGoal, downlink_mbps, layers_of, preset_goal, ss_sinr_db, uplink_mbps

GOAL = QualityGoal(load=0.5)


@pytest.fixture(scope="module")
def bands() -> dict[str, Service]:
    return dict(services("nr-n41", "nr-n28", reliability=0.9))


def values(*numbers: float) -> Any:
    return np.array(numbers)


def test_without_neighbours_only_noise_is_left(bands: dict[str, Service]) -> None:
    service = bands["nr-n41"]
    noise_dbm = -173.975 + 10 * math.log10(30_000) + 7.0
    found = ss_sinr_db(service, values(-90.0), values(0.0), "outdoor", GOAL)
    assert found[0] == pytest.approx(-90.0 - 3.0 - noise_dbm, abs=1e-6), "3 dB of body loss"
    indoors = ss_sinr_db(service, values(-90.0), values(0.0), "indoor", GOAL)
    assert found[0] - indoors[0] == pytest.approx(entry_margins("indoor", service.frequency_mhz)[0])


def test_a_wall_changes_nothing_where_interference_alone_counts(bands: dict[str, Service]) -> None:
    own, others = values(-50.0), values(10.0 ** (0.1 * -50.0))
    outdoors, indoors = (ss_sinr_db(bands["nr-n41"], own, others, place, GOAL)[0] for place in ("outdoor", "indoor"))
    assert outdoors == pytest.approx(10 * math.log10(2), abs=0.01), "half of the time as strong as its own"
    assert indoors == pytest.approx(outdoors, abs=0.05)


def test_a_downlink_rate_by_hand(bands: dict[str, Service]) -> None:
    service = bands["nr-n28"]
    others = values(1.0)  # so strong that noise does not count
    own = values(10.0 * math.log10(0.5 * 10.0) - (service.traffic_gain_dbi - service.ssb_gain_dbi))
    found = downlink_mbps(service, own, others, "outdoor", GOAL)  # 10 dB with the traffic beam
    by_layers = [count * 0.6 * math.log2(1 + 10.0 / count) for count in (1, 2)]
    assert layers_of(service) == 2
    assert found[0] == pytest.approx(max(by_layers) * 160 * 12 * 0.015, rel=1e-3)


@given(st.floats(-140.0, -60.0), st.integers(1, 8))
def test_an_uplink_takes_the_bandwidth_that_carries_most(own_dbm: float, users: int) -> None:
    service = services("nr-n41", reliability=0.9)["nr-n41"]
    found = float(uplink_mbps(service, values(own_dbm), values(0.0), "outdoor", users)[0])
    steps = {(row.link, row.key): row.value for row in service.budget}
    path_db = own_dbm - service.rsrp_at_zero_loss_dbm
    received_dbm = service.ue_power_dbm + steps["uplink", "traffic_gain_dbi"] - steps["uplink", "feeder_loss_db"] + path_db - 3.0
    noise_dbm = -173.975 + steps["uplink", "bs_noise_figure_db"] + steps["uplink", "uplink_interference_margin_db"]
    whole_hz = service.resource_blocks * 12 * service.subcarrier_khz * 1e3 / users
    hz = whole_hz * np.linspace(0.001, 1.0, 4000)
    snr = 10.0 ** (0.1 * (received_dbm - noise_dbm)) / hz
    rates = np.where(snr >= 0.1, 0.4 * np.log2(1.0 + np.minimum(snr, 10.0**2.2)), 0.0) * hz * service.uplink_share / 1e6
    assert found >= rates.max() * (1 - 1e-9)
    assert found <= max(rates.max() * 1.02, service.uplink_share * 0.4 * math.log2(1.1) * hz[0] / 1e6 + 1e-9)


@given(st.floats(-130.0, -40.0), st.floats(-130.0, -40.0), st.floats(0.0, 1.0), st.integers(1, 20))
def test_load_takes_away_and_users_share(own_dbm: float, other_dbm: float, load: float, users: int) -> None:
    service = services("nr-n41", reliability=0.9)["nr-n41"]
    own, others = values(own_dbm), values(10.0 ** (0.1 * other_dbm))
    quiet, busy = QualityGoal(load=0.0), QualityGoal(load=load)
    assert ss_sinr_db(service, own, others, "outdoor", busy) <= ss_sinr_db(service, own, others, "outdoor", quiet) + 1e-9
    alone = downlink_mbps(service, own, others, "outdoor", busy)
    assert alone <= downlink_mbps(service, own, others, "outdoor", quiet) + 1e-9
    assert downlink_mbps(service, own, others, "outdoor", busy, users) == pytest.approx(alone / users)
    up = [uplink_mbps(service, own, values(0.0), "outdoor", count)[0] for count in (1, users)]
    assert up[1] <= up[0] + 1e-9
    assert up[1] >= up[0] / users - 1e-9, "each at full power on its part"


def test_a_stronger_carrier_helps_the_downlink_alone(bands: dict[str, Service]) -> None:
    service, own = bands["nr-n41"], values(-100.0)
    plain = uplink_mbps(service, own, values(0.0), "outdoor")
    assert uplink_mbps(service, own + 3.0, values(3.0), "outdoor") == pytest.approx(plain), "3 dB more level by 3 dB more power"


def test_the_goal_of_the_preset_and_its_limits() -> None:
    assert preset_goal() == QualityGoal()
    assert preset_goal(load=0.7, active_users=None).load == 0.7
    for wrong in ({"load": 1.1}, {"load": -0.1}, {"active_users": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            QualityGoal(**wrong)  # type: ignore[arg-type]
