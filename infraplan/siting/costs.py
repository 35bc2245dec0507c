"""What a site costs over its life."""

from __future__ import annotations

from typing import Any

from infraplan.presets import choose, load


def host(name: str) -> dict[str, Any]:
    """The preset of a host: names, capex, yearly opex, height, source."""
    hosts = load("costs")["hosts"]
    return dict(hosts[choose(name, hosts, "host")])


def life_cost_cny(name: str) -> int:
    """Capex plus the present value of the yearly costs over the preset's years, in whole yuan."""
    terms, chosen = load("costs")["annuity"], host(name)
    rate, years = float(terms["rate"]), int(terms["years"])
    present_value_years = years if rate == 0 else (1.0 - (1.0 + rate) ** -years) / rate
    return round(float(chosen["capex_cny"]) + float(chosen["opex_cny_per_year"]) * present_value_years)
