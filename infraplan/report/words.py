"""The catalogue as templates use it, and names of codes that come from the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from infraplan import fields
from infraplan.coverage.networks import network_name
from infraplan.messages import Bilingual, catalogue, in_language, say
from infraplan.policy.words import word
from infraplan.report.context import FAMILY_NAMES, PageContext
from infraplan.report.style import missing, text


@dataclass(frozen=True)
class Words:
    """Sentences of one page. In Chinese pages English stands beside the headings; `lang="en"` writes English alone."""

    lang: str = "zh"

    def t(self, key: str, **values: Any) -> str:
        """One sentence of the report's catalogue."""
        return say(f"report.{key}", self.lang, **values)

    def b(self, key: str, **values: Any) -> Markup:
        """The sentence with its English beside it, as markup; values are escaped, and a bilingual one gives each language its half."""

        def sentence(lang: str) -> Markup:
            safe = {name: escape(in_language(value, lang)) for name, value in values.items()}
            return Markup(say(f"report.{key}", lang, **safe))

        main = sentence(self.lang)
        return main if self.lang == "en" else Markup('{}<span class="en" lang="en">{}</span>').format(main, sentence("en"))

    def plain(self, key: str, **values: Any) -> str:
        """ "中文 / English" on Chinese pages, English alone on English ones."""
        return self.t(key, **values) if self.lang == "en" else f"{self.t(key, **values)} / {say(f'report.{key}', 'en', **values)}"

    def family(self, family: str) -> str:
        """5G, NB-IoT, 4G."""
        return FAMILY_NAMES.get(family, family)

    def receiver(self, receiver: str) -> str:
        """室外, 室内 / outdoors, indoors."""
        return "、".join(word("receiver", part, self.lang) for part in receiver.split("+") if part)

    def judged(self, family: str, receiver: str) -> str:
        """The family with the receiver it is judged at: 5G（室外） / 5G outdoors."""
        name, place = self.family(family), self.receiver(receiver)
        return name if not place else f"{name}（{place}）" if self.lang == "zh" else f"{name} {place}"

    def family_in(self, context: PageContext, family: str) -> str:
        """`judged` at the receiver of a page's figures."""
        return self.judged(family, context.receiver(family))

    def both_in(self, context: PageContext, family: str) -> Bilingual:
        """`family_in` in both languages, for `b`."""
        return Bilingual(*(Words(lang).family_in(context, family) for lang in ("zh", "en")))

    def network(self, network: str) -> str:
        """任一运营商, 移动+广电, 电信+联通; "" for what asks no network, such as fibre."""
        return network_name(network, self.lang) if network else ""

    def code(self, group: str, value: Any) -> str:
        """The word for a code of the data (status, host, kind ...), or the code itself when the catalogue has none."""
        if missing(value) or value == "":
            return ""
        entry = catalogue("report").get(f"{group}_{value}")
        return entry[self.lang] if entry else str(value)

    def one(self, text: str) -> str:
        """The page's language of a sentence that another room wrote as "中文 / English"."""
        if isinstance(text, Bilingual):
            return str(in_language(text, self.lang))
        chinese, mark, english = text.partition(" / ")
        if not mark or not any("\u4e00" <= char <= "\u9fff" for char in chinese):
            return text
        return english if self.lang == "en" else chinese

    def beside(self, text: str) -> str:
        """A sentence of another room: both languages on Chinese pages, English alone on English ones."""
        return self.one(text) if self.lang == "en" else text

    def title(self, text: str) -> str:
        """The title of a document in the marks of the page's language."""
        return self.t("in_title_marks", text=self.one(text))

    def quoted(self, text: str) -> str:
        """Words of a document in the marks of the page's language."""
        return self.t("in_quotation_marks", text=text)

    def reason(self, value: Any) -> str:
        """A reason or remedy: a key of some room's catalogue, or free text kept as it is."""
        written = text(value)
        room, _, name = written.partition(".")
        rooms = [(room, name)] if name else [(other, written) for other in ("report", "policy", "siting", "coverage")]
        for where, key in rooms:
            for candidate in (key, f"reason_{key}", f"remedy_{key}"):
                try:
                    return str(catalogue(where)[candidate][self.lang])
                except KeyError:
                    continue
        return written


def field_label(name: str, lang: str) -> str:
    """The label of a column as the table of fields has it."""
    for table in fields.TABLES.values():
        for entry in table:
            if entry.name == name:
                return str(entry.zh if lang == "zh" else entry.en)
    return name
