"""Numba kernels of the footprint over terrain: antenna patterns on path loss, and the best server with pixels skipped that cannot change.

Margins are kept in steps of 1/1024 dB: the last bits, which depend on how the processor groups its work, never reach a map.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.coverage.terrain_bounds import PROBES, SLACK_DB, ducting_over, excess_of, is_blocked, spare_of, wave_limits
from infraplan.radio.fast_math import FAST, LN10
from infraplan.radio.ground import LEAST_PATH_M, class_at, height_at
from infraplan.radio.p1812_passes import BATCH, EDGE_50, FIRST_ROWS, ROWS, RX, WEIGHT, J
from infraplan.radio.p1812_paths import edges_of, horizons_of, losses_of, place_receivers, room_for_paths
from infraplan.radio.p1812_rays import order_by_ray
from infraplan.radio.p1812_spherical import FREE_DB
from infraplan.radio.p1812_tables import STEP_KM

STEPS_PER_DB = 1024.0
CHUNK = 1 << 14
"""Receivers of a mast are ordered by ray so many at a time."""


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def horizontal_gain(horizontal, azimuth_deg, bearing_deg):  # type: ignore[no-untyped-def]
    """Horizontal cut (0..361 degrees) off an azimuth; NaN is omni. [dB]"""
    if math.isnan(azimuth_deg):
        return 0.0
    off = (bearing_deg - azimuth_deg) % 360.0
    i = int(off)
    return horizontal[i] + (off - i) * (horizontal[i + 1] - horizontal[i])


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def vertical_gain(vertical, elevation_deg):  # type: ignore[no-untyped-def]
    """Vertical cut (-90..90 degrees). [dB]"""
    at = elevation_deg + 90.0
    i = min(max(int(at), 0), 179)
    return vertical[i] + (at - i) * (vertical[i + 1] - vertical[i])


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def margin_of(level_db, across_db, up_db, floor_db, loss_db):  # type: ignore[no-untyped-def]
    """One margin in its steps. [dB]"""
    value = level_db + max(across_db + up_db, floor_db) - np.float64(np.float32(loss_db))
    return np.float32(math.floor(value * STEPS_PER_DB + 0.5) / STEPS_PER_DB)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def fill_margins(  # type: ignore[no-untyped-def]
    margin_db, loss_db, left_m, up_m, resolution_m, ground, x_m, y_m, tx_height_m, rx_height_m,
    azimuth_deg, level_db, floor_db, frequency, horizontal, vertical,
):  # fmt: skip
    """margin_db[sector, row, column] from loss_db[frequency, row, column] of one mast on the same window; (`left_m`, `up_m`) is the centre
    of its first pixel."""
    sectors, height, width = margin_db.shape
    tx_m = height_at(ground, x_m, y_m) + tx_height_m
    for r in range(height):
        dy = up_m - r * resolution_m - y_m
        for c in range(width):
            if math.isnan(loss_db[0, r, c]):
                continue
            dx = left_m + c * resolution_m - x_m
            distance = max(math.sqrt(dx * dx + dy * dy), LEAST_PATH_M)
            bearing_deg = math.degrees(math.atan2(dx, dy))
            foot_m = height_at(ground, x_m + dx, y_m + dy)
            elevation_deg = math.degrees(math.atan2(foot_m + rx_height_m - tx_m, distance))
            for s in range(sectors):
                across = horizontal_gain(horizontal[s], azimuth_deg[s], bearing_deg)
                up = vertical_gain(vertical[s], elevation_deg)
                margin_db[s, r, c] = margin_of(level_db[s], across, up, floor_db[s], loss_db[frequency[s], r, c])


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def mark_cut(margin_db, server, row_of, mast_row, mast_col, radius, cut):  # type: ignore[no-untyped-def]
    """cut[sector] becomes True where a sector serves a pixel within 1.5 pixels of its radius. `row_of` turns servers into sectors."""
    height, width = margin_db.shape
    for r in range(height):
        for c in range(width):
            if server[r, c] >= 0 and margin_db[r, c] >= 0.0:
                s = row_of[server[r, c]]
                if s >= 0:
                    down = r - mast_row[s]
                    across = c - mast_col[s]
                    rim = radius[s] - 1.5
                    if down * down + across * across > rim * rim:
                        cut[s] = True


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def best_over_terrain(  # type: ignore[no-untyped-def]
    best, server, left_m, up_m, resolution_m, skip, least_m, most_m, masts, ground,
    mast_x, mast_y, tx_height_m, rx_height_m, latitude, radius_m, mast_sector, mast_frequency,
    sector_index, azimuth_deg, level_db, floor_db, cut, frequency, layers, horizontal, vertical, all_constants, values,
):  # fmt: skip
    """Keep the best margin and the lowest of its sectors in best[layer, row, column], server[...]: the window whose first pixel has its
    centre at (`left_m`, `up_m`).

    Pixels from `least_m` to below `most_m` of a mast are taken; with `skip`, only those whose margin in free space, and then with one knife
    edge, could still change a layer. Returns how many receivers were computed.
    """
    layer_count, height, width = best.shape
    step_m = values[STEP_KM] * 1000.0
    quick_m = 2.0 * PROBES * step_m
    longest_m = 1.0
    frequencies = 1
    for m in masts:
        longest_m = max(longest_m, min(radius_m[m], most_m))
        frequencies = max(frequencies, mast_frequency[m + 1] - mast_frequency[m])
    reach = int(longest_m / resolution_m) * 2 + 3
    room = min(min(height, reach) * min(width, reach), CHUNK)
    px = np.empty(room)
    py = np.empty(room)
    at_row = np.empty(room, np.int64)
    at_col = np.empty(room, np.int64)
    ray = np.empty(room, np.int64)
    order = np.empty(room, np.int64)
    tally = np.empty(4 * room, np.int64)
    bounds = np.empty((room + 1, layer_count))  # the last row: at the best azimuth
    kept = np.empty(BATCH, np.int64)
    buffer = np.empty((ROWS, BATCH))
    losses = np.empty((frequencies, BATCH))
    paths = room_for_paths(longest_m, ground, step_m)
    active = np.empty(layer_count, np.int64)
    computed = 0
    most_nominal_m = ground.nominal_m.max()
    for m in masts:
        x_m = mast_x[m]
        y_m = mast_y[m]
        far_m = min(radius_m[m], most_m)
        first_row = max(math.ceil((up_m - y_m - far_m) / resolution_m), 0)
        last_row = min(math.floor((up_m - y_m + far_m) / resolution_m), height - 1)
        first_col = max(math.ceil((x_m - far_m - left_m) / resolution_m), 0)
        last_col = min(math.floor((x_m + far_m - left_m) / resolution_m), width - 1)
        if first_row > last_row or first_col > last_col:
            continue
        s0 = mast_sector[m]
        s1 = mast_sector[m + 1]
        constants = all_constants[mast_frequency[m] : mast_frequency[m + 1]]
        seen = 0
        for s in range(s0, s1):
            seen |= layers[s]
        layers_here = 0
        for k in range(layer_count):
            bounds[room, k] = -np.inf
            if seen >> k & 1:
                active[layers_here] = k
                layers_here += 1
        for s in range(s0, s1):
            highest = level_db[s] + horizontal[cut[s]].max() - constants[frequency[s], FREE_DB] + SLACK_DB
            for k in range(layer_count):
                if layers[s] >> k & 1:
                    bounds[room, k] = max(bounds[room, k], highest)
        mast_m = height_at(ground, x_m, y_m)
        tx_m = mast_m + tx_height_m[m]
        nominal_m = ground.nominal_m[class_at(ground, x_m, y_m)]
        waves = wave_limits(constants)
        n = 0
        for r in range(first_row, last_row + 1):
            dy = up_m - r * resolution_m - y_m
            for c in range(first_col, last_col + 1):
                dx = left_m + c * resolution_m - x_m
                square = dx * dx + dy * dy
                wanted = square < most_m * most_m and square >= least_m * least_m and square <= radius_m[m] * radius_m[m]
                if wanted and skip and square > 1e4:
                    free_db = 10.0 / LN10 * math.log(square * 1e-6)
                    wanted = spare_of(best, r, c, active, layers_here, bounds, room) >= free_db
                    if wanted:
                        bearing_deg = math.degrees(math.atan2(dx, dy))
                        rx_m = height_at(ground, x_m + dx, y_m + dy) + rx_height_m[m]
                        elevation_deg = math.degrees(math.atan2(rx_m - tx_m, math.sqrt(square)))
                        for k in range(layer_count):
                            bounds[n, k] = -np.inf
                        for s in range(s0, s1):
                            across = horizontal_gain(horizontal[cut[s]], azimuth_deg[s], bearing_deg)
                            up = vertical_gain(vertical[cut[s]], elevation_deg)
                            highest = level_db[s] + max(across + up, floor_db[s]) - constants[frequency[s], FREE_DB] + SLACK_DB
                            for k in range(layer_count):
                                if layers[s] >> k & 1:
                                    bounds[n, k] = max(bounds[n, k], highest)
                        spare_db = spare_of(best, r, c, active, layers_here, bounds, n) - free_db
                        wanted = spare_db >= 0.0
                        if wanted and square > quick_m * quick_m and spare_db < np.inf:
                            wanted = not is_blocked(
                                ground, x_m, y_m, x_m + dx, y_m + dy, tx_m, rx_m, nominal_m, most_nominal_m, waves, values, spare_db
                            )  # fmt: skip
                if wanted:
                    px[n] = x_m + dx
                    py[n] = y_m + dy
                    at_row[n] = r
                    at_col[n] = c
                    n += 1
                if n == 0 or (n < room and (r < last_row or c < last_col)):
                    continue
                order_by_ray(n, px, py, x_m, y_m, step_m, ray, order, tally)
                begin = 0
                while begin < n:
                    begin, count = place_receivers(
                        ground, x_m, y_m, latitude[m], tx_height_m[m], rx_height_m[m], values, begin, n, px, py, ray, order, kept, buffer,
                        paths,
                    )  # fmt: skip
                    edges_of(count, mast_m, paths, tx_height_m[m], values, constants, buffer)
                    if skip:
                        count = drop_receivers(
                            False, best, at_row, at_col, active, layers_here, bounds, waves, values, constants, count, kept, buffer, paths
                        )  # fmt: skip
                    horizons_of(count, mast_m, paths, tx_height_m[m], values, buffer)
                    if skip:
                        count = drop_receivers(
                            True, best, at_row, at_col, active, layers_here, bounds, waves, values, constants, count, kept, buffer, paths
                        )  # fmt: skip
                    if count == 0:
                        continue
                    losses_of(count, mast_m, paths, tx_height_m[m], rx_height_m[m], values, constants, buffer, losses)
                    computed += count
                    keep_margins(
                        best, server, count, kept, at_row, at_col, px, py, x_m, y_m, tx_m, step_m, buffer, losses, s0, s1, azimuth_deg,
                        level_db, floor_db, cut, frequency, layers, horizontal, vertical, sector_index, active, layers_here,
                    )  # fmt: skip
                n = 0
    return computed


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def keep_margins(  # type: ignore[no-untyped-def]
    best, server, count, kept, at_row, at_col, px, py, x_m, y_m, tx_m, step_m, buffer, losses, s0, s1, azimuth_deg, level_db, floor_db,
    cut, frequency, layers, horizontal, vertical, sector_index, active, layers_here,
):  # fmt: skip
    """The margins of a mast's sectors at its placed receivers into the layers, where they are better; ties go to the lowest index."""
    for q in range(count):
        i = kept[q]
        r = at_row[i]
        c = at_col[i]
        bearing_deg = math.degrees(math.atan2(px[i] - x_m, py[i] - y_m))
        elevation_deg = math.degrees(math.atan2(buffer[RX, q] - tx_m, buffer[J, q] * step_m))
        for s in range(s0, s1):
            across = horizontal_gain(horizontal[cut[s]], azimuth_deg[s], bearing_deg)
            up = vertical_gain(vertical[cut[s]], elevation_deg)
            margin = margin_of(level_db[s], across, up, floor_db[s], losses[frequency[s], q])
            index = sector_index[s]
            for a in range(layers_here):
                k = active[a]
                if layers[s] >> k & 1:
                    old = best[k, r, c]
                    if margin > old or (margin == old and index < server[k, r, c]) or (math.isnan(old) and not math.isnan(margin)):
                        best[k, r, c] = margin
                        server[k, r, c] = index


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def drop_receivers(  # type: ignore[no-untyped-def]
    with_horizons, best, at_row, at_col, active, layers_here, bounds, waves, values, constants, count, kept, buffer, paths
):  # fmt: skip
    """Leave out placed receivers that can change no layer; how many stay. Known horizons tell what ducting loses at least."""
    left = 0
    for q in range(count):
        i = kept[q]
        d_km = buffer[J, q] * values[STEP_KM]
        duct_db = ducting_over(q, d_km, values, constants, buffer) if with_horizons else 0.0
        least_db = 20.0 / LN10 * math.log(d_km) + excess_of(buffer[EDGE_50, q], d_km, buffer[WEIGHT, q], waves, duct_db)
        if d_km <= 0.1 or spare_of(best, at_row[i], at_col[i], active, layers_here, bounds, i) >= least_db:
            if left < q:
                move_receiver(q, left, kept, buffer, paths)
            left += 1
    return left


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def move_receiver(source, target, kept, buffer, paths):  # type: ignore[no-untyped-def]
    """A placed receiver into an earlier column; those between are dropped."""
    kept[target] = kept[source]
    for row in range(FIRST_ROWS):
        buffer[row, target] = buffer[row, source]
    paths.offset[target] = paths.offset[source]
    paths.shared[target] = paths.shared[source]
    to = paths.first[target]
    for k in range(paths.first[source], paths.first[source + 1]):
        paths.at[to] = paths.at[k]
        paths.ground[to] = paths.ground[k]
        paths.top[to] = paths.top[k]
        paths.inverse[to] = paths.inverse[k]
        paths.reverse[to] = paths.reverse[k]
        to += 1
    paths.first[target + 1] = to
