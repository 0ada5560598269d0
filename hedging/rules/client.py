"""How the client chooses whom to court, short of looking ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from hedging.rules.sight import Sight
from hedging.world.arrays import (
    Array,
    Terms,
    add_up,
    choice_probabilities,
    clip01,
    dominant_patron,
    others,
    sigmoid,
)
from hedging.world.parameters import NOT_NEGATIVE, SHARE, WHOLE_FROM_1, within

EASY_SQUEEZE = 0.5
"""Structural: squeeze that does not yet drive a heuristic client to court others."""

NEAR_LINE, LINE_WIDTH = 0.9, 0.15
"""Structural: tension at which danger is even, and how sharply it rises."""


def subsets(patrons: tuple[str, ...]) -> Array:
    """Every non-empty set of patrons as rows of 0 and 1, in the order of patrons' names, whatever theirs
    here.

    Shape: (2^P - 1, patron).
    """
    by_name = sorted(range(len(patrons)), key=lambda p: patrons[p])
    chosen = [c for size in range(1, len(patrons) + 1) for c in combinations(by_name, size)]
    return np.array([[float(p in c) for p in range(len(patrons))] for c in chosen])


def stances(patrons: tuple[str, ...], strengths: Sequence[float]) -> Array:
    """The stances a client chooses among: none, and each strength on every set of patrons.

    Rule: effort = strength * m / sqrt(|m|).
    Shape: (1 + strengths * (2^P - 1), patron).
    """
    sets = subsets(patrons)
    spread = sets / np.sqrt(sets.sum(axis=1, keepdims=True))
    return np.concatenate([np.zeros((1, len(patrons))), *(strength * spread for strength in strengths)])


STRENGTHS = (0.5, 1.0)
"""Structural: half and full courtship."""


@dataclass(frozen=True)
class Heuristic:
    """Court the others when squeezed or short of money; back off and mend the tie near a red line.

    Rule: base + court*max(SUM_q squeeze[q] - 0.5, 0) + scarce*shortage - retreat*SUM_q danger[q] +
    mend*danger[p].
    Source: the article, paragraphs 1, 4, 11, 13, 20; numbers assumed.
    """

    base: Array = within(SHARE, "courtship in calm times")  # (draw,)
    court: Array = within(NOT_NEGATIVE, "courtship of the others per unit of squeeze")  # (draw,)
    scarce: Array = within(NOT_NEGATIVE, "courtship added by empty reserves")  # (draw,)
    retreat: Array = within(
        NOT_NEGATIVE, "how far danger from others stops the courtship of a patron"
    )  # (draw,)
    mend: Array = within(NOT_NEGATIVE, "courtship of an angry patron near its line")  # (draw,)

    def choose(self, sight: Sight) -> Array:
        """Effort by patron."""
        return clip01(add_up(self.reasons(sight)))

    def reasons(self, sight: Sight) -> Terms:
        """What the effort adds up from, by cause."""
        state, p = sight.state, sight.parameters
        pressed = np.maximum(others(sight.squeeze) - EASY_SQUEEZE, 0.0)
        yield "habit", 1, self.base
        yield "squeeze", 1, self.court * pressed
        yield "shortage", 1, self.scarce * np.maximum(1 - state.reserves / p.reserves_target, 0.0)
        tension = state.frustration / p.red_line
        danger = p.coercive_capacity * sigmoid((tension - NEAR_LINE) / LINE_WIDTH)
        yield "retreat", -1, self.retreat * others(danger)
        yield "mend", 1, self.mend * danger


@dataclass(frozen=True)
class Fixed:
    """Spend the same effort on each patron every quarter, whatever happens."""

    effort: Array = within(SHARE, "effort of the null")  # (patron, draw)

    def choose(self, sight: Sight) -> Array:
        """Effort by patron."""
        return clip01(self.effort)


@dataclass(frozen=True)
class Bandwagon:
    """Court the dominant patron alone."""

    effort: Array = within(SHARE, "effort of the null")  # (draw,)

    def choose(self, sight: Sight) -> Array:
        """Effort by patron."""
        leader = dominant_patron(sight.state.trade_share, sight.parameters.coercive_capacity)
        leading = np.arange(len(sight.patrons))[:, None] == leader
        return clip01(leading * self.effort)


@dataclass(frozen=True)
class RandomStance:
    """Draw a stance every quarter, each as likely: the null that hedging is measured against."""

    def choose(self, sight: Sight) -> Array:
        """Effort by patron."""
        options = stances(sight.patrons, STRENGTHS)
        even = np.full((len(options), sight.state.gdp.size), 1 / len(options))
        return sight.pick(options, even)


@dataclass(frozen=True, eq=False)
class Habit:
    """What an aspiring client remembers."""

    propensity: Array  # (stance, draw)
    aspiration: Array  # (draw,)
    weights: Array  # (stance, draw): the stance held, or the probabilities of each
    gathered: Array  # (draw,): utility since the last choice
    quarters: Array  # (draw,): quarters since the last choice


@dataclass(frozen=True)
class Aspiration:
    """Hold a stance for a while; come back to it if it paid more than it had become used to. No model of
    the world.

    Rule: Q += learning_rate*((v - aspiration) - Q) for the stance held, then aspiration += learning_rate*(v
    - aspiration); the next stance by a logit over Q.
    Source: Selten (1998), aspiration adaptation; Roth and Erev (1995), propensities; numbers assumed.
    """

    reach: Array = within(SHARE, "effort of a stance in all")  # (draw,)
    hold: Array = within(WHOLE_FROM_1, "quarters a stance is held")  # (draw,)
    learning_rate: Array = within(SHARE, "weight of the last hold in what is believed")  # (draw,)
    precision: Array = within(NOT_NEGATIVE, "how reliably the better stance is chosen")  # (draw,)

    def start(self, sight: Sight) -> Habit:
        """No propensities and no aspiration yet; a first stance by chance."""
        zero = np.zeros_like(sight.state.gdp)
        propensity = np.zeros((2 ** len(sight.patrons), zero.size))
        return Habit(propensity, zero, self._next(sight.for_purpose("first stance"), propensity), zero, zero)

    def choose(self, sight: Sight) -> Array:
        """The stance held, or the mean of stances by the weights held."""
        options = stances(sight.patrons, (1.0,))
        effort = np.zeros((len(sight.patrons), sight.state.gdp.size))
        for option, weight in zip(options, sight.memory.weights, strict=True):
            effort += option[:, None] * weight
        return clip01(self.reach * effort)

    def weigh(self, sight: Sight) -> tuple[Array, Array, Array]:
        """The stances of the first draw, the propensity to each, and the weights they are held with."""
        options = float(self.reach[0]) * stances(sight.patrons, (1.0,))
        return options, sight.memory.propensity, sight.memory.weights

    def learn(self, sight: Sight, memory: Habit, utility: Array) -> Habit:
        """Gather utility; when the stance has been held long enough, learn from its mean and choose again."""
        gathered, quarters = memory.gathered + utility, memory.quarters + 1
        due = quarters >= self.hold
        surprise = gathered / quarters - memory.aspiration
        propensity = memory.propensity + due * self.learning_rate * memory.weights * (
            surprise - memory.propensity
        )
        chosen = self._next(sight.for_purpose("next stance"), propensity)
        return replace(
            memory,
            propensity=propensity,
            aspiration=memory.aspiration + due * self.learning_rate * surprise,
            weights=np.where(due, chosen, memory.weights),
            gathered=np.where(due, 0.0, gathered),
            quarters=np.where(due, 0.0, quarters),
        )

    def _next(self, sight: Sight, propensity: Array) -> Array:
        every = np.eye(len(propensity))
        return sight.pick(every, choice_probabilities(propensity, self.precision))
