"""Antenna pattern files, and the names in a table that mean them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from infraplan.errors import DataError, Fault
from infraplan.io.opening import existing_file
from infraplan.io.text_encoding import text_encoding
from infraplan.presets import load
from infraplan.tables.faults import FaultList, rows_of

if TYPE_CHECKING:
    from infraplan.radio.antennas import Antenna


SUFFIXES = (".msi", ".pln")


def pattern_path(name: str, folders: Sequence[Path]) -> Path | None:
    """The file that an antenna's name means, in the first of `folders` that has it; None for a preset's name and where there is none."""
    if name in load("antennas"):
        return None
    for folder in folders:
        try:
            path = folder / name.replace("\\", "/")
            if path.is_file():
                return path
        except (OSError, ValueError):  # not a text that could name a file
            return None
    return None


def pattern_paths(names: Iterable[str], folders: Sequence[Path]) -> dict[str, Path]:
    """The pattern files among some names, by those names."""
    found = {name: pattern_path(name, folders) for name in sorted(set(names))}
    return {name: path for name, path in found.items() if path is not None}


def read_patterns(paths: Mapping[str, Path]) -> dict[str, Antenna]:
    """Antennas by name; the faults of all files at once as one DataError."""
    faults: list[Fault] = []
    antennas = {}
    for name, path in paths.items():
        try:
            antennas[name] = read_pattern(path)
        except DataError as error:
            faults += error.fault_list
    if faults:
        raise DataError(faults)
    return antennas


def named_antennas(sites: Any) -> pd.Series[str]:
    """The antennas that sites name, in their own column or for a sector of theirs; the index is the position of the site."""
    own = pd.Series(sites["antenna"].fillna("").astype(str).to_numpy(dtype=object), dtype=str)
    cells = sites["sectors"].fillna("").astype(str) if "sectors" in sites else ()
    listed = [(row, str(sector["antenna"] or "")) for row, cell in enumerate(cells) if cell for sector in json.loads(cell)]
    of_sectors = pd.Series([name for _, name in listed], index=[row for row, _ in listed], dtype=str)
    named: pd.Series[str] = pd.concat([own, of_sectors])
    return named.loc[named != ""]


def absent_patterns(sites: Any, paths: Mapping[str, Path]) -> list[Fault]:
    """Sites whose antenna ends like a pattern file and is none: one fault a name, at its first row."""
    names = named_antennas(sites)
    absent = names[names.str.lower().str.endswith(SUFFIXES) & ~names.isin(set(paths)) & ~names.isin(set(load("antennas")))]
    faults = FaultList(file=str(sites.attrs.get("file", "")), sheet=str(sites.attrs.get("sheet", "")), rows=rows_of(sites))
    for name, rows in absent.groupby(absent, sort=True):
        faults.add("io.no_pattern", row=faults.row(int(rows.index.min())), column="antenna", value=name, count=len(set(rows.index)))
    return faults.items


def read_pattern(source: str | os.PathLike[str], *, vertical: str | None = None, encoding: str | None = None) -> Antenna:
    """An antenna from an MSI / Planet file (`.msi`, `.pln`).

    Parameters
    ----------
    source : path
        Heading and two cuts of attenuation [dB], 360 angles each.
    vertical : {"down", "up"}, optional
        Which way the vertical cut runs from the boresight ("down" as Planet writes it). By default found from the cut.
    encoding : str, optional
        Encoding of the text; found out by default.

    Returns
    -------
    Antenna
        For `services(..., antennas={name: antenna})`.

    Raises
    ------
    DataError
        Every fault of the file at once, each with its line.

    Examples
    --------
    >>> import infraplan as ip
    >>> from pathlib import Path
    >>> cut = "\\n".join(f"{angle} {min(angle, 360 - angle) / 9:.1f}" for angle in range(360))
    >>> text = f"NAME example\\nFREQUENCY 700\\nGAIN 15 dBi\\nHORIZONTAL 360\\n{cut}\\nVERTICAL 360\\n{cut}\\n"
    >>> _ = Path("example.msi").write_text(text)
    >>> ip.read_pattern("example.msi").gain_dbi
    15.0
    """
    from infraplan.radio.pattern_files import parse_pattern

    path = existing_file(source)
    text = path.read_text(encoding=text_encoding(path, encoding), errors="replace")
    return parse_pattern(text, file=path.name, vertical=vertical)
