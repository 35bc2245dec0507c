"""What only shows when the layers of a study are laid side by side: gaps between zones, totals, twins, a shifted datum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infraplan.errors import Fault
from infraplan.geo.zonal import zone_faults
from infraplan.io.checking import cross_check
from infraplan.messages import both

MOST_ZONES = 20


def compared(*, zones: Any, villages: Any = None, sites: Any = None, places: Any = None) -> list[Fault]:
    """Faults between checked layers; all but `zones` may be absent. Warnings, except a mix of population bases, which is an error."""
    rows = zone_faults(zones, villages).head(MOST_ZONES).to_dict("records")
    file = str(zones.attrs.get("file", "")) or "zones"
    return [_zone_fault(row, file) for row in rows] + cross_check(zones=zones, villages=villages, sites=sites, places=places)


def _zone_fault(row: Mapping[Any, Any], file: str) -> Fault:
    """An overlap or a gap between zones, with its area and the people who stand in it."""
    facts = {"zone": row["zone_name"], "other": row["other_name"], "area": f"{row['area_km2']:.1f}", "people": f"{row['people']:,.0f}"}
    message, rule = both(f"study.zones_{row['kind']}", **facts), f"zones-{row['kind']}"
    return Fault(file, message, both("study.zones_cure"), rule=rule, value=str(row["zone"]), severity="warning")
