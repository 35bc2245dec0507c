"""Square studies whose zones lack a level, come from another country, or lie in two provinces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
from square_study import build_square

POLICY = """
[policy]
document = "Plan 2030"
title = "Plan 2030"
province = "{province}"
source = "worked out by hand"

[scopes.west]
name = "west"
cities = ["{city}"]

[departments]
1 = "ministry"

[[target]]
id = "nr-people"
task = "people"
force = "实现"
measure = "population_share"
family = "nr"
required = 0.5

[[target]]
id = "nr-west"
task = "people of the west"
force = "实现"
measure = "population_share"
family = "nr"
scope = "west"
required = 0.5
"""
COUNTRIES: dict[str, Mapping[str, str]] = {
    "P-codes": {"690000": "GH", "690100": "GH01", "690200": "GH02",
                "690101": "GH0101", "690102": "GH0102", "690201": "GH0201", "690202": "GH0202"},
    "IBGE": {"690000": "35", "690100": "35001", "690200": "35002",
             "690101": "3550308", "690102": "3509502", "690201": "3518800", "690202": "3543402"},
    "PSGC": {"690000": "0100000000", "690100": "0102800000", "690200": "0102900000",
             "690101": "0102801000", "690102": "0102802000", "690201": "0102901000", "690202": "0102902000"},
    "FIPS": {"690000": "06", "690100": "06-N", "690200": "06-S",
             "690101": "06037", "690102": "06059", "690201": "06001", "690202": "06003"},
    "slashes": {"690000": "XX", "690100": "XX/1", "690200": "XX/2",
                "690101": "XX/1/a", "690102": "XX/1/b", "690201": "XX/2/a", "690202": "é"},
}  # fmt: skip


def change(folder: Path, **makers: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    """Rewrite tables of a study: zones, villages, sites."""
    for name, maker in makers.items():
        if name == "zones":
            maker(gpd.read_file(folder / "zones.gpkg")).to_file(folder / "new.gpkg", layer="zones", driver="GPKG")
            (folder / "new.gpkg").replace(folder / "zones.gpkg")
        else:
            maker(pd.read_csv(folder / f"{name}.csv", dtype={"county": str})).to_csv(folder / f"{name}.csv", index=False)
    return folder


def with_levels(folder: Path, levels: tuple[str, ...]) -> Path:
    """A square study with these levels alone."""
    return change(build_square(folder), zones=lambda zones: zones[zones["level"].isin(levels)])


def of_country(folder: Path, codes: Mapping[str, str]) -> Path:
    """A square study with the codes of another country, in the zones, the villages' counties and a policy of its own."""
    build_square(folder)
    change(
        folder,
        zones=lambda zones: zones.assign(adcode=zones["adcode"].map(codes), parent=zones["parent"].map(codes).fillna("")),
        villages=lambda villages: villages.assign(county=villages["id"].str[:6].map(codes)),
    )
    (folder / "own.toml").write_text(POLICY.format(province=codes["690000"], city=codes["690100"]), encoding="utf-8")
    study = (folder / "study.toml").read_text(encoding="utf-8").replace('"guangdong-2020"', '"own.toml"').replace("nr-pop90", "nr-people")
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder


def two_provinces(folder: Path) -> Path:
    """Two square studies side by side, their provinces 690000 and 700000; the second's cities bear the first's names."""
    build_square(folder)
    other = build_square(folder.with_name(folder.name + "-east"), west=0.5, villages=7)
    zones = gpd.read_file(other / "zones.gpkg")
    for name in ("adcode", "parent"):
        zones[name] = zones[name].str.replace("^69", "70", regex=True)
    zones.loc[zones["level"] == "province", "name"] = "Q"
    change(folder, zones=lambda first: gpd.GeoDataFrame(pd.concat([first, zones], ignore_index=True)))
    for name in ("villages", "sites"):
        more = pd.read_csv(other / f"{name}.csv")
        more["id"] = more["id"].str.replace("69", "70", n=1)
        change(folder, **{name: lambda first, more=more: pd.concat([first, more], ignore_index=True)})
    return folder


def coarse(folder: Path) -> Path:
    """The same study with fewer pixels and candidates, for tests that run many."""
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8").replace("resolution_m = 1000", "resolution_m = 2000")
    file.write_text(text.replace("candidate_spacing_m = 12000", "candidate_spacing_m = 25000"), encoding="utf-8")
    return folder
