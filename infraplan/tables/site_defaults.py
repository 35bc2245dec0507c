"""Defaults of a table of sites: empty cells are filled from the presets and the surroundings, and counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.messages import both
from infraplan.presets import load
from infraplan.tables.site_rows import with_default

Surroundings = Callable[[gpd.GeoDataFrame], tuple[npt.NDArray[np.object_], str]]
"""Gives the environment of sites, "" where it is not known, and its source in words."""
ENVIRONMENTS = ("dense_urban", "urban", "suburban", "rural")


def fill_sites(
    frame: gpd.GeoDataFrame, assumed: npt.NDArray[np.bool_], surroundings: Surroundings | None, own: Mapping[str, Any] | None = None
) -> tuple[gpd.GeoDataFrame, dict[str, int], str]:
    """What the table leaves out, from the presets and the surroundings; how often; and what was inferred of the environment."""
    presets = own or load("site_defaults")
    common = presets["common"]
    filled: dict[str, int] = {}
    silent, inferred = (frame["environment"] == "").to_numpy(bool), ""
    if surroundings is not None and silent.any():
        found, how = surroundings(frame.loc[silent])
        counts = pd.Series(np.where(found == "", common["environment"], found)).value_counts()
        by = ", ".join(f"{name} {counts[name]:,}" for name in ENVIRONMENTS if name in counts)
        inferred = both("tables.filled_environment", how=how, by=by)
        frame.loc[silent, "environment"] = found
        filled["environment"] = int(silent.sum())

    def fill(name: str, empty: npt.NDArray[np.bool_], by: Any) -> None:
        if empty.any():
            filled[name] = int(empty.sum())
            frame[name] = frame[name].where(~empty, by)

    for name in ("status", "environment", "host", "operators"):
        known = filled.get(name, 0)
        fill(name, (frame[name] == "").to_numpy(bool), common[name])
        filled |= {name: known} if known else {}
    if assumed.any():
        filled["band"] = int(assumed.sum())
    poles = frame["host"] == "smart_pole"
    for name in ("height_m", "tilt_deg"):
        by_class = frame["environment"].map({key: value for key, value in presets[name].items() if isinstance(value, float)})
        if "smart_pole" in presets[name]:
            by_class = by_class.where(~poles, presets[name]["smart_pole"])
        with_values = [with_default(text, name, value) for text, value in zip(frame["sectors"].tolist(), by_class.tolist(), strict=True)]
        frame["sectors"] = pd.Series([text for text, _ in with_values], index=frame.index, dtype=str)
        cells = sum(count for _, count in with_values)
        fill(name, frame[name].isna().to_numpy(bool), by_class)
        if cells:
            filled[name] = filled.get(name, 0) + cells
    on_poles = pd.Series(np.where(poles, presets["azimuth_deg"]["smart_pole"], common["azimuth_deg"]), dtype=str)
    fill("azimuth_deg", (frame["azimuth_deg"] == "").to_numpy(bool), on_poles)
    power_empty, antenna_empty = int(frame["carrier_power_dbm"].isna().sum()), int((frame["antenna"] == "").sum())
    filled |= {name: count for name, count in (("carrier_power_dbm", power_empty), ("antenna", antenna_empty)) if count}
    frame["mast"] = frame["mast"].where(frame["mast"] != "", frame["id"])
    frame["antenna"] = frame["antenna"].where(frame["antenna"] != "", None)
    return frame, filled, inferred


def filled_by(name: str, services: str | None, own: Mapping[str, Any] | None = None) -> str:
    """What fills an empty cell of a column, as a message may show it."""
    presets = own or load("site_defaults")
    if name in ("height_m", "tilt_deg"):
        return ", ".join(f"{key} {value:g}" for key, value in presets[name].items() if isinstance(value, float))
    if name in ("id", "operators", "band", "carrier_power_dbm", "antenna"):
        return both(f"tables.filled_{name}")
    return services if name == "services" and services else str(presets["common"][name])
