"""The plan of fibre as summary.json has it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from infraplan.backhaul.fibre_plan import FibrePlan
from infraplan.outputs.summary_keys import FIBRE
from infraplan.run.plain_values import plain

COUNTED = tuple(name for name, *_ in FIBRE if name != "lacking")
"""Totals of a plan of fibre; a city's part has null for those of the whole tree."""


def fibre_numbers(fibre: FibrePlan | None, counties: Collection[str] | None = None) -> dict[str, Any] | None:
    """Totals of the plan, or of the part of some counties; None without one. `lacking`: villages without fibre, connected or not."""
    if fibre is None:
        return None
    totals = fibre.totals if counties is None else fibre.of(counties).totals
    found = {name: totals.get(name) for name in COUNTED}
    return dict(plain({"lacking": totals["villages"] + totals["no_line"], **found}))
