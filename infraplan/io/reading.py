"""The readers: from a file or a frame to a checked frame, or one DataError with every fault."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.io.file_kinds import Source
from infraplan.io.file_parts import Wanted
from infraplan.io.joined_tables import located_table, plain_table
from infraplan.tables import check_corridors, check_hosts, check_places, check_register, check_sites, check_villages
from infraplan.tables.site_defaults import Surroundings
from infraplan.tables.site_rows import Unit


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
        Checked zones (`read_zones`), which give `county` and `city`, and show which rows are outside.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of the coordinates. Default: what a heading such as 经度(GCJ-02) names, else WGS-84.
    crs : str, optional
        CRS of the columns x and y where they are metres, such as "EPSG:4547".
    sheet : str or int or list, optional
        Sheets or layers, by name or number from 1; several are read as one table. Default: all that hold such a table.
    encoding : str, optional
        Encoding of a text file or shapefile. Default: byte-order mark, else UTF-8, else GB18030.
    population_basis : {"resident", "registered"}, optional
        常住 or 户籍. Default: registered where the column is named 户籍人口, else resident. Kept in `attrs["population_basis"]`.
    outside : {"error", "warning", "ignore"}
        Treatment of a village more than 2 km outside every zone.
    used : collection of str
        Further columns that are used, such as those that a policy names: other unknown columns give a warning.

    Returns
    -------
    GeoDataFrame
        Points in EPSG:4326: id, name, kind, population, households, position_error_m [m], county, city and the other columns of
        docs/data.md.

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
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"自然村名称": ["大岭", "小岭"], "经度": [113.05, 113.25], "纬度": [23.1, 23.2], "人口": [120, 80]}
    ... )
    >>> table.to_csv("villages.csv", index=False)
    >>> villages = ip.read_villages("villages.csv", zones=ip.example_world().zones)
    >>> villages[["name", "population", "county"]].values.tolist()
    [['大岭', 120, '440101'], ['小岭', 80, '440102']]
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
    """Places (schools, hospitals, parks, township seats ...) from a file, points or polygons, checked, in EPSG:4326.

    A row without coordinates is kept with a geometry of None, as no data, with a warning.

    Parameters
    ----------
    source : path or DataFrame
        A file as `read_villages` reads it, or a (Geo)DataFrame.
    place_class : str, optional
        Class of rows that state none, such as "school".
    zones : GeoDataFrame, optional
        Checked zones (`read_zones`), which give `county` and `city`, and show which rows are outside.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of the coordinates. Default: what a heading such as 经度(GCJ-02) names, else WGS-84.
    crs : str, optional
        CRS of the columns x and y where they are metres, such as "EPSG:4547".
    sheet : str or int or list, optional
        Sheets or layers, by name or number from 1. Default: all that hold such a table.
    encoding : str, optional
        Encoding of a text file or shapefile. Default: byte-order mark, else UTF-8, else GB18030.
    outside : {"error", "warning", "ignore"}
        Treatment of a place more than 2 km outside every zone.
    classes : collection of str
        Further classes, such as those of your own policy. A class that is neither known nor named here is kept, with a warning.
    used : collection of str
        Further columns that are used, such as those that a policy names: other unknown columns give a warning.

    Returns
    -------
    GeoDataFrame
        Columns id, name, place_class, kind, position_error_m [m], county, city and the others of docs/data.md.

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
    >>> import pandas as pd
    >>> table = pd.DataFrame({"name": ["一中"], "lon": [113.05], "lat": [23.1]})
    >>> ip.read_places(table, place_class="school", zones=ip.example_world().zones)[
    ...     ["name", "place_class", "county"]
    ... ].values.tolist()
    [['一中', 'school', '440101']]
    """
    raw = located_table(source, "place", sheet, encoding, datum=datum, crs=crs, optional=True, used=used)
    return check_places(raw.frame, raw.faults, zones=zones, place_class=place_class, classes=classes, outside=outside)


def read_hosts(
    source: Source, *, zones: gpd.GeoDataFrame | None = None, datum: str | None = None, crs: str | None = None,
    sheet: Wanted = None, encoding: str | None = None, outside: str = "warning", costs: Collection[str] = (),
) -> gpd.GeoDataFrame:  # fmt: skip
    """Buildings and poles that may carry new sites, from a file, checked: points with a `host` that has a price, in EPSG:4326.

    Parameters
    ----------
    source : path or DataFrame
        A file as `read_villages` reads it, or a (Geo)DataFrame.
    zones : GeoDataFrame, optional
        Checked zones (`read_zones`), which give `county` and `city`, and show which rows are outside.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of the coordinates. Default: what a heading such as 经度(GCJ-02) names, else WGS-84.
    crs : str, optional
        CRS of the columns x and y where they are metres, such as "EPSG:4547".
    sheet : str or int or list, optional
        Sheets or layers, by name or number from 1. Default: all that hold such a table.
    encoding : str, optional
        Encoding of a text file or shapefile. Default: byte-order mark, else UTF-8, else GB18030.
    outside : {"error", "warning", "ignore"}
        What is made of a host more than 2 km outside every zone.
    costs : collection of str
        Hosts that have a price, such as `read_costs(...).hosts`. Default: those of the presets.

    Returns
    -------
    GeoDataFrame
        Points: id, name, host, county, city and the other columns of docs/data.md.

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
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": ["H1"], "name": ["镇政府"], "host": ["rooftop"], "lon": [113.05], "lat": [23.1]})
    >>> ip.read_hosts(table, zones=ip.example_world().zones)[["id", "host", "county"]].values.tolist()
    [['H1', 'rooftop', '440101']]
    """
    raw = located_table(source, "host", sheet, encoding, datum=datum, crs=crs)
    return check_hosts(raw.frame, raw.faults, zones=zones, outside=outside, costs=costs)


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
    surroundings: Surroundings | None = None, defaults: Mapping[str, Any] | None = None, lte: bool = False,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Sites from a file, checked, one row a site, in EPSG:4326.

    Empty cells are filled from `presets/site_defaults.toml` and counted in `attrs["filled"]`.

    Parameters
    ----------
    source : path or DataFrame
        A file as `read_villages` reads it, or a (Geo)DataFrame.
    zones : GeoDataFrame, optional
        Checked zones (`read_zones`), which give `county` and `city`, and show which rows are outside.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of the coordinates. Default: what a heading such as 经度(GCJ-02) names, else WGS-84.
    crs : str, optional
        CRS of the columns x and y where they are metres, such as "EPSG:4547".
    services : str, optional
        Services of rows that state none, joined by ";", such as "nr-n41;nbiot-900".
    unit : {"site", "sector", "mast"}, optional
        What a row of the file is. Default: found from the columns.
    sheet : str or int or list, optional
        Sheets or layers, by name or number from 1. Default: all that hold such a table.
    encoding : str, optional
        Encoding of a text file or shapefile. Default: byte-order mark, else UTF-8, else GB18030.
    outside : {"error", "warning", "ignore"}
        Treatment of a site more than 2 km outside every zone.
    used : collection of str
        Further columns that are used, such as those that a policy names: other unknown columns give a warning.
    own_services : mapping of str, optional
        Family of every service beyond the presets that rows may name.
    own_operators : sequence of str
        Networks beyond the presets: operators, joined by "+" where they share.
    surroundings : Surroundings, optional
        People and built-up land, from which an environment that is not given is judged; by default it is that of `defaults`.
    defaults : mapping, optional
        What fills the gaps, in the form of `presets/site_defaults.toml`, which fills them by default.
    lte : bool
        Whether 4G is planned too: its sites are read by their bands; they are set aside otherwise.

    Returns
    -------
    GeoDataFrame
        Points: id, name, operators, services, environment, height_m [m], azimuth_deg [deg], tilt_deg [deg], carrier_power_dbm [dBm],
        antenna, status, mast, county, city and the other columns of docs/data.md.

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
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": ["S1"], "lon": [113.05], "lat": [23.1], "operators": ["cmcc+cbn"], "services": ["nr-n28"]})
    >>> sites = ip.read_sites(table, zones=ip.example_world().zones)
    >>> sites[["id", "services", "height_m", "county"]].values.tolist()
    [['S1', 'nr-n28', 30.0, '440101']]
    """
    raw = located_table(source, "site", sheet, encoding, datum=datum, crs=crs, used=used)
    return check_sites(
        raw.frame, raw.faults, zones=zones, services=services, unit=unit, own_services=own_services, own_operators=own_operators,
        outside=outside, surroundings=surroundings, defaults=defaults, lte=lte,
    )  # fmt: skip


def read_corridors(
    source: Source, *, line_class: str | None = None, datum: str | None = None, crs: str | None = None,
    sheet: Wanted = None, encoding: str | None = None, classes: Collection[str] = (),
    used: Collection[str] = (),
) -> gpd.GeoDataFrame:  # fmt: skip
    """Corridors (railways, motorways, rivers ...) from a file: lines with a class, checked, in EPSG:4326.

    Parameters
    ----------
    source : path or DataFrame
        A file as `read_villages` reads it, or a (Geo)DataFrame.
    line_class : str, optional
        Class of rows that state none, such as "motorway".
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of the coordinates. Default: what a heading such as 经度(GCJ-02) names, else WGS-84.
    crs : str, optional
        CRS of the columns x and y where they are metres, such as "EPSG:4547".
    sheet : str or int or list, optional
        Sheets or layers, by name or number from 1. Default: all that hold such a table.
    encoding : str, optional
        Encoding of a text file or shapefile. Default: byte-order mark, else UTF-8, else GB18030.
    classes : collection of str
        Further classes that a line may have.
    used : collection of str
        Further columns that are used, such as those that a policy names: other unknown columns give a warning.

    Returns
    -------
    GeoDataFrame
        Lines: id, name, line_class and the other columns of docs/data.md.

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
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> line = LineString([(113.0, 23.1), (113.3, 23.2)])
    >>> gpd.GeoDataFrame({"id": ["C1"], "name": ["S1"], "geometry": [line]}, crs=4326).to_file("roads.gpkg")
    >>> ip.read_corridors("roads.gpkg", line_class="expressway")[["id", "line_class"]].values.tolist()
    [['C1', 'expressway']]
    """
    raw = located_table(source, "corridor", sheet, encoding, datum=datum, crs=crs, used=used)
    return check_corridors(raw.frame, raw.faults, line_class=line_class, classes=classes)
