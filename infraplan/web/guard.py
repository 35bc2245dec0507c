"""What every request passes before any route: a page of another site in the same browser must get nothing and change nothing.

The checks of a request are in one function, `refusal`, in the order in which they are made.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from infraplan.web.access import Access

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 64 * 1024
BODY_S = 10.0
"""A body has to be there within so many seconds."""
CHANGES = ("POST", "DELETE")
WINDOW = b"x-infraplan-window"
"""The header of ours, with the id of the page's window. A form and a page of another site cannot set it."""
WINDOW_ID = re.compile(rb"[A-Za-z0-9-]{8,64}")
PAGES = ("/", "/zh", "/en")
HEARTBEAT = "/window"
"""What the page asks by itself again and again: it does not keep a server alive that nobody uses."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ANSWERED = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cache-control": b"no-store",
}
"""Headers of every answer."""


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered: status and the key of the sentence in `messages/web.toml`."""

    status: int
    reason: str


class Guard:
    """ASGI: checks each request, reads its body within the limit, puts the headers of safety on each answer.

    Parameters
    ----------
    app : callable
        What answers requests that pass.
    access : Access
        Codes and sessions.
    hosts : tuple of str
        The Host headers accepted, each with its port.
    refuse : callable
        Makes the ASGI answer of a `Refusal`.
    """

    def __init__(self, app: App, access: Access, hosts: tuple[str, ...], refuse: Callable[[Refusal], App]):
        self._app, self._access, self._refuse = app, access, refuse
        self._hosts = frozenset(host.lower().encode() for host in hosts)
        self.cookie = f"infraplan-{hosts[0].rpartition(':')[2]}"
        self.last_use = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in ANSWERED]
                message = {**message, "headers": [*kept, *ANSWERED.items()]}
            await send(message)

        refused = self.refusal(scope)
        if refused is not None:
            await self._refuse(refused)(scope, receive, answer)
            return
        if scope["path"] == "/" and scope["query_string"]:
            await self._exchange(scope, receive, answer)
            return
        body = await _body(receive)
        if isinstance(body, Refusal):
            await self._refuse(body)(scope, receive, answer)
            return
        if scope["path"] != HEARTBEAT:
            self.last_use = time.monotonic()
        await self._app(scope, _replayed(body, receive), answer)

    def refusal(self, scope: Scope) -> Refusal | None:
        """Why a request is refused before its body is read; None for one that passes."""
        headers = scope["headers"]
        host = _only(headers, b"host")
        if host is None or host.lower() not in self._hosts:
            return Refusal(421, "foreign_host")
        if b"%" in scope["raw_path"] or b".." in scope["raw_path"] or b"\\" in scope["raw_path"]:
            return Refusal(400, "path_refused")
        site = _only(headers, b"sec-fetch-site", b"none")
        if site not in (b"same-origin", b"none"):
            return Refusal(403, "cross_site")
        origin = _only(headers, b"origin", b"http://" + host)
        if origin is None or origin.lower() != b"http://" + host.lower():
            return Refusal(403, "foreign_origin")
        method = scope["method"]
        if method not in ("GET", *CHANGES):
            return Refusal(405, "method_refused")
        length = _only(headers, b"content-length", b"0")
        if length is None or not length.isdigit() or int(length) > MOST_BYTES:
            return Refusal(413, "body_too_long")
        if scope["path"] == "/" and scope["query_string"]:
            return None if method == "GET" else Refusal(405, "method_refused")  # the code is checked by `_exchange`
        session = self._session(headers)
        if not session:
            return Refusal(401, "no_session")
        if scope["path"] in PAGES and not self._access.may_open(session):
            return Refusal(401, "token_again")
        return self._refused_change(headers) if method in CHANGES else None

    @staticmethod
    def _refused_change(headers: list[tuple[bytes, bytes]]) -> Refusal | None:
        """What a request that changes anything must show beside what every request shows."""
        if _only(headers, b"origin") is None or _only(headers, b"sec-fetch-site") != b"same-origin":
            return Refusal(403, "not_of_the_page")
        if _only(headers, b"content-type") != b"application/json":
            return Refusal(415, "content_type")
        window = _only(headers, WINDOW)
        if window is None or not WINDOW_ID.fullmatch(window):
            return Refusal(403, "not_of_the_page")
        return None

    def _session(self, headers: list[tuple[bytes, bytes]]) -> str:
        """The session of the cookie, "" where there is no valid one."""
        try:
            morsel = SimpleCookie((_only(headers, b"cookie") or b"").decode("latin-1")).get(self.cookie)
        except CookieError:
            return ""
        return morsel.value if morsel is not None and self._access.known(morsel.value) else ""

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A code becomes a cookie, and the address of the page loses it."""
        given = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=4).get("code", [""])
        session = self._access.exchange(given[0]) if len(given) == 1 else None
        if session is None:
            await self._refuse(Refusal(403, "code_refused"))(scope, receive, send)
            return
        self.last_use = time.monotonic()
        cookie = f"{self.cookie}={session}; HttpOnly; SameSite=Strict; Path=/"
        await send({"type": "http.response.start", "status": 303, "headers": [(b"location", b"/"), (b"set-cookie", cookie.encode())]})
        await send({"type": "http.response.body", "body": b""})


def _only(headers: list[tuple[bytes, bytes]], name: bytes, absent: bytes | None = None) -> bytes | None:
    """The value of a header; `absent` where it is not there, None where it is there twice."""
    values = [value for key, value in headers if key.lower() == name]
    return absent if not values else values[0] if len(values) == 1 else None


async def _body(receive: Receive) -> bytes | Refusal:
    """The whole body of a request, also of one that states no length."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return Refusal(400, "body_incomplete")
                body += message.get("body", b"")
                if len(body) > MOST_BYTES:
                    return Refusal(413, "body_too_long")
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        return Refusal(408, "body_incomplete")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, then what else comes."""
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message
