"""Means and quantiles over draws, quarter by quarter, exact however many blocks the draws came in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hedging import dates, measures
from hedging.about import About
from hedging.arm import Arm
from hedging.arrays import Array
from hedging.outcomes import EVERY_DRAW, PAIRED, SERIES, TOTALS
from hedging.record import Quantity
from hedging.settings import Settings

QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
STATISTICS = ("mean", *QUANTILES)
SORTED_AT_ONCE = 400_000
"""Numbers that are sorted together: what memory they take does not grow with the draws."""
COLUMNS = ("quarter", "measure", "patron", "statistic", "value", "unit")


WHOLE_RUN = "all"
"""What stands for the quarter of a number over the whole run."""

Row = tuple[str, str]


class Bands:
    """Gathers the series of every block on disk, and reads them back a quarter at a time: memory stays small.

    On disk a block is (quarter, row, draw): the weight, the weight of paired differences, then a row for
    each measure and patron or partner.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.rows = [row for item in SERIES.values() for row in _rows(item, settings)]
        self.totals = [row for item in TOTALS.values() for row in _rows(item, settings)]
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._counts: list[int] = []
        self._totals: list[Array] = []  # (row, draw) of each block: the last paired weight, then the totals
        self._regimes = np.zeros((settings.horizon, len(measures.REGIMES)), dtype=np.int64)

    def add(self, arm: Arm) -> None:
        """Take in one block."""
        quarters, count = arm.weight.shape
        block = np.empty((quarters, 2 + len(self.rows), count))
        block[:, 0], block[:, 1] = arm.weight, arm.paired
        row = 2
        for name in SERIES:
            series = arm.series(name)
            width = 1 if series.ndim == 2 else series.shape[1]
            block[: len(series), row : row + width] = series.reshape(len(series), width, count)
            block[len(series) :, row : row + width] = np.nan
            row += width
        block.tofile(self._file)
        self._counts.append(count)
        totals = [np.atleast_2d(arm.total(name)) for name in TOTALS]
        self._totals.append(np.concatenate([arm.paired[-1:], *totals]))
        for code in range(len(measures.REGIMES)):
            self._regimes[:, code] += (arm.regime == code).sum(axis=1)

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()

    def table(self) -> pd.DataFrame:
        """The summary in long form: quarter, measure, patron, statistic, value, unit; sorted."""
        parts = [self._regime_rows(), self._whole_run()]
        unweighted = np.array([name in EVERY_DRAW for name, _ in self.rows])
        for quarter, whole in enumerate(self._quarters()):
            statistics = _statistics(whole[2:], [whole[int(name in PAIRED)] for name, _ in self.rows])
            statistics[unweighted] = np.nan
            statistics[unweighted, 0] = whole[2:][unweighted].mean(axis=1)
            parts.append(_table(dates.label(quarter), self.rows, SERIES, STATISTICS, statistics))
        table = pd.concat(parts, ignore_index=True)
        return table.sort_values(["quarter", "measure", "patron", "statistic"], ignore_index=True)

    def _quarters(self) -> Iterator[Array]:
        """All draws of one quarter after the other: (row, draw), the two weights first."""
        width = 2 + len(self.rows)
        starts = np.concatenate([[0], np.cumsum(self._counts)]) * width * (self.settings.horizon + 1)
        for quarter in range(self.settings.horizon + 1):
            pieces = []
            for count, start in zip(self._counts, starts[:-1], strict=True):
                self._file.seek(int(start + quarter * width * count) * 8)
                pieces.append(np.fromfile(self._file, count=width * count).reshape(width, count))
            yield np.concatenate(pieces, axis=1)

    def _whole_run(self) -> pd.DataFrame:
        """Sums over time hold the weights already: every draw counts once, a missing ratio is left out."""
        whole = np.concatenate(self._totals, axis=1)
        always = np.ones(whole.shape[1])
        weights = [whole[0] if name in PAIRED else always for name, _ in self.totals]
        used = [measures.draws_used(row, weight) for row, weight in zip(whole[1:], weights, strict=True)]
        statistics = np.column_stack([_statistics(whole[1:], weights), used])
        return _table(WHOLE_RUN, self.totals, TOTALS, (*STATISTICS, "draws"), statistics)

    def _regime_rows(self) -> pd.DataFrame:
        quarters = self.settings.horizon
        shares = self._regimes / sum(self._counts)
        return pd.DataFrame(
            {
                "quarter": np.repeat(dates.labels(quarters), len(measures.REGIMES)),
                "measure": "regime",
                "patron": np.tile(measures.REGIMES, quarters),
                "statistic": "share",
                "value": shares.ravel(),
                "unit": "share",
            }
        )


def _rows(item: Quantity, settings: Settings) -> list[Row]:
    """The rows of a measure: one, or one for each patron or partner."""
    members = {"patron": settings.patrons, "partner": settings.partners}
    axes = item.axes[:-1]
    return [(item.name, member) for member in (members[axes[0]] if axes else ("",))]


def _statistics(values: Array, weights: Sequence[Array]) -> Array:
    """Mean and quantiles of each row, some rows at a time: (row, draw), weights -> (row, statistic)."""
    found = []
    at_once = max(SORTED_AT_ONCE // values.shape[1], 1)
    for first in range(0, len(values), at_once):
        some, weight = values[first : first + at_once], np.stack(weights[first : first + at_once])
        quantiles = measures.weighted_quantiles(some, weight, list(QUANTILES.values()))
        found.append(np.stack([measures.weighted_mean(some, weight), *quantiles], axis=1))
    return np.concatenate(found)


def _table(
    quarter: str,
    rows: Sequence[Row],
    about: Mapping[str, Quantity],
    statistics: Sequence[str],
    values: Array,
) -> pd.DataFrame:
    """Statistics in long form; what is missing is left out."""
    names = [name for name, _ in rows]
    table = pd.DataFrame(
        {
            "quarter": quarter,
            "measure": np.repeat(names, len(statistics)),
            "patron": np.repeat([member for _, member in rows], len(statistics)),
            "statistic": np.tile(statistics, len(rows)),
            "value": values.ravel(),
            "unit": np.repeat([about[name].unit for name in names], len(statistics)),
        }
    )
    return table.dropna(subset="value")


def as_dataset(table: pd.DataFrame, about: About) -> Any:
    """Label a summary table: a variable per measure.

    Series run over (statistic, quarter), numbers over the whole run over (statistic,), both also over patron
    or partner; `regime` holds shares over (label, quarter).
    """
    import xarray as xr

    coordinates = {
        "statistic": [*STATISTICS, "draws"],
        "quarter": dates.labels(about.horizon + 1),
        "patron": list(about.patrons),
        "partner": list(about.partners),
        "label": list(measures.REGIMES),
    }
    variables: dict[str, Any] = {}
    for key, rows in table.groupby("measure", sort=False):
        name = str(key)
        if name == "regime":
            told = {"unit": "share", "long_name": "share of draws in each regime"}
            dims, keys = ("label", "quarter"), ["patron", "quarter"]
        else:
            item = SERIES[name] if name in SERIES else TOTALS[name]
            told = {"unit": item.unit, "long_name": item.meaning}
            dims = ("statistic", *(("quarter",) if name in SERIES else ()), *item.axes[:-1])
            keys = [
                "statistic",
                *(["quarter"] if name in SERIES else []),
                *(["patron"] if item.axes[:-1] else []),
            ]
        index = [coordinates[dim] for dim in dims]
        whole = pd.MultiIndex.from_product(index) if len(index) > 1 else pd.Index(index[0])
        values = rows.set_index(keys)["value"].reindex(whole).to_numpy()
        variables[name] = (dims, values.reshape([len(labels) for labels in index]), told)
    return xr.Dataset(variables, coordinates, describe(about))


def describe(about: About) -> dict[str, Any]:
    """What figures and readers need to know of a run besides its numbers."""
    return {
        "study": about.study,
        "question": about.question,
        "draws": about.draws,
        "seed": about.seed,
        "chance": about.chance,
        "patrons": list(about.patrons),
        "labels": [about.labels[name] for name in about.patrons],
        "colours": [about.colours[name] for name in about.patrons],
        "marks": [list(mark) for mark in about.marks],
    }
