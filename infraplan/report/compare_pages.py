"""compare.html and compare.xlsx of two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from infraplan.files import atomic_path, write_text
from infraplan.report.compare import Comparison
from infraplan.report.page_rows import provincial_order
from infraplan.report.pages import page_css, templates
from infraplan.report.style import count, integer, missing, percent, text
from infraplan.report.words import Words
from infraplan.report.workbook import FIXED_DAY

SHOWN = 200


def write_comparison(comparison: Comparison, folder: str | Path, *, lang: str = "zh") -> list[Path]:
    """Both files, each whole or not at all."""
    paths = [Path(folder) / "compare.html", Path(folder) / "compare.xlsx"]
    write_text(paths[0], comparison_page(comparison, lang))
    _workbook(comparison, paths[1], Words(lang))
    return paths


def points(change: Any) -> str:
    """A difference of shares in percentage points with its sign."""
    return "—" if missing(change) else _signed(f"{float(change) * 100:+.2f}")


def signed(change: Any) -> str:
    """A whole number with its sign."""
    return "—" if missing(change) else _signed(f"{round(float(change)):+,}")


def _signed(written: str) -> str:
    """A real minus sign, and none at all before a zero."""
    return written.replace("-", "\u2212") if any(digit in written for digit in "123456789") else written[1:]


def comparison_page(comparison: Comparison, lang: str = "zh") -> str:
    """The comparison as one HTML text."""
    words = Words(lang)
    coverage = comparison.coverage
    listed = coverage[coverage["level"].isin(["province", "city"])]
    listed = pd.concat([listed[listed["level"] == "province"], provincial_order(listed[listed["level"] == "city"])])
    targets = [_target(row, words) for row in comparison.targets.head(SHOWN).to_dict("records")]
    sites = (
        None
        if comparison.sites is None
        else comparison.sites.groupby(["city", "city_name", "change"]).size().unstack(fill_value=0).reset_index()
    )
    return str(
        templates()
        .get_template("compare.html.j2")
        .render(
            w=words,
            css=Markup(page_css()),
            title=words.t("compare_title"),
            subtitle="" if lang == "en" else Words("en").t("compare_title"),
            runs=words.t("compare_runs", a=comparison.before, b=comparison.after),
            synthetic=comparison.synthetic,
            unlike="; ".join(comparison.unlike),
            sentences=sentences(comparison, words),
            coverage=[_zone(row, words) for row in listed.to_dict("records")],
            targets=targets,
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


def _zone(row: dict[str, Any], words: Words) -> dict[str, Any]:
    return {
        "name": row["name"],
        "total": row["level"] == "province",
        "family": words.judged(row["family"], row["receiver"]),
        "before": percent(row["share_before"]),
        "after": percent(row["share_after"]),
        "points": points(row["share_change"]),
        "people": signed(row["served_change"]),
        "up": not missing(row["share_change"]) and row["share_change"] > 0,
        "down": not missing(row["share_change"]) and row["share_change"] < 0,
    }


def _figure(value: Any, measure: Any) -> str:
    if missing(value):
        return "—"
    return percent(value) if str(measure).endswith("_share") else count(value)


def _target(row: dict[str, Any], words: Words) -> dict[str, Any]:
    part = text(row["part"])
    return {
        "id": row["id"] if part in ("", "main") else f"{row['id']} ({part})",
        "zone": row["zone_name"],
        "family": words.family(text(row["family"])),
        "network": words.network(text(row["network"])),
        "required": _figure(row["required"], row["measure"]),
        "before": _figure(row["achieved_before"], row["measure"]),
        "after": _figure(row["achieved_after"], row["measure"]),
        "status": f"{words.code('status', row['status_before']) or '—'} → {words.code('status', row['status_after']) or '—'}",
        "change": words.t(f"compare_{row['change']}"),
    }


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
        head = book.add_format(
            {"bold": True, "bg_color": "#E8EEF3", "border": 1, "text_wrap": True, "valign": "vcenter", "align": "center"}
        )
        share, whole, words_form = (
            book.add_format({"num_format": "0.00%"}),
            book.add_format({"num_format": "#,##0"}),
            book.add_format({"num_format": "@"}),
        )
        before, after, change = words.t("compare_col_before"), words.t("compare_col_after"), words.t("compare_col_change")
        coverage = {
            "level": words.t("x_kind"),
            "adcode": words.t("col_code"),
            "name": words.t("col_zone"),
            "family": words.t("x_family"),
            "receiver": words.t("col_receiver"),
            **{
                f"{what}_{when}": f"{words.t(key)} {label}"
                for what, key in (("population", "col_people"), ("served", "col_served"), ("share", "col_share"))
                for when, label in (("before", before), ("after", after))
            },
            "served_change": f"{words.t('col_served')} {change}",
            "share_change": words.t("compare_col_points"),
        }
        targets = {
            "id": words.t("x_target"),
            "part": words.t("x_item"),
            "zone_name": words.t("col_zone"),
            "zone": words.t("col_code"),
            "family": words.t("x_family"),
            "network": words.t("x_network"),
            "measure": words.t("x_unit"),
            "required": words.t("x_required"),
            "achieved_before": before,
            "achieved_after": after,
            "status_before": f"{words.t('x_status')} {before}",
            "status_after": f"{words.t('x_status')} {after}",
            "change": words.t("compare_col_what"),
        }
        sites = {
            "id": words.t("x_id"),
            "name": words.t("x_name"),
            "services": words.t("x_services"),
            "city_name": words.t("x_city"),
            "change": change,
        }
        tables = [("compare_coverage", comparison.coverage, coverage), ("compare_targets", comparison.targets, targets)]
        tables += [] if comparison.sites is None else [("compare_sites", comparison.sites, sites)]
        for key, frame, columns in tables:
            sheet = book.add_worksheet(words.t(f"sheet_{key}"))
            for index, (name, label) in enumerate(columns.items()):
                sheet.write_string(0, index, label, head)
                sheet.set_column(index, index, 15)
                form = share if name.startswith("share") else whole
                for row, value in enumerate(frame[name].tolist(), 1):
                    if missing(value):
                        continue
                    if isinstance(value, (int, float)):
                        sheet.write_number(row, index, value, form)
                    else:
                        shown = (
                            words.t(f"compare_{value}")
                            if name == "change"
                            else words.code("status", value)
                            if "status" in name
                            else str(value)
                        )
                        sheet.write_string(row, index, shown, words_form)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(len(frame), 1), len(columns) - 1)
        book.close()
