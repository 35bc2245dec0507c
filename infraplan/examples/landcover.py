"""Invented land cover for the example, in the clutter classes of ITU-R P.1812: towns where its people are, woods on its slopes."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from infraplan.examples.relief import Relief
from infraplan.examples.sources import METRES_PER_DEGREE

WATER, OPEN, SUBURBAN, URBAN_OR_FOREST, DENSE_URBAN = 1, 2, 3, 4, 5


def invented_landcover(relief: Relief, people: gpd.GeoDataFrame, rules: dict[str, Any]) -> npt.NDArray[np.uint8]:
    """Classes on the relief's raster, from people per km2 and from height and slope."""
    rule, steps = rules["landcover"], rules["network"]
    per_km2 = density_per_km2(relief, people, rule["smoothing_m"])
    height_m, slope = relief.height_m, relief.slope()
    wooded = (slope > rule["wooded_slope"]) | (height_m > rule["wooded_height_m"])
    cover = np.where(wooded, URBAN_OR_FOREST, OPEN).astype(np.uint8)
    for name, code in (("suburban", SUBURBAN), ("urban", URBAN_OR_FOREST), ("dense_urban", DENSE_URBAN)):
        cover[per_km2 >= steps[f"{name}_per_km2"]] = code
    cover[height_m == 0] = WATER
    return cover


def density_per_km2(relief: Relief, people: gpd.GeoDataFrame, smoothing_m: float) -> npt.NDArray[np.float32]:
    """People per km2, smoothed."""
    rows, cols = relief.height_m.shape
    lon, lat = people.geometry.x.to_numpy(), people.geometry.y.to_numpy()
    edges = [relief.north - np.arange(rows, -1, -1) * relief.step_deg, relief.west + np.arange(cols + 1) * relief.step_deg]
    count = np.histogram2d(lat, lon, bins=edges, weights=people["population"].to_numpy(float))[0][::-1]
    km = relief.step_deg * METRES_PER_DEGREE / 1000
    area_km2 = km * km * np.cos(np.radians(lat.mean()))
    sigma = smoothing_m / 1000 / km
    return np.asarray(gaussian_filter(count.astype(np.float32), (sigma, sigma / np.cos(np.radians(lat.mean()))), truncate=3.0) / area_km2)
