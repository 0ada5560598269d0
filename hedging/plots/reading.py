"""Reads what a figure needs out of a summary.

A figure is made from the summary alone, never from draws: whoever holds `summary.csv` can draw it again.
What is asked of a summary is asked here, and what it lacks is named in one clear line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from hedging.plots.style import DASHES, MARKET_COLOUR, MARKET_DASHES, Dashes

Array = NDArray[np.float64]

STATISTICS = ("mean", "p05", "p25", "p50", "p75", "p95")
REST_OF_WORLD = "rest_of_world"
QUARTER = 0.25  # of a year: time runs in years on every axis
# A flow is drawn at mid-quarter, a state at the start of its quarter.
FLOWS = frozenset({"offer", "carrot", "effort", "coerce"})
UNIT_WORDS = {
    "usd_bn": "USD bn",
    "usd_bn/quarter": "USD bn per quarter",
    "share": "share, 0 to 1",
    "share/quarter": "share per quarter",
    "1": "index",
    "1/quarter": "index per quarter",
    "quarter": "quarters",
    "utility/quarter": "utility per quarter",
}


class MissingMeasure(KeyError):
    """Says that the summary lacks what a figure is drawn from, as an older run may."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Actor:
    """Holds how one country or creditor is named and drawn, the same in every figure."""

    name: str
    label: str
    colour: str
    dashes: Dashes


@dataclass(frozen=True)
class Series:
    """Holds the statistics of one measure over time, in years, without quarters that have no value."""

    time: Array
    mean: Array
    p05: Array
    p25: Array
    p50: Array
    p75: Array
    p95: Array


def measure(summary: xr.Dataset, name: str) -> xr.DataArray:
    """Gives one measure of the summary.

    Raises: MissingMeasure, naming the measure or the statistic that is not there.
    """
    if name not in summary.data_vars:
        held = ", ".join(sorted(str(variable) for variable in summary.data_vars)) or "nothing"
        raise MissingMeasure(f"this summary has no measure '{name}', which this figure shows; it has {held}")
    variable = summary[name]
    if "statistic" in variable.dims:
        lacking = sorted(set(STATISTICS) - {str(label) for label in variable["statistic"].values})
        if lacking:
            raise MissingMeasure(f"measure '{name}' has no statistic {', '.join(lacking)} in this summary")
    return variable


def attribute(summary: xr.Dataset, name: str) -> Any:
    """Gives one attribute of the summary.

    Raises: MissingMeasure, naming the attribute that is not there.
    """
    if name not in summary.attrs:
        raise MissingMeasure(f"this summary has no attribute '{name}', which every figure needs")
    return summary.attrs[name]


def patrons(summary: xr.Dataset) -> list[Actor]:
    """Lists the patrons with their label, colour and line, in the order of the summary."""
    names, labels, colours = (attribute(summary, key) for key in ("patrons", "labels", "colours"))
    return [
        Actor(str(name), str(label), str(colour), DASHES[place % len(DASHES)])
        for place, (name, label, colour) in enumerate(zip(names, labels, colours, strict=True))
    ]


def dominant(summary: xr.Dataset) -> Actor:
    """Finds the patron that starts with the largest share of trade, the first of equals."""
    share = measure(summary, "trade_share").sel(statistic="mean").isel(quarter=0)
    return max(patrons(summary), key=lambda patron: float(share.sel(partner=patron.name)))


def market(label: str) -> Actor:
    """Gives the actor that stands for whoever is no patron: the bond market, the rest of the world."""
    return Actor(REST_OF_WORLD, label, MARKET_COLOUR, MARKET_DASHES)


def years(quarters: Iterable[Any]) -> Array:
    """Turns quarter labels ("2015Q3") into years at the start of the quarter (2015.5)."""
    labels = [str(label) for label in quarters]
    return np.array([int(label[:4]) + QUARTER * (int(label[-1]) - 1) for label in labels], dtype=np.float64)


def series(summary: xr.Dataset, name: str, **who: str) -> Series:
    """Takes the path of one measure, of one patron or partner where `who` names it (`patron="..."`)."""
    variable = measure(summary, name).sel(who)
    table = {key: variable.sel(statistic=key).values.astype(np.float64) for key in STATISTICS}
    known = np.isfinite(table["p50"]) | np.isfinite(table["mean"])
    time = years(variable["quarter"].values) + (QUARTER / 2 if name in FLOWS else 0.0)
    return Series(time[known], **{key: values[known] for key, values in table.items()})


def axis_label(summary: xr.Dataset, name: str, words: str) -> str:
    """Writes an axis label: what is measured, then its unit in brackets."""
    unit = str(measure(summary, name).attrs.get("unit", ""))
    return f"{words} ({UNIT_WORDS.get(unit, unit or 'no unit given')})"


def spread(summary: xr.Dataset, names: Sequence[str]) -> bool:
    """Tells whether draws differ at all in any of these measures, so that there is a band to draw."""
    taken = [measure(summary, name) for name in names]
    return any(bool((m.sel(statistic="p95") - m.sel(statistic="p05") > 1e-9).any()) for m in taken)
