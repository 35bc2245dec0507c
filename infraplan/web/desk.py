"""The one worker thread of a server: edits first and only the newest list, then questions, then targets clause by clause."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.web.frames import joined

EDIT, QUESTION, TARGETS, END = 0, 1, 2, 3
MOST_WAITING = 200
"""More questions than this are refused: no page of ours asks so many at once."""


class Superseded(Exception):
    """A newer list of edits came before this one was computed."""


@dataclass(order=True)
class _Job:
    rank: int
    number: int
    work: Callable[[], Any] = field(compare=False)
    answer: Future[Any] = field(compare=False, default_factory=Future)


class Desk:
    """Everything that asks the state goes through here, one thing at a time.

    Parameters
    ----------
    state : WhatIf
        The engine.
    publish : callable
        Receives ("targets", {...}) when the targets of the present edits are known; called in the worker thread.
    keep : callable
        Receives each list of edits once it is computed.
    """

    def __init__(self, state: Any, publish: Callable[[str, dict[str, Any]], None], keep: Callable[[Sequence[Any]], None]):
        self.state, self._publish, self._keep = state, publish, keep
        self.version, self.edits = 0, list[Any]()
        self.newest, self._number = 0, itertools.count()
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._targets: Iterator[Any] | None = None
        self._targets_lang = ""
        self._known: dict[str, Any] | None = None
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self._thread.start()

    def ask(self, question: Callable[[Any], Any]) -> Future[Any]:
        """The answer of the state to a question."""
        if self._jobs.qsize() > MOST_WAITING:
            raise UsageError(both("web.too_busy"))
        return self._put(QUESTION, lambda: question(self.state))

    def edit(self, version: int, edits: Sequence[Any]) -> Future[Any]:
        """The change that a list of edits makes. Its future fails with `Superseded` where a newer list was there before."""
        if version <= self.newest:
            raise UsageError(both("web.old_version", version=self.newest))
        self.newest = version
        return self._put(EDIT, lambda: self._apply(version, list(edits)))

    def want_targets(self, lang: str) -> None:
        """Begin the targets of the present edits in a language; what was begun in another is dropped, what is known is sent again."""

        def begin() -> None:
            if self._known is not None and self._known["lang"] == lang:
                self._publish("targets", self._known)
            elif self._targets is None or self._targets_lang != lang:
                self._targets, self._targets_lang = iter(self.state.targets(lang)), lang
                self._put(TARGETS, partial(self._next_clause, self._targets, []))

        self._put(QUESTION, begin)

    def close(self) -> None:
        """End the thread after the work it is at."""
        self._put(END, lambda: None)

    def _put(self, rank: int, work: Callable[[], Any]) -> Future[Any]:
        job = _Job(rank, next(self._number), work)
        self._jobs.put(job)
        return job.answer

    def _apply(self, version: int, edits: list[Any]) -> Any:
        if version < self.newest:
            raise Superseded
        self._targets = self._known = None
        change = self.state.apply(edits)
        self.version, self.edits = version, edits
        self._keep(edits)
        return change

    def _next_clause(self, targets: Iterator[Any], tables: list[Any]) -> None:
        """One clause more of the targets; the rest waits behind whatever was asked meanwhile."""
        if targets is not self._targets:
            return
        for frame in targets:
            self._put(TARGETS, partial(self._next_clause, targets, [*tables, frame]))
            return
        self._targets = None
        self._known = {"version": self.version, "lang": self._targets_lang, **joined(tables)}
        self._publish("targets", self._known)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job.rank == END:
                return
            if not job.answer.set_running_or_notify_cancel():
                continue
            try:
                job.answer.set_result(job.work())
            except BaseException as error:  # the thread lives on; whoever asked gets the error
                job.answer.set_exception(error)
