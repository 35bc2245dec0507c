"""Coordinates as Chinese web maps shift them: GCJ-02, BD-09 and Baidu's Mercator, to WGS-84 and back.

GCJ-02 moves a point by 100 to 700 m along a fixed pattern, inside the mainland only. BD-09 adds a second shift to GCJ-02; BD-09MC is
BD-09 on Baidu's own Mercator plane. None of them has an EPSG code, and none is written to a file here. CGCS2000 equals WGS-84 within a
metre.

The shift's formulas are public since 2010 (the "eviltransform" reconstruction); the constants below are from it. Outlines: see
`in_shifted_area`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Bools, Floats
from infraplan.presets import choose

Pair = tuple[Floats, Floats]

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc")
KRASOVSKY_AXIS_M = 6_378_245.0
KRASOVSKY_E2 = 0.00669342162296594323
BAIDU_ANGLE = np.pi * 3000.0 / 180.0
CHUNK = 16_384  # points at a time: the intermediate arrays stay in the processor's cache
ITERATIONS = 4  # each divides the error of the inverse by about 150


def _shift_deg(lon: Floats, lat: Floats) -> Pair:
    """GCJ-02 minus WGS-84 at a WGS-84 point inside the mainland. [degrees]"""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north_m += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east_m += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * 2.0 / 3.0
    sine = np.sin(np.radians(lat))
    squeeze = 1.0 - KRASOVSKY_E2 * sine * sine
    meridian_m = KRASOVSKY_AXIS_M * (1.0 - KRASOVSKY_E2) / (squeeze * np.sqrt(squeeze))
    parallel_m = KRASOVSKY_AXIS_M / np.sqrt(squeeze) * np.cos(np.radians(lat))
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _always_to_gcj02(lon: Floats, lat: Floats) -> Pair:
    east, north = _shift_deg(lon, lat)
    return lon + east, lat + north


def _always_from_gcj02(lon: Floats, lat: Floats) -> Pair:
    guess_lon, guess_lat = lon, lat
    for _ in range(ITERATIONS):
        east, north = _shift_deg(guess_lon, guess_lat)
        guess_lon, guess_lat = lon - east, lat - north
    return guess_lon, guess_lat


def in_shifted_area(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Bools:
    """True where GCJ-02 differs from WGS-84: inside the mainland's outline.

    Hong Kong, Macau and Taiwan are outside: their coordinates are passed through unchanged, as are those of all other countries. The
    outlines are in `presets/datum_outlines.toml`, which names their source and how far they were simplified.
    """
    import shapely

    x, y = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    return np.asarray(shapely.contains_xy(_mainland(), x, y), dtype=bool)


@cache
def _mainland() -> Any:
    import shapely

    from infraplan.presets import load

    outlines = load("datum_outlines")

    def area(name: str) -> Any:
        rings = [np.array(ring.split(), dtype=float).reshape(-1, 2) for ring in outlines[name]["rings"]]
        return shapely.union_all([shapely.make_valid(shapely.Polygon(ring)) for ring in rings])

    mainland = area("mainland").difference(area("hong_kong")).difference(area("macau"))
    shapely.prepare(mainland)
    return mainland


def _to_gcj02(lon: Floats, lat: Floats) -> Pair:
    moved_lon, moved_lat = _always_to_gcj02(lon, lat)
    inside = in_shifted_area(lon, lat)
    return np.where(inside, moved_lon, lon), np.where(inside, moved_lat, lat)


def _from_gcj02(lon: Floats, lat: Floats) -> Pair:
    """A point that two places could have been moved to (a strip as wide as the shift along the border) is read as the mainland one's."""
    back_lon, back_lat = _always_from_gcj02(lon, lat)
    inside = in_shifted_area(back_lon, back_lat) | in_shifted_area(lon, lat)
    return np.where(inside, back_lon, lon), np.where(inside, back_lat, lat)


def _gcj02_to_bd09(lon: Floats, lat: Floats) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BAIDU_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BAIDU_ANGLE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _bd09_to_gcj02(lon: Floats, lat: Floats) -> Pair:
    x, y = lon - 0.0065, lat - 0.006
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    guess_lon, guess_lat = x, y
    for _ in range(ITERATIONS):
        fixed_radius = radius - 0.00002 * np.sin(guess_lat * BAIDU_ANGLE)
        fixed_angle = angle - 0.000003 * np.cos(guess_lon * BAIDU_ANGLE)
        guess_lon, guess_lat = fixed_radius * np.cos(fixed_angle), fixed_radius * np.sin(fixed_angle)
    return guess_lon, guess_lat


def to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> Pair:
    """Longitudes and latitudes in WGS-84.

    Parameters
    ----------
    lon, lat : array_like
        Coordinates in `datum`; degrees, for bd09mc metres east and north. NaN stays NaN.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}

    Returns
    -------
    (lon, lat) : arrays of the inputs' broadcast shape. [degrees]
        A round trip with `from_wgs84` closes within 1e-9 degrees, except in the strip outside the border that the shift reaches.
    """
    steps: dict[str, list[Callable[[Floats, Floats], Pair]]] = {
        "wgs84": [],
        "cgcs2000": [],
        "gcj02": [_from_gcj02],
        "bd09": [_bd09_to_gcj02, _from_gcj02],
        "bd09mc": [_bd09mc_to_bd09, _bd09_to_gcj02, _from_gcj02],
    }
    return _in_chunks(lon, lat, steps[choose(datum, DATUMS, "datum")])


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> Pair:
    """WGS-84 longitudes and latitudes in another datum; see `to_wgs84`. For display on that map only: it has no EPSG code."""
    steps: dict[str, list[Callable[[Floats, Floats], Pair]]] = {
        "wgs84": [],
        "cgcs2000": [],
        "gcj02": [_to_gcj02],
        "bd09": [_to_gcj02, _gcj02_to_bd09],
        "bd09mc": [_to_gcj02, _gcj02_to_bd09, _bd09_to_bd09mc],
    }
    return _in_chunks(lon, lat, steps[choose(datum, DATUMS, "datum")])


def _in_chunks(lon: npt.ArrayLike, lat: npt.ArrayLike, steps: list[Callable[[Floats, Floats], Pair]]) -> Pair:
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    shape = x.shape
    out_x, out_y = x.ravel().copy(), y.ravel().copy()
    for start in range(0, out_x.size if steps else 0, CHUNK):
        part = slice(start, start + CHUNK)
        with np.errstate(invalid="ignore", over="ignore"):
            for step in steps:
                out_x[part], out_y[part] = step(out_x[part], out_y[part])
    return out_x.reshape(shape), out_y.reshape(shape)


# Baidu's Mercator: per band of |northing|, lon = c0 + c1 |x| and lat = polynomial in |y| / scale. [metres -> degrees]
BANDS_M = (12_890_594.86, 8_362_377.87, 5_591_021.0, 3_481_989.83, 1_678_043.12, 0.0)
BANDS_DEG = (75.0, 60.0, 45.0, 30.0, 15.0, 0.0)
BAND_COEFFICIENTS = np.array([
    [1.410526172116255e-8, 8.98305509648872e-6, -1.9939833816331, 200.9824383106796, -187.2403703815547, 91.6087516669843,
     -23.38765649603339, 2.57121317296198, -0.03801003308653, 1.73379812e7],
    [-7.435856389565537e-9, 8.983055097726239e-6, -0.78625201886289, 96.32687599759846, -1.85204757529826, -59.36935905485877,
     47.40033549296737, -16.50741931063887, 2.28786674699375, 1.026014486e7],
    [-3.030883460898826e-8, 8.98305509983578e-6, 0.30071316287616, 59.74293618442277, 7.357984074871, -25.38371002664745,
     13.45380521110908, -3.29883767235584, 0.32710905363475, 6856817.37],
    [-1.981981304930552e-8, 8.983055099779535e-6, 0.03278182852591, 40.31678527705744, 0.65659298677277, -4.44255534477492,
     0.85341911805263, 0.12923347998204, -0.04625736007561, 4482777.06],
    [3.09191371068437e-9, 8.983055096812155e-6, 6.995724062e-5, 23.10934304144901, -2.3663490511e-4, -0.6321817810242,
     -0.00663494467273, 0.03430082397953, -0.00466043876332, 2555164.4],
    [2.890871144776878e-9, 8.983055095805407e-6, -3.068298e-8, 7.47137025468032, -3.53937994e-6, -0.02145144861037,
     -1.234426596e-5, 1.0322952773e-4, -3.23890364e-6, 826088.5],
])  # fmt: skip


def _band(sizes: Floats, starts: tuple[float, ...]) -> Floats:
    """Coefficients of each value's band, one row a value."""
    which = np.minimum(np.sum(sizes[:, None] < np.array(starts), axis=1), len(starts) - 1)
    return np.asarray(BAND_COEFFICIENTS[which], dtype=float)


def _bd09mc_to_bd09(east_m: Floats, north_m: Floats) -> Pair:
    band = _band(np.abs(north_m), BANDS_M)
    ratio = np.abs(north_m) / band[:, 9]
    lat = band[:, 8]
    for power in range(7, 1, -1):
        lat = lat * ratio + band[:, power]
    lon = band[:, 0] + band[:, 1] * np.abs(east_m)
    return np.copysign(lon, east_m), np.copysign(lat, north_m)


def _bd09_to_bd09mc(lon: Floats, lat: Floats) -> Pair:
    """The inverse of the polynomial by Newton's steps: within each band it is monotonic."""
    band = _band(np.abs(lat), BANDS_DEG)
    size = np.abs(lat)
    ratio = size / band[:, 3]
    for _ in range(8):
        value, slope = band[:, 8], np.zeros_like(size)
        for power in range(7, 1, -1):
            slope = slope * ratio + value
            value = value * ratio + band[:, power]
        ratio = ratio - (value - size) / slope
    east_m = (np.abs(lon) - band[:, 0]) / band[:, 1]
    return np.copysign(east_m, lon), np.copysign(ratio * band[:, 9], lat)
