"""Samples of one's own: a Parquet file, or a folder of its parts; a column for each number, a row for each
draw."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import numpy as np

from hedging.errors import HedgingError
from hedging.settings.compose import SAMPLE, SampleFile
from hedging.settings.numbers import PINNED, Number
from hedging.settings.read import read
from hedging.world.arrays import Array

RANGES = b"ranges"
"""Where a file may say over which ranges its numbers were sampled: {path: [value, low, high, scale]}."""

BESIDE = ("draw", "weight", "__index_level_0__")
"""Columns that stand beside the numbers of a run's draws, as its outcomes do; they are not looked at."""

OWNERS = ("world", "client", "patrons", "events")
"""How the paths of numbers begin."""

Own = tuple[dict[str, Array], dict[str, str]]


def read_own(node: Any, numbers: Mapping[str, Number], swept: Container[str], draws: int) -> Own:
    """Read the numbers that a file gives, by path: (draw,), and its other columns, each with the file.

    Rule: row i is draw i. Rows beyond `ensemble.draws` are left alone, and columns that are not called as a
    number. A file that `yields` leaves a number alone that is pinned or swept, has another range than it was
    sampled over, or is of a patron that does not play.

    Args:
        node: `ensemble.sample`, identified.
        swept: paths of the numbers that axes give.

    Raises:
        HedgingError: a file that cannot be read or has changed, too few rows, a column that is called as a
        number that the setting lacks or is given elsewhere too, a value that is not admissible.
    """
    sample = read(SampleFile, node, SAMPLE)
    file, digest = sample.file, sample.digest
    if sample.sha256 != digest:
        told = f"{SAMPLE}: {file} is not the file that sha256={sample.sha256} was of"
        raise HedgingError(f"{told}; restore it, or write {SAMPLE}={file} to take it as it is")
    columns, rows, ranges = _inside(sample)
    given = _numbers(columns, numbers, file, strict=not sample.yields)
    others = [] if sample.yields else [column for column in columns if column not in given]
    given = {key: n for key, n in given.items() if _gives(sample, key, n, swept, ranges.get(key))}
    if rows < draws:
        few = f"{SAMPLE}: {file} has {rows} rows, fewer than ensemble.draws={draws}"
        raise HedgingError(f"{few}; give it a row for each draw, or write ensemble.draws={max(rows, 1)}")
    table = _read(sample, digest, tuple(given), draws)
    for column, number in given.items():
        _check_values(table[column], column, number, file)
    return {number.path: table[column] for column, number in given.items()}, dict.fromkeys(others, file)


def bounded(numbers: Mapping[str, Number], own: Mapping[str, Array]) -> dict[str, Number]:
    """The numbers, those that a file gives with the least and the greatest value it has as their range."""
    return {
        key: replace(n, low=float(own[n.path].min()), high=float(own[n.path].max())) if n.path in own else n
        for key, n in numbers.items()
    }


def _inside(own: SampleFile) -> tuple[list[str], int, Mapping[str, list[object]]]:
    """The columns of a Parquet file, the number of its rows, and the ranges it says it was sampled over."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parts = pq.ParquetDataset(own.path)
        ranges = json.loads((parts.schema.metadata or {}).get(RANGES, b"{}"))
        return list(parts.schema.names), sum(int(one.count_rows()) for one in parts.fragments), ranges
    except (OSError, ValueError, pa.ArrowException):
        raise HedgingError(
            f"{SAMPLE}: {own.file} is no Parquet file; write one, as pandas does with DataFrame.to_parquet"
        ) from None


def _numbers(
    columns: Sequence[str], numbers: Mapping[str, Number], file: str, strict: bool
) -> dict[str, Number]:
    """The columns that are numbers of the setting; a yielding file may have others, as of absent patrons."""
    known = {number.path: number for number in numbers.values()} | dict(numbers)
    given = {column: known[column] for column in columns if column in known}
    for column in columns:
        if strict and column not in known and column.partition(".")[0] in OWNERS:
            raise _stray(column, file, known)
    if not given:
        such = f"name one by its dotted name, as '{next(iter(known))}'"
        raise HedgingError(f"{SAMPLE}: no column of {file} is a number; {such}")
    if len({number.path for number in given.values()}) < len(given):
        raise HedgingError(f"{SAMPLE}: two columns of {file} are the same number; drop one of {list(given)}")
    return given


def check_others(columns: Mapping[str, str], numbers: Iterable[str], outcomes: Iterable[str]) -> None:
    """See that the columns beside the numbers are outcomes of a run, of those that there are.

    Args:
        columns: each with its file.

    Raises:
        HedgingError: a column is neither.
    """
    outcome = re.compile(rf"(?:{'|'.join(outcomes)})(?:\.\w+)?(?:@\w+)?|regime_\d+|{'|'.join(BESIDE)}")
    for column, file in columns.items():
        if not outcome.fullmatch(column):
            raise _stray(column, file, numbers)


def _stray(column: str, file: str, numbers: Iterable[str]) -> HedgingError:
    near = get_close_matches(column, numbers, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    told = f"{SAMPLE}: no number '{column}' of a column of {file} in this setting"
    return HedgingError(f"{told}: {hint}rename the column, or drop it")


def _gives(
    sample: SampleFile, column: str, number: Number, swept: Container[str], stated: list[object] | None
) -> bool:
    """Whether a file gives a number: one that yields does where nothing else gives it, and its range is still
    the one it was sampled over."""
    if sample.yields:
        same = stated in (None, [number.value, number.low, number.high, number.scale])
        return same and number.ranged and number.path not in swept
    if number.path in swept or number.source == PINNED:
        raise HedgingError(
            f"{SAMPLE}: {column} is {'swept' if number.path in swept else 'pinned'} and a column of "
            f"{sample.file} too; drop the column, or take back what gives {column}"
        )
    return True


@lru_cache(maxsize=2)
def _read(own: SampleFile, digest: str, columns: tuple[str, ...], rows: int) -> dict[str, Array]:
    """Some columns of a file, as numbers; kept, since the arms of a study read the same file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        held = pq.read_table(own.path, columns=list(columns)).slice(0, rows)
    except (OSError, pa.ArrowException):
        raise HedgingError(f"{SAMPLE}: a column of {own.file} is damaged; write the file anew") from None
    found: dict[str, Array] = {}
    for column, values in zip(held.column_names, held.columns, strict=True):
        kind = values.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)):
            raise HedgingError(f"{SAMPLE}: column {column} of {own.file} holds {kind}, not numbers; mend it")
        found[column] = np.asarray(values.cast(pa.float64()).to_numpy(), dtype=np.float64)
        found[column].flags.writeable = False
    return found


def _check_values(values: Array, column: str, number: Number, file: str) -> None:
    """See that every value of a column is admissible."""
    for row in (bad := np.flatnonzero(~number.domain.admits_each(values))):
        what = "is missing or NaN" if np.isnan(values[row]) else f"= {values[row]:g} is out of range"
        raise HedgingError(
            f"{SAMPLE}: {column} {what} in row {row} of {file} (the first is 0): it must be {number.domain}; "
            f"mend the file{f' ({len(bad)} such rows)' * (len(bad) > 1)}"
        )
