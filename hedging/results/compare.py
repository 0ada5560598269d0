"""What differs between the outcomes of two runs: draw by draw where they met the same luck, or by summary."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedging.results.inputs import inputs, read_tree
from hedging import measures
from hedging.world.arrays import Array
from hedging.world.dates import label
from hedging.settings.designs import NEUTRAL
from hedging.errors import HedgingError
from hedging.measures import year_end
from hedging.measures.catalogue import EVERY_DRAW, PAIRED, SERIES, TOTALS

OF_NUMBERS = ("world.", "client.", "patrons.")
"""How the columns of draws.parquet that hold sampled numbers begin; the others are outcomes."""

NORMAL = 3.2897
"""Standard deviations between the 5 and the 95% quantile of a normal distribution."""

SAME = 1e-9
"""How far apart two outcomes of a draw may lie and still be the same, relative to their size."""

UNLIKE = {
    "seed": "draws met other luck",
    "chance": "draws met other luck",
    "horizon": "the runs end in other quarters",
}
"""Inputs that must be the same for draws to be held against each other one by one, and why."""

NO_NAMES = ("quarter", "statistic", "unit", "a", "b", "difference")
"""Columns of what `unpaired` gives that do not name an outcome."""

NO_POINT = (
    *("measure", "patron", "draws", "low", "high", "higher", "lower", "spread"),
    *("standard", "standard_low", "standard_high"),
)
"""Columns of a table of differences that, beside those, name no arm or point."""


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
    def manifest(self) -> dict[str, Any]:
        """What made it; empty where it does not say."""
        try:
            told = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Its summary in long form, every column but the value as text."""
        path = self.folder / "summary.csv"
        try:
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            return table.assign(value=pd.to_numeric(table["value"]))
        except (OSError, ValueError, KeyError) as error:
            raise HedgingError(f"cannot read {path}: {error}") from None

    @cached_property
    def draws(self) -> pd.DataFrame | None:
        """A row per draw, where the run has kept them; the columns up to `draw` name a row."""
        path = self.folder / "draws.parquet"
        try:
            return pd.read_parquet(path) if path.exists() else None
        except (OSError, ValueError) as error:
            raise HedgingError(f"cannot read {path}: {error}") from None


def keys(draws: pd.DataFrame) -> list[str]:
    """The columns that name a row: rule, arm and axes where there are some, and the draw."""
    columns = [str(column) for column in draws.columns]
    return columns[: columns.index("draw") + 1]


def why_unpaired(a: Run, b: Run) -> str:
    """Why the draws of two runs cannot be held against each other one by one; empty where they can."""
    for run in (a, b):
        if run.draws is None:
            return f"{run.name} has no draws.parquet"
    assert a.draws is not None and b.draws is not None
    for key, why in UNLIKE.items():
        if a.tree.get(key) != b.tree.get(key):
            return f"{key} differs, {a.tree.get(key)} and {b.tree.get(key)}, so that {why}"
    luck = [run.tree["ensemble"].get("luck", NEUTRAL["luck"]) for run in (a, b)]
    if luck[0] != luck[1]:
        return f"ensemble.luck differs, {luck[0]} and {luck[1]}, so that draws met other luck"
    if keys(a.draws) != keys(b.draws):
        return f"their draws are told apart by {', '.join(keys(a.draws))} and {', '.join(keys(b.draws))}"
    one, other = matched(a.draws, b.draws)
    if one.empty:
        return "they have no draw in common"
    stated = inputs(a.tree), inputs(b.tree)
    for column in one.columns.intersection(other.columns):
        alike = stated[0].get(column) == stated[1].get(column)
        if column.startswith(OF_NUMBERS) and alike and not np.allclose(one[column], other[column], rtol=SAME):
            return f"their draws have other numbers, such as {column}"
    return ""


def matched(a: pd.DataFrame, b: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that both tables have, in the order of the first."""
    one, other = a.set_index(keys(a)), b.set_index(keys(b))
    both = one.index.intersection(other.index, sort=False)
    return one.loc[both], other.loc[both]


def paired(a: Run, b: Run) -> pd.DataFrame:
    """Every outcome that both runs have, draw by draw: a row for each, and for each arm and point.

    Rule: B less A over the draws that stand in both, as the summary weighs them; the 95% interval of the mean
    difference is Student's.
    """
    assert a.draws is not None and b.draws is not None
    one, other = matched(a.draws, b.draws)
    levels = [name for name in one.index.names if name != "draw"]
    weight = np.minimum(_standing(one), _standing(other))
    units, rows = _units(a) | _units(b), []
    groups = one.groupby(level=levels, sort=False).indices if levels else {(): np.arange(len(one))}
    for name, before, after in _outcomes(one, other):
        whole = name["measure"] in EVERY_DRAW or name["measure"] == "regime"
        whole |= name["measure"] in TOTALS and name["measure"] not in PAIRED
        unit = units.get(name["measure"], "share" if name["measure"] == "regime" else "")
        for point, places in groups.items():
            where = dict(zip(levels, point if isinstance(point, tuple) else (point,), strict=True))
            counts = np.ones(len(places)) if whole else weight[places]
            rows.append(where | name | {"unit": unit} | _difference(before[places], after[places], counts))
    return pd.DataFrame(rows)


def _standing(draws: pd.DataFrame) -> Array:
    """How much each draw counts at the end of the run: 1 while it stands."""
    if "weight" in draws:
        return draws["weight"].to_numpy(np.float64)
    if "survival" in draws and "sovereign" in draws:
        return measures.weight(*(draws[name].to_numpy(np.float64) for name in EVERY_DRAW))
    return np.ones(len(draws))


def _units(run: Run) -> dict[str, str]:
    return dict(zip(run.summary["measure"], run.summary["unit"], strict=True))


def _outcomes(one: pd.DataFrame, other: pd.DataFrame) -> Iterator[tuple[dict[str, str], Array, Array]]:
    """Every outcome of both tables; of one that is a word, whether it is each of the words."""
    for column in one.columns.intersection(other.columns, sort=False):
        if column.startswith(OF_NUMBERS) or column == "weight":
            continue
        before, after = one[column], other[column]
        if pd.api.types.is_numeric_dtype(before) and pd.api.types.is_numeric_dtype(after):
            yield _name(str(column)), before.to_numpy(np.float64), after.to_numpy(np.float64)
            continue
        measure, _, year = str(column).partition("_")
        date = label(year_end(int(year))) if year.isdigit() else "end"
        for word in dict.fromkeys([*before, *after]):
            name = {"quarter": date, "measure": measure, "patron": str(word)}
            yield name, np.asarray(before == word, np.float64), np.asarray(after == word, np.float64)


def _name(column: str) -> dict[str, str]:
    """The quarter, measure and patron of a column; one that is no outcome's name is a measure of its own."""
    head, _, date = column.partition("@")
    measure, _, member = head.partition(".")
    if measure not in SERIES and measure not in TOTALS and measure != "regime":
        return {"quarter": "all", "measure": column, "patron": ""}
    return {"quarter": date or ("all" if measure in TOTALS else "end"), "measure": measure, "patron": member}


def _difference(before: Array, after: Array, weight: Array) -> dict[str, float]:
    """B less A in one outcome: its mean with an interval, and how often it is above and below nought."""
    from scipy.stats import t

    used = ~np.isnan(before) & ~np.isnan(after) & (weight > 0)
    before, after, weight = before[used], after[used], weight[used]
    if not used.any():
        return {"draws": 0.0}
    weight = weight / weight.sum()
    change, cases = after - before, float(1 / (weight**2).sum())
    change = np.where(np.abs(change) <= SAME * np.maximum(np.abs(before), np.abs(after)), 0.0, change)
    mean = float((weight * change).sum())
    half = float("nan")
    if cases > 1.5:
        half = float(t.ppf(0.975, cases - 1)) * _deviation(change, weight) / float(np.sqrt(cases - 1))
    spread = np.hypot(_deviation(before, weight), _deviation(after, weight)) / np.sqrt(2)
    return {
        "draws": float(used.sum()),
        "a": float((weight * before).sum()),
        "b": float((weight * after).sum()),
        "difference": mean,
        "low": mean - half,
        "high": mean + half,
        "higher": float(weight[change > 0].sum()),
        "lower": float(weight[change < 0].sum()),
        "spread": float(spread),
    }


def _deviation(values: Array, weight: Array) -> float:
    """The standard deviation over draws, by weight."""
    mean = (weight * values).sum()
    return float(np.sqrt((weight * (values - mean) ** 2).sum()))


def unpaired(a: Run, b: Run) -> pd.DataFrame:
    """Every statistic that both summaries have, and what B has more of it.

    Raises:
        HedgingError: summaries with other columns, or without a row in common.
    """
    one, other = a.summary, b.summary
    names = [column for column in one.columns if column not in ("value", "unit")]
    if set(one.columns) != set(other.columns):
        only = ", ".join(sorted(set(one.columns) ^ set(other.columns)))
        raise HedgingError(f"{a.name} and {b.name} cannot be set side by side: only one of them has {only}")
    table = one.merge(other.drop(columns="unit"), on=names, suffixes=("_a", "_b"))
    if table.empty:
        raise HedgingError(f"{a.name} and {b.name} have no measure in common at the same quarter")
    table = table.rename(columns={"value_a": "a", "value_b": "b"})
    return table.assign(difference=table["b"] - table["a"])


def at_the_end(table: pd.DataFrame) -> pd.DataFrame:
    """Of the statistics that `unpaired` gives the means and shares over the run or at its end, and how far
    the draws spread there."""
    points = [column for column in table.columns if column not in NO_NAMES]
    ends = table[table["quarter"] == table.groupby(points)["quarter"].transform("max")]
    sides: list[pd.Series[float]] = []
    spreads: list[pd.Series[float]] = []
    for side in ("a", "b"):
        wide = ends.pivot(index=[*points, "quarter", "unit"], columns="statistic", values=side)
        wide = wide.reindex(columns=["mean", "share", "p05", "p95"])
        sides.append(wide["mean"].fillna(wide["share"]))
        by_share = (sides[-1] * (1 - sides[-1])).clip(lower=0.0) ** 0.5  # a share of draws has no quantiles
        spreads.append(((wide["p95"] - wide["p05"]) / NORMAL).fillna(by_share))
    spread = ((spreads[0] ** 2 + spreads[1] ** 2) / 2) ** 0.5
    rows = pd.DataFrame({"a": sides[0], "b": sides[1], "difference": sides[1] - sides[0], "spread": spread})
    return rows.reset_index().dropna(subset="difference")
