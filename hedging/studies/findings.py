"""What a study found: every outcome of every arm under every rule, and what became of its claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from hedging.runs.loop import Outputs
from hedging.studies.claim import REFERENCE, Claim, Formula, Side
from hedging.studies.study import STANDING, Play, Study
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


Weighed = tuple[Array, Array]
"""Values, and how much each draw counts beside them: of the same shape."""


@dataclass(frozen=True)
class Findings:
    """The draws of every arm under every rule: outcomes (axes..., draw), series (axes..., row, draw)."""

    study: Study
    outputs: Outputs

    def play(self, rule: str, arm: str) -> tuple[int, Play]:
        """An arm under a rule, and its place among the plays."""
        return next((n, p) for n, p in enumerate(self.study.plays) if (p.rule, p.arm) == (rule, arm))

    def outcome(self, rule: str, arm: str, text: str) -> Weighed:
        """An outcome; all missing where the arm has none, as one of an absent patron."""
        place, play = self.play(rule, arm)
        shape = (*play.grid.shape, play.settings.draws)
        for row, item in enumerate(play.outcomes):
            if item.text == text:
                value, weight = self.outputs.outcomes(place)[:, row].reshape(2, *shape)
                return value, weight
        return np.full(shape, np.nan), np.full(shape, np.nan)

    def series(self, rule: str, arm: str, text: str) -> Weighed:
        """A series; all missing where the arm has none."""
        place, play = self.play(rule, arm)
        for row, item in enumerate(play.paths):
            if item.text == text:
                values, weights = self.outputs.path(place, row)
                shape = (*play.grid.shape, *values.shape[1:])
                return values.reshape(shape), weights.reshape(shape)
        missing = np.full((*play.grid.shape, play.settings.horizon, play.settings.draws), np.nan)
        return missing, missing

    def operand(self, rule: str, arm: str, word: str, series: bool = False) -> Weighed:
        """One operand of a formula: in the arm itself, or where the study's reference is."""
        text = word.removeprefix(REFERENCE)
        find = self.series if series else self.outcome
        if text == word:
            return find(rule, arm, text)
        where = dict(self.study.reference)
        value, weight = find(rule, str(where.pop("arm", arm)), text)
        for place, axis in enumerate(self.study.grid.axes):
            if axis.name in where:
                value, weight = (array.take([where[axis.name]], axis=place) for array in (value, weight))
        return value, weight

    def values(self, rule: str, arm: str, formula: Formula, series: bool = False) -> Weighed:
        """A formula, or a series of one; a draw counts as far as it does in all that the formula looks at.

        An arm and the reference may differ in their draws, and a state has a row more than a flow: the first
        of each that all operands have are told.
        """
        found = {word: self.operand(rule, arm, word, series) for word in formula.operands}
        draws = min(value.shape[-1] for value, _ in found.values())
        rows = min(value.shape[-2] for value, _ in found.values()) if series else 0

        def cut(array: Array) -> Array:
            return array[..., :rows, :draws] if series else array[..., :draws]

        value = formula.of(lambda word: cut(found[word][0]))
        value, *weights = np.broadcast_arrays(value, *(cut(weight) for _, weight in found.values()))
        return value, np.asarray(np.minimum.reduce(weights))

    def pairs(self, rule: str, arm: str, formula: Formula) -> tuple[Array, Array, Array] | None:
        """A formula of an arm, and of what its differences are taken to on the same draws, and how much a
        draw counts: as far as in both. Nothing without a reference, or where the arm is held against itself.

        Shapes: (axes..., draw) each.
        """
        where, axes = dict(self.study.reference), self.study.grid.axes
        own = next(one.beside for one in self.study.arms if one.name == arm)
        other = str(own or where.get("arm", arm))
        at = tuple(slice(where[a.name], where[a.name] + 1) if a.name in where else slice(None) for a in axes)
        if not where or (other == arm and not {axis.name for axis in axes} & {*where}):
            return None
        found = [self.values(rule, name, formula) for name in (arm, other)]
        draws = min(value.shape[-1] for value, _ in found)
        (after, one), (before, two) = [(v[..., :draws], w[..., :draws]) for v, w in found]
        after, before, one, two = np.broadcast_arrays(after, before[at], one, two[at])
        return after, before, np.minimum(one, two)

    def standing(self, rule: str, arm: str) -> Array:
        """Whether each draw stands at the end of the run: (axes..., draw)."""
        survival, sovereign = (self.outcome(rule, arm, text)[0] for text in STANDING)
        return survival * sovereign

    def side(self, rule: str, side: Side) -> Weighed:
        """One side of a claim: (draw,), or (position, draw) along the axis that it leaves open."""
        value, weight = self.values(rule, side.arm, side.formula)
        axes = self.study.grid.axes
        at = tuple(side.fixed.get(axis.name, slice(None)) for axis in axes)
        value, weight = value[at], weight[at]
        if side.best is None:
            return value, weight
        left = [axis for axis in axes if axis.name not in side.fixed]
        place = [axis.name for axis in left].index(side.best)
        missing = np.isnan(value).any(axis=place)
        top = np.where(np.isnan(value), -np.inf, value).argmax(axis=place)
        found = np.array(left[place].values)[top]
        return np.where(missing, np.nan, found), weight.min(axis=place)

    @cached_property
    def judgements(self) -> list[tuple[Claim, list[Judgement]]]:
        """What became of every claim under every rule."""
        return [(one, [self._judgement(one, rule) for rule in one.rules]) for one in self.study.claims]

    def _judgement(self, claim: Claim, rule: str) -> Judgement:
        along = [axis.values for axis in self.study.grid.axes if axis.name == claim.axis]
        sides = [self.side(rule, side) for side in claim.sides]
        return judge(claim, rule, sides, np.array(along[0] if along else (0.0,)))
