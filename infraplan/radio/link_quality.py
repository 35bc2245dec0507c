"""SINR and rates of a device from the level of its sector and the power of all others on the same carrier, at a stated load.

Levels are medians: half of the places fare worse. The device has one carrier at a time. What the others send is spread over their
sectors as their broadcast is (beams follow their users, whose places are not known); the own data come with the gain of traffic beams.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from infraplan.arrays import Floats
from infraplan.presets import load
from infraplan.radio.budgets import Service, entry_margins
from infraplan.units import BOLTZMANN_DBM_PER_HZ, db, noise_floor_dbm, ratio


@dataclass(frozen=True)
class QualityGoal:
    """What a connection is asked for beside signal, and the load it is judged at.

    Parameters
    ----------
    load : float
        Share of time that every other sector on the same carrier sends, 0..1.
    active_users : int
        Devices that share a sector in equal parts.
    sinr_db : float
        Least SS-SINR. [dB]
    downlink_mbps, uplink_mbps : float
        Least rates. [Mbit/s]

    Examples
    --------
    >>> import infraplan as ip
    >>> ip.QualityGoal(load=0.7)
    QualityGoal(load=0.7, active_users=3, sinr_db=-3.0, downlink_mbps=220.0, uplink_mbps=45.0)
    """

    load: float = 0.5
    active_users: int = 3
    sinr_db: float = -3.0
    downlink_mbps: float = 220.0
    uplink_mbps: float = 45.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.load <= 1.0:
            raise ValueError(f"load = {self.load:g} is outside 0 to 1")
        if self.active_users < 1:
            raise ValueError(f"active_users = {self.active_users} is not at least 1")


def preset_goal(**own: Any) -> QualityGoal:
    """The preset's goal; keywords that are not None replace its values."""
    known = load("quality")["goal"]
    given = {name: value for name, value in own.items() if value is not None}
    return QualityGoal(**{one.name: given.get(one.name, known[one.name]["value"]) for one in fields(QualityGoal)})


def ss_sinr_db(service: Service, own_dbm: Floats, others_mw: Floats, receiver: str, goal: QualityGoal) -> Floats:
    """SS-SINR of a device. [dB]

    Parameters
    ----------
    service : Service
        The carrier: NR or LTE.
    own_dbm : ndarray of float64
        Median level of the strongest sector outdoors, of a resource element. [dBm]
    others_mw : ndarray of float64
        Power of all other sectors there, sending all the time. [mW]
    receiver : str
        Where the device is, e.g. "outdoor", "indoor".
    goal : QualityGoal
        Its load.
    """
    return np.asarray(own_dbm - _lost_db(service, receiver) - db(_disturbance_mw(service, others_mw, receiver, goal.load)))


def downlink_mbps(service: Service, own_dbm: Floats, others_mw: Floats, receiver: str, goal: QualityGoal, users: int = 1) -> Floats:
    """Rate of one of `users` devices that share the carrier. Arguments as in `ss_sinr_db`. [Mbit/s]"""
    how = load("quality")["rate"][service.family]
    beam_db = service.traffic_gain_dbi - service.ssb_gain_dbi
    sinr_db = ss_sinr_db(service, own_dbm, others_mw, receiver, goal) + beam_db
    most = layers_of(service)
    rates = [count * efficiency(sinr_db - float(db(count)), how, "downlink") for count in range(1, most + 1)]
    mhz = service.resource_blocks * 12 * service.subcarrier_khz / 1e3
    return np.asarray(np.max(rates, axis=0) * mhz * service.downlink_share / users)


def uplink_mbps(service: Service, own_dbm: Floats, power_offset_db: Floats, receiver: str, users: int = 1) -> Floats:
    """Rate up of one of `users` devices, each at full power on its part of the carrier, narrower where its power does not reach. [Mbit/s]

    The noise is raised by the interference margin of the link budget. `power_offset_db`: what the sector's carrier has beyond the preset's,
    which helps the downlink only. [dB]
    """
    how = load("quality")["rate"][service.family]
    path_db = own_dbm - service.rsrp_at_zero_loss_dbm - power_offset_db  # pattern and antenna less the loss
    gains_db = (
        _step(service, "uplink", "traffic_gain_dbi")
        - _step(service, "uplink", "feeder_loss_db")
        + _step(service, "uplink", "calibration_db")
    )
    received_dbm = service.ue_power_dbm + gains_db + path_db - _lost_db(service, receiver)
    noise_dbm = (
        BOLTZMANN_DBM_PER_HZ + _step(service, "uplink", "bs_noise_figure_db") + _step(service, "uplink", "uplink_interference_margin_db")
    )
    snr_hz = ratio(received_dbm - noise_dbm)  # SNR times bandwidth [Hz]
    whole_hz = service.resource_blocks * 12 * service.subcarrier_khz * 1e3 / users
    hz = np.minimum(whole_hz, snr_hz / float(ratio(how["least_sinr_db"])))
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = efficiency(db(snr_hz / hz), how, "uplink")
    return np.asarray(np.nan_to_num(bits) * hz / 1e6 * service.uplink_share)


def efficiency(sinr_db: Floats, how: dict[str, Any], direction: str) -> Floats:
    """Net rate by bandwidth, of one layer. [bit/s/Hz]"""
    alpha, most_db = how[direction]["alpha"], how[direction]["most_sinr_db"]
    bits = alpha * np.log2(1.0 + ratio(np.minimum(sinr_db, most_db)))
    return np.asarray(np.where(sinr_db < how["least_sinr_db"] - 1e-9, 0.0, bits))


def layers_of(service: Service) -> int:
    """Most spatial layers of a device in a service's band."""
    known = load("quality")["layers"]
    return int(known["below"] if service.frequency_mhz < known["below_mhz"] else known["above"])


def _disturbance_mw(service: Service, others_mw: Floats, receiver: str, share: float) -> Floats:
    """Noise and interference of a resource element at the device. [mW]"""
    noise_dbm = noise_floor_dbm(service.subcarrier_khz * 1e3, _step(service, "downlink_data", "ue_noise_figure_db"))
    lost = float(ratio(-_lost_db(service, receiver)))
    return np.asarray(float(ratio(noise_dbm)) + share * lost * others_mw)


def _lost_db(service: Service, receiver: str) -> float:
    """Body and walls, median. [dB]"""
    return _step(service, "downlink", "body_loss_db") + entry_margins(receiver, service.frequency_mhz)[0]


def _step(service: Service, link: str, key: str) -> float:
    """A row of the service's budget, 0 where it has none."""
    return math.fsum(row.value for row in service.budget if row.link == link and row.key == key)
