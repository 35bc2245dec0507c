"""The QGIS project of one folder: which layers it has, how they are drawn, what its sheet says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyproj import CRS

from infraplan.io.coordinate_systems import crs_words, named_crs
from infraplan.io.layer_words import column_words, layer_title
from infraplan.io.qgis import (
    LABELS,
    QUALITY_UNITS,
    alias_list,
    class_renderer,
    labelling,
    margin_classes,
    margin_renderer,
    outline_renderer,
    quality_renderer,
    renderer_of,
)
from infraplan.io.qgis_layout import Atlas, Sheet, verbatim
from infraplan.io.qgis_project import Project, ProjectLayer
from infraplan.io.writing import geometry_type
from infraplan.messages import say
from infraplan.report.page_context import PageContext, QualityOfZone
from infraplan.report.words import Words
from infraplan.tables.number_formats import day, percent
from infraplan.tables.reprojection import to_plane

POINTS = (
    ("group_sites", ("new_sites", "existing_sites")),
    ("group_fibre", ("site_connections", "fibre_nodes", "fibre_spans")),
    ("group_people", ("total_not_spots", "partial_not_spots", "gaps", "villages")),
)
"""Groups of the layers of points, from the top down."""
LINES = ("fibre_spans", "site_connections")
"""Of these the layers of lines."""
SHOWN = {"city": ("new_sites", "villages"), "province": ("new_sites",)}
"""Level of the folder -> layers of points that are ticked."""
NEAR = {"existing_sites": 600_000, "gaps": 1_500_000, "villages": 1_500_000, "total_not_spots": 1_500_000, "partial_not_spots": 1_500_000}
"""Layers with many points -> the smallest scale (1 : n) at which they are drawn, so that a whole province stays readable."""
OUTLINES_MM = {"province": 0.8, "city": 0.6, "county": 0.3, "township": 0.15}


def project_of(context: PageContext, layers: Mapping[str, Any], crs: str, lang: str) -> Project:
    """The project of a folder whose plan.gpkg holds `layers`; `crs`: that of the files, "" for EPSG:4326 and the grid's."""
    words = Words(lang).about(context)
    own, grid = named_crs(crs or "EPSG:4326"), named_crs(crs or context.grid.crs)
    groups = [
        (say(f"gis.{key}", lang), [_points(name, layers[name], own, context, lang) for name in names if name in layers])
        for key, names in POINTS
        if any(name in layers for name in names)
    ]
    zones = _zones(layers["zones"], own, context, words)
    groups.append((say("gis.group_zones", lang), zones))
    groups.append((say("gis.group_signal", lang), _rasters(context, grid, words)))
    if context.quality is not None and context.quality.maps:
        groups.append((say("gis.group_quality", lang), _quality(context.quality, grid, words)))
    canvas = grid if grid.is_projected else own
    return Project(_title(context, words), canvas, groups, _sheet(context, words, groups, zones, canvas))


def receivers_of(context: PageContext) -> dict[str, str]:
    """Where the devices of each family are judged."""
    return {family: context.receiver(family) for family in context.families}


def _title(context: PageContext, words: Words) -> str:
    names = [words.family(family) for family in context.families]
    families = words.t("and").join(filter(None, [words.joined(names[:-1], "、"), names[-1]]))
    return say("gis.layout_title", words.lang, name=context.title_name(words.lang), families=families)


def _points(name: str, frame: Any, crs: CRS, context: PageContext, lang: str) -> ProjectLayer:
    column, size_pt, near = LABELS.get(name, ("", 0.0, 0))
    return ProjectLayer(
        name, layer_title(name, lang), f"./plan.gpkg|layername={name}", "vector", crs, 
        renderer_of(name, frame, lang=lang, receivers=receivers_of(context)), "Line" if name in LINES else "Point",
        labelling(column, size_pt, near) if column in frame else "",
        alias_list(frame, column_words(name, frame, lang, receivers_of(context))),
        name in SHOWN.get(context.level, SHOWN["city"]), NEAR.get(name, 0),
    )  # fmt: skip


def _zones(frame: Any, crs: CRS, context: PageContext, words: Words) -> list[ProjectLayer]:
    """Outlines of each level, the finest at the bottom, and the shares of the listed zones as colours, not ticked."""
    lang, found = words.lang, []
    aliases = alias_list(frame, column_words("zones", frame, lang, receivers_of(context)))
    levels = [level for level in OUTLINES_MM if (frame["level"] == level).any()]
    for level in levels:
        rows = frame[frame["level"] == level]
        labels = labelling("name", {"county": 9.0, "city": 12.0}.get(level, 8.0), 400_000 if level == "township" else 0)
        labelled = level == context.child_level or (level != "city" and level != "province" and context.level == "city")
        found.append(
            ProjectLayer(
                f"zones_{level}", layer_title(level, lang), f"./plan.gpkg|layername=zones|subset=\"level\" = '{level}'", "vector", crs,
                outline_renderer(OUTLINES_MM[level]), _geometry(rows), labels if labelled else "", aliases,
            )
        )  # fmt: skip
    level = "county" if "county" in levels else context.child_level
    rows = frame[frame["level"] == level]
    for family in context.families if len(rows) else ():
        if f"{family}_share" in frame:
            title = say("gis.layer_shares", lang, judged=words.family_in(context, family))
            source = f"./plan.gpkg|layername=zones|subset=\"level\" = '{level}'"
            drawn = renderer_of("zones", rows, f"{family}_share", lang, receivers_of(context))
            found.append(
                ProjectLayer(f"shares_{family}", title, source, "vector", crs, drawn, _geometry(rows), aliases=aliases, shown=False)
            )
    return found


def _geometry(rows: Any) -> str:
    return geometry_type(rows).removeprefix("Multi").replace("Unknown", "Polygon")


def _rasters(context: PageContext, crs: CRS, words: Words) -> list[ProjectLayer]:
    """Of each family its classes, the first one ticked, and its margin."""
    found = []
    families = sorted(context.margins, key=lambda name: name != "nr")
    for band, family in enumerate(families, 1):
        judged = words.family_in(context, family)
        found.append(
            ProjectLayer(
                f"classes_{family}", say("gis.layer_classes", words.lang, judged=judged), f"./coverage-{family}.tif", "raster", crs,
                class_renderer("", words.lang, 0.8), shown=band == 1,
            )
        )  # fmt: skip
        found.append(
            ProjectLayer(
                f"margin_{family}", say("gis.layer_margin", words.lang, judged=judged), "./coverage.tif", "raster", crs,
                margin_renderer("", band), shown=False,
            )
        )  # fmt: skip
    return found


def _quality(quality: QualityOfZone, crs: CRS, words: Words) -> list[ProjectLayer]:
    """SINR and rates of each family and receiver, band by band, not ticked."""
    load, found = percent(quality.goal.load, 0), []
    bands = [(family, place, figure) for family, known in quality.maps.items() for place in known for figure in QUALITY_UNITS]
    for band, (family, place, figure) in enumerate(bands, 1):
        title = say(f"gis.layer_{figure}", words.lang, judged=words.judged(family, place), load=load)
        drawn = quality_renderer(figure, band)
        found.append(ProjectLayer(f"{figure}_{family}_{place}", title, "./quality.tif", "raster", crs, drawn, shown=False))
    return found


def _sheet(
    context: PageContext, words: Words, groups: Sequence[tuple[str, Sequence[ProjectLayer]]], zones: Sequence[ProjectLayer], canvas: CRS
) -> Sheet:
    lang, facts = words.lang, context.facts
    outline = context.outline if len(context.outline) else context.zones
    box = to_plane(outline, canvas.to_wkt()).total_bounds
    pages = next((layer for key in ("zones_county", "zones_city") for layer in zones if layer.key == key), None)
    listed = [
        (layer.id, layer.title, len(margin_classes()[0]) if layer.kind == "raster" else 0)
        for _, layers in groups
        for layer in layers
        if layer.shown and not layer.key.startswith("zones_")
    ]
    return Sheet(
        say("gis.layout_name", lang), verbatim(_title(context, words)), say("gis.layout_legend", lang), _block(context, words, canvas),
        (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        ("km", 10.0), say("gis.synthetic_across", lang) if facts.synthetic else "",
        [*listed, *((layer.id, layer.title, 0) for layer in zones if layer.shown)],
        None if pages is None else Atlas(pages.id, pages.title, pages.source),
        words.joined([say("gis.layout_note", lang), say("gis.synthetic_note", lang) if facts.synthetic else ""]),
    )  # fmt: skip


def _block(context: PageContext, words: Words, canvas: CRS) -> list[tuple[str, str]]:
    """Rows of the title block; the scale is that of the map as it is printed."""
    lang, facts = words.lang, context.facts
    none = say("gis.block_not_stated", lang)
    name = verbatim(context.title_name(lang))
    scale = "1 : [% format_number(round(map_get(item_variables('map'), 'map_scale'), -3), 0) %]"
    rows = {
        "area": f"{name}[% coalesce(' · ' || @atlas_pagename, '') %]", "scale": scale, "crs": crs_words(canvas, lang),
        "data": day(facts.as_of, lang) or none, "report": day(facts.report_date, lang) or none,
        "program": f"infraplan {facts.version}".strip(), "unit": "", "drawn": "", "checked": "",
        "approval": facts.map_approval or say("gis.block_no_approval", lang),
    }  # fmt: skip
    return [(say(f"gis.block_{key}", lang), value) for key, value in rows.items()]
