"""The few array functions that every phase uses. Patrons come first, the draw last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""Floats with the draw as the last axis."""


def sigmoid(x: Array) -> Array:
    """Say how likely an event is whose score is x: 1/(1+exp(-x)), x cut to [-50, 50]."""
    y: Array = x.clip(-50.0, 50.0)
    np.exp(np.negative(y, out=y), out=y)
    y += 1.0
    np.reciprocal(y, out=y)
    return y


def clip01(x: Array) -> Array:
    """Cut x to [0, 1]."""
    return x.clip(0.0, 1.0)


def over_patrons(x: Array) -> Array:
    """Add up over patrons, one patron after the other, so that a draw does not feel its neighbours."""
    total: Array = x[0] + x[1] if len(x) > 1 else x[0].copy()
    for row in x[2:]:
        total += row
    return total


Terms = Iterator[tuple[str, int, Array]]
"""What adds up to a quantity: the cause of each term, its sign, its size."""


def add_up(terms: Terms) -> Array:
    """Add up two terms or more as they come; the first two are gains, and have the shape of the sum between
    them."""
    total = next(terms)[2] + next(terms)[2]
    for _, sign, term in terms:
        if sign > 0:
            total += term
        else:
            total -= term
    return total


def over_rivals(weights: Array, x: Array) -> Array:
    """Add up x over each patron's rivals, weighted by how much the patron minds them.

    Rule: SUM_q weights[p, q] * x[q]; a patron is no rival of itself, its weight is 0.
    Shapes: (patron, rival, draw) and (rival, draw) -> (patron, draw).
    """
    total: Array = weights[:, 0] * x[0]
    for q in range(1, len(x)):
        total += weights[:, q] * x[q]
    return total


def others(x: Array) -> Array:
    """Add up x over everybody else: SUM_q x[q] over q != p. Exactly 0 for a lone patron."""
    total = np.zeros(x.shape)
    for p, everybody_else in enumerate(total):
        for q, row in enumerate(x):
            if q != p:
                everybody_else += row
    return total


def having(x: Array) -> list[int]:
    """The patrons who have any of x in any draw; whoever has none of it needs no work.

    Shape: (patron, draw).
    """
    return [p for p, row in enumerate(x) if (row > 0).any()]


def repeated(x: Array, times: int) -> Array:
    """Repeat an array along its last axis; a pinned number still takes no memory."""
    if x.strides[-1] == 0:
        return np.broadcast_to(x[..., :1], (*x.shape[:-1], x.shape[-1] * times))
    return np.concatenate([x] * times, axis=-1)


def choice_probabilities(values: Array, precision: Array | float) -> Array:
    """Turn values into the probabilities of a logit choice over the first axis.

    Rule: proportional to exp(precision * (V - max V)).
    Source: McFadden (1974); Luce (1959).
    """
    best = values.max(axis=0)
    weights = np.exp(precision * (values - best))
    return weights / over_patrons(weights)  # type: ignore[no-any-return]


def dominant_patron(trade_share: Array, coercive_capacity: Array) -> NDArray[np.intp]:
    """Find who holds most over the client: the largest coercive_capacity * trade_share, or trade_share where
    nobody can coerce; the first of equals.

    Shapes: (..., partner, draw) and (patron, draw) -> (..., draw).
    """
    share = trade_share[..., : len(coercive_capacity), :]
    able = (coercive_capacity > 0).any(axis=0)
    return np.asarray(np.where(able, coercive_capacity * share, share).argmax(axis=-2))


def read_only(arrays: Iterable[Any]) -> None:
    """Lock arrays, so that a rule that looks at the world cannot change it."""
    for array in arrays:
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
