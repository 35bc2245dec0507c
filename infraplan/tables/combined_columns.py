"""Columns that are combined into one: both tilts into the tilt, the operator and those it shares with into the operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.arrays import Texts
from infraplan.fields import TABLES, field_of
from infraplan.messages import Bilingual
from infraplan.presets import load
from infraplan.tables.column_conversion import converted
from infraplan.tables.faults import FaultList
from infraplan.tables.radio_names import operator_sets
from infraplan.tables.values import folded, texts

TILT_TOLERANCE_DEG = 0.5  # interpretation: tables round their tilts by less
TILT_PARTS = ("mechanical_tilt_deg", "electrical_tilt_deg")


def with_whole_tilt(frame: gpd.GeoDataFrame, faults: FaultList) -> gpd.GeoDataFrame:
    """The frame with the mechanical and the electrical tilt added up to `tilt_deg` where the table has no column for the whole."""
    there = [name for name in TILT_PARTS if name in frame]
    if not there:
        return frame
    parts = [converted(frame[name].reset_index(drop=True), field_of("site", name), faults).to_numpy(float) for name in there]
    stated = np.logical_or.reduce([~np.isnan(part) for part in parts])
    total = np.where(stated, np.sum([np.nan_to_num(part) for part in parts], axis=0), np.nan)
    rest = frame.drop(columns=there)
    if "tilt_deg" not in frame:
        return rest.assign(tilt_deg=total)
    whole = converted(frame["tilt_deg"].reset_index(drop=True), field_of("site", "tilt_deg"), FaultList()).to_numpy(float)
    if len(there) == 2:
        differ = stated & ~np.isnan(whole) & (np.abs(np.nan_to_num(whole) - np.nan_to_num(total)) > TILT_TOLERANCE_DEG)
        faults.at(differ, "tables.tilt_parts_differ", "tilt_deg", texts(frame["tilt_deg"]), severity="warning",
                  detail=lambda row: {"difference": f"{whole[row] - total[row]:+.1f}"})  # fmt: skip
    else:
        own, other = field_of("site", "tilt_deg"), field_of("site", there[0])
        whole_heading, part_heading = (Bilingual(faults.headings.get(field.name, field.zh), field.en) for field in (own, other))
        faults.add("tables.tilt_part_unused", column=there[0], severity="warning", whole=whole_heading, part=part_heading)
    blank = np.isnan(whole) & stated & (texts(frame["tilt_deg"]) == "")
    cells = frame["tilt_deg"].astype(object).to_numpy().copy()
    cells[blank] = total[blank]
    return rest.assign(tilt_deg=cells)


def all_operators(frame: pd.DataFrame, faults: FaultList, own_operators: Sequence[str] = ()) -> Texts:
    """Sorted codes joined by "+" of every site: its operators and those it is shared with; "" where the table is silent."""
    length = len(frame)
    own = operator_sets(frame["operators"], faults, own=own_operators) if "operators" in frame else np.full(length, "", dtype=object)
    if "shared_with" not in frame:
        return own
    column = frame["shared_with"].reset_index(drop=True)
    alone = np.isin(folded(texts(column)).astype(str), load("aliases")["not_shared"]["words"])
    shared = operator_sets(column.where(~alone, ""), faults, "shared_with", own_operators)
    joined = ["+".join(sorted({*first.split("+"), *second.split("+")} - {""})) for first, second in zip(own, shared, strict=True)]
    return np.array(joined, dtype=object)


def without_parts(frame: gpd.GeoDataFrame, table: str) -> gpd.GeoDataFrame:
    """The frame without the columns that have been joined into others."""
    return frame.drop(columns=[field.name for field in TABLES[table] if field.part_of and field.name in frame])


def named_by_committee(names: Any, committees: Any) -> Any:
    """Names of villages; where there is none, that of the village committee."""
    return names.where(names != "", committees)
