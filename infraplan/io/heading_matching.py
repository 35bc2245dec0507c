"""Matching of headings, as clerks write them, to the fields by name, label and alias."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from infraplan.fields import TABLES
from infraplan.presets import load

HEADER_DEPTH = 30  # the header is within this number of first rows
DATUMS = (
    ("bd09mc", re.compile(r"bd[-_ ]?09[-_ ]?mc|百度墨卡托")),
    ("bd09", re.compile(r"bd[-_ ]?09(ll)?|百度|baidu")),
    ("gcj02", re.compile(r"gcj[-_ ]?02|gcj|火星坐标系?|高德|amap|腾讯")),
    ("wgs84", re.compile(r"wgs[-_ ]?(19)?84|gps")),
    ("cgcs2000", re.compile(r"cgcs[-_ ]?2000|国家2000|2000国家大地坐标系?|大地2000")),
    ("xian80", re.compile(r"xi'?an[-_ ]?(19)?80|西安80")),
    ("beijing54", re.compile(r"bei?jing[-_ ]?(19)?54|北京54")),
)
BRACKETS = re.compile(r"[(\[【{]([^)\]】}]*)[)\]】}]$")
AFTER_SLASH = re.compile(r"[/,:]([^/,:]+)$")
UNIT_ENDINGS = re.compile(r"(mhz|ghz|dbm|dbw|km|米|公里|千米|度|°|万人|千人|人|户|万户|%|ft|m|w|瓦)$")
NUMBERED = re.compile(r"[(\[]?第?(?:扇区|小区|cell|sector)?[\d一二三四五六](?:扇区|小区|cell|sector)?[)\]]?")
IGNORED = re.compile(r"[\s_\-*:·'\"“”]+")


@dataclass(frozen=True)
class Heading:
    """The parts of a heading: the words that may be its key, its unit, its datum."""

    keys: tuple[str, ...]
    unit: str = ""
    datum: str = ""


@cache
def parse_heading(text: str) -> Heading:
    """Keys to look up, most literal first; the unit and the datum the heading carries."""
    plain = unicodedata.normalize("NFKC", text[:200]).strip().lower()
    datum = ""
    bare = plain
    for name, pattern in DATUMS:
        if pattern.search(bare):
            datum, bare = name, pattern.sub("", bare)
            break
    bare = re.sub(r"坐标系?$", "", re.sub(r"[(\[【][\s_\-]*[)\]】]", "", bare)) or bare
    keys: list[str] = []
    unit = ""
    for stem in (plain, bare):
        keys.append(IGNORED.sub("", stem))
        for pattern in (BRACKETS, AFTER_SLASH, UNIT_ENDINGS):
            match = pattern.search(stem)
            if match and match.start() > 0:
                keys.append(IGNORED.sub("", stem[: match.start()]))
                unit = unit or match.group(1).strip()
    return Heading(tuple(dict.fromkeys(key for key in keys if key)), unit, datum)


@cache
def _lookup(table: str) -> dict[str, tuple[tuple[int, str], ...]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for field in TABLES.get(table, ()):
        for rank, alias in enumerate((field.name, field.zh, field.en, *field.aliases)):
            key = IGNORED.sub("", unicodedata.normalize("NFKC", alias).lower())
            if all(name != field.name for _, name in found.get(key, [])):
                found.setdefault(key, []).append((rank, field.name))
    return {key: tuple(entries) for key, entries in found.items()}


def recognise(headings: Sequence[str], table: str) -> dict[int, str]:
    """Position -> field name. A field takes the heading that comes first in its aliases; the others stay as they are."""
    lookup = _lookup(table)
    claims: list[tuple[int, int, str]] = []
    for position, text in enumerate(headings):
        found = next((lookup[key] for key in parse_heading(str(text)).keys if key in lookup), ())
        claims += [(rank, position, name) for rank, name in found]
    taken: dict[int, str] = {}
    for _, position, name in sorted(claims):
        if position not in taken and name not in taken.values():
            taken[position] = name
    return taken


def second_headings(headings: Sequence[str], taken: dict[int, str], table: str) -> dict[int, str]:
    """Position -> field of the headings that mean a field to which another heading is matched."""
    lookup, found = _lookup(table), {}
    for position, text in enumerate(headings):
        if position not in taken:
            entries = next((lookup[key] for key in parse_heading(str(text)).keys if key in lookup), ())
            if entries:
                found[position] = min(entries)[1]
    return found


def numbered_azimuths(headings: Sequence[str], taken: dict[int, str]) -> list[int]:
    """Positions of azimuths that have a column each: 方位角1, 方位角2 ... or 扇区1方位角; none where there is one."""
    lookup = _lookup("site")
    found = []
    for position, text in enumerate(headings):
        plain = IGNORED.sub("", unicodedata.normalize("NFKC", str(text)[:200]).lower())
        bare = NUMBERED.sub("", plain)
        if position not in taken and bare != plain and any(name == "azimuth_deg" for _, name in lookup.get(bare, ())):
            found.append(position)
    return found if len(found) > 1 else []


def units_of(headings: Sequence[str], taken: dict[int, str], table: str) -> dict[str, str]:
    """Field name -> the unit its heading carries, where the alias table knows that unit for the field."""
    units, fields = load("aliases")["units"], TABLES.get(table, ())
    known = {field.name: {*units.get(field.unit or "share", {}), *(["w", "瓦"] if field.unit == "dBm" else [])} for field in fields}
    found = {name: parse_heading(str(headings[position])).unit for position, name in taken.items()}
    return {name: "w" if unit == "瓦" else unit for name, unit in found.items() if unit in known[name]}


def datum_of(headings: Sequence[str], taken: dict[int, str]) -> str:
    """The datum the headings of the coordinates name; "" where they name none."""
    named = [parse_heading(str(headings[position])).datum for position, name in taken.items() if name in ("lon", "lat", "lonlat")]
    return next((datum for datum in named if datum), "")


def header_depth(rows: Sequence[Sequence[object]], table: str) -> tuple[int, int]:
    """(index of the header's first row, how many rows it takes): the row among the first ones most of whose cells are known headings.

    A header may take two rows (位置 merged over 经度 and 纬度): then both joined must know more columns than the first alone.
    """
    best, where, height = 0, 0, 1
    for index, row in enumerate(rows[:HEADER_DEPTH]):
        known = len(recognise([str(cell) for cell in row], table))
        if known > best:
            best, where, height = known, index, 1
        if index + 1 < len(rows) and known:
            joined = len(recognise(joined_headings(row, rows[index + 1]), table))
            if joined > best:
                best, where, height = joined, index, 2
    return where, height


def joined_headings(upper: Sequence[object], lower: Sequence[object]) -> list[str]:
    """Headings of a header of two rows: the lower cell where it is not empty, else the upper one."""
    width = max(len(upper), len(lower))
    padded = [[*(str(cell).strip() for cell in row), *[""] * (width - len(row))] for row in (upper, lower)]
    return [below or above for above, below in zip(*padded, strict=True)]
