"""The only unit conversions of infraplan: dB, dBm, km, the noise floor; and numbers cut for printing."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

BOLTZMANN_DBM_PER_HZ = -173.975  # 10 lg(k T / 1 mW), k = 1.380649e-23 J/K (SI, exact), T = 290 K
SPEED_OF_LIGHT_M_S = 299_792_458.0  # SI, exact


def db(ratio: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Power ratio to decibels. [dB]"""
    return np.asarray(10.0 * np.log10(np.asarray(ratio, dtype=float)))


def ratio(value_db: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Decibels to power ratio."""
    return np.power(10.0, np.asarray(value_db, dtype=float) / 10.0)


def noise_floor_dbm(bandwidth_hz: float, noise_figure_db: float) -> float:
    """Thermal noise at 290 K plus the receiver's noise figure. [dBm]"""
    return BOLTZMANN_DBM_PER_HZ + 10.0 * math.log10(bandwidth_hz) + noise_figure_db


def cut(value: npt.ArrayLike, digits: int) -> npt.NDArray[np.float64]:
    """Numbers rounded down to a number of decimals, so that none reads as one it does not reach: 0.89999 never becomes 0.9.

    A number within 1e-7 of the last digit above counts as that digit: a rounding error of binary fractions.
    """
    scale = 10.0**digits
    return np.asarray(np.floor(np.round(np.asarray(value, dtype=float) * scale, 7)) / scale)


def cut_percent(fraction: float, digits: int = 1) -> str:
    """A fraction as %, cut at a number of decimals, e.g. "89.9%"."""
    return f"{float(cut(float(fraction) * 100.0, digits)):.{digits}f}%"
