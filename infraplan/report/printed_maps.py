"""Printed pictures: coverage maps with legend, scale bar and north arrow, the province by city, curves.

Drawn without pyplot, which keeps state.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from infraplan.report.fonts import LATIN, check_glyphs, chinese_family
from infraplan.report.map_data import simplified
from infraplan.report.map_legends import margin_legend, share_colour, share_legend, site_legend
from infraplan.report.margin_images import NOTHING, classes_of, margin_colours, thinned
from infraplan.report.page_context import PageContext
from infraplan.report.picture_footers import MAP_WIDTH_IN, draw_foot, foot_lines
from infraplan.report.quality_blocks import sinr_classes, sinr_colours, sinr_legend
from infraplan.report.style import palette, percent
from infraplan.report.words import Words
from infraplan.tables.families import carries
from infraplan.tables.reprojection import to_plane

DPI = 300
MOST_PIXELS = 2000


@contextmanager
def type_face() -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context({"font.family": [chinese_family(), LATIN], "axes.unicode_minus": True, "svg.hashsalt": "infraplan"}):
        yield


def png_of(figure: Any, dpi: int | None = None) -> bytes:
    """PNG bytes, of `DPI` unless another is given, with nothing of the machine or the day; every text is checked for missing glyphs."""
    from matplotlib.text import Text

    written = figure.findobj(Text)
    check_glyphs(text.get_text() for text in written if text.get_visible())
    for text in written:
        text.set_snap(False)  # a glyph with straight edges alone, such as 中, is else moved to whole pixels and loses a stroke
    dpi, small = dpi or DPI, io.BytesIO()
    figure.set_dpi(dpi)
    figure.canvas.draw()
    few_colours(np.asarray(figure.canvas.buffer_rgba())).save(small, "PNG", compress_level=7, dpi=(dpi, dpi))
    return small.getvalue()


def few_colours(rgba: Any) -> Any:
    """A picture of 256 colours, a third of the bytes: the 160 most frequent ones exactly, the shades of its texts, the others near."""
    from PIL import Image
    from scipy.spatial import cKDTree

    found, at, counts = _distinct(rgba)
    ink = np.array([int(palette()["ink"]["text"][at : at + 2], 16) for at in (1, 3, 5)])
    shades = np.round(ink + (255 - ink) * np.linspace(0, 1, 32)[:, None]).astype(np.int64)
    rest = far_apart(found, 64, start=np.average(found, axis=0, weights=counts))
    colours = np.concatenate([found[np.argsort(-counts, kind="stable")[:160]], shades, rest])[:256]
    colours = np.unique(colours, axis=0)  # equal colours would make the nearest one a matter of chance
    nearest = np.asarray(cKDTree(colours).query(found)[1], np.uint8)  # PIL's own search is coarse
    made = Image.fromarray(nearest[at].reshape(rgba.shape[:2]), "P")
    made.putpalette(colours.astype(np.uint8).ravel().tolist())
    return made


def far_apart(colours: Any, count: int, start: Any) -> Any:
    """So many of the colours, each the farthest from those before it, the first the farthest from `start`."""
    chosen: list[Any] = []
    distance = ((colours - start) ** 2).sum(axis=1)
    for _ in range(min(count, len(colours))):
        chosen.append(colours[np.argmax(distance)])
        step = ((colours - chosen[-1]) ** 2).sum(axis=1)
        distance = step if len(chosen) == 1 else np.minimum(distance, step)
    return np.array(chosen)


def _distinct(rgba: Any) -> tuple[Any, Any, Any]:
    """The colours of a picture in the order of red, green and blue, the place of each pixel's among them, and how many pixels have each."""
    import pandas as pd

    codes, packed = pd.factorize(np.ascontiguousarray(rgba).view(np.uint32).ravel())
    colours = packed.view(np.uint8).reshape(-1, 4)[:, :3].astype(np.int64)
    order = np.lexsort(colours.T[::-1])
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return colours[order], rank[codes], np.bincount(codes, minlength=len(order))[order]


def canvas(width_in: float, height_in: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasAgg(figure)
    return figure


def _map_axes(
    bounds: tuple[float, float, float, float], width_in: float = MAP_WIDTH_IN, foot_in: float = 0.44, side_in: float = 1.75
) -> tuple[Any, Any]:
    """A figure whose map keeps its shape, with a column for legend, arrow and scale at the right and a line for the sources below."""
    left, bottom, right, top = bounds
    map_width = width_in - side_in
    height = min(max(map_width * (top - bottom) / (right - left), 3.6), 8.2)
    figure = canvas(width_in, height + foot_in)
    axes = figure.add_axes((0.0, foot_in / (height + foot_in), map_width / width_in, height / (height + foot_in)))
    metres_per_inch = max((right - left) / map_width, (top - bottom) / height)
    middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
    axes.set_xlim(middle_x - metres_per_inch * map_width / 2, middle_x + metres_per_inch * map_width / 2)
    axes.set_ylim(middle_y - metres_per_inch * height / 2, middle_y + metres_per_inch * height / 2)
    axes.set_axis_off()
    axes.set(xticks=[], yticks=[])  # else ticks are made only to be hidden
    return figure, axes


def _padded(bounds: Any, share: float = 0.04) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(value) for value in bounds)
    pad = share * max(right - left, top - bottom)
    return left - pad, bottom - pad * 1.6, right + pad, top + pad


def _lines(axes: Any, frame: Any, colour: str, width: float) -> None:
    from matplotlib.collections import LineCollection
    from shapely import get_coordinates, get_parts

    rings = [get_coordinates(part) for part in get_parts(frame.geometry.boundary.to_numpy())]
    rings = [piece for ring in rings for piece in [ring] if len(piece) > 1]
    axes.add_collection(LineCollection(rings, colors=colour, linewidths=width, zorder=3, capstyle="round"), autolim=False)


def _fill(axes: Any, frame: Any, colours: list[str]) -> None:
    from matplotlib.collections import PolyCollection
    from shapely import get_coordinates, get_exterior_ring, get_parts

    parts, index = get_parts(frame.geometry.to_numpy(), return_index=True)
    rings = [get_coordinates(get_exterior_ring(part)) for part in parts]
    axes.add_collection(PolyCollection(rings, facecolors=[colours[i] for i in index], edgecolors="none", zorder=1), autolim=False)


def _hatch(axes: Any, frame: Any) -> None:
    """White ground with hatching, which stays where a map has nothing computed."""
    from matplotlib.collections import PolyCollection
    from shapely import get_coordinates, get_exterior_ring, get_parts

    rings = [get_coordinates(get_exterior_ring(part)) for part in get_parts(frame.geometry.to_numpy())]
    ink = palette()["ink"]
    axes.add_collection(
        PolyCollection(rings, facecolors=ink["paper"], edgecolors=ink["hatch"], linewidths=0, hatch="/////", zorder=0.5), autolim=False
    )


def scale_length_m(most_m: float) -> float:
    """The longest round length that is not above `most_m`: 1, 2 or 5 times a power of ten. [m]"""
    power = float(f"1e{math.floor(math.log10(most_m))}")
    lengths = [step * power for step in (1.0, 2.0, 5.0)]
    return max(length for length in lengths if length <= most_m)


def _furniture(figure: Any, axes: Any, words: Words) -> None:
    """North arrow, pointing up, and scale bar, in the right margin, outside the map."""
    from matplotlib.patches import Polygon, Rectangle

    width_in, height_in = figure.get_figwidth(), figure.get_figheight()
    ink = palette()["ink"]["text"]
    metres_per_inch = (axes.get_xlim()[1] - axes.get_xlim()[0]) / (axes.get_position().width * width_in)
    length_m = scale_length_m(1.15 * metres_per_inch)
    length, x, y, high = length_m / metres_per_inch / width_in, 0.797, 0.62 / height_in, 0.075 / height_in
    edge = {"edgecolor": ink, "linewidth": 0.8, "transform": figure.transFigure, "figure": figure}
    for k, colour in enumerate((ink, "white")):
        figure.patches.append(Rectangle((x + k * length / 2, y), length / 2, high, facecolor=colour, **edge))
    for at, label in ((0.0, "0"), (0.5, f"{length_m / 2000:g}"), (1.0, f"{length_m / 1000:g}")):
        figure.text(x + at * length, y + high * 1.6, label, ha="center", va="bottom", fontsize=8, color=ink)
    figure.text(x + length + 0.012, y + high / 2, words.t("km"), ha="left", va="center", fontsize=8, color=ink)
    middle, foot, tip, half = x + 0.16 / width_in, 1.12 / height_in, 1.52 / height_in, 0.12 / width_in
    notch = foot + 0.28 * (tip - foot)
    for sign, colour in ((-1, ink), (1, "white")):
        corners = [(middle, tip), (middle + sign * half, foot), (middle, notch)]
        figure.patches.append(Polygon(corners, closed=True, facecolor=colour, **edge))
    figure.text(middle, tip + 0.04 / height_in, words.t("north"), ha="center", va="bottom", fontsize=10, fontweight="bold", color=ink)


NUDGES_PT = (
    (0, 0), (0, 11), (0, -11), (24, 0), (-24, 0), (22, 11), (-22, 11), (22, -11), (-22, -11), (0, 20), (0, -20), (34, -6), (-34, 6),
    (30, -20), (-30, -20),
)  # fmt: skip


def _names(axes: Any, frame: Any, labels: list[str], size: float = 8.0) -> None:
    """Names on zones, largest first, moved aside where they would overlap; one without room is left out."""
    from matplotlib import patheffects

    check_glyphs(labels)
    renderer = axes.figure.canvas.get_renderer()
    as_path = [patheffects.Normal()]  # text drawn as glyphs is hinted, by which strokes are lost
    ground = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": "none", "alpha": 0.82}
    taken: list[Any] = []
    room = axes.get_window_extent(renderer)
    for i in np.argsort(-frame.geometry.area.to_numpy(), kind="stable"):
        point = frame.geometry.iloc[i].representative_point()
        text = axes.annotate(
            labels[i], (point.x, point.y), xytext=(0, 0), textcoords="offset points", ha="center", va="center", fontsize=size,
            color=palette()["ink"]["text"], zorder=5, bbox=ground, path_effects=as_path, linespacing=1.1,
        )  # fmt: skip
        for nudge in NUDGES_PT:
            text.set_position(nudge)
            box = text.get_window_extent(renderer)
            if room.x0 <= box.x0 and box.x1 <= room.x1 and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
        else:
            text.remove()


def _legend(figure: Any, title: str, items: list[dict[str, str]], top: float, side: float = 0.795) -> float:
    """A column of swatches in the figure's right margin; returns where the next one may start."""
    height = float(figure.get_figheight())
    ink = palette()["ink"]["text"]
    figure.text(side, top, title, fontsize=9, fontweight="bold", va="top", color=ink)
    y = top - 0.27 / height
    markers = {"circle": "o", "triangle": "^", "diamond": "D"}
    for item in items:
        if item["shape"] in ("square", "hatch"):
            size = 0.24 / figure.get_figwidth(), 0.12 / height
            figure.patches.append(_swatch(figure, side, y - size[1], *size, item["colour"], item["shape"] == "hatch"))
        else:
            figure.lines.append(
                _marker(figure, side + 0.12 / figure.get_figwidth(), y - 0.06 / height, markers[item["shape"]], item["colour"])
            )
        figure.text(side + 0.33 / figure.get_figwidth(), y - 0.06 / height, item["label"], fontsize=8, va="center", color=ink)
        y -= 0.2 / height
    return y - 0.14 / height


def _swatch(figure: Any, x: float, y: float, width: float, height: float, colour: str, hatched: bool = False) -> Any:
    from matplotlib.patches import Rectangle

    how: dict[str, Any] = (
        {"facecolor": "white", "edgecolor": colour, "hatch": "/////"} if hatched else {"facecolor": colour, "edgecolor": "#8794a1"}
    )
    return Rectangle((x, y), width, height, linewidth=0.5, transform=figure.transFigure, figure=figure, **how)


def _marker(figure: Any, x: float, y: float, marker: str, colour: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([x], [y], marker=marker, color=colour, markersize=6, linestyle="none", transform=figure.transFigure, figure=figure)


MOST_LARGE_MARKS, FEW_MARKS = 3000, 200
"""More sites than the first are drawn as small marks, up to the second as large ones."""


def coverage_figure(context: PageContext, family: str, lang: str = "both", dpi: int | None = None) -> bytes:
    """Margin classes of a family, zones, existing and suggested sites. PNG, of `DPI` unless another is given."""
    words = Words.of(lang).about(context)
    drawn = ClassMap(classes_of, margin_colours(), words.t("legend_margin_at", receiver=words.receiver(context.receiver(family))))
    return class_map(context, context.margins[family], drawn, margin_legend(words), family, words, dpi)


def sinr_figure(context: PageContext, family: str, lang: str = "both") -> bytes:
    """SS-SINR where the family is judged and some network serves. PNG."""
    words, receiver = Words.of(lang).about(context), context.receiver(family)
    assert context.quality is not None
    drawn = ClassMap(sinr_classes, sinr_colours(), words.t("legend_sinr_at", receiver=words.receiver(receiver)), False)
    return class_map(context, context.quality.maps[family][receiver]["sinr_db"], drawn, sinr_legend(words), family, words)


class ClassMap(NamedTuple):
    """How a raster is drawn: from values to classes, a colour for each, the title of the legend, whether suggested sites are drawn too."""

    classes: Callable[[Any], Any]
    colours: list[str]
    title: str
    with_plan: bool = True


def class_map(
    context: PageContext, plane: Any, drawn: ClassMap, legend: list[dict[str, str]], family: str, words: Words, dpi: int | None = None
) -> bytes:
    """Classes of a raster on the page's grid, zones, sites of the family, legend, arrow, scale and sources. PNG."""
    from rasterio.features import geometry_mask
    from rasterio.transform import Affine

    colours = palette()
    grid, values = thinned(context.grid, plane, MOST_PIXELS)
    outline = context.outline.set_geometry(to_plane(context.outline, grid.crs))
    children = context.children.reset_index(drop=True)
    if len(children):
        children = children.assign(geometry=simplified(children, 0.0012))
        children = children.set_geometry(to_plane(children, grid.crs))
    picture = np.full((256, 4), 0, np.uint8)
    for index, colour in enumerate(drawn.colours):
        picture[index] = [*(int(colour[k : k + 2], 16) for k in (1, 3, 5)), 255]
    classes = drawn.classes(values)
    if len(outline):
        classes[geometry_mask(outline.geometry, classes.shape, Affine(*grid.affine), all_touched=True)] = NOTHING
    with type_face():
        lines, foot_in = foot_lines(context, words)
        figure, axes = _map_axes(_padded(outline.total_bounds if len(outline) else grid.bounds_m), foot_in=foot_in)
        _hatch(axes, outline)
        left, bottom, right, top = grid.bounds_m
        axes.imshow(picture[classes], extent=(left, right, bottom, top), interpolation="nearest", zorder=1, aspect="auto")
        _lines(axes, children, colours["ink"]["zone"], 0.6)
        _lines(axes, outline, colours["ink"]["text"], 1.1)
        existing, new = context.existing_sites, context.plan_sites if drawn.with_plan else context.plan_sites.iloc[:0]
        count = len(existing) + len(new)
        crowded, few = count > MOST_LARGE_MARKS, count <= FEW_MARKS
        for frame, marker, size, colour in (
            (existing, "^", 0.5 if crowded else 24.0 if few else 9.0, colours["site"]["existing"]),
            (new, "D", 2.6 if crowded else 24.0 if few else 15.0, colours["site"]["new"]),
        ):
            frame = of_family(frame, family)
            if len(frame):
                points = frame.geometry.to_crs(grid.crs)
                rim = 0 if crowded else 0.25
                axes.scatter(points.x, points.y, s=size, marker=marker, c=colour, linewidths=rim, edgecolors="white", zorder=4)
        _names(axes, children, [words.zones.get(code, code) for code in children["adcode"]])
        _furniture(figure, axes, words)
        below = _legend(figure, drawn.title, legend, 0.965)
        signs = [sign for sign, sites in zip(site_legend(words), (existing, new), strict=True) if len(sites)]
        if signs:
            _legend(figure, words.t("legend_sites"), signs, below)
        draw_foot(figure, context.facts, words, lines)
        return png_of(figure, None if dpi is None else min(dpi, DPI))


def of_family(sites: Any, family: str) -> Any:
    """Sites that carry a service of the family."""
    if not len(sites) or "services" not in sites:
        return sites
    return sites[carries(sites, family)]


def choropleth(context: PageContext, family: str, lang: str = "both") -> bytes:
    """Cities coloured by their share of residents served, the far islands where they lie. PNG."""
    found: bytes = context.once(("choropleth", family, lang), lambda: _choropleth(context, family, Words.of(lang).about(context)))
    return found


def _choropleth(context: PageContext, family: str, words: Words) -> bytes:
    cities = context.children.reset_index(drop=True)
    share = dict(context.people(family, level=context.child_level)[["adcode", "share"]].itertuples(index=False, name=None))
    cities = cities.assign(geometry=simplified(cities, 0.003))
    cities = cities.set_geometry(to_plane(cities, context.grid.crs))
    with type_face():
        lines, foot_in = foot_lines(context, words)
        figure, axes = _map_axes(_padded(cities.total_bounds, 0.03), foot_in=foot_in)
        _fill(axes, cities, [share_colour(share.get(code)) for code in cities["adcode"]])
        _lines(axes, cities, "white", 0.7)
        _lines(axes, context.outline.set_geometry(to_plane(context.outline, context.grid.crs)), palette()["ink"]["zone"], 0.8)
        named = {code: words.zones.get(code, code).removesuffix("市") for code in cities["adcode"]}
        _names(axes, cities, [f"{name}\n{percent(share.get(code), 1)}" for code, name in named.items()], 7.8)
        _furniture(figure, axes, words)
        _island_note(axes, context, words)
        _legend(figure, words.t("legend_share_at", receiver=words.receiver(context.receiver(family))), share_legend(), 0.965)
        draw_foot(figure, context.facts, words, lines)
        return png_of(figure)


def _island_note(axes: Any, context: PageContext, words: Words) -> None:
    """A name at 东沙群岛 where the boundaries have it."""
    from infraplan.presets import load

    for island in load("palette").get("islands", []):
        x, y = context.grid.project(island["lon"], island["lat"])
        left, right = axes.get_xlim()
        bottom, top = axes.get_ylim()
        if left < float(x) < right and bottom < float(y) < top:
            at, ink = (float(x), float(y) - 0.03 * (top - bottom)), palette()["ink"]["muted"]
            axes.text(*at, words.t(f"inset_{island['key']}"), ha="center", va="top", fontsize=7.5, color=ink, zorder=5)
