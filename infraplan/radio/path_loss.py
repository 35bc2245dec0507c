"""Path loss without terrain.

Free space, the registry of all models by name, and the expected curve of those that distinguish LOS and NLOS.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats
from infraplan.errors import ValidityWarning
from infraplan.presets import choose
from infraplan.radio.hata import cost231_hata, okumura_hata
from infraplan.radio.tr38901 import SIGMA_DB, los_probability, tr38901_inh, tr38901_rma, tr38901_uma, tr38901_umi
from infraplan.radio.validity import check_validity
from infraplan.units import SPEED_OF_LIGHT_M_S

PathLoss = Callable[..., Floats]

__all__ = [
    "cost231_hata",
    "expected_loss",
    "free_space",
    "los_probability",
    "models",
    "okumura_hata",
    "tr38901_inh",
    "tr38901_rma",
    "tr38901_uma",
    "tr38901_umi",
]


def free_space(
    distance_km: npt.ArrayLike,
    frequency_mhz: npt.ArrayLike,
    *,
    base_height_m: npt.ArrayLike = 0.0,
    mobile_height_m: npt.ArrayLike = 0.0,
) -> Floats:
    """Basic transmission loss in free space. [dB]

    Parameters
    ----------
    distance_km : array_like
        Horizontal distance, above 0; with equal heights the path length itself. [km]
    frequency_mhz : array_like
        Carrier. [MHz]
    base_height_m, mobile_height_m : array_like
        Their difference lengthens the path. [m]

    Returns
    -------
    numpy.ndarray
        Broadcast of the inputs. [dB]

    Warns
    -----
    ValidityWarning
        A distance or frequency is not positive.

    References
    ----------
    Recommendation ITU-R P.525-4, eq. (3), (4 pi d / lambda)^2 with the exact speed of light.
    """
    rise_km = (np.asarray(base_height_m, dtype=float) - np.asarray(mobile_height_m, dtype=float)) / 1e3
    slant_km = np.sqrt(np.asarray(distance_km, dtype=float) ** 2 + rise_km**2)
    check_validity("free_space", distance_km=slant_km, frequency_mhz=frequency_mhz)
    constant_db = 20.0 * np.log10(4.0 * np.pi * 1e9 / SPEED_OF_LIGHT_M_S)
    return np.asarray(constant_db + 20.0 * np.log10(slant_km) + 20.0 * np.log10(np.asarray(frequency_mhz, dtype=float)))


models: Mapping[str, PathLoss] = MappingProxyType(
    {
        "free-space": free_space,
        "okumura-hata": okumura_hata,
        "cost231-hata": cost231_hata,
        "tr38901-rma": tr38901_rma,
        "tr38901-uma": tr38901_uma,
        "tr38901-umi": tr38901_umi,
        "tr38901-inh": tr38901_inh,
    }
)
"""All take (distance_km, frequency_mhz, *, base_height_m, mobile_height_m) and broadcast; further arguments of a model have defaults."""


def expected_loss(
    model: str,
    distance_km: npt.ArrayLike,
    frequency_mhz: npt.ArrayLike,
    *,
    base_height_m: npt.ArrayLike,
    mobile_height_m: npt.ArrayLike,
    **options: npt.ArrayLike,
) -> Floats:
    """One loss a distance: LOS and NLOS weighted in dB by the probability of line of sight. [dB]

    The weighting is ours (TR 38.901 draws one of the two at random); it grows with distance, because the probability falls and NLOS >= LOS.
    Models that do not distinguish the two return their own loss.

    Parameters
    ----------
    model : str
        A name in `models`.
    distance_km, frequency_mhz, base_height_m, mobile_height_m : array_like
        As the model's function takes them.
    **options
        Further arguments of the model, e.g. `building_height_m`.

    Warns
    -----
    ValidityWarning
        An input lies outside the range of the narrower of the two formulas.
    """
    function = models[choose(model, models, "model")]
    heights = {"base_height_m": base_height_m, "mobile_height_m": mobile_height_m}
    if model not in SIGMA_DB:
        return function(distance_km, frequency_mhz, **heights, **options)
    nlos_db = function(distance_km, frequency_mhz, **heights, line_of_sight=False, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValidityWarning)
        los_db = function(distance_km, frequency_mhz, **heights, line_of_sight=True, **options)
    clear = los_probability(model, distance_km, mobile_height_m=mobile_height_m)
    return np.asarray(nlos_db - clear * (nlos_db - los_db))
