"""Work in child processes that can be killed: HiGHS may overrun its own time limit, and Ctrl-C must not wait for it.

A child is a fresh interpreter that reads pickled jobs and writes pickled results; it dies with its pipe. No fork, so threads are safe.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

from infraplan.siting.cover.incumbent import Clock

_SIZE_BYTES = 8
INLINE_UP_TO = 20_000  # entries of a model

Answer = TypeVar("Answer")


class ChildFailed(RuntimeError):
    """A child process died or could not do its job."""


class Crew:
    """A few child processes that take jobs from one queue. `count` 0: jobs run here, when submitted."""

    def __init__(self, count: int) -> None:
        self._jobs: queue.SimpleQueue[tuple[Future[Any], bytes] | None] = queue.SimpleQueue()
        self._children = [_start_child() for _ in range(count)]
        for child in self._children:
            threading.Thread(target=self._serve, args=(child,), daemon=True).start()

    @property
    def size(self) -> int:
        """Children at work."""
        return len(self._children)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run a module-level function in a child; results do not depend on which child, or how many there are."""
        future: Future[Any] = Future()
        if not self._children:
            future.set_result(function(*arguments))
        else:
            self._jobs.put((future, pickle.dumps((function.__module__, function.__qualname__, arguments), pickle.HIGHEST_PROTOCOL)))
        return future

    def close(self) -> None:
        """Kill the children, whatever they do."""
        for child in self._children:
            child.kill()
            self._jobs.put(None)
        for child in self._children:
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        self._children = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _serve(self, child: subprocess.Popen[bytes]) -> None:
        while (job := self._jobs.get()) is not None:
            future, message = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                _send(child.stdin, message)
                done, result = pickle.loads(_receive(child.stdout))
            except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
                future.set_exception(ChildFailed(str(error)))
                continue
            if done:
                future.set_result(result)
            else:
                future.set_exception(ChildFailed(result))


def result_in_time(future: Future[Answer], clock: Clock, grace_s: float = 0.0) -> Answer | None:
    """The result, or None when the clock struck first or the child failed."""
    try:
        return future.result(None if clock.work_limit is not None else max(0.05, clock.left_s + grace_s))
    except (TimeoutError, ChildFailed):
        return None


def crew_size(entries: int, workers: int | None) -> int:
    """Children to start: none for what takes less than starting them."""
    if workers is not None:
        return workers
    return 0 if entries <= INLINE_UP_TO else min(2, os.cpu_count() or 1)


def _start_child() -> subprocess.Popen[bytes]:
    path = os.pathsep.join(part for part in sys.path if part)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": path}
    command = [sys.executable, "-c", f"from {__name__} import work; work()"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True)


def _send(pipe: Any, message: bytes) -> None:
    pipe.write(len(message).to_bytes(_SIZE_BYTES, "little"))
    pipe.write(message)
    pipe.flush()


def _receive(pipe: Any) -> bytes:
    header = pipe.read(_SIZE_BYTES)
    if len(header) < _SIZE_BYTES:
        raise EOFError("the child process ended")
    message = pipe.read(int.from_bytes(header, "little"))
    return bytes(message)


def work() -> None:
    """A child's life: take a job, do it, hand back (True, result) or (False, what went wrong)."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    jobs: BinaryIO = sys.stdin.buffer
    results: BinaryIO = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while True:
        try:
            module, name, arguments = pickle.loads(_receive(jobs))
        except EOFError:
            return
        try:
            answer: tuple[bool, Any] = (True, getattr(importlib.import_module(module), name)(*arguments))
        except Exception as error:
            answer = (False, f"{type(error).__name__}: {error}")
        _send(results, pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))


def _end_with(parent: int) -> None:
    """Die with the parent, even in the middle of a job."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)
