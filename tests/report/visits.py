"""Pages opened in Chromium with the network off."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Visit:
    """A page opened offline, with everything that went wrong."""

    def __init__(self, browser: Any, path: Path, width: int = 1280, height: int = 860, address: str = ""):
        phone = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2} if width < 720 else {}
        self.context = browser.new_context(offline=True, viewport={"width": width, "height": height}, **phone)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("dialog", lambda dialog: (self.errors.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri() + address)

    def clean(self) -> bool:
        outside = [url for url in self.requests[1:] if not url.startswith("data:")]
        assert self.errors == [] and outside == []
        return True

    def pixels(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.page.locator(".folium-map").screenshot())).convert("RGB"))


def open_map(browser: Any, path: Path, width: int = 1280, height: int = 860) -> Visit:
    visit = Visit(browser, path, width, height)
    visit.page.wait_for_function("window.infraplanMap && window.infraplanMap.ready")
    visit.page.wait_for_timeout(400)
    return visit
