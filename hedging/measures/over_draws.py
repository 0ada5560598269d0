"""Draws: how much each counts, and means and quantiles over those that count.

A draw counts as long as the leader rules and the country is sovereign; what a lost country would have done is
never reported. Regime shares and the survival and sovereignty curves alone are over all draws: their weights
are ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hedging.measures.over_time import beside, ratio
from hedging.world.arrays import Array


def weight(survival: Array, sovereign: Array) -> Array:
    """Say how much each draw counts: 1 while it stands, 0 once it has fallen, its probability when expected.

    Rule: w = survival * sovereign, row by row: opening(w) goes beside flows. Range: [0, 1].
    """
    return survival * sovereign


def both_alive(weight_of_one: Array, weight_of_other: Array) -> Array:
    """Weigh a paired difference: a draw counts where it stands in both arms.

    Rule: the smaller weight. Both arms meet the same chance, so the arm likelier to fall falls first; where
    weights are 0 or 1 this is their product. Range: [0, 1].
    """
    return np.minimum(weight_of_one, weight_of_other)


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
                values[row][used[row]],
                probabilities,
                weights=mass[row][used[row]],
                method="inverted_cdf",
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
