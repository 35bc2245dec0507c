"""Progress of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Progress(Protocol):
    """Progress of a run: the beginning of a step, and how much of it is done."""

    def step(self, key: str) -> Callable[[int, int], None]:
        """Begin a step named by a message key; the returned function is called with (done, total)."""
        ...


class Silent:
    """Shows no progress."""

    def step(self, key: str) -> Callable[[int, int], None]:
        """A step without progress."""
        return lambda done, total: None
