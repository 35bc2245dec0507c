"""Throughput from SINR and SINR from throughput, with the share of time of the direction."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats
from infraplan.units import ratio

SINR_FLOOR_DB = -10.0  # TR 36.942 Annex A.2: throughput is 0 below this
PEAK_DOWNLINK_BPS_HZ = 4.4  # TR 36.942 Table A.2
PEAK_UPLINK_BPS_HZ = 2.0


def required_sinr_db(rate_mbps: float, bandwidth_mhz: float, *, time_share: float = 1.0, alpha: float = 0.6) -> float:
    """SINR at which a link carries `rate_mbps`, not below -10 dB. [dB]

    Parameters
    ----------
    rate_mbps : float
        Net rate over time. [Mbit/s]
    bandwidth_mhz : float
        Occupied bandwidth. [MHz]
    time_share : float
        Fraction of time this direction has (1 for FDD).
    alpha : float
        Attenuation against Shannon: 0.6 down, 0.4 up.

    References
    ----------
    3GPP TR 36.942 Annex A.2, eq. A.1.
    """
    efficiency = rate_mbps / (bandwidth_mhz * time_share)
    return max(10.0 * math.log10(2.0 ** (efficiency / alpha) - 1.0), SINR_FLOOR_DB)


def throughput_mbps(
    sinr_db: npt.ArrayLike,
    bandwidth_mhz: npt.ArrayLike,
    *,
    time_share: npt.ArrayLike = 1.0,
    alpha: float = 0.6,
    peak_bps_hz: float = PEAK_DOWNLINK_BPS_HZ,
    layers: float = 1.0,
) -> Floats:
    """Rate of one user who has the whole carrier: zero below -10 dB, at most the peak efficiency.

    Parameters
    ----------
    sinr_db : array_like
        Signal against interference and noise, per resource element: `predict_signal(...).sinr_db`. [dB]
    bandwidth_mhz : array_like
        Occupied bandwidth. [MHz]
    time_share : array_like
        The TDD share of this direction, 0..1.
    alpha, peak_bps_hz : float
        0.6 and 4.4 down, 0.4 and 2.0 up.
    layers : float
        Spatial layers, each with this SINR.

    Returns
    -------
    ndarray of float64
        Broadcast of the inputs. [Mbit/s]

    References
    ----------
    3GPP TR 36.942 Annex A.2, eq. A.1, Table A.2.

    Examples
    --------
    >>> import infraplan as ip
    >>> ip.throughput_mbps([-15.0, 0.0, 10.0], 20.0).round(1).tolist()
    [0.0, 12.0, 41.5]
    """
    given_db = np.asarray(sinr_db, dtype=float)
    efficiency = np.minimum(alpha * np.log2(1.0 + ratio(given_db)), peak_bps_hz)
    return np.asarray(np.where(given_db < SINR_FLOOR_DB, 0.0, efficiency) * layers * np.asarray(bandwidth_mhz) * np.asarray(time_share))
