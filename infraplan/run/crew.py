"""Who does the work of a run: this process, processes of this machine, or workers of a Dask cluster. No byte of a result depends on it.

Work comes in units that need each other in no way: functions of a module, each with its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import joblib

from infraplan.run.work_units import Unit
from infraplan.study import Study


class Crew(Protocol):
    """Workers that take units."""

    @property
    def words(self) -> str:
        """Who works, in a sentence; "" for this machine."""
        ...

    @property
    def kept(self) -> str:
        """Name of a temporary folder among the results that the crew needs; "" where it needs none."""
        ...

    def results(self, units: Iterable[Unit], count: int) -> Iterator[tuple[str, Any]]:
        """Name and result, or `Lost`, of each of about `count` units, as they end; units are made as they are taken."""
        ...


class Here:
    """This process, one unit after another."""

    words = kept = ""

    def results(self, units: Iterable[Unit], count: int) -> Iterator[tuple[str, Any]]:
        """See `Crew`."""
        return (_named(unit.name, unit.work, unit.arguments) for unit in units)


@dataclass(frozen=True)
class Processes:
    """Processes of this machine."""

    jobs: int
    words = kept = ""

    def results(self, units: Iterable[Unit], count: int) -> Iterator[tuple[str, Any]]:
        """See `Crew`."""
        workers = min(self.jobs, max(count, 1))
        tasks = (joblib.delayed(_named)(unit.name, unit.work, unit.arguments) for unit in units)
        done: Iterator[tuple[str, Any]] = joblib.Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch=workers * 2)(tasks)
        return done


def _named(name: str, work: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[str, Any]:
    return name, work(*arguments)


@contextmanager
def crew_for(study: Study, output: Path, *, jobs: int = 2, scheduler: str = "") -> Iterator[Crew]:
    """The crew of a run: workers of the cluster at `scheduler`, else `jobs` processes, of which one is this process.

    Raises
    ------
    UsageError
        `scheduler` is neither `tcp://host:port`, `tls://host:port` nor `local:4`.
    CrewError
        The scheduler or its workers cannot take the work: says why, worker by worker, and what to do.
    """
    if not scheduler:
        yield Here() if jobs == 1 else Processes(jobs)
        return
    from infraplan.run.cluster import cluster

    with cluster(scheduler, study, output) as crew:
        yield crew
