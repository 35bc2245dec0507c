"""How fast files go in: villages from GeoPackage, CSV and XLSX, datums, OpenCelliD, OpenStreetMap by layer and box.

Usage: python benchmarks/reading.py [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pbf_writer import write_grid

from infraplan.geo.datums import from_wgs84, to_wgs84
from infraplan.io import read_villages, read_zones
from infraplan.io.cell_files import COLUMNS
from infraplan.io.opencellid import read_opencellid

WEST, SOUTH, EAST, NORTH = 110.0, 21.5, 117.0, 25.5
OSM_SCRIPT = """
import resource, sys, time
from infraplan.io.osm import read_osm
start = time.perf_counter()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = len(read_osm(sys.argv[1], "roads", bbox=(109.0, 20.0, 109.05, 20.05)))
print(rows, time.perf_counter() - start, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds of wall and of processor for one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = len(work())
    return {"rows": rows, "wall_s": round(time.perf_counter() - wall, 2), "cpu_s": round(time.process_time() - cpu, 2)}


def made_villages(count: int) -> gpd.GeoDataFrame:
    """Villages as a city sends them."""
    rng = np.random.default_rng(1)
    table = {
        "编号": [f"V{i:06d}" for i in range(count)],
        "自然村": [f"第{i}村" for i in range(count)],
        "人口": rng.integers(20, 900, count),
        "户数": rng.integers(5, 20, count),
        "乡镇": "某镇",
        "是否通光纤": "是",
    }
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(rng.uniform(WEST, EAST, count), rng.uniform(SOUTH, NORTH, count)), crs=4326)


def made_zones() -> gpd.GeoDataFrame:
    """A hundred and twenty-five square counties."""
    cells = [(column, row) for row in range(5) for column in range(25)]
    wide, high = (EAST - WEST) / 25, (NORTH - SOUTH) / 5
    shapes = [shapely.box(WEST + x * wide, SOUTH + y * high, WEST + (x + 1) * wide, SOUTH + (y + 1) * high) for x, y in cells]
    codes = [f"44{1 + index // 20:02d}{1 + index % 20:02d}" for index in range(len(cells))]
    return read_zones(gpd.GeoDataFrame({"adcode": codes, "name": codes}, geometry=shapes, crs=4326))


def made_cells(count: int) -> pd.DataFrame:
    """OpenCelliD rows: eight cells a node, three nodes a mast, as in dense exports."""
    rng = np.random.default_rng(2)
    node = np.arange(count) // 8
    mast = node // 3
    lon, lat = rng.uniform(WEST, EAST, mast[-1] + 1), rng.uniform(SOUTH, NORTH, mast[-1] + 1)
    near = rng.normal(0, 0.0002, (2, count))
    values = [
        "LTE",
        460,
        rng.choice([0, 1, 11], node[-1] + 1)[node],
        9000,
        node * 256 + np.arange(count) % 8,
        0,
        (lon[mast] + near[0]).round(6),
        (lat[mast] + near[1]).round(6),
        1000,
        rng.integers(1, 50, count),
        1,
        1_500_000_000,
        1_600_000_000,
        0,
    ]
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def measure(quick: bool) -> dict[str, dict[str, float]]:
    """Every figure, by name."""
    scale = 10 if quick else 1
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder, zones = Path(name), made_zones()
        villages = made_villages(160_000 // scale)
        villages.to_file(folder / "v.gpkg")
        found["villages_gpkg_with_zones"] = timed(lambda: read_villages(folder / "v.gpkg", zones=zones))
        table = pd.DataFrame(villages.drop(columns="geometry")).assign(经度=villages.geometry.x, 纬度=villages.geometry.y)
        table.to_csv(folder / "v.csv", index=False)
        found["villages_csv"] = timed(lambda: read_villages(folder / "v.csv"))
        table.iloc[: 150_000 // scale].to_excel(folder / "v.xlsx", index=False, engine="xlsxwriter")
        found["villages_xlsx"] = timed(lambda: read_villages(folder / "v.xlsx"))
        rng = np.random.default_rng(3)
        lon, lat = rng.uniform(WEST, EAST, 1_000_000 // scale), rng.uniform(SOUTH, NORTH, 1_000_000 // scale)
        for datum in ("gcj02", "bd09", "bd09mc"):
            moved = from_wgs84(lon, lat, datum)
            found[f"{datum}_to_wgs84"] = timed(lambda moved=moved, datum=datum: to_wgs84(*moved, datum)[0])
        made_cells(1_000_000 // scale).to_csv(folder / "460.csv", index=False)
        found["opencellid"] = timed(lambda: read_opencellid(folder / "460.csv"))
        for label, nodes in (("osm", 100_000 // scale), ("osm_20_times", 2_000_000 // scale)):
            size = write_grid(folder / f"{label}.osm.pbf", nodes)
            run = subprocess.run(
                [sys.executable, "-c", OSM_SCRIPT, folder / f"{label}.osm.pbf"], capture_output=True, text=True, check=True
            )
            rows, wall_s, grown_mb = map(float, run.stdout.split())
            found[label] = {"rows": rows, "wall_s": round(wall_s, 2), "memory_grown_mb": round(grown_mb), "file_mb": round(size / 1e6, 1)}
    found["process"] = {"peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args()
    found = measure(options.quick)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        for name, figures in found.items():
            print(f"{name:28}" + "  ".join(f"{key} {value:,}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
