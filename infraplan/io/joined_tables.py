"""From a source to one table with infraplan's column names: each sheet or layer named and located by its own headings, then joined."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.errors import DataError, Fault
from infraplan.fields import TABLES
from infraplan.io.coordinates import choose_datum, locate
from infraplan.io.file_kinds import Source, load_source
from infraplan.io.file_parts import Wanted, columns_of, section_of
from infraplan.io.heading_matching import datum_of, numbered_azimuths, recognise, second_headings, units_of
from infraplan.io.raw_table import RawTable, without_totals
from infraplan.messages import Bilingual
from infraplan.presets import choose
from infraplan.tables.faults import FaultList
from infraplan.tables.values import no_answer, numbers, texts

BASES = ("resident", "registered")
LEVEL_OF_HEADING = {"district": "county", "county": "county", "city": "city", "province": "province"}
WITH_GEOMETRY = ("zone", "corridor", "exclusion")
COALESCED = ("id", "name", "county", "city", "town", "committee", "mast", "adcode", "parent")  # a blank is filled from a second column
NAMES_OF_PARENTS = ("city_name", "province_name")
FREE = ("register", "exclusion")  # tables whose other columns a policy may name, or which need none
MOST_COLUMNS = 20
COMPARED = ("id", "name", "population", "services", "technology", "band", "operators", "azimuth_deg", "cell", "level", "adcode")


def located_table(
    source: Source, table: str, sheet: Wanted, encoding: str | None, *, datum: str | None, crs: str | None, basis: str | None = None,
    optional: bool = False, levels: bool = False, used: Collection[str] = (),
) -> RawTable:  # fmt: skip
    """One table with a geometry in EPSG:4326; the faults of all sheets come at once.

    `optional`: a row may have no geometry. `used`: columns that a policy names, which are not reported as unused.
    `levels`: zones without a column for it take their level from the heading of their codes.
    """
    parts = _named_parts(source, table, sheet, encoding, basis, used)
    found: list[Fault] = []
    for raw in parts:
        try:
            if table in WITH_GEOMETRY and not isinstance(raw.frame, gpd.GeoDataFrame):
                raw.faults.add("io.needs_geometry")
                raw.faults.stop()
            chosen = choose_datum(datum, str(raw.notes["datum"]), raw.faults)
            raw.frame = locate(raw.frame, raw.faults, datum=chosen, crs=crs, optional=optional)
            if levels and "level" not in raw.frame and (hint := _level_of_heading(raw.faults.headings.get("adcode", ""))):
                raw.frame["level"] = hint
        except DataError as error:
            found += error.fault_list
    if found:
        raise DataError(found)
    return _joined(parts, table, used)


def plain_table(
    source: Source, table: str, sheet: Wanted, encoding: str | None, basis: str | None = None, used: Collection[str] = ()
) -> RawTable:
    """One table without a geometry, whatever the file has. `used` as in `located_table`."""
    parts = _named_parts(source, table, sheet, encoding, basis, used)
    for raw in parts:
        if isinstance(raw.frame, gpd.GeoDataFrame):
            raw.frame = pd.DataFrame(raw.frame.drop(columns=raw.frame.geometry.name))
            without_totals(raw)
    return _joined(parts, table)


def _named_parts(
    source: Source, table: str, sheet: Wanted, encoding: str | None, basis: str | None, used: Collection[str]
) -> list[RawTable]:
    if basis is not None:
        choose(basis, BASES, "population_basis")
    parts = [_named(raw, columns_of(table), basis) for raw in load_source(source, table, sheet=sheet, encoding=encoding)]
    strange = [fault for raw in parts for fault in _without_known_heading(raw, table, used)]
    if strange:
        raise DataError(strange)
    return parts


def _without_known_heading(raw: RawTable, table: str, used: Collection[str]) -> list[Fault]:
    """The faults of a plain table without any known heading: it is another table, or none."""
    if isinstance(raw.frame, gpd.GeoDataFrame) or table in WITH_GEOMETRY or raw.faults.headings or "azimuth_deg" in raw.frame:
        return []
    found = [str(name) for name in raw.frame.columns]
    if set(found) & set(used):
        return []
    fields = TABLES[columns_of(table)]
    expected = Bilingual("、".join(field.zh for field in fields), ", ".join(field.name for field in fields))
    raw.faults.add("io.no_known_heading", value=", ".join(found[:MOST_COLUMNS]), expected=expected)
    return raw.faults.items


def _named(raw: RawTable, table: str, basis: str | None) -> RawTable:
    """The table with its known columns under infraplan's names; the file's own names stay in the faults' places."""
    geometry = raw.frame.geometry.name if isinstance(raw.frame, gpd.GeoDataFrame) else None
    headings = [str(name) for name in raw.frame.columns]
    offered = ["" if name == geometry else _of_basis(name, basis) for name in headings]
    taken = recognise(offered, table)
    new = {headings[position]: name for position, name in taken.items()}
    stay = [name for name in headings if name not in new]
    new |= {name: f"{name}_2" for name in stay if name in new.values() and name != geometry}
    raw.faults.headings = {name: headings[position] for position, name in taken.items()}
    raw.faults.units = units_of(headings, taken, table)
    raw.faults.rows = raw.rows
    raw.notes["datum"] = datum_of(headings, taken)
    heading = raw.faults.headings.get("population", "")
    raw.notes["population_basis"] = basis or ("registered" if "户籍" in heading else "resident")
    several = table == "site" and "azimuth_deg" not in new.values()
    ways = [headings[position] for position in numbered_azimuths(headings, taken)] if several else []
    seconds = {headings[position]: name for position, name in second_headings(offered, taken, table).items()}
    if ways:
        raw.frame = raw.frame.assign(azimuth_deg=_cells_joined(raw.frame, ways))
    raw.frame = _filled_from_second(
        raw.frame.rename(columns=new), {new.get(name, name): field for name, field in seconds.items()}, raw.faults
    )
    raw.notes["unused"] = [name for name in stay if name not in ways and name not in seconds and name != geometry]
    return raw if geometry is not None else without_totals(raw)


def _cells_joined(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    """Cells of several columns joined by "/", blanks left out."""
    cells = [texts(frame[name]) for name in columns]
    blank = [no_answer(part) for part in cells]
    return ["/".join(str(part[row]) for part, empty in zip(cells, blank, strict=True) if not empty[row]) for row in range(len(frame))]


def _filled_from_second(frame: pd.DataFrame, seconds: dict[str, str], faults: FaultList) -> pd.DataFrame:
    """The frame with blank names and codes filled from a second column of the same meaning.

    Where the second says something else than the first, a warning says that it was not used.
    """
    for second, name in seconds.items():
        first, other = texts(frame[name]), texts(frame[second])
        blank, silent = no_answer(first), no_answer(other)
        if name in COALESCED and (blank & ~silent).any():
            frame = frame.assign(**{name: pd.Series(np.where(blank, other, first), index=frame.index, dtype=str)})
        if name in ("cell", *COALESCED) or (first == other).all():
            continue
        chosen = faults.headings.get(name, name)
        faults.add("io.second_heading", column=second, severity="warning", first=chosen, second=second.removesuffix("_2"))
    return frame


def _warn_of_unused(parts: list[RawTable], table: str, faults: FaultList, used: Collection[str]) -> None:
    """One line on the columns that are not used; those of zones that name their parents are used."""
    unused = dict.fromkeys(str(name) for raw in parts for name in cast(list[str], raw.notes["unused"]))
    known = {*used, *(NAMES_OF_PARENTS if columns_of(table) == "zone" else ())}
    listed = [name for name in unused if name not in known and not re.fullmatch(r"column_\d+", name)]
    if listed and table not in FREE:
        shown = ", ".join(listed[:MOST_COLUMNS]) + (" …" if len(listed) > MOST_COLUMNS else "")
        faults.add("io.unused_columns", severity="warning", count_columns=len(listed), columns=shown)


def _level_of_heading(heading: str) -> str | None:
    return LEVEL_OF_HEADING.get(heading.partition("_")[0].lower()) if heading.endswith("_adcode") else None


def _of_basis(heading: str, basis: str | None) -> str:
    """A heading of the other population basis is no candidate where the basis is given."""
    other = {"resident": "户籍", "registered": "常住"}.get(basis or "", "")
    return "" if other and other in heading and "人口" in heading else heading


def _joined(parts: list[RawTable], table: str, used: Collection[str] = ()) -> RawTable:
    """The parts under one another; each row keeps its sheet and its number there."""
    if len(parts) == 1:
        _warn_of_unused(parts, table, parts[0].faults, used)
        return parts[0]
    faults = FaultList(file=parts[0].faults.file, headings=parts[0].faults.headings)
    faults.headings_of = {raw.faults.sheet: raw.faults.headings for raw in parts}
    faults.items = [item for raw in parts for item in raw.faults.items]
    faults.rows = np.concatenate([raw.rows for raw in parts])
    faults.sheets = np.repeat(np.array([raw.faults.sheet for raw in parts], dtype=object), [len(raw.frame) for raw in parts])
    if any(raw.faults.reported is not None for raw in parts):
        reported = [np.zeros(len(raw.frame), dtype=bool) if raw.faults.reported is None else raw.faults.reported for raw in parts]
        faults.reported = np.concatenate(reported)
    bases = {str(raw.notes["population_basis"]) for raw in parts if "population" in raw.frame}
    if len(bases) > 1:
        faults.add("io.mixed_bases", column="population", value=" / ".join(sorted(bases)))
    _warn_of_unused(parts, table, faults, used)
    faults.units = _one_unit_each(parts)
    joined: Any = pd.concat([raw.frame for raw in parts], ignore_index=True)
    _report_repeated(joined, faults, table)
    if not faults.failed:
        _report_sums(parts, faults, table)
    return RawTable(joined, faults.rows, faults, parts[0].notes | {"population_basis": sorted(bases)[0] if bases else "resident"})


def _one_unit_each(parts: list[RawTable]) -> dict[str, str]:
    """The unit of each column where all parts that have it agree; where they do not, the unit is written behind each number."""
    units: dict[str, str] = {}
    for name in dict.fromkeys(name for raw in parts for name in raw.faults.units):
        having = [raw for raw in parts if name in raw.frame]
        used = {raw.faults.units.get(name, "") for raw in having}
        if len(used) == 1:
            units[name] = used.pop()
            continue
        for raw in having:
            unit, cells = raw.faults.units.get(name, ""), texts(raw.frame[name])
            raw.frame[name] = pd.Series([f"{cell} {unit}" if cell else "" for cell in cells], index=raw.frame.index, dtype=str)
    return units


def _report_sums(parts: list[RawTable], faults: FaultList, table: str) -> None:
    """A fault where a sheet's people, or one of its rows, are the sum of other sheets: the same people at two levels."""
    people = [numbers(raw.frame["population"], "人")[0] if "population" in raw.frame else np.zeros(0) for raw in parts]
    sums = [float(np.nansum(values)) for values in people]
    for number, raw in enumerate(parts):
        others = [total for other, total in enumerate(sums) if other != number and len(people[other]) > 1]
        row = np.isin(people[number], [total for total in others if total > 0])
        if (sums[number] > 0 and sums[number] == sum(sums) - sums[number] and len(others)) or row.any():
            faults.add("io.sheet_of_sums", sheet=raw.faults.sheet, column="population", part=raw.faults.sheet, section=section_of(table))


def _report_repeated(joined: pd.DataFrame, faults: FaultList, table: str) -> None:
    """Faults of records that are in two sheets alike: a sheet of all counties beside the sheets of each would count everybody twice."""
    assert faults.sheets is not None
    columns = {name: texts(joined[name]) for name in COMPARED if name in joined}
    if isinstance(joined, gpd.GeoDataFrame):
        columns["shape"] = shapely.to_wkb(joined.geometry.to_numpy())
    elif table != "people":
        return
    keys = pd.DataFrame(columns)
    first = keys.groupby(list(columns), dropna=False, sort=False).ngroup().to_numpy()
    position = pd.Series(np.arange(len(keys))).groupby(first).transform("first").to_numpy()
    twice = faults.sheets[position] != faults.sheets
    cells = columns.get("name", columns.get("id"))
    faults.at(twice, "io.in_two_sheets", "name", cells, section=section_of(table),
              detail=lambda row: {"first": faults.place(int(position[row]))})  # fmt: skip
