"""Tables of a context as rows that templates, workbooks and documents print: words chosen, numbers written, nothing computed anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from infraplan.presets import load
from infraplan.report.context import PageContext
from infraplan.report.map_data import hosts, spaced
from infraplan.report.plan_words import loss, nothing_to_build, price_sentences, served_targets, target_names, title_of
from infraplan.report.style import (
    achieved,
    count,
    day,
    decimal,
    integer,
    missing,
    money,
    percent,
    percent_up,
    quantity,
    shortfall,
    text,
)
from infraplan.report.words import Words

DECIDED = ("met", "not_met")


def provincial_order(frame: Any, column: str = "adcode") -> Any:
    """Rows in the official order of the province's cities; zones that the order does not name follow by code."""
    order = {code: index for index, code in enumerate(load("zones_guangdong").get("city_order", []))}
    keys = frame[column].astype(str).map(lambda code: (order.get(code, order.get(code[:4] + "00" if len(code) == 6 else code, 999)), code))
    return frame.assign(_order=keys).sort_values("_order", kind="stable").drop(columns="_order")


def full_title(row: Any, words: Words) -> str:
    """The title with its network, where the row is one of a shared network."""
    network = text(row.get("network", ""))
    title = title_of(row, words)
    if network in ("", "any"):
        return title
    return f"{title}（{words.network(network)}）" if words.lang == "zh" else f"{title} ({words.network(network)})"


def target_rows(context: PageContext, words: Words) -> list[dict[str, Any]]:
    """The zone's scorecard, one row a clause; the shared networks' figures stand below that of any operator."""
    rows = context.targets
    beside: dict[tuple[str, ...], list[str]] = {}
    main = []
    for row in rows.to_dict("records"):
        key = (text(row["zone"]), text(row["id"]), text(row.get("part", "")), text(row["family"]))
        if text(row["network"]) in ("", "any"):
            main.append((key, row))
        elif not missing(row["achieved"]):
            beside.setdefault(key, []).append(f"{words.network(text(row['network']))} {achieved(row, words.lang)}")
    return [_target(row, beside.get(key, []), words) for key, row in main]


def _target(row: dict[str, Any], beside: list[str], words: Words) -> dict[str, Any]:
    unit = words.code("unit", row["unit"])
    fraction = ""
    if not missing(row["numerator"]) and not missing(row["denominator"]) and float(row["denominator"]) > 0:
        fraction = f"{count(row['numerator'])} / {count(row['denominator'])} {unit}"
    evidence = words.one(text(row["evidence"]))
    if beside:
        evidence = "; ".join(
            part for part in (evidence, words.t("by_network", parts="，".join(beside) if words.lang == "zh" else ", ".join(beside))) if part
        )
    return {
        "id": text(row["id"]),
        "title": title_of(row, words),
        "quotation": text(row["quotation"]),
        "document": text(row["document"]),
        "departments": text(row["departments"]),
        "required": quantity(row["required"], row),
        "achieved": achieved(row, words.lang),
        "fraction": fraction,
        "shortfall": shortfall(row, unit, words.lang),
        "due": day(row["due"], words.lang),
        "expired": bool(row["expired"]),
        "interpretation": bool(row["interpretation"]),
        "status": text(row["status"]),
        "status_text": words.code("status", row["status"]),
        "evidence": evidence,
        "force": text(row["force"]),
        "judged": not missing(row["required"]) and not bool(row.get("beside", False)),
    }


def people_rows(context: PageContext, family: str, lang: str = "zh") -> list[dict[str, Any]]:
    """合计 first, then the child zones in their order, then people outside every zone."""
    own = context.people(family)
    level = "city" if context.level == "province" else "county"
    children = context.people(family, level=level)
    children = children[children["adcode"] != context.adcode] if context.level == level else children
    children = provincial_order(children) if level == "city" else children.sort_values("adcode", kind="stable")
    outside = context.people(family, level="outside")
    rows = [{**row, "total": True} for row in own.to_dict("records")] + [{**row, "total": False} for row in children.to_dict("records")]
    names = context.names(lang)
    for row in rows:
        row["name"] = names.get(row["adcode"], row["name"]) if lang == "en" else row["name"]
    return rows + [{**row, "total": False} for row in outside.to_dict("records") if row["population"]]


def network_rows(context: PageContext, words: Words) -> list[dict[str, Any]]:
    """The zone's own figures: each family, any operator and each shared network."""
    rows = []
    for family in context.families:
        for network in context.networks:
            for row in context.people(family, network).to_dict("records"):
                rows.append({**row, "name": f"{words.family_in(context, family)} · {words.network(network)}", "total": network == "any"})
    return rows


def beside(row: Mapping[str, Any], context: PageContext, words: Words) -> str:
    """What stands beside a headline share: every signal weaker and stronger, the other receiver; "" where it is not known."""
    parts = []
    if not missing(row.get("share_weaker")) and not missing(row.get("share_stronger")):
        shares = {name: percent(row[f"share_{name}"], 1) for name in ("weaker", "stronger")}
        parts.append(words.t("beside_range", band=f"{context.facts.band_db:g}", **shares))
    if text(row.get("other_receiver")) and not missing(row.get("other_share")):
        parts.append(words.t("beside_other", receiver=words.receiver(text(row["other_receiver"])), share=percent(row["other_share"], 1)))
    return ("；" if words.lang == "zh" else "; ").join(parts)


def beside_sentence(row: Mapping[str, Any], context: PageContext, words: Words) -> str:
    """`beside` as a sentence of its own."""
    told = beside(row, context, words)
    return "" if not told else f"{told}。" if words.lang == "zh" else f" {told[0].upper()}{told[1:]}."


def span(row: Mapping[str, Any]) -> str:
    """Shares when every signal is weaker and stronger, as one cell."""
    ends = [row.get(f"share_{name}") for name in ("weaker", "stronger")]
    return "—" if any(missing(end) for end in ends) else " – ".join(percent(end, 1) for end in ends)


def other_share(row: Mapping[str, Any], words: Words) -> str:
    """The share at the other receiver, with that receiver: 室内 17.7%."""
    place = words.receiver(text(row.get("other_receiver")))
    return f"{place} {percent(row.get('other_share'), 1)}" if place else "—"


def other_heading(context: PageContext, family: str, words: Words) -> str:
    """Heading of the column with the other receiver's share."""
    rows = context.people(family)
    other = text(rows["other_receiver"].iloc[0]) if len(rows) and "other_receiver" in rows else ""
    return words.t("col_share_at", receiver=words.receiver(other)) if other else words.t("col_other")


def place_text(row: dict[str, Any]) -> str:
    """County and township."""
    return " ".join(part for part in (text(row.get("county_name", "")), text(row.get("town", ""))) if part)


def gap_rows(context: PageContext, words: Words, most: int) -> list[dict[str, str]]:
    """The gaps with the most residents."""
    frame = context.gaps
    frame = frame.assign(_people=pd.to_numeric(frame["population"], errors="coerce").fillna(0)).sort_values(
        ["_people", "id"], ascending=[False, True], kind="stable"
    )
    return [
        {
            "name": text(row["village"]) or text(row["name"]),
            "where": place_text(row),
            "family": words.family(text(row["family"])),
            "people": integer(row["population"]),
            "households": integer(row["households"]),
            "status": words.code("village", row["status"]),
            "margin": decimal(row["outdoor_margin_db"]),
            "nearest": decimal(row["nearest_site_km"]),
            "reason": words.reason(row["reason"]),
            "remedy": remedy(row["remedy"], words),
        }
        for row in frame.head(most).to_dict("records")
    ]


def remedy(value: Any, words: Words) -> str:
    """The remedy's sentence, or the suggested site it names."""
    written = text(value)
    if written[:1] == "N" and written[1:].isdigit():
        return words.t("remedy_site", site=written)
    return words.reason(written)


def gap_sums(context: PageContext, words: Words) -> tuple[list[str], list[dict[str, Any]]]:
    """Gaps counted by child zone and target, 合计 first."""
    frame = context.gaps
    if not len(frame):
        return [], []
    column, label = ("city", "city_name") if context.level == "province" else ("county", "county_name")
    counts = frame.groupby([column, "target"], sort=False).size().unstack(fill_value=0)
    targets = sorted(counts.columns, key=lambda target: list(dict.fromkeys(frame["target"])).index(target))
    counts = provincial_order(counts.reset_index(), column).set_index(column)[targets]
    names = dict(zip(frame[column], frame[label], strict=True)) | (context.names("en") if words.lang == "en" else {})
    tasks = target_names(context, words)
    rows = [{"name": words.t("total"), "counts": counts.sum().tolist(), "all": int(counts.to_numpy().sum()), "total": True}]
    rows += [
        {
            "name": text(names.get(code, code)) or words.code("level", "outside"),
            "counts": line.tolist(),
            "all": int(line.sum()),
            "total": False,
        }
        for code, line in counts.iterrows()
    ]
    return [tasks.get(target, target) for target in targets], rows


def plan_rows(context: PageContext, words: Words, most: int | None = None) -> list[dict[str, str]]:
    """Suggested sites in build order."""
    frame = context.plan_sites
    if not len(frame):
        return []
    frame = frame.sort_values("order", kind="stable") if "order" in frame else frame
    frame = frame if most is None else frame.head(most)
    names, tasks = context.names(words.lang), target_names(context, words)
    host = hosts(frame["host"], words) if "host" in frame else pd.Series("", index=frame.index)
    return [
        {
            "order": integer(row.get("order")),
            "id": text(row["id"]),
            "name": text(row.get("name")) or text(row["id"]),
            "where": text(names.get(row.get("county"))) or text(names.get(row.get("city"))) or text(row.get("county")),
            "services": spaced(row.get("services")),
            "host": text(on),
            "height": decimal(row.get("height_m"), 0),
            "cost": money(row.get("cost_cny"), words.lang),
            "gained": integer(row.get("people_gained")),
            "villages": integer(row.get("villages_gained")),
            "lost": loss(row.get("people_lost"), row.get("places_lost"), words),
            "targets": served_targets(row.get("targets"), tasks, words),
            "phase": integer(row["phase"]) if row.get("phase") else "",
            "reason": words.reason(row.get("reason")),
        }
        for row, on in zip(frame.drop(columns="geometry", errors="ignore").to_dict("records"), host, strict=True)
    ]


def phase_rows(context: PageContext, words: Words) -> list[dict[str, str]]:
    """The phases in their order, and whether each brings what is asked of it."""
    rows = []
    for row in context.phases.to_dict("records") if context.phases is not None else ():
        met = row.get("asked_met")
        rows.append(
            {
                "phase": text(row.get("phase")),
                "name": text(row.get("name")),
                "period": " – ".join(day(row.get(key), words.lang) for key in ("start", "end") if text(row.get(key))),
                "sites": integer(row.get("sites")),
                "cost": money(row.get("cost_cny"), words.lang),
                "gained": integer(row.get("people_gained")),
                "share": percent(row.get("share")),
                "asked": "" if missing(met) else words.t("asked_met" if met else "asked_missed"),
            }
        )
    return rows


def summary_sentences(context: PageContext, words: Words) -> list[str]:
    """The page in words."""
    out = []
    own = {family: context.people(family).to_dict("records") for family in context.families}
    first = next((rows[0] for rows in own.values() if rows), None)
    if first is None:
        out.append(words.t("words_people", name=context.title_name(words.lang), people=words.t("no_data")))
    else:
        out.append(words.t("words_people", name=context.title_name(words.lang), people=integer(first["population"])))
    for family, rows in own.items():
        for row in rows:
            out.append(
                words.t(
                    "words_family",
                    family=words.family_in(context, family),
                    served=integer(row["served"]),
                    share=percent(row["share"], 1),
                    uncertain=integer(row["uncertain"]),
                    unserved=integer(row["unserved"]),
                )
                + beside_sentence(row, context, words)
            )
    if len(context.gaps):
        out.append(words.t("words_gaps", gaps=integer(len(context.gaps)), uncertain=integer((context.gaps["status"] == "uncertain").sum())))
    if len(context.plan_sites):
        cost = float(pd.to_numeric(context.plan_sites["cost_cny"], errors="coerce").sum())
        out.append(words.t("words_plan", sites=integer(len(context.plan_sites)), cost=money(cost, words.lang)))
    elif context.plan is not None:
        out.append(nothing_to_build(context, words))
    if context.plan is not None and context.level == "province":
        bound = {"bound": money(context.plan.bound_cny, words.lang, least=True), "gap": percent_up(context.plan.proven_gap)}
        out.append(words.t("words_bound", **bound) if context.plan.bounded else words.t("words_no_bound"))
        out += price_sentences(context, words)
    return out
