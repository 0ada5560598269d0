"""Reads what a figure needs out of a summary.

A figure is made from the summary alone, never from draws: whoever holds `summary.csv` can draw it again.
What is asked of a summary is asked here, and what it lacks is named in one clear line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from hedging.errors import HedgingError
from hedging.measures.aggregate import STATISTICS
from hedging.plots.style import CLIENT_COLOUR, DASHES, MARKET_COLOUR, MARKET_DASHES, Dashes
from hedging.world import dates

Array = NDArray[np.float64]

CLIENT = "client"
QUARTER = 0.25  # of a year: time runs in years on every axis
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


class MissingMeasure(HedgingError):
    """Says that the summary lacks what a figure is drawn from, as an older run may."""


@dataclass(frozen=True)
class Actor:
    """Holds how one country or creditor is named and drawn, the same in every figure."""

    name: str
    label: str
    colour: str
    dashes: Dashes

    @property
    def look(self) -> dict[str, Any]:
        """How its line is drawn; without a label it has no place in a key."""
        return {"label": self.label or "_", "color": self.colour, "linestyle": self.dashes, "zorder": 3.0}


MARKET = Actor("market", "market", MARKET_COLOUR, MARKET_DASHES)
REST_OF_WORLD = Actor("rest_of_world", "rest of world", MARKET_COLOUR, MARKET_DASHES)


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


def statistic(variable: xr.DataArray, name: str | list[str]) -> Array:
    """Takes one statistic of a measure, or several, which come first."""
    return np.asarray(variable.sel(statistic=name).values, dtype=np.float64)


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


def members(summary: xr.Dataset, name: str) -> list[tuple[Actor, xr.DataArray]]:
    """Splits a measure by whom it is of: every patron in turn, of trade the dominant one first and the rest
    of the world last; the client where it is of no other."""
    variable, actors = measure(summary, name), patrons(summary)
    if "partner" in variable.dims:
        first = dominant(summary)
        actors = [first, *(patron for patron in actors if patron != first), REST_OF_WORLD]
    for dim in ("partner", "patron"):
        if dim in variable.dims:
            return [(actor, variable.sel({dim: actor.name})) for actor in actors]
    client = Actor(CLIENT, name.replace("_", " "), CLIENT_COLOUR, DASHES[0])
    return [(MARKET if name == "market_debt" else client, variable)]


def years(quarters: Iterable[Any]) -> Array:
    """Turns quarter labels ("2015Q3") into years at the start of the quarter (2015.5)."""
    places = [dates.index(label, "a figure") for label in quarters]
    return np.float64(dates.FIRST_YEAR) + QUARTER * np.array(places, dtype=np.float64)


def series(variable: xr.DataArray) -> tuple[Array, xr.DataArray]:
    """Takes a series where it has values, and when: a state stands at the start of its quarter, a flow in
    its middle."""
    known = np.isfinite(statistic(variable, "p50")) | np.isfinite(statistic(variable, "mean"))
    time = years(variable["quarter"].values) + (0.0 if variable.attrs.get("state", True) else QUARTER / 2)
    return time[known], variable.isel(quarter=np.flatnonzero(known))


def unit_words(unit: str) -> str:
    """Tells a unit as a reader knows it."""
    return UNIT_WORDS.get(unit, unit)
