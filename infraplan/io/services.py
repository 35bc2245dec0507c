"""Reading of a study's own link budgets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infraplan.errors import DataError, Fault
from infraplan.io.opening import existing_file
from infraplan.io.patterns import pattern_paths
from infraplan.messages import both
from infraplan.radio.own_services import antenna_names, own_services
from infraplan.toml_files import parse_toml, read_toml_text

NAMING = ("source", "family", "antenna", "frame", "band", "plan")  # keys whose value names something


def read_services(source: str | os.PathLike[str], *, folders: Sequence[Path] = ()) -> tuple[dict[str, Any], dict[str, Path]]:
    """The built-in link budgets with the values of your own file over them, and the pattern files that its services name, by name.

    Parameters
    ----------
    source : path
        TOML in the schema of `presets/services.toml`.
    folders : sequence of Path
        Where pattern files are looked for, after the file's own folder.

    Returns
    -------
    presets : dict
        For `services(..., presets=presets)`.
    patterns : dict of Path
        Pattern files (`read_pattern`) by the names that services call them.

    Raises
    ------
    DataError
        Every fault of the file at once.

    Examples
    --------
    >>> import infraplan as ip
    >>> from pathlib import Path
    >>> text = '[sources]\\nmine = "our own planning value"\\n[service.nr-n28]\\nfeeder_loss_db = { value = 1.0, source = "mine" }\\n'
    >>> _ = Path("services.toml").write_text(text, encoding="utf-8")
    >>> presets, patterns = ip.read_services("services.toml")
    >>> own, usual = ip.services("nr-n28", presets=presets), ip.services("nr-n28")
    >>> round(own["nr-n28"].max_path_loss_db - usual["nr-n28"].max_path_loss_db, 2)
    -0.5
    """
    path = existing_file(source)
    table = parse_toml(read_toml_text(path, "services"), path.name, "services")
    paths = pattern_paths(antenna_names(table), (path.parent, *folders))
    faults = _no_words(table, path.name)
    if faults:
        raise DataError(faults)
    return own_services(table, file=path.name, antennas=list(paths)), paths


def _no_words(node: Any, file: str, place: str = "") -> list[Fault]:
    """A fault for each key of an entry that must name something and is a list or a table."""
    faults = []
    for key, value in node.items() if isinstance(node, dict) else ():
        where = f"{place}.{key}" if place else key
        names = "." in place and (key in NAMING or (key == "value" and place.endswith(".receiver")))
        if names and isinstance(value, list | dict):
            message, fix = both("radio.services_word"), both("radio.services_word_fix")
            faults.append(Fault(file, message, fix, rule="services_word", column=where, value=str(value)[:80]))
        else:
            faults += _no_words(value, file, where)
    return faults
