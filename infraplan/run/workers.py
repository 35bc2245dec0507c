"""What a worker of a cluster does: it looks whether it has what the run has, then does units, which it reads by path and hash."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

from infraplan.errors import InfraplanError, collected
from infraplan.files import atomic_path
from infraplan.run import ledger
from infraplan.run.work_units import DISK_FULL, worker_name
from infraplan.study import Study
from infraplan.study.config import FILE_NAME


@dataclass(frozen=True)
class Terms:
    """What a worker must have in common with the run: versions, the program, the study by path and content, the folder of units."""

    versions: tuple[tuple[str, str], ...]
    program: str
    folder: str
    scenario: str
    inputs: str
    output: str
    units: str
    mark: str


def terms_of(study: Study, units: Path, mark: str) -> Terms:
    """The terms of a run. `units`: the folder of its units; `mark`: name of a file in it."""
    name = "" if study.scenario is None else study.scenario.name
    folder, output = str(study.folder.resolve()), str(units.parent)
    return Terms(tuple(ledger.versions().items()), ledger.program_hash(), folder, name, _hash_of(study), output, str(units), mark)


def _hash_of(study: Study) -> str:
    """One hash of all files of a study."""
    return hashlib.sha256(json.dumps(study.inputs, sort_keys=True).encode()).hexdigest()


def examine(terms: Terms) -> dict[str, str]:
    """What hinders this worker: `what` it lacks and what was `found` instead; nothing where it may work."""
    own = dict(ledger.versions())
    differing = [f"{name} {own.get(name, '—')} ({wanted})" for name, wanted in terms.versions if own.get(name) != wanted]
    if differing or ledger.program_hash() != terms.program:
        program = f"infraplan {own.get('infraplan', '—')} ({ledger.program_hash()[:8]}, {terms.program[:8]})"
        return {"what": "program", "found": "; ".join(differing or [program])}
    if not (Path(terms.folder) / FILE_NAME).is_file():
        return {"what": "study", "found": FILE_NAME}
    try:
        content = study_of(terms.folder, terms.scenario, terms.inputs)
    except (InfraplanError, OSError) as error:
        return {"what": "study", "found": str(error)[:200]}
    if content is None:
        return {"what": "inputs", "found": FILE_NAME}
    if not (Path(terms.units) / terms.mark).is_file():
        return {"what": "output", "found": terms.output}
    return _written(terms)


def _written(terms: Terms) -> dict[str, str]:
    """Whether this worker can write among the results."""
    trial = Path(terms.units) / f"trial-{uuid4().hex}"
    try:
        trial.write_bytes(bytes(4096))
    except OSError as error:
        return {"what": "disk" if error.errno in DISK_FULL else "writing", "found": error.strerror or str(error)}
    finally:
        trial.unlink(missing_ok=True)
    return {}


@cache
def study_of(folder: str, scenario: str, inputs: str) -> Study | None:
    """The study at a path, opened once a worker; None where its files are not those of the run."""
    with collected():  # the run itself says what its study warns of
        study = Study.open(folder, scenario=scenario)
        return study if _hash_of(study) == inputs else None


@cache
def _examined(terms: Terms) -> dict[str, str]:
    return examine(terms)


def do_unit(terms: Terms, path: str, digest: str) -> tuple[str, dict[str, str], Any]:
    """The worker, what hinders it, and the result of the unit whose file has this path and hash."""
    from distributed import get_worker

    address = str(get_worker().address)
    finding = _examined(terms)
    if finding:
        return address, finding, None
    token = worker_name.set(address)
    try:
        work, arguments = _read(path, digest)
        if work is not do_part:
            _held.clear()  # a city's pages need the memory
        return address, {}, work(*arguments)
    except OSError as error:
        if error.errno in DISK_FULL:
            return address, {"what": "disk", "found": error.strerror or str(error)}, None
        return address, {"what": "output", "found": error.strerror or str(error)}, None
    finally:
        worker_name.reset(token)


def do_part(
    prepare: Callable[..., Any], inputs: tuple[tuple[str, str], ...], work: Callable[..., Any], part: tuple[Any, ...], folder: str
) -> tuple[str, str]:
    """Path and hash of the file with the result of a part. `inputs`: path and hash of what many parts share."""
    content = pickle.dumps(work(_prepared(prepare, inputs), *part), pickle.HIGHEST_PROTOCOL)
    digest = hashlib.sha256(content).hexdigest()
    path = Path(folder) / f"result-{digest[:16]}-{uuid4().hex[:8]}"  # parts may be equal
    with atomic_path(path) as begun:
        begun.write_bytes(content)
    return str(path), digest


def take_result(path: str, digest: str) -> Any:
    """The content of a result's file, which is removed."""
    result = _read(path, digest)
    Path(path).unlink(missing_ok=True)
    return result


_held: dict[Any, tuple[Any, list[Any]]] = {}
"""What was prepared last, with what it was made of."""
_in_use: WeakValueDictionary[str, Any] = WeakValueDictionary()
"""Shared items that are held, by their hash: map, positions and reach have one ground."""


def _prepared(prepare: Callable[..., Any], inputs: tuple[tuple[str, str], ...]) -> Any:
    """What many parts share, made once a worker; the last one is kept."""
    key = prepare, inputs
    if key not in _held:
        items = [_shared(*item) for item in inputs]  # before the last ones go: some may be the same
        _held.clear()
        _held[key] = prepare(*items), items
    return _held[key][0]


def _shared(path: str, digest: str) -> Any:
    """The content of a file that many parts share."""
    item = _in_use.get(digest)
    if item is None:
        item = _read(path, digest)
        with suppress(TypeError):  # plain values, which nothing can refer to weakly
            _in_use[digest] = item
    return item


def _read(path: str, digest: str) -> Any:
    """The content of a file by path and hash."""
    content = Path(path).read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise OSError(f"{Path(path).name[:20]}: not the file that the run wrote")
    return pickle.loads(content)
