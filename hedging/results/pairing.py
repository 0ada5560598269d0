"""What differs between the outcomes of two runs: draw by draw where they met the same luck, or by summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedging.errors import HedgingError
from hedging.measures.aggregate import SAME, paired_difference, year_end
from hedging.measures.trajectories import OUTCOMES
from hedging.results.manifest import inputs, read_cells, read_tree
from hedging.results.summary import read_table
from hedging.settings.sample_file import OWNERS
from hedging.world.arrays import Array
from hedging.world.dates import label

OF_NUMBERS = tuple(f"{owner}." for owner in OWNERS)
"""How the columns of draws.parquet that hold sampled numbers begin; the others are outcomes."""

NORMAL = 3.2897
"""Standard deviations between the 5 and the 95% quantile of a normal distribution."""

UNLIKE = ("seed", "chance", "horizon", "ensemble.luck")
"""Inputs that must be the same for draws to be held against each other one by one."""

OLDER = {"ensemble.luck": "own"}
"""What an older setting meant by not saying it."""

NO_NAMES = ("quarter", "statistic", "unit", "a", "b", "difference")
"""Columns of what `unpaired` gives that do not name an outcome."""


@dataclass(frozen=True)
class Run:
    """A run folder, and the name it goes by beside another."""

    name: str
    folder: Path

    @cached_property
    def tree(self) -> dict[str, Any]:
        """Its setting."""
        return read_tree(self.folder)

    @cached_property
    def inputs(self) -> dict[str, str]:
        """Its setting by dotted path."""
        return OLDER | inputs(self.tree)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Its summary in long form, every column but the value as text."""
        return read_cells(self.folder / "summary.csv", "value")

    @cached_property
    def draws(self) -> pd.DataFrame | None:
        """A row per draw, by what names it: rule, arm and axes where there are some, then the draw itself.
        None where the run has not kept them."""
        path = self.folder / "draws.parquet"
        if not path.exists():
            return None
        table = read_table(path)
        return table.set_index([*table.loc[:, :"draw"]])


def why_unpaired(a: Run, b: Run) -> str:
    """Why the draws of two runs cannot be held against each other one by one; empty where they can."""
    if a.draws is None or b.draws is None:
        return f"{a.name if a.draws is None else b.name} has no draws.parquet"
    for key in UNLIKE:
        if (one := a.inputs.get(key)) != (other := b.inputs.get(key)):
            why = "the runs end in other quarters" if key == "horizon" else "draws met other luck"
            return f"{key} differs, {one} and {other}, so that {why}"
    keys = [", ".join(map(str, draws.index.names)) for draws in (a.draws, b.draws)]
    if keys[0] != keys[1]:
        return f"their draws are told apart by {keys[0]} and {keys[1]}"
    before, after = _matched(a.draws, b.draws)
    if before.empty:
        return "they have no draw in common"
    for column in before.columns.intersection(after.columns):
        alike = column.startswith(OF_NUMBERS) and a.inputs.get(column) == b.inputs.get(column)
        if alike and not np.allclose(before[column], after[column], rtol=SAME):
            return f"their draws have other numbers, such as {column}"
    return ""


def _matched(a: pd.DataFrame, b: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that both tables have, in the order of the first."""
    both = a.index.intersection(b.index, sort=False)
    return a.loc[both], b.loc[both]


def paired(a: Run, b: Run) -> pd.DataFrame:
    """Every outcome that both runs have, draw by draw: a row for each, and for each arm and point.

    Rule: B less A over the draws that stand in both, as the summary weighs them; the 95% interval of the mean
    difference is Student's.
    """
    assert a.draws is not None and b.draws is not None
    one, other = _matched(a.draws, b.draws)
    levels = [name for name in one.index.names if name != "draw"]
    groups = one.groupby(level=levels, sort=False).indices if levels else {(): np.arange(len(one))}
    standing = np.minimum(_standing(one), _standing(other))
    rows = []
    for name, before, after in _outcomes(one, other, _places(a.summary) | _places(b.summary)):
        item = OUTCOMES.get(name["measure"])
        every_draw = item is not None and (item.every_draw or (item.whole_run and not item.null))
        weight = np.ones(len(one)) if every_draw else standing  # also where it does not stand at the end
        for point, places in groups.items():
            where = dict(zip(levels, point if isinstance(point, tuple) else (point,), strict=True))
            rows.append(where | name | paired_difference(before[places], after[places], weight[places]))
    return pd.DataFrame(rows)


def _standing(draws: pd.DataFrame) -> Array:
    """How much each draw counts at the end of the run: 1 while it stands."""
    told = ["weight"] if "weight" in draws else draws.columns.intersection(["survival", "sovereign"])
    return draws[told].prod(axis=1).to_numpy(np.float64)


def _places(summary: pd.DataFrame) -> dict[Any, dict[Any, str]]:
    """Where the outcomes of draws stand in a summary: quarter, measure, patron and unit, by name."""
    told = summary.drop_duplicates(["measure", "patron"])
    names = (told["measure"] + "." + told["patron"]).str.removesuffix(".")
    told = told.assign(quarter=told["quarter"].where(told["quarter"] == "all", "end")).set_index(names)
    return told[["quarter", "measure", "patron", "unit"]].to_dict("index")


def _outcomes(
    one: pd.DataFrame, other: pd.DataFrame, places: Mapping[str, dict[str, str]]
) -> Iterator[tuple[dict[str, str], Array, Array]]:
    """Every outcome of both tables; of one that is a word, whether it is each of the words."""
    for column in map(str, one.columns.intersection(other.columns, sort=False)):
        if column.startswith(OF_NUMBERS) or column == "weight":
            continue
        before, after = one[column], other[column]
        if pd.api.types.is_numeric_dtype(before) and pd.api.types.is_numeric_dtype(after):
            head, _, date = column.partition("@")
            unnamed = {"quarter": "all", "measure": column, "patron": "", "unit": ""}
            place = places.get(head, unnamed) | ({"quarter": date} if date else {})
            yield place, before.to_numpy(np.float64), after.to_numpy(np.float64)
            continue
        measure, _, year = column.partition("_")
        date = label(year_end(int(year))) if year.isdigit() else "end"
        for word in dict.fromkeys([*before, *after]):
            place = {"quarter": date, "measure": measure, "patron": str(word), "unit": "share"}
            yield place, np.asarray(before == word, np.float64), np.asarray(after == word, np.float64)


def unpaired(a: Run, b: Run) -> pd.DataFrame:
    """Every statistic that both summaries have, and what B has more of it.

    Raises:
        HedgingError: summaries with other columns, or without a row in common.
    """
    one, other = a.summary, b.summary
    if set(one.columns) != set(other.columns):
        only = ", ".join(sorted(set(one.columns) ^ set(other.columns)))
        raise HedgingError(f"{a.name} and {b.name} cannot be set side by side: only one of them has {only}")
    one, other = one.rename(columns={"value": "a"}), other.rename(columns={"value": "b"}).drop(columns="unit")
    table = one.merge(other)
    if table.empty:
        raise HedgingError(f"{a.name} and {b.name} have no measure in common at the same quarter")
    return table.assign(difference=table["b"] - table["a"])


def at_the_end(table: pd.DataFrame) -> pd.DataFrame:
    """Of the statistics that `unpaired` gives the means and shares over the run or at its end, and how far
    the draws spread there."""
    points = [column for column in table.columns if column not in NO_NAMES]
    ends = table[table["quarter"] == table.groupby(points)["quarter"].transform("max")]
    names = [*points, "quarter", "unit"]
    sides = ends.melt([*names, "statistic"], ["a", "b"], var_name="side")
    told = sides.pivot(index=[*names, "side"], columns="statistic", values="value")
    told = told.reindex(columns=["mean", "share", "p05", "p95"])
    mean = told["mean"].fillna(told["share"])
    by_share = (mean * (1 - mean)).clip(lower=0.0) ** 0.5  # a share of draws has no quantiles
    spread = ((told["p95"] - told["p05"]) / NORMAL).fillna(by_share)
    rows = mean.unstack().assign(spread=(spread.unstack() ** 2).mean(axis=1, skipna=False) ** 0.5)
    return rows.assign(difference=rows["b"] - rows["a"]).reset_index().dropna(subset="difference")
