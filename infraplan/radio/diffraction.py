"""Delta-Bullington diffraction over one terrain profile, ITU-R P.1812-8 Annex 1, section 4.3 (as P.526 section 4.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from infraplan.arrays import Floats

SPEED_OF_LIGHT_M_GHZ = 0.2998  # the recommendation's rounding: wavelength [m] = 0.2998 / frequency [GHz]
LAND = (22.0, 0.003)  # relative permittivity, conductivity [S/m], section 4.3.3
SEA = (80.0, 5.0)


@dataclass(frozen=True)
class Diffraction:
    """The parts of eq. 40 for one effective Earth radius. [dB]"""

    actual_db: float
    smooth_db: float
    spherical_db: float
    loss_db: float


def knife_edge(v: float) -> float:
    """Loss of a single knife edge with diffraction parameter `v`, eq. 12. [dB]"""
    if v <= -0.78:
        return 0.0
    return 6.9 + 20.0 * math.log10(math.hypot(v - 0.1, 1.0) + v - 0.1)


def bullington(distance_km: Floats, ground_m: Floats, tx_m: float, rx_m: float, radius_km: float, wavelength_m: float) -> float:
    """Bullington loss of a profile with antennas at `tx_m` and `rx_m` above the same datum, eqs. 13-21. [dB]"""
    d = distance_km[1:-1]
    if d.size == 0:
        return 0.0
    total = float(distance_km[-1])
    raised = ground_m[1:-1] + 500.0 * d * (total - d) / radius_km
    tx_slope = float(np.max((raised - tx_m) / d))  # eq. 13
    if tx_slope < (rx_m - tx_m) / total:
        excess = raised - (tx_m * (total - d) + rx_m * d) / total
        v = float(np.max(excess * np.sqrt(0.002 * total / (wavelength_m * d * (total - d)))))  # eq. 15
    else:
        rx_slope = float(np.max((raised - rx_m) / (total - d)))  # eq. 17
        at = (rx_m - tx_m + rx_slope * total) / (tx_slope + rx_slope)  # eq. 18
        excess_m = tx_m + tx_slope * at - (tx_m * (total - at) + rx_m * at) / total
        v = excess_m * math.sqrt(0.002 * total / (wavelength_m * at * (total - at)))  # eq. 19
    edge_db = knife_edge(v)
    return edge_db + (1.0 - math.exp(-edge_db / 6.0)) * (10.0 + 0.02 * total)  # eq. 21


def admittance(radius_km: float, frequency_ghz: float, ground: tuple[float, float], vertical: bool) -> float:
    """Normalised surface admittance, eqs. 29a and 29b."""
    permittivity, conductivity = ground
    loss_term = (18.0 * conductivity / frequency_ghz) ** 2
    k = 0.036 * (radius_km * frequency_ghz) ** (-1.0 / 3.0) * ((permittivity - 1.0) ** 2 + loss_term) ** -0.25
    return float(k * math.sqrt(permittivity**2 + loss_term) if vertical else k)


def height_gain(b: float, k: float) -> float:
    """Gain of an antenna of normalised height `b`, eqs. 34 and 35. [dB]"""
    if b > 2.0:
        gain_db = 17.6 * math.sqrt(b - 1.1) - 5.0 * math.log10(b - 1.1) - 8.0
    else:
        gain_db = 20.0 * math.log10(b + 0.1 * b**3)
    return max(gain_db, 2.0 + 20.0 * math.log10(k))


def first_term(
    distance_km: float, tx_m: float, rx_m: float, radius_km: float, frequency_ghz: float, ground: tuple[float, float], vertical: bool
) -> float:
    """First term of the residue series over one kind of ground, eqs. 29-36. [dB]"""
    k = admittance(radius_km, frequency_ghz, ground, vertical)
    beta = (1.0 + 1.6 * k**2 + 0.67 * k**4) / (1.0 + 4.5 * k**2 + 1.53 * k**4)  # eq. 30
    x = 21.88 * beta * (frequency_ghz / radius_km**2) ** (1.0 / 3.0) * distance_km  # eq. 31
    per_metre = 0.9575 * beta * (frequency_ghz**2 / radius_km) ** (1.0 / 3.0)  # eq. 32
    if x >= 1.6:
        distance_db = 11.0 + 10.0 * math.log10(x) - 17.6 * x  # eq. 33
    else:
        distance_db = -20.0 * math.log10(x) - 5.6488 * x**1.425
    return float(-distance_db - height_gain(beta * per_metre * tx_m, k) - height_gain(beta * per_metre * rx_m, k))  # eq. 36


def mixed_first_term(
    distance_km: float, tx_m: float, rx_m: float, radius_km: float, frequency_ghz: float, sea_fraction: float, vertical: bool
) -> float:
    """First term, weighted by the path's fraction over sea, eq. 28. [dB]"""
    land_db = first_term(distance_km, tx_m, rx_m, radius_km, frequency_ghz, LAND, vertical)
    sea_db = first_term(distance_km, tx_m, rx_m, radius_km, frequency_ghz, SEA, vertical)
    return sea_fraction * sea_db + (1.0 - sea_fraction) * land_db


def spherical_earth(
    distance_km: float, tx_m: float, rx_m: float, radius_km: float, frequency_ghz: float, sea_fraction: float, vertical: bool
) -> float:
    """Diffraction over a smooth sphere with antennas `tx_m` and `rx_m` above it, section 4.3.2. [dB]"""
    horizon_km = math.sqrt(2.0 * radius_km) * (math.sqrt(0.001 * tx_m) + math.sqrt(0.001 * rx_m))  # eq. 22
    if distance_km >= horizon_km:
        return mixed_first_term(distance_km, tx_m, rx_m, radius_km, frequency_ghz, sea_fraction, vertical)
    c = (tx_m - rx_m) / (tx_m + rx_m)  # eq. 24d
    m = 250.0 * distance_km**2 / (radius_km * (tx_m + rx_m))  # eq. 24e
    cosine = 1.5 * c * math.sqrt(3.0 * m / (m + 1.0) ** 3)
    b = 2.0 * math.sqrt((m + 1.0) / (3.0 * m)) * math.cos(math.pi / 3.0 + math.acos(min(max(cosine, -1.0), 1.0)) / 3.0)  # eq. 24c
    near_km = distance_km / 2.0 * (1.0 + b)  # eq. 24a
    far_km = distance_km - near_km
    clearance_m = (
        (tx_m - 500.0 * near_km**2 / radius_km) * far_km + (rx_m - 500.0 * far_km**2 / radius_km) * near_km
    ) / distance_km  # eq. 23
    required_m = 17.456 * math.sqrt(near_km * far_km * SPEED_OF_LIGHT_M_GHZ / frequency_ghz / distance_km)  # eq. 25
    if clearance_m > required_m:
        return 0.0
    grazing_km = 500.0 * (distance_km / (math.sqrt(tx_m) + math.sqrt(rx_m))) ** 2  # eq. 26
    grazing_db = mixed_first_term(distance_km, tx_m, rx_m, grazing_km, frequency_ghz, sea_fraction, vertical)
    return (1.0 - clearance_m / required_m) * max(grazing_db, 0.0)  # eq. 27


def delta_bullington(
    distance_km: Floats,
    ground_m: Floats,
    tx_m: float,
    rx_m: float,
    smooth_tx_m: float,
    smooth_rx_m: float,
    *,
    radius_km: float,
    frequency_ghz: float,
    sea_fraction: float,
    vertical: bool,
) -> Diffraction:
    """Complete delta-Bullington loss for one effective Earth radius, section 4.3.4.

    Parameters
    ----------
    distance_km, ground_m : ndarray, shape (n,)
        Distances from the transmitter [km]; ground with clutter, above sea level [m].
    tx_m, rx_m : float
        Antennas above sea level. [m]
    smooth_tx_m, smooth_rx_m : float
        Smooth surface for the diffraction model under both ends (Attachment 1, section 5.6.2). [m]
    radius_km : float
        Effective Earth radius. [km]
    sea_fraction : float
        Fraction of the path over sea, 0..1.

    References
    ----------
    ITU-R P.1812-8 (2025), Annex 1, section 4.3.4, eqs. 37-40.
    """
    total_km = float(distance_km[-1])
    wavelength_m = SPEED_OF_LIGHT_M_GHZ / frequency_ghz
    tx_over_m, rx_over_m = tx_m - smooth_tx_m, rx_m - smooth_rx_m  # eq. 37
    actual_db = bullington(distance_km, ground_m, tx_m, rx_m, radius_km, wavelength_m)
    smooth_db = bullington(distance_km, np.zeros_like(ground_m), tx_over_m, rx_over_m, radius_km, wavelength_m)
    spherical_db = spherical_earth(total_km, tx_over_m, rx_over_m, radius_km, frequency_ghz, sea_fraction, vertical)
    return Diffraction(actual_db, smooth_db, spherical_db, actual_db + max(spherical_db - smooth_db, 0.0))
