"""How long the page of `infraplan serve` takes and how much it sends: loading, first page, edits with a city and everything in view.

    python benchmarks/serve.py [STUDY] [--edits 40] [--quick] [--json]

STUDY was run before (default outputs/guangdong/study, made by `make demo`). Debian's Chromium drags sites of the study with its
mouse. An edit ends when the picture and the shares of its zones are drawn ("edit"); its targets follow ("targets"). Bytes are those over
the wire for an edit, its targets included.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CITY_ZOOM = 10
SEED = 20
WATCH = """() => {
  const seen = (window.seen = {});
  addEventListener("mouseup", () => { seen.begun = performance.now(); }, true);
  new MutationObserver(() => {
    const { version, picture, targets } = document.body.dataset, now = performance.now();
    if (version === picture) seen["edit" + version] ??= now;
    seen["targets" + targets] ??= now;
  }).observe(document.body, { attributes: true });
}"""
"""The page's own clock: a driver looks at the page every half second alone once it has waited for a second."""


def peak_mib(process: int) -> float:
    """Largest resident memory of a process so far."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


class Page:
    """The page in the browser, with the bytes it received."""

    def __init__(self, browser: Any, url: str):
        self.page = browser.new_page(viewport={"width": 1440, "height": 900})
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.received = 0
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda event: self.count(event["encodedDataLength"]))
        session.on("Network.dataReceived", lambda event: None)
        begun = time.perf_counter()
        self.page.goto(url)
        self.page.wait_for_selector("body[data-ready='true']", timeout=120_000)
        self.first_s = time.perf_counter() - begun
        self.page.evaluate(WATCH)

    def count(self, size: float) -> None:
        self.received += int(size)

    def view(self, place: tuple[float, float] | None) -> list[dict[str, Any]]:
        """Show a city or everything; the existing sites that can be chosen there."""
        if place is None:
            self.page.evaluate(
                "() => { const [w, s, e, n] = infraplan.model.facts.bounds;"
                " infraplan.map().fitBounds([[s, w], [n, e]], {animate: false}); }"
            )
        else:
            self.page.evaluate(
                "([lat, lon, zoom]) => { infraplan.map().setView([lat, lon], zoom, {animate: false}); }", [*place, CITY_ZOOM]
            )
        self.page.wait_for_timeout(4000)
        rows = self.page.evaluate(
            "() => { const map = infraplan.map(), view = map.getBounds().pad(-0.25);"
            " return infraplan.sites().filter((row) => row.status === 'existing' && !row.edit"
            " && view.contains([row.latitude, row.longitude])); }"
        )
        return list(rows)

    def drag(self, site: dict[str, Any], right: float, down: float, version: int) -> dict[str, float]:
        """Choose a site, drag its sign, wait for the picture and the shares, then for the targets."""
        self.page.evaluate("(id) => { infraplan.choose(id); }", site["id"])
        mark = self.page.locator(".site-mark.chosen")
        mark.wait_for()
        box = mark.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + right / 2, y + down / 2, steps=2)
        self.page.mouse.move(x + right, y + down, steps=2)
        self.received = 0
        self.page.mouse.up()
        self.page.wait_for_selector(f"body[data-version='{version}'][data-picture='{version}'][data-targets='{version}']", timeout=120_000)
        self.page.wait_for_timeout(150)
        seen = self.page.evaluate("() => window.seen")
        times = {f"{name}_s": (seen[f"{name}{version}"] - seen["begun"]) / 1000 for name in ("edit", "targets")}
        return times | {"kilobytes": self.received / 1000}


def spread(rows: list[dict[str, float]], key: str) -> dict[str, float]:
    values = [row[key] for row in rows]
    return {
        "p50": round(float(np.percentile(values, 50)), 3),
        "p95": round(float(np.percentile(values, 95)), 3),
        "most": round(max(values), 3),
    }


def measured(page: Page, place: tuple[float, float] | None, edits: int, version: int) -> tuple[list[dict[str, float]], int]:
    """Some edits of different sites, each dragged by 20 to 60 pixels."""
    draw, rows = random.Random(SEED), []
    sites = page.view(place)
    for site in draw.sample(sites, min(edits, len(sites))):
        version += 1
        rows.append(page.drag(site, draw.choice([-1, 1]) * draw.uniform(20, 60), draw.choice([-1, 1]) * draw.uniform(20, 60), version))
    return rows, version


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("study", nargs="?", default=str(ROOT / "outputs" / "guangdong" / "study"))
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    choice = parser.parse_args()
    if shutil.which("chromium") is None:
        sys.exit("chromium is absent: run tools/install_system_packages.sh")
    from playwright.sync_api import sync_playwright

    edits = 5 if choice.quick else choice.edits
    begun = time.perf_counter()
    command = [sys.executable, "-W", "ignore", "-m", "infraplan", "serve", choice.study, "--no-open", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    if not line:
        sys.exit(f"the server did not start: run infraplan serve {choice.study}")
    figures: dict[str, Any] = {"loading_s": round(time.perf_counter() - begun, 2)}
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), headless=True, args=FLAGS)
            page = Page(browser, json.loads(line)["url"])
            figures["first_page_s"] = round(page.first_s, 2)
            figures["first_page_kilobytes"] = round(page.received / 1000)
            version = 0
            middle = page.page.evaluate(
                "() => { const zone = infraplan.zones().filter((one) => one.level === 'city')[0]; return [zone.at[1], zone.at[0]]; }"
            )
            for name, place in (("city", tuple(middle)), ("everything", None)):
                rows, version = measured(page, place, edits, version)
                figures[f"{name}_edits"] = len(rows)
                for key in ("edit_s", "targets_s", "kilobytes") if rows else ():
                    figures |= {f"{name}_{key}_{part}": value for part, value in spread(rows, key).items()}
            figures["errors"] = len(page.errors)
            figures["server_peak_mib"] = round(peak_mib(server.pid))
            browser.close()
    finally:
        server.terminate()
        server.wait(20)
    if choice.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:32s} {value}")


if __name__ == "__main__":
    main()
