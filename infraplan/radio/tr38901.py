"""3GPP TR 38.901: rural macro, urban macro, urban micro (street canyon), indoor office. Tables 7.4.1-1 (loss) and 7.4.2-1 (LOS).

Distances are horizontal (d2D) and in km, frequencies in MHz, as everywhere in infraplan; inside they are converted to the table's metres
and GHz. The breakpoint uses c = 3.0e8 m/s, as the report says.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats
from infraplan.presets import choose
from infraplan.radio.validity import check_validity

C_M_S = 3.0e8  # note 1 of Table 7.4.1-1
# Shadow fading, Table 7.4.1-1: (line of sight, none); RMa's line of sight is 6 dB beyond the breakpoint.
SIGMA_DB = {"tr38901-rma": (4.0, 8.0), "tr38901-uma": (4.0, 6.0), "tr38901-umi": (4.0, 7.82), "tr38901-inh": (3.0, 8.03)}


def _metres(
    distance_km: npt.ArrayLike, base_height_m: npt.ArrayLike, mobile_height_m: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """d2D, d3D, heights as float arrays and their difference squared. [m]"""
    flat_m = np.asarray(distance_km, dtype=float) * 1e3
    base_m, mobile_m = np.asarray(base_height_m, dtype=float), np.asarray(mobile_height_m, dtype=float)
    rise2 = np.asarray((base_m - mobile_m) ** 2)
    return flat_m, np.asarray(np.sqrt(flat_m * flat_m + rise2)), base_m, mobile_m, rise2


def _pick(los_db: Floats, nlos_db: Floats, line_of_sight: npt.ArrayLike) -> Floats:
    """NLOS = max(LOS, NLOS'), and the case wanted at each point."""
    shadowed_db = np.maximum(los_db, nlos_db)
    return shadowed_db if np.ndim(line_of_sight) == 0 else np.where(np.asarray(line_of_sight, dtype=bool), los_db, shadowed_db)


def _all_clear(line_of_sight: npt.ArrayLike) -> bool:
    return np.ndim(line_of_sight) == 0 and bool(line_of_sight)


def tr38901_rma(
    distance_km: npt.ArrayLike,
    frequency_mhz: npt.ArrayLike,
    *,
    base_height_m: npt.ArrayLike,
    mobile_height_m: npt.ArrayLike,
    line_of_sight: npt.ArrayLike = True,
    street_width_m: npt.ArrayLike = 20.0,
    building_height_m: npt.ArrayLike = 5.0,
) -> Floats:
    """Median path loss, rural macro. [dB]

    Parameters
    ----------
    distance_km : array_like
        Horizontal distance, 0.01 to 10, without line of sight to 5. [km]
    frequency_mhz : array_like
        Carrier, 500 to 30 000. [MHz]
    base_height_m, mobile_height_m : array_like
        10 to 150 and 1 to 10. [m]
    line_of_sight : bool or array_like of bool
        Which of the two formulas.
    street_width_m, building_height_m : array_like
        Averages, 5 to 50 each. [m]

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
    3GPP TR 38.901 v16.1.0, Table 7.4.1-1, PL1, PL2 of RMa-LOS and PL'RMa-NLOS.
    """
    everywhere_clear = bool(np.all(line_of_sight))
    check_validity(
        "tr38901_rma_los" if everywhere_clear else "tr38901_rma_nlos",
        distance_km=distance_km,
        frequency_mhz=frequency_mhz,
        base_height_m=base_height_m,
        mobile_height_m=mobile_height_m,
        street_width_m=street_width_m,
        building_height_m=building_height_m,
    )
    flat_m, slant_m, base_m, mobile_m, _ = _metres(distance_km, base_height_m, mobile_height_m)
    f_ghz = np.asarray(frequency_mhz, dtype=float) / 1e3
    roof_m = np.asarray(building_height_m, dtype=float)
    log_d, log_f = np.log10(slant_m), np.log10(f_ghz)
    break_m = 2.0 * np.pi * base_m * mobile_m * f_ghz * 1e9 / C_M_S
    slope_db = 20.0 + np.minimum(0.03 * roof_m**1.72, 10.0)
    constant_db = 20.0 * np.log10(40.0 * np.pi / 3.0) + 20.0 * log_f - np.minimum(0.044 * roof_m**1.72, 14.77)
    per_metre_db = 0.002 * np.log10(roof_m)
    near_db = constant_db + slope_db * log_d + per_metre_db * slant_m
    if np.all(flat_m <= break_m):
        los_db = near_db
    else:
        log_break = np.log10(break_m)
        far_db = (constant_db + (slope_db - 40.0) * log_break + per_metre_db * break_m) + 40.0 * log_d
        los_db = np.where(flat_m <= break_m, near_db, far_db)
    if _all_clear(line_of_sight):
        return np.asarray(los_db)
    log_hb = np.log10(base_m)
    fixed_db = (
        161.04
        - 7.1 * np.log10(np.asarray(street_width_m, dtype=float))
        + 7.5 * np.log10(roof_m)
        - (24.37 - 3.7 * (roof_m / base_m) ** 2) * log_hb
        + 20.0 * log_f
        - (3.2 * np.log10(11.75 * mobile_m) ** 2 - 4.97)
    )
    slope_db = 43.42 - 3.1 * log_hb
    return _pick(np.asarray(los_db), (fixed_db - 3.0 * slope_db) + slope_db * log_d, line_of_sight)


def tr38901_uma(
    distance_km: npt.ArrayLike,
    frequency_mhz: npt.ArrayLike,
    *,
    base_height_m: npt.ArrayLike,
    mobile_height_m: npt.ArrayLike,
    line_of_sight: npt.ArrayLike = True,
) -> Floats:
    """Median path loss, urban macro. [dB]

    Parameters
    ----------
    distance_km : array_like
        Horizontal distance, 0.01 to 5. [km]
    frequency_mhz : array_like
        Carrier, 500 to 100 000. [MHz]
    base_height_m, mobile_height_m : array_like
        25, and 1.5 to 22.5. The effective environment height is 1 m. [m]
    line_of_sight : bool or array_like of bool
        Which of the two formulas.

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
    3GPP TR 38.901 v16.1.0, Table 7.4.1-1, PL1, PL2 of UMa-LOS and PL'UMa-NLOS, note 1.
    """
    check_validity(
        "tr38901_uma", distance_km=distance_km, frequency_mhz=frequency_mhz, base_height_m=base_height_m, mobile_height_m=mobile_height_m
    )
    los_db, log_d, log_f, mobile_m = _two_slopes(distance_km, frequency_mhz, base_height_m, mobile_height_m, 28.0, 22.0, 9.0)
    if _all_clear(line_of_sight):
        return los_db
    return _pick(los_db, (13.54 + 20.0 * log_f - 0.6 * (mobile_m - 1.5)) + 39.08 * log_d, line_of_sight)


def tr38901_umi(
    distance_km: npt.ArrayLike,
    frequency_mhz: npt.ArrayLike,
    *,
    base_height_m: npt.ArrayLike,
    mobile_height_m: npt.ArrayLike,
    line_of_sight: npt.ArrayLike = True,
) -> Floats:
    """Median path loss, urban micro in a street canyon. [dB]

    Parameters
    ----------
    distance_km : array_like
        Horizontal distance, 0.01 to 5. [km]
    frequency_mhz : array_like
        Carrier, 500 to 100 000. [MHz]
    base_height_m, mobile_height_m : array_like
        10, and 1.5 to 22.5. [m]
    line_of_sight : bool or array_like of bool
        Which of the two formulas.

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
    3GPP TR 38.901 v16.1.0, Table 7.4.1-1, PL1, PL2 of UMi-LOS and PL'UMi-NLOS, note 1.
    """
    check_validity(
        "tr38901_umi", distance_km=distance_km, frequency_mhz=frequency_mhz, base_height_m=base_height_m, mobile_height_m=mobile_height_m
    )
    los_db, log_d, log_f, mobile_m = _two_slopes(distance_km, frequency_mhz, base_height_m, mobile_height_m, 32.4, 21.0, 9.5)
    if _all_clear(line_of_sight):
        return los_db
    return _pick(los_db, (22.4 + 21.3 * log_f - 0.3 * (mobile_m - 1.5)) + 35.3 * log_d, line_of_sight)


def _two_slopes(
    distance_km: npt.ArrayLike,
    frequency_mhz: npt.ArrayLike,
    base_height_m: npt.ArrayLike,
    mobile_height_m: npt.ArrayLike,
    constant_db: float,
    slope_db: float,
    bend_db: float,
) -> tuple[Floats, Floats, Floats, Floats]:
    """The line-of-sight formula that UMa and UMi share, with lg d3D, lg f and the mobile's height for the other one."""
    flat_m, slant_m, base_m, mobile_m, rise2 = _metres(distance_km, base_height_m, mobile_height_m)
    f_ghz = np.asarray(frequency_mhz, dtype=float) / 1e3
    log_d, log_f = np.asarray(np.log10(slant_m)), np.asarray(np.log10(f_ghz))
    break_m = 4.0 * (base_m - 1.0) * (mobile_m - 1.0) * f_ghz * 1e9 / C_M_S
    fixed_db = constant_db + 20.0 * log_f
    los_db = fixed_db + slope_db * log_d
    beyond = flat_m > break_m
    if np.any(beyond):
        los_db = np.where(beyond, (fixed_db - bend_db * np.log10(break_m * break_m + rise2)) + 40.0 * log_d, los_db)
    return np.asarray(los_db), log_d, log_f, mobile_m


def tr38901_inh(
    distance_km: npt.ArrayLike,
    frequency_mhz: npt.ArrayLike,
    *,
    base_height_m: npt.ArrayLike = 3.0,
    mobile_height_m: npt.ArrayLike = 1.0,
    line_of_sight: npt.ArrayLike = True,
) -> Floats:
    """Median path loss, indoor office. [dB]

    Parameters
    ----------
    distance_km : array_like
        Horizontal distance; the slant distance must lie within 0.001 to 0.15. [km]
    frequency_mhz : array_like
        Carrier, 500 to 100 000. [MHz]
    base_height_m, mobile_height_m : array_like
        Used for the slant distance only. [m]
    line_of_sight : bool or array_like of bool
        Which of the two formulas.

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
    3GPP TR 38.901 v16.1.0, Table 7.4.1-1, InH-Office.
    """
    _, slant_m, _, _, _ = _metres(distance_km, base_height_m, mobile_height_m)
    check_validity("tr38901_inh", distance_km=slant_m / 1e3, frequency_mhz=frequency_mhz)
    log_d, log_f = np.log10(slant_m), np.log10(np.asarray(frequency_mhz, dtype=float) / 1e3)
    los_db = np.asarray((32.4 + 20.0 * log_f) + 17.3 * log_d)
    if _all_clear(line_of_sight):
        return los_db
    return _pick(los_db, (17.3 + 24.9 * log_f) + 38.3 * log_d, line_of_sight)


def los_probability(model: str, distance_km: npt.ArrayLike, *, mobile_height_m: npt.ArrayLike = 1.5) -> Floats:
    """Probability of line of sight, 0..1, at a horizontal distance.

    Parameters
    ----------
    model : str
        "tr38901-rma", "tr38901-uma", "tr38901-umi" or "tr38901-inh" (mixed office).
    distance_km : array_like
        Horizontal distance. [km]
    mobile_height_m : array_like
        Only UMa depends on it, above 13 m. Up to 23. [m]

    References
    ----------
    3GPP TR 38.901 v16.1.0, Table 7.4.2-1.
    """
    choose(model, SIGMA_DB, "model")
    d_m = np.asarray(distance_km, dtype=float) * 1e3
    if model == "tr38901-rma":
        return np.asarray(np.exp(-np.maximum(d_m - 10.0, 0.0) / 1000.0))
    if model == "tr38901-inh":
        near, far = np.exp(-np.maximum(d_m - 1.2, 0.0) / 4.7), 0.32 * np.exp(-np.maximum(d_m - 6.5, 0.0) / 32.6)
        return np.where(d_m < 6.5, near, far)
    held_m = np.maximum(d_m, 18.0)
    scale_m = 63.0 if model == "tr38901-uma" else 36.0
    probability = 18.0 / held_m + np.exp(-held_m / scale_m) * (1.0 - 18.0 / held_m)
    if model == "tr38901-uma":
        height = np.maximum(np.asarray(mobile_height_m, dtype=float) - 13.0, 0.0) / 10.0
        probability = probability * (1.0 + height**1.5 * 1.25 * (held_m / 100.0) ** 3 * np.exp(-held_m / 150.0))
    return np.where(d_m <= 18.0, 1.0, probability)
