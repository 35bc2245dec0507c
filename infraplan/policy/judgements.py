"""Whether villages and places are reached as a target asks: by signal, at check points, by an attribute or a site nearby as well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Bools, Codes
from infraplan.coverage.places import NO_DATA, SERVED
from infraplan.policy.counted_units import Note
from infraplan.policy.layers import Layers, answers, table_of
from infraplan.policy.schema import FAMILIES
from infraplan.policy.site_counts import site_tree
from infraplan.policy.statuses import places_at_check_points, places_at_own_point, villages_at_check_points, villages_at_own_point
from infraplan.policy.targets import Target


def village_codes(target: Target, network: str, layers: Layers) -> Codes:
    """Status of every village or block as the target judges it."""
    codes = villages_at_check_points(target, network, layers) if target.check_points else villages_at_own_point(target, network, layers)
    return _also(target, network, layers, "villages", np.ones(len(codes), dtype=bool), codes)


def place_codes(target: Target, network: str, layers: Layers, rows: Bools) -> tuple[Codes, tuple[Note, ...]]:
    """Status of the chosen places as the target judges them, and notes on it."""
    notes: tuple[Note, ...] = ()
    codes = (
        places_at_check_points(target, network, layers, rows) if target.check_points else places_at_own_point(target, network, layers, rows)
    )
    if target.indoor_system:
        codes, notes = indoors(layers, rows, codes)
    return _also(target, network, layers, "places", rows, codes), notes + also_notes(target, layers)


def indoors(layers: Layers, rows: Bools, codes: npt.NDArray[np.int8]) -> tuple[npt.NDArray[np.int8], tuple[Note, ...]]:
    """Places that are used indoors: an indoor system decides where one is stated.

    The others keep the outdoor answer, and the row says so.
    """
    fitted, said = (answer[rows] for answer in answers(layers, "places", "indoor_system"))
    judged = np.where(said, np.where(fitted, 0, 2), codes).astype(np.int8)
    silent = int((~said).sum())
    notes: tuple[Note, ...] = (("evidence_outdoor_only", {"count": silent}),) if silent else ()
    if said.any():
        notes += (("evidence_indoor_system", {"count": int(said.sum())}),)
    return judged, notes


def also_notes(target: Target, layers: Layers) -> tuple[Note, ...]:
    """Notes on what counts as reached beside the target's own family, and on what the data does not have of it."""
    notes: tuple[Note, ...] = ()
    name = "villages" if target.layer == "villages" else "places"
    for other in target.also:
        there = other in layers.cover.families if other in FAMILIES else answers(layers, name, other)[1].any()
        notes += ((("evidence_also" if there else "evidence_also_absent"), {"layer": _named(other, name)}),)
    if target.site_within_m is not None:
        notes += (("evidence_site_within", {"km": f"{target.site_within_m / 1000:g}"}),)
    return notes


def _named(other: str, table: str) -> str:
    return f"coverage {other}" if other in FAMILIES else f"{table}.{other}"


def _also(target: Target, network: str, layers: Layers, name: str, rows: Bools, codes: Codes) -> Codes:
    """Codes where service of another family, a yes in a column, or a site nearby makes a place reached too."""
    for other in target.also:
        if other in layers.cover.families:
            other_target = replace(target, family=other, receiver="", coupling_class_db=None, also=(), site_within_m=None)
            if name == "villages":
                own = village_codes(other_target, network, layers)
            else:
                own = place_codes(other_target, network, layers, rows)[0]
            codes = np.minimum(codes, own)
        elif other not in FAMILIES and answers(layers, name, other)[1].any():
            says, said = (answer[rows] for answer in answers(layers, name, other))
            codes = np.where(says, SERVED, np.where(~said & (codes != SERVED), NO_DATA, codes)).astype(np.int8)
    if target.site_within_m is not None:
        codes = np.where(_near_a_site(target, network, layers, name, rows), SERVED, codes).astype(np.int8)
    return codes


def _near_a_site(target: Target, network: str, layers: Layers, name: str, rows: Bools) -> Bools:
    """Whether a site of the target's family and network is within its distance of the chosen rows."""
    tree, _ = site_tree(target.family, network, layers)
    chosen = table_of(layers, name).loc[rows]
    place = np.column_stack(layers.cover.grid.place(chosen.set_geometry(chosen.geometry.representative_point())))
    near, known = np.zeros(len(place), dtype=bool), np.isfinite(place).all(axis=1)
    if tree is not None and known.any():
        near[known] = tree.query(place[known])[0] <= target.site_within_m
    return near
