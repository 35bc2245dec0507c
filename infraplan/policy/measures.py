"""One function a measure: from a target and the layers to units that can be added up over zones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.coverage.places import NO_DATA, SERVED, UNCERTAIN, within
from infraplan.policy.layers import Layers
from infraplan.policy.site_counts import in_period, other_counts, site_weights, sites_asked
from infraplan.policy.targets import Target
from infraplan.tables.values import folded, numbers, texts

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Note = tuple[str, dict[str, object]]
"""Key of a sentence in the catalogue `policy`, and the values it takes."""


@dataclass(frozen=True)
class Units:
    """What is counted, one entry a unit (a village, a place, a piece of line, a zone's area, a row).

    Attributes
    ----------
    zone : DataFrame
        One column a level: the adcode the unit counts in, "" outside.
    total, served, uncertain, unknown : float64 arrays
        Weight of the unit, and the parts of it that are served, depend on an unsure position, or cannot be judged.
    measured : float64 array
        The part of the weight whose status rests on measurement.
    absent : str
        Name of the layer that is missing; empty when it is there.
    """

    zone: pd.DataFrame
    total: Floats
    served: Floats
    uncertain: Floats
    unknown: Floats
    unit: str
    synthetic: bool
    notes: tuple[Note, ...] = ()
    absent: str = ""
    measured: Floats | None = None


def missing(layer: str, unit: str) -> Units:
    """Units of a layer that is not there."""
    none = np.zeros(0)
    return Units(pd.DataFrame(), none, none, none, none, unit, False, (("evidence_absent", {"layer": layer}),), layer)


def _units(
    zone: pd.DataFrame,
    weight: Floats,
    codes: npt.NDArray[Any],
    unit: str,
    synthetic: bool,
    notes: tuple[Note, ...] = (),
    measured: Bools | None = None,
) -> Units:
    served, uncertain, unknown = weight * (codes == SERVED), weight * (codes == UNCERTAIN), weight * (codes == NO_DATA)
    return Units(zone, weight, served, uncertain, unknown, unit, synthetic, notes, "", None if measured is None else weight * measured)


def units_of(target: Target, network: str, layers: Layers) -> Units:
    """The units of a target on one network."""
    return MEASURES[target.shape](target, network, layers)


def _population_share(target: Target, network: str, layers: Layers) -> Units:
    if target.family not in layers.cover.families:
        return missing(f"coverage {target.family}", "people")
    if layers.villages is None:
        return missing("villages", "people")
    if target.setting != "all" and not layers.says_yes("villages", "urban")[1].any():
        return missing("villages.urban", "people")
    rows, notes = residents_rows(target, layers)
    codes, people = layers.village_codes(target, network), layers.people().astype(float)
    zone = layers.zone("villages")
    synthetic = layers.synthetic_network or layers.synthetic("villages")
    return _units(zone.loc[rows], people[rows], codes[rows], "people", synthetic, notes, layers.villages_measured(target, network)[rows])


def residents_rows(target: Target, layers: Layers) -> tuple[Bools, tuple[Note, ...]]:
    """Which villages and blocks a population share counts: by setting, by the places its sentence names, by scope."""
    return layers.keep(("residents", target.policy.name, target.id, target.part), lambda: _residents_rows(target, layers))


def _residents_rows(target: Target, layers: Layers) -> tuple[Bools, tuple[Note, ...]]:
    rows = in_scope(target, layers.zone("villages"))
    notes: tuple[Note, ...] = ()
    if target.setting != "all":
        urban = layers.says_yes("villages", "urban")[0]
        rows &= urban if target.setting == "urban" else ~urban
        notes += ((f"evidence_{target.setting}", {}),)
    if target.residents is not None:
        named, seats = named_residents(target, layers)
        rows &= named
        rule = target.residents
        facts = {"cities": len(rule.cities), "seats": seats, "near": rule.near, "km": f"{rule.radius_m / 1000:g}"}
        notes += (("evidence_named_places", facts),)
    return rows, notes


def named_residents(target: Target, layers: Layers) -> tuple[Bools, int]:
    """Residents of the named cities, and elsewhere those near a place of the named class; and how many such places are known."""
    assert target.residents is not None
    rule = target.residents
    named = (
        layers.zone("villages")["city"].isin(rule.cities).to_numpy(copy=True)
        if "city" in layers.zone("villages")
        else np.zeros(len(layers.villages), dtype=bool)
    )
    if layers.places is None:
        return named, 0
    seats = layers.places.loc[(layers.places["place_class"] == rule.near).to_numpy() & ~layers.polygons()]
    _, near = within(layers.villages, seats, rule.radius_m, layers.cover.grid)
    named[near] = True
    return named, int(seats.geometry.notna().sum())


def _area_share(target: Target, network: str, layers: Layers) -> Units:
    if target.family not in layers.cover.families:
        return missing(f"coverage {target.family}", "km2")
    if target.place_classes:
        rows = place_rows(target, layers)
        if rows is None:
            return missing("、".join(target.place_classes), "km2")
        polygons = rows & layers.polygons()
        if not polygons.any():
            return missing("、".join(target.place_classes) + " (polygons)", "km2")
        zone, synthetic, chosen = layers.zone("places").loc[polygons], layers.synthetic("places"), polygons
        area_km2, served_km2 = layers.area(target, network, chosen)
    else:
        leaves = layers.leaves()
        area_km2, served_km2 = layers.area(target, network, None)
        zone = layers.keep("leaf zone", lambda: _leaf_zone(layers))
        inside = in_scope(target, zone)
        zone, area_km2, served_km2, synthetic = zone.loc[inside], area_km2[inside], served_km2[inside], False
        assert len(leaves) == len(inside)
    none = np.zeros(len(area_km2))
    return Units(zone, area_km2, served_km2, none, none, "km2", layers.synthetic_network or synthetic)


def _leaf_zone(layers: Layers) -> pd.DataFrame:
    from infraplan.geo.zonal import levels_of, membership

    leaves = layers.leaves()
    level = levels_of(layers.zones)[-1]
    return membership(leaves.assign(**{level: leaves["adcode"]}), layers.zones)


def place_rows(target: Target, layers: Layers) -> Bools | None:
    """Places of the target's class and kind within its scope; None when the class is absent from the data."""
    if layers.places is None:
        return None
    rows = layers.places["place_class"].isin(target.place_classes).to_numpy()
    if not rows.any():
        return None
    if target.kinds and "kind" in layers.places:
        rows = rows & layers.places["kind"].isin(target.kinds).to_numpy()
    return np.asarray(rows & where_rows(target, layers, "places") & in_scope(target, layers.zone("places")), dtype=bool)


def village_rows(target: Target, layers: Layers) -> tuple[Bools, tuple[Note, ...]]:
    """Natural villages a target counts: those of the official list where a column marks it, else those with enough households."""
    return layers.keep(("villages asked", target.policy.name, target.id, target.part), lambda: _village_rows(target, layers))


def _village_rows(target: Target, layers: Layers) -> tuple[Bools, tuple[Note, ...]]:
    villages = layers.villages
    rows = in_scope(target, layers.zone("villages"))
    if "kind" in villages:
        rows = rows & (villages["kind"] != "block").to_numpy()
    listed, said = (
        layers.says_yes("villages", target.official_column) if target.official_column else (rows, np.zeros(len(rows), dtype=bool))
    )
    if said.any():
        return rows & listed, (("evidence_official", {}),)
    if target.min_households is not None and "households" in villages:
        households = pd.to_numeric(villages["households"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        unknown = int((rows & np.isnan(households)).sum())
        notes: tuple[Note, ...] = (("evidence_households", {"households": target.min_households}),)
        if unknown:
            notes += (("evidence_households_unknown", {"count": unknown}),)
        return rows & (households >= target.min_households), notes
    return rows, ()


def _place_share(target: Target, network: str, layers: Layers) -> Units:
    if target.family not in layers.cover.families:
        return missing(f"coverage {target.family}", "places")
    if target.layer == "villages":
        if layers.villages is None:
            return missing("villages", "places")
        rows, notes = village_rows(target, layers)
        codes = (layers.checked_villages(target, network) if target.check_points else layers.village_codes(target, network))[rows]
        if target.check_points and not _has_check_points(target, layers):
            notes += (("evidence_no_check_points", {}),)
        zone, synthetic = layers.zone("villages").loc[rows], layers.synthetic("villages")
        rests = layers.villages_measured(target, network)[rows] if not target.check_points else None
        return _units(zone, np.ones(len(codes)), codes, "places", layers.synthetic_network or synthetic, notes, rests)
    found = place_rows(target, layers)
    if found is None:
        return missing("、".join(target.place_classes), "places")
    rows = found
    codes, notes = layers.place_codes(target, network, rows), ()
    if target.indoor_system:
        codes, notes = indoors(target, layers, rows, codes)
    zone, synthetic = layers.zone("places").loc[rows], bool(layers.synthetic_all or layers.says_yes("places", "synthetic")[0][rows].any())
    rests = layers.places_measured(target, network, rows)
    return _units(zone, np.ones(len(codes)), codes, "places", layers.synthetic_network or synthetic, notes, rests)


def _has_check_points(target: Target, layers: Layers) -> bool:
    places = layers.places
    return bool(places is not None and "village" in places and places["place_class"].isin(target.check_points).any())


def indoors(target: Target, layers: Layers, rows: Bools, codes: npt.NDArray[np.int8]) -> tuple[npt.NDArray[np.int8], tuple[Note, ...]]:
    """Places that live indoors: an indoor system decides where one is stated; the others keep the outdoor answer, and the row says so."""
    fitted, said = (answer[rows] for answer in layers.says_yes("places", "indoor_system"))
    judged = np.where(said, np.where(fitted, 0, 2), codes).astype(np.int8)
    silent = int((~said).sum())
    notes: tuple[Note, ...] = (("evidence_outdoor_only", {"count": silent}),) if silent else ()
    if said.any():
        notes += (("evidence_indoor_system", {"count": int(said.sum())}),)
    return judged, notes


def _line_share(target: Target, network: str, layers: Layers) -> Units:
    if target.family not in layers.cover.families:
        return missing(f"coverage {target.family}", "km")
    lines = layers.corridors
    wanted = None if lines is None else lines["line_class"].isin(target.line_classes).to_numpy()
    if wanted is None or not wanted.any():
        return missing("、".join(target.line_classes), "km")
    pieces = layers.pieces()
    zone = layers.piece_zone()
    rows = wanted[pieces["line"].to_numpy()] & in_scope(target, zone) & layers.pieces_counted()
    codes, km = layers.piece_codes(target, network)[rows], pieces["length_km"].to_numpy()[rows]
    notes: tuple[Note, ...] = ()
    tunnel_km = float(km[layers.says_yes("corridors", "tunnel")[0][pieces["line"].to_numpy()][rows]].sum())
    if tunnel_km:
        notes += (("evidence_tunnel", {"km": f"{tunnel_km:.1f}"}),)
    synthetic = bool(layers.synthetic_all or layers.says_yes("corridors", "synthetic")[0][wanted].any())
    return _units(zone.loc[rows], km, codes, "km", layers.synthetic_network or synthetic, notes)


def where_rows(target: Target, layers: Layers, name: str) -> Bools:
    """Rows of a table that meet every condition of `where`; a column that is absent or empty meets none."""
    table = layers.table(name)
    rows = np.ones(len(table), dtype=bool)
    for column, wanted in target.where.items():
        if isinstance(wanted, bool):
            says, said = layers.says_yes(name, column)
            rows &= said & (says == wanted)
        else:
            rows &= _says(table[column], wanted) if column in table else False
    return rows


def _says(column: Any, wanted: float | str) -> Bools:
    """Cells that say `wanted`: numbers by value (3 is 3.0), texts without regard to case, blanks around and full width."""
    if isinstance(wanted, str):
        return np.asarray(folded(texts(column)) == folded(np.array([wanted], dtype=object))[0], dtype=bool)
    return np.asarray(numbers(column)[0] == wanted, dtype=bool)


def _attribute_share(target: Target, network: str, layers: Layers) -> Units:
    name = target.layer or target.register
    table = layers.table(name)
    if table is None or not len(table):
        return missing(name, "rows")
    notes: tuple[Note, ...] = ()
    if name == "villages":
        rows, notes = village_rows(target, layers)
    elif name == "places":
        found = place_rows(target, layers)
        if found is None:
            return missing("、".join(target.place_classes), "rows")
        rows = found
    else:
        rows = where_rows(target, layers, name) & in_scope(target, layers.zone(name))
        if name == "sites":
            rows &= sites_asked(target, layers.sites)
        if name == "corridors" and target.line_classes:
            rows &= table["line_class"].isin(target.line_classes).to_numpy()
    if target.where and not any(column in table for column in target.where):
        return missing(f"{name}.{next(iter(target.where))}", "rows")
    if target.column not in table or not table.loc[rows, target.column].notna().any():
        return missing(f"{name}.{target.column}", "rows")
    if target.at_least is None:
        says, said = (answer[rows] for answer in layers.says_yes(name, target.column))
    else:
        values = pd.to_numeric(table.loc[rows, target.column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        says, said = np.nan_to_num(values, nan=-np.inf) >= target.at_least, ~np.isnan(values)
    weight, unit = np.ones(int(rows.sum())), "rows"
    if target.weight:
        if target.weight not in table:
            return missing(f"{name}.{target.weight}", "rows")
        weight, unit = pd.to_numeric(table.loc[rows, target.weight], errors="coerce").fillna(0.0).to_numpy(dtype=float), "rows"
    return Units(
        layers.zone(name).loc[rows], weight, weight * says, np.zeros(len(weight)), weight * ~said, unit, layers.synthetic(name), notes
    )


def _site_count(target: Target, network: str, layers: Layers) -> Units:
    sites = layers.sites
    if sites is None or not len(sites):
        return missing("sites", "sites")
    rows = sites_asked(target, sites) & in_scope(target, layers.zone("sites"))
    counts = other_counts(sites, rows)
    notes: tuple[Note, ...] = ((f"evidence_basis_{target.count_basis}", {}), ("evidence_counts", dict(counts)))
    if target.since is not None:
        if "built" not in sites or not (sites["built"].fillna("").astype(str) != "").any():
            return missing("sites.built", "sites")
        notes += (("evidence_period", {"since": target.since, "until": target.until or "-"}),)
    built = sites["built"] if "built" in sites else pd.Series("", index=sites.index)
    sure, perhaps = in_period(built, target.since, target.until)
    if target.since is None:
        sure, perhaps = sure | perhaps, np.zeros(len(sites), dtype=bool)
    weight = site_weights(target.count_basis, sites, rows) * (target.per_site or 1.0)
    unit = "people" if target.per_site else "sites"
    part = layers.zone("sites").loc[rows]
    return Units(
        part,
        weight[rows],
        (weight * sure)[rows],
        np.zeros(int(rows.sum())),
        (weight * perhaps)[rows],
        unit,
        layers.synthetic("sites"),
        notes,
    )


def _reported(target: Target, network: str, layers: Layers) -> Units:
    table = layers.registers.get(target.register)
    if table is None or not len(table) or "value" not in table:
        return missing(target.register, "rows")
    zone = layers.zone(target.register)
    finest = zone.loc[:, zone.columns[-1]] != "" if "county" in zone or "city" in zone else pd.Series(True, index=zone.index)
    rows = in_scope(target, zone) & (finest.to_numpy() if finest.any() else np.ones(len(zone), dtype=bool))
    value = pd.to_numeric(table.loc[rows, "value"], errors="coerce").fillna(0.0).to_numpy(dtype=float)
    none = np.zeros(len(value))
    return Units(zone.loc[rows], value, value, none, none, "people", layers.synthetic(target.register))


def _none(target: Target, network: str, layers: Layers) -> Units:
    return missing("-", "rows")


def in_scope(target: Target, zone: pd.DataFrame) -> Bools:
    """Units inside the target's cities; a provincial target takes all, those outside every zone included."""
    if target.provincial:
        return np.ones(len(zone), dtype=bool)
    if "city" not in zone:
        return np.zeros(len(zone), dtype=bool)
    return zone["city"].isin(target.cities).to_numpy(copy=True)


MEASURES: dict[str, Callable[[Target, str, Layers], Units]] = {
    "population_share": _population_share,
    "area_share": _area_share,
    "place_share": _place_share,
    "place_count": _place_share,
    "line_share": _line_share,
    "site_count": _site_count,
    "attribute_share": _attribute_share,
    "reported": _reported,
    "none": _none,
}
