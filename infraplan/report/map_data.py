"""Data of a map's page: point tables, zones with scores, labels, legend."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.report import packed_points
from infraplan.report.margin_images import margin_colours, margin_edges
from infraplan.report.mast_points import points_of_masts
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import zone_table
from infraplan.report.style import missing, palette, percent
from infraplan.report.words import Words
from infraplan.tables.wording import worded

STATUSES = ("served", "uncertain", "unserved")
MAP_WORDS = {"legend": "legend", "nothing": "nothing_found", "layers": "map_layers", "sources": "map_sources"}
SIMPLIFY_DEG = {"city": 0.0012, "province": 0.004}  # about 0.1 and 0.4 km: below a screen pixel at the page's first zoom


def status_codes(values: Any) -> npt.NDArray[np.uint8]:
    """Index into STATUSES; unknown counts as unserved."""
    codes = pd.Categorical(pd.Series(values).astype("object"), categories=list(STATUSES)).codes
    return np.where(codes < 0, 2, codes).astype(np.uint8)


def point_sources(context: PageContext, words: Words) -> dict[str, dict[str, Any]]:
    """Packed villages, existing sites and new sites; an empty table is left out."""
    sources, words = {}, words.about(context)
    if len(context.villages):
        sources["villages"] = _villages(context, words)
    if len(context.sites):
        sources["sites"] = _sites(context.sites, words)
    if len(context.plan_sites):
        sources["new"] = _new_sites(context, words)
    return sources


def _packed(frame: Any, table: str, words: Words) -> list[dict[str, Any]]:
    """The columns that the map shows, each packed by its form."""
    out = []
    for cells in worded(frame, table, "map", words):
        form, unit = cells.column.form, cells.column.units(words.lang)
        if form == "whole":
            out.append(packed_points.integers(cells.label, cells.values, unit))
        elif form == "db":
            out.append(packed_points.tenths(cells.label, cells.values, unit))
        else:
            out.append(packed_points.choices(cells.label, cells.texts()))
    return out


def _villages(context: PageContext, words: Words) -> dict[str, Any]:
    frame = context.villages
    known = [family for family in context.families if f"{family}_status" in frame]
    styles: dict[str, npt.ArrayLike] = {family: status_codes(frame[f"{family}_status"]) for family in known}
    names = frame["name"].astype(str).tolist()
    return packed_points.points(frame, words.t("title_village"), names, _packed(frame, "villages", words), styles, place=1)


def _sites(sites: Any, words: Words) -> dict[str, Any]:
    frame = points_of_masts(sites, words)
    return packed_points.points(frame, words.t("title_site"), frame["name"].tolist(), _packed(frame, "masts", words))


def _new_sites(context: PageContext, words: Words) -> dict[str, Any]:
    frame = context.plan_sites
    names = frame["name"].fillna(frame["id"]) if "name" in frame else frame["id"]
    return packed_points.points(frame, words.t("title_new"), names.astype(str).tolist(), _packed(frame, "sites", words))


def share_colour(share: Any) -> str:
    """Colour of a share's class."""
    if missing(share):
        return "#d5dde5"
    return str([step["colour"] for step in palette()["share"] if float(step["from"]) <= float(share) + 1e-12][-1])


def page_data(context: PageContext, words: Words, layers: Sequence[str]) -> dict[str, Any]:
    """Everything of the page but the points."""
    west, south, east, north = (float(value) for value in (context.outline if len(context.outline) else context.zones).total_bounds)
    zones, labels = zone_features(context, words)
    return {
        "zones": zones,
        "labels": labels,
        "legend": legend(context, words, layers),
        "bounds": [[south, west], [north, east]],
        "attribution": escape(f"{attribution(context, words)} · Leaflet 1.9.4 (BSD-2-Clause)"),
        "words": {key: words.t(name) for key, name in MAP_WORDS.items()},
    }


def dataset_lines(context: PageContext, words: Words) -> list[str]:
    """Inputs with their holders and licences, those of one holder and licence together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for entry in context.facts.datasets:
        groups.setdefault((entry.holder, entry.licence), []).append(entry.name)
    mark = "、" if words.lang == "zh" else ", "
    return [
        words.t("attribution_group", names=mark.join(names), holder=words.one(holder), licence=words.one(licence))
        for (holder, licence), names in groups.items()
    ]


def attribution(context: PageContext, words: Words) -> str:
    """The line about the base map's approval, unless a licence states it, then the makers of the data."""
    holders = ("；" if words.lang == "zh" else "; ").join(dataset_lines(context, words))
    approval = words.one(context.facts.map_approval) or words.t("no_map_approval")
    return " · ".join(part for part in ("" if approval in holders else approval, holders) if part)


def zone_features(context: PageContext, words: Words) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Zones as GeoJSON with the texts of their popups, and their labels, the most populous first."""
    import shapely

    frame = zone_table(context).reset_index(drop=True)
    cells = []
    for one in worded(frame, "zones", "map", words.about(context)):
        unit = f" {one.column.units(words.lang)}" if one.column.unit else ""
        cells.append((one.label, [shown if shown == "—" else f"{shown}{unit}" for shown in one.texts()]))
    geometry = simplified(frame, SIMPLIFY_DEG.get(context.level, 0.001))
    finest = next(level for level in ("township", "county", "city", "province") if (frame["level"] == level).any())
    features: list[dict[str, Any]] = []
    labels: list[tuple[int, dict[str, Any]]] = []
    for index, zone in frame.iterrows():
        outer = zone["adcode"] in context.own and zone["level"] == context.level
        rows = [[label, texts[index]] for label, texts in cells if texts[index] != "—"]
        shares = {family: zone.get(f"{family}_share") for family in context.families}
        first = next(iter(shares.values()), None)
        shape = geometry[index]
        west, south, east, north = shapely.bounds(shape)
        features.append(
            {
                "type": "Feature",
                "geometry": shapely.geometry.mapping(shape),
                "properties": {
                    "name": str(zone["name"]),
                    "kind": words.code("level", zone["level"]),
                    "rank": 2 if outer else 1 if zone["level"] == "city" else 0,
                    "finest": zone["level"] == finest,
                    "ground": bool(outer) or (zone["level"] == finest and not len(context.outline)),
                    "rows": rows or [[words.t("no_data"), ""]],
                    "fill": {family: share_colour(share) for family, share in shares.items()},
                    "bounds": [[south, west], [north, east]],
                },
            }
        )
        if not outer and zone["level"] == context.child_level:
            at = shapely.point_on_surface(shape)
            weight = 0 if missing(zone["population"]) else int(zone["population"])
            score = "" if missing(first) else percent(first, 1)
            labels.append((weight, {"name": str(zone["name"]), "score": score, "lat": at.y, "lon": at.x}))
    features.sort(key=lambda feature: -feature["properties"]["rank"])
    labels.sort(key=lambda entry: -entry[0])
    return {"type": "FeatureCollection", "features": features}, [label for _, label in labels]


def simplified(frame: Any, tolerance_deg: float) -> Any:
    """Outlines with fewer corners; neighbours keep their common border. Coordinates to 1e-4 degrees (10 m)."""
    import shapely

    out = frame.geometry.to_numpy().copy()
    for _, rows in frame.groupby("level", sort=False):
        part = out[rows.index]
        out[rows.index] = (
            shapely.coverage_simplify(part, tolerance_deg)
            if hasattr(shapely, "coverage_simplify")
            else shapely.simplify(part, tolerance_deg)
        )
    return shapely.transform(out, lambda xy: np.round(xy, 4))


def legend(context: PageContext, words: Words, layers: Sequence[str]) -> list[dict[str, Any]]:
    """Sections of the legend, each with the layers it belongs to."""
    colours = palette()
    parts: list[tuple[str, list[str], list[dict[str, str]]]] = []
    for family in context.families:
        judged = words.family_in(context, family)
        dots = [{"shape": "circle", "colour": colours["village"][status], "label": words.t(status)} for status in STATUSES]
        parts += [
            (words.t("layer_margin", family=judged), [f"margin-{family}"], margin_legend(words)),
            (words.t("layer_share", family=judged), [f"share-{family}"], share_legend()),
            (words.t("layer_villages", family=judged), [f"villages-{family}"], dots),
        ]
    parts.append((words.t("legend_sites"), ["sites", "new"], site_legend(words)))
    return [
        {"title": title, "layers": kept, "items": items} for title, keys, items in parts if (kept := [key for key in keys if key in layers])
    ]


def site_legend(words: Words) -> list[dict[str, str]]:
    """The signs of existing and suggested sites."""
    signs = (("sites", "triangle", "existing"), ("new", "diamond", "new"))
    return [{"shape": shape, "colour": palette()["site"][key], "label": words.t(f"layer_{layer}")} for layer, shape, key in signs]


def margin_legend(words: Words) -> list[dict[str, str]]:
    """Margin classes, best first, with their unit in the title."""
    edges, colours = margin_edges(), margin_colours()
    items = []
    for index in reversed(range(len(edges))):
        lower, upper = (
            f"{edges[index]:g}".replace("-", "\u2212"),
            f"{edges[index + 1]:g}".replace("-", "\u2212") if index + 1 < len(edges) else "",
        )
        label = f"\u2265 {lower}" if not upper else f"< {upper}" if index == 0 else f"{lower} \u2013 {upper}"
        note = words.t("margin_served") if edges[index] >= 0 else words.t("margin_unserved")
        items.append({"shape": "square", "colour": colours[index], "label": f"{label}  {note}"})
    nothing = {"shape": "square", "colour": "#ffffff", "label": words.t("legend_nothing")}
    return [*items, nothing]


def share_legend() -> list[dict[str, str]]:
    """Share classes, best first."""
    steps = palette()["share"]
    items = []
    for index in reversed(range(len(steps))):
        lower = f"{float(steps[index]['from']) * 100:g}"
        upper = f"{float(steps[index + 1]['from']) * 100:g}" if index + 1 < len(steps) else ""
        items.append(
            {
                "shape": "square",
                "colour": str(steps[index]["colour"]),
                "label": f"\u2265 {lower}%" if not upper else f"< {upper}%" if index == 0 else f"{lower}% \u2013 {upper}%",
            }
        )
    return items
