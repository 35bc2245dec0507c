"""Margins as small pictures: classes of the palette, in the web map's projection."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from infraplan.geo.grids import Grid
from infraplan.report.page_context import Margins
from infraplan.report.style import palette

Classes = npt.NDArray[np.uint8]
Bounds = tuple[tuple[float, float], tuple[float, float]]
WEB = "EPSG:3857"
GEOGRAPHIC = "EPSG:4326"
NOTHING = 255


def margin_edges() -> list[float]:
    """Lower edges of the margin classes. [dB]"""
    return [float(step["from_db"]) for step in palette()["margin"]]


def margin_colours() -> list[str]:
    """Colours of the margin classes, worst first."""
    return [str(step["colour"]) for step in palette()["margin"]]


def classes_of(margin_db: Margins) -> Classes:
    """Class index per pixel; 255 where nothing was computed."""
    found = np.searchsorted(margin_edges(), margin_db, side="right") - 1
    return np.where(np.isnan(margin_db), NOTHING, np.clip(found, 0, None)).astype(np.uint8)


@dataclass(frozen=True)
class Picture:
    """A PNG and where it lies: ((south, west), (north, east)) in degrees."""

    png: bytes
    bounds: Bounds


def thinned(grid: Grid, margin_db: Any, most_pixels: int) -> tuple[Grid, Any]:
    """Every k-th pixel, so that no side is longer than `most_pixels`."""
    step = math.ceil(max(grid.height, grid.width) / most_pixels)
    if step <= 1:
        return grid, margin_db
    kept = margin_db[step // 2 :: step, step // 2 :: step]
    return Grid(grid.crs, grid.x0_m, grid.y0_m, grid.resolution_m * step, *kept.shape), kept


def on_one_side(grid: Grid, margin_db: Any) -> tuple[Grid, Any]:
    """Without the columns of pixels that reach across 180 degrees of longitude: the rim of a study that touches that meridian."""
    left, bottom, right, top = grid.bounds_m
    edges_m, heights_m = np.linspace(left, right, grid.width + 1), np.linspace(bottom, top, 21)
    lon, _ = grid.unproject(*np.meshgrid(edges_m, heights_m))
    middle, _ = grid.unproject((left + right) / 2, (bottom + top) / 2)
    here = np.asarray((np.abs(lon - middle) < 180.0).all(axis=0), dtype=bool)
    if here.all():
        return grid, margin_db
    kept = np.flatnonzero(here[:-1] & here[1:])
    first, count = int(kept[0]), len(kept)
    part = Grid(grid.crs, grid.x0_m + first * grid.resolution_m, grid.y0_m, grid.resolution_m, grid.height, count)
    return part, margin_db[:, first : first + count]


def web_picture(grid: Grid, margin_db: Margins, inside: Any = None, most_pixels: int = 1400, crs: str = WEB) -> Picture:
    """The classes of a margin raster in another CRS as a paletted PNG, transparent outside `inside` (a frame of polygons).

    Nearest neighbour: no class is invented between two others.
    """
    bands, bounds = projected(grid, [classes_of(margin_db)], inside, most_pixels, crs)
    return Picture(paletted_png(bands[0]), bounds)


def projected(grid: Grid, bands: Sequence[Classes], inside: Any = None, most_pixels: int = 1400, crs: str = WEB) -> tuple[Any, Bounds]:
    """Rasters of codes in another CRS, all at once, `NOTHING` outside `inside`; and where they lie: ((south, west), (north, east))."""
    from rasterio.crs import CRS
    from rasterio.features import geometry_mask
    from rasterio.transform import Affine, array_bounds
    from rasterio.warp import Resampling, calculate_default_transform, reproject, transform_bounds

    parts = [on_one_side(*thinned(grid, band, most_pixels)) for band in bands]
    grid = parts[0][0]
    source, target = CRS.from_string(grid.crs), CRS.from_string(crs)
    transform, width, height = calculate_default_transform(source, target, grid.width, grid.height, *grid.bounds_m)
    found = np.full((len(bands), height, width), NOTHING, np.uint8)
    reproject(
        np.stack([part for _, part in parts]),
        found,
        src_transform=Affine(*grid.affine),
        src_crs=source,
        src_nodata=NOTHING,
        dst_transform=transform,
        dst_crs=target,
        dst_nodata=NOTHING,
        resampling=Resampling.nearest,
    )
    if inside is not None and len(inside):
        found[:, geometry_mask(inside.to_crs(crs).geometry, (height, width), transform, all_touched=True)] = NOTHING
    west, south, east, north = transform_bounds(target, "EPSG:4326", *array_bounds(height, width, transform))
    return found, ((south, west), (north, east))


def paletted_png(picture: Classes) -> bytes:
    """A PNG of class indices with the palette's margin colours; 255 is transparent."""
    from PIL import Image

    table = np.zeros((256, 3), np.uint8)
    for index, colour in enumerate(margin_colours()):
        table[index] = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    image = Image.fromarray(picture)
    image.putpalette(table.tobytes())
    return png_bytes(image, transparency=NOTHING)


def code_png(codes: Classes) -> str:
    """Codes as grey values of a PNG, as a data: address, which a script reads back."""
    from PIL import Image

    return f"data:image/png;base64,{base64.b64encode(png_bytes(Image.fromarray(codes))).decode('ascii')}"


def png_bytes(image: Any, **options: Any) -> bytes:
    """The same bytes at every run."""
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=False, compress_level=9, **options)
    return stream.getvalue()
