"""Legends of maps: margins, shares, settlements, what a plan adds, sites, lines; printed maps and the interactive one share them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infraplan.report.map_detail import STATUSES
from infraplan.report.margin_images import margin_colours, margin_edges
from infraplan.report.page_context import PageContext
from infraplan.report.style import missing, palette
from infraplan.report.words import Words

Items = list[dict[str, str]]
UNKNOWN = "#ffffff"


def legend_sections(context: PageContext, words: Words) -> list[dict[str, Any]]:
    """The sections of the interactive map's legend, each with the choices it belongs to: families, theme, times, or overlays."""
    found: list[dict[str, Any]] = []
    for family in context.families:
        place = words.receiver(context.receiver(family))
        title = words.t("legend_margin_at", receiver=place)
        share = words.t("legend_share_at", receiver=place)
        found += [
            section(title, margin_legend(words), family, "signal", ("today", "after")),
            section(words.t("legend_gain_at", receiver=place), gain_legend(words), family, "signal", ("adds",)),
            section(share, share_legend(), family, "people", ("today", "after")),
            section(words.t("legend_share_gain"), share_gain_legend(), family, "people", ("adds",)),
        ]
    colours = palette()["village"]
    dots = [{"shape": "circle", "colour": colours[status], "label": words.t(status)} for status in STATUSES]
    gained = [{"shape": "circle", "colour": colours["gained"], "label": words.t("layer_gained")}]
    limited = context.plan is not None and context.plan.capacity is not None
    later = words.t("legend_villages_signal" if limited else "legend_villages")
    for time, title in (("today", words.t("legend_villages")), ("after", later)):
        found.append(section(title, dots, "", "villages", (time,)))
        found.append({"title": title, "items": dots[1:], "overlay": "gaps", "times": [time]})
    found.append(section(later, gained, "", "villages", ("adds",)))
    found.append({"title": "", "items": gained, "overlay": "gaps", "times": ["adds"]})
    sites, new = site_legend(words)
    found += [
        {"title": "", "items": [new], "overlay": "new"},
        {"title": "", "items": [{**sites, "label": words.t("sites_thinned")}], "overlay": "sites"},
        *({"title": "", "items": [line], "overlay": line["shape"]} for line in line_legend(words)),
        {
            "title": "",
            "items": [{"shape": "box", "colour": palette()["place"]["any"], "label": words.t("layer_places")}],
            "overlay": "places",
        },
    ]
    return found


def section(title: str, items: Items, family: str, theme: str, times: Sequence[str]) -> dict[str, Any]:
    """A section of one theme; `family` "" for any."""
    return {"title": title, "items": items, "theme": theme, "times": list(times), "family": family}


def site_legend(words: Words) -> Items:
    """The signs of existing and suggested sites."""
    signs = (("sites", "triangle", "existing"), ("new", "diamond", "new"))
    return [{"shape": shape, "colour": palette()["site"][key], "label": words.t(f"layer_{layer}")} for layer, shape, key in signs]


def line_legend(words: Words) -> Items:
    """Railways, roads, other lines."""
    return [{"shape": kind, "colour": colour, "label": words.t(f"layer_{kind}")} for kind, colour in palette()["line"].items()]


def margin_legend(words: Words) -> Items:
    """Margin classes, best first, with their unit in the title; last what no prediction reaches."""
    edges, colours = margin_edges(), margin_colours()
    items = []
    for index in reversed(range(len(edges))):
        note = words.t("margin_none" if not index else "margin_served" if edges[index] >= 0 else "margin_unserved")
        items.append({"shape": "square", "colour": colours[index], "label": f"{interval(edges, index)}  {note}"})
    return [*items, not_computed(words)]


def not_computed(words: Words) -> dict[str, str]:
    """The hatched sign of what was not computed."""
    return {"shape": "hatch", "colour": palette()["ink"]["hatch"], "label": words.t("legend_nothing")}


def gain_legend(words: Words) -> Items:
    """What a plan adds to the signal: classes of the margin with the plan where today's is too weak, best first."""
    steps, ink = palette()["gain"], palette()["ink"]
    edges = [float(step["from_db"]) for step in steps]
    items = [
        {
            "shape": "square",
            "colour": str(steps[at]["colour"]),
            "label": f"{interval(edges, at, lowest=edges[0])}  {words.t('newly_served')}",
        }
        for at in reversed(range(len(steps)))
    ]
    before = {"shape": "square", "colour": ink["served_before"], "label": words.t("served_before")}
    lacking = {"shape": "square", "colour": margin_colours()[0], "label": words.t("still_short")}
    return [*items, before, lacking, not_computed(words)]


def interval(edges: Sequence[float], index: int, unit: str = "", lowest: float | None = None) -> str:
    """A class in figures: ≥ 20, 10 – 20, < −10; `lowest` where the first class has a lower edge."""
    written = [f"{edge:g}{unit}".replace("-", "\u2212") for edge in edges]
    if index + 1 == len(edges):
        return f"\u2265 {written[index]}"
    return f"< {written[1]}" if index == 0 and lowest is None else f"{written[index]} \u2013 {written[index + 1]}"


def share_colour(share: Any) -> str:
    """Colour of a share's class."""
    return palette()["ink"]["line"] if missing(share) else _colour("share", share)


def gain_colour(share: Any) -> str:
    """Colour of what a plan adds to a share; white where it adds nothing."""
    if missing(share):
        return str(palette()["ink"]["line"])
    return UNKNOWN if float(share) < float(palette()["share_gain"][0]["from"]) else _colour("share_gain", share)


def _colour(name: str, share: Any) -> str:
    return str([step["colour"] for step in palette()[name] if float(step["from"]) <= float(share) + 1e-12][-1])


def share_legend() -> Items:
    """Share classes, best first."""
    steps = palette()["share"]
    edges = [float(step["from"]) * 100 for step in steps]
    return [
        {"shape": "square", "colour": str(steps[at]["colour"]), "label": interval(edges, at, "%")} for at in reversed(range(len(steps)))
    ]


def share_gain_legend() -> Items:
    """Classes of what a plan adds to a share, largest first, nothing last."""
    steps = palette()["share_gain"]
    edges = [0.0, *(float(step["from"]) * 100 for step in steps[1:])]
    items = [
        {"shape": "square", "colour": str(steps[at]["colour"]), "label": interval(edges, at, lowest=0.0)}
        for at in reversed(range(len(steps)))
    ]
    return [*items, {"shape": "square", "colour": UNKNOWN, "label": "0"}]
