"""A plan for people at a notebook: one line, a small table."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from infraplan.messages import Bilingual, both, in_language, joined_texts
from infraplan.messages.amounts import amount
from infraplan.tables.families import family_name
from infraplan.tables.language import OwnNames, Speech
from infraplan.tables.wording import worded
from infraplan.units import cut_percent

if TYPE_CHECKING:
    from infraplan.siting.plans import Plan

SHOWN = 10


def line(plan: Plan) -> str:
    """The plan in one line: sites, cost, people before and after, how good it is proven to be."""
    people = max(plan.population, 1)
    before, after = (cut_percent(count / people, 1) for count in (plan.served_before, plan.served_after))
    proof = f"within {plan.proven_gap:.2%} of the best" if plan.proven_gap < 1.0 else "no bound"
    cost = amount(float(plan.cost), plan.currency, "en")
    return f"<Plan for {plan.goal.target}: {len(plan.sites):,} sites, {cost}, {before} -> {after} of residents; {plan.status}, {proof}>"


def goal_in_words(share: float | None, lines: Mapping[str, Mapping[str, Any]], weak_grid: Mapping[str, Any] | None = None) -> str:
    """What a plan must reach, in short: the share of people, where one is asked, and the kilometres of lines."""
    people = [] if share is None else [Bilingual(f"{share * 100:g}%", f"{share * 100:g} %")]
    others = [f"{name} {row['required_km']:,.1f} km" for name, row in lines.items()]
    cells = []
    for row in (weak_grid or {}).values():
        named = both("report.outcome_weak", family=family_name(row["family"]))
        cells.append(Bilingual(*(f"{in_language(named, lang)} {row['required']:,}" for lang in ("zh", "en"))))
    return joined_texts([*people, *others, *cells], "、", ", ")


def html(plan: Plan) -> str:
    """The line, and the first sites in build order as a table."""
    cells = worded(plan.sites.head(SHOWN), "sites", "page", Speech("en", own=OwnNames(currency=plan.currency)))
    head = "".join(f"<th>{escape(one.label)}</th>" for one in cells)
    rows = zip(*(one.texts() for one in cells), strict=True)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<p>{escape(line(plan))}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def line_kilometres(row: Mapping[str, Any]) -> dict[str, float]:
    """Kilometres of a target of lines: required, in total, served today, served with the plan."""
    return {"required": row["required_km"], "total": row["total_km"], "before": row["today"]["served_km"], "after": row["served_km"]}
