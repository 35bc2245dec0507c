"""Lists of the faults of a table, each with its place; repeated faults are one line with a count."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools
from infraplan.errors import DataError, Fault, warn
from infraplan.messages import LANGUAGES, Bilingual, both, in_language, say

SHOWN_ROWS = 10  # a fault in more rows than this is one line with a count
SHOWN_CHARACTERS = 80


def shown(value: object) -> str:
    """A cell's value as a message may show it: one line, no control characters, not too long."""
    text = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in str(value)[: 4 * SHOWN_CHARACTERS]).strip()
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


@dataclass
class FaultList:
    """The faults of one table, and where its rows are in the file.

    `rows` holds the row number each record has in the file's own program; `headings` and `units` the file's own name of a column,
    and the unit that name carries; `reported` marks the rows whose missing or wrong point is a fault already; `warned` counts the
    items that `warn` has passed on. Rows of several sheets or layers read as one table have `sheets`, one a row, and `headings_of` each.
    """

    file: str = ""
    sheet: str = ""
    rows: npt.NDArray[np.int64] | None = None
    headings: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    items: list[Fault] = field(default_factory=list)
    reported: Bools | None = None
    warned: int = 0
    sheets: npt.NDArray[np.object_] | None = None
    headings_of: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(
        self,
        rule: str,
        *,
        row: int | None = None,
        column: str = "",
        value: object = "",
        severity: str = "error",
        count: int = 1,
        sheet: str | None = None,
        **values: object,
    ) -> None:
        """One fault. `rule` is a key "room.name" of the catalogue; how to fix it is under "room.name_fix"."""
        place = self.sheet if sheet is None else sheet
        heading = self.headings_of.get(place, self.headings).get(column, column)
        self.items.append(Fault(
            file=shown(self.file), sheet=shown(place), row=row, column=shown(heading), value=shown(value),
            rule=rule.partition(".")[2], message=both(rule, **values), how_to_fix=both(f"{rule}_fix", **values),
            severity=severity, count=count,
        ))  # fmt: skip

    def at(
        self, mask: Bools, rule: str, column: str = "", cells: Sequence[Any] | npt.NDArray[Any] | None = None, *,
        severity: str = "error", detail: Callable[[int], Mapping[str, object]] | None = None, **values: object,
    ) -> None:  # fmt: skip
        """One fault a marked row, or one for all of them (of a sheet) where they are many. `detail` gives a row's own placeholders."""
        for marked in self._by_sheet(np.flatnonzero(mask)):
            self._add_marked(marked, rule, column, cells, severity, detail, values)

    def _by_sheet(self, marked: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
        if self.sheets is None or marked.size == 0:
            return [marked] if marked.size else []
        codes, names = pd.factorize(self.sheets[marked])
        return [marked[codes == code] for code in range(len(names))]

    def _add_marked(
        self, marked: npt.NDArray[np.intp], rule: str, column: str, cells: Any, severity: str,
        detail: Callable[[int], Mapping[str, object]] | None, values: Mapping[str, object],
    ) -> None:  # fmt: skip
        for position in marked[: 1 if marked.size > SHOWN_ROWS else None]:
            own = dict(detail(int(position))) if detail else {}
            value = "" if cells is None else cells[int(position)]
            many = marked.size > SHOWN_ROWS
            self.add(rule, row=self.row(int(position)), column=column, value=value, severity=severity,
                     count=int(marked.size) if many else 1, sheet=self.sheet_of(int(position)), **{**values, **own})  # fmt: skip
            if many:
                last = self.items.pop()
                listed = ", ".join(str(self.row(int(place))) for place in marked[:SHOWN_ROWS])
                self.items.append(replace(last, message=_followed(last.message, both("tables.first_rows", rows=listed))))

    def row(self, position: int) -> int:
        """Row number in the file of the record at `position`."""
        return int(self.rows[position]) if self.rows is not None else position + 1

    def sheet_of(self, position: int) -> str:
        """Sheet or layer of the record at `position`; "" where the file has one."""
        return self.sheet if self.sheets is None else str(self.sheets[position])

    def place(self, position: int) -> str:
        """Row number, with the sheet before it where there are several: "《番禺》12"."""
        return f"{self.row(position)}" if self.sheets is None else f"《{self.sheet_of(position)}》{self.row(position)}"

    def keep(self, mask: Bools) -> None:
        """Drops the rows that are not marked, as the table did."""
        self.take(np.flatnonzero(mask))

    def take(self, positions: npt.NDArray[np.intp]) -> None:
        """Takes the rows at these positions, in this order, as the table did."""
        self.rows = None if self.rows is None else self.rows[positions]
        self.sheets = None if self.sheets is None else self.sheets[positions]
        self.reported = None if self.reported is None else self.reported[positions]

    @property
    def failed(self) -> bool:
        """True when an error, not only warnings, has been found."""
        return any(item.severity == "error" for item in self.items)

    def stop(self) -> None:
        """Raise one DataError with everything found, if anything found is an error."""
        if self.failed:
            raise DataError(sorted(self.items, key=lambda item: (item.severity != "error", item.row or 0)))

    def warn(self) -> None:
        """Issues, as `DataWarning`, the faults since the last call that are no errors: the last step of every reader."""
        warn(self.items[self.warned :])
        self.warned = len(self.items)

    def records(self) -> list[dict[str, Any]]:
        """The faults as plain values, for `frame.attrs["faults"]`: parquet writes attrs as JSON."""
        return [asdict(item) for item in self.items]


def row_runs(rows: npt.NDArray[np.int64]) -> list[list[int]]:
    """File rows as runs [position, row]: small enough for `frame.attrs`."""
    starts = np.flatnonzero(np.diff(rows, prepend=rows[:1] - 2) != 1)
    return [[int(position), int(rows[position])] for position in starts[:10_000]]


def sheet_runs(sheets: npt.NDArray[np.object_]) -> list[list[Any]]:
    """Sheets as runs [position, name], for `frame.attrs`."""
    codes = pd.factorize(sheets)[0]
    return [[int(position), str(sheets[position])] for position in np.flatnonzero(np.diff(codes, prepend=-1) != 0)[:10_000]]


def rows_of(frame: Any) -> npt.NDArray[np.int64] | None:
    """The file's row number of each row of a checked frame; None once rows have been dropped or added."""
    runs, length = frame.attrs.get("row_runs"), frame.attrs.get("row_count")
    if not runs or length != len(frame) or len(runs) == 10_000:
        return None
    starts, first = np.array([run[0] for run in runs]), np.array([run[1] for run in runs])
    which = np.searchsorted(starts, np.arange(length), side="right") - 1
    return np.asarray(first[which] + np.arange(length) - starts[which], dtype=np.int64)


def tally(faults: Iterable[Fault]) -> dict[str, int]:
    """How many errors and how many warnings a list holds, each line of it once, whatever its count of rows."""
    listed = [fault.severity for fault in faults]
    return {"errors": listed.count("error"), "warnings": len(listed) - listed.count("error")}


def grouped(faults: Iterable[Fault]) -> list[Fault]:
    """Faults of one rule in one column as one, with a count and the first rows; with the first one's value and message."""
    groups: dict[tuple[str, ...], list[Fault]] = {}
    for fault in faults:
        groups.setdefault((fault.severity, fault.file, fault.sheet, fault.rule, fault.column), []).append(fault)
    return [_as_one(group) for group in groups.values()]


def _as_one(group: list[Fault]) -> Fault:
    first, count = group[0], sum(fault.count for fault in group)
    rows = list(dict.fromkeys(str(fault.row) for fault in group if fault.row is not None))
    if len(group) == 1:
        return first
    if len(rows) < 2 or any(fault.count > 1 for fault in group):
        return replace(first, count=count)
    remark = both("tables.rows" if len(rows) <= SHOWN_ROWS else "tables.first_rows", rows=", ".join(rows[:SHOWN_ROWS]))
    return replace(first, count=count, message=_followed(first.message, remark))


def fault_line(fault: Fault, lang: str) -> str:
    """A fault in one language: where it is, what it says, how to fix it."""
    row = "" if fault.row is None else say("tables.at_row", lang, row=fault.row)
    sheet = fault.sheet and say("tables.at_sheet", lang, sheet=fault.sheet)
    where = " ".join(part for part in (fault.file, sheet, row, fault.column) if part)
    value, times = f' "{fault.value}"' if fault.value else "", f" (×{fault.count})" if fault.count > 1 else ""
    arrow = " → " if fault.how_to_fix else ""
    return f"{where}{value}{times}: {in_language(fault.message, lang)}{arrow}{in_language(fault.how_to_fix, lang)}"


def sheets_of(frame: Any) -> npt.NDArray[np.object_] | None:
    """The sheet of each row of a checked frame that was read from several; None for one sheet, or once rows have been dropped."""
    runs, length = frame.attrs.get("sheet_runs"), frame.attrs.get("row_count")
    if not runs or length != len(frame) or len(runs) == 10_000:
        return None
    names = np.array([run[1] for run in runs], dtype=object)
    return np.asarray(names[np.searchsorted([run[0] for run in runs], np.arange(length), side="right") - 1], dtype=object)


def faults_of(frame: Any) -> list[Fault]:
    """The warnings a checked frame carries in `attrs["faults"]`."""
    names = {item.name for item in fields(Fault)}
    records = getattr(frame, "attrs", {}).get("faults", [])
    return [Fault(**{key: value for key, value in record.items() if key in names}) for record in records]


def _followed(message: str, remark: Bilingual) -> Bilingual:
    """A message with a remark behind it, in each language."""
    return Bilingual(*(f"{in_language(message, lang)} ({in_language(remark, lang)})" for lang in LANGUAGES))
