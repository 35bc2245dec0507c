"""The building blocks of ITU-R P.1812-8: path geometry, radio climate, line of sight, troposcatter, ducting. Scalars in, scalars out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats
from infraplan.radio.diffraction import SPEED_OF_LIGHT_M_GHZ

EARTH_RADIUS_KM = 6371.0
SEA_ZONE, COASTAL_ZONE, INLAND_ZONE = 1, 3, 4


def upper_normal_quantile(probability: float) -> float:
    """Value exceeded with `probability`, the approximation of Attachment 2, eqs. 96-97 (at 0.5 it gives about 1e-9, not 0)."""
    x = min(max(probability, 1e-6), 1.0 - 1e-6)
    if x > 0.5:
        return -upper_normal_quantile(1.0 - x)
    t = math.sqrt(-2.0 * math.log(x))
    return t - (2.515516698 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))


def effective_radii_km(delta_n: float) -> tuple[float, float]:
    """Median effective Earth radius and the one exceeded for b0 percent of time, eqs. 6-7. [km]"""
    return EARTH_RADIUS_KM * 157.0 / (157.0 - delta_n), 3.0 * EARTH_RADIUS_KM


def midpath_latitude_deg(tx_lonlat: tuple[float, float], rx_lonlat: tuple[float, float], distance_km: float) -> float:
    """Latitude half-way along the great circle, P.2001 Attachment H. [deg]"""
    tx_lat, rx_lat = math.radians(tx_lonlat[1]), math.radians(rx_lonlat[1])
    east = math.radians(rx_lonlat[0] - tx_lonlat[0])
    cosine = math.sin(tx_lat) * math.sin(rx_lat) + math.cos(tx_lat) * math.cos(rx_lat) * math.cos(east)
    north = math.sin(rx_lat) - cosine * math.sin(tx_lat)
    across = math.cos(tx_lat) * math.cos(rx_lat) * math.sin(east)
    if abs(north) < 1e-9 and abs(across) < 1e-9:
        return tx_lonlat[1]
    half = 0.5 * distance_km / EARTH_RADIUS_KM
    sine = math.sin(tx_lat) * math.cos(half) + math.cos(tx_lat) * math.sin(half) * math.cos(math.atan2(across, north))
    return math.degrees(math.asin(sine))


def section_lengths_km(distance_km: Floats, inside: npt.NDArray[np.bool_]) -> list[float]:
    """Length of every unbroken run of samples `inside`; a run ends half-way to its neighbour outside."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inside.astype(np.int8), [0]))))
    last = len(distance_km) - 1
    lengths = []
    for first, beyond in zip(edges[::2], edges[1::2], strict=True):
        stop = beyond - 1
        start_km = distance_km[first] if first == 0 else 0.5 * (distance_km[first - 1] + distance_km[first])
        stop_km = distance_km[stop] if stop == last else 0.5 * (distance_km[stop] + distance_km[stop + 1])
        lengths.append(float(stop_km - start_km))
    return lengths


@dataclass(frozen=True)
class Climate:
    """Radio climate of a path, from its radio-meteorological zones."""

    sea_fraction: float
    longest_land_km: float
    longest_inland_km: float
    b0_percent: float


def climate(distance_km: Floats, zone: npt.NDArray[np.int64], latitude_deg: float) -> Climate:
    """Sea fraction, longest land and inland sections (section 3.6) and b0. Lengths [km], b0 [%]."""
    sea_fraction = sum(section_lengths_km(distance_km, zone == SEA_ZONE)) / float(distance_km[-1])
    land_km = max(section_lengths_km(distance_km, zone != SEA_ZONE), default=0.0)
    inland_km = max(section_lengths_km(distance_km, zone == INLAND_ZONE), default=0.0)
    return Climate(sea_fraction, land_km, inland_km, b0_percent(latitude_deg, land_km, inland_km))


def inland_factor(inland_km: float) -> float:
    """tau, eq. 3."""
    return 1.0 - math.exp(-4.12e-4 * inland_km**2.41)


def b0_percent(latitude_deg: float, land_km: float, inland_km: float) -> float:
    """Share of time with a refractivity gradient beyond 100 N-units/km in the lowest 100 m, eqs. 2-5. [%]"""
    tau, latitude = inland_factor(inland_km), abs(latitude_deg)
    mu1 = min((10.0 ** (-land_km / (16.0 - 6.6 * tau)) + 10.0 ** (-5.0 * (0.496 + 0.354 * tau))) ** 0.2, 1.0)
    if latitude <= 70.0:
        return float(10.0 ** (-0.015 * latitude + 1.67) * mu1 * mu1 ** (-0.935 + 0.0176 * latitude))
    return float(4.17 * mu1 * mu1**0.3)


@dataclass(frozen=True)
class PathGeometry:
    """Horizons and smooth-Earth heights of Attachment 1. Lengths [km], heights above sea level [m], angles [mrad]."""

    smooth_tx_m: float
    smooth_rx_m: float
    smooth_tx_ducting_m: float
    smooth_rx_ducting_m: float
    smooth_tx_diffraction_m: float
    smooth_rx_diffraction_m: float
    tx_effective_m: float
    rx_effective_m: float
    roughness_m: float
    tx_horizon_km: float
    rx_horizon_km: float
    tx_horizon_mrad: float
    rx_horizon_mrad: float
    angular_distance_mrad: float
    transhorizon: bool


def smooth_surface_m(d: Floats, h: Floats) -> tuple[float, float]:
    """Heights of the least-squares straight surface under both ends, eqs. 85-88. [m]"""
    total, step = d[-1], np.diff(d)
    v1 = float(np.sum(step * (h[1:] + h[:-1])))
    v2 = float(np.sum(step * (h[1:] * (2.0 * d[1:] + d[:-1]) + h[:-1] * (d[1:] + 2.0 * d[:-1]))))
    return float((2.0 * v1 * total - v2) / total**2), float((v2 - v1 * total) / total**2)


def horizons(d: Floats, h: Floats, tx_m: float, rx_m: float, radius_km: float, frequency_ghz: float) -> tuple[bool, int, int, float, float]:
    """Whether the path is beyond the horizon, horizon samples and elevation angles [mrad] of both ends, Attachment 1, section 4."""
    total, inner, ground = float(d[-1]), d[1:-1], h[1:-1]
    direct = 1000.0 * math.atan((rx_m - tx_m) / (1000.0 * total) - total / (2.0 * radius_km))
    tx_angles = 1000.0 * np.arctan((ground - tx_m) / (1000.0 * inner) - inner / (2.0 * radius_km))
    highest = float(np.max(tx_angles))
    if highest > direct:
        back = total - inner
        rx_angles = 1000.0 * np.arctan((ground - rx_m) / (1000.0 * back) - back / (2.0 * radius_km))
        rx_horizon = inner.size - 1 - int(np.argmax(rx_angles[::-1]))
        return True, int(np.argmax(tx_angles)) + 1, rx_horizon + 1, highest, float(np.max(rx_angles))
    wavelength_m = SPEED_OF_LIGHT_M_GHZ / frequency_ghz
    excess = ground + 500.0 * inner * (total - inner) / radius_km - (tx_m * (total - inner) + rx_m * inner) / total
    v = excess * np.sqrt(0.002 * total / (wavelength_m * inner * (total - inner)))
    edge = inner.size - int(np.argmax(v[::-1]))
    return False, edge, edge, direct, 1000.0 * math.atan((tx_m - rx_m) / (1000.0 * total) - total / (2.0 * radius_km))


def path_geometry(d: Floats, h: Floats, tx_height_m: float, rx_height_m: float, radius_km: float, frequency_ghz: float) -> PathGeometry:
    """Attachment 1, sections 4 and 5, over bare ground heights `h`."""
    total = float(d[-1])
    tx_m, rx_m = float(h[0]) + tx_height_m, float(h[-1]) + rx_height_m
    smooth_tx, smooth_rx = smooth_surface_m(d, h)

    above = (h - (tx_m * (total - d) + rx_m * d) / total)[1:-1]  # eq. 89d
    obstruction = float(np.max(above))
    provisional_tx, provisional_rx = smooth_tx, smooth_rx
    if obstruction > 0.0:
        tx_share = float(np.max(above / d[1:-1]))
        rx_share = float(np.max(above / (total - d[1:-1])))
        provisional_tx -= obstruction * tx_share / (tx_share + rx_share)  # eq. 90
        provisional_rx -= obstruction * rx_share / (tx_share + rx_share)

    transhorizon, at_tx, at_rx, tx_mrad, rx_mrad = horizons(d, h, tx_m, rx_m, radius_km, frequency_ghz)
    ducting_tx, ducting_rx = min(smooth_tx, float(h[0])), min(smooth_rx, float(h[-1]))  # eq. 92
    slope = (ducting_rx - ducting_tx) / total
    between = slice(at_tx, at_rx + 1)
    return PathGeometry(
        smooth_tx_m=smooth_tx,
        smooth_rx_m=smooth_rx,
        smooth_tx_ducting_m=ducting_tx,
        smooth_rx_ducting_m=ducting_rx,
        smooth_tx_diffraction_m=min(provisional_tx, float(h[0])),
        smooth_rx_diffraction_m=min(provisional_rx, float(h[-1])),
        tx_effective_m=tx_m - ducting_tx,
        rx_effective_m=rx_m - ducting_rx,
        roughness_m=float(np.max(h[between] - (ducting_tx + slope * d[between]))),  # eq. 95
        tx_horizon_km=float(d[at_tx]),
        rx_horizon_km=total - float(d[at_rx]),
        tx_horizon_mrad=tx_mrad,
        rx_horizon_mrad=rx_mrad,
        angular_distance_mrad=1000.0 * total / radius_km + tx_mrad + rx_mrad,  # eq. 84
        transhorizon=transhorizon,
    )


def free_space_db(distance_km: float, tx_m: float, rx_m: float, frequency_ghz: float) -> float:
    """Free-space loss over the slant distance, eq. 8. [dB]"""
    return 92.4 + 20.0 * math.log10(frequency_ghz) + 10.0 * math.log10(distance_km**2 + ((tx_m - rx_m) / 1000.0) ** 2)


def enhancement_db(horizon_sum_km: float, time_percent: float) -> float:
    """Multipath and focusing not exceeded for a share of time, eq. 9 (<= 0 below 50 %). [dB]"""
    return 2.6 * (1.0 - math.exp(-0.1 * horizon_sum_km)) * math.log10(time_percent / 50.0)


def troposcatter_db(distance_km: float, angular_distance_mrad: float, frequency_ghz: float, time_percent: float, n0: float) -> float:
    """Basic loss by troposcatter, eqs. 44-45. [dB]"""
    frequency_db = 25.0 * math.log10(frequency_ghz) - 2.5 * math.log10(frequency_ghz / 2.0) ** 2
    time_db = 10.125 * math.log10(50.0 / time_percent) ** 0.7
    return float(190.1 + frequency_db + 20.0 * math.log10(distance_km) + 0.573 * angular_distance_mrad - 0.15 * n0 - time_db)


def site_shielding_db(horizon_mrad: float, horizon_km: float, frequency_ghz: float) -> float:
    """Diffraction out of a shielded site into a duct, eq. 48. [dB]"""
    beyond = horizon_mrad - 0.1 * horizon_km
    if beyond <= 0.0:
        return 0.0
    return float(
        20.0 * math.log10(1.0 + 0.361 * beyond * math.sqrt(frequency_ghz * horizon_km)) + 0.264 * beyond * frequency_ghz ** (1.0 / 3.0)
    )


def sea_coupling_db(coast_km: float, horizon_km: float, antenna_m: float, sea_fraction: float) -> float:
    """Coupling into an over-sea surface duct, eq. 49 (<= 0). [dB]"""
    if sea_fraction < 0.75 or coast_km > 5.0 or coast_km > horizon_km:
        return 0.0
    return -3.0 * math.exp(-0.25 * coast_km**2) * (1.0 + math.tanh(0.07 * (50.0 - antenna_m)))


def anomalous_db(
    distance_km: float,
    geometry: PathGeometry,
    air: Climate,
    tx_m: float,
    rx_m: float,
    *,
    frequency_ghz: float,
    time_percent: float,
    radius_km: float,
    coast_tx_km: float,
    coast_rx_km: float,
) -> float:
    """Basic loss by ducting and layer reflection, section 4.5, eqs. 46-56. [dB]"""
    g = geometry
    low_frequency_db = 45.375 - 137.0 * frequency_ghz + 92.5 * frequency_ghz**2 if frequency_ghz < 0.5 else 0.0  # eq. 47a
    coupling_db = (
        102.45
        + 20.0 * math.log10(frequency_ghz)
        + 20.0 * math.log10(g.tx_horizon_km + g.rx_horizon_km)
        + low_frequency_db
        + site_shielding_db(g.tx_horizon_mrad, g.tx_horizon_km, frequency_ghz)
        + site_shielding_db(g.rx_horizon_mrad, g.rx_horizon_km, frequency_ghz)
        + sea_coupling_db(coast_tx_km, g.tx_horizon_km, tx_m, air.sea_fraction)
        + sea_coupling_db(coast_rx_km, g.rx_horizon_km, rx_m, air.sea_fraction)
    )  # eq. 47

    per_mrad_db = 5e-5 * radius_km * frequency_ghz ** (1.0 / 3.0)  # eq. 51
    tx_mrad = min(g.tx_horizon_mrad, 0.1 * g.tx_horizon_km)
    rx_mrad = min(g.rx_horizon_mrad, 0.1 * g.rx_horizon_km)
    angle_mrad = 1000.0 * distance_km / radius_km + tx_mrad + rx_mrad  # eq. 52

    between_km = min(distance_km - g.tx_horizon_km - g.rx_horizon_km, 40.0)
    mu3 = math.exp(-4.6e-5 * (g.roughness_m - 10.0) * (43.0 + 6.0 * between_km)) if g.roughness_m > 10.0 else 1.0  # eq. 56
    alpha = max(-0.6 - 3.5e-9 * distance_km**3.1 * inland_factor(air.longest_inland_km), -3.4)  # eq. 55a
    curvature = 500.0 / radius_km * distance_km**2 / (math.sqrt(g.tx_effective_m) + math.sqrt(g.rx_effective_m)) ** 2
    beta = air.b0_percent * min(curvature**alpha, 1.0) * mu3  # eqs. 54-55
    lg_beta = math.log10(beta)
    gamma = 1.076 / (2.0058 - lg_beta) ** 1.012 * math.exp(-(9.51 - 4.8 * lg_beta + 0.198 * lg_beta**2) * 1e-6 * distance_km**1.13)  # 53a
    time_db = -12.0 + (1.2 + 3.7e-3 * distance_km) * math.log10(time_percent / beta) + 12.0 * (time_percent / beta) ** gamma  # eq. 53
    return float(coupling_db + per_mrad_db * angle_mrad + time_db)
