"""project.qgz: the layers of a folder for QGIS, with styles, aliases, groups and a print layout. Paths are relative, bytes the same."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from pyproj import CRS

from infraplan.files import atomic_path
from infraplan.io.coordinate_systems import code_of
from infraplan.io.qgis_layout import Sheet, layout_of

HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
VERSION = "3.22.0-Białowieża"  # the form of the file: QGIS from 3.22 on reads it
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # characters that XML cannot hold
FIXED_DAY = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ProjectLayer:
    """One layer of the project.

    `source`: relative, "./plan.gpkg|layername=gaps" or "./coverage.tif". `kind`: "vector" or "raster". `drawn`: its renderer as XML.
    `labels`: its labelling as XML, "" for none. `aliases`: <aliases> as XML. `shown`: whether it is ticked. `least_scale`: drawn from
    1 : that on, 0 at any scale.
    """

    key: str
    title: str
    source: str
    kind: str
    crs: CRS
    drawn: str
    geometry: str = ""
    labels: str = ""
    aliases: str = ""
    shown: bool = True
    least_scale: int = 0

    @property
    def id(self) -> str:
        """The id of the layer in the project."""
        return f"infraplan_{self.key}"


@dataclass(frozen=True)
class Project:
    """A project: `groups` of layers from the top down, its CRS, the sheet to print."""

    title: str
    crs: CRS
    groups: Sequence[tuple[str, Sequence[ProjectLayer]]]
    sheet: Sheet
    abstract: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def layers(self) -> list[ProjectLayer]:
        """All layers from the top down."""
        return [layer for _, layers in self.groups for layer in layers]


def write_project(project: Project, path: str | Path) -> None:
    """Write project.qgz; equal content gives equal bytes."""
    text = HEAD + FORBIDDEN.sub("", ET.tostring(_document(project), encoding="unicode")) + "\n"
    with atomic_path(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{Path(path).stem}.qgs", FIXED_DAY), text.encode("utf-8"), zipfile.ZIP_DEFLATED)


def _document(project: Project) -> ET.Element:
    top = ET.Element("qgis", projectname=project.title, version=VERSION)
    ET.SubElement(top, "homePath", path="")
    ET.SubElement(top, "title").text = project.title
    ET.SubElement(top, "projectCrs").append(_crs(project.crs))
    tree = ET.SubElement(top, "layer-tree-group")
    for name, layers in project.groups:
        group = ET.SubElement(tree, "layer-tree-group", name=name, checked="Qt::Checked", expanded="1")
        for layer in layers:
            ticked = "Qt::Checked" if layer.shown else "Qt::Unchecked"
            ET.SubElement(
                group, "layer-tree-layer", id=layer.id, name=layer.title, source=layer.source, providerKey=_provider(layer),
                checked=ticked, expanded="0",
            )  # fmt: skip
    ET.SubElement(top, "relations")
    listed = ET.SubElement(top, "projectlayers")
    for layer in project.layers:
        listed.append(_layer(layer))
    order = ET.SubElement(top, "layerorder")
    for layer in project.layers:
        ET.SubElement(order, "layer", id=layer.id)
    top.append(_properties(project))
    top.append(_metadata(project))
    top.append(_view(project))
    ET.SubElement(top, "Layouts").append(layout_of(project.sheet))
    return top


def _provider(layer: ProjectLayer) -> str:
    return "ogr" if layer.kind == "vector" else "gdal"


def _crs(crs: CRS) -> ET.Element:
    system = ET.Element("spatialrefsys", nativeFormat="Wkt")
    ET.SubElement(system, "wkt").text = crs.to_wkt()
    ET.SubElement(system, "authid").text = code_of(crs)
    ET.SubElement(system, "description").text = crs.name
    ET.SubElement(system, "geographicflag").text = "false" if crs.is_projected else "true"
    return system


def _layer(layer: ProjectLayer) -> ET.Element:
    near = {
        "hasScaleBasedVisibilityFlag": str(int(layer.least_scale > 0)),
        "maxScale": "0",
        "minScale": str(layer.least_scale or 100_000_000),
    }
    top = ET.Element("maplayer", {"type": layer.kind, "styleCategories": "AllStyleCategories", "autoRefreshEnabled": "0", **near})
    if layer.kind == "vector":
        top.set("geometry", layer.geometry)
        top.set("labelsEnabled", str(int(bool(layer.labels))))
    ET.SubElement(top, "id").text = layer.id
    ET.SubElement(top, "datasource").text = layer.source
    ET.SubElement(top, "layername").text = layer.title
    ET.SubElement(top, "srs").append(_crs(layer.crs))
    provider = ET.SubElement(top, "provider", {"encoding": "UTF-8"} if layer.kind == "vector" else {})
    provider.text = _provider(layer)
    styles = ET.SubElement(top, "map-layer-style-manager", current="default")
    ET.SubElement(styles, "map-layer-style", name="default")
    if layer.kind == "raster":
        ET.SubElement(top, "pipe").append(ET.fromstring(layer.drawn))
    else:
        for part in (layer.drawn, layer.labels, layer.aliases):
            if part:
                top.append(ET.fromstring(part))
    ET.SubElement(top, "blendMode").text = "0"
    return top


def _properties(project: Project) -> ET.Element:
    """Relative paths, lengths in kilometres on the ellipsoid of the CRS, the variables of the title block."""
    top = ET.Element("properties")
    ET.SubElement(ET.SubElement(top, "Paths"), "Absolute", type="bool").text = "false"
    measured = ET.SubElement(top, "Measurement")
    ET.SubElement(measured, "DistanceUnits", type="QString").text = "kilometers"
    ET.SubElement(measured, "AreaUnits", type="QString").text = "km2"
    ET.SubElement(ET.SubElement(top, "Measure"), "Ellipsoid", type="QString").text = "EPSG:7030"
    ET.SubElement(ET.SubElement(top, "SpatialRefSys"), "ProjectionsEnabled", type="int").text = "1"
    if project.variables:
        variables = ET.SubElement(top, "Variables")
        for tag, values in (("variableNames", project.variables), ("variableValues", project.variables.values())):
            listed = ET.SubElement(variables, tag, type="QStringList")
            for value in values:
                ET.SubElement(listed, "value").text = value
    return top


def _metadata(project: Project) -> ET.Element:
    top = ET.Element("projectMetadata")
    for tag, value in (("identifier", ""), ("type", "dataset"), ("title", project.title), ("abstract", project.abstract)):
        ET.SubElement(top, tag).text = value
    return top


def _view(project: Project) -> ET.Element:
    """What the map window shows first: all of the area."""
    canvas = ET.Element("mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = "meters" if project.crs.is_projected else "degrees"
    extent = ET.SubElement(canvas, "extent")
    west, south, east, north = project.sheet.extent
    for tag, value in (("xmin", west), ("ymin", south), ("xmax", east), ("ymax", north)):
        ET.SubElement(extent, tag).text = f"{value:.9g}"
    ET.SubElement(canvas, "rotation").text = "0"
    ET.SubElement(canvas, "destinationsrs").append(_crs(project.crs))
    return canvas
