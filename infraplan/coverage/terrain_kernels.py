"""Numba kernels of the footprint over terrain: antenna patterns on path loss, and the best server with pixels skipped that cannot change.

Margins are kept in steps of 1/1024 dB: the last bits, which depend on how the processor groups its work, never reach a map.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.radio.diffraction import knife_edge
from infraplan.radio.ground import LEAST_PATH_M, TOUCHING, class_at, height_at
from infraplan.radio.hulls import FAST, LN10
from infraplan.radio.p1812_area import BATCH, group_of, receivers_of_group, sort_groups, tail_of
from infraplan.radio.p1812_combine import far_factor
from infraplan.radio.p1812_fan import INVERSE, POS, WORK_ROWS, losses_along_ray, place_samples, rays_of
from infraplan.radio.p1812_passes import GIVEN_ROWS, LAST, ROWS, RX, WEIGHT, J
from infraplan.radio.p1812_spherical import FREE_DB, SCATTER_DB, WAVE
from infraplan.radio.p1812_tables import RADIUS_50, RADIUS_BETA, STEP_KM

STEPS_PER_DB = 1024.0
EDGE_STEPS = 32
EDGE_DB = np.array([knife_edge(k / EDGE_STEPS - 0.78) for k in range(64 * EDGE_STEPS)])
EDGE_DB += 10.0 * (1.0 - np.exp(-EDGE_DB / 6.0))
"""Bullington loss (eqs. 12, 21) of a knife edge from v = -0.78 upward, without its share by distance: rounded down, a lower bound. [dB]"""
SLACK_DB = 0.01
"""Added to the upper bound of a margin before a pixel is skipped: far above rounding."""


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
def least_excess(n, top, tail, tx_m, pos, inverse, constants, values, buffer, excess):  # type: ignore[no-untyped-def]
    """excess[q]: what the median loss of the placed receivers is over free space at least. [dB]

    The Bullington construction is never below a single knife edge at any of its points: taken are the highest-seen shared sample and the
    points of the tail. Ducting can at most pull the loss towards free space by 1 - Fk (eqs. 60-62), troposcatter bounds it (eq. 63).
    """
    step_km = values[STEP_KM]
    curve = 500.0 * step_km * step_km / values[RADIUS_50]
    longest = 0.0
    shortest = 1e30
    gap = 1e30
    for k in range(constants.shape[0]):
        longest = max(longest, constants[k, WAVE])
        shortest = min(shortest, constants[k, WAVE])
        gap = min(gap, constants[k, SCATTER_DB] - constants[k, FREE_DB])
    positive = 0.002 / (longest * step_km)
    negative = 0.002 / (shortest * step_km)
    steepest = -1e30
    shared = 0
    i = 1
    for q in range(n):
        j = buffer[J, q]
        last = int(buffer[LAST, q])
        while i <= last:
            slope = (top[i] - curve * pos[i] * pos[i] - tx_m) * inverse[i]
            if slope > steepest:
                steepest = slope
                shared = i
            i += 1
        line = (buffer[RX, q] - curve * j * j - tx_m) / j
        v = -1e30
        if last > 0:
            x = pos[shared]
            v = (steepest - line) * x * math.sqrt(j / (x * (j - x)))
        for k in range(tail.first[q], tail.first[q + 1]):
            x = tail.at[k]
            spread = j * tail.inverse[k] * tail.reverse[k]
            v = max(v, (tail.top[k] - curve * x * x - tx_m - line * x) * math.sqrt(spread))
        v *= math.sqrt(positive if v > 0.0 else negative)
        least = 0.0
        if v > -0.78:
            least = EDGE_DB[min(int((v + 0.78) * EDGE_STEPS), EDGE_DB.size - 1)] * far_factor(j * step_km)
            least = least - SLACK_DB if least < gap - 15.0 else min(least, gap) - 1.6
        excess[q] = max(least, 0.0) * buffer[WEIGHT, q]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def could_change(best, r, c, active, layers_here, bounds, i, loss_db):  # type: ignore[no-untyped-def]
    """Whether a margin of `bounds[i]` minus a loss could raise, or equal, one of the layers at a pixel."""
    for a in range(layers_here):
        k = active[a]
        if not (bounds[i, k] - loss_db < best[k, r, c]):
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def best_over_terrain(  # type: ignore[no-untyped-def]
    best, server, left_m, up_m, resolution_m, skip, least_m, most_m, masts, ground,
    mast_x, mast_y, tx_height_m, rx_height_m, latitude, radius_m, mast_sector, mast_frequency,
    sector_index, azimuth_deg, level_db, floor_db, cut, frequency, layers, horizontal, vertical, all_constants, values,
):  # fmt: skip
    """Keep the best margin and the lowest of its sectors in best[layer, row, column], server[...]: the window whose first pixel has its
    centre at (`left_m`, `up_m`).

    Pixels from `least_m` to below `most_m` of a mast are taken; with `skip`, only those whose margin in free space, and then with one knife
    edge, at the peak of the vertical cut, could still change a layer. Returns how many receivers were computed.
    """
    layer_count, height, width = best.shape
    step_m = values[STEP_KM] * 1000.0
    longest_m = 1.0
    frequencies = 1
    sector_most = 1
    for m in masts:
        longest_m = max(longest_m, radius_m[m])
        frequencies = max(frequencies, mast_frequency[m + 1] - mast_frequency[m])
        sector_most = max(sector_most, mast_sector[m + 1] - mast_sector[m])
    reach = int(min(longest_m, most_m) / resolution_m) + 1
    room = min(2 * reach + 1, height) * min(2 * reach + 1, width)
    px = np.empty(room)
    py = np.empty(room)
    distance = np.empty(room)
    group = np.empty(room, np.int64)
    at_row = np.empty(room, np.int64)
    at_col = np.empty(room, np.int64)
    order = np.empty(room, np.int64)
    spare = np.empty(room, np.int64)
    steps = int(longest_m / step_m) + 2
    work = np.empty((WORK_ROWS, steps + 3))
    h = np.empty(steps + 3)
    top = np.empty(steps + 3)
    start = np.zeros(rays_of(longest_m, step_m) + 2, np.int64)
    most = BATCH
    buffer = np.empty((ROWS, most))
    losses = np.empty((frequencies, most))
    kept = np.empty(most, np.int64)
    excess = np.empty(most)
    tail = tail_of(most, ground, step_m)
    bounds = np.empty((room + 1, layer_count))  # the last row: at the best azimuth
    active = np.empty(layer_count, np.int64)
    computed = 0
    scale = 500.0 * values[STEP_KM] * values[STEP_KM]
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
        rays = rays_of(radius_m[m], step_m)
        n = 0
        for r in range(first_row, last_row + 1):
            dy = up_m - r * resolution_m - y_m
            for c in range(first_col, last_col + 1):
                dx = left_m + c * resolution_m - x_m
                square = dx * dx + dy * dy
                if square >= most_m * most_m or square < least_m * least_m or square > radius_m[m] * radius_m[m]:
                    continue
                if skip and square > 1e4:
                    free_db = 10.0 / LN10 * math.log(square * 1e-6)
                    if not could_change(best, r, c, active, layers_here, bounds, room, free_db):
                        continue
                    bearing_deg = math.degrees(math.atan2(dx, dy))
                    for k in range(layer_count):
                        bounds[n, k] = -np.inf
                    for s in range(s0, s1):
                        across = horizontal_gain(horizontal[cut[s]], azimuth_deg[s], bearing_deg)
                        highest = level_db[s] + max(across, floor_db[s]) - constants[frequency[s], FREE_DB] + SLACK_DB
                        for k in range(layer_count):
                            if layers[s] >> k & 1:
                                bounds[n, k] = max(bounds[n, k], highest)
                    if not could_change(best, r, c, active, layers_here, bounds, n, free_db):
                        continue
                px[n] = x_m + dx
                py[n] = y_m + dy
                distance[n] = max(math.sqrt(square), LEAST_PATH_M)
                group[n] = group_of(dx, dy, distance[n], rays, step_m)
                at_row[n] = r
                at_col[n] = c
                n += 1
        if n == 0:
            continue
        groups = rays + 1
        sort_groups(n, group, distance, groups, step_m, start, order, spare)
        own = class_at(ground, x_m, y_m)
        nominal = ground.nominal_m[own] / step_m
        nominal_clutter_m = ground.clutter_height_m[own]
        whole_nominal = abs(nominal - math.floor(nominal + 0.5)) <= TOUCHING
        at_nominal, _ = place_samples(
            nominal, int(radius_m[m] / step_m) + 2, scale / values[RADIUS_50], scale / values[RADIUS_BETA], work
        )  # fmt: skip
        tx_m = height_at(ground, x_m, y_m) + tx_height_m[m]
        h[0] = tx_m - tx_height_m[m]
        for g in range(groups):
            if g > 0 and start[g + 1] - start[g] > most:
                most = 2 * (start[g + 1] - start[g])
                buffer = np.empty((ROWS, most))
                losses = np.empty((frequencies, most))
                kept = np.empty(most, np.int64)
                excess = np.empty(most)
                tail = tail_of(most, ground, step_m)
            for first in range(start[g], start[g + 1], most):
                count = receivers_of_group(
                    ground, x_m, y_m, latitude[m], g, rays, rx_height_m[m], step_m, nominal, whole_nominal, nominal_clutter_m, at_nominal,
                    order, first, min(first + most, start[g + 1]), px, py, kept, work, h, top, buffer, tail,
                )  # fmt: skip
                if skip and count > 0:
                    least_excess(count, top, tail, tx_m, work[POS], work[INVERSE], constants, values, buffer, excess)
                    left = 0
                    for q in range(count):
                        i = kept[q]
                        least_db = 20.0 / LN10 * math.log(distance[i] * 1e-3) + excess[q]
                        if distance[i] < 100.0 or could_change(best, at_row[i], at_col[i], active, layers_here, bounds, i, least_db):
                            if left < q:
                                move_receiver(q, left, kept, buffer, tail)
                            left += 1
                    count = left
                if count == 0:
                    continue
                losses_along_ray(
                    count, h, top, tail, tx_height_m[m], rx_height_m[m], nominal, values, constants, work, buffer, losses
                )  # fmt: skip
                computed += count
                keep_margins(
                    best, server, count, kept, at_row, at_col, px, py, distance, x_m, y_m, tx_m, buffer, losses, s0, s1, azimuth_deg,
                    level_db, floor_db, cut, frequency, layers, horizontal, vertical, sector_index, active, layers_here,
                )  # fmt: skip
    return computed


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def keep_margins(  # type: ignore[no-untyped-def]
    best, server, count, kept, at_row, at_col, px, py, distance, x_m, y_m, tx_m, buffer, losses, s0, s1, azimuth_deg, level_db, floor_db,
    cut, frequency, layers, horizontal, vertical, sector_index, active, layers_here,
):  # fmt: skip
    """The margins of a mast's sectors at its placed receivers into the layers, where they are better; ties go to the lowest index."""
    for q in range(count):
        i = kept[q]
        r = at_row[i]
        c = at_col[i]
        bearing_deg = math.degrees(math.atan2(px[i] - x_m, py[i] - y_m))
        elevation_deg = math.degrees(math.atan2(buffer[RX, q] - tx_m, distance[i]))
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
def move_receiver(source, target, kept, buffer, tail):  # type: ignore[no-untyped-def]
    """A placed receiver into an earlier column; those between are dropped."""
    kept[target] = kept[source]
    for row in range(GIVEN_ROWS):
        buffer[row, target] = buffer[row, source]
    to = tail.first[target]
    for k in range(tail.first[source], tail.first[source + 1]):
        tail.at[to] = tail.at[k]
        tail.ground[to] = tail.ground[k]
        tail.top[to] = tail.top[k]
        tail.inverse[to] = tail.inverse[k]
        tail.reverse[to] = tail.reverse[k]
        to += 1
    tail.first[target + 1] = to
