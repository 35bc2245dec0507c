"""The cities and the goal of a run, and the plan of an earlier run. No page is written here, so that no verb but `run` needs
the packages of `report`.
"""

from __future__ import annotations

from typing import Any

from infraplan.errors import DataError, UsageError
from infraplan.messages import both
from infraplan.presets import choose
from infraplan.run import ledger
from infraplan.run.planning import goal_in, phases_of, plan_choice_faults
from infraplan.run.summary import restore_plan
from infraplan.siting.plans import Plan
from infraplan.study import Study
from infraplan.tables.zone_order import official_order


def chosen_cities(study: Study, cities: tuple[str, ...]) -> tuple[str, ...]:
    """City codes in the official order; names are understood, an unknown one is refused with the nearest."""
    study.check_choices()
    order = city_order(study)
    if not cities:
        return tuple(order)
    table = study.zones.loc[study.zones["level"] == "city"]
    picked = {_code_of(table, city, "city") for city in cities}
    return tuple(code for code in order if code in picked)


def zone_and_cities(study: Study, zone: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Code of a city or county, by code or name, and the city it is in."""
    study.check_choices()
    table = study.zones.loc[study.zones["level"].isin(["city", "county"])]
    code = _code_of(table, zone, "zone")
    row = table.loc[table["adcode"] == code].iloc[0]
    return (code,), (code if row["level"] == "city" else str(row["parent"]),)


def _code_of(table: Any, wanted: str, what: str) -> str:
    """The code of the zone with this code or name; a UsageError, with the nearest, where there is none, or where several have the name."""
    by_name: dict[str, list[str]] = {}
    for name, code in zip(table["name"], table["adcode"], strict=True):
        by_name.setdefault(name, []).append(code)
    known = list(table["adcode"])
    found = choose(wanted, [*known, *by_name], what)
    codes = [found] if found in known else by_name[found]
    if len(codes) > 1:
        raise UsageError(both("run.city_ambiguous", city=wanted, codes=", ".join(sorted(codes))))
    return codes[0]


def city_order(study: Study) -> list[str]:
    """Adcodes of the cities in the official order of the province, else by code."""
    codes = sorted(study.zones.loc[study.zones["level"] == "city", "adcode"])
    official = official_order(study.config.study.city_order)
    return [code for code in official if code in codes] + [code for code in codes if code not in official]


def planned_target(study: Study) -> str:
    """The target to plan for; an error before any work where no plan can be made for it; "" where the study plans nothing."""
    target = study.config.plan.target or ("weak_grid" if study.config.files.weak_grid else "")
    if target:
        goal_in(study)
        phases_of(study)
        faults = plan_choice_faults(study)
        if faults:
            raise DataError(faults)
    return target


def last_plan(study: Study) -> Plan | None:
    """The plan of the study's last whole run, where nothing has changed since; None where it must be made again."""
    known = ledger.read(study.output)
    if known is None or not known.get("complete") or not ledger.same_plan(known.get("fingerprint", {}), ledger.fingerprint(study)):
        return None
    return restore_plan(study.output)
