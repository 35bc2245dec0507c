"""Columns of the annex sheets: official ones first, in their order, then what an engineer wants beside them; and the lines on method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from infraplan.messages import say
from infraplan.report import page_rows, plan_words
from infraplan.report.context import PageContext
from infraplan.report.map_data import hosts, spaced
from infraplan.report.style import achieved, day, integer, is_share, missing, money, percent, percent_up, shortfall, text
from infraplan.report.words import Words, field_label
from infraplan.tables.faults import fault_line
from infraplan.units import cut

MOST_GAPS = 20_000  # rows of the province's own list; every city's annex is complete


@dataclass(frozen=True)
class Column:
    """A column of a sheet: catalogue key, width in characters, format, values (None: left for the reader to fill in)."""

    key: str
    width: float
    form: str
    values: Sequence[Any] | None = None
    total: Any = None
    values_of_key: Mapping[str, str] = field(default_factory=dict)

    def label(self, words: Words) -> str:
        """The heading; a key with a dot is another room's."""
        return say(self.key, words.lang) if "." in self.key else words.t(self.key, **self.values_of_key)


def scorecard_columns(context: PageContext, words: Words) -> list[Column]:
    """The official columns of a scorecard, then what an engineer wants beside them."""
    frame = context.targets.reset_index(drop=True)
    rows = frame.to_dict("records")
    share = [is_share(row) for row in rows]

    def figure(name: str) -> list[Any]:
        return [
            None if missing(row[name]) else (float(cut(row[name], 4)), "share") if is_share else (row[name], "int")
            for row, is_share in zip(rows, share, strict=True)
        ]

    def written(name: str, told: Callable[[dict[str, Any]], str]) -> list[Any]:
        """The figures as numbers, as text where they are an interval."""
        return [
            told(row) if not missing(row.get(f"{name}_most")) and row[f"{name}_most"] > row[name] else value
            for row, value in zip(rows, figure(name) if name == "achieved" else [row[name] for row in rows], strict=True)
        ]

    rate = [
        None
        if missing(row["required"]) or missing(row["achieved"]) or not float(row["required"])
        else float(cut(float(row["achieved"]) / float(row["required"]) * 100, 2))
        for row in rows
    ]
    document = ["; ".join(part for part in (text(row["document"]), text(row["quotation"])) if part) for row in rows]
    return [
        Column("x_number", 6, "int", range(1, len(rows) + 1)),
        Column("x_task", 28, "wrap", [page_rows.full_title(row, words) for row in rows]),
        Column("x_document", 40, "wrap", document),
        Column("x_departments", 34, "wrap", [assigned(row["departments"], words) for row in rows]),
        Column("x_required", 11, "int", figure("required")),
        Column("x_achieved", 11, "int", written("achieved", lambda row: achieved(row, words.lang))),
        Column("x_rate", 10, "rate", rate),
        Column("x_shortfall", 11, "int", written("shortfall", lambda row: shortfall(row, "", words.lang).strip())),
        Column("x_due", 15, "code", [day(row["due"], words.lang) for row in rows]),
        Column("x_evidence", 52, "wrap", [words.one(text(row["evidence"])) for row in rows]),
        Column("x_interpretation", 9, "code", [words.t("yes" if row["interpretation"] else "no") for row in rows]),
        Column("x_remark", 14, "fill"),
        Column("x_status", 10, "code", [words.code("status", row["status"]) for row in rows]),
        Column("x_numerator", 12, "int", [row["numerator"] for row in rows]),
        Column("x_uncertain", 10, "int", [row.get("uncertain") for row in rows]),
        Column("x_denominator", 13, "int", [row["denominator"] for row in rows]),
        Column("x_unit", 9, "code", [words.code("unit", row["unit"]) for row in rows]),
        Column("x_family", 14, "code", [_judged(row, context, words) for row in rows]),
        Column("x_network", 12, "code", [words.network(text(row["network"])) for row in rows]),
        Column("x_target", 17, "code", [row["id"] for row in rows]),
    ]


def _judged(row: dict[str, Any], context: PageContext, words: Words) -> str:
    """The family with the receiver the row is judged at."""
    family = text(row["family"])
    return words.judged(family, text(row.get("receiver")) or context.receiver(family)) if family else ""


def assigned(departments: Any, words: Words) -> str:
    """The departments as the document names them; where it names none, so in the page's language."""
    written = text(departments)
    return say("policy.annex_not_assigned", words.lang) if written == "not assigned" else written


def _distinct(values: Any, name: Any) -> list[str]:
    """Words for codes, one lookup a distinct code."""
    column = pd.Series(values).astype("object").where(lambda cell: cell.notna(), "")
    return [str(entry) for entry in column.map({code: name(code) for code in column.unique()})]


def gap_columns(context: PageContext, words: Words) -> list[Column]:
    """The official columns of a gap list; those of the inspection are left to be filled in; codes follow at the right."""
    frame = context.gaps
    once = ~frame["id"].duplicated() if len(frame) else slice(None)
    totals = [pd.to_numeric(frame[name], errors="coerce")[once].sum() for name in ("households", "population")]
    if context.level == "province" and len(frame) > MOST_GAPS:
        frame = frame.assign(_people=pd.to_numeric(frame["population"], errors="coerce")).nlargest(MOST_GAPS, "_people")
    if len(frame):
        frame = page_rows.provincial_order(frame.sort_values(["county", "town", "committee", "id", "family"], kind="stable"), "city")

    def plain(name: str) -> list[Any]:
        return frame[name].tolist() if name in frame else [None] * len(frame)

    people, households = (pd.to_numeric(frame[name], errors="coerce") for name in ("population", "households"))
    remarks = _remarks(plain("id"), plain("family"), plain("priority"), words)
    villages = [text(village) or text(name) for village, name in zip(plain("village"), plain("name"), strict=True)]
    return [
        Column("x_number", 6, "int", range(1, len(frame) + 1)),
        Column("x_city", 10, "text", plain("city_name")),
        Column("x_county", 14, "text", plain("county_name")),
        Column("x_town", 14, "text", plain("town")),
        Column("x_committee", 16, "text", plain("committee")),
        Column("x_village", 16, "text", villages),
        Column("x_households", 8, "int", households.tolist(), totals[0]),
        Column("x_people", 10, "int", people.tolist(), totals[1]),
        Column("x_lon", 11, "degree", plain("lon")),
        Column("x_lat", 10, "degree", plain("lat")),
        Column("x_operator", 14, "code", _distinct(plain("network"), words.network)),
        Column("x_outdoor", 10, "db", plain("outdoor_margin_db")),
        Column("x_indoor", 10, "db", plain("indoor_margin_db")),
        Column("x_nearest", 13, "code", plain("nearest_site")),
        Column("x_distance", 9, "km", plain("nearest_site_km")),
        Column("x_reason", 24, "text", _distinct(plain("reason"), words.reason)),
        Column("x_remedy", 22, "text", _distinct(plain("remedy"), lambda code: page_rows.remedy(code, words))),
        Column("x_departments", 14, "fill"),
        Column("x_plan_due", 13, "fill_date"),
        Column("x_check_date", 12, "fill_date"),
        Column("x_checker", 10, "fill"),
        Column("x_rsrp", 11, "fill"),
        Column("x_result", 10, "fill"),
        Column("x_closed", 10, "fill"),
        Column("x_remark", 24, "text", remarks),
        Column("policy.head_band", 10, "fill"),
        Column("policy.head_device", 10, "fill"),
        Column("policy.head_where", 10, "fill"),
        Column("x_kind", 10, "code", _distinct(plain("kind"), lambda code: words.code("kind", code))),
        Column("x_status", 9, "code", _distinct(plain("status"), lambda code: words.code("village", code))),
        Column("x_family", 9, "code", _distinct(plain("family"), words.family)),
        Column("x_target", 14, "code", plain("target")),
        Column("x_id", 14, "code", plain("id")),
    ]


def _remarks(ids: list[Any], families: list[Any], priorities: list[Any], words: Words) -> list[str]:
    """The id by which a filled sheet is read back, and the priority area."""
    form = say("policy.annex_id", words.lang)
    marks = [form.format(id=code, family=words.family(text(family))) for code, family in zip(ids, families, strict=True)]
    return [f"{mark}；{text(priority)}" if text(priority) else mark for mark, priority in zip(marks, priorities, strict=True)]


def site_columns(context: PageContext, words: Words) -> list[Column]:
    """Suggested sites in build order."""
    frame = context.plan_sites
    frame = frame.sort_values("order", kind="stable") if "order" in frame else frame
    names = dict(zip(context.zones["adcode"], context.zones["name"], strict=True))

    def plain(name: str) -> list[Any]:
        return list(frame[name]) if name in frame else [None] * len(frame)

    def total(name: str) -> Any:
        return pd.to_numeric(pd.Series(plain(name)), errors="coerce").sum() if len(frame) else None

    where = [
        text(names.get(county)) or text(names.get(city)) or text(county)
        for county, city in zip(plain("county"), plain("city"), strict=True)
    ]
    points = frame.geometry if len(frame) else []
    tasks = plan_words.target_names(context, words)
    others = [str(name).removeprefix("people_gained_") for name in frame if str(name).startswith("people_gained_")]
    further = []
    for family in others:
        gained = f"people_gained_{family}"
        further.append(Column("x_gained_family", 13, "int", plain(gained), total(gained), {"family": words.family_in(context, family)}))
    return [
        Column("x_order", 8, "int", plain("order")),
        *([Column("x_phase", 7, "int", plain("phase"))] if "phase" in frame and (frame["phase"] > 0).any() else []),
        Column("x_id", 11, "code", plain("id")),
        Column("x_name", 20, "text", plain("name")),
        Column("x_county", 14, "text", where),
        Column("x_services", 18, "text", [spaced(value) for value in plain("services")]),
        Column("x_host", 16, "text", list(hosts(plain("host"), words)) if len(frame) else []),
        Column("x_height", 8, "int", plain("height_m")),
        Column("x_cost", 13, "money", plain("cost_cny"), total("cost_cny")),
        Column("x_gained", 13, "int", plain("people_gained"), total("people_gained")),
        *further,
        Column("x_villages_gained", 13, "int", plain("villages_gained"), total("villages_gained")),
        Column("x_places_gained", 10, "int", plain("places_gained"), total("places_gained")),
        Column("x_targets", 32, "wrap", _distinct(plain("targets"), lambda ids: plan_words.served_targets(ids, tasks, words))),
        Column("x_lost", 12, "int", plain("people_lost")),
        Column("x_places_lost", 12, "int", plain("places_lost")),
        Column("x_lon", 11, "degree", [point.x for point in points]),
        Column("x_lat", 10, "degree", [point.y for point in points]),
        Column("x_site_reason", 24, "text", _distinct(plain("reason"), words.reason)),
        Column("x_remark", 16, "fill"),
    ]


def unreachable_columns(context: PageContext, words: Words) -> list[Column]:
    """Whom no candidate can serve: the certificate of a goal out of reach."""
    frame, names = context.unreachable, context.names(words.lang)
    people = frame["population"].astype("object").where(frame["kind"] != "place", None).tolist()
    tasks = plan_words.target_names(context, words)

    def plain(name: str) -> list[Any]:
        return list(frame[name]) if name in frame else [None] * len(frame)

    return [
        Column("x_number", 6, "int", range(1, len(frame) + 1)),
        Column("x_city", 10, "text", [text(names.get(code)) or text(code) for code in plain("city")]),
        Column("x_county", 14, "text", [text(names.get(code)) or text(code) for code in plain("county")]),
        Column("x_name", 20, "text", plain("name")),
        Column("x_kind", 10, "code", _distinct(plain("kind"), lambda code: words.code("kind", code))),
        Column("x_family", 9, "code", _distinct(plain("family"), words.family)),
        Column("x_people", 10, "int", people),
        Column("x_must", 9, "code", [words.t("yes" if must else "no") for must in plain("must")]),
        Column("x_best_margin", 14, "db", plain("best_db")),
        Column("x_obstacle", 36, "text", _distinct(plain("obstacle"), lambda code: words.code("obstacle", code))),
        Column("x_of_target", 40, "wrap", _distinct(plain("target"), lambda ids: plan_words.served_targets(ids, tasks, words))),
        Column("x_lon", 11, "degree", plain("lon")),
        Column("x_lat", 10, "degree", plain("lat")),
        Column("x_id", 14, "code", plain("id")),
    ]


def warning_lines(context: PageContext, words: Words) -> list[str]:
    """What the readers of the input noticed, a line each; what presets filled in has lines of its own."""
    return [fault_line(fault, words.lang) for fault in context.facts.warnings if fault.rule != "filled_in"]


def method_lines(context: PageContext, words: Words) -> Iterable[tuple[str, str]]:
    """How the numbers were made, as pairs of item and content."""
    facts = context.facts
    yield words.t("method_model"), facts.model
    yield words.t("method_resolution"), f"{facts.resolution_m:g} m"
    yield words.t("method_reliability"), words.t("reliability_of_area", share=percent(facts.reliability, 0))
    for line in facts.services:
        yield words.t("method_services"), words.beside(line)
    yield words.t("method_people"), words.one(facts.population_basis)
    for document in facts.documents:
        state = (
            words.t("expires", day=day(document.expires, words.lang)) + (f"（{words.t('expired')}）" if document.expired else "")
            if document.expires
            else ""
        )
        yield words.t("method_documents"), f"{words.title(document.title)}{document.number} {state}".strip()
    for name, count in facts.filled_in.items():
        yield words.t("method_filled"), words.t("method_filled_row", field=field_label(name, words.lang), count=integer(count))
    for line in warning_lines(context, words):
        yield words.t("method_warnings"), line
    for entry in facts.datasets:
        mark = f" · {words.t('example_mark')}" if entry.synthetic else ""
        yield words.t("method_data"), f"{entry.name} © {words.one(entry.holder)} ({words.one(entry.licence)}){mark}"
    if context.plan is not None:
        whole = context.level == "province"
        if whole and context.plan.bounded:
            yield words.t("plan_bound"), money(context.plan.bound_cny, words.lang, least=True)
        gap = percent_up(context.plan.proven_gap) if context.plan.bounded else words.t("words_no_bound")
        yield words.t("plan_gap" if whole else "plan_gap_whole"), gap
        for sentence in plan_words.price_sentences(context, words):
            yield words.t("plan_prices"), sentence
    yield words.t("method_plan"), words.t("plan_note")
    yield words.t("limits"), words.t("method_plan_text")
    for key in ("limits_model", "limits_outdoor", "limits_parts", "reading_note"):
        yield words.t("limits"), words.t(key)
    for note in facts.notes:
        yield words.t("limits"), words.one(note)
    yield words.t("method_version"), f"infraplan {facts.version}"
    yield words.t("method_data"), words.one(facts.map_approval) or words.t("no_map_approval")
