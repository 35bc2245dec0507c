"""Checks between the layers of a study: gaps between zones, totals, twins, a shifted datum; and words of its
policies that match nothing.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from infraplan.errors import Fault
from infraplan.geo.zonal import zone_faults
from infraplan.io.cross_checks import cross_check
from infraplan.messages import both
from infraplan.policy.unmatched_words import unmatched
from infraplan.presets import shortened
from infraplan.study.config import FILE_NAME

if TYPE_CHECKING:
    from infraplan.study import Study

MOST_ZONES = 20


def compared(*, zones: Any, villages: Any = None, sites: Any = None, places: Any = None, listed: Collection[str] = ()) -> list[Fault]:
    """Faults between checked layers; all but `zones` may be absent. Warnings, except a mix of population bases, which is an error.

    `listed`: services that study.toml puts on the map; sites that carry others give a warning.
    """
    rows = zone_faults(zones, villages).head(MOST_ZONES).to_dict("records")
    file = str(zones.attrs.get("file", "")) or "zones"
    found = [_zone_fault(row, file) for row in rows] + cross_check(zones=zones, villages=villages, sites=sites, places=places)
    return found + ([] if sites is None or not listed else unlisted_services(sites, listed))


def unmatched_policy_words(study: Study) -> list[Fault]:
    """Words of the study's policies that match nothing in the layers read so far, as warnings; and cells that should be numbers."""
    tables = {name: study.__dict__.get(name) for name in ("villages", "places", "sites", "corridors")}
    registers = study.__dict__.get("registers") or {}
    return own_code_faults(study) + unmatched(study.targets, zones=study.zones, families=study.families, tables=tables, registers=registers)


def own_code_faults(study: Study) -> list[Fault]:
    """Codes of zones that study.toml lists and the zones do not have."""
    config, zones = study.config, study.zones
    order = () if isinstance(config.study.city_order, str) else config.study.city_order
    listed = [("study.city_order", "city", order)]
    for name, area in config.priority_areas.items():
        listed += [
            (f"priority_areas.{name}.counties", "county", area.counties),
            (f"priority_areas.{name}.towns", "county", tuple(area.towns)),
        ]
    faults = []
    for key, level, codes in listed:
        known = zones.loc[zones["level"] == level, "adcode"].astype(str).tolist()
        for code in codes:
            if code not in known:
                near = ", ".join(difflib.get_close_matches(code, known, n=3, cutoff=0.4) or shortened(sorted(known)).split(", ")[:5])
                message, fix = both("study.no_such_zone", level=both(f"io.level_{level}"), near=near), both("study.choice_fix", name=key)
                faults.append(Fault(FILE_NAME, message, fix, rule="study-choice", column=key, value=code))
    return faults


def unlisted_services(sites: Any, listed: Collection[str]) -> list[Fault]:
    """One warning on the sites that carry services which the study does not list: how many of each, and how many have no listed service."""
    carried = sites["services"].fillna("").astype(str).str.split(";")
    beyond = Counter(name for names in carried for name in names if name and name not in listed)
    if not beyond:
        return []
    lost = sum(1 for names in carried if any(names) and not set(names) & set(listed))
    counts = ", ".join(f"{name}: {count:,}" for name, count in beyond.most_common())
    message = both("study.unlisted_services", services=counts, lost=f"{lost:,}", total=f"{len(sites):,}", listed=", ".join(listed))
    file = str(sites.attrs.get("file", "")) or "sites"
    return [Fault(file, message, both("study.unlisted_services_fix"), rule="unlisted-services", column="services", severity="warning",
                  count=max(lost, 1))]  # fmt: skip


def _zone_fault(row: Mapping[Any, Any], file: str) -> Fault:
    """An overlap or a gap between zones, with its area and the people who are in it."""
    facts = {"zone": row["zone_name"], "other": row["other_name"], "area": f"{row['area_km2']:.1f}", "people": f"{row['people']:,.0f}"}
    message, rule = both(f"study.zones_{row['kind']}", **facts), f"zones-{row['kind']}"
    return Fault(file, message, both("study.zones_fix"), rule=rule, value=str(row["zone"]), severity="warning")
