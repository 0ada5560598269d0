"""Judging a claim: in how many draws it holds, with an interval, and what that makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hedging.studies.claims import Claim
from hedging.world.arrays import Array

TOLERANCE = 1e-12
"""Differences that count as none."""

ROBUST, MOSTLY, REFUTED = 0.9, 2 / 3, 0.1
"""Shares of draws from which a claim is robust, or mostly holds, and up to which it is refuted."""

RESAMPLES = 1000
"""Resamples of the draws where a claim is about a mean or a share."""

AT_ONCE = 4_000_000
"""Resamples times draws that are worked out together."""

UNTESTED = "untested"
Cases = NDArray[np.bool_]


@dataclass(frozen=True)
class Judgement:
    """What became of a claim under one rule.

    The share of draws (of resamples of them where the claim is about a mean or a share) in which it holds,
    with its 95% interval where it is of draws; the draws that were looked at; how large the effect is, in
    its unit; and where two sides are compared the share of draws in which they are equal.
    """

    rule: str
    share: float
    low: float
    high: float
    draws: int
    verdict: str
    effect: float
    tied: float


def judge(claim: Claim, rule: str, sides: Sequence[tuple[Array, Array]], positions: Array) -> Judgement:
    """Judge a claim under one rule.

    Args:
        sides: values and weights of each side: (draw,), or (position, draw) along the axis.
        positions: the values of the axis.
    """
    count = min(values.shape[-1] for values, _ in sides)
    arrays = [np.atleast_2d(values)[:, :count] for values, _ in sides]
    alive = [np.atleast_2d(weight)[:, :count] for _, weight in sides]
    used = np.logical_and.reduce(
        [(w > 0).all(axis=0) & np.isfinite(v).all(axis=0) for v, w in zip(arrays, alive, strict=True)]
    )
    weight = np.minimum.reduce([w.min(axis=0) for w in alive])[used]
    cases: list[Array] = [values[:, used] for values in arrays]
    draws = int(used.sum())
    if not draws:
        return Judgement(rule, np.nan, np.nan, np.nan, 0, UNTESTED, np.nan, np.nan)
    effect = _effect(claim, cases, weight, positions)
    greater = claim.kind == "greater"
    apart = cases[0] - (claim.ratio * cases[1] + claim.by) if greater else None
    tied = np.nan if apart is None else float((np.abs(apart) <= TOLERANCE).mean())
    if claim.judged == "mean":
        cases = resampled(cases, weight)
    holds = _holds(claim, cases, positions)
    low, high = wilson(int(holds.sum()), holds.size) if claim.judged == "draws" else (np.nan, np.nan)
    share = float(holds.mean())
    return Judgement(rule, share, low, high, draws, verdict(share), effect, tied)


def verdict(share: float) -> str:
    """What a share of draws makes of a claim."""
    if np.isnan(share):
        return UNTESTED
    if share >= ROBUST:
        return "robust"
    if share >= MOSTLY:
        return "mostly"
    return "refuted" if share <= REFUTED else "mixed"


def overall(verdicts: Sequence[str]) -> str:
    """The verdict over all rules tried: robust or refuted under every one, mostly where none is worse."""
    tried = {word for word in verdicts if word != UNTESTED}
    if not tried:
        return UNTESTED
    if len(tried) == 1:
        return tried.pop()
    return "mostly" if tried <= {"robust", "mostly"} else "mixed"


def wilson(holds: int, cases: int) -> tuple[float, float]:
    """The 95% interval of a share. Source: Wilson (1927)."""
    from scipy.stats import binomtest

    interval = binomtest(holds, cases).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def resampled(cases: Sequence[Array], weight: Array) -> list[Array]:
    """Means over resamples of the draws, the same resamples on every side: (position, resample)."""
    draws = weight.size
    found: list[list[Array]] = [[] for _ in cases]
    for again in _some_drawn_again(draws) if draws * RESAMPLES > AT_ONCE else (drawn_again(draws),):
        counts = again * weight
        mass = counts.sum(axis=1)
        kept = counts[mass > 0] / mass[mass > 0, None]
        for values, means in zip(cases, found, strict=True):
            means.append((values[:, None, :] * kept).sum(axis=-1))
    return [np.concatenate(means, axis=-1) for means in found]


@lru_cache(maxsize=1)
def drawn_again(draws: int) -> NDArray[np.int32]:
    """How often each draw comes in each resample, the same for every claim: (resample, draw)."""
    return np.concatenate([again.astype(np.int32) for again in _some_drawn_again(draws)])


def _some_drawn_again(draws: int) -> Iterator[NDArray[np.int64]]:
    """The same, some resamples at a time, so that memory does not grow with the draws."""
    rng = np.random.default_rng(20200101)
    even, at_once = np.full(draws, 1 / draws), max(AT_ONCE // draws, 1)
    for first in range(0, RESAMPLES, at_once):
        yield rng.multinomial(draws, even, size=min(at_once, RESAMPLES - first))


def percent(share: float) -> str:
    """A share of draws as a whole percentage; nothing is rounded to none or all, nor over a border."""
    if np.isnan(share):
        return "untested"
    told = round(100 * share)
    if any((share >= border) != (told / 100 >= border) for border in (ROBUST, MOSTLY)) or (
        (share <= REFUTED) != (told / 100 <= REFUTED)
    ):
        return f"{100 * share:.1f}%"
    if told in (0, 100) and share not in (0.0, 1.0):
        return "<1%" if told == 0 else ">99%"
    return f"{told}%"


def _holds(claim: Claim, cases: Sequence[Array], positions: Array) -> Cases:
    if claim.kind == "greater":
        more, less = cases[0][0], cases[1][0]
        return np.asarray(more > claim.ratio * less + claim.by + TOLERANCE)
    if claim.kind == "largest_share":
        return np.asarray(cases[0][0] > np.max([other[0] for other in cases[1:]], axis=0))
    if claim.kind == "saturating":
        return saturating(cases[0], positions, claim.share)
    if claim.kind == "interior_maximum":
        return interior_maximum(cases[0], positions)
    along: Callable[[Array, Array, bool], Cases] = convex if claim.kind == "convex" else monotone
    return along(cases[0] if claim.rising else -cases[0], positions, claim.overall)


def monotone(values: Array, positions: Array, overall: bool) -> Cases:
    """Whether values rise: they never fall, and end above where they began; overall: their trend rises.

    Rule: every step >= 0 and the last value > the first; overall: the slope of the least-squares line > 0.
    Shapes: (position, case) -> (case,).
    """
    order = np.argsort(positions)
    if overall:
        return np.asarray(slope(values, positions) > TOLERANCE)
    rising = np.diff(values[order], axis=0)
    return np.asarray((rising >= -TOLERANCE).all(axis=0) & (rising.sum(axis=0) > TOLERANCE))


def slope(values: Array, positions: Array) -> Array:
    """The slope of the least-squares line: (position, case) -> (case,)."""
    centred = finite(positions) - finite(positions).mean()
    return np.asarray((centred[:, None] * values).sum(axis=0) / (centred**2).sum())


def finite(positions: Array) -> Array:
    """The axis, its places in order where one is infinite (a date that never comes)."""
    return positions if np.isfinite(positions).all() else np.argsort(np.argsort(positions)).astype(np.float64)


def interior_maximum(values: Array, positions: Array) -> Cases:
    """Whether some value between the ends lies above both ends: (position, case) -> (case,)."""
    ordered = values[np.argsort(positions)]
    ends = np.maximum(ordered[0], ordered[-1])
    return np.asarray(ordered[1:-1].max(axis=0) > ends + TOLERANCE)


def convex(values: Array, positions: Array, overall: bool) -> Cases:
    """Whether values bend upwards: no step is less steep than the one before, and some is steeper.

    Overall: the far half of the axis is steeper than the near half.
    Shapes: (position, case) -> (case,).
    """
    order = np.argsort(positions)
    x, y = finite(positions)[order], values[order]
    if overall:
        middle = at(x, y, (x[0] + x[-1]) / 2)
        return np.asarray(y[-1] + y[0] - 2 * middle > TOLERANCE)
    bends = np.diff(np.diff(y, axis=0) / np.diff(x)[:, None], axis=0)
    return np.asarray((bends >= -TOLERANCE).all(axis=0) & (bends > TOLERANCE).any(axis=0))


def saturating(values: Array, positions: Array, share: float) -> Cases:
    """Whether values rise over the axis, and on its last third neither fall nor gain a share of that."""
    whole, last = gains(values, positions)
    return np.asarray((whole > TOLERANCE) & (last >= -TOLERANCE) & (last < share * whole))


def gains(values: Array, positions: Array) -> tuple[Array, Array]:
    """What is gained over the whole axis, and on its last third: (position, case) -> (case,) each."""
    order = np.argsort(positions)
    x, y = finite(positions)[order], values[order]
    return np.asarray(y[-1] - y[0]), np.asarray(y[-1] - at(x, y, x[0] + 2 / 3 * (x[-1] - x[0])))


def at(x: Array, y: Array, place: float) -> Array:
    """The value at a place of a rising axis, on the straight line between its neighbours."""
    right = int(np.clip(np.searchsorted(x, place), 1, len(x) - 1))
    part = (place - x[right - 1]) / (x[right] - x[right - 1])
    return np.asarray(y[right - 1] * (1 - part) + y[right] * part)


def _effect(claim: Claim, cases: Sequence[Array], weight: Array, positions: Array) -> float:
    """How large what is claimed is: the median over draws, or that of the means where the claim is about
    them.

    greater: more less less; monotone: the last value less the first; interior_maximum: where the best point
    is; convex: how far the middle lies below the straight line; saturating: the share of the gain that the
    last third adds; largest_share: the share of draws.
    """
    if claim.judged == "mean":  # of the curve of means, as the claim is
        cases = [(values * weight).sum(axis=-1, keepdims=True) / weight.sum() for values in cases]
    first, order = cases[0], np.argsort(positions)
    if claim.kind == "greater":
        each = first[0] - claim.ratio * cases[1][0]
    elif claim.kind == "monotone":
        each = first[order[-1]] - first[order[0]]
    elif claim.kind == "interior_maximum":
        each = positions[first.argmax(axis=0)]
    elif claim.kind == "convex":
        x, y = finite(positions)[order], first[order]
        each = (y[0] + y[-1]) / 2 - at(x, y, (x[0] + x[-1]) / 2)
    elif claim.kind == "saturating":
        whole, last = gains(first, positions)
        each = np.divide(last, np.where(whole == 0, np.nan, whole))
    else:
        each = first[0]
    each = each[~np.isnan(each)]
    return float(np.median(each)) if each.size else float("nan")
