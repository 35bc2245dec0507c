"""Terrain from files: GeoTIFF, .hgt and all formats of GDAL, one file or a mosaic of tiles, in any CRS, read by window onto a grid."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from pyproj.exceptions import ProjError
from rasterio._err import CPLE_BaseError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from infraplan import presets
from infraplan.arrays import Floats32
from infraplan.errors import DataError
from infraplan.geo.grids import Grid, metric_crs
from infraplan.geo.terrain import PROFILE_STEP_M, Clutter, Terrain, radio_zones, sea_by_flatness
from infraplan.io.raster_holes import FILL_KM, HOLES, Choice, report_holes, treat_holes
from infraplan.tables.faults import FaultList, shown
from infraplan.tables.reprojection import transformer

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
SUFFIXES = (".tif", ".tiff", ".hgt", ".vrt", ".img", ".bil", ".asc")
LOWEST_M, HIGHEST_M = -500.0, 9000.0
STRIP_PIXELS = 4_000_000  # read at a time: 16 MB of float32
LARGEST_BLOCK_BYTES = 512 * 2**20
LARGEST_GRID_PIXELS = 400_000_000
METRES_PER_DEGREE = 111_320.0
SMALLEST_PIXEL_M = 0.05
"""Interpretation: no map of heights, land cover or people has smaller pixels; smaller ones are in a wrong coordinate system."""
HEIGHT_PIXELS, CLUTTER_PIXELS = 240_000_000, 340_000_000
"""Most pixels of heights (5 bytes each, with the zone) and of land cover (2 bytes each): 1.9 GB together."""


def read_terrain(
    source: Source,
    grid: Grid | None = None,
    *,
    over: Grid | None = None,
    margin_m: float = 0.0,
    clutter: Source | None = None,
    clutter_table: str = "worldcover",
    nominal_m: float | None = None,
    profile_step_m: float = PROFILE_STEP_M,
    holes: str = "refuse",
    fill_km: float = FILL_KM,
    nodata: float | None = None,
) -> Terrain:
    """Ground heights, and clutter from a land-cover map, each on a grid of its own.

    The pixels are those of the files, not a map's: heights are interpolated between pixel centres at the files' own resolution, land cover
    takes the class at the pixel's centre. Only where memory requires coarser pixels (`HEIGHT_PIXELS`, `CLUTTER_PIXELS`: together at most
    2 GiB) heights are averaged over them; land cover is still the class at the centre, so that each class keeps its share of the area: the
    most common class of a large pixel would hide every village smaller than it. Where tiles overlap the first in name order is taken.

    Parameters
    ----------
    source : path, folder or list of paths
        Elevation above sea level, one band: GeoTIFF, SRTM `.hgt` (named like N23E113.hgt), tiles of a mosaic. A folder gives its rasters.
    grid : Grid, optional
        These pixels exactly, for heights; by default the files' own resolution.
    over : Grid, optional
        A map whose area is wanted, in its CRS; by default the rasters' own extent.
    margin_m : float
        Width around `over` that is read too; there a hole is no fault. [m]
    clutter : path, folder or list of paths, optional
        Land cover in the codes of `clutter_table`; without it the ground is bare.
    clutter_table : str
        A table of presets/clutter.toml.
    nominal_m : float, optional
        One nominal clutter distance for all classes instead of the table's. [m]
    profile_step_m : float
        Step at which radio paths over this terrain are sampled, at most 100. [m]
    holes : str
        What a pixel without data becomes: "refuse" (an error), "sea" (0 m), "fill" (interpolated from neighbours within `fill_km`; a hole
        that is farther is an error), "fill_then_sea" (a hole that is farther becomes sea).
    fill_km : float
        Largest distance of filling. [km]
    nodata : float, optional
        The value that means no data, where the files do not say.

    Returns
    -------
    Terrain
        Its height_m has the shape `terrain.grid.shape` [m], and the clutter on it.

    Raises
    ------
    DataError
        Everything wrong with the files: unreadable, without a CRS, elsewhere, impossible heights, refused holes, unknown codes.

    Warns
    -----
    DataWarning
        How many holes were filled, how many became sea.

    Examples
    --------
    >>> import infraplan as ip
    >>> import numpy as np, rasterio
    >>> about = {"driver": "GTiff", "height": 60, "width": 60, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    >>> heights = np.add.outer(np.arange(60.0), np.zeros(60))[None]
    >>> with rasterio.open(
    ...     "dem.tif", "w", transform=rasterio.transform.from_origin(113, 23.3, 0.005, 0.005), **about
    ... ) as target:
    ...     target.write(heights.astype("float32"))
    >>> terrain = ip.read_terrain("dem.tif")
    >>> float(terrain.height_m.min().round()), float(terrain.height_m.max().round())
    (0.0, 58.0)
    """
    presets.choose(holes, HOLES, "holes")
    files = raster_files(source)
    with gdal_faults(names(files)):
        area = over if over is not None else grid if grid is not None else grid_of(files)
        target = own_grid(files, area, margin_m, HEIGHT_PIXELS) if over is not None else area
    height_m, synthetic = mosaic(files, target, Resampling.bilinear, nodata)
    faults = FaultList(file=names(files))
    check_heights(height_m, faults)
    height_m, filled, sea = treat_holes(height_m, target, Choice(holes, fill_km), faults, within(area, target))
    clutter_grid = None if clutter is None else read_clutter(clutter, area, margin_m, clutter_table, holes, nominal_m)
    sea_pixels = int(sea.sum())
    for rule, pixels in (("geo.holes_filled", filled), ("geo.holes_sea", sea_pixels)):
        if pixels:
            faults.add(rule, severity="warning", pixels=f"{pixels:,}", share=f"{pixels / height_m.size:.2%}")
    faults.warn()
    sea |= sea_by_flatness(height_m, target.resolution_m)
    zone = radio_zones(height_m, sea, target.resolution_m)
    return Terrain(target, height_m, clutter_grid, zone, names(files), synthetic, filled, sea_pixels, float(profile_step_m))


def read_clutter(source: Source, area: Grid, margin_m: float, table: str, holes: str, nominal_m: float | None) -> Clutter:
    """Land cover under an area at its files' own resolution, as `read_terrain` takes it."""
    files = raster_files(source)
    with gdal_faults(names(files)):
        target = own_grid(files, area, margin_m, CLUTTER_PIXELS)
    return clutter_classes(files, target, table, holes, within(area, target), nominal_m)


def own_grid(files: Sequence[Path], area: Grid, margin_m: float, most_pixels: int) -> Grid:
    """Pixels of the files' own size under an area and a margin around it, in the area's CRS; larger where they would be too many.

    Corners lie on whole multiples of the pixel, so that two maps of one study, whatever their resolution, are on the same ground.
    """
    step = min(metres_per_pixel(path) for path in files)
    left, bottom, right, top = area.bounds_m
    least = math.sqrt((right - left + 2.0 * margin_m) * (top - bottom + 2.0 * margin_m) / most_pixels)
    if step < least:
        step = float(math.ceil(least))
    west, south = (math.floor((v - margin_m) / step) - 1 for v in (left, bottom))
    east, north = (math.ceil((v + margin_m) / step) + 1 for v in (right, top))
    return Grid(area.crs, west * step, north * step, step, north - south, east - west)


def metres_per_pixel(path: Path) -> float:
    """Side of a raster's pixels, the shorter of both. [m]"""
    with open_band(path) as dataset:
        return _pixel_m(dataset)


def _pixel_m(dataset: Any) -> float:
    """The shorter side of an open raster's pixels. [m]"""
    box = dataset.bounds
    across, down = abs(box[2] - box[0]) / dataset.width, abs(box[3] - box[1]) / dataset.height
    if dataset.crs.is_projected:
        return float(min(across, down) * dataset.crs.linear_units_factor[1])
    latitude = math.radians(0.5 * (box[1] + box[3]))
    return float(METRES_PER_DEGREE * min(across * max(math.cos(latitude), 0.01), down))


def within(area: Grid, target: Grid) -> tuple[slice, slice]:
    """Rows and columns of `target` whose centres lie in `area`."""
    left, bottom, right, top = area.bounds_m
    rows = (np.clip((target.y0_m - y) / target.resolution_m + 0.5, 0, target.height) for y in (top, bottom))
    cols = (np.clip((x - target.x0_m) / target.resolution_m + 0.5, 0, target.width) for x in (left, right))
    return slice(*(int(row) for row in rows)), slice(*(int(col) for col in cols))


def raster_files(source: Source) -> list[Path]:
    """The files of a path, a folder or a list, in name order; a file named twice, by whatever path, once."""
    given = [Path(source)] if isinstance(source, str | os.PathLike) else [Path(entry) for entry in source]
    files: list[Path] = []
    faults = FaultList()
    for entry in given:
        found = sorted(part for part in entry.iterdir() if part.suffix.lower() in SUFFIXES) if entry.is_dir() else [entry]
        if not found or not all(part.is_file() for part in found):
            faults.file = entry.name or str(entry)
            faults.add("geo.no_raster", value=entry)
        files += found
    if not given:
        faults.add("geo.no_raster")
    faults.stop()
    once = {entry.resolve(): entry for entry in sorted(files, key=lambda path: (path.name, str(path)), reverse=True)}
    return sorted(once.values(), key=lambda path: (path.name, str(path)))


def names(files: Sequence[Path]) -> str:
    """File names for a message: the first few, and how many more."""
    listed = ", ".join(path.name for path in files[:3])
    return listed if len(files) <= 3 else f"{listed} … (+{len(files) - 3})"


@contextmanager
def gdal_faults(file: str) -> Iterator[None]:
    """Every error of GDAL and PROJ about a file becomes a DataError that names it."""
    try:
        yield
    except (RasterioError, CPLE_BaseError, ProjError, OSError, ValueError, OverflowError, MemoryError) as problem:
        faults = FaultList(file=file)
        faults.add("geo.unreadable_raster", reason=shown(problem) or type(problem).__name__)
        raise DataError(faults.items) from None


@contextmanager
def open_band(path: Path) -> Iterator[Any]:
    """A raster with one band, a CRS, and pixels and blocks of possible sizes, or a DataError."""
    faults = FaultList(file=path.name)
    with gdal_faults(path.name), rasterio.open(path) as dataset:
        if dataset.crs is None:
            faults.add("geo.raster_without_crs")
        if dataset.count != 1:
            faults.add("geo.raster_bands", bands=dataset.count)
        faults.stop()
        if (side_m := _pixel_m(dataset)) < SMALLEST_PIXEL_M:
            faults.add("geo.raster_pixels", side=f"{side_m:.2g}", crs=shown(dataset.crs))
        rows, cols = dataset.block_shapes[0]
        size = rows * cols * np.dtype(dataset.dtypes[0]).itemsize
        if size > LARGEST_BLOCK_BYTES:
            faults.add("geo.raster_block", size=f"{size / 2**20:.0f} MiB", limit=f"{LARGEST_BLOCK_BYTES // 2**20} MiB")
        faults.stop()
        yield dataset


def grid_of(files: Sequence[Path]) -> Grid:
    """A metric grid inside the rasters' common extent, at the finest resolution among them.

    Rasters in metres keep their CRS. Others get `metric_crs` of their centre and the largest upright rectangle between their edges.
    """
    crs, boxes, steps = None, [], []
    for path in files:
        with open_band(path) as dataset:
            crs = crs or dataset.crs
            box = dataset.bounds if dataset.crs == crs else transform_bounds(dataset.crs, crs, *dataset.bounds, densify_pts=21)
            boxes.append(box)
            steps.append((box[3] - box[1]) / dataset.height)
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    step = min(steps)
    if crs is not None and crs.is_projected and crs.linear_units_factor[1] == 1.0:
        metric, left, bottom, right, top = crs.to_wkt(), west, south, east, north
    else:
        metric, step = metric_crs((west + east) / 2, (south + north) / 2), round(step * METRES_PER_DEGREE, 1)
        along, up = np.linspace(west, east, 41), np.linspace(south, north, 41)
        project = transformer(crs, metric).transform
        left, right = max(project(np.full(41, west), up)[0]), min(project(np.full(41, east), up)[0])
        bottom, top = max(project(along, np.full(41, south))[1]), min(project(along, np.full(41, north))[1])
    grid = Grid(metric, float(left), float(top), float(step), max(1, int((top - bottom) / step)), max(1, int((right - left) / step)))
    if grid.height * grid.width > LARGEST_GRID_PIXELS:
        faults = FaultList(file=names(files))
        faults.add("geo.raster_too_large", pixels=f"{grid.height} x {grid.width}", limit=f"{LARGEST_GRID_PIXELS:,}")
        faults.stop()
    return grid


def strips(dataset: Any, grid: Grid) -> Iterator[tuple[slice, slice]]:
    """The part of a grid that a raster touches, in strips of rows; none where they do not meet."""
    box = transform_bounds(dataset.crs, grid.crs, *dataset.bounds, densify_pts=21)
    if not np.isfinite(box).all():
        box = grid.bounds_m
    rows, cols = grid.window(*box).slices_in(grid)
    if cols.stop <= cols.start:
        return
    step = max(1, STRIP_PIXELS // (cols.stop - cols.start))
    for top in range(rows.start, rows.stop, step):
        yield slice(top, min(top + step, rows.stop)), cols


def mosaic(
    files: Sequence[Path], grid: Grid, resampling: Resampling, nodata: float | None, dtype: str = "float32", hole: float = np.nan
) -> tuple[npt.NDArray[Any], bool]:
    """Values of the tiles on the grid, `hole` where none has any; whether a tile says that it is synthetic."""
    out = np.full(grid.shape, hole, dtype)
    synthetic, touched, seen = False, False, []
    for path in files:
        with open_band(path) as dataset:
            synthetic |= dataset.tags().get("synthetic", "").lower() == "true"
            seen.append(tuple(round(edge, 3) for edge in transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds)))
            empty = dataset.nodata if nodata is None else nodata
            place = {"crs": grid.crs, "transform": Affine(*grid.affine), "width": grid.width, "height": grid.height}
            how = {"src_nodata": empty, "nodata": hole, "dtype": dtype, "resampling": resampling, "tolerance": 0.05}
            with WarpedVRT(dataset, **how, **place) as view:
                for rows, cols in strips(dataset, grid):
                    touched = True
                    window = Window(cols.start, rows.start, cols.stop - cols.start, rows.stop - rows.start)
                    part, kept = view.read(1, window=window), out[rows, cols]
                    np.copyto(kept, part, where=np.isnan(kept) if np.isnan(hole) else kept == hole)
    if not touched:
        faults = FaultList(file=names(files))
        faults.add("geo.raster_elsewhere", bounds=seen[0] if len(seen) == 1 else f"{seen[0]} … {seen[-1]}")
        faults.stop()
    return out, synthetic


def check_heights(height_m: Floats32, faults: FaultList) -> None:
    """Refuses heights that no ground on Earth has: usually a no-data value that the file does not declare."""
    wrong = (height_m < LOWEST_M) | (height_m > HIGHEST_M)
    if wrong.any():
        low, high = float(height_m[wrong].min()), float(height_m[wrong].max())
        faults.add("geo.height_impossible", column="height_m", pixels=int(wrong.sum()), low=f"{low:g}", high=f"{high:g}")
    faults.stop()


def clutter_classes(
    files: Sequence[Path], grid: Grid, table: str, holes: str, required: tuple[slice, slice], nominal_m: float | None
) -> Clutter:
    """Land-cover codes as classes of clutter; a pixel without a code is open ground."""
    tables = presets.load("clutter")
    rule = tables[presets.choose(table, tables, "clutter_table")]
    nodata, known = float(rule["nodata"]), [int(entry["code"]) for entry in rule["class"]]
    in_bytes = nodata in range(256) and all(_stored_as(path) == "uint8" for path in files)  # a quarter of the memory, half of the time
    codes, _ = mosaic(files, grid, Resampling.nearest, nodata, *(("uint8", nodata) if in_bytes else ()))
    faults = FaultList(file=names(files))
    if holes == "refuse":
        hole = codes == nodata if in_bytes else np.isnan(codes)
        if hole.any():
            report_holes(hole, grid, faults, required)
    classes, strange = _classified_bytes(codes, known, int(nodata)) if in_bytes else _classified(codes, known)
    if strange:
        others = ", ".join(name for name, entry in tables.items() if isinstance(entry, dict) and "class" in entry)
        faults.add("geo.landcover_codes", value=", ".join(f"{code:g}" for code in strange[:10]), table=table, tables=others)
    faults.stop()
    heights = [0.0] + [float(entry["height_m"]) for entry in rule["class"]]
    nominal = [float(entry.get("nominal_m", rule["nominal_m"])) if nominal_m is None else nominal_m for entry in ({}, *rule["class"])]
    own_codes = ("", *(f"{entry['code']:g}" for entry in rule["class"]))
    return Clutter(grid, classes, np.array(heights), np.array(nominal, np.float64), own_codes)


def _stored_as(path: Path) -> str:
    with open_band(path) as dataset:
        return str(dataset.dtypes[0])


def _classified_bytes(codes: npt.NDArray[np.uint8], known: Sequence[int], nodata: int) -> tuple[npt.NDArray[np.uint16], list[float]]:
    """`_classified` of codes from 0 to 255, of which one means that there is none."""
    unknown = np.uint16(np.iinfo(np.uint16).max)
    numbers = np.full(256, unknown)
    for number, code in enumerate(known, 1):
        if code < len(numbers):
            numbers[code] = number
    numbers[nodata] = 0
    classes = numbers[codes]
    strange = np.unique(codes[classes == unknown]) if (numbers == unknown).any() else codes[:0]
    return classes, [float(code) for code in strange.ravel()]


def _classified(codes: Floats32, known: Sequence[int]) -> tuple[npt.NDArray[np.uint16], list[float]]:
    """The number of each pixel's code in `known`, from 1, or 0 for a pixel without a code; and the codes that are not known."""
    unknown, most = np.uint16(np.iinfo(np.uint16).max), max(known)
    numbers = np.full(most + 2, unknown)
    numbers[list(known)] = np.arange(1, len(known) + 1)
    classes, strange, step = np.zeros(codes.shape, np.uint16), list[Floats32](), max(1, STRIP_PIXELS // max(codes.shape[1], 1))
    for top in range(0, codes.shape[0], step):
        part = codes[top : top + step]
        hole = np.isnan(part)
        whole = np.clip(np.where(hole, np.float32(0), part), 0, most + 1).astype(np.int32)
        found = np.where(whole == part, numbers[whole], unknown)
        found[hole] = 0
        classes[top : top + step] = found
        odd = found == unknown
        if odd.any():
            strange.append(np.unique(part[odd]))
    return classes, sorted({float(code) for code in np.concatenate(strange)}) if strange else []
