"""Fibre and connections of a page's zone, and their layers in plan.gpkg."""

from __future__ import annotations

from typing import Any

from infraplan.outputs import names
from infraplan.report.page_context import PageContext
from infraplan.run.findings import Findings


def fibre_layers(context: PageContext) -> dict[str, Any]:
    """Spans of fibre and their ends; nothing without a plan of fibre."""
    plan = context.fibre
    if plan is None:
        return {}
    parts = {"fibre_spans": (plan.spans, "backhaul_spans"), "fibre_nodes": (plan.nodes, "backhaul_nodes")}
    return {name: frame[[*names(table, "gis"), "geometry"]] for name, (frame, table) in parts.items()}


def connections_of(findings: Findings, city: str) -> Any:
    """The connections of the new sites of a city; None where they are not priced."""
    found = findings.connections
    return None if found is None else found.loc[found["city"] == city]


def connection_layer(context: PageContext) -> dict[str, Any]:
    """The lines that connect new sites; nothing where a study does not price them."""
    found = context.connections
    if found is None:
        return {}
    drawn = found.loc[found.geometry.geom_type != "Point"]
    return {"site_connections": drawn[[*names("site_connections", "gis"), "geometry"]]}
