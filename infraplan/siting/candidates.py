"""Candidate sites: masts that lack a service, buildings that may be used, settlements and lines without it, summits, a grid of points."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from infraplan.geo.grids import Grid
from infraplan.geo.summits import ridge_points
from infraplan.geo.zonal import levels_of
from infraplan.outputs import types
from infraplan.presets import load
from infraplan.siting.costs import SUMMIT, Costs, usual_costs
from infraplan.siting.line_distances import checked_lines, line_distances_km
from infraplan.siting.service_sets import COST_PARTS, host_column, masts_to_share, split_by_service_set
from infraplan.tables import arguments
from infraplan.tables.column_types import typed
from infraplan.tables.families import families_of, with_families
from infraplan.tables.reprojection import to_plane
from infraplan.tables.zone_parents import ancestors

if TYPE_CHECKING:
    from infraplan.geo.terrain import Terrain

COLUMNS = (
    "id", "name", "place", "services", "operators", "environment", "height_m", "azimuth_deg", "tilt_deg", "carrier_power_dbm", "antenna",
    "host", "status", "mast", "cost", *COST_PARTS, "currency", "rent", "power_saving", "origin", "county", "city",
)  # fmt: skip
TYPES = {name: types("sites").get(name, "str") for name in COLUMNS} | {"rent": "int64", "power_saving": "int64"}
"""Columns of a candidate with the types they have among a plan's sites; `place`, `rent`, `power_saving` and `origin` are the
candidates' own."""
SETTLEMENT_STEP = 1 / 2
"""Settlements are thinned to squares of this part of the spacing."""
PEOPLE_RADIUS_M = 3000.0
CANDIDATES_AT_ONCE = 5_000
"""Candidates whose neighbours are listed at once: lists of a whole province take some hundred MB."""


def candidate_sites(
    zones: gpd.GeoDataFrame,
    *,
    grid: Grid | None = None,
    demand: gpd.GeoDataFrame | None = None,
    services: Iterable[str] = ("nr-n28",),
    own_services: Mapping[str, str] | None = None,
    costs: Costs | None = None,
    lines: Mapping[str, gpd.GeoDataFrame] | None = None,
    operators: str = "cbn+cmcc",
    spacing_m: float = 3000.0,
    existing: gpd.GeoDataFrame | None = None,
    exclude: Iterable[gpd.GeoDataFrame] = (),
    hosts: gpd.GeoDataFrame | None = None,
    least_people: int = 0,
    residents: gpd.GeoDataFrame | None = None,
    terrain: Terrain | None = None,
    ridges_per_square: int = 0,
    smart_poles: bool = False,
    overlays: bool = True,
    keep: Collection[str] = (),
    along: gpd.GeoDataFrame | None = None,
    line_spacing_m: float = 500.0,
) -> gpd.GeoDataFrame:
    """Candidates for new sites, each place once for every set of families that it lacks.

    Grid points keep half the spacing to the other candidates.

    Parameters
    ----------
    zones : GeoDataFrame
        Land to build on (`read_zones`): the zones of the finest level from the county up.
    grid : Grid, optional
        A grid whose metric CRS is used; by default one over the zones.
    demand : GeoDataFrame, optional
        Points that lack the service, with their people (`unserved_demand`, or villages): the most populous one of each square of half the
        spacing becomes a candidate. A point that several rows list counts once.
    services : iterable of str
        Names of the services that a new site would carry (also `services("nr-n28", ...)`, whose keys are names). Those of one family go
        together; a site may carry one family or several.
    own_services : mapping of str, optional
        Family of every service beyond the presets, by name.
    costs : Costs, optional
        What sites cost and how high they are, by host (`read_costs`); by default those of the presets.
    lines : mapping of GeoDataFrame, optional
        Layers "roads", "power_lines", "fibre" (`read_cost_lines`): the straight distance to the nearest line, by the price of a km in
        `costs`, is added to the cost of hosts that need it. A layer that is left out adds nothing.
    operators : str
        Operators of the new sites, joined by "+".
    spacing_m : float
        Step of the regular grid. [m]
    existing : GeoDataFrame, optional
        Existing sites. A mast that lacks one of the families, for whichever operator, becomes a candidate for what it lacks; one that
        carries LTE of `operators` as an upgrade.
    exclude : iterable of GeoDataFrame, optional
        Polygons to keep free (water, protected land).
    hosts : GeoDataFrame, optional
        Further buildings and poles that may be used, with a column `host` named as in `costs`. Smart poles count in urban centres
        alone.
    least_people : int
        Candidates with fewer people of `demand` within `PEOPLE_RADIUS_M` (for a ridge: in sight) are not considered. Every proof of the
        plan holds for the candidates that remain. Leave it 0 where single villages must be served.
    residents : GeoDataFrame, optional
        All people, served or not: where they live as densely as the preset says is an urban centre, and a site there is judged as urban.
        By default `demand`.
    terrain : Terrain, optional
        Ground (`read_terrain`), on which the summits that see most people of `demand` become candidates.
    ridges_per_square : int
        How many summits of each square of the spacing; 0: none.
    smart_poles : bool
        Add a smart pole beside each settlement candidate in an urban centre.
    overlays : bool
        Offer every service on the masts of `operators` that lack it, whatever else they carry (a further band), and on the masts of others
        whatever these carry. Without it a mast that carries a family for anybody is no candidate for that family.
    keep : collection of str
        Masts and hosts that `least_people` does not drop.
    along : GeoDataFrame, optional
        Pieces of railways, roads and other lines that lack the service (`unserved_lines`): the first piece of every `line_spacing_m` along
        each line becomes a candidate, a tower beside the line. `least_people` drops no candidate within `PEOPLE_RADIUS_M` of a piece.
    line_spacing_m : float
        Step of the candidates along a line. Interpretation (ours). [m]

    Returns
    -------
    GeoDataFrame
        The columns of a site table, with place (equal for the service sets of one place), cost (over its life, typical), cost_low,
        cost_high, currency, rent and power_saving (inside the cost), what the cost is made of (capex, opex_per_year, power_per_year;
        annuity), the distances roads_km, power_lines_km, fibre_km (NaN where it has no such layer) and origin (co_location, host,
        settlement, line, ridge, grid), in EPSG:4326.

    Raises
    ------
    UsageError
        Tables without the columns of their readers; an unknown service; an unknown line, or one without a CRS.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages)
    >>> candidates = ip.candidate_sites(world.zones, demand=demand, services=["nr-n28"], existing=world.sites, spacing_m=6000)
    >>> candidates["origin"].value_counts().to_dict()
    {'settlement': 30, 'grid': 9, 'co_location': 3}
    """
    of_demand = arguments.DEMAND_WITH_URBAN if demand is not None and "urban" in demand else arguments.DEMAND
    arguments.require(
        "candidate_sites", zones=(zones, arguments.OUTLINES),
        **arguments.given(demand=(demand, of_demand), existing=(existing, arguments.MASTS), hosts=(hosts, arguments.HOSTS),
                          along=(along, arguments.PIECES)),
    )  # fmt: skip
    land, prices, near = _land(zones), costs or usual_costs(), checked_lines(lines)
    grid = grid or Grid.over(zones)
    services = tuple(services)
    families = families_of(services, own_services)
    demand = demand.drop_duplicates("id") if demand is not None and "id" in demand else demand
    has_people = demand is not None and len(demand) > 0
    parts = []
    if existing is not None and len(existing):
        parts.append(_masts(existing, masts_to_share(existing, services, operators, own_services, overlays=overlays), grid))
    if hosts is not None and len(hosts):
        parts.append(_hosts(hosts, grid))
    if has_people:
        parts.append(_settlements(demand, grid, spacing_m * SETTLEMENT_STEP))
        if smart_poles:
            parts.append(parts[-1].assign(host="smart_pole"))
        if terrain is not None and ridges_per_square > 0:
            parts.append(_ridges(terrain, demand, spacing_m, ridges_per_square, least_people, prices))
    if along is not None and len(along):
        parts.append(_beside_lines(along, grid, line_spacing_m))
    parts.append(_grid_points(land, grid, spacing_m))
    found = pd.concat([part.dropna(axis="columns", how="all") for part in parts if len(part)] or parts[-1:], ignore_index=True)
    table = _without_crowded_grid_points(found.assign(lacks=_text(found, "lacks").replace("", ";".join(families))), spacing_m / 2)
    lon, lat = grid.unproject(table["x"].to_numpy(), table["y"].to_numpy())
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    frame = _inside(frame, land)
    if least_people > 0 and demand is not None:
        many = _people_within(frame, demand, grid, PEOPLE_RADIUS_M) >= least_people
        many |= _near_pieces(frame, along, grid)
        frame = frame.loc[many | (frame["origin"] == "ridge").to_numpy() | frame["mast"].isin(set(keep)).to_numpy()]
    for polygons in exclude:
        frame = frame.loc[~frame.index.isin(frame.sjoin(polygons.to_crs(4326)[["geometry"]], predicate="intersects").index)]
    urban = _urban(frame, residents if residents is not None else demand, grid)
    frame = frame.assign(environment=np.where(urban, "urban", "rural")).loc[urban | (frame["host"] != "smart_pole").to_numpy()]
    frame = frame.reset_index(drop=True)
    frame = frame.join(line_distances_km(frame, near, grid))
    return _as_sites(frame, services, operators, prices, own_services or {})


def _text(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    return table[name].fillna("") if name in table else pd.Series("", index=table.index)


def _masts(existing: Any, masts: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Masts to share, as `masts_to_share` lists them."""
    x_m, y_m = grid.place(existing)
    at = masts["row"].to_numpy()
    named = {"origin": "co_location", "host": masts["host"], "mast": masts["mast"], "name": existing["name"].to_numpy()[at]}
    there = {"height_there_m": masts["height_m"], "azimuth_there_deg": masts["azimuth_deg"]}
    return pd.DataFrame({"x": x_m[at], "y": y_m[at], **named, "lacks": masts["lacks"], **there})


def _hosts(hosts: Any, grid: Grid) -> pd.DataFrame:
    """Buildings and poles that may be used."""
    x_m, y_m = grid.place(hosts)
    named = {"host": hosts["host"].to_numpy(), "mast": hosts["id"].to_numpy(), "name": hosts["name"].to_numpy()}
    return pd.DataFrame({"x": x_m, "y": y_m, "origin": "host", **named})


def _settlements(demand: Any, grid: Grid, square_m: float) -> pd.DataFrame:
    """The most populous point of each square."""
    x_m, y_m = grid.place(demand)
    table = pd.DataFrame(
        {
            "x": x_m,
            "y": y_m,
            "people": demand["population"].to_numpy(),
            "name": demand["name"].to_numpy(),
            "urban": (demand["urban"] if "urban" in demand else demand["kind"] == "block").to_numpy(dtype=bool),
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


def _beside_lines(pieces: Any, grid: Grid, spacing_m: float) -> pd.DataFrame:
    """The first piece of every `spacing_m` along each line. A point on the line stands for a place beside it: nobody surveyed one."""
    x_m, y_m = grid.place(pieces)
    table = pd.DataFrame({"x": x_m, "y": y_m, "line": pieces["line"].to_numpy(), "from_m": pieces["from_m"].to_numpy()})
    table["name"] = pieces["name"].to_numpy()
    table["step"] = (table["from_m"] // spacing_m).astype(np.int64)
    first = table.sort_values(["line", "from_m", "x", "y"], kind="stable").drop_duplicates(["line", "step"]).drop_duplicates(["x", "y"])
    return first[["x", "y", "name"]].assign(origin="line", host="tower", mast="").reset_index(drop=True)


def _near_pieces(frame: Any, pieces: Any, grid: Grid) -> npt.NDArray[np.bool_]:
    """Which candidates are near enough to a piece of a line to be kept whoever lives there."""
    if pieces is None or not len(pieces) or not len(frame):
        return np.zeros(len(frame), bool)
    apart_m, _ = cKDTree(np.column_stack(grid.place(pieces))).query(frame[["x", "y"]].to_numpy())
    return np.asarray(apart_m <= PEOPLE_RADIUS_M, dtype=bool)


def _ridges(terrain: Any, demand: Any, spacing_m: float, per_square: int, least_people: int, prices: Costs) -> pd.DataFrame:
    """Towers on summits that see many."""
    antenna_m = float(prices.host(SUMMIT)["height_m"])
    points = ridge_points(terrain, demand, square_m=spacing_m, per_square=per_square, antenna_m=antenna_m, least_people=least_people)
    return points[["x", "y"]].assign(origin="ridge", host=SUMMIT, mast="", name="")


def _land(zones: Any) -> Any:
    """The zones of the finest level in the order of their codes, with the codes of their county and city."""
    level = levels_of(zones)[-1]
    part = zones.loc[zones["level"] == level].drop_duplicates("adcode").sort_values("adcode", kind="stable").reset_index(drop=True)
    codes = {"county": part["adcode"] if level == "county" else "", "city": part["adcode"] if level == "city" else ""}
    if level == "county":
        codes["city"] = part["adcode"].map(ancestors(zones, level)["city"]) if "city" in levels_of(zones) else part["parent"]
    return gpd.GeoDataFrame(codes, geometry=part.geometry.array, index=part.index, crs=zones.crs)


def _grid_points(land: Any, grid: Grid, spacing_m: float) -> pd.DataFrame:
    """Points of a square grid over the bounding box of the land; those at sea are dropped later."""
    left, bottom, right, top = to_plane(land, grid.crs).total_bounds
    x_m, y_m = np.meshgrid(np.arange(left + spacing_m / 2, right, spacing_m), np.arange(bottom + spacing_m / 2, top, spacing_m))
    return pd.DataFrame({"x": x_m.ravel(), "y": y_m.ravel(), "origin": "grid", "host": "tower", "mast": "", "name": ""})


def _without_crowded_grid_points(table: pd.DataFrame, apart_m: float) -> pd.DataFrame:
    """The table without grid points that are too near another candidate."""
    rest = table["origin"] != "grid"
    if not rest.any():
        return table
    near_m, _ = cKDTree(table.loc[rest, ["x", "y"]].to_numpy()).query(table.loc[~rest, ["x", "y"]].to_numpy(), distance_upper_bound=apart_m)
    kept = rest.to_numpy().copy()
    kept[np.flatnonzero(~rest.to_numpy())[~np.isfinite(near_m)]] = True
    return table.loc[kept].reset_index(drop=True)


def _inside(frame: Any, land: Any) -> Any:
    """Only candidates on the land, with the codes of their county and city; of several zones that hold one, the lowest code."""
    joined = frame.sjoin(land.to_crs(4326), predicate="intersects", how="inner").reset_index(names="_row")
    joined = joined.sort_values(["_row", "index_right"], kind="stable").drop_duplicates("_row").set_index("_row")
    return joined.rename_axis(None).drop(columns="index_right")


def _people_within(frame: Any, demand: Any, grid: Grid, radius_m: float) -> npt.NDArray[np.float64]:
    """People of `demand` within a radius of each candidate."""
    if demand is None or not len(demand) or not len(frame):
        return np.zeros(len(frame))
    people = demand["population"].to_numpy(dtype=float)
    tree, places = cKDTree(np.column_stack(grid.place(demand))), frame[["x", "y"]].to_numpy()
    found = np.empty(len(frame))
    for first in range(0, len(frame), CANDIDATES_AT_ONCE):
        near = tree.query_ball_point(places[first : first + CANDIDATES_AT_ONCE], radius_m)
        found[first : first + CANDIDATES_AT_ONCE] = [people[rows].sum() for rows in near]
    return found


def _urban(frame: Any, people: Any, grid: Grid) -> npt.NDArray[np.bool_]:
    """Which candidates are where people live as densely as in an urban centre."""
    rule = load("candidates")["urban_centre"]
    area_km2 = np.pi * (rule["radius_m"] / 1000.0) ** 2
    return np.asarray(_people_within(frame, people, grid, rule["radius_m"]) / area_km2 >= rule["people_per_km2"], dtype=bool)


def _as_sites(frame: Any, services: tuple[str, ...], operators: str, prices: Costs, own: Mapping[str, str]) -> Any:
    """Candidates in the columns of a site table."""
    table = gpd.GeoDataFrame(split_by_service_set(frame, services, prices, own), geometry="geometry", crs=4326)
    table["operators"] = operators
    usual_m = host_column(table, "height_m", prices)
    table["height_m"] = table["height_there_m"].fillna(usual_m) if "height_there_m" in table else usual_m
    table["carrier_power_dbm"] = host_column(table, "carrier_power_dbm", prices)
    table["azimuth_deg"], table["tilt_deg"], table["antenna"] = _text(table, "azimuth_there_deg").replace("", "0/120/240"), 3.0, None
    table["status"] = "planned"
    table["mast"] = table["mast"].where(table["mast"] != "", table["place"])
    return with_families(gpd.GeoDataFrame(typed(table, TYPES), geometry=table.geometry.array, crs=4326), own)
