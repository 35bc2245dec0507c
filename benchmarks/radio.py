"""How fast the radio models are, beside Debian's SPLAT! on the same tile and circle, and how far the area kernel is from `p1812.loss`.

    python benchmarks/radio.py [--json] [--quick]        # --quick: fewer runs, no 30 m, 2 % of the province, scaled

SPLAT! runs ITM (Longley-Rice), not P.1812: the models differ, only pixels per CPU-second are compared. Both run on one core, the best of
several alternating runs; SPLAT!'s reading of the tile and writing of its picture is taken off by a run with a tiny radius.
Its pixels are those of its own 3-arcsecond raster, ours those of a 90 m grid: unique pixels inside the circle in both cases.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.warp import Resampling, reproject

from infraplan.radio import p1812
from infraplan.radio.ground_profiles import Ground, map_profile
from infraplan.radio.p1812_area import area_loss

Floats = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
TILE = SHARED / "data" / "terrain" / "n50_w115_alberta_foothills_3arcsec.tif"
MAST_LONLAT = (-114.5, 50.5)
RADIUS_KM = 20.0
STEP_M, NOMINAL_M = 100.0, 30.0
FREQUENCY_GHZ, TX_HEIGHT_M, RX_HEIGHT_M = 0.763, 30.0, 1.5


def metric_terrain(resolution_m: float) -> tuple[Float32, Float32]:
    """The tile about the mast on a metric grid, and made-up clutter heights in blocks of 360 m."""
    half_m = RADIUS_KM * 1000.0 + 2.0 * resolution_m
    size = 2 * math.ceil(half_m / resolution_m) + 1
    crs = f"+proj=laea +lat_0={MAST_LONLAT[1]} +lon_0={MAST_LONLAT[0]} +datum=WGS84 +units=m"
    transform = rasterio.Affine(resolution_m, 0.0, -size / 2 * resolution_m, 0.0, -resolution_m, size / 2 * resolution_m)
    terrain_m = np.empty((size, size), np.float32)
    with rasterio.open(TILE) as source:
        reproject(
            source.read(1).astype(np.float32), terrain_m, src_transform=source.transform, src_crs=source.crs, dst_transform=transform,
            dst_crs=crs, resampling=Resampling.bilinear,
        )  # fmt: skip
    block = max(round(360.0 / resolution_m), 1)
    blocks = np.random.default_rng(1).choice([0.0, 0, 0, 0, 5, 10, 15, 20, 25], size=(size // block + 1, size // block + 1))
    return terrain_m, np.kron(blocks, np.ones((block, block)))[:size, :size].astype(np.float32)


def cpu_seconds(function: Any) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def ground_of(terrain_m: Float32, clutter_m: Float32 | None, resolution_m: float) -> Ground:
    place = 0.0, 0.0, resolution_m
    if clutter_m is None:
        return Ground(terrain_m, *place, np.zeros((1, 1), np.uint16), *place, np.zeros(1), np.full(1, NOMINAL_M))
    heights, code = np.unique(clutter_m, return_inverse=True)
    classes = heights.astype(float), np.full(len(heights), NOMINAL_M)
    return Ground(terrain_m, *place, code.reshape(clutter_m.shape).astype(np.uint16), *place, *classes)


def kernel_run(ground: Ground, time_percent: float) -> Any:
    """Losses at the centres of the raster's own pixels, profiles at a step of STEP_M."""
    middle_m = (ground.height_m.shape[0] - 1) / 2.0 * ground.height_step_m
    return area_loss(
        ground, middle_m, -middle_m, 0.0, 0.0, ground.height_step_m, ground.height_m.shape, RADIUS_KM * 1000.0,
        frequencies_ghz=(FREQUENCY_GHZ,), tx_height_m=TX_HEIGHT_M, rx_height_m=RX_HEIGHT_M, latitude_deg=MAST_LONLAT[1], step_m=STEP_M,
        time_percent=time_percent,
    )  # fmt: skip


def kernel_pixels_per_s(resolution_m: float, time_percent: float, runs: int, *, with_clutter: bool = True) -> float:
    terrain_m, clutter_m = metric_terrain(resolution_m)
    ground = ground_of(terrain_m, clutter_m if with_clutter else None, resolution_m)
    pixels = int(np.isfinite(kernel_run(ground, time_percent).loss_db).sum())
    return pixels / min(cpu_seconds(lambda: kernel_run(ground, time_percent)) for _ in range(runs))


def errors_db(time_percent: float, receivers: int, *, step_m: float = STEP_M, bare: bool = False, own_line: bool = False) -> Floats:
    """Kernel less `p1812.loss` on the profile at `step_m`, random receivers of the 90 m circle. [dB]"""
    terrain_m, clutter_m = metric_terrain(90.0)
    ground = ground_of(terrain_m, None if bare else clutter_m, 90.0)
    middle_m = (terrain_m.shape[0] - 1) / 2.0 * 90.0
    area = kernel_run(ground, time_percent)
    known = np.argwhere(np.isfinite(area.loss_db[0]))
    found = []
    for r, c in known[np.random.default_rng(11).choice(len(known), receivers, replace=False)]:
        rx = (c + area.col0) * 90.0, -(r + area.row0) * 90.0
        profile = map_profile(ground, (middle_m, -middle_m), rx, step_m=step_m, own_line=own_line)
        bearing, arc = math.atan2(rx[0] - middle_m, rx[1] + middle_m), profile.distance_km[-1] / 6371.0
        rx_lat = MAST_LONLAT[1] + math.degrees(
            arc * math.cos(bearing) - 0.5 * (arc * math.sin(bearing)) ** 2 * math.tan(math.radians(MAST_LONLAT[1]))
        )
        rx_lon = MAST_LONLAT[0] + math.degrees(arc * math.sin(bearing) / math.cos(math.radians(rx_lat)))
        path = p1812.loss(
            profile.distance_km, profile.terrain_m, profile.clutter_m, np.full(len(profile.distance_km), 4), frequency_ghz=FREQUENCY_GHZ,
            time_percent=time_percent, location_percent=50.0, location_sigma_db=0.0, tx_height_m=TX_HEIGHT_M, rx_height_m=RX_HEIGHT_M,
            polarisation="vertical", delta_n=45.0, n0=325.0, tx_lonlat=MAST_LONLAT, rx_lonlat=(rx_lon, rx_lat),
        )  # fmt: skip
        expected_db = path.free_space_db + profile.weight * (path.loss_db - path.free_space_db)
        found.append(float(area.loss_db[0, r, c]) - expected_db)
    return np.array(found)


class Splat:
    """Debian's SPLAT! 1.4.2 on the tile, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.program = shutil.which("splat")
        if self.program is None:
            raise SystemExit("SPLAT! is absent: apt-get install splat (Debian package `splat`), then run again")
        self.folder = folder
        with rasterio.open(TILE) as source:
            heights = source.read(1).astype(int)
        # SDF: west and south first, then rows from the south, each from the east
        rows = "\n".join(map(str, heights[::-1, ::-1].ravel()))
        (folder / "50:51:114:115.sdf").write_text(f"115\n50\n114\n51\n{rows}\n", encoding="ascii")
        (folder / "mast.qth").write_text(f"mast\n{MAST_LONLAT[1]}\n{-MAST_LONLAT[0]}\n{TX_HEIGHT_M} meters\n", encoding="ascii")
        (folder / "mast.lrp").write_text(f"15.0\n0.005\n325.0\n{FREQUENCY_GHZ * 1000}\n5\n1\n0.50\n0.50\n", encoding="ascii")

    def cpu_seconds(self, radius_km: float, *extra: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [str(self.program), "-t", "mast.qth", "-L", str(RX_HEIGHT_M), "-R", str(radius_km), "-metric", "-olditm", "-N", "-n", "-ngs",
             "-d", str(self.folder) + "/", "-o", "map.ppm", *extra],
            cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def pixels(self) -> int:
        """Distinct pixels of its raster that carry a loss."""
        self.cpu_seconds(RADIUS_KM, "-ano", "points.txt")
        lines = (self.folder / "points.txt").read_text(encoding="ascii").splitlines()
        return len({line.rsplit(",", 3)[0] for line in lines if line.count(",") >= 3})


def splat_against_kernel(runs: int) -> dict[str, float]:
    """Alternating runs, so that a busy machine burdens both alike."""
    ground = ground_of(*metric_terrain(90.0), 90.0)
    pixels = int(np.isfinite(kernel_run(ground, 50.0).loss_db).sum())
    with tempfile.TemporaryDirectory() as name:
        splat = Splat(Path(name))
        theirs, load, ours = [], [], []
        for _ in range(runs):
            theirs.append(splat.cpu_seconds(RADIUS_KM))
            load.append(splat.cpu_seconds(0.1))
            ours.append(cpu_seconds(lambda: kernel_run(ground, 50.0)))
        splat_pixels = splat.pixels()
    ours_per_s, theirs_per_s = pixels / min(ours), splat_pixels / (min(theirs) - min(load))
    return {
        "pixels": pixels,
        "pixels_per_cpu_s": ours_per_s,
        "splat_pixels": splat_pixels,
        "splat_pixels_per_cpu_s": theirs_per_s,
        "splat_load_cpu_s": min(load),
        "ratio_vs_splat": ours_per_s / theirs_per_s,
    }


def tr38901_points_per_s(points: int) -> float:
    """Urban macro path loss, line of sight and not, over random points. [points/s]"""
    from infraplan.radio.tr38901 import tr38901_uma

    distance_km = np.random.default_rng(5).uniform(0.01, 5.0, points)

    def run() -> float:
        start = time.perf_counter()
        tr38901_uma(distance_km, 3500.0, base_height_m=25.0, mobile_height_m=1.5, line_of_sight=False)
        return time.perf_counter() - start

    return points / min(run() for _ in range(5))


def measure(quick: bool) -> dict[str, Any]:
    runs = 3 if quick else 8
    figures: dict[str, Any] = splat_against_kernel(runs)
    figures["pixels_per_cpu_s_no_clutter"] = kernel_pixels_per_s(90.0, 50.0, runs, with_clutter=False)
    for time_percent in (10.0, 1.0):
        figures[f"pixels_per_cpu_s_time_{time_percent:.0f}"] = kernel_pixels_per_s(90.0, time_percent, runs)
    if not quick:
        for time_percent in (50.0, 10.0, 1.0):
            figures[f"pixels_per_cpu_s_30m_time_{time_percent:.0f}"] = kernel_pixels_per_s(30.0, time_percent, 3)
    for time_percent in (50.0, 10.0, 1.0):
        exact = errors_db(time_percent, 200 if quick else 1000)
        figures[f"largest_error_db_time_{time_percent:.0f}"] = float(np.abs(exact).max())
    for name, bare in (("bare", True), ("clutter", False)):
        apart_db = errors_db(50.0, 500, step_m=30.0, bare=bare, own_line=True)
        figures[f"rms_from_30m_profiles_db_{name}"] = float(np.sqrt(np.mean(apart_db**2)))
    figures["tr38901_points_per_s"] = tr38901_points_per_s(1_000_000)
    import radio_province

    figures |= radio_province.city_replan("441800" if quick else "440100")
    figures |= radio_province.province(0.02 if quick else 1.0)[0]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one flat JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help="fewer runs, no 30 m")
    options = parser.parse_args()
    if not TILE.is_file():
        raise SystemExit("../shared/data/terrain is absent: the benchmark runs on its mountain tile")
    figures = measure(options.quick)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:40s} {value:,.6g}")
    print("models differ: SPLAT! runs ITM (Longley-Rice), the kernel ITU-R P.1812-8 with clutter")


if __name__ == "__main__":
    main()
