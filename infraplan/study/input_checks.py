"""Checks before any work: names in study.toml that do not exist, layers that cannot be read; every fault with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from infraplan.errors import DataError, Fault, UsageError
from infraplan.fields import field_of
from infraplan.messages import both
from infraplan.presets import choose, load, names
from infraplan.study.config import FILE_NAME
from infraplan.tables.radio_names import operator_names, operator_set
from infraplan.toml_faults import line_of

if TYPE_CHECKING:
    from infraplan.study import Study

LAYERS = (
    "targets", "own_presets", "exclusions", "corridors", "zones", "grid", "villages", "sites", "antennas", "services", "plan_services",
    "sectors", "places", "costs", "hosts", "weak_grid", "roads", "power_lines", "fibre", "fibre_nodes", "fibre_prices",
    "registers", "inspections", "terrain", "licences",
)  # fmt: skip
"""Everything that any verb reads, in the order in which it is read."""
WITHOUT_ZONES = ("targets", "own_presets", "services", "plan_services", "exclusions", "corridors", "costs", "fibre_prices", "licences")
KEYS = {"targets": "study.policies", "services": "coverage.services", "plan_services": "plan.services", "grid": "coverage.resolution_m"}


class Attempts:
    """Collects faults of attempts: an error of data as it is, an error of usage with the key of study.toml that caused it."""

    def __init__(self, study: Study):
        self.study = study
        self.faults: list[Fault] = []
        self._text: str | None = None

    def at(self, key: str, value: object, make: Callable[..., Any], *arguments: Any) -> bool:
        """Whether `make` runs without an error; its faults are kept, those of usage with the line and the value of `key`."""
        try:
            make(*arguments)
        except DataError as error:
            self.faults += error.fault_list
        except UsageError as error:
            self.add(key, error.args[0] if error.args else str(error), value)
        else:
            return True
        return False

    def add(self, key: str, message: str, value: object = "", *, rule: str = "study-choice", severity: str = "error") -> None:
        """One fault of a key of study.toml."""
        fix = both("study.choice_fix", name=key)
        self.faults.append(
            Fault(FILE_NAME, message, fix, rule=rule, column=key, value=str(value)[:80], row=self.line(key), severity=severity)
        )

    def line(self, key: str) -> int | None:
        """The line of a key."""
        if self._text is None:
            self._text = (self.study.folder / FILE_NAME).read_text(encoding="utf-8-sig")
        return line_of(self._text, tuple(key.split(".")))


def choice_faults(study: Study) -> list[Fault]:
    """Names in study.toml that do not exist, each with the nearest."""
    config, attempts = study.config, Attempts(study)
    own, known = config.study.operators, load("networks")["operators"]
    codes = list(dict.fromkeys(operator_names(own).values())) if own else known
    if config.plan.targets or "operators" in config.plan.model_fields_set:
        for code in config.plan.operators.split("+"):
            if operator_set(code, own) is None:
                attempts.at("plan.operators", code, choose, code, codes, "operator")
    named = {code for network in (own or load("networks")["networks"]) for code in (network, *network.split("+"))}
    for name in config.networks:
        attempts.at(f"networks.{name}", name, choose, name, sorted(named), "operator")
    defaults = config.site_defaults
    if defaults.operators and operator_set(defaults.operators, own) is None:
        attempts.at("site_defaults.operators", defaults.operators, choose, defaults.operators, codes, "operator")
    if defaults.host:
        hosts = field_of("site", "host").choices
        attempts.at("site_defaults.host", defaults.host, choose, defaults.host, hosts, "host")
    if isinstance(config.study.city_order, str) and config.study.city_order:
        orders = [name.removeprefix("zones_") for name in names("") if name.startswith("zones_")]
        attempts.at("study.city_order", config.study.city_order, choose, config.study.city_order, orders, "city_order")
    if attempts.at("coverage.services", ", ".join(config.coverage.services), getattr, study, "services"):
        known = tuple(dict.fromkeys(service.family for service in study.services.values()))
        for name in config.coverage.families:
            attempts.at("coverage.families", name, choose, name, known, "family")
        for name, cap_km in config.coverage.caps_km.items():
            attempts.at(f"coverage.caps_km.{name}", name, choose, name, known, "family")
            if not cap_km > 0:
                attempts.add(f"coverage.caps_km.{name}", both("study.cap_not_positive"), cap_km)
    if any(place.exists() and not place.is_dir() for place in (study.output, *study.output.parents)):
        attempts.add("study.output", both("study.output_is_a_file"), config.study.output)
    return list(dict.fromkeys(attempts.faults))


def layer_faults(study: Study, *, people: bool = True) -> list[Fault]:
    """The faults of every layer; without zones only of those that need none. `people`: villages are needed."""
    attempts = Attempts(study)
    zoned = True
    for layer in LAYERS:
        if (layer == "villages" and not (people or study.has_people)) or not (zoned or layer in WITHOUT_ZONES):
            continue
        well = attempts.at(KEYS.get(layer, f"files.{layer}"), "", getattr, study, layer)
        zoned = zoned and (well or layer != "zones")
    return attempts.faults


def input_faults(study: Study, *, people: bool = True) -> list[Fault]:
    """Choices and layers together, each fault once."""
    return list(dict.fromkeys([*layer_faults(study, people=people), *choice_faults(study)]))
