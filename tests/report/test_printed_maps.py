"""Pictures: the same bytes, nothing of the machine inside, a north arrow that points up, an error for a glyph that no font has."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from infraplan.errors import InfraplanError
from infraplan.report import fonts, printed_maps
from infraplan.report.margin_images import classes_of, web_picture

pytestmark = pytest.mark.usefixtures("chinese_font")


def test_same_bytes_and_no_metadata(contexts) -> None:
    png = printed_maps.coverage_figure(contexts[1][0], "nr")
    assert png == printed_maps.coverage_figure(contexts[1][0], "nr")
    assert set(Image.open(io.BytesIO(png)).info) <= {"dpi"}


def test_every_class_of_the_legend_is_on_the_map(contexts) -> None:
    city = contexts[1][0]
    picture = np.asarray(Image.open(io.BytesIO(printed_maps.coverage_figure(city, "nr"))).convert("RGB")).reshape(-1, 3)
    colours = {tuple(colour) for colour in np.unique(picture, axis=0).tolist()}
    for index in np.unique(classes_of(city.margins["nr"])):
        if index != 255:
            colour = printed_maps.margin_colours()[index]
            assert tuple(int(colour[k : k + 2], 16) for k in (1, 3, 5)) in colours


def test_the_north_arrow_points_up(contexts) -> None:
    from matplotlib.patches import Polygon

    figure, axes = printed_maps._map_axes((0.0, 0.0, 100_000.0, 80_000.0))
    printed_maps._furniture(figure, axes, printed_maps.Words("zh"))
    arrows = [patch.get_xy() for patch in figure.patches if isinstance(patch, Polygon)]
    assert len(arrows) == 2
    for corners in arrows:
        tip = corners[corners[:, 1].argmax()]
        assert np.isclose(tip[0], np.median(corners[:, 0])) or (corners[:, 1] < tip[1]).sum() >= 2
        assert (corners[:, 1] == corners[:, 1].max()).sum() <= 2 and corners[0, 1] > corners[1, 1]


@pytest.mark.parametrize(("most_m", "length_m"), [(1200, 1000), (4999, 2000), (5000, 5000), (99_000, 50_000), (7, 5)])
def test_scale_bars_are_round(most_m: float, length_m: float) -> None:
    assert printed_maps.scale_length_m(most_m) == pytest.approx(length_m)


def test_a_missing_glyph_is_named(contexts) -> None:
    city = contexts[1][0]
    zones = city.zones.copy()
    zones.loc[zones["level"] == "county", "name"] = "甲\U0001f9ff县"
    with pytest.raises(InfraplanError, match="U\\+1F9FF"):
        printed_maps.coverage_figure(replace(city, zones=zones), "nr")


def test_no_font_is_an_error_with_a_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FAMILIES", ("No Such Font",))
    monkeypatch.setattr(fonts, "_looks_chinese", lambda path: False)
    fonts.chinese_family.cache_clear()
    try:
        with pytest.raises(InfraplanError, match="fonts-noto-cjk"):
            fonts.chinese_family()
    finally:
        fonts.chinese_family.cache_clear()


def test_the_overlay_lies_where_the_pixels_lie(contexts) -> None:
    """A single bright pixel keeps its longitude and latitude through the reprojection, within a pixel."""
    grid = contexts[1][0].grid
    margin = np.full(grid.shape, np.nan, np.float32)
    row, col = grid.height // 3, grid.width // 4
    margin[row - 1 : row + 2, col - 1 : col + 2] = 25.0
    picture = web_picture(grid, margin)
    image = np.asarray(Image.open(io.BytesIO(picture.png)))
    rows, cols = np.nonzero(image != 255)
    (south, west), (north, east) = picture.bounds
    mercator = lambda lat: np.log(np.tan(np.pi / 4 + np.radians(lat) / 2))  # noqa: E731
    lon = west + (east - west) * (cols.mean() + 0.5) / image.shape[1]
    height = mercator(north) + (mercator(south) - mercator(north)) * (rows.mean() + 0.5) / image.shape[0]
    lat = np.degrees(2 * np.arctan(np.exp(height)) - np.pi / 2)
    x, y = grid.project(lon, lat)
    expected = grid.centre_of(row, col)
    assert np.hypot(float(x) - float(expected[0]), float(y) - float(expected[1])) < grid.resolution_m
