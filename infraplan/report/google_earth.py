"""plan.kmz for Google Earth: zones, gaps, existing and suggested sites, the coverage as a picture; icons are inside, nothing is fetched."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from infraplan.files import atomic_path
from infraplan.policy.annex import by_place
from infraplan.report import page_rows, stamps
from infraplan.report.map_data import SIMPLIFY_DEG, simplified
from infraplan.report.margin_images import GEOGRAPHIC, web_picture
from infraplan.report.mast_points import points_of_masts
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import zone_table
from infraplan.report.style import integer, missing, palette, text
from infraplan.report.word_document import clean
from infraplan.report.words import Words
from infraplan.tables.wording import worded

MOST_GAPS = 8_000  # more of them make Google Earth slow
MOST_SITES = 50_000
ICONS = (("existing", "triangle"), ("new", "diamond"), ("unserved", "circle"), ("uncertain", "circle"))


def write_kmz(context: PageContext, path: str | Path, lang: str = "zh") -> None:
    """One KMZ; names are text in every element, equal content gives equal bytes."""
    words = Words(lang).about(context)
    pictures = {}
    for family in context.families:
        if family in context.margins:
            pictures[family] = web_picture(context.grid, context.margins[family], context.outline, 1000, GEOGRAPHIC)
    body = "".join(_parts(context, words, pictures))
    head = f"<name>{_text(words.t('map_title', name=context.title_name(lang)))}</name>" + _styles()
    kml = f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{head}{body}</Document></kml>\n'
    content = {"doc.kml": kml.encode("utf-8"), **{f"{name}.png": _icon(name, shape) for name, shape in ICONS}}
    content |= {f"{family}.png": picture.png for family, picture in pictures.items()}
    with atomic_path(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def _text(value: Any) -> str:
    return escape(clean(text(value)))


def _parts(context: PageContext, words: Words, pictures: dict[str, Any]) -> Iterator[str]:
    notes = [words.plain("synthetic_short")] if context.facts.synthetic else []
    notes += [part for part in (stamps.stamp(context.facts, words),) if part]
    many = len(context.sites) > MOST_SITES
    if many:
        notes.append(words.t("kmz_sites_left_out", count=integer(len(context.sites)), most=integer(MOST_SITES)))
    if notes:
        yield f"<description>{_text(' · '.join(notes))}</description>"
    yield _folder(words.t("layer_new"), _new_sites(context, words))
    if not many:
        yield _folder(words.t("layer_sites"), _sites(context, words), shown=context.level != "province")
    gaps = by_place(context.gaps, words)
    if len(gaps) <= MOST_GAPS:
        yield _folder(words.t("kmz_gaps"), _gaps(gaps, context, words), shown=False)
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


def _folder(name: str, placemarks: Iterable[str], shown: bool = True) -> str:
    return f"<Folder><name>{_text(name)}</name><visibility>{int(shown)}</visibility>{''.join(placemarks)}</Folder>"


def _point(name: Any, lon: float, lat: float, style: str, rows: Iterable[tuple[str, Any]]) -> str:
    data = "".join(
        f'<Data name="{_quoted(label)}"><value>{_text(value)}</value></Data>' for label, value in rows if not missing(value) and value != ""
    )
    return (
        f"<Placemark><name>{_text(name)}</name><styleUrl>#{style}</styleUrl><ExtendedData>{data}</ExtendedData>"
        f"<Point><coordinates>{lon:.6f},{lat:.6f}</coordinates></Point></Placemark>"
    )


def _quoted(label: str) -> str:
    return escape(clean(label), {'"': "&quot;"})


def _shown_columns(frame: Any, table: str, words: Words) -> list[list[tuple[str, str]]]:
    """What each placemark shows: headings and cells of the columns that Google Earth shows."""
    cells = worded(frame, table, "kmz", words)
    return [list(zip([one.label for one in cells], row, strict=True)) for row in zip(*(one.texts() for one in cells), strict=True)]


def _new_sites(context: PageContext, words: Words) -> Iterator[str]:
    frame = page_rows.first_sites(context)
    for row, shown in zip(frame.itertuples(index=False), _shown_columns(frame, "sites", words), strict=True):
        yield _point(text(row.name) or row.id, row.geometry.x, row.geometry.y, "new", shown)


def _sites(context: PageContext, words: Words) -> Iterator[str]:
    if not len(context.sites):
        return
    frame = points_of_masts(context.sites, words)
    for name, x, y, shown in zip(frame["name"], frame.geometry.x, frame.geometry.y, _shown_columns(frame, "masts", words), strict=True):
        yield _point(name, x, y, "existing", shown)


def _gaps(gaps: Any, context: PageContext, words: Words) -> Iterator[str]:
    sure = set(context.gaps.loc[context.gaps["status"] == "unserved", "id"])
    for row, shown in zip(gaps.to_dict("records"), _shown_columns(gaps, "gaps", words), strict=True):
        if not missing(row["lon"]) and not missing(row["lat"]):
            style = "unserved" if row["id"] in sure else "uncertain"
            yield _point(text(row["village"]) or row["name"], row["lon"], row["lat"], style, shown)


def _zones(context: PageContext, words: Words) -> Iterator[str]:
    from shapely import get_parts

    frame = zone_table(context).reset_index(drop=True)
    shapes = simplified(frame, SIMPLIFY_DEG.get(context.level, 0.001))
    for row, shown, shape in zip(
        frame.drop(columns="geometry").to_dict("records"), _shown_columns(frame, "zones", words), shapes, strict=True
    ):
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
    return f'{icons}<Style id="zone">{zone}</Style>'


def _icon(name: str, shape: str) -> bytes:
    """A 32 pixel sign in the palette's colour with a white rim."""
    from PIL import Image, ImageDraw

    colours = palette()
    colour = colours["site"].get(name) or colours["village"][name]
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    corners = {"triangle": [(16, 3), (29, 27), (3, 27)], "diamond": [(16, 2), (30, 16), (16, 30), (2, 16)]}
    if shape in corners:
        pen.polygon(corners[shape], fill=colour, outline="white", width=2)
    else:
        pen.ellipse((4, 4, 28, 28), fill=colour, outline="white", width=2)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
