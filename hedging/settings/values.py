"""What a setting holds besides its numbers: whole numbers, texts, colours, dated marks."""

from __future__ import annotations

import re
from typing import Any

from hedging.errors import HedgingError
from hedging.world import dates


def read_whole(raw: Any, where: str, low: int, high: int) -> int:
    """Read a whole number.

    Raises:
        HedgingError: it is none, or lies outside low to high.
    """
    if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
        raise HedgingError(f"{where}={raw}: it must be a whole number from {low} to {high}")
    return raw


def read_text(raw: Any, where: str) -> str:
    """Read a text that is shown to a reader.

    Raises:
        HedgingError: it is none, or empty.
    """
    if not isinstance(raw, str) or not raw.strip():
        raise HedgingError(f"{where}: '{raw}' is no text; write a word or more")
    return raw


def read_name(raw: Any, where: str) -> str:
    """Read a text that also names a folder.

    Raises:
        HedgingError: it holds anything else than letters, digits, - and _.
    """
    if not isinstance(raw, str) or not re.fullmatch(r"\w[\w-]*", raw):
        raise HedgingError(f"{where}='{raw}': write letters, digits, - and _ alone, such as my_study")
    return raw


def read_colour(raw: Any, where: str) -> str:
    """Read a colour.

    Raises:
        HedgingError: it is not six hexadecimal digits.
    """
    if not isinstance(raw, str) or not re.fullmatch(r"#[0-9A-Fa-f]{6}", raw):
        raise HedgingError(f"{where}: '{raw}' is no colour; write it in quotes, like '#D55E00'")
    return raw


def read_marks(raw: Any, where: str) -> tuple[tuple[str, str], ...]:
    """Read dates and what is written beside them on figures.

    Raises:
        HedgingError: one is no pair, or names no quarter.
    """
    if not isinstance(raw, list) or not all(isinstance(mark, list) and len(mark) == 2 for mark in raw):
        raise HedgingError(f"{where}={raw}: write pairs of a quarter and a label, such as [[2019Q4, talks]]")
    return tuple((dates.label(dates.index(date, where)), str(label)) for date, label in raw)
