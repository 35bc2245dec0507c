"""Which model at which distance, when there is no terrain: one loss a distance, never from a model outside its published range.

How the parts are joined. The nearest part is a 3GPP TR 38.901 model (LOS and NLOS weighted in dB by the probability of line of sight), the
next is Hata's where its frequency and antenna height allow. Both ranges overlap between 1 and 5 km; inside the overlap the two losses are
mixed in dB with a weight linear in log distance, so the curve is continuous, and a running maximum keeps it from falling. Plan "tr38901"
keeps the 3GPP model as long as it is valid and mixes between half of that and its end; plan "hata" changes to Hata between 1 and 2 km.
Nearer than the first valid distance the loss of that distance holds; beyond the last one it is +inf: not computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats
from infraplan.presets import choose, load
from infraplan.radio.path_loss import expected_loss, models
from infraplan.radio.tr38901 import SIGMA_DB
from infraplan.radio.validity import VALIDITY, Range

PLANS = ("tr38901", "hata", "free-space")
NOT_COMPUTED = "none"
_LIMITS = {"tr38901-rma": "tr38901_rma_nlos", "tr38901-uma": "tr38901_uma", "tr38901-umi": "tr38901_umi"}
_JOIN_POINTS = 257


@dataclass(frozen=True)
class LossCurve:
    """Loss over distance, the model behind every value, and the heights that were moved into a model's range.

    `model` has one name a distance; "a+b" where two are mixed, "none" where nothing is valid (loss +inf).
    `held` has rows (model, argument, given, used).
    """

    distance_m: Floats
    loss_db: Floats
    model: tuple[str, ...]
    held: tuple[tuple[str, str, float, float], ...]


@dataclass(frozen=True)
class _Part:
    """One model with its arguments, over the distances where it is valid."""

    name: str
    near_m: float
    far_m: float
    frequency_mhz: float
    arguments: dict[str, Any]

    def loss_db(self, distance_m: Floats) -> Floats:
        if self.name in SIGMA_DB:
            return expected_loss(self.name, distance_m / 1e3, self.frequency_mhz, **self.arguments)
        return models[self.name](distance_m / 1e3, self.frequency_mhz, **self.arguments)


def default_plan(family: str) -> str:
    """The plan a family of services takes: NR prefers TR 38.901, NB-IoT and LTE prefer Hata."""
    plans = {name: plan for name, plan in load("radio_environment")["plans"].items() if name not in ("source", "interpretation")}
    return str(plans[choose(family, plans, "family")])


def loss_curve(
    plan: str, frequency_mhz: float, base_height_m: float, environment: str, rx_height_m: float, distance_m: npt.ArrayLike
) -> LossCurve:
    """Median path loss at each distance, from the models valid there. [dB]

    Parameters
    ----------
    plan : str
        "tr38901", "hata" or "free-space"; `default_plan(family)` names a service's own.
    frequency_mhz : float
        Carrier. [MHz]
    base_height_m, rx_height_m : float
        Above ground. Outside a 3GPP model's range the nearest valid height is taken and listed in `held`; Hata is not used below 30 m. [m]
    environment : str
        "dense_urban", "urban", "suburban" or "rural": see `presets/radio_environment.toml`.
    distance_m : array_like
        Horizontal, any shape, 0 or more. [m]

    Returns
    -------
    LossCurve
        `loss_db` never falls with distance; +inf where no model is valid.
    """
    distances_m = np.asarray(distance_m, dtype=float)
    near, far, held = _parts(plan, frequency_mhz, base_height_m, environment, rx_height_m)
    parts = [part for part in (near, far) if part is not None]
    if not parts:
        return LossCurve(distances_m, np.full(distances_m.shape, np.inf), (NOT_COMPUTED,) * distances_m.size, held)
    first_m, last_m = parts[0].near_m, parts[-1].far_m
    reached_m = np.clip(distances_m, first_m, last_m)
    names = np.full(distances_m.shape, parts[0].name, dtype=object)
    if near is None or far is None:
        loss_db = parts[0].loss_db(reached_m)
    else:
        start_m, end_m = _join(plan, near, far)
        loss_db = np.where(reached_m < start_m, near.loss_db(np.minimum(reached_m, start_m)), 0.0)
        table_m = np.geomspace(start_m, end_m, _JOIN_POINTS)
        weight = np.linspace(0.0, 1.0, _JOIN_POINTS)
        table_db = np.maximum.accumulate((1.0 - weight) * near.loss_db(table_m) + weight * far.loss_db(table_m))
        beyond_db = np.maximum(far.loss_db(np.maximum(reached_m, end_m)), table_db[-1])
        joined_db = np.interp(np.log(reached_m), np.log(table_m), table_db)
        loss_db = np.where(reached_m < start_m, loss_db, np.where(reached_m < end_m, joined_db, beyond_db))
        names[reached_m >= start_m] = f"{near.name}+{far.name}"
        names[reached_m >= end_m] = far.name
    names[distances_m > last_m] = NOT_COMPUTED
    return LossCurve(distances_m, np.where(distances_m > last_m, np.inf, loss_db), tuple(names.ravel().tolist()), held)


def valid_range_m(plan: str, frequency_mhz: float, base_height_m: float, environment: str, rx_height_m: float) -> Range:
    """First and last distance at which `loss_curve` has a published model; (0, 0) where nothing does. [m]"""
    near, far, _ = _parts(plan, frequency_mhz, base_height_m, environment, rx_height_m)
    parts = [part for part in (near, far) if part is not None]
    return (parts[0].near_m, parts[-1].far_m) if parts else (0.0, 0.0)


def _join(plan: str, near: _Part, far: _Part) -> Range:
    """First and last distance of the mix of the near and the far model: both are valid all the way. [m]"""
    if plan == "hata":
        return far.near_m, min(2.0 * far.near_m, near.far_m)
    return max(far.near_m, near.far_m / 2.0), near.far_m


def _parts(
    plan: str, frequency_mhz: float, base_height_m: float, environment: str, rx_height_m: float
) -> tuple[_Part | None, _Part | None, tuple[tuple[str, str, float, float], ...]]:
    """The 3GPP part, the Hata part, and the heights moved."""
    choose(plan, PLANS, "plan")
    environments = load("radio_environment")["environments"]
    preset = environments[choose(environment, environments, "environment")]
    if plan == "free-space":
        heights = {"base_height_m": base_height_m, "mobile_height_m": rx_height_m}
        return _Part("free-space", 1.0, 1e6, frequency_mhz, heights), None, ()
    near, held = _near_part(preset, frequency_mhz, base_height_m, rx_height_m)
    return near, _far_part(preset, frequency_mhz, base_height_m, rx_height_m), held


def _near_part(
    preset: dict[str, Any], frequency_mhz: float, base_height_m: float, rx_height_m: float
) -> tuple[_Part | None, tuple[tuple[str, str, float, float], ...]]:
    micro = "micro" in preset and base_height_m < preset["micro_below_m"]
    name = preset["micro"] if micro else preset["macro"]
    limits = VALIDITY[_LIMITS[name]]
    if not _within(frequency_mhz, limits["frequency_mhz"]):
        return None, ()
    arguments: dict[str, Any] = {}
    held = []
    for argument, given in (("base_height_m", base_height_m), ("mobile_height_m", rx_height_m)):
        low, high = limits[argument]
        used = min(max(given, low), high)
        arguments[argument] = used
        if used != given:
            held.append((name, argument, given, used))
    for argument in ("building_height_m", "street_width_m"):
        if argument in preset:
            arguments[argument] = preset[argument]
    low_km, high_km = limits["distance_km"]
    return _Part(name, low_km * 1e3, high_km * 1e3, frequency_mhz, arguments), tuple(held)


def _far_part(preset: dict[str, Any], frequency_mhz: float, base_height_m: float, rx_height_m: float) -> _Part | None:
    options: dict[str, Any]
    if _within(frequency_mhz, VALIDITY["okumura_hata"]["frequency_mhz"]):
        name, options = "okumura-hata", {"area": preset["okumura_area"]}
    elif preset["cost231"] and _within(frequency_mhz, VALIDITY["cost231_hata"]["frequency_mhz"]):
        name, options = "cost231-hata", {"metropolitan": preset["cost231"] == "metropolitan"}
    else:
        return None
    limits = VALIDITY[name.replace("-", "_")]
    if not (_within(base_height_m, limits["base_height_m"]) and _within(rx_height_m, limits["mobile_height_m"])):
        return None
    low_km, high_km = limits["distance_km"]
    arguments = {"base_height_m": base_height_m, "mobile_height_m": rx_height_m, **options}
    return _Part(name, low_km * 1e3, high_km * 1e3, frequency_mhz, arguments)


def _within(value: float, limits: Range) -> bool:
    return limits[0] <= value <= limits[1]
