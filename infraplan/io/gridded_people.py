"""People from rasters (WorldPop, GHS-POP and their like): demand points on a grid whose people add up to those of the raster."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio.warp import transform_bounds
from rasterio.windows import Window, from_bounds

from infraplan.arrays import Floats
from infraplan.errors import Fault, warn
from infraplan.geo.grids import Grid
from infraplan.geo.zonal import membership
from infraplan.io.raster_seams import Seams, counted
from infraplan.io.rasters import STRIP_PIXELS, Source, names, open_band, raster_files
from infraplan.messages import both
from infraplan.presets import load
from infraplan.tables.faults import FaultList
from infraplan.tables.reprojection import transformer

MARGIN_PIXELS = 2


class Tally:
    """Sums on the grid's pixels: people, and people times their coordinates; and the people read, inside or not."""

    def __init__(self, grid: Grid):
        self.grid = grid
        size = grid.height * grid.width
        self.people, self.x, self.y = np.zeros(size), np.zeros(size), np.zeros(size)
        self.read, self.outside, self.error_m = 0.0, 0.0, 0.0

    def add(self, x_m: Floats, y_m: Floats, people: Floats) -> None:
        """Each source pixel goes whole to the grid pixel that holds its centre."""
        row, col = self.grid.pixel_of(x_m, y_m)
        inside = row >= 0
        flat, size = (row * self.grid.width + col)[inside], len(self.people)
        weight = people[inside]
        for total, value in ((self.people, weight), (self.x, weight * x_m[inside]), (self.y, weight * y_m[inside])):
            total += np.bincount(flat, value, size)
        self.read += float(people.sum())
        self.outside += float(people[~inside].sum())


def read_population_raster(
    source: Source, grid: Grid, *, zones: gpd.GeoDataFrame | None = None, nodata: float | None = None, whole_people: bool = True,
    urban_per_km2: float | None = None,
) -> gpd.GeoDataFrame:  # fmt: skip
    """People per pixel of a raster as demand points, one a grid pixel that holds people, at the middle of those people.

    A source pixel's people go whole to the grid pixel that holds its centre. Nothing is resampled, whatever the source's CRS (degrees,
    Mollweide): none are lost or made. The raster is read strip by strip, only where it meets the grid.

    Parameters
    ----------
    source : path, folder or list of paths
        One band of people per pixel: WorldPop (degrees, no data -99999 or -3.4e38), GHS-POP (Mollweide, no data -200). Tiles of one
        product: two that hold people on the same ground (two years, two products) are an error.
    grid : Grid
        The pixels in which people are counted.
    zones : GeoDataFrame, optional
        Checked zones (`read_zones`): only people inside them are kept, with the codes of their county and city. A raster often holds a
        whole country; how many people lie elsewhere is a warning.
    nodata : float, optional
        The value that means no data, where the files do not say.
    whole_people : bool
        Whole people by largest remainders, whose sum is the rounded sum; otherwise fractions as the product gives them.
    urban_per_km2 : float, optional
        People per km2 around a place from which it is urban; by default as `urban` in presets/population_raster.toml.

    Returns
    -------
    GeoDataFrame
        The columns of `read_villages`, with `kind` "pixel" and `urban` by density, in EPSG:4326. `position_error_m` is half the
        diagonal of the coarser pixel. In `attrs`: `people_read`, `people_outside` (read beside the grid), `people_kept`; read = outside +
        kept within 1e-9 of read.

    Raises
    ------
    DataError
        Unreadable, without a CRS, negative people, impossible numbers, a raster that lies elsewhere, or files that count the same people.
        A seam, two pixels wide or of less than `SEAM_SHARE` of the people, is counted once, from the first file, with a warning.

    Examples
    --------
    >>> import infraplan as ip
    >>> import numpy as np, rasterio
    >>> about = {
    ...     "driver": "GTiff",
    ...     "height": 30,
    ...     "width": 30,
    ...     "count": 1,
    ...     "dtype": "float32",
    ...     "crs": "EPSG:4326",
    ...     "nodata": -99999,
    ... }
    >>> with rasterio.open(
    ...     "people.tif", "w", transform=rasterio.transform.from_origin(113, 23.3, 0.01, 0.01), **about
    ... ) as target:
    ...     target.write(np.full((1, 30, 30), 2.5, "float32"))
    >>> people = ip.read_population_raster("people.tif", ip.example_world().grid)
    >>> int(people["population"].sum())
    2250
    """
    files = raster_files(source)
    seams = Seams(files, grid, nodata)
    tally, touched = Tally(grid), False
    for path in files:
        faults = FaultList(file=path.name)
        with open_band(path) as dataset:
            empty = dataset.nodata if nodata is None else nodata
            step_m = pixel_diagonal_m(dataset, grid) / 2
            to_grid = transformer(dataset.crs, grid.crs)
            for window in strips_of(dataset, grid):
                touched = True
                tally.error_m = max(tally.error_m, step_m)
                values = dataset.read(1, window=window).astype(np.float64)
                rows, cols = np.nonzero(counted(values, empty, faults))
                transform = dataset.window_transform(window)
                own_x, own_y = (np.asarray(part) for part in transform @ (cols + 0.5, rows + 0.5))
                x, y = (np.asarray(part) for part in to_grid.transform(own_x, own_y))
                people = values[rows, cols]
                fresh = seams.not_counted_before(path, dataset.crs, own_x, own_y, people, grid.pixel_of(x, y)[0] >= 0)
                tally.add(x[fresh], y[fresh], people[fresh])
        faults.stop()
    if not touched:
        faults = FaultList(file=names(files))
        faults.add("geo.raster_elsewhere", bounds="")
        faults.stop()
    warnings = seams.check()
    frame = demand_points(tally, whole_people, urban_pixels(tally, urban_per_km2))
    if zones is not None:
        frame = inside_zones(frame, zones, names(files))
    frame.attrs["faults"] = warnings.records()
    return frame


def strips_of(dataset: Any, grid: Grid) -> list[Window]:
    """Windows of the source that hold every pixel whose centre may fall on the grid, a bounded number of pixels each."""
    box = transform_bounds(grid.crs, dataset.crs, *grid.bounds_m, densify_pts=101)
    if not np.isfinite(box).all():
        box = dataset.bounds
    found = from_bounds(*box, dataset.transform)
    top, left = int(np.floor(found.row_off)) - MARGIN_PIXELS, int(np.floor(found.col_off)) - MARGIN_PIXELS
    bottom, right = top + int(np.ceil(found.height)) + 2 * MARGIN_PIXELS + 1, left + int(np.ceil(found.width)) + 2 * MARGIN_PIXELS + 1
    top, left, bottom, right = max(top, 0), max(left, 0), min(bottom, dataset.height), min(right, dataset.width)
    if bottom <= top or right <= left:
        return []
    step = max(1, STRIP_PIXELS // (right - left))
    return [Window(left, row, right - left, min(step, bottom - row)) for row in range(top, bottom, step)]


def pixel_diagonal_m(dataset: Any, grid: Grid) -> float:
    """Diagonal of the source's pixel in the middle of the grid. [m]"""
    left, bottom, right, top = grid.bounds_m
    to_source = transformer(grid.crs, dataset.crs)
    x, y = to_source.transform((left + right) / 2, (bottom + top) / 2)
    corner_x, corner_y = to_source.transform([x, x + dataset.res[0]], [y, y + dataset.res[1]], direction="INVERSE")
    return float(np.hypot(np.diff(corner_x), np.diff(corner_y))[0])


def urban_pixels(tally: Tally, people_per_km2: float | None) -> npt.NDArray[np.bool_]:
    """For each pixel of the grid whether people live around it as densely as in a town: within a radius of its centre."""
    from scipy.signal import oaconvolve  # opening it takes an eighth of the time in which the program starts

    rule, grid = load("population_raster")["urban"], tally.grid
    least = float(rule["people_per_km2"]) if people_per_km2 is None else people_per_km2
    reach = int(rule["radius_m"] // grid.resolution_m)
    step_m = np.arange(-reach, reach + 1) * grid.resolution_m
    disc = np.hypot(step_m[:, None], step_m[None, :]) <= rule["radius_m"]
    people = tally.people.reshape(grid.height, grid.width)
    around = people if reach == 0 else oaconvolve(people, disc.astype(np.float64), mode="same")
    area_km2 = disc.sum() * (grid.resolution_m / 1000.0) ** 2
    return np.asarray(around / area_km2 >= least * (1.0 - 1e-9), dtype=bool).ravel()


def inside_zones(frame: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, file: str) -> gpd.GeoDataFrame:
    """The points inside some zone, with the codes of their county and city; a warning of the people elsewhere."""
    codes = membership(frame, zones)
    inside = (codes != "").any(axis=1).to_numpy()
    elsewhere = frame.attrs["people_outside"] + float(frame.loc[~inside, "population"].sum())
    if round(elsewhere):
        message = both("io.raster_people_elsewhere", kept=f"{frame.loc[inside, 'population'].sum():,.0f}", outside=f"{elsewhere:,.0f}")
        warn([Fault(file, message, both("io.raster_people_elsewhere_fix"), rule="raster-people-elsewhere", severity="warning")])
    kept = frame.loc[inside].assign(**{level: codes.loc[inside, level] for level in ("county", "city") if level in codes})
    kept.attrs = frame.attrs
    return kept.reset_index(drop=True)


def demand_points(tally: Tally, whole_people: bool, urban: npt.NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """One row a grid pixel with people, in the villages' contract."""
    flat = np.flatnonzero(tally.people > 0)
    people = tally.people[flat]
    lon, lat = tally.grid.unproject(tally.x[flat] / people, tally.y[flat] / people)
    kept = float(people.sum())
    row, col = np.divmod(flat, tally.grid.width)
    text = pd.Series("", index=range(len(flat)), dtype="str")
    frame = gpd.GeoDataFrame(
        {
            "id": [f"r{r}c{c}" for r, c in zip(row, col, strict=True)],
            "name": text,
            "kind": "pixel",
            "population": whole(people) if whole_people else people,
            "households": pd.array([pd.NA] * len(flat), dtype="Int64"),
            "urban": urban[flat],
            "county": text,
            "city": text,
            "town": text,
            "committee": text,
            "position_error_m": max(tally.error_m, tally.grid.resolution_m * np.sqrt(0.5)),
            "fibre": pd.array([pd.NA] * len(flat), dtype="boolean"),
            "synthetic": False,
        },
        geometry=gpd.points_from_xy(lon, lat),
        crs=4326,
    )
    if whole_people:
        frame = frame[frame["population"] > 0].reset_index(drop=True)
    frame.attrs.update(people_read=tally.read, people_outside=tally.outside, people_kept=kept)
    return frame


def whole(people: Floats) -> npt.NDArray[np.int64]:
    """Whole numbers whose sum is the rounded sum: floors, then one more for the largest remainders; ties to the first."""
    floor = np.floor(people)
    missing = int(np.rint(people.sum()) - floor.sum())
    order = np.argsort(floor - people, kind="stable")
    floor[order[:missing]] += 1
    return np.asarray(floor, np.int64)
