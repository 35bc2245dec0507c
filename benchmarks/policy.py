"""Scorecard and all gap lists at province size, once coverage exists.

150,000 villages, 30,000 places, 20,000 km of corridors, 124 counties x every clause of both documents.

    python benchmarks/policy.py [--json] [--quick]

Zones are the real ones of data/boundaries; everything else is random. The margin falls with the distance to the nearest of 6,000 sites, so
that about two thirds of the points are served. `--quick` takes a tenth of everything.
"""

from __future__ import annotations

import argparse
import datetime
import json
import resource
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from infraplan.coverage.networks import networks
from infraplan.coverage.prediction import Coverage, Layer
from infraplan.geo.grids import Grid
from infraplan.policy.fibre_awards import fibre_award
from infraplan.policy.gap_lists import find_gaps
from infraplan.policy.scorecards import scorecard
from infraplan.policy.targets import read_policy
from infraplan.radio.budgets import services

BOUNDARIES = Path(__file__).resolve().parents[1] / "data" / "boundaries" / "guangdong.gpkg"
CLASSES = ("township", "county_seat", "school", "hospital", "park", "enterprise", "hub", "venue", "monitor", "vertical", "private_network")
LINES = ("railway", "expressway", "metro", "intercity", "pilot_road")


def scattered(zones: Any, count: int, rng: np.random.Generator) -> Any:
    """Random points inside the province, in degrees."""
    outline = shapely.union_all(zones.loc[zones["level"] == "county"].geometry.to_numpy())
    shapely.prepare(outline)
    west, south, east, north = outline.bounds
    found = np.zeros((0, 2))
    while len(found) < count:
        tried = np.column_stack([rng.uniform(west, east, 2 * count), rng.uniform(south, north, 2 * count)])
        found = np.concatenate([found, tried[shapely.contains_xy(outline, tried)]])
    return gpd.GeoSeries(shapely.points(found[:count]), crs=4326)


def inputs(scale: float) -> dict[str, Any]:
    """Zones, villages, places, corridors, sites and a coverage."""
    rng = np.random.default_rng(20260)
    zones = gpd.read_file(BOUNDARIES)
    counts = {name: round(full * scale) for name, full in {"villages": 150_000, "places": 30_000, "sites": 6_000, "km": 20_000}.items()}
    at = {name: scattered(zones, counts[name], rng) for name in ("villages", "places", "sites")}
    grid = Grid.over(zones, 250.0)
    size = counts["villages"]
    villages = gpd.GeoDataFrame({
        "id": [f"v{k}" for k in range(size)], "name": "村", "kind": np.where(rng.random(size) < 0.25, "block", "village"),
        "population": rng.integers(5, 2000, size),
        "households": rng.integers(2, 300, size), "urban": rng.random(size) < 0.4, "county": "", "city": "", "town": "镇",
        "committee": "", "position_error_m": rng.choice([0.0, 100.0, 500.0], size),
        "fibre": rng.random(size) < 0.8,
    }, geometry=at["villages"])  # fmt: skip
    size = counts["places"]
    shapes = at["places"].to_numpy()
    outlined = rng.random(size) < 0.1
    shapes[outlined] = shapely.buffer(shapes[outlined], rng.uniform(0.001, 0.01, int(outlined.sum())))
    places = gpd.GeoDataFrame({
        "id": [f"p{k}" for k in range(size)], "name": "场所", "place_class": rng.choice(CLASSES, size),
        "kind": rng.choice(["镇", "街道"], size), "position_error_m": 50.0,
        "indoor_system": pd.array(rng.choice([True, False, None], size), dtype="boolean"), "public": True,
        "education_platform": rng.random(size) < 0.9, "assessed": True, "monitored": rng.random(size) < 0.95,
    }, geometry=gpd.GeoSeries(shapes, crs=4326))  # fmt: skip
    lines = walks(grid, at["sites"], counts["km"], rng)
    size = counts["sites"]
    sites = gpd.GeoDataFrame({
        "id": [f"s{k}" for k in range(size)], "mast": [f"m{k}" for k in range(size)], "status": "existing",
        "services": rng.choice(["nr-n41", "nr-n28;nbiot-900", "nbiot-900"], size), "operators": rng.choice(["cbn+cmcc", "ctcc+cucc"], size),
        "built": rng.choice(["2019-05-01", "2020-03-01", "2020-10-01"], size), "sa": rng.random(size) < 0.8,
        "power_eligible": rng.random(size) < 0.5, "direct_power": rng.random(size) < 0.6,
    }, geometry=at["sites"])  # fmt: skip
    return {"zones": zones, "villages": villages, "places": places, "corridors": lines, "sites": sites, "cover": covered(grid, sites)}


def walks(grid: Grid, starts: Any, total_km: float, rng: np.random.Generator) -> Any:
    """Random winding lines of 100 km with a bend every kilometre."""
    count = max(round(total_km / 100), len(LINES))
    x_m, y_m = grid.place(starts.iloc[:count].to_frame("geometry"))
    heading = rng.uniform(0, 2 * np.pi, count)[:, None] + np.cumsum(rng.normal(0, 0.5, (count, 100)), axis=1)
    path = np.stack([x_m[:, None] + np.cumsum(1000 * np.cos(heading), 1), y_m[:, None] + np.cumsum(1000 * np.sin(heading), 1)], axis=2)
    lon, lat = grid.unproject(path[..., 0].ravel(), path[..., 1].ravel())
    coords = np.column_stack([lon, lat]).reshape(count, 100, 2)
    frame = {"id": [f"l{k}" for k in range(count)], "name": "线", "line_class": np.resize(LINES, count), "tunnel": rng.random(count) < 0.05}
    return gpd.GeoDataFrame(frame, geometry=[shapely.LineString(line) for line in coords], crs=4326)


def covered(grid: Grid, sites: Any) -> Coverage:
    """25 dB at a site, 5 dB less every kilometre; NB-IoT 15 dB better."""
    x_m, y_m = grid.place(sites)
    col, row = np.meshgrid(np.arange(grid.width), np.arange(grid.height))
    centres = np.column_stack([part.ravel() for part in grid.centre_of(row, col)])
    layers = {}
    for network in networks():
        chosen = np.flatnonzero(np.ones(len(sites), bool) if network == "any" else (sites["operators"] == network).to_numpy())
        distance_m, nearest = cKDTree(np.column_stack([x_m, y_m])[chosen]).query(centres, workers=2)
        margin_db = (25.0 - distance_m / 200.0).reshape(grid.shape).astype(np.float32)
        server = chosen[nearest].reshape(grid.shape).astype(np.int32)
        layers["nr", network], layers["nbiot", network] = Layer(margin_db, server), Layer(margin_db + 15, server)
    names = np.resize(np.array(["nr-n41", "nr-n28", "nbiot-900"], dtype=object), len(sites))
    ids = (sites["id"].astype(str) + "/x/1").to_numpy(dtype=object)
    return Coverage(grid, services("nr-n41", "nr-n28", "nbiot-900"), layers, ids, names, "statistical", ("distance",), 0.95, 30.0, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    given = inputs(0.1 if options.quick else 1.0)
    before_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    cover = given.pop("cover")
    targets = read_policy("guangdong-2020", "guangdong-2018")
    clock, cpu = time.perf_counter(), time.process_time()
    card = scorecard(targets, cover, **given, as_of=datetime.date(2026, 11, 22))
    scored, scored_cpu = time.perf_counter() - clock, time.process_time() - cpu
    clock, cpu = time.perf_counter(), time.process_time()
    gaps = find_gaps(targets, cover, **given)
    fibre_award(targets, zones=given["zones"], villages=given["villages"])
    listed, listed_cpu = time.perf_counter() - clock, time.process_time() - cpu
    result = {
        "villages": len(given["villages"]), "places": len(given["places"]), "corridors_km": round(len(given["corridors"]) * 99),
        "counties": int((given["zones"]["level"] == "county").sum()), "target_ids": len(targets.ids), "target_parts": len(targets),
        "scorecard_rows": len(card), "gap_rows": len(gaps), "scorecard_s": round(scored, 2), "gaps_s": round(listed, 2),
        "total_s": round(scored + listed, 2), "total_cpu_s": round(scored_cpu + listed_cpu, 2), "limit_s": 20,
        "memory_before_gib": round(before_gib, 2), "peak_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "limit_gib": 3,
    }  # fmt: skip
    print(json.dumps(result) if options.json else "\n".join(f"{name:>20}  {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
