"""A server on one socket: what it says when it is ready, when it stops."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn

from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.study.scenarios import Edit
from infraplan.web.access import Access
from infraplan.web.app import Service

LOOPBACK = "127.0.0.1"
IDLE_S = 2 * 3600.0
LOOK_S = 1.0
"""How often the server looks whether it has been idle for too long."""


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bound(host: str, port: int) -> socket.socket:
    """A socket at an address.

    Raises
    ------
    UsageError
        The address is every address of the machine, is none of this machine, or the port is taken.
    """
    if host in ("0.0.0.0", "::", ""):
        raise UsageError(both("web.every_address", host=host))
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
    except OSError as error:
        raise UsageError(both("web.cannot_bind", host=host, port=port, reason=error.strerror or error)) from error
    return opened


def hosts_of(host: str, port: int) -> tuple[str, ...]:
    """The Host headers that name this server: of a loopback server all its names."""
    own = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    names = (own, f"{LOOPBACK}:{port}", f"localhost:{port}", f"[::1]:{port}") if is_loopback(host) else (own,)
    return tuple(dict.fromkeys(names))


class Running:
    """A server with its socket, which is bound at once; `run` answers until it is stopped or has been idle for too long.

    Parameters
    ----------
    host, port : str, int
        Where; port 0 takes a free one.
    idle_s : float
        The server stops after so many seconds without a request. [s]
    """

    def __init__(self, host: str = LOOPBACK, port: int = 0, *, idle_s: float = IDLE_S):
        self.socket = bound(host, port)
        self.port = int(self.socket.getsockname()[1])
        self.hosts = hosts_of(host, self.port)
        self.access = Access(by_token=not is_loopback(host))
        self.idle_s, self.was_idle = idle_s, False
        self._server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        """The address that opens the page."""
        return f"http://{self.hosts[0]}/?code={self.access.code}"

    def run(self, state: Any, ready: Callable[[str], None], *, lang: str = "zh", scenario: str = "", edits: Sequence[Edit] = ()) -> None:
        """Answer requests about a state of `WhatIf`. `ready` is called with the address once they are answered.

        `scenario` and `edits`: what the page begins with.
        """
        service = Service(state, self.access, self.hosts, lang)
        if edits:
            service.begin_with(scenario, edits)
        config = uvicorn.Config(
            service.guard, http="h11", ws="none", lifespan="on", log_config=None, log_level="critical", access_log=False,
            proxy_headers=False, server_header=False, timeout_graceful_shutdown=2, timeout_keep_alive=30, limit_concurrency=200,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        asyncio.run(self._run(self._server, service, ready))

    def stop(self) -> None:
        """End `run`; may be called in another thread."""
        if self._server is not None:
            self._server.should_exit = True

    async def _run(self, server: uvicorn.Server, service: Service, ready: Callable[[str], None]) -> None:
        serving = asyncio.create_task(server.serve([self.socket]))
        while not (server.started or serving.done()):
            await asyncio.sleep(0.01)
        if not serving.done():
            service.guard.last_use = time.monotonic()
            ready(self.url)
        while not serving.done():
            await asyncio.wait([serving], timeout=LOOK_S)
            if time.monotonic() - service.guard.last_use > self.idle_s and not server.should_exit:
                self.was_idle = True
                self.stop()
            if server.should_exit:
                service.events.end()
        await serving
