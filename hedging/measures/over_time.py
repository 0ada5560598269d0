"""Quarters: windows, sums over time, and which row of a state stands beside a flow.

Flows have one row per quarter; states have one row more: the start of each quarter and, last, the end of the
last. Every sum goes term by term, so that a draw is the same to the last bit whatever runs beside it.
"""

from __future__ import annotations

import numpy as np

from hedging.errors import HedgingError
from hedging.world.arrays import Array, over_patrons
from hedging.world.dates import index

WINDOW = 4
"""Structural: quarters in the window of posture and regime, a year."""


def opening(state: Array) -> Array:
    """Take a state at the start of each quarter: its row beside the flows of that quarter."""
    return state[:-1]


def closing(state: Array) -> Array:
    """Take a state at the end of each quarter, where a window that ends with the quarter ends."""
    return state[1:]


def year_end(year: int) -> int:
    """Find the quarter that stands for a year: its last. 2015 gives 3."""
    return index(f"{year}Q4", "year")


def added(values: Array, axis: int) -> Array:
    """Add up along any axis but the draw, one term after the other."""
    return over_patrons(np.moveaxis(values, axis, 0))


def all_patrons(values: Array) -> Array:
    """Add up over patrons: (..., patron, draw) -> (..., draw)."""
    return added(values, -2)


def window_sum(flow: Array, quarters: int = WINDOW) -> Array:
    """Add up a flow over the quarters of the window that ends with each quarter.

    Rule: SUM flow[s] for s = max(t - quarters + 1, 0) .. t; a window that would begin before the start is
    shorter. Not a difference of running sums, which would leave a rounding error behind where nothing flowed.
    """
    total = flow.copy()
    for back in range(1, min(quarters, len(flow))):
        total[back:] += flow[:-back]
    return total


def window_mean(flow: Array, quarters: int = WINDOW) -> Array:
    """Average a flow over the window that ends with each quarter; a shorter window by the quarters it has."""
    length = np.minimum(np.arange(1, len(flow) + 1), quarters)
    return window_sum(flow, quarters) / length.reshape(-1, *[1] * (flow.ndim - 1))


def rise(state: Array, quarters: int = WINDOW) -> Array:
    """Say how much a state rose over the window that ends with each quarter.

    Rule: the state after the window's last quarter minus the state at the start of its first; as many rows as
    flows.
    """
    first = np.maximum(np.arange(len(state) - 1) - quarters + 1, 0)
    return closing(state) - state[first]


def beside(weight: Array, values: Array) -> Array:
    """Shape weights to stand beside values: one weight for all patrons where values have the patron axis too.

    Shapes: weight (draw,) or (quarter, draw); values with the same axes, with or without a patron axis before
    the draw.
    Raises: HedgingError where the two do not hold the same quarters.
    """
    if weight.ndim == values.ndim - 1 == 2:
        weight = weight[:, None, :]
    if weight.ndim >= 2 and len(weight) != len(values):
        raise HedgingError(
            f"measures: {len(weight)} quarters of weights beside {len(values)} of values; "
            "beside a flow stand the rows at the start of its quarters: opening(weight)"
        )
    return weight


def total_over_time(flow: Array, weight: Array) -> Array:
    """Add up a flow over all quarters; a draw that has fallen adds nothing more.

    Rule: SUM_t w_t x_t; w_t is `weight` at the start of quarter t, with as many rows as the flow.
    Range: that of the flow, times the quarters. Unit: the flow's, times a quarter.
    """
    return added(beside(weight, flow) * flow, 0)


def mean_over_time(flow: Array, weight: Array) -> Array:
    """Average a flow over the quarters that a draw stands: SUM_t w_t x_t / SUM_t w_t.

    Range and unit: the flow's.
    """
    return ratio(total_over_time(flow, weight), beside(added(weight, 0)[None], flow[:1])[0])


def running_total(flow: Array, weight: Array) -> Array:
    """Add up a flow from the start to each quarter, that quarter included: SUM_{s<=t} w_s x_s."""
    return np.cumsum(beside(weight, flow) * flow, axis=0)


def ratio(above: Array, below: Array) -> Array:
    """Divide, and leave the result missing (NaN) where there is nothing below."""
    something = below > 0
    return np.where(something, above / np.where(something, below, 1.0), np.nan)
