"""A Chinese font for pictures: of the system, or of an installed font package; a character it lacks is an error that names it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from infraplan.errors import InfraplanError
from infraplan.messages import both

FAMILIES = (
    "Microsoft YaHei",
    "PingFang SC",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans CJK JP",
    "Noto Sans CJK TC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
)
LATIN = "DejaVu Sans"  # comes with matplotlib: signs that a Chinese font may lack
FONT_PACKAGE = "cvttf-notosanscjk-regular"


@cache
def chinese_family() -> str:
    """Name of the first known Chinese family that matplotlib can see.

    Raises
    ------
    InfraplanError
        Neither the system nor the font package has one.
    """
    from matplotlib import font_manager

    def there() -> set[str]:
        """Families whose file still exists: matplotlib's list is a cache, and fonts are removed."""
        return {entry.name for entry in font_manager.fontManager.ttflist if Path(entry.fname).is_file()}

    known = there()
    for family in FAMILIES:
        if family in known:
            return family
    for path in (*map(Path, sorted(font_manager.findSystemFonts())), *package_fonts()):
        if _looks_chinese(path):
            font_manager.fontManager.addfont(str(path))
    known = there()
    for family in FAMILIES:
        if family in known:
            return family
    raise InfraplanError(both("report.no_font"))


def package_fonts() -> list[Path]:
    """Font files of the registry's font package, when it is installed."""
    try:
        entries = metadata.files(FONT_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return []
    found = (Path(str(entry.locate())) for entry in entries if entry.suffix.lower() in (".ttf", ".otf", ".ttc"))
    return [path for path in found if path.is_file()]


def _looks_chinese(path: Path) -> bool:
    name = path.name.lower().replace("-", "").replace("_", "").replace(" ", "")
    return any(part in name for part in ("msyh", "pingfang", "notosanscjk", "notosanssc", "sourcehansans", "wqymicrohei", "wqyzenhei"))


@cache
def _characters(family: str) -> frozenset[int]:
    from matplotlib import font_manager, ft2font

    path = font_manager.findfont(font_manager.FontProperties(family=family), fallback_to_default=False)
    return frozenset(ft2font.FT2Font(str(path)).get_charmap())


def _characters_or_none(family: str) -> frozenset[int]:
    """Characters of a family that matplotlib may not have listed."""
    try:
        return _characters(family)
    except ValueError:
        return frozenset()


def check_glyphs(texts: Iterable[str], extra: str = "") -> None:
    """Every character of the texts can be drawn by the Chinese family, by `extra` (another family) or by the one for other signs.

    Raises
    ------
    InfraplanError
        Names the first character that neither font has, and how to get one that has it.
    """
    family = chinese_family()
    known = _characters(family) | _characters(LATIN)
    if extra:
        known |= _characters_or_none(extra)
    for entry in texts:
        for char in entry:
            if ord(char) not in known and not char.isspace():
                raise InfraplanError(both("report.no_glyph", font=family, char=char, code=f"U+{ord(char):04X}", text=entry))
