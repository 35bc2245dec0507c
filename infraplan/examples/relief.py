"""Invented ground for the example: mountains inland, plains in the delta, a flat sea. No elevation data enters.

The rule: height = envelope(distance to the sea, distance to the delta's middle) x ridged noise x valley(distance to settlements).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import scipy.fft
from rasterio.features import rasterize
from scipy.ndimage import binary_propagation, distance_transform_edt, zoom

from infraplan.examples.scattering import Acceptance
from infraplan.examples.sources import METRES_PER_DEGREE, Sources
from infraplan.files import atomic_path

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
RELIEF = 5  # stream of random numbers
COARSE = 8  # distances are reckoned on every eighth pixel and drawn out smoothly


@dataclass(frozen=True)
class Relief:
    """Heights on a geographic raster; row 0 lies in the north, (`west`, `north`) is the outer corner. [m]"""

    height_m: npt.NDArray[np.int16]
    west: float
    north: float
    step_deg: float

    def slope(self) -> Floats:
        """Rise over run."""
        across, along = np.gradient(self.height_m.astype(np.float32), self.step_deg * METRES_PER_DEGREE)
        return np.asarray(np.hypot(across, along), np.float32)

    def habitable(self, height_scale_m: float, slope_scale: float) -> Acceptance:
        """How readily people settle at a point: exp(-height / scale - slope / scale)."""
        odds = np.exp(-self.height_m.astype(np.float32) / height_scale_m - self.slope() / slope_scale)

        def accept(lon: Doubles, lat: Doubles) -> Doubles:
            return self.pick(odds, lon, lat)

        return accept

    def pick(self, layer: npt.NDArray[Any], lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[Any]:
        """A layer's value in the pixel of each point."""
        col = ((np.asarray(lon, float) - self.west) / self.step_deg).astype(int).clip(0, layer.shape[1] - 1)
        row = ((self.north - np.asarray(lat, float)) / self.step_deg).astype(int).clip(0, layer.shape[0] - 1)
        return np.asarray(layer[row, col])

    def write(self, path: Path, seed: int) -> None:
        """The heights as a file."""
        self.write_layer(self.height_m, path, seed, "height_m", nodata=-32768)

    def write_layer(self, layer: npt.NDArray[Any], path: Path, seed: int, description: str, *, nodata: int) -> None:
        """A tiled GeoTIFF on the relief's pixels, whole or not at all, that says it is synthetic."""
        height, width = layer.shape
        profile = {
            "driver": "GTiff", "dtype": str(layer.dtype), "count": 1, "height": height, "width": width, "nodata": nodata,
            "crs": "EPSG:4326", "transform": rasterio.transform.from_origin(self.west, self.north, self.step_deg, self.step_deg),
            "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate", "predictor": 2,
        }  # fmt: skip
        with atomic_path(path) as part, rasterio.open(part, "w", **profile) as out:
            out.write(layer, 1)
            out.update_tags(synthetic="true", source="infraplan example, invented ground, no elevation data", seed=str(seed))
            out.set_band_description(1, description)


def invented_relief(sources: Sources, seed: int) -> Relief:
    """The example's ground, from the preset's rule and one seed."""
    rule = sources.rules["relief"]
    step, margin = float(rule["resolution_deg"]), float(rule["margin_deg"])
    west, south, east, north = sources.counties.total_bounds
    west, north = np.floor((west - margin) * 10) / 10, np.ceil((north + margin) * 10) / 10
    shape = (int(np.ceil((north - south + margin) / step / COARSE)) * COARSE, int(np.ceil((east + margin - west) / step / COARSE)) * COARSE)
    coarse = shape[0] // COARSE, shape[1] // COARSE
    lon, lat = west + (np.arange(coarse[1]) + 0.5) * step * COARSE, north - (np.arange(coarse[0]) + 0.5) * step * COARSE
    km = step * COARSE * METRES_PER_DEGREE / 1000 * np.array([1.0, np.cos(np.radians(lat.mean()))])
    transform = rasterio.transform.from_origin(west, north, step, step)
    land = rasterize(sources.counties.geometry, out_shape=shape, transform=transform, fill=0, default_value=1, dtype="uint8")
    sea = sea_of(land[COARSE // 2 :: COARSE, COARSE // 2 :: COARSE] == 1, lon, lat, rule)
    envelope = envelope_m(sea, lon, lat, km, rule) * valleys(sources, coarse, west, north, step * COARSE, km, rule)
    ground = zoom(envelope, COARSE, order=1, grid_mode=True, mode="nearest").astype(np.float32)
    ground *= ridges(shape, step, lat.mean(), rule, seed)
    wet = zoom(sea.astype(np.uint8), COARSE, order=0, grid_mode=True, mode="nearest").astype(bool) & (land == 0)
    height = np.rint(np.maximum(ground + 2.0, 1.0))
    return Relief(np.where(wet, 0, height).astype(np.int16), west, north, step)


def sea_of(land: Mask, lon: Doubles, lat: Doubles, rule: dict[str, Any]) -> Mask:
    """What is outside every zone, south of the preset's line, and joined to the southern edge."""
    line = np.array(rule["land_above"])
    open_water = ~land & (lat[:, None] < np.interp(lon, line[:, 0], line[:, 1]))
    edge = np.zeros_like(open_water)
    edge[-1] = open_water[-1]
    return np.asarray(binary_propagation(edge, mask=open_water))


def smoothstep(value: npt.ArrayLike, low: float, high: float) -> Doubles:
    """0 below `low`, 1 above `high`, without a kink between."""
    t = np.clip((np.asarray(value, float) - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def envelope_m(sea: Mask, lon: Doubles, lat: Doubles, km: Doubles, rule: dict[str, Any]) -> Doubles:
    """How high ridges may rise: from the coast inland, and hardly at all on the delta's plains. [m]"""
    inland = smoothstep(distance_transform_edt(~sea, sampling=tuple(km)), rule["coast_km"], rule["inland_km"])
    height_m = rule["coast_height_m"] + (rule["inland_height_m"] - rule["coast_height_m"]) * inland
    east_km = (lon - rule["plain_centre"][0]) * METRES_PER_DEGREE / 1000 * np.cos(np.radians(lat.mean()))
    north_km = (lat[:, None] - rule["plain_centre"][1]) * METRES_PER_DEGREE / 1000
    share = rule["plain_height_share"]
    return np.asarray(height_m * (share + (1 - share) * smoothstep(np.hypot(north_km, east_km), *rule["plain_km"])))


def valleys(
    sources: Sources, shape: tuple[int, int], west: float, north: float, step: float, km: Doubles, rule: dict[str, Any]
) -> Doubles:
    """1 far from every real settlement, low beside one."""
    empty = np.ones(shape, bool)
    places = sources.settlements
    row, col = ((north - places["lat"]) / step).astype(int), ((places["lon"] - west) / step).astype(int)
    empty[row, col] = False
    near = np.exp(-((distance_transform_edt(empty, sampling=tuple(km)) / rule["valley_km"]) ** 2))
    return np.asarray(1 - rule["valley_depth"] * near)


def ridges(shape: tuple[int, int], step: float, lat: float, rule: dict[str, Any], seed: int) -> Floats:
    """Ridged noise, 0 in valleys to about 1 on crests, with fine roughness; crests run along the preset's strike."""
    rng = np.random.default_rng([seed, RELIEF])
    broad = gaussian_field(shape, step, lat, rule, rng)
    fine = gaussian_field(shape, step, lat, {**rule, "wave_km": rule["wave_km"] / 3}, rng)
    ridge = (1 - np.abs(broad) / 2.2).clip(0, 1) ** 2
    return np.asarray((ridge * (0.8 + 0.2 * fine.clip(-2, 2))).clip(0, 1.3), np.float32)


def gaussian_field(shape: tuple[int, int], step: float, lat: float, rule: dict[str, Any], rng: np.random.Generator) -> Floats:
    """A random field of unit variance whose power falls as wavenumber ** -(2 hurst + 2) beyond the longest wave."""
    rows, cols = (scipy.fft.next_fast_len(n, real=True) for n in shape)
    white = scipy.fft.rfft2(rng.standard_normal((rows, cols), dtype=np.float32))
    km = step * METRES_PER_DEGREE / 1000
    up = scipy.fft.fftfreq(rows, km)[:, None].astype(np.float32)
    right = scipy.fft.rfftfreq(cols, km * np.cos(np.radians(lat)))[None, :].astype(np.float32)
    turn = np.radians(rule["strike_deg"])
    along = right * np.float32(np.sin(turn)) - up * np.float32(np.cos(turn))
    across = right * np.float32(np.cos(turn)) + up * np.float32(np.sin(turn))
    wavenumber2 = (along * np.float32(rule["stretch"])) ** 2 + across**2
    white *= (wavenumber2 + np.float32(1 / rule["wave_km"]) ** 2) ** np.float32(-(rule["hurst"] + 1) / 2)
    white[0, 0] = 0
    field = scipy.fft.irfft2(white, s=(rows, cols))[: shape[0], : shape[1]]
    return np.asarray(field / field.std(), np.float32)
