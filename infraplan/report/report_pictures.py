"""The pictures of a report and their captions: maps, cost and coverage, phases."""

from __future__ import annotations

from infraplan.messages.amounts import axis_unit
from infraplan.report import charts, printed_maps
from infraplan.report.document import Drawn
from infraplan.report.editions import drawn_context
from infraplan.report.page_context import PageContext
from infraplan.report.words import Words


def pictures_of(context: PageContext, lang: str = "both") -> list[Drawn]:
    """Captions and PNGs of a zone's report: shares by city, margins by family, cost and coverage."""
    words = Words.of(lang).about(context)
    found = []
    if context.level == "province" and len(context.children):
        for family in context.families[:1]:
            caption = words.t(f"choropleth_caption_{context.child_level}", family=words.family_in(context, family))
            found.append(Drawn(caption, printed_maps.choropleth(context, family, lang)))
    for family in context.families:
        if family in context.margins:
            caption = words.t("figure_caption", name=context.title_name(lang), family=words.family_in(context, family))
            found.append(Drawn(caption, printed_maps.coverage_figure(drawn_context(context), family, lang)))
            if context.quality is not None and family in context.quality.maps:
                caption = words.t("sinr_caption", name=context.title_name(lang), family=words.family(family))
                found.append(Drawn(caption, printed_maps.sinr_figure(drawn_context(context), family, lang)))
    extras = {"plan": (pareto_picture(context, words), build_curve_picture(context, words)), "phases": (phase_picture(context, words),)}
    return [*found, *(Drawn(*extra, section) for section, drawn in extras.items() for extra in drawn if extra is not None)]


def build_curve_picture(context: PageContext, words: Words) -> tuple[str, bytes] | None:
    """The curve of cost and coverage along the build order, when the run has a plan."""
    found: tuple[str, bytes] | None = context.once(("build_curve_picture", words.lang), lambda: _build_curve_picture(context, words))
    return found


def _build_curve_picture(context: PageContext, words: Words) -> tuple[str, bytes] | None:
    if context.build_curve is None or not len(context.build_curve):
        return None
    cost, share = (context.build_curve[name].to_numpy(float) for name in ("cost", "share"))
    goal = None if context.plan is None or context.plan.goal is None else context.plan.goal * 100
    scale, unit = axis_unit(float(cost.max(initial=0.0)), words.own.currency, words.lang)
    png = charts.curve(
        cost / scale, share * 100, words, words.t("axis_cost", unit=unit), plan_share_label(context, words), goal, context.facts
    )
    return words.t("build_curve_caption"), png


def plan_share_label(context: PageContext, words: Words) -> str:
    """Label of an axis of the plan's share: its first family, and where its devices are."""
    family = next(iter(context.plan.families), "") if context.plan is not None else ""
    return (
        words.t("served_share", family=words.family_in(context, family)) + ("（%）" if words.lang == "zh" else " (%)")
        if family
        else words.t("axis_share")
    )


def pareto_picture(context: PageContext, words: Words) -> tuple[str, bytes] | None:
    """What each budget buys at best, with the proven upper bound, when the run has this curve."""
    found: tuple[str, bytes] | None = context.once(("pareto_picture", words.lang), lambda: _pareto_picture(context, words))
    return found


def _pareto_picture(context: PageContext, words: Words) -> tuple[str, bytes] | None:
    pareto, plan = context.pareto, context.plan
    if pareto is None or not len(pareto):
        return None
    first = plan.families.get(context.families[0]) if plan is not None else None
    before = None if first is None else first["served_before"] / max(first["population"], 1)
    goal, label = None if plan is None else plan.goal, plan_share_label(context, words)
    png = charts.pareto_picture(pareto, words, goal=goal, before=before, label=label, facts=context.facts)
    return words.t("pareto_caption"), png


def phase_picture(context: PageContext, words: Words) -> tuple[str, bytes] | None:
    """The phases over time, when the run has phases with dates."""
    found: tuple[str, bytes] | None = context.once(("phase_picture", words.lang), lambda: _phase_picture(context, words))
    return found


def _phase_picture(context: PageContext, words: Words) -> tuple[str, bytes] | None:
    phases = context.phases
    if (
        phases is None
        or context.level != "province"
        or not len(phases)
        or not all((phases[name].astype(str).str.len() >= 10).any() for name in ("start", "end"))
    ):
        return None
    return words.t("phases_caption"), charts.timeline(phases, words, context.facts)
