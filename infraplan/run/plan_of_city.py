"""What a plan does for one city alone: the kilometres of its lines and its measured weak cells."""

from __future__ import annotations

from dataclasses import replace

from infraplan.report.page_context import PlanSummary
from infraplan.run.findings import Findings
from infraplan.siting.line_counts import lines_on_maps, weak_on_maps
from infraplan.siting.maps import Maps
from infraplan.siting.plans import Plan


def with_lines_of_city(totals: PlanSummary | None, findings: Findings, plan: Plan | None, adcode: str) -> PlanSummary | None:
    """The totals with the kilometres of lines and the weak cells in one city, today and with the plan, whichever site serves them.

    What the whole plan requires of them is required of no city. A target without a line or a cell in the city is left out.
    """
    if totals is None or plan is None or findings.after is None or not (plan.lines or plan.weak_grid):
        return totals
    study, goal = findings.study, replace(plan.goal, cities=(adcode,))
    maps = Maps(findings.cover, findings.after, plan.sites, study.plan_services, study.measured)
    lines = lines_on_maps(goal, maps, study.zones, study.corridors, study.targets)
    cells = {name: counts for name, (_, _, counts) in weak_on_maps(goal, maps, study.zones, study.weak_grid).items()}
    return replace(
        totals,
        lines={name: row for name, row in lines.items() if row["total_km"]},
        weak_grid={name: row for name, row in cells.items() if row["weak"]},
    )
