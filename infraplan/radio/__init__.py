"""Radio: path loss from a transmitter to a receiver, and the largest path loss of a service. numpy and numba only; nothing heavy on import.

`radio.models` is the registry of path-loss functions that need no terrain: `radio.models["tr38901-rma"](distance_km, frequency_mhz, ...)`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_LAZY = {
    "models": "path_loss",
    "antenna_named": "antennas",
    "services": "budgets",
    "budget_rows": "budgets",
    "loss_curve": "model_selection",
}

_ROOMS = ("antennas", "budgets", "entry_loss", "p1812", "model_selection", "path_loss", "shadowing", "throughput")

__all__ = sorted(_LAZY)


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY, *_ROOMS])
