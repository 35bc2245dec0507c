"""Numba kernels of the footprint over terrain: antenna patterns on path loss, and the best server with pixels skipped that cannot change.

Margins are kept in steps of 1/1024 dB: the last bits, which depend on how the processor groups its work, never reach a map.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from infraplan.arrays import Bools, Floats, Ints
from infraplan.coverage.own_clutter import drop_behind_clutter, least_far
from infraplan.coverage.receivers_in_rows import columns_near, count_rows, gap_within, longest_row, rows_near
from infraplan.coverage.row_screen import LANES, RowRoom, row_room, screen_row
from infraplan.coverage.terrain_bounds import PROBES, ducting_over, edge_for, excess_of, is_blocked
from infraplan.coverage.terrain_pixels import Pairs, fill_pairs, horizontal_gain, narrow, room_for_pairs, spares_of, vertical_gain
from infraplan.radio.fast_math import FAST, KERNEL
from infraplan.radio.ground_profiles import LEAST_PATH_M, class_at, height_at, most_nominal_of
from infraplan.radio.p1812_combine import far_factor
from infraplan.radio.p1812_passes import BATCH, EDGE_50, FIRST_ROWS, ROWS, RX, WEIGHT, J, Paths
from infraplan.radio.p1812_paths import edges_of, horizons_of, losses_of, place_receivers, room_for_paths
from infraplan.radio.p1812_rays import order_by_ray
from infraplan.radio.p1812_tables import STEP_KM

STEPS_PER_DB = 1024.0
CHUNK = 1 << 14
"""Receivers of a mast that are ordered by ray at a time."""


class Work(NamedTuple):
    """Room of `best_over_terrain`, used for one mast after another.

    `run` and `run_...` hold a run of a row. The next, up to `losses`, belong to receivers that are to be computed: place [m], distance
    squared, line and column, ray, order by ray, what each band may lose [dB]. `far_m`: how far each band reaches, `peak`: best gain of each
    antenna cut. The rest is a batch of `p1812_paths`.
    """

    run: RowRoom
    run_spare: Floats
    run_free: Floats
    run_most: Floats
    px: Floats
    py: Floats
    square: Floats
    at_row: Ints
    at_col: Ints
    ray: Ints
    order: Ints
    tally: Ints
    spare: Floats
    far_m: Floats
    peak: Floats
    pairs: Pairs
    kept: Ints
    buffer: Floats
    wanted: Bools
    losses: Floats
    paths: Paths


@njit(**KERNEL, inline="always")  # type: ignore[untyped-decorator]
def margin_of(level_db, gain_db, loss_db):  # type: ignore[no-untyped-def]
    """One margin in its steps. [dB]"""
    value = level_db + gain_db - np.float64(np.float32(loss_db))
    return np.float32(math.floor(value * STEPS_PER_DB + 0.5) / STEPS_PER_DB)


@njit(**KERNEL)  # type: ignore[untyped-decorator]
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
                margin_db[s, r, c] = margin_of(level_db[s], max(across + up, floor_db[s]), loss_db[frequency[s], r, c])


@njit(**KERNEL)  # type: ignore[untyped-decorator]
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


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def best_over_terrain(  # type: ignore[no-untyped-def]
    best, server, rows, around, skip, least_m, most_m, masts, ground,
    mast_x, mast_y, tx_height_m, rx_height_m, latitude, radius_m, mast_sector, mast_band,
    sector_index, reach_m, azimuth_deg, level_db, floor_db, cut, band, layers, horizontal, vertical, all_constants, values,
):  # fmt: skip
    """Keep the best margin and the lowest of its sectors in best[layer, row, column], server[...], at receivers in `Rows`; scattered ones
    have a single row there. `around`: their `Surroundings`.

    Receivers from `least_m` to below `most_m` of a mast are taken; with `skip`, only those whose margin in free space, then behind their
    own clutter, and then with one knife edge, could still change a layer, and of them only the bands that could. Returns how many
    receivers were computed.
    """
    longest_m = 1.0
    most_bands, most_sectors = np.int64(1), np.int64(1)
    for m in masts:
        longest_m = max(longest_m, min(radius_m[m], most_m))
        most_bands = max(most_bands, mast_band[m + 1] - mast_band[m])
        most_sectors = max(most_sectors, mast_sector[m + 1] - mast_sector[m])
    across = longest_row(rows, best.shape[2], longest_m)
    room = max(min(min(count_rows(rows, best), int(longest_m / rows.step_m) * 2 + 3) * across, CHUNK), across)
    peak = np.empty(horizontal.shape[0])
    for k in range(horizontal.shape[0]):
        peak[k] = horizontal[k].max()
    work = Work(
        row_room(across), np.empty((most_bands, across + LANES)), np.empty(across + LANES), np.empty(across + LANES), np.empty(room),
        np.empty(room), np.empty(room), np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64),
        np.empty(room, np.int64), np.empty(4 * room, np.int64), np.empty((most_bands, room)), np.empty(most_bands), peak,
        room_for_pairs(most_bands, most_sectors, best.shape[0]), np.empty(BATCH, np.int64), np.empty((ROWS, BATCH)),
        np.ones((most_bands, BATCH), np.bool_), np.empty((most_bands, BATCH)),
        room_for_paths(longest_m, ground, values[STEP_KM] * 1000.0),
    )  # fmt: skip
    computed = 0
    for m in masts:
        computed += best_of_mast(
            m, best, server, rows, around, skip, least_m, min(radius_m[m], most_m), ground, mast_x[m], mast_y[m], tx_height_m[m],
            rx_height_m[m], latitude[m], mast_sector[m], mast_sector[m + 1], sector_index, reach_m, azimuth_deg, level_db, floor_db, cut,
            band, layers, horizontal, vertical, all_constants[mast_band[m] : mast_band[m + 1]], values, work,
        )  # fmt: skip
    return computed


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def best_of_mast(  # type: ignore[no-untyped-def]
    m, best, server, rows, around, skip, least_m, outer_m, ground, x_m, y_m, tx_height_m, rx_height_m, latitude, s0, s1, sector_index,
    reach_m, azimuth_deg, level_db, floor_db, cut, band, layers, horizontal, vertical, constants, values, work,
):  # fmt: skip
    """`best_over_terrain` of one mast, whose sectors are `s0` to before `s1`: receivers from `least_m` to before `outer_m`."""
    width = best.shape[2]
    height = count_rows(rows, best)
    first_row, last_row = rows_near(rows, height, y_m, outer_m)
    if first_row > last_row:
        return 0
    step_m = values[STEP_KM] * 1000.0
    quick_m = 2.0 * PROBES * step_m
    bands = constants.shape[0]
    pairs, far_m, found, spare = work.pairs, work.far_m, work.run, work.spare
    fill_pairs(pairs, s0, s1, constants, azimuth_deg, level_db, floor_db, cut, band, layers, best.shape[0], work.peak)
    far_m[:] = 0.0
    for s in range(s0, s1):
        far_m[band[s]] = max(far_m[band[s]], reach_m[s])
    tx_m = height_at(ground, x_m, y_m) + tx_height_m
    nominal_m = ground.nominal_m[class_at(ground, x_m, y_m)]
    most_nominal_m = most_nominal_of(ground)
    both_m = nominal_m + most_nominal_m
    slowest = least_far(outer_m)
    room = work.px.size
    computed = 0
    n = np.int64(0)  # of a literal's own type `compute_pixels` and all below it would be compiled twice
    for r in range(first_row, last_row + 2):
        line = 0 if rows.scattered else r
        first_col, last_col = columns_near(rows, min(r, last_row), width, x_m, y_m, outer_m)
        if n > 0 and (r > last_row or n + last_col - first_col + 1 > room):
            computed += compute_pixels(
                best, server, skip, n, ground, x_m, y_m, latitude, tx_height_m, rx_height_m, values, constants, s0, s1, sector_index,
                reach_m, azimuth_deg, level_db, floor_db, cut, band, layers, horizontal, vertical, work,
            )  # fmt: skip
            n = np.int64(0)
        if r > last_row:
            break
        gap_first, gap_last = gap_within(rows, r, first_col, last_col, x_m, y_m, least_m)  # nothing within is wanted
        for side in range(2):
            begin = first_col if side == 0 else gap_last + 1
            end = gap_first - 1 if side == 0 else last_col
            if begin > end:
                continue
            # 1. Most receivers end here, many at a time.
            count = screen_row(
                best, rows, around, line, r, begin, end, x_m, y_m, tx_m, rx_height_m, both_m, slowest, skip, least_m, outer_m, far_m,
                pairs, constants, found,
            )  # fmt: skip
            if count == 0:
                continue
            # 2. Those that are left are looked at band by band.
            spares_of(best, line, found.found, count, found.square, skip, far_m, pairs, bands, work.run_free, work.run_spare, work.run_most)
            if skip:
                drop_behind_clutter(
                    around, line, found.found, count, tx_m, rx_height_m, both_m, constants, found.square, work.run_spare, work.run_most
                )  # fmt: skip
            # 3. And then with the gains towards each, and with a few points of its path.
            for i in range(count):
                if work.run_most[i] < 0.0:
                    continue
                c, dx, dy = found.found[i], found.dx[i], found.dy[i]
                for f in range(bands):
                    spare[f, n] = work.run_spare[f, i]
                if work.run_most[i] < np.inf:
                    rx_m = around.ground_m[line, c] + rx_height_m
                    narrow(
                        best, line, c, n, dx, dy, rx_m - tx_m, found.square[i], work.run_free[i], pairs, bands, azimuth_deg, floor_db, cut,
                        horizontal, vertical, spare,
                    )  # fmt: skip
                    enough = -np.inf
                    far = far_factor(math.sqrt(found.square[i]) * 0.001)
                    for f in range(bands):
                        if spare[f, n] >= 0.0:
                            enough = max(enough, edge_for(spare[f, n], far, constants[f]))
                    if enough == -np.inf or (
                        found.square[i] > quick_m * quick_m
                        and enough < np.inf
                        and is_blocked(ground, x_m, y_m, x_m + dx, y_m + dy, tx_m, rx_m, nominal_m, most_nominal_m, values, enough)
                    ):
                        continue
                work.px[n] = x_m + dx
                work.py[n] = y_m + dy
                work.square[n] = found.square[i]
                work.at_row[n] = line
                work.at_col[n] = c
                n += 1
    return computed


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def compute_pixels(  # type: ignore[no-untyped-def]
    best, server, skip, n, ground, x_m, y_m, latitude, tx_height_m, rx_height_m, values, constants, s0, s1, sector_index, reach_m,
    azimuth_deg, level_db, floor_db, cut, band, layers, horizontal, vertical, work,
):  # fmt: skip
    """Compute `n` pixels of a mast, those that still can change a layer, and keep the better margins.

    Returns how many receivers were computed.
    """
    step_m = values[STEP_KM] * 1000.0
    mast_m = height_at(ground, x_m, y_m)
    spare, kept, buffer, wanted, paths = work.spare, work.kept, work.buffer, work.wanted, work.paths
    order_by_ray(n, work.px, work.py, x_m, y_m, step_m, work.ray, work.order, work.tally)
    begin = np.int64(0)
    computed = 0
    while begin < n:
        begin, count = place_receivers(
            ground, x_m, y_m, latitude, rx_height_m, values, begin, n, work.px, work.py, work.ray, work.order, kept, buffer, paths
        )  # fmt: skip
        edges_of(count, mast_m, paths, tx_height_m, values, constants, buffer)
        if skip:
            count = drop_receivers(False, spare, values, constants, count, kept, buffer, paths)
        horizons_of(count, mast_m, paths, tx_height_m, values, buffer)
        if skip:
            count = drop_receivers(True, spare, values, constants, count, kept, buffer, paths)
        if count == 0:
            continue
        for f in range(constants.shape[0]):
            for q in range(count):
                wanted[f, q] = spare[f, kept[q]] >= 0.0
        losses_of(count, mast_m, paths, tx_height_m, rx_height_m, values, constants, wanted, buffer, work.losses)
        computed += count
        keep_margins(
            best, server, count, kept, work.at_row, work.at_col, work.px, work.py, work.square, x_m, y_m, mast_m + tx_height_m, step_m,
            buffer, wanted, work.losses, s0, s1, reach_m, azimuth_deg, level_db, floor_db, cut, band, layers, horizontal, vertical,
            sector_index, work.pairs,
        )  # fmt: skip
    return computed


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def keep_margins(  # type: ignore[no-untyped-def]
    best, server, count, kept, at_row, at_col, px, py, square, x_m, y_m, tx_m, step_m, buffer, wanted, losses, s0, s1, reach_m,
    azimuth_deg, level_db, floor_db, cut, band, layers, horizontal, vertical, sector_index, pairs,
):  # fmt: skip
    """Writes the margins of a mast's sectors at its placed receivers into the layers where they are better; ties go to the lowest index."""
    for q in range(count):
        i = kept[q]
        r = at_row[i]
        c = at_col[i]
        bearing_deg = math.degrees(math.atan2(px[i] - x_m, py[i] - y_m))
        elevation_deg = math.degrees(math.atan2(buffer[RX, q] - tx_m, buffer[J, q] * step_m))
        for g in range(pairs.counts[1]):
            s = pairs.sector[g]
            across = horizontal_gain(horizontal[cut[s]], azimuth_deg[s], bearing_deg)
            pairs.gain[g] = max(across + vertical_gain(vertical[cut[s]], elevation_deg), floor_db[s])
        for s in range(s0, s1):
            if not wanted[band[s], q] or square[i] > reach_m[s] * reach_m[s]:
                continue
            margin = margin_of(level_db[s], pairs.gain[pairs.beam[s - s0]], losses[band[s], q])
            index = sector_index[s]
            for k in range(best.shape[0]):
                if layers[s] >> k & 1:
                    old = best[k, r, c]
                    if margin > old or (margin == old and index < server[k, r, c]) or (math.isnan(old) and not math.isnan(margin)):
                        best[k, r, c] = margin
                        server[k, r, c] = index


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def drop_receivers(with_horizons, spare, values, constants, count, kept, buffer, paths):  # type: ignore[no-untyped-def]
    """Leave out bands of placed receivers that can change no layer (`spare` becomes negative), and receivers without any other; how many
    stay. With known horizons the bound of ducting is used too."""
    left = np.int64(0)
    for q in range(count):
        i = kept[q]
        d_km = buffer[J, q] * values[STEP_KM]
        stays = d_km <= 0.1
        far = far_factor(d_km)
        for f in range(constants.shape[0] if not stays else 0):
            spare_db = spare[f, i]
            if spare_db < 0.0:
                continue
            if spare_db < np.inf and spare_db < excess_of(buffer[EDGE_50, q], far, buffer[WEIGHT, q], constants[f], np.inf):
                duct_db = ducting_over(q, d_km, values, constants[f], buffer) if with_horizons else 0.0
                if spare_db < excess_of(buffer[EDGE_50, q], far, buffer[WEIGHT, q], constants[f], duct_db):
                    spare[f, i] = -1.0
                    continue
            stays = True
        if stays:
            if left < q:
                move_receiver(q, left, kept, buffer, paths)
            left += 1
    return left


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def move_receiver(source, target, kept, buffer, paths):  # type: ignore[no-untyped-def]
    """Moves a placed receiver to an earlier column; those between are dropped."""
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
