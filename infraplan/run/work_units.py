"""Units of work, what takes their place where they are lost, and the words for a full disk."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infraplan.messages import Bilingual, both

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
TRIAL = 2**20  # bytes
worker_name: ContextVar[str] = ContextVar("worker_name", default="")
"""Address of the worker of a cluster that does a unit; "" on this machine."""


@dataclass(frozen=True)
class Unit:
    """A piece of work: a function of a module and what it gets. `name`: how messages call it."""

    name: str
    work: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Lost:
    """In place of a result: why there is none. The reason is a sentence with what to do."""

    reason: str


def disk_full(error: BaseException, folder: Path) -> Bilingual | None:
    """A sentence where a disk is full; it names the worker. None for any other error.

    Libraries say many things of a full disk, so that writing a mebibyte into the folder is tried too.
    """
    if not _says_full(error) and not _tried_full(folder):
        return None
    name = worker_name.get()
    return both("run.disk_full_worker", worker=name) if name else both("run.disk_full")


def _says_full(error: BaseException | None) -> bool:
    """Whether an error, or one behind it, is that of a full disk."""
    while error is not None:
        if getattr(error, "errno", None) in DISK_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def _tried_full(folder: Path) -> bool:
    trial = folder / ".trial"
    try:
        trial.write_bytes(bytes(TRIAL))
    except OSError as error:
        return error.errno in DISK_FULL
    finally:
        with suppress(OSError):
            trial.unlink()
    return False
