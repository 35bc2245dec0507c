"""A study made of squares: one province, two cities, four counties, a few villages and sites that each test arranges itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

WEST, SOUTH, SIDE = 113.0, 23.0, 0.25
"""Corner of the province and side of a county. [deg]"""
STUDY = """[study]
name = "made"
title_zh = "方省"
title_en = "made"
policies = ["guangdong-2020"]
as_of = "2020-12-31"
output = "../results"

[files]
zones = "zones.gpkg"
villages = "villages.csv"
sites = "sites.csv"

[coverage]
resolution_m = 1000
services = ["nr-n28", "nbiot-900"]
reliability = 0.9
max_radius_km = 8

[plan]
target = "nr-pop90"
services = ["nr-n28"]
candidate_spacing_m = 8000
gap = 0.05
work_limit = 5000
"""
SITE = {
    "services": "nr-n28;nbiot-900", "operators": "cmcc+cbn", "environment": "rural", "height_m": 35, "azimuth_deg": "omni", "tilt_deg": 3,
}  # fmt: skip


def counties() -> pd.DataFrame:
    """Code and south-west corner of each county: 440101 and 440102 above each other in the west, 440201 and 440202 in the east."""
    rows = [(f"44{i + 1:02d}{j + 1:02d}", WEST + i * SIDE, SOUTH + j * SIDE) for i in range(2) for j in range(2)]
    return pd.DataFrame(rows, columns=["adcode", "west", "south"])


def zones() -> gpd.GeoDataFrame:
    rows: list[tuple[Any, ...]] = [("province", "440000", "方省", "", shapely.box(WEST, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE))]
    for i, city in enumerate(("西市", "东市")):
        west = WEST + i * SIDE
        rows.append(("city", f"44{i + 1:02d}00", city, "440000", shapely.box(west, SOUTH, west + SIDE, SOUTH + 2 * SIDE)))
    for row in counties().to_dict("records"):
        west, south, code = row["west"], row["south"], row["adcode"]
        rows.append(("county", code, f"县{code}", f"{code[:4]}00", shapely.box(west, south, west + SIDE, south + SIDE)))
    return gpd.GeoDataFrame(rows, columns=["level", "adcode", "name", "parent", "geometry"], crs=4326)


def villages(each: int = 10) -> pd.DataFrame:
    """So many villages in each county, away from its borders."""
    rng = np.random.default_rng(5)
    rows = []
    for row in counties().to_dict("records"):
        for number in range(each):
            lon, lat = (row[side] + SIDE * rng.uniform(0.1, 0.9) for side in ("west", "south"))
            rows.append((f"{row['adcode']}-{number:02d}", round(lon, 5), round(lat, 5), int(rng.integers(50, 900))))
    table = pd.DataFrame(rows, columns=["id", "lon", "lat", "population"])
    table.insert(1, "name", "村" + table["id"])
    return table.assign(households=table["population"] // 3)


def sites_at(points: pd.DataFrame) -> pd.DataFrame:
    """A site beside each of these villages."""
    numbers = [f"S{number:03d}" for number in range(len(points))]
    table = pd.DataFrame({"id": numbers, "lon": points["lon"].to_numpy(), "lat": points["lat"].to_numpy()})
    return table.assign(name=table["id"], **SITE)


def sites(people: pd.DataFrame) -> pd.DataFrame:
    """A site in each county, at its first village."""
    return sites_at(people.groupby(people["id"].str[:6]).head(1))


def build_made(
    folder: Path,
    *,
    people: pd.DataFrame | None = None,
    network: pd.DataFrame | None = None,
    change: Callable[[str], str] = lambda text: text,
    **files: pd.DataFrame,
) -> Path:
    """Write the study; its folder. `change` edits study.toml; further tables are written as `<name>.csv` and named under [files]."""
    folder.mkdir(parents=True, exist_ok=True)
    people = villages() if people is None else people
    zones().to_file(folder / "zones.gpkg", layer="zones", driver="GPKG")
    people.to_csv(folder / "villages.csv", index=False)
    (sites(people) if network is None else network).to_csv(folder / "sites.csv", index=False)
    text = STUDY
    for name, table in files.items():
        table.to_csv(folder / f"{name}.csv", index=False)
        text = text.replace("[files]\n", f'[files]\n{name} = "{name}.csv"\n')
    (folder / "study.toml").write_text(change(text), encoding="utf-8")
    return folder
