"""What samples of visits have shown so far: a file beside study.toml that `inspect import` writes and reports read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infraplan.errors import DataError, Fault
from infraplan.files import write_text
from infraplan.messages import both

FILE_NAME = "sample_shares.json"
KEYS = ("sample", "family", "network", "receiver", "last_day", "visits", "answered", "share", "low", "high", "predicted")
"""Of each sample: what was asked, until when, and the share of the whole with its 95 % interval (null before any answer)."""


def read_shares(folder: Path) -> tuple[dict[str, Any], ...]:
    """The samples of a study in the order of their last days; none without a file.

    Raises
    ------
    DataError
        The file is not as it was written.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return ()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return tuple({name: one[name] for name in KEYS} for one in found)
    except (OSError, ValueError, TypeError, KeyError) as error:
        fault = Fault(FILE_NAME, both("samples.bad_shares"), both("samples.bad_shares_fix"), rule="bad_shares", value=str(error)[:80])
        raise DataError(fault) from None


def write_shares(folder: Path, known: Sequence[dict[str, Any]], share: dict[str, Any]) -> None:
    """Write what is `known` (`read_shares`) and what one sample shows now, in the place of what it showed before."""
    kept = [one for one in known if one["sample"] != share["sample"]]
    rows = sorted([*kept, {name: share[name] for name in KEYS}], key=lambda one: (str(one["last_day"]), str(one["sample"])))
    write_text(folder / FILE_NAME, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
