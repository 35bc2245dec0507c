"""Whether a county's share depends on the map's pixels: the same sites and files at 500, 250, 100 and 50 m.

    python benchmarks/convergence.py STUDY [--counties 江海区,湘桥区] [--family nr] [--nominal 20,30,50] [--json] [--quick]

Prints, for each county and pixel, the share of people served with half of those uncertain, and of the area served, their differences to the
finest pixel, and the largest difference of margins at pixel centres that the maps share. People are judged at positions of their own: their
shares have to be equal. `--nominal` repeats it for other nominal clutter distances, on the
250 m map, and by the model without terrain. `--quick` leaves out 50 m.
"""

from __future__ import annotations

import argparse
import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from infraplan.coverage.places import served_area
from infraplan.coverage.population import population_coverage
from infraplan.coverage.prediction import predict_coverage
from infraplan.geo.grids import Grid
from infraplan.study import Study

COUNTIES = ("江海区", "湘桥区", "博罗县", "连山壮族瑶族自治县", "乳源瑶族自治县")
RESOLUTIONS_M = (500.0, 250.0, 100.0, 50.0)
REACH_M = 25_000.0


def share(study: Study, county: Any, resolution_m: float, family: str, terrain: Any) -> tuple[float, float, Any]:
    """Served and half of uncertain of one county, the share of its area served, and its map."""
    whole = Grid.over(study.zones, resolution_m)
    box = county.geometry.iloc[0]
    projected = county.to_crs(whole.crs).total_bounds
    grid = whole.window(*projected)
    x_m, y_m = whole.place(study.sectors)
    near = (x_m > projected[0] - REACH_M) & (x_m < projected[2] + REACH_M) & (y_m > projected[1] - REACH_M) & (y_m < projected[3] + REACH_M)
    sectors = study.sectors[near & (study.sectors["family"] == family).to_numpy()].reset_index(drop=True)
    choice = study.config.coverage
    model = "p1812" if terrain is not None else "statistical"
    cover = predict_coverage(
        sectors, grid, study.services, terrain=terrain, model=model, families=(family,), max_radius_km=choice.max_radius_km,
        caps_km=choice.caps_km,
    )  # fmt: skip
    villages = study.villages[study.villages.within(box)]
    table = population_coverage(villages, cover, county)
    row = table[(table["network"] == "any") & (table["adcode"] == county["adcode"].iloc[0])].iloc[0]
    area_km2, served_km2 = served_area(county, cover, family)
    return float((row["served"] + 0.5 * row["uncertain"]) / row["population"]), float(served_km2[0] / area_km2[0]), cover


def largest_difference_db(coarse: Any, fine: Any, family: str) -> float:
    """Between margins at pixel centres that two maps share. [dB]"""
    times = round(coarse.grid.resolution_m / fine.grid.resolution_m)
    if times % 2 == 0:
        return math.nan
    row = np.arange(coarse.grid.height)[:, None] * times + times // 2 + round((fine.grid.y0_m - coarse.grid.y0_m) / fine.grid.resolution_m)
    col = np.arange(coarse.grid.width)[None, :] * times + times // 2 + round((coarse.grid.x0_m - fine.grid.x0_m) / fine.grid.resolution_m)
    inside = (row >= 0) & (row < fine.grid.height) & (col >= 0) & (col < fine.grid.width)
    at = fine[family].margin_db[np.clip(row, 0, fine.grid.height - 1), np.clip(col, 0, fine.grid.width - 1)]
    off = np.abs(coarse[family].margin_db - at)[inside]
    return float(np.nanmax(off))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("--counties", default=",".join(COUNTIES))
    parser.add_argument("--family", default="nr")
    parser.add_argument("--nominal", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    study = Study.open(options.study)
    terrain, figures = study.terrain, {}
    figures |= {"terrain_m": terrain.grid.resolution_m, "profile_step_m": terrain.profile_step_m, "terrain_mib": terrain.bytes / 2**20}
    print("  ".join(f"{name} {value:,.6g}" for name, value in figures.items()), flush=True)
    for name in options.counties.split(","):
        county = study.zones[(study.zones["name"] == name) & (study.zones["level"] == "county")]
        maps = {}
        for resolution_m in RESOLUTIONS_M[: 3 if options.quick else 4]:
            found = share(study, county, resolution_m, options.family, terrain)
            figures[f"{name}_{resolution_m:g}m"], figures[f"{name}_area_{resolution_m:g}m"], maps[resolution_m] = found
        finest = min(maps)
        line = "  ".join(f"{r:g} m {figures[f'{name}_{r:g}m']:6.1%} ({figures[f'{name}_area_{r:g}m']:.1%} of the area)" for r in maps)
        best = figures[f"{name}_{finest:g}m"]
        off = "  ".join(f"{100 * (figures[f'{name}_{r:g}m'] - best):+5.1f}" for r in maps)
        if 250.0 in maps and 50.0 in maps:
            figures[f"{name}_centre_db"] = largest_difference_db(maps[250.0], maps[50.0], options.family)
        print(f"{name}: {line}   points from {finest:g} m: {off}   centres {figures.get(f'{name}_centre_db', math.nan):.3f} dB", flush=True)
        for nominal in filter(None, options.nominal.split(",")):
            from dataclasses import replace

            other = replace(terrain, clutter=terrain.clutter.with_nominal(float(nominal)))
            figures[f"{name}_nominal_{nominal}m"] = share(study, county, 250.0, options.family, other)[0]
            print(f"  nominal distance {nominal} m: {figures[f'{name}_nominal_{nominal}m']:.1%}", flush=True)
        if options.nominal:
            figures[f"{name}_without_terrain"] = share(study, county, 250.0, options.family, None)[0]
            print(f"  without terrain: {figures[f'{name}_without_terrain']:.1%}", flush=True)
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()
