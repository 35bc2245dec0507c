"""The signal that a target requires: which map, and which margin in it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from infraplan.coverage.places import with_extra_loss
from infraplan.coverage.prediction import Coverage
from infraplan.policy.layers import Layers
from infraplan.policy.target_losses import class_offset_db, receiver_losses_db
from infraplan.policy.targets import Target


def required_signal(target: Target, network: str, layers: Layers) -> tuple[Hashable, Callable[[], tuple[Coverage, float]]]:
    """The signal that a target requires: a key, and a function that gives the coverage and the required margin in it. [dB]

    A receiver in a building, or a coupling-loss class, requires more. The lowered map is made when it is needed and not kept.
    """
    family, receiver = target.family, target.receiver
    offset_db = class_offset_db([s for s in layers.cover.services.values() if s.family == family], target.coupling_class_db)

    def make() -> tuple[Coverage, float]:
        there = "" if target.check_points else receiver  # check points are judged network by network
        losses_db = layers.keep(("losses", family, receiver), lambda: receiver_losses_db(layers.cover, family, receiver))
        cover, loss_db = with_extra_loss(layers.cover, family, network, losses_db, there)
        return cover, loss_db + offset_db

    return (family, network, receiver, offset_db), make
