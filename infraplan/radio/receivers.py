"""Where the served device is: the loss at another place than a service's own, and the service with its device there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from infraplan.presets import load
from infraplan.radio.budgets import Service, entry_margins
from infraplan.radio.shadowing import shadow_margin_db

OUTDOOR, INDOOR = "outdoor", "indoor"


def receiver_loss_db(service: Service, receiver: str) -> float:
    """Loss of a receiver elsewhere beyond that of the service's own: median entry loss, and the wider shadowing margin. [dB]

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


def receiver_of(services: Mapping[str, Service], family: str) -> str:
    """Where the devices of a family are: a key of `receivers`; several services that differ are joined by "+", "" without any."""
    return "+".join(dict.fromkeys(service.receiver for service in services.values() if service.family == family))


def other_receiver(services: Mapping[str, Service], family: str) -> str:
    """The receiver to show beside a family's own: indoors where it is judged outdoors, else outdoors."""
    return INDOOR if receiver_of(services, family) == OUTDOOR else OUTDOOR


def at_receiver(service: Service, receiver: str) -> Service:
    """The service with its device elsewhere; its name says so. The budget's rows stay those of its own receiver."""
    lost_db = receiver_loss_db(service, receiver)
    return replace(
        service,
        name=f"{service.name}@{receiver}",
        receiver=receiver,
        max_path_loss_db=service.max_path_loss_db - lost_db,
        downlink_max_path_loss_db=service.downlink_max_path_loss_db - lost_db,
        uplink_max_path_loss_db=service.uplink_max_path_loss_db - lost_db,
    )


def signal_band_db() -> float:
    """By how much every signal is made weaker and stronger beside a headline, until a calibration says how far off they are. [dB]"""
    return float(load("radio_environment")["signal_band"]["value_db"])
