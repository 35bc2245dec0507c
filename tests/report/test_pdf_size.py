"""A smaller PDF looks the same and says the same."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infraplan.report.pdf_size import smaller

pytestmark = pytest.mark.usefixtures("chinese_font")

SOURCE = """#set document(title: "t")
= 标题 one
#image("a.png", width: 50%)
#image("b.png", width: 50%)
#table(columns: 3, ..range(300).map(n => [cell #n]))
"""


def palette_png(seed: int, colours: int) -> bytes:
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, colours, (60 + seed, 80)).astype(np.uint8))
    image.putpalette(rng.integers(0, 256, 3 * colours).astype(np.uint8).tobytes())
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[bytes]]:
    import typst

    folder = tmp_path_factory.mktemp("pdf")
    pictures = [palette_png(1, 200), palette_png(2, 7)]
    for name, png in zip("ab", pictures, strict=True):
        (folder / f"{name}.png").write_bytes(png)
    (folder / "main.typ").write_text(SOURCE, encoding="utf-8")
    return typst.compile(str(folder / "main.typ"), root=str(folder), timestamp=0), pictures


def pages(pdf: bytes, folder: Path, name: str) -> tuple[list[np.ndarray], str]:
    (folder / f"{name}.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "60", "-png", folder / f"{name}.pdf", folder / name], check=True)
    text = subprocess.run(["pdftotext", folder / f"{name}.pdf", "-"], capture_output=True, text=True, check=True).stdout
    return [np.asarray(Image.open(path)) for path in sorted(folder.glob(f"{name}-*.png"))], text


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is absent: run tools/install_system_packages.sh")
def test_half_the_bytes_and_the_same_pages(made: tuple[bytes, list[bytes]], tmp_path: Path) -> None:
    pdf, pictures = made
    small = smaller(pdf, pictures)
    assert small == smaller(pdf, pictures), "the same bytes again"
    assert len(small) < 0.5 * len(pdf)
    (before, text), (after, same) = pages(pdf, tmp_path, "before"), pages(small, tmp_path, "after")
    assert text == same and "cell 299" in text and len(before) == len(after) > 1
    for one, other in zip(before, after, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 2


def test_the_tags_for_screen_readers_stay(made: tuple[bytes, list[bytes]]) -> None:
    import pikepdf

    with pikepdf.open(io.BytesIO(smaller(*made))) as document:
        assert document.Root.MarkInfo.Marked and "/StructTreeRoot" in document.Root
        found = [image for page in document.pages for image in dict(page.Resources.get("/XObject", {})).values()]
        assert [str(image["/ColorSpace"][0]) for image in found] == ["/Indexed", "/Indexed"]


def test_pictures_are_found_in_any_order_and_others_are_left_alone(made: tuple[bytes, list[bytes]]) -> None:
    pdf, pictures = made
    assert smaller(pdf, pictures[::-1]) == smaller(pdf, pictures)
    assert len(smaller(pdf, [])) > len(smaller(pdf, pictures[:1])) > len(smaller(pdf, pictures))
    assert smaller(pdf, [palette_png(3, 200)]) == smaller(pdf, [])


def test_the_seed_of_hashes_does_not_change_the_bytes(made: tuple[bytes, list[bytes]], tmp_path: Path) -> None:
    pdf, pictures = made
    for name, content in (("pdf", pdf), ("a", pictures[0]), ("b", pictures[1])):
        (tmp_path / name).write_bytes(content)
    code = (
        "import pathlib, sys; from infraplan.report.pdf_size import smaller;"
        "pdf, *png = (pathlib.Path(path).read_bytes() for path in sys.argv[1:]);"
        "sys.stdout.buffer.write(smaller(pdf, png))"
    )
    command = [sys.executable, "-c", code, tmp_path / "pdf", tmp_path / "a", tmp_path / "b"]
    made_with = {
        subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout for seed in "1234"
    }
    assert made_with == {smaller(pdf, pictures)}
