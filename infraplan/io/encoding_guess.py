"""The encoding of texts, judged by the characters that they decode to: the declared one, UTF-8, GB18030, Latin letters."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

SEVERAL_BYTES = ("gb18030", "gbk", "gb2312", "big5", "big5hkscs", "cp950", "cp932", "shift_jis", "euc_jp", "cp949", "euc_kr")
ALL_BUT_FEW = 0.99  # interpretation: this share of cells must decode; a damaged one must not decide for the others
FEWEST = 5  # interpretation: among this number of cells one may be damaged
COMMON_SHARE = 0.4  # interpretation: Chinese names are mostly of the 3,755 common characters (GB 2312, level 1); chance gives a fifth
SURE_SHARE = 0.7  # interpretation: with fewer of them the choice is a warning
LATIN_SHARE = 0.7  # interpretation: the share of accented letters that are beside plain ones


def judged(cells: Sequence[bytes], declared: str = "") -> tuple[str, bool]:
    """(encoding, sure) of texts that are not plain ASCII; "" where nothing fits. `sure`: declared and confirmed, or without doubt.

    UTF-8 where all bytes are valid UTF-8: no other text looks like it. Else the declared one, unless it has one byte a letter and the bytes
    are Chinese characters. Undeclared, or declared wrongly: GB18030 where common characters come out, Latin (cp1252) where accented letters
    among plain ones do.
    """
    if not cells:
        return declared or "utf-8", True
    name = _known(declared)
    if _fit(cells, "utf-8"):
        short = all(byte < 0xE0 for cell in cells for byte in cell)
        if short and name in SEVERAL_BYTES and _fit(cells, name):
            return _widened(name), True
        return "utf-8", name in ("", "utf-8")
    chinese = _common_share(cells)
    if name not in ("", "utf-8") and _fit(cells, name) and (name in SEVERAL_BYTES or chinese < COMMON_SHARE):
        return _widened(name), True
    if chinese >= COMMON_SHARE and _fit(cells, "gb18030"):
        return "gb18030", not name and chinese >= SURE_SHARE
    if _latin_share(cells) >= LATIN_SHARE and _fit(cells, "cp1252"):
        return "cp1252", False
    return ("gb18030" if _fit(cells, "gb18030") else ""), False


def whole_letters(cell: bytes, encoding: str) -> bytes | None:
    """A text without the half letter that a full field leaves at its end; None where it is damaged elsewhere."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(cell, final=False).encode(encoding)
    except UnicodeDecodeError:
        return None


def _known(declared: str) -> str:
    try:
        return codecs.lookup(declared).name if declared else ""
    except LookupError:
        return ""


def _widened(name: str) -> str:
    return "gb18030" if name in ("gbk", "gb2312") else name


def _fit(cells: Sequence[bytes], encoding: str) -> bool:
    """Whether nearly all texts decode; a half letter at the end is no fault of the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    good = 0
    for cell in cells:
        decoder.reset()
        try:
            good += bool(decoder.decode(cell, final=False)) or len(cell) < 4
        except UnicodeDecodeError:
            continue
    return good >= min(ALL_BUT_FEW * len(cells), len(cells) - (len(cells) >= FEWEST))


def _common_share(cells: Sequence[bytes]) -> float:
    """Of the characters beyond ASCII that come out of GB18030, the share of common Chinese ones; symbols do not count."""
    common = others = 0
    for cell in cells:
        for letter in cell.decode("gb18030", "replace"):
            if letter < "\x80":
                continue
            try:
                lead = letter.encode("gb2312")[0]
            except UnicodeEncodeError:
                others += 1
                continue
            common += 0xB0 <= lead <= 0xD7
            others += lead > 0xD7
    return common / max(common + others, 1)


def _latin_share(cells: Sequence[bytes]) -> float:
    """Share of the bytes beyond ASCII that are letters in cp1252 and part of a word with a plain letter."""
    beside = total = 0
    for cell in cells:
        text = cell.decode("cp1252", "replace")
        for place, letter in enumerate(text):
            if letter >= "\x80":
                total += 1
                around = text[max(place - 2, 0) : place] + text[place + 1 : place + 3]
                beside += letter.isalpha() and any(near.isalpha() and near < "\x80" for near in around)
    return beside / max(total, 1)
