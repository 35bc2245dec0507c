"""Layers of a study: read once, the faults of several files are collected before one of them stops the work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from infraplan.errors import DataError, Fault, collected

if TYPE_CHECKING:
    from infraplan.study import Study

Key = TypeVar("Key")
Read = TypeVar("Read")


def layer(read: Callable[[Study], Read]) -> cached_property[Read]:
    """A layer of the study: read once; its reader's warnings are kept in `Study.warnings`, and passed on.

    So are the warnings of the other layers that it reads.
    """

    @wraps(read)
    def reader(study: Study) -> Read:
        found: list[Fault] = []
        before = len(study.warnings)
        try:
            with collected() as found:
                return read(study)
        except DataError as error:
            raise DataError(study.with_study_keys(error.fault_list, read.__name__)) from None
        finally:
            inner = set(study.warnings[before:])
            study.keep((fault if fault in inner else study.with_study_keys([fault], read.__name__)[0] for fault in found), before)

    return cached_property(reader)


def refuse(faults: Iterable[Fault]) -> None:
    """Raises a DataError of all faults where one of them is an error."""
    found = list(faults)
    if any(fault.severity == "error" for fault in found):
        raise DataError(found)


def all_of(paths: Mapping[Key, Path], read: Callable[[Path], Any]) -> dict[Key, Any]:
    """The content of each of several files; the faults of all of them at once."""
    faults: list[Fault] = []
    found: dict[Key, Any] = {}
    for name, path in paths.items():
        try:
            found[name] = read(path)
        except DataError as error:
            faults += error.fault_list
    if faults:
        raise DataError(faults)
    return found
