"""Published validity ranges, and the warning that names the value and the limits."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from infraplan.errors import ValidityWarning

Range = tuple[float, float]

VALIDITY: dict[str, dict[str, Range]] = {
    "free_space": {"distance_km": (1e-6, np.inf), "frequency_mhz": (1e-3, np.inf)},
    "okumura_hata": {"distance_km": (1, 20), "frequency_mhz": (150, 1500), "base_height_m": (30, 200), "mobile_height_m": (1, 10)},
    "cost231_hata": {"distance_km": (1, 20), "frequency_mhz": (1500, 2000), "base_height_m": (30, 200), "mobile_height_m": (1, 10)},
    "tr38901_rma_los": {
        "distance_km": (0.01, 10),
        "frequency_mhz": (500, 30_000),
        "base_height_m": (10, 150),
        "mobile_height_m": (1, 10),
        "building_height_m": (5, 50),
        "street_width_m": (5, 50),
    },
    "tr38901_rma_nlos": {
        "distance_km": (0.01, 5),
        "frequency_mhz": (500, 30_000),
        "base_height_m": (10, 150),
        "mobile_height_m": (1, 10),
        "building_height_m": (5, 50),
        "street_width_m": (5, 50),
    },
    "tr38901_uma": {"distance_km": (0.01, 5), "frequency_mhz": (500, 100_000), "base_height_m": (25, 25), "mobile_height_m": (1.5, 22.5)},
    "tr38901_umi": {"distance_km": (0.01, 5), "frequency_mhz": (500, 100_000), "base_height_m": (10, 10), "mobile_height_m": (1.5, 22.5)},
    "tr38901_inh": {"distance_km": (0.001, 0.15), "frequency_mhz": (500, 100_000)},
    "o2i": {"frequency_ghz": (0.5, 100)},
    "p2109": {"frequency_ghz": (0.08, 100), "elevation_deg": (-90, 90)},
}


def check_validity(model: str, *, stacklevel: int = 3, **values: npt.ArrayLike) -> None:
    """Warns of every argument outside the published range of `model`; the caller still computes.

    Warns
    -----
    ValidityWarning
        One for each argument, with the smallest and largest value given and the limits.
    """
    for name, (low, high) in VALIDITY[model].items():
        if name not in values:
            continue
        given = np.asarray(values[name], dtype=float)
        if given.size == 0:
            continue
        least, most = (float(given), float(given)) if given.ndim == 0 else (float(given.min()), float(given.max()))
        if not (least >= low and most <= high):
            shown = f"{least:g}" if least == most else f"{least:g} to {most:g}"
            limits = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            warnings.warn(f"{model}: {name} = {shown} lies outside {limits}", ValidityWarning, stacklevel=stacklevel)
