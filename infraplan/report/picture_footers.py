"""The texts of a printed picture: the mark of synthetic data, across it and at its foot, the dates, the makers of the data; none is cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from infraplan.report import stamps
from infraplan.report.fonts import LATIN, chinese_family
from infraplan.report.map_data import attribution
from infraplan.report.page_context import Facts, PageContext
from infraplan.report.style import palette, units
from infraplan.report.words import Words

MAP_WIDTH_IN = 8.0
FOOT_LINE_IN, STAMP_SIZE, FOOT_SIZE = 0.115, 7.5, 6.3  # inches, points, points
MARK_SIZE, MARK_ANGLE, MARK_ALPHA = 40.0, 24.0, 0.13  # points, degrees
MARKS_ON_MAP = ((0.28, 0.26), (0.66, 0.5), (0.3, 0.76))
PIECES = re.compile(r"[!-~]+[，。；：、）]*|.[，。；：、）]*", re.DOTALL)


def foot_lines(context: PageContext, words: Words) -> tuple[list[str], float]:
    """All lines about the approval of the base map and the makers of the data, none cut; and the height of the map's foot. [in]"""
    text = attribution(context, words)
    room = 172
    lines = wrapped(text, room)
    while room > 40 and max(width_in(line, FOOT_SIZE) for line in lines) > 0.975 * MAP_WIDTH_IN:
        room -= 4
        lines = wrapped(text, room)
    return lines, 0.3 + FOOT_LINE_IN * len(lines)


def width_in(line: str, size: float) -> float:
    """Width of a line in the pictures' font. [in]"""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=[chinese_family(), LATIN], size=size)
    return float(text_to_path.get_text_width_height_descent(line, font, ismath=False)[0]) / 72


def draw_foot(figure: Any, facts: Facts, words: Words, lines: list[str]) -> None:
    """The mark of synthetic data across the map, mark and dates on their own line below it, then the sources."""
    mark_across(figure.axes[0], facts, words, MARKS_ON_MAP)
    height, ink = float(figure.get_figheight()), palette()["ink"]["muted"]
    figure.text(0.01, 0.05 / height, "\n".join(lines), fontsize=FOOT_SIZE, color=ink, va="bottom", linespacing=1.25)
    _stamp(figure, facts, words, (0.14 + FOOT_LINE_IN * len(lines)) / height)


def mark_across(axes: Any, facts: Facts, words: Words, places: Sequence[tuple[float, float]]) -> None:
    """The mark of synthetic data in large pale letters across a picture, at places of its axes (0..1); nothing where data are real."""
    if not facts.synthetic:
        return
    for x, y in places:
        axes.text(
            x, y, words.t("mark_across"), transform=axes.transAxes, fontsize=MARK_SIZE, fontweight="bold", rotation=MARK_ANGLE,
            color=palette()["ink"]["mark"], alpha=MARK_ALPHA, ha="center", va="center", zorder=2.5, clip_on=True,
        )  # fmt: skip


def _stamp(figure: Any, facts: Facts, words: Words, y: float) -> None:
    """Mark and dates side by side, at a height of the figure (0..1)."""
    mark, dates = stamps.mark(facts, words), stamps.stamp(facts, words)
    x = 0.01
    if mark:
        figure.text(x, y, mark, fontsize=STAMP_SIZE, color=palette()["ink"]["mark"], va="bottom")
        x += (width_in(mark, STAMP_SIZE) + 0.2) / float(figure.get_figwidth())
    if dates:
        figure.text(x, y, dates, fontsize=STAMP_SIZE, color=palette()["ink"]["muted"], va="bottom")


def stamped(figure: Any, facts: Facts | None, words: Words) -> None:
    """Room below a finished figure, with mark and dates in it; nothing without facts."""
    if facts is None or not stamps.marked_stamp(facts, words):
        return
    foot, height = 0.26, float(figure.get_figheight())
    mark_across(figure.axes[0], facts, words, [(0.5, 0.5)])
    for axes in figure.axes:
        place = axes.get_position()
        axes.set_position((place.x0, (place.y0 * height + foot) / (height + foot), place.width, place.height * height / (height + foot)))
    figure.set_figheight(height + foot)
    _stamp(figure, facts, words, 0.06 / (height + foot))


def wrapped(text: str, room: int) -> list[str]:
    """Lines of at most that many units; a Chinese character is two, any other one. Latin words stay whole where they fit a line."""
    lines, used = [""], 0
    for piece in PIECES.findall(text):
        wide = units(piece)
        if wide > room:
            for char in piece:
                if used + units(char) > room:
                    lines.append("")
                    used = 0
                lines[-1] += char
                used += units(char)
            continue
        if used + wide > room:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
            used = 0
            piece = piece.lstrip()
            wide = units(piece)
        lines[-1] += piece
        used += wide
    return lines
