"""A Dask scheduler and workers as processes of their own on loopback, begun by Dask's own programs, that tests can kill."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

QUIET: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Cluster:
    """One scheduler and any number of workers. `options`: of both programs, such as those of TLS."""

    def __init__(self, folder: Path, options: tuple[str, ...] = (), protocol: str = "tcp"):
        self.folder, self.options = folder, options
        folder.mkdir()
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        where = ("--protocol", protocol, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        self.scheduler = self._start("scheduler", *where)
        self.address = _when_there(file, self.scheduler)
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    def add_worker(self, name: str, *, path: Path | None = None, threads: int = 1, largest_file: int | None = None) -> None:
        """One more worker. `path`: where it finds another infraplan; `largest_file`: its disk is full after so many bytes of a file."""
        environment = {} if path is None else {"PYTHONPATH": str(path)}
        given = (self.address, "--name", name, "--nthreads", str(threads), "--nworkers", "1", "--no-nanny", "--no-dashboard")
        self.workers[name] = self._start("worker", *given, environment=environment, largest_file=largest_file)

    def wait_for(self, count: int) -> None:
        """Until so many workers are there."""
        with self.client() as client:
            client.wait_for_workers(count, timeout=60)

    def client(self) -> Any:
        from distributed import Client

        return Client(self.address, set_as_default=False)

    def busy(self) -> list[str]:
        """Names of the workers that have a unit."""
        with self.client() as client:
            names = {address: worker["name"] for address, worker in client.scheduler_info(n_workers=-1)["workers"].items()}
            return sorted(names[address] for address, keys in client.processing().items() if keys)

    def close(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait(timeout=60)

    def _start(
        self, role: str, *given: str, environment: Mapping[str, str] | None = None, largest_file: int | None = None
    ) -> subprocess.Popen[bytes]:
        def limit() -> None:
            if largest_file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *given, *self.options]
        known = {**os.environ, "DASK_TEMPORARY_DIRECTORY": str(self.folder), **(environment or {})}
        process = subprocess.Popen(
            command, cwd=self.folder, env=known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=limit
        )
        self.processes.append(process)
        return process


def _when_there(file: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(600):
        assert process.poll() is None, "the scheduler ended at once"
        if file.is_file() and (text := file.read_text(encoding="utf-8")).strip().endswith("}"):
            return str(json.loads(text)["address"])
        time.sleep(0.1)
    raise AssertionError("no scheduler after a minute")


@contextmanager
def cluster_in(folder: Path, options: tuple[str, ...] = (), protocol: str = "tcp") -> Iterator[Cluster]:
    """A cluster that ends with the block."""
    begun = Cluster(folder, options, protocol)
    try:
        yield begun
    finally:
        begun.close()
