"""Constants of the area kernel of ITU-R P.1812, made once: of a frequency and of a prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from infraplan.arrays import Floats
from infraplan.radio import p1812_terms as terms
from infraplan.radio.diffraction import LAND, SPEED_OF_LIGHT_M_GHZ, admittance

SCENE = 6
STEP_KM, RADIUS_50, RADIUS_BETA, TIME_PERCENT, QUANTILE, DUCT_TIME_DB = range(SCENE)  # entries of the scene


@lru_cache(maxsize=512)
def frequency_constants(
    frequency_ghz: float, time_percent: float, location_percent: float, location_sigma_db: float, vertical: bool, delta_n: float, n0: float
) -> tuple[float, ...]:
    """The constants of one frequency, columns as named in `p1812_spherical`."""
    wave, f = SPEED_OF_LIGHT_M_GHZ / frequency_ghz, frequency_ghz
    surface = [wave, math.sqrt(wave), f, f ** (1.0 / 3.0), 92.4 + 20.0 * math.log10(f), 2.6 * math.log10(time_percent / 50.0)]
    scatter_db = terms.troposcatter_db(1.0, 0.0, f, time_percent, n0)
    duct_db = 102.45 + 20.0 * math.log10(f) + (45.375 - 137.0 * f + 92.5 * f * f if f < 0.5 else 0.0)
    location_db = -terms.upper_normal_quantile(location_percent / 100.0) * location_sigma_db
    for_radius: list[float] = []
    for radius_km in terms.effective_radii_km(delta_n):
        k = admittance(radius_km, f, LAND, vertical)
        beta = (1.0 + 1.6 * k**2 + 0.67 * k**4) / (1.0 + 4.5 * k**2 + 1.53 * k**4)
        per_km, per_metre = 21.88 * beta * (f / radius_km**2) ** (1.0 / 3.0), 0.9575 * beta**2 * (f * f / radius_km) ** (1.0 / 3.0)
        for_radius += [admittance(1.0, f, LAND, vertical), k, per_km, per_metre]
    return (*surface, scatter_db, duct_db, location_db, *for_radius)


@lru_cache(maxsize=512)
def least_duct_time_db(longest_km: float, time_percent: float, latitude_deg: float) -> float:
    """Lower bound of eq. 53 for inland paths up to a length, at latitudes from `latitude_deg` to the pole (b0 falls with latitude)."""
    d = np.linspace(0.0, longest_km, 401)
    tau = 1.0 - np.exp(-4.12e-4 * d**2.41)
    ln_mu1 = 0.2 * np.log(np.minimum(10.0 ** (-d / (16.0 - 6.6 * tau)) + 10.0 ** (-5.0 * (0.496 + 0.354 * tau)), 1.0))
    ln_b0 = math.log(10.0) * (1.67 - 0.015 * latitude_deg) + ln_mu1 * (0.065 + 0.0176 * latitude_deg)
    # between two of these distances ln b0 moves by less than its largest step; b0 beyond 70 degrees stays below that at 0
    ratio = math.log(time_percent) - max(float(ln_b0.max()), math.log(4.17)) - float(np.abs(np.diff(ln_b0)).max())
    return float(min((1.2 + 3.7e-3 * longest_km) * ratio, 1.2 * ratio) / math.log(10.0) - (0.0 if ratio >= 0.0 else 12.0))


@dataclass(frozen=True)
class Scene:
    """Constants of a prediction: the arguments of the kernels except the mast and the map."""

    values: Floats
    constants: Floats


@lru_cache(maxsize=512)
def scene(
    longest_km: float,
    step_km: float,
    frequencies_ghz: tuple[float, ...],
    latitude_deg: float,
    time_percent: float,
    location_percent: float,
    location_sigma_db: float,
    vertical: bool,
    delta_n: float,
    n0: float,
) -> Scene:
    """Constants for paths up to a length. `latitude_deg` chooses a safe bound only: any value not farther from the equator than a path."""
    duct_time_db = least_duct_time_db(longest_km, time_percent, max(latitude_deg - math.degrees(longest_km / terms.EARTH_RADIUS_KM), 0.0))
    radii_km = terms.effective_radii_km(delta_n)
    quantile = terms.upper_normal_quantile(time_percent / 100.0)
    variation = time_percent, location_percent, location_sigma_db, vertical, delta_n, n0
    return Scene(
        np.array([step_km, *radii_km, time_percent, quantile, duct_time_db]),
        np.array([frequency_constants(frequency_ghz, *variation) for frequency_ghz in frequencies_ghz]),
    )
