"""Rates and SINR."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import floats

from infraplan.radio.throughput import required_sinr_db, throughput_mbps


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
