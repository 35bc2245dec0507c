"""The catalogue for templates, and names of codes that come from the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from infraplan import fields
from infraplan.messages import Bilingual, in_language, main_language, say
from infraplan.report.page_context import Facts, PageContext
from infraplan.tables.language import Speech
from infraplan.tables.number_formats import text
from infraplan.tables.row_values import dicts_of
from infraplan.tables.wording import CLAUSE_PARTS, clause_of


@dataclass(frozen=True)
class Words(Speech):
    """Sentences of one page. `paired`: English is beside the headings of Chinese pages."""

    paired: bool = False

    @classmethod
    def of(cls, form: str, **names: Any) -> Words:
        """Words of a form of `messages.FORMS`: Chinese alone, Chinese with English beside it, English alone."""
        return cls(main_language(form), **names, paired=form == "both")

    def t(self, key: str, **values: Any) -> str:
        """One sentence of the report's catalogue."""
        return say(f"report.{key}", self.lang, **{name: in_language(value, self.lang) for name, value in values.items()})

    def b(self, key: str, **values: Any) -> Markup:
        """The sentence, on paired pages with its English beside it, as markup: values are escaped, a bilingual one gives each its half."""

        def sentence(lang: str) -> Markup:
            safe = {name: escape(in_language(value, lang)) for name, value in values.items()}
            return Markup(say(f"report.{key}", lang, **safe))

        main = sentence(self.lang)
        return Markup('{}<span class="en" lang="en">{}</span>').format(main, sentence("en")) if self.paired else main

    def plain(self, key: str, **values: Any) -> str:
        """ "中文 / English" on paired pages, else one language."""
        return f"{self.t(key, **values)} / {self.english().t(key, **values)}" if self.paired else self.t(key, **values)

    @property
    def gap(self) -> str:
        """What is between two sentences."""
        return "" if self.lang == "zh" else " "

    @property
    def stop(self) -> str:
        """What ends a sentence."""
        return "。" if self.lang == "zh" else "."

    def sentences(self, parts: Sequence[str]) -> str:
        """Sentences in a row."""
        return self.gap.join(part for part in parts if part)

    def english(self) -> Words:
        """The same in English alone."""
        return replace(self, lang="en", paired=False)

    def about(self, context: PageContext) -> Words:
        """These words with the names of a page: its zones, the tasks of its targets, where its families are judged."""
        if self != type(self)(self.lang, paired=self.paired):
            return self._about(context)
        found: Words = context.once(("words", self.lang, self.paired), lambda: self._about(context))
        return found

    def _about(self, context: PageContext) -> Words:
        rows = context.scorecard
        first = rows[~rows["id"].duplicated()] if len(rows) else rows
        return replace(
            self,
            zones=context.names(self.lang),
            tasks={text(row["id"]): clause_of({**row, "network": ""}, self) for row in dicts_of(first, *CLAUSE_PARTS)},
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
        """A sentence of another catalogue: both languages on paired pages."""
        return text if self.paired else self.one(text)

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
