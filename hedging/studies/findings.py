"""What a study found: every outcome of every arm under every rule, and what became of its claims."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hedging.runs.loop import Outputs
from hedging.studies.claim import REFERENCE, Claim, Formula, Side
from hedging.studies.judging import Judgement, judge
from hedging.studies.study import STANDING, Play, Study
from hedging.world.arrays import Array

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
