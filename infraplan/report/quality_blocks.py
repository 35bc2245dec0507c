"""What a report says of SINR and rates: sentences, a short table, a map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from infraplan.coverage.networks import ANY
from infraplan.outputs import TABLES, names
from infraplan.report.blocks import Block, Paragraph, table_of
from infraplan.report.map_legends import Items, interval, not_computed
from infraplan.report.margin_images import NOTHING
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import shown_table
from infraplan.report.style import integer, missing, palette, percent
from infraplan.report.words import Words

PEOPLE = tuple(one.name for one in TABLES["quality"] if one.unit == "人")
RATES = tuple(one.name for one in TABLES["quality"] if one.form == "mbps")
SHARES = {
    name: "served" if name == "share" else name.removeprefix("share_")
    for name in names("quality", "summary")
    if name[:5] == "share" and name != "shared"
}
"""Shares, and the people of whom each is a share of the residents."""


def quality_blocks(context: PageContext, words: Words) -> Iterator[Block]:
    """The share that also meets SINR and rates, at which load, by network and receiver; nothing where it was not counted."""
    quality = context.quality
    if quality is None or quality.table is None:
        return
    goal, rows = quality.goal, own_rows(context)
    for family in dict.fromkeys(rows["family"]):
        own = rows[rows["family"] == family]
        first = own[(own["network"] == ANY) & (own["receiver"] == context.receiver(family))]
        if not len(first):
            continue
        shares = {name: percent(first[name].iloc[0], 1) for name in SHARES}
        asked = {"down": f"{goal.downlink_mbps:g}", "up": f"{goal.uplink_mbps:g}", "sinr": f"{goal.sinr_db:g}".replace("-", "−")}
        load = {"load": percent(goal.load, 0), "users": goal.active_users}
        yield Paragraph(words.t("quality_shares", family=words.family_in(context, family), **shares, **asked, **load))
        rates = {name: first[name].iloc[0] for name in RATES if name in first}
        if len(rates) == len(RATES) and not any(missing(value) for value in rates.values()):
            yield Paragraph(words.t("quality_rates", **{name: integer(value) for name, value in rates.items()}))
        yield from table_of(words.t("table_quality", family=words.family(family)), shown_table(own, "quality", "paper", words))
    yield Paragraph(words.t("quality_limits"), note=True)


def own_rows(context: PageContext) -> pd.DataFrame:
    """The rows of the page's own zone, of several zones their sum."""
    assert context.quality is not None
    table: pd.DataFrame = context.quality.table
    own = table[(table["level"] == context.level) & table["adcode"].isin(context.own)]
    keys = ["family", "network", "receiver"]
    if not own.duplicated(keys).any():
        return own
    sums: pd.DataFrame = own.groupby(keys, sort=False)[list(PEOPLE)].sum().reset_index()
    for share, name in SHARES.items():
        sums[share] = sums[name] / sums["population"].where(sums["population"] > 0)
    return sums


def sinr_classes(sinr_db: Any) -> Any:
    """Class of the palette of each pixel, `NOTHING` where no network serves."""
    edges = [float(step["from"]) for step in palette()["sinr_db"]]
    found = np.searchsorted(edges, sinr_db, side="right") - 1
    return np.where(np.isnan(sinr_db), NOTHING, np.clip(found, 0, None)).astype(np.uint8)


def sinr_colours() -> list[str]:
    """Colours of the classes, worst first."""
    return [str(step["colour"]) for step in palette()["sinr_db"]]


def sinr_legend(words: Words) -> Items:
    """The classes, best first; last where no network serves."""
    edges = [float(step["from"]) for step in palette()["sinr_db"]]
    items = [{"shape": "square", "colour": sinr_colours()[k], "label": interval(edges, k)} for k in reversed(range(len(edges)))]
    return [*items, {**not_computed(words), "label": words.t("legend_not_served")}]
