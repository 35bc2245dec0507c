"""The print layout of the QGIS project: A3, map, legend, scale, north, title block, an atlas of one page a county."""

from __future__ import annotations

import uuid
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from infraplan.io.qgis import FONTS

PAGE, MAP, PICTURE, LABEL, LEGEND, SHAPE, SCALE_BAR = 65638, 65639, 65640, 65641, 65642, 65643, 65646
"""QGIS's numbers of the kinds of items."""
A3_MM = (420.0, 297.0)
MARGIN_MM, HEAD_MM, SIDE_MM, ROW_MM = 10.0, 22.0, 92.0, 8.0
LEFT, CENTRE, RIGHT, MIDDLE = 1, 4, 2, 128
"""Qt's numbers of alignments."""
LEGEND_FONTS = {"title": 11, "group": 10, "subgroup": 9, "symbolLabel": 8.5}
NORTH = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 60"><polygon points="20,14 33,58 20,48 7,58" fill="#1d2733"/>'
    '<polygon points="20,14 20,48 7,58" fill="#ffffff" stroke="#1d2733" stroke-width="1.5"/>'
    '<text x="20" y="12" font-size="14" font-family="sans-serif" text-anchor="middle" fill="#1d2733">N</text></svg>'
)


@dataclass(frozen=True)
class Atlas:
    """One page a feature of a layer: `layer` (id), `title`, `source`, as the project has them; `page_name`, `sort` are columns."""

    layer: str
    title: str
    source: str
    page_name: str = "name"
    sort: str = "adcode"


@dataclass(frozen=True)
class Sheet:
    """What is printed around the map.

    `title`: behind it the county of the page. `block`: rows of the title block. `across`: printed across the map, `note`: above the title
    block, "" for nothing.
    `extent`: west, south, east, north in the CRS of the project. `legend`: of the layers it lists their ids, titles, and
    how many classes a raster has, 0 of others: the heading of its band is left out.
    """

    name: str
    title: str
    legend_title: str
    block: Sequence[tuple[str, str]]
    extent: tuple[float, float, float, float]
    scale_unit: tuple[str, float]
    across: str = ""
    legend: Sequence[tuple[str, str, int]] = ()
    atlas: Atlas | None = None
    note: str = ""


def stable_id(name: str) -> str:
    """The same uuid for the same name: the bytes of a project do not change."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"infraplan/{name}")) + "}"


def verbatim(text: str) -> str:
    """A text of a label in which QGIS evaluates nothing: [% begins an expression there."""
    return text.replace("[%", "[% '[%' %]")


def layout_of(sheet: Sheet) -> ET.Element:
    """The layout as QGIS stores it."""
    layout = ET.Element("Layout", name=sheet.name, units="mm", printResolution="200", worldFileMap="")
    pages = ET.SubElement(layout, "PageCollection")
    pages.append(_fill("255,255,255,255", "0,0,0,255", "no"))
    pages.append(_item(PAGE, "page", (0.0, 0.0), A3_MM, 0))
    width, height = A3_MM[0] - 2 * MARGIN_MM - SIDE_MM - 4, A3_MM[1] - 2 * MARGIN_MM - HEAD_MM
    top, side = MARGIN_MM + HEAD_MM, MARGIN_MM + width + 4
    for item in _items(sheet, width, height, top, side):
        layout.append(item)
    layout.append(_atlas(sheet.atlas))
    return layout


def _items(sheet: Sheet, width: float, height: float, top: float, side: float) -> Iterable[ET.Element]:
    """Later ones lie above earlier ones by their z value; QGIS stores the uppermost first."""
    title = f"{sheet.title}[% coalesce(' · ' || @atlas_pagename, '') %]" if sheet.atlas else sheet.title
    yield _label("title", title, (MARGIN_MM, MARGIN_MM), (A3_MM[0] - 2 * MARGIN_MM, HEAD_MM - 4), 20, 9, CENTRE)
    yield from _block(sheet, side, top + height)
    if sheet.note:
        foot = top + height - ROW_MM * len(sheet.block)
        yield _label("note", sheet.note, (side + 1, foot - 2 * ROW_MM), (SIDE_MM - 2, 2 * ROW_MM - 1), 8.5, 9)
    if sheet.across:
        mark = _label("across", sheet.across, (MARGIN_MM + width / 2 - 90, top + height / 2 - 30), (180, 60), 110, 8, CENTRE)
        mark.set("opacity", "0.22")
        mark.set("itemRotation", "330")
        mark.set("referencePoint", "4")
        mark.set("position", f"{MARGIN_MM + width / 2:g},{top + height / 2:g},mm")
        mark.set("positionOnPage", mark.get("position", ""))
        yield mark
    yield _picture((MARGIN_MM + width - 18, top + 4), (14, 20), 7)
    yield _scale_bar(sheet, (MARGIN_MM + 4, top + height - 16), 6)
    yield _legend(sheet, (side, top), 5)
    yield _frame("frame", (side, top), (SIDE_MM, height), 1)
    yield _map(sheet, (MARGIN_MM, top), (width, height))


def _item(kind: int, name: str, at: tuple[float, float], size: tuple[float, float], z: int, **values: object) -> ET.Element:
    place = f"{at[0]:g},{at[1]:g},mm"
    known = {
        "type": kind, "uuid": stable_id(name), "templateUuid": stable_id(name), "id": name, "position": place, "positionOnPage": place,
        "size": f"{size[0]:g},{size[1]:g},mm", "referencePoint": 0, "itemRotation": 0, "visibility": 1, "opacity": 1, "blendMode": 0,
        "background": "false", "frame": "false", "outlineWidthM": "0.3,mm", "zValue": z, "excludeFromExports": 0, "positionLock": "false",
        "frameJoinStyle": "miter", "groupUuid": "",
    } | values  # fmt: skip
    item = ET.Element("LayoutItem", {key: str(value) for key, value in known.items()})
    ET.SubElement(item, "FrameColor", alpha="255", red="81", green="96", blue="111")
    ET.SubElement(item, "BackgroundColor", alpha="255", red="255", green="255", blue="255")
    ET.SubElement(ET.SubElement(item, "LayoutObject"), "customproperties")
    if kind == PAGE:
        item.append(_fill("255,255,255,255", "0,0,0,255", "no"))
    return item


def _fill(colour: str, line: str, style: str) -> ET.Element:
    symbol = ET.Element("symbol", type="fill", alpha="1", name="", clip_to_extent="1", force_rhr="0")
    layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "locked": "0", "pass": "0"})
    options = ET.SubElement(layer, "Option", type="Map")
    values = {"color": colour, "outline_color": line, "outline_style": style, "outline_width": "0.3", "outline_width_unit": "MM",
              "style": "no" if colour.endswith(",0") else "solid", "joinstyle": "miter"}  # fmt: skip
    for key, value in values.items():
        ET.SubElement(options, "Option", name=key, type="QString", value=value)
    return symbol


def _label(
    name: str, text: str, at: tuple[float, float], size: tuple[float, float], points: float, z: int, align: int = LEFT
) -> ET.Element:
    item = _item(LABEL, name, at, size, z, labelText=text, htmlState=0, halign=align, valign=MIDDLE, marginX=1, marginY=0)
    ET.SubElement(item, "LabelFont", description=f"{FONTS[0]},{points:g},-1,5,50,0,0,0,0,0", style="")
    ET.SubElement(item, "FontColor", alpha="255", red="29", green="39", blue="51")
    return item


def _frame(name: str, at: tuple[float, float], size: tuple[float, float], z: int) -> ET.Element:
    item = _item(SHAPE, name, at, size, z, shapeType=1, cornerRadiusMeasure="0,mm")
    item.append(_fill("255,255,255,0", "81,96,111,255", "solid"))
    return item


def _block(sheet: Sheet, left: float, bottom: float) -> Iterable[ET.Element]:
    """The title block: a table of names and values at the foot of the right-hand column."""
    row, names = ROW_MM, 24.0
    for index, (name, value) in enumerate(sheet.block):
        at = bottom - row * (len(sheet.block) - index)
        yield _label(f"block name {index}", name, (left, at), (names, row), 9, 9)
        yield _label(f"block value {index}", value, (left + names, at), (SIDE_MM - names, row), 9, 9)
        yield _frame(f"block cell {index}", (left, at), (names, row), 4)
        yield _frame(f"block row {index}", (left, at), (SIDE_MM, row), 4)


def _picture(at: tuple[float, float], size: tuple[float, float], z: int) -> ET.Element:
    drawn = f"base64:{b64encode(NORTH.encode()).decode()}"
    return _item(
        PICTURE, "north", at, size, z, file=drawn, mode=1, resizeMode=0, anchorPoint=4, northMode=1, northOffset=0, pictureRotation=0,
        pictureWidth=size[0], pictureHeight=size[1], mapUuid=stable_id("map"), svgFillColor="255,255,255,255",
        svgBorderColor="0,0,0,255", svgBorderWidth="0.2",
    )  # fmt: skip


def _text_style(points: float) -> ET.Element:
    style = ET.Element(
        "text-style", fontFamily=FONTS[0], fontSize=f"{points:g}", fontSizeUnit="Point", fontWeight="50", textColor="29,39,51,255",
        textOpacity="1", multilineHeight="1",
    )  # fmt: skip
    families = ET.SubElement(style, "families")
    for font in FONTS:
        ET.SubElement(families, "family", name=font)
    return style


def _scale_bar(sheet: Sheet, at: tuple[float, float], z: int) -> ET.Element:
    unit, length = sheet.scale_unit
    item = _item(
        SCALE_BAR, "scale", at, (100, 12), z, mapUuid=stable_id("map"), style="Single Box", unitType="km", unitLabel=unit,
        numMapUnitsPerScaleBarUnit=1, numUnitsPerSegment=f"{length:g}", numSegments=2, numSegmentsLeft=0, segmentSizeMode=1,
        minBarWidth=30, maxBarWidth=70, height=2.5, labelBarSpace=1.5, boxContentSpace=1, alignment=0, outlineWidth=0.2,
        subdivisionsHeight=1.5, numSubdivisions=1, labelVerticalPlacement=0, labelHorizontalPlacement=0, background="true",
    )  # fmt: skip
    item.append(_text_style(9))
    for tag, value in (("strokeColor", "29"), ("fillColor", "29"), ("fillColor2", "255")):
        ET.SubElement(item, tag, alpha="255", red=value, green=value, blue=value)
    return item


def _legend(sheet: Sheet, at: tuple[float, float], z: int) -> ET.Element:
    item = _item(
        LEGEND, "legend", at, (SIDE_MM, 60), z, map_uuid=stable_id("map"), title=sheet.legend_title, titleAlignment=1, boxSpace=2,
        columnCount=1, symbolWidth=6, symbolHeight=3.5, resizeToContents=1, legendFilterByAtlas=0, splitLayer=0, equalColumnWidth=0,
        rasterBorder=0, fontColor="#1d2733", lineSpacing=1, columnSpace=2, wrapChar="", symbolAlignment=1,
    )  # fmt: skip
    styles = ET.SubElement(item, "styles")
    for name, points in LEGEND_FONTS.items():
        style = ET.SubElement(styles, "style", name=name, alignment="1", indent="0", marginTop="1.6", marginLeft="1", marginBottom="1")
        style.append(_text_style(points))
    tree = ET.SubElement(item, "layer-tree-group")
    for layer, title, classes in sheet.legend:
        one = ET.SubElement(tree, "layer-tree-layer", id=layer, name=title, checked="Qt::Checked", expanded="1")
        if classes:
            shown = ET.SubElement(ET.SubElement(one, "customproperties"), "Option", type="Map")
            order = ",".join(map(str, range(1, classes + 1)))
            ET.SubElement(shown, "Option", name="legend/node-order", type="QString", value=order)
    return item


def _map(sheet: Sheet, at: tuple[float, float], size: tuple[float, float]) -> ET.Element:
    """The map shows all of the area; the atlas moves it to each county, with a margin of a tenth."""
    west, south, east, north = sheet.extent
    x, y = (west + east) / 2, (south + north) / 2
    scale = max((east - west) / size[0], (north - south) / size[1]) * 1.04
    item = _item(
        MAP, "map", at, size, 2, frame="true", background="true", keepLayerSet="false", drawCanvasItems="true", followPreset="false",
        followPresetName="", mapRotation=0, mapFlags=0, labelMargin="0,mm", isTemporal=0,
    )  # fmt: skip
    half = {"x": scale * size[0] / 2, "y": scale * size[1] / 2}
    ends = {"xmin": x - half["x"], "xmax": x + half["x"], "ymin": y - half["y"], "ymax": y + half["y"]}
    ET.SubElement(item, "Extent", {name: f"{value:.9g}" for name, value in ends.items()})
    ET.SubElement(item, "LayerSet")
    if sheet.atlas is not None:
        ET.SubElement(item, "AtlasMap", atlasDriven="1", scalingMode="2", margin="0.1")
    return item


def _atlas(atlas: Atlas | None) -> ET.Element:
    if atlas is None:
        return ET.Element("Atlas", enabled="0")
    return ET.Element(
        "Atlas", enabled="1", hideCoverage="0", coverageLayer=atlas.layer, coverageLayerName=atlas.title, coverageLayerSource=atlas.source,
        coverageLayerProvider="ogr", pageNameExpression=f'"{atlas.page_name}"', 
        filenamePattern=f"\"{atlas.sort}\" || '-' || @atlas_pagename",
        sortFeatures="1", sortKey=f'"{atlas.sort}"', sortAscending="1", filterFeatures="0",
    )  # fmt: skip
