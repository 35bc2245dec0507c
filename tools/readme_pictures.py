"""Pictures of the README from a finished demo: the scoreboard, a city's map, a page of its PDF.

    python tools/readme_pictures.py outputs/guangdong docs/images

Needs Debian's chromium and poppler-utils (tools/install_system_packages.sh).
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]
WIDTH, HEIGHT, LONG = 1280, 860, 1560


def save(png: bytes, path: Path, colours: int = 200) -> None:
    """A picture with a palette: small enough for a repository."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


def main(run: Path, images: Path) -> None:
    """Take the pictures."""
    city = next(folder for folder in sorted((run / "cities").iterdir()) if folder.name.startswith("440200"))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), headless=True, args=FLAGS)
        page = browser.new_context(offline=True, viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        page.goto((run / "index.html").resolve().as_uri())
        page.wait_for_timeout(500)
        page.set_viewport_size({"width": WIDTH, "height": LONG})
        save(page.screenshot(), images / "index.png")
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.goto((city / "map.html").resolve().as_uri())
        page.wait_for_function("window.infraplanMap && window.infraplanMap.ready")
        page.wait_for_timeout(1200)
        save(page.screenshot(), images / "map.png")
        browser.close()
    with tempfile.TemporaryDirectory() as folder:
        page_of = [str(city / "report.pdf"), str(Path(folder) / "page")]
        subprocess.run(["pdftoppm", "-r", "80", "-png", "-f", "2", "-l", "2", "-singlefile", *page_of], capture_output=True, check=True)
        save((Path(folder) / "page.png").read_bytes(), images / "report.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
