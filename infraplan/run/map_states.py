"""What maps show beside today's best signal: every network's margins and statuses, today and with the plan, cut to a page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from infraplan.coverage.measurements import SERVED, UNCERTAIN, UNSERVED
from infraplan.coverage.population import demand_margin, point_statuses, status_of
from infraplan.coverage.prediction import Coverage
from infraplan.report.map_detail import MapDetail, packed_margins, packed_statuses
from infraplan.run.findings import Findings
from infraplan.siting.maps import Maps
from infraplan.siting.plans import Plan
from infraplan.tables.reprojection import to_plane


def with_map_states(findings: Findings, plan: Plan | None, after: Coverage | None) -> Findings:
    """The findings with the map of the plan and, of every village, family and network, its status today and with the plan.

    With the plan by the rules of `check_plan`: what is served there or by today's sites. Whom the sites can carry is not asked here.
    """
    cover, villages, measured = findings.cover, findings.villages, findings.study.measured
    if villages is None:
        return replace(findings, after=after)
    maps = None if plan is None or after is None else Maps(cover, after, plan.sites, findings.study.plan_services, measured)
    statuses = {}
    for family in cover.families:
        for network in cover.networks:
            today, _ = point_statuses(villages, cover, family, network, measured=measured)
            later = None
            if maps is not None and after is not None:
                served = maps.served(villages, family, 0.0, network)
                maybe = status_of(demand_margin(villages, after, family, network)) != UNSERVED
                later = np.select([served, maybe | (today == UNCERTAIN)], [SERVED, UNCERTAIN], UNSERVED)
            statuses[family, network] = packed_statuses(today, later)
    return replace(findings, after=after, village_states=statuses)


def map_detail(findings: Findings, cover: Coverage, zones: Any, city: str = "") -> MapDetail:
    """A page's part: `cover` is its window of the map; villages, places and lines are those of the city, or of the whole study."""
    after = None if findings.after is None else findings.after.within(cover.grid)
    study, margins = findings.study, {}
    for family in cover.families:
        for network in cover.networks:
            later = None if after is None else after[family, network].margin_db
            margins[family, network] = packed_margins(cover[family, network].margin_db, later)
    own = None if not city or findings.villages is None else (findings.villages["city"] == city).to_numpy()
    statuses = {key: codes if own is None else codes[own] for key, codes in findings.village_states.items()}
    return MapDetail(
        margins=margins, statuses=statuses, planned=findings.after is not None, lines=_lines(study.corridors, zones),
        fibre=_lines(study.fibre, zones) if study.connects_sites else None, places=_places(study.places, city),
        basemap=study.config.outputs.basemap, basemap_credit=study.config.outputs.basemap_credit,
    )  # fmt: skip


def _lines(corridors: Any, zones: Any) -> Any:
    """The lines near the zones, in degrees."""
    if corridors is None or not len(corridors):
        return None
    west, south, east, north = zones.total_bounds
    return to_degrees(corridors).cx[west - 0.02 : east + 0.02, south - 0.02 : north + 0.02]


def _places(places: Any, city: str) -> Any:
    """Places that are points with a known position, of a city or all."""
    if places is None or not len(places):
        return None
    own = places if not city else places.loc[places["city"] == city]
    own = to_degrees(own.loc[~own.geometry.is_empty & own.geometry.notna()])
    return own.set_geometry(own.geometry.representative_point()).reset_index(drop=True)


def to_degrees(frame: Any) -> Any:
    return frame if frame.crs is not None and frame.crs.to_epsg() == 4326 else frame.set_geometry(to_plane(frame, "EPSG:4326"))
