"""infraplan: plan 5G and NB-IoT infrastructure against coverage goals.

Names are opened when they are first used, so that `import infraplan` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infraplan.coverage.population import population_coverage, service_status
    from infraplan.coverage.prediction import Coverage, predict_coverage
    from infraplan.coverage.sectors import sectors_of
    from infraplan.errors import DataError, InfraplanError, UsageError
    from infraplan.geo.grids import Grid
    from infraplan.io import read_places, read_sites, read_villages, read_zones
    from infraplan.policy.gap_lists import find_gaps
    from infraplan.policy.scorecards import scorecard
    from infraplan.policy.targets import read_policy
    from infraplan.radio.budgets import services
    from infraplan.siting.candidates import candidate_sites
    from infraplan.siting.checks import check_plan
    from infraplan.siting.plans import Plan, place_sites
    from infraplan.study import Study

__version__ = "0.1.0"

_HOMES = {
    "Coverage": "coverage.prediction",
    "DataError": "errors",
    "Grid": "geo.grids",
    "InfraplanError": "errors",
    "Plan": "siting.plans",
    "Study": "study",
    "UsageError": "errors",
    "candidate_sites": "siting.candidates",
    "check_plan": "siting.checks",
    "find_gaps": "policy.gap_lists",
    "place_sites": "siting.plans",
    "plot_plan": "report.plotting",
    "population_coverage": "coverage.population",
    "predict_coverage": "coverage.prediction",
    "read_places": "io",
    "read_corridors": "io",
    "read_population_raster": "io.gridded_people",
    "update_coverage": "coverage.updating",
    "predict_signal": "coverage.signal",
    "unserved_demand": "policy.gap_lists",
    "scorecard_annex": "policy.annex",
    "gaps_annex": "policy.annex",
    "fibre_award": "policy.ledgers",
    "zone_faults": "geo.zonal",
    "absent_layers": "policy.scorecards",
    "cover_with": "siting.checks",
    "read_policy": "policy.targets",
    "read_sites": "io",
    "read_terrain": "io.rasters",
    "read_villages": "io",
    "read_zones": "io",
    "scorecard": "policy.scorecards",
    "sectors_of": "coverage.sectors",
    "service_status": "coverage.population",
    "services": "radio.budgets",
}
__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'infraplan' has no attribute {name!r}")
    value = getattr(import_module(f"infraplan.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
