"""`lang`: "zh" is Chinese alone, "both" Chinese with English beside it, "en" English alone but for names of places and documents."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser

import pytest
from pandas.api.types import is_string_dtype

from infraplan.report.document import every_text, report_of
from infraplan.report.html_pages import index_page, report_page
from infraplan.report.maps import draw_map
from infraplan.report.page_context import PageContext

ENGLISH_SENTENCE = re.compile(r"[A-Za-z][a-z]+(?: [a-z]+){2,}")
"""Three words of small letters in a row: no name of a standard, a licence or a unit has them."""
CHINESE = re.compile("[\u4e00-\u9fff]+")


class Text(HTMLParser):
    """What a reader sees of a page, and its alternative texts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("style", "script")
        self.found += [value for name, value in attrs if value and name in ("alt", "title", "aria-label")]

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        self.found += re.findall(r'content:"([^"]*)"', data) if self.hidden else [data]


def seen(page: str) -> list[str]:
    reader = Text()
    reader.feed(page)
    return reader.found


def names_of(context: PageContext) -> set[str]:
    """Names that no language changes: of zones, villages, sites, documents, of who holds the data."""
    frames = (context.zones, context.villages, context.sites, context.plan_sites, context.gaps)
    named = {str(value) for frame in frames for name in frame.columns if is_string_dtype(frame[name])
             for value in frame[name].unique()}  # fmt: skip
    facts = context.facts
    named |= {text for one in facts.documents for text in (str(one.title), one.number)}
    named |= {str(text) for one in facts.datasets for text in (one.name, one.holder, one.licence)} | {str(facts.title)}
    if context.phases is not None:
        named |= set(context.phases["name"])
    named |= {str(value) for name in ("task", "quotation", "document", "departments") if name in context.scorecard
              for value in context.scorecard[name]}  # fmt: skip
    named |= {context.plan.scope} if context.plan is not None else set()
    return named | {facts.population_basis, *facts.services, *facts.notes}


def rest(texts: Iterable[str], context: PageContext) -> str:
    """The texts without names."""
    written = "\n".join(texts)
    for name in sorted(names_of(context) - {""}, key=len, reverse=True):
        written = written.replace(name, "")
    return written


@pytest.fixture(scope="module")
def pages(contexts: tuple[PageContext, list[PageContext]]) -> dict[str, dict[str, tuple[list[str], PageContext]]]:
    """By language and page the texts and the context."""
    province, cities = contexts
    return {
        lang: {
            "index": (seen(index_page(province, lang)), province),
            "province": (seen(report_page(province, lang, [])), province),
            "city": (seen(report_page(cities[0], lang, [])), cities[0]),
            "paper": (list(every_text(report_of(province, [], lang))), province),
            "map": (seen(draw_map(cities[0], lang).html), cities[0]),
        }
        for lang in ("zh", "both", "en")
    }


PAGES = ("index", "province", "city", "paper", "map")


@pytest.mark.parametrize("page", PAGES)
def test_chinese_alone_has_no_english_sentence(pages, page: str) -> None:
    texts, context = pages["zh"][page]
    assert ENGLISH_SENTENCE.findall(rest(texts, context)) == []
    assert CHINESE.search("".join(texts))


@pytest.mark.parametrize("page", PAGES)
def test_english_alone_has_no_chinese_but_names(pages, page: str) -> None:
    texts, context = pages["en"][page]
    assert CHINESE.findall(rest(texts, context)) == []
    assert ENGLISH_SENTENCE.search("".join(texts))


@pytest.mark.parametrize("page", ["index", "province", "city"])
def test_both_is_chinese_with_english_beside_it(pages, page: str) -> None:
    both, chinese = (pages[lang][page][0] for lang in ("both", "zh"))
    assert ENGLISH_SENTENCE.search(" ".join(both)) and len("".join(both)) > len("".join(chinese))
    whole = " ".join(both)
    assert [text for text in chinese if CHINESE.search(text) and not all(part in whole for part in text.split(" · "))] == []
