"""Entry loss: buildings by ITU-R P.2109 or 3GPP O2I, vehicles by 3GPP."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats
from infraplan.presets import choose
from infraplan.radio.validity import check_validity

# Table 1 of P.2109-1: r, s, t, u, v, w, x, y, z
P2109_COEFFICIENTS = {
    "traditional": (12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0),
    "thermally-efficient": (28.19, -3.0, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1),
}
O2I_SIGMA_DB = {"low": 4.4, "high": 6.5}  # TR 38.901 Table 7.4.3-2


def p2109(
    frequency_ghz: npt.ArrayLike, probability_percent: npt.ArrayLike, building_type: str = "traditional", elevation_deg: npt.ArrayLike = 0.0
) -> Floats:
    """Building entry loss not exceeded for `probability_percent` of the places in such buildings. [dB]

    Parameters
    ----------
    frequency_ghz : array_like
        0.08 to 100. [GHz]
    probability_percent : array_like
        Above 0, below 100. [%]
    building_type : str
        "traditional" or "thermally-efficient" (metallised glass, foil-backed panels).
    elevation_deg : array_like
        Elevation of the path at the facade, -90 to 90. [deg]

    Returns
    -------
    numpy.ndarray
        Broadcast of the inputs. [dB]

    Raises
    ------
    ValueError
        A probability outside the open interval from 0 to 100.

    Warns
    -----
    ValidityWarning
        Frequency or elevation lies outside the range above; the value is still returned.

    References
    ----------
    Recommendation ITU-R P.2109-1, section 3, eqs. (1) to (10), Table 1.
    """
    from scipy.special import ndtri

    choose(building_type, P2109_COEFFICIENTS, "building_type")
    check_validity("p2109", frequency_ghz=frequency_ghz, elevation_deg=elevation_deg)
    share = np.asarray(probability_percent, dtype=float) / 100.0
    if not bool(np.all((share > 0.0) & (share < 1.0))):
        raise ValueError("probability_percent must lie between 0 and 100, both excluded")
    r, s, t, u, v, w, x, y, z = P2109_COEFFICIENTS[building_type]
    log_f = np.log10(np.asarray(frequency_ghz, dtype=float))
    median_db = r + s * log_f + t * log_f**2 + 0.212 * np.abs(np.asarray(elevation_deg, dtype=float))
    quantile = ndtri(share)
    wall_db = quantile * (u + v * log_f) + median_db
    opening_db = quantile * (y + z * log_f) + (w + x * log_f)
    return np.asarray(10.0 * np.log10(10.0 ** (0.1 * wall_db) + 10.0 ** (0.1 * opening_db) + 10.0**-0.3))


def p2109_sigma_db(frequency_ghz: float, building_type: str = "traditional", elevation_deg: float = 0.0) -> float:
    """Spread of the entry loss read as log-normal: half the distance between its 15.87 % and 84.13 % points (ours). [dB]"""
    low_db, high_db = p2109(frequency_ghz, [15.865525393145708, 84.13447460685429], building_type, elevation_deg)
    return float(high_db - low_db) / 2.0


def o2i(frequency_ghz: npt.ArrayLike, loss_class: str = "low", indoor_distance_m: npt.ArrayLike = 0.0) -> Floats:
    """Outdoor-to-indoor penetration loss, with the loss inside the building. [dB]

    Parameters
    ----------
    frequency_ghz : array_like
        0.5 to 100. [GHz]
    loss_class : str
        "low" (30 % plain glass, 70 % concrete) or "high" (70 % metallised glass, 30 % concrete).
    indoor_distance_m : array_like
        Distance inside the building, from the facade, 0.5 dB a metre. [m]

    Returns
    -------
    numpy.ndarray
        Median; its standard deviation is `O2I_SIGMA_DB[loss_class]`. [dB]

    References
    ----------
    3GPP TR 38.901 v16.1.0, section 7.4.3.1, Tables 7.4.3-1 and 7.4.3-2.
    """
    choose(loss_class, O2I_SIGMA_DB, "loss_class")
    check_validity("o2i", frequency_ghz=frequency_ghz)
    f_ghz = np.asarray(frequency_ghz, dtype=float)
    concrete = 10.0 ** (-(5.0 + 4.0 * f_ghz) / 10.0)
    if loss_class == "low":
        passed = 0.3 * 10.0 ** (-(2.0 + 0.2 * f_ghz) / 10.0) + 0.7 * concrete
    else:
        passed = 0.7 * 10.0 ** (-(23.0 + 0.3 * f_ghz) / 10.0) + 0.3 * concrete
    return np.asarray(5.0 - 10.0 * np.log10(passed) + 0.5 * np.asarray(indoor_distance_m, dtype=float))
