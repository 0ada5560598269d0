"""Numbers of draws from a file instead of from their ranges: `ensemble.sample=<file>.parquet`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from hedging.arrays import Array
from hedging.compose import config_dir
from hedging.errors import HedgingError
from hedging.numbers import Number

RANGES = b"ranges"
"""Where a file may say over which ranges its numbers were sampled: {path: [value, low, high, scale]}."""


def own_sample(file: str | None, varied: Sequence[Number], first: int, count: int) -> dict[str, Array]:
    """The numbers that the file has a column for, for the draws first .. first + count - 1: its rows.

    A number that does not vary is pinned and stays; so does one whose range is not that which the file was
    sampled over, where the file says so.
    Raises:
        HedgingError: no such file, no table, or fewer rows than draws.
    """
    if file is None:
        return {}
    path = _find(file)
    table, ranges = _read(path, path.stat().st_mtime_ns)
    if first + count > len(table):
        raise HedgingError(
            f"ensemble.sample: {file} has {len(table):,} rows; write ensemble.draws={len(table)} or less"
        )
    rows = slice(first, first + count)
    return {
        number.path: table[number.path].to_numpy(np.float64)[rows]
        for number in varied
        if number.path in table and _same(number, ranges.get(number.path))
    }


def _same(number: Number, stated: Sequence[object] | None) -> bool:
    return stated is None or list(stated) == [number.value, number.low, number.high, number.scale]


def _find(file: str) -> Path:
    """A path as it stands, else below the checkout."""
    for path in (Path(file), config_dir().parent / file):
        if path.is_file():
            return path
    raise HedgingError(
        f"ensemble.sample: there is no {file}; write the path of a Parquet file, or make the one that ships "
        "anew with python -m experiments.calibrate"
    )


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> tuple[pd.DataFrame, Mapping[str, Sequence[object]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        ranges = json.loads((table.schema.metadata or {}).get(RANGES, b"{}"))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise HedgingError(f"ensemble.sample: {path} is no Parquet table: {error}") from None
    return table.to_pandas(), ranges
