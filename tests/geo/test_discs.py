"""Squares against discs: exact by rational arithmetic, and by shapely's distances."""

from __future__ import annotations

from fractions import Fraction

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.geo.discs import meets_disc, pixel_span
from infraplan.geo.grids import Grid

X0, Y0, SIDE = 1000.0, 9000.0, 250.0
eighths = st.integers(0, 8 * 2500).map(lambda number: number / 8.0)
errors = st.one_of(st.just(0.0), st.integers(1, 8 * 900).map(lambda number: number / 8.0))


def exact(row: int, col: int, x_m: float, y_m: float, error_m: float) -> bool:
    """The definition, without rounding."""
    x, y, side = Fraction(x_m), Fraction(y_m), Fraction(SIDE)
    left, top = Fraction(X0) + col * side, Fraction(Y0) - row * side
    if error_m == 0:
        return left <= x < left + side and top - side < y <= top
    dx, dy = max(left - x, x - left - side, Fraction(0)), max(y - top, top - side - y, Fraction(0))
    return dx * dx + dy * dy <= Fraction(error_m) ** 2


@settings(deadline=None)
@given(east=eighths, south=eighths, error_m=errors)
def test_squares_that_meet_the_disc_and_no_others(east: float, south: float, error_m: float) -> None:
    x_m, y_m = X0 + east, Y0 - south
    row, col = (int(v) for v in (south // SIDE, east // SIDE))
    span = pixel_span(error_m, SIDE)
    for r in range(row - 6, row + 7):
        for c in range(col - 6, col + 7):
            assert meets_disc(r, c, x_m, y_m, error_m, X0, Y0, SIDE) == exact(r, c, x_m, y_m, error_m)
            if meets_disc(r, c, x_m, y_m, error_m, X0, Y0, SIDE):
                assert abs(r - row) <= span and abs(c - col) <= span


@settings(deadline=None)
@given(x_m=st.floats(1000, 3500), y_m=st.floats(6500, 9000), error_m=st.floats(1, 900))
def test_distances_are_those_of_the_polygons(x_m: float, y_m: float, error_m: float) -> None:
    grid = Grid("EPSG:3857", X0, Y0, SIDE, 12, 12)
    point = shapely.Point(x_m, y_m)
    for row in range(grid.height):
        for col in range(grid.width):
            square = shapely.box(X0 + col * SIDE, Y0 - (row + 1) * SIDE, X0 + (col + 1) * SIDE, Y0 - row * SIDE)
            apart_m = shapely.distance(point, square)
            if abs(apart_m - error_m) > 1e-6:
                assert meets_disc(row, col, x_m, y_m, error_m, X0, Y0, SIDE) == (apart_m <= error_m)


@settings(deadline=None)
@given(east=eighths, south=eighths)
def test_without_error_a_point_lies_in_the_pixel_the_grid_gives_it(east: float, south: float) -> None:
    grid = Grid("EPSG:3857", X0, Y0, SIDE, 12, 12)
    row, col = (int(v[0]) for v in grid.pixel_of(X0 + east, Y0 - south))
    meeting = [(r, c) for r in range(12) for c in range(12) if meets_disc(r, c, X0 + east, Y0 - south, 0.0, X0, Y0, SIDE)]
    assert meeting == [(row, col)]
