"""Who computes the parts of a map, of margins at positions and of reach: threads of this process, unless a run has workers elsewhere and
says so here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, Protocol


class Spread(Protocol):
    """Workers elsewhere."""

    def __call__(
        self, prepare: Callable[..., Any], shared: Sequence[Any], work: Callable[..., Any], parts: Sequence[tuple[Any, ...]]
    ) -> Iterator[Any]:
        """`work(prepared, *part)` of each part, in their order, as they are there. `prepared`: `prepare(*shared)`, made once a worker."""
        ...


spread: ContextVar[Spread | None] = ContextVar("spread", default=None)
"""Set by a run with workers elsewhere, for the thread of the run; None everywhere else."""
