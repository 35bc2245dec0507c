"""Docstrings of public names: complete by numpydoc's checks, their examples run."""

from __future__ import annotations

import doctest
import functools
import inspect
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import Validator, validate

import infraplan as ip

LEFT_OUT = {
    "SA01": "a See Also section in each docstring would repeat the reference page",
    "ES01": "many functions need no more than a line",
    "SS05": "the first line names what is returned; numpydoc takes the plural of a noun for a verb",
    "PR09": "tested below: a unit in brackets may follow the last full stop",
    "RT05": "tested below",
    "RT02": "values that are returned together have names",
}
"""Checks of numpydoc that do not hold here, each with the reason."""
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def members(of: type) -> Iterator[str]:
    """Public methods and properties that a class defines itself or takes from a base of ours."""
    for base in of.__mro__:
        if base.__module__.startswith("infraplan"):
            for name, value in vars(base).items():
                known = isinstance(value, property | cached_property | classmethod | staticmethod) or inspect.isfunction(value)
                if known and not name.startswith("_"):
                    yield name


def documented() -> dict[str, str]:
    """Public name, with its members as `Class.member` -> where numpydoc finds it."""
    found = {}
    for name in ip.__all__:
        value: Any = getattr(ip, name)
        found[name] = f"{value.__module__}.{value.__qualname__}"
        if inspect.isclass(value):
            found |= {f"{name}.{member}": f"{found[name]}.{member}" for member in members(value)}
    return found


@pytest.mark.parametrize(("name", "path"), documented().items(), ids=list(documented()))
def test_a_docstring_is_complete(name: str, path: str) -> None:
    missing = {"EX01"} if "." in name else set()  # the example of a class shows its members
    assert not [fault for fault in validate(path)["errors"] if fault[0] not in {*LEFT_OUT, *missing}]
    doc: Any = Validator._load_obj(path)
    text = inspect.getdoc(doc.func if isinstance(doc, cached_property) else doc) or ""
    first = text.partition("\n\n")[0]
    assert "\n" not in first and first.endswith("."), first
    parsed = NumpyDocString(text)
    for section in ("Parameters", "Returns", "Raises", "Warns"):
        for entry in parsed[section]:
            assert " ".join(entry.desc).strip().endswith((".", "]")), entry


FINISHED: list[Any] = []
"""The outcome of the example of `run_study`, which the example of `compare_runs` takes: both run the same study."""


def once(run_study: Any) -> Any:
    """`run_study` that runs once in this module."""

    @functools.wraps(run_study)
    def run(*given: Any, **named: Any) -> Any:
        if not FINISHED:
            FINISHED.append(run_study(*given, **named))
        return FINISHED[0]

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.mark.parametrize("name", sorted(ip.__all__, key=lambda name: (name == "compare_runs", name)))
def test_an_example_shows_what_it_says(name: str, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder if name == "run_study" else tmp_path)
    if name in ("run_study", "compare_runs"):
        monkeypatch.setattr(ip, "run_study", once(ip.run_study))
    (test,) = doctest.DocTestFinder(recurse=False).find(getattr(ip, name), name, globs={})
    assert test.examples
    output: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=output.append)
    assert not output, "".join(output)


def test_each_check_that_is_left_out_is_one_of_numpydoc() -> None:
    from numpydoc.validate import ERROR_MSGS

    assert set(LEFT_OUT) <= set(ERROR_MSGS) and all(LEFT_OUT.values())
