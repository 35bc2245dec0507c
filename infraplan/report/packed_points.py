"""Tables of points packed for the browser: base64 of typed arrays, names as JSON, nothing that a browser could run."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

LOWEST_I4 = -(2**31)
LOWEST_I2 = -(2**15)
NO_CHOICE = 2**16 - 1
MOST_DIGITS = 9
"""A number of more may be too large for 32 bits."""


def base64_of(values: npt.ArrayLike, kind: str) -> str:
    """Little-endian bytes of an array as base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=np.dtype(kind).newbyteorder("<")).tobytes()).decode("ascii")


def script_json(value: Any) -> str:
    """JSON that may be inside a script: no markup, no line separators, the same order at every run."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        written = written.replace(sign, f"\\u{ord(sign):04x}")
    return written


def integers(label: str, values: Any, unit: str = "") -> dict[str, Any]:
    """A column of whole numbers, missing allowed."""
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").astype("float64").round()
    small = bool((numbers.dropna().abs() < 2**15).all())
    kind, lowest = ("i2", LOWEST_I2) if small else ("i4", LOWEST_I4)
    packed = numbers.fillna(lowest).to_numpy()
    return {"label": label, "unit": unit, "kind": "int", "type": kind, "missing": lowest, "values": base64_of(packed, kind)}


def tenths(label: str, values: Any, unit: str = "") -> dict[str, Any]:
    """A column of numbers with one decimal, missing allowed."""
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").astype("float64").to_numpy()
    scaled = np.where(np.isfinite(numbers), np.clip(np.round(numbers * 10), LOWEST_I2 + 1, 2**15 - 1), LOWEST_I2)
    return {"label": label, "unit": unit, "kind": "tenth", "type": "i2", "missing": LOWEST_I2, "values": base64_of(scaled, "i2")}


def choices(label: str, values: Any) -> dict[str, Any]:
    """A column of texts of which many are equal; missing and "" are left out of the popup."""
    texts = pd.Series(values).astype("object").where(lambda column: column.notna(), "")
    codes, known = pd.factorize(texts.astype(str))
    listed = [str(entry) for entry in known]
    codes = np.where(np.array([entry == "" for entry in listed] or [False])[codes], NO_CHOICE, codes) if len(codes) else codes
    if len(listed) >= NO_CHOICE:
        return {"label": label, "unit": "", "kind": "text", "values": texts.astype(str).tolist()}
    return {
        "label": label,
        "unit": "",
        "kind": "choice",
        "type": "u2",
        "missing": NO_CHOICE,
        "choices": listed,
        "values": base64_of(codes, "u2"),
    }


def codes(values: Sequence[str]) -> dict[str, Any]:
    """Identifiers, most of which are a common beginning and a number: "442000-V00017". Others are kept as they are."""
    texts = [str(value) for value in values]
    length = len(texts[0]) if texts else 0
    if not length or any(len(one) != length for one in texts):
        return {"texts": texts}
    letters = np.array(texts, f"U{length}").view(np.uint32).reshape(len(texts), length)
    digits = np.asarray(((letters >= ord("0")) & (letters <= ord("9"))).all(axis=0))
    width = min(int(np.cumprod(digits[::-1]).sum()), MOST_DIGITS)
    start, places = np.unique(letters[:, : length - width], axis=0, return_inverse=True) if width else (letters, letters)
    if not width or len(start) >= NO_CHOICE:
        return {"texts": texts}
    listed = ["".join(map(chr, row)) for row in start]
    numbers = (letters[:, length - width :].astype(np.int64) - ord("0")) @ 10 ** np.arange(width - 1, -1, -1)
    steps, out = np.diff(numbers, prepend=0), {"prefixes": listed, "width": width, "n": len(numbers)}
    if (np.abs(steps[1:]) < 2**15).all():  # each as its distance from the one before, which is small in a sorted table
        out |= {"first": int(numbers[0]), "steps": base64_of(np.where(np.arange(len(steps)) == 0, 0, steps), "i2")}
    else:
        out["numbers"] = base64_of(numbers, "i4")
    return out if len(listed) == 1 else {**out, "prefix": base64_of(places.ravel(), "u2")}


def points(
    frame: Any,
    title: str,
    names: Sequence[str],
    columns: Sequence[dict[str, Any]],
    styles: Mapping[str, npt.ArrayLike] | None = None,
    place: int = 0,
    **more: Any,
) -> dict[str, Any]:
    """One table of points. `place`: number (from 1) of the column that distinguishes equal names in the search; 0 for none."""
    return {
        "n": len(frame),
        "title": title,
        "names": [str(name) for name in names],
        "lat": base64_of(frame.geometry.y, "f4"),
        "lon": base64_of(frame.geometry.x, "f4"),
        "columns": list(columns),
        "place": place,
        "styles": {key: base64_of(values, "u1") for key, values in (styles or {}).items()},
        **more,
    }


def details(rows: npt.ArrayLike, columns: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Columns that only some points have: the points' numbers, and the packed values in that order."""
    return {"rows": base64_of(rows, "i4"), "columns": list(columns)}
