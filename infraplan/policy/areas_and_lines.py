"""Areas of zones and of polygons with service, and corridors in pieces, as a target requires the signal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from infraplan.arrays import Bools, Codes, Floats
from infraplan.coverage.measurements import inside, on_pieces, override
from infraplan.coverage.places import corridor_pieces, corridor_status, is_polygon, served_area
from infraplan.coverage.position_margins import margin_at
from infraplan.coverage.prediction import Coverage
from infraplan.geo.zonal import levels_of, membership, part_of, share
from infraplan.policy.layers import Layers
from infraplan.policy.required_signal import required_signal
from infraplan.policy.target_losses import class_offset_db
from infraplan.policy.targets import Target
from infraplan.tables.reprojection import to_plane


def areas(target: Target, network: str, layers: Layers, rows: Bools | None) -> tuple[Floats, Floats]:
    """(area, served area) of the chosen polygons, or of the finest zones. [km2, km2]"""
    key, map_and_margin = required_signal(target, network, layers)

    def make() -> tuple[Floats, Floats]:
        cover, required_db = map_and_margin()
        if rows is None:
            return _zone_areas(layers, cover, target.family, network, required_db)
        return served_area(layers.places.loc[rows], cover, target.family, network, required_db, pixel_fractions(layers, rows))

    return layers.keep(("area", key, None if rows is None else rows.tobytes()), make)


def polygon_rows(layers: Layers) -> Bools:
    """Which places are areas."""
    return layers.keep("polygons", lambda: is_polygon(layers.places))


def pixel_fractions(layers: Layers, rows: Bools) -> csr_matrix:
    """`share` of the polygons among the chosen places."""
    whole = layers.keep("place share", lambda: share(layers.places.loc[polygon_rows(layers)], layers.cover.grid))
    return whole[np.flatnonzero(rows[polygon_rows(layers)])]


def finest_zones(layers: Layers) -> Any:
    """Zones of the finest level: they add up to every other."""
    return layers.keep("leaves", lambda: layers.zones.loc[layers.zones["level"] == levels_of(layers.zones)[-1]])


def _zone_areas(layers: Layers, cover: Coverage, family: str, network: str, required_db: float) -> tuple[Floats, Floats]:
    leaves = finest_zones(layers)
    fractions = layers.keep("share", lambda: share(leaves, layers.cover.grid))
    with np.errstate(invalid="ignore"):
        served = cover[family, network].margin_db >= required_db
    pixel_km2 = (layers.cover.grid.resolution_m / 1000.0) ** 2
    area_km2 = layers.keep("zone area", lambda: to_plane(leaves, layers.cover.grid.crs).area.to_numpy() / 1e6)
    return area_km2, np.minimum(part_of(fractions, served) * pixel_km2, area_km2)


def pieces_of_lines(layers: Layers) -> pd.DataFrame:
    """Corridors in short pieces."""
    return layers.keep("pieces", lambda: corridor_pieces(layers.corridors, layers.cover.grid))


def zones_of_pieces(layers: Layers) -> pd.DataFrame:
    """Zone codes of the pieces: where their middle lies."""
    import geopandas as gpd

    def make() -> pd.DataFrame:
        pieces = pieces_of_lines(layers)
        return membership(gpd.GeoDataFrame({}, geometry=gpd.points_from_xy(pieces["lon"], pieces["lat"]), crs=4326), layers.zones).astype(
            "category"
        )

    return layers.keep("piece zone", make)


def in_study(layers: Layers, zone: pd.DataFrame) -> Bools:
    """Things that count: all of them, or, where the zones are but some cities of a province, those inside these: the rest is a neighbour's.

    A province that was made of the cities that a study has is no province.
    """
    whole = bool((layers.zones["level"] == "province").any()) and "province" not in layers.zones.attrs.get("made_levels", ())
    inside = np.any([(zone[level] != "").to_numpy() for level in zone], axis=0) if len(zone.columns) else np.zeros(len(zone), dtype=bool)
    return np.asarray(inside | whole, dtype=bool)


def pieces_counted(layers: Layers) -> Bools:
    """Pieces of lines that count: `in_study`."""
    return layers.keep("pieces counted", lambda: in_study(layers, zones_of_pieces(layers)))


def piece_statuses(target: Target, network: str, layers: Layers) -> Codes:
    """Status of every piece of every corridor, measured where there is a measurement, else predicted."""
    return _piece_statuses(target, network, layers)[0]


def pieces_measured(target: Target, network: str, layers: Layers) -> Bools:
    """Pieces whose status rests on measurement."""
    return _piece_statuses(target, network, layers)[1]


def _piece_statuses(target: Target, network: str, layers: Layers) -> tuple[Codes, Bools]:
    key, map_and_margin = required_signal(target, network, layers)

    def make() -> tuple[Codes, Bools]:
        cover, required_db = map_and_margin()
        pieces = pieces_of_lines(layers)
        codes = corridor_status(pieces, layers.corridors, cover, target.family, network, required_db)
        return _with_measured_stretches(codes, pieces, target, network, layers)

    return layers.keep(("pieces", key), make)


def _with_measured_stretches(codes: Codes, pieces: pd.DataFrame, target: Target, network: str, layers: Layers) -> tuple[Codes, Bools]:
    """Codes of pieces, measured where their stretch was, else predicted; and which are measured.

    A test in the vehicle counts as indoors, one beside the line as outdoors.
    """
    if layers.measured is None or not len(pieces):
        return codes, np.zeros(len(codes), dtype=bool)
    lines = layers.corridors["id"].astype(str).to_numpy(dtype=object)
    measured, ids = on_pieces(layers.measured, pieces, lines[pieces["line"].to_numpy()])
    if not len(measured.table):
        return codes, np.zeros(len(codes), dtype=bool)
    cover = layers.cover
    services = [service for service in cover.services.values() if service.family == target.family]
    server = margin_at(pieces["x_m"].to_numpy(), pieces["y_m"].to_numpy(), cover, target.family, network).server
    indoors = target.receiver != "outdoor" if target.receiver else inside(cover, target.family)
    offset_db = class_offset_db(services, target.coupling_class_db)
    return override(codes, ids, server, measured, cover, target.family, network, indoors=indoors, offset_db=offset_db)
