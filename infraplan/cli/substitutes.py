"""`infraplan plan --substitute`: what replaces single sites of the plan, and what the plan then costs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infraplan.cli.shared import print_note, show, show_json
from infraplan.errors import UsageError
from infraplan.messages import both

if TYPE_CHECKING:
    from infraplan.siting.instances import Instance
    from infraplan.siting.plans import Plan
    from infraplan.study import Study

NUMBERED = re.compile(r"N\d{5,}")
"""Ids of a plan's sites, which no one knows before there is a plan."""


def refuse_unknown_sites(names: list[str], instance: Instance) -> None:
    """Raises, before the search, for a name that is no candidate and no mast, and that cannot be a site of the plan."""
    from infraplan.presets import choose

    frame = instance.candidates
    known = dict.fromkeys([*frame["id"].astype(str), *frame["mast"].astype(str)])
    for name in names:
        if name not in known and not NUMBERED.fullmatch(name):
            choose(name, [other for other in known if other[:2] == name[:2]][:2000] or list(known)[:2000], "candidate")


def asked_rows(plan: Plan, names: list[str]) -> Any:
    """The plan's sites of these names: ids of sites, candidates or masts; a UsageError for one that is not in the plan."""
    sites = plan.sites
    ids, candidates, masts = (sites[name].astype(str).to_numpy() for name in ("id", "candidate", "mast"))
    rows: list[int] = []
    for name in names:
        found = [row for row, own in enumerate(zip(ids, candidates, masts, strict=True)) if name in own]
        if not found:
            raise UsageError(both("cli.substitute_not_in_plan", site=name, count=f"{len(sites):,}"))
        rows += found
    return sites.iloc[list(dict.fromkeys(rows))]


def print_substitutes(
    plan: Plan, names: list[str], study: Study, *, as_json: bool, output: Path | None = None, overwrite: bool = False
) -> None:
    """Each named site with what replaces it, the cost of the plan without it, and its bound."""
    import pandas as pd

    from infraplan.messages.amounts import amounts
    from infraplan.run.plain_values import records
    from infraplan.run.summary import in_yuan, plan_numbers

    rows = asked_rows(plan, names)
    if plan.substitutes != "found":
        raise UsageError(both(f"siting.substitutes_{plan.substitutes}"))
    table = rows.drop(columns="geometry")
    if as_json:
        show_json({**(plan_numbers(plan, None) or {}), "list": [in_yuan(row) for row in records(table, tuple(table.columns))]})
    elif output is None:
        zones = dict(zip(study.zones["adcode"].astype(str), study.zones["name"].astype(str), strict=True))
        show(table, "sites", names=zones, own=study.own_names)
        for row in table.to_dict("records"):
            missing = bool(pd.isna(row["substitute_cost"]))
            key = row["substitute"] if missing else "by" if row["substitute"] else "needless"
            print_note(
                both(
                    f"cli.substitute_{key}",
                    site=row["id"],
                    candidate=row["candidate"],
                    by=row["substitute"],
                    plan=amounts(plan.cost, plan.currency),
                    cost="" if missing else amounts(int(row["substitute_cost"]), plan.currency),
                    bound="" if missing else amounts(int(row["substitute_bound"]), plan.currency, least=True),
                )
            )
    if output is not None:
        show(rows, output=output, overwrite=overwrite)
