"""Sites that exist on the day of the study's data (`as_of`)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from infraplan.errors import Fault
from infraplan.messages import both
from infraplan.policy.site_counts import in_period


def existing_on(sites: Any, as_of: date | None, file: str) -> tuple[Any, list[Fault]]:
    """Sites not built after a day, and warnings of how many were left out and how many dates are not exact enough.

    "2020" and "2020-06" mean the whole year or month: a site counts unless its whole period lies after the day. Without a day, or
    where `built` is empty, a site counts.
    """
    if as_of is None or "built" not in sites:
        return sites, []
    dated = (sites["built"].fillna("").astype(str) != "").to_numpy()
    after, perhaps = in_period(sites["built"], as_of + timedelta(days=1), None)
    after, perhaps = after & dated, perhaps & dated
    faults = []
    for key, rows in (("built_after", after), ("built_unclear", perhaps)):
        count = int(rows.sum())
        if count:
            message, fix = both(f"study.{key}", count=count, day=as_of.isoformat()), both(f"study.{key}_fix")
            faults.append(Fault(file, message, fix, rule=key.replace("_", "-"), column="built", severity="warning", count=count))
    kept = sites.loc[~after].reset_index(drop=True)
    kept.attrs = sites.attrs | {"built_after": int(after.sum())}
    return kept, faults
