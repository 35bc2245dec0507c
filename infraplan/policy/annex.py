"""Scorecard and gaps in the columns and the order of an official annex."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from infraplan.coverage.networks import ANY
from infraplan.messages import say
from infraplan.tables import arguments
from infraplan.tables.language import Speech
from infraplan.tables.wording import Cells, Figure, worded
from infraplan.tables.zone_order import in_city_order

RESIDENTIAL = ("village", "block", "pixel")
JUDGED = ("status", "margin_db", "receiver")
TESTS = ("band", "device", "indoors", "photo", "confirmed_lon", "confirmed_lat")


def scorecard_annex(card: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """Rows of `scorecard` (usually of one zone) in the official columns.

    Only figures of any operator: the shared networks are in the card itself.

    Parameters
    ----------
    card : DataFrame
        `scorecard(...)`, or some of its rows.
    lang : {"zh", "en"}
        Language of headings and figures.

    Returns
    -------
    DataFrame
        One row a target; figures are text with their unit.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> card = ip.scorecard(world.targets.only("nr-pop90"), world.cover, zones=world.zones, villages=world.villages)
    >>> ip.scorecard_annex(card[card["zone_level"] == "city"], lang="en").iloc[0, [1, 5, 8]].tolist()
    ["5G for more than 90 % of the province's residents", '10.7% to 14.7%', '31 December 2020']
    """
    arguments.require("scorecard_annex", card=(card, ("id", "network", "measure")))
    rows = card.loc[card["network"].isin(["", "any"])].reset_index(drop=True)
    return _sheet([cells for cells in worded(rows, "scorecard", "annex", Speech(lang)) if cells.column.official])


def _sheet(found: list[Cells]) -> pd.DataFrame:
    """Cells as a frame with their headings: whole numbers as integers, figures as text, unknown cells empty."""

    def plain(value: Any, form: str) -> Any:
        if value is None:
            return ""
        return str(value) if isinstance(value, Figure) else round(value) if form == "whole" else value

    return pd.DataFrame(
        {cells.label: pd.Series([plain(value, cells.column.form) for value in cells.values], dtype=object) for cells in found}
    )


def gap_parts(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows of `by_place`: villages first, then county seats, other places and lines, sites; only villages may have no rows."""
    kind = rows["kind"].astype(str)
    residential, seat, site = kind.isin(RESIDENTIAL), kind == "county_seat", kind == "site"
    parts = {"gaps": residential, "gaps_seats": seat, "gaps_places": ~(residential | seat | site), "gaps_sites": site}
    return {key: rows.loc[chosen] for key, chosen in parts.items() if key == "gaps" or chosen.any()}


def columns_of_family(family: str) -> list[str]:
    """The columns of `by_place` for a family: what is judged, then the networks that lack service."""
    return [f"{family}_{name}" for name in (*JUDGED, "network")]


def by_place(gaps: pd.DataFrame, speech: Speech) -> pd.DataFrame:
    """Rows of `find_gaps`, one a village, place or stretch of a county: `<family>_status` and other columns of each family it lacks.

    Margins outdoors and indoors and the nearest site are of the first such family; `network` is "any", or those that lack service, joined
    by ";"; causes and remedies that differ name their family.
    """
    key = [gaps["id"], gaps["county"], gaps["from_km"].fillna(-1.0) if "from_km" in gaps else pd.Series(-1.0, index=gaps.index)]
    group = pd.Series(pd.MultiIndex.from_arrays(key).factorize()[0], index=gaps.index)
    table = gaps.loc[~group.duplicated()].copy()
    some = gaps.assign(_group=group)
    own = some.sort_values("network", key=lambda names: names != ANY, kind="stable").drop_duplicates(["_group", "family"]).sort_index()
    first = group[table.index].to_numpy()
    table["family"] = _texts(own, ["_group"], "family", "+").reindex(first).to_numpy()
    table["target"] = _joined(some, ["_group"], "target").reindex(first).to_numpy()
    table["network"] = _joined(some, ["_group"], "network").reindex(first).to_numpy()
    networks = _joined(some, ["_group", "family"], "network")
    for family in dict.fromkeys(own["family"]):
        rows = own.loc[own["family"] == family].set_index("_group").reindex(first)
        if family:
            *judged, network = columns_of_family(family)
            for column, name in zip(judged, JUDGED, strict=True):
                table[column] = rows[name].to_numpy() if name in rows else np.nan
            table[network] = networks.xs(family, level="family").reindex(first).to_numpy()
    for name in ("not_spot", "served_by"):
        table[name] = (_texts(own, ["_group"], name, ";").reindex(first).to_numpy()) if name in own else ""
    for name in ("reason", "remedy"):
        said = _said(own, name, speech)
        whose = own["family"].map(speech.family).where(own["family"] != "", own["target"].map(speech.targets))
        named = whose + ("：" if speech.lang == "zh" else ": ") + said
        pairs = pd.DataFrame({"_group": own["_group"], "said": said, "named": named})
        alike = pairs.groupby("_group")["said"].nunique() == 1
        one = pairs.drop_duplicates("_group").set_index("_group")["said"]
        several = _texts(pairs, ["_group"], "named", "；" if speech.lang == "zh" else "; ")
        table[name] = one.where(alike.reindex(one.index), several.reindex(one.index)).reindex(first).to_numpy()
    return table


def _said(rows: pd.DataFrame, name: str, speech: Speech) -> pd.Series[Any]:
    """Reasons or remedies in words; who else serves is named."""
    said = rows[name].map({code: speech.reason(code) for code in rows[name].unique()})
    shares = rows[name].isin(["served_by_another_network", "share"])
    if not shares.any():
        return said
    key = "policy.reason_served_by_named" if name == "reason" else "policy.remedy_share_with"
    others = rows.loc[shares, "served_by"]
    worded = {
        one: say(key, speech.lang, networks=speech.joined([speech.network(each) for each in one.split(";")], "、"))
        for one in others.unique()
    }
    return said.where(~shares, rows["served_by"].map(worded))


def _joined(rows: pd.DataFrame, keys: list[str], name: str) -> pd.Series[Any]:
    """The different values of each group, joined by ";"; "any" alone where it is among them."""
    joined = _texts(rows, keys, name, ";")
    whole = rows.loc[rows[name] == ANY, keys].drop_duplicates().set_index(keys).index
    return joined.where(~joined.index.isin(whole), ANY)


def _texts(rows: pd.DataFrame, keys: list[str], name: str, mark: str) -> pd.Series[Any]:
    """The different values of each group in their order, joined."""
    once = rows[[*keys, name]].drop_duplicates()
    if not len(once):
        return once.set_index(keys)[name]
    first = ~once.duplicated(keys).to_numpy()
    values = once[name].fillna("").astype(str).to_numpy(dtype=object)
    texts = values[first]
    if not first.all():
        groups = once.groupby(keys, sort=False).ngroup().to_numpy()
        for at, value in zip(groups[~first].tolist(), values[~first].tolist(), strict=True):
            texts[at] = f"{texts[at]}{mark}{value}" if texts[at] and value else texts[at] or value
    return pd.Series(texts, index=once.loc[first].set_index(keys).index)


def gaps_annex(
    gaps: pd.DataFrame, lang: str = "zh", *, total: bool = True, tests: bool = False, order: str | Sequence[str] = ""
) -> pd.DataFrame:
    """Rows of `find_gaps` in the official columns, one a place, 合计 first, cities in the provincial order; the inspector's columns empty.

    The remarks carry the id by which a filled sheet is read back.

    Parameters
    ----------
    gaps : DataFrame
        `find_gaps(...)`.
    lang : {"zh", "en"}
        Language of headings and words.
    total : bool
        Whether the first row has the sums.
    tests : bool
        Three more columns for the inspector: band, device, indoors or outdoors.
    order : str
        `city_order` of study.toml; "" leaves the cities in the order of the gaps.

    Returns
    -------
    DataFrame
        One row a place.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> gaps = ip.find_gaps(world.targets, world.cover, zones=world.zones, villages=world.villages, target="nr-pop90")
    >>> ip.gaps_annex(gaps, lang="en", total=False).iloc[0, :5].tolist()
    [1, '示例市', '西县', '', '']
    """
    arguments.require("gaps_annex", gaps=(gaps, arguments.GAPS))
    speech = Speech(lang)
    rows = in_city_order(by_place(gaps, speech), order, "city").reset_index(drop=True)
    wanted = [cells for cells in worded(rows, "gaps", "annex", speech) if cells.column.official or "A" in cells.column.places
              or (tests and cells.column.name in TESTS)]  # fmt: skip
    table = _sheet(wanted)
    if not total:
        return table
    sums = {"number": say("policy.annex_total", lang), "village": len(rows)}
    sums |= {name: int(rows[name].fillna(0).sum()) for name in ("households", "population")}
    first = pd.DataFrame([{cells.label: sums.get(cells.column.name, "") for cells in wanted}], dtype=object)
    return pd.concat([first, table], ignore_index=True)
