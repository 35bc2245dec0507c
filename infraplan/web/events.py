"""What the server says by itself to every open page: server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

WAITING = 100
"""A page that does not take so many events loses the oldest."""
SILENCE_S = 15.0
"""A comment is sent after so much silence, so that a closed connection is noticed."""


class Events:
    """Sends events to all pages that listen. `publish` may be called in any thread, once the loop runs."""

    def __init__(self) -> None:
        self._listeners: list[asyncio.Queue[str]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False

    def begin(self) -> None:
        """Remember the loop of the server."""
        self._loop = asyncio.get_running_loop()

    def publish(self, kind: str, content: dict[str, Any]) -> None:
        """Send an event to every page."""
        text = f"event: {kind}\ndata: {json.dumps(content, ensure_ascii=False, allow_nan=False)}\n\n"
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._send, text)

    def end(self) -> None:
        """Say that the server stops, and end every stream."""
        self._ended = True
        self._send("event: stopped\ndata: {}\n\n")

    def _send(self, text: str) -> None:
        for waiting in self._listeners:
            if waiting.full():
                waiting.get_nowait()
            waiting.put_nowait(text)

    async def listen(self) -> AsyncIterator[str]:
        """The events from now on, as text of the stream."""
        waiting: asyncio.Queue[str] = asyncio.Queue(WAITING)
        self._listeners.append(waiting)
        try:
            yield "retry: 2000\n\n"
            while not (self._ended and waiting.empty()):
                try:
                    yield await asyncio.wait_for(waiting.get(), SILENCE_S)
                except TimeoutError:
                    yield ": \n\n"
        finally:
            self._listeners.remove(waiting)
