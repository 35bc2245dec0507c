"""What pages say of connecting new sites: how much of the plan is radio and how much backhaul, and in which ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from infraplan.report.blocks import Block, Paragraph, table_of
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import shown_table
from infraplan.report.style import decimal, integer
from infraplan.report.words import Words
from infraplan.siting.connections import IN_USE, NONE

WAYS = ("fibre", "microwave", "straight", NONE)


def connection_text(context: PageContext, words: Words) -> str:
    """How the plan's sites are connected and what of its cost that is; "" where it is not priced, or nothing is built."""
    plan = context.plan
    if plan is None or plan.connections is None or not plan.sites:
        return ""
    found = plan.connections
    if found["sites"][IN_USE] == plan.sites:
        return words.t("connections_in_use_all", sites=integer(plan.sites))
    parts = [words.t("connections_in_use", count=integer(found["sites"][IN_USE]))] if found["sites"][IN_USE] else []
    for way in WAYS:
        if found["sites"][way]:
            km = decimal(found.get(f"{way}_km", 0.0), 1)
            parts.append(words.t(f"connections_{way}", count=integer(found["sites"][way]), km=km))
    money = {"radio": words.money(plan.cost - found["cost"]), "backhaul": words.money(found["cost"])}
    return (
        words.t("connections_parts", **money, ways=words.joined(parts, "，" if words.lang == "zh" else ", "))
        + words.gap
        + words.t("connections_note")
    )


def connection_blocks(context: PageContext, words: Words) -> Iterator[Block]:
    """The same with a table of radio, backhaul and their sum."""
    said = connection_text(context, words)
    if not said:
        return
    yield Paragraph(said)
    assert context.plan is not None and context.plan.connections is not None
    if not context.plan.connections["cost"]:
        return
    rows = pd.DataFrame(investment_rows(context.plan, words))
    yield from table_of(words.t("table_investment"), shown_table(rows, "investment", "paper", words, bold=[False, False, True]))


def investment_rows(plan: Any, words: Words) -> list[dict[str, Any]]:
    """Radio, backhaul and their sum, each typical, low and high."""
    found = plan.connections
    whole = {"cost": plan.cost, "cost_low": plan.cost_low, "cost_high": plan.cost_high}
    backhaul = {name: found[name] for name in whole}
    radio = {name: amount - backhaul[name] for name, amount in whole.items()}
    parts = {"radio": radio, "backhaul": backhaul, "sum": whole}
    return [{"item": words.t(f"investment_{name}"), **amount} for name, amount in parts.items()]
