"""Where a site could stand: masts that lack the service, settlements that lack it, and a grid over the land."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from infraplan.geo.grids import Grid
from infraplan.siting.costs import host, life_cost_cny

COLUMNS = (
    "id",
    "name",
    "services",
    "operators",
    "environment",
    "height_m",
    "azimuth_deg",
    "tilt_deg",
    "carrier_power_dbm",
    "antenna",
    "host",
    "status",
    "mast",
    "cost_cny",
    "origin",
    "county",
    "city",
)
SETTLEMENT_STEP = 1 / 2
"""Settlements are thinned to squares of this part of the spacing."""
AROUND_M = 3000.0
URBAN_PEOPLE_PER_KM2 = 1500.0
"""Density from which the UN's Degree of Urbanisation speaks of an urban centre; a candidate above it is judged as urban."""


def candidate_sites(
    zones: Any,
    *,
    grid: Grid | None = None,
    demand: Any = None,
    services: Iterable[str] = ("nr-n28",),
    operators: str = "cbn+cmcc",
    spacing_m: float = 3000.0,
    existing: Any = None,
    exclude: Iterable[Any] = (),
    hosts: Any = None,
    least_people: int = 0,
) -> Any:
    """Candidates for new sites, none nearer than half the spacing to a better kind of candidate.

    Parameters
    ----------
    zones : GeoDataFrame
        Land to build on (counties).
    grid : Grid, optional
        Whose metric CRS to work in; by default one over the zones.
    demand : GeoDataFrame, optional
        Points that lack the service; the most populous one of each square of half the spacing becomes a candidate.
    services, operators
        What would be switched on at the site.
    spacing_m : float
        Step of the regular grid. [m]
    existing : GeoDataFrame, optional
        Sites whose mast could be shared.
    exclude : iterable of GeoDataFrame, optional
        Polygons to keep free (water, protected land).
    least_people : int
        Candidates with fewer people of `demand` within `AROUND_M` are not considered: a choice of the candidate set, on which every
        proof of the plan rests. Leave it 0 where single villages must be served.
    hosts : GeoDataFrame, optional
        Further buildings and poles on offer, with a column `host` named as in the cost preset.

    Returns
    -------
    GeoDataFrame
        Columns of a site table, with cost_cny and origin (co_location, host, settlement, grid), EPSG:4326.
    """
    counties = zones.loc[zones["level"] == "county"]
    grid = grid or Grid.over(zones)
    parts = []
    if existing is not None and len(existing):
        masts = existing.drop_duplicates("mast")
        parts.append(
            pd.DataFrame(
                {
                    "x": grid.place(masts)[0],
                    "y": grid.place(masts)[1],
                    "origin": "co_location",
                    "host": "existing_tower",
                    "mast": masts["mast"].to_numpy(),
                    "name": masts["name"].to_numpy(),
                }
            )
        )
    if hosts is not None and len(hosts):
        parts.append(
            pd.DataFrame(
                {
                    "x": grid.place(hosts)[0],
                    "y": grid.place(hosts)[1],
                    "origin": "host",
                    "host": hosts["host"].to_numpy(),
                    "mast": hosts["id"].to_numpy(),
                    "name": hosts["name"].to_numpy(),
                }
            )
        )
    if demand is not None and len(demand):
        parts.append(_settlements(demand, grid, spacing_m * SETTLEMENT_STEP))
    parts.append(_regular(counties, grid, spacing_m))
    table = _thin(pd.concat(parts, ignore_index=True), spacing_m / 2)
    lon, lat = grid.unproject(table["x"].to_numpy(), table["y"].to_numpy())
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    frame = _inside(frame, counties)
    if least_people > 0 and demand is not None:
        frame = frame.loc[_people_within(frame, demand, grid, AROUND_M) >= least_people]
    for polygons in exclude:
        frame = frame.loc[~frame.geometry.intersects(polygons.to_crs(4326).union_all())]
    return _as_sites(frame.reset_index(drop=True), demand, grid, tuple(services), operators)


def _settlements(demand: Any, grid: Grid, square_m: float) -> pd.DataFrame:
    """The most populous point of each square."""
    x_m, y_m = grid.place(demand)
    table = pd.DataFrame(
        {
            "x": x_m,
            "y": y_m,
            "people": demand["population"].to_numpy(),
            "name": demand["name"].to_numpy(),
            "urban": demand["urban"].to_numpy(dtype=bool),
            "i": np.floor(x_m / square_m),
            "j": np.floor(y_m / square_m),
        }
    )
    table = (
        table.sort_values(["people", "x", "y"], ascending=[False, True, True], kind="stable")
        .drop_duplicates(["i", "j"])
        .sort_values(["j", "i"], ignore_index=True)
    )
    return pd.DataFrame(
        {
            "x": table["x"],
            "y": table["y"],
            "origin": "settlement",
            "host": np.where(table["urban"], "rooftop", "tower"),
            "mast": "",
            "name": table["name"],
        }
    )


def _regular(counties: Any, grid: Grid, spacing_m: float) -> pd.DataFrame:
    """Points of a square grid over the bounding box of the land; those at sea are dropped later."""
    left, bottom, right, top = counties.to_crs(grid.crs).total_bounds
    x_m, y_m = np.meshgrid(np.arange(left + spacing_m / 2, right, spacing_m), np.arange(bottom + spacing_m / 2, top, spacing_m))
    return pd.DataFrame({"x": x_m.ravel(), "y": y_m.ravel(), "origin": "grid", "host": "tower", "mast": "", "name": ""})


def _thin(table: pd.DataFrame, apart_m: float) -> pd.DataFrame:
    """Grid points too near another candidate are dropped: the others come first and are kept."""
    rest = table["origin"] != "grid"
    if not rest.any():
        return table
    near_m, _ = cKDTree(table.loc[rest, ["x", "y"]].to_numpy()).query(table.loc[~rest, ["x", "y"]].to_numpy(), distance_upper_bound=apart_m)
    keep = rest.to_numpy().copy()
    keep[np.flatnonzero(~rest.to_numpy())[~np.isfinite(near_m)]] = True
    return table.loc[keep].reset_index(drop=True)


def _inside(frame: Any, counties: Any) -> Any:
    """Only candidates on the land of a county, with the codes of their county and city."""
    joined = frame.sjoin(counties[["adcode", "parent", "geometry"]], predicate="within", how="inner")
    joined = joined.loc[~joined.index.duplicated()].sort_index()
    return joined.rename(columns={"adcode": "county", "parent": "city"}).drop(columns="index_right")


def _people_within(frame: Any, demand: Any, grid: Grid, radius_m: float) -> npt.NDArray[np.float64]:
    """People of `demand` within a radius of each candidate."""
    if demand is None or not len(demand) or not len(frame):
        return np.zeros(len(frame))
    people = demand["population"].to_numpy(dtype=float)
    near = cKDTree(np.column_stack(grid.place(demand))).query_ball_point(frame[["x", "y"]].to_numpy(), radius_m)
    return np.array([people[rows].sum() for rows in near])


def _as_sites(frame: Any, demand: Any, grid: Grid, services: tuple[str, ...], operators: str) -> Any:
    """Candidates in the columns of a site table."""
    density = _people_within(frame, demand, grid, 1000.0) / np.pi
    frame["id"] = [f"C{number:06d}" for number in range(1, len(frame) + 1)]
    frame["environment"] = np.where(density >= URBAN_PEOPLE_PER_KM2, "urban", "rural")
    frame["services"], frame["operators"] = ";".join(services), operators
    frame["height_m"] = frame["host"].map({name: float(host(name)["height_m"]) for name in frame["host"].unique()})
    frame["cost_cny"] = frame["host"].map({name: life_cost_cny(name) for name in frame["host"].unique()}).astype(np.int64)
    frame["azimuth_deg"], frame["tilt_deg"], frame["carrier_power_dbm"], frame["antenna"] = "0/120/240", 3.0, np.nan, None
    frame["status"] = "planned"
    frame["mast"] = frame["mast"].where(frame["mast"] != "", frame["id"])
    return frame[[*COLUMNS, "geometry"]]
