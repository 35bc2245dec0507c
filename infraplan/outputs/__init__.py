"""Every column of every output table: name, headings, type, how it is written, where it is shown, what it means.

Frames hold raw values under these names; `tables.wording.worded` turns them into words and figures. A new column is one line in the
module that has its table.
"""

from __future__ import annotations

import re
from functools import cache

from infraplan.columns import FAMILY, PLACES
from infraplan.columns import Column as C
from infraplan.outputs.answer_tables import (
    COMPARED_CITIES,
    COMPARED_COVERAGE,
    COMPARED_GAPS,
    COMPARED_RANKS,
    COMPARED_SITES,
    COMPARED_TARGETS,
    COMPARED_VILLAGES,
    EXPLAINED_CANDIDATES,
    EXPLAINED_TARGETS,
    EXPLAINED_VILLAGES,
    HISTORY,
)
from infraplan.outputs.backhaul_tables import (
    BACKHAUL_COUNTIES,
    BACKHAUL_NODES,
    BACKHAUL_SPANS,
    BACKHAUL_VILLAGES,
    NETWORK_FINDINGS,
    SITE_CONNECTIONS,
)
from infraplan.outputs.measured_tables import CALIBRATION_TERMS, SIGNAL_POINTS
from infraplan.outputs.page_tables import BUDGET, FILLING, GAP_SUMS, GAP_ZONES, INVESTMENT, METHOD, OUTCOME, SITE_KINDS, TOWNS, ZONES
from infraplan.outputs.quality_tables import QUALITY
from infraplan.outputs.run_tables import (
    AREA,
    ATOLL_SITES,
    ATOLL_TRANSMITTERS,
    CERTIFICATE,
    CITIES,
    CURVE,
    FIBRE,
    GAPS,
    HEADLINE,
    MASTS,
    MEASURED,
    NOT_SPOTS,
    PHASES,
    POPULATION,
    SCORECARD,
    SERVERS,
    SITES,
    VILLAGES,
)
from infraplan.outputs.sample_tables import SAMPLE, SAMPLE_DESIGN, SAMPLE_FINDINGS, SAMPLE_GOALS, SAMPLE_SHARES, SAMPLE_STUB, SAMPLE_TOTALS

TABLES = {
    "scorecard": SCORECARD, "gaps": GAPS, "sites": SITES, "phases": PHASES, "curve": CURVE, "certificate": CERTIFICATE,
    "population": POPULATION, "quality": QUALITY, "area": AREA, "headline": HEADLINE, "cities": CITIES, "villages": VILLAGES, "masts": MASTS, "fibre": FIBRE,
    "measured": MEASURED, "not_spots": NOT_SPOTS, "servers": SERVERS, "atoll_sites": ATOLL_SITES,
    "atoll_transmitters": ATOLL_TRANSMITTERS, "compared_coverage": COMPARED_COVERAGE,
    "compared_targets": COMPARED_TARGETS, "compared_sites": COMPARED_SITES, "compared_cities": COMPARED_CITIES,
    "compared_villages": COMPARED_VILLAGES, "compared_gaps": COMPARED_GAPS, "compared_ranks": COMPARED_RANKS, "history": HISTORY,
    "explained_targets": EXPLAINED_TARGETS, "explained_villages": EXPLAINED_VILLAGES, "explained_candidates": EXPLAINED_CANDIDATES,
    "zones": ZONES, "gap_sums": GAP_SUMS, "gap_zones": GAP_ZONES, "site_kinds": SITE_KINDS, "investment": INVESTMENT, "outcome": OUTCOME, "towns": TOWNS,
    "method": METHOD, "filling": FILLING, "budget": BUDGET,
    "signal_points": SIGNAL_POINTS, "calibration_terms": CALIBRATION_TERMS,
    "sample": SAMPLE, "sample_design": SAMPLE_DESIGN, "sample_stub": SAMPLE_STUB, "sample_totals": SAMPLE_TOTALS, "sample_shares": SAMPLE_SHARES,
    "network_findings": NETWORK_FINDINGS, "backhaul_villages": BACKHAUL_VILLAGES, "backhaul_spans": BACKHAUL_SPANS,
    "backhaul_nodes": BACKHAUL_NODES, "backhaul_counties": BACKHAUL_COUNTIES, "site_connections": SITE_CONNECTIONS,
    "sample_goals": SAMPLE_GOALS, "sample_findings": SAMPLE_FINDINGS,
}  # fmt: skip


@cache
def types(table: str) -> dict[str, str]:
    """Column -> pandas type of a table's frame, in its order."""
    return {column.name: column.kind for column in TABLES[table] if column.kind and FAMILY not in column.name}


@cache
def shown(table: str, place: str) -> tuple[C, ...]:
    """The columns a place shows, in the order of the table; in a sheet those of the official annex come first."""
    found = [entry for entry in TABLES[table] if PLACES[place] in entry.places.lower()]
    return tuple(sorted(found, key=lambda entry: place == "annex" and not entry.official and "A" not in entry.places))


def names(table: str, place: str) -> tuple[str, ...]:
    """Names of `shown`."""
    return tuple(column.name for column in shown(table, place))


def column(table: str, name: str) -> C:
    """One column of a table; a name with a family is found by its pattern."""
    found = [entry for entry in TABLES[table] if entry.name == name]
    found += [entry for entry in TABLES[table] if FAMILY in entry.name and family_in(entry, name)]
    if not found:
        raise KeyError(f"{table} has no column {name}")
    return found[0]


def family_in(entry: C, name: str) -> str:
    """The family in a name, by the pattern of a column; "" where it does not fit."""
    found = re.fullmatch(re.escape(entry.name).replace(re.escape(FAMILY), "([a-z0-9]+)"), name)
    return found[1] if found else ""


def by_heading(table: str) -> dict[str, str]:
    """Heading in either language -> name: for reading a filled sheet by the table that wrote it."""
    return {label: entry.name for entry in reversed(TABLES[table]) for label in (entry.zh, entry.en)}
