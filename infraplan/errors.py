"""A small error tree. Whatever a user can cause ends in one of these, never in a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


class InfraplanError(Exception):
    """A failure with a message meant for the user."""

    exit_code = 1


class UsageError(InfraplanError):
    """The command was asked for something that does not exist."""

    exit_code = 2


class ValidityWarning(UserWarning):
    """An input lies outside the published validity range of a model."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file: where it stands, what it says, how to mend it.

    `row` is the row as the file's own program numbers it (Excel's row, the line of a CSV, the feature of a layer), from 1.
    `message` and `cure` are bilingual texts. `count` > 1: the same fault in so many rows, `row` being the first.
    """

    file: str
    message: str
    cure: str
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
        return f"{where}{shown}{times}: {self.message} → {self.cure}"


class DataError(InfraplanError):
    """Everything wrong with an input, at once."""

    exit_code = 3

    def __init__(self, faults: Iterable[Fault] | Fault):
        self.fault_list = [faults] if isinstance(faults, Fault) else list(faults)
        super().__init__("\n".join(str(fault) for fault in self.fault_list))

    @property
    def faults(self) -> Any:
        """A table, one row a fault."""
        import pandas as pd

        return pd.DataFrame([asdict(fault) for fault in self.fault_list], columns=list(Fault.__dataclass_fields__))
