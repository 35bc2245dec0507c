"""The pictures of docs/p1812.md: models on one real mountain radial, and a coverage map over the same mountains.

    python tools/propagation_pictures.py

Needs ../shared/data/terrain (a public SRTM tile of the Alberta foothills).
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import rasterio
from rasterio.warp import Resampling, reproject

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from infraplan.radio import p1812
from infraplan.radio.ground_profiles import Ground
from infraplan.radio.p1812_area import area_loss
from infraplan.radio.path_loss import expected_loss, models

ROOT = Path(__file__).resolve().parents[1]
TILE = ROOT.parent / "shared" / "data" / "terrain" / "n50_w115_alberta_foothills_3arcsec.tif"
IMAGES = ROOT / "docs" / "images"
MAST_LONLAT = (-114.5229, 50.3538)
RESOLUTION_M, RADIUS_M = 90.0, 20_000.0
FREQUENCY_GHZ, TX_HEIGHT_M, RX_HEIGHT_M = 0.763, 30.0, 1.5
BEARING_DEG = 325.0
SERVED_DB = 140.0


def metric_tile() -> np.ndarray:
    """Heights on a metric grid centred on the mast. [m]"""
    size = 2 * math.ceil(RADIUS_M / RESOLUTION_M) + 5
    transform = rasterio.Affine(RESOLUTION_M, 0, -size / 2 * RESOLUTION_M, 0, -RESOLUTION_M, size / 2 * RESOLUTION_M)
    heights_m = np.empty((size, size), np.float32)
    with rasterio.open(TILE) as source:
        reproject(
            source.read(1).astype(np.float32), heights_m, src_transform=source.transform, src_crs=source.crs, dst_transform=transform,
            dst_crs=f"+proj=laea +lat_0={MAST_LONLAT[1]} +lon_0={MAST_LONLAT[0]} +datum=WGS84 +units=m", resampling=Resampling.bilinear,
        )  # fmt: skip
    return heights_m


def radial(heights_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance [km] and height [m] of the samples along `BEARING_DEG`."""
    i = np.arange(int(RADIUS_M / RESOLUTION_M) + 1)
    middle, bearing = (heights_m.shape[0] - 1) / 2, math.radians(BEARING_DEG)
    row, col = np.rint(middle - math.cos(bearing) * i).astype(int), np.rint(middle + math.sin(bearing) * i).astype(int)
    return i * RESOLUTION_M / 1000.0, heights_m[row, col].astype(float)


def plot_radial(heights_m: np.ndarray) -> None:
    d, h = radial(heights_m)
    common = {
        "frequency_ghz": FREQUENCY_GHZ, "location_percent": 50.0, "location_sigma_db": 0.0, "tx_height_m": TX_HEIGHT_M,
        "rx_height_m": RX_HEIGHT_M, "polarisation": "vertical", "delta_n": 45.0, "n0": 325.0, "tx_lonlat": MAST_LONLAT,
        "rx_lonlat": (MAST_LONLAT[0] - 0.1, MAST_LONLAT[1]),
    }  # fmt: skip
    figure, (above, below) = plt.subplots(2, 1, figsize=(9, 7), sharex=True, height_ratios=(3, 1.3), layout="constrained")
    for label, clutter_m, time_percent, style in (
        ("P.1812, bare ground, 50 % of time", 0.0, 50.0, {"color": "#1f4e79", "lw": 1.8}),
        ("P.1812, 15 m forest, 50 %", 15.0, 50.0, {"color": "#2e8b57", "lw": 1.2}),
        ("P.1812, bare ground, 1 %", 0.0, 1.0, {"color": "#1f4e79", "lw": 1.0, "ls": ":"}),
    ):
        loss_db = [
            p1812.loss(d[: n + 1], h[: n + 1], np.full(n + 1, clutter_m), np.full(n + 1, 4), time_percent=time_percent, **common).loss_db
            for n in range(2, len(d))
        ]
        above.plot(d[2:], loss_db, label=label, **style)
    far = d[2:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        heights = {"base_height_m": TX_HEIGHT_M, "mobile_height_m": RX_HEIGHT_M}
        above.plot(far, models["free-space"](far, FREQUENCY_GHZ * 1000.0), color="0.6", label="free space")
        near = far[far <= 5.0]
        above.plot(
            near, expected_loss("tr38901-rma", near, FREQUENCY_GHZ * 1000.0, **heights), color="#b5482a", label="TR 38.901 RMa, expected"
        )
        hata = far[far >= 1.0]
        above.plot(
            hata, models["okumura-hata"](hata, FREQUENCY_GHZ * 1000.0, area="open", **heights), color="#8e6bbf", label="Okumura-Hata, open"
        )
    above.set_ylabel("path loss, dB")
    above.invert_yaxis()
    above.grid(alpha=0.3)
    above.legend(fontsize=8, loc="upper right", ncols=2)
    above.set_title(
        f"One radial in the Alberta foothills: {FREQUENCY_GHZ * 1000:.0f} MHz, mast {TX_HEIGHT_M:.0f} m, receiver {RX_HEIGHT_M} m"
    )
    below.fill_between(d, h.min() - 50, h, color="#b9a77c")
    below.plot([0, 0], [h[0], h[0] + TX_HEIGHT_M], color="k", lw=2)
    below.set(xlabel="distance, km", ylabel="ground, m", ylim=(h.min() - 50, h.max() + 100))
    figure.savefig(IMAGES / "p1812_mountain_radial.png", dpi=90)
    plt.close(figure)


def plot_coverage(heights_m: np.ndarray) -> None:
    middle_m, place = (heights_m.shape[0] - 1) / 2 * RESOLUTION_M, (0.0, 0.0, RESOLUTION_M)
    bare = Ground(heights_m, *place, np.zeros((1, 1), np.uint16), *place, np.zeros(1), np.full(1, 30.0))
    area = area_loss(
        bare, middle_m, -middle_m, *place, heights_m.shape, RADIUS_M, frequencies_ghz=(FREQUENCY_GHZ,), tx_height_m=TX_HEIGHT_M,
        rx_height_m=RX_HEIGHT_M, latitude_deg=MAST_LONLAT[1],
    )  # fmt: skip
    loss_db = area.loss_db[0]
    ground = heights_m[area.row0 : area.row0 + loss_db.shape[0], area.col0 : area.col0 + loss_db.shape[1]]
    slope_y, slope_x = np.gradient(ground, RESOLUTION_M)
    shade = np.clip(0.75 + 0.8 * (slope_y - slope_x) / np.sqrt(1 + slope_x**2 + slope_y**2), 0.2, 1.0)
    reach_km = loss_db.shape[0] / 2 * RESOLUTION_M / 1000.0
    extent = (-reach_km, reach_km, -reach_km, reach_km)
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 6.2), layout="constrained")
    left.imshow(ground, cmap="terrain", extent=extent)
    left.imshow(np.dstack([np.zeros_like(shade)] * 3 + [1 - shade]), extent=extent)
    left.set_title("ground")
    image = right.imshow(loss_db, cmap="viridis_r", vmin=90, vmax=180, extent=extent)
    right.imshow(np.dstack([np.zeros_like(shade)] * 3 + [0.6 * (1 - shade)]), extent=extent)
    right.contour(loss_db[::-1] <= SERVED_DB, [0.5], colors="red", linewidths=0.5, extent=extent)
    right.set_title(f"P.1812 path loss at {FREQUENCY_GHZ * 1000:.0f} MHz; red: {SERVED_DB:.0f} dB")
    bearing = math.radians(BEARING_DEG)
    for axes in (left, right):
        axes.plot(0, 0, "r^")
        axes.plot([0, 20 * math.sin(bearing)], [0, 20 * math.cos(bearing)], "w--", lw=0.8)
        axes.set(xlabel="km east", ylabel="km north")
    figure.colorbar(image, ax=right, label="dB")
    figure.savefig(IMAGES / "p1812_coverage_foothills.png", dpi=75)
    plt.close(figure)


def main() -> None:
    if not TILE.is_file():
        raise SystemExit("../shared/data/terrain is absent: the pictures are made from its mountain tile")
    IMAGES.mkdir(parents=True, exist_ok=True)
    heights_m = metric_tile()
    plot_radial(heights_m)
    plot_coverage(heights_m)


if __name__ == "__main__":
    main()
