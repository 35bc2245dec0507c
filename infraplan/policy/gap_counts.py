"""How many things lack something, of how many that targets ask about: each thing is counted once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from infraplan.policy.annex import RESIDENTIAL
from infraplan.policy.areas_and_lines import pieces_counted, pieces_of_lines, zones_of_pieces
from infraplan.policy.counted_rows import in_scope, place_rows, site_rows, village_rows
from infraplan.policy.layers import Layers, table_of, zones_of_rows
from infraplan.policy.targets import Target, Targets

LISTED = ("place_share", "place_count", "line_share", "attribute_share")
"""Measures whose targets list things one by one."""
AREAS = ("city", "county")
COUNTED = ("id", "kind", "family", "status")
"""Columns of gaps that `gap_counts` reads."""


def things_of_targets(targets: Targets, layers: Layers) -> pd.DataFrame:
    """Every village, place, line and site that some target asks about, once a family and county.

    Returns
    -------
    DataFrame
        thing ("village" | "place" | "line" | "site"), id, family ("" where none is asked), city, county.
    """
    parts = [part for row in targets if row.measure in LISTED and not row.beside for part in _asked(row, layers)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({name: [] for name in ("thing", "id", "family", *AREAS)})
    return table.astype(str).drop_duplicates(ignore_index=True)


def _asked(target: Target, layers: Layers) -> Iterable[pd.DataFrame]:
    """What one target asks about; nothing where its layer or its column is absent."""
    if target.family and target.measure != "attribute_share" and target.family not in layers.cover.families:
        return
    name = "corridors" if target.measure == "line_share" else target.layer or ("places" if target.place_classes else "")
    table = table_of(layers, name) if name else None
    if table is None or not len(table):
        return
    if target.measure == "attribute_share" and (target.column not in table or not table[target.column].notna().any()):
        return
    if name == "corridors":
        if target.measure != "line_share":
            return
        pieces, zone = pieces_of_lines(layers), zones_of_pieces(layers)
        wanted = table["line_class"].isin(target.line_classes).to_numpy()[pieces["line"].to_numpy()]
        wanted &= in_scope(target, zone) & pieces_counted(layers)
        ids, rows = table["id"].to_numpy()[pieces["line"].to_numpy()[wanted]], wanted
    else:
        if name == "villages":
            rows = village_rows(target, layers)[0]
        elif name == "places":
            found = place_rows(target, layers)
            rows = np.zeros(len(table), dtype=bool) if found is None else found
        else:
            rows = site_rows(target, layers)
        zone = zones_of_rows(layers, name)
        ids = table["id"].to_numpy()[rows]
    thing = {"villages": "village", "places": "place", "corridors": "line", "sites": "site"}[name]
    where = {area: zone[area].to_numpy()[rows] if area in zone else "" for area in AREAS}
    yield pd.DataFrame({"id": ids, **where}).assign(thing=thing, family=target.family)


def gap_counts(gaps: pd.DataFrame, all_things: Any, families: Iterable[str]) -> dict[str, Any]:
    """Villages that lack each family, places and lines that lack anything, sites that lack what a target requires.

    Returns
    -------
    dict
        villages (one entry a family), places, sites: `lacking`, how many of them are only `uncertain`, and `asked`, out of how many; None
        where `all_things` is None. A thing that two targets list counts once.
    """
    gaps = gaps[list(COUNTED)]  # few columns are taken much sooner than all
    residential, site = gaps["kind"].isin(RESIDENTIAL), gaps["kind"] == "site"

    def count(rows: pd.DataFrame, things: tuple[str, ...], family: str = "") -> dict[str, int | None]:
        lacking, sure = rows["id"].nunique(), rows.loc[rows["status"] != "uncertain", "id"].nunique()
        whole = None
        if all_things is not None:
            own = all_things["thing"].isin(things) & ((all_things["family"] == family) if family else True)
            whole = int(all_things.loc[own, "id"].nunique())
        return {"lacking": int(lacking), "uncertain": int(lacking - sure), "asked": whole}

    villages = {family: count(gaps.loc[residential & (gaps["family"] == family)], ("village",), family) for family in families}
    places = count(gaps.loc[~residential & ~site], ("place", "line"))
    return {"villages": villages, "places": places, "sites": count(gaps.loc[site], ("site",))}
