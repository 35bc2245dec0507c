"""What the area kernel of ITU-R P.1812 looks up, made once: which sample a pixel takes, what depends on distance or frequency alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from infraplan.radio import p1812_terms as terms
from infraplan.radio.diffraction import LAND, SPEED_OF_LIGHT_M_GHZ, admittance
from infraplan.radio.p1812_combine import TABLE_ROWS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

OFFSETS_PER_PIXEL = 4
SCENE = 6
STEP_KM, RADIUS_50, RADIUS_BETA, TIME_PERCENT, QUANTILE, DUCT_TIME_DB = range(SCENE)  # entries of the scene
INVERSE, REVERSE, SPHERE_50, SPHERE_BETA = range(4)  # rows of the sample arrays


@dataclass(frozen=True)
class PullTable:
    """Which (ray, sample) each pixel of a circle takes; pixels ordered by ray, then outward."""

    rays: int
    samples: int
    first: Ints
    sample: Ints
    row: Ints
    col: Ints


@lru_cache(maxsize=256)
def pull_table(radius_pixels: float, row_quarter: int, col_quarter: int) -> PullTable:
    """Pull table of a mast `row_quarter`, `col_quarter` quarters of a pixel off its pixel's centre."""
    samples = max(math.ceil(radius_pixels - 1e-9), 1)
    rays = 8 * math.ceil(2.0 * math.pi * samples / 8.0)  # a multiple of 8, so that a quarter turn maps rays on rays
    reach = samples + 1
    row, col = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    south, east = row - row_quarter / OFFSETS_PER_PIXEL, col - col_quarter / OFFSETS_PER_PIXEL
    distance = np.hypot(south, east)
    inside = distance <= radius_pixels + 1e-9
    row, col, south, east, distance = (values[inside] for values in (row, col, south, east, distance))
    ray = np.rint(np.arctan2(east, -south) * (rays / (2.0 * math.pi))).astype(np.int64) % rays
    sample = np.minimum(np.rint(distance).astype(np.int64), samples)
    order = np.lexsort((sample, ray))
    first = np.searchsorted(ray[order], np.arange(rays + 1))
    return PullTable(rays, samples, *(np.ascontiguousarray(v, np.int32) for v in (first, sample[order], row[order], col[order])))


@lru_cache(maxsize=64)
def distance_table(samples: int, step_km: float, polar: bool) -> Floats:
    """What depends on distance alone, a column a sample (column 0 unused); rows as named in `p1812_combine`."""
    d = np.arange(samples + 1) * step_km
    d[0] = step_km
    tau = 1.0 - np.exp(-4.12e-4 * d**2.41)
    mu1 = np.minimum((10.0 ** (-d / (16.0 - 6.6 * tau)) + 10.0 ** (-5.0 * (0.496 + 0.354 * tau))) ** 0.2, 1.0)
    table = np.empty((TABLE_ROWS, samples + 1))
    table[0] = 20.0 * np.log10(d)
    table[1] = 1.0 - 0.5 * (1.0 + np.tanh(1.5 * (d - 20.0) / 20.0))  # eq. 58
    table[2] = np.maximum(-0.6 - 3.5e-9 * d**3.1 * tau, -3.4)  # eq. 55a
    table[3] = 1e-6 * d**1.13
    # ln b0 is linear in the latitude, eqs. 2-5
    table[4] = math.log(4.17) + 1.3 * np.log(mu1) if polar else 1.67 * math.log(10.0) + 0.065 * np.log(mu1)
    table[5] = 0.0 if polar else -0.015 * math.log(10.0) + 0.0176 * np.log(mu1)
    return table


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
def least_duct_time_db(samples: int, step_km: float, time_percent: float, latitude_deg: float) -> float:
    """Lower bound of eq. 53 over all samples for latitudes from `latitude_deg` to the pole (b0 falls with latitude)."""
    table = distance_table(samples, step_km, False)
    ln_b0 = table[4, 1:] + table[5, 1:] * latitude_deg
    ratio = math.log(time_percent) - ln_b0
    d = np.arange(1, samples + 1) * step_km
    return float(np.min((1.2 + 3.7e-3 * d) / math.log(10.0) * ratio - np.where(ratio >= 0.0, 0.0, 12.0)))


@lru_cache(maxsize=64)
def sample_arrays(samples: int, step_km: float, delta_n: float) -> Floats:
    """1/i, the same backwards, and the flattened bare sphere for both effective radii, sample by sample."""
    i = np.arange(samples + 1, dtype=np.float64)
    arrays = np.zeros((4, samples + 1))
    arrays[INVERSE, 1:] = 1.0 / i[1:]
    arrays[REVERSE] = arrays[INVERSE, ::-1]
    for row, radius_km in zip((SPHERE_50, SPHERE_BETA), terms.effective_radii_km(delta_n), strict=True):
        arrays[row] = -500.0 * step_km**2 / radius_km * i**2
    return arrays


@dataclass(frozen=True)
class Scene:
    """Everything about a prediction but the mast and the map: what the kernels take beside them."""

    values: Floats
    arrays: Floats
    table: Floats
    constants: Floats


@lru_cache(maxsize=512)
def scene(
    samples: int,
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
    """Tables and constants for rays of `samples` steps. `latitude_deg` chooses the polar rule and a safe bound only: whole degrees do."""
    polar = abs(latitude_deg) > 70.0
    nearest_equator = 0.0 if polar else max(abs(latitude_deg) - 0.5 - math.degrees(samples * step_km / terms.EARTH_RADIUS_KM), 0.0)
    duct_time_db = least_duct_time_db(samples, step_km, time_percent, nearest_equator)
    radii_km = terms.effective_radii_km(delta_n)
    quantile = terms.upper_normal_quantile(time_percent / 100.0)
    variation = time_percent, location_percent, location_sigma_db, vertical, delta_n, n0
    return Scene(
        np.array([step_km, *radii_km, time_percent, quantile, duct_time_db]),
        sample_arrays(samples, step_km, delta_n),
        distance_table(samples, step_km, polar),
        np.array([frequency_constants(frequency_ghz, *variation) for frequency_ghz in frequencies_ghz]),
    )
