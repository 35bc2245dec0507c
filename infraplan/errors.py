"""The errors of infraplan.

Everything a user can cause ends in one of these, never in a traceback; faults that do not stop are `DataWarning`s.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class InfraplanError(Exception):
    """A failure with a message meant for the user. Every error of the package is one.

    Examples
    --------
    >>> import infraplan as ip
    >>> try:
    ...     ip.read_villages("villages.xlsx")
    ... except ip.InfraplanError as error:
    ...     print(type(error).__name__)
    DataError
    """

    exit_code = 1


class UsageError(InfraplanError, ValueError):
    """A command or a function got a name that does not exist, or an argument that it cannot use. A ValueError.

    Examples
    --------
    >>> import infraplan as ip
    >>> try:
    ...     ip.services("nr-n82")
    ... except ip.UsageError as error:
    ...     print("nr-n28" in str(error))
    True
    """

    exit_code = 2


class ValidityWarning(UserWarning):
    """An input lies outside the published validity range of a model."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file: where it is, what it says, how to fix it.

    `row` is the row as the file's own program numbers it (Excel's row, the line of a CSV, the feature of a layer), from 1.
    `message` and `how_to_fix` are bilingual texts. `count` > 1: the same fault in that number of rows, `row` being the first.
    """

    file: str
    message: str
    how_to_fix: str
    rule: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    severity: str = "error"
    count: int = 1

    def __str__(self) -> str:
        where = " ".join(
            part for part in (self.file, self.sheet and f"《{self.sheet}》", f"第 {self.row} 行" if self.row else "", self.column) if part
        )
        shown = f' "{self.value}"' if self.value else ""
        times = f" (×{self.count})" if self.count > 1 else ""
        return f"{where}{shown}{times}: {self.message} → {self.how_to_fix}"

    def record(self) -> dict[str, Any]:
        """The fault by the names that outputs use: `check --json`, summary.json, `DataError.faults`. There `how_to_fix` is `cure`."""
        return {"cure" if name == "how_to_fix" else name: value for name, value in asdict(self).items()}


class DataError(InfraplanError):
    """Everything wrong with an input, at once. A ValueError.

    Parameters
    ----------
    faults : iterable of Fault or Fault
        What is wrong, each with file, sheet, row, value and how to fix it.

    Examples
    --------
    >>> import infraplan as ip
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": ["V1"], "lon": [113.1], "lat": [23.1], "population": ["many"]})
    >>> try:
    ...     ip.read_villages(table)
    ... except ip.DataError as error:
    ...     error.faults[["row", "column", "value"]].values.tolist()
    [[1, 'population', 'many']]
    """

    exit_code = 3

    def __init__(self, faults: Iterable[Fault] | Fault):
        self.fault_list = [faults] if isinstance(faults, Fault) else list(faults)
        super().__init__("\n".join(str(fault) for fault in self.fault_list))

    @property
    def faults(self) -> pd.DataFrame:
        """The faults as a table, one row a fault: file, sheet, row, column, value, message, fix and more."""
        import pandas as pd

        return pd.DataFrame([fault.record() for fault in self.fault_list], columns=list(Fault("", "", "").record()))


class DataWarning(UserWarning):
    """A fault in a file that does not stop the reader: `fault` says what, where and how to fix it.

    Readers warn by `warn`. Python shows it as any warning; inside `collected` it goes into a list instead.
    """

    def __init__(self, fault: Fault):
        self.fault = fault
        super().__init__(str(fault))


_gathered: ContextVar[list[Fault] | None] = ContextVar("gathered", default=None)


@contextmanager
def collected() -> Iterator[list[Fault]]:
    """A list that receives what `warn` is given while the block runs, in this thread (context) alone.

    `warnings.catch_warnings` changes the whole process, so two threads that read would lose each other's warnings; this does not.
    """
    found: list[Fault] = []
    token = _gathered.set(found)
    try:
        yield found
    finally:
        _gathered.reset(token)


def warn(faults: Iterable[Fault]) -> None:
    """Issues each fault that is no error: to the nearest `collected`, else as a `DataWarning` at the calling line outside infraplan."""
    listed = [fault for fault in faults if fault.severity != "error"]
    gathered = _gathered.get()
    if gathered is not None:
        gathered += listed
        return
    level = _frames_inside() if listed else 0
    for fault in listed:
        warnings.warn(DataWarning(fault), stacklevel=level)


def take_collected() -> list[Fault]:
    """The faults that the nearest `collected` has so far; they are removed from it. Outside of one, an empty list."""
    gathered = _gathered.get()
    if not gathered:
        return []
    taken = list(gathered)
    gathered.clear()
    return taken


def _frames_inside() -> int:
    """How many frames of infraplan lie between `warn` and its user, as `stacklevel` counts."""
    ours = (__name__.partition(".")[0], "functools")  # cached properties of ours are called by functools
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in ours:
        frame, level = frame.f_back, level + 1
    return level
