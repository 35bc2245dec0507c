"""plan.kmz for Google Earth: zones, gaps, existing and suggested sites by county, the coverage as a picture, a legend.

Icons are inside, nothing is fetched. Elements are in the order that the schema of KML 2.2 asks for.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from infraplan.files import atomic_path
from infraplan.report import page_rows, stamps
from infraplan.report.google_earth_legend import ICONS, legend, sign
from infraplan.report.map_data import SIMPLIFY_DEG, simplified
from infraplan.report.margin_images import GEOGRAPHIC, web_picture
from infraplan.report.mast_points import column, points_of_masts
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import zone_table
from infraplan.report.style import integer, missing, palette, text
from infraplan.report.word_document import clean
from infraplan.report.words import Words
from infraplan.tables.row_values import dicts_of, values_of
from infraplan.tables.wording import worded

MOST_GAPS = 8_000  # more of them make Google Earth slow
MOST_SITES = 50_000
MOST_SPANS = 20_000


def write_kmz(context: PageContext, path: str | Path, lang: str = "both") -> None:
    """One KMZ; names are text in every element, equal content gives equal bytes."""
    words = Words.of(lang).about(context)
    pictures = {}
    for family in context.families:
        if family in context.margins:
            pictures[family] = web_picture(context.grid, context.margins[family], context.outline, 1000, GEOGRAPHIC)
    body = "".join(_parts(context, words, pictures))
    notes = _notes(context, words)
    described = f"<description>{_text(' · '.join(notes))}</description>" if notes else ""
    head = f"<name>{_text(words.t('map_title', name=context.title_name(lang)))}</name>{described}{_styles()}"
    kml = f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{head}{body}</Document></kml>\n'
    content = {"doc.kml": kml.encode("utf-8"), **{f"{name}.png": sign(name, shape) for name, shape in ICONS}}
    content |= {f"{family}.png": picture.png for family, picture in pictures.items()} | {"legend.png": _legend(context, words)}
    with atomic_path(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def margin_steps() -> tuple[list[float], list[str]]:
    """Lower edges of the classes of the coverage in dB, and their colours, worst first."""
    steps = palette()["margin"]
    return [float(step["from_db"]) for step in steps], [str(step["colour"]) for step in steps]


@lru_cache(maxsize=1 << 14)
def _escaped(written: str) -> str:
    return escape(clean(written))


def _text(value: Any) -> str:
    return _escaped(text(value))


def _notes(context: PageContext, words: Words) -> list[str]:
    """That the data are made up, the dates, what is left out."""
    notes = [words.plain("internal_mark")] if context.facts.edition == "internal" else []
    notes += [words.plain("synthetic_short")] if context.facts.synthetic else []
    notes += [part for part in (stamps.stamp(context.facts, words),) if part]
    if len(context.existing_sites) > MOST_SITES:
        notes.append(words.t("kmz_sites_left_out", count=integer(len(context.existing_sites)), most=integer(MOST_SITES)))
    gaps = context.gaps["id"].nunique()
    if gaps > MOST_GAPS:
        notes.append(words.t("kmz_gaps_left_out", count=integer(gaps), most=integer(MOST_GAPS)))
    return notes


def _parts(context: PageContext, words: Words, pictures: dict[str, Any]) -> Iterator[str]:
    yield _overlay(words)
    yield _by_county(words.t("layer_new"), _new_sites(context, words), context, words.lang)
    if len(context.existing_sites) <= MOST_SITES:
        yield _by_county(words.t("layer_sites"), _sites(context, words), context, words.lang, shown=context.level != "province")
    gaps = page_rows.gaps_by_place(context, words)
    if len(gaps) <= MOST_GAPS:
        yield _by_county(words.t("kmz_gaps"), _gaps(gaps, context, words), context, words.lang, shown=False)
    if context.fibre is not None and len(context.fibre.spans) <= MOST_SPANS:
        yield _by_county(words.t("kmz_fibre"), _spans(context, words), context, words.lang, shown=context.level != "province")
    if context.connections is not None and len(context.connections):
        yield _by_county(words.t("kmz_connections"), _connections(context, words), context, words.lang, shown=context.level != "province")
    yield _folder(words.t("layer_zones"), _zones(context, words))
    for index, (family, picture) in enumerate(pictures.items()):
        (south, west), (north, east) = picture.bounds
        box = f"<north>{north:.6f}</north><south>{south:.6f}</south><east>{east:.6f}</east><west>{west:.6f}</west>"
        name = words.t("layer_margin", family=words.family_in(context, family))
        dated = f"<description>{_text(stamps.marked_stamp(context.facts, words))}</description>"
        yield (
            f"<GroundOverlay><name>{_text(name)}</name><visibility>{int(index == 0)}</visibility>{dated}<color>b4ffffff</color>"
            f"<Icon><href>{family}.png</href></Icon><LatLonBox>{box}</LatLonBox></GroundOverlay>"
        )


def _overlay(words: Words) -> str:
    """The legend, at the lower left of the window."""
    at = "".join(f'<{where}XY x="{x}" y="{y}" xunits="{u}" yunits="{v}"/>' for where, x, y, u, v in (
        ("overlay", 0, 0, "fraction", "fraction"), ("screen", 12, 40, "pixels", "pixels")
    ))  # fmt: skip
    name = f"<name>{_text(words.t('kmz_legend'))}</name><visibility>1</visibility>"
    return f"<ScreenOverlay>{name}<Icon><href>legend.png</href></Icon>{at}</ScreenOverlay>"


def _legend(context: PageContext, words: Words) -> bytes:
    signs = [("new", words.t("layer_new"))] if len(context.plan_sites) else []
    signs += [("existing", words.t("layer_sites"))] if len(context.existing_sites) else []
    if len(context.gaps):
        signs += [(status, words.t("kmz_gap_status", status=words.code("village", status))) for status in ("unserved", "uncertain")]
    edges, colours = margin_steps()
    names = [words.t("kmz_below", upper=f"{edges[1]:g}")]
    names += [words.t("kmz_between", lower=f"{low:g}", upper=f"{high:g}") for low, high in pairwise(edges[1:])]
    names += [words.t("kmz_from", lower=f"{edges[-1]:g}")]
    notes = [note for note in (stamps.mark(context.facts, words),) if note]
    return legend(words.t("kmz_legend"), signs, list(zip(colours, names, strict=True)), notes)


def _by_county(name: str, placemarks: Iterable[tuple[str, str]], context: PageContext, lang: str, shown: bool = True) -> str:
    """A folder with one folder a county, in the order of their codes; points of no county come last, in the folder itself."""
    groups: dict[str, list[str]] = {}
    for county, placemark in placemarks:
        groups.setdefault(county, []).append(placemark)
    names, parent = context.names(lang), dict(zip(context.zones["adcode"], context.zones["parent"], strict=True))
    inside = []
    for county in sorted(code for code in groups if code in names):
        city = names.get(parent.get(county, ""), "") if context.level == "province" else ""
        inside.append(_folder(" · ".join(filter(None, [name, city, names[county]])), groups.pop(county), shown))
    return _folder(name, [*inside, *(one for rest in groups.values() for one in rest)], shown)


def _folder(name: str, placemarks: Iterable[str], shown: bool = True) -> str:
    return f"<Folder><name>{_text(name)}</name><visibility>{int(shown)}</visibility>{''.join(placemarks)}</Folder>"


def _data(rows: Iterable[tuple[str, str]]) -> str:
    """What a placemark shows, without what has no value."""
    return "".join(f'<Data name="{_quoted(label)}"><value>{_escaped(value)}</value></Data>' for label, value in rows if value)


def _point(name: Any, lon: float, lat: float, style: str, rows: Iterable[tuple[str, str]]) -> str:
    return (
        f"<Placemark><name>{_text(name)}</name><styleUrl>#{style}</styleUrl><ExtendedData>{_data(rows)}</ExtendedData>"
        f"<Point><coordinates>{lon:.6f},{lat:.6f}</coordinates></Point></Placemark>"
    )


def _line(name: Any, path: Any, style: str, rows: Iterable[tuple[str, str]]) -> str:
    corners = " ".join(f"{x:.6f},{y:.6f}" for x, y in path.coords)
    return (
        f"<Placemark><name>{_text(name)}</name><styleUrl>#{style}</styleUrl><ExtendedData>{_data(rows)}</ExtendedData>"
        f"<LineString><tessellate>1</tessellate><coordinates>{corners}</coordinates></LineString></Placemark>"
    )


@lru_cache(maxsize=1 << 10)
def _quoted(label: str) -> str:
    return escape(clean(label), {'"': "&quot;"})


def _shown_columns(frame: Any, table: str, words: Words) -> list[list[tuple[str, str]]]:
    """What each placemark shows: headings and cells of the columns that Google Earth shows."""
    cells = worded(frame, table, "kmz", words)
    return [list(zip([one.label for one in cells], row, strict=True)) for row in zip(*(one.texts() for one in cells), strict=True)]


def _new_sites(context: PageContext, words: Words) -> Iterator[tuple[str, str]]:
    frame = page_rows.first_sites(context)
    places = zip(frame.geometry.x, frame.geometry.y, strict=True)
    named = zip(*(values_of(column(frame, name)) for name in ("county", "name", "id")), strict=True)
    for (county, name, code), at, shown in zip(named, places, _shown_columns(frame, "sites", words), strict=True):
        yield text(county), _point(text(name) or code, *at, "new", shown)


def _spans(context: PageContext, words: Words) -> Iterator[tuple[str, str]]:
    spans = context.fibre.spans
    for row, shown in zip(spans.itertuples(index=False), _shown_columns(spans, "backhaul_spans", words), strict=True):
        yield text(row.county), _line(row.id, row.geometry, "fibre", shown)


def _connections(context: PageContext, words: Words) -> Iterator[tuple[str, str]]:
    from shapely import get_parts

    frame = context.connections[context.connections.geometry.geom_type != "Point"]
    for row, shown in zip(frame.itertuples(index=False), _shown_columns(frame, "site_connections", words), strict=True):
        for part in get_parts(row.geometry):
            yield text(row.county), _line(row.id, part, f"site_{row.connection}", shown)


def _sites(context: PageContext, words: Words) -> Iterator[tuple[str, str]]:
    existing = context.existing_sites
    if not len(existing):
        return
    for county, sites in existing.groupby(column(existing, "county").map(text)):
        frame = points_of_masts(sites, words)
        for name, x, y, shown in zip(frame["name"], frame.geometry.x, frame.geometry.y, _shown_columns(frame, "masts", words), strict=True):
            yield str(county), _point(name, x, y, "existing", shown)


def _gaps(gaps: Any, context: PageContext, words: Words) -> Iterator[tuple[str, str]]:
    sure = set(context.gaps.loc[context.gaps["status"] == "unserved", "id"])
    for row, shown in zip(
        dicts_of(gaps, "id", "county", "village", "name", "lon", "lat"), _shown_columns(gaps, "gaps", words), strict=True
    ):
        if not missing(row["lon"]) and not missing(row["lat"]):
            style = "unserved" if row["id"] in sure else "uncertain"
            yield text(row["county"]), _point(text(row["village"]) or row["name"], row["lon"], row["lat"], style, shown)


def _zones(context: PageContext, words: Words) -> Iterator[str]:
    from shapely import get_parts

    frame = zone_table(context).reset_index(drop=True)
    shapes = simplified(frame, SIMPLIFY_DEG.get(context.level, 0.001))
    for row, shown, shape in zip(dicts_of(frame, "name"), _shown_columns(frame, "zones", words), shapes, strict=True):
        data = "".join(f'<Data name="{_quoted(label)}"><value>{_text(value)}</value></Data>' for label, value in shown)
        rings = "".join(_polygon(part) for part in get_parts(shape))
        yield (
            f"<Placemark><name>{_text(row['name'])}</name><styleUrl>#zone</styleUrl><ExtendedData>{data}</ExtendedData>"
            f"<MultiGeometry>{rings}</MultiGeometry></Placemark>"
        )


def _polygon(part: Any) -> str:
    def ring(line: Any) -> str:
        return "<LinearRing><coordinates>" + " ".join(f"{x:.4f},{y:.4f}" for x, y in line.coords) + "</coordinates></LinearRing>"

    inner = "".join(f"<innerBoundaryIs>{ring(line)}</innerBoundaryIs>" for line in part.interiors)
    return f"<Polygon><outerBoundaryIs>{ring(part.exterior)}</outerBoundaryIs>{inner}</Polygon>"


def _styles() -> str:
    icons = "".join(
        f'<Style id="{name}"><IconStyle><scale>{0.9 if name == "new" else 0.55}</scale><Icon><href>{name}.png</href></Icon></IconStyle>'
        f"<LabelStyle><scale>{0.7 if name == 'new' else 0}</scale></LabelStyle></Style>"
        for name, _ in ICONS
    )
    zone = "<LineStyle><color>ff6f6051</color><width>1.5</width></LineStyle><PolyStyle><fill>0</fill></PolyStyle>"
    lines = "".join(_line_style(name) for name in ("fibre", "site_fibre", "site_microwave", "site_straight"))
    return f'{icons}<Style id="zone">{zone}</Style>{lines}'


def _line_style(name: str) -> str:
    """A style of lines by its colour in the palette; KML writes blue first."""
    red, green, blue = (palette()["line"][name][at : at + 2] for at in (1, 3, 5))
    return f'<Style id="{name}"><LineStyle><color>ff{blue}{green}{red}</color><width>2.5</width></LineStyle></Style>'
