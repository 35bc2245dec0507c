"""Margins as small pictures: classes of the palette, in the web map's projection."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from infraplan.geo.grids import Grid
from infraplan.report.page_context import Margins
from infraplan.report.style import palette

Classes = npt.NDArray[np.uint8]
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
    bounds: tuple[tuple[float, float], tuple[float, float]]

    @property
    def data_url(self) -> str:
        """The picture as a data: address."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode('ascii')}"


def thinned(grid: Grid, margin_db: Margins, most_pixels: int) -> tuple[Grid, Margins]:
    """Every k-th pixel, so that no side is longer than `most_pixels`."""
    step = math.ceil(max(grid.height, grid.width) / most_pixels)
    if step <= 1:
        return grid, margin_db
    kept = margin_db[step // 2 :: step, step // 2 :: step]
    return Grid(grid.crs, grid.x0_m, grid.y0_m, grid.resolution_m * step, *kept.shape), kept


def on_one_side(grid: Grid, margin_db: Margins) -> tuple[Grid, Margins]:
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
    from rasterio.crs import CRS
    from rasterio.features import geometry_mask
    from rasterio.transform import Affine, array_bounds
    from rasterio.warp import Resampling, calculate_default_transform, reproject, transform_bounds

    grid, margin_db = on_one_side(*thinned(grid, margin_db, most_pixels))
    source, target = CRS.from_string(grid.crs), CRS.from_string(crs)
    transform, width, height = calculate_default_transform(source, target, grid.width, grid.height, *grid.bounds_m)
    picture = np.full((height, width), NOTHING, np.uint8)
    reproject(
        classes_of(margin_db),
        picture,
        src_transform=Affine(*grid.affine),
        src_crs=source,
        src_nodata=NOTHING,
        dst_transform=transform,
        dst_crs=target,
        dst_nodata=NOTHING,
        resampling=Resampling.nearest,
    )
    if inside is not None and len(inside):
        outside = geometry_mask(inside.to_crs(crs).geometry, picture.shape, transform, all_touched=True)
        picture[outside] = NOTHING
    west, south, east, north = transform_bounds(target, "EPSG:4326", *array_bounds(height, width, transform))
    return Picture(paletted_png(picture), ((south, west), (north, east)))


def paletted_png(picture: Classes) -> bytes:
    """A PNG of class indices with the palette's margin colours; 255 is transparent."""
    from PIL import Image

    table = np.zeros((256, 3), np.uint8)
    for index, colour in enumerate(margin_colours()):
        table[index] = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    image = Image.fromarray(picture)
    image.putpalette(table.tobytes())
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=False, compress_level=9, transparency=NOTHING)
    return stream.getvalue()
