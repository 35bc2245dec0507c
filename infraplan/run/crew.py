"""Who does the work of a run: this process, processes of this machine, or workers of a Dask cluster. No byte of a result depends on it.

Work comes in units that need each other in no way: functions of a module, each with its arguments. Searches beside that for a plan are
begun by further processes too (`siting.searches_beside`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import joblib

from infraplan.run.work_units import Unit
from infraplan.siting.cover.workers import ChildFailed
from infraplan.siting.cover.workers import Crew as Children
from infraplan.siting.searches_beside import beside
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


class Helpers:
    """Processes of this machine that search beside this one: each begins with a search and ends with the last."""

    def __init__(self, most: int) -> None:
        self.most, self.given, self.children = most, list[Future[Any]](), list[Children]()

    def begin(self, work: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        """See `Beside`."""
        if len(self.children) < self.most:
            self.children.append(Children(1))
        number = len(self.given)
        before = self.given[number - self.most] if number >= self.most else None
        future = self.children[number % self.most].submit(work, *arguments)
        self.given.append(future)

        def result() -> Any:
            waits = before is not None and not before.done()  # behind another search, while this process has nothing to do
            try:
                if not (waits and future.cancel()):
                    with suppress(ChildFailed):  # a process that was killed, for want of memory say
                        return future.result()
                return work(*arguments)
            finally:
                if all(one.done() for one in self.given):
                    self.close()

        return result

    def close(self) -> None:
        """Ends the processes, which hold what they searched."""
        for children in self.children:
            children.close()
        self.children, self.given = [], []

    @contextmanager
    def used(self) -> Iterator[None]:
        """The block in which searches are begun here."""
        token = beside.set(self.begin)
        try:
            yield
        finally:
            beside.reset(token)
            self.close()


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
    if not scheduler and jobs == 1:
        yield Here()
        return
    if not scheduler:
        with Helpers(jobs - 1).used():
            yield Processes(jobs)
        return
    from infraplan.run.cluster import cluster

    with cluster(scheduler, study, output) as crew:
        yield crew
