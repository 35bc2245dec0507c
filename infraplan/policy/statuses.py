"""Statuses of villages and places for a target, at their own point and at their check points; a measurement overrides the prediction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Bools, Codes
from infraplan.coverage.measurements import inside, with_measured
from infraplan.coverage.networks import ANY
from infraplan.coverage.places import NO_DATA, PLACE_STATUSES, place_status, village_status
from infraplan.coverage.population import demand_margin, status_of
from infraplan.policy.areas_and_lines import pixel_fractions
from infraplan.policy.layers import Layers, table_of
from infraplan.policy.required_signal import required_signal
from infraplan.policy.target_losses import class_offset_db
from infraplan.policy.targets import Target


def villages_at_own_point(target: Target, network: str, layers: Layers) -> Codes:
    """Status of every village or block as a target asks for it."""
    return _villages_at_own_point(target, network, layers)[0]


def villages_measured(target: Target, network: str, layers: Layers) -> Bools:
    """Villages whose status rests on measurement."""
    return _villages_at_own_point(target, network, layers)[1]


def _villages_at_own_point(target: Target, network: str, layers: Layers) -> tuple[Codes, Bools]:
    family, whole = target.family, np.ones(len(layers.villages), dtype=bool)
    key, map_and_margin = required_signal(target, network, layers)

    def make() -> tuple[Codes, Bools]:
        cover, required_db = map_and_margin()
        if layers.status is not None and family in layers.status and network == ANY and cover is layers.cover and required_db == 0.0:
            return _with_measured(layers, "villages", whole, _stated_statuses(layers, family), target, network)
        where = "margin", family, network, "" if cover is layers.cover else target.receiver
        margins = layers.keep(where, lambda: demand_margin(layers.villages, cover, family, network))
        return _with_measured(layers, "villages", whole, status_of(margins, required_db), target, network)

    return layers.keep(("villages", key), make)


def villages_at_check_points(target: Target, network: str, layers: Layers) -> Codes:
    """Villages judged by all their check points; None of them given: by their own point."""
    points = layers.places
    points = points.loc[points["place_class"].isin(target.check_points)] if points is not None and "village" in points else None
    if points is None or not len(points):
        return villages_at_own_point(target, network, layers)
    key, map_and_margin = required_signal(target, network, layers)

    def make() -> Codes:
        cover, required_db = map_and_margin()
        return village_status(
            layers.villages, points, cover, target.family, network, required_db,
            adjust=lambda at, codes, name: _with_measured_at(layers, at, codes, target, name)[0],
        )  # fmt: skip

    return layers.keep(("checked", target.check_points, key), make)


def places_at_own_point(target: Target, network: str, layers: Layers, rows: Bools) -> Codes:
    """Status of the chosen places."""
    return _places_at_own_point(target, network, layers, rows)[0]


def places_measured(target: Target, network: str, layers: Layers, rows: Bools) -> Bools:
    """Chosen places whose status rests on measurement."""
    return _places_at_own_point(target, network, layers, rows)[1]


def _places_at_own_point(target: Target, network: str, layers: Layers, rows: Bools) -> tuple[Codes, Bools]:
    key, map_and_margin = required_signal(target, network, layers)
    part = 0.95 if target.served_part is None else target.served_part

    def make() -> tuple[Codes, Bools]:
        cover, required_db = map_and_margin()
        chosen = layers.places.loc[rows]
        codes = place_status(
            chosen, cover, target.family, network, required_db=required_db, served_part=part, radius_m=target.radius_m,
            people=layers.villages, fractions=pixel_fractions(layers, rows),
        )  # fmt: skip
        return _with_measured(layers, "places", rows, codes, target, network)

    return layers.keep(("places", key, part, target.radius_m, rows.tobytes()), make)


def places_at_check_points(target: Target, network: str, layers: Layers, rows: Bools) -> Codes:
    """The chosen places, each judged at its own point and at the check points with its id as `village`: one network serves them all."""
    points, chosen = layers.places, layers.places.loc[rows]
    own = points.loc[points["place_class"].isin(target.check_points)] if "village" in points else points.iloc[:0]
    key, map_and_margin = required_signal(target, network, layers)

    def make() -> Codes:
        cover, required_db = map_and_margin()
        every = pd.concat([chosen.assign(village=chosen["id"]), own])
        return village_status(
            chosen, every, cover, target.family, network, required_db,
            adjust=lambda at, codes, name: _with_measured_at(layers, at, codes, target, name)[0],
        )  # fmt: skip

    return layers.keep(("checked places", target.check_points, key, rows.tobytes()), make)


def _stated_statuses(layers: Layers, family: str) -> Codes:
    assert layers.status is not None
    codes = pd.Categorical(layers.status[family], categories=list(PLACE_STATUSES)).codes.astype(np.int8)
    return np.where(codes < 0, NO_DATA, codes).astype(np.int8)


def _with_measured(layers: Layers, name: str, rows: Bools, codes: Codes, target: Target, network: str) -> tuple[Codes, Bools]:
    """Codes, measured where there is a measurement, else predicted; and which are measured."""
    return _with_measured_at(layers, table_of(layers, name).loc[rows], codes, target, network)


def _with_measured_at(layers: Layers, points: Any, codes: Codes, target: Target, network: str) -> tuple[Codes, Bools]:
    services = [service for service in layers.cover.services.values() if service.family == target.family]
    indoors = target.receiver != "outdoor" if target.receiver else inside(layers.cover, target.family)
    offset_db = class_offset_db(services, target.coupling_class_db)
    return with_measured(codes, points, layers.cover, target.family, network, layers.measured, indoors=indoors, offset_db=offset_db)
