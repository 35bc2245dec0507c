"""The small example study on made-up hills."""

from __future__ import annotations

from pathlib import Path

import rasterio
from rasterio.transform import Affine

import infraplan as ip
from infraplan.geo.grids import Grid
from tests.helpers.hilly_ground import hills


def write_hilly_study(folder: Path) -> Path:
    """A study folder whose map is predicted over terrain."""
    place = Path(ip.example_world().write(folder))
    study = place / "study.toml"
    grid = Grid.over(ip.example_world().zones, 200)
    wide = Grid(grid.crs, grid.x0_m - 30_000, grid.y0_m + 30_000, 200, grid.height + 300, grid.width + 300)
    ground = hills(wide)
    about = {"driver": "GTiff", "height": wide.height, "width": wide.width, "count": 1, "dtype": "float32", "crs": wide.crs}
    with rasterio.open(place / "dem.tif", "w", **about, transform=Affine(*wide.affine)) as file:
        file.write(ground.height_m, 1)
    text = study.read_text(encoding="utf-8")
    text = text.replace('sites = "sites.csv"\n', 'sites = "sites.csv"\nterrain = "dem.tif"\n')
    study.write_text(text.replace("[coverage]\n", '[coverage]\nmodel = "p1812"\nprofile_step_m = 100\n'), encoding="utf-8")
    return place
