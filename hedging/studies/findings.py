"""A study, played: any outcome of any arm under any rule on the same draws, and what became of its claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hedging.measures.catalogue import EVERY_DRAW
from hedging.measures.outcome import Outcome
from hedging.measures.trajectories import Arm
from hedging.runs.grid import play_grid
from hedging.runs.loop import Progress
from hedging.studies.claims import Claim, Side
from hedging.studies.formula import REFERENCE, Formula
from hedging.studies.judging import Judgement, judge
from hedging.studies.study import ALIVE, Study
from hedging.world.arrays import Array

PATH = "path:"
"""Before the name of a series that is kept whole."""


@dataclass(frozen=True)
class Played:
    """The draws of every arm under every rule: outcomes (axes..., draw), paths (axes..., row, draw)."""

    study: Study
    found: Mapping[tuple[str, str], Mapping[str, Array]]

    def raw(self, rule: str, arm: str, text: str) -> Array:
        """What was played of an outcome (`weight:...` and `path:...` too); all missing where the arm has
        none."""
        play = next(p for p in self.study.plays if (p.rule, p.arm) == (rule, arm))
        arrays, shape = self.found[rule, arm], play.grid.shape
        if text in arrays:
            return arrays[text].reshape(*shape, *arrays[text].shape[1:])
        rows = (play.settings.horizon,) if text.startswith(PATH) else ()
        return np.full((*shape, *rows, play.settings.draws), np.nan)

    def operand(self, rule: str, arm: str, word: str, prefix: str = "") -> Array:
        """One outcome of a formula: in the arm itself, or where the study's reference is."""
        text = word.removeprefix(REFERENCE)
        if text == word:
            return self.raw(rule, arm, prefix + text)
        where = dict(self.study.reference)
        array = self.raw(rule, str(where.pop("arm", arm)), prefix + text)
        for place, axis in enumerate(self.study.grid.axes):
            if axis.name in where:
                array = array.take([where[axis.name]], axis=place)
        return array

    def values(self, rule: str, arm: str, formula: Formula) -> tuple[Array, Array]:
        """A formula and how much each draw counts, alive in all that it looks at: (axes..., draw) each."""
        count = self._draws(rule, arm, formula)
        value = formula.of(lambda word: self.operand(rule, arm, word)[..., :count])
        weights = [self.operand(rule, arm, _weight(word))[..., :count] for word in formula.operands]
        value, *weights = np.broadcast_arrays(value, *weights)
        return value, np.asarray(np.minimum.reduce(weights))

    def path(self, rule: str, arm: str, formula: Formula) -> tuple[Array, Array]:
        """A series and how much each draw counts quarter by quarter: (axes..., row, draw) each."""
        count = self._draws(rule, arm, formula)

        def cut(word: str) -> Array:
            return self.operand(rule, arm, word, PATH)[..., :count]

        rows = min(cut(word).shape[-2] for word in formula.operands)
        value = formula.of(lambda word: cut(word)[..., :rows, :])
        alive = [
            cut(prefix + ALIVE[0])[..., :rows, :] * cut(prefix + ALIVE[1])[..., :rows, :]
            for prefix in {REFERENCE if word.startswith(REFERENCE) else "" for word in formula.operands}
        ]
        value, *alive = np.broadcast_arrays(value, *alive)
        unweighted = set(formula.outcomes) <= set(EVERY_DRAW) or formula.words[0].startswith("regime.")
        return value, np.ones_like(value) if unweighted else np.asarray(np.minimum.reduce(alive))

    def _draws(self, rule: str, arm: str, formula: Formula) -> int:
        """The draws that all its operands have: an arm and the reference may differ in their number."""
        arms = {arm}
        if any(word.startswith(REFERENCE) for word in formula.operands):
            arms.add(str(self.study.reference.get("arm", arm)))
        return min(p.settings.draws for p in self.study.plays if p.rule == rule and p.arm in arms)

    def side(self, rule: str, side: Side) -> tuple[Array, Array]:
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
        return [
            (claim, [self._judgement(claim, rule) for rule in claim.rules]) for claim in self.study.claims
        ]

    def _judgement(self, claim: Claim, rule: str) -> Judgement:
        along = [axis.values for axis in self.study.grid.axes if axis.name == claim.axis]
        sides = [self.side(rule, side) for side in claim.sides]
        return judge(claim, rule, sides, np.array(along[0] if along else (0.0,)))


def _weight(word: str) -> str:
    """The name of an outcome's weight."""
    text = word.removeprefix(REFERENCE)
    return word[: len(word) - len(text)] + f"weight:{text}"


def play_study(study: Study, progress: Progress = lambda count: None) -> Played:
    """Play every arm under every rule, on the same draws."""
    return Played(
        study,
        {
            (play.rule, play.arm): play_grid(play.settings, play.grid, play.outcomes, play.paths, progress)
            for play in study.plays
        },
    )


def gather(arm: Arm, outcomes: Sequence[Outcome]) -> dict[str, Array]:
    """What the claims of a plain run look at: outcomes and how much each draw counts, (draw,) each."""
    found = {item.text: item.of(arm) for item in outcomes}
    return found | {f"weight:{item.text}": item.weight(arm) for item in outcomes}


def as_played(study: Study, found: Mapping[str, Array]) -> Played:
    """A plain run as a study of one arm.

    Args:
        found: what `gather` gives, (1, draw) each.
    """
    play = study.plays[0]
    return Played(study, {(play.rule, play.arm): found})
