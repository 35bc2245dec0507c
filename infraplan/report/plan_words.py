"""What the pages say of a plan: the targets a site serves, what is lost without it, the price of a wish, who stays out of reach."""

from __future__ import annotations

from typing import Any

from infraplan.messages import in_language
from infraplan.policy.words import rent_measure
from infraplan.report.context import PageContext
from infraplan.report.style import integer, missing, money, text
from infraplan.report.words import Words


def title_of(row: Any, words: Words) -> str:
    """What a scorecard row is called: the clause's task where it is known, else its id."""
    task = text(row.get("task_en" if words.lang == "en" else "task", "")) or text(row.get("task", ""))
    part = text(row.get("part", ""))
    name = task or text(row["id"])
    return name if task or part in ("", "main") else f"{name} ({part})"


def target_names(context: PageContext, words: Words) -> dict[str, str]:
    """What each target of the scorecard is called, by id."""
    found: dict[str, str] = {}
    rows = context.scorecard
    for row in rows[~rows["id"].duplicated()].to_dict("records") if len(rows) else []:
        found[text(row["id"])] = title_of(row, words)
    return found


def served_targets(ids: Any, tasks: dict[str, str], words: Words) -> str:
    """The targets a site serves, by name."""
    named = [tasks.get(name, tasks.get(name.split("/")[0], name)) for name in text(ids).split(";") if name]
    return ("；" if words.lang == "zh" else "; ").join(dict.fromkeys(named))


def loss(people: Any, places: Any, words: Words) -> str:
    """What the finished plan would lose with one site: people, and places that must be served."""
    if missing(people):
        return ""
    if missing(places) or not places:
        return integer(people)
    return words.t("loss_with_places", people=integer(people), places=integer(places))


def nothing_to_build(context: PageContext, words: Words) -> str:
    """What a plan without a site in this zone says: its goal is met already, or nothing could help, or it builds elsewhere."""
    plan = context.plan
    met = plan is not None and not plan.sites and plan.status in ("optimal", "feasible")
    return words.t("words_plan_met" if met else "words_plan_nothing")


def price_sentences(context: PageContext, words: Words) -> list[str]:
    """What each wish adds to the plan's cost, within the model."""
    plan = context.plan
    if plan is None or context.level != "province":
        return []
    out = []
    for wish, extra in plan.extras_cny.items():
        measure = in_language(rent_measure(plan.rent_measure), words.lang)
        amount = money(abs(float(extra)), words.lang)
        key = f"price_{wish}" if float(extra) > 0 or wish == "rent_free" else f"price_{wish}_none"
        out.append(words.t(key, extra=amount, measure=measure, margin=f"{plan.margin_db:g}"))
    return out


def unreachable_sentences(context: PageContext, words: Words) -> list[str]:
    """Why the goal is out of reach: who no candidate can serve, and for what reason."""
    rows = context.unreachable
    if rows is None or not len(rows):
        return []
    people, names = rows.groupby("family", sort=False)["population"].sum(), context.names(words.lang)
    out = []
    for family, count in people.items():
        own = rows[rows["family"] == family]
        counties = own.groupby("county")["population"].sum().sort_values(ascending=False, kind="stable").head(5)
        listed = [f"{names.get(code, code)} {integer(number)}" for code, number in counties.items() if number > 0]
        joined = ("、" if words.lang == "zh" else ", ").join(listed) or words.t("none_listed")
        settled = own[own["kind"] != "place"]
        out.append(
            words.t(
                "unreachable_people", family=words.family(str(family)), rows=integer(len(settled)), people=integer(count), counties=joined
            )
        )
    places = int(rows["must"].sum()) if "must" in rows else 0
    if places:
        out.append(words.t("unreachable_places", places=integer(places)))
    if "obstacle" in rows:
        kinds = rows["obstacle"].value_counts()
        listed = [f"{words.code('obstacle', kind)} {integer(number)}" for kind, number in kinds.items()]
        out.append(words.t("unreachable_why", kinds=("；" if words.lang == "zh" else "; ").join(listed)))
    return [*out, words.t("unreachable_note")]
