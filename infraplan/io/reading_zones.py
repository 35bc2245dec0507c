"""The reader of zones: from files with polygons to checked zones of every level."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd

from infraplan.fields import field_of
from infraplan.io.completed_zones import with_parents
from infraplan.io.file_kinds import Source
from infraplan.io.file_parts import Wanted
from infraplan.io.joined_tables import located_table, plain_table
from infraplan.io.zone_tables import with_population
from infraplan.presets import choose
from infraplan.tables import check_zones
from infraplan.tables.faults import FaultList
from infraplan.tables.zone_codes import SCHEMES


def read_zones(
    source: Source | Sequence[Source],
    *,
    level: str | None = None,
    datum: str | None = None,
    crs: str | None = None,
    sheet: Wanted = None,
    encoding: str | None = None,
    population: Source | None = None,
    population_sheet: Wanted = None,
    population_encoding: str | None = None,
    population_basis: str | None = None,
    parents: bool = False,
    codes: str | None = None,
) -> gpd.GeoDataFrame:
    """Zones: polygons with a level and a code, from one file or several (a province, its cities, its counties), in EPSG:4326.

    Parameters
    ----------
    source : path or DataFrame or sequence
        A file as `read_villages` reads it, a GeoDataFrame, or several of them.
    level : {"province", "city", "county", "township"}, optional
        Level of rows that state none. Default: from the heading (district_adcode) or the code.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of the coordinates. Default: what a heading such as 经度(GCJ-02) names, else WGS-84.
    crs : str, optional
        CRS of the columns x and y where they are metres, such as "EPSG:4547".
    sheet : str or int or list, optional
        Sheets or layers, by name or number from 1. Default: all that hold such a table.
    encoding : str, optional
        Encoding of a text file or shapefile. Default: byte-order mark, else UTF-8, else GB18030.
    population : path or DataFrame, optional
        A table of people by adcode or name; levels it does not give are summed up.
    population_sheet : str or int or list, optional
        Sheets of that table.
    population_encoding : str, optional
        Encoding of that table.
    population_basis : {"resident", "registered"}, optional
        Whether people are residents (常住) or registered (户籍). Default: from the heading.
    parents : bool
        Make the provinces, cities and counties that the files lack.
    codes : {"china", "text"}, optional
        "china": every code has 6, 9 or 12 digits as in GB/T 2260, which give its level and parent. "text": any text is a code, and each row
        needs its level. Without it the table decides; a row that states level and parent may always have any code.

    Returns
    -------
    GeoDataFrame
        Polygons: level, adcode, name, parent and the other columns of docs/data.md.

    Raises
    ------
    DataError
        Every fault of the file at once; `faults` of the error is a table.

    Warns
    -----
    DataWarning
        Something improbable that is no error, a choice between tables, a filled value.

    Examples
    --------
    >>> import infraplan as ip
    >>> ip.example_world().zones.to_file("zones.gpkg")
    >>> zones = ip.read_zones("zones.gpkg")
    >>> zones[["level", "adcode", "parent"]].values.tolist()
    [['province', '440000', ''], ['city', '440100', '440000'], ['county', '440101', '440100'], ['county', '440102', '440100']]
    """
    if level is not None:
        choose(level, field_of("zone", "level").choices, "level")
    if codes is not None:
        choose(codes, SCHEMES, "codes")
    how = _How(level, datum, crs, sheet, encoding, population_basis, codes)
    zones = _zones_from(source, how)
    if parents:
        zones = with_parents(zones, warned=False)
    if population is None:
        return zones
    raw = plain_table(population, "people", population_sheet, population_encoding, basis=population_basis)
    attrs = dict(zones.attrs)
    zones = with_population(zones, raw.frame, raw.faults)
    raw.faults.warn()
    zones.attrs = attrs | {"faults": attrs["faults"] + raw.faults.records(), "population_basis": raw.notes["population_basis"]}
    return zones


class _How(NamedTuple):
    """How zones are read: the arguments of `read_zones` that hold for each of several files."""

    level: str | None
    datum: str | None
    crs: str | None
    sheet: Wanted
    encoding: str | None
    basis: str | None
    codes: str | None


def _zones_from(source: Source | Sequence[Source], how: _How) -> gpd.GeoDataFrame:
    if not isinstance(source, str | os.PathLike | pd.DataFrame):
        parts = [_zones_from(one, how) for one in source]
        joined: Any = pd.concat(parts, ignore_index=True)
        done = check_zones(joined, FaultList(file=", ".join(str(part.attrs["file"]) for part in parts)), codes=how.codes)
        done.attrs["faults"] = [fault for part in parts for fault in part.attrs["faults"]] + done.attrs["faults"]
        return done
    raw = located_table(source, "zone", how.sheet, how.encoding, datum=how.datum, crs=how.crs, basis=how.basis, levels=how.level is None)
    zones = check_zones(raw.frame, raw.faults, level=how.level, codes=how.codes)
    if "population" in zones:
        zones.attrs["population_basis"] = raw.notes["population_basis"]
    return zones
