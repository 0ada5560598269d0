"""Over quarters and draws: windows and sums over time, how much a draw counts, means and quantiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hedging.errors import HedgingError
from hedging.measures.declare import measure
from hedging.world.arrays import Array, over_patrons
from hedging.world.dates import index

QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
STATISTICS = ("mean", *QUANTILES)
"""What a summary tells of the draws, beside how many there are."""

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
    total = beside(weight, flow) * flow
    for row, before in zip(total[1:], total[:-1], strict=True):
        row += before
    return total


def ratio(above: Array, below: Array) -> Array:
    """Divide, and leave the result missing (NaN) where there is nothing below."""
    something = below > 0
    return np.where(something, above / np.where(something, below, 1.0), np.nan)


@measure(unit="share", meaning="how much the draw counts", state=True, reported=False)
def weight(survival: Array, sovereign: Array) -> Array:
    """Say how much each draw counts: 1 while it stands, 0 once it has fallen, its probability when expected.

    Rule: w = survival * sovereign, row by row: opening(w) goes beside flows. Range: [0, 1].
    """
    return survival * sovereign


@measure(unit="share", meaning="how much the draw counts beside flows", reported=False)
def stands(weight: Array) -> Array:
    """Say how much each draw counts beside the flows of a quarter: `weight` at its start. Range: [0, 1]."""
    return opening(weight)


@measure(unit="share", meaning="how much a pair counts", state=True, null="random", reported=False)
def paired(weight: Array, null_weight: Array) -> Array:
    """Weigh a paired difference: a draw counts where it stands in both arms.

    Rule: the smaller weight. Both arms meet the same chance, so the arm likelier to fall falls first; where
    weights are 0 or 1 this is their product. Range: [0, 1].
    """
    return np.minimum(weight, null_weight)


SAME = 1e-9
"""How far apart two outcomes of a draw may lie and still be the same, relative to their size."""


def paired_difference(before: Array, after: Array, weight: Array) -> dict[str, float]:
    """Say how much more there is of an outcome after than before, draw by draw.

    Rule: the mean over the draws that weigh something and have both; its 95% interval is Student's, with as
    many cases as the weights are worth, (SUM w)^2 / SUM w^2; `higher` and `lower` are the weight of the draws
    in which there is more and less; `spread` is the standard deviation over draws, of both together.
    Shapes: (draw,) each. Source: Kish (1965) for the cases.
    """
    from scipy.stats import t

    used = ~np.isnan(before) & ~np.isnan(after) & (weight > 0)
    if not used.any():
        return {"draws": 0.0}
    before, after, weight = before[used], after[used], weight[used] / weight[used].sum()
    change, cases = after - before, float(1 / (weight**2).sum())
    change = np.where(np.abs(change) <= SAME * np.maximum(np.abs(before), np.abs(after)), 0.0, change)
    mean, half = weight @ change, np.nan
    if cases > 1.5:
        half = t.ppf(0.975, cases - 1) * _deviation(change, weight) / np.sqrt(cases - 1)
    found = {"draws": used.sum(), "a": weight @ before, "b": weight @ after, "difference": mean}
    found |= {"low": mean - half, "high": mean + half}
    found |= {"higher": weight[change > 0].sum(), "lower": weight[change < 0].sum()}
    found["spread"] = np.hypot(_deviation(before, weight), _deviation(after, weight)) / np.sqrt(2)
    return {key: float(value) for key, value in found.items()}


def _deviation(values: Array, weight: Array) -> float:
    """The standard deviation over draws, by weight."""
    return float(np.sqrt(weight @ (values - weight @ values) ** 2))


def draws_used(values: Array, weight: Array) -> NDArray[np.int64]:
    """Count the draws behind a mean or a quantile: those that weigh something and are not missing.

    Shapes: (..., draw) -> (...). Range: 0 to the number of draws.
    """
    return np.asarray(_used(values, weight).sum(axis=-1))


def weighted_mean(values: Array, weight: Array) -> Array:
    """Average over draws by weight, missing ones left out.

    Rule: SUM_i w_i x_i / SUM_i w_i; NaN where no draw is left.
    Shapes: values (..., draw), weight as `beside` takes it -> (...). Range: that of the values.
    """
    used = _used(values, weight)
    mass = np.where(used, beside(weight, values), 0.0)
    return ratio((mass * np.where(used, values, 0.0)).sum(axis=-1), mass.sum(axis=-1))


def weighted_quantiles(values: Array, weight: Array, probabilities: Sequence[float]) -> Array:
    """Find the least value that a given share of the weight does not exceed, missing ones left out.

    Rule: the inverse of the weighted distribution function, always one of the values; NaN where no draw is
    left.
    Shapes: values (..., draw), weight as `beside` takes it -> (probability, ...).
    Source: Hyndman and Fan (1996), definition 1.
    """
    used = _used(values, weight)
    mass = np.where(used, beside(weight, values), 0.0)
    if np.all((mass == 0) | (mass == 1)):
        return _quantiles_of_equals(np.where(used, values, np.nan), used.sum(axis=-1), probabilities)
    quantiles = np.full((len(probabilities), *values.shape[:-1]), np.nan)
    for row in np.ndindex(values.shape[:-1]):
        if used[row].any():
            quantiles[(slice(None), *row)] = np.quantile(
                values[row][used[row]], probabilities, weights=mass[row][used[row]], method="inverted_cdf"
            )
    return quantiles


def _used(values: Array, weight: Array) -> NDArray[np.bool_]:
    """Mark the draws that weigh something and are not missing."""
    return ~np.isnan(values) & (beside(weight, values) > 0)


def _quantiles_of_equals(values: Array, count: NDArray[np.int64], probabilities: Sequence[float]) -> Array:
    """Find the same quantiles by one sort where every draw that is left weighs the same.

    Rule: the k-th of n values with the least k such that k/n >= probability; missing ones are sorted to the
    end.
    """
    ordered, n = np.sort(values, axis=-1), np.maximum(count, 1)
    found = []
    for probability in probabilities:
        k = np.ceil(n * probability)
        k -= (
            k - 1
        ) / n >= probability  # n * probability may be rounded up past a whole number, or down to it
        k += k / n < probability
        place = np.clip(k, 1, n).astype(np.int64) - 1
        found.append(np.take_along_axis(ordered, place[..., None], axis=-1)[..., 0])
    return np.stack(found)


POINTS = 250
"""Points that stand for the distribution of a row of a batch."""


def thinned(values: Array, weights: Array) -> Array:
    """Thin out the distribution of each row: its weight, its weighted sum, the draws used, then POINTS
    quantiles at the middles of as many equal shares of the weight.

    A quantile that is read off thinned batches later errs by less than half a share of the weight in rank:
    0.2 percentage points.
    Shapes: (row, draw) -> (row, 3 + point).
    """
    used = draws_used(values, weights)
    mass = np.where(np.isnan(values), 0.0, weights)
    middles = [(k + 0.5) / POINTS for k in range(POINTS)]
    points = weighted_quantiles(values, weights, middles)
    sums = np.nansum(mass * np.where(np.isnan(values), 0.0, values), axis=1)
    return np.column_stack([mass.sum(axis=1), sums, used, points.T])


def of_thinned(batches: Array, probabilities: Sequence[float]) -> Array:
    """Mean, quantiles and draws used of each row: (batch, row, 3 + point) -> (row, 2 + probability)."""
    mass, sums, used = batches[..., 0], batches[..., 1].sum(axis=0), batches[..., 2].sum(axis=0)
    total = mass.sum(axis=0)
    means = np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)
    values = np.moveaxis(batches[..., 3:], 0, 1).reshape(len(means), -1)
    weights = np.repeat(mass.T / POINTS, POINTS, axis=1)
    return np.column_stack([means, *weighted_quantiles(values, weights, probabilities), used])
