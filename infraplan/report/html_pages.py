"""HTML pages of a city and of the province, each one file with everything inside."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import jinja2
import pandas as pd
from markupsafe import Markup

from infraplan.files import atomic_path, write_text, zone_file_name
from infraplan.outputs import TABLES, column
from infraplan.presets import choose
from infraplan.report import charts, page_rows, plan_words, printed_maps, stamps, style
from infraplan.report.cards import labelled
from infraplan.report.document import Drawn, Heading, Paragraph, Picture, Report, chinese_number, report_of
from infraplan.report.editions import drawn_context
from infraplan.report.google_earth import write_kmz
from infraplan.report.headline import headline_sentences, shown_headline
from infraplan.report.map_data import dataset_lines
from infraplan.report.map_legends import share_colour
from infraplan.report.maps import draw_map
from infraplan.report.method_lines import warning_lines
from infraplan.report.page_context import PageContext
from infraplan.report.pdf import write_pdf
from infraplan.report.plan_outcome import shown_outcome
from infraplan.report.report_pictures import build_curve_picture, pareto_picture, phase_picture, pictures_of
from infraplan.report.word_document import write_docx
from infraplan.report.words import Words, field_label
from infraplan.report.workbook import write_annex
from infraplan.tables.row_values import dicts_of

GAP_COLUMNS = 8
"""Targets side by side in a table of what lacks something: more of them begin another table."""
WITHOUT_DATA = ("no_data", "layer_incomplete", "not_measured", "none_here", "not_applicable")
"""Statuses of a row that has no figure to show."""
SITES_SHOWN = 60
SITES_ON_INDEX = 12
FILES = {"html": "report.html", "map": "map.html", "xlsx": "annex.xlsx", "pdf": "report.pdf", "docx": "report.docx", "kmz": "plan.kmz"}
FORMATS = tuple(FILES)
COUNTIES = "counties"
"""Folder of the files of a city's counties, in the city's own."""
DATA_FILES = {
    "plan.gpkg": "to_gpkg",
    "project.qgz": "to_qgis",
    "coverage.tif": "to_tif",
    "villages.csv": "to_csv_villages",
    "targets.csv": "to_csv_targets",
    "towns.csv": "to_csv_towns",
    "summary.json": "to_json",
    "mapinfo.zip": "to_mapinfo",
    "atoll.zip": "to_atoll",
}
"""Files of data beside the pages, with the words of their links."""


@cache
def templates() -> jinja2.Environment:
    """The room's templates; every value is escaped."""
    loader = jinja2.PackageLoader("infraplan.report", "templates")
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)


@cache
def page_css() -> str:
    """The one style sheet."""
    css = files("infraplan.report").joinpath("templates", "page.css").read_text(encoding="utf-8")
    status = "\n".join(f".status.{name} {{ color: {colour}; }}" for name, colour in style.palette()["status"].items())
    return css.replace("FONT_STACK", style.FONT_STACK).replace("STATUS_COLOURS", status)


@cache
def sort_script() -> str:
    """What sorts a table when its headings are clicked."""
    return files("infraplan.report").joinpath("templates", "sort.js").read_text(encoding="utf-8")


def print_head(left: str, right: str) -> str:
    """Style rules that print two texts (mark and dates) on the head of every sheet of paper, and the page's number at its foot."""

    def quoted(written: str) -> str:
        return '"' + "".join(f"\\{ord(char):x} " if char in '"\\<>&\n' else char for char in written) + '"'

    corners = {"top-left": left, "top-right": right}
    boxes = "".join(f"@{place} {{ content: {quoted(written)}; }} " for place, written in corners.items() if written)
    return f"\n@page {{ {boxes}@bottom-center {{ content: counter(page); }} }}\n"


def write_city_pages(context: PageContext, folder: str | Path, *, lang: str = "both", formats: Sequence[str] = FORMATS) -> list[Path]:
    """The files of one zone: report.html, map.html, annex.xlsx, report.pdf, report.docx, plan.kmz.

    Parameters
    ----------
    context : PageContext
        What the pages show.
    folder : path
        Made if absent. Each file appears under its name only when it is complete.
    lang : str
        "zh": Chinese alone; "both": Chinese with English beside it; "en": English alone.
    formats : sequence of str
        Which of `FORMATS`.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UsageError
        A format that does not exist, with the list.
    InfraplanError
        No Chinese font, or a character that no font has.
    """
    folder = Path(folder)
    formats = [choose(name, FORMATS, "format") for name in formats]
    pictures = pictures_of(context, lang) if {"html", "pdf", "docx"} & set(formats) else []
    paper = report_of(context, pictures, lang) if {"pdf", "docx"} & set(formats) or ("html" in formats and lang != "both") else None
    written = []
    for name in formats:
        path = folder / FILES[name]
        if name == "html":
            write_text(path, report_page(context, lang, pictures, formats, paper if lang != "both" else None))
        elif name == "map":
            draw_map(drawn_context(context), lang).save(path)
        elif name == "xlsx":
            write_annex(context, path, lang)
        elif name == "kmz":
            write_kmz(drawn_context(context), path, lang)
        elif paper is not None:
            (write_pdf if name == "pdf" else write_docx)(paper, path)
        written.append(path)
    return written


def write_province_pages(
    context: PageContext, folder: str | Path, *, lang: str = "both", formats: Sequence[str] = FORMATS, data: Sequence[str] = ()
) -> list[Path]:
    """index.html, the scoreboard that links the cities of `context.cities`, and the province's own files.

    `data`: files of `DATA_FILES` that will be beside it, for its links.
    """
    folder = Path(folder)
    index = folder / "index.html"
    write_text(index, index_page(context, lang, formats, data))
    written = [index]
    picture = pareto_picture(context, Words.of(lang).about(context))
    if picture is not None:
        written.append(folder / "pareto.png")
        with atomic_path(written[-1]) as part:
            part.write_bytes(picture[1])
    return [*written, *write_city_pages(context, folder, lang=lang, formats=formats)]


def file_links(formats: Sequence[str]) -> list[tuple[str, str]]:
    """Links of a page to the files beside it."""
    keys = {"map": "to_map", "xlsx": "to_annex", "pdf": "to_pdf", "docx": "to_docx", "kmz": "to_kmz"}
    return [(FILES[name], key) for name, key in keys.items() if name in formats]


def report_page(
    context: PageContext,
    lang: str = "both",
    pictures: Sequence[Drawn] | None = None,
    formats: Sequence[str] = FORMATS,
    report: Report | None = None,
    links: Sequence[tuple[str, str]] | None = None,
) -> str:
    """The report of a zone as one HTML text.

    `report`: its blocks, where they are known already. `links`: addresses and keys of their words, in place of those to other files.
    """
    words = Words.of(lang).about(context)
    pictures = pictures_of(context, lang) if pictures is None else pictures
    report = report_of(context, pictures, lang, paired=True) if report is None else report
    if links is None:
        index = "index.html" if context.level == "province" else context.index_href
        links = [*([(index, "to_index")] if index else []), *file_links(formats)]
    values = _common(context, words, "report_title")
    tables = [
        {
            "title": words.t("table_by_zone", family=words.family_in(context, family)),
            "shown": page_rows.people_table(page_rows.people_rows(context, family, lang), "page", words),
        }
        for family in context.families
    ]
    own = page_rows.people_table(page_rows.network_rows(context, words), "page", words, column("population", "network"))
    tables.append({"title": words.t("table_by_network", name=context.title_name(lang)), "shown": own})
    names, sums = page_rows.gap_sums(context, words)
    return labelled(
        templates()
        .get_template("report.html.j2")
        .render(
            **values,
            links=links,
            body=list(_page_blocks(report, words)),
            annexes=report.tables,
            tables=tables,
            gap_targets=names,
            gap_sums=sums,
            gap_columns=GAP_COLUMNS,
            gap_heads=[page_rows.head_of(entry, words) for entry in TABLES["gap_sums"]],
            counties=[(quote(f"{COUNTIES}/{zone_file_name(*one)}.html"), one[1]) for one in context.counties],
        )
    )


def _page_blocks(report: Report, words: Words) -> Iterator[dict[str, Any]]:
    """The blocks of the body as the template needs them."""
    sections = 0
    for block in report.body:
        if isinstance(block, Heading):
            sections += 1
            number = f"{chinese_number(sections)}、" if report.lang == "zh" else f"{sections}. "
            yield {"kind": "heading", "text": Markup("{}{}").format(number, words.b(f"section_{block.key}"))}
        elif isinstance(block, Paragraph):
            yield {"kind": "note" if block.note else "paragraph", "text": block.text}
        elif isinstance(block, Picture):
            yield {"kind": "picture", "caption": block.caption, "url": _data_url(block.png)}
        else:
            yield {"kind": "table", "title": block.title, "shown": block.shown}


def index_page(context: PageContext, lang: str = "both", formats: Sequence[str] = FORMATS, data: Sequence[str] = ()) -> str:
    """The provincial scoreboard as one HTML text."""
    words = Words.of(lang).about(context)
    family = context.families[0]
    caption = words.t(f"choropleth_caption_{context.child_level}", family=words.family_in(context, family))
    pictures = [(caption, printed_maps.choropleth(context, family, lang))]
    parts = (
        ("pareto_section", pareto_picture(context, words)),
        ("build_curve_section", build_curve_picture(context, words)),
        ("phases_section", phase_picture(context, words)),
    )
    curves = [{"title": words.b(key), "caption": part[0], "url": _data_url(part[1])} for key, part in parts if part is not None]
    return labelled(
        templates()
        .get_template("index.html.j2")
        .render(
            **_common(context, words, "index_title", SITES_ON_INDEX),
            links=[("report.html", "to_province_report"), *file_links(formats), *((name, DATA_FILES[name]) for name in data)],
            outcome=shown_outcome(context, words),
            script=Markup(sort_script()),
            figures=[{"caption": caption, "url": _data_url(png)} for caption, png in pictures],
            curves=curves,
            cities=city_list(context, words),
            city_count=len(context.cities),
            months=months_shown(context, words),
        )
    )


def months_shown(context: PageContext, words: Words) -> dict[str, Any] | None:
    """The trend over the days of the runs: picture, table and link to the comparison; None for a first run."""
    history = context.history
    if history is None or history["day"].nunique() < 2:
        return None
    caption = words.t("trend_caption")
    return {
        "caption": caption,
        "url": _data_url(charts.trend_picture(history, words, context.facts)),
        "shown": page_rows.shown_table(history, "history", "page", words),
        "before": history["day"].unique()[-2],
        "href": "compare.html",
        "unlike": not history["alike"].all(),
    }


def city_list(context: PageContext, words: Words) -> page_rows.Shown:
    """合计, then the cities in the provincial order with what each has.

    The last column links its pages, or gives the reason why there are none.
    """
    frame = page_rows.city_frame(context, words, context.families)
    shown = page_rows.shown_table(frame, "cities", "page", words, bold=[code == "" for code in frame["adcode"]])
    link, kinds = Markup('<a href="{}{}">{}</a>'), (("html", "page_report"), ("map", "page_map"), ("xlsx", "page_annex"))
    rows = []
    for cells, row in zip(shown.rows, dicts_of(frame), strict=True):
        name, *others, pages = cells
        folder = quote(style.text(row["folder"]).strip("/")) + "/" if row["state"] == "done" and style.text(row["folder"]) else ""
        if folder:
            name = link.format(folder, FILES["html"], name)
            pages = Markup(" · ").join(link.format(folder, FILES[kind], words.t(key)) for kind, key in kinds)
        elif row["adcode"]:
            pages = words.code("state", row["state"]) + (f": {row['reason']}" if style.text(row["reason"]) else "")
        rows.append([name, *others, pages])
    return replace(shown, rows=rows)


def _cost(context: PageContext) -> float | None:
    """Cost of the suggested sites; 0 where a plan builds none, None without a plan."""
    if context.plan is None and not len(context.plan_sites):
        return None
    return float(pd.to_numeric(context.plan_sites["cost"], errors="coerce").sum())


def _common(context: PageContext, words: Words, title_key: str, most_sites: int = SITES_SHOWN) -> dict[str, Any]:
    """Values that every page shows."""
    targets = page_rows.target_rows(context, words)
    heads = page_rows.shown_table(context.targets.head(0), "scorecard", "page", words) if targets else None
    decided = [row for row in targets if row["status"] in page_rows.DECIDED]
    own = [row for family in context.families for row in dicts_of(context.people(family))]
    families = [SimpleNamespace(**{**row, "family": words.both_in(context, row["family"])}) for row in own]
    phases = context.phases if context.phases is not None and len(context.phases) else None
    total = len(context.plan_sites)
    cost = _cost(context)
    return {
        "w": words,
        "c": context,
        "f": number_formats(words),
        "css": Markup(page_css() + print_head(*stamps.corners(context.facts, words))),
        "study": words.one(context.facts.title),
        "stamp": stamps.stamp(context.facts, words),
        "title": words.titled(title_key, context),
        "subtitle": words.english().titled(title_key, context) if words.paired else "",
        "datasets": dataset_lines(context, words),
        "warnings": warning_lines(context, words),
        "expired": expired_documents(context, words),
        "expired_text": lambda due, names: words.b("expired_banner", day=due, titles=names),
        "people_total": own[0]["population"] if own else None,
        "families": families,
        "lacking": page_rows.lacking_words(context, words, heads=True),
        "new_total": total,
        "new_people": int(pd.to_numeric(context.plan_sites["people_gained"], errors="coerce").sum()) if total else 0,
        "whole_plan": context.plan is not None and (context.level == "province" or context.plan.whole),
        "new_cost": words.money(cost) if cost is not None else "",
        "headline": headline_sentences(context, words),
        "headline_table": shown_headline(context, words),
        "targets": targets,
        "target_heads": [] if heads is None else list(zip(heads.columns, heads.heads, strict=True)),
        "without_data": WITHOUT_DATA,
        "decided": len(decided),
        "met": sum(row["status"] == "met" for row in decided),
        "sentences": page_rows.summary_sentences(context, words),
        "plan_table": page_rows.shown_table(page_rows.first_sites(context, most_sites), "sites", "page", words),
        "phases": None if phases is None else page_rows.shown_table(phases, "phases", "page", words),
        "prices": [*plan_words.price_sentences(context, words), *plan_words.robust_sentences(context, words)],
        "plan_note": plan_words.plan_note(context, words),
        "unreachable_title": plan_words.unreachable_title(context),
        "unreachable": plan_words.unreachable_sentences(context, words),
        "plan_shown": words.t("plan_shown", shown=most_sites, total=style.integer(total)) if total > most_sites else "",
    }


def expired_documents(context: PageContext, words: Words) -> list[tuple[str, str]]:
    """Expired documents grouped by the day of their expiry."""
    groups: dict[str, list[str]] = {}
    for document in context.facts.documents:
        if document.expired:
            groups.setdefault(document.expires, []).append(document.number or document.title)
    return [(day, "、".join(names)) for day, names in sorted(groups.items())]


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def number_formats(words: Words) -> SimpleNamespace:
    """How templates write numbers."""
    return SimpleNamespace(
        integer=style.integer,
        decimal=style.decimal,
        percent=style.percent,
        percent_up=style.percent_up,
        money=lambda value, least=False: words.money(value, least=least),
        day=lambda value: style.day(value, words.lang),
        colour=share_colour,
        field=lambda name: field_label(name, words.lang),
        raw=lambda value: "" if style.missing(value) else value,
        width=lambda share: 0 if style.missing(share) else round(float(share) * 100, 1),
    )
