"""compare.html and compare.xlsx of two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from infraplan.files import atomic_path, write_text
from infraplan.report.cards import labelled
from infraplan.report.compare import Comparison
from infraplan.report.page_rows import provincial_order, shown_table
from infraplan.report.pages import number_formats, page_css, templates
from infraplan.report.style import integer, percent
from infraplan.report.words import Words
from infraplan.report.workbook import FIXED_DAY, fill, formats
from infraplan.tables.figures import points, signed
from infraplan.tables.wording import worded

SHOWN = 200


def write_comparison(comparison: Comparison, folder: str | Path, *, lang: str = "zh") -> list[Path]:
    """Both files, each whole or not at all."""
    paths = [Path(folder) / "compare.html", Path(folder) / "compare.xlsx"]
    write_text(paths[0], comparison_page(comparison, lang))
    _workbook(comparison, paths[1], Words(lang))
    return paths


def comparison_page(comparison: Comparison, lang: str = "zh") -> str:
    """The comparison as one HTML text."""
    words = Words(lang)
    coverage = comparison.coverage
    listed = coverage[coverage["level"].isin(["province", "city"])]
    listed = pd.concat([listed[listed["level"] == "province"], provincial_order(listed[listed["level"] == "city"])])
    sites = (
        None
        if comparison.sites is None
        else comparison.sites.groupby(["city", "city_name", "change"]).size().unstack(fill_value=0).reset_index()
    )
    return labelled(
        templates()
        .get_template("compare.html.j2")
        .render(
            w=words,
            f=number_formats(words),
            css=Markup(page_css()),
            title=words.t("compare_title"),
            subtitle="" if lang == "en" else Words("en").t("compare_title"),
            runs=words.t("compare_runs", a=comparison.before, b=comparison.after),
            synthetic=comparison.synthetic,
            unlike="; ".join(comparison.unlike),
            sentences=sentences(comparison, words),
            coverage=shown_table(listed, "compared_coverage", "page", words, bold=(listed["level"] == "province").tolist()),
            targets=shown_table(comparison.targets.head(SHOWN), "compared_targets", "page", words),
            target_total=len(comparison.targets),
            shown=SHOWN,
            sites=None if sites is None else _site_rows(sites),
        )
    )


def sentences(comparison: Comparison, words: Words) -> list[str]:
    """The change in words."""
    table = comparison.coverage
    out = []
    for row in table[table["level"] == "province"].to_dict("records"):
        out.append(
            words.t(
                "compare_words",
                family=words.judged(row["family"], row["receiver"]),
                a=percent(row["share_before"]),
                b=percent(row["share_after"]),
                change=points(row["share_change"]),
                people=signed(row["served_change"]),
            )
        )
    change, sites = comparison.targets["change"], comparison.sites
    added, removed = ("—", "—") if sites is None else (int((sites["change"] == what).sum()) for what in ("added", "removed"))
    out.append(
        words.t("compare_words_targets", won=int((change == "won").sum()), lost=int((change == "lost").sum()), added=added, removed=removed)
    )
    return out


def _site_rows(sites: Any) -> list[dict[str, Any]]:
    rows = []
    for row in provincial_order(sites, "city").to_dict("records"):
        rows.append(
            {"name": row["city_name"] or row["city"], "added": integer(row.get("added", 0)), "removed": integer(row.get("removed", 0))}
        )
    return rows


def _workbook(comparison: Comparison, path: Path, words: Words) -> None:
    import xlsxwriter

    with atomic_path(path) as part:
        book = xlsxwriter.Workbook(str(part), {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
        book.set_properties({"title": words.t("compare_title"), "author": "", "company": "", "created": FIXED_DAY})
        forms = formats(book)
        tables = [("coverage", comparison.coverage), ("targets", comparison.targets)]
        tables += [] if comparison.sites is None else [("sites", comparison.sites)]
        for key, frame in tables:
            sheet, columns = book.add_worksheet(words.t(f"sheet_compare_{key}")), worded(frame, f"compared_{key}", "annex", words)
            for index, cells in enumerate(columns):
                sheet.write_string(0, index, cells.label, forms["head"])
                sheet.set_column(index, index, cells.column.characters)
                fill(book, sheet, 1, index, cells, forms)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(len(frame), 1), len(columns) - 1)
        book.close()
