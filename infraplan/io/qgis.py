"""Default styles for QGIS, written as the QML that its layer_styles table holds. Colours come from the palette."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from xml.sax.saxutils import quoteattr

from infraplan.messages import say
from infraplan.presets import load
from infraplan.tables.language import Speech


def layer_style(name: str, frame: Any, share_column: str = "nr_share", lang: str = "zh") -> str:
    """QML of a layer by its name and columns, its legend in a language."""
    colours = load("palette")
    if name == "zones":
        if share_column in frame:
            return _document(_graduated(share_column, colours["share"], _judged(frame, share_column.removesuffix("_share"), lang)), "name")
        return _document(_single(_fill("#ffffff", colours["ink"]["zone"], 0.0)), "name")
    if name in ("gaps", "villages"):
        column = next((column for column in ("status", "nr_status") if column in frame), None)
        if column is not None:
            about = _judged(frame, column.removesuffix("_status"), lang) if column != "status" else say("report.at_its_receiver", lang)
            kinds = [
                (status, f"{about} {say(f'report.{status}', lang)}", _marker("circle", colours["village"][status], 1.6))
                for status in ("served", "uncertain", "unserved")
            ]
            return _document(_categorised(column, kinds), "name")
        return _document(_single(_marker("circle", colours["village"]["unserved"], 1.6)), "name")
    if name in ("total_not_spots", "partial_not_spots"):
        colour = colours["village"]["unserved" if name.startswith("total") else "uncertain"]
        return _document(_single(_marker("circle", colour, 1.6)), "name")
    if name == "existing_sites":
        return _document(_single(_marker("triangle", colours["site"]["existing"], 2.2)), "name")
    if name == "new_sites":
        return _document(_single(_marker("diamond", colours["site"]["new"], 3.0)), "name")
    kinds_of = set(frame.geometry.geom_type.dropna().unique())
    plain = (
        _fill("#ffffff", colours["ink"]["zone"], 0.0)
        if kinds_of & {"Polygon", "MultiPolygon"}
        else _marker("circle", colours["ink"]["accent"], 1.6)
    )
    return _document(_single(plain), "name")


def _judged(frame: Any, family: str, lang: str) -> str:
    """5G（室外）, where the frame states where a family is judged."""
    column = f"{family}_receiver"
    return Speech(lang).judged(family, str(frame[column].iloc[0]) if column in frame and len(frame) else "")


RENDERER = 'enableorderby="0" forceraster="0" symbollevels="0"'


def _document(renderer: str, label: str) -> str:
    head = '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM">'
    return f'{head}<qgis styleCategories="Symbology">{renderer}<previewExpression>&quot;{label}&quot;</previewExpression></qgis>'


def _rgba(colour: str, opacity: float = 1.0) -> str:
    return ",".join([*(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5)), str(round(255 * opacity))])


def _layer(kind: str, **values: object) -> str:
    inside = "".join(f'<Option name="{key}" type="QString" value={quoteattr(str(value))}/>' for key, value in values.items())
    return f'<layer class="{kind}" enabled="1" locked="0" pass="0"><Option type="Map">{inside}</Option></layer>'


def _fill(colour: str, line: str, opacity: float) -> tuple[str, str]:
    inside, edge = _rgba(colour, opacity), _rgba(line)
    return "fill", _layer("SimpleFill", color=inside, outline_color=edge, outline_width=0.26, outline_style="solid", style="solid")


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


def raster_style(about: str = "") -> str:
    """QML of a coverage raster: the first band's margin in the palette's classes; `about` names its family, 5G（室外）."""
    edges, colours = margin_classes()
    items = ""
    for index, colour in enumerate(colours):
        upper = f"{edges[index + 1]:g}" if index + 1 < len(edges) else "inf"
        label = f"&lt; {upper} dB" if index == 0 else f"&gt;= {edges[index]:g} dB" if upper == "inf" else f"{edges[index]:g} - {upper} dB"
        items += f'<item alpha="255" color="{colour}" label="{about} {label}" value="{upper}"/>'
    shader = f'<colorrampshader colorRampType="DISCRETE" classificationMode="1" clip="0">{items}</colorrampshader>'
    renderer = (
        '<rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="">'
        f"<rasterTransparency/><rastershader>{shader}</rastershader></rasterrenderer>"
    )
    head = '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM">'
    return f'{head}<qgis styleCategories="Symbology" hasScaleBasedVisibilityFlag="0"><pipe>{renderer}</pipe></qgis>\n'
