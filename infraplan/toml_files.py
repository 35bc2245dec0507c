"""A TOML file that a person wrote: its text and its content, or its faults in words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from infraplan.errors import DataError, Fault
from infraplan.messages import both
from infraplan.messages.schema_errors import toml_line, toml_message


def read_toml_text(path: Path, kind: str, file: str = "") -> str:
    """The text of a file in UTF-8.

    Parameters
    ----------
    path : Path
    kind : str
        What the file is; the rules of its faults begin with it.
    file : str
        Name of the file in faults; by default its own.

    Raises
    ------
    DataError
        The file cannot be opened, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        message, fix = both("schema.unreadable", why=error.strerror or ""), both("schema.unreadable_fix")
        raise DataError(Fault(file or path.name, message, fix, rule=f"{kind}-file")) from None
    except UnicodeDecodeError:
        message, fix = both("schema.not_utf8"), both("schema.not_utf8_fix")
        raise DataError(Fault(file or path.name, message, fix, rule=f"{kind}-encoding")) from None


def parse_toml(text: str, file: str, kind: str, *, as_written: str | None = None) -> dict[str, Any]:
    """The content of a TOML text.

    Parameters
    ----------
    text : str
    file : str
        Name of the file, for its fault.
    kind : str
        As in `read_toml_text`.
    as_written : str, optional
        The text as the person wrote it, where `text` was changed before; its lines are those of `text`.

    Raises
    ------
    DataError
        A syntax error, with its line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        row = toml_line(error, text)
        lines = (as_written or text).splitlines()
        value = lines[row - 1].strip()[:80] if 0 < row <= len(lines) else ""
        message = both("schema.not_toml", why=toml_message(error))
        raise DataError(Fault(file, message, both("schema.not_toml_fix"), rule=f"{kind}-toml", row=row, value=value)) from None
