"""One outward pass along a ray of ITU-R P.1812: what the profile is asked for, for every wanted receiver, free of frequency.

Each pass walks the samples once, keeping a hull; each `..._values` function then does the arithmetic for all receivers in one
loop that vectorises. Results stand in rows of one buffer, a column a receiver. Slopes are per sample, heights in metres above
sea level, d in km.
"""

from __future__ import annotations

import math

from numba import njit

from infraplan.radio.hulls import FAR, FAST, LN10, extreme, fast_exp, fast_log, least_clearance, push, tangent

# rows of the per-receiver buffer
(
    J, RX, SUM1, SUM2, UP_TX, UP_RX, UP_RUN, OVER, SEEN_TX, SEEN_RX, SEEN_RUN, CLEAR, TX_SLOPE, RX_RISE, RX_RUN, TX_AT, RX_BACK,
    TX_OVER, RX_OVER, SMOOTH_TX, SMOOTH_RX, EDGE_50, EDGE_BETA, SLANT_DB, RX_SLOPE, TAN_ANGLE, LOSS_50, LOSS_BETA, LOWER, OUT, LN_B0,
) = range(31)  # fmt: skip
ROWS = 31


@njit(cache=True, error_model="numpy", fastmath=FAST)
def obstruction_pass(h, rx_height_m, tx_m, receivers, inverse, xs, ys, buffer):  # type: ignore[no-untyped-def]
    """Running sums of eqs. 85-86 and the obstruction of the straight line over raw heights, eq. 89."""
    top = 0
    steepest = -FAR
    last_extreme = 0
    sum1 = 0.0
    sum2 = 0.0
    i = 1
    for q in range(receivers.size):
        j = receivers[q]
        while i < j:
            sum1 += h[i] + h[i - 1]
            sum2 += h[i] * (3 * i - 1) + h[i - 1] * (3 * i - 2)
            steepest = max(steepest, (h[i] - tx_m) * inverse[i])
            top = push(xs, ys, top, i, h[i])
            i += 1
        rx_m = h[j] + rx_height_m
        line = (rx_m - tx_m) * inverse[j]
        buffer[J, q] = j
        buffer[RX, q] = rx_m
        buffer[SUM1, q] = sum1 + h[j] + h[j - 1]
        buffer[SUM2, q] = sum2 + h[j] * (3 * j - 1) + h[j - 1] * (3 * j - 2)
        if steepest > line:
            t = tangent(xs, ys, top, j, rx_m)
            last_extreme = extreme(xs, ys, top, last_extreme, line)
            buffer[UP_TX, q] = steepest - line
            buffer[UP_RX, q] = ys[t] - rx_m
            buffer[UP_RUN, q] = j - xs[t]
            buffer[OVER, q] = ys[last_extreme] - line * xs[last_extreme] - tx_m
        else:
            buffer[UP_TX, q] = 1.0
            buffer[UP_RX, q] = 0.0
            buffer[UP_RUN, q] = 1.0
            buffer[OVER, q] = 0.0


@njit(cache=True, error_model="numpy", fastmath=FAST)
def horizon_pass(h, rx_height_m, tx_m, curve, receivers, inverse, xs, ys, flat, buffer):  # type: ignore[no-untyped-def]
    """Horizons of both ends over bare ground, Attachment 1 section 4. `curve` = 500 step^2 / a; `flat` receives the flattened heights."""
    top = 0
    steepest = -FAR
    at = 1
    i = 1
    for q in range(receivers.size):
        j = receivers[q]
        while i < j:
            u = h[i] - curve * (i * i)
            flat[i] = u
            top = push(xs, ys, top, i, u)
            slope = (u - tx_m) * inverse[i]
            if slope > steepest:
                steepest = slope
                at = i
            i += 1
        rx_u = h[j] + rx_height_m - curve * (j * j)
        line = (rx_u - tx_m) * inverse[j]
        if steepest <= line:  # line of sight: both horizon distances add up to the path
            buffer[TX_SLOPE, q] = line
            buffer[RX_RISE, q] = -line * j
            buffer[RX_RUN, q] = j
            buffer[TX_AT, q] = 0.0
            buffer[RX_BACK, q] = j
        else:
            t = tangent(xs, ys, top, j, rx_u)
            buffer[TX_SLOPE, q] = steepest
            buffer[RX_RISE, q] = ys[t] - rx_u
            buffer[RX_RUN, q] = j - xs[t]
            buffer[TX_AT, q] = at
            buffer[RX_BACK, q] = j - xs[t]


@njit(cache=True, error_model="numpy", fastmath=FAST)
def bullington_pass(ground, h, rx_height_m, tx_m, curve, step_km, wavelength_m, receivers, inverse, reverse, xs, ys, flat, buffer):  # type: ignore[no-untyped-def]
    """What the Bullington construction needs, eqs. 13-19, over ground with clutter. `wavelength_m` is the longest in use: the Fresnel scan
    is left out only where no sample can reach v = -0.78 even there."""
    top = 0
    steepest = -FAR
    last_extreme = 0
    i = 1
    for q in range(receivers.size):
        j = receivers[q]
        while i < j:
            u = ground[i] - curve * (i * i)
            flat[i] = u
            top = push(xs, ys, top, i, u)
            steepest = max(steepest, (u - tx_m) * inverse[i])
            i += 1
        rx_u = h[j] + rx_height_m - curve * (j * j)
        line = (rx_u - tx_m) * inverse[j]
        if steepest < line:
            last_extreme = extreme(xs, ys, top, last_extreme, line)
            clearance = ys[last_extreme] - line * xs[last_extreme] - tx_m
            buffer[CLEAR, q] = FAR
            if clearance * math.sqrt(0.008 / (wavelength_m * (j * step_km))) > -0.78:
                buffer[CLEAR, q] = least_clearance(flat, inverse, reverse, j, tx_m, line)
            buffer[SEEN_TX, q] = 1.0
            buffer[SEEN_RX, q] = 1.0
            buffer[SEEN_RUN, q] = 1.0
        else:
            t = tangent(xs, ys, top, j, rx_u)
            buffer[SEEN_TX, q] = steepest
            buffer[SEEN_RX, q] = ys[t] - rx_u
            buffer[SEEN_RUN, q] = j - xs[t]
            buffer[CLEAR, q] = -1.0


@njit(cache=True, error_model="numpy", fastmath=FAST)
def edge_values(n, tx_m, curve, step_km, buffer, row):  # type: ignore[no-untyped-def]
    """Diffraction parameter v of eqs. 15 and 19 for a wavelength of 1 m, into `row`."""
    js = buffer[J, :n]
    rx = buffer[RX, :n]
    tx_slope = buffer[SEEN_TX, :n]
    rise = buffer[SEEN_RX, :n]
    run = buffer[SEEN_RUN, :n]
    clear = buffer[CLEAR, :n]
    out = buffer[row, :n]
    scale = 0.002 * step_km
    for q in range(n):
        j = js[q]
        rx_u = rx[q] - curve * j * j
        rx_slope = rise[q] / run[q]
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
    up_run = buffer[UP_RUN, :n]
    over = buffer[OVER, :n]
    tx_over = buffer[TX_OVER, :n]
    rx_over = buffer[RX_OVER, :n]
    smooth_tx = buffer[SMOOTH_TX, :n]
    smooth_rx = buffer[SMOOTH_RX, :n]
    slant = buffer[SLANT_DB, :n]
    tx_slope = buffer[TX_SLOPE, :n]
    rise = buffer[RX_RISE, :n]
    run = buffer[RX_RUN, :n]
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
        to_rx = up_rx[q] / up_run[q] + line
        lowered = over[q] / (up_tx[q] + to_rx) if over[q] > 0.0 else 0.0
        tx_over[q] = tx_m - min(fit_tx - lowered * up_tx[q], tx_ground_m)
        rx_over[q] = rx[q] - min(fit_rx - lowered * to_rx, rx[q] - rx_height_m)
        rise_km = (tx_m - rx[q]) * 0.001
        slant[q] = 10.0 / LN10 * fast_log(d * d + rise_km * rise_km)
        back = rise[q] / run[q] * per_sample - d / radius_km
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
