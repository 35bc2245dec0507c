"""The command line without a new process: arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from infraplan import cli


class Answer(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of few pixels: no test of this room looks at them, and a run draws many."""
    from infraplan.report import printed_maps

    monkeypatch.setattr(printed_maps, "DPI", 80)


@pytest.fixture()
def infraplan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run the program as a shell would."""

    def call(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["infraplan", *(str(argument) for argument in arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return Answer(int(ended.value.code or 0), shown.out, shown.err)

    return call
