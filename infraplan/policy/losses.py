"""How much more a target asks of the signal than the map does: a receiver behind a wall, an NB-IoT class."""

from __future__ import annotations

import math
from collections.abc import Iterable

from infraplan.coverage.prediction import Coverage
from infraplan.presets import load
from infraplan.radio.budgets import Service, entry_margins
from infraplan.radio.shadowing import shadow_margin_db


def receiver_loss_db(service: Service, receiver: str) -> float:
    """What a receiver elsewhere loses beyond the service's own: median entry loss, and the wider shadowing margin. [dB]

    `receiver` is a key of `receivers` in radio_environment.toml. Negative where the service already counts a thicker wall.
    """
    if receiver in ("", service.receiver):
        return 0.0
    own_db, own_sigma_db, _, _ = entry_margins(service.receiver, service.frequency_mhz)
    loss_db, sigma_db, _, _ = entry_margins(receiver, service.frequency_mhz)
    street_sigma_db = math.sqrt(max(service.shadowing_sigma_db**2 - own_sigma_db**2, 0.0))
    exponent = float(load("services")["common"]["path_loss_exponent"]["value"])
    margin_db = shadow_margin_db(
        service.reliability, math.hypot(street_sigma_db, sigma_db), kind=service.reliability_of, path_loss_exponent=exponent
    )
    return loss_db + margin_db - own_db - service.shadow_margin_db


def receiver_losses_db(cover: Coverage, family: str, receiver: str) -> dict[str, float]:
    """`receiver_loss_db` of every service of a family. [dB]"""
    return {name: receiver_loss_db(service, receiver) for name, service in cover.services.items() if service.family == family}


def class_offset_db(services: Iterable[Service], coupling_class_db: float | None) -> float:
    """Margin a pixel needs to be within a coupling-loss class of NB-IoT. [dB]"""
    if coupling_class_db is None:
        return 0.0
    offsets = [offset_db for service in services for mcl_db, offset_db in service.class_offsets_db if mcl_db == coupling_class_db]
    return max(offsets, default=math.inf)
