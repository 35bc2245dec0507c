"""Numba kernels of interference over terrain: which masts a receiver is computed with, and the levels of their sectors there."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from infraplan.arrays import Floats, Floats32, Ints
from infraplan.coverage.terrain_kernels import STEPS_PER_DB
from infraplan.coverage.terrain_pixels import horizontal_gain, near_atan2, vertical_gain
from infraplan.radio.ground_profiles import LEAST_PATH_M, class_at, height_at
from infraplan.radio.p1812_passes import BATCH, ROWS, RX, J
from infraplan.radio.p1812_paths import edges_of, horizons_of, losses_of, place_receivers, room_for_paths
from infraplan.radio.p1812_points import EARTH_M
from infraplan.radio.p1812_rays import order_by_ray
from infraplan.radio.p1812_tables import STEP_KM

PROBES = 6
"""Points of a path that are looked at for a rank."""
KNIFE_EDGE = 10.0**0.69
NEAREST_SQUARE_M2 = 1e4
"""Nearer masts rank as if they were 100 m away. [m^2]"""


class Senders(NamedTuple):
    """Masts of one carrier and the sectors on them: those of mast m are `sector[m]` to `sector[m + 1]`. Masts lie in square cells of
    `cell_m`, row by row from (`left_m`, `up_m`): those of cell c are `first[c]` to `first[c + 1]` of `mast`.

    `radiated_dbm`: what one resource element of a sector radiates at boresight. `power_mw` is the same as power, `across` and `up` are
    the antenna's cuts as power ratios, `least` its floor. `top_m`: the antenna above sea level. `wave_m`: the wavelength. [dBm], [mW], [m]
    """

    x_m: Floats
    y_m: Floats
    tx_height_m: Floats
    rx_height_m: Floats
    latitude: Floats
    sector: Ints
    azimuth_deg: Floats
    floor_db: Floats
    cut: Ints
    horizontal: Floats32
    vertical: Floats32
    radiated_dbm: Floats
    power_mw: Floats
    across: Floats32
    up: Floats32
    least: Floats
    top_m: Floats
    wave_m: float
    cell_m: float
    left_m: float
    up_m: float
    rows: int
    cols: int
    first: Ints
    mast: Ints


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def rank_of(senders, ground, m, px, py, foot_m, nominal_m):  # type: ignore[no-untyped-def]
    """About the power of a mast's sectors at a receiver: antenna patterns, distance to the power of -2.5, and the highest knife edge of
    a few points of the path. Only an order of size: what is left out is estimated by it. `foot_m`: ground at the receiver, `nominal_m`
    its nominal clutter distance."""
    dx, dy = px - senders.x_m[m], py - senders.y_m[m]
    square = max(dx * dx + dy * dy, NEAREST_SQUARE_M2)
    bearing_deg = near_atan2(dx, dy)
    length_m = math.sqrt(square)
    rise_m = senders.top_m[m] - foot_m - senders.rx_height_m[m]
    up = min(max(int(90.0 - near_atan2(rise_m, length_m)), 0), 179)
    total = 0.0
    for s in range(senders.sector[m], senders.sector[m + 1]):
        gain = senders.up[senders.cut[s], up]
        if not math.isnan(senders.azimuth_deg[s]):
            off = bearing_deg - senders.azimuth_deg[s]
            gain *= senders.across[senders.cut[s], int(off - 360.0 * math.floor(off / 360.0))]
        total += senders.power_mw[s] * max(gain, senders.least[s])
    highest = -1.0
    for k in range(PROBES + 1):  # the clutter around the receiver, then points at equal steps
        along = 1.0 - nominal_m / length_m if k == PROBES else (k + 0.5) / PROBES
        if along <= 0.0 or (k < PROBES and (1.0 - along) * length_m < nominal_m):
            continue
        x, y = senders.x_m[m] + along * dx, senders.y_m[m] + along * dy
        own = class_at(ground, px, py) if k == PROBES else class_at(ground, x, y)
        top_m = height_at(ground, x, y) + ground.clutter_height_m[own] + along * (1.0 - along) * square / (2.0 * EARTH_M)
        over = top_m - senders.top_m[m] + along * rise_m
        highest = max(highest, over * math.sqrt(2.0 / (senders.wave_m * along * (1.0 - along) * length_m)))
    lost = 1.0
    if highest > -0.78:  # eq. 12 of P.1812 as a ratio
        lost = KNIFE_EDGE * (math.sqrt((highest - 0.1) ** 2 + 1.0) + highest - 0.1) ** 2
    return total / (square * math.sqrt(length_m) * lost)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def choose_masts(senders, ground, px, py, serving, radius_m, strongest, sampled, mast_of, weight, room):  # type: ignore[no-untyped-def]
    """mast_of[receiver, k] and weight[receiver, k]: the masts to compute; -1 for none.

    They are the `strongest` by `rank_of`, the mast `serving` (-1: none), and `sampled` of the others within `radius_m`, drawn
    systematically with a chance in proportion to their rank. A sampled mast stands for all that are left out: its weight is theirs
    over its own, by rank. `room` is the number of masts near a receiver that fit. Returns the largest number that is needed.
    """
    near = np.empty(room, np.int64)
    rank = np.empty(room)
    top = np.empty(strongest, np.int64)
    most = 0
    for i in range(len(px)):
        count = 0
        foot_m, nominal_m = height_at(ground, px[i], py[i]), ground.nominal_m[class_at(ground, px[i], py[i])]
        # 1. Every mast within the radius gets a rank; cells of masts save looking at all of them.
        low_col = max(math.floor((px[i] - radius_m - senders.left_m) / senders.cell_m), 0)
        high_col = min(math.floor((px[i] + radius_m - senders.left_m) / senders.cell_m), senders.cols - 1)
        low_row = max(math.floor((senders.up_m - py[i] - radius_m) / senders.cell_m), 0)
        high_row = min(math.floor((senders.up_m - py[i] + radius_m) / senders.cell_m), senders.rows - 1)
        for row in range(low_row, high_row + 1):
            for col in range(low_col, high_col + 1):
                cell = row * senders.cols + col
                for k in range(senders.first[cell], senders.first[cell + 1]):
                    m = senders.mast[k]
                    dx, dy = px[i] - senders.x_m[m], py[i] - senders.y_m[m]
                    if dx * dx + dy * dy <= radius_m * radius_m:
                        if count < room:
                            near[count] = m
                            rank[count] = rank_of(senders, ground, m, px[i], py[i], foot_m, nominal_m)
                        count += 1
        most = max(most, count)
        if count > room:
            continue
        # 2. The strongest are kept in falling order, of equal ones the first: most masts end at the first comparison.
        taken = 0
        for k in range(count):
            j = taken
            while j > 0 and rank[k] > rank[top[j - 1]]:
                j -= 1
            if j < strongest:
                for q in range(min(taken, strongest - 1), j, -1):
                    top[q] = top[q - 1]
                top[j] = k
                taken = min(taken + 1, strongest)
        total = 0.0
        for j in range(taken):
            mast_of[i, j], weight[i, j] = near[top[j]], 1.0
            rank[top[j]] = 0.0
        # 3. The mast of the map's server is always computed: behind a hill the ranks may not find it.
        if serving[i] >= 0:
            for k in range(count):
                if near[k] == serving[i] and rank[k] > 0.0:
                    mast_of[i, strongest], weight[i, strongest] = near[k], 1.0
                    rank[k] = 0.0
        # 4. Of the rest, masts are drawn at equal steps of the running sum of ranks: the chance of each is in proportion to its rank, and
        #    the same receiver draws the same masts on every machine. One that is hit twice stands for twice as much.
        for k in range(count):
            total += rank[k]
        done = 0.0
        j = 0
        for k in range(count):
            if rank[k] <= 0.0:
                continue
            done += rank[k]
            hits = 0
            while j < sampled and (j + 0.5) * total <= done * sampled:
                hits += 1
                j += 1
            if hits:
                at = strongest + j
                mast_of[i, at], weight[i, at] = near[k], hits * total / (sampled * rank[k])
    return most


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def in_steps(level_dbm):  # type: ignore[no-untyped-def]
    """A level in steps of 1/1024 dB."""
    return math.floor(level_dbm * STEPS_PER_DB + 0.5) / STEPS_PER_DB


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def levels_of_pairs(  # type: ignore[no-untyped-def]
    senders, masts, starts, receiver, px, py, ground, values, constants, longest_m, top_dbm, top_sector, power_mw, beside_mw
):
    """Of each pair of a mast and a receiver: the level of the strongest sector, the sector, the power of all sectors of the mast, and that
    of the others where the strongest serves.

    Below a mast every sector's gain is the floor of its pattern, as if all were equally strong. The floor is that of one element of a panel
    (TR 38.901, section 7.3); what the panel does in elevation is common to all sectors, and their horizontal cuts still differ. So
    beside the serving sector those of its own mast are weaker by the difference of vertical cut, not below the floor, and horizontal cut.

    The pairs of `masts[k]` are `starts[k]` to `starts[k + 1]` of `receiver`. Where a path leaves the known ground they stay as they were.
    """
    step_m = values[STEP_KM] * 1000.0
    most = 1
    for k in range(len(masts)):
        most = max(most, starts[k + 1] - starts[k])
    ray, order, tally = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(4 * most, np.int64)
    x, y = np.empty(most), np.empty(most)
    kept = np.empty(BATCH, np.int64)
    buffer = np.empty((ROWS, BATCH))
    wanted = np.ones((1, BATCH), np.bool_)
    losses = np.empty((1, BATCH))
    paths = room_for_paths(longest_m, ground, step_m)
    for k in range(len(masts)):
        m = masts[k]
        x_m, y_m = senders.x_m[m], senders.y_m[m]
        mast_m = height_at(ground, x_m, y_m)
        if math.isnan(mast_m):
            continue
        n = starts[k + 1] - starts[k]
        for i in range(n):
            x[i], y[i] = px[receiver[starts[k] + i]], py[receiver[starts[k] + i]]
        order_by_ray(n, x, y, x_m, y_m, step_m, ray, order, tally)
        tx_height_m, rx_height_m = senders.tx_height_m[m], senders.rx_height_m[m]
        begin = np.int64(0)
        while begin < n:
            begin, count = place_receivers(
                ground, x_m, y_m, senders.latitude[m], rx_height_m, values, begin, n, x, y, ray, order, kept, buffer, paths
            )  # fmt: skip
            edges_of(count, mast_m, paths, tx_height_m, values, constants, buffer)
            horizons_of(count, mast_m, paths, tx_height_m, values, buffer)
            losses_of(count, mast_m, paths, tx_height_m, rx_height_m, values, constants, wanted, buffer, losses)
            for q in range(count):
                i = kept[q]
                pair = starts[k] + i
                bearing_deg = math.degrees(math.atan2(x[i] - x_m, y[i] - y_m))
                apart_m = max(buffer[J, q] * step_m, LEAST_PATH_M)
                elevation_deg = math.degrees(math.atan2(buffer[RX, q] - mast_m - tx_height_m, apart_m))
                total = 0.0
                apart = 0.0
                apart_of_top = 0.0
                for s in range(senders.sector[m], senders.sector[m + 1]):
                    across = horizontal_gain(senders.horizontal[senders.cut[s]], senders.azimuth_deg[s], bearing_deg)
                    up = vertical_gain(senders.vertical[senders.cut[s]], elevation_deg)
                    base = senders.radiated_dbm[s] - losses[0, q]
                    level = in_steps(base + max(across + up, senders.floor_db[s]))
                    alone_mw = 10.0 ** (0.1 * in_steps(base + across + max(up, senders.floor_db[s])))
                    total += 10.0 ** (0.1 * level)
                    apart += alone_mw
                    if not level < top_dbm[pair]:
                        if level == top_dbm[pair]:  # of sectors at their floors the one that looks this way serves
                            apart_of_top = max(apart_of_top, alone_mw)
                        else:
                            top_dbm[pair], top_sector[pair], apart_of_top = level, s, alone_mw
                power_mw[pair] = total
                beside_mw[pair] = 10.0 ** (0.1 * top_dbm[pair]) * max(apart / apart_of_top - 1.0, 0.0)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def sum_pairs(pair_of, weight, top_dbm, top_sector, power_mw, beside_mw, index, own_dbm, server, others_mw):  # type: ignore[no-untyped-def]
    """Adds the pairs of each receiver to the strongest level so far, its sector, and the power of all others.

    `pair_of[receiver, k]` is -1 for no pair. A pair of weight 1 may serve; of equal levels the lowest `index` does.
    """
    for i in range(pair_of.shape[0]):
        total = others_mw[i] + (10.0 ** (0.1 * own_dbm[i]) if server[i] >= 0 else 0.0)
        serving = -1
        for k in range(pair_of.shape[1]):
            pair = pair_of[i, k]
            if pair < 0 or top_sector[pair] < 0:
                continue
            total += weight[i, k] * power_mw[pair]
            number = index[top_sector[pair]]
            better = server[i] < 0 or top_dbm[pair] > own_dbm[i] or (top_dbm[pair] == own_dbm[i] and number < server[i])
            if weight[i, k] == 1.0 and better:
                own_dbm[i], server[i] = top_dbm[pair], number
                serving = pair
        if serving >= 0:
            others_mw[i] = max(total - power_mw[serving], 0.0) + beside_mw[serving]
        elif server[i] >= 0:
            others_mw[i] = max(total - 10.0 ** (0.1 * own_dbm[i]), 0.0)
