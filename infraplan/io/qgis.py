"""Default styles for QGIS, written as the QML that its layer_styles table holds. Colours come from the palette."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import quoteattr

from infraplan.coverage.quality_at_points import FIGURES
from infraplan.messages import say
from infraplan.presets import load
from infraplan.tables.language import Speech

QUALITY_UNITS = dict(zip(FIGURES, ("dB", "Mbit/s", "Mbit/s"), strict=True))
"""Figures of quality.tif, in the order of its bands, and their units."""
LABELS = {"zones": ("name", 9.0, 0), "new_sites": ("id", 7.0, 150_000), "villages": ("name", 7.0, 60_000)}
"""Layer -> column of its labels, their size in points, the smallest scale (1 : n) at which they are drawn, 0 for any."""
CONNECTED = ("fibre", "microwave", "straight")
"""Ways of connecting a new site that are lines."""
FONTS = ("SimHei", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei")
"""Fonts with Chinese characters, the first that is there is taken."""


def layer_style(
    name: str,
    frame: Any,
    share_column: str = "nr_share",
    lang: str = "zh",
    aliases: Mapping[str, tuple[str, str]] | None = None,
    receivers: Mapping[str, str] | None = None,
) -> str:
    """QML of a layer by its name and columns: symbols with a legend in a language, labels, aliases of columns."""
    label = labelling(*LABELS[name]) if name in LABELS and LABELS[name][0] in frame else ""
    return _document(renderer_of(name, frame, share_column, lang, receivers), "name", label, alias_list(frame, aliases or {}))


def renderer_of(name: str, frame: Any, share_column: str = "nr_share", lang: str = "zh", receivers: Mapping[str, str] | None = None) -> str:
    """How a layer is drawn; `receivers`: where the devices of each family are judged, for the legend."""
    colours = load("palette")
    if name == "zones":
        if share_column in frame:
            return _graduated(share_column, colours["share"], _judged(frame, share_column.removesuffix("_share"), lang, receivers))
        return outline_renderer()
    if name in ("gaps", "villages"):
        column = "status" if "status" in frame else next((one for one in frame.columns if str(one).endswith("_status")), None)
        size_mm = 2.0 if name == "gaps" else 1.6
        if column is not None:
            own = column == "status"
            about = say("report.at_its_receiver", lang) if own else _judged(frame, column.removesuffix("_status"), lang, receivers)
            kinds = [
                (status, f"{about} {say(f'report.{status}', lang)}", _marker("circle", colours["village"][status], size_mm))
                for status in ("served", "uncertain", "unserved")
                if name == "villages" or status != "served"
            ]
            return _categorised(column, kinds)
        return _single(_marker("circle", colours["village"]["unserved"], size_mm))
    if name in ("total_not_spots", "partial_not_spots"):
        colour = colours["village"]["unserved" if name.startswith("total") else "uncertain"]
        return _single(_marker("circle", colour, 1.6))
    if name == "existing_sites":
        return _single(_marker("triangle", colours["site"]["existing"], 2.2))
    if name == "new_sites":
        return _single(_marker("diamond", colours["site"]["new"], 3.0))
    if name == "fibre_spans":
        return _single(_stroke(colours["line"]["fibre"], 0.5))
    if name == "site_connections":
        kinds = [(kind, say(f"report.connection_{kind}", lang), _stroke(colours["line"][f"site_{kind}"], 0.5)) for kind in CONNECTED]
        return _categorised("connection", kinds)
    if set(frame.geometry.geom_type.dropna().unique()) & {"Polygon", "MultiPolygon"}:
        return outline_renderer()
    return _single(_marker("circle", colours["ink"]["accent"], 1.6))


def outline_renderer(width_mm: float = 0.26) -> str:
    """Polygons as their outlines alone."""
    return _single(_fill("#ffffff", load("palette")["ink"]["zone"], 0.0, width_mm))


def labelling(column: str, size_pt: float, least_scale: int) -> str:
    """Labels from a column, with a white rim, at scales from 1 : `least_scale` on; 0: at every scale."""
    families = "".join(f"<family name={quoteattr(font)}/>" for font in FONTS)
    text = (
        f'<text-style fieldName={quoteattr(column)} isExpression="0" fontFamily="{FONTS[0]}" fontSize="{size_pt:g}" fontSizeUnit="Point"'
        f' fontWeight="50" namedStyle="" textColor="29,39,51,255" textOpacity="1" multilineHeight="1"><families>{families}</families>'
        '<text-buffer bufferDraw="1" bufferSize="0.7" bufferSizeUnits="MM" bufferColor="255,255,255,255" bufferOpacity="1"'
        ' bufferJoinStyle="128" bufferNoFill="1"/></text-style>'
    )
    near = f'scaleVisibility="{int(least_scale > 0)}" scaleMax="{least_scale}" scaleMin="0"'
    placed = '<placement placement="6" priority="5" dist="0.6" distUnits="MM" predefinedPositionOrder="TR,TL,BR,BL,R,L,TSR,BSR"/>'
    if column == "name" and least_scale == 0:
        placed = '<placement placement="0" priority="8" centroidInside="1" dist="0" distUnits="MM" quadOffset="4"/>'
    drawn = f'<rendering drawLabels="1" {near} obstacle="0" fontMaxPixelSize="10000" fontMinPixelSize="0" displayAll="0"/>'
    return f'<labeling type="simple"><settings calloutType="simple">{text}<text-format/>{placed}{drawn}</settings></labeling>'


def alias_list(frame: Any, aliases: Mapping[str, tuple[str, str]]) -> str:
    """The aliases of a layer's columns, in the order of its file."""
    columns = [str(name) for name in frame.columns if name != frame.geometry.name]
    rows = "".join(
        f'<alias index="{index}" field={quoteattr(name)} name={quoteattr(aliases[name][0])}/>'
        for index, name in enumerate(columns, 1)
        if name in aliases
    )
    return f"<aliases>{rows}</aliases>" if rows else ""


def _judged(frame: Any, family: str, lang: str, receivers: Mapping[str, str] | None = None) -> str:
    """5G（室外）, where the frame or `receivers` state where a family is judged."""
    column = f"{family}_receiver"
    stated = str(frame[column].iloc[0]) if column in frame and len(frame) else ""
    return Speech(lang, receivers=dict(receivers or {})).judged(family, stated)


RENDERER = 'enableorderby="0" forceraster="0" symbollevels="0"'


def _document(renderer: str, label: str, labels: str = "", aliases: str = "") -> str:
    head = '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM">'
    top = f'<qgis styleCategories="Symbology|Labeling|Fields" labelsEnabled="{int(bool(labels))}">'
    return f"{head}{top}{renderer}{labels}{aliases}<previewExpression>&quot;{label}&quot;</previewExpression></qgis>"


def _rgba(colour: str, opacity: float = 1.0) -> str:
    return ",".join([*(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5)), str(round(255 * opacity))])


def _layer(kind: str, **values: object) -> str:
    inside = "".join(f'<Option name="{key}" type="QString" value={quoteattr(str(value))}/>' for key, value in values.items())
    return f'<layer class="{kind}" enabled="1" locked="0" pass="0"><Option type="Map">{inside}</Option></layer>'


def _fill(colour: str, line: str, opacity: float, width_mm: float = 0.26) -> tuple[str, str]:
    inside, edge = _rgba(colour, opacity), _rgba(line)
    style = "solid" if opacity else "no"
    return "fill", _layer("SimpleFill", color=inside, outline_color=edge, outline_width=width_mm, outline_style="solid", style=style)


def _stroke(colour: str, width_mm: float) -> tuple[str, str]:
    return "line", _layer("SimpleLine", line_color=_rgba(colour), line_width=width_mm, line_width_unit="MM", line_style="solid")


def _marker(shape: str, colour: str, size_mm: float) -> tuple[str, str]:
    white = "255,255,255,255"
    return "marker", _layer(
        "SimpleMarker", name=shape, color=_rgba(colour), outline_color=white, outline_width=0.15, size=size_mm, size_unit="MM"
    )


def _symbol(key: object, symbol: tuple[str, str]) -> str:
    kind, layer = symbol
    return f'<symbol alpha="1" clip_to_extent="1" force_rhr="0" name="{key}" type="{kind}">{layer}</symbol>'


def _single(symbol: tuple[str, str]) -> str:
    return f'<renderer-v2 type="singleSymbol" {RENDERER}><symbols>{_symbol(0, symbol)}</symbols></renderer-v2>'


def _categorised(column: str, kinds: list[tuple[str, str, tuple[str, str]]]) -> str:
    categories = "".join(
        f'<category render="true" symbol="{index}" type="string" value={quoteattr(value)} label={quoteattr(label)}/>'
        for index, (value, label, _) in enumerate(kinds)
    )
    symbols = "".join(_symbol(index, symbol) for index, (_, _, symbol) in enumerate(kinds))
    return (
        f'<renderer-v2 type="categorizedSymbol" attr="{column}" {RENDERER}><categories>{categories}</categories>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )


def _graduated(column: str, steps: list[dict[str, Any]], about: str) -> str:
    edges = [float(step["from"]) for step in steps] + [1.0]
    ranges = ""
    for index, (lower, upper) in enumerate(pairwise(edges)):
        label = f"{about} {lower * 100:g} - {upper * 100:g} %"
        ranges += f'<range lower="{lower:.6f}" upper="{upper:.6f}" label="{label}" render="true" symbol="{index}"/>'
    symbols = "".join(_symbol(i, _fill(str(step["colour"]), "#ffffff", 0.85)) for i, step in enumerate(steps))
    return (
        f'<renderer-v2 type="graduatedSymbol" attr="{column}" graduatedMethod="GraduatedColor" {RENDERER}><ranges>{ranges}</ranges>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )


def margin_classes() -> tuple[list[float], list[str]]:
    """Lower edges of the margin classes in dB, and their colours, worst first."""
    steps = load("palette")["margin"]
    return [float(step["from_db"]) for step in steps], [str(step["colour"]) for step in steps]


def class_names(lang: str = "zh") -> list[str]:
    """What each margin class is called, worst first: -10 至 0 dB（不足）."""
    edges, found = margin_classes()[0], []
    for index, lower in enumerate(edges):
        upper = edges[index + 1] if index + 1 < len(edges) else None
        key = "below" if index == 0 else "above" if upper is None else "short" if upper <= 0 else "between"
        ends = {name: f"{value:g}" for name, value in (("lower", lower), ("upper", upper)) if value is not None}
        kept = {"below": ("upper",), "above": ("lower",)}.get(key, ("lower", "upper"))
        found.append(say(f"gis.class_{key}", lang, **{name: ends[name] for name in kept}))
    return found


def class_renderer(about: str, lang: str, opacity: float = 1.0) -> str:
    """How a raster of classes is drawn: each class in the palette's colour under its name."""
    colours = margin_classes()[1]
    entries = "".join(
        f'<paletteEntry value="{index}" color="{colour}" alpha="255" label={quoteattr(f"{about} {name}".strip())}/>'
        for index, (colour, name) in enumerate(zip(colours, class_names(lang), strict=True))
    )
    return (
        f'<rasterrenderer type="paletted" band="1" opacity="{opacity:g}" alphaBand="-1" nodataColor=""><rasterTransparency/>'
        f"<colorPalette>{entries}</colorPalette></rasterrenderer>"
    )


def class_style(about: str = "", lang: str = "zh") -> str:
    """QML of a raster of classes."""
    return _raster_document(class_renderer(about, lang))


def margin_renderer(about: str = "", band: int = 1) -> str:
    """How a band of margins is drawn: in the palette's classes."""
    return steps_renderer(*margin_classes(), "dB", about, band)


def quality_renderer(figure: str, band: int) -> str:
    """How a band of quality.tif is drawn; `figure`: sinr_db, downlink_mbps or uplink_mbps."""
    steps = load("palette")[figure]
    return steps_renderer([float(one["from"]) for one in steps], [one["colour"] for one in steps], QUALITY_UNITS[figure], "", band)


def steps_renderer(edges: Sequence[float], colours: Sequence[str], unit: str, about: str = "", band: int = 1) -> str:
    """How a band is drawn in classes; `edges` are their lower ends, of which the first is not shown."""
    items = ""
    for index, colour in enumerate(colours):
        upper = f"{edges[index + 1]:g}" if index + 1 < len(edges) else "inf"
        lower = f"{edges[index]:g}"
        label = f"&lt; {upper} {unit}" if index == 0 else f"&gt;= {lower} {unit}" if upper == "inf" else f"{lower} - {upper} {unit}"
        items += f'<item alpha="255" color="{colour}" label="{about} {label}" value="{upper}"/>'
    shader = f'<colorrampshader colorRampType="DISCRETE" classificationMode="1" clip="0">{items}</colorrampshader>'
    return (
        f'<rasterrenderer type="singlebandpseudocolor" band="{band}" opacity="1" alphaBand="-1" nodataColor="">'
        f"<rasterTransparency/><rastershader>{shader}</rastershader></rasterrenderer>"
    )


def raster_style(about: str = "") -> str:
    """QML of a coverage raster: the first band's margin in the palette's classes; `about` names its family, 5G（室外）."""
    return _raster_document(margin_renderer(about))


def _raster_document(renderer: str) -> str:
    head = '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM">'
    return f'{head}<qgis styleCategories="Symbology" hasScaleBasedVisibilityFlag="0"><pipe>{renderer}</pipe></qgis>\n'
