"""SINR and rates of a run: counted for its people and mapped, at the load that the study states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from infraplan.coverage.coverage_map import Coverage
from infraplan.coverage.quality_at_points import FIGURES, Quality, quality_families
from infraplan.coverage.quality_counts import population_quality, quality_map
from infraplan.report.page_context import QualityOfZone
from infraplan.run.findings import Findings
from infraplan.run.progress import Progress, Silent
from infraplan.run.steps import zones_of_cities


def with_quality(findings: Findings, progress: Progress | None = None, cities: tuple[str, ...] = ()) -> Findings:
    """The findings with SINR and rates of the existing network; unchanged where the study does not want them, or no family has rates."""
    study, cover = findings.study, findings.cover
    goal, families = study.quality_goal, quality_families(cover)
    if goal is None or not families:
        return findings
    advance = (progress or Silent()).step("run.quality")
    counted = None
    if findings.villages is not None:
        zones = zones_of_cities(study.zones, cities) if cities else study.zones
        counted = population_quality(findings.villages, cover, zones, study.sectors, families, goal=goal, measured=study.measured)
    advance(1, 2)
    maps = {family: quality_map(cover, study.sectors, family, goal=goal) for family in families}
    advance(2, 2)
    return replace(findings, quality=counted, quality_maps=maps)


def quality_of_zone(findings: Findings, cover: Coverage, codes: frozenset[str] | None = None) -> QualityOfZone | None:
    """What the pages of a zone show; `cover` is the part of the map they show, `codes` are the zone and those below (None: all)."""
    goal, table = findings.study.quality_goal, findings.quality
    if goal is None or not findings.quality_maps:
        return None
    own = None if table is None else table if codes is None else table.loc[table["adcode"].isin(codes) & (table["level"] != "township")]
    rows, cols = cover.grid.slices_in(findings.cover.grid)

    def part(one: Quality) -> dict[str, Any]:
        """The planes of a map on the window of the page."""
        return {name: np.ascontiguousarray(getattr(one, name)[rows, cols]) for name in FIGURES}

    maps = {family: {place: part(one) for place, one in known.items()} for family, known in findings.quality_maps.items()}
    return QualityOfZone(goal, own, maps)
