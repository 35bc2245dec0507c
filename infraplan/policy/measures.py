"""One function a measure: from a target and the layers to units that can be added up over zones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from infraplan.arrays import Bools
from infraplan.policy.areas_and_lines import (
    areas,
    finest_zones,
    piece_statuses,
    pieces_counted,
    pieces_measured,
    pieces_of_lines,
    polygon_rows,
    zones_of_pieces,
)
from infraplan.policy.counted_rows import (  # fmt: skip
    in_scope,
    other_places,
    other_rows,
    other_villages,
    place_rows,
    residents_rows,
    site_rows,
    village_rows,
    where_rows,
)
from infraplan.policy.counted_units import Note, Units, missing, units_by_code
from infraplan.policy.judgements import also_notes, place_codes, village_codes
from infraplan.policy.layers import Layers, answers, is_synthetic, residents, table_of, zones_of_rows, zones_of_some
from infraplan.policy.site_counts import in_period, other_counts, site_weights
from infraplan.policy.statuses import places_measured, villages_at_own_point, villages_measured
from infraplan.policy.targets import Target

ATTRIBUTE_UNITS = {"villages": "places", "places": "places", "sites": "sites"}
"""What the rows of a table are, where a share of them is counted; other tables have rows."""


def units_of(target: Target, network: str, layers: Layers) -> Units:
    """The units of a target on one network."""
    return MEASURES[target.shape](target, network, layers)


def _population_share(target: Target, network: str, layers: Layers) -> Units:
    if target.family not in layers.cover.families:
        return missing(f"coverage {target.family}", "people")
    if layers.villages is None:
        return missing("villages", "people")
    if target.setting != "all" and not answers(layers, "villages", "urban")[1].any():
        return missing("villages.urban", "people")
    rows, notes = residents_rows(target, layers)
    codes, people = villages_at_own_point(target, network, layers), residents(layers).astype(float)
    zone, left_out = (zones_of_some(layers, "villages", some) for some in (rows, ~rows))
    synthetic = layers.synthetic_network or is_synthetic(layers, "villages")
    rests = villages_measured(target, network, layers)[rows]
    return units_by_code(zone, people[rows], codes[rows], "people", synthetic, notes, rests, (zone.iloc[:0], left_out))


def _area_share(target: Target, network: str, layers: Layers) -> Units:
    if target.family not in layers.cover.families:
        return missing(f"coverage {target.family}", "km2")
    if target.place_classes:
        rows = place_rows(target, layers)
        if rows is None:
            return missing("、".join(target.place_classes), "km2")
        polygons = rows & polygon_rows(layers)
        if not polygons.any():
            return missing("、".join(target.place_classes) + " (polygons)", "km2")
        zone, synthetic, chosen = zones_of_some(layers, "places", polygons), is_synthetic(layers, "places"), polygons
        area_km2, served_km2 = areas(target, network, layers, chosen)
        unsaid, others = other_places(target, layers, rows)
        unsaid = pd.concat([unsaid, zones_of_some(layers, "places", rows & ~polygons)])
    else:
        leaves = finest_zones(layers)
        area_km2, served_km2 = areas(target, network, layers, None)
        zone = layers.keep("leaf zone", lambda: _leaf_zone(layers))
        inside = in_scope(target, zone)
        zone, area_km2, served_km2, synthetic = zone.loc[inside], area_km2[inside], served_km2[inside], False
        unsaid, others = zone.iloc[:0], zone.iloc[:0]
        assert len(leaves) == len(inside)
    none = np.zeros(len(area_km2))
    return Units(zone, area_km2, served_km2, none, none, "km2", layers.synthetic_network or synthetic, unsaid=unsaid, others=others)


def _leaf_zone(layers: Layers) -> pd.DataFrame:
    from infraplan.geo.zonal import levels_of, membership

    leaves = finest_zones(layers)
    level = levels_of(layers.zones)[-1]
    return membership(leaves.assign(**{level: leaves["adcode"]}), layers.zones)


def _place_share(target: Target, network: str, layers: Layers) -> Units:
    if target.family not in layers.cover.families:
        return missing(f"coverage {target.family}", "places")
    if target.layer == "villages":
        if layers.villages is None:
            return missing("villages", "places")
        rows, notes = village_rows(target, layers)
        codes = village_codes(target, network, layers)[rows]
        if target.check_points and not _has_check_points(target, layers):
            notes += (("evidence_no_check_points", {}),)
        zone, synthetic = zones_of_some(layers, "villages", rows), layers.synthetic_network or is_synthetic(layers, "villages")
        rests = villages_measured(target, network, layers)[rows] if not target.check_points else None
        notes, beside = notes + also_notes(target, layers), other_villages(target, layers, rows)
        return units_by_code(zone, np.ones(len(codes)), codes, "places", synthetic, notes, rests, beside)
    rows_of_class = place_rows(target, layers)
    if rows_of_class is None:
        return missing("、".join(target.place_classes), "places")
    codes, notes = place_codes(target, network, layers, rows_of_class)
    if target.check_points and not _has_check_points(target, layers):
        notes += (("evidence_no_check_points", {}),)
    made_up = answers(layers, "places", "synthetic")[0][rows_of_class].any()
    synthetic = bool(layers.synthetic_all or layers.synthetic_network or made_up)
    rests = places_measured(target, network, layers, rows_of_class) if not target.check_points else None
    zone, beside = zones_of_some(layers, "places", rows_of_class), other_places(target, layers, rows_of_class)
    return units_by_code(zone, np.ones(len(codes)), codes, "places", synthetic, notes, rests, beside)


def _has_check_points(target: Target, layers: Layers) -> bool:
    places = layers.places
    return bool(places is not None and "village" in places and places["place_class"].isin(target.check_points).any())


def _line_share(target: Target, network: str, layers: Layers) -> Units:
    if target.family not in layers.cover.families:
        return missing(f"coverage {target.family}", "km")
    lines = layers.corridors
    wanted = None if lines is None else lines["line_class"].isin(target.line_classes).to_numpy()
    if wanted is None or not wanted.any():
        return missing("、".join(target.line_classes), "km")
    pieces = pieces_of_lines(layers)
    zone = zones_of_pieces(layers)
    rows = wanted[pieces["line"].to_numpy()] & in_scope(target, zone) & pieces_counted(layers)
    codes, km = piece_statuses(target, network, layers)[rows], pieces["length_km"].to_numpy()[rows]
    notes: tuple[Note, ...] = ()
    tunnel_km = float(km[answers(layers, "corridors", "tunnel")[0][pieces["line"].to_numpy()][rows]].sum())
    if tunnel_km:
        notes += (("evidence_tunnel", {"km": f"{tunnel_km:.1f}"}),)
    synthetic = bool(layers.synthetic_all or answers(layers, "corridors", "synthetic")[0][wanted].any())
    rests = pieces_measured(target, network, layers)[rows]
    return units_by_code(zone.loc[rows], km, codes, "km", layers.synthetic_network or synthetic, notes, rests)


def _attribute_share(target: Target, network: str, layers: Layers) -> Units:
    name = target.layer or target.register
    table = table_of(layers, name)
    if table is None or not len(table):
        return missing(name, "rows")
    notes: tuple[Note, ...] = ()
    if name == "villages":
        rows, notes = village_rows(target, layers)
        unsaid, others = other_villages(target, layers, rows)
    elif name == "places":
        found = place_rows(target, layers)
        if found is None:
            return missing("、".join(target.place_classes), "rows")
        rows, (unsaid, others) = found, other_places(target, layers, found)
    else:
        rows = where_rows(target, layers, name) & in_scope(target, zones_of_rows(layers, name))
        if name == "sites":
            rows = site_rows(target, layers)
        if name == "corridors" and target.line_classes:
            rows &= table["line_class"].isin(target.line_classes).to_numpy()
        unsaid, others = other_rows(target, layers, name, rows)
    if target.where and not any(column in table for column in target.where):
        return missing(f"{name}.{next(iter(target.where))}", "rows")
    if target.column not in table or (rows.any() and not table.loc[rows, target.column].notna().any()):
        return missing(f"{name}.{target.column}", "rows")
    if target.at_least is None:
        says, said = (answer[rows] for answer in answers(layers, name, target.column))
    else:
        values = pd.to_numeric(table.loc[rows, target.column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        says, said = np.nan_to_num(values, nan=-np.inf) >= target.at_least, ~np.isnan(values)
    weight = np.ones(int(rows.sum()))
    if target.weight:
        if target.weight not in table:
            return missing(f"{name}.{target.weight}", "rows")
        weight = pd.to_numeric(table.loc[rows, target.weight], errors="coerce").fillna(0.0).to_numpy(dtype=float)
    zone, none, reports = zones_of_some(layers, name, rows), np.zeros(len(weight)), bool(target.register and target.weight)
    parts = weight, weight * says, none, weight * ~said
    unit = target.unit or ATTRIBUTE_UNITS.get(name, "rows")
    return Units(zone, *parts, unit, is_synthetic(layers, name), notes, unsaid=unsaid, others=others, reports=reports)


def _site_count(target: Target, network: str, layers: Layers) -> Units:
    sites = layers.sites
    if sites is None or not len(sites):
        return missing("sites", "sites")
    rows = site_rows(target, layers)
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
    weight = site_weights(target.count_basis, sites, rows)
    zone, none = zones_of_some(layers, "sites", rows), np.zeros(int(rows.sum()))
    return Units(zone, weight[rows], (weight * sure)[rows], none, (weight * perhaps)[rows], "sites", is_synthetic(layers, "sites"), notes)


def _reported(target: Target, network: str, layers: Layers) -> Units:
    table = layers.registers.get(target.register)
    if table is None or not len(table) or "value" not in table:
        return missing(target.register, "rows")
    zone = zones_of_rows(layers, target.register)
    rows = in_scope(target, zone) & ~_summed_elsewhere(zone)
    value = pd.to_numeric(table.loc[rows, "value"], errors="coerce").fillna(0.0).to_numpy(dtype=float)
    none = np.zeros(len(value))
    return Units(zone.loc[rows], value, value, none, none, target.unit or "people", is_synthetic(layers, target.register), reports=True)


def _summed_elsewhere(zone: pd.DataFrame) -> Bools:
    """Rows of a zone whose own parts report too: their figures are in those of the parts."""
    above = np.zeros(len(zone), dtype=bool)
    for level, below in zip(zone.columns, zone.columns[1:], strict=False):
        finer = set(zone.loc[zone[below] != "", level]) - {""}
        above |= ((zone[below] == "") & zone[level].isin(finer)).to_numpy()
    return above


def _none(target: Target, network: str, layers: Layers) -> Units:
    return missing("-", "rows")


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
