"""A coverage map alone, from 29,004 real British sites and nobody's people; made outside the repository.

    python tools/real_uk.py FOLDER [--resolution-m 500]

FOLDER/study gets study.toml, sites.csv and zones of our own making: the squares of 100 km of the national grid (EPSG:27700) that hold a
site. Sites of ../shared/data/sites/uk_cdcam_sites.csv.gz that carry LTE are given lte-b3 and lte-b8, the others are left out; heights,
azimuths and powers, which nobody gives, come from the presets and are counted. The map is FOLDER/coverage.tif, land served (and sea: the
squares are not the coast) by square FOLDER/land.json.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parents[1]
SITES = ROOT / "../shared/data/sites/uk_cdcam_sites.csv.gz"
SQUARE_M = 100_000
STUDY = """[study]
name = "uk-lte"
title_zh = "英国 4G 宏站覆盖图（无人口）"
title_en = "LTE macro sites of the United Kingdom, the map alone"

[files]
zones = "zones.gpkg"
sites = "sites.csv"

[coverage]
resolution_m = {resolution_m}
services = ["lte-b3", "lte-b8"]
families = ["lte"]
reliability = 0.9
max_radius_km = 20
"""


def squares(sites: pd.DataFrame) -> gpd.GeoDataFrame:
    """Squares of the national grid with a site, as counties of one whole."""
    index = np.unique(np.column_stack([sites["easting"] // SQUARE_M, sites["northing"] // SQUARE_M]).astype(int), axis=0)
    boxes = [shapely.box(i * SQUARE_M, j * SQUARE_M, (i + 1) * SQUARE_M, (j + 1) * SQUARE_M) for i, j in index]
    table = pd.DataFrame(
        {
            "level": "county",
            "adcode": [f"99{i:02d}{j:02d}" for i, j in index],
            "name": [f"E{i}00 N{j}00 km" for i, j in index],
            "parent": "990000",
        }
    )
    whole = pd.DataFrame({"level": ["province"], "adcode": ["990000"], "name": ["United Kingdom"], "parent": [""]})
    geometry = [shapely.union_all(boxes), *boxes]
    return gpd.GeoDataFrame(pd.concat([whole, table], ignore_index=True), geometry=geometry, crs=27700)


def build(folder: Path, resolution_m: float) -> Path:
    """The study folder."""
    study = folder / "study"
    study.mkdir(parents=True, exist_ok=True)
    given = pd.read_csv(SITES)
    sites = given.loc[given["lte_4G"] == 1]
    print(f"{len(given):,} sites read, {len(sites):,} with LTE", file=sys.stderr)
    squares(sites).to_file(study / "zones.gpkg", layer="zones", driver="GPKG")
    table = sites[["name", "lon", "lat"]].reset_index(drop=True)
    table.insert(0, "id", [f"UK{number:05d}" for number in range(1, len(table) + 1)])
    table["services"] = "lte-b3;lte-b8"
    table.to_csv(study / "sites.csv", index=False)
    (study / "study.toml").write_text(STUDY.format(resolution_m=resolution_m), encoding="utf-8")
    return study


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--resolution-m", type=float, default=500.0)
    asked = parser.parse_args()
    if not SITES.is_file():
        raise SystemExit("../shared/data/sites is absent: nothing real to map")
    folder = asked.folder.resolve()
    if folder.is_relative_to(ROOT):
        raise SystemExit("choose a folder outside the repository: these data may not be in it")
    study = build(folder, asked.resolution_m)
    verb = [sys.executable, "-m", "infraplan", "coverage", str(study), "--raster", str(folder / "coverage.tif"), "--overwrite", "--json"]
    with open(folder / "land.json", "w", encoding="utf-8") as land:
        raise SystemExit(subprocess.run(verb, stdout=land, check=False).returncode)


if __name__ == "__main__":
    main()
