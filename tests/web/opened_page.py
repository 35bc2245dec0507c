"""The page of a server in Chromium, with everything that went wrong."""

from __future__ import annotations

from typing import Any


class Page:
    """The page of a server, with everything that went wrong."""

    def __init__(self, browser: Any, url: str, width: int = 1440, height: int = 900):
        phone = {"is_mobile": True, "has_touch": True} if width < 720 else {}
        self.context = browser.new_context(viewport={"width": width, "height": height}, **phone)
        self.page = self.context.new_page()
        self.own = url.partition("/?")[0]
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("dialog", lambda dialog: (self.errors.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on(
            "requestfailed", lambda request: self.errors.append(request.url) if "ERR_ABORTED" not in str(request.failure) else None
        )
        self.page.on("request", lambda request: self.look(request.url))
        self.page.goto(url)
        self.page.wait_for_selector("body[data-ready='true']")

    def look(self, url: str) -> None:
        if not url.startswith((self.own + "/", "data:", "blob:")):
            self.elsewhere.append(url)

    def clean(self) -> None:
        assert self.errors == [] and self.elsewhere == []
        self.context.close()

    def computed(self, version: int) -> None:
        """Waits until a list of edits is computed and drawn, its targets too."""
        for name in ("version", "picture", "targets"):
            self.page.wait_for_selector(f"body[data-{name}='{version}']")

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a place is on the screen."""
        x, y, left, top = self.page.evaluate(
            "([lat, lon]) => { const map = infraplan.map(), p = map.latLngToContainerPoint([lat, lon]);"
            " const r = map.getContainer().getBoundingClientRect(); return [p.x, p.y, r.left, r.top]; }",
            [latitude, longitude],
        )
        return x + left, y + top

    def shown_share(self, zone: str) -> str:
        """The share now of a zone, as the table of people has it."""
        return str(self.page.locator("#people tr", has=self.page.get_by_text(zone, exact=True)).first.locator("td").nth(2).inner_text())
