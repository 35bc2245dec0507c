"""Links between points and transmitters: geometry, antenna pattern, and the loss by one of three models, for many pairs at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Floats, Ints, Texts
from infraplan.coverage.mast_arrays import CLIMATE, ground_of
from infraplan.coverage.transmitters import Transmitters
from infraplan.geo.grids import Grid, metric_crs
from infraplan.presets import load
from infraplan.radio.antennas import pattern_db
from infraplan.radio.model_selection import loss_curve
from infraplan.radio.p1812_points import point_losses, seen_from
from infraplan.radio.path_loss import free_space, los_probability

MODELS = ("p1812", "statistical", "free-space")
NEAREST_M = 10.0
"""Nearer than this the loss of this distance holds; P.1812 has a rule of its own. [m]"""
BEYOND_DB = 40.0
"""Loss a decade beyond the last distance of a statistical model (ours: a level is wanted for every row). [dB]"""
P1812_MHZ = (30.0, 6000.0)


@dataclass(frozen=True)
class Places:
    """Points and transmitters in one metric plane, with the ground and the clutter that are known there; NaN and "" where not."""

    x_m: Floats
    y_m: Floats
    ground_m: Floats
    building_m: Floats
    clutter_class: Texts
    tx_x_m: Floats
    tx_y_m: Floats
    tx_ground_m: Floats
    tx_latitude_deg: Floats
    ground: Any = None
    step_m: float = 50.0


@dataclass(frozen=True)
class Links:
    """Pairs of a point (`at`) and a transmitter (`of`): where the one is from the other, and what is lost between them."""

    at: Ints
    of: Ints
    distance_m: Floats
    off_deg: Floats
    elevation_deg: Floats
    pattern_db: Floats
    loss_db: Floats
    seen: Floats
    model: Texts


def default_environment() -> str:
    """The environment of a cell that states none."""
    return str(load("site_defaults")["common"]["environment"])


def places_of(points: pd.DataFrame, transmitters: Transmitters, terrain: Any = None) -> Places:
    """Points and cells in one plane: their own where they have no CRS, the terrain's, else one on the middle of the cells."""
    frame = transmitters.frame
    latitude = np.zeros(len(frame))
    if transmitters.local:
        x_m, y_m = (points[name].to_numpy(float) for name in ("x_m", "y_m"))
        tx_x_m, tx_y_m = (frame[name].to_numpy(float) for name in ("x_m", "y_m"))
    else:
        lon, lat = (frame[name].to_numpy(float) for name in ("lon", "lat"))
        middle = metric_crs(float((lon.min() + lon.max()) / 2), float((lat.min() + lat.max()) / 2)) if len(frame) else metric_crs(0.0, 0.0)
        plane = terrain.grid if terrain is not None else Grid(middle, 0.0, 0.0, 1.0, 1, 1)
        x_m, y_m = plane.project(points["lon"].to_numpy(float), points["lat"].to_numpy(float))
        tx_x_m, tx_y_m = plane.project(lon, lat)
        latitude = lat
    column = {name: points[name].to_numpy(float) if name in points else np.full(len(points), np.nan) for name in ("ground_m", "building_m")}
    if "indoors" in points:
        inside = points["indoors"].fillna(False).to_numpy(bool)
        column["building_m"] = np.where(inside, np.maximum(np.nan_to_num(column["building_m"]), 1.0), column["building_m"])
    classes = (
        points["clutter_class"].fillna("").astype(str).to_numpy(object) if "clutter_class" in points else np.full(len(points), "", object)
    )
    ground_m, tx_ground_m, ground, step_m = column["ground_m"], frame["ground_m"].to_numpy(float), None, 50.0
    if terrain is not None:
        ground, step_m = ground_of(terrain), terrain.profile_step_m
        ground_m, tx_ground_m = terrain.height_at(x_m, y_m), terrain.height_at(tx_x_m, tx_y_m)
        if terrain.clutter is not None:
            row, col = terrain.clutter.grid.pixel_of(x_m, y_m)
            names = np.array(terrain.clutter.class_code or range(len(terrain.clutter.class_height_m)), dtype=object).astype(str)
            codes = names.astype(object)[terrain.clutter.code[row, col]]
            classes = np.where((row >= 0) & (classes == ""), codes, classes)
    return Places(x_m, y_m, ground_m, column["building_m"], classes, tx_x_m, tx_y_m, tx_ground_m, latitude, ground, step_m)


def links_of(places: Places, transmitters: Transmitters, at: Ints, of: Ints) -> Links:
    """Pairs with their geometry and full pattern; loss, sight and model are still empty."""
    dx, dy = places.x_m[at] - places.tx_x_m[of], places.y_m[at] - places.tx_y_m[of]
    distance_m = np.hypot(dx, dy)
    azimuth = transmitters.numbers("azimuth_deg")[of]
    off_deg = (np.degrees(np.arctan2(dx, dy)) - azimuth + 180.0) % 360.0 - 180.0
    height_m, rx_m = transmitters.numbers("height_m")[of], transmitters.numbers("rx_height_m")[of]
    step_m = places.ground_m[at] - places.tx_ground_m[of]
    rise_m = np.where(np.isnan(step_m), 0.0, step_m) + rx_m - height_m
    elevation_deg = np.degrees(np.arctan2(rise_m, np.maximum(distance_m, 1.0)))
    nothing = np.full(len(at), np.nan)
    made = Links(at, of, distance_m, off_deg, elevation_deg, nothing, nothing, nothing, np.full(len(at), "", object))
    return replace(made, pattern_db=_patterns(made, transmitters))


def with_losses(links: Links, places: Places, transmitters: Transmitters, model: str, environment: str = "") -> Links:
    """The pairs with the loss by a model, the probability of line of sight (0 or 1 over terrain), and the model of each pair.

    `environment`: of cells that state none. Over terrain a pair whose path leaves the known ground has the statistical loss.
    """
    loss_db, seen, names = np.full(len(links.at), np.nan), np.full(len(links.at), np.nan), np.full(len(links.at), "", object)
    if model == "p1812":
        _over_terrain(links, places, transmitters, loss_db, seen)
        names[np.isfinite(loss_db)] = "p1812"
    rest = np.flatnonzero(np.isnan(loss_db))
    if model == "free-space":
        height_m, rx_m = transmitters.numbers("height_m")[links.of], transmitters.numbers("rx_height_m")[links.of]
        step_m = places.tx_ground_m[links.of] - places.ground_m[links.at]
        far_km = np.maximum(links.distance_m, NEAREST_M) / 1000.0
        rise_m = np.where(np.isnan(step_m), 0.0, step_m) + height_m - rx_m
        loss_db = free_space(far_km, transmitters.numbers("frequency_mhz")[links.of], base_height_m=rise_m)
        names[:] = "free-space"
        _sight(links, transmitters, rest, environment, seen)
    elif len(rest):
        _statistical(links, transmitters, rest, environment, loss_db, names)
        _sight(links, transmitters, rest, environment, seen)
    return replace(links, loss_db=loss_db, seen=seen, model=names)


def _groups(*columns: Any) -> list[Ints]:
    """Positions of rows that are alike in some columns, each in ascending order."""
    if not len(columns[0]):
        return []
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        codes, values = pd.factorize(column)
        code = pd.factorize(code * (len(values) + 1) + codes)[0]
    order = np.argsort(code, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(code[order])) + 1)


def _patterns(links: Links, transmitters: Transmitters) -> Floats:
    """Gain relative to the main lobe, one value a pair. [dB]"""
    frame = transmitters.frame
    antenna, tilt = frame["antenna"].to_numpy(object)[links.of], transmitters.numbers("tilt_deg")[links.of]
    mechanical = transmitters.numbers("mechanical_tilt_deg")[links.of]
    found = np.zeros(len(links.of))
    for some in _groups(antenna, tilt, mechanical):
        made = transmitters.antenna(str(antenna[some[0]]))
        choice = {"mechanical_tilt_deg": float(mechanical[some[0]])}
        found[some] = pattern_db(made, links.off_deg[some], links.elevation_deg[some], float(tilt[some[0]]), **choice)
    return found


def _over_terrain(links: Links, places: Places, transmitters: Transmitters, loss_db: Floats, seen: Floats) -> None:
    """Fills loss and sight by P.1812, a mast, height, frequency and receiver at a time."""
    frame = transmitters.frame
    height_m, rx_m, mhz = (transmitters.numbers(name) for name in ("height_m", "rx_height_m", "frequency_mhz"))
    alike = np.empty(len(frame), np.int64)
    for number, some in enumerate(_groups(places.tx_x_m, places.tx_y_m, height_m, rx_m, mhz)):
        alike[some] = number
    for some in _groups(alike[links.of]):
        t = int(links.of[some[0]])
        if not P1812_MHZ[0] <= mhz[t] <= P1812_MHZ[1]:
            continue
        where = float(places.tx_x_m[t]), float(places.tx_y_m[t]), places.x_m[links.at[some]], places.y_m[links.at[some]]
        heights: dict[str, Any] = {"tx_height_m": float(height_m[t]), "rx_height_m": float(rx_m[t]), "step_m": places.step_m}
        loss_db[some] = point_losses(
            places.ground, *where, frequency_ghz=float(mhz[t]) / 1000.0, latitude_deg=float(places.tx_latitude_deg[t]),
            delta_n=CLIMATE["delta_n"], n0=CLIMATE["n0"], **heights,
        )  # fmt: skip
        seen[some] = seen_from(places.ground, *where, **heights)


def _environments(transmitters: Transmitters, environment: str) -> Texts:
    """The environment of each cell."""
    stated = transmitters.frame["environment"].to_numpy(object)
    return np.where(stated == "", environment or default_environment(), stated)


def _statistical(links: Links, transmitters: Transmitters, rest: Ints, environment: str, loss_db: Floats, names: Texts) -> None:
    """Fills the loss of the models without terrain, and their names; beyond their last distance it goes on at 40 dB a decade."""
    frame, of = transmitters.frame, links.of[rest]
    plan, place = frame["plan"].to_numpy(object)[of], _environments(transmitters, environment)[of]
    height_m, rx_m, mhz = (transmitters.numbers(name)[of] for name in ("height_m", "rx_height_m", "frequency_mhz"))
    for some in _groups(plan, place, height_m, rx_m, mhz):
        first = some[0]
        far_m = np.maximum(links.distance_m[rest[some]], NEAREST_M)
        kind = str(plan[first]), float(mhz[first]), float(height_m[first]), str(place[first]), float(rx_m[first])
        curve = loss_curve(*kind, far_m)
        value, model = curve.loss_db.copy(), np.array(curve.model, dtype=object)
        beyond = ~np.isfinite(value)
        if beyond.any():
            table_m = np.geomspace(NEAREST_M, 1e5, 400)
            table = loss_curve(*kind, table_m).loss_db
            known = np.flatnonzero(np.isfinite(table))
            if len(known):
                last_m, last_db, words = table_m[known[-1]], table[known[-1]], "40 dB a decade"
            else:
                last_m, last_db, words = NEAREST_M, float(free_space(NEAREST_M / 1000.0, kind[1])), "free-space + 40 dB a decade"
            value[beyond] = last_db + BEYOND_DB * np.log10(far_m[beyond] / last_m)
            model[beyond] = words
        loss_db[rest[some]], names[rest[some]] = value, model


def _sight(links: Links, transmitters: Transmitters, rest: Ints, environment: str, seen: Floats) -> None:
    """Fills the probability of line of sight of TR 38.901 by the environment of the cell."""
    place = _environments(transmitters, environment)[links.of[rest]]
    presets = load("radio_environment")["environments"]
    for some in _groups(place):
        far_km = np.maximum(links.distance_m[rest[some]], NEAREST_M) / 1000.0
        seen[rest[some]] = los_probability(presets[str(place[some[0]])]["macro"], far_km, mobile_height_m=1.5)
