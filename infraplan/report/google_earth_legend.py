"""The signs of plan.kmz, and its legend as one picture: what each sign and each colour of the coverage means."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from infraplan.report.fonts import LATIN, chinese_family
from infraplan.report.style import palette

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

ICONS = (("existing", "triangle"), ("new", "diamond"), ("unserved", "circle"), ("uncertain", "circle"))
ROW_PX, SIGN_PX, TEXT_PX, EDGE_PX = 26, 22, 15, 10
CORNERS = {"triangle": [(16, 3), (29, 27), (3, 27)], "diamond": [(16, 2), (30, 16), (16, 30), (2, 16)]}


def sign(name: str, shape: str) -> bytes:
    """A PNG of 32 pixels in the palette's colour with a white rim."""
    return _png(_sign(name, shape))


def _sign(name: str, shape: str) -> Picture:
    from PIL import Image, ImageDraw

    colours = palette()
    colour = colours["site"].get(name) or colours["village"][name]
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    if shape in CORNERS:
        pen.polygon(CORNERS[shape], fill=colour, outline="white", width=2)
    else:
        pen.ellipse((4, 4, 28, 28), fill=colour, outline="white", width=2)
    return image


def legend(title: str, signs: Sequence[tuple[str, str]], classes: Sequence[tuple[str, str]], notes: Sequence[str]) -> bytes:
    """The legend as a PNG.

    Parameters
    ----------
    title : str
        Its first line.
    signs : sequence
        Name of an icon and what it stands for.
    classes : sequence
        Colour and meaning of each class of the coverage.
    notes : sequence of str
        Lines below, such as the mark of synthetic data.
    """
    from matplotlib import font_manager
    from PIL import Image, ImageDraw, ImageFont

    def font(size: int) -> ImageFont.FreeTypeFont:
        path = font_manager.findfont(font_manager.FontProperties(family=[chinese_family(), LATIN]))
        return ImageFont.truetype(str(path), size)

    text, head, shapes = font(TEXT_PX), font(TEXT_PX + 2), dict(ICONS)
    lines = [*(label for _, label in signs), *(label for _, label in classes)]
    widths = [text.getlength(line) + SIGN_PX + 8 for line in lines] + [text.getlength(note) for note in notes] + [head.getlength(title)]
    rows = 1 + len(lines) + len(notes)
    image = Image.new("RGBA", (int(max(widths)) + 2 * EDGE_PX, rows * ROW_PX + 2 * EDGE_PX), (255, 255, 255, 235))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, image.width - 1, image.height - 1), outline=palette()["ink"]["zone"], width=1)
    ink = palette()["ink"]["text"]

    def line(row: int, words: str, face: ImageFont.FreeTypeFont, left: int = 0) -> None:
        pen.text((EDGE_PX + left, EDGE_PX + row * ROW_PX + ROW_PX // 2), words, fill=ink, font=face, anchor="lm")

    line(0, title, head)
    for row, (name, label) in enumerate(signs, 1):
        drawn = _sign(name, shapes[name]).resize((SIGN_PX, SIGN_PX))
        image.alpha_composite(drawn, (EDGE_PX, EDGE_PX + row * ROW_PX + (ROW_PX - SIGN_PX) // 2))
        line(row, label, text, SIGN_PX + 8)
    for row, (colour, label) in enumerate(classes, 1 + len(signs)):
        top = EDGE_PX + row * ROW_PX + 5
        pen.rectangle((EDGE_PX, top, EDGE_PX + SIGN_PX, top + ROW_PX - 11), fill=colour, outline=palette()["ink"]["muted"])
        line(row, label, text, SIGN_PX + 8)
    for row, note in enumerate(notes, 1 + len(lines)):
        line(row, note, text)
    return _png(image)


def _png(image: Picture) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
