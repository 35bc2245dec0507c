"""Sentences about a plan: the targets that a site serves, the loss without it, the price of an option, the people out of reach."""

from __future__ import annotations

from typing import Any

from infraplan.messages import in_language, say
from infraplan.policy.layer_names import rent_measure
from infraplan.report.page_context import PageContext
from infraplan.report.style import decimal, integer, percent, percent_up
from infraplan.report.words import Words
from infraplan.siting.plan_repr import goal_in_words, line_kilometres
from infraplan.siting.plans import SAVINGS
from infraplan.siting.target_lines import joined_pieces

LONGEST = 5
"""Stretches of lines out of reach that a sentence names."""


def nothing_to_build(context: PageContext, words: Words) -> str:
    """The sentence for a plan without a site in this zone: its goal is met already, or nothing could help, or it builds elsewhere."""
    plan = context.plan
    met = plan is not None and not plan.sites and plan.status in ("optimal", "feasible")
    met = met and plan is not None and (plan.whole or plan.cost_bound == plan.proven_gap == 0)  # a part: of a plan that builds nothing
    return words.t("words_plan_met" if met else "words_plan_nothing", zero=words.money(0))


def bound_sentences(context: PageContext, words: Words) -> list[str]:
    """What no plan for the goal costs less than, and how far the plan is from it; nothing for a city's part of a plan."""
    plan = context.plan
    if plan is None or context.level != "province":
        return []
    if plan.cost_bound is not None and plan.bounded:
        return [words.t("words_bound", bound=words.money(plan.cost_bound, least=True), gap=percent_up(plan.proven_gap))]
    return bound_of_goal(context, words)


def bound_of_goal(context: PageContext, words: Words) -> list[str]:
    """Of a plan that falls short of its goal: what no plan that reaches it costs less than."""
    plan = context.plan
    if plan is None or plan.bounded or (plan.cost_bound is None and plan.status != "short"):
        return []
    if plan.cost_bound is None:
        return [words.t("words_no_bound")]
    return [words.t("words_bound_of_goal", bound=words.money(plan.cost_bound, least=True))]


def line_sentences(context: PageContext, words: Words) -> list[str]:
    """Of each target of lines the kilometres, of measured weak cells their number: required, today, with the plan.

    On a city's page its own, of which nothing is required: the share is one of the whole study.
    """
    plan = context.plan
    if plan is None or context.level not in ("province", "city"):
        return []
    part, out = "_city" if context.level == "city" else "", []
    for name, row in plan.lines.items():
        kilometres = line_kilometres(row)
        out.append(
            words.t(
                f"plan_lines{part or ('_must' if row['must'] else '')}",
                target=name,
                family=words.family(row["family"]),
                share=percent(row["share"], 1),
                verdict=words.t("lines_met" if row["met"] else "lines_missed"),
                **{key: decimal(value, 1) for key, value in kilometres.items()},
            )
        )
    for row in plan.weak_grid.values():
        out.append(
            words.t(
                f"plan_weak{part}_{row['count']}",
                family=words.family(row["family"]),
                share=percent(row["share"], 1),
                verdict=words.t("lines_met" if row["met"] else "lines_missed"),
                before=percent(row["good_share_before"], 1),
                after=percent(row["good_share_after"], 1),
                **{name: integer(row[name]) for name in ("required", "weak", "covered")},
            )
        )
    return out


def price_sentences(context: PageContext, words: Words) -> list[str]:
    """The plan's cost with low and high figures, what it does not contain, and the cost that each option adds, within the model.

    On a city's page its kilometres of lines and its weak cells alone.
    """
    plan, out = context.plan, line_sentences(context, words)
    if plan is None or context.level != "province":
        return out
    if plan.sites:
        levels = {name: words.money(value) for name, value in (("low", plan.cost_low), ("cost", plan.cost), ("high", plan.cost_high))}
        out.append(words.t("cost_range", **levels))
    if plan.without_lines:
        joined = ("、" if words.lang == "zh" else ", ").join(say(f"siting.line_{name}", words.lang) for name in plan.without_lines)
        out.append(words.t("without_lines", lines=joined))
    for option, extra in plan.extras.items():
        measure = in_language(rent_measure(plan.rent_measure), words.lang)
        amount = words.money(abs(float(extra)))
        key = f"price_{option}" if float(extra) > 0 or option in SAVINGS else f"price_{option}_none"
        out.append(words.t(key, extra=amount, measure=measure, margin=f"{plan.margin_db:g}"))
    return out


def two_plans(context: PageContext, words: Words) -> list[str]:
    """Cost and bound of the goal at the central estimate and at the low end, where every signal is weaker."""
    plan = context.plan
    if plan is None or plan.low_end is None or context.level != "province":
        return []
    low = plan.low_end
    key = (
        "two_plans_both_missed"
        if plan.status == "short"
        else {"optimal": "two_plans", "feasible": "two_plans", "unreachable": "two_plans_short"}.get(low.status, "two_plans_missed")
    )
    return [
        words.t(
            key,
            goal=in_language(goal_in_words(plan.goal, plan.lines, plan.weak_grid), words.lang),
            sites=integer(plan.sites),
            cost=words.money(plan.cost),
            bound=words.money(plan.cost_bound or 0, least=True),
            band=f"{low.band_db:g}",
            low_sites=integer(low.sites),
            low_cost=words.money(low.cost),
            low_bound=words.money(low.cost_bound or 0, least=True),
            proof=_proof(low.cost_bound, words),
            share=percent(low.served_after / max(low.population, 1), 1),
        )
    ]


def _proof(cost_bound: int | None, words: Words) -> str:
    """What no plan that reaches the goal costs less than, for a plan that falls short of it; or that nothing is proven."""
    bounds = {} if cost_bound is None else {"bound": words.money(cost_bound, least=True)}
    return say("cli.proven" if bounds else "cli.nothing_proven", words.lang, **bounds)


def build_or_share(context: PageContext, words: Words) -> list[str]:
    """Cost and bound of the goal by the new sites' own network alone and where any network counts, and what sharing saves."""
    plan = context.plan
    if plan is None or plan.build_alone is None or context.level != "province":
        return []
    alone = plan.build_alone
    reached = alone.saving is not None
    money = {"saving": alone.saving, "least": alone.saving_least, "most": alone.saving_most} if reached else {}
    return [
        words.t(
            "build_or_share" if reached else "build_or_share_short",
            network=words.network(alone.network),
            goal=in_language(goal_in_words(plan.goal, plan.lines), words.lang),
            own_sites=integer(alone.sites),
            own_cost=words.money(alone.cost),
            own_bound=words.money(alone.cost_bound or 0, least=True),
            sites=integer(plan.sites),
            cost=words.money(plan.cost),
            bound=words.money(plan.cost_bound or 0, least=True),
            share=percent(alone.served_after / max(alone.population, 1), 1),
            **{name: words.money(amount) for name, amount in money.items()},
        )
    ]


def robust_sentences(context: PageContext, words: Words) -> list[str]:
    """The two plans; who is served today and with the plan if every signal is weaker, and how many people can be expected to be."""
    plan = context.plan
    if plan is None or context.level != "province":
        return []
    out = [*two_plans(context, words), *build_or_share(context, words)]
    for row in plan.shares.values():
        family = words.judged(row["family"], context.receiver(row["family"]))
        losses = [lost for lost in row["served_if_weaker"] if lost != "0"]
        names = {"family": family, "losses": ("、" if words.lang == "zh" else ", ").join(losses)}
        texts = {
            when: ("；" if words.lang == "zh" else "; ").join(
                words.t("robust_entry", people=integer(counts["served_if_weaker"][lost]), share=percent(counts["share_if_weaker"][lost], 1))
                for lost in losses
            )
            for when, counts in (("today", row["today"]), ("plan", row))
        }
        out.append(words.t("robust_weaker", **names, **texts))
        expected = {"today": integer(row["today"]["expected_people"]), "plan": integer(row["expected_people"])}
        out.append(words.t("robust_expected", family=family, population=integer(row["population"]), **expected))
    return out


def unreachable_title(context: PageContext) -> str:
    """Key of the heading of `unreachable_sentences`: a proof only where the plan's status says so."""
    return "unreachable_section" if context.plan is None or context.plan.status == "unreachable" else "unserved_section"


def unreachable_sentences(context: PageContext, words: Words) -> list[str]:
    """Why the goal is out of reach: the people that no candidate can serve, and the reason."""
    rows = context.unreachable
    if rows is None or not len(rows):
        return []
    people, names = rows.groupby("family", sort=False)["population"].sum(), context.names(words.lang)
    out = []
    for family, count in people.items():
        own = rows[rows["family"] == family]
        pieces = own[own["unit"] == "m"] if "unit" in own else own.iloc[:0]
        out += _lines_out_of_reach(pieces, str(family), words)
        own = own.drop(index=pieces.index)
        cells = own[own["kind"] == "weak_cell"]
        if len(cells):
            out.append(words.t("unreachable_cells", family=words.family(str(family)), count=integer(len(cells))))
            own = own.drop(index=cells.index)
        if not len(own):
            continue
        counties = own.groupby("county")["population"].sum().sort_values(ascending=False, kind="stable").head(5)
        listed = [f"{names.get(code, code)} {integer(number)}" for code, number in counties.items() if number > 0]
        joined = ("、" if words.lang == "zh" else ", ").join(listed) or words.t("none_listed")
        residential = own[own["kind"] != "place"]
        out.append(
            words.t(
                "unreachable_people",
                family=words.family(str(family)),
                rows=integer(len(residential)),
                people=integer(count),
                counties=joined,
            )
        )
    places = int((rows["must"] & (rows["kind"] == "place")).sum()) if "must" in rows else 0
    if places:
        out.append(words.t("unreachable_places", places=integer(places)))
    if "obstacle" in rows:
        kinds = rows["obstacle"].value_counts()
        listed = [f"{words.code('obstacle', kind)} {integer(number)}" for kind, number in kinds.items()]
        out.append(words.t("unreachable_why", kinds=("；" if words.lang == "zh" else "; ").join(listed)))
    return [*out, words.t("unreachable_note")]


def _lines_out_of_reach(pieces: Any, family: str, words: Words) -> list[str]:
    """The kilometres of lines that no candidate serves, and their longest stretches by name."""
    if not len(pieces):
        return []
    joined = joined_pieces(pieces)
    longest = joined.sort_values(["length_m", "name"], ascending=[False, True], kind="stable").head(LONGEST)
    listed = ("；" if words.lang == "zh" else "; ").join(longest["name"])
    km = decimal(float(joined["length_m"].sum()) / 1000.0, 1)
    return [words.t("unreachable_lines", family=words.family(family), km=km, stretches=listed)]


def plan_note(context: PageContext, words: Words) -> str:
    """What the plan's cost and bound rest on; how many people a site serves at most, or that its sites were chosen for coverage only."""
    plan = context.plan
    if plan is None or not plan.sites:
        return words.t("plan_note")
    if plan.capacity is None:
        return words.t("plan_note") + words.t("plan_coverage_only")
    limit = plan.capacity
    people = integer(limit.most) if limit.least == limit.most else f"{integer(limit.least)}–{integer(limit.most)}"
    key = "plan_capacity_spectrum" if limit.by_spectrum else "plan_capacity_number"
    texts = [words.t("plan_note"), words.t(key, people=people, family=words.family(limit.family))]
    if limit.further:
        listed = ("、" if words.lang == "zh" else ", ").join(map(words.family, limit.further))
        texts.append(words.t("plan_capacity_further", families=listed))
    return "".join(texts)
