"""The catalogue for templates, and names of codes that come from the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from infraplan import fields
from infraplan.messages import Bilingual, in_language, say
from infraplan.report.page_context import Facts, PageContext
from infraplan.tables.language import Speech
from infraplan.tables.number_formats import text
from infraplan.tables.wording import clause_of


@dataclass(frozen=True)
class Words(Speech):
    """Sentences of one page. In Chinese pages English is beside the headings; `lang="en"` writes English alone."""

    def t(self, key: str, **values: Any) -> str:
        """One sentence of the report's catalogue."""
        return say(f"report.{key}", self.lang, **{name: in_language(value, self.lang) for name, value in values.items()})

    def b(self, key: str, **values: Any) -> Markup:
        """The sentence with its English beside it, as markup; values are escaped, and a bilingual one gives each language its half."""

        def sentence(lang: str) -> Markup:
            safe = {name: escape(in_language(value, lang)) for name, value in values.items()}
            return Markup(say(f"report.{key}", lang, **safe))

        main = sentence(self.lang)
        return main if self.lang == "en" else Markup('{}<span class="en" lang="en">{}</span>').format(main, sentence("en"))

    def plain(self, key: str, **values: Any) -> str:
        """ "中文 / English" on Chinese pages, English alone on English ones."""
        return self.t(key, **values) if self.lang == "en" else f"{self.t(key, **values)} / {replace(self, lang='en').t(key, **values)}"

    def about(self, context: PageContext) -> Words:
        """These words with the names of a page: its zones, the tasks of its targets, where its families are judged."""
        rows = context.scorecard
        first = rows[~rows["id"].duplicated()].assign(network="").to_dict("records") if len(rows) else []
        return replace(
            self,
            zones=context.names(self.lang),
            tasks={text(row["id"]): clause_of(row, self) for row in first},
            receivers={family: context.receiver(family) for family in dict.fromkeys((*context.families, *context.facts.receivers))},
            band_db=context.facts.band_db,
            own=context.facts.own,
            first=next(iter(context.plan.families if context.plan is not None else ()), context.families[0]),
        )

    def titled(self, key: str, context: PageContext) -> str:
        """A title with the zone's name and the families of the page: 5G与NB-IoT, 5G and NB-IoT."""
        names = [self.family(family) for family in context.families]
        first, last = self.joined(names[:-1], "、"), names[-1]
        lists = {key: self.t(end).join(filter(None, [first, last])) for key, end in (("families", "and"), ("either", "or"))}
        return self.t(key, name=context.title_name(self.lang), **lists)

    def family_in(self, context: PageContext, family: str) -> str:
        """`judged` at the receiver of a page's figures."""
        return self.judged(family, context.receiver(family))

    def both_in(self, context: PageContext, family: str) -> Bilingual:
        """`family_in` in both languages, for `b`."""
        return Bilingual(*(Words(lang).family_in(context, family) for lang in ("zh", "en")))

    def model(self, facts: Facts) -> str:
        """The propagation models, to be cited."""
        return self.joined([self.code("model", name) for name in facts.model.split("; ")], "、")

    def beside(self, text: str) -> str:
        """A sentence of another catalogue: both languages on Chinese pages, English alone on English ones."""
        return self.one(text) if self.lang == "en" else text

    def title(self, text: str) -> str:
        """The title of a document in the marks of the page's language."""
        return self.t("in_title_marks", text=self.one(text))

    def quoted(self, text: str) -> str:
        """Words of a document in the marks of the page's language."""
        return self.t("in_quotation_marks", text=text)


def field_label(name: str, lang: str) -> str:
    """The label of a column as the table of fields has it."""
    for table in fields.TABLES.values():
        for entry in table:
            if entry.name == name:
                return str(entry.zh if lang == "zh" else entry.en)
    return name
