"""Titles of the layers for a GIS, and the aliases of their columns, from the tables of outputs and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infraplan import fields
from infraplan.columns import FAMILY
from infraplan.messages import catalogue, say
from infraplan.outputs import TABLES
from infraplan.tables.headings import SAID, heading, named
from infraplan.tables.language import Speech

TABLE_OF = {
    "zones": "zones", "gaps": "gaps", "new_sites": "sites", "villages": "villages", "total_not_spots": "not_spots",
    "partial_not_spots": "not_spots", "fibre_spans": "backhaul_spans", "fibre_nodes": "backhaul_nodes",
    "site_connections": "site_connections",
}  # fmt: skip
"""Layer -> the output table that describes its columns."""
FIELDS_OF = {"existing_sites": fields.SITE, "new_sites": fields.SITE, "villages": fields.VILLAGE, "zones": fields.ZONE}
"""Layer -> the fields that describe the columns it has from the input."""


def layer_title(name: str, lang: str) -> str:
    """What a layer is called; its name where it has no title."""
    return say(f"gis.layer_{name}", lang) if f"layer_{name}" in catalogue("gis") else name


def column_words(layer: str, frame: Any, lang: str, receivers: Mapping[str, str] | None = None) -> dict[str, tuple[str, str]]:
    """Alias and meaning with its unit of each column that is described somewhere; `receivers`: where each family is judged."""
    speech, found = Speech(lang, receivers=dict(receivers or {})), {}
    for field in FIELDS_OF.get(layer, ()):
        if field.name in frame:
            zh = lang == "zh"
            found[field.name] = (str(field.zh if zh else field.en), field.meaning_zh if zh else field.meaning_en)
    for entry in TABLES[TABLE_OF[layer]] if layer in TABLE_OF else ():
        for name, family in named(entry, frame, TABLE_OF[layer]):
            if name not in frame:
                continue
            judged = speech.judged(family, _receiver(frame, family)) if family or FAMILY in entry.name else ""
            label, unit = heading(entry, lang, judged, first="").strip(), entry.units(lang)
            shown = label if not unit or unit in SAID or label.endswith(")") else f"{label}({unit})"
            found[name] = (shown, entry.meaning_zh if lang == "zh" else entry.meaning_en)
    return found


def _receiver(frame: Any, family: str) -> str:
    """Where a family is judged, where a column of the frame says so."""
    column = f"{family}_receiver"
    return str(frame[column].iloc[0]) if column in frame and len(frame) else ""
