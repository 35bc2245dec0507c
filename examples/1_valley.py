"""Coverage of one valley: a mast on its floor, hills on both sides, another valley behind the ridge."""

import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

import infraplan as ip

folder = Path(tempfile.mkdtemp())

# 1. Ground: a valley from west to east between ridges of 400 m, as a GeoTIFF of about 90 m. Yours comes from SRTM or a survey.
step = 1 / 1200
lat = 24.1 - step * np.arange(240)
heights_m = np.tile(400 * np.sin(np.pi * (lat - 24.0) / 0.06)[:, None] ** 2, (1, 240)).astype("float32")
profile = {"driver": "GTiff", "width": 240, "height": 240, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
with rasterio.open(folder / "ground.tif", "w", **profile, transform=from_origin(113.0, 24.1, step, step)) as file:
    file.write(heights_m, 1)

# 2. One site with three sectors, as a register lists it.
(folder / "sites.csv").write_text(
    "id,lon,lat,service,operators,height_m,azimuth_deg,tilt_deg,antenna,environment,host,carrier_power_dbm,status\n"
    "mast-1,113.1,24.0,nr-n28,cmcc,35,0/120/240,4,sector-65,rural,tower,46,existing\n"
)
sites = ip.read_sites(folder / "sites.csv")

# 3. The map: pixels of 200 m; radio paths follow the ground (ITU-R P.1812).
area = gpd.GeoDataFrame(geometry=[box(113.05, 23.95, 113.15, 24.05)], crs="EPSG:4326")
grid = ip.Grid.over(area, resolution_m=200)
terrain = ip.read_terrain(folder / "ground.tif", over=grid)
services = ip.services("nr-n28", reliability=0.9)
cover = ip.predict_coverage(sites, grid, services, terrain=terrain, max_radius_km=8)

# 4. What the ridge takes away. A margin of 0 dB or more is service at 90 % of the places of a pixel.
row, col = np.indices(grid.shape)
_, lat = grid.unproject(*grid.centre_of(row, col))
served = cover["nr"].margin_db >= 0
for name, part in (("this valley", abs(lat - 24.0) < 0.02), ("behind the ridges", abs(lat - 24.0) > 0.035)):
    print(f"{name}: {served[part].mean():.0%} of the area served by 5G outdoors ({', '.join(cover.models_used)})")
cover.write(folder / "valley.tif")
print("map:", folder / "valley.tif")
