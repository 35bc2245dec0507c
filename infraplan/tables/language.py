"""A language, and the names of codes in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infraplan.messages import catalogue, in_language, say
from infraplan.presets import load
from infraplan.tables import number_formats
from infraplan.tables.families import family_name
from infraplan.tables.number_formats import missing, text

WEAK_GRID = "weak_grid-"
"""Begins the name of a target of measured weak cells (`siting.goals.WeakGridTarget.name`), before its family."""
ROOMS = ("report", "policy", "siting", "coverage")


@dataclass(frozen=True)
class OwnNames:
    """What a study calls by names of its own.

    `currency`: code of ISO 4217 of all its money. `hosts`: what sites stand on, by code and language, of the presets where empty.
    `networks`: operators and shared networks by code and language, laid over those of the presets.
    `areas`: priority areas by code and language, of the presets where None.
    """

    currency: str = ""
    hosts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    networks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    areas: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Speech:
    """A language and the names of codes: zones by adcode, tasks by target, where each family is judged, the plan's first."""

    lang: str = "zh"
    zones: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    receivers: Mapping[str, str] = field(default_factory=dict)
    band_db: float = 0.0
    first: str = ""
    own: OwnNames = OwnNames()

    def code(self, group: str, value: Any) -> str:
        """The word for a code of the data (status, host, kind, layer ...), or the code itself when no catalogue has one."""
        if missing(value) or value == "":
            return ""
        key = f"{group}_{value}"
        entry = catalogue("policy").get(key) or catalogue("report").get(key)
        if entry is None and group == "kind":
            entry = catalogue("policy").get(f"layer_{value}")
        return entry[self.lang] if entry else str(value)

    def joined(self, parts: Sequence[str], mark: str = "；") -> str:
        """Phrases in a row, empty ones left out."""
        return (mark if self.lang == "zh" else {"；": "; ", "、": ", "}[mark]).join(part for part in parts if part)

    def family(self, family: str) -> str:
        """5G, NB-IoT, 4G."""
        return family_name(family)

    def receiver(self, receiver: str) -> str:
        """室外, 室内 / outdoors, indoors."""
        return "、".join(self.code("receiver", part) for part in receiver.split("+"))

    def judged(self, family: str, receiver: str = "") -> str:
        """The family with the receiver it is judged at: 5G（室外） / 5G outdoors."""
        name, place = self.family(family), self.receiver(receiver or self.receivers.get(family, ""))
        return name if not place else f"{name}（{place}）" if self.lang == "zh" else f"{name} {place}"

    def network(self, network: str) -> str:
        """任一运营商, 移动+广电, 各网均可用; "" for what asks no network, such as fibre; own operators have their names."""
        known = load("networks")
        if network in ("", "any", "every"):
            return str(known[network][self.lang]) if network else ""
        named = {**known["networks"], **self.own.networks}
        return str(named[network][self.lang]) if network in named else " + ".join(map(self.operator, network.split("+")))

    def area(self, codes: str) -> str:
        """Priority areas by their names; codes are joined by ";"."""
        known = load("priority_areas") if self.own.areas is None else self.own.areas
        return self.joined([str(known[code][self.lang]) if code in known else code for code in codes.split(";") if code], "、")

    def operator(self, code: str) -> str:
        """What an operator is called; its code where nobody names it."""
        named = {**load("networks")["operators"], **self.own.networks}
        return str(named[code][self.lang]) if code in named else code

    def money(self, value: Any, *, least: bool = False) -> str:
        """An amount in the study's currency. `least`: a bound, never rounded up."""
        return number_formats.money(value, self.own.currency, self.lang, least=least)

    def one(self, written: Any) -> str:
        """The page's language of a bilingual text."""
        return str(in_language(written, self.lang))

    def host(self, code: str) -> str:
        """What a site stands on."""
        known = self.own.hosts or load("costs")["hosts"]
        return str(known[code][self.lang]) if code in known else self.code("host", code)

    def targets(self, ids: str) -> str:
        """Targets by the names of their tasks."""
        return self.joined(list(dict.fromkeys(self._target(name) for name in ids.split(";") if name)))

    def _target(self, name: str) -> str:
        """The task of a target; measured weak cells, which no policy names, by their family."""
        if name.startswith(WEAK_GRID):
            return say("report.outcome_weak", self.lang, family=self.family(name.removeprefix(WEAK_GRID)))
        return self.tasks.get(name, self.tasks.get(name.split("/")[0], name))

    def reason(self, value: Any) -> str:
        """A reason or remedy: a key of some room's catalogue, a planned site, or free text kept as it is."""
        written = text(value)
        if written[:1] == "N" and written[1:].isdigit():
            return say("policy.annex_plan_site", self.lang, site=written)
        room, _, name = written.partition(".")
        for where, key in [(room, name)] if name else [(other, written) for other in ROOMS]:
            for candidate in (key, f"reason_{key}", f"remedy_{key}"):
                try:
                    return str(catalogue(where)[candidate][self.lang])
                except KeyError:
                    continue
        return written
