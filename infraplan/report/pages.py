"""HTML pages of a city and of the province, each one file with everything inside."""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import jinja2
import pandas as pd
from markupsafe import Markup

from infraplan import fields
from infraplan.files import write_text
from infraplan.report import figures, page_rows, style
from infraplan.report.context import PageContext
from infraplan.report.map_data import share_colour
from infraplan.report.maps import draw_map
from infraplan.report.words import Words
from infraplan.report.workbook import write_annex

GAPS_SHOWN = 40
SITES_SHOWN = 60
SITES_ON_INDEX = 12


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.PackageLoader("infraplan.report", "templates")
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)


@cache
def _css() -> str:
    css = files("infraplan.report").joinpath("templates", "page.css").read_text(encoding="utf-8")
    status = "\n".join(f".status.{name} {{ color: {colour}; }}" for name, colour in style.palette()["status"].items())
    return css.replace("FONT_STACK", style.FONT_STACK).replace("STATUS_COLOURS", status)


def write_city_pages(context: PageContext, folder: str | Path, *, lang: str = "zh") -> list[Path]:
    """report.html, map.html and annex.xlsx of one zone.

    Parameters
    ----------
    context : PageContext
        What the pages show.
    folder : path
        Made if absent. Each file appears under its name only when it is complete.
    lang : str
        "zh": Chinese with English beside it; "en": English alone.

    Returns
    -------
    list of Path
        The files written.
    """
    folder = Path(folder)
    paths = [folder / name for name in ("report.html", "map.html", "annex.xlsx")]
    write_text(paths[0], report_page(context, lang))
    draw_map(context, lang).save(paths[1])
    write_annex(context, paths[2], lang)
    return paths


def write_province_pages(context: PageContext, folder: str | Path, *, lang: str = "zh") -> list[Path]:
    """index.html, the scoreboard that links the cities of `context.cities`, and the province's own report.html, map.html, annex.xlsx."""
    folder = Path(folder)
    index = folder / "index.html"
    write_text(index, index_page(context, lang))
    return [index, *write_city_pages(context, folder, lang=lang)]


def report_page(context: PageContext, lang: str = "zh") -> str:
    """The report of a zone as one HTML text."""
    words = Words(lang)
    pictures = []
    for family in context.families:
        if family in context.margins:
            caption = words.t("figure_caption", name=context.name, family=words.family(family))
            pictures.append({"caption": caption, "url": _data_url(figures.coverage_figure(context, family, lang))})
    links = [("map.html", "to_map"), ("annex.xlsx", "to_annex")]
    if context.level == "province":
        links.insert(0, ("index.html", "to_index"))
    elif context.index_href:
        links.insert(0, (context.index_href, "to_index"))
    values = _common(context, words, "report_title")
    tables = [
        {
            "title": words.t("table_by_zone", family=words.family(family)),
            "first": "col_zone",
            "codes": True,
            "rows": page_rows.people_rows(context, family),
        }
        for family in context.families
    ]
    tables.append(
        {
            "title": words.t("table_by_network", name=context.name),
            "first": "col_network",
            "codes": False,
            "rows": page_rows.network_rows(context, words),
        }
    )
    names, sums = page_rows.gap_sums(context, words)
    total = len(context.gaps)
    note = (
        words.t("gaps_shown", shown=GAPS_SHOWN, total=style.integer(total))
        if total > GAPS_SHOWN
        else words.t("gaps_all", total=style.integer(total))
    )
    return (
        _templates()
        .get_template("report.html.j2")
        .render(
            **values,
            links=links,
            figures=pictures,
            tables=tables,
            gap_targets=names,
            gap_sums=sums,
            gaps_note=note,
            gap_rows=page_rows.gap_rows(context, words, GAPS_SHOWN),
            people_heading="cities_table" if context.level == "province" else "counties_table",
        )
    )


def index_page(context: PageContext, lang: str = "zh") -> str:
    """The provincial scoreboard as one HTML text."""
    words = Words(lang)
    pictures = [
        {"caption": words.t("choropleth_caption", family=words.family(family)), "url": _data_url(figures.choropleth(context, family, lang))}
        for family in context.families[:1]
    ]
    values = _common(context, words, "index_title", SITES_ON_INDEX)
    rows = city_rows(context, words)
    links = [("report.html", "to_province_report"), ("map.html", "to_map"), ("annex.xlsx", "to_annex")]
    return (
        _templates()
        .get_template("index.html.j2")
        .render(
            **values,
            links=links,
            figures=pictures,
            cities=rows,
            city_count=len(rows) - 1,
            family_names=[words.family(family) for family in context.families],
        )
    )


def city_rows(context: PageContext, words: Words) -> list[dict[str, Any]]:
    """合计 first, then the cities in the provincial order with what each has and where its pages are."""
    listed = page_rows.provincial_order(context.cities)
    people = {family: context.people(family, level="city").set_index("adcode") for family in context.families}
    own = {family: context.people(family) for family in context.families}
    first = context.families[0]

    def share(frame: Any, code: str) -> Any:
        return frame.at[code, "share"] if code in frame.index else None

    total = {
        "name": words.t("total"),
        "total": True,
        "href": "",
        "population": own[first]["population"].iloc[0] if len(own[first]) else None,
        "shares": [own[family]["share"].iloc[0] if len(own[family]) else None for family in context.families],
        "gaps": len(context.gaps),
        "new_sites": len(context.plan_sites),
        "cost_cny": _cost(context.plan_sites),
        "state": "",
    }
    rows = [total]
    for city in listed.to_dict("records"):
        code, done = city["adcode"], style.text(city["state"]) == "done"
        href = quote(style.text(city["folder"]).strip("/")) + "/" if done and style.text(city["folder"]) else None
        state = words.code("state", city["state"]) + (f": {city['reason']}" if style.text(city["reason"]) else "")
        rows.append(
            {
                "name": city["name"],
                "total": False,
                "href": href,
                "population": people[first]["population"].get(code),
                "shares": [share(people[family], code) for family in context.families],
                "gaps": city["gaps"],
                "new_sites": city["new_sites"],
                "cost_cny": city["cost_cny"],
                "state": state,
            }
        )
    return rows


def _cost(plan_sites: Any) -> float | None:
    return float(pd.to_numeric(plan_sites["cost_cny"], errors="coerce").sum()) if len(plan_sites) else None


def _common(context: PageContext, words: Words, title_key: str, most_sites: int = SITES_SHOWN) -> dict[str, Any]:
    """What every page shows."""
    targets = page_rows.target_rows(context, words)
    decided = [row for row in targets if row["status"] in page_rows.DECIDED]
    own = [row for family in context.families for row in context.people(family).to_dict("records")]
    families = [SimpleNamespace(**{**row, "family": words.family(row["family"])}) for row in own]
    shown = page_rows.plan_rows(context, words, most_sites)
    total = len(context.plan_sites)
    cost = _cost(context.plan_sites)
    return {
        "w": words,
        "c": context,
        "f": _formats(words),
        "css": Markup(_css()),
        "title": words.t(title_key, name=context.title_name(words.lang)),
        "subtitle": "" if words.lang == "en" else Words("en").t(title_key, name=context.name_en),
        "expired": expired_documents(context, words),
        "expired_text": lambda due, names: words.b("expired_banner", day=due, titles=names),
        "people_total": own[0]["population"] if own else None,
        "families": families,
        "gaps_total": len(context.gaps),
        "new_total": total,
        "new_people": int(pd.to_numeric(context.plan_sites["people_gained"], errors="coerce").sum()) if total else 0,
        "whole_plan": context.plan is not None and (context.level == "province" or context.plan.bound_cny <= context.plan.cost_cny),
        "new_cost": style.money(cost, words.lang) if cost is not None else "",
        "targets": targets,
        "decided": len(decided),
        "met": sum(row["status"] == "met" for row in decided),
        "sentences": page_rows.summary_sentences(context, words),
        "plan_rows": shown,
        "plan_shown": words.t("plan_shown", shown=most_sites, total=style.integer(total)) if total > most_sites else "",
        "extra": extra_figures(context, words),
    }


def extra_figures(context: PageContext, words: Words) -> list[dict[str, str]]:
    """The curve of cost and coverage, when the run has one."""
    out = []
    if context.pareto is not None and len(context.pareto):
        goal = context.targets[(context.targets["id"] == "nr-pop90") & (context.targets["network"] == "any")]["required"].dropna()
        png = figures.curve(
            context.pareto["cost_cny"].to_numpy(float) / 1e8,
            context.pareto["share"].to_numpy(float) * 100,
            words,
            words.t("axis_cost"),
            words.t("axis_share"),
            float(goal.iloc[0]) * 100 if len(goal) else None,
        )
        out.append({"title": words.b("pareto_section"), "caption": words.t("pareto_caption"), "url": _data_url(png)})
    return out


def expired_documents(context: PageContext, words: Words) -> list[tuple[str, str]]:
    """Expired documents grouped by the day they ran out."""
    groups: dict[str, list[str]] = {}
    for document in context.facts.documents:
        if document.expired:
            groups.setdefault(document.expires, []).append(document.number or document.title)
    return [(day, "、".join(names)) for day, names in sorted(groups.items())]


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def field_label(name: str, lang: str) -> str:
    """The label of a column as the table of fields has it."""
    for table in fields.TABLES.values():
        for entry in table:
            if entry.name == name:
                return str(entry.zh if lang == "zh" else entry.en)
    return name


def _formats(words: Words) -> SimpleNamespace:
    return SimpleNamespace(
        integer=style.integer,
        decimal=style.decimal,
        percent=style.percent,
        percent_up=style.percent_up,
        money=lambda value: style.money(value, words.lang),
        day=lambda value: style.day(value, words.lang),
        colour=share_colour,
        field=lambda name: field_label(name, words.lang),
        width=lambda share: 0 if style.missing(share) else round(float(share) * 100, 1),
    )
