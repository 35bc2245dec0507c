"""The verdict on a share of people when every signal may be weaker or stronger than predicted."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from infraplan.coverage.networks import ANY
from infraplan.messages import both, joined_texts
from infraplan.units import cut_percent

KEY = ["level", "adcode", "family"]
DECIDABLE = ("met", "not_met", "uncertain")


def people_needed(required: float, population: int) -> int:
    """Whole people that a share requires, without rounding errors of binary fractions."""
    exact = required * population
    return round(exact) if abs(exact - round(exact)) < 1e-6 else math.ceil(exact)


def verdict(needed: int, row: Any) -> str:
    """Status of a share of people: met, not_met or uncertain.

    Parameters
    ----------
    needed : int
        People that the clause asks for.
    row : mapping
        A row of `with_ranges`. Without its ranges the prediction alone decides.

    Returns
    -------
    str
        "met" only if those served when every signal is weaker suffice; "not_met" only if those served and uncertain when every signal is
        stronger do not.
    """
    low = row.get("served_weaker", row["served"])
    high = row.get("served_stronger", row["served"]) + row.get("uncertain_stronger", row["uncertain"])
    return "met" if low >= needed else "not_met" if high < needed else "uncertain"


def with_band(card: pd.DataFrame, by_zone: pd.DataFrame, band_db: float) -> pd.DataFrame:
    """A scorecard whose shares of all residents, any network, are decided by `verdict`; what decides is in their evidence.

    Rows that count only some of the residents or another receiver, that are examples or have no threshold, stay as they are.
    """
    ranges = by_zone.loc[by_zone["network"] == ANY].drop_duplicates(KEY).set_index(KEY)
    chosen = (card["measure"] == "population_share") & (card["network"] == ANY) & card["status"].isin(DECIDABLE) & card["required"].notna()
    status, evidence = card["status"].astype(object), card["evidence"].astype(object)
    for at in card.index[chosen]:
        row = card.loc[at]
        key: Any = (row["zone_level"], row["zone"], row["family"])
        if key not in ranges.index:
            continue
        found = ranges.loc[key].to_dict()
        if any(int(row[name]) != int(found[same]) for name, same in (("denominator", "population"), ("numerator", "served"))):
            continue
        status[at] = verdict(people_needed(float(row["required"]), int(row["denominator"])), found)
        shares = {name: cut_percent(found[f"share_{name}"], 1) for name in ("weaker", "stronger")}
        evidence[at] = joined_texts((row["evidence"], both("policy.evidence_band", band=f"{band_db:g}", **shares)), "；", "; ")
    return card.assign(status=status.astype(card["status"].dtype), evidence=evidence)
