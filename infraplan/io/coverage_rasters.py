"""Coverage as rasters: margins, best servers with their table, classes with names. Equal content, equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.coverage.prediction import Coverage
from infraplan.coverage.sectors import site_of
from infraplan.files import atomic_path, write_text
from infraplan.geo.grids import Grid
from infraplan.io.coordinate_systems import named_crs
from infraplan.io.qgis import QUALITY_UNITS, class_names, class_style, margin_classes, raster_style
from infraplan.io.raster_tables import class_table
from infraplan.io.table_files import write_csv
from infraplan.outputs import types
from infraplan.radio.link_quality import QualityGoal
from infraplan.tables.language import Speech

NO_SERVER = -1
NOTHING = 255
COG = {
    "driver": "COG",
    "compress": "DEFLATE",
    "level": 6,
    "blocksize": 256,
    "overview_resampling": "nearest",
    "num_threads": 1,
}


def write_coverage(cover: Coverage, path: str | Path, *, tags: Mapping[str, str] | None = None) -> None:
    """Write a map as a cloud-optimised GeoTIFF, for any network: of each family the best margin [dB], NR first.

    Beside it are a style for QGIS, one raster of classes a family, and the best servers as `<name>-servers.tif` with their table,
    `<name>-servers.csv`.

    Parameters
    ----------
    cover : Coverage
        The map: `predict_coverage(...)`.
    path : path
        Ends with .tif; replaced only when the new file is complete.
    tags : mapping of str, optional
        Further metadata. Receivers, reliability and models are always written.

    Examples
    --------
    >>> import infraplan as ip
    >>> import rasterio
    >>> ip.write_coverage(ip.example_world().cover, "map.tif")
    >>> with rasterio.open("map.tif") as margins, rasterio.open("map-servers.tif") as servers:
    ...     margins.descriptions, margins.units[0], servers.dtypes[0]
    (('nr margin_db outdoor', 'nbiot margin_db indoor'), 'dB', 'int32')
    """
    about = raster_tags(cover.receivers, cover.reliability, "; ".join(cover.models_used)) | dict(tags or {})
    margins = {family: cover[family].margin_db for family in cover.families}
    servers = {family: cover[family].server for family in cover.families}
    write_coverage_cog(path, cover.grid, margins, servers, cover.sector_ids.astype(str).tolist(), tags=about)


def raster_tags(receivers: Mapping[str, str], reliability: float, model: str) -> dict[str, str]:
    """Tags of a coverage raster: where each family's devices are, reliability, models."""
    tags = {f"RECEIVER_{family}": receiver for family, receiver in receivers.items()}
    return {**tags, "RELIABILITY": f"{reliability:g}", "RELIABILITY_OF": "area", "MODEL": model}


def write_coverage_cog(
    path: str | Path,
    grid: Grid,
    margins: Mapping[str, npt.NDArray[np.float32]],
    servers: Mapping[str, npt.NDArray[np.int32]] | None = None,
    sector_ids: Sequence[str] = (),
    *,
    tags: Mapping[str, str] | None = None,
    lang: str = "zh",
    crs: str = "",
) -> None:
    """Coverage as one cloud-optimised GeoTIFF: per family a band of best margin [dB] with its statistics, NR first.

    Beside it: `<name>.qml`, the style that QGIS loads by itself; `<name>-servers.tif` with a band of best servers a family and its table
    `<name>-servers.csv`; per family `<name>-<family>.tif`, the margin's classes with colours, names and a raster attribute table.

    Parameters
    ----------
    path : path
        Ends with .tif.
    grid : Grid
        Where the bands lie.
    margins : mapping
        family -> best margin. float32 (height, width), NaN where nothing was computed. [dB]
    servers : mapping, optional
        family -> index into `sector_ids`, -1 for none. In the file the sectors that serve somewhere are numbered from 0, the same in every
        band; the table says which they are.
    tags : mapping, optional
        Further metadata, e.g. model and reliability.
    lang : str
        Language of legends and names of classes: "zh" or "en".
    crs : str
        CRS of the files, "" for the grid's own. Pixels take the value of the nearest one, and keep their size where that counts in metres.
    """
    path, notes = Path(path), dict(tags or {})
    families = sorted(margins, key=lambda name: name != "nr")
    for family in families:
        if margins[family].shape != grid.shape:
            raise ValueError(f"band {family!r} has the shape {margins[family].shape}, the grid {grid.shape}")
    place = _Place(grid, crs)
    bands = [place.moved(np.asarray(margins[family], np.float32), np.nan) for family in families]
    names = [f"{family} margin_db {notes.get(f'RECEIVER_{family}', '')}".strip() for family in families]
    _write(path, bands, names, place.profile("float32", float("nan"), "YES"), notes, unit="dB")
    said = {family: Speech(lang).judged(family, notes.get(f"RECEIVER_{family}", "")) for family in families}
    for family, band in zip(families, bands, strict=True):
        _write_classes(path.with_name(f"{path.stem}-{family}.tif"), place, band, family, notes, said[family], lang)
    if servers is not None:
        _write_servers(path.with_name(f"{path.stem}-servers.tif"), place, {name: servers[name] for name in families if name in servers},
                       sector_ids, notes)  # fmt: skip
    write_text(path.with_suffix(".qml"), raster_style(said[families[0]] if families else ""))


def quality_tags(goal: QualityGoal) -> dict[str, str]:
    """Tags of a raster of SINR and rates: the load it holds for."""
    return {"LOAD_OF_OTHER_SECTORS": f"{goal.load:g}", "USERS_OF_A_SECTOR": "1", "LEVELS": "median"}


def write_quality_cog(
    path: str | Path,
    grid: Grid,
    maps: Mapping[str, Mapping[str, Mapping[str, npt.NDArray[np.float32]]]],
    *,
    tags: Mapping[str, str] | None = None,
    crs: str = "",
) -> None:
    """SINR and rates as one cloud-optimised GeoTIFF: of each family and receiver SS-SINR [dB], rate down and up [Mbit/s], to one decimal.

    Parameters
    ----------
    path : path
        Ends with .tif.
    grid : Grid
        Where the bands lie.
    maps : mapping
        family -> receiver -> sinr_db, downlink_mbps, uplink_mbps; float32 (height, width), NaN where no network serves.
    tags : mapping, optional
        Further metadata, e.g. the load.
    crs : str
        CRS of the file, "" for the grid's own.
    """
    place = _Place(grid, crs)
    bands, names, units = [], [], []
    for family, receivers in maps.items():
        for receiver, planes in receivers.items():
            for name, unit in QUALITY_UNITS.items():
                bands.append(place.moved(np.round(planes[name], 1).astype(np.float32), np.nan))
                names.append(f"{family} {name} {receiver}")
                units.append(unit)
    if bands:
        profile = place.profile("float32", float("nan"), "NO")  # a predictor makes values of one decimal larger
        _write(Path(path), bands, names, profile, dict(tags or {}), unit=units)


class _Place:
    """Where the pixels of the files lie: on the grid, or in another CRS."""

    def __init__(self, grid: Grid, crs: str) -> None:
        from rasterio.crs import CRS
        from rasterio.transform import Affine
        from rasterio.warp import calculate_default_transform

        self.grid_crs, self.grid_transform = CRS.from_wkt(named_crs(grid.crs).to_wkt()), Affine(*grid.affine)
        self.crs, self.transform, self.shape = self.grid_crs, self.grid_transform, grid.shape
        if crs:
            self.crs = CRS.from_wkt(named_crs(crs).to_wkt())
            left, top = grid.x0_m, grid.y0_m
            right, bottom = left + grid.width * grid.resolution_m, top - grid.height * grid.resolution_m
            size = {"resolution": grid.resolution_m} if named_crs(crs).is_projected else {}
            self.transform, width, height = calculate_default_transform(
                self.grid_crs, self.crs, grid.width, grid.height, left, bottom, right, top, **size
            )
            self.shape = (height, width)

    def moved(self, band: npt.NDArray[Any], nothing: float) -> npt.NDArray[Any]:
        """The band where the files have their pixels."""
        from rasterio.warp import Resampling, reproject

        if self.transform == self.grid_transform and self.crs == self.grid_crs:
            return band
        target = np.full(self.shape, nothing, band.dtype)
        reproject(
            np.ascontiguousarray(band), target, src_transform=self.grid_transform, src_crs=self.grid_crs, src_nodata=nothing,
            dst_transform=self.transform, dst_crs=self.crs, dst_nodata=nothing, resampling=Resampling.nearest, num_threads=1,
        )  # fmt: skip
        return target

    def profile(self, kind: str, nothing: float, predictor: str) -> dict[str, Any]:
        """How a raster of that type is written."""
        where = {"crs": self.crs, "transform": self.transform, "height": self.shape[0], "width": self.shape[1]}
        return {**COG, **where, "dtype": kind, "nodata": nothing, "predictor": predictor}


def _write(
    path: Path,
    bands: Sequence[npt.NDArray[Any]],
    names: Sequence[str],
    profile: Mapping[str, Any],
    tags: Mapping[str, str],
    *,
    unit: str | Sequence[str] = "",
    colours: Mapping[int, tuple[int, ...]] | None = None,
) -> None:
    import rasterio

    with atomic_path(path) as part, rasterio.open(part, "w", count=len(bands), **profile) as target:
        for index, (band, name) in enumerate(zip(bands, names, strict=True), 1):
            target.write(band, index)
            target.set_band_description(index, name)
            if unit:
                target.set_band_unit(index, unit if isinstance(unit, str) else unit[index - 1])
                target.update_tags(index, **_statistics(band))
        if colours is not None:
            target.write_colormap(1, colours)
        target.update_tags(**tags)


def _statistics(band: npt.NDArray[np.float32]) -> dict[str, str]:
    """Statistics of a band under the names that GDAL, QGIS and ArcGIS read; none of a band without a value."""
    known = band[np.isfinite(band)].astype(np.float64)
    if not len(known):
        return {}
    figures = {"MINIMUM": known.min(), "MAXIMUM": known.max(), "MEAN": known.mean(), "STDDEV": known.std()}
    share = 100.0 * len(known) / band.size
    return {f"STATISTICS_{name}": f"{value:.6f}" for name, value in figures.items()} | {"STATISTICS_VALID_PERCENT": f"{share:.4g}"}


def _write_classes(
    path: Path, place: _Place, margin_db: npt.NDArray[np.float32], family: str, tags: Mapping[str, str], said: str, lang: str
) -> None:
    """The classes of a margin as bytes with a colour table, their names in a raster attribute table, and a style."""
    edges, colours = margin_classes()
    classes = np.searchsorted(edges, margin_db, side="right") - 1
    band = np.where(np.isnan(margin_db), NOTHING, np.clip(classes, 0, None)).astype(np.uint8)
    table = {index: (*(int(colour[k : k + 2], 16) for k in (1, 3, 5)), 255) for index, colour in enumerate(colours)}
    kept = {name: value for name, value in tags.items() if not name.startswith("RECEIVER_") or name == f"RECEIVER_{family}"}
    name = f"{family} margin class {tags.get(f'RECEIVER_{family}', '')}".strip()
    drawn = {**table, NOTHING: (255, 255, 255, 0)}
    _write(path, [band], [name], place.profile("uint8", NOTHING, "NO"), {**kept, "LOWER_EDGES_DB": json.dumps(edges)}, colours=drawn)
    names = class_names(lang)
    count = np.bincount(band.ravel(), minlength=NOTHING + 1)
    rows = [(index, names[index], int(count[index]), edges[index], table[index][:3]) for index in range(len(edges))]
    write_text(path.with_name(f"{path.name}.aux.xml"), class_table(name, rows, said))
    write_text(path.with_suffix(".qml"), class_style(said, lang))


def _write_servers(
    path: Path, place: _Place, servers: Mapping[str, npt.NDArray[np.int32]], sector_ids: Sequence[str], tags: Mapping[str, str]
) -> None:
    """Best servers as whole numbers, and the table that says which sector each number is."""
    known = np.unique(np.concatenate([[NO_SERVER], *(band.ravel() for band in servers.values())]))
    known = known[known != NO_SERVER]
    bands = []
    for server in servers.values():
        numbers = np.searchsorted(known, server) if len(known) else np.zeros(server.shape, np.int64)
        bands.append(place.moved(np.where(server == NO_SERVER, NO_SERVER, numbers).astype(np.int32), NO_SERVER))
    if bands:
        _write(path, bands, [f"{family} best_server" for family in servers], place.profile("int32", NO_SERVER, "NO"), tags)
    sectors = [str(sector_ids[index]) for index in known]
    table = pd.DataFrame(
        {
            "number": np.arange(len(known)),
            "sector": sectors,
            "site": [site_of(sector) for sector in sectors],
            "service": [sector.rsplit("/", 2)[1] if sector.count("/") > 1 else "" for sector in sectors],
        },
        columns=list(types("servers")),
    )
    write_csv(path.with_suffix(".csv"), table)
