"""Scorecard and gaps in the columns and the order of an official annex."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from infraplan.coverage.networks import network_name
from infraplan.messages import say
from infraplan.policy.schema import SHARES
from infraplan.policy.words import FAMILY_NAMES
from infraplan.presets import load
from infraplan.units import cut, cut_percent

SCORECARD_HEADS = (
    "number", "task", "document", "departments", "required", "achieved", "rate", "shortfall", "due", "evidence", "interpretation", "remark",
)  # fmt: skip
GAP_HEADS = (
    "number", "city", "county", "town", "committee", "village", "households", "population", "lon", "lat", "operator", "outdoor_margin",
    "indoor_margin", "nearest_site", "nearest_km", "reason", "remedy", "departments", "planned", "inspected", "inspector", "measured",
    "result", "closed", "remark",
)  # fmt: skip
TEST_HEADS = ("band", "device", "where")


def heads(names: tuple[str, ...], lang: str = "zh") -> list[str]:
    """Headings of an annex as people read them."""
    return [say(f"policy.head_{name}", lang) for name in names]


def scorecard_annex(card: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """Rows of `scorecard` (usually of one zone) in the official columns; figures as text with their unit.

    Only figures of any operator: the shared networks stand in the card itself.
    """
    rows = card.loc[card["network"].isin(["", "any"])].reset_index(drop=True)
    share = rows["measure"].isin(SHARES) | (
        (rows["measure"] == "reported") & (rows["achieved"] <= 1.0) & rows["unit"].isin(["people", "km2"])
    )
    unit = [say(f"policy.unit_{name}", lang) for name in rows["unit"]]
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = rows["achieved"].to_numpy(dtype=float) / rows["required"].to_numpy(dtype=float)
        rate = np.where(rows["required"] > 0, np.where(exact < 1.0, cut(exact * 100.0, 2), np.round(exact * 100.0, 2)), np.nan)
    columns: dict[str, Any] = {
        "number": np.arange(1, len(rows) + 1),
        "task": rows["task" if lang == "zh" else "task_en"],
        "document": [_clause(document, number, lang) for document, number in zip(rows["document"], rows["measure_number"], strict=True)],
        "departments": rows["departments"].replace("not assigned", say("policy.annex_not_assigned", lang)),
        "required": [_figure(*values) for values in zip(rows["required"], share, unit, strict=True)],
        "achieved": [_interval(*values, lang) for values in zip(rows["achieved"], rows["achieved_most"], share, unit, strict=True)],
        "rate": rate,
        "shortfall": [
            _interval(least, most, False, name, lang)
            for least, most, name in zip(rows["shortfall"], rows["shortfall_most"], unit, strict=True)
        ],
        "due": rows["due"],
        "evidence": [text.partition(" / ")[0 if lang == "zh" else 2] for text in rows["evidence"]],
        "interpretation": [say("policy.annex_yes" if ours else "policy.annex_no", lang) for ours in rows["interpretation"]],
        "remark": [_remark(*values, lang) for values in zip(rows["status"], rows["expired"], strict=True)],
    }
    table = pd.DataFrame(columns, columns=list(SCORECARD_HEADS))
    table.columns = pd.Index(heads(SCORECARD_HEADS, lang))
    return table


def _clause(document: str, number: str, lang: str) -> str:
    if document == "-":
        return ""
    return document + (say("policy.annex_clause", lang, number=number) if str(number).isdigit() else str(number))


def _figure(value: float, share: bool, unit: str) -> str:
    """12,345 人, 1,234.5 公里, 90.00%; empty where nothing is asked or known."""
    if pd.isna(value):
        return ""
    if share:
        return cut_percent(value, 2)
    return f"{value:,.0f} {unit}" if float(value).is_integer() else f"{value:,.1f} {unit}"


def _interval(least: float, most: float, share: bool, unit: str, lang: str) -> str:
    """One figure, or two ends where places that flip within their position error decide."""
    ends = _figure(least, share, unit), _figure(most, share, unit)
    return ends[0] if ends[0] == ends[1] or not ends[1] else say("policy.annex_interval", lang, least=ends[0], most=ends[1])


def _remark(status: str, expired: bool, lang: str) -> str:
    parts = [say(f"policy.status_{status}", lang), say("policy.annex_expired", lang) if expired else ""]
    return ("；" if lang == "zh" else "; ").join(part for part in parts if part)


def reason_text(key: str, lang: str = "zh") -> str:
    """The sentence of a reason key."""
    return say(f"policy.reason_{key}", lang)


def remedy_text(remedy: str, lang: str = "zh") -> str:
    """The sentence of a remedy key, or the plan's site."""
    from infraplan.policy.gap_reasons import REMEDIES

    return say(f"policy.remedy_{remedy}", lang) if remedy in REMEDIES.values() else say("policy.annex_plan_site", lang, site=remedy)


def city_order(frame: pd.DataFrame, order: str = "zones_guangdong") -> pd.DataFrame:
    """Rows in the provincial order of cities of a preset; others follow as they were."""
    place = {code: index for index, code in enumerate(load(order)["city_order"])}
    return frame.iloc[np.argsort([place.get(code, len(place)) for code in frame["city"]], kind="stable")]


def gaps_annex(
    gaps: pd.DataFrame, lang: str = "zh", *, total: bool = True, tests: bool = False, order: str = "zones_guangdong"
) -> pd.DataFrame:
    """Rows of `find_gaps` in the official columns, 合计 first, cities in the provincial order; the inspector's columns empty.

    Parameters
    ----------
    tests : bool
        Three more columns for the inspector: band, device, indoors or outdoors. `inspection.measurements` reads them back.
    order : str
        Preset with the `city_order`.

    The remarks carry the id by which a filled sheet is read back.
    """
    rows = city_order(gaps, order).reset_index(drop=True)
    names = GAP_HEADS + (TEST_HEADS if tests else ())
    network = {code: network_name(code, lang) if code else "" for code in rows["network"].unique()}
    columns: dict[str, Any] = {name: pd.Series([""] * len(rows), dtype=object) for name in names}
    columns |= {
        "number": pd.Series(range(1, len(rows) + 1), dtype=object),
        "city": rows["city_name"], "county": rows["county_name"], "town": rows["town"], "committee": rows["committee"],
        "village": rows["village"].where(rows["village"] != "", rows["name"]),
        "households": _whole(rows["households"]), "population": _whole(rows["population"]),
        "lon": rows["lon"].round(6), "lat": rows["lat"].round(6), "operator": rows["network"].map(network),
        "outdoor_margin": rows["outdoor_margin_db"], "indoor_margin": rows["indoor_margin_db"],
        "nearest_site": rows["nearest_site"], "nearest_km": rows["nearest_site_km"],
        "reason": rows["reason"].map({key: reason_text(key, lang) for key in rows["reason"].unique()}),
        "remedy": rows["remedy"].map({key: remedy_text(key, lang) for key in rows["remedy"].unique()}),
        "remark": _place_remarks(rows, lang),
    }  # fmt: skip
    table = pd.DataFrame(columns, columns=list(names)).astype(object)
    if total:
        once = ~rows.duplicated(["id", "from_km"])
        first = dict.fromkeys(names, "") | {
            "number": say("policy.annex_total", lang), "village": int(once.sum()),
            "households": int(rows.loc[once, "households"].fillna(0).sum()),
            "population": int(rows.loc[once, "population"].fillna(0).sum()),
        }  # fmt: skip
        table = pd.concat([pd.DataFrame([first], columns=list(names)).astype(object), table], ignore_index=True)
    table.columns = pd.Index(heads(names, lang))
    return table


def _whole(values: Any) -> Any:
    return pd.to_numeric(values).astype("Float64").round().astype("Int64")


def _place_remarks(rows: pd.DataFrame, lang: str) -> list[str]:
    """Id and family, where a stretch lies on its line, and the priority area."""
    texts = []
    names = ["id", "family", "priority", "from_km", "to_km", "length_km"]
    for place, family, priority, start, end, length in rows[names].itertuples(index=False, name=None):
        parts = [say("policy.annex_id", lang, id=place, family=FAMILY_NAMES.get(family, family))]
        if not pd.isna(start):
            parts.append(say("policy.annex_stretch", lang, start=f"{start:.1f}", end=f"{end:.1f}", length=f"{length:.1f}"))
        texts.append(("；" if lang == "zh" else "; ").join([*parts, *([priority] if priority else [])]))
    return texts
