"""The example world with roads along a grid of degrees, one fibre node, and villages of which every third has fibre."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
from shapely import LineString, Point

import infraplan as ip

WEST, SOUTH, STEP, LINES = 113.0, 23.0, 0.03, 11


def build_fibre_study(folder: Path) -> Path:
    """Writes the study; its folder."""
    world = ip.example_world()
    world.write(folder)
    villages = world.villages.drop(columns=["county", "city"])
    villages["fibre"] = [None if row % 7 == 6 else row % 3 == 0 for row in range(len(villages))]
    villages.to_file(folder / "villages.gpkg")
    lon, lat = ([start + STEP * n for n in range(LINES)] for start in (WEST, SOUTH))
    lines = [LineString([(x, y) for x in lon]) for y in lat] + [LineString([(x, y) for y in lat]) for x in lon]
    words = ["secondary" if row % 5 == 0 else "unclassified" for row in range(len(lines))]
    gpd.GeoDataFrame({"highway": words}, geometry=lines, crs=4326).to_file(folder / "roads.gpkg")
    gpd.GeoDataFrame({"id": ["F1"]}, geometry=[Point(113.15, 23.15)], crs=4326).to_file(folder / "fibre_nodes.gpkg")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    files = '[files]\nroads = "roads.gpkg"\nfibre_nodes = "fibre_nodes.gpkg"\n'
    (folder / "study.toml").write_text(text.replace("[files]\n", files) + '\n[options.roads]\ncrs = "EPSG:4326"\n', encoding="utf-8")
    return folder
