"""Ground for the example: the mean heights of ITU-R P.1511 in cells of 5 minutes, invented detail inside them, a flat sea.

The rule: height = smooth factor x ridged noise x valley(distance to settlements), with factors such that every cell keeps its mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import scipy.fft
import shapely
from rasterio.features import rasterize
from scipy.ndimage import binary_propagation, distance_transform_edt, maximum_filter, zoom

from infraplan import presets
from infraplan.arrays import Bools, Floats, Floats32
from infraplan.examples.random_points import Acceptance
from infraplan.examples.source_data import METRES_PER_DEGREE, Sources
from infraplan.files import atomic_path

RELIEF = 5  # stream of random numbers
COARSE = 8  # distances are computed on every eighth pixel and interpolated smoothly
SOURCE = "infraplan example: means of ITU-R P.1511 in cells of 5 minutes, invented detail"
STEPS = 60  # of the search for the cells' factors, on every fourth pixel
THIN = 4
SLACK = 1e-6  # of a cell: bounds that fall on a border stay on it
PACE = 1.3
BLEND = 0.35  # of a cell's side, to each side of a border
LEAST_FACTOR = 0.05  # [m]
FACTOR_LIMIT = 100.0  # of a cell's factor, times the highest mean about it; 2 where land is scarce
SCARCE_LAND = 0.25  # of a cell


@dataclass(frozen=True)
class Relief:
    """Heights on a geographic raster; row 0 lies in the north, (`west`, `north`) is the outer corner. [m]"""

    height_m: npt.NDArray[np.int16]
    west: float
    north: float
    step_deg: float

    def slope(self) -> Floats32:
        """Rise over run."""
        across, along = np.gradient(self.height_m.astype(np.float32), self.step_deg * METRES_PER_DEGREE)
        return np.asarray(np.hypot(across, along), np.float32)

    def habitable(self, height_scale_m: float, slope_scale: float) -> Acceptance:
        """Probability factor of people living at a point: exp(-height / scale - slope / scale)."""
        odds = np.exp(-self.height_m.astype(np.float32) / height_scale_m - self.slope() / slope_scale)

        def accept(lon: Floats, lat: Floats) -> Floats:
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
        """A tiled GeoTIFF on the relief's pixels or on whole parts of them, complete or not at all, tagged as synthetic."""
        height, width = layer.shape
        step_deg = self.step_deg * self.height_m.shape[0] / height
        profile = {
            "driver": "GTiff", "dtype": str(layer.dtype), "count": 1, "height": height, "width": width, "nodata": nodata,
            "crs": "EPSG:4326", "transform": rasterio.transform.from_origin(self.west, self.north, step_deg, step_deg),
            "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate", "predictor": 2,
        }  # fmt: skip
        with atomic_path(path) as part, rasterio.open(part, "w", **profile) as out:
            out.write(layer, 1)
            out.update_tags(synthetic="true", source=SOURCE, seed=str(seed))
            out.set_band_description(1, description)


def made_relief(sources: Sources, seed: int) -> Relief:
    """The example's ground: the means of ITU-R P.1511 in cells of 5 minutes, finer detail from the preset's rule and one seed."""
    rule = sources.rules["relief"]
    fine, margin = int(rule["pixels_per_cell"]), float(rule["margin_deg"])
    bounds = sources.counties.total_bounds + np.array([-margin, -margin, margin, margin])
    means = read_means(sources.folder / rule["means"], tuple(bounds))
    step, shape = means.step_deg / fine, (means.height_m.shape[0] * fine, means.height_m.shape[1] * fine)
    coarse = shape[0] // COARSE, shape[1] // COARSE
    lon = means.west + (np.arange(coarse[1]) + 0.5) * step * COARSE
    lat = means.north - (np.arange(coarse[0]) + 0.5) * step * COARSE
    km = step * COARSE * METRES_PER_DEGREE / 1000 * np.array([1.0, np.cos(np.radians(lat.mean()))])
    land = land_of(sources, means, shape, rule)
    sea = sea_of(land[COARSE // 2 :: COARSE, COARSE // 2 :: COARSE], lon, lat, rule)
    dry = land | ~zoom(sea.astype(np.uint8), COARSE, order=0, grid_mode=True, mode="nearest").astype(bool)
    detail = ridges(shape, step, lat.mean(), rule, seed)
    sunk = valleys(sources, coarse, means.west, means.north, step * COARSE, km, rule)
    detail *= zoom(sunk, COARSE, order=1, grid_mode=True, mode="nearest")
    height = with_means(np.maximum(means.height_m, 0.0), damped_on_high_ground(detail, means.height_m, rule), dry)
    return Relief(np.where(dry, np.rint(np.maximum(height, 1.0)), 0).astype(np.int16), means.west, means.north, step)


@dataclass(frozen=True)
class Means:
    """Mean heights of cells on a geographic raster; row 0 lies in the north, (`west`, `north`) is the outer corner. [m]"""

    height_m: Floats
    west: float
    north: float
    step_deg: float


def read_means(path: Path, bounds: tuple[float, ...]) -> Means:
    """The cells of a file that meet the bounds (west, south, east, north). [deg]"""
    with rasterio.open(path) as source:
        step = source.transform.a
        left, top = source.bounds.left, source.bounds.top
        col = [int(np.floor((bounds[0] - left) / step + SLACK)), int(np.ceil((bounds[2] - left) / step - SLACK))]
        row = [int(np.floor((top - bounds[3]) / step + SLACK)), int(np.ceil((top - bounds[1]) / step - SLACK))]
        cells = source.read(1)[row[0] : row[1], col[0] : col[1]].astype(float)
    return Means(cells, left + col[0] * step, top - row[0] * step, step)


def land_of(sources: Sources, means: Means, shape: tuple[int, int], rule: dict[str, Any]) -> Bools:
    """Pixels inside a county, in Hong Kong or Macau, or in a cell that holds none of these and whose mean is above the shore."""
    step = means.step_deg / int(rule["pixels_per_cell"])
    transform = rasterio.transform.from_origin(means.west, means.north, step, step)
    rings = [ring for key in ("hong_kong", "macau") for ring in presets.load("datum_outlines")[key]["rings"]]
    shapes = [*sources.counties.geometry, *(shapely.Polygon(np.array(ring.split(), float).reshape(-1, 2)) for ring in rings)]
    land = rasterize(shapes, out_shape=shape, transform=transform, fill=0, default_value=1, dtype="uint8").astype(bool)
    fine = int(rule["pixels_per_cell"])
    empty = ~land.reshape(shape[0] // fine, fine, shape[1] // fine, fine).any(axis=(1, 3))
    beyond = np.repeat(np.repeat(empty & (means.height_m > rule["shore_m"]), fine, axis=0), fine, axis=1)
    return np.asarray(land | beyond)


def damped_on_high_ground(detail: Floats32, means_m: Floats, rule: dict[str, Any]) -> Floats32:
    """Detail around 1 with a smaller amplitude where the mean is high, so that no peak is higher than those of the province."""
    fine = detail.shape[0] // means_m.shape[0]
    swing = 1 / (1 + np.maximum(means_m, 0) / rule["calm_above_m"])
    smooth = zoom(swing, fine, order=1, grid_mode=True, mode="nearest").astype(np.float32)
    return np.asarray(np.maximum(1 + smooth * (detail / detail.mean() - 1), 0.02), np.float32)


def with_means(wanted_m: Floats, detail: Floats32, dry: Bools) -> Floats32:
    """Heights whose cell means are those wanted: detail times a factor that varies smoothly from cell to cell. [m]

    The logarithm of the factor is interpolated between the cells' middles, so that a low cell beside a high one can be reached. They
    are found by repeated correction on every fourth pixel, then twice on all of them. A cell that holds little land may not reach its mean.
    """
    rows, cols = wanted_m.shape
    fine = detail.shape[0] // rows
    ground = np.where(dry, detail, np.float32(0))
    few = ground.reshape(rows * fine // THIN, THIN, cols * fine // THIN, THIN).mean(axis=(1, 3))
    land = (few > 0).reshape(rows, -1, cols, few.shape[1] // cols).mean(axis=(1, 3))
    highest = np.where(land < SCARCE_LAND, 2.0, FACTOR_LIMIT) * np.maximum(maximum_filter(wanted_m, 3), 1.0)
    factor = np.maximum(wanted_m, LEAST_FACTOR)
    for step in range(STEPS + 2):
        part = few if step < STEPS else ground
        height = part * spread_factor(factor, part.shape[0] // rows)
        mean = height.reshape(rows, -1, cols, height.shape[1] // cols).mean(axis=(1, 3))
        change = np.where(mean > 0, (wanted_m + 0.01) / (mean + 0.01), 1.0) ** (PACE if step < STEPS else 1.0)
        factor = np.clip(factor * change, LEAST_FACTOR, highest)
    return np.asarray(ground * spread_factor(factor, fine))


def spread_factor(factor: Floats, fine: int) -> Floats32:
    """Cell values on `fine` pixels a cell: constant in a cell's middle, geometric means of neighbours about their border."""
    place = (np.arange(fine) + 0.5) / fine - 0.5
    after = np.clip((place - 0.5 + BLEND) / (2 * BLEND), 0, 0.5)
    weight = np.stack([after[::-1], 1 - after - after[::-1], after]).astype(np.float32)
    logs = np.pad(np.log(factor), 1, mode="edge").astype(np.float32)
    across = np.stack([logs[i : i + factor.shape[0]] for i in range(3)])
    tall = np.einsum("kij,kc->icj", across, weight).reshape(-1, logs.shape[1])
    along = np.stack([tall[:, j : j + factor.shape[1]] for j in range(3)])
    return np.asarray(np.exp(np.einsum("kij,kc->ijc", along, weight).reshape(tall.shape[0], -1)))


def sea_of(land: Bools, lon: Floats, lat: Floats, rule: dict[str, Any]) -> Bools:
    """The sea: outside every zone, south of the preset's line, and connected to the southern edge."""
    line = np.array(rule["land_above"])
    open_water = ~land & (lat[:, None] < np.interp(lon, line[:, 0], line[:, 1]))
    edge = np.zeros_like(open_water)
    edge[-1] = open_water[-1]
    return np.asarray(binary_propagation(edge, mask=open_water))


def valleys(sources: Sources, shape: tuple[int, int], west: float, north: float, step: float, km: Floats, rule: dict[str, Any]) -> Floats:
    """1 far from every real settlement, low beside one."""
    empty = np.ones(shape, bool)
    places = sources.settlements
    row, col = ((north - places["lat"]) / step).astype(int), ((places["lon"] - west) / step).astype(int)
    empty[row, col] = False
    near = np.exp(-((distance_transform_edt(empty, sampling=tuple(km)) / rule["valley_km"]) ** 2))
    return np.asarray(1 - rule["valley_depth"] * near)


def ridges(shape: tuple[int, int], step: float, lat: float, rule: dict[str, Any], seed: int) -> Floats32:
    """Ridged noise, 0 in valleys to about 1 on crests, with fine roughness; crests run along the preset's strike."""
    rng = np.random.default_rng([seed, RELIEF])
    broad = gaussian_field(shape, step, lat, rule, rng)
    fine = gaussian_field(shape, step, lat, {**rule, "wave_km": rule["wave_km"] / 3}, rng)
    ridge = (1 - np.abs(broad) / 2.2).clip(0, 1) ** 2
    return np.asarray((ridge * (0.8 + 0.2 * fine.clip(-2, 2))).clip(0, 1.3), np.float32)


def gaussian_field(shape: tuple[int, int], step: float, lat: float, rule: dict[str, Any], rng: np.random.Generator) -> Floats32:
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
