"""Demand that no candidate serves: how near the candidates come to it, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from infraplan.coverage.population import demand_margin
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.radio.budgets import Service
from infraplan.siting.instances import Instance
from infraplan.siting.target_lines import TUNNEL

OBSTACLES = ("no_candidate", "weak", "position", "barred", "tunnel")
"""Why no candidate serves a point: outside what is predicted for any of them (more than 10 dB short
at boresight, or beyond the radius); some signal, too weak; enough at the point itself, but not
everywhere on the disc of its position error; enough from a candidate that is forbidden or too close to an existing site;
a piece of a line in a tunnel."""


def best_margins(instance: Instance, rows: pd.DataFrame, points: Any, services: Mapping[str, Service], cover: Coverage) -> pd.DataFrame:
    """`rows` (some of `instance.rows`) with best_db, the best margin of any allowed candidate at the point, and why that is not enough.

    Parameters
    ----------
    points : GeoDataFrame
        Villages and places with id and position_error_m, in which the rows' ids are found; others are judged at their point alone.

    Returns
    -------
    DataFrame
        best_db: NaN where none was predicted. [dB] obstacle: one of `OBSTACLES`.
    """
    error_m = points.drop_duplicates("id").set_index("id")["position_error_m"]
    at = gpd.GeoDataFrame(
        {"position_error_m": error_m.reindex(rows["id"]).fillna(0.0).to_numpy()},
        geometry=gpd.points_from_xy(rows["lon"], rows["lat"]),
        crs=4326,
        index=rows.index,
    )
    best = pd.Series(np.nan, index=rows.index)
    obstacle = pd.Series("no_candidate", index=rows.index)
    required_db = instance.goal.margin_db + rows["loss_db"].to_numpy(dtype=float)
    for family in rows["family"].unique():
        own = (rows["family"] == family).to_numpy()
        allowed = _margins(instance, at.loc[own], family, services, cover, barred=False)
        here_db = allowed["margin_db"]
        best.loc[own] = here_db
        why = np.where(here_db.isna(), "no_candidate", np.where(here_db < required_db[own], "weak", "position"))
        if "barred" in instance.candidates and (instance.candidates["barred"] != "").any():
            refused = _margins(instance, at.loc[own], family, services, cover, barred=True)
            why = np.where(refused["worst_db"] >= required_db[own], "barred", why)
        obstacle.loc[own] = why
    obstacle = obstacle.where(rows["kind"] != TUNNEL, "tunnel")
    return rows.assign(best_db=best.astype(float).round(1), obstacle=obstacle)


def _margins(instance: Instance, at: Any, family: str, services: Mapping[str, Service], cover: Coverage, *, barred: bool) -> pd.DataFrame:
    """Margins at points if all candidates near them were built, those that are barred or those that are not."""
    own = {name: service for name, service in services.items() if service.family == family}
    frame = instance.candidates
    refused = (frame["barred"] != "").to_numpy() if "barred" in frame else np.zeros(len(frame), bool)
    frame = frame.loc[refused == barred]
    frame = frame.drop_duplicates("place") if "place" in frame and not barred else frame
    frame = frame.assign(services=";".join(own))
    reach_m = 1000.0 * min(cover.max_radius_km, cover.caps_km.get(family, cover.max_radius_km))
    there, here = np.column_stack(cover.grid.place(frame)), np.column_stack(cover.grid.place(at))
    slack_m = reach_m + float(at["position_error_m"].max()) + cover.grid.resolution_m
    near = np.zeros(len(frame), bool)
    if len(frame) and len(at):
        apart_m, _ = cKDTree(here).query(there)
        near = np.asarray(apart_m) <= slack_m
    if not near.any():
        nothing = np.full(len(at), np.nan)
        return pd.DataFrame({"margin_db": nothing, "worst_db": nothing, "best_db": nothing}, index=at.index)
    predicted = predict_coverage(
        sectors_of(frame.loc[near], own, include=("planned",), part=True),
        replace(cover.grid, height=0, width=0),  # margins at the points are all that is wanted
        own,
        terrain=cover.terrain,
        model=cover.model,
        families=(family,),
        max_radius_km=cover.max_radius_km,
        caps_km=cover.caps_km,
    )
    return demand_margin(at, replace(predicted, grid=cover.grid), family)
