"""Samples of one's own: a Parquet file, or a folder of its parts; a column for each number, a row for each
draw."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.settings.compose import Tree, config_dir
from hedging.settings.numbers import PINNED, Number
from hedging.world.arrays import Array

WHERE = "ensemble.sample"
KEYS = ("file", "sha256", "yields")
RANGES = b"ranges"
"""Where a file may say over which ranges its numbers were sampled: {path: [value, low, high, scale]}."""

BESIDE = ("draw", "weight", "__index_level_0__")
"""Columns that may stand beside the numbers, as the outcomes of a run may; they are not looked at."""

WRITE = "write the path of a Parquet file, from the current folder on"


def identified(tree: Tree) -> Tree:
    """A setting in which the file of `ensemble.sample` is known by what it holds, not by its name alone.

    Raises:
        HedgingError: the file cannot be read.
    """
    node = tree["ensemble"].get("sample")
    if isinstance(node, str):
        node = {"file": node}
    if not isinstance(node, Mapping) or "file" not in node or "sha256" in node or set(node) - set(KEYS):
        return tree  # known already, or what is wrong with it is told when it is read
    known = {**node, "sha256": _digest(str(node["file"]))}
    return tree | {"ensemble": tree["ensemble"] | {"sample": known}}


def read_own(node: Any, numbers: Mapping[str, Number], swept: Container[str], draws: int) -> dict[str, Array]:
    """Read the numbers that a file gives, by path: (draw,); none where the setting names no file.

    Rule: row i is draw i. Rows beyond `ensemble.draws` and columns of outcomes are left alone. A file that
    `yields` leaves a number alone that is pinned or swept, has another range than it was sampled over, or is
    of a patron that does not play.

    Args:
        node: `ensemble.sample`, identified.
        swept: paths of the numbers that axes give.

    Raises:
        HedgingError: a file that cannot be read or has changed, too few rows, a column that is no number of
        the setting or is given elsewhere too, a value that is not admissible.
    """
    if node is None:
        return {}
    if not isinstance(node, Mapping) or "file" not in node:
        raise HedgingError(f"{WHERE}={node}: {WRITE}, or null")
    for key in node:
        if key not in KEYS:
            raise unknown("key", key, KEYS, WHERE)
    file, digest = str(node["file"]), _digest(str(node["file"]))
    if node.get("sha256", digest) != digest:
        raise HedgingError(
            f"{WHERE}: {file} is not the file that sha256={node['sha256']} was of; restore it, or write "
            f"{WHERE}={file} to take it as it is"
        )
    columns, rows, ranges = _about(file)
    given = _numbers(columns, numbers, file, strict=not node.get("yields"))
    if node.get("yields"):
        given = {column: n for column, n in given.items() if _is_free(n, swept, ranges.get(column))}
    for column, number in given.items():
        _check_free(column, number, swept, file)
    if rows < draws:
        raise HedgingError(
            f"{WHERE}: {file} has {rows} rows, fewer than ensemble.draws={draws}; give it a row for each "
            f"draw, or write ensemble.draws={max(rows, 1)}"
        )
    table = _read(file, digest, tuple(given), draws)
    for column, number in given.items():
        _check_values(table[column], column, number, file)
    return {number.path: table[column] for column, number in given.items()}


def bounded(numbers: Mapping[str, Number], own: Mapping[str, Array]) -> dict[str, Number]:
    """The numbers, those that a file gives with the least and the greatest value it has as their range."""
    from dataclasses import replace

    def bound(number: Number) -> Number:
        if number.path not in own:
            return number
        values = own[number.path]
        return replace(number, low=float(values.min()), high=float(values.max()))

    return {key: bound(number) for key, number in numbers.items()}


def _digest(file: str) -> str:
    """A hash of what a file holds, or of what each file of a folder of parts holds, in the order of names."""
    path, found = _place(file), hashlib.sha256()
    try:
        for part in sorted(path.glob("*.parquet")) or (path,):
            with part.open("rb") as held:
                found.update(hashlib.file_digest(held, "sha256").digest())
        return found.hexdigest()
    except OSError as error:
        raise HedgingError(f"{WHERE}: cannot read {file}: {error.strerror}; {WRITE}") from None


def _place(file: str) -> Path:
    """A path as it stands, else below the checkout, where there is one."""
    beside = config_dir().parent / file
    return beside if not Path(file).exists() and beside.exists() else Path(file)


def _about(file: str) -> tuple[list[str], int, Mapping[str, Sequence[object]]]:
    """The columns of a Parquet file, the number of its rows, and the ranges it says it was sampled over."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parts = pq.ParquetDataset(_place(file))
        ranges = json.loads((parts.schema.metadata or {}).get(RANGES, b"{}"))
        return list(parts.schema.names), sum(int(one.count_rows()) for one in parts.fragments), ranges
    except (OSError, ValueError, pa.ArrowException):
        raise HedgingError(
            f"{WHERE}: {file} is no Parquet file; write one, as pandas does with DataFrame.to_parquet"
        ) from None


def _numbers(
    columns: Iterable[str], numbers: Mapping[str, Number], file: str, strict: bool
) -> dict[str, Number]:
    """The columns that are numbers of the setting; a yielding file may have others, as of absent patrons."""
    from hedging.measures.catalogue import SERIES, TOTALS  # which rest on the settings that are being read

    known = {number.path: number for number in numbers.values()} | dict(numbers)
    outcome = re.compile(rf"(?:{'|'.join((*SERIES, *TOTALS, 'regime'))})(?:\.\w+)?(?:@\w+)?|regime_\d+")
    given: dict[str, Number] = {}
    for column in columns:
        if column in known:
            given[column] = known[column]
        elif strict and column not in BESIDE and not outcome.fullmatch(column):
            near = get_close_matches(column, known, n=1)
            hint = f"did you mean '{near[0]}'? " if near else ""
            raise HedgingError(
                f"{WHERE}: no number '{column}' of a column of {file} in this setting: {hint}rename the "
                "column, or drop it"
            )
    if not given:
        raise HedgingError(
            f"{WHERE}: no column of {file} is a number; name one by its dotted name, as '{next(iter(known))}'"
        )
    if len({number.path for number in given.values()}) < len(given):
        raise HedgingError(f"{WHERE}: two columns of {file} are the same number; drop one of {list(given)}")
    return given


def _is_free(number: Number, swept: Container[str], stated: Sequence[object] | None) -> bool:
    """Whether nothing else gives a number, and its range is still the one the file was sampled over."""
    same = stated is None or list(stated) == [number.value, number.low, number.high, number.scale]
    return same and number.ranged and number.path not in swept


def _check_free(column: str, number: Number, swept: Container[str], file: str) -> None:
    """See that a number is given by the file alone."""
    if number.path in swept or number.source == PINNED:
        how = "swept" if number.path in swept else "pinned"
        raise HedgingError(
            f"{WHERE}: {column} is {how} and a column of {file} too; drop the column, or take back what "
            f"gives {column}"
        )


@lru_cache(maxsize=2)
def _read(file: str, digest: str, columns: tuple[str, ...], rows: int) -> dict[str, Array]:
    """Some columns of a file, as numbers; kept, since the arms of a study read the same file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: dict[str, Array] = {}
    for column in columns:
        try:
            held = pq.read_table(_place(file), columns=[column]).column(0).slice(0, rows)
        except (OSError, pa.ArrowException):
            raise HedgingError(
                f"{WHERE}: column {column} of {file} is damaged; write the file anew"
            ) from None
        kind = held.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)):
            raise HedgingError(f"{WHERE}: column {column} of {file} holds {kind}, not numbers; mend it")
        found[column] = np.asarray(held.cast(pa.float64()).to_numpy(), dtype=np.float64)
        found[column].flags.writeable = False
    return found


def _check_values(values: Array, column: str, number: Number, file: str) -> None:
    """See that every value of a column is admissible."""
    bad = np.flatnonzero(~number.domain.admits_each(values))
    if not len(bad):
        return
    row = int(bad[0])
    what = "is missing or NaN" if np.isnan(values[row]) else f"= {values[row]:g} is out of range"
    raise HedgingError(
        f"{WHERE}: {column} {what} in row {row} of {file} (the first is 0): it must be {number.domain}; mend "
        f"the file{f' ({len(bad)} such rows)' * (len(bad) > 1)}"
    )
