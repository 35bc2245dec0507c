"""Which rows of a table a target counts: by scope, class, kind, households, conditions and priority."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools
from infraplan.coverage.places import within
from infraplan.policy.areas_and_lines import in_study, polygon_rows
from infraplan.policy.counted_units import Note
from infraplan.policy.layers import Layers, answers, table_of, zones_of_rows, zones_of_some
from infraplan.policy.priority import areas_of_places
from infraplan.policy.site_counts import sites_of_target
from infraplan.policy.targets import Target
from infraplan.tables.values import folded, numbers, texts

LeftOut = tuple[pd.DataFrame, pd.DataFrame]
"""Zones of things of the same class that are not counted.

Those of which the data does not say whether the target means them, and those that it does not mean.
"""


def in_scope(target: Target, zone: pd.DataFrame) -> Bools:
    """Units inside the target's cities and counties; a provincial target takes all, those outside every zone included."""
    if target.provincial:
        return np.ones(len(zone), dtype=bool)
    rows = np.zeros(len(zone), dtype=bool)
    for level, codes in (("city", target.cities), ("county", target.counties)):
        if codes and level in zone:
            rows |= zone[level].isin(codes).to_numpy()
    return rows


def residents_rows(target: Target, layers: Layers) -> tuple[Bools, tuple[Note, ...]]:
    """Which villages and blocks a population share counts: by setting, by the places its sentence names, by scope."""
    return layers.keep(("residents", target.policy.name, target.id, target.part), lambda: _residents_rows(target, layers))


def _residents_rows(target: Target, layers: Layers) -> tuple[Bools, tuple[Note, ...]]:
    rows = in_scope(target, zones_of_rows(layers, "villages"))
    notes: tuple[Note, ...] = ()
    if target.setting != "all":
        urban = answers(layers, "villages", "urban")[0]
        rows &= urban if target.setting == "urban" else ~urban
        notes += ((f"evidence_{target.setting}", {}),)
    if target.areas != "all":
        rows &= in_areas(target, layers)
        notes += ((f"evidence_{target.areas}", {}),)
    if target.residents is not None:
        named, seats = named_residents(target, layers)
        rows &= named
        rule = target.residents
        facts = {"cities": len(rule.cities), "seats": seats, "near": rule.near, "km": f"{rule.radius_m / 1000:g}"}
        notes += (("evidence_named_places", facts),)
    return rows, notes


def in_areas(target: Target, layers: Layers) -> Bools:
    """Villages in the priority areas, or elsewhere, as the target asks."""

    def make() -> Bools:
        zone, villages = zones_of_rows(layers, "villages"), layers.villages
        if "county" not in zone:
            return np.zeros(len(villages), dtype=bool)
        found = areas_of_places(zone["county"].astype(str).reset_index(drop=True), villages.get("town"), layers.priority_areas)
        return np.asarray(found != "", dtype=bool)

    first = layers.keep("priority villages", make)
    return first if target.areas == "priority" else ~first


def named_residents(target: Target, layers: Layers) -> tuple[Bools, int]:
    """Residents of the named cities, and elsewhere those near a place of the named class; and how many such places are known."""
    assert target.residents is not None
    rule = target.residents
    named = (
        zones_of_rows(layers, "villages")["city"].isin(rule.cities).to_numpy(copy=True)
        if "city" in zones_of_rows(layers, "villages")
        else np.zeros(len(layers.villages), dtype=bool)
    )
    if layers.places is None:
        return named, 0
    seats = layers.places.loc[(layers.places["place_class"] == rule.near).to_numpy() & ~polygon_rows(layers)]
    _, near = within(layers.villages, seats, rule.radius_m, layers.cover.grid)
    named[near] = True
    return named, int(seats.geometry.notna().sum())


def place_rows(target: Target, layers: Layers) -> Bools | None:
    """Places of the target's class and kind within its scope; None when the class is absent from the data."""
    if layers.places is None:
        return None
    rows = layers.places["place_class"].isin(target.place_classes).to_numpy()
    if not rows.any():
        return None
    if target.kinds and "kind" in layers.places:
        rows = rows & layers.places["kind"].isin(target.kinds).to_numpy()
    return np.asarray(rows & where_rows(target, layers, "places") & in_scope(target, zones_of_rows(layers, "places")), dtype=bool)


def other_places(target: Target, layers: Layers, rows: Bools) -> LeftOut:
    """Zones of the places of the target's class beside `rows`: of which the data does not say whether they are meant, and the others."""
    open_end = _unsaid(target, layers, "places")
    if target.kinds and "kind" in layers.places:
        open_end |= (layers.places["kind"].fillna("").astype(str) == "").to_numpy()
    of_class = layers.places["place_class"].isin(target.place_classes).to_numpy()
    return _parted(layers, "places", of_class & ~rows, open_end)


def village_rows(target: Target, layers: Layers) -> tuple[Bools, tuple[Note, ...]]:
    """Natural villages a target counts: those of the official list where a column marks it, else those with enough households."""
    return layers.keep(("villages asked", target.policy.name, target.id, target.part), lambda: _village_rows(target, layers))


def _village_rows(target: Target, layers: Layers) -> tuple[Bools, tuple[Note, ...]]:
    rows = _settled(target, layers)
    notes: tuple[Note, ...] = () if target.areas == "all" else ((f"evidence_{target.areas}", {}),)
    villages = layers.villages
    listed, said = (
        answers(layers, "villages", target.official_column) if target.official_column else (rows, np.zeros(len(rows), dtype=bool))
    )
    if said.any():
        return rows & listed, (*notes, ("evidence_official", {}))
    if target.min_households is not None and "households" in villages:
        households = _households(layers)
        unknown = int((rows & np.isnan(households)).sum())
        notes = (*notes, ("evidence_households", {"households": target.min_households}))
        if unknown:
            notes = (*notes, ("evidence_households_unknown", {"count": unknown}))
        return rows & (households >= target.min_households), notes
    return rows, notes


def _settled(target: Target, layers: Layers) -> Bools:
    """Natural villages within a target's scope and areas, whatever their size."""
    rows = in_scope(target, zones_of_rows(layers, "villages"))
    if "kind" in layers.villages:
        rows = rows & (layers.villages["kind"] == "village").to_numpy()
    return rows if target.areas == "all" else np.asarray(rows & in_areas(target, layers), dtype=bool)


def _households(layers: Layers) -> npt.NDArray[np.float64]:
    return np.asarray(pd.to_numeric(layers.villages["households"], errors="coerce").to_numpy(dtype=float, na_value=np.nan))


def other_villages(target: Target, layers: Layers, rows: Bools) -> LeftOut:
    """Zones of the natural villages beside `rows`: those of which the number of households is not known, and the others."""
    natural = (layers.villages["kind"] == "village").to_numpy(dtype=bool) if "kind" in layers.villages else np.ones(len(rows), dtype=bool)
    open_end = np.zeros(len(rows), dtype=bool)
    official = bool(target.official_column) and answers(layers, "villages", target.official_column)[1].any()
    if target.min_households is not None and not official and "households" in layers.villages:
        open_end = _settled(target, layers) & np.isnan(_households(layers))
    return _parted(layers, "villages", natural & ~rows, open_end)


def site_rows(target: Target, layers: Layers) -> Bools:
    """Sites of the target's family, status and conditions within its scope; those beyond the study's zones are a neighbour's."""
    zone = zones_of_rows(layers, "sites")
    rows = sites_of_target(target, layers.sites) & where_rows(target, layers, "sites")
    return np.asarray(rows & in_scope(target, zone) & in_study(layers, zone), dtype=bool)


def where_rows(target: Target, layers: Layers, name: str) -> Bools:
    """Rows of a table that meet every condition of `where`; a column that is absent or empty meets none."""
    table = table_of(layers, name)
    rows = np.ones(len(table), dtype=bool)
    for column, wanted in target.where.items():
        if isinstance(wanted, bool):
            says, said = answers(layers, name, column)
            rows &= said & (says == wanted)
        else:
            rows &= _says(table[column], wanted) if column in table else False
    return rows


def _unsaid(target: Target, layers: Layers, name: str) -> Bools:
    """Rows of a table that say nothing in some column of `where`."""
    table = table_of(layers, name)
    rows = np.zeros(len(table), dtype=bool)
    for column, wanted in target.where.items():
        if isinstance(wanted, bool):
            rows |= ~answers(layers, name, column)[1]
        elif column in table:
            rows |= (table[column].fillna("").astype(str) == "").to_numpy()
    return rows


def other_rows(target: Target, layers: Layers, name: str, rows: Bools) -> LeftOut:
    """Zones of the rows of sites, lines or a register beside `rows`: those that say nothing in some column of `where`, and the others."""
    return _parted(layers, name, np.logical_not(rows), _unsaid(target, layers, name))


def _parted(layers: Layers, name: str, others: Bools, open_end: Bools) -> LeftOut:
    return zones_of_some(layers, name, others & open_end), zones_of_some(layers, name, others & ~open_end)


def _says(column: Any, wanted: float | str) -> Bools:
    """Cells that say `wanted`: numbers by value (3 is 3.0), texts without regard to case, blanks around and full width."""
    if isinstance(wanted, str):
        return np.asarray(folded(texts(column)) == folded(np.array([wanted], dtype=object))[0], dtype=bool)
    return np.asarray(numbers(column)[0] == wanted, dtype=bool)
