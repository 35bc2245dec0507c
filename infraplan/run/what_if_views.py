"""What a page shows of edited sites: pictures of the map, and what serves a place."""

from __future__ import annotations

from typing import Any

import numpy as np

from infraplan.arrays import Floats
from infraplan.coverage.mast_arrays import ground_of
from infraplan.coverage.networks import ANY, counted_networks, single_networks
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.errors import UsageError
from infraplan.fields import field_of
from infraplan.geo.grids import Grid
from infraplan.messages import both
from infraplan.policy.neighbours import EARTH_RADIUS_M
from infraplan.presets import choose
from infraplan.radio.budgets import gain_offset_db
from infraplan.radio.ground_profiles import map_profile
from infraplan.report.margin_images import NOTHING, classes_of, paletted_png
from infraplan.run.village_counts import LEVELS
from infraplan.run.what_if import WhatIf
from infraplan.study.scenarios import MOST_EDITS, MOST_SECTORS
from infraplan.tables.language import Speech
from infraplan.tables.reprojection import to_plane

TILE = 256
"""Pixels of the world at zoom 0, as Leaflet counts them."""
MOST_SIDE = 2048
NODE = 8
"""Pixels between the places that are projected exactly; those between lie on straight lines (under a thousandth of a pixel off)."""
SERVERS = 5
"""Servers that are listed for a place."""
TOP_WITHIN_M = 1000.0
"""How far from a place its highest ground is looked for."""


def picture(
    state: WhatIf, family: str, network: str, zoom: int, x: int, y: int, width: int, height: int, *, after: bool = False
) -> bytes:  # fmt: skip
    """The margins of a family and network as a PNG with the palette of the maps, in pixels of Web Mercator.

    Parameters
    ----------
    state : WhatIf
        The network.
    family, network : str
        A layer of its map.
    zoom : int
        Of Web Mercator, 0 to 22: the world is 256 x 2^zoom pixels wide.
    x, y : int
        The pixel of the upper left corner, to the east and to the south.
    width, height : int
        Pixels, at most 2,048.
    after : bool
        With the sites of the last run's plan, without the edits.

    Returns
    -------
    bytes
        A PNG; what was not computed, and what is outside the map, is transparent.

    Raises
    ------
    UsageError
        A layer that the map lacks; a picture out of these bounds; no map of a plan.
    """
    if not (0 <= zoom <= 22 and 0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and abs(x) < 2**40 and abs(y) < 2**40):
        raise UsageError(both("run.what_if_picture", most=MOST_SIDE))
    cover = state.network.cover
    margin_db, grid = cover.at(family, network).margin_db, cover.grid
    if after:
        planned_db = state.margin_after(family, network)
        if planned_db is None:
            raise UsageError(both("run.what_if_no_plan"))
        margin_db = planned_db
    column, row = _pixels(grid, zoom, x, y, width, height)
    inside = (row >= 0) & (row < grid.height) & (column >= 0) & (column < grid.width)
    codes = classes_of(margin_db[np.clip(row, 0, grid.height - 1), np.clip(column, 0, grid.width - 1)])
    return paletted_png(np.where(inside, codes, NOTHING).astype(np.uint8))


def _pixels(grid: Grid, zoom: int, x: int, y: int, width: int, height: int) -> tuple[Any, Any]:
    """Column and row on the grid of each pixel of a picture."""
    world = TILE * 2.0**zoom
    across, down = _nodes(width), _nodes(height)
    lon = (x + across + 0.5) / world * 360.0 - 180.0
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * (y + down + 0.5) / world))))
    east_m, north_m = grid.project(*np.meshgrid(lon, lat))
    over, under = _weights(width, across), _weights(height, down)
    x_m, y_m = under @ np.asarray(east_m) @ over.T, under @ np.asarray(north_m) @ over.T
    column = np.floor((x_m - grid.x0_m) / grid.resolution_m).astype(np.int64)
    return column, np.floor((grid.y0_m - y_m) / grid.resolution_m).astype(np.int64)


def _nodes(count: int) -> Floats:
    return np.unique(np.append(np.arange(0.0, count, NODE), float(count - 1)))


def _weights(count: int, nodes: Floats) -> Floats:
    """The weight of each node at each pixel, of lines between neighbouring nodes."""
    at = np.arange(float(count))
    return np.stack([np.interp(at, nodes, np.eye(len(nodes))[k]) for k in range(len(nodes))], axis=1)


def answer_at(state: WhatIf, longitude: float, latitude: float, family: str) -> dict[str, Any]:
    """What serves a place: the best sectors, one a site, and the path from the best of them.

    Parameters
    ----------
    state : WhatIf
        The network.
    longitude, latitude : float
        The place, WGS-84. [deg]
    family : str
        A family of the map, at the receiver where it is judged.

    Returns
    -------
    dict
        `receiver`; `networks`: margin_db of the best sector by network, None where none was computed; `servers`, best first: site, sector,
        service, operators, level_dbm (median, outdoors), margin_db, distance_km, bearing_deg; `profile` of the path from the first:
        distance_km, ground_m (with the bulge of the earth), clutter_m (above ground), sight_m (the line between both antennas); None
        without terrain.

    Raises
    ------
    UsageError
        A place off the map; a family that the map lacks.
    """
    network, cover = state.network, state.network.cover
    choose(family, cover.families, "family")
    grid = cover.grid
    x_m, y_m = (np.atleast_1d(np.asarray(v, float)) for v in grid.project(longitude, latitude))
    if grid.pixel_of(x_m, y_m)[0][0] < 0:
        raise UsageError(both("run.what_if_off_map"))
    by_network = {}
    for name in (ANY, *single_networks(cover.networks)):
        margin_db = float(cover.at_positions(x_m, y_m, family, name).margin_db[0])
        by_network[name] = None if np.isnan(margin_db) else margin_db
    plane = network.planes.index((family, ANY, ""))
    near = network.near(float(x_m[0]), float(y_m[0]), float(x_m[0]), float(y_m[0]), family)
    servers: list[dict[str, Any]] = []
    while len(near) and len(servers) < SERVERS:
        best = np.full((len(network.planes), 1, 1), np.nan, np.float32)
        server = np.full(best.shape, -1, np.int32)
        network.margins_at(best, server, Strips.of(x_m, y_m), every=near)
        row = int(server[plane, 0, 0])
        if row < 0:
            break
        servers.append(_server(state, row, float(best[plane, 0, 0]), float(x_m[0]), float(y_m[0])))
        near = near[network.site[near] != network.site[row]]
    profile = None if not servers else _profile(state, servers[0], float(x_m[0]), float(y_m[0]))
    rows = [{name: value for name, value in one.items() if name != "row"} for one in servers]
    return {"family": family, "receiver": cover.receiver(family), "networks": by_network, "servers": rows, "profile": profile}


def _server(state: WhatIf, row: int, margin_db: float, x_m: float, y_m: float) -> dict[str, Any]:
    """A sector as it is listed for a place."""
    network = state.network
    sector = network.table(np.array([row])).iloc[0]
    service = network.base.services[str(sector["service"])]
    power_db, gain_db = float(sector["power_offset_db"]), gain_offset_db(service, str(sector["antenna"]))
    level_dbm = service.rsrp_at_zero_loss_dbm + power_db + gain_db - (service.largest_loss_db(power_db, gain_db) - margin_db)
    right, up = x_m - network.x_m[row], y_m - network.y_m[row]
    return {
        "row": row, "site": str(sector["site_id"]), "sector": str(sector["id"]), "service": service.name,
        "operators": str(sector["operators"]), "level_dbm": level_dbm, "margin_db": margin_db,
        "distance_km": float(np.hypot(right, up)) / 1000.0, "bearing_deg": float(np.degrees(np.arctan2(right, up)) % 360.0),
    }  # fmt: skip


def _profile(state: WhatIf, server: dict[str, Any], x_m: float, y_m: float) -> dict[str, Any] | None:
    """The ground between a server and a place, as the map's paths take it."""
    network, terrain = state.network, state.network.base.terrain
    if terrain is None:
        return None
    row = server["row"]
    sector = network.table(np.array([row])).iloc[0]
    ends = (float(network.x_m[row]), float(network.y_m[row])), (x_m, y_m)
    path = map_profile(ground_of(terrain), *ends, step_m=terrain.profile_step_m, own_line=True)
    if not np.isfinite(path.terrain_m).all():
        return None
    along_m = path.distance_km * 1000.0
    bulge_m = along_m * (along_m[-1] - along_m) / (2.0 * EARTH_RADIUS_M)
    top_m = path.terrain_m[0] + float(sector["height_m"])
    end_m = path.terrain_m[-1] + network.base.services[server["service"]].rx_height_m
    sight_m = top_m + (end_m - top_m) * along_m / max(along_m[-1], 1.0)
    columns = {"distance_km": path.distance_km, "ground_m": path.terrain_m + bulge_m, "clutter_m": path.clutter_m, "sight_m": sight_m}
    return {"site": server["site"], **{name: [round(float(v), 3) for v in values] for name, values in columns.items()}}


def facts(state: WhatIf, lang: str = "zh") -> dict[str, Any]:
    """What a page has to know of the study before any edit.

    Parameters
    ----------
    state : WhatIf
        The network.
    lang : {"zh", "en"}
        Language of the labels.

    Returns
    -------
    dict
        title, synthetic, as_of, resolution_m, currency, planned (a plan is there), after (its map is stored), bounds (west, south, east,
        north), families, networks, operators, services and hosts (each a list of key and label, with receiver, family or cost), limits of
        the numbers of an edit, zones (level, adcode, name, parent) of the levels that are counted.
    """
    study, cover = state.study, state.network.base
    receivers = {family: cover.receiver(family) for family in cover.families}
    speech = Speech(lang, receivers=receivers, own=study.own_names)
    about = study.config.study
    zones = study.zones.loc[study.zones["level"].isin(LEVELS), ["level", "adcode", "name", "parent"]]
    operators = sorted({code for network in single_networks(cover.networks) for code in network.split("+")} | set(study.sites["operators"]))
    costs = study.costs
    limits = {
        name: [field_of("site", name).minimum, field_of("site", name).maximum] for name in ("height_m", "tilt_deg", "carrier_power_dbm")
    }
    return {
        "title": about.title_zh if lang == "zh" else about.title_en,
        "synthetic": study.synthetic,
        "as_of": None if about.as_of is None else about.as_of.isoformat(),
        "resolution_m": cover.grid.resolution_m,
        "currency": costs.currency,
        "planned": state.plan is not None,
        "after": state.margin_after(cover.families[0], ANY) is not None,
        "bounds": [float(v) for v in to_plane(study.zones, "EPSG:4326").total_bounds],
        "families": [{"key": name, "label": speech.judged(name), "receiver": receivers[name]} for name in cover.families],
        "networks": [{"key": name, "label": speech.network(name)} for name in counted_networks(cover.networks)],
        "operators": [{"key": name, "label": speech.network(name)} for name in operators],
        "services": [{"key": name, "label": speech.code("service", name), "family": one.family} for name, one in cover.services.items()],
        "hosts": [{"key": name, "label": speech.host(name), "cost": costs.life_cost(name)} for name in costs.hosts],
        "limits": limits | {"most_sectors": MOST_SECTORS, "most_edits": MOST_EDITS},
        "zones": zones.to_dict("records"),
    }


def highest_near(state: WhatIf, longitude: float, latitude: float) -> dict[str, float]:
    """The highest ground within 1 km of a place.

    Parameters
    ----------
    state : WhatIf
        The network.
    longitude, latitude : float
        The place, WGS-84. [deg]

    Returns
    -------
    dict
        longitude, latitude [deg], ground_m, above_m: how much higher than the place. [m]

    Raises
    ------
    UsageError
        A study without terrain; a place where the ground is not known.
    """
    terrain = state.network.base.terrain
    if terrain is None:
        raise UsageError(both("run.what_if_no_terrain"))
    x_m, y_m = (float(v) for v in terrain.grid.project(longitude, latitude))
    window = terrain.grid.window(x_m - TOP_WITHIN_M, y_m - TOP_WITHIN_M, x_m + TOP_WITHIN_M, y_m + TOP_WITHIN_M)
    here_m = float(terrain.height_at(x_m, y_m)[0])
    if not (window.height and window.width and np.isfinite(here_m)):
        raise UsageError(both("run.what_if_off_map"))
    col_x_m, row_y_m = window.centre_of(*np.indices(window.shape))
    near = np.hypot(col_x_m - x_m, row_y_m - y_m) <= TOP_WITHIN_M
    ground_m = np.where(near, terrain.within(window).height_m, np.nan).astype(float)
    if not np.nanmax(ground_m, initial=-np.inf) > here_m:
        return {"longitude": longitude, "latitude": latitude, "ground_m": here_m, "above_m": 0.0}
    row, col = np.unravel_index(int(np.nanargmax(ground_m)), window.shape)
    lon, lat = terrain.grid.unproject(col_x_m[row, col], row_y_m[row, col])
    top_m = float(ground_m[row, col])
    return {"longitude": float(lon), "latitude": float(lat), "ground_m": top_m, "above_m": top_m - here_m}
