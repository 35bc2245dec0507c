"""What a site costs over its life."""

from __future__ import annotations

from typing import Any

from infraplan.presets import choose, load


def host(name: str) -> dict[str, Any]:
    """The preset of a host: names, capex, yearly opex, height, source."""
    hosts = load("costs")["hosts"]
    return dict(hosts[choose(name, hosts, "host")])


def present_value_years() -> float:
    """What a yuan a year over the preset's years is worth today. [years]"""
    terms = load("costs")["annuity"]
    rate, years = float(terms["rate"]), int(terms["years"])
    return float(years) if rate == 0 else (1.0 - (1.0 + rate) ** -years) / rate


def life_cost_cny(name: str) -> int:
    """Capex plus the present value of the yearly costs over the preset's years, in whole yuan."""
    chosen = host(name)
    return round(float(chosen["capex_cny"]) + float(chosen["opex_cny_per_year"]) * present_value_years())


def rent_cny(name: str) -> int:
    """The part of `life_cost_cny` that is rent to a public owner: what measure 21 would waive, in whole yuan."""
    return round(float(host(name).get("public_rent_cny_per_year", 0.0)) * present_value_years())
