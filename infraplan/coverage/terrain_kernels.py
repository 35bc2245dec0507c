"""Numba kernels of the footprint over terrain: antenna patterns on path loss, and the best server with pixels skipped that cannot change.

Margins are kept in steps of 1/1024 dB: the last bits, which depend on how the processor groups its work, never reach a map.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.radio.diffraction import knife_edge
from infraplan.radio.hulls import FAST
from infraplan.radio.p1812_combine import FAR_FACTOR, LOG_DISTANCE
from infraplan.radio.p1812_fan import MAST_PIXEL_STEPS, WORK_ROWS, loss_beside_mast, losses_along_ray, sample_ray
from infraplan.radio.p1812_passes import ROWS
from infraplan.radio.p1812_spherical import FREE_DB, SCATTER_DB, WAVE
from infraplan.radio.p1812_tables import INVERSE, RADIUS_50, STEP_KM

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


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def mast_height(terrain, row, col):  # type: ignore[no-untyped-def]
    """Ground under the mast, bilinear, as the rays read it. [m]"""
    top = min(int(row), terrain.shape[0] - 2)
    left = min(int(col), terrain.shape[1] - 2)
    right = col - left
    upper = float(terrain[top, left])
    lower = float(terrain[top + 1, left])
    upper += (terrain[top, left + 1] - upper) * right
    lower += (terrain[top + 1, left + 1] - lower) * right
    return upper + (lower - upper) * (row - top)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def fill_margins(  # type: ignore[no-untyped-def]
    margin_db, loss_db, row0, col0, terrain, row, col, base_row, base_col, first, pull_sample, pull_row, pull_col,
    tx_height_m, rx_height_m, resolution_m, azimuth_deg, level_db, floor_db, frequency, horizontal, vertical,
):  # fmt: skip
    """margin_db[sector, row, column] from loss_db[frequency, row, column] of one mast, on the same window."""
    sectors, height, width = margin_db.shape
    rays = first.size - 1
    tx_m = mast_height(terrain, row, col) + tx_height_m
    across = np.empty(sectors)
    for ray in range(rays):
        bearing_deg = 360.0 * ray / rays
        for s in range(sectors):
            across[s] = horizontal_gain(horizontal[s], azimuth_deg[s], bearing_deg)
        for q in range(first[ray], first[ray + 1]):
            r = base_row + pull_row[q]
            c = base_col + pull_col[q]
            if r < row0 or c < col0 or r >= row0 + height or c >= col0 + width:
                continue
            distance = max(float(pull_sample[q]), MAST_PIXEL_STEPS) * resolution_m
            elevation_deg = math.degrees(math.atan2(terrain[r, c] + rx_height_m - tx_m, distance))
            for s in range(sectors):
                loss = loss_db[frequency[s], r - row0, c - col0]
                if not math.isnan(loss):
                    up = vertical_gain(vertical[s], elevation_deg)
                    margin_db[s, r - row0, c - col0] = margin_of(level_db[s], across[s], up, floor_db[s], loss)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def mark_cut(margin_db, server, row_of, mast_row, mast_col, samples, cut):  # type: ignore[no-untyped-def]
    """cut[sector] becomes True where a sector serves a pixel within 1.5 samples of its radius. `row_of` turns servers into sectors."""
    height, width = margin_db.shape
    for r in range(height):
        for c in range(width):
            if server[r, c] >= 0 and margin_db[r, c] >= 0.0:
                s = row_of[server[r, c]]
                if s >= 0:
                    down = r - mast_row[s]
                    across = c - mast_col[s]
                    rim = samples[s] - 1.5
                    if down * down + across * across > rim * rim:
                        cut[s] = True


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def least_excess(receivers, first, n, h, ground, tx_m, rx_height_m, constants, values, arrays, table, excess):  # type: ignore[no-untyped-def]
    """excess[q]: what the median loss is over free space at least, to samples `receivers[first:n]`. [dB]

    The Bullington construction is never below a single knife edge at any of its samples: taken are the transmitter's horizon and the sample
    before the receiver. Ducting can at most pull the loss towards free space by 1 - Fk (eqs. 60-62), troposcatter bounds it (eq. 63).
    """
    step_km = values[STEP_KM]
    curve = 500.0 * step_km * step_km / values[RADIUS_50]
    inverse = arrays[INVERSE]
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
    at = 1
    i = 1
    for q in range(first, n):
        j = receivers[q]
        while i < j:
            slope = (ground[i] - curve * (i * i) - tx_m) * inverse[i]
            if slope > steepest:
                steepest = slope
                at = i
            i += 1
        before = ground[j - 1] - curve * ((j - 1) * (j - 1)) - tx_m
        line = (h[j] + rx_height_m - curve * (j * j) - tx_m) * inverse[j]
        horizon = (steepest - line) * at
        beside = before - line * (j - 1)
        v = max(horizon * math.sqrt(j * inverse[at] * inverse[j - at]), beside * math.sqrt(j * inverse[j - 1]))
        v *= math.sqrt(positive if v > 0.0 else negative)
        d = j * step_km
        least = 0.0
        if v > -0.78:
            least = EDGE_DB[min(int((v + 0.78) * EDGE_STEPS), EDGE_DB.size - 1)] * table[FAR_FACTOR, j]
            least = least - SLACK_DB if least < gap - 15.0 else min(least, gap) - 1.6
        excess[q] = max(least, 0.0) * min(4.0 * d, 1.0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def best_over_terrain(  # type: ignore[no-untyped-def]
    best, server, row0, col0, skip, least_sample, most_sample, masts, terrain, clutter, has_clutter,
    mast_row, mast_col, tx_height_m, rx_height_m, latitude, mast_samples, mast_pull, mast_sector, mast_frequency,
    pull_first, pull_first_at, pull_rays, pull_sample, pull_row, pull_col,
    sector_index, azimuth_deg, level_db, floor_db, cut, frequency, layers, horizontal, vertical, all_constants, values, arrays, table,
):  # fmt: skip
    """Keep the best margin and the lowest of its sectors in best[layer, row, column], server[...]: the window at (`row0`, `col0`).

    A ray takes the pixels from sample `least_sample` to `most_sample`; with `skip`, only those whose margin in free space, and then with
    one knife edge, at the peak of the vertical cut, could still change a layer. Returns how many receivers were computed.
    """
    layer_count, height, width = best.shape
    longest = 0
    for m in masts:
        longest = max(longest, mast_samples[m])
    most = 2 * longest + 8
    frequencies = 1
    sector_most = 1
    for m in masts:
        frequencies = max(frequencies, mast_frequency[m + 1] - mast_frequency[m])
        sector_most = max(sector_most, mast_sector[m + 1] - mast_sector[m])
    h = np.zeros(longest + 1)
    ground = np.zeros(longest + 1)
    work = np.zeros((WORK_ROWS, longest + 1))
    buffer = np.empty((ROWS, most + 1))
    losses = np.empty((frequencies, most))
    receivers = np.empty(most, np.int64)
    at_row = np.empty(most, np.int64)
    at_col = np.empty(most, np.int64)
    across = np.empty(sector_most)
    excess = np.empty(most)
    bound = np.empty(layer_count)
    active = np.empty(layer_count, np.int64)
    computed = 0
    for m in masts:
        samples = min(mast_samples[m], most_sample)
        base_row = math.floor(mast_row[m] + 0.5)
        base_col = math.floor(mast_col[m] + 0.5)
        if base_row + samples + 1 < row0 or base_row - samples - 1 >= row0 + height:
            continue
        if base_col + samples + 1 < col0 or base_col - samples - 1 >= col0 + width:
            continue
        s0 = mast_sector[m]
        s1 = mast_sector[m + 1]
        f0 = mast_frequency[m]
        constants = all_constants[f0 : mast_frequency[m + 1]]
        tx_m = mast_height(terrain, mast_row[m], mast_col[m]) + tx_height_m[m]
        pull = mast_pull[m]
        rays = pull_rays[pull]
        seen = 0
        for s in range(s0, s1):
            seen |= layers[s]
        layers_here = 0
        for k in range(layer_count):
            if seen >> k & 1:
                active[layers_here] = k
                layers_here += 1
        for ray in range(rays):
            begin = pull_first[pull_first_at[pull] + ray]
            end = pull_first[pull_first_at[pull] + ray + 1]
            bearing_deg = 360.0 * ray / rays
            north = math.cos(math.radians(bearing_deg))
            east = math.sin(math.radians(bearing_deg))
            end_row = base_row - row0 - north * samples
            end_col = base_col - col0 + east * samples
            if max(end_row, base_row - row0) < -2.0 or min(end_row, base_row - row0) > height + 1.0:
                continue
            if max(end_col, base_col - col0) < -2.0 or min(end_col, base_col - col0) > width + 1.0:
                continue
            for k in range(layer_count):
                bound[k] = -np.inf
            for s in range(s0, s1):
                across[s - s0] = horizontal_gain(horizontal[cut[s]], azimuth_deg[s], bearing_deg)
                highest = level_db[s] + max(across[s - s0], floor_db[s]) - constants[frequency[s], FREE_DB] + SLACK_DB
                for k in range(layer_count):
                    if layers[s] >> k & 1:
                        bound[k] = max(bound[k], highest)
            n = 0
            near = 0
            for q in range(begin, end):
                j = pull_sample[q]
                if j < least_sample or j > samples:
                    continue
                r = base_row + pull_row[q] - row0
                c = base_col + pull_col[q] - col0
                if r < 0 or c < 0 or r >= height or c >= width:
                    continue
                wanted = not skip or j < 2
                if not wanted:
                    highest = table[LOG_DISTANCE, j]
                    for a in range(layers_here):
                        if not (bound[active[a]] - highest < best[active[a], r, c]):
                            wanted = True
                            break
                if wanted:
                    receivers[n] = j
                    at_row[n] = r
                    at_col[n] = c
                    n += 1
                    near += j < 2
            if n == 0:
                continue
            last = sample_ray(terrain, clutter, has_clutter, mast_row[m], mast_col[m], -north, east, receivers[n - 1], h, ground)
            while n > 0 and receivers[n - 1] > last:
                n -= 1
            near = min(near, n)
            if skip and n > near:
                least_excess(receivers, near, n, h, ground, tx_m, rx_height_m[m], constants, values, arrays, table, excess)
                kept = near
                for q in range(near, n):
                    lowered = table[LOG_DISTANCE, receivers[q]] + excess[q]
                    for a in range(layers_here):
                        if not (bound[active[a]] - lowered < best[active[a], at_row[q], at_col[q]]):
                            receivers[kept] = receivers[q]
                            at_row[kept] = at_row[q]
                            at_col[kept] = at_col[q]
                            kept += 1
                            break
                n = kept
            for q in range(near):
                rise = h[0] + tx_height_m[m] - h[receivers[q]] - rx_height_m[m]
                for k in range(constants.shape[0]):
                    losses[k, q] = loss_beside_mast(receivers[q], values[STEP_KM], rise, constants[k])
            if n > near:
                losses_along_ray(
                    receivers[near:], n - near, h, ground, north, east, latitude[m], tx_height_m[m], rx_height_m[m],
                    values, arrays, table, constants, work, buffer, losses[:, near:],
                )  # fmt: skip
            computed += n
            for q in range(n):
                r = at_row[q]
                c = at_col[q]
                distance = max(float(receivers[q]), MAST_PIXEL_STEPS) * values[STEP_KM] * 1000.0
                elevation_deg = math.degrees(math.atan2(terrain[r + row0, c + col0] + rx_height_m[m] - tx_m, distance))
                for s in range(s0, s1):
                    up = vertical_gain(vertical[cut[s]], elevation_deg)
                    margin = margin_of(level_db[s], across[s - s0], up, floor_db[s], losses[frequency[s], q])
                    index = sector_index[s]
                    for a in range(layers_here):
                        k = active[a]
                        if layers[s] >> k & 1:
                            old = best[k, r, c]
                            if margin > old or (margin == old and index < server[k, r, c]) or (math.isnan(old) and not math.isnan(margin)):
                                best[k, r, c] = margin
                                server[k, r, c] = index
    return computed
