"""The faults of a study.toml: each with its line, the keys that exist, and the nearest of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infraplan.errors import Fault, UsageError
from infraplan.geo.datums import DATUMS
from infraplan.io.text_encoding import OFFERED
from infraplan.messages import both
from infraplan.messages.schema_errors import nearest
from infraplan.toml_faults import line_of, written_key

OLD_DATUMS = ("xian80", "beijing54")
RASTERS = (".tif", ".tiff", ".vrt")
RASTER_OPTIONS = ("nodata", "urban_per_km2")
"""Options of people who come as a raster; all others are those of a table."""


def misplaced_options(raw: Mapping[str, Any], file: str, text: str, used_by: Mapping[str, tuple[str, ...]]) -> list[Fault]:
    """Options that exist, but not for the file they are set for."""
    given = raw.get("options")
    known = {name for names in used_by.values() for name in names}
    faults = []
    for layer, options in given.items() if isinstance(given, dict) else ():
        for name in options if isinstance(options, dict) and layer in used_by else ():
            if name in known and name not in used_by[layer]:
                path = ("options", layer, name)
                message = both("study.option_elsewhere", layer=layer, known=", ".join(used_by[layer]))
                fix = both("study.no_key_fix", name=written_key(path))
                faults.append(Fault(file, message, fix, rule="study-key", column=".".join(path), row=line_of(text, path)))
    return faults


def is_raster(path: Path) -> bool:
    """Whether people come as a raster: a GeoTIFF, a VRT, or a folder of them."""
    return path.suffix.lower() in RASTERS or path.is_dir()


def raster_option_faults(path: Path, options: Mapping[str, Any]) -> list[Fault]:
    """Options of [options.villages] that a table has and a raster has not, or the other way round."""
    raster = is_raster(path)
    kind = both("study.people_raster" if raster else "study.people_table")
    faults = []
    for name in options:
        if (name in RASTER_OPTIONS) != raster:
            message, key = both("study.option_of_the_other", file=path.name, kind=kind), ("options", "villages", name)
            faults.append(
                Fault("study.toml", message, both("study.no_key_fix", name=written_key(key)), rule="study-key", column=".".join(key))
            )
    return faults


def two_datums(raw: Mapping[str, Any], file: str, text: str) -> list[Fault]:
    """Files whose datum is in [datum] and, another one, in their [options]."""
    short, options = raw.get("datum"), raw.get("options")
    faults: list[Fault] = []
    if not isinstance(short, dict) or not isinstance(options, dict):
        return faults
    for layer, datum in short.items():
        own = options[layer].get("datum", datum) if isinstance(options.get(layer), dict) else datum
        if str(own).lower() != str(datum).lower():
            message, path = both("study.two_datums", layer=layer), ("datum", layer)
            fix = both("study.no_key_fix", name=written_key(path))
            faults.append(Fault(file, message, fix, rule="study-key", column=".".join(path), value=str(datum), row=line_of(text, path)))
    return faults


def known_datum(given: str) -> str:
    """A datum as the readers name it ("GCJ-02" is gcj02); a ValueError in our words for any other."""
    plain = given.lower().replace("-", "").replace("_", "").replace(" ", "")
    if plain in OLD_DATUMS:
        raise ValueError(both("io.old_datum"))
    if plain not in DATUMS:
        raise ValueError(both("schema.choice", options=", ".join(DATUMS), nearest=nearest(plain, DATUMS)))
    return plain


def known_crs(given: str) -> str:
    """A CRS that PROJ knows and the readers take."""
    from infraplan.errors import DataError
    from infraplan.io.coordinates import trusted_crs
    from infraplan.tables.faults import FaultList

    try:
        trusted_crs(given, FaultList())
    except UsageError as error:
        raise ValueError(error.args[0]) from None
    except DataError as error:
        raise ValueError(error.fault_list[0].message) from None
    return given


def known_encoding(given: str) -> str:
    """An encoding that the readers know."""
    plain = given.lower().replace("_", "-")
    if plain not in OFFERED:
        raise ValueError(both("schema.choice", options=", ".join(OFFERED), nearest=nearest(plain, OFFERED)))
    return plain


def known_operators(given: tuple[str, ...]) -> tuple[str, ...]:
    """Networks of a study's own operators, trimmed; each operator has a name of its own and is in one network."""
    parts = [[" ".join(name.split()) for name in network.split("+")] for network in given]
    names = [name for network in parts for name in network]
    folded = [name.casefold() for name in names]
    if any(not name or name.casefold() == "any" or re.search(r"[/、,;&|]", name) for name in names) or len(set(folded)) < len(folded):
        raise ValueError(both("study.bad_operators"))
    return tuple("+".join(network) for network in parts)
