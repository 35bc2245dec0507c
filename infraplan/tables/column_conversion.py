"""Columns converted to the type, the unit and the limits of their field. A cell that cannot be converted is a fault and left empty."""

from __future__ import annotations

import difflib
import re
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Bools, Floats
from infraplan.common_fields import Field
from infraplan.presets import load
from infraplan.tables import values
from infraplan.tables.faults import FaultList

SEVERAL = re.compile(r"\s*[+-]?\d+(\.\d+)?°?(\s*[/、;；|]\s*[+-]?\d+(\.\d+)?°?)+\s*")
OF_SECTORS = ("height_m", "tilt_deg", "mechanical_tilt_deg", "electrical_tilt_deg", "carrier_power_dbm")
LARGEST_INTEGER = 2**53  # above this a float is no longer an exact whole number


def converted(column: pd.Series[Any], field: Field, faults: FaultList) -> pd.Series[Any]:
    """The column with the field's type and a fresh index; faults are added, unreadable cells are empty."""
    if field.kind in ("number", "integer"):
        return _numeric(column, field, faults)
    if field.kind == "boolean":
        answers, unread = values.booleans(column)
        faults.at(unread, "tables.not_boolean", field.name, values.texts(column))
        return answers
    if field.kind == "choice":
        return _chosen(column, field, faults)
    if field.kind == "code":
        read, lost = values.codes(column)
        rule = "tables.code_was_float" if pd.api.types.is_float_dtype(column.dtype) else "tables.code_lost_digits"
        faults.at(lost, rule, field.name, read)
        return pd.Series(read, dtype=str)
    if field.kind == "date":
        read, unread = values.dates(column)
        faults.at(unread, "tables.not_a_date", field.name, values.texts(column))
        return pd.Series(read, dtype=str)
    return pd.Series(values.texts(column), dtype=str)


def _chosen(column: pd.Series[Any], field: Field, faults: FaultList) -> pd.Series[Any]:
    """One of the field's words; of an open field any other word as it is, with a warning."""
    found, unknown = values.choices(column, field.name, field.choices)
    cells = values.texts(column)
    if not field.open:
        faults.at(unknown, "tables.not_a_choice", field.name, cells, choices=listed_words(field))
        return pd.Series(found, dtype=str)
    spellings = values.word_table(field.name, field.choices)

    def nearest(position: int) -> dict[str, object]:
        near = difflib.get_close_matches(str(values.folded(cells[[position]])[0]), spellings, n=1, cutoff=0.6)
        return {"nearest": f" ({near[0]} = {spellings[near[0]]}?)" if near else ""}

    faults.at(unknown, "tables.not_a_known_word", field.name, cells, severity="warning", detail=nearest, choices=listed_words(field))
    return pd.Series(np.where(unknown, cells, found).astype(object), dtype=str)


def listed_words(field: Field) -> str:
    """The words of a choice, each with its Chinese where the alias table has one: "学校 school, 医院 hospital"."""
    groups = load("aliases").get(field.name, {})
    return ", ".join(f"{groups[word][0]} {word}" if groups.get(word) else word for word in field.choices)


def _numeric(column: pd.Series[Any], field: Field, faults: FaultList) -> pd.Series[Any]:
    unit = faults.units.get(field.name, "")
    factor = 1.0 if unit == "w" else load("aliases")["units"].get(field.unit or "share", {}).get(unit, 1.0)
    read, unread = values.numbers(column, field.unit, factor)
    cells = column.to_numpy(object)
    if field.unit == "dBm" and unit == "w":
        with np.errstate(divide="ignore", invalid="ignore"):
            read = 10.0 * np.log10(read) + 30.0
        unread |= np.isneginf(read)
        read[~np.isfinite(read)] = np.nan
    report_unread(unread, "tables.not_a_number", field.name, column, faults, example=field.example or "150")
    if field.minimum is not None:
        low = read < field.minimum
        rule = "tables.negative" if field.minimum == 0 else "tables.too_small"
        faults.at(low, rule, field.name, cells, limit=f"{field.minimum:g}", unit=field.unit)
        read[low] = np.nan
    if field.maximum is not None:
        high = read > field.maximum
        faults.at(high, "tables.too_large", field.name, cells, limit=f"{field.maximum:g}", unit=field.unit)
        read[high] = np.nan
    _improbable(read, field, cells, faults)
    if field.kind == "number":
        return pd.Series(read)
    huge = np.abs(read) >= LARGEST_INTEGER
    faults.at(huge, "tables.too_large", field.name, cells, limit=f"{LARGEST_INTEGER:g}", unit=field.unit)
    read[huge] = np.nan
    nearest = np.round(read)
    broken = np.abs(read - nearest) > 1e-6
    faults.at(broken, "tables.not_whole", field.name, cells)
    nearest[broken] = np.nan
    return pd.Series(nearest).astype("Int64")


def report_unread(unread: Bools, rule: str, name: str, column: pd.Series[Any], faults: FaultList, example: str = "") -> None:
    """Cells that are no number: those with a decimal comma get that advice, the others `rule`."""
    if not unread.any():
        return
    cells = values.texts(column)
    commas = unread & values.decimal_commas(cells)
    several = unread & ~commas & np.fromiter((bool(SEVERAL.fullmatch(str(cell))) for cell in cells), dtype=bool, count=len(cells))
    if several.any():
        one = "tables.several_sectors" if name in OF_SECTORS else "tables.several_numbers"
        faults.at(several, one, name, cells, quantity=faults.headings.get(name, name), example=example or "150")
    faults.at(commas, "tables.decimal_comma", name, cells, detail=lambda row: {"point": str(cells[row]).replace(",", ".")})
    faults.at(unread & ~commas & ~several, rule, name, cells, example=example)


def _improbable(read: Floats, field: Field, cells: Any, faults: FaultList) -> None:
    odd = np.zeros(len(read), dtype=bool)
    if field.likely_minimum is not None:
        odd |= read < field.likely_minimum
    if field.likely_maximum is not None:
        odd |= read > field.likely_maximum
    low = "-∞" if field.likely_minimum is None else f"{field.likely_minimum:g}"
    high = "∞" if field.likely_maximum is None else f"{field.likely_maximum:g}"
    faults.at(odd, "tables.improbable", field.name, cells, severity="warning", low=low, high=high, unit=field.unit)
