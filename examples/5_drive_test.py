"""A drive test against the prediction: how far off the model is, and what that means for the share served."""

import numpy as np

import infraplan as ip

# A made-up network and a made-up drive: replace `lon`, `lat` and `measured_dbm` by the columns of your log.
world = ip.example_world()
services = ip.services("nr-n28", reliability=0.9)
grid = ip.Grid.over(world.zones, resolution_m=200)
sectors = ip.sectors_of(world.sites, services)
cover = ip.predict_coverage(sectors, grid, services)
signal = ip.predict_signal(cover, sectors, "nr-n28", load=0.5)

rng = np.random.default_rng(7)
left, bottom, right, top = world.zones.total_bounds
lon, lat = rng.uniform(left, right, 2000), rng.uniform(bottom, top, 2000)

# 1. The prediction at each point: the pixel it lies in.
row, col = grid.pixel_of(*grid.project(lon, lat))
inside = (row >= 0) & (row < grid.height) & (col >= 0) & (col < grid.width)
predicted_dbm = np.full(len(lon), np.nan)
predicted_dbm[inside] = signal.rsrp_dbm[row[inside], col[inside]]

# 2. The measurement. Here: 4 dB weaker than predicted, with shadowing of 8 dB; phones lose what is below -125 dBm.
measured_dbm = predicted_dbm - 4.0 + rng.normal(0.0, 8.0, len(lon))
heard = np.isfinite(measured_dbm) & (measured_dbm > -125.0)

# 3. Error by level: where the phone's floor cuts, the error looks better than it is, so judge by the strong half.
error_db = measured_dbm - predicted_dbm
strong = heard & (predicted_dbm > -105.0)
print(f"{heard.sum()} of {inside.sum()} points heard, {strong.sum()} of them predicted above -105 dBm")
print(f"all heard: mean {error_db[heard].mean():+.1f} dB, spread {error_db[heard].std():.1f} dB")
print(f"strong:    mean {error_db[strong].mean():+.1f} dB, spread {error_db[strong].std():.1f} dB")

# 4. What it means: the share of the area served with the measured mean taken off.
margin_db = cover["nr"].margin_db
print(f"served as predicted: {(margin_db >= 0).mean():.0%}; 4 dB weaker: {(margin_db + error_db[strong].mean() >= 0).mean():.0%}")
