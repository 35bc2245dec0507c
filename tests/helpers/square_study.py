"""A made-up study of one degree by one degree anywhere on Earth: a province, two cities, four counties, a few villages and sites."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

STUDY = """[study]
name = "square"
title_zh = "方格"
title_en = "square"
policies = ["guangdong-2020"]
as_of = "2020-12-31"
output = "results"

[files]
zones = "zones.gpkg"
villages = "villages.csv"
sites = "sites.csv"

[coverage]
resolution_m = 1000
services = ["nr-n28"]
reliability = 0.9
max_radius_km = 12

[plan]
target = "nr-pop90"
services = ["nr-n28"]
candidate_spacing_m = 12000
gap = 0.2
work_limit = 5000
"""


def build_square(folder: Path, west: float = -0.5, south: float = 6.0, *, villages: int = 10, sites: int = 3) -> Path:
    """The study's folder; so many villages and sites a county."""
    folder.mkdir(parents=True)
    rng, half = np.random.default_rng(1), 0.5
    zones = [("province", "690000", "P", "", shapely.box(west, south, west + 1, south + 1))]
    points, masts = [], []
    for i in range(2):
        city, x = f"69{i + 1:02d}00", west + i * half
        zones.append(("city", city, f"C{i}", "690000", shapely.box(x, south, x + half, south + 1)))
        for j in range(2):
            county, y = f"{city[:4]}{j + 1:02d}", south + j * half
            zones.append(("county", county, f"C{i}D{j}", city, shapely.box(x, y, x + half, y + half)))
            places = rng.uniform((x, y), (x + half, y + half), (villages + sites, 2)).round(6)
            points += [(f"{county}-{n}", *place, int(rng.integers(20, 800))) for n, place in enumerate(places[:villages])]
            masts += [(f"s{county}-{n}", *place) for n, place in enumerate(places[villages:])]
    frame = gpd.GeoDataFrame(zones, columns=["level", "adcode", "name", "parent", "geometry"], crs=4326)
    frame.to_file(folder / "zones.gpkg", layer="zones", driver="GPKG")
    table = pd.DataFrame(points, columns=["id", "lon", "lat", "population"])
    table.assign(name="v" + table["id"], households=table["population"] // 4).to_csv(folder / "villages.csv", index=False)
    named = {"services": "nr-n28", "operators": "cbn+cmcc", "height_m": 35, "azimuth_deg": "0/120/240"}
    pd.DataFrame(masts, columns=["id", "lon", "lat"]).assign(**named).to_csv(folder / "sites.csv", index=False)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder
