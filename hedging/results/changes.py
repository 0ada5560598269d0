"""Which numbers of a study moved between two of its run folders, and by how much."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from hedging.results.folder import read_manifest
from hedging.results.freshness import ATOL, RTOL
from hedging.results.manifest import changed_inputs, inputs, read_cells, read_tree

TABLES = {"summary.csv": ("value", "unit"), "claims.csv": ()}
"""The tables that are held against each other, and the columns that say what was found; in claims.csv all but
what names a claim."""

NAMES_A_CLAIM = ("claim", "arm", "rule")
MANY = 12
"""Lines that are spelled out for a table before the rest is only counted."""


def changed_results(before: Path, after: Path) -> list[str]:
    """What was found otherwise in two run folders of one study, a line each; empty where nothing was.

    Raises:
        HedgingError: a table that cannot be read.
    """
    old, new = (_outputs(folder) for folder in (before, after))
    lines = [f"{name} is gone" for name in sorted(old - new)]
    lines += [f"{name} is new" for name in sorted(new - old)]
    was, is_now = (str(read_manifest(folder).get("command")) for folder in (before, after))
    lines += [f"manifest.json: command {was} -> {is_now}"] if was != is_now else []
    return lines + [line for name in TABLES for line in changed_cells(before, after, name)]


def changed_cells(before: Path, after: Path, name: str, columns: list[str] | None = None) -> list[str]:
    """What differs between the tables of one name in two run folders, where both have it."""
    if not ((before / name).exists() and (after / name).exists()):
        return []
    one, other = (read_cells(folder / name).reindex(columns=columns) for folder in (before, after))
    return changed_rows(one, other, name)


def changed_settings(before: Path, after: Path) -> list[str]:
    """What of the setting differs between two run folders, a line each.

    Raises:
        HedgingError: a config.yaml that cannot be read.
    """
    changed = changed_inputs(inputs(read_tree(before)), inputs(read_tree(after)))
    return _some([f"setting: {line}" for line in changed], "inputs")


def _outputs(folder: Path) -> set[str]:
    """What lies in a run folder, whether it is all there or only what is kept with the code."""
    told = {name.partition("/")[0] for name in read_manifest(folder).get("outputs", ())}
    return {path.name for path in folder.iterdir()} | told


def changed_rows(before: pd.DataFrame, after: pd.DataFrame, name: str) -> list[str]:
    """What differs between two tables of texts, row by row as their keys name them."""
    lines = [f"{name}: column {column} is gone" for column in before.columns if column not in after]
    lines += [f"{name}: column {column} is new" for column in after.columns if column not in before]
    columns = [*before.columns.intersection(after.columns, sort=False)]
    told = TABLES.get(name) or [column for column in columns if column not in NAMES_A_CLAIM]
    keys = [column for column in columns if column not in told] or columns[:1]
    old, new = (_by_key(table[columns], keys) for table in (before, after))
    for word, one, other in (("gone", old, new), ("new", new, old)):
        if len(rows := one.index.difference(other.index, sort=False)):
            count = f"{len(rows):,} row{'s are' if len(rows) > 1 else ' is'}"
            first = " ".join(str(part) for part in rows[0][:-1] if part != "")
            lines.append(f"{name}: {count} {word}, the first {first}")
    sides = {"before": old.stack(future_stack=True), "after": new.stack(future_stack=True)}
    cells = pd.concat(sides, axis=1, join="inner")
    return lines + _some(_told(_differing(cells), name), "measures")


def _by_key(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """A table by its keys; where rows share them, by their place among those too."""
    place = table.groupby(keys).cumcount()
    return table.assign(place=place).set_index([*keys, "place"]).rename_axis(columns="column")


def _differing(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells that differ: as numbers where both are, as texts otherwise; `by` says how far."""
    old, new = (pd.to_numeric(cells[side], errors="coerce") for side in ("before", "after"))
    differs = (cells["before"] != cells["after"]) & ~np.isclose(new, old, rtol=RTOL, atol=ATOL)
    return cells.assign(old=old, by=(new - old).abs())[differs]


def _told(cells: pd.DataFrame, name: str) -> list[str]:
    """A line for each measure that moved, the most first; or for each claim, in its order."""
    if "measure" not in cells.index.names:
        rows = [level for level in cells.index.names if level != "column"]
        groups = cells.groupby(level=rows, sort=False)
        return [f"{name}: {_where(some)}: {_changes(some)}" for _, some in groups]
    told = {}
    for measure, some in cells.groupby(level="measure", sort=False):
        by = some["by"].fillna(np.inf)
        worst = some.iloc[[int(by.to_numpy().argmax())]]
        most = "most at " if len(some) > 1 else ""
        line = f"{name}: {measure}: {len(some):,} moved; {most}{_where(worst)}: {_changes(worst)}"
        size = by.max() / max(some["old"].abs().mean(), ATOL)
        told[line] = np.inf if np.isnan(size) else size
    return sorted(told, key=lambda line: -told[line])


def _where(cells: pd.DataFrame) -> str:
    """The row of the first of some cells as its keys name it."""
    key = dict(zip(cells.index.names, cells.index[0], strict=True))
    return " ".join(part for name, part in key.items() if name not in ("measure", "place", "column") and part)


def _changes(cells: pd.DataFrame) -> str:
    """What each cell was and is, and by how much a number has moved."""
    told = []
    for column, before, after, old, by in cells.reset_index("column").to_numpy():
        share = 100 * by / abs(old) if old else np.nan
        far = f" (by {share:.3g}%)" if np.isfinite(share) else ""
        told.append(f"{'' if column == 'value' else f'{column} '}{before} -> {after}{far}")
    return ", ".join(told)


def _some(lines: list[str], what: str) -> list[str]:
    return lines if len(lines) <= MANY else [*lines[:MANY], f"and {len(lines) - MANY} more {what}"]
