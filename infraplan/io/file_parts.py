"""Which parts of a file are the table: the sheets of a workbook, the layers of a GeoPackage, the folders of a KML, the files of an archive.

Parts that hold the same kind of table are read as one. Where this is not clear, the run stops and names the key that decides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from infraplan.fields import TABLES
from infraplan.io.heading_matching import recognise
from infraplan.tables.faults import FaultList

POINTED = ("village", "site", "place", "host", "weak_cell", "fibre_node")
SHAPES = {"zone": "polygon", "exclusion": "polygon", "corridor": "line", "line": "line"}
CALLED = {
    "village": ("village", "villages", "自然村", "村庄"),
    "site": ("site", "sites", "站点", "基站"),
    "place": ("place", "places", "场所"),
    "host": ("host", "hosts", "可用载体"),
    "fibre_node": ("fibre_nodes", "fibre_node", "光纤节点"),
    "weak_cell": ("weak_grid", "weak_cells", "弱覆盖栅格"),
    "zone": ("zone", "zones", "区划"),
    "corridor": ("corridor", "corridors", "线路"),
    "register": ("register", "registers", "登记表"),
}
ALIKE = 0.6  # interpretation: a part with this share of the columns of the others that lacks a needed one was probably meant
LIKE = 0.3  # interpretation: a part with this share of them is reported
Wanted = str | int | Sequence[str | int] | None


@dataclass(frozen=True)
class Part:
    """A sheet, layer or folder. `shapes`: point | line | polygon | any, or "" for a plain table; `rows` counts its records.

    `too_large`: it is so large that its headings were not read. `inside`: positions of the parts that lie in it, as folders do in a folder.
    """

    name: str
    headings: tuple[str, ...]
    rows: int
    shapes: str = ""
    hidden: bool = False
    too_large: bool = False
    inside: tuple[int, ...] = ()

    def known(self, table: str) -> frozenset[str]:
        """Fields of a table that its headings name."""
        return frozenset() if table in ("exclusion", "line") else frozenset(recognise(self.headings, columns_of(table)).values())


def columns_of(table: str) -> str:
    """The table of `fields.TABLES` whose columns a file has: people by zone ("people") have those of zones."""
    return "zone" if table == "people" else table


def section_of(table: str) -> str:
    """The section of study.toml that holds a table's options."""
    return "options.census" if table == "people" else f"options.{table}s"


def chosen_parts(parts: Sequence[Part], table: str, sheet: Wanted, faults: FaultList) -> list[int]:
    """Positions of the parts to read, one or more, in their order; `sheet` by name or number from 1 where it is given."""
    if not parts:
        faults.add("io.no_sheets")
        faults.stop()
    if sheet is not None:
        return _named_by_caller(parts, [sheet] if isinstance(sheet, str | int) else list(sheet), table, faults)
    if len(parts) == 1:
        return [0]
    for part in parts:
        if part.too_large and not part.hidden:
            faults.add("io.sheet_too_large_to_tell", part=part.name, rows=part.rows, section=section_of(table))
    faults.stop()
    full = [position for position, part in enumerate(parts) if part.rows]
    offered = [position for position in full if not _named_after_another(parts[position], table)]
    fitting = [position for position in offered if _fits(parts[position], table)]
    if not fitting:
        return [_best_of_unfitting(parts, table, offered or full or list(range(len(parts))))]
    best = max((parts[position] for position in fitting), key=lambda part: len(part.known(table)))
    own = _own_fields(table)
    fitting = [position for position in fitting if not own & best.known(table) or own & parts[position].known(table)]
    if table == "register":
        fitting = [position for position in fitting if _share(parts[position], best, table) >= ALIKE]
    _report_left_out(parts, fitting, offered, best, table, faults)
    if len(fitting) > 1:
        rows = ", ".join(f"{parts[position].name} ({parts[position].rows})" for position in fitting)
        faults.add("io.sheets_joined", severity="warning", count_sheets=len(fitting), sheets=rows, section=section_of(table))
    return fitting


def _named_by_caller(parts: Sequence[Part], wanted: list[str | int], table: str, faults: FaultList) -> list[int]:
    names = [part.name for part in parts]
    found: list[int] = []
    for one in wanted:
        if isinstance(one, int) and 1 <= one <= len(names):
            found.append(one - 1)
        elif one in names:
            found.append(names.index(str(one)))
            found += parts[found[-1]].inside
        else:
            faults.add("io.no_such_sheet", value=one, known=", ".join(names), section=section_of(table))
    faults.stop()
    found = list(dict.fromkeys(found))
    return [position for position in found if parts[position].rows] or found


def _report_left_out(parts: Sequence[Part], fitting: list[int], offered: list[int], best: Part, table: str, faults: FaultList) -> None:
    """Hidden parts and parts that lack a column stop the run where they look like the table; others of known columns are named."""
    section = section_of(table)
    example = ", ".join(f'"{parts[position].name}"' for position in fitting[:3] if not parts[position].hidden)
    hidden = [position for position in fitting if parts[position].hidden]
    if hidden and len(hidden) < len(fitting):
        for position in hidden:
            faults.add("io.hidden_sheet", part=parts[position].name, section=section, example=example)
    called = [position for position in fitting if parts[position].name.strip().lower() in CALLED.get(table, ())]
    for position in fitting if called else ():
        if position not in called and not parts[position].hidden:
            named = parts[called[0]].name
            faults.add("io.sheet_unclear", part=parts[position].name, named=named, section=section, example=example)
    columns = best.known(table)
    passed = []
    for position in offered:
        shared = _share(parts[position], best, table)
        if position in fitting or not _has_right_geometry(parts[position], table) or _better_as_another(parts[position], table):
            continue
        if shared >= ALIKE and not parts[position].hidden:
            lacks = "、".join(_label(table, name) for name in sorted(columns - parts[position].known(table)))
            faults.add("io.sheet_lacks", part=parts[position].name, lacks=lacks, section=section, example=example)
        elif shared >= LIKE:
            passed.append(parts[position].name)
    faults.stop()
    if passed:
        faults.add("io.sheets_passed_over", severity="warning", sheets=", ".join(passed), section=section_of(table))


def _share(part: Part, best: Part, table: str) -> float:
    """The share of the best part's known columns that a part has."""
    return len(best.known(table) & part.known(table)) / max(len(best.known(table)), 1)


def _label(table: str, name: str) -> str:
    return next(field.zh for field in TABLES[columns_of(table)] if field.name == name)


def _fits(part: Part, table: str) -> bool:
    """Whether a part has the columns without which the table cannot be read."""
    known = part.known(table)
    if table in SHAPES:
        return _has_right_geometry(part, table) and (table != "zone" or bool({"adcode", "name"} & known))
    if table == "register":
        return bool({"adcode", "county", "city"} & known)
    if table == "people":
        return "population" in known and bool({"adcode", "name"} & known)
    located = part.shapes in ("point", "polygon", "any") or {"lon", "lat"} <= known or "lonlat" in known
    if table == "place":
        located = located or "name" in known
    needed = {field.name for field in TABLES[table] if field.required}
    return located and needed <= known and not _better_as_another(part, table)


def _better_as_another(part: Part, table: str) -> bool:
    """Whether a part's headings fit another table of points better."""
    return table in POINTED and max(len(part.known(other)) for other in POINTED) > len(part.known(table))


def _has_right_geometry(part: Part, table: str) -> bool:
    return part.shapes in ("any", SHAPES[table]) if table in SHAPES else True


def _named_after_another(part: Part, table: str) -> bool:
    """Whether a part is named after another table."""
    name = part.name.strip().lower()
    return any(name in names for other, names in CALLED.items() if other != table and not (table == "people" and other == "zone"))


def _best_of_unfitting(parts: Sequence[Part], table: str, positions: list[int]) -> int:
    """Where nothing fits: the part named after the table, else the one with the most known headings; its faults are then reported."""
    called = [position for position in positions if parts[position].name.strip().lower() in CALLED.get(table, ())]
    visible = [position for position in positions if not parts[position].hidden] or positions
    return (called or [max(visible, key=lambda position: len(parts[position].known(table)))])[0]


@cache
def _own_fields(table: str) -> frozenset[str]:
    """Fields that no other table of points has."""
    if table not in POINTED:
        return frozenset()
    others = {field.name for other in POINTED if other != table for field in TABLES[other]}
    return frozenset(field.name for field in TABLES[table]) - others
