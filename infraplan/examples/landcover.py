"""Invented land cover for the example, in the classes of ITU-R P.1812: towns and villages where its people are, woods on slopes."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from infraplan.examples.relief import Relief
from infraplan.examples.source_data import METRES_PER_DEGREE

WATER, OPEN, SUBURBAN, URBAN_OR_FOREST, DENSE_URBAN = 1, 2, 3, 4, 5
Cover = npt.NDArray[np.uint8]


def invented_landcover(relief: Relief, people: gpd.GeoDataFrame, rules: dict[str, Any]) -> Cover:
    """Classes on a raster `parts` times as fine as the relief's.

    Towns follow from people per km2, woods from height and slope, on the relief's pixels; then every natural village clears a disc for its
    houses, where there is no town.
    """
    rule, steps = rules["landcover"], rules["network"]
    per_km2 = density_per_km2(relief, people, rule["smoothing_m"])
    height_m, slope = relief.height_m, relief.slope()
    wooded = (slope > rule["wooded_slope"]) | (height_m > rule["wooded_height_m"])
    cover = np.where(wooded, URBAN_OR_FOREST, OPEN).astype(np.uint8)
    for name, code in (("suburban", SUBURBAN), ("urban", URBAN_OR_FOREST), ("dense_urban", DENSE_URBAN)):
        cover[per_km2 >= steps[f"{name}_per_km2"]] = code
    cover[height_m == 0] = WATER
    free = (per_km2 < steps["suburban_per_km2"]) & (height_m > 0)
    fine = np.repeat(np.repeat(cover, rule["parts"], axis=0), rule["parts"], axis=1)
    clear_villages(fine, free, relief, people[people["kind"] == "village"], rule)
    return fine


def clear_villages(cover: Cover, free: npt.NDArray[np.bool_], relief: Relief, villages: gpd.GeoDataFrame, rule: dict[str, Any]) -> None:
    """Set to SUBURBAN, in place, the pixels whose middle lies within a village's built-up disc, where its ground is `free`."""
    parts = int(rule["parts"])
    step_deg = relief.step_deg / parts
    lon, lat = villages.geometry.x.to_numpy(), villages.geometry.y.to_numpy()
    row, col = (relief.north - lat) / step_deg - 0.5, (lon - relief.west) / step_deg - 0.5
    tall_m, wide_m = step_deg * METRES_PER_DEGREE, step_deg * METRES_PER_DEGREE * np.cos(np.radians(lat))
    radius_m = np.sqrt(villages["population"].to_numpy(float) * rule["village_m2_per_person"] / np.pi)
    order = np.argsort(-radius_m, kind="stable")
    row, col, wide_m, radius_m = row[order], col[order], wide_m[order], radius_m[order]
    base_row, base_col = np.rint(row).astype(int), np.rint(col).astype(int)
    most = int(np.ceil(radius_m.max(initial=0.0) / (tall_m * 0.8))) + 1
    for down in range(-most, most + 1):
        for right in range(-most, most + 1):
            nearest_m = np.hypot(max(abs(down) - 0.5, 0) * tall_m, max(abs(right) - 0.5, 0) * wide_m.min(initial=tall_m))
            count = int(np.searchsorted(-radius_m, -nearest_m, side="right"))
            r, c = base_row[:count] + down, base_col[:count] + right
            away_m = np.hypot((r - row[:count]) * tall_m, (c - col[:count]) * wide_m[:count])
            inside = (away_m <= radius_m[:count]) | ((down == 0) & (right == 0))
            r, c = r[inside], c[inside]
            kept = free[(r // parts).clip(0, free.shape[0] - 1), (c // parts).clip(0, free.shape[1] - 1)]
            kept &= (r >= 0) & (r < cover.shape[0]) & (c >= 0) & (c < cover.shape[1])
            cover[r[kept], c[kept]] = SUBURBAN


def density_per_km2(relief: Relief, people: gpd.GeoDataFrame, smoothing_m: float) -> npt.NDArray[np.float32]:
    """People per km2, smoothed."""
    rows, cols = relief.height_m.shape
    lon, lat = people.geometry.x.to_numpy(), people.geometry.y.to_numpy()
    row, col = ((relief.north - lat) / relief.step_deg).astype(int), ((lon - relief.west) / relief.step_deg).astype(int)
    count = np.bincount(row * cols + col, people["population"].to_numpy(float), rows * cols).reshape(rows, cols)
    km = relief.step_deg * METRES_PER_DEGREE / 1000
    area_km2 = km * km * np.cos(np.radians(lat.mean()))
    sigma = smoothing_m / 1000 / km
    return np.asarray(gaussian_filter(count.astype(np.float32), (sigma, sigma / np.cos(np.radians(lat.mean()))), truncate=3.0) / area_km2)
