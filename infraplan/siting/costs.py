"""What a site costs over its life, in the currency of its costs: the presets, or a file of the study's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd

from infraplan.presets import choose, load
from infraplan.siting.costs_schema import LEVELS, CostFile

ALWAYS_OFFERED = ("tower", "rooftop", "existing_tower", "upgrade_4g", "overlay")
"""Hosts that candidates stand on in any study: settlements and grid points, urban settlements, masts that lack a service."""

SUMMIT = "summit"
"""The host of candidates on summits."""


@dataclass(frozen=True)
class Costs:
    """Prices of sites by what they stand on, in one currency; each figure low, typical, high.

    Parameters
    ----------
    currency : str
        Code of ISO 4217, such as "CNY".
    hosts : mapping
        Host -> zh, en, capex, opex_per_year (without power), power_per_year, public_rent_per_year, refusal_probability, attempt_cost,
        lines, life_years, height_m, carrier_power_dbm, source, interpretation.
    added_service : mapping
        Capex, opex_per_year and power_per_year of a further service on a site that is built anyway.
    rate : float
        Yearly discount rate, 0..1.
    years : int
        Years over which yearly costs count.
    lines : mapping
        Roads, power_lines, fibre -> capex_per_km, factor (length over the straight line), life_years, source.
    direct_saving : float
        Share of the power cost that direct supply saves against resold power, 0..1; 0 where the costs do not state it.

    Examples
    --------
    >>> import infraplan as ip
    >>> costs = ip.usual_costs()
    >>> costs.currency, costs.life_cost("tower"), costs.life_cost("tower", services=2)
    ('CNY', 700100, 798709)
    >>> costs.life_cost("tower", level="low"), costs.life_cost("tower", level="high")
    (478021, 1048710)
    """

    currency: str
    hosts: Mapping[str, Mapping[str, Any]]
    added_service: Mapping[str, Any]
    rate: float
    years: int
    lines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    direct_saving: float = 0.0

    @classmethod
    def of(cls, file: CostFile) -> Costs:
        """The costs that a checked file states.

        Parameters
        ----------
        file : CostFile
            The content of a file, or of the presets.

        Returns
        -------
        Costs
            Ready for `candidate_sites`.
        """
        hosts = {name: entry.model_dump() for name, entry in file.hosts.items()}
        lines: dict[str, Any] = {name: entry.model_dump() for name, entry in file.lines.items()}
        saving = 0.0 if file.power is None else file.power.direct_saving[1]
        return cls(file.currency, hosts, file.added_service.model_dump(), file.annuity.rate, file.annuity.years, lines, saving)

    def host(self, name: str) -> Mapping[str, Any]:
        """What the costs say of a host.

        Parameters
        ----------
        name : str
            Its code, such as "tower".

        Returns
        -------
        mapping
            Its names, capex, yearly opex and power (each low, typical, high), height, source. An unknown one is a UsageError with the
            nearest.
        """
        return self.hosts[choose(name, self.hosts, "host")]

    @property
    def present_value_years(self) -> float:
        """What one unit of money a year over all years is worth today, in years."""
        return self._value_of(self.years)

    def life_cost(self, name: str, services: int = 1, level: str = "typical") -> int:
        """Capex plus the present value of the yearly costs of a site, without what its distance to roads, power lines and fibre adds.

        Parameters
        ----------
        name : str
            Its host.
        services : int
            Services it carries. Each after the first adds `added_service`: radio and licence, while mast, power and transmission are there.
        level : {"low", "typical", "high"}
            Which figures count.

        Returns
        -------
        int
            In whole units of the currency. Attempts at places that cannot be had are in it as an expected cost.
        """
        chosen = self.host(name)
        return self._worth(chosen, level, self.build_cost(name, level), chosen["life_years"]) + (services - 1) * self.added_cost(level)

    def build_cost(self, name: str, level: str = "typical") -> float:
        """Capex of a host with the expected cost of attempts that fail: with a probability r of refusal, r / (1 - r) of them to a site.

        Parameters
        ----------
        name : str
            The host.
        level : {"low", "typical", "high"}
            Which figures count.

        Returns
        -------
        float
            In units of the currency.
        """
        chosen = self.host(name)
        refused = _at(chosen["refusal_probability"], level)
        return _at(chosen["capex"], level) + _at(chosen["attempt_cost"], level) * refused / (1.0 - refused)

    def line_cost_per_km(self, line: str, level: str = "typical", *, over_life: bool = True) -> float:
        """What one km of straight line to a road, a power line or fibre adds to the cost of a site.

        Parameters
        ----------
        line : {"roads", "power_lines", "fibre"}
            To what.
        level : {"low", "typical", "high"}
            Which figures count.
        over_life : bool
            Only the part of the capex that the years of the study use up, where the line has `life_years`.

        Returns
        -------
        float
            In units of the currency a km.
        """
        terms = self.lines[choose(line, self.lines, "line")]
        capex = _at(terms["capex_per_km"], level) * float(terms["factor"])
        return capex * self._share_of_life(terms["life_years"]) if over_life else capex

    @property
    def lines_needed(self) -> tuple[str, ...]:
        """Lines to which some host has to be connected."""
        needed = {line for terms in self.hosts.values() for line in terms["lines"]}
        return tuple(line for line in self.lines if line in needed)

    @property
    def added_service_cost(self) -> int:
        """What a further service on the same site costs over its life, in whole units of the currency."""
        return self.added_cost()

    def added_cost(self, level: str = "typical") -> int:
        """The same at a level.

        Parameters
        ----------
        level : {"low", "typical", "high"}
            Which figures count.

        Returns
        -------
        int
            In whole units of the currency.
        """
        return self._worth(self.added_service, level, _at(self.added_service["capex"], level), None)

    def rent(self, name: str) -> int:
        """The part of `life_cost` that is rent to a public owner, which a policy may waive.

        Parameters
        ----------
        name : str
            The host.

        Returns
        -------
        int
            In whole units of the currency.
        """
        return round(_at(self.host(name)["public_rent_per_year"]) * self.present_value_years)

    def annuity(self, name: str, level: str = "typical") -> int:
        """What a site costs a year when its capex is spread evenly over the years it lasts.

        Parameters
        ----------
        name : str
            The host.
        level : {"low", "typical", "high"}
            Which figures count.

        Returns
        -------
        int
            In whole units of the currency.
        """
        chosen = self.host(name)
        yearly = _at(chosen["opex_per_year"], level) + _at(chosen["power_per_year"], level)
        return round(self.build_cost(name, level) / self._value_of(chosen["life_years"] or self.years) + yearly)

    def table(self) -> pd.DataFrame:
        """Every host, one row each.

        Returns
        -------
        DataFrame
            The columns host, zh, en, currency, capex, opex_per_year, power_per_year, annuity, life_cost_low, life_cost, life_cost_high,
            rent (inside life_cost), lines, height_m, source, interpretation. Without a level in its name a column is the typical figure;
            capex has the expected cost of failed attempts.
        """
        rows = []
        for name, chosen in self.hosts.items():
            yearly = {key: _at(chosen[key]) for key in ("opex_per_year", "power_per_year")}
            whole = {f"life_cost{'' if level == 'typical' else f'_{level}'}": self.life_cost(name, 1, level) for level in LEVELS}
            worked_out = {"annuity": self.annuity(name), **whole, "rent": self.rent(name), "lines": ";".join(chosen["lines"])}
            named = {"host": name, "zh": chosen["zh"], "en": chosen["en"], "currency": self.currency}
            kept = {key: chosen[key] for key in ("height_m", "source", "interpretation")}
            rows.append({**named, "capex": self.build_cost(name), **yearly, **worked_out, **kept})
        return pd.DataFrame(rows)

    def _worth(self, terms: Mapping[str, Any], level: str, capex: float, life_years: int | None) -> int:
        """Capex, and yearly costs over the years, as they are worth today."""
        yearly = _at(terms["opex_per_year"], level) + _at(terms["power_per_year"], level)
        return round(capex * self._share_of_life(life_years) + yearly * self.present_value_years)

    def _share_of_life(self, life_years: int | None) -> float:
        """How much of a capex the years of the study bear, when it is paid off evenly over its life: above 1 where it has to be renewed."""
        return 1.0 if life_years is None else self.present_value_years / self._value_of(life_years)

    def _value_of(self, years: int) -> float:
        """What one unit of money a year is worth today, in years."""
        return float(years) if self.rate == 0 else (1.0 - (1.0 + self.rate) ** -years) / self.rate


def _at(figure: tuple[float, float, float], level: str = "typical") -> float:
    """The low, typical or high one of a figure."""
    return float(figure[LEVELS.index(choose(level, LEVELS, "cost_level"))])


@cache
def usual_costs() -> Costs:
    """The costs of the presets: planner's defaults, in yuan.

    Returns
    -------
    Costs
        With a source for each figure; most of the figures are ours.

    See Also
    --------
    read_costs : Those of a file of one's own.

    Examples
    --------
    >>> import infraplan as ip
    >>> ip.usual_costs().table()[["host", "life_cost"]].head(2).values.tolist()
    [['tower', 700100], ['summit', 1028220]]
    """
    return Costs.of(CostFile.model_validate(load("costs")))
