"""The raster attribute table of a class raster, in the side file that GDAL, QGIS and ArcGIS read (`<name>.tif.aux.xml`)."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

INTEGER, REAL, TEXT = 0, 1, 2
"""Types of columns in GDAL's attribute tables."""
GENERIC, COUNT, NAME, VALUE, RED, GREEN, BLUE = 0, 1, 2, 5, 6, 7, 8
"""What GDAL says columns are for."""
COLUMNS = (
    ("Value", INTEGER, VALUE), ("Count", INTEGER, COUNT), ("Class", TEXT, NAME), ("Lower_dB", REAL, GENERIC),
    ("Red", INTEGER, RED), ("Green", INTEGER, GREEN), ("Blue", INTEGER, BLUE),
)  # fmt: skip
LOWEST_DB = -1000.0
"""Lower edges at or below this are none."""


def class_table(description: str, rows: Sequence[tuple[int, str, int, float, tuple[int, ...]]], about: str = "") -> str:
    """The side file of a raster of one band.

    Parameters
    ----------
    description : str
        Name of the band.
    rows : sequence
        Of each class: value, name, pixels, lower edge [dB], colour as red, green and blue.
    about : str
        What the classes are of, in front of each name: 5G（室外）.
    """
    top = ET.Element("PAMDataset")
    band = ET.SubElement(top, "PAMRasterBand", band="1")
    ET.SubElement(band, "Description").text = description
    names = ET.SubElement(band, "CategoryNames")
    table = ET.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    for index, (name, kind, usage) in enumerate(COLUMNS):
        field = ET.SubElement(table, "FieldDefn", index=str(index))
        for tag, value in (("Name", name), ("Type", kind), ("Usage", usage)):
            ET.SubElement(field, tag).text = str(value)
    for index, (value, name, count, lower_db, colour) in enumerate(rows):
        said = f"{about} {name}".strip()
        ET.SubElement(names, "Category").text = said
        row = ET.SubElement(table, "Row", index=str(index))
        for cell in (value, count, said, "" if lower_db <= LOWEST_DB else f"{lower_db:g}", *colour):
            ET.SubElement(row, "F").text = str(cell)
    ET.indent(top)
    return ET.tostring(top, encoding="unicode") + "\n"
