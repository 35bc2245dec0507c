"""Population rasters that overlap: the same people twice, or the seam of two tiles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from infraplan.arrays import Bools, Floats
from infraplan.geo.grids import Grid
from infraplan.io.rasters import open_band
from infraplan.tables.faults import FaultList
from infraplan.tables.reprojection import transformer

MOST_PEOPLE = 1e7  # in one pixel of any product
SEAM_SHARE, SEAM_PIXELS = 0.01, 2.5
"""Interpretation.

Tiles of one product share at most two rows of pixels along their edge, or, at an irregular border, this share of their people.
"""


def counted(values: Floats, empty: float | None, faults: FaultList) -> npt.NDArray[np.bool_]:
    """Pixels that hold people; faults for negative or impossible numbers that no no-data value explains."""
    known = np.isfinite(values)
    if empty is not None and np.isfinite(empty):
        known &= ~np.isclose(values, empty, rtol=1e-6, atol=0.0)
    low, high = values.min(where=known, initial=0.0), values.max(where=known, initial=0.0)
    if low < 0:
        faults.add("geo.people_negative", pixels=int((known & (values < 0)).sum()), low=f"{low:g}")
    if high > MOST_PEOPLE:
        faults.add("geo.people_impossible", limit=f"{MOST_PEOPLE:g}", high=f"{high:g}")
    faults.stop()
    return np.asarray(known & (values > 0))


class Seams:
    """The people of each file that an earlier file has counted already, on the grid."""

    def __init__(self, files: Sequence[Path], grid: Grid, nodata: float | None):
        self.nodata = nodata
        self.people = dict.fromkeys(files, 0.0)
        self.twice: dict[tuple[Path, Path], float] = {}
        self.boxes: dict[Path, tuple[Any, ...]] = {}
        if len(files) > 1:
            for path in files:
                with open_band(path) as dataset:
                    self.boxes[path] = dataset.bounds, dataset.crs, max(dataset.res)
        self.before = {path: [other for other in files[:place] if self._near(path, other)] for place, path in enumerate(files)}

    def _near(self, path: Path, other: Path) -> bool:
        """Whether the bounds of two files meet, on the CRS of the second."""
        return self._common_pixels(path, other) > 0.0

    def _common_pixels(self, path: Path, other: Path) -> float:
        """The shorter side of the box in which two files meet, in pixels of the second; 0 where they do not meet."""
        (box, crs, _), (theirs, their_crs, step) = self.boxes[path], self.boxes[other]
        west, south, east, north = box if crs == their_crs else transform_bounds(crs, their_crs, *box, densify_pts=21)
        if not np.isfinite((west, south, east, north)).all():
            return float("inf")
        sides = min(east, theirs.right) - max(west, theirs.left), min(north, theirs.top) - max(south, theirs.bottom)
        return max(float(min(sides)) / float(step), 0.0)

    def not_counted_before(self, path: Path, crs: Any, x: Floats, y: Floats, people: Floats, inside: Bools) -> Bools:
        """Which pixels of a file, by their centres in its CRS, hold people that no earlier file has counted."""
        self.people[path] += float(people[inside].sum())
        fresh = np.ones(len(x), dtype=bool)
        for other in self.before[path]:
            held = fresh & self._has_people(other, crs, x, y)
            key = (other, path)
            self.twice[key] = self.twice.get(key, 0.0) + float(people[held & inside].sum())
            fresh &= ~held
        return fresh

    def _has_people(self, other: Path, crs: Any, x: Floats, y: Floats) -> Bools:
        """True where another file holds people at a point."""
        found = np.zeros(len(x), dtype=bool)
        if not len(x):
            return found
        with open_band(other) as dataset:
            if crs != dataset.crs:
                x, y = (np.asarray(part) for part in transformer(crs, dataset.crs).transform(x, y))
            known = np.isfinite(x) & np.isfinite(y)
            cols, rows = (np.full(len(x), -1, dtype=np.int64) for _ in range(2))
            cols[known], rows[known] = (np.floor(part).astype(np.int64) for part in ~dataset.transform @ (x[known], y[known]))
            there = np.flatnonzero((rows >= 0) & (rows < dataset.height) & (cols >= 0) & (cols < dataset.width))
            if not len(there):
                return found
            top, left = int(rows[there].min()), int(cols[there].min())
            window = Window(left, top, int(cols[there].max()) - left + 1, int(rows[there].max()) - top + 1)
            values = dataset.read(1, window=window).astype(np.float64)
            empty = dataset.nodata if self.nodata is None else self.nodata
            faults = FaultList(file=other.name)
            found[there] = counted(values, empty, faults)[rows[there] - top, cols[there] - left]
        return found

    def check(self) -> FaultList:
        """DataError where files count the same people; people on a seam count once, with a warning."""
        faults = FaultList()
        for (first, second), people in self.twice.items():
            fewest = min(self.people[first], self.people[second])
            if people <= 0.0:
                continue
            faults.file = second.name
            seam = people <= SEAM_SHARE * fewest or self._common_pixels(second, first) <= SEAM_PIXELS
            rule, severity = ("geo.people_seam", "warning") if seam else ("geo.people_twice", "error")
            faults.add(rule, severity=severity, other=first.name, people=f"{people:,.0f}", share=f"{people / max(fewest, 1e-9):.1%}")
        faults.stop()
        faults.warn()
        return faults
