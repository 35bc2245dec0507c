"""The catalogue as templates use it, and names of codes that come from the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from infraplan import fields
from infraplan.coverage.networks import network_name
from infraplan.messages import Bilingual, catalogue, in_language, say
from infraplan.report.context import FAMILY_NAMES
from infraplan.report.style import missing, text


@dataclass(frozen=True)
class Words:
    """Sentences of one page. In Chinese pages English stands beside the headings; `lang="en"` writes English alone."""

    lang: str = "zh"

    def t(self, key: str, **values: Any) -> str:
        """One sentence of the report's catalogue."""
        return say(f"report.{key}", self.lang, **values)

    def b(self, key: str, **values: Any) -> Markup:
        """The sentence with its English beside it, as markup; values are escaped."""
        safe = {name: escape(value) for name, value in values.items()}
        main = Markup(self.t(key, **safe))
        if self.lang == "en":
            return main
        return Markup('{}<span class="en" lang="en">{}</span>').format(main, Markup(say(f"report.{key}", "en", **safe)))

    def plain(self, key: str, **values: Any) -> str:
        """ "中文 / English" on Chinese pages, English alone on English ones."""
        return self.t(key, **values) if self.lang == "en" else f"{self.t(key, **values)} / {say(f'report.{key}', 'en', **values)}"

    def family(self, family: str) -> str:
        """5G, NB-IoT, 4G."""
        return FAMILY_NAMES.get(family, family)

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
