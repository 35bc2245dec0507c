"""From which day services and sharing agreements may be used: phases that end too early for them, sites that are built too early."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from infraplan.arrays import Ints
from infraplan.errors import UsageError
from infraplan.messages import Bilingual, both
from infraplan.policy.site_counts import in_period
from infraplan.presets import load
from infraplan.radio.budgets import Service

if TYPE_CHECKING:
    from infraplan.siting.phases import Phase

ALWAYS = 0
"""Day of what has no date."""
NEVER = date.max.toordinal()
"""End of a phase without a date: late enough for anything."""


@dataclass(frozen=True)
class Availability:
    """First days of services and of sharing agreements; what is not listed may be used on any day.

    Parameters
    ----------
    services : mapping of date
        By name of the service.
    agreements : mapping of date
        By operators, joined by "+": a network that they share, or a single operator.
    """

    services: Mapping[str, date] = field(default_factory=dict)
    agreements: Mapping[str, date] = field(default_factory=dict)

    @classmethod
    def of(cls, services: Mapping[str, Service], agreements: Mapping[str, date] | None = None) -> Availability:
        """The days that the services state, and those of the agreements; by default the agreements of the presets."""
        stated = {name: service.available_from for name, service in services.items()}
        dated = {name: day for name, day in stated.items() if day is not None}
        return cls(dated, known_agreements() if agreements is None else agreements)

    def needed(self, services: Iterable[str], operators: str) -> list[tuple[str, date]]:
        """What a site with these services, for these operators, has to wait for: names and days.

        Of the agreements, the one of exactly these operators counts, and those of each operator alone.
        """
        parties = set(operators.split("+"))
        found = [(name, self.services[name]) for name in dict.fromkeys(services) if name in self.services]
        return found + [(name, day) for name, day in self.agreements.items() if name in parties or set(name.split("+")) == parties]

    def first_days(self, sites: Any) -> Ints:
        """First day on which each site may be built, all its services and its agreement included; `ALWAYS` where it waits for nothing."""
        place, kinds = _kinds(sites)
        days = [max((day.toordinal() for _, day in self.needed(*kind)), default=ALWAYS) for kind in kinds]
        return np.array(days, dtype=np.int64)[place] if len(days) else np.zeros(len(sites), np.int64)


def known_agreements(own: Mapping[str, date] | None = None) -> dict[str, date]:
    """First days of the sharing agreements of the presets, with a study's own laid over them."""
    presets = {name: entry["available_from"] for name, entry in load("networks")["networks"].items() if "available_from" in entry}
    given = own or {}
    parties = {frozenset(name.split("+")) for name in given}
    return {name: day for name, day in presets.items() if frozenset(name.split("+")) not in parties} | dict(given)


def phase_ends(phases: Sequence[Phase]) -> list[int]:
    """Last day of each phase: its own, or that of a later phase that ends before it; `NEVER` where no such day is stated.

    Raises
    ------
    UsageError
        An end that is no date.
    """
    ends, latest = [], NEVER
    for phase in reversed(phases):
        latest = min(latest, _day(phase.end, phase.name) if phase.end else NEVER)
        ends.append(latest)
    return ends[::-1]


def phase_days(phases: Sequence[Phase]) -> list[str]:
    """Last day of each phase as an ISO date, "" where none is stated."""
    return ["" if end == NEVER else date.fromordinal(end).isoformat() for end in phase_ends(phases)]


def too_early(available: Availability, services: Iterable[str], operators: str, phases: Sequence[Phase]) -> list[Bilingual]:
    """A sentence for each service and agreement that begins after the last phase has ended."""
    if not phases:
        return []
    last, end = phases[-1], phase_ends(phases)[-1]
    return [
        both("siting.not_available", name=name, day=day.isoformat(), phase=last.name, end=last.end)
        for name, day in available.needed(services, operators)
        if day.toordinal() > end
    ]


def refuse_too_early(available: Availability, candidates: Any, phases: Sequence[Phase]) -> None:
    """Raises a UsageError where candidates need a service or an agreement that begins after the last phase has ended."""
    _, kinds = _kinds(candidates)
    found = [text for kind in kinds for text in too_early(available, *kind, phases)]
    if found:
        raise UsageError("; ".join(dict.fromkeys(found)))


def built_too_early(sites: Any, available: Availability) -> list[tuple[str, str, str, str]]:
    """Sites built before something they need may be used: (id, day on which it is built, name, first day), from the list of sites alone.

    A site without a day is not judged. "2020" and "2020-06" are too early where the whole year or month is.
    """
    if "built" not in sites or not len(sites):
        return []
    place, kinds = _kinds(sites)
    ids, built = sites["id"].astype(str).to_numpy(), sites["built"].fillna("").astype(str)
    found = []
    for number, kind in enumerate(kinds):
        for name, day in available.needed(*kind):
            early, _ = in_period(built, None, day - timedelta(days=1))
            rows = np.flatnonzero(early & (built != "").to_numpy() & (place == number))
            found += [(int(row), ids[row], built.iloc[row], name, day.isoformat()) for row in rows]
    return [row[1:] for row in sorted(found)]


def _kinds(sites: Any) -> tuple[Ints, list[tuple[list[str], str]]]:
    """Which of the combinations of services and operators each site has, and these combinations."""
    operators = sites["operators"].fillna("").astype(str) if "operators" in sites else pd.Series("", index=sites.index)
    pairs = pd.MultiIndex.from_arrays([sites["services"].fillna("").astype(str), operators])
    place, known = pd.factorize(pairs)
    return np.asarray(place, dtype=np.int64), [(_names(services.split(";")), together) for services, together in known]


def _names(parts: Collection[str]) -> list[str]:
    return [name.strip() for name in parts if name.strip()]


def _day(text: str, phase: str) -> int:
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise UsageError(both("siting.phase_end", phase=phase, end=text)) from None
