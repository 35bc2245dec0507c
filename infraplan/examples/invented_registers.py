"""The example's registers, and what its stations and villages say of power, plans and fibre: synthetic, by stated rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from infraplan.examples.invented_places import answers
from infraplan.examples.source_data import Sources, apportion

REGISTERS, STATIONS, FIBRE = 8, 9, 10  # streams of random numbers
PROJECTS = ("smart_transport_projects", "uhd_projects", "digital_culture_projects")


def invented_registers(sources: Sources, seed: int) -> dict[str, pd.DataFrame]:
    """Tables without coordinates by name, each row of one zone, with `adcode`, and `city` to cut them by."""
    rule, counties = sources.layers["registers"], sources.counties
    cities = sources.zones[sources.zones["level"] == "city"].sort_values("adcode")
    own = {"adcode": counties["adcode"].to_numpy(), "city": counties["parent"].to_numpy()}
    urban, people = counties["urban_people"].to_numpy(float), counties["population"].to_numpy(float)
    rates = rule["nr_users_per_resident"]
    users = np.rint(urban * rates["urban"] + (people - urban) * rates["rural"]).astype(np.int64)
    found = {"nr_users": pd.DataFrame(own | {"value": users})}
    speeds = rule["fibre_speeds"]
    tiers = [
        pd.DataFrame(own | {"speed_mbps": int(speed), "subscribers": np.rint(people * rule["fibre_per_resident"] * share).astype(np.int64)})
        for speed, share in speeds.items()
    ]
    found["fibre_subscribers"] = pd.concat(tiers, ignore_index=True).sort_values(["adcode", "speed_mbps"], ignore_index=True)
    rng = np.random.default_rng([seed, REGISTERS])
    found["transport_projects"] = projects(sources, rule, rng)
    top = sources.zones[sources.zones["level"] == "province"]
    bodies = pd.concat([top, cities])
    table = pd.DataFrame({"adcode": bodies["adcode"].to_numpy(), "city": np.where(bodies["level"] == "city", bodies["adcode"], "")})
    table["name"] = ["示例" + name + "教育行政部门" for name in bodies["name"]]
    for column in ("education_network", "hd_video"):
        table[column] = answers(rule[column], len(table), rng)
    found["education_authorities"] = table
    for name in PROJECTS:
        shared = apportion(int(rule[name]), cities["population"])
        found[name] = pd.DataFrame({"adcode": cities["adcode"].to_numpy(), "city": cities["adcode"].to_numpy(), "value": shared})
    return {name: table.assign(synthetic=True) for name, table in found.items()}


def projects(sources: Sources, rule: dict[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    """New, rebuilt or extended transport projects: some in each city, each in one of its counties."""
    rows = []
    for city, members in sources.counties.groupby("parent"):
        for n in range(1, rule["transport_projects_per_city"] + 1):
            rows.append((rng.choice(members["adcode"].to_numpy()), city, f"示例交通项目{city}-{n}"))
    table = pd.DataFrame(rows, columns=["adcode", "city", "name"])
    table["in_step"] = answers(rule["in_step"], len(table), rng)
    return table


def with_station_answers(sites: pd.DataFrame, sources: Sources, seed: int) -> pd.DataFrame:
    """Stations with what their mast says of power (eligible, moved to direct power) and of approved plans (masts with 5G)."""
    rule, rng = sources.layers["sites"], np.random.default_rng([seed, STATIONS])
    code, masts = pd.factorize(sites["mast"])
    eligible, direct, planned = (answers(rule[name], len(masts), rng) for name in ("power_eligible", "direct_power", "in_approved_plan"))
    direct[~eligible.to_numpy(bool, na_value=False)] = pd.NA
    said = {"power_eligible": eligible[code], "direct_power": direct[code], "in_approved_plan": planned[code]}
    said["in_approved_plan"][~sites["services"].str.startswith("nr-").to_numpy()] = pd.NA
    return sites.assign(**said)


def with_fibre(people: Any, sources: Sources, seed: int) -> Any:
    """Villages with whether they have fibre and when it was opened; blocks say nothing."""
    rule, rng = sources.layers["villages"], np.random.default_rng([seed, FIBRE])
    rural = np.flatnonzero((people["kind"] == "village").to_numpy())
    large = people["households"].to_numpy()[rural] >= rule["large_households"]
    says = pd.array([pd.NA] * len(people), dtype="boolean")
    says[rural[large]] = answers(rule["fibre_large"], int(large.sum()), rng)
    says[rural[~large]] = answers(rule["fibre_small"], int((~large).sum()), rng)
    days = np.arange(np.datetime64(rule["fibre_from"], "D"), np.datetime64(rule["fibre_to"], "D") + 1)
    built = np.full(len(people), "", object)
    with_it = np.flatnonzero(says.to_numpy(bool, na_value=False))
    built[with_it] = np.datetime_as_string(rng.choice(days, len(with_it)), unit="D")
    return people.assign(fibre=says, fibre_built=built)
