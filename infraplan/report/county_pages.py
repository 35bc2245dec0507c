"""The files of each county of a city: its report and its workbook, for the county's own liaison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from infraplan.files import write_text, zone_file_name
from infraplan.report.document import Drawn
from infraplan.report.editions import drawn_context
from infraplan.report.html_pages import COUNTIES, FILES, report_page
from infraplan.report.page_context import PageContext
from infraplan.report.printed_maps import coverage_figure
from infraplan.report.words import Words
from infraplan.report.workbook import write_annex
from infraplan.siting.connections import connection_sums
from infraplan.siting.phases import phases_of_sites
from infraplan.tables.reprojection import to_plane

DPI = 110
"""Of a county's map, which is read on a screen: a tenth of the time and the bytes of the city's."""
MAP_WIDTH_PX = 600
"""A county fills so much of a screen at the zoom of its link to the map."""
RIM_M = 2000.0
"""Width of the strip around a county that its map shows. [m]"""


def write_county_pages(context: PageContext, folder: str | Path, *, lang: str = "both", formats: Sequence[str]) -> list[Path]:
    """counties/CODE-NAME.html and .xlsx of each county of a city; none where the city is its only county.

    Parameters
    ----------
    context : PageContext
        Of the city.
    folder : path
        The city's folder.
    lang : str
        As for `write_city_pages`.
    formats : sequence of str
        "html" and "xlsx" are written, as for the city.

    Returns
    -------
    list of Path
        The files written.
    """
    written = []
    for adcode, name in context.counties:
        own = county_context(context, adcode)
        path = Path(folder) / COUNTIES / zone_file_name(adcode, name)
        if "html" in formats:
            written.append(path.with_name(f"{path.name}.html"))
            links = [(f"../{context.index_href}", "to_index")] if context.index_href else []
            links += [
                ("../report.html", "to_city"),
                *([(map_link(own), "to_map")] if "map" in formats else []),
                *([(quote(f"{path.name}.xlsx"), "to_annex")] if "xlsx" in formats else []),
            ]
            write_text(written[-1], report_page(own, lang, [_picture(own, lang)] if own.families else [], links=links))
        if "xlsx" in formats:
            written.append(path.with_name(f"{path.name}.xlsx"))
            write_annex(own, written[-1], lang)
    return written


def _picture(context: PageContext, lang: str) -> Drawn:
    """Caption and PNG of the county's map of the first family."""
    words, family = Words.of(lang).about(context), context.families[0]
    caption = words.t("figure_caption", name=context.title_name(lang), family=words.family_in(context, family))
    return Drawn(caption, coverage_figure(drawn_context(context), family, lang, DPI))


def map_link(context: PageContext) -> str:
    """The city's map at the county."""
    west, south, east, north = context.zones.total_bounds
    zoom = min(14.0, max(7.0, math.log2(MAP_WIDTH_PX * 360.0 / 256.0 / max(east - west, north - south, 1e-6))))
    return f"../{FILES['map']}#{(south + north) / 2:.4f},{(west + east) / 2:.4f},{math.floor(zoom * 4) / 4:g}"


def county_context(context: PageContext, adcode: str) -> PageContext:
    """The part of a city's page that is one of its counties."""
    zones = context.zones[context.zones["adcode"] == adcode]
    left, bottom, right, top = to_plane(zones, context.grid.crs).total_bounds
    grid = context.grid.window(left - RIM_M, bottom - RIM_M, right + RIM_M, top + RIM_M)
    rows, columns = grid.slices_in(context.grid)
    sites = context.plan_sites[context.plan_sites["county"] == adcode]
    plan = context.plan
    if plan is not None:
        summed = ["cost", "cost_low", "cost_high", "people_gained"]
        sums = sites.reindex(columns=summed).apply(pd.to_numeric, errors="coerce").sum()
        cost, low, high = (float(sums[name]) for name in ("cost", "cost_low", "cost_high"))
        gained = int(sums["people_gained"])
        plan = replace(plan, sites=len(sites), cost=cost, cost_low=low, cost_high=high, population_gained=gained, whole=False)
        plan = replace(plan, connections=connection_sums(sites))
    return replace(
        context,
        level="county",
        of_city=context,
        fibre=None if context.fibre is None else context.fibre.of((adcode,)),
        connections=None if context.connections is None else context.connections.loc[context.connections["county"] == adcode],
        adcode=adcode,
        name=str(zones["name"].iloc[0]),
        zones=zones,
        population=context.population[context.population["adcode"] == adcode],
        scorecard=context.scorecard[context.scorecard["zone"] == adcode],
        gaps=context.gaps[context.gaps["county"] == adcode],
        things=None if context.things is None else context.things[context.things["county"] == adcode],
        villages=context.villages[context.villages["county"] == adcode],
        sites=context.sites[context.sites["county"] == adcode],
        plan_sites=sites,
        phases=phases_of_sites(context.phases, sites),
        towns=None if context.towns is None else context.towns[context.towns["county"] == adcode],
        grid=grid,
        margins={family: np.ascontiguousarray(margin[rows, columns]) for family, margin in context.margins.items()},
        plan=plan,
        detail=None,
        quality=None if context.quality is None else replace(context.quality, maps={}),
    )
