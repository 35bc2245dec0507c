"""Searches that need nothing of each other: begun beside the search of this process, where a run has somebody to do them."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

from infraplan.siting.cover.problem import CoverProblem


class Beside(Protocol):
    """Somebody who does work beside this process."""

    def __call__(self, work: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        """Begins a function of a module; what is returned waits for its result and gives it."""
        ...


beside: ContextVar[Beside | None] = ContextVar("beside", default=None)
"""Set by a run with further processes, for the thread of the run; None everywhere else."""


LEAST_ENTRIES = 50_000
"""Entries of a covering matrix whose search is worth another process, which takes three seconds to begin."""


def begun(work: Callable[..., Any], problem: CoverProblem, *arguments: Any) -> Callable[[], Any]:
    """A search, `work(*arguments, workers)`, begun beside this process, or done when its result is asked for; the result is the same.

    `problem`: what is searched, by whose size is decided. `workers`: its child processes; beside this process it has none of its own.
    """
    begin = beside.get()
    if begin is None or problem.cover.nnz < LEAST_ENTRIES:
        return lambda: work(*arguments, None)
    return begin(work, *arguments, 0)
