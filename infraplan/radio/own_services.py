"""A user's own link budgets, in the schema of `presets/services.toml`: laid over the built-in ones, checked before anything is computed."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from infraplan.errors import DataError, Fault, warn
from infraplan.messages import both
from infraplan.presets import load
from infraplan.radio.model_selection import PLANS

SECTIONS = ("sources", "common", "frame", "power_class", "family", "service")
WORDS = ("family", "antenna", "frame", "band", "plan")
NAME = re.compile(r"[\w.-]+")
DAY = "available_from"
SIGMA = "shadowing_sigma_db"
SHARES = ("downlink_share", "uplink_share")
# name -> (smallest, largest); carrier_power_dbm is three of them, the coupling-loss classes any number
LIMITS: dict[str, tuple[float, float]] = {
    "frequency_mhz": (30.0, 100_000.0),
    "bandwidth_mhz": (0.003, 2000.0),
    "subcarrier_khz": (3.75, 960.0),
    "resource_blocks": (1, 275),
    "carrier_power_dbm": (-30.0, 80.0),
    "ssb_gain_dbi": (-10.0, 60.0),
    "traffic_gain_dbi": (-10.0, 60.0),
    "feeder_loss_db": (0.0, 20.0),
    "downlink_share": (0.01, 1.0),
    "uplink_share": (0.01, 1.0),
    "downlink_rate_mbps": (1e-3, 1e4),
    "uplink_rate_mbps": (1e-3, 1e4),
    "uplink_resource_blocks": (1, 275),
    "ue_power_dbm": (-10.0, 40.0),
    "ue_noise_figure_db": (0.0, 20.0),
    "bs_noise_figure_db": (0.0, 20.0),
    "body_loss_db": (0.0, 30.0),
    "interference_margin_db": (0.0, 30.0),
    "uplink_interference_margin_db": (0.0, 30.0),
    "required_rsrp_dbm": (-160.0, -30.0),
    "rate_alpha_downlink": (0.01, 1.0),
    "rate_alpha_uplink": (0.01, 1.0),
    "mcl_db": (100.0, 190.0),
    "mcl_classes_db": (100.0, 190.0),
    "mcl_downlink_power_dbm": (-30.0, 80.0),
    "mcl_uplink_power_dbm": (-10.0, 40.0),
    "shadowing_sigma_db": (0.0, 20.0),
    "path_loss_exponent": (1.5, 8.0),
    "rx_height_m": (0.5, 100.0),
}
NEEDED = (
    "frequency_mhz",
    "bandwidth_mhz",
    "subcarrier_khz",
    "resource_blocks",
    "carrier_power_dbm",
    "ssb_gain_dbi",
    "traffic_gain_dbi",
    "feeder_loss_db",
    "ue_power_dbm",
    "body_loss_db",
    "interference_margin_db",
    "uplink_interference_margin_db",
    "receiver",
    "shadowing_sigma_db",
    "path_loss_exponent",
    "rx_height_m",
)
NEEDED_COUPLING = ("mcl_classes_db", "mcl_downlink_power_dbm", "mcl_uplink_power_dbm")
NEEDED_WIDEBAND = (
    *SHARES,
    "downlink_rate_mbps",
    "uplink_rate_mbps",
    "uplink_resource_blocks",
    "ue_noise_figure_db",
    "bs_noise_figure_db",
    "required_rsrp_dbm",
    "rate_alpha_downlink",
    "rate_alpha_uplink",
)


def own_services(table: Mapping[str, Any], *, file: str, antennas: Collection[str] = ()) -> dict[str, Any]:
    """The built-in presets with the user's tables laid over them, ready for `services(..., presets=...)`.

    Parameters
    ----------
    table : mapping
        What `presets.load_file` read: any of the sections sources, common, frame, power_class, family, service.
    file : str
        The file's name, for the faults.
    antennas : collection of str
        Names of antennas that are no presets, such as pattern files, that a service may carry.

    Raises
    ------
    DataError
        Every fault at once: unknown sections and keys, values out of range or without a source, services that lack a value.

    Warns
    -----
    DataWarning
        A smaller shadowing spread than the preset's, which is the error of a model without calibration.
    """
    faults: list[Fault] = []
    built_in = load("services")
    merged: dict[str, Any] = {section: dict(built_in[section]) for section in SECTIONS}
    for section, given in table.items():
        if section not in SECTIONS or not isinstance(given, Mapping):
            _fault(faults, file, "section", str(section), known=", ".join(SECTIONS))
        elif section in ("sources", "common"):
            merged[section] |= given
        else:
            for name, values in given.items():
                if isinstance(values, Mapping):
                    merged[section][name] = _laid_over(merged[section].get(name, {}), values)
                else:
                    _fault(faults, file, "section", f"{section}.{name}", known=", ".join(SECTIONS))
    _check(merged, table, file, {*load("antennas"), *antennas}, faults)
    if faults:
        raise DataError(faults)
    warn(_small_sigmas(table, float(built_in["common"]["shadowing_sigma_db"]["value"]), file))
    return merged


def antenna_names(table: Mapping[str, Any]) -> list[str]:
    """Antennas that the services of a user's table name, each once; whatever is not text is left out."""
    services = table.get("service", {})
    named = [values.get("antenna") for values in services.values() if isinstance(values, Mapping)] if isinstance(services, Mapping) else []
    return list(dict.fromkeys(name for name in named if isinstance(name, str)))


def _laid_over(known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A frame of the user's replaces the shares of time that the preset states."""
    dropped = [key for key in SHARES if "frame" in given and key not in given]
    return {**{key: value for key, value in known.items() if key not in dropped}, **given}


def _check(merged: dict[str, Any], table: Mapping[str, Any], file: str, antennas: set[str], faults: list[Fault]) -> None:
    sources = merged["sources"]
    for key, text in sources.items():
        if not isinstance(text, str) or not text.strip():
            _fault(faults, file, "text", f"sources.{key}", value=text)
    _check_values("common", merged["common"], sources, file, faults)
    for name in _names(table, "frame", merged):
        if not _is_frame(merged["frame"][name], sources):
            _fault(faults, file, "frame", f"frame.{name}", value=merged["frame"][name])
    for name in _names(table, "power_class", merged):
        if not _is_power_class(merged["power_class"][name], sources):
            _fault(faults, file, "power_class", f"power_class.{name}", value=merged["power_class"][name])
    for section in ("family", "service"):
        for name in _names(table, section, merged):
            _check_values(f"{section}.{name}", merged[section][name], sources, file, faults)
    for name in _names(table, "family", merged):
        plan = merged["family"][name].get("plan", load("radio_environment")["plans"].get(name))
        if plan not in PLANS:
            _fault(faults, file, "plan", f"family.{name}.plan", value=plan or "", known=", ".join(PLANS))
    for name in _names(table, "service", merged):
        values = merged["service"][name]
        if not NAME.fullmatch(name):
            _fault(faults, file, "name", f"service.{name}", value=name)
        usual = load("services")["service"].get(name, {}).get("family")
        if usual and values.get("family") != usual:
            _fault(faults, file, "other_family", f"service.{name}.family", value=values.get("family"), usual=usual)
        if values.get("family") not in merged["family"]:
            _fault(faults, file, "family", f"service.{name}.family", value=values.get("family"), known=", ".join(merged["family"]))
            continue
        if values.get("antenna") not in antennas:
            _fault(faults, file, "antenna", f"service.{name}.antenna", value=values.get("antenna"), known=", ".join(load("antennas")))
        if "frame" in values and values["frame"] not in merged["frame"]:
            _fault(faults, file, "no_frame", f"service.{name}.frame", value=values["frame"], known=", ".join(merged["frame"]))
        below = {**merged["common"], **merged["family"][values["family"]], **(dict.fromkeys(SHARES) if "frame" in values else {})}
        for key in NEEDED + (NEEDED_COUPLING if "mcl_db" in below else NEEDED_WIDEBAND):
            if key not in values and key not in below:
                _fault(faults, file, "lacks", f"service.{name}.{key}")


def _names(table: Mapping[str, Any], section: str, merged: Mapping[str, Any]) -> list[str]:
    """Names of a section that the user gave and that are tables."""
    given = table.get(section, {})
    return [name for name in given if name in merged[section]] if isinstance(given, Mapping) else []


def _is_frame(entry: Mapping[str, Any], sources: Mapping[str, Any]) -> bool:
    slots, special = entry.get("slots"), entry.get("special_symbols")
    whole = isinstance(special, list) and len(special) == 3 and all(type(count) is int and count >= 0 for count in special)
    if not whole or sum(special or []) not in (12, 14) or not isinstance(slots, str) or entry.get("source") not in sources:
        return False
    return bool(re.fullmatch("[DSU]{2,80}", slots)) and {"D", "U"} <= set(slots)


def _is_power_class(entry: Mapping[str, Any], sources: Mapping[str, Any]) -> bool:
    bands, power, share = entry.get("bands"), entry.get("ue_power_dbm"), entry.get("largest_uplink_share")
    has_power = isinstance(power, Mapping) and _plausible("ue_power_dbm", power.get("value")) and power.get("source") in sources
    return has_power and isinstance(bands, list) and all(isinstance(band, str) for band in bands) and _plausible("uplink_share", share)


def _small_sigmas(table: Mapping[str, Any], usual_db: float, file: str) -> list[Fault]:
    """A warning for every shadowing spread below the usual one."""
    found = {"common": table.get("common", {})}
    for section in ("family", "service"):
        found |= {f"{section}.{name}": values for name, values in table.get(section, {}).items()}
    sigmas = {f"{place}.{SIGMA}": values[SIGMA]["value"] for place, values in found.items() if SIGMA in values}
    faults: list[Fault] = []
    for place, value in sigmas.items():
        if value < usual_db:
            _fault(faults, file, "sigma", place, severity="warning", value=value, usual=f"{usual_db:g}")
    return faults


def _check_values(where: str, values: Mapping[str, Any], sources: Mapping[str, Any], file: str, faults: list[Fault]) -> None:
    for key, entry in values.items():
        if key in WORDS:
            if not isinstance(entry, str):
                _fault(faults, file, "word", f"{where}.{key}", value=entry)
            continue
        place = f"{where}.{key}"
        if key not in ("receiver", DAY) and key not in LIMITS:
            _fault(faults, file, "key", place, known=", ".join((*LIMITS, DAY)))
        elif not isinstance(entry, Mapping) or "value" not in entry or entry.get("source") not in sources:
            _fault(faults, file, "entry", place, value=entry)
        elif key == DAY:
            if not isinstance(entry["value"], date) or isinstance(entry["value"], datetime):
                _fault(faults, file, "day", place, value=entry["value"])
        elif key == "receiver":
            known = load("radio_environment")["receivers"]
            if entry["value"] not in known:
                _fault(faults, file, "receiver", place, value=entry["value"], known=", ".join(known))
        elif not _plausible(key, entry["value"]):
            low, high = LIMITS[key]
            rule = "power" if key == "carrier_power_dbm" else "range"
            _fault(faults, file, rule, place, value=entry["value"], low=f"{low:g}", high=f"{high:g}")


def _plausible(key: str, value: Any) -> bool:
    numbers = value if key in ("carrier_power_dbm", "mcl_classes_db") else [value]
    if not isinstance(numbers, list) or not numbers or (key == "carrier_power_dbm" and len(numbers) != 3):
        return False
    if not all(isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) for one in numbers):
        return False
    low, high = LIMITS[key]
    return numbers == sorted(numbers) and low <= numbers[0] and numbers[-1] <= high


def _fault(faults: list[Fault], file: str, rule: str, place: str, *, value: object = "", severity: str = "error", **values: object) -> None:
    message, fix = both(f"radio.services_{rule}", **values), both(f"radio.services_{rule}_fix", **values)
    shown = str(value)[:80]
    faults.append(Fault(file, message, fix, rule=f"services_{rule}", column=place, value=shown, severity=severity))
