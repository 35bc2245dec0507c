"""`WhatIf` as a page asks it: names in one language, parts of the map, pictures. What is counted and computed is `WhatIf`'s own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from infraplan.coverage.networks import ANY
from infraplan.messages import say
from infraplan.run import what_if_views
from infraplan.run.plain_values import records
from infraplan.run.what_if import WhatIf
from infraplan.study.scenarios import Edit
from infraplan.tables import number_formats
from infraplan.tables.families import service_name
from infraplan.tables.language import Speech
from infraplan.tables.number_formats import missing, text
from infraplan.tables.wording import Figure, clause_of

NEAR_DEG = 0.02
"""Villages so far to each side are near a place; about 2 km."""
FEW = 3
MOST_VILLAGES = 100
"""Villages won and lost that are listed; the shares count all of them."""
MOST_ROWS = 12
"""Most rows of a target that changed in cities and counties; that of the whole study is always there."""
SMALLEST = 1e-9


@dataclass(frozen=True)
class PageChange:
    """`Change` as the page shows it.

    `villages`: won and lost, with their county's name, the largest. `moved`: how many there are and their people, by family. `cost`: site
    by site and in sum.
    """

    bounds: tuple[float, float, float, float] | None
    shares: pd.DataFrame
    villages: pd.DataFrame
    moved: pd.DataFrame
    cost: dict[str, Any]


class WhatIfPage:
    """What the page asks of a `WhatIf`.

    Parameters
    ----------
    state : WhatIf
        The engine.
    """

    def __init__(self, state: WhatIf):
        self.state, self.study = state, state.study
        zones = self.study.zones
        self._rows = {str(name): row for row, name in enumerate(self.study.sites["id"])}
        self._names = dict(zip(zones["adcode"].astype(str), zones["name"].astype(str), strict=True))

    def warm_up(self) -> None:
        """Computes one edit and takes it back, so that nobody waits at the first one for programs that are compiled once."""
        sites = self.study.sites
        if len(sites):
            row = sites.iloc[len(sites) // 2]
            self.state.apply([Edit(do="change", id=str(row["id"]), tilt_deg=float(row["tilt_deg"]) + 1.0)])
            self.state.apply([])

    def facts(self, lang: str) -> dict[str, Any]:
        """`what_if_views.facts` with the names of services and the mark of synthetic data."""
        found = what_if_views.facts(self.state, lang)
        named = [service | {"label": service_name(service["key"])} for service in found["services"]]
        return found | {"services": named, "mark": say("report.synthetic_short", lang) if found["synthetic"] else ""}

    def sites(self, west: float, south: float, east: float, north: float, limit: int) -> pd.DataFrame:
        """`WhatIf.sites_within`; of suggested sites also what replaces each if it cannot be had, and what the plan then costs."""
        found, plan = self.state.sites_within(west, south, east, north, limit), self.state.plan
        if plan is None or "substitute" not in plan.sites:
            return found
        known = plan.sites.drop_duplicates("id").set_index("id")
        at = found["id"].where(found["status"] == "suggested")
        return found.assign(**{name: at.map(known[name]) for name in ("substitute", "substitute_cost")})

    def villages(self, west: float, south: float, east: float, north: float, family: str, network: str, limit: int) -> pd.DataFrame:
        """The largest villages of a rectangle, with their status before and now."""
        self.state.network.base.at(family, network)  # refuses names that are not on the map
        found = self.state.counts.within(west, south, east, north, family, network, limit)
        return found.drop(columns=["city", "county", "family"], errors="ignore").rename(columns={"after": "now"})

    def zone_people(self, family: str, network: str) -> pd.DataFrame:
        """`VillageCounts.of_finest`."""
        self.state.network.base.at(family, network)  # refuses names that are not on the map
        return self.state.counts.of_finest(family, network)

    def apply(self, edits: Sequence[Edit]) -> PageChange:
        """`WhatIf.apply`."""
        change = self.state.apply(edits)
        county = change.villages["county"] if "county" in change.villages else pd.Series("", index=change.villages.index)
        moved = change.villages.assign(county_name=county.map(lambda code: self._names.get(text(code), "")), network="any")
        moved["won"] = moved["after"] == "served"
        moved = moved[moved["won"] | (moved["before"] == "served")]
        counts = moved.groupby(["family", "won"], as_index=False, sort=True).agg(villages=("id", "size"), people=("population", "sum"))
        shown = moved.head(MOST_VILLAGES)
        listed = shown.drop(columns=["city", "county", "won"], errors="ignore")
        cost = {"cost": float(change.cost["cost"].sum()), "currency": change.currency, "sites": change.cost}
        return PageChange(change.bounds, change.shares, listed, counts, cost)

    def compare(self, first: Sequence[Edit], second: Sequence[Edit]) -> dict[str, Any]:
        """Two lists of edits side by side: people served by any operator in each zone that either changes, and what each costs."""
        present = self.state.edits
        try:
            one, other = self.state.apply(first), self.state.apply(second)
        finally:
            self.state.apply(present)
        shares = [change.shares.loc[change.shares["network"] == ANY] for change in (one, other)]
        parts = [table.drop(columns=["network", "uncertain_before", "uncertain", "unserved"]) for table in shares]
        keys = [name for name in parts[0] if name != "served"]
        both_ways = parts[0].merge(parts[1], on=keys, how="outer", suffixes=("_first", "_second"), sort=False)
        for name in ("served_first", "served_second"):  # a zone that a list does not change is as it was before
            both_ways[name] = both_ways[name].fillna(both_ways["served_before"]).astype("int64")
        rank = both_ways["level"].map({"province": 0, "city": 1, "county": 2})
        rows = both_ways.assign(rank=rank).sort_values(["family", "rank", "adcode"], kind="stable", ignore_index=True).drop(columns="rank")
        costs = [float(change.cost["cost"].sum()) for change in (one, other)]
        return {"shares": rows, "cost": costs, "edits": [len(first), len(second)], "currency": one.currency}

    def targets(self, lang: str) -> Iterator[pd.DataFrame]:
        """The rows of some targets after others, of any operator: those of the whole study, and those that changed."""
        speech = Speech(lang, zones=self._names, own=self.study.own_names, band_db=0.0)
        for frame in self.state.targets([ANY]):
            whole = (frame["zone_level"] == "province").to_numpy()
            differs = np.abs(frame["achieved"].to_numpy(float) - frame["achieved_before"].to_numpy(float)) > SMALLEST
            moved = (differs | (frame["status"].to_numpy() != frame["status_before"].to_numpy())) & ~whole
            number = frame.loc[moved].groupby(["id", "part"], sort=False).cumcount().reindex(frame.index, fill_value=MOST_ROWS)
            own = frame.loc[whole | (number < MOST_ROWS)]
            yield pd.DataFrame([self._target({str(name): value for name, value in row.items()}, speech) for row in own.to_dict("records")])

    def _target(self, row: dict[str, Any], speech: Speech) -> dict[str, Any]:
        """A row of the scorecard in words, with what it was before any edit."""
        share = bool(number_formats.is_share({"achieved": None, "numerator": None, "denominator": None, **row}))
        unit = speech.code("unit", row.get("unit"))
        shown = {
            when: _figure(row.get(name), share, unit, speech.lang) for when, name in (("before", "achieved_before"), ("now", "achieved"))
        }
        old, new = row.get("achieved_before"), row.get("achieved")
        difference = 0.0 if missing(old) or missing(new) else float(new) - float(old)  # type: ignore[arg-type]
        status = {when: text(row.get(name)) for when, name in (("status_before", "status_before"), ("status", "status"))}
        moved = abs(difference) > SMALLEST or status["status"] != status["status_before"]
        words = {f"{name}_words": speech.code("status", code) for name, code in status.items()}
        zone = text(row.get("zone_name")) or self._names.get(text(row.get("zone")), "")
        place = {"name": zone, "adcode": text(row.get("zone")), "whole": row.get("zone_level") == "province"}
        about = {"target": text(row["id"]), "title": clause_of(row, speech), **place}
        return about | shown | {"difference": difference, "is_share": share, "moved": moved} | status | words

    def picture(self, family: str, network: str, zoom: int, x: int, y: int, width: int, height: int, after: bool = False) -> bytes:
        """`what_if_views.picture`."""
        return what_if_views.picture(self.state, family, network, zoom, x, y, width, height, after=after)

    def at(self, longitude: float, latitude: float, family: str) -> dict[str, Any]:
        """`what_if_views.answer_at` with the nearest villages."""
        found = what_if_views.answer_at(self.state, longitude, latitude, family)
        box = (longitude - NEAR_DEG, latitude - NEAR_DEG, longitude + NEAR_DEG, latitude + NEAR_DEG)
        near = self.state.counts.within(*box, family, ANY, 200)
        across = (near["longitude"] - longitude) * np.cos(np.radians(latitude))
        nearest = near.iloc[np.argsort(np.hypot(across, near["latitude"] - latitude).to_numpy(), kind="stable")[:FEW]]
        servers = [row | self._place(row["site"]) for row in found["servers"]]
        return found | {"servers": servers, "villages": records(nearest, ("id", "name", "population"))}

    def highest_near(self, longitude: float, latitude: float) -> dict[str, float]:
        """`what_if_views.highest_near`."""
        return what_if_views.highest_near(self.state, longitude, latitude)

    def _place(self, site: str) -> dict[str, float]:
        """Where a site is, with the edits."""
        edited = next((edit for edit in self.state.edits if edit.id == site and edit.longitude is not None), None)
        if edited is not None:
            return {"longitude": float(edited.longitude or 0.0), "latitude": float(edited.latitude or 0.0)}
        row = self._rows.get(site)
        point = None if row is None else self.study.sites.geometry.iloc[row]
        return {} if point is None else {"longitude": float(point.x), "latitude": float(point.y)}

    def table(self) -> Any:
        """All sites with the edits."""
        return self.state.sites()


def _figure(value: Any, share: bool, unit: str, lang: str) -> str:
    return "\u2014" if missing(value) else str(Figure(float(value), share, unit, None, lang))
