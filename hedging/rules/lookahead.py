"""How a client chooses that looks ahead: value every stance by playing it on."""

from __future__ import annotations

from dataclasses import dataclass

from hedging.rules.client import STRENGTHS, stances
from hedging.rules.sight import Sight
from hedging.world.arrays import Array, choice_probabilities
from hedging.world.parameters import NOT_NEGATIVE, WHOLE_FROM_1, within


@dataclass(frozen=True)
class Lookahead:
    """Play every stance on for some quarters in expectation, and choose among them by a logit in their
    values.

    Rule: value = SUM_h beta^h * utility with the stance frozen and patrons following their own rules; red
    lines are where the client believes them. A low precision makes the choice nearly uniform, which looks
    like hedging.
    Source: McKelvey and Palfrey (1995), quantal response; the horizon is assumed.
    """

    precision: Array = within(NOT_NEGATIVE, "how reliably the better stance is chosen")  # (draw,)
    horizon: int = within(WHOLE_FROM_1, "quarters looked ahead")

    def choose(self, sight: Sight) -> Array:
        """Effort by patron: a stance drawn, or the mean of stances by their probabilities."""
        options, _, odds = self.weigh(sight)
        return sight.pick(options, odds)

    def weigh(self, sight: Sight) -> tuple[Array, Array, Array]:
        """The stances it chooses among, what each is worth, and how likely it is taken."""
        options = stances(sight.patrons, STRENGTHS)
        values = sight.foresee(options, self.horizon)
        return options, values, choice_probabilities(values, self.precision)
