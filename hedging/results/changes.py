"""Which numbers of a study moved between two of its run folders, and by how much."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from hedging.results.inputs import changed_inputs, read_inputs
from hedging.errors import HedgingError
from hedging.results.freshness import ATOL, RTOL

TABLES = {"summary.csv": ("value", "unit"), "claims.csv": ()}
"""The tables that are held against each other, and the columns that say what was found; in claims.csv all but
what names a claim."""

NAMES_A_CLAIM = ("claim", "arm", "rule")
MANY = 12
"""Lines that are spelled out for a table before the rest is only counted."""


def moved(before: Path, after: Path) -> list[str]:
    """What was found otherwise in two run folders of one study, a line each; empty where nothing was.

    Raises:
        HedgingError: a table that cannot be read.
    """
    lines = _files(before, after)
    for name in TABLES:
        if (before / name).exists() and (after / name).exists():
            lines += moved_rows(read_texts(before / name), read_texts(after / name), name)
    return lines


def changed_settings(before: Path, after: Path) -> list[str]:
    """What of the setting differs between two run folders, a line each.

    Raises:
        HedgingError: a config.yaml that cannot be read.
    """
    return _some(
        [f"setting: {line}" for line in changed_inputs(read_inputs(before), read_inputs(after))], "inputs"
    )


def read_texts(path: Path) -> pd.DataFrame:
    """A table as it is written, every cell a text.

    Raises:
        HedgingError: it cannot be read.
    """
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise HedgingError(f"cannot read {path}: {error}") from None


def outputs(folder: Path) -> set[str]:
    """The files of a run, whether they are all there or only what is kept with the code."""
    there = {path.name for path in folder.iterdir()}
    try:
        return there | set(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return there


def moved_rows(before: pd.DataFrame, after: pd.DataFrame, name: str) -> list[str]:
    """What differs between two tables of texts, row by row as their keys name them."""
    lines = [f"{name}: column {column} is gone" for column in before.columns if column not in after]
    lines += [f"{name}: column {column} is new" for column in after.columns if column not in before]
    columns = [column for column in before.columns if column in after]
    keys = _keys(columns, name)
    old, new = (_by_key(table[columns], keys) for table in (before, after))
    lines += _rows(f"{name}: {{}} gone", old.index.difference(new.index, sort=False))
    lines += _rows(f"{name}: {{}} new", new.index.difference(old.index, sort=False))
    both = old.index.intersection(new.index, sort=False)
    told = [column for column in columns if column not in keys]
    cells = [_cells(old.loc[both, column], new.loc[both, column]) for column in told]
    return lines + _some(_told(pd.concat(cells), keys, name) if cells else [], "measures")


def _files(before: Path, after: Path) -> list[str]:
    old, new = outputs(before), outputs(after)
    return [f"{name} is gone" for name in sorted(old - new)] + [
        f"{name} is new" for name in sorted(new - old)
    ]


def _keys(columns: list[str], name: str) -> list[str]:
    told = TABLES.get(name, ())
    return [c for c in columns if (c not in told if told else c in NAMES_A_CLAIM)] or columns[:1]


def _by_key(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """A table by its keys; where rows share them, by their place among those too."""
    place = table.groupby(keys).cumcount()
    return table.set_index([pd.Index(table[key], name=key) for key in keys] + [pd.Index(place, name="place")])


def _cells(before: pd.Series[str], after: pd.Series[str]) -> pd.DataFrame:
    """The cells of a column that differ: as numbers where both are, as texts otherwise."""
    old, new = (pd.to_numeric(side, errors="coerce").to_numpy(np.float64) for side in (before, after))
    differs = (before.to_numpy() != after.to_numpy()) & ~np.isclose(new, old, rtol=RTOL, atol=ATOL)
    with np.errstate(invalid="ignore"):
        by = np.abs(new - old)
    table = pd.DataFrame({"column": str(before.name), "before": before, "after": after, "old": old, "by": by})
    found: pd.DataFrame = table.loc[differs]
    return found


def _told(cells: pd.DataFrame, keys: list[str], name: str) -> list[str]:
    """A line for each measure that moved, the most first; or for each claim, in its order."""
    if "measure" not in keys:
        places = cells.groupby(level=list(range(cells.index.nlevels)), sort=False)
        return [f"{name}: {_where(cells, key)}: {_changes(some)}" for key, some in places]
    told = []
    for group, some in cells.groupby(level="measure", sort=False):
        sizes = some["by"].fillna(np.inf).to_numpy()
        worst = some.iloc[[int(sizes.argmax())]]
        most = "most at " if len(some) > 1 else ""
        where = _where(cells, worst.index[0], without="measure")
        line = f"{name}: {group}: {len(some):,} moved; {most}{where}: {_changes(worst)}"
        told.append((float(sizes.max() / max(some["old"].abs().mean(), ATOL)), line))
    return [line for _, line in sorted(told, key=lambda pair: -np.nan_to_num(pair[0], nan=np.inf))]


def _where(cells: pd.DataFrame, key: object, without: str = "") -> str:
    """A row as its keys name it."""
    parts = zip(cells.index.names, _parts(key), strict=True)
    return " ".join(str(part) for name, part in parts if name not in (without, "place") and part != "")


def _changes(cells: pd.DataFrame) -> str:
    """What each cell was and is, and by how much a number has moved."""
    told = []
    for column, before, after, old, by in cells.to_numpy():
        what = "" if column == "value" else f"{column} "
        share = 100 * by / abs(old) if old else np.nan
        told.append(f"{what}{before} -> {after}" + (f" (by {share:.3g}%)" if np.isfinite(share) else ""))
    return ", ".join(told)


def _parts(key: object) -> tuple[object, ...]:
    return key if isinstance(key, tuple) else (key,)


def _rows(words: str, rows: Iterable[object]) -> list[str]:
    """One line for rows that came or went: how many, and the first of them."""
    listed = list(rows)
    if not listed:
        return []
    first = " ".join(str(part) for part in _parts(listed[0])[:-1] if part != "")
    count = f"{len(listed):,} row{'s are' if len(listed) > 1 else ' is'}"
    return [f"{words.format(count)}, the first {first}"]


def _some(lines: list[str], what: str) -> list[str]:
    return lines if len(lines) <= MANY else [*lines[:MANY], f"and {len(lines) - MANY} more {what}"]
