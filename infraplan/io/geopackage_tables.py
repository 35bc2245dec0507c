"""What a GeoPackage says of its layers: styles, titles, aliases of columns (`gpkg_data_columns`), licence and notes (`gpkg_metadata`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

FIXED_TIME = "2020-01-01T00:00:00.000Z"  # the time of writing would change the bytes of equal content
STYLES = """CREATE TABLE layer_styles (
id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""
ADD_STYLE = """INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD,
useAsDefault, description, owner, update_time) VALUES ('', '', ?, ?, ?, ?, '', 1, '', '', ?)"""
ADD_CONTENTS = """INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)"""
COLUMNS = """CREATE TABLE gpkg_data_columns (
table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT,
CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name))"""
CONSTRAINTS = """CREATE TABLE gpkg_data_column_constraints (
constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC,
max_is_inclusive BOOLEAN, description TEXT, CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"""
METADATA = """CREATE TABLE gpkg_metadata (
id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL,
mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '')"""
REFERENCES = """CREATE TABLE gpkg_metadata_reference (
reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id))"""
EXTENSIONS = """CREATE TABLE IF NOT EXISTS gpkg_extensions (
table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"""
SCHEMA_PAGE, METADATA_PAGE = "http://www.geopackage.org/spec121/#extension_schema", "http://www.geopackage.org/spec121/#extension_metadata"
QGIS_PAGE, GDAL_PAGE = "http://mrcc.com/qgis.dtd", "http://gdal.org"


@dataclass(frozen=True)
class LayerNotes:
    """What is said of one layer: its title, its style (QML), the alias and meaning of its columns."""

    title: str
    style: str
    columns: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class FileNotes:
    """What is said of a whole file: `tags` as names and values, an abstract, the licences of what it was made from."""

    tags: Mapping[str, str]
    abstract: str = ""
    licences: tuple[str, ...] = ()


def describe(path: Path, layers: Mapping[str, LayerNotes], notes: FileNotes) -> None:
    """Add all of it to a GeoPackage, and replace the times of writing by one that is always the same."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            _styles(connection, layers)
            _titles(connection, layers, notes)
            _columns(connection, layers)
            _metadata(connection, layers, notes)
            connection.execute("UPDATE gpkg_contents SET last_change = ?", (FIXED_TIME,))
        connection.execute("VACUUM")
    finally:
        connection.close()


def _styles(connection: sqlite3.Connection, layers: Mapping[str, LayerNotes]) -> None:
    connection.execute(STYLES)
    geometry = dict(connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
    for name, layer in layers.items():
        connection.execute(ADD_STYLE, (name, geometry.get(name, "geom"), name, layer.style, FIXED_TIME))
    connection.execute(ADD_CONTENTS, (FIXED_TIME,))


def _titles(connection: sqlite3.Connection, layers: Mapping[str, LayerNotes], notes: FileNotes) -> None:
    """Titles, and the tags as the description of each layer."""
    description = "; ".join(f"{name}={value}" for name, value in notes.tags.items())
    for name, layer in layers.items():
        connection.execute(
            "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?", (layer.title, description, name)
        )


def _columns(connection: sqlite3.Connection, layers: Mapping[str, LayerNotes]) -> None:
    connection.execute(COLUMNS)
    connection.execute(CONSTRAINTS)
    connection.execute(EXTENSIONS)
    for name, layer in layers.items():
        taken: set[str] = set()
        for column, (title, meaning) in layer.columns.items():
            unique = title if title not in taken else f"{title} ({column})"
            taken.add(unique)
            connection.execute("INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, NULL)", (name, column, unique, title, meaning))
    for table in ("gpkg_data_columns", "gpkg_data_column_constraints"):
        connection.execute("INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')", (table, SCHEMA_PAGE))


def _metadata(connection: sqlite3.Connection, layers: Mapping[str, LayerNotes], notes: FileNotes) -> None:
    """Of each layer, for GDAL and for QGIS. GDAL writes metadata of a whole file into a side file whenever it reads it."""
    connection.execute(METADATA)
    connection.execute(REFERENCES)
    texts = [(GDAL_PAGE, _gdal_metadata(notes), list(layers))]
    texts += [(QGIS_PAGE, _qgis_metadata(name, layer.title, notes), [name]) for name, layer in layers.items()]
    for number, (page, text, tables) in enumerate(texts, 1):
        connection.execute("INSERT INTO gpkg_metadata VALUES (?, 'dataset', ?, 'text/xml', ?)", (number, page, text))
        rows = [("table", table, FIXED_TIME, number) for table in tables]
        connection.executemany("INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, NULL)", rows)
    for table in ("gpkg_metadata", "gpkg_metadata_reference"):
        connection.execute("INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')", (table, METADATA_PAGE))


def _gdal_metadata(notes: FileNotes) -> str:
    top = ET.Element("GDALMultiDomainMetadata")
    items = ET.SubElement(top, "Metadata")
    values = {**notes.tags, **({"ABSTRACT": notes.abstract} if notes.abstract else {})}
    values |= {f"LICENCE_{number}": text for number, text in enumerate(notes.licences, 1)}
    for name, value in values.items():
        ET.SubElement(items, "MDI", key=name).text = value
    return ET.tostring(top, encoding="unicode")


def _qgis_metadata(name: str, title: str, notes: FileNotes) -> str:
    top = ET.Element("qgis", version="3.22.0")
    for tag, value in (("identifier", name), ("parentidentifier", ""), ("language", ""), ("type", "dataset"), ("title", title),
                       ("abstract", notes.abstract)):  # fmt: skip
        ET.SubElement(top, tag).text = value
    for text in notes.licences:
        ET.SubElement(top, "license").text = text
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>" + ET.tostring(top, encoding="unicode")
