"""ITU-R P.1812-8: basic transmission loss of one terrain profile, 30 MHz to 6 GHz, with every intermediate value.

The edition. The equations are those of P.1812-8 (September 2025). P.1812-7 differs in one term: it brought a troposcatter
model by common volume (after P.2001), which the ITU advised users not to apply; edition 8 uses the N0 formula of
edition 6 (eq. 44), and so are we. Terminal clutter with a street width left the recommendation when clutter heights became
part of the profile: `street_width_m` is taken and checked so that older input files fit, and changes nothing.

This is the recommendation alone. `infraplan.radio.ground_profiles` prepares profiles from maps
(nominal clutter distance, very short paths).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats
from infraplan.errors import ValidityWarning
from infraplan.radio import p1812_terms as terms
from infraplan.radio.diffraction import Diffraction, delta_bullington


@dataclass(frozen=True)
class Prediction:
    """Loss of one path with its intermediate values. Units are in the names; equation numbers are P.1812-8's.

    `actual_beta_db`, `smooth_beta_db`, `spherical_beta_db` are the parts of `diffraction_beta_db`; `..._50_db` those of the median.
    """

    distance_km: float
    tx_horizon_km: float
    rx_horizon_km: float
    tx_horizon_mrad: float
    rx_horizon_mrad: float
    angular_distance_mrad: float
    tx_asl_m: float
    rx_asl_m: float
    sea_fraction: float
    longest_land_km: float
    longest_inland_km: float
    midpath_latitude_deg: float
    b0_percent: float
    effective_radius_km: float
    smooth_tx_m: float
    smooth_rx_m: float
    smooth_tx_ducting_m: float
    smooth_rx_ducting_m: float
    smooth_tx_diffraction_m: float
    smooth_rx_diffraction_m: float
    tx_above_smooth_m: float
    rx_above_smooth_m: float
    tx_effective_m: float
    rx_effective_m: float
    roughness_m: float
    transhorizon: bool
    fi: float
    fj: float
    fk: float
    free_space_db: float
    line_of_sight_db: float
    line_of_sight_b0_db: float
    actual_50_db: float
    smooth_50_db: float
    spherical_50_db: float
    diffraction_50_db: float
    actual_beta_db: float
    smooth_beta_db: float
    spherical_beta_db: float
    diffraction_beta_db: float
    diffraction_db: float
    diffraction_path_50_db: float
    diffraction_path_db: float
    least_sight_db: float
    anomalous_db: float
    least_anomalous_db: float
    enhanced_db: float
    modified_db: float
    troposcatter_db: float
    median_location_db: float
    location_db: float
    loss_db: float
    field_strength_dbuvm: float


def loss(
    distance_km: npt.ArrayLike,
    terrain_m: npt.ArrayLike,
    clutter_m: npt.ArrayLike,
    zone: npt.ArrayLike,
    *,
    frequency_ghz: float,
    time_percent: float,
    location_percent: float,
    location_sigma_db: float,
    tx_height_m: float,
    rx_height_m: float,
    polarisation: str,
    delta_n: float,
    n0: float,
    tx_lonlat: tuple[float, float],
    rx_lonlat: tuple[float, float],
    coast_tx_km: float = 500.0,
    coast_rx_km: float = 500.0,
    street_width_m: float = 27.0,
) -> Prediction:
    """Basic transmission loss not exceeded for `time_percent` of time at `location_percent` of locations.

    Parameters
    ----------
    distance_km : array_like, shape (n,)
        Distances from the transmitter, first 0, not decreasing, n >= 3. [km]
    terrain_m, clutter_m : array_like, shape (n,)
        Ground above sea level; representative clutter height on it (both ends count as 0). [m]
    zone : array_like of int, shape (n,)
        Radio-meteorological zone: 1 sea, 3 coastal land, 4 inland.
    frequency_ghz : float
        0.03 to 6. [GHz]
    time_percent, location_percent : float
        1 to 50, and 1 to 99. [%]
    location_sigma_db : float
        Standard deviation of location variability; a receiver at sea has none. [dB]
    tx_height_m, rx_height_m : float
        Antennas above ground, 1 to 3000. [m]
    polarisation : {"horizontal", "vertical"}
    delta_n, n0 : float
        Refractivity lapse rate in the lowest km [N-units/km] and sea-level refractivity [N-units] at the path's centre.
    tx_lonlat, rx_lonlat : (lon, lat)
        Both ends; only the latitude of the path's centre matters. [deg]
    coast_tx_km, coast_rx_km : float
        Land between each end and the sea along the path; 0 for an end at sea. [km]
    street_width_m : float
        Without effect in this edition. [m]

    Returns
    -------
    Prediction
        `loss_db`, `field_strength_dbuvm` (for 1 kW e.r.p.) and every intermediate value.

    Raises
    ------
    ValueError
        An argument cannot be used; the message names it.

    Warns
    -----
    ValidityWarning
        Frequency or path length outside the recommendation's range (0.25 km at least); the value is still returned.

    References
    ----------
    ITU-R P.1812-8 (09/2025), Annex 1. https://www.itu.int/rec/R-REC-P.1812
    """
    d, h, clutter, zones = checked_profile(distance_km, terrain_m, clutter_m, zone)
    check_arguments(
        frequency_ghz=frequency_ghz, time_percent=time_percent, location_percent=location_percent, location_sigma_db=location_sigma_db,
        tx_height_m=tx_height_m, rx_height_m=rx_height_m, polarisation=polarisation, delta_n=delta_n, n0=n0,
        coast_tx_km=coast_tx_km, coast_rx_km=coast_rx_km, street_width_m=street_width_m,
    )  # fmt: skip
    check_lonlat("tx_lonlat", tx_lonlat)
    check_lonlat("rx_lonlat", rx_lonlat)
    vertical = polarisation == "vertical"
    total_km = float(d[-1])
    ground = h + clutter
    ground[[0, -1]] = h[[0, -1]]
    tx_m, rx_m = float(h[0]) + tx_height_m, float(h[-1]) + rx_height_m
    tx_coast_km = 0.0 if zones[0] == terms.SEA_ZONE else coast_tx_km
    rx_coast_km = 0.0 if zones[-1] == terms.SEA_ZONE else coast_rx_km

    latitude_deg = terms.midpath_latitude_deg(tx_lonlat, rx_lonlat, total_km)
    air = terms.climate(d, zones, latitude_deg)
    median_km, beta_km = terms.effective_radii_km(delta_n)
    g = terms.path_geometry(d, h, tx_height_m, rx_height_m, median_km, frequency_ghz)

    free_db = terms.free_space_db(total_km, tx_m, rx_m, frequency_ghz)
    horizon_sum_km = g.tx_horizon_km + g.rx_horizon_km
    sight_db = free_db + terms.enhancement_db(horizon_sum_km, time_percent)  # eq. 10
    sight_b0_db = free_db + terms.enhancement_db(horizon_sum_km, air.b0_percent)  # eq. 11

    def diffraction(radius_km: float) -> Diffraction:
        return delta_bullington(
            d, ground, tx_m, rx_m, g.smooth_tx_diffraction_m, g.smooth_rx_diffraction_m,
            radius_km=radius_km, frequency_ghz=frequency_ghz, sea_fraction=air.sea_fraction, vertical=vertical,
        )  # fmt: skip

    median, beta = diffraction(median_km), diffraction(beta_km)
    often = time_percent >= air.b0_percent
    fi = 1.0
    if often:
        fi = terms.upper_normal_quantile(time_percent / 100.0) / terms.upper_normal_quantile(air.b0_percent / 100.0)  # eq. 41a
    diffraction_db = median.loss_db if time_percent == 50.0 else median.loss_db + fi * (beta.loss_db - median.loss_db)  # eq. 41
    path_50_db = free_db + median.loss_db  # eq. 42
    path_db = sight_db + diffraction_db  # eq. 43
    over_land = 1.0 - air.sea_fraction
    if often:
        least_sight_db = path_50_db + (sight_b0_db + over_land * diffraction_db - path_50_db) * fi  # eq. 59
    else:
        least_sight_db = sight_db + over_land * diffraction_db

    anomalous_db = terms.anomalous_db(
        total_km, g, air, tx_m, rx_m, frequency_ghz=frequency_ghz, time_percent=time_percent, radius_km=median_km,
        coast_tx_km=tx_coast_km, coast_rx_km=rx_coast_km,
    )  # fmt: skip
    least_anomalous_db = 2.5 * float(np.logaddexp(anomalous_db / 2.5, sight_db / 2.5))  # eq. 60
    fj = 1.0 - 0.5 * (1.0 + math.tanh(2.4 * (g.angular_distance_mrad - 0.3) / 0.3))  # eq. 57
    fk = 1.0 - 0.5 * (1.0 + math.tanh(1.5 * (total_km - 20.0) / 20.0))  # eq. 58
    enhanced_db = path_db
    if least_anomalous_db <= path_db:
        enhanced_db = least_anomalous_db + (path_db - least_anomalous_db) * fk  # eq. 61
    modified_db = enhanced_db + (least_sight_db - enhanced_db) * fj  # eq. 62
    troposcatter_db = terms.troposcatter_db(total_km, g.angular_distance_mrad, frequency_ghz, time_percent, n0)
    median_location_db = power_sum_db(troposcatter_db, modified_db)

    at_sea = zones[-1] == terms.SEA_ZONE
    location_db = 0.0 if at_sea else -terms.upper_normal_quantile(location_percent / 100.0) * location_sigma_db  # eq. 66
    loss_db = max(sight_db, median_location_db + location_db)  # eq. 69

    return Prediction(
        distance_km=total_km,
        tx_horizon_km=g.tx_horizon_km,
        rx_horizon_km=g.rx_horizon_km,
        tx_horizon_mrad=g.tx_horizon_mrad,
        rx_horizon_mrad=g.rx_horizon_mrad,
        angular_distance_mrad=g.angular_distance_mrad,
        tx_asl_m=tx_m,
        rx_asl_m=rx_m,
        sea_fraction=air.sea_fraction,
        longest_land_km=air.longest_land_km,
        longest_inland_km=air.longest_inland_km,
        midpath_latitude_deg=latitude_deg,
        b0_percent=air.b0_percent,
        effective_radius_km=median_km,
        smooth_tx_m=g.smooth_tx_m,
        smooth_rx_m=g.smooth_rx_m,
        smooth_tx_ducting_m=g.smooth_tx_ducting_m,
        smooth_rx_ducting_m=g.smooth_rx_ducting_m,
        smooth_tx_diffraction_m=g.smooth_tx_diffraction_m,
        smooth_rx_diffraction_m=g.smooth_rx_diffraction_m,
        tx_above_smooth_m=tx_m - g.smooth_tx_diffraction_m,
        rx_above_smooth_m=rx_m - g.smooth_rx_diffraction_m,
        tx_effective_m=g.tx_effective_m,
        rx_effective_m=g.rx_effective_m,
        roughness_m=g.roughness_m,
        transhorizon=g.transhorizon,
        fi=fi,
        fj=fj,
        fk=fk,
        free_space_db=free_db,
        line_of_sight_db=sight_db,
        line_of_sight_b0_db=sight_b0_db,
        actual_50_db=median.actual_db,
        smooth_50_db=median.smooth_db,
        spherical_50_db=median.spherical_db,
        diffraction_50_db=median.loss_db,
        actual_beta_db=beta.actual_db,
        smooth_beta_db=beta.smooth_db,
        spherical_beta_db=beta.spherical_db,
        diffraction_beta_db=beta.loss_db,
        diffraction_db=diffraction_db,
        diffraction_path_50_db=path_50_db,
        diffraction_path_db=path_db,
        least_sight_db=least_sight_db,
        anomalous_db=anomalous_db,
        least_anomalous_db=least_anomalous_db,
        enhanced_db=enhanced_db,
        modified_db=modified_db,
        troposcatter_db=troposcatter_db,
        median_location_db=median_location_db,
        location_db=location_db,
        loss_db=loss_db,
        field_strength_dbuvm=199.36 + 20.0 * math.log10(frequency_ghz) - loss_db,  # eq. 70
    )


def power_sum_db(one_db: float, other_db: float) -> float:
    """Two mechanisms together, eq. 63. [dB]"""
    return min(one_db, other_db) - 5.0 * math.log10(1.0 + 10.0 ** (-0.2 * abs(one_db - other_db)))


def checked_profile(
    distance_km: npt.ArrayLike, terrain_m: npt.ArrayLike, clutter_m: npt.ArrayLike, zone: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.int64]]:
    """The profile as arrays of one length, or a ValueError that says what is wrong with it."""
    d, h, clutter = (np.array(values, dtype=np.float64) for values in (distance_km, terrain_m, clutter_m))
    zones = np.asarray(zone)
    for name, values in (("distance_km", d), ("terrain_m", h), ("clutter_m", clutter), ("zone", zones)):
        if values.ndim != 1 or values.size != d.size:
            raise ValueError(f"{name} must be one-dimensional and as long as distance_km ({d.size}), not of shape {values.shape}")
        if name != "zone" and not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite everywhere; sample {int(np.argmin(np.isfinite(values)))} is not (fill holes before)")
    if d.size < 3:
        raise ValueError(f"a profile needs at least 3 samples (both ends and the ground between), not {d.size}")
    step = np.diff(d)
    if d[0] != 0.0 or (step < 0.0).any() or step[0] <= 0.0 or step[-1] <= 0.0:
        raise ValueError("distance_km must begin with 0 and rise: the first sample is the transmitter, the last the receiver")
    if (clutter < 0.0).any():
        raise ValueError(f"clutter_m must not be negative: sample {int(np.argmin(clutter))} is {clutter.min():g}")
    if not np.isin(zones, (terms.SEA_ZONE, terms.COASTAL_ZONE, terms.INLAND_ZONE)).all():
        raise ValueError("zone may hold 1 (sea), 3 (coastal land) and 4 (inland) only")
    if d[-1] > 3000.0:
        warnings.warn(f"p1812: distance_km = {d[-1]:g} is outside 0.25 to 3000", ValidityWarning, stacklevel=3)
    return d, h, clutter, zones.astype(np.int64)


RANGES = {  # name: lowest, highest
    "time_percent": (1.0, 50.0), "location_percent": (1.0, 99.0), "location_sigma_db": (0.0, 100.0),
    "tx_height_m": (1.0, 3000.0), "rx_height_m": (1.0, 3000.0), "delta_n": (0.0, 156.0), "n0": (1.0, 1000.0),
    "coast_tx_km": (0.0, math.inf), "coast_rx_km": (0.0, math.inf), "street_width_m": (0.0, math.inf),
}  # fmt: skip


def check_arguments(*, polarisation: str, frequency_ghz: float, **values: float) -> None:
    """ValueError for what the equations cannot take, ValidityWarning for a frequency outside the recommendation."""
    if polarisation not in ("horizontal", "vertical"):
        raise ValueError(f'polarisation must be "horizontal" or "vertical", not {polarisation!r}')
    for name, value in values.items():
        low, high = RANGES[name]
        if not low <= value <= high:
            raise ValueError(f"{name} = {value:g} is outside {low:g} to {high:g}")
    if not 0.0 < frequency_ghz < math.inf:
        raise ValueError(f"frequency_ghz must be positive, not {frequency_ghz:g}")
    if not 0.03 <= frequency_ghz <= 6.0:
        warnings.warn(f"p1812: frequency_ghz = {frequency_ghz:g} is outside 0.03 to 6", ValidityWarning, stacklevel=3)


def check_lonlat(name: str, lonlat: tuple[float, float]) -> None:
    """ValueError for a pair that is no (lon, lat)."""
    longitude, latitude = lonlat
    if not (-180.0 <= longitude <= 360.0 and -90.0 <= latitude <= 90.0):
        raise ValueError(f"{name} must be (longitude, latitude) in degrees, not {lonlat!r}: are the two swapped?")
