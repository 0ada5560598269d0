"""The energy price index of a shipped or a user's CSV file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hedging.errors import HedgingError, unknown
from hedging.settings.compose import config_dir
from hedging.settings.header import MAX_HORIZON
from hedging.settings.read import read_float, read_whole
from hedging.world import dates

WHERE = "world.energy_series"
KEYS = ("file", "column", "divisor", "quarters")
NOTES = ("source",)


def read_series(node: Any) -> tuple[float, ...]:
    """Read the index of each quarter from 2015Q1 on; () where the setting names no file.

    Rule: column / divisor, one row a quarter.
    Raises:
        HedgingError: a key, the file, its column or one of its rows is missing, or is no number.
    """
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        raise HedgingError(f"{WHERE}: '{node}' is no series; write world=history, or see configs/world/")
    for key in node:
        if key not in (*KEYS, *NOTES):
            raise unknown("key", key, (*KEYS, *NOTES), WHERE)
    for key in KEYS:
        if key not in node:
            raise HedgingError(f"{WHERE}.{key} is missing; write {WHERE}.{key}=...")
    count = read_whole(node["quarters"], f"{WHERE}.quarters", 1, MAX_HORIZON)
    divisor = read_float(node["divisor"], f"{WHERE}.divisor")
    if not 0 < divisor < float("inf"):
        raise HedgingError(f"{WHERE}.divisor={divisor:g}: it must be above 0 and finite")
    file = Path(str(node["file"]))
    file = file if file.is_absolute() else config_dir() / "series" / file
    return _index(_rows(file, count), file, str(node["column"]), divisor)


def _rows(file: Path, count: int) -> list[dict[str, Any]]:
    """The rows of the file, one for each quarter."""
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            rows: list[dict[str, Any]] = list(csv.DictReader(lines))
    except OSError as error:
        raise HedgingError(
            f"{WHERE}.file: cannot read {file}: {error.strerror}; write the whole path of a file"
        ) from None
    except (UnicodeDecodeError, csv.Error):
        raise HedgingError(f"{WHERE}.file: {file} is no CSV text; write the path of one") from None
    if [row.get("quarter") for row in rows] != dates.labels(count):
        raise HedgingError(
            f"{WHERE}: {file.name} must hold one row for each of the {count} quarters {dates.label(0)} to "
            f"{dates.label(count - 1)}, in order; it has {len(rows)} rows: restore the file or mend {WHERE}"
        )
    return rows


def _index(rows: list[dict[str, Any]], file: Path, column: str, divisor: float) -> tuple[float, ...]:
    if column not in rows[0]:
        raise unknown("column", column, map(str, rows[0]), f"{WHERE} ({file.name})")
    try:
        series = tuple(float(row[column]) / divisor for row in rows)
    except (TypeError, ValueError):
        raise HedgingError(
            f"{WHERE}: a row of {file.name} has no number in column {column}; restore the file"
        ) from None
    if not all(0 <= x < float("inf") for x in series):
        raise HedgingError(
            f"{WHERE}: column {column} of {file.name} has a value below 0 or not finite; restore the file"
        )
    return series
