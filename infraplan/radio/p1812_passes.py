"""One outward pass along a ray of ITU-R P.1812: what the profile is asked for, for every wanted receiver, free of frequency.

A receiver's profile has two parts: samples 1 .. LAST of the ray, shared with the other receivers of the ray, and a tail of its own up to
the receiver (`Tail`), its nominal point among it. Each pass walks the ray once, keeping a hull, and each tail point by point; each
`..._values` function then does the arithmetic for all receivers in one loop that vectorises. Results stand in rows of one buffer, a
column a receiver. Positions are in steps from the mast, slopes per step, heights in metres above sea level, d in km.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.radio.hulls import FAR, FAST, LN10, extreme, fast_exp, fast_log, least_clearance, push, tangent

# rows of the per-receiver buffer: what is given of it (see `p1812_fan.place_receiver`), then what the passes find
(
    J, RX, LAST, WEIGHT, CENTRE,
    SUM1, SUM2, UP_TX, UP_RX, OVER, SEEN_TX, SEEN_RX, CLEAR, TX_SLOPE, RX_RISE, TX_AT, RX_BACK,
    TX_OVER, RX_OVER, SMOOTH_TX, SMOOTH_RX, EDGE_50, EDGE_BETA, SLANT_DB, RX_SLOPE, TAN_ANGLE, LOSS_50, LOSS_BETA, LOWER, OUT,
) = range(30)  # fmt: skip
ROWS = 30
GIVEN_ROWS = 5
# J: distance [steps]; RX: antenna above sea level [m]; LAST: the last shared sample; WEIGHT: share of the excess over free space that
# counts; CENTRE: latitude of the path's centre [deg]


class Tail(NamedTuple):
    """The points before each receiver that are its own, receiver by receiver, outward; those of receiver q are first[q] : first[q + 1].

    `at`: position x [steps]; `ground`, `top`: height without and with clutter [m]; `inverse`, `reverse`: 1 / x and 1 / (distance - x).
    """

    first: npt.NDArray[np.int64]
    at: npt.NDArray[np.float64]
    ground: npt.NDArray[np.float64]
    top: npt.NDArray[np.float64]
    inverse: npt.NDArray[np.float64]
    reverse: npt.NDArray[np.float64]


@njit(cache=True, error_model="numpy", fastmath=True)
def steepest_of(heights, curve, at, inverse, base_m, first, end):  # type: ignore[no-untyped-def]
    """Steepest slope from height `base_m` to the flattened `heights`, distances given by their inverse."""
    best = -FAR
    for k in range(first, end):
        slope = (heights[k] - curve * at[k] * at[k] - base_m) * inverse[k]
        best = slope if slope > best else best
    return best


@njit(cache=True, error_model="numpy", fastmath=True)
def highest_over(heights, curve, at, base_m, slope, first, end):  # type: ignore[no-untyped-def]
    """Largest height of the flattened `heights` over the line base_m + slope x. [m]"""
    best = -FAR
    for k in range(first, end):
        over = heights[k] - curve * at[k] * at[k] - slope * at[k] - base_m
        best = over if over > best else best
    return best


@njit(cache=True, error_model="numpy", fastmath=True)
def nearest_below(heights, curve, at, inverse, reverse, base_m, slope, first, end):  # type: ignore[no-untyped-def]
    """Smallest clearance^2 / (x (j - x)) of the flattened `heights` below the line. [m^2]"""
    best = FAR
    for k in range(first, end):
        below = heights[k] - curve * at[k] * at[k] - slope * at[k] - base_m
        value = below * below * (inverse[k] * reverse[k])
        best = value if value < best else best
    return best


@njit(cache=True, error_model="numpy", fastmath=FAST, inline="always")
def first_sum(x0, h0, x1, h1):  # type: ignore[no-untyped-def]
    """A section's share of eq. 85."""
    return (x1 - x0) * (h1 + h0)


@njit(cache=True, error_model="numpy", fastmath=FAST, inline="always")
def second_sum(x0, h0, x1, h1):  # type: ignore[no-untyped-def]
    """A section's share of eq. 86."""
    return (x1 - x0) * (h1 * (2.0 * x1 + x0) + h0 * (x1 + 2.0 * x0))


@njit(cache=True, error_model="numpy", fastmath=FAST)
def obstruction_pass(pos, inverse, h, tail, rx_height_m, tx_m, n, xs, ys, buffer):  # type: ignore[no-untyped-def]
    """Running sums of eqs. 85-86 and the obstruction of the straight line over raw heights, eq. 89. Receivers ascend in LAST."""
    firsts, at, own, inverse_at, reverse = tail.first, tail.at, tail.ground, tail.inverse, tail.reverse
    top = 0
    steepest = -FAR
    last_extreme = 0
    sum1 = 0.0
    sum2 = 0.0
    i = 1
    for q in range(n):
        j = buffer[J, q]
        last = int(buffer[LAST, q])
        while i <= last:
            sum1 += first_sum(pos[i - 1], h[i - 1], pos[i], h[i])
            sum2 += second_sum(pos[i - 1], h[i - 1], pos[i], h[i])
            steepest = max(steepest, (h[i] - tx_m) * inverse[i])
            top = push(xs, ys, top, pos[i], h[i])
            i += 1
        rx_m = buffer[RX, q]
        line = (rx_m - tx_m) / j
        first = firsts[q]
        end = firsts[q + 1]
        s1 = sum1
        s2 = sum2
        s1 += first_sum(pos[last], h[last], at[first], own[first])
        s2 += second_sum(pos[last], h[last], at[first], own[first])
        for k in range(first + 1, end):
            s1 += first_sum(at[k - 1], own[k - 1], at[k], own[k])
            s2 += second_sum(at[k - 1], own[k - 1], at[k], own[k])
        seen = max(steepest, steepest_of(own, 0.0, at, inverse_at, tx_m, first, end))
        buffer[SUM1, q] = s1 + first_sum(at[end - 1], own[end - 1], j, rx_m - rx_height_m)
        buffer[SUM2, q] = s2 + second_sum(at[end - 1], own[end - 1], j, rx_m - rx_height_m)
        if seen > line:
            over = highest_over(own, 0.0, at, tx_m, line, first, end)
            back = steepest_of(own, 0.0, at, reverse, rx_m, first, end)
            if top > 0:
                t = tangent(xs, ys, top, j, rx_m)
                back = max(back, (ys[t] - rx_m) / (j - xs[t]))
                last_extreme = extreme(xs, ys, top, last_extreme, line)
                over = max(over, ys[last_extreme] - line * xs[last_extreme] - tx_m)
            buffer[UP_TX, q] = seen - line
            buffer[UP_RX, q] = back
            buffer[OVER, q] = over
        else:
            buffer[UP_TX, q] = 1.0
            buffer[UP_RX, q] = 0.0
            buffer[OVER, q] = 0.0


@njit(cache=True, error_model="numpy", fastmath=FAST)
def horizon_pass(pos, inverse, h, tail, tx_m, curve, n, xs, ys, flat, buffer):  # type: ignore[no-untyped-def]
    """Horizons of both ends over bare ground, Attachment 1 section 4. `curve` = 500 step^2 / a; `flat` receives the flattened heights."""
    firsts, at, own, inverse_at, reverse = tail.first, tail.at, tail.ground, tail.inverse, tail.reverse
    top = 0
    steepest = -FAR
    shared_at = 0.0
    i = 1
    for q in range(n):
        j = buffer[J, q]
        last = int(buffer[LAST, q])
        while i <= last:
            u = h[i] - curve * (pos[i] * pos[i])
            flat[i] = u
            top = push(xs, ys, top, pos[i], u)
            slope = (u - tx_m) * inverse[i]
            if slope > steepest:
                steepest = slope
                shared_at = pos[i]
            i += 1
        rx_u = buffer[RX, q] - curve * j * j
        line = (rx_u - tx_m) / j
        first = firsts[q]
        end = firsts[q + 1]
        seen = max(steepest, steepest_of(own, curve, at, inverse_at, tx_m, first, end))
        if seen <= line:  # line of sight: both horizon distances add up to the path
            buffer[TX_SLOPE, q] = line
            buffer[RX_RISE, q] = -line
            buffer[TX_AT, q] = 0.0
            buffer[RX_BACK, q] = j
        else:
            seen = steepest
            tx_at = shared_at
            back = -FAR
            rx_at = 0.0
            for k in range(first, end):
                slope = (own[k] - curve * at[k] * at[k] - tx_m) * inverse_at[k]
                if slope > seen:
                    seen = slope
                    tx_at = at[k]
                slope = (own[k] - curve * at[k] * at[k] - rx_u) * reverse[k]
                if slope >= back:
                    back = slope
                    rx_at = at[k]
            if top > 0:
                t = tangent(xs, ys, top, j, rx_u)
                slope = (ys[t] - rx_u) / (j - xs[t])
                if slope > back:
                    back = slope
                    rx_at = xs[t]
            buffer[TX_SLOPE, q] = seen
            buffer[TX_AT, q] = tx_at
            buffer[RX_RISE, q] = back
            buffer[RX_BACK, q] = j - rx_at


@njit(cache=True, error_model="numpy", fastmath=FAST)
def bullington_pass(pos, inverse, ground, tail, tx_m, curve, step_km, wavelength_m, n, xs, ys, flat, buffer):  # type: ignore[no-untyped-def]
    """What the Bullington construction needs, eqs. 13-19, over ground with clutter. `wavelength_m` is the longest in use: the Fresnel scan
    is left out only where no point can reach v = -0.78 even there."""
    firsts, at, tops, inverse_at, reverse = tail.first, tail.at, tail.top, tail.inverse, tail.reverse
    top = 0
    steepest = -FAR
    last_extreme = 0
    i = 1
    for q in range(n):
        j = buffer[J, q]
        last = int(buffer[LAST, q])
        while i <= last:
            u = ground[i] - curve * (pos[i] * pos[i])
            flat[i] = u
            top = push(xs, ys, top, pos[i], u)
            steepest = max(steepest, (u - tx_m) * inverse[i])
            i += 1
        rx_u = buffer[RX, q] - curve * j * j
        line = (rx_u - tx_m) / j
        first = firsts[q]
        end = firsts[q + 1]
        seen = max(steepest, steepest_of(tops, curve, at, inverse_at, tx_m, first, end))
        if seen < line:
            clearance = highest_over(tops, curve, at, tx_m, line, first, end)
            if top > 0:
                last_extreme = extreme(xs, ys, top, last_extreme, line)
                clearance = max(clearance, ys[last_extreme] - line * xs[last_extreme] - tx_m)
            best = FAR
            if clearance * math.sqrt(0.008 / (wavelength_m * (j * step_km))) > -0.78:
                best = nearest_below(tops, curve, at, inverse_at, reverse, tx_m, line, first, end)
                if last > 0:
                    best = min(best, least_clearance(flat, pos, last, j, tx_m, line))
            buffer[CLEAR, q] = best
            buffer[SEEN_TX, q] = 1.0
            buffer[SEEN_RX, q] = 1.0
        else:
            back = steepest_of(tops, curve, at, reverse, rx_u, first, end)
            if top > 0:
                t = tangent(xs, ys, top, j, rx_u)
                back = max(back, (ys[t] - rx_u) / (j - xs[t]))
            buffer[SEEN_TX, q] = seen
            buffer[SEEN_RX, q] = back
            buffer[CLEAR, q] = -1.0


@njit(cache=True, error_model="numpy", fastmath=FAST)
def edge_values(n, tx_m, curve, step_km, buffer, row):  # type: ignore[no-untyped-def]
    """Diffraction parameter v of eqs. 15 and 19 for a wavelength of 1 m, into `row`."""
    js = buffer[J, :n]
    rx = buffer[RX, :n]
    tx_slope = buffer[SEEN_TX, :n]
    rx_seen = buffer[SEEN_RX, :n]
    clear = buffer[CLEAR, :n]
    out = buffer[row, :n]
    scale = 0.002 * step_km
    for q in range(n):
        j = js[q]
        rx_u = rx[q] - curve * j * j
        rx_slope = rx_seen[q]
        at = (rx_u - tx_m + rx_slope * j) / (tx_slope[q] + rx_slope)
        product = at * (j - at)
        spread = scale * j / product if product > 0.0 else 1.0
        blocked = (tx_m + tx_slope[q] * at - (tx_m * (j - at) + rx_u * at) / j) * math.sqrt(spread) / step_km
        seen = -math.sqrt(max(clear[q], 0.0) * scale * j) / step_km
        out[q] = blocked if clear[q] < 0.0 else seen


@njit(cache=True, error_model="numpy", fastmath=FAST)
def height_values(n, tx_ground_m, tx_m, rx_height_m, step_km, radius_km, buffer):  # type: ignore[no-untyped-def]
    """Smooth-Earth heights (eqs. 85-92), free-space distance and the tangent of the angular distance (eq. 84)."""
    js = buffer[J, :n]
    rx = buffer[RX, :n]
    sum1 = buffer[SUM1, :n]
    sum2 = buffer[SUM2, :n]
    up_tx = buffer[UP_TX, :n]
    up_rx = buffer[UP_RX, :n]
    over = buffer[OVER, :n]
    tx_over = buffer[TX_OVER, :n]
    rx_over = buffer[RX_OVER, :n]
    smooth_tx = buffer[SMOOTH_TX, :n]
    smooth_rx = buffer[SMOOTH_RX, :n]
    slant = buffer[SLANT_DB, :n]
    tx_slope = buffer[TX_SLOPE, :n]
    rise = buffer[RX_RISE, :n]
    rx_slope = buffer[RX_SLOPE, :n]
    angle = buffer[TAN_ANGLE, :n]
    per_sample = 0.001 / step_km
    for q in range(n):
        j = js[q]
        d = j * step_km
        inverse_square = 1.0 / (j * j)
        fit_tx = (2.0 * sum1[q] * j - sum2[q]) * inverse_square
        fit_rx = (sum2[q] - sum1[q] * j) * inverse_square
        smooth_tx[q] = fit_tx
        smooth_rx[q] = fit_rx
        line = (rx[q] - tx_m) / j
        to_rx = up_rx[q] + line
        lowered = over[q] / (up_tx[q] + to_rx) if over[q] > 0.0 else 0.0
        tx_over[q] = tx_m - min(fit_tx - lowered * up_tx[q], tx_ground_m)
        rx_over[q] = rx[q] - min(fit_rx - lowered * to_rx, rx[q] - rx_height_m)
        rise_km = (tx_m - rx[q]) * 0.001
        slant[q] = 10.0 / LN10 * fast_log(d * d + rise_km * rise_km)
        back = rise[q] * per_sample - d / radius_km
        rx_slope[q] = back
        forward = tx_slope[q] * per_sample
        angle[q] = (forward + back) / (1.0 - forward * back)


@njit(cache=True, error_model="numpy", fastmath=FAST)
def knife_edge_values(n, step_km, root_wavelength, buffer, row, out_row):  # type: ignore[no-untyped-def]
    """Bullington loss of all receivers at one wavelength, eqs. 12 and 21."""
    js = buffer[J, :n]
    edge = buffer[row, :n]
    out = buffer[out_row, :n]
    scale = 1.0 / root_wavelength
    for q in range(n):
        v = edge[q] * scale
        t = max(v, -0.78) - 0.1
        one = 6.9 + 20.0 / LN10 * fast_log(math.sqrt(t * t + 1.0) + t)
        more = (1.0 - fast_exp(one * (-1.0 / 6.0))) * (10.0 + 0.02 * js[q] * step_km)
        out[q] = one + more if v > -0.78 else 0.0
