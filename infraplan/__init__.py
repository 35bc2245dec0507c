"""infraplan: plan 5G and NB-IoT infrastructure against coverage goals.

Names are opened when they are first used, so that `import infraplan` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from infraplan.compiled import drop_old_kernels

if TYPE_CHECKING:
    from infraplan.coverage.calibration import CalibrationRun, calibrate
    from infraplan.coverage.calibration_terms import Calibration
    from infraplan.coverage.map_update import cover_with, update_coverage
    from infraplan.coverage.over_terrain import FootprintCache
    from infraplan.coverage.point_prediction import predict_points
    from infraplan.coverage.population import population_coverage, service_status
    from infraplan.coverage.prediction import Coverage, predict_coverage
    from infraplan.coverage.quality_at_points import service_quality
    from infraplan.coverage.quality_counts import population_quality, quality_map
    from infraplan.coverage.sectors import sectors_of
    from infraplan.coverage.signal import predict_signal
    from infraplan.coverage.transmitters import Transmitters
    from infraplan.errors import DataError, InfraplanError, UsageError
    from infraplan.examples.small_world import example_world
    from infraplan.geo.grids import Grid
    from infraplan.geo.zonal import zone_faults
    from infraplan.io import read_corridors, read_hosts, read_places, read_sites, read_villages, read_zones
    from infraplan.io.calibration_files import read_calibration, write_calibration
    from infraplan.io.cost_files import read_costs
    from infraplan.io.cost_lines import read_cost_lines
    from infraplan.io.coverage_rasters import write_coverage
    from infraplan.io.fibre_files import read_fibre_nodes, read_fibre_prices
    from infraplan.io.gridded_people import read_population_raster
    from infraplan.io.inspections import read_measurements
    from infraplan.io.opencellid import read_opencellid
    from infraplan.io.osm import read_osm
    from infraplan.io.patterns import read_pattern
    from infraplan.io.rasters import read_terrain
    from infraplan.io.services import read_services
    from infraplan.io.transmitter_tables import read_measured, read_transmitters
    from infraplan.io.weak_grids import read_weak_grid
    from infraplan.io.writing import write_geopackage
    from infraplan.policy.annex import gaps_annex, scorecard_annex
    from infraplan.policy.fibre_awards import fibre_award
    from infraplan.policy.gap_lists import find_gaps, unserved_demand
    from infraplan.policy.scorecards import absent_layers, scorecard, with_geometry
    from infraplan.policy.targets import read_policy
    from infraplan.radio.budgets import services
    from infraplan.radio.link_quality import QualityGoal
    from infraplan.radio.throughput import throughput_mbps
    from infraplan.report.plotting import plot_plan
    from infraplan.report.run_comparison import compare_runs
    from infraplan.run.batch import run_study
    from infraplan.run.steps import assess, make_plan
    from infraplan.run.what_if import Change, WhatIf
    from infraplan.siting.candidates import candidate_sites
    from infraplan.siting.capacity import BusyHour, usual_busy_hour
    from infraplan.siting.checks import check_plan
    from infraplan.siting.cost_curves import cost_curve
    from infraplan.siting.costs import Costs, usual_costs
    from infraplan.siting.goals import goal_of
    from infraplan.siting.line_counts import unserved_lines
    from infraplan.siting.phases import Phase
    from infraplan.siting.placing import place_sites
    from infraplan.siting.plan_explanations import explain_plan
    from infraplan.siting.plans import Plan, SearchLimits
    from infraplan.study import Study
    from infraplan.study.scenarios import Edit, Scenario, read_scenario, write_scenario

__version__ = "0.1.0"

_HOMES = {
    "BusyHour": "siting.capacity",
    "Calibration": "coverage.calibration_terms",
    "CalibrationRun": "coverage.calibration",
    "Change": "run.what_if",
    "Costs": "siting.costs",
    "Coverage": "coverage.prediction",
    "DataError": "errors",
    "FootprintCache": "coverage.over_terrain",
    "Grid": "geo.grids",
    "InfraplanError": "errors",
    "Phase": "siting.phases",
    "Plan": "siting.plans",
    "QualityGoal": "radio.link_quality",
    "SearchLimits": "siting.plans",
    "Edit": "study.scenarios",
    "Scenario": "study.scenarios",
    "read_scenario": "study.scenarios",
    "write_scenario": "study.scenarios",
    "Study": "study",
    "Transmitters": "coverage.transmitters",
    "UsageError": "errors",
    "WhatIf": "run.what_if",
    "absent_layers": "policy.scorecards",
    "assess": "run.steps",
    "calibrate": "coverage.calibration",
    "candidate_sites": "siting.candidates",
    "check_plan": "siting.checks",
    "compare_runs": "report.run_comparison",
    "cost_curve": "siting.cost_curves",
    "cover_with": "coverage.map_update",
    "example_world": "examples.small_world",
    "explain_plan": "siting.plan_explanations",
    "fibre_award": "policy.fibre_awards",
    "find_gaps": "policy.gap_lists",
    "gaps_annex": "policy.annex",
    "goal_of": "siting.goals",
    "make_plan": "run.steps",
    "place_sites": "siting.placing",
    "plot_plan": "report.plotting",
    "population_coverage": "coverage.population",
    "population_quality": "coverage.quality_counts",
    "predict_coverage": "coverage.prediction",
    "predict_points": "coverage.point_prediction",
    "predict_signal": "coverage.signal",
    "quality_map": "coverage.quality_counts",
    "read_calibration": "io.calibration_files",
    "read_corridors": "io",
    "read_cost_lines": "io.cost_lines",
    "read_fibre_nodes": "io.fibre_files",
    "read_fibre_prices": "io.fibre_files",
    "read_costs": "io.cost_files",
    "read_hosts": "io",
    "read_measured": "io.transmitter_tables",
    "read_measurements": "io.inspections",
    "read_opencellid": "io.opencellid",
    "read_osm": "io.osm",
    "read_pattern": "io.patterns",
    "read_places": "io",
    "read_policy": "policy.targets",
    "read_population_raster": "io.gridded_people",
    "read_services": "io.services",
    "read_sites": "io",
    "read_terrain": "io.rasters",
    "read_transmitters": "io.transmitter_tables",
    "read_villages": "io",
    "read_weak_grid": "io.weak_grids",
    "read_zones": "io",
    "run_study": "run.batch",
    "scorecard": "policy.scorecards",
    "scorecard_annex": "policy.annex",
    "sectors_of": "coverage.sectors",
    "service_quality": "coverage.quality_at_points",
    "service_status": "coverage.population",
    "services": "radio.budgets",
    "throughput_mbps": "radio.throughput",
    "unserved_demand": "policy.gap_lists",
    "unserved_lines": "siting.line_counts",
    "update_coverage": "coverage.map_update",
    "usual_busy_hour": "siting.capacity",
    "usual_costs": "siting.costs",
    "with_geometry": "policy.scorecards",
    "write_calibration": "io.calibration_files",
    "write_coverage": "io.coverage_rasters",
    "write_geopackage": "io.writing",
    "zone_faults": "geo.zonal",
}
__all__ = [
    "BusyHour",
    "Calibration",
    "CalibrationRun",
    "Change",
    "Costs",
    "Coverage",
    "DataError",
    "Edit",
    "FootprintCache",
    "Grid",
    "InfraplanError",
    "Phase",
    "Plan",
    "QualityGoal",
    "Scenario",
    "SearchLimits",
    "Study",
    "Transmitters",
    "UsageError",
    "WhatIf",
    "absent_layers",
    "assess",
    "calibrate",
    "candidate_sites",
    "check_plan",
    "compare_runs",
    "cost_curve",
    "cover_with",
    "example_world",
    "explain_plan",
    "fibre_award",
    "find_gaps",
    "gaps_annex",
    "goal_of",
    "make_plan",
    "place_sites",
    "plot_plan",
    "population_coverage",
    "population_quality",
    "predict_coverage",
    "predict_points",
    "predict_signal",
    "quality_map",
    "read_calibration",
    "read_corridors",
    "read_cost_lines",
    "read_costs",
    "read_fibre_nodes",
    "read_fibre_prices",
    "read_hosts",
    "read_measured",
    "read_measurements",
    "read_opencellid",
    "read_osm",
    "read_pattern",
    "read_places",
    "read_policy",
    "read_population_raster",
    "read_scenario",
    "read_services",
    "read_sites",
    "read_terrain",
    "read_transmitters",
    "read_villages",
    "read_weak_grid",
    "read_zones",
    "run_study",
    "scorecard",
    "scorecard_annex",
    "sectors_of",
    "service_quality",
    "service_status",
    "services",
    "throughput_mbps",
    "unserved_demand",
    "unserved_lines",
    "update_coverage",
    "usual_busy_hour",
    "usual_costs",
    "with_geometry",
    "write_calibration",
    "write_coverage",
    "write_geopackage",
    "write_scenario",
    "zone_faults",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'infraplan' has no attribute {name!r}")
    value = getattr(import_module(f"infraplan.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])


drop_old_kernels(Path(__file__).parent)
