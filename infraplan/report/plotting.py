"""One call from a plan and a coverage to a map that opens without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from infraplan.outputs import types
from infraplan.policy.annex import by_place
from infraplan.report.maps import OfflinePage, draw_map
from infraplan.report.page_context import Facts, PageContext
from infraplan.report.words import Words

if TYPE_CHECKING:
    from infraplan.coverage.prediction import Coverage
    from infraplan.siting.plans import Plan


def plot_plan(
    plan: Plan | None,
    cover: Coverage | None,
    zones: gpd.GeoDataFrame,
    *,
    gaps: pd.DataFrame | None = None,
    villages: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    population: pd.DataFrame | None = None,
    lang: str = "both",
) -> OfflinePage:
    """An interactive map of a plan, as a page that needs no network.

    Parameters
    ----------
    plan : Plan or None
        Its sites are drawn with cost and reason; None draws the coverage alone.
    cover : Coverage or None
        Its families' best margins are drawn. [dB]
    zones : GeoDataFrame
        Zones with their outlines: `read_zones(...)`.
    gaps : DataFrame, optional
        Rows of `find_gaps`: drawn as points with their status.
    villages : GeoDataFrame, optional
        Villages to draw, with `<family>_status`; by default the points of `gaps`.
    sites : GeoDataFrame, optional
        Existing sites to draw.
    population : DataFrame, optional
        `population_coverage(...)`: the shares that colour the zones.
    lang : {"zh", "both", "en"}
        Language of the map.

    Returns
    -------
    OfflinePage
        Its method `.save("map.html")` writes it.

    Examples
    --------
    >>> import infraplan as ip
    >>> from pathlib import Path
    >>> world = ip.example_world()
    >>> page = ip.plot_plan(None, world.cover, world.zones, sites=world.sites, lang="en")
    >>> page.save("map.html")
    >>> Path("map.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    True
    """
    families = tuple(cover.families) if cover is not None else ()
    zones = zones.to_crs(4326)
    for name in ("level", "adcode", "name", "parent"):
        if name not in zones:
            zones = zones.assign(**{name: "county" if name == "level" else "" if name == "parent" else [str(i) for i in range(len(zones))]})
    top = next(level for level in ("province", "city", "county", "township") if (zones["level"] == level).any())
    first = zones[zones["level"] == top].iloc[0]
    whole = (zones["level"] == top).sum() == 1 and top in ("province", "city")
    points = villages if villages is not None else _gap_points(gaps)
    context = PageContext(
        level=top if top in ("province", "city") else "city",
        adcode=str(first["adcode"]) if whole else "",
        name=str(first["name"]) if whole else "",
        zones=zones,
        population=_no_population() if population is None else population,
        scorecard=pd.DataFrame({"zone": []}),
        gaps=pd.DataFrame() if gaps is None else gaps,
        villages=points,
        sites=_no_points() if sites is None else sites.to_crs(4326),
        plan_sites=_no_points() if plan is None else plan.sites.to_crs(4326),
        grid=cover.grid if cover is not None else None,  # type: ignore[arg-type]
        margins={} if cover is None else {family: cover[family].margin_db for family in families},
        facts=Facts("", 0.0, 0.0, ""),
        families=families or ("nr", "nbiot"),
    )
    return draw_map(context, lang, alone=True)


def _no_points() -> Any:
    return gpd.GeoDataFrame({"id": [], "name": [], "geometry": []}, geometry="geometry", crs=4326)


def _no_population() -> Any:
    return pd.DataFrame(columns=list(types("population")))


def _gap_points(gaps: Any) -> Any:
    """Gaps as points, one a village, with its status for every family."""
    if gaps is None or not len(gaps):
        return _no_points()
    points = by_place(gaps, Words()).reset_index(drop=True)
    for family in dict.fromkeys(gaps["family"]):
        if f"{family}_status" in points:
            points[f"{family}_status"] = points[f"{family}_status"].fillna("served")
    return gpd.GeoDataFrame(points, geometry=gpd.points_from_xy(points["lon"], points["lat"]), crs=4326)
