"""A user's own link budgets, in the schema of `presets/services.toml`: laid over the built-in ones, checked before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from infraplan.errors import DataError, Fault
from infraplan.messages import both
from infraplan.presets import load

SECTIONS = ("sources", "common", "family", "service")
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
    "frequency_mhz", "bandwidth_mhz", "subcarrier_khz", "resource_blocks", "carrier_power_dbm", "ssb_gain_dbi", "traffic_gain_dbi",
    "feeder_loss_db", "ue_power_dbm", "body_loss_db", "interference_margin_db", "uplink_interference_margin_db", "receiver",
    "shadowing_sigma_db", "path_loss_exponent", "rx_height_m",
)
NEEDED_COUPLING = ("mcl_classes_db", "mcl_downlink_power_dbm", "mcl_uplink_power_dbm")
NEEDED_WIDEBAND = (
    "downlink_share", "uplink_share", "downlink_rate_mbps", "uplink_rate_mbps", "uplink_resource_blocks", "ue_noise_figure_db",
    "bs_noise_figure_db", "required_rsrp_dbm", "rate_alpha_downlink", "rate_alpha_uplink",
)


def own_services(table: Mapping[str, Any], *, file: str) -> dict[str, Any]:
    """The built-in presets with the user's tables laid over them, ready for `services(..., presets=...)`.

    Parameters
    ----------
    table : mapping
        What `presets.load_file` read: any of the sections sources, common, family, service.
    file : str
        The file's name, for the faults.

    Raises
    ------
    DataError
        Every fault at once: unknown sections and keys, values out of range or without a source, services that lack a value.
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
                    merged[section][name] = {**merged[section].get(name, {}), **values}
                else:
                    _fault(faults, file, "section", f"{section}.{name}", known=", ".join(SECTIONS))
    _check(merged, table, file, faults)
    if faults:
        raise DataError(faults)
    return merged


def _check(merged: dict[str, Any], table: Mapping[str, Any], file: str, faults: list[Fault]) -> None:
    sources = merged["sources"]
    for key, text in sources.items():
        if not isinstance(text, str) or not text.strip():
            _fault(faults, file, "text", f"sources.{key}", value=text)
    _check_values("common", merged["common"], sources, file, faults)
    for section in ("family", "service"):
        given = table.get(section, {})
        for name in given if isinstance(given, Mapping) else ():
            if name in merged[section]:
                _check_values(f"{section}.{name}", merged[section][name], sources, file, faults)
    given = table.get("service", {})
    for name in given if isinstance(given, Mapping) else ():
        values = merged["service"].get(name)
        if values is None:
            continue
        if values.get("family") not in merged["family"]:
            _fault(faults, file, "family", f"service.{name}.family", value=values.get("family"), known=", ".join(merged["family"]))
            continue
        if values.get("antenna") not in load("antennas"):
            _fault(faults, file, "antenna", f"service.{name}.antenna", value=values.get("antenna"), known=", ".join(load("antennas")))
        below = {**merged["common"], **merged["family"][values["family"]]}
        for key in NEEDED + (NEEDED_COUPLING if "mcl_db" in below else NEEDED_WIDEBAND):
            if key not in values and key not in below:
                _fault(faults, file, "lacks", f"service.{name}.{key}")


def _check_values(where: str, values: Mapping[str, Any], sources: Mapping[str, Any], file: str, faults: list[Fault]) -> None:
    for key, entry in values.items():
        if key in ("family", "antenna"):
            continue
        place = f"{where}.{key}"
        if key != "receiver" and key not in LIMITS:
            _fault(faults, file, "key", place, known=", ".join(LIMITS))
        elif not isinstance(entry, Mapping) or "value" not in entry or entry.get("source") not in sources:
            _fault(faults, file, "entry", place, value=entry)
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


def _fault(faults: list[Fault], file: str, rule: str, place: str, *, value: object = "", **values: object) -> None:
    message, cure = both(f"radio.services_{rule}", **values), both(f"radio.services_{rule}_cure", **values)
    faults.append(Fault(file=file, message=message, cure=cure, rule=f"services_{rule}", column=place, value=str(value)[:80]))
