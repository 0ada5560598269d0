"""Means and quantiles over draws, quarter by quarter: exact, or of many draws from thinned distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hedging.world import dates

from hedging import measures
from hedging.settings.header import About
from hedging.measures.trajectories import Arm
from hedging.world.arrays import Array
from hedging.measures.catalogue import EVERY_DRAW, PAIRED, SERIES, TOTALS
from hedging.world.quantities import Quantity
from hedging.settings.settings import Settings

QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
STATISTICS = ("mean", *QUANTILES)
POINTS = 250
"""Points that stand for the distribution of a row of a part, where there are too many draws to keep them."""

SORTED_AT_ONCE = 400_000
"""Numbers that are sorted together: what memory they take does not grow with the draws."""
COLUMNS = ("quarter", "measure", "patron", "statistic", "value", "unit")


WHOLE_RUN = "all"
"""What stands for the quarter of a number over the whole run."""

Row = tuple[str, str]
Part = Mapping[str, Any]


class PartBands:
    """Gathers the series of some draws, block by block: what a summary needs of them, as plain arrays.

    `series` is (quarter, row, draw) and `totals` (row, draw): the weight and the weight of paired differences
    (of totals the latter alone), then a row for each measure and patron or partner. `regimes` counts draws:
    (quarter, code).
    """

    def __init__(self, settings: Settings, draws: int) -> None:
        self.names = Rows(settings)
        self._series = np.full((settings.horizon + 1, 2 + len(self.names.series), draws), np.nan)
        self._totals = np.empty((1 + len(self.names.totals), draws))
        self._regimes = np.zeros((settings.horizon, len(measures.REGIMES)), dtype=np.int64)
        self._done = 0

    def add(self, arm: Arm) -> None:
        """Take in one block."""
        count = arm.weight.shape[-1]
        here = slice(self._done, self._done + count)
        self._series[:, 0, here], self._series[:, 1, here] = arm.weight, arm.paired
        row = 2
        for name in SERIES:
            series = arm.series(name)
            width = 1 if series.ndim == 2 else series.shape[1]
            self._series[: len(series), row : row + width, here] = series.reshape(len(series), width, count)
            row += width
        totals = [np.atleast_2d(arm.total(name)) for name in TOTALS]
        self._totals[:, here] = np.concatenate([arm.paired[-1:], *totals])
        for code in range(len(measures.REGIMES)):
            self._regimes[:, code] += (arm.regime == code).sum(axis=1)
        self._done += count

    def arrays(self, exact: bool) -> Part:
        """What was gathered: every draw, or of each row its sum, its weight and its thinned distribution."""
        if exact:
            return {"series": self._series, "totals": self._totals, "regimes": self._regimes}
        series = [
            thinned(whole[2:], self.names.weights(whole[0], whole[1], self.names.series, EVERY_DRAW))
            for whole in self._series
        ]
        always = np.ones(self._totals.shape[1])
        totals = thinned(self._totals[1:], self.names.weights(always, self._totals[0], self.names.totals, ()))
        return {"series": np.stack(series), "totals": totals, "regimes": self._regimes}


class Rows:
    """The rows of a summary: those of series and those of totals, each a measure and a member."""

    def __init__(self, settings: Settings) -> None:
        self.series = [row for item in SERIES.values() for row in _rows(item, settings)]
        self.totals = [row for item in TOTALS.values() for row in _rows(item, settings)]

    @staticmethod
    def weights(plain: Array, paired: Array, rows: Sequence[Row], always: Sequence[str]) -> Array:
        """How much each draw counts in each row: (row, draw)."""
        ones = np.ones_like(plain)
        return np.stack([ones if name in always else paired if name in PAIRED else plain for name, _ in rows])


def thinned(values: Array, weights: Array) -> Array:
    """Thin out the distribution of each row: its weight, its weighted sum, the draws used, then POINTS
    quantiles at the middles of as many equal shares of the weight.

    A quantile that is read off thinned parts later errs by less than half a share of the weight in rank:
    0.2 percentage points.
    Shapes: (row, draw) -> (row, 3 + point).
    """
    used = measures.draws_used(values, weights)
    mass = np.where(np.isnan(values), 0.0, weights)
    middles = [(k + 0.5) / POINTS for k in range(POINTS)]
    points = measures.weighted_quantiles(values, weights, middles)
    sums = np.nansum(mass * np.where(np.isnan(values), 0.0, values), axis=1)
    return np.column_stack([mass.sum(axis=1), sums, used, points.T])


def summary_table(settings: Settings, parts: Sequence[Part], exact: bool) -> pd.DataFrame:
    """The summary of some draws in long form: quarter, measure, patron, statistic, value, unit; sorted.

    Args:
        parts: the draws in their order, as `PartBands.arrays` gives them; their series may lie on disk, and
            are read a quarter at a time.
    """
    rows = Rows(settings)
    regimes = np.sum([part["regimes"] for part in parts], axis=0)
    found = [_regime_rows(settings, regimes), _whole_run(rows, parts, exact)]
    unweighted = np.array([name in EVERY_DRAW for name, _ in rows.series])
    for quarter in range(settings.horizon + 1):
        pieces = [np.asarray(part["series"][quarter]) for part in parts]
        if exact:
            whole = np.concatenate(pieces, axis=1)
            weights = rows.weights(whole[0], whole[1], rows.series, EVERY_DRAW)
            statistics = _statistics(whole[2:], weights)
        else:
            statistics = _of_thinned(pieces)[:, :-1]
        statistics[unweighted, 1:] = np.nan
        found.append(_table(dates.label(quarter), rows.series, SERIES, STATISTICS, statistics))
    table = pd.concat(found, ignore_index=True)
    return table.sort_values(["quarter", "measure", "patron", "statistic"], ignore_index=True)


def _whole_run(rows: Rows, parts: Sequence[Part], exact: bool) -> pd.DataFrame:
    """Sums over time hold the weights already: every draw counts once, a missing ratio is left out."""
    if exact:
        whole = np.concatenate([part["totals"] for part in parts], axis=1)
        weights = rows.weights(np.ones(whole.shape[1]), whole[0], rows.totals, ())
        used = measures.draws_used(whole[1:], weights)
        statistics = np.column_stack([_statistics(whole[1:], weights), used])
    else:
        statistics = _of_thinned([part["totals"] for part in parts])
    return _table(WHOLE_RUN, rows.totals, TOTALS, (*STATISTICS, "draws"), statistics)


def _of_thinned(pieces: Sequence[Array]) -> Array:
    """Mean, quantiles and draws used of each row, of thinned parts: (row, statistic)."""
    stacked = np.stack(pieces)  # (part, row, 3 + point)
    mass, sums, used = stacked[..., 0], stacked[..., 1].sum(axis=0), stacked[..., 2].sum(axis=0)
    total = mass.sum(axis=0)
    means = np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)
    values = np.moveaxis(stacked[..., 3:], 0, 1).reshape(len(means), -1)
    weights = np.repeat(mass.T / POINTS, POINTS, axis=1)
    quantiles = measures.weighted_quantiles(values, weights, list(QUANTILES.values()))
    return np.column_stack([means, *quantiles, used])


def _regime_rows(settings: Settings, counts: Array) -> pd.DataFrame:
    quarters = settings.horizon
    return pd.DataFrame(
        {
            "quarter": np.repeat(dates.labels(quarters), len(measures.REGIMES)),
            "measure": "regime",
            "patron": np.tile(measures.REGIMES, quarters),
            "statistic": "share",
            "value": (counts / counts.sum(axis=1, keepdims=True)).ravel(),
            "unit": "share",
        }
    )


def _rows(item: Quantity, settings: Settings) -> list[Row]:
    """The rows of a measure: one, or one for each patron or partner."""
    members = {"patron": settings.patrons, "partner": settings.partners}
    axes = item.axes[:-1]
    return [(item.name, member) for member in (members[axes[0]] if axes else ("",))]


def _statistics(values: Array, weights: Array) -> Array:
    """Mean and quantiles of each row, some rows at a time: (row, draw) each -> (row, statistic)."""
    found = []
    at_once = max(SORTED_AT_ONCE // values.shape[1], 1)
    for first in range(0, len(values), at_once):
        some, weight = values[first : first + at_once], weights[first : first + at_once]
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
