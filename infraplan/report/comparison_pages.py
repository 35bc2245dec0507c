"""compare.html and compare.xlsx of two runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from infraplan.files import atomic_path, write_text
from infraplan.report import stamps
from infraplan.report.cards import labelled
from infraplan.report.html_pages import number_formats, page_css, print_head, templates
from infraplan.report.page_rows import Shown, shown_table
from infraplan.report.run_comparison import Comparison
from infraplan.report.style import integer, percent
from infraplan.report.words import Words
from infraplan.report.workbook import A3, FIXED_DAY, HEAD_ROW, fill, formats, scaled, set_page
from infraplan.tables.number_formats import points, signed
from infraplan.tables.wording import worded
from infraplan.tables.zone_order import in_city_order

SHOWN = 200


def write_comparison(comparison: Comparison, folder: str | Path, *, lang: str = "both") -> list[Path]:
    """Writes both files, each complete or not at all."""
    paths = [Path(folder) / "compare.html", Path(folder) / "compare.xlsx"]
    write_text(paths[0], comparison_page(comparison, lang))
    _workbook(comparison.named(lang), paths[1], Words.of(lang, receivers=comparison.receivers))
    return paths


def comparison_page(comparison: Comparison, lang: str = "both") -> str:
    """The comparison as one HTML text."""
    words, comparison = Words.of(lang, receivers=comparison.receivers), comparison.named(lang)
    coverage = comparison.coverage
    listed = coverage[coverage["level"].isin(["province", "city"])]
    cities = listed[listed["level"] == "city"].sort_values("adcode", kind="stable")
    listed = pd.concat([listed[listed["level"] == "province"], in_city_order(cities, comparison.city_order)])
    sides, sites = dated_sides(comparison, words), comparison.sites
    return labelled(
        templates()
        .get_template("compare.html.j2")
        .render(
            w=words,
            f=number_formats(words),
            css=Markup(page_css() + print_head(*sides)),
            title=words.t("compare_title"),
            subtitle=Words("en").t("compare_title") if words.paired else "",
            runs=sides,
            synthetic=comparison.synthetic,
            unlike="; ".join(comparison.unlike),
            sentences=sentences(comparison, words),
            coverage=shown_table(listed, "compared_coverage", "page", words, bold=(listed["level"] == "province").tolist()),
            targets=shown_table(comparison.targets.head(SHOWN), "compared_targets", "page", words),
            target_total=len(comparison.targets),
            shown=SHOWN,
            ranks=shown_table(comparison.ranks, "compared_ranks", "page", words),
            villages=_first(comparison.villages, "compared_villages", words),
            village_total=0 if comparison.villages is None else len(comparison.villages),
            gaps=_first(comparison.gaps, "compared_gaps", words),
            gap_total=0 if comparison.gaps is None else len(comparison.gaps),
            sites=None if sites is None else shown_table(by_city(sites, comparison.city_order), "compared_cities", "page", words),
        )
    )


def _first(frame: Any, table: str, words: Words) -> Shown | None:
    """The rows of a list with most residents, as many as the page shows of each kind of change; None where the runs have no list."""
    if frame is None:
        return None
    largest = frame.sort_values("population", ascending=False, kind="stable").groupby("change", sort=False).head(SHOWN)
    return shown_table(frame.loc[frame.index.isin(largest.index)], table, "page", words)


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
    moved_sites = ("added", "removed", "retired")
    of_sites = {what: "—" if sites is None else int((sites["change"] == what).sum()) for what in moved_sites}
    of_targets = {what: int((change == what).sum()) for what in ("won", "lost")}
    out.append(words.t("compare_words_targets", **of_targets, **of_sites))
    villages, gaps = comparison.villages, comparison.gaps
    for family in [] if villages is None else dict.fromkeys(comparison.coverage["family"]):
        figures: dict[str, str] = {}
        for what in ("covered", "uncovered"):
            own = villages[(villages["family"] == family) & (villages["change"] == what)]
            figures |= {what: integer(len(own)), f"{what}_people": integer(own["population"].sum())}
        out.append(words.t("compare_words_villages", family=words.judged(family, comparison.receivers.get(family, "")), **figures))
    if any(comparison.changed_villages):
        gone, new = map(integer, comparison.changed_villages)
        out.append(words.t("compare_words_unmatched", gone=gone, new=new))
    if gaps is not None:
        out.append(words.t("compare_words_gaps", **{what: integer((gaps["change"] == what).sum()) for what in ("closed", "opened")}))
    if comparison.unmatched_gaps:
        out.append(words.t("compare_words_gaps_unmatched", count=integer(comparison.unmatched_gaps)))
    ranks = comparison.ranks
    if len(ranks) > 1:
        moves = {"up": ranks[ranks["move"] > 0], "down": ranks[ranks["move"] < 0]}
        named = {
            side: [f"{row['name']} {row['rank_before']}→{row['rank_after']}" for row in rows.to_dict("records")]
            for side, rows in moves.items()
        }
        out.append(words.t("compare_words_ranks", **{side: words.joined(texts, "、") or "—" for side, texts in named.items()}))
    return out


def dated_sides(comparison: Comparison, words: Words) -> list[str]:
    """Each run in one line: its name, the mark of synthetic data, its own dates and version."""
    sides = zip(("before", "after"), (comparison.before, comparison.after), comparison.facts, strict=True)
    return [words.t(f"compare_{side}", run=" · ".join([name, stamps.marked_stamp(facts, words)])) for side, name, facts in sides]


def by_city(sites: Any, order: str | Sequence[str]) -> Any:
    """Sites added and removed, a row a city in the official order."""
    counts = sites.groupby(["city", "city_name", "change"]).size().unstack(fill_value=0).reset_index()
    counts = counts.assign(name=counts["city_name"].where(counts["city_name"] != "", counts["city"]))
    counts = counts.assign(**{name: 0 for name in ("added", "removed", "retired") if name not in counts}).sort_values("city", kind="stable")
    return in_city_order(counts, order, "city")


def _workbook(comparison: Comparison, path: Path, words: Words) -> None:
    import xlsxwriter

    with atomic_path(path) as part:
        book = xlsxwriter.Workbook(str(part), {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
        book.set_properties({"title": words.t("compare_title"), "author": "", "company": "", "created": FIXED_DAY})
        forms = formats(book)
        tables = [("coverage", comparison.coverage), ("ranks", comparison.ranks), ("targets", comparison.targets)]
        lists = (("villages", comparison.villages), ("gaps", comparison.gaps), ("sites", comparison.sites))
        tables += [(key, frame) for key, frame in lists if frame is not None]
        for key, frame in tables:
            sheet, columns = book.add_worksheet(words.t(f"sheet_compare_{key}")), worded(frame, f"compared_{key}", "annex", words)
            for row, line in enumerate([words.t("compare_title"), *dated_sides(comparison, words)]):
                sheet.write_string(row, 0, line, forms["annex" if row == 0 else "note"])
            for index, cells in enumerate(columns):
                sheet.write_string(HEAD_ROW, index, cells.label, forms["head"])
                sheet.set_column(index, index, cells.column.characters)
                fill(book, sheet, HEAD_ROW + 1, index, cells, forms)
            sheet.freeze_panes(HEAD_ROW + 1, 0)
            sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + max(len(frame), 1), len(columns) - 1)
            scale, _ = scaled([cells.column.characters for cells in columns], A3)
            set_page(sheet, dated_sides(comparison, words), words, len(frame), len(columns) - 1, A3, scale)
        book.close()
