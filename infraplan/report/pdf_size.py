"""A PDF in fewer bytes: its small objects packed together, pictures of few colours as palettes. What a reader sees is the same."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from typing import Any

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE, PLAIN_ROWS = 3, 0


def smaller(pdf: bytes, pictures: Sequence[bytes] = ()) -> bytes:
    """The same document; typst writes every tag as an object of its own and every picture in full colours.

    Parameters
    ----------
    pdf : bytes
        A PDF of typst.
    pictures : sequence of bytes
        Its PNGs, in any order; those with a palette are put in as they are. Other pictures
        of the document stay.
    """
    import pikepdf

    own = {_pixels(png): png for png in pictures}
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for image in _images(document):
            png = own.get((int(image["/Width"]), int(image["/Height"]), image.read_bytes()))
            if png is not None:
                _with_palette(image, png)
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()


def _pixels(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and RGB bytes of a PNG, which is what the document holds of it."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        return picture.width, picture.height, picture.convert("RGB").tobytes()


def _images(document: Any) -> Iterator[Any]:
    """Each picture of the pages once."""
    seen = set()
    for page in document.pages:
        for found in dict(page.get("/Resources", {}).get("/XObject", {})).values():
            if found.get("/Subtype") == "/Image" and found.objgen not in seen:
                seen.add(found.objgen)
                yield found


def _with_palette(image: Any, png: bytes) -> None:
    """Replaces the colours of a picture by the bytes of its PNG, which PDF reads as they are: the same rows, filters and compression."""
    from pikepdf import Array, Dictionary, Name, String

    depth, kind, interlaced = png[24], png[25], png[28]
    parts = list(_chunks(png))
    names = {name for name, _ in parts}
    if kind != PALETTE or interlaced != PLAIN_ROWS or b"tRNS" in names or "/SMask" in image:
        return
    palette = next(data for name, data in parts if name == b"PLTE")
    rows = b"".join(data for name, data in parts if name == b"IDAT")
    how = Dictionary(Predictor=15, Colors=1, BitsPerComponent=depth, Columns=int(image["/Width"]))
    image.write(rows, filter=Name.FlateDecode, decode_parms=how)
    image["/ColorSpace"] = Array([Name.Indexed, image["/ColorSpace"], len(palette) // 3 - 1, String(palette)])
    image["/BitsPerComponent"] = depth


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each part of a PNG."""
    at = len(PNG_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12
