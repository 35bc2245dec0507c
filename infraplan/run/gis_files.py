"""The files of one folder for a GIS: plan.gpkg, coverage rasters, project.qgz; of the whole study also tables for MapInfo and Atoll."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from infraplan.coverage.sectors import sectors_of
from infraplan.io.atoll import write_atoll
from infraplan.io.coordinate_systems import output_crs
from infraplan.io.coverage_rasters import quality_tags, raster_tags, write_coverage_cog, write_quality_cog
from infraplan.io.mapinfo_tables import write_mapinfo
from infraplan.io.qgis_project import write_project
from infraplan.io.table_files import write_csv
from infraplan.io.writing import write_geopackage
from infraplan.messages import in_language, main_language, say
from infraplan.outputs import types
from infraplan.report.editions import INTERNAL, PUBLIC
from infraplan.report.page_context import PageContext
from infraplan.run.file_tags import dates_of
from infraplan.run.page_contexts import CityLayers, plan_layers, village_table
from infraplan.run.qgis_files import project_of, receivers_of

STANDING = ("existing", "planned")
"""Statuses of sites that send: retired ones do not."""


def write_layers(page: CityLayers, folder: Path, lang: str) -> None:
    """Writes plan.gpkg, coverage.tif with what is beside it, project.qgz; every village with its status, the scorecard, SINR and rates.

    From villages.csv the totals can be recounted. In a public edition only the zones, the towns (towns.csv) and the scorecard: no raster,
    from which sites could be found.
    """
    context, form, lang = page.context, lang, main_language(lang)
    crs = crs_of(page)
    dates = dates_of(context.facts.as_of, context.facts.report_date, context.facts.synthetic, context.facts.edition)
    public = context.facts.edition == PUBLIC
    layers = plan_layers(context)
    if public:
        layers = {"zones": layers["zones"]}
    write_geopackage(
        layers, folder / "plan.gpkg", tags=dates, lang=lang, crs=crs or "EPSG:4326", abstract=abstract_of(context, lang),
        licences=licences_of(context, lang), receivers=receivers_of(context),
    )  # fmt: skip
    card = context.scorecard[list(types("scorecard"))]
    write_csv(folder / "targets.csv", card.assign(evidence=card["evidence"].map(lambda text: in_language(text, form))))
    quality = context.quality
    if quality is not None and quality.table is not None:
        write_csv(folder / "quality.csv", quality.table)
    if public:
        write_csv(folder / "towns.csv", context.towns)
        return
    tags = raster_tags(context.facts.receivers, context.facts.reliability, context.facts.model) | dates
    write_coverage_cog(folder / "coverage.tif", context.grid, context.margins, page.servers, page.sector_ids, tags=tags, lang=lang, crs=crs)
    if quality is not None:
        write_quality_cog(folder / "quality.tif", context.grid, quality.maps, tags=tags | quality_tags(quality.goal), crs=crs)
    write_project(project_of(context, layers, crs, lang), folder / "project.qgz")
    write_csv(folder / "villages.csv", village_table(context, page.village_headings))


def write_planning_tables(page: CityLayers, folder: Path, lang: str) -> None:
    """Writes mapinfo.zip (sites and gaps) and atoll.zip (sites and transmitters) of the whole study; none of a public edition."""
    context, lang = page.context, main_language(lang)
    if context.facts.edition == PUBLIC:
        return
    layers = plan_layers(context)
    crs = crs_of(page) or "EPSG:4326"
    write_mapinfo({name: layers[name] for name in ("new_sites", "existing_sites", "gaps")}, folder / "mapinfo.zip", crs=crs)
    sites = pd.concat([context.sites, context.plan_sites], ignore_index=True)
    sectors = sectors_of(sites, page.services, include=STANDING, part=True)
    note = say("gis.synthetic_note", lang) if context.facts.synthetic else ""
    write_atoll(sites.loc[sites["status"].isin(STANDING)], sectors, folder / "atoll.zip", note=note)


def crs_of(page: CityLayers) -> str:
    """The CRS of the files of a folder, "" for EPSG:4326 and the study's grid."""
    context = page.context
    area = context.outline if len(context.outline) else context.zones
    west, _, east, _ = area.to_crs(4326).total_bounds
    return output_crs(page.crs, float(west + east) / 2)


def abstract_of(context: PageContext, lang: str) -> str:
    """What a file for a GIS holds, and that its data are made up where they are."""
    notes = [say("report.internal_mark", lang)] if context.facts.edition == INTERNAL else []
    notes += [say("gis.synthetic_note", lang)] if context.facts.synthetic else []
    return say("gis.metadata_abstract", lang, note=" ".join(notes)).strip()


def licences_of(context: PageContext, lang: str) -> tuple[str, ...]:
    """The licence of each input, or that none is stated."""

    def said(row: Any) -> str:
        words = {name: str(in_language(getattr(row, name), lang)) for name in ("name", "licence", "holder")}
        return say("gis.licence_of", lang, **words)

    return tuple(said(row) for row in context.facts.datasets) or (say("gis.no_licence", lang),)
