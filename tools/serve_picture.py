"""The picture of the page of `infraplan serve` in README and docs: a suggested site adopted, and the ground to a place beside it.

    python tools/serve_picture.py STUDY docs/images

STUDY was run before; the committed picture is of the example's Shaoguan (`infraplan new guangdong STUDY --cities 440200`).
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ZOOM, COLOURS = 11, 160


def main() -> None:
    study, folder = sys.argv[1], Path(sys.argv[2])
    command = [sys.executable, "-W", "ignore", "-m", "infraplan", "serve", study, "--no-open", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), headless=True, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(90_000)
            page.goto(json.loads(server.stdout.readline())["url"])
            page.wait_for_selector("body[data-ready='true']")
            site = page.evaluate("() => infraplan.sites().find((row) => row.status === 'suggested')")
            place = [site["latitude"], site["longitude"], ZOOM]
            page.evaluate("([lat, lon, zoom]) => { infraplan.map().setView([lat, lon], zoom, { animate: false }); }", place)
            page.wait_for_timeout(4000)
            page.evaluate("(id) => { infraplan.choose(id); }", site["id"])
            page.locator("#site-form button.first").click()
            page.wait_for_selector("body[data-picture='1'][data-targets='1']")
            box = page.locator("#map").bounding_box()
            assert box is not None
            page.mouse.click(box["x"] + box["width"] / 2 + 46, box["y"] + box["height"] / 2 - 38)
            page.wait_for_timeout(2500)
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            shot.resize((1200, 750), Image.Resampling.LANCZOS).quantize(COLOURS).save(folder / "what_if.png", optimize=True)
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    main()
