"""The heading of each column of a frame; columns with a family have one for each family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infraplan.columns import FAMILY, Column
from infraplan.outputs import TABLES, family_in, types

SAID = ("人", "户", "°")
"""Units that the words of a heading already state."""


def named(entry: Column, frame: Any, table: str) -> list[tuple[str, str]]:
    """Names of the frame's columns that an entry describes, each with its family."""
    if FAMILY not in entry.name:
        return [(entry.name, "")]
    plain = types(table)
    return [(str(name), family) for name in frame.columns if name not in plain and (family := family_in(entry, str(name)))]


def heading(entry: Column, lang: str, judged: str = "", band: str = "", first: str = "") -> str:
    """The heading of an entry in one language; `judged` is the family with its receiver, `first` the plan's first."""
    label = entry.label(lang)
    return label.format(judged=judged, band=band, first=first).strip() if "{" in entry.zh else label


def headings(frame: Any, table: str, lang: str, judged: Callable[[str], str]) -> dict[str, str]:
    """Name -> heading with its unit, of the columns of a frame that a table has; `judged` words a family with its receiver."""
    found = {}
    for entry in TABLES[table]:
        for name, family in named(entry, frame, table):
            label, unit = heading(entry, lang, judged(family) if family else ""), entry.units(lang)
            found[name] = label if not unit or unit in SAID or label.endswith(")") else f"{label}({unit})"
    return {name: label for name, label in found.items() if name in frame}
