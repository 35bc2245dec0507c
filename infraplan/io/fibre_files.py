"""Nodes of today's fibre network, and prices of fibre, from files of the user's own."""

from __future__ import annotations

import os

import geopandas as gpd
from pydantic import ValidationError

from infraplan.backhaul.fibre_prices import FibrePrices
from infraplan.errors import DataError
from infraplan.io.file_kinds import Source
from infraplan.io.file_parts import Wanted
from infraplan.io.joined_tables import located_table
from infraplan.io.opening import existing_file
from infraplan.tables.contracts import check_fibre_nodes
from infraplan.toml_faults import blank_faults, key_faults
from infraplan.toml_files import parse_toml, read_toml_text


def read_fibre_nodes(
    source: Source, *, datum: str | None = None, crs: str | None = None, sheet: Wanted = None, encoding: str | None = None
) -> gpd.GeoDataFrame:
    """Nodes of today's fibre network, from which villages and sites are connected.

    Parameters
    ----------
    source : path or DataFrame
        A file as `read_villages` reads it, or a (Geo)DataFrame.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of the coordinates. Default: what a heading names, else WGS-84.
    crs : str, optional
        CRS of the columns x and y where they are metres, such as "EPSG:4547".
    sheet : str or int or list, optional
        Sheets or layers, by name or number from 1.
    encoding : str, optional
        Encoding of a text file or shapefile.

    Returns
    -------
    GeoDataFrame
        Points in EPSG:4326: id, name, synthetic.

    Raises
    ------
    DataError
        Every fault of the file at once.

    Examples
    --------
    >>> import infraplan as ip
    >>> import pandas as pd
    >>> ip.read_fibre_nodes(pd.DataFrame({"id": ["F1"], "lon": [113.05], "lat": [23.1]}))["id"].tolist()
    ['F1']
    """
    raw = located_table(source, "fibre_node", sheet, encoding, datum=datum, crs=crs)
    return check_fibre_nodes(raw.frame, raw.faults)


def read_fibre_prices(source: str | os.PathLike[str]) -> FibrePrices:
    """The prices of fibre of a file, in the schema of presets/fibre_prices.toml: complete, no price of the presets is mixed in.

    Parameters
    ----------
    source : path
        A TOML file.

    Returns
    -------
    FibrePrices
        For `road_network(..., prices=prices)`.

    Raises
    ------
    DataError
        Every fault of the file at once: unknown keys, negative prices, figures that fall from low to high, a way without a price, a
        figure without a source.

    Examples
    --------
    >>> import infraplan as ip
    >>> from pathlib import Path
    >>> text = Path(ip.__file__).with_name("presets").joinpath("fibre_prices.toml").read_text(encoding="utf-8")
    >>> _ = Path("fibre_prices.toml").write_text(text.replace("62500", "70000"), encoding="utf-8")
    >>> ip.read_fibre_prices("fibre_prices.toml").per_km("aerial")
    70000.0
    """
    path = existing_file(source)
    text = read_toml_text(path, "costs")
    raw = parse_toml(text, path.name, "costs")
    if blank := blank_faults(raw, path.name, text, "costs"):
        raise DataError(blank)
    try:
        return FibrePrices.model_validate(raw)
    except ValidationError as error:
        raise DataError(key_faults(error, FibrePrices, path.name, text, kind="fibre-prices")) from None
