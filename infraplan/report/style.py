"""Colours from the palette; numbers, shares, money and dates are those of `tables.number_formats`."""

from __future__ import annotations

from typing import Any

from infraplan.presets import load
from infraplan.tables.number_formats import count, day, decimal, integer, missing, percent, percent_up, quantity, text, units

FONT_STACK = (
    '"Microsoft YaHei","PingFang SC","Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","Source Han Sans CN",'
    '"WenQuanYi Micro Hei","WenQuanYi Zen Hei",system-ui,sans-serif'
)
__all__ = [
    "FONT_STACK", "count", "day", "decimal", "integer", "missing", "palette", "percent", "percent_up", "quantity", "text", "units",
]  # fmt: skip


def palette() -> dict[str, Any]:
    """The preset of colours."""
    return load("palette")
