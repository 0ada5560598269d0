"""Quarters by label and by number: 2015Q1 is 0."""

from __future__ import annotations

import re

from hedging.errors import HedgingError

FIRST_YEAR = 2015


def label(quarter: int) -> str:
    """The label of a quarter, as in 2019Q4."""
    return f"{FIRST_YEAR + quarter // 4}Q{quarter % 4 + 1}"


def labels(count: int) -> list[str]:
    """The labels of the first quarters."""
    return [label(quarter) for quarter in range(count)]


def index(text: object, where: str) -> int:
    """The number of a quarter.

    Raises:
        HedgingError: text is no quarter of 2015 or later.
    """
    found = re.fullmatch(r"(\d{4})Q([1-4])", str(text))
    if not found or int(found[1]) < FIRST_YEAR:
        raise HedgingError(f"{where}: '{text}' is no quarter; write it like 2019Q4, from {FIRST_YEAR}Q1 on")
    return (int(found[1]) - FIRST_YEAR) * 4 + int(found[2]) - 1
