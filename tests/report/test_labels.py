"""Labels on printed maps keep every stroke, wherever between two pixels they stand."""

from __future__ import annotations

import io
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from PIL import Image

from infraplan.report import printed_maps

FINE = 8
OFFSETS_PX = ((0.0, 0.0), (0.25, 0.5), (0.5, 0.25), (0.75, 0.75), (0.4, 0.1), (0.1, 0.6))
MOST_LOST = 0.15  # of the ink of a column or row; a stroke of 中 moved to whole pixels is 0.35 and more


pytestmark = pytest.mark.usefixtures("chinese_font")


def ink(label: str, offset_px: tuple[float, float], dpi: int, finer: int = 1, snap: Any = False) -> npt.NDArray[np.float64]:
    """Darkness (0..255) of a label as maps draw it, so many pixels of `dpi` from the middle, on pixels `finer` times as fine."""
    width_in, height_in = 0.8, 0.4
    with printed_maps.type_face():
        figure = printed_maps.canvas(width_in, height_in)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, width_in * dpi)
        axes.set_ylim(0, height_in * dpi)
        x, y = width_in * dpi / 2 + offset_px[0], height_in * dpi / 2 + offset_px[1]
        printed_maps._names(axes, gpd.GeoDataFrame(geometry=[shapely.box(x - 1, y - 1, x + 1, y + 1)]), [label])
        if snap is False:
            png = printed_maps.png_of(figure, dpi * finer)
        else:
            stream = io.BytesIO()
            figure.savefig(stream, format="png", dpi=dpi * finer)
            png = stream.getvalue()
    return 255.0 - np.asarray(Image.open(io.BytesIO(png)).convert("L"), float)


def lost(label: str, offset_px: tuple[float, float], dpi: int, snap: Any = False) -> float:
    """Largest difference of a row's or column's ink from the label drawn finely, shifted to fit best, as a share of the most."""
    coarse, fine = ink(label, offset_px, dpi, snap=snap), ink(label, offset_px, dpi, FINE)
    height, width = coarse.shape
    fine = np.pad(fine, ((0, max(0, height * FINE - fine.shape[0])), (0, max(0, width * FINE - fine.shape[1]))))
    worst = []
    for axis, length in ((0, width), (1, height)):
        profile, target = fine.sum(axis)[: length * FINE] / FINE, coarse.sum(axis)
        shifted = (np.roll(profile, shift).reshape(length, FINE).mean(1) for shift in range(-FINE, FINE + 1))
        worst.append(min(float(np.abs(target - one).max() / one.max()) for one in shifted))
    return max(worst)


@pytest.mark.parametrize("dpi", [110, printed_maps.DPI])
@pytest.mark.parametrize("label", ["中山", "韶关", "梅州"])
def test_no_label_loses_a_stroke(label: str, dpi: int) -> None:
    for offset in OFFSETS_PX:
        assert lost(label, offset, dpi) < MOST_LOST, offset


def test_a_lost_stroke_would_be_seen() -> None:
    """What the test above measures does show labels moved to whole pixels."""
    assert max(lost("中山", offset, 110, snap=None) for offset in OFFSETS_PX) > 2 * MOST_LOST


def test_pictures_are_printed_at_300_dots_an_inch(contexts: Any) -> None:
    picture = Image.open(io.BytesIO(printed_maps.coverage_figure(contexts[1][0], "nr")))
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.01) and picture.width >= 2000
