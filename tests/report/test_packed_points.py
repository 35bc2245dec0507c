"""Codes of points are packed without loss."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from infraplan.report.packed_points import codes


def unpacked(packed: dict) -> list[str]:
    """As templates/map_points.js reads them."""
    if "texts" in packed:
        return packed["texts"]

    def read(name: str, kind: str) -> np.ndarray:
        return np.frombuffer(base64.b64decode(packed[name]), kind)

    numbers = packed["first"] + np.cumsum(read("steps", "<i2")) if "steps" in packed else read("numbers", "<i4")
    places = read("prefix", "<u2") if "prefix" in packed else np.zeros(len(numbers), int)
    return [packed["prefixes"][at] + str(number).zfill(packed["width"]) for at, number in zip(places, numbers, strict=True)]


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["N1"],
        ["440100-V00001", "440100-V00002", "440100-V09999"],
        ["440100-V00009", "441200-V00001", "440100-V00010"],
        ["000000001", "999999999", "000000002"],
        ["12345678901234", "12345678901235"],
        ["A1", "A10"],
        ["村1", "镇2"],
        ["", ""],
        ["甲", "乙"],
    ],
    ids=str,
)
def test_codes_come_back(given: list[str]) -> None:
    assert unpacked(codes(given)) == given


def test_common_codes_take_few_bytes() -> None:
    given = [f"440100-V{number:05d}" for number in range(1, 3001)]
    packed = codes(given)
    assert unpacked(packed) == given and len(str(packed)) < 3 * len(given)
