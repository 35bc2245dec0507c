"""Okumura-Hata and COST 231-Hata: median loss of macro cells from 1 to 20 km, without terrain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats
from infraplan.presets import choose
from infraplan.radio.validity import check_validity

AREAS = ("urban", "large_city", "suburban", "open")


def okumura_hata(
    distance_km: npt.ArrayLike,
    frequency_mhz: npt.ArrayLike,
    *,
    base_height_m: npt.ArrayLike,
    mobile_height_m: npt.ArrayLike,
    area: str = "urban",
) -> Floats:
    """Median path loss over quasi-smooth terrain, Okumura-Hata. [dB]

    Parameters
    ----------
    distance_km : array_like
        Path length, 1 to 20. [km]
    frequency_mhz : array_like
        Carrier, 150 to 1500. [MHz]
    base_height_m, mobile_height_m : array_like
        Antenna heights above ground, 30 to 200 and 1 to 10. [m]
    area : str
        "urban" (medium or small city), "large_city", "suburban" or "open".

    Returns
    -------
    numpy.ndarray
        Broadcast of the inputs. [dB]

    Warns
    -----
    ValidityWarning
        An input lies outside the range above; the value is still returned.

    References
    ----------
    M. Hata, Empirical formula for propagation loss in land mobile radio services, IEEE Trans. Veh. Technol. 29(3), 1980,
    eqs. (11) to (18), doi:10.1109/T-VT.1980.23859.
    """
    choose(area, AREAS, "area")
    check_validity(
        "okumura_hata", distance_km=distance_km, frequency_mhz=frequency_mhz, base_height_m=base_height_m, mobile_height_m=mobile_height_m
    )
    mobile_m = np.asarray(mobile_height_m, dtype=float)
    log_f = np.log10(np.asarray(frequency_mhz, dtype=float))
    log_hb = np.log10(np.asarray(base_height_m, dtype=float))
    if area == "large_city":
        low_db = 8.29 * np.log10(1.54 * mobile_m) ** 2 - 1.1
        high_db = 3.2 * np.log10(11.75 * mobile_m) ** 2 - 4.97
        mobile_correction_db = np.where(log_f < np.log10(300.0), low_db, high_db)
    else:
        mobile_correction_db = (1.1 * log_f - 0.7) * mobile_m - (1.56 * log_f - 0.8)
    constant_db = 69.55 + 26.16 * log_f - 13.82 * log_hb - mobile_correction_db
    if area == "suburban":
        constant_db = constant_db - 2.0 * (log_f - np.log10(28.0)) ** 2 - 5.4
    elif area == "open":
        constant_db = constant_db - 4.78 * log_f**2 + 18.33 * log_f - 40.94
    return np.asarray(constant_db + (44.9 - 6.55 * log_hb) * np.log10(np.asarray(distance_km, dtype=float)))


def cost231_hata(
    distance_km: npt.ArrayLike,
    frequency_mhz: npt.ArrayLike,
    *,
    base_height_m: npt.ArrayLike,
    mobile_height_m: npt.ArrayLike,
    metropolitan: bool = False,
) -> Floats:
    """Median path loss in built-up areas, COST 231-Hata. [dB]

    Parameters
    ----------
    distance_km : array_like
        Path length, 1 to 20. [km]
    frequency_mhz : array_like
        Carrier, 1500 to 2000. [MHz]
    base_height_m, mobile_height_m : array_like
        Antenna heights above ground, 30 to 200 and 1 to 10. [m]
    metropolitan : bool
        Metropolitan centre (C = 3 dB) rather than medium city or suburb.

    Returns
    -------
    numpy.ndarray
        Broadcast of the inputs. [dB]

    Warns
    -----
    ValidityWarning
        An input lies outside the range above; the value is still returned.

    References
    ----------
    COST 231 Final Report, 1999, section 4.4.1, eq. 4.4.3.
    """
    check_validity(
        "cost231_hata", distance_km=distance_km, frequency_mhz=frequency_mhz, base_height_m=base_height_m, mobile_height_m=mobile_height_m
    )
    log_f = np.log10(np.asarray(frequency_mhz, dtype=float))
    log_hb = np.log10(np.asarray(base_height_m, dtype=float))
    mobile_correction_db = (1.1 * log_f - 0.7) * np.asarray(mobile_height_m, dtype=float) - (1.56 * log_f - 0.8)
    constant_db = 46.3 + 33.9 * log_f - 13.82 * log_hb - mobile_correction_db + (3.0 if metropolitan else 0.0)
    return np.asarray(constant_db + (44.9 - 6.55 * log_hb) * np.log10(np.asarray(distance_km, dtype=float)))
