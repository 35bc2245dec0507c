"""Which pixels a mast is computed at: how much more than free space each band may lose there and still change a layer of the map."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.coverage.terrain_bounds import SLACK_DB
from infraplan.radio.fast_math import FAST, KERNEL, LN10, fast_log
from infraplan.radio.p1812_spherical import FREE_DB

NEAR_SQUARE_M2 = 1e4
"""Pixels nearer to a mast than this are always computed. [m^2]"""


class Pairs(NamedTuple):
    """The pairs of a band and a layer that sectors of a mast serve, and the beams (antenna cut and azimuth) they serve them with.

    `counts`: of pairs, of beams. A pair's `band`, `layer`, its `highest` margin in free space at 1 km with the best gain of any side, and
    `level[pair, beam]`, the same with a gain of 0 dB [dB]. A beam's `sector` (one that has it) and `bands`, a bit for each. `beam` of each
    sector of the mast. `gain` (of the beams), `found` and `place` (of the pairs) are room to work in.
    """

    counts: npt.NDArray[np.int64]
    band: npt.NDArray[np.int64]
    layer: npt.NDArray[np.int64]
    highest: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]
    sector: npt.NDArray[np.int64]
    bands: npt.NDArray[np.int64]
    beam: npt.NDArray[np.int64]
    gain: npt.NDArray[np.float64]
    found: npt.NDArray[np.float64]
    place: npt.NDArray[np.int64]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def room_for_pairs(most_bands, most_sectors, layer_count):  # type: ignore[no-untyped-def]
    """Room for the pairs of one mast."""
    room = most_bands * layer_count
    none = np.zeros(room, np.int64)
    of_sector = np.zeros(most_sectors, np.int64)
    return Pairs(
        np.zeros(2, np.int64), none, none.copy(), np.zeros(room), np.zeros((room, most_sectors)), of_sector, of_sector.copy(),
        of_sector.copy(), np.zeros(most_sectors), np.zeros(room), none.copy(),
    )  # fmt: skip


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def fill_pairs(pairs, s0, s1, constants, azimuth_deg, level_db, floor_db, cut, band, layers, layer_count, peak):  # type: ignore[no-untyped-def]
    """The pairs and beams of the sectors `s0` : `s1` of a mast; peak[cut] is the best gain of any side. [dB]"""
    beams = 0
    for s in range(s0, s1):
        g = 0
        while g < beams:
            t = pairs.sector[g]
            alike = azimuth_deg[t] == azimuth_deg[s] or (math.isnan(azimuth_deg[t]) and math.isnan(azimuth_deg[s]))
            if alike and cut[t] == cut[s] and floor_db[t] == floor_db[s]:
                break
            g += 1
        if g == beams:
            pairs.sector[g] = s
            pairs.bands[g] = 0
            beams += 1
        pairs.bands[g] |= 1 << band[s]
        pairs.beam[s - s0] = g
    # every combination of a band and a layer gets the highest margin of its sectors, then those that have one a place, in their order
    highest, place = pairs.found, pairs.place
    combinations = constants.shape[0] * layer_count
    for q in range(combinations):
        highest[q] = -np.inf
    for s in range(s0, s1):
        level = level_db[s] - constants[band[s], FREE_DB] + SLACK_DB
        for k in range(layer_count):
            if layers[s] >> k & 1:
                q = band[s] * layer_count + k
                highest[q] = max(highest[q], level + peak[cut[s]])
    count = 0
    for q in range(combinations):
        if highest[q] > -np.inf:
            pairs.band[count] = q // layer_count
            pairs.layer[count] = q % layer_count
            pairs.highest[count] = highest[q]
            for g in range(beams):
                pairs.level[count, g] = -np.inf
            place[q] = count
            count += 1
    for s in range(s0, s1):
        level = level_db[s] - constants[band[s], FREE_DB] + SLACK_DB
        if level + peak[cut[s]] > -np.inf:
            g = pairs.beam[s - s0]
            for k in range(layer_count):
                if layers[s] >> k & 1:
                    p = place[band[s] * layer_count + k]
                    pairs.level[p, g] = max(pairs.level[p, g], level)
    pairs.counts[0] = count
    pairs.counts[1] = beams


@njit(**KERNEL, inline="always")  # type: ignore[untyped-decorator]
def horizontal_gain(horizontal, azimuth_deg, bearing_deg):  # type: ignore[no-untyped-def]
    """Horizontal cut (0..361 degrees) off an azimuth; NaN is omni. [dB]"""
    if math.isnan(azimuth_deg):
        return 0.0
    off = bearing_deg - azimuth_deg
    if not -720.0 <= off < 720.0:
        off %= 360.0
    while off < 0.0:
        off += 360.0
    while off >= 360.0:
        off -= 360.0
    i = int(off)
    return horizontal[i] + (off - i) * (horizontal[i + 1] - horizontal[i])


@njit(**KERNEL, inline="always")  # type: ignore[untyped-decorator]
def vertical_gain(vertical, elevation_deg):  # type: ignore[no-untyped-def]
    """Vertical cut (-90..90 degrees). [dB]"""
    at = elevation_deg + 90.0
    i = min(max(int(at), 0), 179)
    return vertical[i] + (at - i) * (vertical[i + 1] - vertical[i])


@njit(**KERNEL, fastmath=FAST, inline="always")  # type: ignore[untyped-decorator]
def near_atan2(y, x):  # type: ignore[no-untyped-def]
    """Angle of (x, y) to within 2e-6 degrees: for bounds. [deg]"""
    u, v = abs(x), abs(y)
    t = min(u, v) / max(max(u, v), 1e-30)
    w = t * t
    tail = 0.1065626393 + w * (-0.0752896400 + w * (0.0429096138 + w * (-0.0161657367 + w * 0.0028662257)))
    angle = 180.0 / math.pi * t * (1.0 + w * (-0.3333314528 + w * (0.1999355085 + w * (-0.1420889944 + w * tail))))
    if v > u:
        angle = 90.0 - angle
    if x < 0.0:
        angle = 180.0 - angle
    return angle if y >= 0.0 else -angle


@njit(**KERNEL, fastmath=FAST, inline="always")  # type: ignore[untyped-decorator]
def spares_of(best, line, found, count, square, skip, far_m, pairs, bands, free, spare, most):  # type: ignore[no-untyped-def]
    """spare[f, i]: how much more than free space band f may lose at receiver found[i] of a line of `best`, square[i] from the mast, and
    still change, or equal, a layer, with the best gain of any side; negative where it cannot, infinite where all is to be computed.
    most[i]: the largest of a receiver. [dB]"""
    for i in range(count):
        free[i] = 10.0 / LN10 * fast_log(max(square[i], 1.0) * 1e-6)
        most[i] = -1.0
        for f in range(bands):
            spare[f, i] = -np.inf if skip else np.inf
    for p in range(pairs.counts[0] if skip else 0):
        highest, layer, row = pairs.highest[p], pairs.layer[p], spare[pairs.band[p]]
        for i in range(count):
            over = highest - np.float64(best[layer, line, found[i]])
            over = np.inf if over != over else over
            row[i] = over if over > row[i] else row[i]
    for f in range(bands):
        row = spare[f]
        far = min(far_m[f] * far_m[f], 1e300)
        for i in range(count):
            here = np.inf if square[i] <= NEAR_SQUARE_M2 else row[i] - free[i]
            here = here if square[i] <= far and here >= 0.0 else -1.0
            row[i] = here
            most[i] = here if here > most[i] else most[i]


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def narrow(  # type: ignore[no-untyped-def]
    best, r, c, n, dx, dy, rise_m, square, free, pairs, bands, azimuth_deg, floor_db, cut, horizontal, vertical, spare
):
    """`spare` of a pixel again, column `n`, with the gains towards it: `rise_m` is the receiver's antenna over the mast's."""
    bearing_deg = near_atan2(dx, dy)
    elevation_deg = near_atan2(rise_m, math.sqrt(square))
    alive = 0
    for f in range(bands):
        if spare[f, n] >= 0.0:
            alive |= 1 << f
            spare[f, n] = -1.0
    found = pairs.found
    count, beams = pairs.counts[0], pairs.counts[1]
    for p in range(count):
        found[p] = -np.inf
    for g in range(beams):
        if not pairs.bands[g] & alive:
            continue
        s = pairs.sector[g]
        across = horizontal_gain(horizontal[cut[s]], azimuth_deg[s], bearing_deg)
        gain = max(across + vertical_gain(vertical[cut[s]], elevation_deg), floor_db[s])
        for p in range(count):
            found[p] = max(found[p], pairs.level[p, g] + gain)
    for p in range(count):
        f = pairs.band[p]
        if alive >> f & 1:
            spare[f, n] = max(spare[f, n], found[p] - best[pairs.layer[p], r, c] - free)
