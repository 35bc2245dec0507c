"""A page of a running server as a program: what it sends, and what an attacker changes of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from infraplan.web.server import Running

WINDOW = "a-window-of-a-test"


class Client:
    """What a page of the server does, and what an attacker changes of it."""

    def __init__(self, running: Running):
        self.running, self.port = running, running.port
        self.host = f"127.0.0.1:{running.port}"
        self.cookie = ""

    def login(self) -> HTTPResponse:
        """Open the page by its one-time code."""
        answer = self.get(f"/?code={self.running.access.code}", cookie="")
        self.cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        return answer

    def get(self, path: str, **changed: str) -> HTTPResponse:
        return self.send("GET", path, None, changed)

    def post(self, path: str, body: bytes = b"{}", method: str = "POST", **changed: str) -> HTTPResponse:
        own = {
            "origin": f"http://{self.host}",
            "sec-fetch-site": "same-origin",
            "content-type": "application/json",
            "x-infraplan-window": WINDOW,
        }
        return self.send(method, path, body, own | {name.replace("_", "-"): value for name, value in changed.items()})

    def send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> HTTPResponse:
        """One request as it is written; a header that is "" is left out. The answer is read."""
        sent = {"host": self.host, "cookie": self.cookie} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            if value:
                connection.putheader(name, value)
        if isinstance(body, bytes):
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body if isinstance(body, bytes) else None)
        answer = connection.getresponse()
        answer.content = b"" if "event-stream" in (answer.getheader("content-type") or "") else answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer


def serving(engine: Any, **options: Any) -> Iterator[Running]:
    """A server in a thread, stopped at the end."""
    running, ready = Running(**options), threading.Event()
    thread = threading.Thread(target=running.run, args=(engine, lambda url: ready.set()))
    thread.start()
    assert ready.wait(20)
    yield running
    running.stop()
    thread.join(20)
    assert not thread.is_alive()


@contextmanager
def serve(study: Path, *options: str, login: bool = True) -> Iterator[Any]:
    """The verb as a process, and a page that is logged in, unless its code is left to another."""
    command = [sys.executable, "-m", "infraplan", "serve", str(study), "--no-open", "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        url = json.loads(line)["url"]
        host, _, code = url.removeprefix("http://").partition("/?code=")
        running: Any = SimpleNamespace(port=int(host.rpartition(":")[2]), access=SimpleNamespace(code=code))
        client = Client(running)
        assert not login or client.login().status == 303
        yield SimpleNamespace(process=process, client=client, url=url)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
