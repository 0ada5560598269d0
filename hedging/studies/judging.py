"""Judging a claim: in how many draws it holds, with an interval, and what that makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from hedging.studies.claim import Claim
from hedging.world.arrays import Array

ROBUST, MOSTLY, REFUTED = 0.9, 2 / 3, 0.1
"""Shares of draws from which a claim is robust, or mostly holds, and up to which it is refuted."""

RESAMPLES = 1000
"""Resamples of the draws where a claim is about a mean or a share."""

AT_ONCE = 4_000_000
"""Resamples times draws that are worked out together."""

UNTESTED = "untested"


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
    """Judge a claim under one rule, by the draws that stand in all that it looks at.

    Args:
        sides: values and weights of each side: (draw,), or (position, draw) along the axis.
        positions: the values of the axis.
    """
    order = np.argsort(positions) if claim.axis else np.zeros(1, np.intp)
    count = min(values.shape[-1] for values, _ in sides)
    paired = zip(*sides, strict=True)
    y, weights = (np.concatenate([np.atleast_2d(a)[order, :count] for a in each]) for each in paired)
    weight = weights.min(axis=0)
    used = (weight > 0) & np.isfinite(y).all(axis=0)
    y, weight, x = y.compress(used, axis=1), weight[used], positions[order]
    if not weight.size:
        return Judgement(rule, nan, nan, nan, 0, UNTESTED, nan, nan)
    tied, low, high = claim.tied(y), nan, nan
    if claim.judged == "mean":  # both of the curve of means
        holds = claim.holds(resampled(y, weight), x)
        each = claim.effect((y * weight).sum(axis=-1, keepdims=True) / weight.sum(), x)
    else:
        holds, each = claim.holds(y, x), claim.effect(y, x)
        low, high = wilson(int(holds.sum()), holds.size)
    share, known = float(holds.mean()), each[~np.isnan(each)]
    effect = float(np.median(known)) if known.size else nan
    return Judgement(rule, share, low, high, weight.size, verdict(share), effect, tied)


def verdict(share: float) -> str:
    """What a share of draws makes of a claim."""
    if share >= MOSTLY:
        return "robust" if share >= ROBUST else "mostly"
    if share <= REFUTED:
        return "refuted"
    return UNTESTED if isnan(share) else "mixed"


def overall(verdicts: Sequence[str]) -> str:
    """The verdict over all rules tried: robust or refuted under every one, mostly where none is worse."""
    tried = {word for word in verdicts if word != UNTESTED} or {UNTESTED}
    if len(tried) == 1:
        return tried.pop()
    return "mostly" if tried <= {"robust", "mostly"} else "mixed"


def percent(share: float) -> str:
    """A share of draws as a whole percentage; nothing is rounded to none or all, nor over a border."""
    if isnan(share):
        return UNTESTED
    told = round(100 * share)
    if verdict(told / 100) != verdict(share):
        return f"{100 * share:.1f}%"
    if told in (0, 100) and share != told / 100:
        return ">99%" if told else "<1%"
    return f"{told}%"


def wilson(holds: int, cases: int) -> tuple[float, float]:
    """The 95% interval of a share. Source: Wilson (1927)."""
    from scipy.stats import binomtest

    interval = binomtest(holds, cases).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def resampled(values: Array, weight: Array) -> Array:
    """Means over resamples of the draws, the same resamples in every row: (row, resample)."""
    means, few = [], weight.size * RESAMPLES <= AT_ONCE
    for again in _few_drawn_again(weight.size) if few else drawn_again(weight.size):
        counts = again * weight
        mass = counts.sum(axis=1)
        kept = counts[mass > 0] / mass[mass > 0, None]
        means.append(np.stack([(row * kept).sum(axis=-1) for row in values]))
    return np.concatenate(means, axis=-1)


def drawn_again(draws: int) -> Iterator[NDArray[np.int64]]:
    """How often each draw comes in each resample, the same for every claim: (resample, draw), some
    resamples at a time, so that memory does not grow with the draws."""
    rng = np.random.default_rng(20200101)
    even, at_once = np.full(draws, 1 / draws), max(AT_ONCE // draws, 1)
    for first in range(0, RESAMPLES, at_once):
        yield rng.multinomial(draws, even, size=min(at_once, RESAMPLES - first))


@lru_cache(maxsize=1)
def _few_drawn_again(draws: int) -> list[NDArray[np.int64]]:
    """The same, kept for the next claim."""
    return [*drawn_again(draws)]
