"""Places on the map: points, polygons and corridors against a coverage, outdoors or inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Geod
from scipy.sparse import csr_matrix

from infraplan.arrays import Codes, Floats
from infraplan.coverage.disc_positions import disc_positions
from infraplan.coverage.networks import ANY
from infraplan.coverage.population import STATUSES, demand_margin, positions_on, status_of
from infraplan.coverage.position_margins import Lowered, OtherReceiver, margin_at
from infraplan.coverage.prediction import Coverage, Layer
from infraplan.geo.grids import Grid
from infraplan.geo.zonal import part_of, share
from infraplan.tables.reprojection import to_plane
from infraplan.tables.values import booleans

SERVED, UNCERTAIN, UNSERVED, NO_DATA = 0, 1, 2, 3
PLACE_STATUSES = (*STATUSES, "no_data")
"""Names of the codes: those of demand, and no_data for a place of unknown position."""

PIECE_M = 100.0
"""Longest piece of a corridor that takes one pixel's answer; the error of a stretch's end is half of it. [m]"""


def is_polygon(places: Any) -> npt.NDArray[np.bool_]:
    """Which rows are areas."""
    return np.isin(shapely.get_type_id(np.asarray(places.geometry.array)), (3, 6))


def has_place(places: Any) -> npt.NDArray[np.bool_]:
    """Which rows have a geometry at all."""
    array = np.asarray(places.geometry.array)
    return np.asarray(~(shapely.is_missing(array) | shapely.is_empty(array)), dtype=bool)


def with_extra_loss(cover: Coverage, family: str, network: str, extra_db: dict[str, float], receiver: str = "") -> tuple[Coverage, float]:
    """A coverage with a further loss for each service, and the margin that is then required. [dB]

    Where the map holds the layers for that `receiver`, they are taken. Else, where every service of the family loses the same,
    the map stays as it is and the loss becomes the required margin. Else each pixel's margin is lowered by the loss of its best server:
    another server may be better indoors, so the answer is on the safe side.
    """
    if (family, network, receiver) in cover.elsewhere:
        other = None if cover.positions is None else OtherReceiver(cover.positions, receiver)
        return replace(cover, layers={(family, name): cover.at(family, name, receiver) for name in cover.networks}, positions=other), 0.0
    losses = [extra_db.get(name, 0.0) for name, service in cover.services.items() if service.family == family]
    if len(set(losses)) <= 1:
        return cover, losses[0] if losses else 0.0
    by_sector = np.array([extra_db.get(str(name), 0.0) for name in cover.sector_services] + [0.0], dtype=np.float32)
    shown = cover.networks if network == ANY else (network,)
    lowered = {(family, name): _lowered(cover[family, name], by_sector) for name in shown}
    layers = {(family, ANY): lowered[family, shown[0]], **lowered}
    positions = None if cover.positions is None else Lowered(cover.positions, by_sector, {(family, ANY): shown[0]})
    return replace(cover, layers=layers, positions=positions), 0.0


def _lowered(layer: Layer, by_sector_db: npt.NDArray[np.float32]) -> Layer:
    """A layer with each margin lowered by the loss of its best server."""
    return Layer(layer.margin_db - by_sector_db[layer.server], layer.server)


def prepare_margins(cover: Coverage, tables: Iterable[Any], corridors: Any = None) -> None:
    """Compute the margins of points, of areas at a point inside, and of corridors at once: table by table costs more."""
    if cover.positions is None:
        return
    x_m, y_m = [], []
    for table in tables:
        points = ~is_polygon(table)
        own = table.geometry.representative_point()
        for part in (table.loc[points], own[~points & has_place(table)].to_frame("geometry")):
            positions, _ = positions_on(part, cover)
            x_m.append(positions.x_m)
            y_m.append(positions.y_m)
    if corridors is not None:
        pieces = corridor_pieces(corridors, cover.grid)
        middles = disc_positions(pieces["x_m"].to_numpy(), pieces["y_m"].to_numpy(), np.zeros(len(pieces)))
        on_map = cover.grid.pixel_of(middles.x_m, middles.y_m)[0] >= 0
        x_m.append(middles.x_m[on_map])
        y_m.append(middles.y_m[on_map])
    if x_m:
        cover.positions.prepare(np.concatenate(x_m), np.concatenate(y_m))


def point_status(points: Any, cover: Coverage, family: str, network: str = ANY, required_db: float = 0.0) -> Codes:
    """Position in `PLACE_STATUSES` of points that may have no geometry."""
    there = has_place(points)
    codes = np.full(len(points), NO_DATA, dtype=np.int8)
    if there.any():
        codes[there] = status_of(demand_margin(points.loc[there], cover, family, network), required_db)
    return codes


def served_area(
    polygons: Any,
    cover: Coverage,
    family: str,
    network: str = ANY,
    required_db: float = 0.0,
    fractions: csr_matrix | None = None,
    receiver: str = "",
) -> tuple[Floats, Floats]:
    """Area of each polygon and the part of it with service, by exact pixel fractions. [km2, km2]

    `fractions` is `share(polygons, cover.grid)`, when it is known already; `receiver` as in `Coverage.at`.
    """
    grid = cover.grid
    known = share(polygons, grid) if fractions is None else fractions
    with np.errstate(invalid="ignore"):
        served = cover.at(family, network, receiver).margin_db >= required_db
    area_km2 = np.nan_to_num(shapely.area(np.asarray(to_plane(polygons, grid.crs).array))) / 1e6
    return area_km2, np.minimum(part_of(known, served) * (grid.resolution_m / 1000.0) ** 2, area_km2)


def place_status(
    places: Any,
    cover: Coverage,
    family: str,
    network: str = ANY,
    *,
    required_db: float = 0.0,
    served_part: float = 0.95,
    radius_m: float | None = None,
    people: Any = None,
    fractions: csr_matrix | None = None,
) -> Codes:
    """Whether each place is served.

    A polygon is served when `served_part` of its area is. A point is judged by its pixel, and is uncertain when the answer flips among the
    pixels whose square meets the disc of its `position_error_m`; with `radius_m` it represents a settlement, served when `served_part` of
    the residents within that radius are (uncertain when it depends on uncertain residents), or by its own pixel where nobody lives within
    the radius. `fractions` is `share` of the polygons among the places, in their order, when it is known already.

    Returns
    -------
    ndarray of int8
        Position in `PLACE_STATUSES`.
    """
    codes = (
        point_status(places, cover, family, network, required_db)
        if not is_polygon(places).any()
        else _points_only(places, cover, family, network, required_db)
    )
    areas = is_polygon(places)
    if areas.any():
        area_km2, served_km2 = served_area(places.loc[areas], cover, family, network, required_db, fractions)
        codes[areas] = np.where(served_km2 >= served_part * area_km2 * (1.0 - 1e-9), SERVED, UNSERVED)
    seats = ~areas & has_place(places)
    if radius_m is not None and people is not None and len(people) and seats.any():
        codes[seats] = _around(places.loc[seats], codes[seats], cover, family, network, required_db, served_part, radius_m, people)
    return codes


def _points_only(places: Any, cover: Coverage, family: str, network: str, required_db: float) -> Codes:
    points = ~is_polygon(places)
    codes = np.full(len(places), NO_DATA, dtype=np.int8)
    if points.any():
        codes[points] = point_status(places.loc[points], cover, family, network, required_db)
    return codes


def within(points: Any, centres: Any, radius_m: float, grid: Grid) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs (row of `centres`, row of `points`) no further apart than `radius_m`. [m]"""
    return PointTree(points, grid).within(centres, radius_m)


class PointTree:
    """Points that are searched by distance on a grid's plane; those without a place are never found.

    Parameters
    ----------
    points : GeoDataFrame
        The points.
    grid : Grid
        Where distances are measured.
    """

    def __init__(self, points: Any, grid: Grid):
        from scipy.spatial import cKDTree

        here = np.column_stack(grid.place(points))
        self.grid, self.known = grid, np.flatnonzero(np.isfinite(here).all(axis=1))
        self.tree: Any = cKDTree(here[self.known]) if len(self.known) else None

    def within(self, centres: Any, radius_m: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Pairs (row of `centres`, row of the points) no further apart than `radius_m`. [m]"""
        there = np.column_stack(self.grid.place(centres))
        valid = np.flatnonzero(np.isfinite(there).all(axis=1))
        if self.tree is None or not len(valid):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        found = self.tree.query_ball_point(there[valid], radius_m)
        counts = np.array([len(rows) for rows in found], dtype=np.int64)
        return np.repeat(valid, counts), self.known[np.array([row for rows in found for row in rows], dtype=np.int64)]


def _around(
    seats: Any, own: Codes, cover: Coverage, family: str, network: str, required_db: float, served_part: float, radius_m: float, people: Any
) -> Codes:
    at, of = within(people, seats, radius_m, cover.grid)
    near = np.unique(of)
    status = np.full(len(people), UNSERVED, dtype=np.int8)
    if len(near):
        status[near] = status_of(demand_margin(people.iloc[near], cover, family, network), required_db)
    count = people["population"].to_numpy(dtype=float)[of]
    total, sure, perhaps = (
        np.bincount(at, weights=weights, minlength=len(seats))
        for weights in (count, count * (status[of] == SERVED), count * (status[of] != UNSERVED))
    )
    judged = np.where(sure >= served_part * total - 1e-9, SERVED, np.where(perhaps >= served_part * total - 1e-9, UNCERTAIN, UNSERVED))
    return np.where(total > 0, judged, own).astype(np.int8)


def village_status(
    villages: Any,
    check_points: Any,
    cover: Coverage,
    family: str,
    network: str = ANY,
    required_db: float = 0.0,
    *,
    adjust: Callable[[Any, Codes, str], Codes] = lambda points, codes, network: codes,
) -> Codes:
    """Villages judged by all their check points (committee, school, clinic): places whose `village` is the village's id.

    A village is served by a network when all its check points are; by "any" when one network serves them all. One without check points is
    judged at its own point. `adjust(points, codes, network)` replaces the codes of points by measured ones.
    """
    if network == ANY and len(cover.networks) > 1:
        shared = [name for name in cover.networks if name != ANY]
        each = [village_status(villages, check_points, cover, family, name, required_db, adjust=adjust) for name in shared]
        codes = np.minimum.reduce(each)
        bare = ~villages["id"].isin(check_points["village"]).to_numpy()
        if bare.any():
            own = villages.loc[bare]
            codes[bare] = adjust(own, point_status(own, cover, family, ANY, required_db), ANY)
        return np.asarray(codes, dtype=np.int8)
    codes = adjust(villages, point_status(villages, cover, family, network, required_db), network)
    known = check_points.loc[check_points["village"].isin(villages["id"])]
    if not len(known):
        return codes
    there = adjust(known, place_status(known, cover, family, network, required_db=required_db), network)
    worst = pd.Series(there).groupby(known["village"].to_numpy()).max()
    position = pd.Index(villages["id"]).get_indexer(worst.index)
    codes[position] = worst.to_numpy()
    return codes


def corridor_pieces(corridors: Any, grid: Grid, piece_m: float = PIECE_M) -> pd.DataFrame:
    """Corridors cut into pieces no longer than `piece_m`, each judged at its middle.

    Lengths are geodesic on WGS-84, so that the pieces of a line sum to its true length.

    Returns
    -------
    DataFrame
        line (row of `corridors`), from_km, to_km (along the line; the parts of a multi-part line follow one another), length_km,
        x_m, y_m (middle, in the grid's CRS), lon, lat.
    """
    lines = corridors.geometry.to_crs(4326)
    array = np.asarray(lines.array)
    usable = np.flatnonzero(~(shapely.is_missing(array) | shapely.is_empty(array)))
    parts, owner = shapely.get_parts(array[usable], return_index=True)
    coords, part_of = shapely.get_coordinates(parts, return_index=True)
    joined = part_of[1:] == part_of[:-1]
    start, end = coords[:-1][joined], coords[1:][joined]
    line = usable[owner[part_of[1:][joined]]]
    length_m = np.asarray(Geod(ellps="WGS84").inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2], dtype=float)
    count = np.maximum(np.ceil(length_m / piece_m), 1).astype(np.int64)
    of = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    middle = (step + 0.5) / count[of]
    lonlat = start[of] + (end[of] - start[of]) * middle[:, None]
    piece_km = length_m[of] / count[of] / 1000.0
    line_of = line[of]
    x_m, y_m = grid.project(lonlat[:, 0], lonlat[:, 1])
    table = pd.DataFrame({"line": line_of, "length_km": piece_km, "x_m": x_m, "y_m": y_m, "lon": lonlat[:, 0], "lat": lonlat[:, 1]})
    table["to_km"] = table.groupby("line", sort=False)["length_km"].cumsum()
    table["from_km"] = table["to_km"] - table["length_km"]
    return table[["line", "from_km", "to_km", "length_km", "x_m", "y_m", "lon", "lat"]]


def corridor_status(
    pieces: pd.DataFrame, corridors: Any, cover: Coverage, family: str, network: str = ANY, required_db: float = 0.0
) -> Codes:
    """Position in `PLACE_STATUSES` of every piece.

    In a tunnel an outdoor prediction is not valid: served when the line's `indoor_system` (leaky feeder) says yes, unserved when it says no
    and no_data when it says nothing.
    """
    served = margin_at(pieces["x_m"].to_numpy(), pieces["y_m"].to_numpy(), cover, family, network).margin_db >= required_db
    codes = np.where(served, SERVED, UNSERVED).astype(np.int8)
    tunnel = yes_answers(corridors, "tunnel")[0][pieces["line"].to_numpy()]
    if tunnel.any():
        fitted, said = yes_answers(corridors, "indoor_system")
        inside = np.where(said, np.where(fitted, SERVED, UNSERVED), NO_DATA).astype(np.int8)[pieces["line"].to_numpy()]
        codes = np.where(tunnel, inside, codes).astype(np.int8)
    return codes


def stretches(pieces: pd.DataFrame, codes: Codes, wanted: Iterable[int] = (UNCERTAIN, UNSERVED, NO_DATA)) -> pd.DataFrame:
    """Neighbouring pieces of a line with one status, joined.

    line, code, from_km, to_km, length_km; first, middle, last (rows of `pieces`); only the statuses `wanted`.
    """
    line = pieces["line"].to_numpy()
    new = np.concatenate([[True], (line[1:] != line[:-1]) | (codes[1:] != codes[:-1])])[: len(line)]
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], len(line))[: len(starts)]
    table = pd.DataFrame(
        {
            "line": line[starts],
            "code": codes[starts],
            "from_km": pieces["from_km"].to_numpy()[starts],
            "to_km": pieces["to_km"].to_numpy()[ends - 1],
            "length_km": np.add.reduceat(pieces["length_km"].to_numpy(), starts) if len(starts) else np.zeros(0),
            "first": starts,
            "middle": (starts + ends - 1) // 2,
            "last": ends - 1,
        }
    )
    return table.loc[table["code"].isin(list(wanted))].reset_index(drop=True)


def yes_answers(frame: Any, column: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(says yes, says anything) of a column of answers such as 是/否, true/false, 1/0; what is absent or unreadable says nothing."""
    if column not in frame:
        return np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    values, _ = booleans(frame[column])
    return values.fillna(False).to_numpy(dtype=bool), values.notna().to_numpy(dtype=bool)
