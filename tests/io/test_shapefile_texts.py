"""Texts of shapefiles: whatever the file declares, what comes out must be words."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.errors import DataError, collected
from infraplan.io import read_places
from infraplan.io.encoding_guess import judged

CHINESE = ["深圳市", "韶关市乐昌市", "濮阳县", "浈江区", "广州"]
LATIN = ["São Paulo", "Córdoba", "Ceará", "Besançon", "Malmö"]
RUSSIAN = ["Москва", "Тула", "Рязань", "Псков", "Тверь"]
LONG = "深圳市福田区莲花街道某某社区居民委员会第三工作站"


def write(folder: Path, names: list[str], encoding: str, *, cpg: str | None = None, driver: int | None = None) -> Path:
    """A shapefile whose bytes are of one encoding, whatever its .cpg and its language driver id say."""
    path = folder / "a.shp"
    frame = gpd.GeoDataFrame({"name": ["x" * 60] * len(names)}, geometry=[shapely.Point(i / 10, 1) for i in range(len(names))], crs=4326)
    frame.to_file(path)
    content = bytearray(path.with_suffix(".dbf").read_bytes())
    for row, name in enumerate(names):
        place = content.index(b"x" * 60)
        size = content[32 + 16]
        raw = name.encode(encoding) if isinstance(name, str) else name
        content[place : place + size] = raw[:size].ljust(size)
        assert row < len(names)
    content[29] = driver or 0
    path.with_suffix(".dbf").write_bytes(content)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    return path


def names_of(path: Path, **how: str) -> tuple[list[str], list[str]]:
    with collected() as found:
        read = read_places(path, place_class="school", **how)
    return read["name"].tolist(), [fault.rule for fault in found if fault.rule in ("encoding_judged", "text_cut")]


@pytest.mark.parametrize(
    ("names", "encoding", "cpg", "driver", "rules"),
    [
        (CHINESE, "gbk", None, 0, []),
        (CHINESE, "gbk", None, 0x57, []),
        (CHINESE, "gbk", "GBK", 0, []),
        (CHINESE, "gbk", None, 0x4D, []),
        (CHINESE, "gbk", "UTF-8", 0, ["encoding_judged"]),
        (CHINESE, "gbk", "ISO-8859-1", 0x57, ["encoding_judged"]),
        (CHINESE, "gbk", None, 0x03, ["encoding_judged"]),
        (CHINESE, "utf-8", None, 0, []),
        (CHINESE, "utf-8", "UTF-8", 0, []),
        (CHINESE, "utf-8", "GBK", 0, ["encoding_judged"]),
        (CHINESE, "utf-8", None, 0x4D, ["encoding_judged"]),
        (["臺北市", "高雄市"], "big5", "BIG5", 0, []),
        (["臺北市", "高雄市"], "big5", "950", 0, []),
        (LATIN, "cp1252", None, 0, ["encoding_judged"]),
        (LATIN, "cp1252", "ISO 8859-1", 0, []),
        (LATIN, "cp1252", "88591", 0, []),
        (LATIN, "cp1252", "ANSI 1252", 0, []),
        (LATIN, "cp1252", None, 0x03, []),
        (LATIN, "cp1252", "UTF-8", 0, ["encoding_judged"]),
        (LATIN, "cp850", None, 0x02, []),
        (LATIN, "utf-8", None, 0x57, []),
        (RUSSIAN, "cp1251", "1251", 0, []),
        (RUSSIAN, "cp1251", None, 0xC9, []),
        (RUSSIAN, "utf-8", None, 0, []),
        (["東京都", "ひらがな"], "cp932", None, 0x13, []),
        (["plain"], "ascii", "UTF-8", 0, []),
    ],
)
def test_what_comes_out_decides(tmp_path: Path, names: list[str], encoding: str, cpg: str | None, driver: int, rules: list[str]) -> None:
    assert names_of(write(tmp_path, names, encoding, cpg=cpg, driver=driver)) == (names, rules)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
@pytest.mark.parametrize("width", range(50, 61))
def test_half_a_letter_turns_no_other_text(tmp_path: Path, encoding: str, width: int) -> None:
    """A field filled to its last byte: the other names stay right, the long one loses the half letter alone."""
    raw = (LONG * 2).encode(encoding)[:width]
    path = write(tmp_path, [*CHINESE, raw], encoding)  # type: ignore[list-item]
    whole = raw.decode(encoding, "ignore")
    names, rules = names_of(path)
    assert names == [*CHINESE, whole]
    assert rules == ([] if len(whole.encode(encoding)) == width else ["text_cut"])


def test_one_damaged_cell_is_reported_with_its_row(tmp_path: Path) -> None:
    path = write(tmp_path, [*(CHINESE * 40), b"\xff\xfe\xff abc"], "gbk")  # type: ignore[list-item]
    with pytest.raises(DataError) as caught:
        read_places(path, place_class="school")
    assert [(fault.rule, fault.row, fault.column) for fault in caught.value.fault_list if fault.severity == "error"] == [
        ("bad_text", 201, "name")
    ]


def test_an_encoding_that_is_named_wins(tmp_path: Path) -> None:
    path = write(tmp_path, ["臺北市"], "big5", cpg="UTF-8")
    assert names_of(path, encoding="big5") == (["臺北市"], [])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=9), min_size=1, max_size=9))
def test_any_chinese_text_in_utf8_is_utf8(names: list[str]) -> None:
    cells = [name.encode() for name in names]
    assert judged(cells)[0] == judged(cells, "gbk")[0] == judged(cells, "cp1252")[0] == "utf-8"
