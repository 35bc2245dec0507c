"""Workers of a Dask cluster as a crew. Scheduling, repeating the work of a lost worker and TLS are Dask's, by its configuration.

A unit travels as a file among the results, named by the hash of its content: the graph has a path and a hash. Workers see the study and its
results under the same paths as this process, and run the same program; `infraplan.run.workers` is what they do.
"""

from __future__ import annotations

import logging
import pickle
import re
import shutil
import socket
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from infraplan.coverage.spread import spread
from infraplan.errors import DataError, Fault, UsageError
from infraplan.extras import require
from infraplan.messages import Bilingual, both
from infraplan.run.work_units import Lost, Unit
from infraplan.run.workers import Terms, do_part, do_unit, examine, take_result, terms_of
from infraplan.siting.searches_beside import beside
from infraplan.study import Study

FOLDER = ".crew.part"
ADDRESS = re.compile(r"(tcp|tls)://(\[[^\]]+\]|[^:/\[\]]+):(\d{1,5})")
LOCAL = re.compile(r"local:([1-9]\d{0,2})")
WAIT_S = 5.0
WATCHED_LESS = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "500ms",
}
"""Of workers of this machine: what a dashboard would show costs a tenth of a core, and there is none."""
IMPORTED_ONCE, PRELOADED = "distributed.worker.multiprocessing-method", ("distributed", "infraplan.run.batch", "infraplan.run.workers")
"""Workers of this machine are forked from a process that imports these, which takes six seconds, once for all of them. Elsewhere than on
Linux each imports them by itself."""
LOOPBACK = ("localhost", "::1")


class CrewError(DataError):
    """A scheduler or its workers cannot do the work, or no longer: each fault says where, why and what to do."""


@dataclass(frozen=True)
class ClusterCrew:
    """Workers of a cluster, one thread each. `address`: as the user wrote it."""

    client: Any
    address: str
    terms: Terms
    folder: Path
    words: str

    @property
    def kept(self) -> str:
        """See `Crew`."""
        return self.folder.name

    def results(self, units: Iterable[Unit], count: int) -> Iterator[tuple[str, Any]]:
        """See `Crew`."""
        waiting, idle_s = iter(units), 0.0
        begun: dict[str, tuple[Any, str, Path]] = {}
        more = True
        with self._losses_in_words():
            while more or begun:
                while more and len(begun) < 2 * max(1, len(self.client.nthreads())):
                    unit = next(waiting, None)
                    more = unit is not None
                    if unit is not None:
                        future, path = self._begin(unit)
                        begun[future.key] = (future, unit.name, path)
                if not begun:
                    return
                ended, idle_s = self._ended([future for future, _, _ in begun.values()], idle_s)
                for key in sorted(future.key for future in ended):
                    future, name, path = begun.pop(key)
                    yield name, self._taken(future, name, path)

    def spread(
        self, prepare: Callable[..., Any], shared: Sequence[Any], work: Callable[..., Any], parts: Sequence[tuple[Any, ...]]
    ) -> Iterator[Any]:
        """Parts of a computation by the workers, in the order of the parts: see `coverage.spread`."""
        inputs = tuple(self._shared(item) for item in shared)
        units = (Unit(f"part-{number}", do_part, (prepare, inputs, work, part, self.terms.units)) for number, part in enumerate(parts))
        waiting: dict[str, Any] = {}
        results, next_one = self.results(units, len(parts)), 0
        for name, result in results:
            waiting[name] = self._not_lost(result)
            while (key := f"part-{next_one}") in waiting:
                yield take_result(*waiting.pop(key))
                next_one += 1

    def begin(self, work: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        """A search by a worker: see `siting.searches_beside`."""
        with self._losses_in_words():
            future, path = self._begin(Unit("search", work, arguments))

        def result() -> Any:
            ended: set[Any] = set()
            idle_s = 0.0
            with self._losses_in_words():
                while not ended:
                    ended, idle_s = self._ended([future], idle_s)
                return self._not_lost(self._taken(future, "search", path))

        return result

    @contextmanager
    def _losses_in_words(self) -> Iterator[None]:
        """What Dask says of a scheduler that is gone, as a fault of ours."""
        from distributed.client import FutureCancelledError, FuturesCancelledError
        from distributed.comm.core import CommClosedError

        try:
            yield
        except (FutureCancelledError, FuturesCancelledError, OSError) as error:
            # a closed connection is often noticed here before the client notices it
            if isinstance(error, OSError) and not isinstance(error, CommClosedError) and self.client.status == "running":
                raise
            raise CrewError(_fault(self.address, "scheduler_lost")) from None

    def _ended(self, futures: list[Any], idle_s: float) -> tuple[set[Any], float]:
        """Those that ended, none after a while; and for how long there has been no worker. [s]"""
        try:
            with self.client.as_current():
                return set(_dask().wait(futures, timeout=WAIT_S, return_when="FIRST_COMPLETED").done), 0.0
        except TimeoutError:
            idle_s = 0.0 if self.client.nthreads() else idle_s + WAIT_S
            if idle_s >= _connect_s():
                raise CrewError(_fault(self.address, "no_worker_left")) from None
            return set(), idle_s

    def _taken(self, future: Any, name: str, path: Path) -> Any:
        """The result of a unit that ended, whose file is removed."""
        result = self._result(future, name)
        future.release()
        path.unlink(missing_ok=True)
        return result

    def _not_lost(self, result: Any) -> Any:
        """A result without which the run cannot go on."""
        if isinstance(result, Lost):
            raise CrewError(Fault(self.address, result.reason, both("run.no_worker_left_fix"), rule="worker_killed"))
        return result

    def _shared(self, item: Any) -> tuple[str, str]:
        """Path and hash of a file that many units read; written once."""
        content = pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
        digest = sha256(content).hexdigest()
        path = self.folder / f"shared-{digest}"
        if not path.exists():
            path.write_bytes(content)
        return str(path), digest

    def _begin(self, unit: Unit) -> tuple[Any, Path]:
        """Writes a unit and hands its path to the scheduler."""
        content = pickle.dumps((unit.work, unit.arguments), pickle.HIGHEST_PROTOCOL)
        digest = sha256(content).hexdigest()
        path = self.folder / digest
        path.write_bytes(content)
        key = f"{unit.name}-{uuid.uuid4().hex[:12]}"
        return self.client.submit(do_unit, self.terms, str(path), digest, key=key, pure=False), path

    def _result(self, future: Any, name: str) -> Any:
        """The result of a unit that ended, `Lost` where its workers died; a refusal of a worker ends the run."""
        from distributed.scheduler import KilledWorker

        try:
            worker, finding, result = future.result()
        except KilledWorker as error:
            return Lost(both("run.worker_killed", unit=name, worker=str(error.last_worker.address)))
        if finding:
            raise CrewError(_refusal(worker, finding, self.terms))
        return result


@contextmanager
def cluster(address: str, study: Study, output: Path) -> Iterator[ClusterCrew]:
    """The workers at an address, or `local:4` processes of this machine begun by Dask, each looked at before any work."""
    local = LOCAL.fullmatch(address)
    if not local and not ADDRESS.fullmatch(address):
        raise UsageError(both("run.scheduler_form", value=address))
    require("cluster")
    begun = not output.exists()
    folder = output / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    terms = terms_of(study, folder, uuid.uuid4().hex[:12])
    with ExitStack() as stack:
        folder.mkdir(parents=True)
        stack.callback(_remove, folder, begun)
        (folder / terms.mark).write_text(terms.mark, encoding="utf-8")
        stack.enter_context(_quiet())
        client = _local(int(local[1]), stack) if local else _remote(address, stack)
        _wait_for_workers(client, address)
        faults = _refusals(client, terms)
        if faults:
            raise CrewError(faults)
        crew = ClusterCrew(client, address, terms, folder, _words(client, address))
        stack.callback(spread.reset, spread.set(crew.spread))
        stack.callback(beside.reset, beside.set(crew.begin))
        yield crew


def _dask() -> Any:
    """The package, which has no types."""
    return import_module("distributed")


def is_open(address: str) -> bool:
    """Whether an address is neither this machine nor encrypted."""
    found = ADDRESS.fullmatch(address)
    return found is not None and found[1] == "tcp" and not _loopback(found[2].strip("[]"))


def _loopback(host: str) -> bool:
    return host in LOOPBACK or host.startswith("127.")


def _local(count: int, stack: ExitStack) -> Any:
    """Workers of this machine, which share its memory in equal parts."""
    import dask
    from distributed.system import MEMORY_LIMIT

    stack.enter_context(dask.config.set(WATCHED_LESS | ({IMPORTED_ONCE: "forkserver"} if sys.platform == "linux" else {})))
    if sys.platform == "linux":
        import_module("distributed.utils").get_mp_context().set_forkserver_preload(list(PRELOADED))
    own = _dask().LocalCluster(
        n_workers=count, threads_per_worker=1, processes=True, memory_limit=MEMORY_LIMIT // count, dashboard_address=None,
        host="127.0.0.1", silence_logs=logging.CRITICAL,
    )  # fmt: skip
    stack.enter_context(own)
    return stack.enter_context(_dask().Client(own, set_as_default=False))


def _remote(address: str, stack: ExitStack) -> Any:
    """A client of a scheduler that runs; an error in words where nobody listens or TLS fails."""
    _, host, port = ADDRESS.fullmatch(address).groups()  # type: ignore[union-attr]
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_connect_s()):
            pass
    except (OSError, OverflowError) as error:
        raise CrewError(_fault(address, "scheduler_silent", reason=getattr(error, "strerror", None) or str(error))) from None
    try:
        client = _dask().Client(address, timeout=min(10.0, _connect_s()), set_as_default=False)
    except TypeError:  # what Dask says to an encrypted address without certificates
        raise CrewError(_fault(address, "tls_not_configured")) from None
    except OSError as error:
        key = "tls_refused" if address.startswith("tls:") else "scheduler_not_understood"
        raise CrewError(_fault(address, key, reason=str(error))) from None
    stack.callback(_close, client)
    return client


def _close(client: Any) -> None:
    with suppress(TimeoutError, OSError):
        client.close(timeout=5)


def _wait_for_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_connect_s())
    except TimeoutError:
        raise CrewError(_fault(address, "no_workers")) from None


def _refusals(client: Any, terms: Terms) -> list[Fault]:
    """What hinders each worker; all workers are asked at once."""
    faults = []
    answers = client.run(examine, terms, on_error="return")
    for worker, threads in sorted(client.nthreads().items()):
        answer = answers.get(worker, {})
        if isinstance(answer, BaseException):
            answer = {"what": "program", "found": f"{type(answer).__name__}: {answer}"[:200]}
        elif not answer and threads != 1:
            answer = {"what": "threads", "found": str(threads)}
        if answer:
            faults.append(_refusal(worker, answer, terms))
    return faults


def _refusal(worker: str, finding: dict[str, str], terms: Terms) -> Fault:
    own = {"folder": terms.folder, "output": terms.output, "version": dict(terms.versions)["infraplan"]}
    return _fault(worker, f"worker_{finding['what']}", found=finding["found"], **own)


def _fault(where: str, key: str, **values: str) -> Fault:
    return Fault(where, both(f"run.{key}", **values), both(f"run.{key}_fix", **values), rule=key)


def _words(client: Any, address: str) -> Bilingual:
    """How many workers, and the memory that each may use."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    limits = sorted({int(worker["memory_limit"] or 0) for worker in workers})
    most = both("run.no_memory_limit") if 0 in limits else both("run.memory_limit", gib=f"{limits[-1] / 2**30:.1f}")
    return both("run.crew", count=len(workers), address=address, memory=most)


def _connect_s() -> float:
    """How long Dask's configuration waits for a connection. [s]"""
    import dask
    from dask.utils import parse_timedelta

    return float(parse_timedelta(dask.config.get("distributed.comm.timeouts.connect", "30s")))


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask logs nothing meanwhile: what it would say is an error of ours, in words."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "distributed.worker", "distributed.scheduler")]
    known = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, known, strict=True):
            logger.setLevel(level)


def _remove(folder: Path, begun: bool) -> None:
    """Removes the units, and a folder of results that has nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    if begun:
        with suppress(OSError):
            folder.parent.rmdir()
