"""Rates and SINR."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import floats

from infraplan.radio.throughput import required_sinr_db, sinr_db, throughput_mbps


@given(rate_mbps=floats(1, 300), time_share=floats(0.2, 1.0))
def test_the_required_sinr_carries_the_rate(rate_mbps: float, time_share: float) -> None:
    needed_db = required_sinr_db(rate_mbps, 98.28, time_share=time_share)
    carried = float(throughput_mbps(needed_db, 98.28, time_share=time_share, peak_bps_hz=99.0))
    assert carried >= rate_mbps * (1 - 1e-9)
    if needed_db > -10.0:
        assert carried == pytest.approx(rate_mbps)


def test_floor_peak_and_the_share_of_time() -> None:
    assert float(throughput_mbps(-10.1, 100.0)) == 0.0
    assert float(throughput_mbps(60.0, 100.0, time_share=0.74)) == pytest.approx(4.4 * 74)
    assert float(throughput_mbps(10.0, 100.0, time_share=0.23)) == pytest.approx(0.23 * float(throughput_mbps(10.0, 100.0)))


def test_sinr_without_neighbours_is_signal_to_noise() -> None:
    noise_dbm = -173.975 + 10 * np.log10(30e3) + 7
    assert float(sinr_db(-100.0, np.full((3,), -np.inf), load=1.0)) == pytest.approx(-100 - noise_dbm)
    assert float(sinr_db(-100.0, [-80.0], load=0.0)) == pytest.approx(-100 - noise_dbm)


def test_an_equal_neighbour_at_full_load_leaves_zero() -> None:
    assert float(sinr_db(-60.0, [-60.0], load=1.0)) == pytest.approx(0.0, abs=1e-4)
    assert float(sinr_db(-60.0, [-60.0, np.nan], load=0.5)) == pytest.approx(3.0103, abs=1e-4)


def test_load_is_a_fraction() -> None:
    with pytest.raises(ValueError, match="load"):
        sinr_db(-60.0, [-60.0], load=50)
