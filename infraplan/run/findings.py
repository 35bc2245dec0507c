"""The state of a study before anything is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from infraplan.backhaul.fibre_plan import FibrePlan
from infraplan.coverage.prediction import Coverage
from infraplan.coverage.quality_at_points import Quality
from infraplan.study import Study


@dataclass(frozen=True)
class Findings:
    """The results for the existing network.

    Parameters
    ----------
    study : Study
        The study.
    cover : Coverage
        The map of the existing network.
    villages : GeoDataFrame or None
        The villages that were counted.
    by_zone : DataFrame
        People (or land, in a study without villages) by zone, family and network.
    card : DataFrame
        The scorecard.
    gaps : DataFrame
        The gaps, where by lon and lat; empty where they are not wanted.
    things : DataFrame, optional
        Every village, place, line and site that some target asks about (`policy.gap_counts.things_of_targets`).
    after : Coverage, optional
        The map with the plan's sites.
    village_states : mapping
        (family, network) -> status of every village today and with the plan (`report.map_detail.packed_statuses`).
    quality : DataFrame, optional
        People served with enough SINR and rate (`coverage.quality_counts.population_quality`); None where it was not counted.
    quality_maps : mapping
        family -> receiver -> SINR and rates at the pixels of the map.
    fibre : FibrePlan, optional
        The plan of fibre, where the study has roads and nodes of today's network.
    fibre_note : str
        Why there is none; "" where there is one.
    connections : GeoDataFrame, optional
        The lines that connect the plan's new sites, where the study prices them (`run.connections.plan_connections`).
    """

    study: Study
    cover: Coverage
    villages: Any
    by_zone: pd.DataFrame
    card: pd.DataFrame
    gaps: pd.DataFrame
    things: pd.DataFrame | None = None
    after: Coverage | None = None
    village_states: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    quality: pd.DataFrame | None = None
    quality_maps: Mapping[str, Mapping[str, Quality]] = field(default_factory=dict)
    fibre: FibrePlan | None = None
    fibre_note: str = ""
    connections: Any = None
