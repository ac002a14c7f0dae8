"""Numbers as the report writes them."""

from __future__ import annotations

import math


def number(value: float | None, *, signed: bool = False) -> str:
    """Three significant digits, never in powers of ten; a dash where there is no number."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:{'+' if signed else ''},.{min(digits, 4)}f}"
    return text if any(character in "123456789" for character in text) else "0"


def interval(low: float | None, high: float | None, *, signed: bool = False) -> str:
    """An interval in brackets; a dash where none can be given."""
    if low is None or high is None:
        return "–"
    return f"[{number(low, signed=signed)}, {number(high, signed=signed)}]"
