"""SINR and rates in summary.json."""

from __future__ import annotations

from typing import Any

import pandas as pd

from infraplan.coverage.networks import ANY
from infraplan.outputs import names
from infraplan.run.findings import Findings
from infraplan.run.plain_values import records


def quality_numbers(findings: Findings, table: pd.DataFrame | None) -> dict[str, Any] | None:
    """summary.json: load, users and thresholds; the rows of a zone and of those one level below, of any network."""
    goal = findings.study.quality_goal
    if goal is None or table is None:
        return None
    asked = {"load": goal.load, "active_users": goal.active_users, "sinr_db": goal.sinr_db}
    asked |= {"downlink_mbps": goal.downlink_mbps, "uplink_mbps": goal.uplink_mbps}
    return {
        **asked,
        "rows": records(table.loc[(table["network"] == ANY) | (table["level"] == table["level"].iloc[0])], names("quality", "summary")),
    }
