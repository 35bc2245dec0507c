"""What a run tells while it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Progress(Protocol):
    """What a run tells while it works: a step begins; so much of it is done."""

    def step(self, key: str) -> Callable[[int, int], None]:
        """Begin a step named by a message key; the answer is called with (done, total)."""
        ...


class Silent:
    """No progress shown."""

    def step(self, key: str) -> Callable[[int, int], None]:
        """A step nobody watches."""
        return lambda done, total: None
