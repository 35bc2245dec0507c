"""Hostile files: one small sound file of every kind, changed at random in its bytes, its values or its structure, for the door it is for.

`Mutants` writes them one by one; number and seed alone decide what a mutant is, so that one of them can be made again.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from arranged_study import build_arranged, zones
from mutators import ENCODINGS, changed_bytes, changed_cells, changed_features, changed_json, changed_raster, changed_text, changed_toml
from own_radio import SERVICES, pattern_text
from sound_texts import FILLED, GEONAMES, HOSTS, OPENCELLID, PEOPLE, PLACES, REGISTER, SITES, STUDY, VILLAGES

import infraplan
from infraplan.errors import DataError
from infraplan.geo.grids import Grid
from infraplan.io import read_corridors, read_hosts, read_places, read_register, read_sites, read_villages, read_zones
from infraplan.io.exclusions import read_exclusions
from infraplan.io.gazetteers import read_geoboundaries, read_geonames
from infraplan.io.gridded_people import read_population_raster
from infraplan.io.inspections import read_inspection, read_measured
from infraplan.io.opencellid import read_opencellid
from infraplan.io.osm import read_osm
from infraplan.io.patterns import read_pattern
from infraplan.io.rasters import read_terrain
from infraplan.io.services import read_services
from infraplan.io.template_workbook import write_template
from infraplan.policy.inspection import COLUMNS
from infraplan.policy.targets import read_policy
from infraplan.run.study_check import check_study, records
from infraplan.study import Study

Rng = np.random.Generator
Door = Callable[[Path], Any]
POLICIES = Path(infraplan.__file__).parent / "presets/policies"


def read_people(source: Path, *, sheet: Any = None, encoding: str | None = None, datum: str | None = None) -> Any:
    """Zones with people from a table; `datum` is passed over: such a table has no coordinates."""
    return read_zones(zones(), population=source, population_sheet=sheet, population_encoding=encoding)


TABLES: dict[str, tuple[str, Callable[..., Any]]] = {
    "villages": (VILLAGES, read_villages), "sites": (SITES, read_sites), "places": (PLACES, read_places), "hosts": (HOSTS, read_hosts),
    "register": (REGISTER, read_register), "people": (PEOPLE, read_people),
}  # fmt: skip
VECTORS: dict[str, Callable[..., Any]] = {
    "points": read_villages, "masts": read_sites, "areas": read_zones, "lines": read_corridors, "lands": read_exclusions,
    "seats": read_places,
}  # fmt: skip
ANY_DOOR = (read_villages, read_sites, read_places, read_zones, read_corridors, read_hosts, read_register, read_exclusions)
LAYER_ENDINGS = (".gpkg", ".geojson", ".kml", ".kmz", ".shp", ".zip", ".tab", ".mif", ".fgb", ".parquet")


def layers() -> dict[str, gpd.GeoDataFrame]:
    """A sound layer of every shape."""
    spots = shapely.points([113.1, 113.2, 113.3], [23.1, 23.2, 23.3])
    ways = [shapely.LineString([(113.0, 23.0), (113.4, 23.4)]), shapely.LineString([(113.0, 23.4), (113.4, 23.0)])]
    water = shapely.box([113.05, 113.3], [23.05, 23.3], [113.08, 113.35], [23.08, 23.33])
    tables: dict[str, tuple[dict[str, list[Any]], Any]] = {
        "points": ({"name": ["甲", "乙", "丙"], "pop": [1, 2, 3], "county": ["440101", "440101", "440202"]}, spots),
        "masts": ({"name": ["a", "b", "c"], "services": ["nr-n28", "5G n41", "NB900"], "azimuth": ["0/120", "omni", "90"]}, spots),
        "seats": ({"name": ["甲", "乙", "丙"], "class": ["学校", "hospital", "乡镇"]}, spots),
        "lines": ({"name": ["甲", "乙"], "line_class": ["高速", "railway"], "tunnel": ["否", "是"]}, ways),
        "lands": ({"name": ["湖", "库"], "remark": [1.5, None]}, water),
    }
    made = {name: gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326) for name, (columns, shapes) in tables.items()}
    return made | {"areas": zones()}


def checked(path: Path) -> Any:
    """Every fault of a study as `check --json` writes it; a DataError where one is an error."""
    faults = check_study(Study.open(path))
    if any(fault.severity == "error" for fault in faults):
        raise DataError(faults)
    return json.dumps(records(faults), ensure_ascii=False, allow_nan=False)


class Mutants:
    """Writes mutants of every kind into a folder, `files / kind`."""

    def __init__(self, folder: Path, seed: int = 20201231):
        self.folder, self.seed = folder, seed
        self.golden = build_arranged(folder / "golden")
        for name, (text, _) in TABLES.items():
            (self.golden / f"{name}.csv").write_text(text, encoding="utf-8")
        layers()["lands"].to_file(self.golden / "lands.geojson")
        shutil.copy(POLICIES / "guangdong-2020.toml", self.golden / "policy.toml")
        (self.golden / "services.toml").write_text(SERVICES.replace("patterns/low.msi", "low.msi"), encoding="utf-8")
        (self.golden / "low.msi").write_text(pattern_text(), encoding="utf-8")
        (self.golden / "study.toml").write_text(STUDY, encoding="utf-8")
        licence = '[[dataset]]\nname = "村庄"\nholder = "某局"\nlicence = "内部"\n'
        (self.golden / "licences.toml").write_text(licence, encoding="utf-8")
        measured = ("V1", "cmcc", "nr-n28", "nr", "-90.0", "True", "2020-06-03", "张三", *[""] * 8, "b.xlsx", "0" * 64, "2", "")
        (self.golden / "inspections.csv").write_text(",".join(COLUMNS) + "\n" + ",".join(measured) + "\n", encoding="utf-8-sig")
        write_template(folder / "template.xlsx")
        self.kinds: dict[str, Callable[[Path, Rng], tuple[Path, Door]]] = {
            "csv": self._csv, "workbook": self._workbook, "template": self._template, "layer": self._layer, "geopackage": self._geopackage,
            "raster": self._raster, "study": self._study, "policy": self._policy, "toml": self._small_toml, "open data": self._open_data,
            "inspection": self._inspection, "study data": self._study_data,
        }  # fmt: skip

    def write(self, kind: str, number: int) -> tuple[Path, Door]:
        """The mutant of this kind and number, and the door it is for."""
        place = self.folder / "files" / kind.replace(" ", "-")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        return self.kinds[kind](place, np.random.default_rng([self.seed, list(self.kinds).index(kind), number]))

    def _csv(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        name = rng.choice(list(TABLES))
        text, own = TABLES[name]
        content = changed_text(text, rng)
        path = place / f"{name}{rng.choice(['.csv', '.tsv', '.txt', '.csv.gz'])}"
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
        return path, _door(own, rng)

    def _workbook(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        name = rng.choice(list(TABLES))
        path = place / f"{name}.xlsx"
        with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": {"nan_inf_to_errors": True}}) as book:
            for number in range(int(rng.integers(1, 4))):
                sheet = book.book.add_worksheet(str(rng.choice(["县440101", "Sheet1", "说明", "villages", "合计", "数据"])) + str(number))
                rows = changed_cells(TABLES[name if rng.random() < 0.8 else str(rng.choice(list(TABLES)))][0], rng)
                for row, cells in enumerate(rows, start=int(rng.integers(0, 3))):
                    for column, cell in enumerate(cells):
                        _write_cell(sheet, row, column, cell)
                if rng.random() < 0.2:
                    sheet.merge_range(0, 0, int(rng.integers(1, 4)), int(rng.integers(1, 4)), "并")
                if rng.random() < 0.1 and number:
                    sheet.hide()
        if rng.random() < 0.3:
            _change_member(path, rng)
        return path, _door(TABLES[name][1], rng)

    def _template(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        path = place / "template.xlsx"
        shutil.copy(self.folder / "template.xlsx", path)
        if rng.random() < 0.5:
            path.write_bytes(changed_bytes(path.read_bytes(), rng))
        else:
            _change_member(path, rng)
        return path, _door(ANY_DOOR[int(rng.integers(0, len(ANY_DOOR)))], rng)

    def _layer(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        name = str(rng.choice(list(VECTORS)))
        ending = str(rng.choice(LAYER_ENDINGS))
        path = _written(layers()[name] if rng.random() < 0.3 else changed_features(layers()[name], rng), place / f"{name}{ending}")
        if path.suffix == ".geojson" and rng.random() < 0.5:
            path.write_bytes(changed_json(path.read_text(encoding="utf-8"), rng))
        elif path.suffix in (".zip", ".kmz") and rng.random() < 0.3:
            _change_member(path, rng)
        else:
            files = sorted(place.iterdir())
            for file in files if rng.random() < 0.6 else []:
                if rng.random() < 1 / len(files) + 0.1:
                    file.write_bytes(changed_bytes(file.read_bytes(), rng))
        if len(sides := [file for file in place.iterdir() if file != path]) and rng.random() < 0.15:
            sides[int(rng.integers(0, len(sides)))].unlink()
        return path, _door(VECTORS[name], rng)

    def _geopackage(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        """Several layers in one file, and a database somebody has had his hands in."""
        path, chosen = place / "all.gpkg", rng.choice(list(VECTORS), size=int(rng.integers(1, 4)))
        for number, name in enumerate(chosen):
            changed_features(layers()[str(name)], rng).to_file(path, layer=f"{name}{number}", driver="GPKG")
        with closing(sqlite3.connect(path)) as base:
            tables = [row[0] for row in base.execute("select name from sqlite_master where type = 'table' order by name")]
            table = str(rng.choice(tables))
            statement = str(rng.choice([
                f'drop table "{table}"', f'delete from "{table}"', f'alter table "{table}" rename to "y"', "pragma user_version = 9",
                "update gpkg_geometry_columns set srs_id = 7", "update gpkg_contents set table_name = 'x'", "select 1",
                "update gpkg_geometry_columns set geometry_type_name = 'POINT'",
            ]))  # fmt: skip
            try:
                base.execute("pragma foreign_keys = off")
                base.execute(statement)
                base.commit()
            except sqlite3.Error:
                base.rollback()
        return path, _door(VECTORS[str(chosen[0])], rng)

    def _raster(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        path = place / f"dem{rng.choice(['.tif', '.asc', '.img'])}"
        clutter = changed_raster(path, rng)
        if rng.random() < 0.5:
            path.write_bytes(changed_bytes(path.read_bytes(), rng, late=rng.random() < 0.5))
        grid = Grid.over(zones(), 5000)
        holes = str(rng.choice(["refuse", "sea", "fill", "fill_then_sea"]))
        doors: tuple[Door, ...] = (
            lambda file: read_terrain(file, over=grid, holes=holes),
            lambda file: read_terrain(file, over=grid, holes=holes, clutter=clutter),
            lambda file: read_terrain(file),
            lambda file: read_population_raster(file, grid, nodata=None if holes == "sea" else -1.0),
        )
        return path, doors[int(rng.integers(0, len(doors)))]

    def _study(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        shutil.copytree(self.golden, place, dirs_exist_ok=True)
        path = place / "study.toml"
        path.write_bytes(changed_toml(STUDY, rng))
        return path, checked

    def _study_data(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        """A sound study.toml, and a file or two that it names changed or gone."""
        shutil.copytree(self.golden, place, dirs_exist_ok=True)
        names = [*(f"{name}.csv" for name in ("villages", "sites", "places", "hosts", "register")), "zones.gpkg", "lands.geojson",
                 "inspections.csv", "licences.toml", "services.toml", "low.msi", "policy.toml"]  # fmt: skip
        for name in rng.choice(names, size=int(rng.integers(1, 3)), replace=False):
            file, how = place / str(name), rng.random()
            if how < 0.1:
                file.unlink()
            elif how < 0.15:
                file.unlink()
                file.mkdir()
            elif file.suffix == ".csv":
                file.write_bytes(changed_text(file.read_text(encoding="utf-8-sig"), rng))
            elif file.suffix == ".toml":
                file.write_bytes(changed_toml(file.read_text(encoding="utf-8"), rng))
            elif file.suffix == ".gpkg":
                file.unlink()
                changed_features(zones(), rng).to_file(file, layer="zones", driver="GPKG")
            else:
                file.write_bytes(changed_bytes(file.read_bytes(), rng))
        return place / "study.toml", checked

    def _policy(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        name = str(rng.choice(["guangdong-2020", "guangdong-2018", "signal-upgrade-2023"]))
        path = place / "policy.toml"
        path.write_bytes(changed_toml((POLICIES / f"{name}.toml").read_text(encoding="utf-8"), rng))
        return path, read_policy

    def _small_toml(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        shutil.copy(self.golden / "low.msi", place)
        name = str(rng.choice(["services.toml", "licences.toml", "low.msi"]))
        path = place / name
        text = (self.golden / name).read_text(encoding="utf-8")
        path.write_bytes(changed_bytes(text.encode(), rng) if name == "low.msi" else changed_toml(text, rng))
        if name == "licences.toml":
            from infraplan.study.licences import read_licences

            return path, lambda file: read_licences(file.parent)
        return path, read_pattern if name == "low.msi" else read_services

    def _open_data(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        how = int(rng.integers(0, 4))
        if how == 0:
            path = place / "460.csv"
            path.write_bytes(changed_text(OPENCELLID, rng))
            return path, read_opencellid
        if how == 1:
            path = place / "CN.txt"
            path.write_bytes(changed_text(GEONAMES, rng, separator="\t"))
            return path, read_geonames
        if how == 2:
            shapes = zones().rename(columns={"name": "shapeName", "adcode": "shapeID"}).drop(columns="level")
            path = _written(shapes, place / "adm2.geojson")
            path.write_bytes(changed_json(path.read_text(encoding="utf-8"), rng))
            return path, lambda file: read_geoboundaries(file, level="county")
        ways = layers()["lines"].assign(osm_id=["1", "2"], fclass=["motorway", "trunk"])
        path = _written(changed_features(ways, rng), place / f"gis_osm_roads_free_1{rng.choice(['.shp', '.zip'])}")
        if rng.random() < 0.4:
            path.write_bytes(changed_bytes(path.read_bytes(), rng))
        return path, lambda file: read_osm(file, "roads")

    def _inspection(self, place: Path, rng: Rng) -> tuple[Path, Door]:
        if rng.random() < 0.5:
            path = place / "inspections.csv"
            path.write_bytes(changed_text((self.golden / "inspections.csv").read_text(encoding="utf-8-sig"), rng))
            return path, lambda file: read_measured(file.parent)
        path = place / "filled.xlsx"
        rows = changed_cells(FILLED, rng)
        with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": {"nan_inf_to_errors": True}}) as book:
            sheet = book.book.add_worksheet("复测")
            for row, cells in enumerate(rows, start=int(rng.integers(0, 3))):
                for column, cell in enumerate(cells):
                    _write_cell(sheet, row, column, cell)
        return path, lambda file: read_inspection(file, ["V1", "V2"])


def _door(own: Callable[..., Any], rng: Rng) -> Door:
    """The reader itself, mostly; else another, or with options of study.toml that may not fit."""
    reader = own if rng.random() < 0.85 else ANY_DOOR[int(rng.integers(0, len(ANY_DOOR)))]
    how: dict[str, Any] = {}
    if rng.random() < 0.2:
        how["encoding"] = str(rng.choice(ENCODINGS[:6]))
    if rng.random() < 0.1:
        how["sheet"] = [1, 2, "Sheet11", "points0", [1, 2]][int(rng.integers(0, 5))]
    if rng.random() < 0.1 and reader is not read_register:
        how["datum"] = str(rng.choice(["gcj02", "bd09", "bd09mc", "cgcs2000"]))
    if reader is read_sites:
        how["unit"] = [None, "site", "sector", "mast"][int(rng.integers(0, 4))]
    if reader is read_zones and rng.random() < 0.5:
        how["parents"] = True
    settled = zones() if rng.random() < 0.5 and reader in (read_villages, read_sites, read_places, read_hosts, read_register) else None
    if settled is not None:
        how["zones"] = read_zones(settled)
    return lambda path: reader(path, **how)


def _write_cell(sheet: Any, row: int, column: int, cell: Any) -> None:
    """A cell as its type says; what a workbook cannot hold stays text."""
    if isinstance(cell, str) and cell.startswith("="):
        sheet.write_formula(row, column, cell, None, "")
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell[:32_000])
    elif cell is not None:
        try:
            sheet.write(row, column, cell)
        except (TypeError, ValueError, OverflowError):
            sheet.write_string(row, column, str(cell)[:100])


def _change_member(path: Path, rng: Rng) -> None:
    """One member of an archive changed, left out, or doubled."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name, how = sorted(members)[int(rng.integers(0, len(members)))], rng.random()
    if how < 0.25:
        members.pop(name)
    elif how < 0.35:
        members[f"../{name}"] = members[name]
    else:
        members[name] = changed_bytes(members[name], rng)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def _written(frame: gpd.GeoDataFrame, path: Path) -> Path:
    """A layer in the format that the ending names; where a format cannot hold it, as GeoPackage."""
    inner = {".zip": ".shp", ".kmz": ".kml"}.get(path.suffix)
    target = path if inner is None else path.parent / "parts" / f"{path.stem}{inner}"
    target.parent.mkdir(exist_ok=True)
    driver = {".tab": "MapInfo File", ".mif": "MapInfo File", ".kml": "KML", ".fgb": "FlatGeobuf"}.get(target.suffix)
    try:
        if target.suffix == ".parquet":
            frame.to_parquet(target)
        else:
            frame.to_file(target, **({"driver": driver} if driver else {}), engine="pyogrio")
    except Exception:
        target = target.with_suffix(".gpkg")
        frame.to_file(target, driver="GPKG")
        inner = None
    if inner is not None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(target.parent.iterdir()):
                archive.write(part, part.name)
        shutil.rmtree(target.parent)
        return path
    if target.parent != path.parent:
        shutil.move(target, path.parent / target.name)
        shutil.rmtree(target.parent)
    return path.parent / target.name
