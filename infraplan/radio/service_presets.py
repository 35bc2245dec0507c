"""A service preset: its values over its family's over the common ones, the time its TDD frame gives each direction, the device's class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infraplan.presets import choose
from infraplan.radio.model_selection import default_plan

POWER_CLASS = 3
"""Of an ordinary device, by 3GPP."""


def frame_share(frame: Mapping[str, Any], direction: str) -> float:
    """Share of a TDD frame's symbols that a direction ("downlink" or "uplink") has. Fraction 0..1.

    `frame` is an entry of `frame` in `services.toml`: `slots` in D, S, U, and `special_symbols` of an S as (down, guard, up).
    """
    slots, (down, guard, up) = str(frame["slots"]), frame["special_symbols"]
    letter, special = ("D", down) if direction == "downlink" else ("U", up)
    symbols = down + guard + up
    return float((slots.count(letter) * symbols + slots.count("S") * special) / (len(slots) * symbols))


class ServicePreset:
    """A service's values over its family's over the common ones, each with its source."""

    def __init__(self, name: str, presets: dict[str, Any], power_class: int = POWER_CLASS):
        self.name = name
        self.sources = presets["sources"]
        self.service = presets["service"][choose(name, presets["service"], "service")]
        self.family = str(self.service["family"])
        families = presets["family"]
        self.layers: tuple[dict[str, Any], ...] = (self.service, families[choose(self.family, families, "family")], presets["common"])
        self.plan = str(self.layers[1].get("plan", "")) or default_plan(self.family)
        self.coupling = "mcl_db" in self.layers[1]
        shares = {"downlink_share", "uplink_share"}
        self.frame_name = "" if shares <= self.service.keys() else str(self.service.get("frame", ""))
        frames = presets.get("frame", {})
        self.frame = frames[choose(self.frame_name, frames, "frame")] if self.frame_name else {}
        stronger = presets.get("power_class", {}).get(str(power_class), {})
        if self.service.get("band") in stronger.get("bands", ()) and self.share("uplink") <= stronger["largest_uplink_share"]:
            self.layers = (self.service, {"ue_power_dbm": stronger["ue_power_dbm"]}, *self.layers[1:])

    def share(self, direction: str) -> float:
        """Fraction of the time given to a direction: as the service says, else by the symbols of its frame, else all of it."""
        stated = self.service.get(f"{direction}_share")
        if stated is not None:
            return float(stated["value"])
        return frame_share(self.frame, direction) if self.frame else 1.0

    def share_source(self, direction: str) -> str:
        """Where that fraction comes from."""
        stated = self.service.get(f"{direction}_share", self.frame)
        return str(self.sources[stated["source"]]) if stated else ""

    def entry(self, key: str) -> dict[str, Any]:
        """Value and source of a key, from the nearest layer that has it."""
        for layer in self.layers:
            if key in layer:
                found: dict[str, Any] = layer[key]
                return found
        raise KeyError(f"services.toml: {self.name} has no {key}")

    def has(self, key: str) -> bool:
        """Whether the service, its family or the common values have a key."""
        return any(key in layer for layer in self.layers)

    def value(self, key: str) -> Any:
        """The value of a key."""
        return self.entry(key)["value"]

    def number(self, key: str) -> float:
        """The value of a key as a float."""
        return float(self.value(key))

    def source(self, key: str) -> str:
        """Where a value comes from."""
        return str(self.sources[self.entry(key)["source"]])

    def ours(self, key: str) -> bool:
        """Whether a value is our interpretation."""
        return bool(self.entry(key).get("interpretation", False))
