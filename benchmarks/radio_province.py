"""A province over terrain: 60,000 NR sites (5 km) and 70,000 NB-IoT sites (10 km), three sectors each, on a 100 m grid of Guangdong.

The network is generated: sites by county in proportion to people (2020 census), evenly inside a county. The ground is the ITU's
5-arcminute relief with invented fractal hills on it, and clutter in blocks. All six layers (two families, three networks) are kept,
as `predict_coverage` does.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio
from rasterio.warp import Resampling, reproject
from shapely import contains_xy

from infraplan.coverage.map_update import update_coverage
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.geo.grids import Grid
from infraplan.geo.terrain import Clutter, Terrain
from infraplan.radio.budgets import services

Floats = npt.NDArray[np.float64]
SHARED = Path(__file__).resolve().parents[1].parent / "shared"
GUANGDONG = SHARED / "data" / "guangdong"
RELIEF = SHARED / "data" / "terrain" / "gd_dem_itu_p1511_5arcmin.tif"
NR_SITES, NB_SITES = 60_000, 70_000
NR_RADIUS_KM, NB_RADIUS_KM = 5.0, 10.0
RESOLUTION_M = 100.0
OPERATORS = ("cbn+cmcc", "ctcc+cucc")


def province_grid() -> Grid:
    return Grid.over(gpd.read_file(GUANGDONG / "gd_province_tianditu.geojson"), RESOLUTION_M)


def ground(grid: Grid, seed: int = 3) -> Terrain:
    """ITU relief, plus fractal hills whose height follows it; sea stays flat."""
    broad = np.zeros(grid.shape, np.float32)
    with rasterio.open(RELIEF) as source:
        reproject(
            source.read(1), broad, src_transform=source.transform, src_crs=source.crs or "EPSG:4326",
            dst_transform=rasterio.Affine(*grid.affine), dst_crs=grid.crs, resampling=Resampling.cubic_spline,
        )  # fmt: skip
    np.maximum(broad, 0.0, out=broad)
    rng, size = np.random.default_rng(seed), 4096
    wave = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    hills = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((size, size))) * np.maximum(wave, 4.0 / size) ** -2.0, s=(size, size))
    hills = (hills / hills.std()).astype(np.float32)
    tiles = tuple(-(-side // size) for side in grid.shape)
    hills = np.tile(np.block([[hills, hills[:, ::-1]], [hills[::-1], hills[::-1, ::-1]]]), tiles)[: grid.height, : grid.width]
    height_m = np.maximum(broad * (1.0 + 0.6 * hills), 0.0).astype(np.float32)
    blocks = rng.choice(np.array([0, 0, 0, 8, 12, 15], np.float32), size=(grid.height // 5 + 1, grid.width // 5 + 1))
    clutter_m = np.repeat(np.repeat(blocks, 5, axis=0), 5, axis=1)[: grid.height, : grid.width]
    clutter = Clutter.of_heights(grid, clutter_m)
    return Terrain(grid, height_m, clutter, np.full(grid.shape, 4, np.uint8), "ITU-R P.1511 and invented hills", synthetic=True)


def county_points(count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Points by county in proportion to people."""
    counties = gpd.read_file(GUANGDONG / "gd_district_tianditu.geojson")
    people = pd.read_csv(GUANGDONG / "gd_census2020_county.csv", dtype={"adcode": str}).set_index("adcode")["pop2020"]
    weight = counties["district_adcode"].astype(str).map(people).fillna(0.0).to_numpy()
    lon, lat = [], []
    for geometry, number in zip(counties.geometry, rng.multinomial(count, weight / weight.sum()), strict=True):
        west, south, east, north = geometry.bounds
        left = int(number)
        while left:
            x, y = rng.uniform(west, east, 4 * left + 8), rng.uniform(south, north, 4 * left + 8)
            kept = np.flatnonzero(contains_xy(geometry, x, y))[:left]
            lon.append(x[kept])
            lat.append(y[kept])
            left -= len(kept)
    return np.concatenate(lon), np.concatenate(lat)


def network(sites: int, service: str, seed: int) -> Any:
    """Sectors of a generated network, as `sectors_of` returns them."""
    rng = np.random.default_rng(seed)
    lon, lat = county_points(sites, rng)
    turn = rng.integers(0, 120, sites)
    site = np.repeat(np.arange(sites), 3)
    number = np.tile(np.arange(3), sites)
    names = np.array([f"{service}-{i:06d}" for i in range(sites)])
    frame = pd.DataFrame(
        {
            "id": [f"{names[s]}/{service}/{n + 1}" for s, n in zip(site, number, strict=True)],
            "site_id": names[site],
            "service": service,
            "family": service.split("-")[0],
            "operators": np.array(OPERATORS)[rng.integers(0, 2, sites)][site],
            "environment": "suburban",
            "height_m": rng.choice([25.0, 30.0, 35.0, 45.0], sites)[site],
            "azimuth_deg": (turn[site] + 120.0 * number),
            "tilt_deg": 4.0,
            "power_offset_db": 0.0,
            "status": "existing",
        }
    )
    frame["antenna"] = services(service)[service].default_antenna
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(lon[site], lat[site]), crs=4326)


def province(fraction: float = 1.0) -> tuple[dict[str, float], Coverage, Any]:
    """Predict the province, or the part of it that holds about `fraction` of its sites (columns from the west of the delta eastward)."""
    grid, presets = province_grid(), dict(services("nr-n41", "nbiot-900", reliability=0.95))
    terrain = ground(grid)
    sectors = pd.concat([network(NB_SITES, "nbiot-900", 1), network(NR_SITES, "nr-n41", 2)], ignore_index=True)
    window = grid
    if fraction < 1.0:
        x_m, _ = grid.place(sectors)
        left, right = np.quantile(x_m, [0.5, min(0.5 + fraction, 1.0)])
        window = grid.window(left, grid.bounds_m[1], right, grid.bounds_m[3])
        margin_m = NB_RADIUS_KM * 1000.0
        sectors = sectors[(x_m > left - margin_m) & (x_m < right + margin_m)].reset_index(drop=True)
    caps = {"nr": NR_RADIUS_KM, "nbiot": NB_RADIUS_KM}
    start, cpu = time.perf_counter(), time.process_time()
    cover = predict_coverage(sectors, window, presets, terrain=terrain, max_radius_km=NB_RADIUS_KM, caps_km=caps)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    sites = sectors["site_id"].nunique()
    pixels = sum(np.pi * (caps[f] * 1000.0 / RESOLUTION_M) ** 2 * n for f, n in sectors.groupby("family")["site_id"].nunique().items())
    figures = {
        "province_fraction": fraction,
        "province_sites": sites,
        "province_sectors": len(sectors),
        "province_grid_pixels": window.height * window.width,
        "province_seconds": wall,
        "province_cpu_seconds": cpu,
        "province_minutes": wall / 60.0 if fraction >= 1.0 else wall / 60.0 / fraction,
        "province_peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "province_sites_per_s": sites / wall,
        "province_footprint_pixels_per_s": pixels / wall,
        "province_capped_sites": cover.capped_sites,
        "province_nr_radius_km": NR_RADIUS_KM,
        "province_nb_radius_km": NB_RADIUS_KM,
    }
    return figures, cover, sectors


def city_replan(city_adcode: str = "440100") -> dict[str, float]:
    """One NR site of a city raised by 10 m: the city's map again, equal to a prediction from nothing."""
    grid, presets = province_grid(), dict(services("nr-n41", "nbiot-900", reliability=0.95))
    counties = gpd.read_file(GUANGDONG / "gd_district_tianditu.geojson")
    left, bottom, right, top = counties[counties["city_adcode"].astype(str) == city_adcode].to_crs(grid.crs).total_bounds
    margin_m = NB_RADIUS_KM * 1000.0
    around = grid.window(left - margin_m, bottom - margin_m, right + margin_m, top + margin_m)
    terrain, window = ground(grid).within(around), grid.window(left, bottom, right, top)
    sectors = pd.concat([network(NB_SITES, "nbiot-900", 1), network(NR_SITES, "nr-n41", 2)], ignore_index=True)
    x_m, y_m = grid.place(sectors)
    near = (x_m > left - margin_m) & (x_m < right + margin_m) & (y_m > bottom - margin_m) & (y_m < top + margin_m)
    before = sectors[near].reset_index(drop=True)
    choices: dict[str, Any] = {"max_radius_km": NB_RADIUS_KM, "caps_km": {"nr": NR_RADIUS_KM, "nbiot": NB_RADIUS_KM}}
    start = time.perf_counter()
    cover = predict_coverage(before, window, presets, terrain=terrain, **choices)
    whole = time.perf_counter() - start
    nr_sites = before.loc[before["family"] == "nr", "site_id"].unique()
    seconds, cpu = [], []
    for changed in nr_sites[:: len(nr_sites) // 5][:5]:
        after = before.assign(height_m=np.where(before["site_id"] == changed, before["height_m"] + 10.0, before["height_m"]))
        start, start_cpu = time.perf_counter(), time.process_time()
        update_coverage(cover, before, after)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return {
        "replan_city_sites": int(before["site_id"].nunique()),
        "replan_city_pixels": window.height * window.width,
        "replan_city_whole_seconds": whole,
        "replan_seconds": float(np.median(seconds)),
        "replan_seconds_worst": max(seconds),
        "replan_cpu_seconds": float(np.median(cpu)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("province", "replan"), default="province")
    parser.add_argument("--quick", action="store_true", help="the middle 3 %% of the sites; for replan, the city of Shanwei")
    parser.add_argument("--json", action="store_true", help="one flat object")
    choice = parser.parse_args()
    if choice.what == "replan":
        figures = city_replan("441500" if choice.quick else "440100")
    else:
        figures = province(0.03 if choice.quick else 1.0)[0]
    if choice.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:34s} {value:,.6g}")


if __name__ == "__main__":
    main()
