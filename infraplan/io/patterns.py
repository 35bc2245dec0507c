"""Antenna pattern files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from infraplan.io.opening import existing_file
from infraplan.io.text_encoding import text_encoding

if TYPE_CHECKING:
    from infraplan.radio.antennas import Antenna


def read_pattern(source: str | os.PathLike[str], *, vertical: str | None = None, encoding: str | None = None) -> Antenna:
    """An antenna from an MSI / Planet file (`.msi`, `.pln`).

    Parameters
    ----------
    source : path
        Heading and two cuts of attenuation; see `infraplan.radio.pattern_files`.
    vertical : str, optional
        "down" (as Planet writes it) or "up": which way the vertical cut runs from the boresight. Left out, the cut itself tells.
    encoding : str, optional
        Found out when left out.

    Raises
    ------
    DataError
        Every fault of the file at once, each with its line.
    """
    from infraplan.radio.pattern_files import parse_pattern

    path = existing_file(source)
    text = path.read_text(encoding=text_encoding(path, encoding), errors="replace")
    return parse_pattern(text, file=path.name, vertical=vertical)
