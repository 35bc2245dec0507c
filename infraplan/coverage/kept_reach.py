"""Blocks of candidates whose reach was computed before: who keeps them is set by a run, and nobody does everywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from infraplan.arrays import Ints

Served = list[list[Ints]]
"""For each site of a block and each question, the positions that it serves, as numbers among the positions near the block."""


class KeptBlocks(Protocol):
    """Keeps what sites of a block serve, by the content of all that it depends on."""

    def take(self, terrain: Any, inputs: Sequence[Any]) -> tuple[str, Served | None]:
        """A key for these inputs, and what was kept for them; None where nothing was."""
        ...

    def keep(self, key: str, served: Served) -> None:
        """Keeps what was computed, or taken, for a key."""
        ...


kept_blocks: ContextVar[KeptBlocks | None] = ContextVar("kept_blocks", default=None)
"""Set by a run for the thread that plans."""
