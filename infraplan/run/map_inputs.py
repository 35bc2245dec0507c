"""What the map of a study depends on beside its sectors, as hashes of what was read: other maps of equal hashes can be taken over."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from infraplan.coverage.prediction import layer_keys
from infraplan.radio.receivers import other_receiver
from infraplan.study import Study


def map_inputs(study: Study) -> dict[str, str]:
    """Hash of each part that a map depends on beside its sectors, the program and its packages.

    Parameters
    ----------
    study : Study
        Its ground is read.

    Returns
    -------
    dict of str
        pixels, services, ground, layers and settings: the keys of messages `run.map_of_...`.
    """
    choice, terrain = study.config.coverage, study.terrain
    others = {family: other_receiver(study.services, family) for family in study.families}
    settings = choice.model, choice.reliability, choice.max_radius_km, dict(choice.caps_km)
    parts: dict[str, Any] = {
        "pixels": study.grid,
        "services": study.services,
        "ground": None if terrain is None else dataclasses.replace(terrain, source=""),
        "layers": layer_keys(study.families, study.networks, others),
        "settings": settings,
    }
    return {name: content_hash(value) for name, value in parts.items()}


def content_hash(value: Any) -> str:
    """SHA-256 of plain values, arrays, dataclasses, and lists and mappings of them, with their types and in their order.

    Raises
    ------
    TypeError
        Anything else: its content is not known.
    """
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        digest.update(f"{type(value).__name__}{{".encode())
        for entry in dataclasses.fields(value):
            digest.update(f"{entry.name}=".encode())
            _feed(digest, getattr(value, entry.name))
        digest.update(b"}")
    elif isinstance(value, np.ndarray) and value.dtype != object:
        digest.update(f"array {value.dtype.str} {value.shape} ".encode())
        digest.update(np.ascontiguousarray(value).data)
    elif isinstance(value, Mapping):
        digest.update(f"map {len(value)} ".encode())
        for key, item in value.items():
            _feed(digest, key)
            _feed(digest, item)
    elif isinstance(value, list | tuple):
        digest.update(f"list {len(value)} ".encode())
        for item in value:
            _feed(digest, item)
    elif value is None or isinstance(value, str | bool | int | float | date | np.generic):
        text = repr(value)
        digest.update(f"{type(value).__name__} {len(text)} {text}".encode())
    else:
        raise TypeError(f"content_hash cannot hash {type(value).__name__}")
