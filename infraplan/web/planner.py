"""A plan that is being completed, in a process of its own: its progress as events, ended by `cancel`."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.web.bodies import PlanOrder

MODULE = "infraplan.run.complete_plan"
"""Reads one JSON document from stdin, writes a line of JSON for each step."""
PATIENCE_S = 5.0
"""A process that does not end within so many seconds is killed."""


class Planner:
    """At most one plan at a time.

    Parameters
    ----------
    study : Study
        Whose sites are completed.
    publish : callable
        Receives ("plan", {...}) for every line of the process.
    """

    def __init__(self, study: Any, publish: Callable[[str, dict[str, Any]], None], command: Sequence[str] = ()):
        self._folder, self._publish = study.folder, publish
        self._command = list(command) or [sys.executable, "-m", MODULE]
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self.last: dict[str, Any] | None = None

    def start(self, order: PlanOrder, edits: Sequence[Any]) -> None:
        """Begin a plan that keeps the edits.

        Raises
        ------
        UsageError
            A plan is being made.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                raise UsageError(both("web.plan_runs"))
            process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
            )  # fmt: skip
            self._process = process
        content = {"study": str(self._folder), "edits": [edit.written() for edit in edits], **order.model_dump()}
        self.last = {"kind": "progress"}
        threading.Thread(target=self._follow, args=(process, json.dumps(content)), name="plan", daemon=True).start()

    def cancel(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()

    def _follow(self, process: subprocess.Popen[str], content: str) -> None:
        """Passes on each line; a process that ends without a result has failed or was ended."""
        assert process.stdin is not None and process.stdout is not None
        ended = False
        try:
            process.stdin.write(content)
            process.stdin.close()
            for line in process.stdout:
                try:
                    step = json.loads(line)
                except ValueError:
                    continue
                ended = step.get("kind") in ("done", "failed")
                self._say(step)
        except OSError:
            pass
        process.wait()
        if not ended:
            self._say({"kind": "ended", "signal": process.returncode < 0})

    def _say(self, step: dict[str, Any]) -> None:
        if "step" in step:  # a key of the catalogue
            written = both(str(step.pop("step")))
            step |= {"step_zh": written.zh, "step_en": written.en}
        self.last = step
        self._publish("plan", step)
