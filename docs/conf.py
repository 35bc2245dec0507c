"""Sphinx settings of the documentation site: nothing is fetched when it is built or read. `make docs` builds it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.search import SearchLanguage, languages

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import infraplan

project = "infraplan"
author = "infraplan contributors"
copyright = "2026, infraplan contributors"
release = version = infraplan.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "index"
default_role = "literal"
autodoc_typehints = "none"  # docstrings name types, shapes and units
autodoc_member_order = "bysource"
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # an included page may begin below the first level
html_theme = "furo"
html_title = "infraplan"
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # summaries are fetched, which a page opened from a file may not
html_search_language = "pairs"


class Pairs(SearchLanguage):
    """Latin words, and every pair of neighbouring Chinese characters: found without a dictionary, in pages and in queries alike."""

    lang = "pairs"
    language_name = "Chinese and English"
    js_splitter_code = r"""
var splitQuery = (query) => {
  const parts = query.match(/[\u3400-\u9fff]+|[^\s\u3400-\u9fff\W]+/gu) || [];
  return parts.flatMap((part) => {
    if (!/[\u3400-\u9fff]/.test(part) || part.length < 3) return [part];
    return [...part].slice(0, -1).map((_, at) => part.slice(at, at + 2));
  });
};
"""
    _parts = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")

    def split(self, input: str) -> list[str]:
        """Words and pairs of a text."""
        found: list[str] = []
        for part in self._parts.findall(input):
            if "\u3400" <= part[0] <= "\u9fff":
                found += [part[at : at + 2] for at in range(max(len(part) - 1, 1))]
                found += list(part) if len(part) > 1 else []
            else:
                found.append(part.lower())
        return found


def setup(app: Sphinx) -> None:
    """Make the search known."""
    languages["pairs"] = Pairs
