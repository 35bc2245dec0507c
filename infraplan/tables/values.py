"""Values of cells: text, codes, numbers, yes and no, dates.

Whole columns at a time; every function also says which cells it could not read.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Bools, Floats, Texts
from infraplan.presets import load

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
LARGEST_EXACT = 2**53  # above this a float is no longer an exact whole number
YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?(?:[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?")
COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})?")
WATTS = -1.0  # in place of a factor: the number becomes a logarithm
SCIENTIFIC = re.compile(r"\d(\.\d+)?e\+?\d+", re.IGNORECASE)


def _one_text(value: object) -> str:
    if isinstance(value, str):
        return value.strip().lstrip("\ufeff")
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        number = float(value)
        if number != number:
            return ""
        if not number.is_integer():
            return repr(number)
        return str(int(number)) if abs(number) < LARGEST_EXACT else f"{number:e}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ") if value.time() != datetime.time() else value.date().isoformat()
    return str(value).strip()


def _objects(cells: list[str]) -> Texts:
    made: Texts = np.empty(len(cells), dtype=object)
    made[:] = cells
    return made


def texts(column: pd.Series[Any]) -> Texts:
    """Every cell as stripped text; "" where it is empty. Whole numbers lose the ".0" that Excel gives them."""
    if isinstance(column.dtype, pd.StringDtype):
        return column.fillna("").str.strip().to_numpy(object).copy()
    return _objects([_one_text(value) for value in column.to_numpy(object)])


def folded(cells: Texts) -> Texts:
    """Texts for comparing: full-width letters made narrow, lower case, no blanks around. Cheap, since distinct values are few."""
    codes, values = pd.factorize(cells)
    plain = np.array([unicodedata.normalize("NFKC", str(value)).strip().lower() for value in values] or [""], dtype=object)
    return np.asarray(plain[codes], dtype=object)


def no_answer(cells: Texts) -> Bools:
    """True where a cell is empty or holds a usual sign for nothing, such as - or N/A."""
    words = load("aliases")["nothing"]["words"]
    lengths = np.fromiter(map(len, cells), dtype=np.int64, count=len(cells))
    nothing: Bools = np.asarray(lengths == 0, dtype=bool)
    short = np.flatnonzero((lengths > 0) & (lengths <= max(map(len, words))))
    if short.size:
        nothing[short] = np.isin(folded(cells[short]).astype(str), words)
    return nothing


def _one_number(text: str, units: dict[str, float], factor: float) -> float:
    """The number of a cell, times the factor of the unit behind it, else `factor`; watts become dBm where the unit is dBm."""
    plain = unicodedata.normalize("NFKC", text).strip().lower().lstrip("'")
    for word in sorted(units, key=len, reverse=True):
        if plain.endswith(word):
            plain, factor = plain[: -len(word)].strip(), units[word]
            break
    if THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if not NUMBER.fullmatch(plain):
        return float("nan")
    if factor == WATTS:
        return 10.0 * math.log10(float(plain)) + 30.0 if float(plain) > 0 else float("nan")
    return float(plain) * factor


def numbers(column: pd.Series[Any], unit: str = "", factor: float = 1.0) -> tuple[Floats, Bools]:
    """(values, unreadable): NaN where a cell is empty or unreadable; infinity and the like are unreadable.

    A unit behind a number is applied; `factor` multiplies the numbers without one.
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        return np.full(len(column), np.nan), np.asarray(column.notna(), dtype=bool)
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        values = column.to_numpy(np.float64, na_value=np.nan).copy()
        wild = np.isinf(values)
        values[wild] = np.nan
        return values * factor, wild
    if isinstance(column.dtype, pd.StringDtype):
        values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan).copy()
    else:
        cells = column.to_numpy(object)
        plain = set(map(type, cells)) <= {float, int, str, type(None)}
        values = (
            np.array(pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce"), dtype=float) if plain else np.full(len(cells), np.nan)
        )
    unsure = np.flatnonzero(~np.isfinite(values))
    values *= factor
    unread = np.zeros(len(values), dtype=bool)
    if unsure.size:
        units = {unit.lower(): 1.0} | load("aliases")["units"].get(unit, {}) if unit else {}
        units |= {"w": WATTS, "瓦": WATTS} if unit == "dBm" else {}
        said = texts(column.iloc[unsure])
        again = {cell: _one_number(cell, units, factor) for cell in dict.fromkeys(said)}
        values[unsure] = [again[cell] for cell in said]
        values[np.isinf(values)] = np.nan
        unread[unsure] = np.isnan(values[unsure]) & ~no_answer(said)
    return values, unread


def decimal_commas(cells: Texts) -> Bools:
    """True where a cell is a number whose decimals follow a comma."""
    return np.fromiter((bool(DECIMAL_COMMA.fullmatch(str(cell).strip())) for cell in cells), dtype=bool, count=len(cells))


def codes(column: pd.Series[Any]) -> tuple[Texts, Bools]:
    """(codes as text, unreadable): digits that Excel turned into numbers come back; a code in scientific notation has lost digits."""
    cells = texts(column)
    odd = np.array([not cell.isascii() or cell[:1] == "'" or cell[-2:] == ".0" for cell in cells], dtype=bool)
    for position in np.flatnonzero(odd):
        cell = unicodedata.normalize("NFKC", cells[position]).strip().lstrip("'")
        cells[position] = cell[:-2] if cell.endswith(".0") and cell[:-2].isdigit() else cell
    cells[no_answer(cells)] = ""
    lost = np.array([("e" in cell or "E" in cell) and bool(SCIENTIFIC.fullmatch(cell)) for cell in cells], dtype=bool)
    return cells, lost


def word_table(group: str, known: Collection[str]) -> dict[str, str]:
    """How each of the known words of an alias table may be written (folded) -> the word."""
    return _word_table(group, tuple(known))


@cache
def _word_table(group: str, known: tuple[str, ...]) -> dict[str, str]:
    table = {alias: word for word, aliases in load("aliases").get(group, {}).items() if word in known for alias in (*aliases, word)}
    return table | dict(zip(map(str, folded(np.array([*known], dtype=object))), known, strict=False))


def choices(column: pd.Series[Any], group: str, known: tuple[str, ...]) -> tuple[Texts, Bools]:
    """(canonical words, unknown): by the alias table `group`; "" where empty."""
    table = word_table(group, known)
    cells = folded(texts(column))
    empty = no_answer(cells)
    found = np.array([table.get(cell, "") for cell in cells], dtype=object)
    return found, np.asarray((found == "") & ~empty, dtype=bool)


def booleans(column: pd.Series[Any]) -> tuple[pd.Series[Any], Bools]:
    """(nullable booleans, unreadable)."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("boolean").reset_index(drop=True), np.zeros(len(column), dtype=bool)
    words = load("aliases")["boolean"]
    cells = folded(texts(column))
    yes, no = np.isin(cells.astype(str), words["yes"]), np.isin(cells.astype(str), words["no"])
    values = pd.Series(pd.array(np.where(yes, True, False), dtype="boolean"))
    values[~(yes | no)] = pd.NA
    return values, np.asarray(~(yes | no | no_answer(cells)), dtype=bool)


def _one_date(text: str) -> str | None:
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.isdigit() and len(plain) == 5 and 20_000 <= int(plain) <= 80_000:  # a day number of Excel, 1954 to 2119
        return (datetime.date(1899, 12, 30) + datetime.timedelta(days=int(plain))).isoformat()
    match = YEAR_FIRST.fullmatch(plain) or COMPACT_DATE.fullmatch(plain)
    if match is None:
        return plain if plain.isdigit() and 1900 <= int(plain) <= 2100 else None
    year, month, day = match.group(1), match.group(2), match.group(3)
    try:
        return datetime.date(int(year), int(month), int(day or 1)).isoformat()[: 10 if day else 7]
    except ValueError:
        return None


def dates(column: pd.Series[Any]) -> tuple[Texts, Bools]:
    """(ISO texts, unreadable): "2020-06-30", or "2020-06" and "2020" where the file says no more; "" where empty."""
    cells = texts(column)
    empty = no_answer(cells)
    once = {cell: _one_date(cell) for cell in dict.fromkeys(cells)}
    read = np.array([once[cell] or "" for cell in cells], dtype=object)
    read[empty] = ""
    return read, np.asarray((read == "") & ~empty, dtype=bool)
