"""What a site costs over its life."""

from __future__ import annotations

from typing import Any

import pandas as pd

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


def life_cost_cny(name: str, services: int = 1) -> int:
    """Capex plus the present value of the yearly costs over the preset's years, in whole yuan.

    Each service after the first adds `added_service` of the preset: radio and licence, while mast, power and transmission are there.
    """
    return _worth(host(name)) + (services - 1) * added_service_cny()


def added_service_cny() -> int:
    """What a further service on the same site costs over its life, in whole yuan."""
    return _worth(load("costs")["added_service"])


def rent_cny(name: str) -> int:
    """The part of `life_cost_cny` that is rent to a public owner: what measure 21 would waive, in whole yuan."""
    return round(float(host(name).get("public_rent_cny_per_year", 0.0)) * present_value_years())


def annuity_cny(name: str) -> int:
    """What a site costs a year when its capex is spread evenly over the preset's years, in whole yuan."""
    chosen = host(name)
    return round(float(chosen["capex_cny"]) / present_value_years() + float(chosen["opex_cny_per_year"]))


def host_table() -> pd.DataFrame:
    """Every host of the preset, one row each.

    Returns
    -------
    DataFrame
        host, zh, en, capex_cny, opex_cny_per_year, annuity_cny, life_cost_cny, rent_cny (inside life_cost_cny), height_m, source,
        interpretation.
    """
    rows = []
    for name in load("costs")["hosts"]:
        chosen = host(name)
        stated = {key: chosen[key] for key in ("zh", "en", "capex_cny", "opex_cny_per_year")}
        worked_out = {"annuity_cny": annuity_cny(name), "life_cost_cny": life_cost_cny(name), "rent_cny": rent_cny(name)}
        kept = {key: chosen[key] for key in ("height_m", "source", "interpretation")}
        rows.append({"host": name, **stated, **worked_out, **kept})
    return pd.DataFrame(rows)


def _worth(terms: dict[str, Any]) -> int:
    return round(float(terms["capex_cny"]) + float(terms["opex_cny_per_year"]) * present_value_years())
