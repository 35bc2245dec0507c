"""What the map of a study depends on beside its sectors, as hashes of what was read: other maps of equal hashes can be taken over."""

from __future__ import annotations

import dataclasses
from typing import Any

from infraplan.coverage.prediction import layer_keys
from infraplan.radio.receivers import other_receiver
from infraplan.run.content_hash import content_hash
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
