"""The doors: a file or a frame comes in, a checked frame goes out, or one DataError with everything wrong."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd

from infraplan.fields import field_of
from infraplan.io.parts import Wanted
from infraplan.io.sources import Source
from infraplan.io.whole_tables import located_table, plain_table
from infraplan.io.whole_zones import with_parents
from infraplan.io.zone_tables import with_population
from infraplan.presets import choose
from infraplan.tables import check_corridors, check_hosts, check_places, check_register, check_sites, check_villages, check_zones
from infraplan.tables.faults import FaultList
from infraplan.tables.filling import Surroundings
from infraplan.tables.site_rows import Unit
from infraplan.tables.zone_codes import SCHEMES


def read_villages(
    source: Source, *, zones: gpd.GeoDataFrame | None = None, datum: str | None = None, crs: str | None = None,
    sheet: Wanted = None, encoding: str | None = None, population_basis: str | None = None, outside: str = "error",
    used: Collection[str] = (),
) -> gpd.GeoDataFrame:  # fmt: skip
    """Villages from a table or a vector file: one row a village, checked, in EPSG:4326.

    Parameters
    ----------
    source : path or DataFrame
        CSV, TSV (also .gz), XLSX, XLS, ODS, GeoPackage, GeoJSON, FlatGeobuf, GeoParquet, shapefile and MapInfo TAB or MIF (also zipped),
        KML, KMZ; or a (Geo)DataFrame.
    zones : GeoDataFrame, optional
        Checked zones: settle `county` and `city`, and show what lies outside.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Of the coordinates. Default: what a heading such as 经度(GCJ-02) names, else WGS-84.
    crs : str, optional
        CRS of the columns x and y where they are metres, such as "EPSG:4547".
    sheet : str or int, or several, optional
        Sheet or layer, by name or number from 1; several are read as one table. Default: all that hold such a table.
    encoding : str, optional
        Of a text file or shapefile. Default: byte-order mark, else UTF-8, else GB18030.
    population_basis : {"resident", "registered"}, optional
        常住 or 户籍. Default: registered where the column is named 户籍人口, else resident. Kept in `attrs["population_basis"]`.
    outside : {"error", "warning", "ignore"}
        What a village more than 2 km outside every zone is.
    used : collection of str
        Columns beyond those known that somebody uses, such as those a policy names: the other unknown ones are told.

    Raises
    ------
    DataError
        For anything wrong in the file, all at once; its `faults` is a table. What is no error warns, as a `DataWarning`.
    """
    raw = located_table(source, "village", sheet, encoding, datum=datum, crs=crs, basis=population_basis, used=used)
    done = check_villages(raw.frame, raw.faults, zones=zones, outside=outside)
    done.attrs["population_basis"] = raw.notes["population_basis"]
    return done


def read_places(
    source: Source, *, place_class: str | None = None, zones: gpd.GeoDataFrame | None = None, datum: str | None = None,
    crs: str | None = None, sheet: Wanted = None, encoding: str | None = None, outside: str = "error",
    classes: Collection[str] = (), used: Collection[str] = (),
) -> gpd.GeoDataFrame:  # fmt: skip
    """Places (schools, hospitals, parks, township seats ...), points or polygons; `place_class` fills the class where the file says none.

    A row without coordinates is kept with a geometry of None, as no data, and warns. A class that is neither known nor in `classes` (those
    of a policy of one's own) is kept as written, and warns. Arguments and errors as in `read_villages`.
    """
    raw = located_table(source, "place", sheet, encoding, datum=datum, crs=crs, optional=True, used=used)
    return check_places(raw.frame, raw.faults, zones=zones, place_class=place_class, classes=classes, outside=outside)


def read_hosts(
    source: Source, *, zones: gpd.GeoDataFrame | None = None, datum: str | None = None, crs: str | None = None,
    sheet: Wanted = None, encoding: str | None = None, outside: str = "warning",
) -> gpd.GeoDataFrame:  # fmt: skip
    """Buildings and poles on offer for new sites: points with a `host` of the cost preset. Arguments and errors as in `read_villages`."""
    raw = located_table(source, "host", sheet, encoding, datum=datum, crs=crs)
    return check_hosts(raw.frame, raw.faults, zones=zones, outside=outside)


def read_register(
    source: Source, *, zones: gpd.GeoDataFrame | None = None, sheet: Wanted = None, encoding: str | None = None,
    used: Collection[str] = (),
) -> pd.DataFrame:  # fmt: skip
    """A table without coordinates: one row a zone, a project or a reported figure, with county, city or adcode beside its own columns.

    Any file that `read_villages` reads; a geometry is left out. Rows of totals are left out with a warning. Arguments and errors as in
    `read_villages`; the columns as in `tables.registers.check_register`.
    """
    raw = plain_table(source, "register", sheet, encoding, used=used)
    return check_register(raw.frame, raw.faults, zones=zones)


def read_sites(
    source: Source, *, zones: gpd.GeoDataFrame | None = None, datum: str | None = None, crs: str | None = None,
    services: str | None = None, unit: Unit | None = None, sheet: Wanted = None, encoding: str | None = None, outside: str = "warning",
    used: Collection[str] = (), own_services: Mapping[str, str] | None = None, own_operators: Sequence[str] = (),
    surroundings: Surroundings | None = None,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Sites, one row a site. What the file leaves out is filled from `presets/site_defaults.toml` and counted in `attrs["filled"]`.

    `services` names the services of rows that say none, such as "nr-n41;nbiot-900"; `unit` what a row of the file is, as in
    `tables.check_sites`: "site", "sector" or "mast"; `own_services` has the family of every service beyond the presets that rows may name;
    `own_operators` and `surroundings` as in `check_sites`. Arguments and errors as in `read_villages`.
    """
    raw = located_table(source, "site", sheet, encoding, datum=datum, crs=crs, used=used)
    return check_sites(
        raw.frame, raw.faults, zones=zones, services=services, unit=unit, own_services=own_services, own_operators=own_operators,
        outside=outside, surroundings=surroundings,
    )  # fmt: skip


def read_corridors(
    source: Source, *, line_class: str | None = None, datum: str | None = None, crs: str | None = None,
    sheet: Wanted = None, encoding: str | None = None, classes: Collection[str] = (),
    used: Collection[str] = (),
) -> gpd.GeoDataFrame:  # fmt: skip
    """Corridors: lines with a class; `line_class` fills it where the file says none, `classes` are further ones that it may be.

    Errors as in `read_villages`.
    """
    raw = located_table(source, "corridor", sheet, encoding, datum=datum, crs=crs, used=used)
    return check_corridors(raw.frame, raw.faults, line_class=line_class, classes=classes)


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
    """Zones: polygons with a level and a code, from one file or several (a province, its cities, its counties).

    Parameters
    ----------
    level : {"province", "city", "county", "township"}, optional
        Of rows that say none; else it comes from the heading (district_adcode) or the code.
    population : path or DataFrame, optional
        A table of people by adcode or name (`population_sheet`, `population_encoding`: of that table); levels it does not give are
        summed up.
    parents : bool
        Make the provinces, cities and counties that the files lack: `with_parents`.
    codes : {"china", "text"}, optional
        "china": every code has 6, 9 or 12 digits as in GB/T 2260, which tell its level and parent. "text": any text is a code, and each row
        needs its level. Without it the table decides; a row that states level and parent may always have any code.

    Other arguments and errors as in `read_villages`.
    """
    if level is not None:
        choose(level, field_of("zone", "level").choices, "level")
    if codes is not None:
        choose(codes, SCHEMES, "codes")
    how = _How(level, datum, crs, sheet, encoding, population_basis, codes)
    zones = _zones_from(source, how)
    if parents:
        zones = with_parents(zones, tell=False)
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
