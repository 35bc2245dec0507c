"""How to fix a fault of a study: where a reader names its argument `encoding=`, the key of study.toml is named instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from infraplan.errors import Fault
from infraplan.messages import Bilingual

ELSEWHERE = {
    "holes": "[coverage] terrain_holes",
    "clutter_table": "[coverage] clutter_table",
    "model": "[coverage] model",
    "population_basis": "[study] population_basis",
}
"""Arguments of readers whose keys are outside [options]."""


def keys_of(layer: str, options: tuple[str, ...]) -> dict[str, str]:
    """Argument of a layer's reader -> its key in study.toml."""
    return {name: f"[options.{layer}] {name}" for name in options} | ELSEWHERE


def with_study_keys(fault: Fault, layer: str, options: tuple[str, ...]) -> Fault:
    """The fault with the keys of study.toml for the arguments that its texts name.

    A reader that names a section itself knows the kind of table, not the file of the study: that is `layer`, with `options`.
    """
    keys = keys_of(layer, options)

    def with_keys(text: str) -> str:
        if options:
            text = re.sub(r"\[options\.\w+\]", f"[options.{layer}]", text)
        return _named(text, keys)

    def in_both(text: str) -> str:
        return Bilingual(with_keys(text.zh), with_keys(text.en)) if isinstance(text, Bilingual) else with_keys(text)

    return replace(fault, message=in_both(fault.message), how_to_fix=in_both(fault.how_to_fix))


def _named(text: str, keys: Mapping[str, str]) -> str:
    """`datum=gcj02` as `[options.sites] datum = "gcj02"`, `encoding=` alone as `[options.sites] encoding`."""

    def key(found: re.Match[str]) -> str:
        full_name, value = keys[found[1]], found[2].strip('"')
        return f'{full_name} = "{value}"' if value else full_name

    return re.sub(rf'\b({"|".join(keys)})=("[\w.:-]+"|[\w.:-]*[A-Za-z0-9]|)', key, text, flags=re.ASCII)
