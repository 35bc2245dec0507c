"""Who may ask: the codes that open the page, the sessions they are exchanged for, the window that may edit."""

from __future__ import annotations

import time
from collections.abc import Callable
from secrets import compare_digest, token_urlsafe

TOKEN_BYTES = 32
SILENT_S = 15.0
"""A window that is silent for so long is gone; its page speaks every 4 s."""


class Access:
    """The one-time code and the sessions of a server.

    `by_token`: other machines reach the server. The code then is a token that stays valid, and every opening of the page asks for it.
    """

    def __init__(self, *, by_token: bool = False):
        self.by_token = by_token
        self.code = token_urlsafe(TOKEN_BYTES)
        self._used = False
        self._sessions: dict[str, bool] = {}

    def exchange(self, code: str) -> str | None:
        """A new session for a valid code, None for any other; a one-time code is used up."""
        right = compare_digest(code.encode(), self.code.encode())
        if not right or (self._used and not self.by_token):
            return None
        self._used = True
        session = token_urlsafe(TOKEN_BYTES)
        self._sessions[session] = True
        return session

    def known(self, session: str) -> bool:
        """Whether this is one of the sessions, in a time that does not depend on how much of it is right."""
        return sum(compare_digest(session.encode(), own.encode()) for own in self._sessions) == 1

    def may_open(self, session: str) -> bool:
        """Whether the page may be opened with this session: by token once for each time it was given."""
        first, self._sessions[session] = self._sessions.get(session, False), False
        return first or not self.by_token


class Windows:
    """Which window of the page may edit: the first, and another once it is gone or silent."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._holder, self._heard = "", 0.0

    def speaks(self, window: str) -> bool:
        """Notes that a window is there; whether it may edit."""
        now = self._clock()
        if window == self._holder or not self._holder or now - self._heard > SILENT_S:
            self._holder, self._heard = window, now
        return window == self._holder

    def leaves(self, window: str) -> None:
        """A window was closed."""
        if window == self._holder:
            self._holder = ""
