"""Codes of zones: any text where level and parent are stated; else the digits of a Chinese code give both."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Texts
from infraplan.tables.faults import FaultList

LEVELS = ("province", "city", "county", "township")
SCHEMES = ("china", "text")
CODE_DIGITS = {"province": 2, "city": 4, "county": 6, "township": 9}
ADMINISTRATIVE_CODE = re.compile(r"[1-9]\d(\d{2}(\d{2}(\d{3}(\d{3})?)?)?)?")
"""2, 4, 6, 9 or 12 digits, as GB/T 2260 and GB/T 10114 write them: province, city, county, township, village."""


def code_of_level(code: str, level: str) -> str:
    """A 6-, 9- or 12-digit code cut to a level: 440281102000 is the county 440281 and the city 440200."""
    digits = CODE_DIGITS[level]
    return code[:digits].ljust(6, "0") if len(code) >= digits else code.ljust(6, "0")


def with_zone_codes(zones: gpd.GeoDataFrame, level: str | None, codes: str | None, faults: FaultList) -> gpd.GeoDataFrame:
    """`level`, `adcode` and `parent` of zones, from what the rows state, else from the digits of Chinese codes.

    Parameters
    ----------
    zones : GeoDataFrame
        Columns level, adcode and parent as text, "" where the row does not state it.
    level : str, optional
        Level of the rows that state none.
    codes : {"china", "text"}, optional
        "china": every code is a Chinese one of 6, 9 or 12 digits. "text": codes are taken as they are. Without it the table decides:
        Chinese where most codes are, and then a row may still have any code if it states level and parent.
    """
    code, stated, parent = (zones[name].to_numpy(object) for name in ("adcode", "level", "parent"))
    stated = np.where((stated == "") & (level is not None), level or "", stated).astype(object)
    known = code != ""
    shaped = np.array([bool(ADMINISTRATIVE_CODE.fullmatch(one)) for one in code], dtype=bool)
    china = codes == "china" or (codes is None and _mostly_chinese(code, stated, shaped))
    own_words = (stated != "") & ((parent != "") | (stated == "province") | (not china))
    wrong = known & ~shaped if codes == "china" else known & ~((shaped & china) | own_words)
    faults.at(wrong, "tables.bad_adcode" if china or shaped.all() else "tables.zone_without_level", "adcode", code)
    digits = shaped & china & ~wrong
    levels = np.where((stated == "") & digits, _each(_level_of, code), np.where(stated == "", "county", stated)).astype(object)
    short = np.where(digits, _each(_cut, code, levels), code).astype(object)
    above = np.where(digits, _each(_parent, short, levels, parent), parent).astype(object)
    return zones.assign(level=_column(levels), adcode=_column(short), parent=_column(above))


def _mostly_chinese(code: Texts, stated: Texts, shaped: npt.NDArray[np.bool_]) -> bool:
    """Whether codes of 6 and more digits that have the Chinese shape make up most of a table, or no row states its level."""
    known = code != ""
    if not (stated[known] != "").any():
        return bool(shaped.any())
    long = np.array([len(one) >= 6 for one in code], dtype=bool)
    return bool((shaped & long).sum() * 2 > known.sum())


def _level_of(code: str) -> str:
    if len(code) in (9, 12):
        return "township"
    padded = code.ljust(6, "0")
    return "province" if padded.endswith("0000") else "city" if padded.endswith("00") else "county"


def _cut(code: str, level: str) -> str:
    """Six digits of a county and above; a code of six digits keeps them, whatever its level: 429004 is a city too."""
    return code if level == "township" else code[:6].ljust(6, "0")


def _parent(code: str, level: str, stated: str) -> str:
    """The parent stated, in six digits where it is a Chinese code, else the one of the digits."""
    if stated:
        return _cut(stated, "county") if ADMINISTRATIVE_CODE.fullmatch(stated) else stated
    return {"province": "", "city": code[:2] + "0000", "county": code[:4] + "00", "township": code[:6]}[level]


def _each(of: Callable[..., str], *columns: Texts) -> Texts:
    """A function of each row's texts."""
    return np.array([of(*row) for row in zip(*columns, strict=True)] or [""], dtype=object)[: len(columns[0])]


def _column(cells: Texts) -> pd.Series[Any]:
    return pd.Series(cells, dtype=str)
