"""What a site costs over its life, in the currency of its costs: the presets, or a file of the study's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from infraplan.presets import choose, load
from infraplan.siting.costs_schema import CostFile

ALWAYS_OFFERED = ("tower", "rooftop", "existing_tower", "upgrade_4g", "overlay")
"""Hosts that candidates stand on in any study: settlements and grid points, urban settlements, masts that lack a service."""


@dataclass(frozen=True)
class Costs:
    """Prices of sites by what they stand on, in one currency.

    Parameters
    ----------
    currency : str
        Code of ISO 4217, such as "CNY".
    hosts : mapping
        Host -> zh, en, capex, opex_per_year, public_rent_per_year, height_m, carrier_power_dbm, source, interpretation.
    added_service : mapping
        Capex and opex_per_year of a further service on a site that is built anyway.
    rate : float
        Yearly discount rate, 0..1.
    years : int
        Years over which yearly costs count.

    Examples
    --------
    >>> import infraplan as ip
    >>> costs = ip.usual_costs()
    >>> costs.currency, costs.life_cost("tower"), costs.life_cost("tower", services=2)
    ('CNY', 697982, 796591)
    """

    currency: str
    hosts: Mapping[str, Mapping[str, Any]]
    added_service: Mapping[str, Any]
    rate: float
    years: int

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
        return cls(file.currency, hosts, file.added_service.model_dump(), file.annuity.rate, file.annuity.years)

    def host(self, name: str) -> Mapping[str, Any]:
        """What the costs say of a host.

        Parameters
        ----------
        name : str
            Its code, such as "tower".

        Returns
        -------
        mapping
            Its names, capex, yearly opex, height, source. An unknown one is a UsageError with the nearest.
        """
        return self.hosts[choose(name, self.hosts, "host")]

    @property
    def present_value_years(self) -> float:
        """What one unit of money a year over all years is worth today, in years."""
        return float(self.years) if self.rate == 0 else (1.0 - (1.0 + self.rate) ** -self.years) / self.rate

    def life_cost(self, name: str, services: int = 1) -> int:
        """Capex plus the present value of the yearly costs of a site.

        Parameters
        ----------
        name : str
            Its host.
        services : int
            Services it carries. Each after the first adds `added_service`: radio and licence, while mast, power and transmission are there.

        Returns
        -------
        int
            In whole units of the currency.
        """
        return self._worth(self.host(name)) + (services - 1) * self.added_service_cost

    @property
    def added_service_cost(self) -> int:
        """What a further service on the same site costs over its life, in whole units of the currency."""
        return self._worth(self.added_service)

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
        return round(float(self.host(name)["public_rent_per_year"]) * self.present_value_years)

    def annuity(self, name: str) -> int:
        """What a site costs a year when its capex is spread evenly over the years.

        Parameters
        ----------
        name : str
            The host.

        Returns
        -------
        int
            In whole units of the currency.
        """
        chosen = self.host(name)
        return round(float(chosen["capex"]) / self.present_value_years + float(chosen["opex_per_year"]))

    def table(self) -> pd.DataFrame:
        """Every host, one row each.

        Returns
        -------
        DataFrame
            The columns host, zh, en, currency, capex, opex_per_year, annuity, life_cost, rent (inside life_cost), height_m, source,
            interpretation.
        """
        rows = []
        for name, chosen in self.hosts.items():
            worked_out = {"annuity": self.annuity(name), "life_cost": self.life_cost(name), "rent": self.rent(name)}
            named = {"host": name, "zh": chosen["zh"], "en": chosen["en"], "currency": self.currency}
            kept = {key: chosen[key] for key in ("height_m", "source", "interpretation")}
            rows.append({**named, "capex": chosen["capex"], "opex_per_year": chosen["opex_per_year"], **worked_out, **kept})
        return pd.DataFrame(rows)

    def _worth(self, terms: Mapping[str, Any]) -> int:
        return round(float(terms["capex"]) + float(terms["opex_per_year"]) * self.present_value_years)


@cache
def usual_costs() -> Costs:
    """The costs of the presets: planner's defaults, in yuan.

    Returns
    -------
    Costs
        With a source for each figure; the figures are ours.

    See Also
    --------
    read_costs : Those of a file of one's own.

    Examples
    --------
    >>> import infraplan as ip
    >>> ip.usual_costs().table()[["host", "life_cost"]].head(2).values.tolist()
    [['tower', 697982], ['existing_tower', 390765]]
    """
    return Costs.of(CostFile.model_validate(load("costs")))
