"""The neighbour of each gap: the site whose antenna serves it best, and what lies on the path between them."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools, Floats
from infraplan.coverage.mast_arrays import MEDIAN, ground_of
from infraplan.coverage.sectors import azimuths, site_of
from infraplan.errors import ValidityWarning
from infraplan.policy.layers import Layers
from infraplan.presets import load
from infraplan.radio import p1812
from infraplan.radio.budgets import Service
from infraplan.radio.ground_profiles import Ground, MapProfile, map_profile
from infraplan.radio.line_of_sight import clearance_m

EARTH_RADIUS_M = load("candidates")["ridges"]["effective_earth_radius_m"]
INLAND = 4


@dataclass(frozen=True)
class Neighbours:
    """The site that serves each gap best, else the nearest; arrays with an entry a gap.

    `row`: its place in the table of sites, -1 for none. `height_m`: of its highest antenna [m], NaN where unknown. `service`: the carrier
    that serves best, "" where none was computed. `turn_db`: what turning its nearest sector towards the gap gives [dB].
    """

    row: npt.NDArray[np.int64]
    site: npt.NDArray[np.object_]
    x_m: Floats
    y_m: Floats
    height_m: Floats
    service: npt.NDArray[np.object_]
    turn_db: Floats


@dataclass(frozen=True)
class Paths:
    """What lies between each gap and its neighbour; NaN and False where no path was computed.

    `obstructed`: the bare ground stands above the line of sight. `clutter_db`: what buildings and trees add to the loss; `excess_db`: the
    loss above free space. `raise_m`: by how much the antenna must be raised to see the gap over the ground. `ridge_sees`: a repeater on
    the obstacle sees both ends.
    """

    obstructed: Bools
    clutter_db: Floats
    excess_db: Floats
    raise_m: Floats
    ridge_sees: Bools


def neighbours_of(found: pd.DataFrame, server: npt.NDArray[np.int32], layers: Layers) -> Neighbours:
    """The neighbours of gaps. `server`: index of the sector that serves each best, -1 for none; then `nearest_site` counts."""
    cover, sites = layers.cover, layers.sites
    count = len(found)
    sectors, place = np.unique(server, return_inverse=True)
    by_sector = np.array(["" if sector < 0 else site_of(cover.sector_ids[sector]) for sector in sectors], dtype=object)[place]
    service = np.array(["" if sector < 0 else str(cover.sector_services[sector]) for sector in sectors], dtype=object)[place]
    ids = np.where(by_sector == "", found["nearest_site"].to_numpy(dtype=object), by_sector)
    if sites is None or not len(sites):
        unknown = np.full(count, np.nan)
        return Neighbours(np.full(count, -1), ids, unknown, unknown, unknown, service, np.zeros(count))
    about = layers.keep("masts of sites", lambda: _about(sites, cover))
    row = pd.Index(about["id"]).get_indexer(pd.Index(ids.astype(str)))
    row = np.where(ids == "", -1, row).astype(np.int64)
    here = about.iloc[np.maximum(row, 0)]
    x_m, y_m, height_m = (np.where(row >= 0, here[name].to_numpy(float), np.nan) for name in ("x_m", "y_m", "height_m"))
    east_m, north_m = found["x_m"].to_numpy(float) - x_m, found["y_m"].to_numpy(float) - y_m
    bearing_deg = np.degrees(np.arctan2(east_m, north_m)) % 360.0
    turn_db = np.array([_turn_db(text, bearing) for text, bearing in zip(here["azimuth_deg"], bearing_deg, strict=True)])
    return Neighbours(row, ids, x_m, y_m, height_m, service, np.where(row >= 0, turn_db, 0.0))


def _about(sites: Any, cover: Any) -> pd.DataFrame:
    """id, x_m, y_m, height_m of the highest antenna, azimuth_deg (text) of each site; a site's own table of sectors counts."""
    x_m, y_m = cover.grid.place(sites)
    nothing = pd.Series(np.nan, index=sites.index)
    height_m = pd.to_numeric(sites["height_m"], errors="coerce") if "height_m" in sites else nothing
    azimuth = sites["azimuth_deg"].fillna("").astype(str) if "azimuth_deg" in sites else pd.Series("", index=sites.index)
    table = pd.DataFrame({"id": sites["id"].astype(str).to_numpy(), "x_m": x_m, "y_m": y_m, "height_m": height_m.to_numpy(float)})
    table["azimuth_deg"] = azimuth.to_numpy(dtype=object)
    heights, directions = table["height_m"].to_numpy(float).copy(), table["azimuth_deg"].to_numpy(dtype=object).copy()
    for row in np.flatnonzero((sites["sectors"].fillna("") != "").to_numpy()) if "sectors" in sites else ():
        cells = json.loads(sites["sectors"].iloc[row])
        heights[row] = np.fmax.reduce([float(cell["height_m"]) for cell in cells if cell["height_m"] not in (None, "")] + [heights[row]])
        stated = [str(cell["azimuth_deg"]) for cell in cells if cell["azimuth_deg"] not in (None, "")]
        directions[row] = "/".join(stated) or directions[row]
    table = table.assign(height_m=heights, azimuth_deg=directions)
    return table.drop_duplicates("id", ignore_index=True)


@lru_cache(maxsize=4096)
def _directions(text: str) -> tuple[float, ...]:
    """Azimuths of a site's sectors; none where one is omnidirectional. [deg]"""
    found = [azimuth for part in text.split("/") for azimuth in azimuths(part)]
    return () if any(np.isnan(azimuth) for azimuth in found) else tuple(found)


def _turn_db(text: str, bearing_deg: float) -> float:
    """What turning the nearest of a site's sectors towards a bearing gives, no more than the preset allows. [dB]"""
    preset, directions = load("gap_remedies")["turn"], _directions(text)
    if not directions or not np.isfinite(bearing_deg):
        return 0.0
    aside_deg = min(abs((bearing_deg - azimuth + 180.0) % 360.0 - 180.0) for azimuth in directions)
    return float(min(12.0 * (aside_deg / preset["beamwidth_deg"]) ** 2, preset["most_db"]))


def paths_to(found: pd.DataFrame, near: Bools, neighbours: Neighbours, layers: Layers) -> Paths:
    """The paths between the gaps that are `near` and their neighbours, over the terrain of the map."""
    cover, count = layers.cover, len(found)
    facts = np.full((5, count), np.nan)
    facts[[0, 4]] = 0.0
    served = np.array([service in cover.services for service in neighbours.service], dtype=bool)
    wanted = near & served & np.isfinite(neighbours.height_m) & np.isfinite(found["x_m"].to_numpy(float))
    if cover.terrain is not None and wanted.any():
        ground, kept = layers.keep("ground", lambda: ground_of(cover.terrain)), layers.keep("paths", dict)
        lat = found["lat"].to_numpy(float)
        x_m, y_m = found["x_m"].to_numpy(float), found["y_m"].to_numpy(float)
        for k in np.flatnonzero(wanted):
            key = (str(neighbours.site[k]), str(neighbours.service[k]), float(x_m[k]), float(y_m[k]))
            if key not in kept:
                ends = (float(neighbours.x_m[k]), float(neighbours.y_m[k])), (float(x_m[k]), float(y_m[k]))
                profile = map_profile(ground, *ends, step_m=cover.terrain.profile_step_m, own_line=True)
                kept[key] = path_facts(profile, ground, cover.services[key[1]], float(neighbours.height_m[k]), float(lat[k]))
            facts[:, k] = kept[key]
    return Paths(facts[0] > 0, facts[1], facts[2], facts[3], facts[4] > 0)


def path_facts(
    profile: MapProfile, ground: Ground, service: Service, height_m: float, latitude_deg: float
) -> tuple[float, float, float, float, float]:
    """obstructed (1 or 0), clutter_db, excess_db, raise_m and ridge_sees (1 or 0) of one profile, as in `Paths`."""
    if not np.isfinite(profile.terrain_m).all():
        return 0.0, np.nan, np.nan, np.nan, 0.0
    full_db, free_db = _loss_db(profile, profile.clutter_m, service, height_m, latitude_deg)
    bare_db, _ = _loss_db(profile, np.zeros_like(profile.clutter_m), service, height_m, latitude_deg)
    along_m = profile.distance_km * 1000.0
    clear_m = _clearance(along_m, profile.terrain_m, height_m, service.rx_height_m)
    share = along_m[1:-1] / along_m[-1]
    raise_m = float(np.max(np.maximum(-clear_m, 0.0) / (1.0 - share)))
    tops = np.flatnonzero(clear_m < 0.0) + 1
    sees = any(_sees_both(int(top), along_m, profile.terrain_m, height_m, service.rx_height_m) for top in tops)
    return float(len(tops) > 0), full_db - bare_db, full_db - free_db, raise_m, float(sees)


def _sees_both(top: int, along_m: Floats, terrain_m: Floats, height_m: float, rx_height_m: float) -> bool:
    """Whether a repeater at a sample of the profile sees both its ends."""
    pole_m = load("gap_remedies")["ridge_repeater"]["antenna_m"]
    back_m = _clearance(along_m[: top + 1], terrain_m[: top + 1], height_m, pole_m)
    on_m = _clearance(along_m[top:] - along_m[top], terrain_m[top:], pole_m, rx_height_m)
    return bool((back_m >= 0.0).all() and (on_m >= 0.0).all())


def _clearance(along_m: Floats, terrain_m: Floats, tx_height_m: float, rx_height_m: float) -> Floats:
    return clearance_m(along_m, terrain_m, tx_height_m=tx_height_m, rx_height_m=rx_height_m, earth_radius_m=EARTH_RADIUS_M)


def _loss_db(profile: MapProfile, clutter_m: Floats, service: Service, height_m: float, latitude_deg: float) -> tuple[float, float]:
    """Median loss of P.1812, and free-space loss. [dB]"""
    time_percent, location_percent, sigma_db, _, delta_n, n0 = MEDIAN
    place = 0.0, latitude_deg
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValidityWarning)  # paths below 250 m: the map has them too, with `weight`
        path = p1812.loss(
            profile.distance_km, profile.terrain_m, clutter_m, np.full(len(clutter_m), INLAND),
            frequency_ghz=service.frequency_mhz / 1000.0, time_percent=time_percent, location_percent=location_percent,
            location_sigma_db=sigma_db, tx_height_m=height_m, rx_height_m=service.rx_height_m, polarisation="vertical", delta_n=delta_n,
            n0=n0, tx_lonlat=place, rx_lonlat=place,
        )  # fmt: skip
    return path.free_space_db + profile.weight * (path.loss_db - path.free_space_db), path.free_space_db
