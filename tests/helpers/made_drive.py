"""A made network in a plane and a made drive test of a known truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from infraplan.coverage.point_prediction import predict_points
from infraplan.coverage.transmitters import Transmitters
from infraplan.io.transmitter_tables import read_transmitters


def made_cells(masts: int = 12, *, bands: tuple[float, ...] = (1800.0,), seed: int = 3) -> pd.DataFrame:
    """Three sectors a mast and band, a kilometre apart, with powers of their own."""
    rng = np.random.default_rng(seed)
    rows = []
    for mast in range(masts):
        x, y = 1000.0 * (mast % 4), 1000.0 * (mast // 4)
        for mhz in bands:
            for k, azimuth in enumerate((0.0, 120.0, 240.0)):
                rows.append({
                    "cell": f"{mast}-{mhz:g}-{k}", "site": f"M{mast}", "x_m": x, "y_m": y, "height_m": 25.0 + mast, "azimuth_deg": azimuth,
                    "electrical_tilt_deg": 3.0, "mechanical_tilt_deg": 2.0, "frequency_mhz": mhz,
                    "rs_power_dbm": 12.0 + 3.0 * rng.integers(0, 3), "environment": "urban",
                })  # fmt: skip
    return pd.DataFrame(rows)


def made_points(cells: pd.DataFrame, each: int = 60, *, seed: int = 5) -> pd.DataFrame:
    """Points around each cell, up to 900 m away."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(len(cells)), each)
    far, way = rng.uniform(60.0, 900.0, len(of)), rng.uniform(0.0, 2.0 * np.pi, len(of))
    columns: dict[str, Any] = {"cell": cells["cell"].to_numpy()[of]}
    columns |= {"x_m": cells["x_m"].to_numpy()[of] + far * np.sin(way), "y_m": cells["y_m"].to_numpy()[of] + far * np.cos(way)}
    return pd.DataFrame(columns)


def measured(points: pd.DataFrame, sites: Transmitters, offset_db: Any, sigma_db: float = 6.0, *, seed: int = 9) -> pd.DataFrame:
    """The points with levels: the prediction, an offset a row, and noise."""
    rng = np.random.default_rng(seed)
    level = predict_points(points, sites, model="statistical")["predicted_dbm"].to_numpy() + offset_db
    return points.assign(rsrp_dbm=level + rng.normal(0.0, sigma_db, len(points)))


def made_sites(cells: pd.DataFrame) -> Transmitters:
    return read_transmitters(cells, crs="local")
