"""What a run leaves for later ones: history/DAY with its summary and the tables that `compare` reads; and the trend over the days."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from infraplan.errors import DataError, Fault
from infraplan.files import finish_replacements, replace_folder
from infraplan.messages import both
from infraplan.outputs import types
from infraplan.tables.column_types import typed

FOLDER, UNDATED = "history", "undated"
"""Folder of the records beside summary.json, and the record of a study that states no day."""
COPIED = ("summary.json", "targets.csv")
KEPT = {
    "villages": ("city", "county", *types("compared_villages")),
    "gaps": ("city", "county", *types("compared_gaps")),
    "existing_sites": ("status", *types("compared_sites")),
}
"""Columns of each kept table, where it has them; villages have the status of each family besides."""
STATUS = re.compile(r"([a-z0-9]+)_status")
ALIKE = ("population_basis", "model", "resolution_m", "reliability", "receivers", "bare_earth", "synthetic")
"""Keys of a summary in which two runs have to agree, or their difference is not the network's alone."""


def day_of(summary: Mapping[str, Any]) -> str:
    """The day that a run is filed under: that of its data, else of its report, else `UNDATED`."""
    return str(summary.get("as_of") or summary.get("report_date") or UNDATED)


def write_record(output: Path, day: str, tables: Mapping[str, pd.DataFrame]) -> None:
    """Files a finished run under its day, in place of an earlier run of the same day; complete or not at all."""
    final = output / FOLDER / day
    part = final.with_name(f".{day}.part")
    finish_replacements(final.parent)  # of a killed run, maybe of another day
    for left in final.parent.glob(".*.part"):
        shutil.rmtree(left, ignore_errors=True)
    part.mkdir(parents=True)
    for name in COPIED:
        shutil.copyfile(output / name, part / name)
    for name, frame in tables.items():
        kept = [column for column in map(str, frame) if column in KEPT[name] or STATUS.fullmatch(column)]
        text = pd.DataFrame(frame[kept]).to_csv(index=False, lineterminator="\n")
        (part / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode(), compresslevel=6, mtime=0))
    replace_folder(part, final)


def kept_table(folder: Path, summary: Mapping[str, Any], name: str) -> pd.DataFrame | None:
    """A kept table of a run: from the record of its own day, else from the files for a GIS; None where neither has it.

    `folder`: an output folder, or a record in a history.
    """
    for place in (folder, folder / FOLDER / day_of(summary)):
        path = place / f"{name}.csv.gz"
        if path.is_file():
            return _texts(pd.read_csv(path, dtype=str, keep_default_na=False))
    found = _from_csv(folder / "villages.csv") if name == "villages" else _from_layer(folder / "plan.gpkg", name)
    return None if found is None else _texts(found)


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Every column as text, "" where it is empty; people as numbers."""
    known = {"population": pd.to_numeric(frame["population"], errors="coerce")} if "population" in frame else {}
    return frame.astype("object").where(frame.notna(), "").assign(**known)


def _from_csv(path: Path) -> pd.DataFrame | None:
    """villages.csv of a run; None where it is absent, or has the Chinese headings of `[outputs] village_headings`."""
    if not path.is_file():
        return None
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    return frame if "id" in frame and "county" in frame else None


def _from_layer(path: Path, name: str) -> pd.DataFrame | None:
    if not path.is_file():
        return None
    import pyogrio

    try:
        frame = pyogrio.read_dataframe(path, layer=name, read_geometry=False)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        return None
    return pd.DataFrame(frame.reindex(columns=list(KEPT[name])))


def records_before(output: Path, day: str) -> list[Path]:
    """Folders of the dated records of earlier days, oldest first; of an undated run all of them. A record that a killed run moved aside
    takes its place again."""
    finish_replacements(output / FOLDER)
    found = sorted(path.parent for path in (output / FOLDER).glob("[0-9]*/summary.json"))
    return found if day == UNDATED else [path for path in found if path.name < day]


def families_of(summary: Mapping[str, Any]) -> list[str]:
    """The families whose people a summary counts, the first one first."""
    return [name for name, counts in (summary.get("population") or {}).items() if isinstance(counts, dict)]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """In what two runs were not made alike, each as "name: before → after"; of receivers those of families that both have."""
    found = []
    for key in ALIKE:
        if key not in before or key not in after:
            continue
        one, other = before[key], after[key]
        if isinstance(one, dict) and isinstance(other, dict):
            found += [f"{key}.{name}: {one[name]} → {other[name]}" for name in one if name in other and one[name] != other[name]]
        elif one != other:
            found.append(f"{key}: {_said(one)} → {_said(other)}")
    return tuple(found)


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def trend(summaries: list[dict[str, Any]]) -> pd.DataFrame:
    """Columns of the table `history`, a row a day and family, latest last, from the summaries of runs in the order of their days.

    `alike`: whether the run was made as the last of them.
    """
    rows: list[dict[str, Any]] = []
    before: dict[str, float] = {}
    for summary in summaries:
        alike = not differences(summary, summaries[-1])
        gaps, people = summary.get("gaps", {}).get("villages", {}), summary.get("population") or {}
        for family in families_of(summary):
            counts = people[family]
            share = counts["share"]
            rows.append({
                "day": day_of(summary), "family": family, "population": people["total"], "served": counts["served"], "share": share,
                "change": share - before[family] if share is not None and family in before else None,
                "lacking": gaps.get(family, {}).get("lacking"), "sites": summary.get("sites"), "alike": alike,
            })  # fmt: skip
            before |= {} if share is None else {family: share}
    return typed(rows, types("history"))


def summary_of(folder: Path) -> dict[str, Any]:
    """The summary.json of a record; a DataError where it cannot be read."""
    try:
        return dict(json.loads((folder / "summary.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        where, fix = f"{FOLDER}/{folder.name}/summary.json", both("report.bad_record_fix")
        raise DataError(Fault(where, both("report.bad_summary"), fix, rule="bad_summary", value=str(error)[:80])) from None
