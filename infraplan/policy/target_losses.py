"""Losses that a target adds to those of the map: a receiver indoors, an NB-IoT class."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from infraplan.coverage.prediction import Coverage
from infraplan.radio.budgets import Service
from infraplan.radio.receivers import receiver_loss_db


def receiver_losses_db(
    cover: Coverage, family: str, receiver: str, services: Mapping[str, Service] | None = None
) -> dict[str, float]:  # fmt: skip
    """`receiver_loss_db` of every service of a family, of the map or of `services`. [dB]"""
    known = cover.services if services is None else services
    return {name: receiver_loss_db(service, receiver) for name, service in known.items() if service.family == family}


def class_offset_db(services: Iterable[Service], coupling_class_db: float | None) -> float:
    """Margin a pixel needs to be within a coupling-loss class of NB-IoT. [dB]"""
    if coupling_class_db is None:
        return 0.0
    offsets = [offset_db for service in services for mcl_db, offset_db in service.class_offsets_db if mcl_db == coupling_class_db]
    return max(offsets, default=math.inf)
