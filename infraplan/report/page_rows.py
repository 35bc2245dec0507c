"""Tables of a context as rows that templates, workbooks and documents print, in words and written numbers; nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from infraplan.columns import Column
from infraplan.outputs import TABLES, types
from infraplan.policy.annex import by_place, columns_of_family, gap_parts
from infraplan.policy.gap_counts import gap_counts
from infraplan.report.page_context import PageContext
from infraplan.report.plan_words import bound_sentences, nothing_to_build
from infraplan.report.style import integer, missing, text
from infraplan.report.words import Words
from infraplan.tables.number_formats import out_of
from infraplan.tables.row_values import dicts_of
from infraplan.tables.wording import label_of, worded
from infraplan.tables.zone_order import in_city_order

LEAST_ROWS_A_COUNTY = 3
"""With this many rows a county on average, or more, each county of a list begins a new page."""
DECIDED = ("met", "not_met")
ANYONE = ("", "any")
ZONE_KEY = ["level", "adcode"]
HEAD = Markup('{}<span class="en" lang="en">{}</span>')


LONG_TEXT = 40
"""Characters of a cell from which on its column is wide."""


@dataclass(frozen=True)
class Shown:
    """A table ready to print: columns with their headings (in paired pages with the English ones), cells as text and raw, rows in bold."""

    columns: Sequence[Column]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    raw: Sequence[Sequence[Any]]
    bold: Sequence[bool]

    @property
    def long(self) -> list[bool]:
        """Columns with a long text, which must not be squeezed by the others."""
        return [any(len(row[at]) > LONG_TEXT for row in self.rows) for at in range(len(self.heads))]


def shown_table(frame: Any, table: str, place: str, words: Words, *, bold: Sequence[bool] = (), first: Column | None = None) -> Shown:
    """A frame as one place shows it; `first`: heading of its first column where that is not the column's own."""
    cells = worded(frame, table, place, words)
    heads: list[str] = [one.label for one in cells]
    if words.paired:
        english = words.english()
        heads = [HEAD.format(one.label, label_of(one.column, one.family, english)) for one in cells]
    if first is not None:
        heads[0] = head_of(first, words)
    rows = [list(row) for row in zip(*(one.texts() for one in cells), strict=True)]
    raw = [list(row) for row in zip(*(one.values for one in cells), strict=True)]
    return Shown([one.column for one in cells], heads, rows, raw, list(bold) or [False] * len(rows))


def head_of(entry: Column, words: Words) -> str:
    """The heading of a column on a page, in paired ones with the English beside it."""
    return HEAD.format(entry.zh, entry.en) if words.paired else entry.label(words.lang)


def own_targets(context: PageContext) -> Any:
    """The zone's scorecard of any operator, one row a clause."""
    rows = context.targets
    return rows[rows["network"].isin(ANYONE)] if len(rows) else rows


def judged(rows: Any) -> Any:
    """Whether each row of a scorecard has a threshold and is not a figure beside another."""
    return rows["required"].notna() & ~(rows["beside"].astype(bool) if "beside" in rows else pd.Series(False, index=rows.index))


def target_rows(context: PageContext, words: Words) -> list[dict[str, Any]]:
    """`own_targets` worded; the shared networks' figures are below that of any operator."""
    rows = context.targets.reset_index(drop=True)
    if not len(rows):
        return []
    cells = {one.column.name: one.texts() for one in worded(rows, "scorecard", "page", words)}
    listed = dicts_of(rows)
    keys = [tuple(text(row.get(key)) for key in ("zone", "id", "part", "family")) for row in listed]
    beside: dict[tuple[str, ...], list[str]] = {}
    for key, network, value, figure in zip(keys, rows["network"], rows["achieved"], cells["achieved"], strict=True):
        if text(network) not in ANYONE and not missing(value):
            beside.setdefault(key, []).append(f"{words.network(text(network))} {figure}")
    out = []
    for at, (key, row, asked) in enumerate(zip(keys, listed, judged(rows), strict=True)):
        if text(row["network"]) in ANYONE:
            networks = words.t("by_network", parts=words.joined(beside[key], "、")) if key in beside else ""
            row_out: dict[str, Any] = {name: values[at] for name, values in cells.items()}
            row_out |= {"title": row_out["task"], "status_text": words.code("status", row["status"]), "asks": asked}
            row_out |= {name: text(row[name]) for name in ("status", "quotation", "document")}
            row_out |= {name: bool(row[name]) for name in ("expired", "interpretation")}
            out.append(row_out | {"evidence": words.joined([words.one(text_of(row["evidence"])), networks])})
    return out


def text_of(value: Any) -> Any:
    """A text that may be bilingual, "" where it is missing."""
    return "" if missing(value) else value


def people_rows(context: PageContext, family: str, lang: str = "zh") -> list[dict[str, Any]]:
    """合计 first, then the child zones in their order, then people outside every zone."""
    found: list[dict[str, Any]] = context.once(("people_rows", family, lang), lambda: _people_rows(context, family, lang))
    return found


def _people_rows(context: PageContext, family: str, lang: str) -> list[dict[str, Any]]:
    own = context.people(family)
    level = context.child_level
    children = context.people(family, level=level)
    children = children[children["adcode"] != context.adcode] if context.level == level else children
    children = in_city_order(children.sort_values("adcode", kind="stable"), context.city_order)
    outside = context.people(family, level="outside")
    rows = [{**row, "total": True} for row in dicts_of(own)] + [{**row, "total": False} for row in dicts_of(children)]
    names = context.names(lang)
    for row in rows:
        row["name"] = names.get(row["adcode"], row["name"]) if lang == "en" else row["name"]
    return rows + [{**row, "total": False} for row in dicts_of(outside) if row["population"]]


def network_rows(context: PageContext, words: Words) -> list[dict[str, Any]]:
    """The zone's own figures: each family, any operator and each shared network."""
    rows = []
    for family in context.families:
        for network in context.networks:
            for row in dicts_of(context.people(family, network)):
                rows.append({**row, "name": f"{words.family_in(context, family)} · {words.network(network)}", "total": network == "any"})
    return rows


def city_frame(context: PageContext, words: Words, families: Sequence[str]) -> Any:
    """合计 first, then the cities in the provincial order, with the columns of the table `cities`."""
    first, listed = context.families[0], in_city_order(context.cities.sort_values("adcode", kind="stable"), context.city_order)
    counts = gap_counts(context.gaps, context.things, (first,))["villages"][first]
    cost = None if context.plan is None and not len(context.plan_sites) else float(pd.to_numeric(context.plan_sites["cost"]).sum())
    own = {name: "" for name, kind in types("cities").items() if kind == "str"} | {"name": words.t("total"), "cost": cost}
    own |= {"gaps": counts["lacking"], "asked": counts["asked"], "new_sites": len(context.plan_sites)}
    rows = pd.concat([pd.DataFrame([own]), listed], ignore_index=True)
    names = context.names(words.lang)
    rows["name"] = [names.get(code, name) if words.lang == "en" else name for code, name in zip(rows["adcode"], rows["name"], strict=True)]
    for family in families:
        people = context.people(family, level="city").set_index("adcode")
        whole = context.people(family).iloc[:1].set_index(pd.Index([""]))
        for column in ("population", "share", "unserved"):
            name = column if column == "population" else f"{family}_{column}"
            rows[name] = rows["adcode"].map(pd.concat([whole[column], people[column]]).to_dict())
        if family == first:
            rows[f"{first}_rank"] = rows["adcode"].map(people["share"].rank(ascending=False, method="min"))
            if context.history is not None and len(context.history) > 1 and rows["share_change"].notna().any():
                whole_change = context.history.loc[context.history["family"] == first, "change"].iloc[-1]
                rows[f"{first}_change"] = rows["share_change"].where(rows["adcode"] != "", whole_change)
    return rows.assign(**{f"{first}_lacking": rows["gaps"]})


def people_table(rows: list[dict[str, Any]], place: str, words: Words, first: Column | None = None) -> Shown:
    """Rows of `people_rows` or `network_rows` as a place shows them; a zone's own row reads 合计."""
    named = [row if first is not None or not row["total"] else {**row, "name": words.t("total")} for row in rows]
    frame = pd.DataFrame(named) if rows else pd.DataFrame(columns=["name"])
    return shown_table(frame, "population", place, words, bold=[row["total"] for row in rows], first=first)


def zone_table(context: PageContext) -> Any:
    """The zones with their people and the figures of each family, columns of the output table `zones`."""
    anyone = context.population.loc[context.population["network"] == "any"]
    figures = [entry.name.removeprefix("{family}_") for entry in TABLES["zones"] if entry.name.startswith("{family}_")]
    shown = [name for name in figures if name in anyone and name != "receiver"]
    wide = anyone.pivot_table(index=ZONE_KEY, columns="family", values=shown, observed=True)
    wide.columns = [f"{family}_{figure}" for figure, family in wide.columns]
    zones = context.zones.drop(columns="population", errors="ignore").merge(wide.reset_index(), on=ZONE_KEY, how="left")
    zones = zones.merge(anyone.drop_duplicates(ZONE_KEY)[[*ZONE_KEY, "population"]], on=ZONE_KEY, how="left")
    families = [family for family in context.families if f"{family}_share" in zones]
    return zones.assign(**{f"{family}_receiver": context.receiver(family) for family in families})


@dataclass(frozen=True)
class GapList:
    """A part of the gap list as a page or a document shows it; `by_county`: the largest of each county, county by county."""

    key: str
    frame: Any
    by_county: bool
    total: int


def gaps_by_place(context: PageContext, words: Words) -> pd.DataFrame:
    """`by_place` of the page's gaps; page, paper, workbook and KMZ show the same rows, and a county's are those of its city."""
    found: pd.DataFrame = context.once(("by_place", words.lang), lambda: _gaps_by_place(context, words))
    return found


def _gaps_by_place(context: PageContext, words: Words) -> pd.DataFrame:
    city = context.of_city
    if city is None:
        return by_place(context.gaps, words)
    rows = gaps_by_place(city, words.about(city))
    absent = sorted(set(city.gaps["family"]) - set(context.gaps["family"]))
    unused = [name for family in absent for name in columns_of_family(family) if name in rows]
    return rows.loc[rows["county"] == context.adcode].drop(columns=unused)


def counts_of_gaps(context: PageContext) -> dict[str, Any]:
    """`gap_counts` of the page's gaps."""
    found: dict[str, Any] = context.once("gap_counts", lambda: gap_counts(context.gaps, context.things, context.families))
    return found


def gap_lists(context: PageContext, words: Words, most: int, each: int) -> list[GapList]:
    """Villages, seats, places and sites that lack something, one row each: of the province the `most` with most residents.

    Of a city with several counties the `each` largest of every county, county by county; of one with a single county the `most` largest.
    """
    found = []
    for key, rows in gap_parts(gaps_by_place(context, words)).items():
        people = pd.to_numeric(rows["population"], errors="coerce").fillna(0)
        rows, total = rows.assign(_people=people).sort_values(["_people", "id"], ascending=[False, True], kind="stable"), len(rows)
        several = False
        if context.level == "province":
            rows = rows.assign(county_name=rows["city_name"] + " " + rows["county_name"]).head(most)
        else:
            several = rows["county"].nunique() > 1
            rows = rows.groupby("county", sort=False).head(each if several else most).sort_values("county", kind="stable")
        if total:
            found.append(GapList(key, rows, several, total))
    return found


def gap_note(part: GapList, words: Words, each: int) -> str:
    """How many rows the list shows, of how many, and how they are chosen."""
    limit = words.t("gaps_each", count=each) if part.by_county else ""
    return words.t("doc_gaps_note", total=integer(part.total), shown=integer(len(part.frame)), each=limit)


def county_breaks(rows: Any) -> list[int]:
    """The rows with which another county's page begins; none where most pages would be nearly empty, as in a list of seats."""
    county = rows["county"].astype(str).to_numpy()
    if len(rows) < LEAST_ROWS_A_COUNTY * len(np.unique(county)):
        return []
    return [index for index in range(1, len(rows)) if county[index] != county[index - 1]]


def first_sites(context: PageContext, most: int | None = None) -> Any:
    """Suggested sites in build order; none in a public edition, which lists no site."""
    if context.facts.edition == "public":
        return context.plan_sites.iloc[:0]
    frame = context.plan_sites.sort_values("order", kind="stable") if "order" in context.plan_sites else context.plan_sites
    return frame if most is None else frame.head(most)


def lacking_words(context: PageContext, words: Words, *, heads: bool = False) -> list[tuple[str, str, str]]:
    """What lacks service as labels, n / N, and how many of n are only uncertain; `heads`: labels with their English beside them."""
    counts = counts_of_gaps(context)
    label_of, name_of = (words.b, words.both_in) if heads else (words.t, words.family_in)
    listed = [(family, row) for family, row in counts["villages"].items() if row["lacking"] or row["asked"] != 0]
    out = [(label_of("lacking_villages", family=name_of(context, family)), row) for family, row in listed]
    out += [(label_of(f"lacking_{key}"), counts[key]) for key in ("places", "sites") if counts[key]["lacking"] or counts[key]["asked"]]
    unsure = [words.t("of_them_uncertain", count=integer(row["uncertain"])) if row["uncertain"] else "" for _, row in out]
    return [(label, out_of(row["lacking"], row["asked"]), doubt) for (label, row), doubt in zip(out, unsure, strict=True)]


def gap_sums(context: PageContext, words: Words) -> tuple[list[str], list[dict[str, Any]]]:
    """Things that lack something, by child zone and target, 合计 first; a thing that two targets list counts once in the sum."""
    frame = context.gaps
    if not len(frame):
        return [], []
    column, label = ("city", "city_name") if context.level == "province" else ("county", "county_name")
    counts = frame.groupby([column, "target"], sort=False)["id"].nunique().unstack(fill_value=0)
    targets = list(dict.fromkeys(frame["target"]))
    counts = in_city_order(counts.reset_index().sort_values(column, kind="stable"), context.city_order, column).set_index(column)[targets]
    things, whole = frame.groupby(column)["id"].nunique(), frame.groupby("target")["id"].nunique()
    names = dict(zip(frame[column], frame[label], strict=True)) | (context.names("en") if words.lang == "en" else {})
    rows = [{"name": words.t("total"), "counts": whole[targets].tolist(), "all": frame["id"].nunique(), "total": True}]
    for code, line in counts.iterrows():
        name = text(names.get(code, code)) or words.code("level", "outside")
        rows.append({"name": name, "counts": line.tolist(), "all": things[code], "total": False})
    return [words.tasks.get(target, target) for target in targets], rows


def summary_sentences(context: PageContext, words: Words) -> list[str]:
    """The sentences after the headline: gaps, plan, its bound; its prices are beside its table."""
    out = []
    if not any(len(context.people(family)) for family in context.families):
        out.append(words.t("words_people", name=context.title_name(words.lang), people=words.t("no_data")))
    if len(context.gaps):
        form = "{} {}（{}）" if words.lang == "zh" else "{} {} ({})"
        counts = [form.format(*row) if row[2] else f"{row[0]} {row[1]}" for row in lacking_words(context, words)]
        out.append(words.t("words_gaps", gaps=words.joined(counts)))
    if len(context.plan_sites):
        cost = float(pd.to_numeric(context.plan_sites["cost"], errors="coerce").sum())
        out.append(words.t("words_plan", sites=integer(len(context.plan_sites)), cost=words.money(cost)))
    elif context.plan is not None:
        out.append(nothing_to_build(context, words))
    return [*out, *bound_sentences(context, words)]
