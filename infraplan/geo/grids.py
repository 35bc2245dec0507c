"""The one grid: a metric CRS, a corner, a resolution, a shape."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from infraplan.arrays import Floats, Ints
from infraplan.tables.arguments import GEOMETRY, require
from infraplan.tables.faults import FaultList
from infraplan.tables.reprojection import to_plane, transformer

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def metric_crs(lon: float, lat: float) -> str:
    """A Lambert azimuthal equal-area CRS centred near (lon, lat), rounded to half a degree.

    Areas are exact; distances are off by less than 0.1 % within 500 km of the centre (1 - cos of half the arc).
    """
    centre_lon, centre_lat = round(lon * 2) / 2, round(lat * 2) / 2
    return f"+proj=laea +lat_0={centre_lat:g} +lon_0={centre_lon:g} +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"


def refuse_antimeridian(zones: Any, faults: FaultList | None = None) -> None:
    """Stop with a DataError where geometries lie on both sides of 180 degrees of longitude, or span half the Earth.

    Bounds, centres and neighbours are those of plain degrees: across that line they would be those of the other side of the Earth.
    """
    west, _, east, _ = to_plane(zones, 4326).total_bounds
    if east - west > 180.0:
        faults = faults or FaultList(file=str(zones.attrs.get("file", "")))
        faults.add("geo.crosses_180", column="geometry", west=f"{west:.4f}", east=f"{east:.4f}")
        faults.stop()


@dataclass(frozen=True)
class Grid:
    """Where pixels are. Row 0 lies in the north, column 0 in the west.

    Parameters
    ----------
    crs : str
        A CRS whose unit is the metre.
    x0_m, y0_m : float
        The outer upper-left corner. [m]
    resolution_m : float
        Side of a pixel. [m]
    height, width : int
        Number of rows and columns.

    Examples
    --------
    >>> import infraplan as ip
    >>> grid = ip.Grid.over(ip.example_world().zones, resolution_m=500)
    >>> grid.shape, grid.resolution_m
    ((67, 62), 500.0)
    >>> x_m, y_m = grid.project(113.15, 23.15)
    >>> [int(index[0]) for index in grid.pixel_of(x_m, y_m)]
    [33, 30]
    """

    crs: str
    x0_m: float
    y0_m: float
    resolution_m: float
    height: int
    width: int

    @classmethod
    def over(cls, zones: gpd.GeoDataFrame, resolution_m: float = 250.0, crs: str | None = None) -> Grid:
        """The smallest grid that holds every geometry, its corner on a multiple of the resolution.

        Parameters
        ----------
        zones : GeoDataFrame
            Zones (`read_zones`), or any geometries with a CRS.
        resolution_m : float
            Side of a pixel. [m]
        crs : str, optional
            A metric CRS; by default a Lambert azimuthal equal-area CRS on the zones' centre.

        Returns
        -------
        Grid
            Its shape is (height, width).

        Raises
        ------
        DataError
            Zones on both sides of 180 degrees of longitude.
        ValueError
            A resolution that is no positive number; a CRS in degrees.
        """
        require("Grid.over", zones=(zones, (GEOMETRY,)))
        if not (math.isfinite(resolution_m) and resolution_m > 0):
            raise ValueError(f"resolution_m must be a positive number, not {resolution_m!r}")
        refuse_antimeridian(zones)
        if crs is None:
            west, south, east, north = to_plane(zones, 4326).total_bounds
            crs = metric_crs((west + east) / 2, (south + north) / 2)
        elif not CRS.from_user_input(crs).is_projected:
            raise ValueError(f"the grid needs a metric CRS, {crs!r} counts in degrees: leave crs out, or name a projected one")
        left, bottom, right, top = to_plane(zones, crs).total_bounds
        x0_m, y0_m = math.floor(left / resolution_m) * resolution_m, math.ceil(top / resolution_m) * resolution_m
        return cls(
            crs, x0_m, y0_m, float(resolution_m), math.ceil((y0_m - bottom) / resolution_m), math.ceil((right - x0_m) / resolution_m)
        )

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of an array on this grid: (height, width)."""
        return self.height, self.width

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """The rectangle (left, bottom, right, top) in metres of the grid's CRS."""
        return self.x0_m, self.y0_m - self.height * self.resolution_m, self.x0_m + self.width * self.resolution_m, self.y0_m

    @property
    def affine(self) -> tuple[float, float, float, float, float, float]:
        """The six numbers (a, b, c, d, e, f) of an affine transform from (column, row) to (x, y)."""
        return self.resolution_m, 0.0, self.x0_m, 0.0, -self.resolution_m, self.y0_m

    def project(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
        """WGS-84 degrees as (x, y) in the grid's CRS.

        Parameters
        ----------
        lon, lat : array_like
            Longitudes and latitudes of one shape. [deg]

        Returns
        -------
        x_m, y_m : ndarray of float64
            In the shape of the input. [m]
        """
        x_m, y_m = transformer("EPSG:4326", self.crs).transform(np.asarray(lon, float), np.asarray(lat, float))
        return np.asarray(x_m, float), np.asarray(y_m, float)

    def unproject(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Points (x, y) of the grid's CRS in WGS-84 degrees.

        Parameters
        ----------
        x_m, y_m : array_like
            Coordinates of one shape. [m]

        Returns
        -------
        lon, lat : ndarray of float64
            In the shape of the input. [deg]
        """
        lon, lat = transformer(self.crs, "EPSG:4326").transform(np.asarray(x_m, float), np.asarray(y_m, float))
        return np.asarray(lon, float), np.asarray(lat, float)

    def place(self, points: gpd.GeoDataFrame | pd.DataFrame) -> tuple[Floats, Floats]:
        """Points of a frame as (x, y) in the grid's CRS.

        Parameters
        ----------
        points : GeoDataFrame, or DataFrame with x_m and y_m
            Points in any CRS; a table without geometry has its columns x_m and y_m in the grid's CRS already.

        Returns
        -------
        x_m, y_m : ndarray of float64, shape (rows,)
            NaN where a geometry is missing or empty. [m]
        """
        if not hasattr(points, "geometry"):
            return points["x_m"].to_numpy(), points["y_m"].to_numpy()
        geometry = points.geometry.to_crs(4326) if points.crs is not None else points.geometry
        return self.project(geometry.x.to_numpy(), geometry.y.to_numpy())

    def pixel_of(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> tuple[Ints, Ints]:
        """Row and column of the pixels that hold points.

        Parameters
        ----------
        x_m, y_m : array_like, shape (points,)
            Coordinates in the grid's CRS. [m]

        Returns
        -------
        row, col : ndarray of int64, shape (points,)
            Both -1 outside the grid, or where a coordinate is NaN.
        """
        x, y = np.atleast_1d(np.asarray(x_m, float)), np.atleast_1d(np.asarray(y_m, float))
        with np.errstate(invalid="ignore"):
            row, col = np.floor((self.y0_m - y) / self.resolution_m), np.floor((x - self.x0_m) / self.resolution_m)
            inside = (row >= 0) & (row < self.height) & (col >= 0) & (col < self.width)
        return np.where(inside, row, -1).astype(np.int64), np.where(inside, col, -1).astype(np.int64)

    def centre_of(self, row: npt.ArrayLike, col: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Centres of pixels as (x, y).

        Parameters
        ----------
        row, col : array_like
            Rows and columns of one shape, from 0.

        Returns
        -------
        x_m, y_m : ndarray of float64
            In the shape of the input. [m]
        """
        return (
            self.x0_m + (np.asarray(col, float) + 0.5) * self.resolution_m,
            self.y0_m - (np.asarray(row, float) + 0.5) * self.resolution_m,
        )

    def window(self, left: float, bottom: float, right: float, top: float) -> Grid:
        """The part of this grid that touches a rectangle, on the same pixels.

        Parameters
        ----------
        left, bottom, right, top : float
            The rectangle, in the grid's CRS. [m]

        Returns
        -------
        Grid
            It may be empty.
        """
        col0, col1 = (int(np.clip(math.floor((v - self.x0_m) / self.resolution_m) + k, 0, self.width)) for v, k in ((left, 0), (right, 1)))
        row0, row1 = (int(np.clip(math.floor((self.y0_m - v) / self.resolution_m) + k, 0, self.height)) for v, k in ((top, 0), (bottom, 1)))
        return Grid(
            self.crs,
            self.x0_m + col0 * self.resolution_m,
            self.y0_m - row0 * self.resolution_m,
            self.resolution_m,
            max(row1 - row0, 0),
            max(col1 - col0, 0),
        )

    def slices_in(self, parent: Grid) -> tuple[slice, slice]:
        """Rows and columns that this window takes in the grid it was cut from.

        Parameters
        ----------
        parent : Grid
            The grid on which `window` was called.

        Returns
        -------
        rows, cols : slice
            Index of the window in an array on `parent`.
        """
        row = round((parent.y0_m - self.y0_m) / self.resolution_m)
        col = round((self.x0_m - parent.x0_m) / self.resolution_m)
        return slice(row, row + self.height), slice(col, col + self.width)
